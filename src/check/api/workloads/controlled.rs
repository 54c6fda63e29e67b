//! What all controllers of pods that run on have in common: a selector that matches a template.

use crate::check::api::object::{Field, Object, REFUSED, fields};
use crate::check::api::pod::{self, Owner};
use crate::check::api::rules::REQUIRED_VALUE;
use crate::check::api::selector::{self, Labels};

/// `ValidateReplicaSetSpec`
pub(super) fn replica_set<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [replicas, ready, selected, template] = fields!(spec, ["replicas", "minReadySeconds", "selector", "template"]);
    object.not_negative(replicas.as_ref());
    object.not_negative(ready.as_ref());
    check(object, selected.as_ref(), template.as_ref(), Owner::Controller);
}

/// `ValidateReplicationControllerSpec`, where the selector is a plain mapping, and by default that of the template.
pub(super) fn replication_controller<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [replicas, ready, selected, template] = fields!(spec, ["replicas", "minReadySeconds", "selector", "template"]);
    object.not_negative(replicas.as_ref());
    object.not_negative(ready.as_ref());
    let Some(template) = template else {
        return object.needed(spec, "template", "to make pods", "add `template`");
    };
    let selected = selected.filter(|selected| !selected.value.is_empty());
    pod::template(object, &template, Owner::Controller, |object, labels| match selected {
        Some(selected) => selector::matches_labels(object, &selected, &template, &Labels { field: labels }),
        None if labels.is_none_or(|labels| labels.value.is_empty()) => {
            object.needed(spec, "selector", "where the template has no labels", "add labels to the template");
        }
        None => {}
    });
}

/// Checks the selector and the template of a controller.
pub(super) fn check<'t>(
    object: &mut Object<'_, 't>,
    selected: Option<&Field<'_, 't>>,
    template: Option<&Field<'_, 't>>,
    owner: Owner<'_, '_, 't>,
) {
    if let Some(selected) = selected
        && selector::check(object, selected)
    {
        selects_everything(object, selected);
    }
    let Some(template) = template.filter(|template| template.value.is_mapping()) else { return };
    if matches!(owner, Owner::StatefulSet(_)) {
        by_its_pods(object);
    }
    object.is_partial = selected.is_none();
    pod::template(object, template, owner, |object, labels| {
        object.effect = REFUSED;
        if let Some(selected) = selected {
            selector::matches(object, selected, template, &Labels { field: labels });
        }
    });
}

/// From here on: what is not validated in a StatefulSet before 1.34, but in the pods that it makes.
pub(super) fn by_its_pods(object: &mut Object<'_, '_>) {
    if object.version.minor < 34 {
        object.effect = "the API server takes the object before Kubernetes 1.34, but refuses the pods that it makes";
    }
}

#[cold]
fn selects_everything<'t>(object: &mut Object<'_, 't>, selected: &Field<'_, 't>) {
    let path = selected.path();
    let message = format!("{} is empty: it would select every pod", object.name(&path));
    let finding = object
        .refuse(&REQUIRED_VALUE, path, message, "selects nothing in particular")
        .help("add `matchLabels` with labels of the template");
    object.report(finding);
}
