//! Our tree as regorus sees it, without a detour through JSON text.

use regorus::Value as Rego;
use regorus::value::{Array, Object};

use crate::model::scalar::Scalar;
use crate::model::value::Value;

/// The value as Kubernetes reads it: aliases followed, merge keys applied, the last of two equal keys. Its depth is
/// bounded by the loader's nesting budget.
pub fn convert(value: Value<'_>) -> Rego {
    if value.is_mapping() {
        let entries = value.entries().map(|entry| (Rego::from(entry.name().as_ref()), convert(entry.value)));
        return Rego::from(entries.collect::<Object>());
    }
    if value.is_sequence() {
        return Rego::from(value.items().map(convert).collect::<Array>());
    }
    value.scalar().map_or(Rego::Null, scalar)
}

fn scalar(scalar: Scalar<'_>) -> Rego {
    match scalar {
        Scalar::Null => Rego::Null,
        Scalar::Bool(value) => Rego::from(value),
        Scalar::Int(value) => Rego::from(value),
        Scalar::Uint(value) => Rego::from(value),
        Scalar::Float(value) if value.is_finite() => Rego::from(value),
        // JSON has no word for these; the loader has said so.
        Scalar::Float(value) => Rego::from(value.to_string()),
        Scalar::Str(text) => Rego::from(text.as_ref()),
    }
}
