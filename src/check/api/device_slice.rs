//! Devices and their taints: `ValidateResourceSlice` and `ValidateDeviceTaintRule` in
//! `k8s.io/kubernetes/pkg/apis/resource/validation/validation.go` (1.36). Drivers write slices; before 1.36 parts of them are
//! dropped by features, and nothing is said.

use super::devices::is_attribute_name;
use super::object::{Field, Object, fields, is_placeholder};
use super::rules::{CONFLICTING_FIELDS, INVALID_NAME, INVALID_TEXT, TOO_LARGE, UNSUPPORTED_VALUE};
use super::seen::Seen;
use super::{names, pod, words};

/// The first version whose servers are known here.
const FIRST: u16 = 36;
/// `ResourceSliceMaxDevices`
const DEVICES: usize = 128;
/// `ResourceSliceMaxAttributesAndCapacitiesPerDevice`
const ATTRIBUTES: usize = 32;
/// `DeviceAttributeMaxValueLength`, in bytes.
const VALUE: usize = 64;

/// `validateResourceSliceSpec`
pub(super) fn check<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    if object.version.minor < FIRST {
        return;
    }
    let [driver, pool, devices] = fields!(spec, ["driver", "pool", "devices"]);
    driver.iter().for_each(|driver| pod::driver_name(object, driver));
    if let Some(pool) = pool {
        let [name, generation, count] = fields!(pool, ["name", "generation", "resourceSliceCount"]);
        name.iter().for_each(|name| pool_name(object, name));
        object.not_negative(generation.as_ref());
        if let Some(count) = count.filter(|count| count.integer().is_some_and(|count| count < 1)) {
            object.out_of_range(&count, "1 or more");
        }
    }
    nodes(object, spec, &["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"], "by every slice");
    let Some(devices) = devices else { return };
    if let Some(counters) = spec.get("sharedCounters") {
        let finding = object
            .not_allowed(&counters, "together with `devices`")
            .cause(object.key_span(&devices.path()), "this")
            .help("make a slice of its own for each");
        object.report(finding);
    }
    object.at_most(&devices, DEVICES);
    let is_each = spec.bool_of("perDeviceNodeSelection") == Some(true);
    let mut seen = Seen::new();
    for device in devices.items().filter(|device| device.value.is_mapping()).take(DEVICES) {
        if let Some(name) = device.get("name") {
            names::label(object, &name);
            object.unique(&mut seen, &name, "rename one of the two");
        }
        // So it is in `v1beta1`.
        let basic = device.get("basic");
        self::device(object, basic.as_ref().unwrap_or(&device), is_each);
    }
}

/// Exactly one of the ways to say which nodes can use the devices. What is empty or false is wrong, and none of them.
fn nodes<'t>(object: &mut Object<'_, 't>, holder: &Field<'_, 't>, ways: &[&str], by: &str) {
    let is_slice = ways.len() == 4;
    // A slice has texts and booleans there (`Convert_v1beta1_ResourceSliceSpec_To_resource_ResourceSliceSpec`).
    let is_absent = |way: &str, field: &Field<'_, '_>| {
        let is_zero = field.value.as_bool() == Some(false) || field.text().is_some_and(|text| text.is_empty());
        is_slice && object.resource.version() == "v1beta1" && way != "perDeviceNodeSelection" && is_zero
    };
    let fields = ways.iter().filter_map(|way| Some((*way, holder.get(way)?)));
    let fields: Vec<_> = fields.filter(|(way, field)| !is_absent(way, field)).collect();
    let mut first: Option<&str> = None;
    for (way, field) in &fields {
        match *way {
            "nodeName" => {
                if object.is_empty(field, "the name of a node") {
                    continue;
                }
                names::subdomain(object, field);
            }
            "nodeSelector" => {
                pod::node_selector(object, field);
                if let Some(terms) = field.get("nodeSelectorTerms").filter(|_| is_slice) {
                    object.at_most(&terms, 1);
                }
            }
            _ if field.value.as_bool() == Some(false) => {
                let finding = object.wrong(&UNSUPPORTED_VALUE, field, "must be true or absent", "cannot be false");
                object.report(finding.help("remove it"));
                continue;
            }
            _ => {}
        }
        match first {
            None => first = Some(way),
            Some(first) => {
                let fault = format!("and `{first}` are both set");
                let span = object.key_span(&holder.path_to(first));
                let finding = object
                    .wrong(&CONFLICTING_FIELDS, field, &fault, "one way to choose nodes")
                    .cause(span, "and another")
                    .help("keep one of the two");
                object.report(finding);
            }
        }
    }
    if let (true, [wanted, others @ ..]) = (fields.is_empty(), ways) {
        let help = format!("add `{wanted}`, or one of `{}`", others.join("`, `"));
        object.needed(holder, wanted, &format!("{by}: it says which nodes can use the devices"), help);
    }
}

/// `validateDevice`
fn device<'t>(object: &mut Object<'_, 't>, device: &Field<'_, 't>, is_each: bool) {
    const WAYS: [&str; 3] = ["nodeName", "nodeSelector", "allNodes"];
    let [attributes, capacity, taints] = fields!(device, ["attributes", "capacity", "taints"]);
    if is_each {
        nodes(object, device, &WAYS, "with `perDeviceNodeSelection`");
    } else {
        for field in WAYS.iter().filter_map(|way| device.get(way)) {
            object.forbidden(&field, "without `perDeviceNodeSelection: true`", "remove it, or set that for the slice");
        }
    }
    let count: usize = [&attributes, &capacity].into_iter().flatten().map(|map| map.value.len()).sum();
    if count > ATTRIBUTES {
        let path = device.path();
        let message =
            format!("{} has {count} attributes and capacities, but may have {ATTRIBUTES}", object.place(&path));
        let finding = object.refuse(&TOO_LARGE, path, message, "too many");
        object.report(finding);
    }
    if let Some(attributes) = attributes {
        attributes.each(|name, _, field| {
            key(object, name, field);
            attribute(object, field);
        });
    }
    let is_shared = device.bool_of("allowMultipleAllocations") == Some(true);
    if let Some(capacity) = capacity {
        capacity.each(|name, _, field| {
            key(object, name, field);
            if let Some(policy) = field.get("requestPolicy").filter(|_| !is_shared) {
                object.forbidden(&policy, "without `allowMultipleAllocations: true`", "remove it, or set that");
            }
        });
    }
    taints.iter().flat_map(Field::items).for_each(|one| taint(object, &one));
}

