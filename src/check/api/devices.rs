//! Claims of devices and their classes: `k8s.io/kubernetes/pkg/apis/resource/validation/validation.go` (1.36), with
//! selectors in CEL as `k8s.io/dynamic-resource-allocation/cel/compile.go` compiles them.

use super::admission_policy::place;
use super::object::{Field, Object, fields, is_placeholder};
use super::rules::{DUPLICATE_NAME, INVALID_NAME, NOT_FOUND};
use super::seen::Seen;
use super::{names, pod, words};
use crate::check::cel::on_deep_stack;
use crate::check::cel::types::{Names, Type, Wanted, type_of};

/// What only other environments of CEL have: expressions with it are not looked at.
const STRANGE: [&str; 2] = ["cel.bind", ".includes("];

pub(super) fn check(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|spec| spec.value.is_mapping()) else { return };
    match &*object.resource.kind {
        "DeviceClass" => class(object, &spec),
        "ResourceClaim" => spec.get("devices").iter().for_each(|devices| claim(object, devices)),
        "ResourceClaimTemplate" => {
            spec.get("metadata").iter().for_each(|metadata| template(object, metadata));
            let inner = spec.get("spec");
            let devices = inner.as_ref().and_then(|inner| inner.get("devices"));
            devices.iter().for_each(|devices| claim(object, devices));
        }
        _ => {}
    }
}

/// `validateDeviceClassSpec`
fn class<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [selectors, config, name] = fields!(spec, ["selectors", "config", "extendedResourceName"]);
    selectors.iter().for_each(|selectors| check_selectors(object, selectors));
    configuration(object, config.as_ref());
    if let Some((name, text)) = name.and_then(|name| Some((name, name.plain_text()?))) {
        let is_own = |domain: &str| domain == "kubernetes.io" || domain.ends_with(".kubernetes.io");
        let holds = text.split_once('/').is_some_and(|(domain, _)| !is_own(domain)) && !text.starts_with("requests.");
        if !(holds && names::is_qualified_name(&text)) {
            let fault = format!("is `{text}`, but must be a resource with a domain of its own");
            let finding = object
                .wrong(&INVALID_NAME, &name, &fault, "no such resource")
                .help("write it with the domain of the driver: `example.com/gpu`");
            object.report(finding);
        }
    }
}

/// `ValidateTemplateObjectMeta`
fn template<'t>(object: &mut Object<'_, 't>, metadata: &Field<'_, 't>) {
    metadata.each(|name, _, field| match name {
        "labels" => names::labels(object, field),
        "annotations" => names::annotations(object, field),
        _ if field.value.is_null() || field.text().is_some_and(|text| text.is_empty()) => {}
        _ => object.forbidden(field, "in the template of a claim", "remove it"),
    });
}

/// `validateDeviceClaim`
fn claim<'t>(object: &mut Object<'_, 't>, devices: &Field<'_, 't>) {
    let [requests, constraints, config] = fields!(devices, ["requests", "constraints", "config"]);
    let mut seen = Seen::new();
    for request in requests.iter().flat_map(Field::items).filter(|request| request.value.is_mapping()) {
        if let Some(name) = request.get("name") {
            names::label(object, &name);
            if let Some(text) = name.plain_text()
                && let Some(first) = seen.before(text.clone(), name.value.span())
            {
                let finding = object
                    .wrong(&DUPLICATE_NAME, &name, &format!("repeats `{text}`"), "the second")
                    .cause(first, "the first")
                    .help("rename one of the two");
                object.report(finding);
            }
        }
        if matches!(object.resource.version(), "v1alpha3" | "v1beta1") && !request.has("exactly") {
            exact(object, &request);
        } else {
            one_of_both(object, &request);
        }
    }
    for constraint in constraints.iter().flat_map(Field::items).filter(|one| one.value.is_mapping()) {
        if !constraint.has("matchAttribute") && !constraint.has("distinctAttribute") {
            object.needed(&constraint, "matchAttribute", "by every constraint", "say which attribute is the same");
        }
        // Where there are both, the server looks at the first alone.
        let [same, distinct] = fields!(constraint, ["matchAttribute", "distinctAttribute"]);
        same.or(distinct).iter().for_each(|attribute| attribute_name(object, attribute));
        known(object, &constraint, requests.as_ref());
    }
    configuration(object, config.as_ref());
    for one in config.iter().flat_map(Field::items) {
        known(object, &one, requests.as_ref());
    }
}

