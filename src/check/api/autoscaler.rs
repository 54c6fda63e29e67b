//! Autoscalers: `validateHorizontalPodAutoscalerSpec` and what it calls, in
//! `k8s.io/kubernetes/pkg/apis/autoscaling/validation/validation.go`.

use std::borrow::Cow;

use super::names;
use super::object::{Field, Object, fields, is_placeholder, shown};
use super::pod;
use super::quantity::Quantity;
use super::rules::{CONFLICTING_BOUNDS, CONFLICTING_FIELDS, INVALID_NAME, INVALID_TEXT, OUT_OF_RANGE, REQUIRED_VALUE};
use super::syntax::Syntax;

/// The words of `type`, and the field that each needs.
const SOURCES: [(&str, &str); 5] = [
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
    ("Pods", "pods"),
    ("Object", "object"),
    ("External", "external"),
];

pub(super) fn check(object: &mut Object<'_, '_>) {
    if (object.resource.group(), &*object.resource.kind) != ("autoscaling", "HorizontalPodAutoscaler") {
        return;
    }
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|spec| spec.value.is_mapping()) else { return };
    let [least, most, target, metrics, behavior, share] = fields!(
        spec,
        ["minReplicas", "maxReplicas", "scaleTargetRef", "metrics", "behavior", "targetCPUUtilizationPercentage"]
    );
    // Of `autoscaling/v1`, where it stands for a metric.
    if let Some(share) = share.filter(|share| share.integer().is_some_and(|share| share < 1)) {
        object.out_of_range(&share, "1 or more");
    }
    bounds(object, least.as_ref(), most.as_ref(), metrics.as_ref());
    if let Some(target) = target {
        reference(object, &target);
        api_version(object, &target);
    }
    for metric in metrics.iter().flat_map(Field::items).filter(|metric| metric.value.is_mapping()) {
        self::metric(object, &metric);
    }
    if let Some(behavior) = behavior {
        for rules in fields!(behavior, ["scaleUp", "scaleDown"]).into_iter().flatten() {
            scaling(object, &rules);
        }
    }
}

/// `ValidateCrossVersionObjectReference`
fn reference<'t>(object: &mut Object<'_, 't>, reference: &Field<'_, 't>) {
    for field in fields!(reference, ["kind", "name"]).into_iter().flatten() {
        names::name(object, &field, Syntax::PathSegment);
    }
}

/// `ValidateAPIVersion`, from 1.34 on (kubernetes/kubernetes#132537): older servers take the object, and find nothing to
/// scale. Of the kinds of the core group only one can be scaled.
fn api_version<'t>(object: &mut Object<'_, 't>, target: &Field<'_, 't>) {
    let [version, kind] = fields!(target, ["apiVersion", "kind"]);
    let kind = kind.and_then(|kind| kind.text()).unwrap_or_default();
    let written = version.as_ref().map(|version| version.text());
    let Some(text) = written.unwrap_or(Some(Cow::Borrowed(""))) else { return };
    if object.version.minor < 34 || kind == "ReplicationController" || kind.is_empty() || is_placeholder(&text) {
        return;
    }
    if text.matches('/').count() == 1 && !text.starts_with('/') {
        return;
    }
    let group = ["Deployment", "StatefulSet", "ReplicaSet"].contains(&&*kind).then_some("apps/v1");
    let help = match group {
        Some(group) => format!("write `apiVersion: {group}`"),
        None => format!("write the group and the version of {kind}, as in `example.com/v1`"),
    };
    let path = target.path_to("apiVersion");
    let finding = match version {
        Some(version) if !text.is_empty() => {
            let finding = object.wrong(&INVALID_TEXT, &version, &format!("is `{text}`, without a group"), "no group");
            let span = finding.primary.span;
            match group.filter(|_| text == "v1") {
                Some(group) => finding.respell(false, span, group),
                None => finding,
            }
        }
        _ => {
            let message = format!(
                "missing field `apiVersion` in {}: {kind} is not in the core group",
                object.place(&target.path())
            );
            object.refuse(&REQUIRED_VALUE, path, message, "needs `apiVersion`")
        }
    };
    object.report(finding.help(help));
}

fn bounds<'t>(
    object: &mut Object<'_, 't>,
    least: Option<&Field<'_, 't>>,
    most: Option<&Field<'_, 't>>,
    metrics: Option<&Field<'_, 't>>,
) {
    let low = least.and_then(|least| Some((least.integer()?, least)));
    let high = most.and_then(|most| Some((most.integer()?, most)));
    if let Some((number, field)) = low {
        let outside =
            |metric: Field<'_, 't>| metric.text_of("type").is_some_and(|kind| matches!(&*kind, "Object" | "External"));
        // With the feature HPAScaleToZero, and something to scale by that does not need pods.
        let may_be_zero = metrics.is_some_and(|metrics| metrics.items().any(outside));
        if number < 0 || (number == 0 && !may_be_zero) {
            object.out_of_range(field, "1 or more");
        }
    }
    if let Some((number, field)) = high.filter(|(number, _)| *number < 1) {
        let _ = number;
        object.out_of_range(field, "1 or more");
    }
    if let (Some((low, least)), Some((high, most))) = (low, high)
        && low > high
        && high > 0
    {
        let fault = format!("is {high}, but `minReplicas` is {low}");
        let finding = object
            .wrong(&CONFLICTING_BOUNDS, most, &fault, &format!("less than {low}"))
            .cause(object.span(&least.path()), "the least")
            .help("make `maxReplicas` at least `minReplicas`");
        object.report(finding);
    }
}

