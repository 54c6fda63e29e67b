//! `metadata`: `ValidateObjectMeta` in `k8s.io/apimachinery/pkg/api/validation/objectmeta.go`.

use super::object::Object;

/// Checks the metadata of an object.
pub(super) fn check(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(metadata) = root.get("metadata") else { return };
    let is_set = |key| metadata.text_of(key).is_some_and(|name| !name.is_empty());
    if !metadata.has("name") && !is_set("generateName") {
        object.required(&metadata, "name");
    }
}
