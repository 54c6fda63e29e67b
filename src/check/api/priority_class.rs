//! Priority classes: `ValidatePriorityClass` in `k8s.io/kubernetes/pkg/apis/scheduling/validation/validation.go`.

use super::object::{Object, is_placeholder};
use super::rules::{CONFLICTING_FIELDS, INVALID_NAME};
use super::words;
use crate::model::path::Path;

/// `HighestUserDefinablePriority`
const HIGHEST: i64 = 1_000_000_000;

/// What names of the system's own classes begin with (`SystemPriorityClassPrefix`).
const PREFIX: &str = "system-";

/// The classes that every cluster has from its start (`pkg/apis/scheduling/v1/helpers.go`).
const OWN: [(&str, i64); 2] = [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

pub(super) fn check(object: &mut Object<'_, '_>) {
    if object.resource.kind != "PriorityClass" {
        return;
    }
    let root = object.root();
    if let Some(policy) = root.get("preemptionPolicy") {
        object.is_empty(&policy, "a policy");
        words::one_of(object, &policy, &["Never", "PreemptLowerPriority"]);
    }
    let Some(name) = object.resource.name().filter(|name| !is_placeholder(name)) else { return };
    let (value, default) = (root.get("value"), root.get("globalDefault"));
    let number = value.as_ref().map_or(Some(0), |value| value.integer());
    if !name.starts_with(PREFIX) {
        if let Some(value) = value.filter(|_| number.is_some_and(|number| number > HIGHEST)) {
            object.out_of_range(&value, "at most 1000000000, as those above are the system's");
        }
        return;
    }
    let path = Path::of(["metadata", "name"]);
    let Some((_, own)) = OWN.iter().find(|(own, _)| *own == name) else {
        let message =
            format!("{} is `{name}`, but `{PREFIX}` is kept for the system's own classes", object.name(&path));
        let finding = object.refuse(&INVALID_NAME, path, message, "kept for the system");
        return object.report(finding.help("choose a name that begins with something else"));
    };
    let help = format!("the cluster has `{name}` from its start: choose another name, or remove the class");
    if let Some(number) = number.filter(|number| number != own) {
        let path = value.map_or(path, |value| value.path());
        let message = format!("the class `{name}` of the system has the value {own}, and not {number}");
        let finding = object.refuse(&CONFLICTING_FIELDS, path, message, format!("not {own}"));
        object.report(finding.help(help));
    } else if let Some(default) = default.filter(|default| default.value.as_bool() == Some(true)) {
        let finding = object.not_allowed(&default, &format!("in the class `{name}` of the system"));
        object.report(finding.help(help));
    }
}
