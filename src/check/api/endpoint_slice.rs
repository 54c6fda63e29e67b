//! EndpointSlices: `validateEndpoints` in `k8s.io/kubernetes/pkg/apis/discovery/validation/validation.go`.

use std::net::IpAddr;

use super::names;
use super::object::{Field, Object, fields, shown};
use super::rules::INVALID_TEXT;

pub(super) fn check(object: &mut Object<'_, '_>) {
    if &*object.resource.kind != "EndpointSlice" {
        return;
    }
    let root = object.root();
    let [kind, endpoints] = fields!(root, ["addressType", "endpoints"]);
    let kind = kind.and_then(|kind| kind.text()).unwrap_or_default();
    for endpoint in endpoints.iter().flat_map(Field::items) {
        let [addresses, host, node] = fields!(endpoint, ["addresses", "hostname", "nodeName"]);
        for address in addresses.iter().flat_map(Field::items).filter(|_| matches!(&*kind, "IPv4" | "IPv6")) {
            check_address(object, &address, &kind);
        }
        if let Some(host) = host {
            names::label(object, &host);
        }
        if let Some(node) = node {
            names::subdomain(object, &node);
        }
    }
}

fn check_address<'t>(object: &mut Object<'_, 't>, address: &Field<'_, 't>, kind: &str) {
    let Some(text) = address.plain_text() else { return };
    let Some(ip) = names::parse_address(&text) else { return names::address(object, address) };
    if matches!(ip, IpAddr::V6(ip) if ip.to_ipv4_mapped().is_some()) {
        return;
    }
    if ip.is_ipv4() != (kind == "IPv4") {
        let fault = format!("is `{text}`, but the slice is for `{kind}`");
        let finding = object
            .wrong(&INVALID_TEXT, address, &fault, &format!("not {kind}"))
            .help("make a slice for each type of address");
        object.report(finding);
    } else if ip.is_unspecified() || ip.is_loopback() || is_link_local(ip) {
        // `ValidateEndpointIP`
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
