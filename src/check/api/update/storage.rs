//! Kinds of which a few plain fields cannot change.
//!
//! | kind | function | where |
//! | --- | --- | --- |
//! | StorageClass | `ValidateStorageClassUpdate` | `pkg/apis/storage/validation` |
//! | CSIDriver | `ValidateCSIDriverUpdate` | `pkg/apis/storage/validation` |
//! | VolumeAttributesClass | `ValidateVolumeAttributesClassUpdate` | `pkg/apis/storage/validation` |
//! | PriorityClass | `ValidatePriorityClassUpdate` | `pkg/apis/scheduling/validation` |
//! | IngressClass | `validateIngressClassSpecUpdate` | `pkg/apis/networking/validation` |
//! | ResourceQuota | `ValidateResourceQuotaUpdate` | `pkg/apis/core/validation` |
//! | RuntimeClass | `ValidateRuntimeClassUpdate` | `pkg/apis/node/validation` |
//! | EndpointSlice | `ValidateEndpointSliceUpdate` | `pkg/apis/discovery/validation` |
//! | ClusterTrustBundle | `ValidateClusterTrustBundleUpdate` | `pkg/apis/certificates/validation` |

use super::Update;
use super::kinds::Kind;
use super::plain::Plain;

/// The fields that cannot change, and what the server fills in for them; `None` for nothing.
fn fields(kind: Kind) -> &'static [(&'static [&'static str], Option<&'static str>)] {
    match kind {
        Kind::StorageClass => &[
            (&["provisioner"], None),
            (&["parameters"], None),
            (&["reclaimPolicy"], Some("Delete")),
            (&["volumeBindingMode"], Some("Immediate")),
        ],
        Kind::PriorityClass => &[(&["value"], None), (&["preemptionPolicy"], Some("PreemptLowerPriority"))],
        Kind::IngressClass => &[(&["spec", "controller"], None)],
        Kind::ResourceQuota => &[(&["spec", "scopes"], None)],
        Kind::RuntimeClass => &[(&["handler"], None)],
        Kind::StorageDriver => &[(&["spec", "attachRequired"], None), (&["spec", "volumeLifecycleModes"], None)],
        Kind::AttributesClass => &[(&["driverName"], None), (&["parameters"], None)],
        Kind::EndpointSlice => &[(&["addressType"], None)],
        Kind::TrustBundle => &[(&["spec", "signerName"], None)],
        _ => &[],
    }
}

pub(super) fn fixed_fields(update: &mut Update<'_, '_, '_>, kind: Kind) {
    let name = update.resource.kind.clone();
    let help = format!("keep the old value; or give the {name} another name, and name that where it is used");
    for (field, default) in fields(kind) {
        let fill_in = |plain: &mut Option<Plain>| fill_in(kind, field, *default, plain);
        update.immutable_with(field, fill_in, &help);
    }
}

fn fill_in(kind: Kind, field: &[&str], default: Option<&str>, plain: &mut Option<Plain>) {
    *plain = plain.take().filter(|plain| !plain.is_zero() || plain.as_bool().is_some());
    if let Some(default) = default {
        plain.get_or_insert_with(|| Plain::text(default));
    }
    match (kind, field) {
        (Kind::StorageDriver, ["spec", "attachRequired"]) => drop(plain.get_or_insert_with(|| Plain::boolean(true))),
        (Kind::StorageDriver, _) => {
            plain.get_or_insert_with(|| Plain::List(vec![Plain::text("Persistent")]));
        }
        // A set, in any order.
        (Kind::ResourceQuota, _) => {
            if let Some(Plain::List(scopes)) = plain {
                scopes.sort_by(|one, other| one.as_text().cmp(&other.as_text()));
                scopes.dedup();
            }
        }
        _ => {}
    }
}
