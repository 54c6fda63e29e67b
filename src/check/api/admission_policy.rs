//! Policies in CEL and their bindings: `ValidateValidatingAdmissionPolicy` and `ValidateValidatingAdmissionPolicyBinding`
//! in `k8s.io/kubernetes/pkg/apis/admissionregistration/validation/validation.go`.

pub(super) mod expressions;
mod mutating;
pub(super) mod place;

use super::object::{Field, Object, fields};
use super::rules::{CONFLICTING_FIELDS, DUPLICATE_NAME, INVALID_NAME, INVALID_TEXT};
use super::seen::Seen;
use super::syntax::Syntax;
use super::{names, selector, webhook, words};

pub(super) fn check(object: &mut Object<'_, '_>) {
    if object.resource.group() != "admissionregistration.k8s.io" {
        return;
    }
    let root = object.root();
    match &*object.resource.kind {
        "ValidatingAdmissionPolicy" => root.get("spec").iter().for_each(|spec| policy(object, spec)),
        "ValidatingAdmissionPolicyBinding" => root.get("spec").iter().for_each(|spec| binding(object, spec, false)),
        "MutatingAdmissionPolicy" => root.get("spec").iter().for_each(|spec| mutating::policy(object, spec)),
        "MutatingAdmissionPolicyBinding" => root.get("spec").iter().for_each(|spec| binding(object, spec, true)),
        _ => {}
    }
}

/// `supportedValidationPolicyReason`
const REASONS: [&str; 3] = ["Forbidden", "Invalid", "RequestEntityTooLarge"];

fn policy<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    if !spec.value.is_mapping() {
        return;
    }
    let [parameters, resources, validations, annotations, conditions, variables] = fields!(
        spec,
        ["paramKind", "matchConstraints", "validations", "auditAnnotations", "matchConditions", "variables"]
    );
    conditions.iter().for_each(|conditions| webhook::conditions(object, conditions));
    for annotation in annotations.iter().flat_map(Field::items) {
        annotation.get("key").iter().for_each(|key| names::qualified(object, key));
    }
    variables.iter().for_each(|variables| identifiers(object, variables));
    parameters.iter().for_each(|parameters| parameter_kind(object, parameters));
    constraints(object, spec, resources.as_ref(), "to say what is checked");
    let is_none =
        |list: &Option<Field<'_, 't>>| list.as_ref().is_none_or(|list| list.value.is_sequence() && list.count() == 0);
    if is_none(&validations) && is_none(&annotations) {
        let because = "where there are no `auditAnnotations`";
        object.needed(spec, "validations", because, "add a validation with an `expression`");
    }
    for validation in validations.iter().flat_map(Field::items) {
        check_validation(object, &validation);
    }
    expressions::policy(object, spec);
}

/// What a policy is about.
fn constraints<'t>(
    object: &mut Object<'_, 't>,
    spec: &Field<'_, 't>,
    resources: Option<&Field<'_, 't>>,
    because: &str,
) {
    match resources {
        None => {
            let help = "add `matchConstraints: {resourceRules: …}`";
            object.needed(spec, "matchConstraints", because, help);
        }
        Some(resources) if resources.value.is_mapping() => {
            let rules = resources.get("resourceRules");
            if rules.is_none_or(|rules| rules.value.is_sequence() && rules.count() == 0) {
                object.needed(resources, "resourceRules", because, "add at least one rule");
            }
            match_resources(object, resources);
        }
        Some(_) => {}
    }
}

fn identifiers<'t>(object: &mut Object<'_, 't>, variables: &Field<'_, 't>) {
    for variable in variables.items() {
        variable.get("name").iter().for_each(|name| identifier(object, name));
    }
}

/// `validateParamKind`: both are labels that begin with a letter.
fn parameter_kind<'t>(object: &mut Object<'_, 't>, parameters: &Field<'_, 't>) {
    if !parameters.value.is_mapping() {
        return;
    }
    for key in ["apiVersion", "kind"] {
        if !parameters.has(key) {
            object.needed(parameters, key, "to know the parameters", format!("add `{key}`"));
        }
    }
    let is_word = |text: &str| names::is_label(text) && text.starts_with(|first: char| first.is_ascii_lowercase());
    let [version, kind] = fields!(parameters, ["apiVersion", "kind"]);
    let of_version = |text: &str| is_word(text.rsplit('/').next().unwrap_or(text));
    let of_kind = |text: &str| is_word(&text.to_ascii_lowercase());
    let wrong_version = version.filter(|field| field.plain_text().is_some_and(|text| !of_version(&text)));
    let wrong_kind = kind.filter(|field| field.plain_text().is_some_and(|text| !of_kind(&text)));
    for (field, what) in [(wrong_version, "version of an API"), (wrong_kind, "name of a kind")] {
        let Some((field, text)) = field.and_then(|field| Some((field, field.text()?))) else { continue };
        let fault = format!("is `{text}`, which is no {what}");
        let finding = object.wrong(&INVALID_NAME, &field, &fault, &format!("no {what}"));
        object.report(finding);
    }
}

