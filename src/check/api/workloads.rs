//! The kinds that make pods: `k8s.io/kubernetes/pkg/apis/apps/validation` and `pkg/apis/batch/validation`.

mod amounts;
mod controlled;
mod cron_job;
mod daemon_set;
mod deployment;
mod failure_policy;
mod job;
mod schedule;
mod stateful_set;
mod success_policy;
mod time_zone;

use super::object::Object;
use super::pod::{self, Owner};

/// Checks an object of a kind that is, or makes, pods. Others are none of its business.
pub(super) fn check(object: &mut Object<'_, '_>) {
    let root = object.root();
    let resource = object.resource;
    let kind = (resource.group(), &*resource.kind);
    let has_spec = match kind {
        ("", "PodTemplate") => {
            if let Some(template) = root.get("template") {
                pod::template(object, &template, Owner::Template, |_, _| {});
            }
            return;
        }
        ("", "Pod" | "ReplicationController") => true,
        ("apps", "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet") => true,
        ("batch", "Job" | "CronJob") => true,
        _ => false,
    };
    if !has_spec {
        return;
    }
    let Some(spec) = root.get("spec") else {
        return object.needed(&root, "spec", &format!("by every {}", resource.kind), "add `spec`");
    };
    match kind.1 {
        "Pod" => pod::of_its_own(object, &spec),
        "ReplicationController" => controlled::replication_controller(object, &spec),
        "Deployment" => deployment::check(object, &spec),
        "ReplicaSet" => controlled::replica_set(object, &spec),
        "DaemonSet" => daemon_set::check(object, &spec),
        "StatefulSet" => stateful_set::check(object, &spec),
        "Job" => job::check(object, &spec),
        _ => cron_job::check(object, &spec),
    }
}
