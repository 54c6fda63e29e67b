//! Ranges of addresses for Services: `validateServiceCIDRSpec` in
//! `k8s.io/kubernetes/pkg/apis/networking/validation/validation.go`, which takes networks in their canonical form alone
//! (`IsValidCIDR` in `k8s.io/apimachinery/pkg/util/validation/ip.go`).

use std::net::IpAddr;

use super::object::{Field, Object};
use super::rules::INVALID_TEXT;
use super::{nodes, service, warnings};

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