/// `variableName` of expressions: see `cel.IsIdentifier`.
fn identifier<'t>(object: &mut Object<'_, 't>, name: &Field<'_, 't>) {
    let Some(text) = name.plain_text() else { return };
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if text.chars().all(is_part) && !text.starts_with(|first: char| first.is_ascii_digit()) {
        return;
    }
    let fault = format!("is `{text}`, but must be a name in CEL: letters, digits and `_`, and no digit first");
    let finding = object.wrong(&INVALID_NAME, name, &fault, "no name in CEL");
    object.report(finding);
}

/// A message is never asked for: `hasNewlines(trimmedMsg) && trimmedMsg == ""` is true of no text.
fn check_validation<'t>(object: &mut Object<'_, 't>, validation: &Field<'_, 't>) {
    let [message, reason] = fields!(validation, ["message", "reason"]);
    if let Some(reason) = reason {
        words::one_of(object, &reason, &REASONS);
    }
    let Some(message) = message else { return };
    let Some(written) = message.text() else { return };
    if written.trim().contains(['\n', '\r']) || (written.trim().is_empty() && !written.is_empty()) {
        let finding = object.wrong(&INVALID_TEXT, &message, "must be one line that is not blank", "not one line");
        object.report(finding);
    }
}

fn match_resources<'t>(object: &mut Object<'_, 't>, resources: &Field<'_, 't>) {
    let [rules, others, spaces, objects] =
        fields!(resources, ["resourceRules", "excludeResourceRules", "namespaceSelector", "objectSelector"]);
    for list in [&rules, &others].into_iter().flatten() {
        for rule in list.items() {
            webhook::check_rule(object, &rule);
            // `validateNamedRuleWithOperations`
            for name in rule.get("resourceNames").iter().flat_map(Field::items) {
                names::name(object, &name, Syntax::PathSegment);
            }
        }
    }
    for labels in [&spaces, &objects].into_iter().flatten() {
        selector::check(object, labels);
    }
}

fn binding<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>, is_mutating: bool) {
    if !spec.value.is_mapping() {
        return;
    }
    let [name, parameters, resources, actions] =
        fields!(spec, ["policyName", "paramRef", "matchResources", "validationActions"]);
    match name {
        Some(name) if name.text().is_none_or(|text| !text.is_empty()) => names::subdomain(object, &name),
        _ => {
            let kind = if is_mutating { "MutatingAdmissionPolicy" } else { "ValidatingAdmissionPolicy" };
            object.needed(spec, "policyName", "by every binding", format!("name a {kind}"));
        }
    }
    if let Some(parameters) = parameters.filter(|parameters| parameters.value.is_mapping()) {
        let [name, labels, missing] = fields!(parameters, ["name", "selector", "parameterNotFoundAction"]);
        match missing.filter(|missing| missing.text().is_none_or(|text| !text.is_empty())) {
            Some(missing) => words::one_of(object, &missing, &["Allow", "Deny"]),
            // `admissionregistration/v1alpha1/defaults.go`
            None if object.resource.version() == "v1alpha1" => {}
            None => {
                let help = "write `parameterNotFoundAction: Deny`, or `Allow`";
                object.needed(&parameters, "parameterNotFoundAction", "with parameters", help);
            }
        }
        name.iter().for_each(|name| names::name(object, name, Syntax::PathSegment));
        match (name.filter(|name| name.text().is_none_or(|text| !text.is_empty())), labels) {
            (None, None) => object.needed(&parameters, "name", "to find the parameters", "add `name` or `selector`"),
            (Some(name), Some(labels)) => {
                let finding = object
                    .not_allowed(&labels, "together with `name`")
                    .cause(object.span(&name.path()), "named here")
                    .help("keep one of the two");
                object.report(finding);
            }
            (None, Some(labels)) => {
                selector::check(object, &labels);
            }
            (Some(_), None) => {}
        }
    }
    if let Some(resources) = resources {
        match_resources(object, &resources);
    }
    if is_mutating {
        resources.iter().for_each(|resources| mutating::operations(object, resources));
        return;
    }
    match actions.filter(|actions| !actions.value.is_sequence() || actions.count() > 0) {
        None => object.needed(spec, "validationActions", "by every binding", "add `validationActions: [Deny]`"),
        Some(actions) => check_actions(object, &actions),
    }
}

fn check_actions<'t>(object: &mut Object<'_, 't>, actions: &Field<'_, 't>) {
    let mut seen = Seen::new();
    for action in actions.items() {
        let Some(word) = action.plain_text() else { continue };
        let opposite = match &*word {
            "Deny" => seen.place_of("Warn"),
            "Warn" => seen.place_of("Deny"),
            _ => None,
        };
        let finding = if let Some(first) = seen.before(word.clone(), action.value.span()) {
            object
                .wrong(&DUPLICATE_NAME, &action, &format!("repeats `{word}`"), "the second")
                .cause(first, "the first")
                .help("remove one")
        } else if let Some(other) = opposite {
            let fault = "stands beside its opposite: `Deny` says all that `Warn` would";
            object
                .wrong(&CONFLICTING_FIELDS, &action, fault, "and this")
                .cause(other, "this")
                .help("keep one of the two")
        } else {
            continue;
        };
        object.report(finding);
    }
}
