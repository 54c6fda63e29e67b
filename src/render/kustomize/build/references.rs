//! Names that follow the objects they name (kustomize, `api/filters/nameref/nameref.go`,
//! `api/internal/konfig/builtinpluginconsts/namereference.go`).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::model::node::Kind;
use crate::model::origin::Role;

use super::accumulate::Accumulated;
use super::draft::{Node, Trace};
use super::fields::{FieldSpec, Make, any, visit};
use super::resource::{Gvk, Id, Resource};

/// A kind whose name is written in the fields of others.
#[derive(Debug, Clone)]
pub(in crate::render) struct Row {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub fields: Vec<FieldSpec>,
}

/// Where pods are described in the kinds that make them.
const PODS: [(&str, &str); 9] = [
    ("Pod", "spec"),
    ("PodTemplate", "template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
];

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(rows);

/// The rows with their fields, by the kind that has the fields.
static BY_KIND: LazyLock<HashMap<&'static str, Vec<(&'static Row, &'static FieldSpec)>>> = LazyLock::new(|| {
    let mut by_kind: HashMap<&str, Vec<_>> = HashMap::new();
    for row in ROWS.iter() {
        for field in &row.fields {
            by_kind.entry(&*field.kind).or_default().push((row, field));
        }
    }
    by_kind
});

