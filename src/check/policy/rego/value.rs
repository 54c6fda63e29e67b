//! Our tree as regorus sees it, without a detour through JSON text.

use regorus::Value as Rego;
use regorus::value::{Array, Object};

use crate::check::cel;
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

/// The value as expressions in CEL see it, without a type of its own
/// (`k8s.io/apiserver/pkg/cel/common/values.go`, `UnstructuredToVal`). Sets, which no object has, are lists.
pub fn untyped(value: &Rego) -> cel::Value {
    match value {
        Rego::Bool(value) => cel::Value::Bool(*value),
        Rego::String(text) => cel::text(text),
        Rego::Number(_) => match (value.as_i64(), value.as_f64()) {
            (Ok(number), _) => cel::Value::Int(number),
            (_, number) => cel::Value::Float(number.unwrap_or_default()),
        },
        Rego::Array(items) => cel::list(items.iter().map(untyped)),
        Rego::Set(items) => cel::list(items.iter().map(untyped)),
        Rego::Object(fields) => cel::map(fields.iter().map(|(key, value)| (name(key), untyped(value)))),
        _ => cel::Value::Null,
    }
}

/// As [`untyped`], with nothing in it but what is read.
pub fn untyped_read(value: &Rego, read: &cel::Extract) -> cel::Value {
    if !matches!(value, Rego::Object(_)) || read.is_whole() {
        return untyped(value);
    }
    cel::map(read.fields().filter_map(|(name, below)| match &value[name] {
        Rego::Undefined => None,
        value => Some((name.to_owned(), untyped_read(value, below))),
    }))
}

/// The weight of [`untyped`], as [`cel::weight`] has it.
pub fn weight(value: &Rego) -> u64 {
    match value {
        Rego::String(text) => 1 + text.len() as u64 / 64,
        Rego::Array(items) => items.iter().map(weight).sum::<u64>() + 1,
        Rego::Set(items) => items.iter().map(weight).sum::<u64>() + 1,
        Rego::Object(fields) => fields.iter().map(|(_, value)| weight(value)).sum::<u64>() + 1,
        _ => 1,
    }
}

fn name(key: &Rego) -> String {
    key.as_string().map_or_else(|_| key.to_string(), |key| key.to_string())
}

/// The value of a data document as OPA reads it: `yes`, `on` and their like are texts, other than in a manifest.
pub fn document(value: Value<'_>) -> Rego {
    if value.is_mapping() {
        let name = |key: Value<'_>| match word(key) {
            Some(word) => Rego::from(word),
            None => Rego::from(key.key_text().as_ref()),
        };
        let entries = value.entries().map(|entry| (name(entry.key), document(entry.value)));
        return Rego::from(entries.collect::<Object>());
    }
    if value.is_sequence() {
        return Rego::from(value.items().map(document).collect::<Array>());
    }
    match word(value) {
        Some(word) => Rego::from(word),
        None => value.scalar().map_or(Rego::Null, scalar),
    }
}

/// A boolean of YAML 1.1 that is none of YAML 1.2.
fn word(value: Value<'_>) -> Option<&str> {
    let written = value.target().raw();
    (value.as_bool().is_some() && !written.ends_with(['e', 'E'])).then_some(written)
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

/// The arguments of a function, from a list in JSON.
#[cfg(test)]
pub(super) fn values(list: &str) -> Vec<Rego> {
    let list = Rego::from_json_str(list).and_then(|list| list.as_array().cloned());
    list.map_or_else(|error| panic!("{error}"), |list| list.to_vec())
}
