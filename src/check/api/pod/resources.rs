//! Requests and limits: `validateResourceRequirements`, with the names of `pkg/apis/core/helper/helpers.go`.

use crate::check::api::names;
use crate::check::api::object::{Field, MANY, Object, did_you_mean, fields, is_placeholder, shown};
use crate::check::api::quantity::Quantity;
use crate::check::api::rules::{CONFLICTING_BOUNDS, INVALID_NAME, NOT_FOUND, OUT_OF_RANGE};
use crate::check::api::seen::Seen;
use crate::check::api::warnings;

use super::container::Container;
use super::{Pod, twice, unique};

/// What a container can ask for without a domain.
const STANDARD: &[&str] = &["cpu", "memory", "ephemeral-storage"];
const PAGES: &str = "hugepages-";

/// Neither without a domain nor in one of Kubernetes.
fn is_extended(name: &str) -> bool {
    name.contains('/')
        && !name.contains("kubernetes.io/")
        && !name.starts_with("requests.")
        && names::is_qualified_name(name)
        // A quota would call it so.
        && name.split_once('/').is_some_and(|(domain, _)| domain.len() + "requests.".len() <= 253)
}

pub(super) fn of_container<'t>(
    object: &mut Object<'_, 't>,
    pod: &Pod<'t>,
    container: &Container<'_, '_, 't>,
    resources: &Field<'_, 't>,
) {
    let [limits, requests, claims] = fields!(resources, ["limits", "requests", "claims"]);
    let mut pages = false;
    let mut computes = false;
    for list in [&limits, &requests].into_iter().flatten() {
        list.each(|name, _, amount| {
            if matches!(name, "memory" | "ephemeral-storage") && !amount.value.is_null() {
                warnings::fraction(object, amount);
            }
            let is_page = name.starts_with(PAGES);
            pages |= is_page;
            computes |= matches!(name, "cpu" | "memory");
            if !STANDARD.contains(&name) {
                resource_name(object, name, amount);
            }
            check_amount(object, name, amount);
        });
    }
    if let Some(requests) = requests.as_ref().filter(|requests| requests.value.len() <= MANY) {
        let title = || container.title();
        requests.each(|name, _, request| within(object, &title, name, request, limits.as_ref()));
    }
    if pages && !computes {
        let finding = object
            .wrong(
                &CONFLICTING_BOUNDS,
                resources,
                "ask for huge pages, but for neither `cpu` nor `memory`",
                "only huge pages",
            )
            .help("add a request or limit for `cpu` or `memory`");
        object.report(finding);
    }
    if let Some(claims) = claims.filter(|_| pod.version.minor >= 34) {
        container_claims(object, pod, &claims);
    }
}

/// `validateContainerResourceName`
pub(in crate::check::api) fn resource_name<'t>(object: &mut Object<'_, 't>, name: &str, amount: &Field<'_, 't>) {
    if !is_of_containers(name) {
        unknown_resource(object, name, amount);
    }
}

/// Whether containers can ask for such a resource.
pub(in crate::check::api) fn is_of_containers(name: &str) -> bool {
    if name.contains('/') {
        is_extended(name) || (name.contains("kubernetes.io/") && names::is_qualified_name(name))
    } else {
        STANDARD.contains(&name) || (name.starts_with(PAGES) && names::is_qualified_name(name))
    }
}

#[cold]
fn unknown_resource<'t>(object: &mut Object<'_, 't>, name: &str, amount: &Field<'_, 't>) {
    if is_placeholder(name) {
        return;
    }
    let path = amount.path();
    let span = object.key_span(&path);
    let message = format!("{} is no resource that a container can ask for", object.name(&path));
    let help = match did_you_mean(name, STANDARD.iter().copied()) {
        _ if name == "gpu" => "write the name that the driver gives it, such as `nvidia.com/gpu`".to_owned(),
        _ if name == "storage" => "did you mean `ephemeral-storage`?".to_owned(),
        Some(guess) => guess,
        None => {
            "ask for `cpu`, `memory`, `ephemeral-storage`, or a name with a domain, such as `vendor.com/gpu`".to_owned()
        }
    };
    let finding = object.refuse_at(&INVALID_NAME, span, path, message, "no such resource").help(help);
    object.report(finding);
}

/// `ValidateResourceQuantityValue` and `validateResourceQuantityHugePageValue`
pub(in crate::check::api) fn check_amount<'t>(object: &mut Object<'_, 't>, name: &str, amount: &Field<'_, 't>) {
    let is_plain = STANDARD.contains(&name);
    if is_plain && !amount.value.target().raw().contains('-') {
        return;
    }
    let Some(quantity) = Quantity::of(amount.value) else { return };
    if quantity.is_negative() {
        object.out_of_range(amount, "0 or more");
    } else if is_extended(name) && !quantity.in_thousandths().is_whole() {
        object.out_of_range(amount, "a whole number");
    } else if let Some(size) = name.strip_prefix(PAGES)
        && Quantity::parse(size).is_none_or(|size| !size.is_whole() || !quantity.is_multiple_of(size))
    {
        let finding = object.wrong(
            &OUT_OF_RANGE,
            amount,
            &format!("is {}, which is no multiple of the size of the page, {size}", shown(amount)),
            "no multiple",
        );
        object.report(finding);
    }
}

