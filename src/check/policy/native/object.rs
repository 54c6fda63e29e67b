//! `policies/lib/resource.rego`: the object under review, whatever its kind.

use std::borrow::Cow;

use crate::model::scalar::Scalar;
use crate::model::value::{Items, Value};

/// `Deployment shop/web`, as every message names it.
pub(super) fn describe(object: Value<'_>) -> String {
    let text = |keys: [&str; 2]| object.at(keys).and_then(Value::as_str);
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    let name = match (text(["metadata", "name"]), text(["metadata", "generateName"])) {
        (Some(name), _) => name,
        (None, Some(start)) => Cow::Owned(format!("{start}*")),
        (None, None) => Cow::Borrowed("(unnamed)"),
    };
    match text(["metadata", "namespace"]) {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    }
}

/// Whether a value is there and not `false`: what Rego takes for true.
pub(super) fn holds(value: Option<Value<'_>>) -> bool {
    value.is_some_and(|value| value.scalar() != Some(Scalar::Bool(false)))
}

/// An annotation.
pub(super) fn annotation<'t>(object: Value<'t>, key: &str) -> Option<Value<'t>> {
    object.at(["metadata", "annotations", key])
}

/// Whether a tool runs it at a point of a release and then removes it.
pub(super) fn is_hook(object: Value<'_>) -> bool {
    ["helm.sh/hook", "argocd.argoproj.io/hook"].iter().any(|key| holds(annotation(object, key)))
}

/// The items of the list under a key; none where there is no list.
pub(super) fn list<'t>(parent: Value<'t>, key: &str) -> impl Iterator<Item = Value<'t>> + use<'t> {
    parent.get(key).into_iter().flat_map(|list| -> Items<'t> { list.items() })
}

/// A text that another tool fills in before the object is applied.
pub(super) fn is_placeholder(text: &str) -> bool {
    ["${", "$(", "{{"].iter().any(|mark| text.contains(mark)) || text.starts_with('<')
}
