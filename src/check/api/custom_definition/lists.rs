//! The types of lists: which items are the same. `validateMapListKeysMapSet`, and what stands before its call.

use crate::check::api::object::{Field, Object, fields};
use crate::check::api::rules::{CONFLICTING_FIELDS, NOT_FOUND, UNSUPPORTED_VALUE};

use super::schema::is_true;

/// `x-kubernetes-list-type` and what belongs to it.
pub(super) fn check<'t>(
    object: &mut Object<'_, 't>,
    at: &Field<'_, 't>,
    list: Option<&Field<'_, 't>>,
    keys: Option<&Field<'_, 't>>,
    items: Option<&Field<'_, 't>>,
) {
    let word = list.and_then(|list| list.text()).unwrap_or_default();
    let keys = keys.filter(|keys| keys.count() > 0);
    if let Some(keys) = keys.filter(|_| word != "map") {
        let help = "add `x-kubernetes-list-type: map`, or remove the keys";
        return object.forbidden(keys, "without `x-kubernetes-list-type: map`", help);
    }
    let Some(items) = items.filter(|items| items.value.is_mapping() && matches!(&*word, "map" | "set")) else {
        if word == "map" && keys.is_none() {
            object.needed(at, "x-kubernetes-list-map-keys", "by the list type `map`", "add the keys of an item");
        }
        return;
    };
    let [kind, nullable, properties, required, list, map] = fields!(
        items,
        ["type", "nullable", "properties", "required", "x-kubernetes-list-type", "x-kubernetes-map-type"]
    );
    if let Some(nullable) = nullable.filter(is_true) {
        object.forbidden(&nullable, &format!("for the items of a list of type `{word}`"), "remove it");
    }
    let kind = kind.as_ref().and_then(Field::text).unwrap_or_default();
    if word == "set" {
        let (keyword, field) = match &*kind {
            "array" => ("x-kubernetes-list-type", list.filter(|list| list.text().as_deref() != Some("atomic"))),
            "object" if map.is_none() => {
                let because = "by the items of a set, which are compared as a whole";
                let help = "add `x-kubernetes-map-type: atomic`, or use the list type `map` or `atomic`";
                return object.needed(items, "x-kubernetes-map-type", because, help);
            }
            "object" => ("x-kubernetes-map-type", map.filter(|map| map.text().as_deref() != Some("atomic"))),
            _ => return,
        };
        if let Some(field) = field {
            let fault = "must be `atomic` for the items of a set, which are compared as a whole";
            let finding = object
                .wrong(&UNSUPPORTED_VALUE, &field, fault, "not `atomic`")
                .help(format!("write `{keyword}: atomic`"));
            object.report(finding);
        }
        return;
    }
    let Some(keys) = keys else {
        let help = "add the names of the fields that tell items apart";
        return object.needed(at, "x-kubernetes-list-map-keys", "by the list type `map`", help);
    };
    if kind != "object" && !kind.is_empty() {
        let fault = format!("is `{kind}`, but the items of a list of type `map` are of type `object`");
        if let Some(kind) = items.get("type") {
            let finding = object
                .wrong(&CONFLICTING_FIELDS, &kind, &fault, "not `object`")
                .cause(object.span(&at.path_to("x-kubernetes-list-type")), "because of this")
                .help("write `type: object`, or use the list type `set` or `atomic`");
            object.report(finding);
        }
        return;
    }
    let mut seen: Vec<std::borrow::Cow<'_, str>> = Vec::new();
    for key in keys.items() {
        let Some(name) = key.plain_text() else { continue };
        if seen.contains(&name) {
            let finding =
                object.wrong(&CONFLICTING_FIELDS, &key, &format!("repeats `{name}`"), "the second").help("remove one");
            object.report(finding);
            continue;
        }
        let property = properties.as_ref().and_then(|properties| properties.value.get(&name));
        match property {
            None => {
                let finding = object
                    .wrong(&NOT_FOUND, &key, &format!("is `{name}`, which the items do not have"), "no such field")
                    .help(format!("add `{name}` to the properties of the items, or correct the key"));
                object.report(finding);
            }
            Some(property) => {
                let is_required =
                    required.iter().flat_map(Field::items).any(|one| one.text().as_deref() == Some(&*name));
                let kind = property.get("type").and_then(|kind| kind.as_str()).unwrap_or_default();
                let fault = if matches!(&*kind, "array" | "object") {
                    format!("is `{name}`, but a key must be of a scalar type, not `{kind}`")
                } else if property.get("nullable").is_some_and(|nullable| nullable.as_bool() == Some(true)) {
                    format!("is `{name}`, but a key cannot be nullable")
                } else if !is_required && property.get("default").is_none_or(|default| default.is_null()) {
                    format!("is `{name}`, but a key must be required or have a default")
                } else {
                    seen.push(name);
                    continue;
                };
                let finding = object
                    .wrong(&CONFLICTING_FIELDS, &key, &fault, "not a key")
                    .cause(property.title_span(), "this field")
                    .help(format!("add `{name}` to `required` of the items, or correct its schema"));
                object.report(finding);
            }
        }
        seen.push(name);
    }
}