/// A request is at most its limit, and equal to it where nothing can be shared.
fn within<'t>(
    object: &mut Object<'_, 't>,
    title: &dyn Fn() -> String,
    name: &str,
    request: &Field<'_, 't>,
    limits: Option<&Field<'_, 't>>,
) {
    let shared = STANDARD.contains(&name) || (!is_extended(name) && !name.starts_with(PAGES));
    let limit = limits.and_then(|limits| limits.get(name));
    let Some(limit) = limit else {
        if !shared {
            no_limit(object, title, name, request);
        }
        return;
    };
    if request.value.raw() == limit.value.raw() {
        return;
    }
    if let (Some(low), Some(high)) = (Quantity::of(request.value), Quantity::of(limit.value)) {
        let (low, high) = (low.in_thousandths(), high.in_thousandths());
        if low > high || (!shared && low != high) {
            beyond(object, title, name, request, &limit, shared);
        }
    }
}

#[cold]
fn no_limit<'t>(object: &mut Object<'_, 't>, title: &dyn Fn() -> String, name: &str, request: &Field<'_, 't>) {
    let message = format!("{} requests `{name}` without a limit, in {}", title(), object.place(&request.path()));
    let finding = object
        .refuse(&CONFLICTING_BOUNDS, request.path(), message, "needs the same limit")
        .help(format!("add `{name}: {}` to `limits`: it cannot be shared", shown(request)));
    object.report(finding);
}

#[cold]
fn beyond<'t>(
    object: &mut Object<'_, 't>,
    title: &dyn Fn() -> String,
    name: &str,
    request: &Field<'_, 't>,
    limit: &Field<'_, 't>,
    shared: bool,
) {
    let (low, high) = (shown(request), shown(limit));
    let message = format!("{} requests {low} of {name} and is limited to {high}", title());
    let (label, help) = if shared {
        (format!("more than {high}"), "request at most the limit, or raise the limit")
    } else {
        (format!("not {high}"), "request as much as the limit: it cannot be shared")
    };
    let finding = object
        .refuse(&CONFLICTING_BOUNDS, request.path(), message, label)
        .cause(object.span(&limit.path()), "the limit")
        .help(help);
    object.report(finding);
}

/// `validateOverhead`
pub(in crate::check::api) fn overhead<'t>(object: &mut Object<'_, 't>, overhead: &Field<'_, 't>) {
    overhead.each(|name, _, amount| {
        resource_name(object, name, amount);
        check_amount(object, name, amount);
    });
}

/// `validateResizePolicy`; the field is dropped before 1.33.
pub(super) fn resize<'t>(object: &mut Object<'_, 't>, pod: &Pod<'t>, policies: &Field<'_, 't>) {
    if pod.version.minor < 33 {
        return;
    }
    let mut seen = Seen::new();
    for policy in policies.items() {
        let [name, restart] = fields!(policy, ["resourceName", "restartPolicy"]);
        if let Some(name) = &name
            && let Some(text) = name.text().filter(|text| !text.is_empty())
            && let Some(first) = seen.before(text.clone(), name.value.span())
        {
            twice(object, name, first, &format!("two policies are about `{text}`"), "remove one of the two");
        }
        if let Some(restart) = restart.filter(|restart| restart.text().as_deref() == Some("RestartContainer"))
            && pod.never_restarts
        {
            super::unsupported(object, &restart, "`NotRequired`", "in a pod that never restarts");
        }
    }
}

/// The claims of the pod: `validatePodResourceClaims`. They are dropped before 1.34.
pub(super) fn claims<'t>(object: &mut Object<'_, 't>, pod: &mut Pod<'t>, claims: &Field<'_, 't>) {
    if pod.version.minor < 34 {
        return;
    }
    for claim in claims.items() {
        let [name, own, template] = fields!(claim, ["name", "resourceClaimName", "resourceClaimTemplateName"]);
        if let Some(name) = &name {
            names::label(object, name);
            unique(object, &mut pod.claims, name, "claims");
        }
        for name in [&own, &template].into_iter().flatten() {
            object.is_empty(name, "the name of a claim");
            names::subdomain(object, name);
        }
        match (&own, &template) {
            (Some(_), Some(template)) => {
                object.forbidden(template, "together with `resourceClaimName`", "keep one of the two");
            }
            (None, None) if claim.value.is_mapping() => {
                let help = "add `resourceClaimName` or `resourceClaimTemplateName`";
                object.needed(&claim, "resourceClaimName", "to find the claim", help);
            }
            _ => {}
        }
    }
}

