//! Lower and upper bounds of what is scaled: `validateHorizontalPodAutoscalerSpec` in
//! `k8s.io/kubernetes/pkg/apis/autoscaling/validation`, `ValidatePodDisruptionBudgetSpec` in `pkg/apis/policy/validation`.

use super::object::{Field, Object, fields};
use super::rules::CONFLICTING_BOUNDS;

pub(super) fn check(object: &mut Object<'_, '_>) {
    let root = object.root();
    match (object.resource.group(), &*object.resource.kind) {
        ("autoscaling", "HorizontalPodAutoscaler") => root.get("spec").iter().for_each(|spec| autoscaler(object, spec)),
        ("policy", "PodDisruptionBudget") => root.get("spec").iter().for_each(|spec| budget(object, spec)),
        _ => {}
    }
}

fn autoscaler<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [least, most] = fields!(spec, ["minReplicas", "maxReplicas"]);
    let (Some(least), Some(most)) = (least, most) else { return };
    if let (Some(low), Some(high)) = (least.integer(), most.integer())
        && low > high
        // Nothing but a number above 0 is a bound.
        && high > 0
    {
        let fault = format!("is {high}, but `minReplicas` is {low}");
        let finding = object
            .wrong(&CONFLICTING_BOUNDS, &most, &fault, &format!("less than {low}"))
            .cause(object.span(&least.path()), "the least")
            .help("make `maxReplicas` at least `minReplicas`");
        object.report(finding);
    }
}

fn budget<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [least, most] = fields!(spec, ["minAvailable", "maxUnavailable"]);
    let (Some(least), Some(most)) = (least, most) else { return };
    let finding = object
        .wrong(&CONFLICTING_BOUNDS, &most, "and `minAvailable` are both set", "one bound")
        .cause(object.span(&least.path()), "and the other")
        .help("keep one of the two");
    object.report(finding);
}
