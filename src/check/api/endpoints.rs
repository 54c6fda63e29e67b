//! Endpoints: `validateEndpointSubsets` in `k8s.io/kubernetes/pkg/apis/core/validation/validation.go`.

use super::object::{Field, Object, fields};
use super::{endpoint_slice, names};

pub(super) fn check(object: &mut Object<'_, '_>) {
    if object.resource.kind != "Endpoints" {
        return;
    }
    let root = object.root();
    let subsets = root.get("subsets");
    for subset in subsets.iter().flat_map(Field::items).filter(|subset| subset.value.is_mapping()) {
        let [ready, others, ports] = fields!(subset, ["addresses", "notReadyAddresses", "ports"]);
        let is_empty = |list: Option<Field<'_, '_>>| list.is_none_or(|list| list.value.is_empty());
        if is_empty(ready) && is_empty(others) {
            object.needed(&subset, "addresses", "where there are no `notReadyAddresses`", "add an address");
        }
        for address in [&ready, &others].into_iter().flatten().flat_map(Field::items) {
            let [ip, host, node] = fields!(address, ["ip", "hostname", "nodeName"]);
            if let Some(ip) = ip {
                endpoint_slice::check_address(object, &ip, None);
            }
            if let Some(host) = host {
                names::label(object, &host);
            }
            if let Some(node) = node {
                names::subdomain(object, &node);
            }
        }
        let Some(ports) = ports else { continue };
        for port in ports.items().filter(|port| port.value.is_mapping()) {
            let [name, number, protocol] = fields!(port, ["name", "port", "appProtocol"]);
            match name.filter(|name| name.text().is_none_or(|text| !text.is_empty())) {
                Some(name) => names::label(object, &name),
                None if ports.count() > 1 => {
                    object.needed(&port, "name", "where there are several ports", "give each port a name");
                }
                None => {}
            }
            if let Some(number) = number.filter(|port| port.integer().is_some_and(|port| !(1..=65535).contains(&port)))
            {
                object.out_of_range(&number, "between 1 and 65535");
            }
            if let Some(protocol) = protocol {
                names::qualified(object, &protocol);
            }
        }
    }
}
