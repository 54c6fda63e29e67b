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
    let spec = || root.get("spec");
    match (object.resource.group(), &*object.resource.kind) {
        ("", "Pod") => spec().iter().for_each(|spec| pod::of_its_own(object, &root, spec)),
        ("", "PodTemplate") => {
            if let Some(template) = root.get("template") {
                pod::template(object, &template, Owner::Template, |_, _| {});
            }
        }
        ("", "ReplicationController") => {
            spec().iter().for_each(|spec| controlled::replication_controller(object, spec));
        }
        ("apps", "Deployment") => spec().iter().for_each(|spec| deployment::check(object, spec)),
        ("apps", "ReplicaSet") => spec().iter().for_each(|spec| controlled::replica_set(object, spec)),
        ("apps", "DaemonSet") => spec().iter().for_each(|spec| daemon_set::check(object, spec)),
        ("apps", "StatefulSet") => spec().iter().for_each(|spec| stateful_set::check(object, spec)),
        ("batch", "Job") => spec().iter().for_each(|spec| job::check(object, spec)),
        ("batch", "CronJob") => spec().iter().for_each(|spec| cron_job::check(object, spec)),
        _ => {}
    }
}
