//! What Kubernetes takes a document for.

use std::borrow::Cow;
use std::fmt;

use super::path::{Path, Segment};
use super::value::Value;

/// Where an object and the pods that it makes have their annotations.
pub const ANNOTATIONS: [&[&str]; 3] = [
    &["metadata", "annotations"],
    &["spec", "template", "metadata", "annotations"],
    &["spec", "jobTemplate", "spec", "template", "metadata", "annotations"],
];

/// A Kubernetes object in a document: the root itself, or an item of a `List`.
#[derive(Debug, Clone)]
pub struct Resource<'t> {
    /// The object.
    pub value: Value<'t>,
    /// The route to it from the root of its document: empty, or `items[3]`.
    pub prefix: Path,
    /// As written; not empty.
    pub api_version: Cow<'t, str>,
    /// As written; not empty.
    pub kind: Cow<'t, str>,
}

impl<'t> Resource<'t> {
    /// Reads the identity of an object; `None` unless `apiVersion` and `kind` are both non-empty strings.
    #[must_use]
    pub fn of(value: Value<'t>) -> Option<Self> {
        let field = |key| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        Some(Resource { value, prefix: Path::default(), api_version: field("apiVersion")?, kind: field("kind")? })
    }

    /// The objects a client sends for this document: itself, or the items of a list (`List`, or any other kind that
    /// ends in `List` and has a sequence `items`). Items without an identity are left out.
    #[must_use]
    pub fn expand(self) -> Vec<Resource<'t>> {
        match self.value.get("items").filter(|items| self.kind.ends_with("List") && items.is_sequence()) {
            Some(items) => items
                .items()
                .enumerate()
                .filter_map(|(at, item)| {
                    let prefix = Path(vec![Segment::from("items"), Segment::Index(at)]);
                    Some(Resource { prefix, ..Resource::of(item)? })
                })
                .collect(),
            None => vec![self],
        }
    }

    /// The part of `apiVersion` before the slash, empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        let slash = self.api_version.bytes().position(|byte| byte == b'/');
        slash.map_or("", |slash| &self.api_version[..slash])
    }

    /// The part of `apiVersion` behind the slash.
    #[must_use]
    pub fn version(&self) -> &str {
        self.api_version.split_once('/').map_or(&*self.api_version, |(_, version)| version)
    }

    /// `metadata.name`, if it is a string.
    #[must_use]
    pub fn name(&self) -> Option<Cow<'t, str>> {
        self.value.get("metadata")?.get("name")?.as_str()
    }

    /// `metadata.namespace`, if it is a string.
    #[must_use]
    pub fn namespace(&self) -> Option<Cow<'t, str>> {
        self.value.get("metadata")?.get("namespace")?.as_str()
    }

    /// The identity as a value of its own.
    #[must_use]
    pub fn id(&self) -> ResourceId {
        ResourceId {
            group: self.group().to_owned(),
            version: self.version().to_owned(),
            kind: self.kind.clone().into_owned(),
            namespace: self.namespace().map(Cow::into_owned),
            name: self.name().map(Cow::into_owned),
        }
    }
}

/// Which object it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId {
    /// Empty for the core group.
    pub group: String,
    /// `v1`
    pub version: String,
    /// `Deployment`
    pub kind: String,
    /// As written; absent for cluster-scoped kinds and where the client supplies it.
    pub namespace: Option<String>,
    /// As written; absent with `generateName`.
    pub name: Option<String>,
}

impl fmt::Display for ResourceId {
    /// `Deployment shop/web`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        match (&self.namespace, &self.name) {
            (Some(namespace), Some(name)) => write!(f, " {namespace}/{name}"),
            (None, Some(name)) => write!(f, " {name}"),
            (Some(namespace), None) => write!(f, " in {namespace}"),
            (None, None) => Ok(()),
        }
    }
}
