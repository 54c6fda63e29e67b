//! What a Job does about pods that failed: `validatePodFailurePolicy`.

use std::borrow::Cow;

use crate::check::api::names;
use crate::check::api::object::{Field, MANY, Object, did_you_mean, fields, is_placeholder};
use crate::check::api::rules::{
    CONFLICTING_FIELDS, DUPLICATE_NAME, INVALID_TEXT, NOT_FOUND, OUT_OF_RANGE, UNSUPPORTED_VALUE,
};

use super::job::{Job, empty_rule};

pub(super) fn check<'t>(object: &mut Object<'_, 't>, job: &Job, policy: &Field<'_, 't>, template: &Field<'_, 't>) {
    let Some(rules) = policy.get("rules") else { return };
    object.at_most(&rules, 20);
    for rule in rules.items().filter(|rule| rule.value.is_mapping()).take(MANY) {
        let [action, codes, conditions] = fields!(rule, ["action", "onExitCodes", "onPodConditions"]);
        let conditions = conditions.filter(|conditions| conditions.count() > 0);
        if let Some(action) = action.filter(|action| action.text().as_deref() == Some("FailIndex"))
            && !job.limits_each_index
        {
            let finding = object
                .wrong(
                    &CONFLICTING_FIELDS,
                    &action,
                    "is `FailIndex`, which needs `backoffLimitPerIndex`",
                    "no limit for each index",
                )
                .help("add `backoffLimitPerIndex` to the job");
            object.report(finding);
        }
        if let Some(codes) = &codes {
            exit_codes(object, codes, template);
        }
        if let Some(conditions) = &conditions {
            object.at_most(conditions, 20);
            for condition in conditions.items() {
                let [kind, status] = fields!(condition, ["type", "status"]);
                if let Some(kind) = kind {
                    names::qualified(object, &kind);
                }
                // An absent status is `True`.
                if let Some(status) = status
                    && let Some(text) = status.plain_text()
                    && !matches!(&*text, "True" | "False" | "Unknown")
                {
                    let fault = format!("is `{text}`, but must be `True`, `False` or `Unknown`");
                    let finding = object.wrong(&UNSUPPORTED_VALUE, &status, &fault, "no status of a condition");
                    object.report(finding);
                }
            }
        }
        match (&codes, &conditions) {
            (Some(_), Some(conditions)) => {
                object.forbidden(conditions, "together with `onExitCodes`", "make it a rule of its own");
            }
            (None, None) => empty_rule(object, &rule, "`onExitCodes` or `onPodConditions`"),
            _ => {}
        }
    }
}

fn exit_codes<'t>(object: &mut Object<'_, 't>, codes: &Field<'_, 't>, template: &Field<'_, 't>) {
    let [operator, container, values] = fields!(codes, ["operator", "containerName", "values"]);
    if let Some(container) = container
        && let Some(name) = container.text()
        && !is_placeholder(&name)
    {
        let mut names: Vec<Cow<'t, str>> = Vec::new();
        for list in ["containers", "initContainers"] {
            let items = template.value.at(["spec", list]);
            let items = items.into_iter().flat_map(crate::model::value::Value::items).take(MANY);
            names.extend(items.filter_map(|container| container.get("name")?.as_str()));
        }
        if !names.contains(&name) {
            let fault = format!("is `{name}`, which is no container of the template");
            let help = did_you_mean(&name, names.iter().map(|name| &**name))
                .unwrap_or_else(|| "name a container of the template".to_owned());
            let finding = object.wrong(&NOT_FOUND, &container, &fault, "no such container").help(help);
            object.report(finding);
        }
    }
    let Some(values) = values else { return };
    object.at_most(&values, 255);
    let takes = operator.as_ref().and_then(Field::text).as_deref() == Some("In");
    let mut before = None;
    let mut is_ordered = true;
    for (at, value) in values.items().enumerate().take(MANY) {
        let Some(number) = value.integer() else { continue };
        if number == 0 && takes {
            let finding = object
                .wrong(&OUT_OF_RANGE, &value, "is 0, which is success, and not for the operator `In`", "success")
                .help("remove it");
            object.report(finding);
        }
        if let Some(first) = values.items().take(at).find(|first| first.integer() == Some(number)) {
            let span = first.value.span();
            let finding = object
                .wrong(&DUPLICATE_NAME, &value, &format!("is {number}, which came before"), "the second")
                .cause(span, "the first")
                .help("remove it");
            object.report(finding);
        } else if let Some(last) = before
            && last > number
            && is_ordered
        {
            is_ordered = false;
            let fault = format!("is {number}, which is less than {last} before it: exit codes must be in order");
            let finding = object.wrong(&INVALID_TEXT, &value, &fault, "not in order").help("sort the values");
            object.report(finding);
        }
        before = Some(number);
    }
}
