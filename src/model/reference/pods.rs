//! The pods of an object.

use super::read::{labels, pairs};
use super::{Look, Pods, Written};

/// The route to the pod template of a workload; empty for a pod itself.
pub(super) fn template_of(group: &str, kind: &str) -> Option<&'static [&'static str]> {
    match (group, kind) {
        ("", "Pod") => Some(&[]),
        ("", "ReplicationController")
        | ("apps" | "extensions", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
        | ("argoproj.io", "Rollout")
        | ("batch", "Job") => Some(&["spec", "template"]),
        ("batch", "CronJob") => Some(&["spec", "jobTemplate", "spec", "template"]),
        _ => None,
    }
}

/// Reads the pods of an object; `pod` is the object itself or its template.
pub(super) fn read<L: Look>(object: &L, pod: &L, kind: &str) -> Option<Pods> {
    let spec = pod.get("spec")?;
    let containers = spec.items_at(&["containers"]);
    let restarts = spec.word_at(&["restartPolicy"]).is_none_or(|it| it.text == "Always");
    let selector = object.at(&["spec", "selector"]).map(|selector| labels(&selector)).filter(|selector| !selector.more);
    // One without fields is none, and a container that is started before the others and stays is one of them.
    let is_bare = |container: &&L| container.get("readinessProbe").is_none_or(|probe| probe.members().is_empty());
    let stays = |container: &L| container.word_at(&["restartPolicy"]).is_some_and(|it| it.text == "Always");
    let sidecars: Vec<L> = spec.items_at(&["initContainers"]).into_iter().filter(stays).collect();
    let bare = containers.iter().chain(&sidecars).filter(is_bare);
    Some(Pods {
        labels: pod.at(&["metadata", "labels"]).map_or_else(Vec::new, |it| pairs(&it)),
        selector: selector.map_or_else(Vec::new, |selector| selector.labels),
        selected_at: object.get("spec").and_then(|spec| key(&spec, "selector")).map(|key| key.span),
        containers: containers.len() + sidecars.len(),
        unready: bare.filter_map(|container| container.word_at(&["name"])).collect(),
        on_host: spec.word_at(&["hostNetwork"]).is_some_and(|it| it.text == "true"),
        end: !restarts || matches!(kind, "Job" | "CronJob"),
        whole: !containers.is_empty() && containers.iter().all(|container| container.get("image").is_some()),
    })
}

fn key(map: &impl Look, wanted: &str) -> Option<Written> {
    map.members().into_iter().map(|(key, _)| key).find(|key| key.text == wanted)
}