/// `validateFullyQualifiedName`
fn attribute_name<'t>(object: &mut Object<'_, 't>, attribute: &Field<'_, 't>) {
    let Some(text) = attribute.plain_text() else { return };
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let is_name = |name: &str| {
        (1..=32).contains(&name.len())
            && name.chars().all(is_part)
            && !name.starts_with(|first: char| first.is_ascii_digit())
    };
    let holds = match text.split('/').collect::<Vec<_>>()[..] {
        [domain, name] => domain.len() <= 63 && names::is_subdomain(&domain.to_ascii_lowercase()) && is_name(name),
        [_] => false,
        // The server does not look at what has several.
        _ => true,
    };
    if !holds {
        let fault = format!("is `{text}`, but must be a domain, `/`, and a name of letters, digits and `_`");
        let finding = object
            .wrong(&INVALID_NAME, attribute, &fault, "no such attribute")
            .help("write it as drivers do: `dra.example.com/model`");
        object.report(finding);
    }
}

/// `validateDeviceToleration`
fn toleration<'t>(object: &mut Object<'_, 't>, toleration: &Field<'_, 't>) {
    let [key, operator, value] = fields!(toleration, ["key", "operator", "value"]);
    key.iter().for_each(|key| names::label_key(object, key));
    let Some(value) = value.filter(|value| value.text().is_some_and(|text| !text.is_empty())) else { return };
    match operator.as_ref().map_or(Some("Equal".into()), Field::text).as_deref() {
        Some("Exists") => {
            object.forbidden(&value, "with the operator `Exists`", "remove the value, or write `operator: Equal`");
        }
        Some("Equal" | "") => names::label_value(object, &value),
        _ => {}
    }
}

/// `validateDeviceRequest`
fn one_of_both<'t>(object: &mut Object<'_, 't>, request: &Field<'_, 't>) {
    let [exactly, first] = fields!(request, ["exactly", "firstAvailable"]);
    let first = first.filter(|first| !first.value.is_sequence() || first.count() > 0);
    match (exactly, first) {
        (None, None) => {
            let help = "add `exactly` with a `deviceClassName`, or `firstAvailable`";
            object.needed(request, "exactly", "where there is no `firstAvailable`", help);
        }
        (Some(exactly), Some(first)) => {
            let finding = object
                .not_allowed(&first, "together with `exactly`")
                .cause(object.key_span(&exactly.path()), "this")
                .help("keep one of the two");
            object.report(finding);
        }
        (Some(exactly), None) => exact(object, &exactly),
        (None, Some(first)) => {
            for request in first.items() {
                request.get("name").iter().for_each(|name| names::label(object, name));
                exact(object, &request);
            }
        }
    }
}

/// `validateExactDeviceRequest`, `validateDeviceSubRequest`
fn exact<'t>(object: &mut Object<'_, 't>, request: &Field<'_, 't>) {
    let [class, selectors, mode, count, tolerations] =
        fields!(request, ["deviceClassName", "selectors", "allocationMode", "count", "tolerations"]);
    tolerations.iter().flat_map(Field::items).for_each(|one| toleration(object, &one));
    class.iter().for_each(|class| names::subdomain(object, class));
    selectors.iter().for_each(|selectors| check_selectors(object, selectors));
    mode.iter().for_each(|mode| words::one_of(object, mode, &["All", "ExactCount"]));
    let Some((count, number)) = count.and_then(|count| Some((count, count.integer()?))) else { return };
    let is_all = mode.and_then(|mode| Some((mode, mode.text()?))).filter(|(_, text)| text == "All");
    if let (Some((mode, _)), true) = (is_all, number != 0) {
        let finding = object
            .not_allowed(&count, "with `allocationMode: All`")
            .cause(object.span(&mode.path()), "all of them")
            .help("remove it, or write `allocationMode: ExactCount`");
        object.report(finding);
    } else if number < 0 {
        object.out_of_range(&count, "1 or more");
    }
}

