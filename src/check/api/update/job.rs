//! Jobs and pods of their own: `ValidateJobSpecUpdate` in `pkg/apis/batch/validation/validation.go`, and
//! `ValidatePodUpdate` in `pkg/apis/core/validation/validation.go`.

use super::Update;
use super::defaults;
use super::difference::{Difference, What, between};
use super::plain::Plain;
use crate::check::schema::Version;
use crate::model::path::{Path, Segment};

const REPLACE: &str = "give the Job another name, or have it replaced: `kustomize.toolkit.fluxcd.io/force: enabled` for \
                       Flux, `argocd.argoproj.io/sync-options: Force=true,Replace=true` for Argo CD";

/// From here on a suspended Job may get other resources (`MutablePodResourcesForSuspendedJobs`, on by default).
const RESOURCES_MAY_CHANGE: Version = Version::new(36);

/// What a Job runs cannot change.
pub(super) fn job(update: &mut Update<'_, '_, '_>) {
    // Such a Job is gone soon after it ran, and is then created anew.
    if update.old.at(&["spec", "ttlSecondsAfterFinished"]).is_some() {
        return;
    }
    completions(update);
    template(update);
    let strip = |plain: &mut Option<Plain>| plain.iter_mut().for_each(defaults::strip);
    update.immutable_with(&["spec", "selector"], strip, REPLACE);
    update.immutable_or(&["spec", "completionMode"], &Plain::text("NonIndexed"), REPLACE);
    update.immutable_with(&["spec", "podFailurePolicy"], failure_policy, REPLACE);
    for field in ["backoffLimitPerIndex", "managedBy"] {
        update.immutable(&["spec", field], REPLACE);
    }
    update.immutable_with(&["spec", "successPolicy"], strip, REPLACE);
}

/// `SetDefaults_PodFailurePolicyOnPodConditionsPattern`
fn failure_policy(policy: &mut Option<Plain>) {
    let Some(policy) = policy else { return };
    for rule in policy.get_mut("rules").into_iter().flat_map(Plain::items_mut) {
        for pattern in rule.get_mut("onPodConditions").into_iter().flat_map(Plain::items_mut) {
            pattern.default_zero("status", || Plain::text("True"));
        }
    }
    defaults::strip(policy);
}

/// The number of completions of an Indexed Job may change together with its parallelism. A number that is not written
/// stays as the server filled it in.
fn completions(update: &mut Update<'_, '_, '_>) {
    let field = ["spec", "completions"];
    let read = |plain: &Plain| -> Option<i128> {
        let has_parallelism = plain.at(&["spec", "parallelism"]).is_some();
        plain.at(&field).map_or_else(|| (!has_parallelism).then_some(1), Plain::as_number)
    };
    let (old, new) = (read(update.old), read(update.new));
    if old == new || (update.old.at(&field).is_none() && update.new.at(&field).is_none()) {
        return;
    }
    let is_indexed = update.new.at(&["spec", "completionMode"]).and_then(Plain::as_text) == Some("Indexed");
    let parallelism = update.new.at(&["spec", "parallelism"]).map_or(Some(1), Plain::as_number);
    if is_indexed && (new.is_none() || new == parallelism) {
        return;
    }
    let help = if is_indexed { "set `parallelism` to the same number, or keep the old one" } else { REPLACE };
    let one = |number: &mut Option<Plain>| {
        number.get_or_insert_with(|| Plain::number(1));
    };
    update.immutable_with(&field, one, help);
}

/// `validatePodTemplateUpdate`. Of a Job that was suspended it is not known whether it ever started; if it did not, what
/// decides where its pods run may change.
fn template(update: &mut Update<'_, '_, '_>) {
    let is_suspended = update.old.at(&["spec", "suspend"]).and_then(Plain::as_bool) == Some(true);
    let new_resources = is_suspended && update.version >= RESOURCES_MAY_CHANGE;
    let fill_in = |template: &mut Option<Plain>| {
        let Some(template) = template else { return };
        defaults::template(template);
        if is_suspended {
            free_to_schedule(template);
        }
        if new_resources {
            for key in ["containers", "initContainers"] {
                for container in template.at_mut(&["spec", key]).into_iter().flat_map(Plain::items_mut) {
                    container.remove("resources");
                }
            }
        }
    };
    update.immutable_with(&["spec", "template"], fill_in, REPLACE);
}

fn free_to_schedule(template: &mut Plain) {
    template.remove("metadata");
    let Some(spec) = template.get_mut("spec") else { return };
    for key in ["nodeSelector", "tolerations", "schedulingGates"] {
        spec.remove(key);
    }
    without_node_affinity(spec);
}

fn without_node_affinity(spec: &mut Plain) {
    let is_empty = spec.get_mut("affinity").is_some_and(|affinity| {
        affinity.remove("nodeAffinity");
        affinity.is_zero()
    });
    if is_empty {
        spec.remove("affinity");
    }
}

