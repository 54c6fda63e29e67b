//! Workloads whose pods are found by labels: `ValidateDeploymentUpdate`, `ValidateReplicaSetUpdate`,
//! `ValidateDaemonSetSpecUpdate` and `ValidateStatefulSetUpdate` in `pkg/apis/apps/validation/validation.go`.

use super::Update;
use super::plain::Plain;
use super::{claim, defaults};

/// A selector cannot change.
pub(super) fn selected(update: &mut Update<'_, '_, '_>) {
    let kind = &*update.resource.kind;
    let help = format!("keep the old selector, or give the {kind} another name and remove the old one");
    selector(update, &help);
}

fn selector(update: &mut Update<'_, '_, '_>, help: &str) {
    let field = ["spec", "selector"];
    // That a selector is there at all is asked for elsewhere.
    if [update.old, update.new].iter().all(|one| one.at(&field).is_some()) {
        update.immutable_with(&field, |selector| selector.iter_mut().for_each(defaults::strip), help);
    }
}

/// What can change is `replicas`, `ordinals`, `template`, `updateStrategy`, `revisionHistoryLimit`,
/// `persistentVolumeClaimRetentionPolicy` and `minReadySeconds`.
pub(super) fn stateful_set(update: &mut Update<'_, '_, '_>) {
    let name = update.id.name.clone().unwrap_or_default();
    let recreate = format!(
        "keep the old value; or run `kubectl delete statefulset {name} --cascade=orphan`, which leaves pods and volumes \
         alone, and let it be created again"
    );
    selector(update, &recreate);
    update.immutable_with(&["spec", "serviceName"], empty_text, &recreate);
    update.immutable_or(&["spec", "podManagementPolicy"], &Plain::text("OrderedReady"), &recreate);
    let grow = format!(
        "keep the old value; to grow the volumes, edit the claims themselves, then run `kubectl delete statefulset {name} \
         --cascade=orphan` and let it be created again"
    );
    update.immutable_with(&["spec", "volumeClaimTemplates"], templates, &grow);
}

/// The empty text is absence.
fn empty_text(plain: &mut Option<Plain>) {
    *plain = plain.take().filter(|plain| !plain.is_zero());
}

/// Of a template nothing is read but its metadata and its `spec`; `apiVersion`, `kind` and `status` are the server's.
fn templates(plain: &mut Option<Plain>) {
    for template in plain.iter_mut().flat_map(Plain::items_mut) {
        for key in ["apiVersion", "kind", "status"] {
            template.remove(key);
        }
        if let Some(metadata) = template.get_mut("metadata") {
            metadata.remove("creationTimestamp");
        }
        if let Some(spec) = template.get_mut("spec") {
            claim::fill_in(spec);
        }
        defaults::strip(template);
    }
    empty_text(plain);
}
