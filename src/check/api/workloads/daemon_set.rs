//! DaemonSets: `ValidateDaemonSetSpec`.

use crate::check::api::object::{Field, Object, fields};
use crate::check::api::pod::Owner;
use crate::check::api::rules::CONFLICTING_FIELDS;

use super::{amounts, controlled};

pub(super) fn check<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [ready, history, strategy, selected, template] =
        fields!(spec, ["minReadySeconds", "revisionHistoryLimit", "updateStrategy", "selector", "template"]);
    object.not_negative(ready.as_ref());
    object.not_negative(history.as_ref());
    if let Some(strategy) = strategy {
        rollout(object, &strategy);
    }
    controlled::check(object, selected.as_ref(), template.as_ref(), Owner::Controller);
}

/// `ValidateRollingUpdateDaemonSet`; what is not given is 1 unavailable and none more.
fn rollout<'t>(object: &mut Object<'_, 't>, strategy: &Field<'_, 't>) {
    let [kind, rolling] = fields!(strategy, ["type", "rollingUpdate"]);
    let word = kind.as_ref().and_then(Field::text);
    let Some(rolling) = rolling.filter(|_| word.is_none_or(|word| word.is_empty() || word == "RollingUpdate")) else {
        return;
    };
    let [unavailable, surge] = fields!(rolling, ["maxUnavailable", "maxSurge"]);
    let fewer = unavailable.as_ref().map_or(Some(1), |field| amounts::check(object, field, Some(100)));
    let more = surge.as_ref().map_or(Some(0), |field| amounts::check(object, field, Some(100)));
    match (fewer, more, &unavailable, &surge) {
        (Some(1..), Some(1..), _, Some(surge)) => both(object, unavailable.as_ref(), surge),
        (Some(0), Some(0), Some(unavailable), _) => {
            let fault = "is 0, and so is `maxSurge`: no pod could be replaced";
            let mut finding =
                object.wrong(&CONFLICTING_FIELDS, unavailable, fault, "no pod fewer").help("raise one of the two");
            if let Some(surge) = &surge {
                finding = finding.cause(object.span(&surge.path()), "and none more");
            }
            object.report(finding);
        }
        _ => {}
    }
}

#[cold]
fn both<'t>(object: &mut Object<'_, 't>, unavailable: Option<&Field<'_, 't>>, surge: &Field<'_, 't>) {
    let fault = match unavailable {
        Some(_) => "and `maxUnavailable` are both more than 0",
        None => "is more than 0, and so is `maxUnavailable`, which is 1 if it is not set",
    };
    let mut finding = object
        .wrong(&CONFLICTING_FIELDS, surge, fault, "pods more")
        .help("write `maxUnavailable: 0`, or remove `maxSurge`");
    if let Some(unavailable) = unavailable {
        finding = finding.cause(object.span(&unavailable.path()), "and pods fewer");
    }
    object.report(finding);
}
