//! What a definition takes of JSON Schema, and what may stand inside of `allOf`, `anyOf`, `oneOf` and `not`:
//! `specStandardValidatorV3` and `validateNestedValueValidation`.

use crate::check::api::object::{Field, Object, fields};

use super::schema::{check_pattern, is_true};

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

/// What stands in `allOf`, `anyOf`, `oneOf` and `not`: it may only say more about what is said outside of them.
pub(super) fn alternatives<'t>(
    object: &mut Object<'_, 't>,
    found: [Option<Field<'_, 't>>; 4],
    is_first: bool,
    depth: u32,
) {
    let [all, any, one, not] = found;
    for (position, inner) in all.iter().flat_map(Field::items).enumerate() {
        nested(object, &inner, position == 0 && !is_first, depth - 1);
    }
    for inner in any.iter().filter(|any| !is_int_or_string(any)).flat_map(Field::items) {
        nested(object, &inner, true, depth - 1);
    }
    for inner in one.iter().flat_map(Field::items).chain(not) {
        nested(object, &inner, true, depth - 1);
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

/// `validateNestedValueValidation`
fn nested<'t>(object: &mut Object<'_, 't>, at: &Field<'_, 't>, is_first: bool, depth: u32) {
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
            "additionalProperties" | "default" | "x-kubernetes-list-type" | "x-kubernetes-map-type" => {
                !field.value.is_null()
            }
            "pattern" => return check_pattern(object, field),
            "items" => return nested(object, field, true, depth - 1),
            "properties" => {
                return field.each(|name, _, property| {
                    if name == "metadata" {
                        let because = "inside of `allOf`, `anyOf`, `oneOf` and `not`";
                        object.forbidden(property, because, "remove it");
                    }
                    nested(object, property, true, depth - 1);
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
    unsupported(object, &[reference, id, more, patterns, definitions, dependencies]);
    alternatives(object, [all, any, one, not], is_first, depth);
}
