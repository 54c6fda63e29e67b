//! Which lists a strategic merge patch merges, and by which keys: the schema of Kubernetes 1.21 that kustomize embeds.

use super::super::resource::Gvk;

/// Where in an object a merge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing is known: lists are replaced.
    Opaque,
    Object(Spec),
    Meta,
    Spec(Spec),
    PodTemplate,
    Pod,
    Container,
    EphemeralContainer,
    JobTemplate,
    Status,
}

/// What the spec of an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spec {
    Pod,
    /// With a `template` of a pod.
    Workload,
    CronJob,
    PodTemplate,
    Service,
    ServiceAccount,
    Webhooks,
    Node,
    CsiNode,
    Other,
}

/// How a list, or a map, is patched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strategy {
    Replace,
    /// By these keys; none for a set of scalars.
    Merge(&'static [&'static str]),
}

/// The groups of the schema, those of `*.k8s.io` aside.
const GROUPS: [&str; 6] = ["", "apps", "autoscaling", "batch", "extensions", "policy"];

impl Shape {
    /// Of objects of a kind.
    pub fn of(gvk: &Gvk) -> Shape {
        let is_known = GROUPS.contains(&&*gvk.group)
            || matches!(
                &*gvk.group,
                "admissionregistration.k8s.io"
                    | "apiextensions.k8s.io"
                    | "apiregistration.k8s.io"
                    | "certificates.k8s.io"
                    | "coordination.k8s.io"
                    | "discovery.k8s.io"
                    | "events.k8s.io"
                    | "flowcontrol.apiserver.k8s.io"
                    | "networking.k8s.io"
                    | "node.k8s.io"
                    | "rbac.authorization.k8s.io"
                    | "scheduling.k8s.io"
                    | "storage.k8s.io"
            );
        if !is_known {
            return Shape::Opaque;
        }
        Shape::Object(match (&*gvk.group, &*gvk.kind) {
            ("", "Pod") => Spec::Pod,
            ("", "ReplicationController")
            | ("apps", "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet")
            | ("batch", "Job") => Spec::Workload,
            ("batch", "CronJob") => Spec::CronJob,
            ("", "PodTemplate") => Spec::PodTemplate,
            ("", "Service") => Spec::Service,
            ("", "ServiceAccount") => Spec::ServiceAccount,
            ("", "Node") => Spec::Node,
            ("admissionregistration.k8s.io", _) => Spec::Webhooks,
            ("storage.k8s.io", "CSINode") => Spec::CsiNode,
            _ => Spec::Other,
        })
    }

    /// Of the value of a key, or of the items of the list there, and how it is patched.
    pub fn below(self, key: &str) -> (Shape, Strategy) {
        use Strategy::{Merge, Replace};
        const NAME: Strategy = Merge(&["name"]);
        match (self, key) {
            (Shape::Object(_), "metadata") => (Shape::Meta, Replace),
            (Shape::Object(_), "status") => (Shape::Status, Replace),
            (Shape::Object(Spec::Pod), "spec") => (Shape::Pod, Replace),
            (Shape::Object(Spec::PodTemplate), "template") => (Shape::PodTemplate, Replace),
            (Shape::Object(Spec::ServiceAccount), "secrets") => (Shape::Opaque, NAME),
            (Shape::Object(Spec::Webhooks), "webhooks") => (Shape::Opaque, NAME),
            (Shape::Object(spec), "spec") => (Shape::Spec(spec), Replace),
            (Shape::Meta, "ownerReferences") => (Shape::Opaque, Merge(&["uid"])),
            (Shape::Meta, "finalizers") => (Shape::Opaque, Merge(&[])),
            (Shape::Spec(Spec::Workload), "template") => (Shape::PodTemplate, Replace),
            (Shape::Spec(Spec::CronJob), "jobTemplate") => (Shape::JobTemplate, Replace),
            (Shape::Spec(Spec::Service), "ports") => (Shape::Opaque, Merge(&["port", "protocol"])),
            (Shape::Spec(Spec::Node), "podCIDRs") => (Shape::Opaque, Merge(&[])),
            (Shape::Spec(Spec::CsiNode), "drivers") => (Shape::Opaque, NAME),
            (Shape::JobTemplate, "spec") => (Shape::Spec(Spec::Workload), Replace),
            (Shape::JobTemplate | Shape::PodTemplate, "metadata") => (Shape::Meta, Replace),
            (Shape::PodTemplate, "spec") => (Shape::Pod, Replace),
            (Shape::Pod, "containers" | "initContainers") => (Shape::Container, NAME),
            (Shape::Pod, "ephemeralContainers") => (Shape::EphemeralContainer, NAME),
            (Shape::Pod, "imagePullSecrets" | "volumes") => (Shape::Opaque, NAME),
            (Shape::Pod, "hostAliases") => (Shape::Opaque, Merge(&["ip"])),
            (Shape::Pod, "topologySpreadConstraints") => (Shape::Opaque, Merge(&["topologyKey", "whenUnsatisfiable"])),
            (Shape::Container, "ports") => (Shape::Opaque, Merge(&["containerPort", "protocol"])),
            (Shape::Container | Shape::EphemeralContainer, "env") => (Shape::Opaque, NAME),
            (Shape::Container | Shape::EphemeralContainer, "volumeMounts") => (Shape::Opaque, Merge(&["mountPath"])),
            (Shape::Container | Shape::EphemeralContainer, "volumeDevices") => (Shape::Opaque, Merge(&["devicePath"])),
            (Shape::Status, "conditions") => (Shape::Opaque, Merge(&["type"])),
            _ => (Shape::Opaque, Replace),
        }
    }
}
