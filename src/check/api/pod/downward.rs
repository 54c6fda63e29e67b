//! Fields and resources of the pod itself, in environment variables and volumes: `validateObjectFieldSelector`,
//! `validateContainerResourceFieldSelector`.

use crate::check::api::names;
use crate::check::api::object::{Field, Object, did_you_mean, fields, is_placeholder, shown};
use crate::check::api::quantity::{Form, Quantity};
use crate::check::api::rules::{INVALID_NAME, OUT_OF_RANGE, UNSUPPORTED_VALUE};

/// Where the reference stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Env,
    Volume,
}

const IN_ENV: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
const IN_VOLUMES: &[&str] =
    &["metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"];
const RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];

/// A `fieldRef`. `spec.host` is an old name of `spec.nodeName` (`pkg/apis/core/pods/helpers.go`,
/// `ConvertDownwardAPIFieldLabel`).
pub(super) fn field<'t>(object: &mut Object<'_, 't>, reference: &Field<'_, 't>, place: Place) {
    let [version, path] = fields!(reference, ["apiVersion", "fieldPath"]);
    if let Some(version) = version
        && version.plain_text().is_some_and(|text| text != "v1")
    {
        let fault = format!("is `{}`, but pods are of `v1`", shown(&version));
        let finding = object.wrong(&UNSUPPORTED_VALUE, &version, &fault, "not `v1`").help("write `v1`, or remove it");
        return object.report(finding);
    }
    let Some(path) = path else { return };
    let Some(text) = path.text().filter(|text| !text.is_empty()) else { return };
    let known = if place == Place::Env { IN_ENV } else { IN_VOLUMES };
    if known.contains(&&*text) || (text == "spec.host" && place == Place::Env) {
        return;
    }
    let subscript = text.strip_suffix("']").and_then(|rest| rest.split_once("['"));
    match subscript {
        Some(("metadata.labels", key)) if names::is_qualified_name(key) => {}
        Some(("metadata.annotations", key)) if names::is_qualified_name(&key.to_ascii_lowercase()) => {}
        _ if is_placeholder(&text) => {}
        Some(("metadata.labels" | "metadata.annotations", key)) => {
            let fault = format!("asks for the key `{key}`, which is no key of a label or annotation");
            let finding = object.wrong(&INVALID_NAME, &path, &fault, "no such key is possible");
            object.report(finding);
        }
        _ => unknown(object, &path, known, "pods have no such field to offer", place),
    }
}

/// A `resourceFieldRef`.
pub(super) fn resource<'t>(object: &mut Object<'_, 't>, reference: &Field<'_, 't>, place: Place) {
    let [container, resource, divisor] = fields!(reference, ["containerName", "resource", "divisor"]);
    let is_named = container.as_ref().and_then(Field::text).is_some_and(|name| !name.is_empty());
    if place == Place::Volume && !is_named && container.as_ref().is_none_or(|container| container.text().is_some()) {
        let help = "add `containerName`, the container that is asked about";
        object.needed(reference, "containerName", "in a volume", help);
    }
    let Some(resource) = resource else { return };
    let Some(name) = resource.text().filter(|name| !name.is_empty()) else { return };
    let is_page = name.starts_with("limits.hugepages-") || name.starts_with("requests.hugepages-");
    if !RESOURCES.contains(&&*name) && !is_page {
        if is_placeholder(&name) {
            return;
        }
        return unknown(object, &resource, RESOURCES, "containers have no such resource to offer", place);
    }
    if let Some(divisor) = divisor {
        self::divisor(object, &divisor, name.ends_with(".cpu"));
    }
}

/// `validateContainerResourceDivisor` compares the canonical spelling.
fn divisor<'t>(object: &mut Object<'_, 't>, divisor: &Field<'_, 't>, of_cpu: bool) {
    let text = shown(divisor);
    let Some((quantity, form)) = Quantity::with_form(&text) else { return };
    let thousands = quantity.power_of(1000).is_some() && form != Form::Exponent;
    let fine = if quantity == Quantity::ZERO {
        true
    } else if of_cpu {
        Quantity::parse("1m") == Some(quantity) || Quantity::parse("1") == Some(quantity)
    } else {
        match form {
            Form::Decimal | Form::Exponent => thousands,
            Form::Binary => quantity.power_of(1024).is_some(),
        }
    };
    if !fine && !is_placeholder(&text) {
        let allowed = if of_cpu { "`1m` or `1`" } else { "1, or 1 of a unit such as `1k` or `1Mi`" };
        let fault = format!("is {text}, but must be {allowed}");
        let finding = object.wrong(&OUT_OF_RANGE, divisor, &fault, &format!("must be {allowed}"));
        object.report(finding);
    }
}

#[cold]
fn unknown<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, known: &[&str], why: &str, place: Place) {
    let text = shown(field);
    let fault = format!("is `{text}`: {why}");
    let finding = object.wrong(&UNSUPPORTED_VALUE, field, &fault, "not one of those that can be asked for");
    let help = did_you_mean(&text, known.iter().copied()).unwrap_or_else(|| {
        let labels = if place == Place::Env && known.len() > 6 { ", `metadata.labels['KEY']`" } else { "" };
        format!("ask for one of `{}`{labels}", known.join("`, `"))
    });
    object.report(finding.help(help));
}
