//! Pods that run on, those of all controllers but Jobs: `ValidatePodTemplateSpecForReplicaSet` in
//! `k8s.io/kubernetes/pkg/apis/apps/validation` and its like.

use crate::check::api::object::{Field, Object, shown};
use crate::check::api::rules::INVALID_RESTART_POLICY;

pub(super) fn check<'t>(object: &mut Object<'_, 't>, policy: Option<&Field<'_, 't>>, deadline: Option<&Field<'_, 't>>) {
    if let Some(policy) = policy
        && policy.text().is_some_and(|text| matches!(&*text, "Never" | "OnFailure"))
    {
        not_always(object, policy);
    }
    if let Some(deadline) = deadline {
        let because = format!("in the template of a {}: its pods run on", object.resource.kind);
        object.forbidden(deadline, &because, "remove it");
    }
}

#[cold]
fn not_always<'t>(object: &mut Object<'_, 't>, policy: &Field<'_, 't>) {
    let fault = format!("is `{}`, but pods of a {} restart `Always`", shown(policy), object.resource.kind);
    let finding = object
        .wrong(&INVALID_RESTART_POLICY, policy, &fault, "must be `Always`")
        .help("remove it, or use a Job for pods that end");
    object.report(finding);
}
