//! Addresses and networks that are not written as they should be: `GetWarningsForIP` and `GetWarningsForCIDR` in
//! `k8s.io/apimachinery/pkg/util/validation/ip.go`. From 1.36 on (`StrictIPCIDRValidation`, `pkg/features/kube_features.go`)
//! the server refuses those that programs read differently; only IPv6 that is not canonical stays a warning.

use std::net::IpAddr;

use crate::check::api::object::{Field, Object};
use crate::check::api::rules::NON_STANDARD_ADDRESS;
use crate::model::diagnostic::Diagnostic;
use crate::model::rule::Severity;

/// An address that the server takes: one with zeros before its digits, or of version 4 in the clothes of version 6, will
/// not be taken for ever.
pub(in crate::check::api) fn address<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, read: IpAddr) {
    let Some(written) = field.text() else { return };
    let proper = read.to_canonical();
    if proper != read || written.parse() != Ok(read) {
        report(object, field, "is an unusual way to write an address", &proper.to_string(), LATER);
    } else if read.is_ipv6() && proper.to_string() != *written {
        report(object, field, "is not written in the canonical form of RFC 5952", &proper.to_string(), COMPARED);
    }
}

/// A network that the server takes.
pub(in crate::check::api) fn network<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, read: IpAddr, length: u8) {
    let Some(written) = field.text() else { return };
    let written = written.trim();
    let whole = if read.is_ipv4() { 32 } else { 128 };
    let proper = format!("{}/{length}", masked(read, length));
    if masked(read, length) != read {
        let fault = format!("is `{written}`, which has bits behind its prefix");
        let finding = object
            .wrong(&NON_STANDARD_ADDRESS, field, &fault, "a network, or one address?")
            .effect("the API server accepts the object, with a warning, and the bits are ignored")
            .help(format!("write `{proper}` for the network, or `{read}/{whole}` for the one address"));
        let finding = strictly(object, finding);
        object.report(finding);
        return;
    }
    let proper = match (read, read.to_canonical()) {
        (IpAddr::V6(_), IpAddr::V4(inner)) if length >= 96 => format!("{inner}/{}", length - 96),
        _ => proper,
    };
    let is_mapped = read.to_canonical() != read;
    let is_plain = written
        .split_once('/')
        .is_some_and(|(address, digits)| address.parse() == Ok(read) && (digits == "0" || !digits.starts_with('0')));
    if is_mapped || !is_plain {
        report(object, field, "is an unusual way to write a network", &proper, LATER);
    } else if read.is_ipv6() && proper != written {
        report(object, field, "is not written in the canonical form of RFC 5952", &proper, COMPARED);
    }
}

const LATER: &str = "the API server accepts it with a warning, and refuses it from Kubernetes 1.36 on";
const COMPARED: &str = "the API server accepts it with a warning; whoever compares it as text takes it for another";

#[cold]
fn report<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, fault: &str, proper: &str, effect: &str) {
    let span = field.value.span();
    let finding = object
        .wrong(&NON_STANDARD_ADDRESS, field, fault, "unusual")
        .effect(effect)
        .help(format!("write `{proper}`"))
        .respell(false, span, proper);
    let finding = if effect == LATER { strictly(object, finding) } else { finding };
    object.report(finding);
}

/// What newer servers make of it.
fn strictly(object: &Object<'_, '_>, finding: Diagnostic) -> Diagnostic {
    if object.version.minor < 36 {
        return finding;
    }
    Diagnostic { severity: Severity::Error, ..finding.effect(object.effect) }
}

/// The address with the bits behind the prefix cleared.
pub(in crate::check::api) fn masked(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length.min(32))).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length.min(128))).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}