/// `validateMetricSpec` of `autoscaling/v2`. Version 1 has no metrics.
fn metric<'t>(object: &mut Object<'_, 't>, metric: &Field<'_, 't>) {
    let kind = metric.text_of("type").unwrap_or_default();
    let Some((_, wanted)) = SOURCES.iter().find(|(word, _)| *word == kind) else { return };
    for (_, source) in SOURCES {
        match metric.get(source) {
            Some(field) if source != *wanted => {
                let help = format!("write `type` for what is measured, or `{wanted}` instead");
                object.forbidden(&field, &format!("with `type: {kind}`"), help);
            }
            None if source == *wanted => {
                let help = format!("add `{wanted}`, or correct the type");
                object.needed(metric, wanted, &format!("with `type: {kind}`"), help);
            }
            _ => {}
        }
    }
    let Some(source) = metric.get(wanted).filter(|source| source.value.is_mapping()) else { return };
    if let Some(of) = source.get("metric")
        && let Some(name) = of.get("name")
    {
        names::name(object, &name, Syntax::PathSegment);
    }
    if let Some(described) = source.get("describedObject") {
        reference(object, &described);
    }
    if let Some(container) = source.get("container").filter(|_| kind == "ContainerResource") {
        names::label(object, &container);
    }
    if let Some(name) = source.get("name").filter(|_| kind == "ContainerResource")
        && name.plain_text().is_some_and(|text| !pod::is_of_containers(&text))
    {
        let fault = format!("is `{}`, which is no resource that a container can ask for", shown(&name));
        let finding = object
            .wrong(&INVALID_NAME, &name, &fault, "no such resource")
            .help("measure `cpu`, `memory`, or a resource with a domain, such as `vendor.com/gpu`");
        object.report(finding);
    }
    if let Some(target) = source.get("target").filter(|target| target.value.is_mapping()) {
        self::target(object, &target, &kind);
    }
}

/// `validateMetricTarget` and the rules of each source.
fn target<'t>(object: &mut Object<'_, 't>, target: &Field<'_, 't>, kind: &str) {
    let [utilization, value, average] = fields!(target, ["averageUtilization", "value", "averageValue"]);
    if let Some(field) = utilization.as_ref().filter(|field| field.integer().is_some_and(|number| number < 1)) {
        object.out_of_range(field, "1 or more");
    }
    for field in [&value, &average].into_iter().flatten() {
        if Quantity::of(field.value).is_some_and(|amount| amount.is_negative() || amount == Quantity::ZERO) {
            let finding = object.wrong(&OUT_OF_RANGE, field, "must be above 0", "must be above 0");
            object.report(finding);
        }
    }
    let allowed: &[(&str, bool)] = match kind {
        "Resource" | "ContainerResource" => {
            &[("averageUtilization", utilization.is_some()), ("averageValue", average.is_some())]
        }
        "Pods" => &[("averageValue", average.is_some())],
        _ => &[("value", value.is_some()), ("averageValue", average.is_some())],
    };
    let names: Vec<_> = allowed.iter().map(|(name, _)| format!("`{name}`")).collect();
    let names = names.join(" or ");
    match allowed.iter().filter(|(_, is_set)| *is_set).count() {
        0 => {
            let path = target.path_to(allowed[0].0);
            let message = format!("{} has no {names}", object.place(&target.path()));
            let finding = object.refuse(&REQUIRED_VALUE, path, message, "no target").help(format!("add {names}"));
            object.report(finding);
        }
        2 if kind != "Object" => {
            let path = target.path_to("averageValue");
            let message = format!("{} has two targets", object.place(&target.path()));
            let finding = object
                .refuse(&CONFLICTING_FIELDS, path, message, "the second target")
                .help(format!("keep one of {names}"));
            object.report(finding);
        }
        _ => {}
    }
}

/// `validateScalingRules`
fn scaling<'t>(object: &mut Object<'_, 't>, rules: &Field<'_, 't>) {
    let [window, policies, tolerance] = fields!(rules, ["stabilizationWindowSeconds", "policies", "tolerance"]);
    // `HPAConfigurableTolerance` is on by default from 1.35.
    let is_negative = |field: &Field<'_, '_>| Quantity::of(field.value).is_some_and(Quantity::is_negative);
    if let Some(tolerance) = tolerance.filter(|field| object.version.minor >= 35 && is_negative(field)) {
        object.out_of_range(&tolerance, "0 or more");
    }
    if let Some(window) = window.filter(|window| window.integer().is_some_and(|number| !(0..=3600).contains(&number))) {
        object.out_of_range(&window, "between 0 and 3600");
    }
    let Some(policies) = policies else { return };
    if policies.value.is_sequence() && policies.count() == 0 {
        let help = "add a policy, or remove the empty list to get the default";
        object.needed(rules, "policies", "where it is written", help);
    }
    for policy in policies.items() {
        let [value, period] = fields!(policy, ["value", "periodSeconds"]);
        if let Some(value) = value.filter(|value| value.integer().is_some_and(|number| number < 1)) {
            object.out_of_range(&value, "1 or more");
        }
        if let Some(period) = period.filter(|one| one.integer().is_some_and(|number| !(1..=1800).contains(&number))) {
            object.out_of_range(&period, "between 1 and 1800");
        }
    }
}
