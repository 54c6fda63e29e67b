//! Our tree as regorus sees it, without a detour through JSON text.

use regorus::Value as Rego;
use regorus::value::{Array, Object};

use crate::model::scalar::Scalar;
use crate::model::value::Value;

/// The value as Kubernetes reads it: aliases followed, merge keys applied, the last of two equal keys. Its depth is
/// bounded by the loader's nesting budget. Every key and text is shown to `seen`, and so are switches and zeros together
/// with their key: `hostNetwork: true`, `runAsUser: 0`.
pub(super) fn convert(value: Value<'_>, seen: &mut dyn FnMut(&str)) -> Rego {
    if value.is_mapping() {
        let entries = value.entries().map(|entry| {
            let name = entry.name();
            seen(&name);
            match entry.value.scalar() {
                Some(Scalar::Bool(switch)) => seen(&format!("{name}: {switch}")),
                Some(Scalar::Int(0)) => seen(&format!("{name}: 0")),
                Some(Scalar::Float(0.0)) => seen(&format!("{name}: 0")),
                _ => {}
            }
            (Rego::from(name.as_ref()), convert(entry.value, seen))
        });
        return Rego::from(entries.collect::<Object>());
    }
    if value.is_sequence() {
        return Rego::from(value.items().map(|item| convert(item, seen)).collect::<Array>());
    }
    let scalar = value.scalar().map_or(Rego::Null, scalar);
    if let Rego::String(text) = &scalar {
        seen(text);
    }
    scalar
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
