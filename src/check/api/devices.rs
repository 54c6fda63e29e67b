//! Claims of devices and their classes: `k8s.io/kubernetes/pkg/apis/resource/validation/validation.go` (1.36), with
//! selectors in CEL as `k8s.io/dynamic-resource-allocation/cel/compile.go` compiles them.
//!
//! What a feature that is off by default takes out of an object before it is validated is not looked at, but told
//! (`pkg/api/resourceclaimspec/util.go` and `pkg/registry/resource/*/strategy.go` of 1.33 to 1.36).

use super::admission_policy::place;
use super::object::{Field, Object, fields, is_placeholder};
use super::rules::{IGNORED_FIELD, INVALID_NAME, INVALID_TEXT, NOT_FOUND};
use super::seen::Seen;
use super::{claim, device_slice, names, pod, words};
use crate::check::cel::on_deep_stack;
use crate::check::cel::types::{Names, Type, Wanted, type_of};

/// What only other environments of CEL have: expressions with it are not looked at.
const STRANGE: [&str; 2] = ["cel.bind", ".includes("];

pub(super) fn check(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|spec| spec.value.is_mapping()) else { return };
    match &*object.resource.kind {
        "DeviceClass" => class(object, &spec),
        "ResourceSlice" => device_slice::check(object, &spec),
        "DeviceTaintRule" => device_slice::taint_rule(object, &spec),
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
    let name = name.filter(|name| is_kept(object, name, "DRAExtendedResource", 36));
    name.iter().for_each(|name| _ = object.is_empty(name, "a resource"));
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
        _ if claim::is_nothing(name, field) => {}
        _ => object.forbidden(field, "in the template of a claim", "remove it"),
    });
}

/// `validateDeviceClaim`
fn claim<'t>(object: &mut Object<'_, 't>, devices: &Field<'_, 't>) {
    let [requests, constraints, config] = fields!(devices, ["requests", "constraints", "config"]);
    [&requests, &constraints].into_iter().flatten().for_each(|list| object.at_most(list, MOST));
    let mut seen = Seen::new();
    for request in requests.iter().flat_map(Field::items).filter(|request| request.value.is_mapping()) {
        if let Some(name) = request.get("name") {
            names::label(object, &name);
            object.unique(&mut seen, &name, "rename one of the two");
        }
        one_of_both(object, &request);
    }
    for constraint in constraints.iter().flat_map(Field::items).filter(|one| one.value.is_mapping()) {
        let [same, distinct] = fields!(constraint, ["matchAttribute", "distinctAttribute"]);
        // In 1.34 the server means to drop it, but drops that of a copy.
        let kept =
            distinct.filter(|field| object.version.minor < 35 || is_kept(object, field, "DRAConsumableCapacity", 36));
        match (same, kept) {
            // Where there are both, the server looks at the first alone.
            (Some(attribute), _) | (None, Some(attribute)) => attribute_name(object, &attribute),
            (None, None) if distinct.is_some() => {
                let because = "where `distinctAttribute` is dropped, as it is before Kubernetes 1.36 by default";
                object.needed(&constraint, "matchAttribute", because, "switch on the feature `DRAConsumableCapacity`");
            }
            (None, None) => {
                object.needed(&constraint, "matchAttribute", "by every constraint", "say which attribute is the same");
            }
        }
        known(object, &constraint, requests.as_ref());
    }
    configuration(object, config.as_ref());
    for one in config.iter().flat_map(Field::items) {
        known(object, &one, requests.as_ref());
    }
}

/// `validateQualifiedName`: a name as C has them, and perhaps a domain and `/` before it.
pub(super) fn is_attribute_name(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let is_name = |name: &str| {
        (1..=32).contains(&name.len())
            && name.chars().all(is_part)
            && !name.starts_with(|first: char| first.is_ascii_digit())
    };
    match text.split('/').collect::<Vec<_>>()[..] {
        [domain, name] => domain.len() <= 63 && names::is_subdomain(&domain.to_ascii_lowercase()) && is_name(name),
        [name] => is_name(name),
        // The server does not look at what has several.
        _ => true,
    }
}

