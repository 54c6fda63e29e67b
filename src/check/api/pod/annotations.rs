//! Annotations that say what fields say by now: `ValidatePodSpecificAnnotations`,
//! `validateSeccompAnnotationsAndFields`, `validateAppArmorAnnotationsAndFieldsMatchOnCreate`.

use crate::check::api::object::{Field, MANY, Object, did_you_mean, is_placeholder};
use crate::check::api::rules::{CONFLICTING_FIELDS, INVALID_TEXT, NOT_FOUND};

const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const MIRROR: &str = "kubernetes.io/config.mirror";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// Checks annotations beside the spec of the pod, and where `fields_agree` that fields do not contradict them.
pub(in crate::check::api) fn check<'t>(
    object: &mut Object<'_, 't>,
    annotations: &Field<'_, 't>,
    spec: &Field<'_, 't>,
    fields_agree: bool,
) {
    if annotations.value.len() > MANY {
        return;
    }
    annotations.each(|key, span, field| {
        if !key.contains("kubernetes.io/") {
            return;
        }
        let Some(text) = field.text() else { return };
        if key == MIRROR && spec.text_of("nodeName").is_none_or(|name| name.is_empty()) {
            object.needed(spec, "nodeName", "in a mirror pod", "remove the annotation `kubernetes.io/config.mirror`");
        } else if key == DELETION_COST {
            let begins = text == "0" || text.starts_with(|first: char| matches!(first, '-' | '1'..='9'));
            if (!begins || text.parse::<i32>().is_err()) && !is_placeholder(&text) {
                let finding = object
                    .wrong(&INVALID_TEXT, field, "must be an integer of 32 bits", "no such integer")
                    .help("write digits, with a `-` before a negative number");
                object.report(finding);
            }
        } else if key == SECCOMP_POD || key.starts_with(SECCOMP_CONTAINER) {
            seccomp(object, field, &text);
        } else if let Some(name) = key.strip_prefix(APPARMOR) {
            apparmor(object, field, span, name, &text, spec);
            // A StatefulSet is not asked.
            if fields_agree {
                contradiction(object, field, name, &text, spec);
            }
        }
    });
}

fn seccomp<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, text: &str) {
    let fine = match text.strip_prefix("localhost/") {
        Some(path) => !path.starts_with('/') && !path.split('/').any(|part| part == ".."),
        None => matches!(text, "runtime/default" | "docker/default" | "unconfined"),
    };
    if !fine && !is_placeholder(text) {
        let fault = format!("is `{text}`, which is no seccomp profile");
        let finding = object
            .wrong(&INVALID_TEXT, field, &fault, "no seccomp profile")
            .help("use the field `seccompProfile` of the security context instead");
        object.report(finding);
    }
}

fn apparmor<'t>(
    object: &mut Object<'_, 't>,
    field: &Field<'_, 't>,
    key: crate::model::source::Span,
    name: &str,
    text: &str,
    spec: &Field<'_, 't>,
) {
    let mut names = Vec::new();
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        let items = spec.value.get(list).into_iter().flat_map(crate::model::value::Value::items).take(MANY);
        names.extend(items.filter_map(|container| container.get("name")?.as_str()));
    }
    if !names.iter().any(|known| known == name) && !is_placeholder(name) {
        let path = field.path();
        let message = format!("an AppArmor annotation names the container `{name}`, which the pod does not have");
        let help = did_you_mean(name, names.iter().map(|name| &**name))
            .unwrap_or_else(|| "remove the annotation, or name a container of the pod".to_owned());
        let finding = object.refuse_at(&NOT_FOUND, key, path, message, "no such container").help(help);
        object.report(finding);
    }
    if !matches!(text, "" | "runtime/default" | "unconfined") && !text.starts_with("localhost/") {
        let fault = format!("is `{text}`, which is no AppArmor profile");
        let finding = object
            .wrong(&INVALID_TEXT, field, &fault, "no AppArmor profile")
            .help("use the field `appArmorProfile` of the security context instead");
        object.report(finding);
    }
}

/// The annotation and the field of the same container must say the same; from 1.30, where there is a field.
fn contradiction<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, name: &str, text: &str, spec: &Field<'_, 't>) {
    let profile_of = |holder: &Field<'_, 't>| holder.value.at(["securityContext", "appArmorProfile"]);
    let mut profile = profile_of(spec);
    for list in ["containers", "initContainers"] {
        let Some(list) = spec.get(list) else { continue };
        for container in list.items().take(MANY).filter(|container| container.text_of("name").as_deref() == Some(name))
        {
            profile = profile_of(&container).or(profile);
        }
    }
    let Some(profile) = profile else { return };
    let Some(kind) = profile.get("type") else { return };
    let agrees = match kind.as_str().as_deref() {
        Some("Unconfined") => text == "unconfined",
        Some("RuntimeDefault") => text == "runtime/default",
        Some("Localhost") => text.strip_prefix("localhost/").is_some_and(|path| {
            profile.get("localhostProfile").and_then(|path| path.as_str()).as_deref() == Some(path)
        }),
        _ => true,
    };
    if !agrees {
        let fault = "contradicts the field `appArmorProfile` of the same container";
        let finding = object
            .wrong(&CONFLICTING_FIELDS, field, fault, "says one thing")
            .cause(kind.span(), "says another")
            .help("remove the annotation");
        object.report(finding);
    }
}
