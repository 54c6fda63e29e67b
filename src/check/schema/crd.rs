//! Custom resource definitions found in the input, as schemas for the custom resources in it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::diagnostic::Diagnostic;
use crate::model::near;
use crate::model::path::{Path, Segment};
use crate::model::resource::Resource;
use crate::model::value::Value;

use super::compose::Composer;
use super::custom::conform::{Fault, What, conform};
use super::custom::keywords::to_json;
use super::custom::settle::settle;
use super::custom::{Asks, cel};
use super::finding::Against;
use super::table::Table;
use super::walk::{Root, Walk};
use super::{CEL_RULE, INVALID_VALUE, Mode, Schemas, Scope, UNKNOWN_FIELD, VERSION_NOT_SERVED, Verdict};

/// The deepest nesting of a custom resource that is looked into.
const DEPTH: u32 = 200;

/// The kind that one definition declares.
#[derive(Debug)]
pub struct CustomKind {
    group: String,
    kind: String,
    scope: Scope,
    versions: Vec<CustomVersion>,
}

#[derive(Debug)]
struct CustomVersion {
    name: String,
    served: bool,
    /// `None` if no resource is of this version.
    schema: Option<CustomSchema>,
}

/// A table of one type, and what does not fit into it.
struct CustomSchema {
    table: Vec<u8>,
    root: u32,
    asks: Asks,
    /// It has the subresource, which what people write has no say in.
    status: bool,
}

impl std::fmt::Debug for CustomSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomSchema")
            .field("table", &self.table.len())
            .field("asks", &self.asks)
            .finish_non_exhaustive()
    }
}

/// Group and kind of the custom resources that a resource declares; `None` unless it is a CustomResourceDefinition. Cheap,
/// so that only the definitions that some object needs are learnt.
#[must_use]
pub fn declared(resource: &Resource<'_>) -> Option<(String, String)> {
    if resource.kind != "CustomResourceDefinition" || resource.group() != "apiextensions.k8s.io" {
        return None;
    }
    let spec = resource.value.get("spec")?;
    Some((text(spec.get("group"))?.into_owned(), text(spec.at(["names", "kind"]))?.into_owned()))
}

/// Reads the kind that a resource declares, with all versions; `None` unless it is a CustomResourceDefinition with a
/// group, a kind and a version.
#[must_use]
pub fn learn(resource: &Resource<'_>) -> Option<CustomKind> {
    learn_if(resource, |_| true)
}

/// Reads the kind that a resource declares, with the schemas of those versions that are wanted.
#[must_use]
pub fn learn_versions(resource: &Resource<'_>, wanted: &BTreeSet<String>) -> Option<CustomKind> {
    learn_if(resource, |version| wanted.contains(version))
}

fn learn_if(resource: &Resource<'_>, is_wanted: impl Fn(&str) -> bool) -> Option<CustomKind> {
    let (group, kind) = declared(resource)?;
    let spec = resource.value.get("spec")?;
    // The default of v1beta1 is to keep unknown fields; v1 does not know the field, or wants it false.
    let old = resource.version() == "v1beta1";
    let read = |name: Option<Value<'_>>, version| {
        let name = text(name)?.into_owned();
        Some(read_version(name, version, spec, old, &is_wanted))
    };
    let versions = match spec.get("versions").filter(|versions| !versions.is_empty()) {
        Some(versions) => versions.items().filter_map(|version| read(version.get("name"), Some(version))).collect(),
        None => vec![read(spec.get("version"), None)?],
    };
    Some(CustomKind {
        group,
        kind,
        scope: if text(spec.get("scope")).as_deref() == Some("Cluster") { Scope::Cluster } else { Scope::Namespaced },
        versions,
    })
}

/// Whether collections lie inside each other more deeply than that: nobody writes such an object, and whoever walks it
/// by recursion needs a bound.
fn is_deep(value: Value<'_>, limit: u32) -> bool {
    let inner = |value: Value<'_>| !value.is_scalar() && (limit == 0 || is_deep(value, limit - 1));
    value.entries().any(|entry| inner(entry.value)) || value.items().any(inner)
}

