//! Templates of claims, in StatefulSets and in ephemeral volumes: `ValidatePersistentVolumeClaimTemplate`.

use super::object::{Field, Object, fields};
use super::{names, volume};

/// Checks a template of a claim. Nothing but labels and annotations of it is kept in an ephemeral volume.
pub(super) fn template<'t>(object: &mut Object<'_, 't>, template: &Field<'_, 't>, is_ephemeral: bool) {
    let [metadata, spec] = fields!(template, ["metadata", "spec"]);
    if let Some(metadata) = &metadata {
        metadata.each(|name, _, field| match name {
            "labels" => names::labels(object, field),
            "annotations" => names::annotations(object, field),
            _ if is_ephemeral && !field.value.is_null() => {
                object.forbidden(field, "in the template of an ephemeral volume", "remove it");
            }
            "name" => names::label(object, field),
            _ => {}
        });
    }
    if let Some(spec) = spec {
        volume::claim(object, &spec);
    }
}
