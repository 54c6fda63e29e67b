//! `policies/lib/workload.rego`: every kind with a pod spec, seen as the pods it makes; and the rule `naked-pod`.

use crate::model::path::Segment;
use crate::model::value::Value;

use super::super::rego::result::Violation;
use super::{object, violation};

/// A container of a pod.
pub(super) struct Container<'t> {
    pub spec: Value<'t>,
    list: &'static str,
    at: usize,
}

/// The lists of containers, and what messages call one of them.
const LISTS: [(&str, &str); 3] =
    [("containers", "container"), ("initContainers", "init container"), ("ephemeralContainers", "ephemeral container")];

/// Where the kind keeps its pod spec.
fn pod_path(object: Value<'_>) -> &'static [&'static str] {
    match object.get("kind").and_then(Value::as_str).as_deref() {
        Some("Pod") => &["spec"],
        Some("PodTemplate") => &["template", "spec"],
        Some("CronJob") => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => &["spec", "template", "spec"],
    }
}

/// The pod spec.
pub(super) fn pod<'t>(object: Value<'t>) -> Option<Value<'t>> {
    object.at(pod_path(object).iter().copied()).filter(|pod| pod.is_mapping())
}

/// All containers of a pod.
pub(super) fn containers(pod: Value<'_>) -> Vec<Container<'_>> {
    let of = |(list, _): (&'static str, &str)| {
        let items = object::list(pod, list).enumerate().filter(|(_, spec)| spec.is_mapping());
        items.map(move |(at, spec)| Container { spec, list, at })
    };
    LISTS.into_iter().flat_map(of).collect()
}

impl Container<'_> {
    /// Whether it was added to a pod that runs.
    pub(super) fn is_ephemeral(&self) -> bool {
        self.list == "ephemeralContainers"
    }

    /// ``container `web` ``, for messages.
    pub(super) fn title(&self) -> String {
        let noun = LISTS.iter().find(|(list, _)| *list == self.list).map_or("", |(_, noun)| noun);
        match self.spec.get("name").and_then(Value::as_str) {
            Some(name) => format!("{noun} `{name}`"),
            None => format!("{noun} `#{}`", self.at),
        }
    }

    /// Where it stands, with a field of it.
    pub(super) fn path(&self, object: Value<'_>, field: Option<&str>) -> Vec<Segment> {
        let mut path: Vec<Segment> = pod_path(object).iter().map(|key| Segment::from(*key)).collect();
        path.extend([Segment::from(self.list), Segment::Index(self.at)]);
        path.extend(field.map(Segment::from));
        path
    }
}

/// Whether it is no patch: it has what the API server asks of its kind, and every container says what it runs.
pub(super) fn is_complete(object: Value<'_>) -> bool {
    let text = |key| object.get(key).and_then(Value::as_str);
    let mark: &[&str] = match text("kind").as_deref() {
        _ if text("apiVersion").is_some_and(|version| version.starts_with("extensions/")) => &["spec", "template"],
        Some("Pod") => &["spec", "containers"],
        Some("PodTemplate") => &["template", "spec", "containers"],
        Some("ReplicationController") => &["spec", "template"],
        Some("Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet" | "Rollout") => &["spec", "selector"],
        Some("Job") => &["spec", "template", "spec", "restartPolicy"],
        Some("CronJob") => &["spec", "jobTemplate", "spec", "template", "spec", "restartPolicy"],
        _ => return false,
    };
    let Some(pod) = pod(object) else { return false };
    object.at(mark.iter().copied()).is_some_and(|value| !value.is_null())
        && object::list(pod, "containers").next().is_some()
        && containers(pod).iter().all(|container| container.spec.get("image").is_some_and(|image| image.is_string()))
}

/// `naked-pod`
pub(super) fn naked(object: Value<'_>) -> Option<Vec<Violation>> {
    let owned =
        object.get("metadata").is_none_or(|metadata| object::list(metadata, "ownerReferences").next().is_some());
    let placed = object::is_hook(object) || object::holds(object::annotation(object, "kubernetes.io/config.mirror"));
    if owned || placed || !is_complete(object) {
        return Some(Vec::new());
    }
    let message = format!("{} has no controller", object::describe(object));
    Some(vec![violation(message, vec![Segment::from("kind")])])
}