/// `validateFullyQualifiedName`
fn attribute_name<'t>(object: &mut Object<'_, 't>, attribute: &Field<'_, 't>) {
    object.is_empty(attribute, "the name of an attribute");
    let Some(text) = attribute.plain_text() else { return };
    if !(text.contains('/') && is_attribute_name(&text)) {
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

/// What older versions of the API have beside `firstAvailable`, and not in `exactly` (`hasAnyMainRequestFieldsSet` in
/// `pkg/apis/resource/v1beta1/conversion.go`).
const FLAT: [&str; 7] =
    ["deviceClassName", "selectors", "allocationMode", "count", "adminAccess", "tolerations", "capacity"];

/// `validateDeviceRequest`
fn one_of_both<'t>(object: &mut Object<'_, 't>, request: &Field<'_, 't>) {
    let [exactly, first] = fields!(request, ["exactly", "firstAvailable"]);
    let first = first.filter(|first| !first.value.is_sequence() || first.count() > 0);
    let is_flat = matches!(object.resource.version(), "v1alpha3" | "v1beta1");
    let is_zero =
        |field: &Field<'_, '_>| field.integer() == Some(0) || field.text().is_some_and(|text| text.is_empty());
    let flat = FLAT.into_iter().find(|key| is_flat && request.get(key).is_some_and(|field| !is_zero(&field)));
    let (wanted, exactly) = match flat {
        Some(key) => (key, Some(*request)),
        None if is_flat => ("deviceClassName", None),
        None => ("exactly", exactly),
    };
    let kept = first.filter(|first| is_kept(object, first, "DRAPrioritizedList", 34));
    if flat.is_some_and(|key| key != "deviceClassName") {
        object.needed(request, "deviceClassName", "by every request", "name the class of devices");
    }
    match (exactly, kept) {
        (None, None) if first.is_some() => {
            let because = "where `firstAvailable` is dropped, as it is before Kubernetes 1.34 by default";
            object.needed(request, wanted, because, "switch on the feature `DRAPrioritizedList`");
        }
        (None, None) => {
            let help = match is_flat {
                true => "add `deviceClassName`, or `firstAvailable`",
                false => "add `exactly` with a `deviceClassName`, or `firstAvailable`",
            };
            object.needed(request, wanted, "where there is no `firstAvailable`", help);
        }
        (Some(_), Some(first)) => {
            let finding = object
                .not_allowed(&first, &format!("together with `{wanted}`"))
                .cause(object.key_span(&request.path_to(wanted)), "this")
                .help("keep one of the two");
            object.report(finding);
        }
        (Some(exactly), None) => exact(object, &exactly),
        (None, Some(first)) => {
            object.at_most(&first, 8);
            let mut seen = Seen::new();
            for request in first.items() {
                if let Some(name) = request.get("name") {
                    names::label(object, &name);
                    object.unique(&mut seen, &name, "rename one of the two");
                }
                exact(object, &request);
            }
        }
    }
}

/// `validateExactDeviceRequest`, `validateDeviceSubRequest`
fn exact<'t>(object: &mut Object<'_, 't>, request: &Field<'_, 't>) {
    let [class, selectors, mode, count, tolerations, capacity, access] = fields!(
        request,
        ["deviceClassName", "selectors", "allocationMode", "count", "tolerations", "capacity", "adminAccess"]
    );
    // Before 1.35 they are kept, and nobody acts on them.
    let tolerations =
        tolerations.filter(|field| object.version.minor < 35 || is_kept(object, field, "DRADeviceTaints", 36));
    tolerations.iter().flat_map(Field::items).for_each(|one| toleration(object, &one));
    capacity.iter().for_each(|capacity| _ = is_kept(object, capacity, "DRAConsumableCapacity", 36));
    // The feature begins in 1.32.
    if let Some(access) = access.filter(|_| object.version.minor >= 32) {
        is_kept(object, &access, "DRAAdminAccess", 34);
    }
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

