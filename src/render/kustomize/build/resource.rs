//! Objects in a build: who they are, who they were, and how they came in.

use crate::model::origin::{Origin, Role};
use crate::model::source::Span;

use super::draft::{Chain, Link, Node, Trace};
use super::metadata::History;
use std::sync::Arc;

/// Group, version and kind. In a selector an empty part stands for any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(in crate::render) struct Gvk {
    pub group: String,
    pub version: String,
    pub kind: String,
}

impl Gvk {
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Gvk { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// Whether a selector selects it.
    pub fn is_selected(&self, group: &str, version: &str, kind: &str) -> bool {
        let fits = |wanted: &str, own: &str| wanted.is_empty() || wanted == own;
        fits(group, &self.group) && fits(version, &self.version) && fits(kind, &self.kind)
    }

    /// Whether objects of the kind have no namespace: those that kustomize's schema knows to have none (kyaml,
    /// `openapi/openapi.go`, `precomputedIsNamespaceScoped`). Of an unknown kind every object has one.
    pub fn is_cluster_scoped(&self) -> bool {
        CLUSTER_SCOPED.contains(&(&*self.group, &*self.kind))
    }
}

/// The kinds without namespace in Kubernetes 1.21.
const CLUSTER_SCOPED: [(&str, &str); 32] = [
    ("", "ComponentStatus"),
    ("", "Namespace"),
    ("", "Node"),
    ("", "PersistentVolume"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
    ("authentication.k8s.io", "TokenReview"),
    ("authorization.k8s.io", "SelfSubjectAccessReview"),
    ("authorization.k8s.io", "SelfSubjectRulesReview"),
    ("authorization.k8s.io", "SubjectAccessReview"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("extensions", "PodSecurityPolicy"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("internal.apiserver.k8s.io", "StorageVersion"),
    ("networking.k8s.io", "IngressClass"),
    ("node.k8s.io", "RuntimeClass"),
    ("policy", "PodSecurityPolicy"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "VolumeAttachment"),
    ("storage.k8s.io", "VolumeAttributesClass"),
    ("storagemigration.k8s.io", "StorageVersionMigration"),
    ("resource.k8s.io", "ResourceClass"),
];

/// What tells an object from others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(in crate::render) struct Id {
    pub gvk: Gvk,
    pub name: String,
    /// As written, or empty.
    pub namespace: String,
}

impl Id {
    pub fn of(node: &Node) -> Self {
        let text = |keys: &[&str]| node.text_at(keys).unwrap_or_default();
        Id {
            gvk: Gvk::new(&text(&["apiVersion"]), &text(&["kind"])),
            name: text(&["metadata", "name"]),
            namespace: text(&["metadata", "namespace"]),
        }
    }

    /// The namespace that it is compared by (kyaml, `resid/resid.go`, `EffectiveNamespace`).
    pub fn effective_namespace(&self) -> &str {
        if self.gvk.is_cluster_scoped() {
            "_non_namespaceable_"
        } else if self.namespace.is_empty() {
            "default"
        } else {
            &self.namespace
        }
    }

    pub fn is_same_namespace(&self, other: &Id) -> bool {
        self.effective_namespace() == other.effective_namespace()
    }

    /// Whether both are of one object.
    pub fn is_same(&self, other: &Id) -> bool {
        self.gvk == other.gvk && self.name == other.name && self.is_same_namespace(other)
    }

    /// `Deployment shop/web`
    pub fn title(&self) -> String {
        if self.namespace.is_empty() {
            format!("{} {}", self.gvk.kind, self.name)
        } else {
            format!("{} {}/{}", self.gvk.kind, self.namespace, self.name)
        }
    }
}

/// An object.
#[derive(Debug, Clone)]
pub(in crate::render) struct Resource {
    pub node: Node,
    /// Who it is now.
    pub id: Id,
    /// Who it was, oldest first.
    pub previous: Vec<Id>,
    /// What was put before and behind its name, in order.
    pub prefixes: Vec<String>,
    pub suffixes: Vec<String>,
    /// What gave it its present name, beside its own `metadata.name`.
    pub renamed: Chain,
    /// The generator that made it, if its name gets a hash.
    pub hashed: Option<Span>,
    /// The generator that made it, and what says that its name gets no hash.
    pub unhashed: Option<(Span, Span)>,
    /// The lines that brought it in, outermost last.
    pub included: Vec<Span>,
    /// Where the object stands that it was made from.
    pub from: Option<Span>,
    /// Nothing has changed it.
    pub untouched: bool,
    /// What the real tool noted in its annotations beside its ids, prefixes and suffixes, and whether its name gets a
    /// hash.
    pub notes: Vec<(&'static str, &'static str)>,
    /// How it was made, if somebody asks.
    pub history: History,
}

impl Resource {
    pub fn new(node: Node) -> Self {
        Resource {
            id: Id::of(&node),
            node,
            previous: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            renamed: None,
            hashed: None,
            unhashed: None,
            included: Vec::new(),
            from: None,
            untouched: false,
            notes: Vec::new(),
            history: History::default(),
        }
    }

    /// Remembers who it is, before that changes.
    pub fn remember(&mut self) {
        self.previous.push(self.id.clone());
    }

    /// Reads its id again.
    pub fn refresh(&mut self) {
        self.id = Id::of(&self.node);
    }

    /// Who it is and was.
    pub fn ids(&self) -> impl Iterator<Item = &Id> {
        self.previous.iter().chain([&self.id])
    }

    /// The annotations in which the real tool keeps what it knows of an object until a build ends
    /// (`api/resource/resource.go`, `setPreviousId`, `AddNamePrefix`, `EnableHashSuffix`, `SetBehavior`).
    pub fn noted(&self) -> Vec<(String, String)> {
        let ids = |part: fn(&Id) -> &str| self.previous.iter().map(part).collect::<Vec<_>>().join(",");
        let lists = [
            ("previousNames", ids(|id| &id.name)),
            ("previousNamespaces", ids(Id::effective_namespace)),
            ("previousKinds", ids(|id| &id.gvk.kind)),
            ("prefixes", self.prefixes.join(",")),
            ("suffixes", self.suffixes.join(",")),
        ];
        let flags = self.notes.iter().copied().chain(self.hashed.map(|_| ("needsHashSuffix", "enabled")));
        let flags = flags.map(|(key, value)| (key, value.to_owned()));
        let all = lists.into_iter().filter(|(_, value)| !value.is_empty()).chain(flags);
        all.map(|(key, value)| (format!("{NOTES}{key}"), value)).collect()
    }

    /// Who it was first.
    pub fn original(&self) -> &Id {
        self.previous.first().unwrap_or(&self.id)
    }

    /// Sets its name, because of what stands at `span`.
    pub fn rename(&mut self, name: &str, span: Span) {
        self.renamed = Some(Arc::new(Link { origin: Origin { role: Role::SetBy, span }, next: self.renamed.take() }));
        let Some(metadata) = self.node.map_mut().and_then(|root| root.get_mut("metadata")).and_then(Node::map_mut)
        else {
            return;
        };
        if let Some(old) = metadata.get_mut("name") {
            let trace = old.trace().and(Role::SetBy, span);
            *old = Node::string(name, trace);
        }
        self.id.name = name.to_owned();
    }

    /// Sets its kind, name and namespace back.
    pub fn restore(&mut self, keep: &Id, name: bool, kind: bool) {
        let trace = self.node.trace();
        let Some(root) = self.node.map_mut() else { return };
        if kind && self.id.gvk.kind != keep.gvk.kind {
            root.set("kind", trace.clone(), Node::string(&*keep.gvk.kind, trace.clone()));
        }
        let Some(metadata) = root.get_mut("metadata").and_then(Node::map_mut) else { return };
        if name && metadata.get("name").and_then(Node::text).is_none_or(|own| *own != keep.name) {
            metadata.set("name", trace.clone(), Node::string(&*keep.name, trace.clone()));
        }
        if keep.namespace.is_empty() {
            metadata.remove("namespace");
        } else if metadata.get("namespace").and_then(Node::text).is_none_or(|own| *own != keep.namespace) {
            metadata.set("namespace", trace.clone(), Node::string(&*keep.namespace, trace));
        }
    }
}

/// What the names of annotations begin with that the real tool keeps for itself (`api/konfig/general.go`).
const NOTES: &str = "internal.config.kubernetes.io/";

/// Whether an annotation is one of those that the real tool removes at the end of a build, whoever wrote it
/// (`api/resource/resource.go`, `BuildAnnotations`; kyaml, `kio/kioutil/kioutil.go`).
pub(in crate::render) fn is_note(annotation: &str) -> bool {
    const KEYS: [&str; 15] = [
        "previousKinds",
        "previousNames",
        "prefixes",
        "suffixes",
        "previousNamespaces",
        "allowNameChange",
        "allowKindChange",
        "refBy",
        "generatorBehavior",
        "needsHashSuffix",
        "path",
        "index",
        "seqindent",
        "id",
        "annotations-migration-resource-id",
    ];
    const LEGACY: [&str; 3] = ["config.kubernetes.io/path", "config.kubernetes.io/index", "config.k8s.io/id"];
    annotation.strip_prefix(NOTES).is_some_and(|key| KEYS.contains(&key)) || LEGACY.contains(&annotation)
}

/// A scalar that a line of a kustomization sets over `old`.
pub(in crate::render) fn over(old: Option<&Node>, span: Span) -> Trace {
    let trace = Trace::at(span);
    match old.map(Node::trace) {
        Some(old) if old.span != span => {
            let link = Link { origin: Origin { role: Role::Replaced, span: old.span }, next: old.chain };
            Trace { chain: Some(Arc::new(link)), ..trace }
        }
        _ => trace,
    }
}
