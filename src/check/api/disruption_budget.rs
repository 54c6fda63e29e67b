//! Disruption budgets: `ValidatePodDisruptionBudgetSpec` in
//! `k8s.io/kubernetes/pkg/apis/policy/validation/validation.go`.

use super::object::{Field, Object, fields};
use super::rules::{CONFLICTING_BOUNDS, INVALID_TEXT, OUT_OF_RANGE};
use super::selector;

pub(super) fn check(object: &mut Object<'_, '_>) {
    if (object.resource.group(), &*object.resource.kind) != ("policy", "PodDisruptionBudget") {
        return;
    }
    let root = object.root();
    let Some(spec) = root.get("spec") else { return };
    let [least, most, pods] = fields!(spec, ["minAvailable", "maxUnavailable", "selector"]);
    if let Some(pods) = pods {
        selector::check(object, &pods);
    }
    for amount in [&least, &most].into_iter().flatten() {
        self::amount(object, amount);
    }
    let (Some(least), Some(most)) = (least, most) else { return };
    let finding = object
        .wrong(&CONFLICTING_BOUNDS, &most, "and `minAvailable` are both set", "one bound")
        .cause(object.span(&least.path()), "and the other")
        .help("keep one of the two");
    object.report(finding);
}

/// A number, or a percentage of at most 100.
fn amount<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    let Some(text) = field.text() else {
        object.not_negative(Some(field));
        return;
    };
    let number = text.strip_suffix('%').filter(|digits| !digits.is_empty());
    match number.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
        None if super::object::is_placeholder(&text) => {}
        None => {
            let finding = object
                .wrong(&INVALID_TEXT, field, &format!("is `{text}`, which is no percentage"), "no percentage")
                .help("write a number without quotes, or a percentage such as `50%`");
            object.report(finding);
        }
        Some(digits) if digits.parse::<u32>().is_ok_and(|percent| percent <= 100) => {}
        Some(_) => {
            let finding =
                object.wrong(&OUT_OF_RANGE, field, &format!("is {text}, which is more than all"), "more than 100%");
            object.report(finding.help("write at most `100%`"));
        }
    }
}
