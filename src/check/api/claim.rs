//! Templates of claims, in StatefulSets and in ephemeral volumes: `ValidatePersistentVolumeClaimTemplate`.

use super::object::{Field, Object, fields};
use super::{names, volume};

/// Labels and annotations in a StatefulSet are not validated (`validateVolumeClaimTemplates` of `apps`).
const OF_CLAIM: &str = "the API server takes the object, but refuses the claims that it makes";

/// Whether a field of metadata is what Go has where nothing is written.
pub(super) fn is_nothing(name: &str, field: &Field<'_, '_>) -> bool {
    let is_zero = || name == "generation" && field.integer() == Some(0);
    field.value.is_null() || field.text().is_some_and(|text| text.is_empty()) || is_zero()
}

/// Checks a template of a claim. Nothing but labels and annotations of it is kept in an ephemeral volume.
pub(super) fn template<'t>(object: &mut Object<'_, 't>, template: &Field<'_, 't>, is_ephemeral: bool) {
    let [metadata, spec] = fields!(template, ["metadata", "spec"]);
    if let Some(metadata) = &metadata {
        metadata.each(|name, _, field| match name {
            "labels" | "annotations" => {
                let effect = object.effect;
                if !is_ephemeral {
                    object.effect = OF_CLAIM;
                }
                if name == "labels" {
                    names::labels(object, field)
                } else {
                    names::annotations(object, field)
                }
                object.effect = effect;
            }
            _ if is_ephemeral && !is_nothing(name, field) => {
                object.forbidden(field, "in the template of an ephemeral volume", "remove it");
            }
            "name" => names::label(object, field),
            _ => {}
        });
    }
    if let Some(spec) = spec {
        volume::claim(object, &spec);
        // Where the claim does not stand in a StatefulSet, what is wrong here is dropped.
        if let Some(source) = spec.get("dataSource").filter(|_| !is_ephemeral) {
            volume::data_source(object, &source);
        }
    }
}
