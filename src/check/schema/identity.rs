//! What a document says that it is: `apiVersion` and `kind`.

use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path, Segment};
use crate::model::resource::Resource;
use crate::model::value::Value;

use super::table::{BUILT_IN, Table};
use super::{MISSING_API_VERSION, MISSING_KIND, NOT_AN_OBJECT, WRONG_TYPE};

/// Where a document was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Anywhere in a repository, where YAML files of other tools are as well.
    Anywhere,
    /// Where every document is applied to a cluster.
    Manifests,
}

/// What a document turned out to be.
#[derive(Debug)]
pub enum Identity<'t> {
    /// It has both, and is a Kubernetes object or wants to be one.
    Resource(Resource<'t>),
    /// It is something else, or empty: nothing to say.
    Other,
    /// It is meant to be an object, and something is wrong with its identity.
    Broken(Box<Diagnostic>),
}

/// Reads the identity of a document. Of documents that lie anywhere only those are found to be broken that have
/// `metadata` and one of the two fields: Helm's `Chart.yaml` and the files of CI systems have one of them too.
#[must_use]
pub fn identity(value: Value<'_>, place: Place) -> Identity<'_> {
    if let Some(resource) = Resource::of(value).filter(|_| !is_patch_of_hive(value)) {
        return Identity::Resource(resource);
    }
    let empty = value.is_null() || (value.is_mapping() && value.is_empty());
    let like_an_object = value.get("metadata").is_some_and(Value::is_mapping)
        && (value.get("apiVersion").is_some() || value.get("kind").is_some());
    if empty || is_patch_of_hive(value) || (place == Place::Anywhere && (!like_an_object || is_of_another_tool(value)))
    {
        return Identity::Other;
    }
    if !value.is_mapping() {
        let message = "expected a Kubernetes object, found a document of another form";
        let finding = Diagnostic::new(&NOT_AN_OBJECT, value.title_span(), message, "no mapping")
            .effect("a client that applies this file fails here")
            .help("remove the document, or give it `apiVersion` and `kind`");
        return Identity::Broken(Box::new(finding));
    }
    Identity::Broken(Box::new(faulty(value)))
}

/// The keys that objects of Kubernetes have beside their identity, `metadata` and `status`.
const BODY: [&str; 20] = [
    "spec",
    "data",
    "stringData",
    "binaryData",
    "immutable",
    "type",
    "rules",
    "aggregationRule",
    "roleRef",
    "subjects",
    "webhooks",
    "provisioner",
    "parameters",
    "secrets",
    "imagePullSecrets",
    "automountServiceAccountToken",
    "subsets",
    "endpoints",
    "handler",
    "value",
];

/// Whether a document is an entry for `spec.patches` of a SyncSet (`openshift/hive`, `apis/hive/v1/syncset_types.go`,
/// `SyncObjectPatch`): it names the object that is patched.
fn is_patch_of_hive(value: Value<'_>) -> bool {
    ["patch", "patchType"].iter().all(|key| value.get(key).is_some()) && value.get("metadata").is_none()
}

/// Whether a document with `apiVersion` and `metadata` belongs to a tool that knows no kinds: `install-config.yaml` of
/// OpenShift, `score.yaml`.
fn is_of_another_tool(value: Value<'_>) -> bool {
    let own = |key: &str| !matches!(key, "apiVersion" | "metadata" | "status");
    value.get("kind").is_none()
        && value.entries().any(|entry| own(&entry.name()))
        && !BODY.iter().any(|key| value.get(key).is_some())
}

/// What is wrong with the identities of the items of a list: [`Resource::expand`] leaves out those that have none.
#[must_use]
pub fn broken_items(list: &Resource<'_>) -> Vec<Diagnostic> {
    let items = list.value.get("items").filter(|_| list.kind.ends_with("List"));
    let broken = items.into_iter().flat_map(Value::items).enumerate().filter_map(|(at, item)| {
        let Identity::Broken(mut finding) = identity(item, Place::Manifests) else { return None };
        let inner = finding.path.take().unwrap_or_default();
        let outer = [Segment::from("items"), Segment::Index(at)];
        finding.path = Some(Path(list.prefix.0.iter().cloned().chain(outer).chain(inner.0).collect()));
        Some(*finding)
    });
    broken.collect()
}

fn faulty(value: Value<'_>) -> Diagnostic {
    let (api_version, kind) = (value.get("apiVersion"), value.get("kind"));
    for (key, field) in [("apiVersion", api_version), ("kind", kind)] {
        if let Some(field) = field.filter(|field| !field.is_null() && field.as_str().is_none()) {
            let message = format!("expected a string for `{key}`");
            let mut finding = Diagnostic::new(&WRONG_TYPE, Path::of([key]).span(value), message, "not a string")
                .effect("the API server cannot tell what this is and refuses it");
            if field.is_scalar() {
                finding = finding.help("quote it, if this is what is meant");
            }
            finding.path = Some(Path::of([key]));
            return finding;
        }
    }
    let is_set = |field: Option<Value<'_>>| field.and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let (rule, key, other) = match is_set(kind) {
        true => (&MISSING_API_VERSION, "apiVersion", kind),
        false => (&MISSING_KIND, "kind", api_version),
    };
    let (what, span) = match other.filter(|other| is_set(Some(*other))).map(|other| (other.text(), other.span())) {
        Some((Some(text), span)) => (format!("in an object of `{text}`"), span),
        _ => ("in a document that is applied to a cluster".to_owned(), value.title_span()),
    };
    let span = value.entry(key).map_or(span, |entry| entry.key.span());
    let help = match kind.and_then(Value::as_str).and_then(|kind| home_of(&kind)) {
        Some(api_version) if key == "apiVersion" => format!("add `apiVersion: {api_version}`"),
        _ => format!("add `{key}`"),
    };
    let mut finding = Diagnostic::new(rule, span, format!("missing field `{key}` {what}"), format!("needs `{key}`"))
        .effect("the API server cannot tell what this is and refuses it")
        .help(help);
    finding.path = Some(Path::of([key]));
    finding
}

/// The API version that serves a kind in the newest Kubernetes, if there is only one.
fn home_of(kind: &str) -> Option<&'static str> {
    let table = Table::read(BUILT_IN);
    let newest = table.versions().len().checked_sub(1)?;
    let mut homes = table.kinds().filter(|row| row.kind == kind && row.type_in(newest).is_some());
    let home = homes.next()?;
    homes.next().is_none().then_some(home.api_version)
}
