//! Rules in CEL of a definition, as far as they can be judged without their types: the end of
//! `ValidateCustomResourceDefinitionOpenAPISchema`.

use crate::check::api::object::{Field, Object, fields};
use crate::check::api::rules::{FORBIDDEN_FIELD, INVALID_TEXT, REQUIRED_VALUE};

use super::paths::{self, Target};
use super::words;
use crate::model::value::Value;

/// `supportedValidationReason`
const REASONS: [&str; 4] = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// What can be said of a rule in CEL without reading it.
pub(super) fn check<'t>(
    object: &mut Object<'_, 't>,
    schema: Value<'t>,
    rule: &Field<'_, 't>,
    is_unmatched: bool,
    is_hidden: bool,
) {
    if !rule.value.is_mapping() {
        return;
    }
    let [text, message, expression, reason, optional, about] =
        fields!(rule, ["rule", "message", "messageExpression", "reason", "optionalOldSelf", "fieldPath"]);
    if let Some(about) = about {
        leads_somewhere(object, schema, &about);
    }
    if let Some(reason) = reason.filter(|_| is_hidden) {
        words::one_of(object, &reason, &REASONS);
    }
    let Some(field) = text.filter(|text| text.text().is_none_or(|text| !text.trim().is_empty())) else {
        // A rule that is not hidden has one by its schema.
        if is_hidden || text.is_some_and(|text| text.text().is_some_and(|text| !text.is_empty())) {
            object.needed(rule, "rule", "by every item", "write an expression in CEL");
        }
        return;
    };
    let Some(text) = field.text() else { return };
    old(object, &field, &text, optional.as_ref(), is_unmatched);
    let written = message.as_ref().and_then(Field::text).unwrap_or_default();
    let has_lines = |text: &str| text.trim().contains(['\n', '\r']);
    if let Some(message) = &message
        && (has_lines(&written) || (written.trim().is_empty() && !written.is_empty()))
    {
        let finding = object.wrong(&INVALID_TEXT, message, "must be one line that is not blank", "not one line");
        object.report(finding);
    } else if has_lines(&text) && written.is_empty() && message.is_none_or(|message| message.text().is_some()) {
        let help = "add a `message`, or write the rule in one line";
        object.needed(rule, "message", "by a rule of several lines", help);
    }
    if let Some(expression) =
        expression.filter(|text| text.text().is_some_and(|text| !text.is_empty() && text.trim().is_empty()))
    {
        let finding = object.wrong(&REQUIRED_VALUE, &expression, "is blank", "blank").help("remove it");
        object.report(finding);
    }
}

/// `pathValid`
fn leads_somewhere<'t>(object: &mut Object<'_, 't>, schema: Value<'t>, path: &Field<'_, 't>) {
    let Some(text) = path.plain_text() else { return };
    let fault = match paths::follow(schema, &text) {
        Target::NoRoute => format!("is `{text}`, but must be a route such as `.spec.name` or `.labels['a.b']`"),
        Target::Nothing => format!("is `{text}`, which leads to no field of this schema"),
        Target::Field(_) | Target::Unknown => return,
    };
    let finding = object
        .wrong(&INVALID_TEXT, path, &fault, "no field")
        .help("write the route from the schema that holds the rule, beginning with a dot");
    object.report(finding);
}

/// Whether an expression has a name in it. In a text between quotes it would be taken for one.
fn names(expression: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    expression.match_indices(name).any(|(at, _)| {
        let is_member = expression[..at].ends_with(['.', '\'', '"']);
        !is_member && !expression[..at].ends_with(is_part) && !expression[at + name.len()..].starts_with(is_part)
    })
}

/// `oldSelf` is for parts that can be told to be the same as before.
fn old<'t>(
    object: &mut Object<'_, 't>,
    rule: &Field<'_, 't>,
    text: &str,
    optional: Option<&Field<'_, 't>>,
    is_unmatched: bool,
) {
    let compares = names(text, "oldSelf");
    if compares && is_unmatched {
        let fault = "names `oldSelf`, but items of this list cannot be told to be those of before";
        let finding = object
            .wrong(&FORBIDDEN_FIELD, rule, fault, "no state before")
            .help("give the list `x-kubernetes-list-type: map` and its keys, or put the rule on the list");
        object.report(finding);
    }
    if let Some(optional) = optional.filter(|_| !compares && !text.contains("oldSelf")) {
        object.forbidden(optional, "for a rule that does not name `oldSelf`", "remove it");
    }
}
