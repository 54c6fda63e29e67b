//! EndpointSlices: `validateEndpoints` in `k8s.io/kubernetes/pkg/apis/discovery/validation/validation.go`.

use std::net::IpAddr;

use super::names;
use super::object::{Field, Object, fields, shown};
use super::rules::INVALID_TEXT;
use super::seen::Seen;

/// `maxAddresses`
const ADDRESSES: usize = 100;
/// `maxZoneHints`, `maxNodeHints`
const HINTS: usize = 8;

pub(super) fn check(object: &mut Object<'_, '_>) {
    if &*object.resource.kind != "EndpointSlice" {
        return;
    }
    let root = object.root();
    let [kind, endpoints, ports] = fields!(root, ["addressType", "endpoints", "ports"]);
    let kind = kind.and_then(|kind| kind.text()).unwrap_or_default();
    for endpoint in endpoints.iter().flat_map(Field::items) {
        let [addresses, host, node, hints] = fields!(endpoint, ["addresses", "hostname", "nodeName", "hints"]);
        addresses.iter().for_each(|addresses| object.at_most(addresses, ADDRESSES));
        for address in addresses.iter().flat_map(Field::items) {
            match &*kind {
                "IPv4" | "IPv6" => {
                    object.is_empty(&address, "an address");
                    check_address(object, &address, Some(&kind));
                }
                "FQDN" => check_domain(object, &address),
                _ => {}
            }
        }
        if let Some(host) = host {
            names::label(object, &host);
        }
        if let Some(node) = node {
            names::subdomain(object, &node);
        }
        let Some([zones, nodes]) = hints.as_ref().map(|hints| fields!(hints, ["forZones", "forNodes"])) else {
            continue;
        };
        [&zones, &nodes].into_iter().flatten().for_each(|hints| object.at_most(hints, HINTS));
        let (mut seen, help) = (Seen::new(), "remove one of the two");
        for zone in zones.iter().flat_map(Field::items) {
            let Some(name) = zone.get("name") else { continue };
            names::label_value(object, &name);
            object.unique(&mut seen, &name, help);
        }
        let mut seen = Seen::new();
        for node in nodes.iter().flat_map(Field::items) {
            let Some(name) = node.get("name") else { continue };
            names::subdomain(object, &name);
            object.unique(&mut seen, &name, help);
        }
    }
    // `validatePorts`
    let mut seen = Seen::new();
    for port in ports.iter().flat_map(Field::items).filter(|port| port.value.is_mapping()) {
        object.unique_or_absent(&mut seen, &port, "name", "give each port a name of its own");
        let [name, protocol] = fields!(port, ["name", "appProtocol"]);
        if let Some(name) = name {
            names::label(object, &name);
        }
        if let Some(protocol) = protocol {
            object.is_empty(&protocol, "a protocol");
            names::qualified(object, &protocol);
        }
    }
}

/// `IsFullyQualifiedDomainName` in `k8s.io/apimachinery/pkg/util/validation/validation.go`
fn check_domain<'t>(object: &mut Object<'_, 't>, address: &Field<'_, 't>) {
    if object.is_empty(address, "a domain") {
        return;
    }
    let Some(text) = address.plain_text() else { return };
    let name = text.strip_suffix('.').unwrap_or(&text);
    if !(names::is_subdomain(name) && name.contains('.') && name.split('.').all(names::is_label)) {
        let fault = format!("is `{text}`, but must be a domain of two parts or more");
        let finding = object.wrong(&INVALID_TEXT, address, &fault, "no such domain");
        object.report(finding);
    }
}

/// An address of an endpoint, of the kind that the slice is for, if there is one: `ValidateEndpointIP`.
pub(super) fn check_address<'t>(object: &mut Object<'_, 't>, address: &Field<'_, 't>, kind: Option<&str>) {
    let Some(text) = address.plain_text() else { return };
    let Some(ip) = names::parse_address(&text) else { return names::address(object, address) };
    // From 1.36 on the server asks for the usual way to write one (`StrictIPCIDRValidation`).
    if object.version.minor >= 36 && (ip.to_canonical() != ip || text.parse() != Ok(ip)) {
        return names::address(object, address);
    }
    if matches!(ip, IpAddr::V6(ip) if ip.to_ipv4_mapped().is_some()) {
        return;
    }
    if let Some(kind) = kind.filter(|kind| ip.is_ipv4() != (*kind == "IPv4")) {
        let fault = format!("is `{text}`, but the slice is for `{kind}`");
        let finding = object
            .wrong(&INVALID_TEXT, address, &fault, &format!("not {kind}"))
            .help("make a slice for each type of address");
        object.report(finding);
    } else if ip.is_unspecified() || ip.is_loopback() || is_link_local(ip) {
        let fault = format!("is `{}`, which is no address of an endpoint", shown(address));
        let finding = object
            .wrong(&INVALID_TEXT, address, &fault, "unspecified or local")
            .help("write the address that other nodes reach it at");
        object.report(finding);
    }
}

/// The link's own addresses, those of groups included.
fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local() || ip.octets()[..3] == [224, 0, 0],
        IpAddr::V6(ip) => ip.segments()[0] & 0xffc0 == 0xfe80 || ip.segments()[0] & 0xff0f == 0xff02,
    }
}