/// Of a pod the images may change, and little else.
pub(super) fn pod(update: &mut Update<'_, '_, '_>) {
    const HELP: &str = "give the Pod another name, or let a Deployment make it, which replaces pods by itself";
    let (Some(old), Some(new)) = (update.old.get("spec"), update.new.get("spec")) else { return };
    let is_gated = old.get("schedulingGates").is_some_and(|gates| !gates.is_zero());
    let (mut before, mut after) = (old.clone(), new.clone());
    without_policies_that_follow(&mut before, &mut after);
    for spec in [&mut before, &mut after] {
        of_its_own(spec);
        if is_gated {
            spec.remove("nodeSelector");
            without_node_affinity(spec);
        }
    }
    // What the scheduler and admission fill in where nothing is written.
    for key in ["nodeName", "priority", "preemptionPolicy", "priorityClassName"] {
        if before.get(key).is_none() {
            after.remove(key);
        }
    }
    let was_negative =
        before.get("terminationGracePeriodSeconds").and_then(Plain::as_number).is_some_and(|old| old < 0);
    if was_negative && after.get("terminationGracePeriodSeconds").and_then(Plain::as_number) == Some(1) {
        before.set("terminationGracePeriodSeconds", Plain::number(1));
    }
    let path = Path::of(["spec"]);
    let mut found = between(path.clone(), Some(&before), Some(&after));
    let deadline = Path::of(["spec", "activeDeadlineSeconds"]);
    match (old.get("activeDeadlineSeconds"), new.get("activeDeadlineSeconds")) {
        (Some(old), None) => found.push(Difference { path: deadline, what: What::Removed(old) }),
        (Some(old), Some(new)) if old.as_number() < new.as_number() => {
            found.push(Difference { path: deadline, what: What::Changed(old) });
        }
        _ => {}
    }
    if let Some(lost) = lost_toleration(old, new) {
        found.push(Difference { path: Path::of(["spec", "tolerations"]), what: What::Removed(lost) });
    }
    if let Some(added) = added_gate(old, new) {
        found.push(Difference { path: added, what: What::Added });
    }
    update.fixed(&path, found, HELP);
}

/// `validateOnlyDeletedSchedulingGates`
fn added_gate(old: &Plain, new: &Plain) -> Option<Path> {
    let gates = |spec: &'_ Plain| spec.get("schedulingGates").map(Plain::items).unwrap_or_default().to_vec();
    let before = gates(old);
    let at = gates(new).iter().position(|gate| !before.contains(gate))?;
    Some(Path(vec![Segment::from("spec"), Segment::from("schedulingGates"), Segment::Index(at)]))
}

/// A policy for pulling that is in neither version stays what the first image made it, whatever becomes of the image.
fn without_policies_that_follow(before: &mut Plain, after: &mut Plain) {
    const POLICY: &str = "imagePullPolicy";
    for key in ["containers", "initContainers"] {
        let (Some(old), Some(new)) = (before.get_mut(key), after.get_mut(key)) else { continue };
        for (old, new) in old.items_mut().iter_mut().zip(new.items_mut()) {
            if old.get(POLICY).is_none() && new.get(POLICY).is_none() {
                old.set(POLICY, Plain::text("as before"));
                new.set(POLICY, Plain::text("as before"));
            }
        }
    }
}

/// Fills in what `SetDefaults_Pod` and admission do, and leaves out what may change.
fn of_its_own(spec: &mut Plain) {
    defaults::pod(spec);
    spec.default("enableServiceLinks", || Plain::boolean(true));
    spec.default_zero("serviceAccountName", || Plain::text("default"));
    for key in ["activeDeadlineSeconds", "schedulingGates", "tolerations", "ephemeralContainers"] {
        spec.remove(key);
    }
    let on_host = spec.get("hostNetwork").and_then(Plain::as_bool) == Some(true);
    for key in ["containers", "initContainers"] {
        for container in spec.get_mut(key).into_iter().flat_map(Plain::items_mut) {
            container.remove("image");
            let limits = container.at(&["resources", "limits"]).cloned();
            if let (Some(Plain::Map(limits)), Some(resources)) = (limits, container.get_mut("resources")) {
                resources.default("requests", Plain::empty);
                if let Some(requests) = resources.get_mut("requests") {
                    limits.into_iter().for_each(|(key, limit)| requests.default(&key, || limit));
                }
            }
            for port in container.get_mut("ports").into_iter().flat_map(Plain::items_mut).filter(|_| on_host) {
                if let Some(number) = port.get("containerPort").cloned() {
                    port.default_zero("hostPort", || number);
                }
            }
        }
    }
    defaults::strip(spec);
}

/// `validateOnlyAddedTolerations`: nothing of a toleration may change but its seconds.
fn lost_toleration<'o>(old: &'o Plain, new: &Plain) -> Option<&'o Plain> {
    let without_seconds = |one: &Plain| {
        let mut one = one.clone();
        one.remove("tolerationSeconds");
        defaults::strip(&mut one);
        one
    };
    let now: Vec<Plain> =
        new.get("tolerations").map(Plain::items).unwrap_or_default().iter().map(without_seconds).collect();
    let before = old.get("tolerations").map(Plain::items).unwrap_or_default();
    before.iter().find(|one| !now.contains(&without_seconds(one)))
}
