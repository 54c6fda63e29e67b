//! Ranges of addresses for Services and the addresses in them: `validateServiceCIDRSpec` and `ValidateIPAddress` in
//! `k8s.io/kubernetes/pkg/apis/networking/validation/validation.go`, which take networks and addresses in their canonical
//! form alone (`IsValidCIDR` and `IsValidIP` in `k8s.io/apimachinery/pkg/util/validation/ip.go`).

use std::net::IpAddr;

use super::object::{Field, Object, fields};
use super::rules::{INVALID_NAME, INVALID_TEXT};
use super::syntax::Syntax;
use super::{names, nodes, service, warnings};

pub(super) fn check(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|_| object.resource.kind == "ServiceCIDR") else { return };
    match spec.get("cidrs").filter(|ranges| !ranges.value.is_sequence() || ranges.count() > 0) {
        Some(ranges) => {
            object.at_most(&ranges, 2);
            nodes::one_of_each_family(object, &ranges, range);
        }
        None => object.needed(&spec, "cidrs", "by every range", "add a network, such as `10.96.0.0/16`"),
    }
}

fn range<'t>(object: &mut Object<'_, 't>, range: &Field<'_, 't>) -> Option<(IpAddr, u8)> {
    let text = range.plain_text()?;
    let Some((address, length)) = service::parse_cidr(&text) else { return service::cidr(object, range) };
    let proper = warnings::masked(address, length);
    let canonical = format!("{proper}/{length}");
    if canonical != *text {
        let fault = format!("is `{text}`, which is not the canonical form of a network");
        let finding = object
            .wrong(&INVALID_TEXT, range, &fault, "another form")
            .help(format!("write `{canonical}`"))
            .respell(false, range.value.span(), canonical);
        object.report(finding);
    }
    Some((proper, length))
}

/// Checks an IPAddress, whose name is the address.
pub(super) fn address(object: &mut Object<'_, '_>) {
    if object.resource.kind != "IPAddress" {
        return;
    }
    let root = object.root();
    let metadata = root.get("metadata");
    if let Some(name) = metadata.as_ref().and_then(|metadata| metadata.get("name")) {
        named(object, &name);
    }
    let spec = root.get("spec");
    let Some(parent) = spec.as_ref().and_then(|spec| spec.get("parentRef")) else { return };
    let [group, resource, name, namespace] = fields!(parent, ["group", "resource", "name", "namespace"]);
    group.iter().for_each(|group| names::subdomain(object, group));
    for field in [resource, name, namespace].into_iter().flatten() {
        names::name(object, &field, Syntax::PathSegment);
    }
}

fn named<'t>(object: &mut Object<'_, 't>, name: &Field<'_, 't>) {
    let Some(text) = name.plain_text() else { return };
    let address = names::parse_address(&text);
    // An address of version 4 within one of version 6 has no form that is taken.
    let mapped = |address: &IpAddr| matches!(address, IpAddr::V6(six) if six.to_ipv4_mapped().is_some());
    let finding = match address.filter(|address| !mapped(address)) {
        Some(address) if address.to_string() == *text => return,
        Some(address) => {
            let fault = format!("is `{text}`, which is not the canonical form of an address");
            let finding = object.wrong(&INVALID_NAME, name, &fault, "another form");
            finding.help(format!("write `{address}`")).respell(false, name.value.span(), address.to_string())
        }
        None => object
            .wrong(&INVALID_NAME, name, &format!("is `{text}`, which is not an IP address"), "not an IP address")
            .help("the name of an IPAddress is the address, such as `10.96.0.10`"),
    };
    object.report(finding);
}
