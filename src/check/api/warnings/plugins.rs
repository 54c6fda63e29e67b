//! Kinds of volumes that are on their way out, or gone: `warningsForPodSpecAndMeta` in `k8s.io/kubernetes/pkg/api/pod/warnings.go`,
//! `warningsForPersistentVolumeSpecAndMeta` in `pkg/api/persistentvolume/util.go`, and the comments of the fields in
//! `k8s.io/api/core/v1/types.go` about those whose work CSI drivers have taken over.

use super::of_key;
use crate::check::api::object::{Field, Object};
use crate::check::api::rules::{DEPRECATED_VOLUME, REMOVED_VOLUME};

/// What became of a kind of volumes.
enum State {
    /// Deprecated in the first minor version, without function from the second on.
    Removed(u16, u16),
    /// Works as long as the CSI driver of that name is installed.
    Driver(&'static str),
    /// Works for now.
    Old(&'static str),
}

const PLUGINS: [(&str, State); 17] = [
    (
        "gitRepo",
        State::Old("deprecated since Kubernetes 1.11, and disabled since 1.33 unless a feature gate allows it"),
    ),
    ("flexVolume", State::Old("deprecated since Kubernetes 1.23")),
    ("photonPersistentDisk", State::Removed(11, 16)),
    ("scaleIO", State::Removed(16, 22)),
    ("flocker", State::Removed(22, 25)),
    ("storageos", State::Removed(22, 25)),
    ("quobyte", State::Removed(22, 25)),
    ("glusterfs", State::Removed(25, 26)),
    ("cephfs", State::Removed(28, 31)),
    ("rbd", State::Removed(28, 31)),
    ("awsElasticBlockStore", State::Driver("ebs.csi.aws.com")),
    ("azureDisk", State::Driver("disk.csi.azure.com")),
    ("azureFile", State::Driver("file.csi.azure.com")),
    ("cinder", State::Driver("cinder.csi.openstack.org")),
    ("gcePersistentDisk", State::Driver("pd.csi.storage.gke.io")),
    ("portworxVolume", State::Driver("pxd.portworx.com")),
    ("vsphereVolume", State::Driver("csi.vsphere.vmware.com")),
];

/// Looks for one of them in a volume of a pod, or in the spec of a PersistentVolume.
pub(in crate::check::api) fn volume<'t>(object: &mut Object<'_, 't>, volume: &Field<'_, 't>) {
    for entry in volume.value.entries().filter(|entry| !entry.value.is_null()) {
        let key = entry.name();
        let Some((_, state)) = PLUGINS.iter().find(|(known, _)| *known == key) else { continue };
        if let Some(field) = volume.get(&key) {
            report(object, &field, &key, state);
        }
    }
}

#[cold]
fn report<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, key: &str, state: &State) {
    let claims = object.resource.kind != "PersistentVolume";
    let help = match (key, claims) {
        ("gitRepo", _) => "clone into an `emptyDir` volume, in an init container",
        (_, true) => "use the CSI driver of the storage, through a PersistentVolumeClaim",
        (_, false) => "write the volume for the CSI driver of the storage, under `csi`",
    };
    let stuck = "the API server accepts the object with a warning, and pods wait for the volume for ever";
    let finding = match state {
        State::Removed(since, gone) if object.version.minor >= *gone => {
            let fault = format!("is without function since Kubernetes 1.{gone}, and was deprecated in 1.{since}");
            of_key(object, &REMOVED_VOLUME, field, &fault, help).effect(stuck)
        }
        State::Removed(since, gone) => {
            let fault = format!("is deprecated since Kubernetes 1.{since}, and without function from 1.{gone} on");
            of_key(object, &DEPRECATED_VOLUME, field, &fault, help)
        }
        State::Old(fault) => of_key(object, &DEPRECATED_VOLUME, field, &format!("is {fault}"), help),
        State::Driver(driver) => {
            let fault = format!("is deprecated: the CSI driver `{driver}` does its work");
            let effect = "where the driver is not installed, pods wait for the volume for ever";
            of_key(object, &DEPRECATED_VOLUME, field, &fault, help).effect(effect)
        }
    };
    object.report(finding);
}
