//! The kinds whose updates are checked, and what is kept of their objects.

use super::plain::Plain;
use crate::model::resource::Resource;
use crate::model::value::Value;

/// A kind that has fields which cannot change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Those whose selector cannot change, and nothing else.
    Selected,
    StatefulSet,
    Job,
    Pod,
    Binding,
    Claim,
    Volume,
    ConfigMap,
    Secret,
    Service,
    CustomDefinition,
    StorageClass,
    PriorityClass,
    IngressClass,
    ResourceQuota,
    RuntimeClass,
    StorageDriver,
    AttributesClass,
    EndpointSlice,
    TrustBundle,
}

impl Kind {
    pub(super) fn of(resource: &Resource<'_>) -> Option<Kind> {
        Some(match (resource.group(), &*resource.kind) {
            ("apps", "Deployment" | "ReplicaSet" | "DaemonSet") => Kind::Selected,
            ("apps", "StatefulSet") => Kind::StatefulSet,
            ("batch", "Job") => Kind::Job,
            ("", "Pod") => Kind::Pod,
            ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => Kind::Binding,
            ("", "PersistentVolumeClaim") => Kind::Claim,
            ("", "PersistentVolume") => Kind::Volume,
            ("", "ConfigMap") => Kind::ConfigMap,
            ("", "Secret") => Kind::Secret,
            ("", "Service") => Kind::Service,
            ("", "ResourceQuota") => Kind::ResourceQuota,
            ("apiextensions.k8s.io", "CustomResourceDefinition") => Kind::CustomDefinition,
            ("storage.k8s.io", "StorageClass") => Kind::StorageClass,
            ("storage.k8s.io", "CSIDriver") => Kind::StorageDriver,
            ("storage.k8s.io", "VolumeAttributesClass") => Kind::AttributesClass,
            ("scheduling.k8s.io", "PriorityClass") => Kind::PriorityClass,
            ("networking.k8s.io", "IngressClass") => Kind::IngressClass,
            ("node.k8s.io", "RuntimeClass") => Kind::RuntimeClass,
            ("discovery.k8s.io", "EndpointSlice") => Kind::EndpointSlice,
            ("certificates.k8s.io", "ClusterTrustBundle") => Kind::TrustBundle,
            _ => return None,
        })
    }

    /// The parts that rules look at.
    fn parts(self) -> &'static [&'static [&'static str]] {
        match self {
            Kind::Selected => &[&["spec", "selector"]],
            Kind::StatefulSet => &[
                &["spec", "selector"],
                &["spec", "serviceName"],
                &["spec", "podManagementPolicy"],
                &["spec", "volumeClaimTemplates"],
            ],
            Kind::Job | Kind::Pod | Kind::Volume | Kind::Service => &[&["spec"]],
            Kind::Claim => &[&["spec"], &["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"]],
            Kind::Binding => &[&["roleRef"]],
            Kind::ConfigMap => &[&["immutable"], &["data"], &["binaryData"]],
            Kind::Secret => &[&["immutable"], &["type"], &["data"], &["stringData"], &["sops"]],
            Kind::ResourceQuota => &[&["spec", "scopes"]],
            Kind::CustomDefinition => &[
                &["spec", "group"],
                &["spec", "scope"],
                &["spec", "version"],
                &["spec", "names", "kind"],
                &["spec", "names", "plural"],
            ],
            Kind::StorageClass => &[&["provisioner"], &["parameters"], &["reclaimPolicy"], &["volumeBindingMode"]],
            Kind::PriorityClass => &[&["value"], &["preemptionPolicy"]],
            Kind::IngressClass => &[&["spec", "controller"]],
            Kind::RuntimeClass => &[&["handler"]],
            Kind::StorageDriver => &[&["spec", "attachRequired"], &["spec", "volumeLifecycleModes"]],
            Kind::AttributesClass => &[&["driverName"], &["parameters"]],
            Kind::EndpointSlice => &[&["addressType"]],
            Kind::TrustBundle => &[&["spec", "signerName"]],
        }
    }
}

/// Keeps what rules look at; `None` if that is too large.
pub(super) fn read(kind: Kind, root: Value<'_>) -> Option<Plain> {
    let mut kept = Plain::empty();
    for part in kind.parts() {
        keep(&mut kept, root, part)?;
    }
    if kind == Kind::CustomDefinition {
        // Schemas are large, and may change.
        let versions: Option<Vec<_>> =
            root.at(["spec", "versions"]).iter().flat_map(|versions| versions.items()).map(version).collect();
        put(&mut kept, &["spec", "versions"], Plain::List(versions?));
    }
    Some(kept)
}

fn version(version: Value<'_>) -> Option<Plain> {
    let mut kept = Plain::empty();
    keep(&mut kept, version, &["name"])?;
    keep(&mut kept, version, &["storage"])?;
    Some(kept)
}

fn keep(kept: &mut Plain, root: Value<'_>, part: &[&str]) -> Option<()> {
    if let Some(value) = root.at(part.iter().copied()).filter(|value| !value.is_null()) {
        put(kept, part, Plain::of(value)?);
    }
    Some(())
}

fn put(kept: &mut Plain, keys: &[&str], value: Plain) {
    match keys {
        [] => {}
        [key] => kept.set(key, value),
        [key, rest @ ..] => {
            kept.default(key, Plain::empty);
            if let Some(below) = kept.get_mut(key) {
                put(below, rest, value);
            }
        }
    }
}