/// Whether the server keeps a field, by a feature that is on by default from a minor version on. Tells if it does not.
fn is_kept<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, feature: &str, since: u16) -> bool {
    let is_kept = object.version.minor >= since;
    if !is_kept {
        let path = field.path();
        let message = format!("{} is dropped, as the feature `{feature}` is off by default", object.name(&path));
        let span = object.key_span(&path);
        let finding = object
            .refuse_at(&IGNORED_FIELD, span, path, message, "dropped")
            .effect(format!("a server before Kubernetes 1.{since} forgets the field without a word"))
            .help(format!("switch on the feature `{feature}`, or remove the field"));
        object.report(finding);
    }
    is_kept
}

/// `DeviceRequestsMaxSize`, `DeviceConstraintsMaxSize`, `DeviceConfigMaxSize`, `DeviceSelectorsMaxSize`
const MOST: usize = 32;

/// `validateRequestNameRef`
fn known<'t>(object: &mut Object<'_, 't>, of: &Field<'_, 't>, requests: Option<&Field<'_, 't>>) {
    // Too many are reported, and nobody has to look through them for each name.
    if requests.is_some_and(|requests| requests.items().nth(MOST).is_some()) {
        return;
    }
    let is = |field: &Field<'_, 't>, name: &str| {
        field.text_of("name").is_some_and(|own| own == name || is_placeholder(&own))
    };
    let mut seen = Seen::new();
    for name in of.get("requests").iter().flat_map(Field::items) {
        object.unique(&mut seen, &name, "remove one of the two");
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
    config.iter().for_each(|config| object.at_most(config, MOST));
    for one in config.into_iter().flat_map(Field::items).filter(|one| one.value.is_mapping()) {
        let Some(opaque) = one.get("opaque") else {
            object.needed(&one, "opaque", "by every configuration", "add `opaque: {driver: …, parameters: …}`");
            continue;
        };
        let [driver, parameters] = fields!(opaque, ["driver", "parameters"]);
        driver.iter().for_each(|driver| pod::driver_name(object, driver));
        // `validateRawExtension`
        let is_open = |field: &Field<'_, '_>| field.text().is_some_and(|text| is_placeholder(&text));
        if let Some(parameters) = parameters.filter(|field| !field.value.is_mapping() && !is_open(field)) {
            let finding = object
                .wrong(&INVALID_TEXT, &parameters, "must be an object", "no object")
                .help("write them as the driver's documentation does: `{apiVersion: …, kind: …}`");
            object.report(finding);
        }
    }
}

/// `validateSelector`
fn check_selectors<'t>(object: &mut Object<'_, 't>, selectors: &Field<'_, 't>) {
    object.at_most(selectors, MOST);
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
        let found = on_deep_stack(|| type_of(&text, &device(minor), minor, Wanted::PerhapsTruth).err());
        if let Some(problem) = found.flatten() {
            place::report(object, expression.path(), expression.value, *problem);
        }
    }
}

/// What an expression knows of a device. Whether several may share it belongs to `DRAConsumableCapacity`.
fn device(minor: u16) -> Names<'static> {
    let text = Type::Simple("string");
    let mut names = Names::default();
    let fields = [
        ("driver", text),
        ("attributes", Type::map(Type::map(Type::Dyn))),
        ("capacity", Type::map(Type::map(Type::Simple("kubernetes.Quantity")))),
        ("allowMultipleAllocations", Type::Simple("bool")),
    ];
    let device = names.object(fields.into_iter().take(if minor >= 36 { 4 } else { 3 }));
    names.declare("device", device);
    names
}
