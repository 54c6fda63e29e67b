//! Which lists a strategic merge patch merges, and by which keys: the schema of Kubernetes 1.21 that kustomize embeds, or
//! one that a kustomization names.

use std::ops::Deref;

use super::super::openapi::{Definition, OpenApi};
use super::super::resource::Gvk;

/// Where in an object a merge is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape<'s> {
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
    /// As somebody's own schema has it.
    Custom(Definition<'s>),
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
#[derive(Debug, Clone, Copy)]
pub(super) enum Strategy<'s> {
    Replace,
    /// By these keys; none for a set of scalars.
    Merge(Keys<'s>),
}

/// The keys that tell the elements of a list apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys<'s> {
    all: [&'s str; MOST],
    count: usize,
}

/// More keys than any list has.
const MOST: usize = 4;

impl<'s> Keys<'s> {
    fn of(keys: impl IntoIterator<Item = &'s str>) -> Self {
        let mut own = Keys { all: [""; MOST], count: 0 };
        for key in keys.into_iter().take(MOST) {
            own.all[own.count] = key;
            own.count += 1;
        }
        own
    }
}

impl<'s> Deref for Keys<'s> {
    type Target = [&'s str];

    fn deref(&self) -> &Self::Target {
        &self.all[..self.count]
    }
}

/// The groups of the schema, those of `*.k8s.io` aside.
const GROUPS: [&str; 6] = ["", "apps", "autoscaling", "batch", "extensions", "policy"];

impl<'s> Shape<'s> {
    /// Of objects of a kind.
    pub fn of(gvk: &Gvk, openapi: Option<&'s OpenApi>) -> Self {
        if let Some(schema) = openapi.and_then(|openapi| openapi.schema.as_ref()) {
            return schema.of_kind(gvk).map_or(Shape::Opaque, Shape::Custom);
        }
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
    pub fn below(self, key: &str) -> (Self, Strategy<'s>) {
        let (shape, keys): (Self, Option<&'static [&'static str]>) = match self {
            Shape::Custom(definition) => {
                let Some(below) = definition.field(key) else { return (Shape::Opaque, Strategy::Replace) };
                let strategy = below.merge_keys().map_or(Strategy::Replace, |keys| Strategy::Merge(Keys::of(keys)));
                return (below.elements().map_or(Shape::Custom(below), Shape::Custom), strategy);
            }
            _ => self.built_in(key),
        };
        (shape, keys.map_or(Strategy::Replace, |keys| Strategy::Merge(Keys::of(keys.iter().copied()))))
    }

    /// As the schema has it that is built in.
    fn built_in(self, key: &str) -> (Self, Option<&'static [&'static str]>) {
        const NAME: Option<&'static [&'static str]> = Some(&["name"]);
        match (self, key) {
            (Shape::Object(_), "metadata") => (Shape::Meta, None),
            (Shape::Object(_), "status") => (Shape::Status, None),
            (Shape::Object(Spec::Pod), "spec") => (Shape::Pod, None),
            (Shape::Object(Spec::PodTemplate), "template") => (Shape::PodTemplate, None),
            (Shape::Object(Spec::ServiceAccount), "secrets") => (Shape::Opaque, NAME),
            (Shape::Object(Spec::Webhooks), "webhooks") => (Shape::Opaque, NAME),
            (Shape::Object(spec), "spec") => (Shape::Spec(spec), None),
            (Shape::Meta, "ownerReferences") => (Shape::Opaque, Some(&["uid"])),
            (Shape::Meta, "finalizers") => (Shape::Opaque, Some(&[])),
            (Shape::Spec(Spec::Workload), "template") => (Shape::PodTemplate, None),
            (Shape::Spec(Spec::CronJob), "jobTemplate") => (Shape::JobTemplate, None),
            (Shape::Spec(Spec::Service), "ports") => (Shape::Opaque, Some(&["port", "protocol"])),
            (Shape::Spec(Spec::Node), "podCIDRs") => (Shape::Opaque, Some(&[])),
            (Shape::Spec(Spec::CsiNode), "drivers") => (Shape::Opaque, NAME),
            (Shape::JobTemplate, "spec") => (Shape::Spec(Spec::Workload), None),
            (Shape::JobTemplate | Shape::PodTemplate, "metadata") => (Shape::Meta, None),
            (Shape::PodTemplate, "spec") => (Shape::Pod, None),
            (Shape::Pod, "containers" | "initContainers") => (Shape::Container, NAME),
            (Shape::Pod, "ephemeralContainers") => (Shape::EphemeralContainer, NAME),
            (Shape::Pod, "imagePullSecrets" | "volumes") => (Shape::Opaque, NAME),
            (Shape::Pod, "hostAliases") => (Shape::Opaque, Some(&["ip"])),
            (Shape::Pod, "topologySpreadConstraints") => (Shape::Opaque, Some(&["topologyKey", "whenUnsatisfiable"])),
            (Shape::Container, "ports") => (Shape::Opaque, Some(&["containerPort", "protocol"])),
            (Shape::Container | Shape::EphemeralContainer, "env") => (Shape::Opaque, NAME),
            (Shape::Container | Shape::EphemeralContainer, "volumeMounts") => (Shape::Opaque, Some(&["mountPath"])),
            (Shape::Container | Shape::EphemeralContainer, "volumeDevices") => (Shape::Opaque, Some(&["devicePath"])),
            (Shape::Status, "conditions") => (Shape::Opaque, Some(&["type"])),
            _ => (Shape::Opaque, None),
        }
    }
}