/// `validateResourceClaimNames`
fn container_claims<'t>(object: &mut Object<'_, 't>, pod: &Pod<'t>, claims: &Field<'_, 't>) {
    let mut seen = Seen::new();
    for claim in claims.items() {
        let [name, request] = fields!(claim, ["name", "request"]);
        let Some(name) = &name else { continue };
        let Some(text) = name.plain_text() else { continue };
        if let Some(request) = &request {
            names::label(object, request);
        }
        let request = request.as_ref().and_then(Field::text).filter(|request| !request.is_empty());
        let whole = seen.place_of(&text);
        let first = match &request {
            Some(request) => whole.or_else(|| seen.before(format!("{text}/{request}").into(), name.value.span())),
            None => seen.before(text.clone(), name.value.span()),
        };
        if let Some(first) = first {
            twice(object, name, first, &format!("the claim `{text}` is used twice"), "remove one of the two");
        }
        if pod.claims.place_of(&text).is_none() {
            let help = did_you_mean(&text, pod.claims.texts())
                .unwrap_or_else(|| format!("add a claim `{text}` to `resourceClaims` of the pod"));
            let fault = format!("is `{text}`, which is no claim of the pod");
            let finding = object.wrong(&NOT_FOUND, name, &fault, "no such claim").help(help);
            object.report(finding);
        }
    }
}

/// Resources of the whole pod, from 1.34: `validatePodResources`.
pub(super) fn of_pod<'t>(object: &mut Object<'_, 't>, pod: &Pod<'t>, spec: &Field<'_, 't>, resources: &Field<'_, 't>) {
    if pod.version.minor < 34 {
        return;
    }
    let [limits, requests, claims] = fields!(resources, ["limits", "requests", "claims"]);
    if let Some(claims) = claims {
        object.forbidden(&claims, "for the whole pod", "move it to a container");
    }
    for list in [&limits, &requests].into_iter().flatten() {
        list.each(|name, _, amount| {
            if !matches!(name, "cpu" | "memory") && !name.starts_with(PAGES) {
                return object.forbidden(amount, "for the whole pod", "only `cpu`, `memory` and huge pages are");
            }
            check_amount(object, name, amount);
        });
    }
    if let Some(requests) = requests.as_ref().filter(|requests| requests.value.len() <= MANY) {
        requests.each(|name, _, request| {
            within(object, &|| "the pod".to_owned(), name, request, limits.as_ref());
            enough(object, spec, name, request);
        });
    }
    if let Some(limits) = limits.as_ref().filter(|limits| limits.value.len() <= MANY) {
        limits.each(|name, _, limit| container_limits(object, spec, name, limit));
    }
}

/// The pod requests at least what its containers do (`AggregateContainerRequests` in
/// `k8s.io/component-helpers/resource/helpers.go`).
fn enough<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>, name: &str, request: &Field<'_, 't>) {
    let Some(own) = Quantity::of(request.value) else { return };
    let asked = |container: &Field<'_, 't>| {
        let resources = container.value.get("resources")?;
        let of = |list: &str| resources.get(list)?.get(name).and_then(Quantity::of);
        of("requests").or_else(|| of("limits"))
    };
    let mut running = Quantity::ZERO;
    let mut most = Quantity::ZERO;
    for container in spec.get("initContainers").iter().flat_map(Field::items).take(MANY) {
        let amount = asked(&container).unwrap_or(Quantity::ZERO);
        if container.text_of("restartPolicy").as_deref() == Some("Always") {
            running = running.plus(amount);
            most = most.max(running);
        } else {
            most = most.max(running.plus(amount));
        }
    }
    for container in spec.get("containers").iter().flat_map(Field::items).take(MANY) {
        running = running.plus(asked(&container).unwrap_or(Quantity::ZERO));
    }
    if own.in_thousandths() < most.max(running) {
        let fault = format!("is {}, which is less than its containers request together", shown(request));
        let finding = object
            .wrong(&CONFLICTING_BOUNDS, request, &fault, "too little")
            .help("request at least the sum of the containers");
        object.report(finding);
    }
}

fn container_limits<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>, name: &str, limit: &Field<'_, 't>) {
    let Some(most) = Quantity::of(limit.value) else { return };
    for container in spec.get("containers").iter().flat_map(Field::items).take(MANY) {
        let Some(resources) = container.get("resources") else { continue };
        let Some(limits) = resources.get("limits") else { continue };
        let Some(own) = limits.get(name) else { continue };
        if Quantity::of(own.value).is_some_and(|own| own.in_thousandths() > most.in_thousandths()) {
            let fault = format!("is {}, which is more than the limit of the pod, {}", shown(&own), shown(limit));
            let finding = object
                .wrong(&CONFLICTING_BOUNDS, &own, &fault, "more than the pod may have")
                .cause(object.span(&limit.path()), "the limit of the pod");
            object.report(finding);
        }
    }
}
