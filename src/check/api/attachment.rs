//! Volumes on nodes, and what drivers have left: `ValidateVolumeAttachment` and `ValidateCSIStorageCapacity` in
//! `k8s.io/kubernetes/pkg/apis/storage/validation/validation.go` (1.36).

use super::object::{Field, Object, fields};
use super::quantity::Quantity;
use super::rules::{CONFLICTING_FIELDS, REQUIRED_VALUE};
use super::{names, pod, selector};

/// Checks a VolumeAttachment. Its status is dropped on creation.
pub(super) fn volume(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|_| object.resource.kind == "VolumeAttachment") else { return };
    let [attacher, node, source] = fields!(spec, ["attacher", "nodeName", "source"]);
    attacher.iter().for_each(|attacher| pod::driver_name(object, attacher));
    node.iter().for_each(|node| names::subdomain(object, node));
    let Some(source) = source.filter(|source| source.value.is_mapping()) else { return };
    let [name, inline] = fields!(source, ["persistentVolumeName", "inlineVolumeSpec"]);
    match (name, inline) {
        (Some(name), None) => {
            object.is_empty(&name, "the name of a volume");
            names::subdomain(object, &name);
        }
        (None, Some(inline)) => self::inline(object, &inline),
        (Some(name), Some(inline)) => {
            let (path, span) = (inline.path(), object.key_span(&name.path()));
            let message = format!("{} stands beside `persistentVolumeName`", object.name(&path));
            let key = object.key_span(&path);
            let finding = object
                .refuse_at(&CONFLICTING_FIELDS, key, path, message, "a second source")
                .cause(span, "the first source")
                .help("keep one of the two");
            object.report(finding);
        }
        (None, None) => {
            let path = source.path();
            let message = format!("no volume in {}", object.place(&path));
            let finding = object.refuse(&REQUIRED_VALUE, path, message, "needs a volume");
            object.report(finding.help("add `persistentVolumeName`"));
        }
    }
}

/// A volume that was written in a pod, as a driver sees it: `ValidatePersistentVolumeSpec`.
fn inline<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    if !spec.value.is_mapping() {
        return;
    }
    let [claim, capacity, affinity, driver, modes] =
        fields!(spec, ["claimRef", "capacity", "nodeAffinity", "csi", "accessModes"]);
    let capacity = capacity.filter(|capacity| !capacity.value.is_mapping() || !capacity.value.is_empty());
    for field in [claim, capacity, affinity].into_iter().flatten() {
        object.forbidden(&field, "in a volume of a pod", "remove it");
    }
    if driver.is_none() {
        object.needed(spec, "csi", "by a volume of a pod", "add the `csi` that the driver knows the volume by");
    }
    if modes.is_none_or(|modes| modes.value.is_sequence() && modes.value.is_empty()) {
        object.needed(spec, "accessModes", "by every volume", "add `accessModes`, such as `[ReadWriteOnce]`");
    }
}

/// Checks a CSIStorageCapacity.
pub(super) fn capacity(object: &mut Object<'_, '_>) {
    if object.resource.kind != "CSIStorageCapacity" {
        return;
    }
    let root = object.root();
    let [class, amount, nodes] = fields!(root, ["storageClassName", "capacity", "nodeTopology"]);
    class.iter().for_each(|class| names::subdomain(object, class));
    nodes.iter().for_each(|nodes| _ = selector::check(object, nodes));
    if let Some(amount) = amount.filter(|amount| Quantity::of(amount.value).is_some_and(Quantity::is_negative)) {
        object.out_of_range(&amount, "0 or more");
    }
}