/// `DeviceRequestsMaxSize`
const MOST_REQUESTS: usize = 32;

/// `validateRequestNameRef`
fn known<'t>(object: &mut Object<'_, 't>, of: &Field<'_, 't>, requests: Option<&Field<'_, 't>>) {
    // Too many are reported, and nobody has to look through them for each name.
    if requests.is_some_and(|requests| requests.items().nth(MOST_REQUESTS).is_some()) {
        return;
    }
    let is = |field: &Field<'_, 't>, name: &str| {
        field.text_of("name").is_some_and(|own| own == name || is_placeholder(&own))
    };
    for name in of.get("requests").iter().flat_map(Field::items) {
        let Some(text) = name.plain_text() else { continue };
        let (first, second) = text.split_once('/').map_or((&*text, None), |(first, second)| (first, Some(second)));
        let found = requests.iter().flat_map(|requests| requests.items()).any(|request| {
            let below = request.value.get("firstAvailable");
            let is_below = |second: &str| {
                below.is_some_and(|list| {
                    list.items()
                        .any(|one| one.get("name").and_then(|name| name.as_str()).is_some_and(|own| own == second))
                })
            };
            is(&request, first) && second.is_none_or(is_below)
        });
        if !found {
            let fault = format!("is `{text}`, which no request of this claim is called");
            let finding = object.wrong(&NOT_FOUND, &name, &fault, "no such request");
            object.report(finding.help("name a request, or one below it as `request/name`"));
        }
    }
}

/// `validateDeviceConfiguration`
fn configuration<'t>(object: &mut Object<'_, 't>, config: Option<&Field<'_, 't>>) {
    for one in config.into_iter().flat_map(Field::items).filter(|one| one.value.is_mapping()) {
        match one.get("opaque") {
            None => object.needed(&one, "opaque", "by every configuration", "add `opaque: {driver: …, parameters: …}`"),
            Some(opaque) => opaque.get("driver").iter().for_each(|driver| pod::driver_name(object, driver)),
        }
    }
}

/// `validateSelector`
fn check_selectors<'t>(object: &mut Object<'_, 't>, selectors: &Field<'_, 't>) {
    for selector in selectors.items().filter(|selector| selector.value.is_mapping()) {
        let Some(cel) = selector.get("cel") else {
            object.needed(&selector, "cel", "by every selector", "add `cel: {expression: …}`");
            continue;
        };
        let Some(expression) = cel.get("expression") else { continue };
        let Some(text) = expression.plain_text() else { continue };
        if STRANGE.iter().any(|strange| text.contains(strange)) {
            continue;
        }
        let minor = object.version.minor;
        let found = on_deep_stack(|| type_of(&text, &device(), minor, Wanted::PerhapsTruth).err());
        if let Some(problem) = found.flatten() {
            place::report(object, expression.path(), expression.value, *problem);
        }
    }
}

/// What an expression knows of a device.
fn device() -> Names<'static> {
    let text = Type::Simple("string");
    let mut names = Names::default();
    let device = names.object([
        ("driver", text),
        ("attributes", Type::map(Type::map(Type::Dyn))),
        ("capacity", Type::map(Type::map(Type::Simple("kubernetes.Quantity")))),
        ("allowMultipleAllocations", Type::Simple("bool")),
    ]);
    names.declare("device", device);
    names
}
