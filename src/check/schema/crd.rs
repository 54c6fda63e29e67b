//! Custom resource definitions found in the input, as schemas for the custom resources in it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::model::diagnostic::Diagnostic;
use crate::model::near;
use crate::model::path::{Path, Segment};
use crate::model::resource::Resource;
use crate::model::value::Value;

use super::compose::Composer;
use super::finding::Against;
use super::leftover::{self, Checker, What};
use super::table::Table;
use super::walk::{Root, Walk};
use super::{INVALID_VALUE, Mode, Schemas, Scope, VERSION_NOT_SERVED, Verdict};

/// The deepest nesting of a schema, or of a custom resource, that is looked into.
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
    schema: CustomSchema,
}

/// A table of one type, and the rest that does not fit into it.
struct CustomSchema {
    table: Vec<u8>,
    root: u32,
    rest: Option<serde_json::Value>,
    checker: OnceLock<Option<Checker>>,
    /// It has rules in CEL, which are not checked.
    cel: bool,
}

impl std::fmt::Debug for CustomSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomSchema")
            .field("table", &self.table.len())
            .field("rest", &self.rest)
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

/// Reads the kind that a resource declares; `None` unless it is a CustomResourceDefinition with a group, a kind and a
/// version.
#[must_use]
pub fn learn(resource: &Resource<'_>) -> Option<CustomKind> {
    let (group, kind) = declared(resource)?;
    let spec = resource.value.get("spec").filter(|spec| !is_deep(*spec, DEPTH))?;
    // The default of v1beta1 is to keep unknown fields; v1 does not know the field, or wants it false.
    let old = resource.version() == "v1beta1";
    let versions = match spec.get("versions").filter(|versions| !versions.is_empty()) {
        Some(versions) => versions
            .items()
            .filter_map(|version| Some(read_version(text(version.get("name"))?.into_owned(), Some(version), spec, old)))
            .collect(),
        None => vec![read_version(text(spec.get("version"))?.into_owned(), None, spec, old)],
    };
    Some(CustomKind {
        group,
        kind,
        scope: if text(spec.get("scope")).as_deref() == Some("Cluster") { Scope::Cluster } else { Scope::Namespaced },
        versions,
    })
}

/// Whether collections lie inside each other more deeply than that: nobody writes such a schema, and whoever walks it
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
fn read_version(name: String, version: Option<Value<'_>>, spec: Value<'_>, old: bool) -> CustomVersion {
    let own = |key| version.and_then(|version| version.get(key));
    let schema = own("schema").or_else(|| spec.get("validation")).and_then(|schema| schema.get("openAPIV3Schema"));
    let status = own("subresources").or_else(|| spec.get("subresources")).and_then(|all| all.get("status")).is_some();
    let open = spec.get("preserveUnknownFields").map_or(old, |preserve| preserve.as_bool() == Some(true));
    let mut composer = Composer::new(open);
    let root = composer.resource(schema.filter(|schema| schema.is_mapping()), status);
    let schema = CustomSchema {
        table: composer.finish(),
        root,
        rest: schema.and_then(leftover::rest_of),
        checker: OnceLock::new(),
        cel: schema.is_some_and(has_cel),
    };
    CustomVersion { name, served: own("served").is_none_or(|served| served.as_bool() != Some(false)), schema }
}

fn has_cel(schema: Value<'_>) -> bool {
    schema.get("x-kubernetes-validations").is_some_and(|rules| !rules.is_empty())
        || schema.get("properties").into_iter().flat_map(Value::entries).any(|entry| has_cel(entry.value))
        || ["items", "additionalProperties"].iter().any(|key| schema.get(key).is_some_and(has_cel))
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

    /// Checks a custom resource. [`Verdict::Waits`] if no definition of its kind is known.
    pub fn check(&self, schemas: &Schemas, resource: &Resource<'_>, mode: Mode, out: &mut Vec<Diagnostic>) -> Verdict {
        let definitions = self.definitions(resource.group(), &resource.kind);
        if definitions.is_empty() {
            return Verdict::Waits;
        }
        let all = || definitions.iter().flat_map(|definition| &definition.versions);
        let mut best: Option<(Vec<Diagnostic>, bool)> = None;
        for version in all().filter(|version| version.served && version.name == resource.version()) {
            let found = version.schema.check(schemas, resource, mode);
            if best.as_ref().is_none_or(|(fewest, _)| found.len() < fewest.len()) {
                best = Some((found, version.schema.cel));
            }
        }
        match best {
            Some((mut found, cel)) => {
                out.append(&mut found);
                if cel { Verdict::CheckedExceptCel } else { Verdict::Checked }
            }
            None if mode == Mode::Patch => Verdict::Unknown,
            None => {
                let mut served: Vec<&str> =
                    all().filter(|version| version.served).map(|version| &*version.name).collect();
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

impl CustomSchema {
    fn check(&self, schemas: &Schemas, resource: &Resource<'_>, mode: Mode) -> Vec<Diagnostic> {
        let root = Root { table: Table::read(&self.table), index: self.root };
        let metadata = Root { table: schemas.table, index: schemas.metadata };
        let mut found = Walk::new(resource, root, metadata, Against::Custom).run(mode);
        let Some(rest) = self.rest.as_ref().filter(|_| mode == Mode::Whole && !is_deep(resource.value, DEPTH)) else {
            return found;
        };
        if let Some(checker) = self.checker.get_or_init(|| Checker::compile(rest)) {
            let mut walk = Walk::new(resource, root, metadata, Against::Custom);
            for fault in checker.check(resource.value) {
                if let Some(path) = Path::from_pointer(&fault.pointer, resource.value) {
                    found.extend(broken_rule(&mut walk, path, fault.what));
                }
            }
        }
        found
    }
}

fn broken_rule(walk: &mut Walk<'_, '_>, path: Path, what: What) -> Option<Diagnostic> {
    let place = path.locate(walk.resource.value);
    // Null is the absence of a value: what is said of it is said of nothing.
    if place.value.is_null() {
        return None;
    }
    let span = path.span(walk.resource.value);
    let field = if path.0.is_empty() { walk.resource.kind.to_string() } else { walk.field_and_place(&path) };
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
    };
    let mut finding = walk
        .finding(&INVALID_VALUE, span, message, String::new(), path, None)
        .effect("the API server refuses the object");
    if let Some(help) = help {
        finding = finding.help(help);
    }
    if let Some(near) = near {
        finding = finding.fix(false, span, near);
    }
    Some(finding)
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
