//! Policies that change objects: `validateMutatingAdmissionPolicySpec`.

use super::{constraints, expressions, identifiers, parameter_kind};
use crate::check::api::object::{Field, Object, fields};
use crate::check::api::{webhook, words};

/// `supportedMutatingOperations`
const OPERATIONS: [&str; 3] = ["*", "CREATE", "UPDATE"];

pub(super) fn policy<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    if !spec.value.is_mapping() {
        return;
    }
    let [parameters, resources, conditions, variables, mutations, again] = fields!(
        spec,
        ["paramKind", "matchConstraints", "matchConditions", "variables", "mutations", "reinvocationPolicy"]
    );
    conditions.iter().for_each(|conditions| webhook::conditions(object, conditions));
    variables.iter().for_each(|variables| identifiers(object, variables));
    parameters.iter().for_each(|parameters| parameter_kind(object, parameters));
    constraints(object, spec, resources.as_ref(), "to say what is changed");
    resources.iter().for_each(|resources| operations(object, resources));
    if mutations.is_none_or(|mutations| mutations.value.is_sequence() && mutations.count() == 0) {
        object.needed(spec, "mutations", "by every policy", "add a mutation");
    }
    for mutation in mutations.iter().flat_map(Field::items) {
        check_mutation(object, &mutation);
    }
    match again.filter(|again| again.text().is_none_or(|text| !text.is_empty())) {
        Some(again) => words::one_of(object, &again, &["IfNeeded", "Never"]),
        None => {
            let help = "write `reinvocationPolicy: Never`, or `IfNeeded`";
            object.needed(spec, "reinvocationPolicy", "by every policy", help);
        }
    }
    expressions::mutating(object, spec);
}

/// Only what is created or updated can be changed.
pub(super) fn operations<'t>(object: &mut Object<'_, 't>, resources: &Field<'_, 't>) {
    let rules = resources.get("resourceRules");
    for rule in rules.iter().flat_map(Field::items) {
        for operation in rule.get("operations").iter().flat_map(Field::items) {
            words::one_of(object, &operation, &OPERATIONS);
        }
    }
}

/// `validateMutation`
fn check_mutation<'t>(object: &mut Object<'_, 't>, mutation: &Field<'_, 't>) {
    let [kind, apply, patch] = fields!(mutation, ["patchType", "applyConfiguration", "jsonPatch"]);
    let Some((kind, word)) = kind.and_then(|kind| Some((kind, kind.plain_text()?))) else { return };
    words::one_of(object, &kind, &["ApplyConfiguration", "JSONPatch"]);
    for (field, key, of) in [(apply, "applyConfiguration", "ApplyConfiguration"), (patch, "jsonPatch", "JSONPatch")] {
        let because = format!("with `patchType: {word}`");
        match field {
            None if word == of => object.needed(mutation, key, &because, format!("add `{key}: {{expression: …}}`")),
            Some(field) if word == of => expression(object, &field),
            Some(field) if word != of && matches!(&*word, "ApplyConfiguration" | "JSONPatch") => {
                let finding = object
                    .not_allowed(&field, &because)
                    .cause(object.span(&kind.path()), "another type of patch")
                    .help(format!("remove it, or write `patchType: {of}`"));
                object.report(finding);
            }
            _ => {}
        }
    }
}

fn expression<'t>(object: &mut Object<'_, 't>, patch: &Field<'_, 't>) {
    let is_blank = |field: Field<'_, 't>| field.text().is_some_and(|text| text.trim().is_empty());
    if patch.value.is_mapping() && patch.get("expression").is_none_or(is_blank) {
        object.needed(patch, "expression", "by every mutation", "add `expression`");
    }
}