fn rows() -> Vec<Row> {
    let pods = |paths: &[&str]| -> Vec<(String, String)> {
        let below = |(kind, base): &(&str, &str)| {
            let kind = (*kind).to_owned();
            paths.iter().map(move |path| (kind.clone(), format!("{base}/{path}"))).collect::<Vec<_>>()
        };
        PODS.iter().flat_map(below).collect()
    };
    let named = |fields: &[(&str, &str)]| -> Vec<(String, String)> {
        fields.iter().map(|(kind, path)| ((*kind).to_owned(), (*path).to_owned())).collect()
    };
    let row = |kind: &str, fields: Vec<Vec<(String, String)>>| {
        let fields = fields.into_iter().flatten().map(|(kind, path)| FieldSpec::built_in(&kind, &path, false));
        let (group, kind) = kind.split_once('/').unwrap_or(("", kind));
        Row { group: group.into(), version: String::new(), kind: kind.into(), fields: fields.collect() }
    };
    let scaled = || vec![named(&[("HorizontalPodAutoscaler", "spec/scaleTargetRef/name")])];
    let containers = |field: &str, from: &str| -> Vec<(String, String)> {
        let one =
            |list: &str| [format!("{list}/env/valueFrom/{field}KeyRef/name"), format!("{list}/envFrom/{from}/name")];
        let paths: Vec<String> = ["containers", "initContainers"].into_iter().flat_map(one).collect();
        pods(&paths.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let rules = || named(&[("Role", "rules/resourceNames"), ("ClusterRole", "rules/resourceNames")]);
    let mut rows: Vec<Row> =
        ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].map(|kind| row(kind, scaled())).into();
    rows.push(row(
        "ConfigMap",
        vec![
            pods(&["volumes/configMap/name", "volumes/projected/sources/configMap/name"]),
            containers("configMap", "configMapRef"),
            named(&[
                ("Node", "spec/configSource/configMap"),
                ("Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap"),
            ]),
            rules(),
        ],
    ));
    rows.push(row(
        "Secret",
        vec![
            pods(&["volumes/secret/secretName", "volumes/projected/sources/secret/name", "imagePullSecrets/name"]),
            containers("secret", "secretRef"),
            named(&[
                ("serving.knative.dev/Service", "spec/template/spec/containers/env/valueFrom/secretKeyRef/name"),
                ("serving.knative.dev/Service", "spec/template/spec/volumes/secret/secretName"),
                ("Ingress", "spec/tls/secretName"),
                ("Ingress", "metadata/annotations/ingress.kubernetes.io\\/auth-secret"),
                ("Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret"),
                ("Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret"),
                ("ServiceAccount", "imagePullSecrets/name"),
                ("StorageClass", "parameters/secretName"),
                ("StorageClass", "parameters/adminSecretName"),
                ("StorageClass", "parameters/userSecretName"),
                ("StorageClass", "parameters/secretRef"),
                ("PersistentVolume", "spec/azureFile/secretName"),
            ]),
            rules(),
        ],
    ));
    rows.push(row(
        "Service",
        vec![named(&[
            ("StatefulSet", "spec/serviceName"),
            ("Ingress", "spec/rules/http/paths/backend/serviceName"),
            ("Ingress", "spec/backend/serviceName"),
            ("Ingress", "spec/rules/http/paths/backend/service/name"),
            ("Ingress", "spec/defaultBackend/service/name"),
            ("apiregistration.k8s.io/APIService", "spec/service/name"),
            ("admissionregistration.k8s.io/ValidatingWebhookConfiguration", "webhooks/clientConfig/service"),
            ("admissionregistration.k8s.io/MutatingWebhookConfiguration", "webhooks/clientConfig/service"),
        ])],
    ));
    let bindings = ["RoleBinding", "ClusterRoleBinding"].map(|kind| format!("rbac.authorization.k8s.io/{kind}"));
    rows.push(row("rbac.authorization.k8s.io/Role", vec![named(&[(&bindings[0], "roleRef/name")])]));
    rows.push(row(
        "rbac.authorization.k8s.io/ClusterRole",
        vec![named(&[(&bindings[0], "roleRef/name"), (&bindings[1], "roleRef/name")])],
    ));
    rows.push(row(
        "ServiceAccount",
        vec![named(&[(&bindings[0], "subjects"), (&bindings[1], "subjects")]), pods(&["serviceAccountName"])],
    ));
    rows.push(row("PersistentVolumeClaim", vec![pods(&["volumes/persistentVolumeClaim/claimName"])]));
    rows.push(row(
        "PersistentVolume",
        vec![named(&[("PersistentVolumeClaim", "spec/volumeName"), ("ClusterRole", "rules/resourceNames")])],
    ));
    rows.push(row(
        "storage.k8s.io/StorageClass",
        vec![named(&[
            ("PersistentVolume", "spec/storageClassName"),
            ("PersistentVolumeClaim", "spec/storageClassName"),
            ("StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"),
        ])],
    ));
    rows.push(row("scheduling.k8s.io/PriorityClass", vec![pods(&["priorityClassName"])]));
    // The row of IngressClass names a group that no object has, so that it does nothing.
    rows.push(row(
        "ValidatingAdmissionPolicy",
        vec![named(&[("ValidatingAdmissionPolicyBinding", "spec/policyName")])],
    ));
    rows
}

/// What is known of an object that others may name.
struct Candidate {
    at: usize,
    id: Id,
    previous: Vec<Id>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    renamed: super::draft::Chain,
    /// Where its name and its namespace are written.
    name: Option<Trace>,
    namespace: Option<Trace>,
}

/// Whether the containers of an object take the content of a ConfigMap or Secret into their environment.
pub(super) fn is_read_at_start(reader: &Resource, object: &Id) -> bool {
    let fields = BY_KIND.get(&*reader.id.gvk.kind).into_iter().flatten();
    let mut of_it = fields.filter(|(row, field)| {
        let is_environment = field.path.iter().any(|segment| matches!(&**segment, "env" | "envFrom"));
        is_environment && row.kind == object.gvk.kind && field.selects(&reader.id.gvk)
    });
    let is_it = |node: &Node| node.text().is_some_and(|name| *name == *object.name);
    reader.id.is_same_namespace(object) && of_it.any(|(_, field)| any(&reader.node, &field.path, &is_it))
}

/// Writes the present names into the fields that name objects.
pub(super) fn follow(to: &mut Accumulated) {
    let candidates: Vec<Candidate> = to
        .resources
        .iter()
        .enumerate()
        .filter(|(_, resource)| !resource.previous.is_empty())
        .map(|(at, one)| Candidate {
            at,
            id: one.id.clone(),
            previous: one.previous.clone(),
            prefixes: one.prefixes.clone(),
            suffixes: one.suffixes.clone(),
            renamed: one.renamed.clone(),
            name: one.node.at(&["metadata", "name"]).map(|name| name.trace()),
            namespace: one.node.at(&["metadata", "namespace"]).map(|namespace| namespace.trace()),
        })
        .collect();
    if candidates.is_empty() {
        return;
    }
    let mut by_name: HashMap<&str, Vec<&Candidate>> = HashMap::new();
    for candidate in &candidates {
        let mut names: Vec<&str> = candidate.previous.iter().map(|id| &*id.name).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().for_each(|name| by_name.entry(name).or_default().push(candidate));
    }
    // The names that lead somewhere else by now. Without any only fields with a namespace can change.
    let old: HashSet<&str> = candidates
        .iter()
        .flat_map(|one| one.previous.iter().map(|id| &*id.name).filter(|name| *name != one.id.name))
        .collect();
    for (at, resource) in to.resources.iter_mut().enumerate() {
        let mut referrer = None;
        let built_in = BY_KIND.get(&*resource.id.gvk.kind).into_iter().flatten().copied();
        let own = to.configuration.references.iter().flat_map(|row| row.fields.iter().map(move |field| (row, field)));
        for (row, field) in built_in.chain(own) {
            if !field.selects(&resource.id.gvk) {
                continue;
            }
            let may_follow = |node: &Node| match node.kind() {
                Kind::Scalar => node.text().is_some_and(|name| old.contains(&*name)),
                _ => true,
            };
            if !any(&resource.node, &field.path, &may_follow) {
                continue;
            }
            let referrer = referrer.get_or_insert_with(|| Referrer::of(at, resource));
            let is_role = field.path.len() >= 2 && field.path[field.path.len() - 2..] == ["roleRef", "name"];
            let role = is_role.then(|| role(&resource.node)).flatten();
            let find = |name: &str, namespace: Option<&str>| {
                referrer.find(by_name.get(name).map_or(&[], Vec::as_slice), row, role.as_ref(), namespace)
            };
            if !any(&resource.node, &field.path, &|node| follows(node, &find)) {
                continue;
            }
            let words = |_: &Gvk| ["kind", "apiGroup"].map(|key| resource.node.at(&["roleRef", key]));
            let chosen = role.as_ref().map(words).into_iter().flatten().flatten().map(|word| word.trace().span);
            let chosen: Vec<_> = chosen.collect();
            let mut set = |node: &mut Node| {
                write(node, &find);
                for span in &chosen {
                    *node = node.clone().and(Role::FoundBy, *span);
                }
            };
            let trace = Trace::at(resource.node.trace().span);
            visit(&mut resource.node, &field.path, Make::Nothing, &trace, &mut set);
        }
        resource.id.namespace = resource.node.text_at(&["metadata", "namespace"]).unwrap_or_default();
    }
}

/// Group and kind of a role that a binding names.
fn role(node: &Node) -> Option<Gvk> {
    let text = |key: &str| node.text_at(&["roleRef", key]);
    Some(Gvk { group: text("apiGroup").unwrap_or_default(), version: String::new(), kind: text("kind")? })
}

/// The object whose fields are written.
struct Referrer {
    at: usize,
    id: Id,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    /// The namespaces of the accounts that it binds.
    bound: Vec<String>,
}

impl Referrer {
    fn of(at: usize, resource: &Resource) -> Self {
        let mut bound = Vec::new();
        if matches!(&*resource.id.gvk.kind, "RoleBinding" | "ClusterRoleBinding") {
            let subjects = resource.node.get("subjects").map(|subjects| subjects.items()).unwrap_or_default();
            bound = subjects.iter().filter_map(|subject| subject.text_at(&["namespace"])).collect();
        }
        let (prefixes, suffixes) = (resource.prefixes.clone(), resource.suffixes.clone());
        Referrer { at, id: resource.id.clone(), prefixes, suffixes, bound }
    }

    /// The object that a name means, among those that once had it.
    fn find<'c>(
        &self,
        known: &[&'c Candidate],
        row: &Row,
        role: Option<&Gvk>,
        namespace: Option<&str>,
    ) -> Option<&'c Candidate> {
        let is_seen = |one: &Candidate| {
            let everything = self.id.gvk.is_cluster_scoped() || one.id.gvk.is_cluster_scoped();
            everything || self.id.is_same_namespace(&one.id) || self.bound.contains(&one.id.namespace)
        };
        let is_meant =
            |one: &Candidate| one.previous.iter().any(|id| id.gvk.is_selected(&row.group, &row.version, &row.kind));
        let is_role = |one: &Candidate| {
            role.is_none_or(|role| one.previous.iter().any(|id| id.gvk.is_selected(&role.group, "", &role.kind)))
        };
        let is_near = |one: &Candidate| {
            let free = self.id.gvk.is_cluster_scoped() || one.id.gvk.is_cluster_scoped();
            free || one.id.gvk.kind == "ServiceAccount" || self.id.is_same_namespace(&one.id)
        };
        let effective = |name: &str| if name.is_empty() { "default".to_owned() } else { name.to_owned() };
        let is_there = |one: &Candidate| {
            namespace.is_none_or(|namespace| {
                let wanted = effective(namespace);
                one.previous.iter().chain([&one.id]).any(|id| id.effective_namespace() == wanted)
            })
        };
        let mut found: Vec<&'c Candidate> = known.to_vec();
        found.retain(|one| one.at != self.at || row.kind != self.id.gvk.kind);
        found.retain(|one| is_seen(one) && is_there(one) && is_meant(one) && is_role(one) && is_near(one));
        let narrow = |found: &mut Vec<&'c Candidate>, keep: &dyn Fn(&Candidate) -> bool| {
            if found.len() > 1 {
                found.retain(|one| keep(one));
            }
        };
        narrow(&mut found, &|one| ends_with(&one.prefixes, &self.prefixes) && ends_with(&one.suffixes, &self.suffixes));
        narrow(&mut found, &|one| one.prefixes == self.prefixes && one.suffixes == self.suffixes);
        let first = *found.first()?;
        found.iter().all(|one| one.id.name == first.id.name).then_some(first)
    }
}

