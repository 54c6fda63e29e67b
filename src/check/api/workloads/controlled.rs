//! What all controllers of pods that run on have in common: a selector that matches a template, whose pods restart.

use crate::check::api::object::{Field, Object, REFUSED, is_placeholder, shown};
use crate::check::api::pod::{self, Owner};
use crate::check::api::rules::{INVALID_RESTART_POLICY, REQUIRED_VALUE};
use crate::check::api::selector::{self, Labels};

/// `ValidateReplicaSetSpec`
pub(super) fn replica_set<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [replicas, ready] = spec.fields(&["replicas", "minReadySeconds"]);
    object.not_negative(replicas.as_ref());
    object.not_negative(ready.as_ref());
    check(object, spec, Owner::Template);
}

/// `ValidateReplicationControllerSpec`, where the selector is a plain mapping, and by default that of the template.
pub(super) fn replication_controller<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [replicas, ready, selected, template] = spec.fields(&["replicas", "minReadySeconds", "selector", "template"]);
    object.not_negative(replicas.as_ref());
    object.not_negative(ready.as_ref());
    let Some(template) = template else {
        return object.needed(spec, "template", "to make pods", "add `template`");
    };
    runs_on(object, &template, Owner::Template);
    let metadata = template.get("metadata");
    let labels = metadata.as_ref().and_then(|metadata| metadata.get("labels"));
    match selected.filter(|selected| !selected.value.is_empty()) {
        Some(selected) => {
            selector::matches_labels(object, &selected, &template, &Labels { field: labels.as_ref() });
        }
        None if labels.is_none_or(|labels| labels.value.is_empty()) => {
            object.needed(spec, "selector", "where the template has no labels", "add labels to the template");
        }
        None => {}
    }
}

/// Checks the selector and the template of a controller.
pub(super) fn check<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>, owner: Owner<'_, '_, 't>) {
    let [selected, template] = spec.fields(&["selector", "template"]);
    if let Some(selected) = &selected {
        selector::check(object, selected);
        if selected.value.is_mapping() && selector::is_empty(selected) {
            selects_everything(object, selected);
        }
    }
    let Some(template) = template.filter(|template| template.value.is_mapping()) else { return };
    runs_on(object, &template, owner);
    if let Some(selected) = &selected {
        let metadata = template.get("metadata");
        let labels = metadata.as_ref().and_then(|metadata| metadata.get("labels"));
        selector::matches(object, selected, &template, &Labels { field: labels.as_ref() });
    }
}

/// What is not validated in a StatefulSet before 1.34, but in the pods that it makes.
pub(super) fn by_its_pods<'o, 't>(object: &mut Object<'o, 't>, check: impl FnOnce(&mut Object<'o, 't>)) {
    if object.version.minor < 34 {
        object.effect = "the API server takes the object before Kubernetes 1.34, but refuses the pods that it makes";
    }
    check(object);
    object.effect = REFUSED;
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

/// Checks a template whose pods must run on.
fn runs_on<'t>(object: &mut Object<'_, 't>, template: &Field<'_, 't>, owner: Owner<'_, '_, 't>) {
    match owner {
        Owner::StatefulSet(_) => by_its_pods(object, |object| pod::template(object, template, owner)),
        Owner::Pod | Owner::Template => pod::template(object, template, owner),
    }
    let Some(spec) = template.get("spec") else { return };
    let [policy, deadline] = spec.fields(&["restartPolicy", "activeDeadlineSeconds"]);
    if let Some(policy) = policy
        && policy.plain_text().is_some_and(|text| matches!(&*text, "Never" | "OnFailure"))
    {
        not_always(object, &policy);
    }
    if let Some(deadline) = deadline {
        let because = format!("in the template of a {}: its pods run on", object.resource.kind);
        object.forbidden(&deadline, &because, "remove it");
    }
}

#[cold]
fn not_always<'t>(object: &mut Object<'_, 't>, policy: &Field<'_, 't>) {
    let kind = object.resource.kind.clone();
    let word = shown(policy);
    if is_placeholder(&word) {
        return;
    }
    let fault = format!("is `{word}`, but pods of a {kind} restart `Always`");
    let finding = object
        .wrong(&INVALID_RESTART_POLICY, policy, &fault, "must be `Always`")
        .help("remove it, or use a Job for pods that end");
    object.report(finding);
}
