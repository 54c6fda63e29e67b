//! Leases: `ValidateLeaseSpec` in `k8s.io/kubernetes/pkg/apis/coordination/validation/validation.go` (1.36). Without the
//! feature `CoordinatedLeaderElection`, which is off by default, `strategy` and `preferredHolder` are dropped before.

use super::object::{Object, fields};

pub(super) fn check(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|_| object.resource.kind == "Lease") else { return };
    let [duration, changes] = fields!(spec, ["leaseDurationSeconds", "leaseTransitions"]);
    if let Some(duration) = duration.filter(|field| field.integer().is_some_and(|seconds| seconds < 1)) {
        object.out_of_range(&duration, "1 or more");
    }
    object.not_negative(changes.as_ref());
}
