//! Routes in a definition to a field of its schema: `ValidFieldPath` in
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`.

use crate::model::value::Value;

/// Where a route leads.
pub(super) enum Target<'t> {
    /// To the field with this schema.
    Field(Value<'t>),
    /// To no field.
    Nothing,
    /// It is no route: it must be of names after dots, or in `['…']`.
    NoRoute,
    /// Nobody knows: what is there has no schema.
    Unknown,
}

/// Follows a route from a schema.
pub(super) fn follow<'t>(schema: Value<'t>, path: &str) -> Target<'t> {
    let mut at = schema;
    let mut rest = path;
    while !rest.is_empty() {
        let name;
        if let Some(named) = rest.strip_prefix('.') {
            let end = named.find(['.', '[', ']']).unwrap_or(named.len());
            (name, rest) = (named[..end].to_owned(), &named[end..]);
        } else if let Some((quoted, after)) = rest.strip_prefix("['").and_then(|quoted| quoted.split_once("']")) {
            (name, rest) = (quoted.replace("\\'", "'").replace("\\\\", "\\"), after);
        } else {
            return Target::NoRoute;
        }
        let part = |key: &str| at.get(key).filter(|part| part.is_mapping() && !part.is_empty());
        at = match (part("properties"), part("additionalProperties")) {
            (Some(properties), _) => match properties.get(&name) {
                Some(property) => property,
                None => return Target::Nothing,
            },
            (None, Some(additional)) => additional,
            (None, None) if at.get("additionalProperties").is_some_and(|open| open.as_bool() == Some(true)) => {
                return Target::Unknown;
            }
            (None, None) => return Target::Nothing,
        };
    }
    Target::Field(at)
}