/// Whether the shorter list is the end of the longer one.
fn ends_with(one: &[String], two: &[String]) -> bool {
    one.ends_with(two) || two.ends_with(one)
}

/// Whether a field names something that has another name or namespace by now.
fn follows<'c>(node: &Node, find: &dyn Fn(&str, Option<&str>) -> Option<&'c Candidate>) -> bool {
    if node.is_list() {
        return node.items().iter().any(|item| follows(item, find));
    }
    if node.is_map() {
        let (name, namespace) = (node.text_at(&["name"]), node.text_at(&["namespace"]));
        return name.is_some_and(|name| find(&name, namespace.as_deref()).is_some());
    }
    node.text().is_some_and(|name| find(&name, None).is_some_and(|found| found.id.name != *name))
}

fn write<'c>(node: &mut Node, find: &dyn Fn(&str, Option<&str>) -> Option<&'c Candidate>) {
    if node.is_list() {
        node.list_mut().into_iter().flat_map(|list| &mut list.items).for_each(|item| write(item, find));
        return;
    }
    if node.is_map() {
        let Some(name) = node.text_at(&["name"]) else { return };
        let namespace = node.text_at(&["namespace"]);
        let Some(found) = find(&name, namespace.as_deref()) else { return };
        let Some(map) = node.map_mut() else { return };
        if let Some(own) = map.get_mut("name").filter(|_| found.id.name != name) {
            rename(own, found);
        }
        // A namespace that the object had before follows it, even if it is the same again.
        let is_same = namespace.as_deref() == Some(&*found.id.namespace);
        let follows = !is_same || found.previous.iter().any(|id| id.namespace == found.id.namespace);
        if !found.id.namespace.is_empty() && follows {
            let mut trace = found.namespace.clone().unwrap_or_else(|| map.trace.clone());
            for chosen in [map.get("name").map(Node::trace), found.name.clone()].into_iter().flatten() {
                trace = trace.and(Role::SelectedBy, chosen.span);
            }
            if let Some(old) = map.get("namespace").map(Node::trace) {
                trace = trace.and(Role::Replaced, old.span);
            }
            let key = trace.clone();
            map.set("namespace", key, Node::string(&*found.id.namespace, trace));
        }
        return;
    }
    let Some(name) = node.text().map(std::borrow::Cow::into_owned) else { return };
    if let Some(found) = find(&name, None).filter(|found| found.id.name != name) {
        rename(node, found);
    }
}

/// The name stays where it is written; what renamed the object is a step of its origin.
fn rename(node: &mut Node, found: &Candidate) {
    let mut trace = node.trace();
    if let Some(name) = &found.name {
        trace = trace.and(Role::SelectedBy, name.span);
    }
    for origin in std::iter::successors(found.renamed.as_deref(), |link| link.next.as_deref()).map(|link| link.origin) {
        trace = trace.and(origin.role, origin.span);
    }
    *node = Node::string(&*found.id.name, trace);
}
