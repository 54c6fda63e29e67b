//! Nodes, and the drivers on them: `ValidateNode` in `k8s.io/kubernetes/pkg/apis/core/validation/validation.go` and
//! `ValidateCSINode` in `pkg/apis/storage/validation/validation.go` (1.36).

use std::net::IpAddr;

use super::object::{Field, Object, fields};
use super::quantity::Quantity;
use super::rules::{CONFLICTING_FIELDS, DUPLICATE_NAME, TOO_LARGE};
use super::seen::Seen;
use super::{names, pod, service};

/// `csiNodeIDMaxLength`, in bytes.
const NODE_ID: usize = 256;

const ONE: &str = "remove one of the two";

/// Checks a Node. Its status is taken on creation too.
pub(super) fn node(object: &mut Object<'_, '_>) {
    let root = object.root();
    if object.resource.kind != "Node" {
        return;
    }
    if let Some(spec) = root.get("spec") {
        let [taints, networks, network] = fields!(spec, ["taints", "podCIDRs", "podCIDR"]);
        taints.iter().for_each(|taints| self::taints(object, taints));
        let first = networks.as_ref().and_then(|networks| networks.items().next()?.text());
        match (network, networks) {
            // It takes the place of a list that begins with another (`Convert_v1_NodeSpec_To_core_NodeSpec`).
            (Some(network), _) if network.text().is_some_and(|text| !text.is_empty()) && network.text() != first => {
                _ = service::cidr(object, &network);
            }
            (_, Some(networks)) => one_of_each_family(object, &networks, service::cidr),
            _ => {}
        }
    }
    if let Some(status) = root.get("status") {
        for amounts in fields!(status, ["capacity", "allocatable"]).into_iter().flatten() {
            amounts.each(|_, _, amount| {
                if Quantity::of(amount.value).is_some_and(Quantity::is_negative) {
                    object.out_of_range(amount, "0 or more");
                }
            });
        }
    }
}

/// `validateNodeTaints`; the effects are in the schemas.
fn taints<'t>(object: &mut Object<'_, 't>, taints: &Field<'_, 't>) {
    let mut seen = Seen::new();
    for taint in taints.items().filter(|taint| taint.value.is_mapping()) {
        let [key, value, effect] = fields!(taint, ["key", "value", "effect"]);
        key.iter().for_each(|key| names::label_key(object, key));
        value.iter().for_each(|value| names::label_value(object, value));
        let (Some(key), Some(effect)) = (key, effect) else { continue };
        let (Some(text), Some(word)) = (key.plain_text(), effect.plain_text()) else { continue };
        if let Some(first) = seen.before(format!("{word} {text}").into(), key.value.span()) {
            let finding = object
                .wrong(&DUPLICATE_NAME, &key, &format!("repeats `{text}` with the effect `{word}`"), "the second")
                .cause(first, "the first")
                .help(ONE);
            object.report(finding);
        }
    }
}

/// Of version 4 and of version 6 one network at most, which `read` checks.
pub(super) fn one_of_each_family<'t>(
    object: &mut Object<'_, 't>,
    networks: &Field<'_, 't>,
    read: impl Fn(&mut Object<'_, 't>, &Field<'_, 't>) -> Option<(IpAddr, u8)>,
) {
    let mut before: Vec<(IpAddr, Field<'_, 't>)> = Vec::new();
    for network in networks.items().take(3) {
        object.is_empty(&network, "a network");
        let Some((address, _)) = read(object, &network) else { continue };
        if let Some((_, first)) = before.iter().find(|(other, _)| other.is_ipv4() == address.is_ipv4()) {
            let family = if address.is_ipv4() { "IPv4" } else { "IPv6" };
            let first = object.span(&first.path());
            let finding = object
                .wrong(&CONFLICTING_FIELDS, &network, &format!("is a second network of {family}"), "the second")
                .cause(first, "the first")
                .help("keep one network of each family");
            return object.report(finding);
        }
        before.push((address, network));
    }
}

/// Checks a CSINode.
pub(super) fn drivers(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|_| object.resource.kind == "CSINode") else { return };
    let drivers = spec.get("drivers");
    let mut seen = Seen::new();
    for driver in drivers.iter().flat_map(Field::items).filter(|driver| driver.value.is_mapping()) {
        let [name, node, amount, keys] = fields!(driver, ["name", "nodeID", "allocatable", "topologyKeys"]);
        if let Some(name) = name {
            pod::driver_name(object, &name);
            object.unique(&mut seen, &name, ONE);
        }
        if let Some(node) = node
            && let Some(length) = node.text().map(|text| text.len()).filter(|length| *length > NODE_ID)
        {
            let fault = format!("has {length} characters, but may have {NODE_ID}");
            let finding = object.wrong(&TOO_LARGE, &node, &fault, "too long");
            object.report(finding);
        }
        object.not_negative(amount.as_ref().and_then(|amount| amount.get("count")).as_ref());
        let mut seen = Seen::new();
        for key in keys.iter().flat_map(Field::items) {
            object.is_empty(&key, "the key of a label");
            names::qualified(object, &key);
            object.unique(&mut seen, &key, ONE);
        }
    }
}