/// A text that is not empty.
fn text<'t>(value: Option<Value<'t>>) -> Option<Cow<'t, str>> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Reads a version of `spec.versions`, with what `apiextensions.k8s.io/v1beta1` writes once for all versions.
fn read_version(
    name: String,
    version: Option<Value<'_>>,
    spec: Value<'_>,
    old: bool,
    is_wanted: impl Fn(&str) -> bool,
) -> CustomVersion {
    let own = |key| version.and_then(|version| version.get(key));
    let served = own("served").is_none_or(|served| served.as_bool() != Some(false));
    let schema = (served && is_wanted(&name)).then(|| {
        let schema = own("schema").or_else(|| spec.get("validation")).and_then(|schema| schema.get("openAPIV3Schema"));
        let subresources = own("subresources").or_else(|| spec.get("subresources"));
        let status = subresources.and_then(|all| all.get("status")).is_some();
        let open = spec.get("preserveUnknownFields").map_or(old, |preserve| preserve.as_bool() == Some(true));
        let mut composer = Composer::new(open);
        let (root, asks) = composer.resource(schema.filter(|schema| schema.is_mapping()), status);
        CustomSchema { table: composer.finish(), root, asks, status }
    });
    CustomVersion { name, served, schema }
}

impl CustomKind {
    /// Its group and kind.
    #[must_use]
    pub fn group_kind(&self) -> (String, String) {
        (self.group.clone(), self.kind.clone())
    }

    /// Whether the schema of one of these versions was not learnt.
    #[must_use]
    pub fn lacks(&self, versions: &BTreeSet<String>) -> bool {
        self.versions
            .iter()
            .any(|version| version.served && version.schema.is_none() && versions.contains(&version.name))
    }
}

/// All kinds that the definitions of an input declare.
#[derive(Debug, Default)]
pub struct CustomKinds {
    kinds: BTreeMap<(String, String), Vec<CustomKind>>,
}

impl CustomKinds {
    /// Adds what a definition declares. Several definitions of one kind live side by side, because a repository often
    /// holds the same one in several places and states: a resource is right if one of them accepts it.
    pub fn add(&mut self, kind: CustomKind) {
        self.kinds.entry((kind.group.clone(), kind.kind.clone())).or_default().push(kind);
    }