/// The name of an attribute or a capacity.
fn key<'t>(object: &mut Object<'_, 't>, name: &str, field: &Field<'_, 't>) {
    if is_attribute_name(name) || is_placeholder(name) {
        return;
    }
    let path = field.path();
    let message = format!("{} must be a name of letters, digits and `_`", object.name(&path));
    let span = object.key_span(&path);
    let finding = object
        .refuse_at(&INVALID_NAME, span, path, message, "no such name")
        .help("a domain and `/` may stand before the name: `dra.example.com/model`");
    object.report(finding);
}

/// `validateDeviceAttribute`
fn attribute<'t>(object: &mut Object<'_, 't>, attribute: &Field<'_, 't>) {
    let mut first: Option<String> = None;
    attribute.each(|name, _, field| {
        let is_value =
            matches!(name, "int" | "bool" | "string" | "version" | "ints" | "bools" | "strings" | "versions");
        if !is_value || field.value.is_null() {
            return;
        }
        if let Some(first) = &first {
            let span = object.key_span(&attribute.path_to(first));
            let finding = object
                .not_allowed(field, &format!("together with `{first}`"))
                .cause(span, "this")
                .help("keep one of the two");
            object.report(finding);
        }
        first.get_or_insert_with(|| name.to_owned());
        let Some(text) = field.plain_text().filter(|_| matches!(name, "string" | "version")) else { return };
        if text.len() > VALUE {
            let fault = format!("has {} bytes, but may have {VALUE}", text.len());
            let finding = object.wrong(&TOO_LARGE, field, &fault, "too long");
            object.report(finding);
        }
        if name == "version" && !is_version(&text) {
            let fault = format!("is `{text}`, which is no semantic version");
            let finding = object.wrong(&INVALID_TEXT, field, &fault, "no version");
            object.report(finding.help("write three numbers, as in `1.2.0`"));
        }
    });
    if attribute.value.is_mapping() && first.is_none() {
        object.needed(attribute, "string", "by every attribute, or one of `int`, `bool` and `version`", "add a value");
    }
}

/// `semverRe`
fn is_version(text: &str) -> bool {
    let (rest, build) = text.split_once('+').map_or((text, None), |(rest, build)| (rest, Some(build)));
    let (core, before) = rest.split_once('-').map_or((rest, None), |(core, before)| (core, Some(before)));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = |part: &str| !part.is_empty() && is_digits(part) && (part == "0" || !part.starts_with('0'));
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    core.split('.').count() == 3
        && core.split('.').all(is_number)
        && before
            .is_none_or(|before| before.split('.').all(|part| is_part(part) && (!is_digits(part) || is_number(part))))
        && build.is_none_or(|build| build.split('.').all(is_part))
}

/// `validatePoolName`
fn pool_name<'t>(object: &mut Object<'_, 't>, name: &Field<'_, 't>) {
    object.is_empty(name, "the name of a pool");
    let Some(text) = name.plain_text() else { return };
    if text.len() > 253 || !text.split('/').all(names::is_subdomain) {
        let fault = format!("is `{text}`, but must be DNS subdomains with `/` between them");
        let finding = object.wrong(&INVALID_NAME, name, &fault, "no such pool");
        object.report(finding);
    }
}

/// `validateDeviceTaint`
fn taint<'t>(object: &mut Object<'_, 't>, taint: &Field<'_, 't>) {
    let [key, value, effect] = fields!(taint, ["key", "value", "effect"]);
    key.iter().for_each(|key| names::label_key(object, key));
    value.iter().for_each(|value| names::label_value(object, value));
    // The schemas of `v1` have the words.
    if let Some(effect) = effect.filter(|_| object.resource.version() != "v1") {
        words::one_of(object, &effect, &["NoExecute", "NoSchedule", "None"]);
    }
}

/// `validateDeviceTaintRuleSpec`
pub(super) fn taint_rule<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    if object.version.minor < FIRST {
        return;
    }
    let [selector, taint] = fields!(spec, ["deviceSelector", "taint"]);
    taint.iter().for_each(|taint| self::taint(object, taint));
    let Some(selector) = selector else { return };
    let [driver, pool, device] = fields!(selector, ["driver", "pool", "device"]);
    if let Some(driver) = driver {
        object.is_empty(&driver, "the name of a driver");
        pod::driver_name(object, &driver);
    }
    pool.iter().for_each(|pool| pool_name(object, pool));
    if let Some(device) = device {
        object.is_empty(&device, "the name of a device");
        names::label(object, &device);
    }
}

#[cfg(test)]
mod tests {
    use super::is_version;

    #[test]
    fn versions_are_read_as_the_server_does() {
        for fine in ["0.0.0", "1.2.3", "10.20.30", "1.2.3-rc.1", "1.2.3-rc-1+b.01", "1.2.3+b", "1.2.3-0a"] {
            assert!(is_version(fine), "{fine}");
        }
        for broken in ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "v1.2.3", "1.2.x"] {
            assert!(!is_version(broken), "{broken}");
        }
    }
}
