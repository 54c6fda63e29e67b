//! Services: `ValidateServiceUpdate` in `pkg/apis/core/validation/validation.go`.
//!
//! Addresses, families and ports that are not written stay what the server chose (`patchAllocatedValues` and
//! `initIPFamilyFields` in `pkg/registry/core/service`).

use super::Update;
use super::difference::{Difference, What};
use super::plain::Plain;
use crate::model::path::{Path, Segment};

pub(super) fn service(update: &mut Update<'_, '_, '_>) {
    let (Some(old), Some(new)) = (update.old.get("spec"), update.new.get("spec")) else { return };
    if [old, new].iter().all(|spec| kind(spec) == "LoadBalancer") {
        update.immutable(&["spec", "loadBalancerClass"], "keep the old class, or give the Service another name");
        let is_local = |spec: &Plain| text(spec, "externalTrafficPolicy") == Some("Local");
        let port = |spec: &Plain| spec.get("healthCheckNodePort").and_then(Plain::as_number).filter(|port| *port != 0);
        if is_local(old) && is_local(new) && port(old).is_some() && port(new).is_some() {
            update.immutable(&["spec", "healthCheckNodePort"], "keep the old port, or remove the field");
        }
    }
    if [old, new].iter().any(|spec| kind(spec) == "ExternalName") {
        return;
    }
    addresses(update, old, new);
    let is_headless = |spec: &Plain| address(spec) == Some("None");
    if !is_headless(old) && !is_headless(new) {
        first_of(update, "ipFamilies", old, new, "keep the old family first, or give the Service another name");
    }
}

fn text<'p>(spec: &'p Plain, key: &str) -> Option<&'p str> {
    spec.get(key).and_then(Plain::as_text).filter(|text| !text.is_empty())
}

fn kind(spec: &Plain) -> &str {
    text(spec, "type").unwrap_or("ClusterIP")
}

/// The first address, which may be `None`.
fn address(spec: &Plain) -> Option<&str> {
    let first = || spec.get("clusterIPs")?.items().first()?.as_text();
    text(spec, "clusterIP").or_else(first)
}

/// `validateUpgradeDowngradeClusterIPs`: the first address cannot change, and `None` is one. What the server chose is not
/// known here.
fn addresses<'o>(update: &mut Update<'_, 'o, '_>, old: &'o Plain, new: &Plain) {
    const HELP: &str = "keep the old address, or give the Service another name";
    let Some(now) = address(new) else { return };
    let was = address(old);
    if was == Some(now) {
        return;
    }
    let path = match text(new, "clusterIP") {
        Some(_) => Path::of(["spec", "clusterIP"]),
        None => Path(vec![Segment::from("spec"), Segment::from("clusterIPs"), Segment::Index(0)]),
    };
    let before = old.get("clusterIP").or_else(|| old.get("clusterIPs")?.items().first());
    let what = match before {
        Some(before) => What::Changed(before),
        None if now == "None" => What::Added,
        None => return,
    };
    update.fixed(&path.clone(), vec![Difference { path, what }], HELP);
}

/// `validateUpgradeDowngradeIPFamilies`
fn first_of<'o>(update: &mut Update<'_, 'o, '_>, key: &str, old: &'o Plain, new: &Plain, help: &str) {
    let first = |spec: &'o Plain| spec.get(key).and_then(|list| list.items().first());
    let now = new.get(key).and_then(|list| list.items().first());
    if let (Some(old), Some(now)) = (first(old), now)
        && old != now
    {
        let path = Path(vec![Segment::from("spec"), Segment::from(key), Segment::Index(0)]);
        update.fixed(&path.clone(), vec![Difference { path, what: What::Changed(old) }], help);
    }
}
