//! What a definition takes of JSON Schema, and what may stand inside of `allOf`, `anyOf`, `oneOf` and `not`:
//! `specStandardValidatorV3` and `validateNestedValueValidation`.

use crate::check::api::object::{Field, Object, fields};

use super::schema::{check_pattern, is_true};
use crate::check::api::rules::NOT_FOUND;
use crate::model::value::Value;

/// Parts of JSON Schema that definitions do not have.
pub(super) fn unsupported<'t>(object: &mut Object<'_, 't>, found: &[Option<Field<'_, 't>>]) {
    for field in found.iter().flatten() {
        let is_blank = if field.value.is_scalar() {
            field.text().is_some_and(|text| text.is_empty())
        } else {
            field.value.is_empty()
        };
        if !is_blank {
            object.forbidden(field, "in a definition, which has only a part of JSON Schema", "write it out without it");
        }
    }
}

/// The same of those that must not be there at all, not even empty.
pub(super) fn written_out<'t>(object: &mut Object<'_, 't>, found: &[Option<Field<'_, 't>>]) {
    for field in found.iter().flatten() {
        object.forbidden(field, "in a definition, which has only a part of JSON Schema", "write it out without it");
    }
}

fn present<'t>(of: Value<'t>, key: &str) -> Option<Value<'t>> {
    of.get(key).filter(|value| !value.is_null())
}

#[cold]
fn undeclared<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, name: &str) {
    let path = field.path();
    let span = object.key_span(&path);
    let message = format!(
        "{} is restricted, but not declared outside of `allOf`, `anyOf`, `oneOf` and `not`",
        object.name(&path)
    );
    let finding = object
        .refuse_at(&NOT_FOUND, span, path, message, "not declared")
        .help(format!("declare `{name}`, with its type, in the schema that holds them"));
    object.report(finding);
}

/// What stands in `allOf`, `anyOf`, `oneOf` and `not`: it may only say more about what is said outside of them.
pub(super) fn alternatives<'t>(
    object: &mut Object<'_, 't>,
    spine: Option<Value<'t>>,
    found: [Option<Field<'_, 't>>; 4],
    is_first: bool,
    depth: u32,
) {
    let [all, any, one, not] = found;
    for (position, inner) in all.iter().flat_map(Field::items).enumerate() {
        nested(object, spine, &inner, position == 0 && !is_first, depth - 1);
    }
    for inner in any.iter().filter(|any| !is_int_or_string(any)).flat_map(Field::items) {
        nested(object, spine, &inner, true, depth - 1);
    }
    for inner in one.iter().flat_map(Field::items).chain(not) {
        nested(object, spine, &inner, true, depth - 1);
    }
}

/// `anyOf: [{type: integer}, {type: string}]`
fn is_int_or_string(any: &Field<'_, '_>) -> bool {
    let mut items = any.value.items();
    let mut is = |word: &str| {
        items.next().is_some_and(|item| {
            item.len() == 1 && item.get("type").and_then(|kind| kind.as_str()).as_deref() == Some(word)
        })
    };
    is("integer") && is("string") && any.count() == 2
}

/// `validateNestedValueValidation` and `validateNestedValueValidationCompleteness`: `spine` is the schema that says what
/// is looked at; nothing if that was said to be missing, or is not asked for.
fn nested<'t>(object: &mut Object<'_, 't>, spine: Option<Value<'t>>, at: &Field<'_, 't>, is_first: bool, depth: u32) {
    if depth == 0 || !at.value.is_mapping() {
        return;
    }
    at.each(|name, _, field| {
        let is_set = match name {
            "type" | "title" | "description" => field.plain_text().is_some(),
            "nullable"
            | "x-kubernetes-preserve-unknown-fields"
            | "x-kubernetes-embedded-resource"
            | "x-kubernetes-int-or-string" => is_true(field),
            "x-kubernetes-list-map-keys" | "x-kubernetes-validations" => field.count() > 0,
            "additionalProperties" => field.value.as_bool() != Some(false),
            "default" | "x-kubernetes-list-type" | "x-kubernetes-map-type" => !field.value.is_null(),
            "pattern" => return check_pattern(object, field),
            "uniqueItems" => is_true(field),
            "items" => {
                let inner = spine.and_then(|spine| present(spine, "items"));
                if inner.is_none() && spine.is_some() && field.value.is_mapping() {
                    undeclared(object, field, "items");
                }
                return nested(object, inner, field, true, depth - 1);
            }
            "properties" => {
                return field.each(|name, _, property| {
                    if name == "metadata" {
                        let because = "inside of `allOf`, `anyOf`, `oneOf` and `not`";
                        object.forbidden(property, because, "remove it");
                    }
                    let inner = spine.and_then(|spine| present(present(spine, "properties")?, name));
                    if inner.is_none() && spine.is_some() && property.value.is_mapping() {
                        undeclared(object, property, name);
                    }
                    nested(object, inner, property, true, depth - 1);
                });
            }
            _ => return,
        };
        if is_set {
            let because = "inside of `allOf`, `anyOf`, `oneOf` and `not`: the schema would not be structural";
            object.forbidden(field, because, "move it out, to the schema that holds them");
        }
    });
    let [all, any, one, not, reference, id, more, patterns, definitions, dependencies] = fields!(
        at,
        [
            "allOf",
            "anyOf",
            "oneOf",
            "not",
            "$ref",
            "id",
            "additionalItems",
            "patternProperties",
            "definitions",
            "dependencies"
        ]
    );
    written_out(object, &[reference, more]);
    unsupported(object, &[id, patterns, definitions, dependencies]);
    alternatives(object, spine, [all, any, one, not], is_first, depth);
}