    /// Whether no kind is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The kinds with their groups and the names of their versions, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, Vec<&str>)> {
        self.kinds.iter().map(|((group, kind), definitions)| {
            let mut versions: Vec<_> =
                definitions.iter().flat_map(|definition| &definition.versions).map(|version| &*version.name).collect();
            versions.sort_unstable();
            versions.dedup();
            (&**group, &**kind, versions)
        })
    }

    /// Whether objects of that kind lie in namespaces; `None` for kinds that are not known.
    #[must_use]
    pub fn scope(&self, group: &str, kind: &str) -> Option<Scope> {
        self.definitions(group, kind).first().map(|definition| definition.scope)
    }

    /// Checks a custom resource. [`Verdict::Waits`] if no definition of its kind is known. What could not be checked, and
    /// why, goes into `left_out`.
    pub fn check(
        &self,
        schemas: &Schemas,
        resource: &Resource<'_>,
        mode: Mode,
        out: &mut Vec<Diagnostic>,
        left_out: &mut BTreeSet<String>,
    ) -> Verdict {
        let definitions = self.definitions(resource.group(), &resource.kind);
        if definitions.is_empty() {
            return Verdict::Waits;
        }
        let all = || definitions.iter().flat_map(|definition| &definition.versions).filter(|version| version.served);
        let mut best: Option<Checked> = None;
        for version in all().filter(|version| version.name == resource.version()) {
            let Some(schema) = &version.schema else { continue };
            let checked = schema.check(schemas, resource, mode);
            if best.as_ref().is_none_or(|best| checked.found.len() < best.found.len()) {
                best = Some(checked);
            }
        }
        match best {
            Some(mut checked) => {
                out.append(&mut checked.found);
                left_out.append(&mut checked.left_out);
                Verdict::Checked
            }
            None if mode == Mode::Patch || all().any(|version| version.name == resource.version()) => Verdict::Unknown,
            None => {
                let mut served: Vec<&str> = all().map(|version| &*version.name).collect();
                served.sort_unstable();
                served.dedup();
                out.push(not_served(resource, &served));
                Verdict::Unknown
            }
        }
    }

    fn definitions(&self, group: &str, kind: &str) -> &[CustomKind] {
        self.kinds.get(&(group.to_owned(), kind.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What one definition says of a resource.
struct Checked {
    found: Vec<Diagnostic>,
    left_out: BTreeSet<String>,
}

impl CustomSchema {
    fn check(&self, schemas: &Schemas, resource: &Resource<'_>, mode: Mode) -> Checked {
        let root = Root { table: Table::read(&self.table), index: self.root };
        let metadata = Root { table: schemas.table, index: schemas.metadata };
        let mut walk = Walk::new(resource, root, metadata, Against::Custom);
        let mut checked = Checked { found: walk.run(mode), left_out: BTreeSet::new() };
        let is_shallow = || mode == Mode::Whole && !is_deep(resource.value, DEPTH);
        let Some(mut object) = is_shallow().then(|| to_json(resource.value, DEPTH)).flatten() else { return checked };
        if let Some(members) = object.as_object_mut().filter(|_| self.status) {
            members.remove("status");
        }
        settle(&mut object, root.table, root.index, Some(&self.asks));
        let encrypted = resource.value.get("sops").is_some_and(Value::is_mapping);
        let mut outcome = conform(&object, &self.asks, schemas.version.minor, encrypted);
        let decides = |finding: &Diagnostic| finding.rule != UNKNOWN_FIELD.id;
        let first = checked.found.iter_mut().find(|finding| decides(finding));
        let has_rules = self.asks.has_rules();
        if let Some(first) = first.filter(|_| has_rules) {
            first.notes.push(BLOCKED.to_owned());
        } else if has_rules && !outcome.faults.iter().any(|fault| fault.blocks) {
            cel::evaluate(&object, root.table, root.index, &self.asks, encrypted, &mut outcome);
        }
        let mut told = false;
        for Fault { path, what, blocks } in outcome.faults {
            let mut finding = broken(&mut walk, path, what);
            if has_rules && blocks && !std::mem::replace(&mut told, true) {
                finding = finding.note(BLOCKED);
            }
            checked.found.push(finding);
        }
        checked.left_out = outcome.left_out;
        checked
    }
}

/// Said where the server says the same.
const BLOCKED: &str = "the rules in CEL of the definition are not evaluated before this is mended";

fn broken(walk: &mut Walk<'_, '_>, path: Path, what: What) -> Diagnostic {
    let place = path.locate(walk.resource.value);
    let span = path.span(walk.resource.value);
    let field = if path.0.is_empty() { walk.resource.kind.to_string() } else { walk.field_and_place(&path) };
    let mut label = String::new();
    let mut see = None;
    let rule = if matches!(what, What::Rule { .. }) { CEL_RULE } else { INVALID_VALUE };
    let (message, help, near) = match what {
        What::Phrase(phrase) => (format!("{field} {phrase}"), None, None),
        What::Enum(options) => {
            let written = place.value.text().unwrap_or_default();
            let near = near::nearest(&written, options.iter().map(String::as_str)).map(str::to_owned);
            let help = match &near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write {}", list(&options)),
            };
            (format!("{field} has a value that its definition does not list"), Some(help), near)
        }
        What::Rule { text, message, span } => {
            see = span.map(|span| (span, "the rule"));
            let says = message.map_or_else(|| format!("`{}`", one_line(&text)), |message| one_line(&message));
            (format!("{field} breaks a rule of its definition: {says}"), None, None)
        }
        What::Repeated { first, keys } => {
            let list = Path(path.0.split_last().map(|(_, above)| above.to_vec()).unwrap_or_default());
            label = "the same again".to_owned();
            let items = list.locate(walk.resource.value).value;
            see = items.items().nth(first).map(|first| (first.title_span(), "first here"));
            let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
            let field = walk.field_and_place(&list);
            let message = match keys.is_empty() {
                true => format!("two items of {field} are the same"),
                false => format!("two items of {field} have the same {}", keys.join(" and ")),
            };
            (message, None, None)
        }
    };
    let mut finding = walk.finding(&rule, span, message, label, path, None).effect("the API server refuses the object");
    if let Some((span, what)) = see {
        finding = finding.see(span, what);
    }
    if let Some(help) = help {
        finding = finding.help(help);
    }
    if let Some(near) = near.filter(|_| place.value.is_scalar()) {
        finding = finding.fix(false, span, near);
    }
    finding
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn list(options: &[String]) -> String {
    let shown: Vec<_> = options.iter().take(8).map(|option| format!("`{option}`")).collect();
    let more = if options.len() > shown.len() { ", …" } else { "" };
    format!("one of {}{more}", shown.join(", "))
}

fn not_served(resource: &Resource<'_>, served: &[&str]) -> Diagnostic {
    let (kind, group, version) = (&resource.kind, resource.group(), resource.version());
    let path = Path::of(["apiVersion"]);
    let help = match served {
        [] => "its definition serves no version".to_owned(),
        served => format!("served: {}", served.iter().map(|v| format!("`{group}/{v}`")).collect::<Vec<_>>().join(", ")),
    };
    let full = resource.prefix.0.iter().cloned().chain([Segment::from("apiVersion")]).collect();
    let message = format!("{kind} of {group} has no version `{version}` that is served");
    Diagnostic::new(&VERSION_NOT_SERVED, path.span(resource.value), message, "not served")
        .effect("the API server refuses the object")
        .help(help)
        .note(format!("checked: the CustomResourceDefinition of {kind} in this input"))
        .about(Arc::new(resource.id()), Path(full))
}
