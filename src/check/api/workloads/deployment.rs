//! Deployments: `ValidateDeploymentSpec`.

use crate::check::api::object::{Field, Object, fields, shown};
use crate::check::api::pod::Owner;
use crate::check::api::rules::{CONFLICTING_BOUNDS, CONFLICTING_FIELDS};

use super::{amounts, controlled};

pub(super) fn check<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [replicas, ready, history, progress, strategy, selected, template] = fields!(
        spec,
        [
            "replicas",
            "minReadySeconds",
            "revisionHistoryLimit",
            "progressDeadlineSeconds",
            "strategy",
            "selector",
            "template",
        ]
    );
    for field in [&replicas, &history] {
        object.not_negative(field.as_ref());
    }
    let least = object.not_negative(ready.as_ref()).unwrap_or(0);
    // The default is 600 (`pkg/apis/apps/v1/defaults.go`).
    let most = if progress.is_some() { object.not_negative(progress.as_ref()) } else { Some(600) };
    if let Some(most) = most
        && least >= 0
        && most >= 0
        && most <= least
    {
        too_soon(object, progress.as_ref(), ready.as_ref(), least);
    }
    if let Some(strategy) = strategy {
        rollout(object, &strategy);
    }
    controlled::check(object, selected.as_ref(), template.as_ref(), Owner::Controller);
}

#[cold]
fn too_soon<'t>(
    object: &mut Object<'_, 't>,
    progress: Option<&Field<'_, 't>>,
    ready: Option<&Field<'_, 't>>,
    least: i64,
) {
    let Some(field) = progress.or(ready) else { return };
    let fault = match progress {
        Some(progress) => format!("is {}, but must be more than `minReadySeconds`, {least}", shown(progress)),
        None => format!("is {least}, but must be less than `progressDeadlineSeconds`, which is 600 if it is not set"),
    };
    let mut finding = object
        .wrong(&CONFLICTING_BOUNDS, field, &fault, if progress.is_some() { "too soon" } else { "too late" })
        .help("raise `progressDeadlineSeconds`");
    if let (Some(_), Some(ready)) = (progress, ready) {
        finding = finding.cause(object.span(&ready.path()), "pods are not ready before that");
    }
    object.report(finding);
}

/// `ValidateDeploymentStrategy`; what is not given is 25 %.
fn rollout<'t>(object: &mut Object<'_, 't>, strategy: &Field<'_, 't>) {
    let [kind, rolling] = fields!(strategy, ["type", "rollingUpdate"]);
    let Some(rolling) = rolling else { return };
    let word = kind.as_ref().and_then(Field::text);
    if let (Some(kind), Some("Recreate")) = (&kind, word.as_deref()) {
        let finding = object
            .not_allowed(&rolling, "with the strategy `Recreate`")
            .cause(object.span(&kind.path()), "replaces all pods at once")
            .help("remove it, or write `type: RollingUpdate`");
        return object.report(finding);
    }
    let [unavailable, surge] = fields!(rolling, ["maxUnavailable", "maxSurge"]);
    let fewer = unavailable.as_ref().map_or(Some(25), |field| amounts::check(object, field, Some(100)));
    let more = surge.as_ref().map_or(Some(25), |field| amounts::check(object, field, None));
    if let (Some(0), Some(0), Some(unavailable), Some(surge)) = (fewer, more, &unavailable, &surge) {
        let finding = object
            .wrong(
                &CONFLICTING_FIELDS,
                unavailable,
                "and `maxSurge` are both 0: no pod could be replaced",
                "no pod fewer",
            )
            .cause(object.span(&surge.path()), "and none more")
            .help("raise one of the two");
        object.report(finding);
    }
}
