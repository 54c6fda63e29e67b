//! Rollouts of Argo: the API server takes any pod template there, but the controller validates it with the code of
//! Kubernetes for a ReplicaSet (`ValidateRolloutSpec` in `pkg/apis/rollouts/validation/validation.go` of
//! `argoproj/argo-rollouts`), and what it overlooks the API server refuses in the pods. So these are warnings.

use super::object::{Object, fields};
use super::pod::{self, Owner};
use super::selector::{self, Labels};
use crate::check::schema::Version;
use crate::model::diagnostic::Diagnostic;
use crate::model::resource::Resource;
use crate::model::rule::Severity;

const INVALID: &str =
    "the API server takes the object, but Argo Rollouts calls it invalid (`InvalidSpec`), and no pod is made";

/// Checks the pod template of a Rollout; of other custom kinds nothing is known.
pub(super) fn check(resource: &Resource<'_>, version: Version, out: &mut Vec<Diagnostic>) {
    if (resource.group(), &*resource.kind) != ("argoproj.io", "Rollout") {
        return;
    }
    let mut found = Vec::new();
    let mut object = Object::new(resource, version, &mut found);
    object.effect = INVALID;
    let root = object.root();
    let Some(spec) = root.get("spec") else { return };
    let [selected, template, reference] = fields!(spec, ["selector", "template", "workloadRef"]);
    if reference.is_some() {
        return;
    }
    if let Some(selected) = &selected {
        selector::check(&mut object, selected);
    }
    if let Some(template) = template.filter(|template| template.value.is_mapping()) {
        object.is_partial = selected.is_none();
        pod::template(&mut object, &template, Owner::Controller, |object, labels| {
            if let Some(selected) = &selected {
                selector::matches(object, selected, &template, &Labels { field: labels });
            }
        });
    }
    // The server warns of nothing in a custom resource.
    found.retain(|finding| finding.severity == Severity::Error);
    found.iter_mut().for_each(|finding| finding.severity = Severity::Warning);
    out.append(&mut found);
}
