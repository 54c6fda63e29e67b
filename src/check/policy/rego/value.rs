//! Our tree as regorus sees it, without a detour through JSON text.

use regorus::Value as Rego;
use regorus::value::{Array, Object};
use serde_json::Value as Json;

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

/// The value as JSON. Sets, which no object has, are lists.
pub fn json(value: &Rego) -> Json {
    match value {
        Rego::Null | Rego::Undefined => Json::Null,
        Rego::Bool(value) => Json::Bool(*value),
        Rego::String(text) => Json::String(text.to_string()),
        Rego::Number(_) => match (value.as_i64(), value.as_f64()) {
            (Ok(number), _) => Json::from(number),
            (_, Ok(number)) => Json::from(number),
            _ => Json::Null,
        },
        Rego::Array(items) => items.iter().map(json).collect(),
        Rego::Set(items) => items.iter().map(json).collect(),
        Rego::Object(fields) => {
            let name = |key: &Rego| key.as_string().map_or_else(|_| key.to_string(), |key| key.to_string());
            Json::Object(fields.iter().map(|(key, value)| (name(key), json(value))).collect())
        }
        #[allow(unreachable_patterns)]
        _ => Json::Null,
    }
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
