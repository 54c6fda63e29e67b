//! Network policies: `ValidateNetworkPolicySpec` in
//! `k8s.io/kubernetes/pkg/apis/networking/validation/validation.go`.

use std::net::IpAddr;

use super::object::{Field, Object, fields};
use super::pod::ports;
use super::rules::{CONFLICTING_BOUNDS, INVALID_TEXT, REQUIRED_VALUE, TOO_LARGE};
use super::{selector, service};

pub(super) fn check(object: &mut Object<'_, '_>) {
    if (object.resource.group(), &*object.resource.kind) != ("networking.k8s.io", "NetworkPolicy") {
        return;
    }
    let root = object.root();
    let Some(spec) = root.get("spec") else { return };
    let [pods, incoming, outgoing, types] = fields!(spec, ["podSelector", "ingress", "egress", "policyTypes"]);
    if let Some(pods) = pods {
        selector::check(object, &pods);
    }
    for (rules, peers) in [(incoming, "from"), (outgoing, "to")] {
        for rule in rules.iter().flat_map(Field::items) {
            if let Some(ports) = rule.get("ports") {
                ports.items().for_each(|port| self::port(object, &port));
            }
            if let Some(peers) = rule.get(peers) {
                peers.items().for_each(|peer| self::peer(object, &peer));
            }
        }
    }
    if let Some(types) = types.filter(|types| types.count() > 2) {
        let finding = object.wrong(&TOO_LARGE, &types, "has more than two items", "there are only two types");
        object.report(finding.help("write `Ingress`, `Egress` or both, once each"));
    }
}

fn port<'t>(object: &mut Object<'_, 't>, item: &Field<'_, 't>) {
    let [port, end] = fields!(item, ["port", "endPort"]);
    if let Some(port) = &port {
        object.is_empty(port, "the name of a port");
        ports::check_number_or_name(object, port);
    }
    let Some(end) = end else { return };
    match port {
        None => object.forbidden(&end, "without `port`", "add `port`, where the range begins"),
        Some(port) if port.text().is_some() => {
            object.forbidden(&end, "with the name of a port", "write the number of the first port of the range");
        }
        Some(port) => {
            let last = ports::check_number(object, &end);
            if let (Some(first), Some(last)) = (port.integer(), last)
                && last < first
            {
                let fault = format!("is {last}, but the range begins at {first}");
                let finding = object
                    .wrong(&CONFLICTING_BOUNDS, &end, &fault, &format!("less than {first}"))
                    .cause(object.span(&port.path()), "the first port")
                    .help("make `endPort` at least `port`");
                object.report(finding);
            }
        }
    }
}

fn peer<'t>(object: &mut Object<'_, 't>, peer: &Field<'_, 't>) {
    if !peer.value.is_mapping() && !peer.value.is_null() {
        return;
    }
    let [pods, namespaces, block] = fields!(peer, ["podSelector", "namespaceSelector", "ipBlock"]);
    let selectors = [pods, namespaces];
    if block.is_none() && selectors.iter().all(Option::is_none) {
        let path = peer.path();
        let message = format!("{} selects nothing", object.place(&path));
        let finding = object
            .refuse(&REQUIRED_VALUE, path, message, "needs a selector or `ipBlock`")
            .help("add `podSelector`, `namespaceSelector` or `ipBlock`; an empty selector, `{}`, takes all");
        return object.report(finding);
    }
    for selector in selectors.iter().flatten() {
        selector::check(object, selector);
    }
    let Some(block) = block else { return };
    if let Some(other) = selectors.iter().flatten().next() {
        let span = object.span(&other.path());
        let finding = object.not_allowed(&block, "beside a selector").see(span, "the selector");
        object.report(finding.help("write two items, one with each"));
    }
    let [network, except] = fields!(block, ["cidr", "except"]);
    let network = match network.filter(|network| network.text().is_none_or(|text| !text.is_empty())) {
        Some(network) => service::cidr(object, &network).map(|parsed| (parsed, network)),
        None => return object.required(&block, "cidr"),
    };
    for part in except.iter().flat_map(Field::items) {
        object.is_empty(&part, "a network");
        let (Some(inner), Some((outer, field))) = (service::cidr(object, &part), &network) else { continue };
        if !is_inside(inner, *outer) {
            let whole = object.span(&field.path());
            let fault = format!("is not a part of `{}`", field.text().unwrap_or_default());
            let finding = object
                .wrong(&INVALID_TEXT, &part, &fault, "outside of the block, or all of it")
                .cause(whole, "the block")
                .help("except a smaller network inside of the block");
            object.report(finding);
        }
    }
}

/// Whether a network is a smaller one inside of another.
fn is_inside((address, length): (IpAddr, u8), (outer, outer_length): (IpAddr, u8)) -> bool {
    let bits = |address: IpAddr, length: u8| match address {
        IpAddr::V4(four) => u128::from(u32::from(four).checked_shr(32 - u32::from(length)).unwrap_or(0)),
        IpAddr::V6(six) => u128::from(six).checked_shr(128 - u32::from(length)).unwrap_or(0),
    };
    address.is_ipv4() == outer.is_ipv4()
        && length > outer_length
        && bits(address, outer_length) == bits(outer, outer_length)
}
