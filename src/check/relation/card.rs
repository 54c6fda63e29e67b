//! What is kept of an object, so that it can be compared with others when its tree is gone.

use std::borrow::Cow;
use std::sync::Arc;

use crate::check::exemption::Exemptions;
use crate::check::wording::is_placeholder;
use crate::model::resource::{Resource, ResourceId};
use crate::model::scalar::Scalar;
use crate::model::source::Span;
use crate::model::value::Value;

/// Keys and values of labels.
pub(super) type Labels = Vec<(String, String)>;

/// An object that relations are about.
#[derive(Debug)]
pub(super) struct Card {
    pub id: Arc<ResourceId>,
    pub facts: Facts,
    pub exemptions: Exemptions,
}

#[derive(Debug)]
pub(super) enum Facts {
    Workload(Workload),
    /// The labels that a disruption budget asks for.
    Budget(Labels),
    /// The labels that a network policy asks for.
    NetworkPolicy(Labels),
    /// A network policy of another kind, whose reach is not read.
    OtherNetworkPolicy,
}

#[derive(Debug)]
pub(super) struct Workload {
    /// Those of its pods.
    pub labels: Labels,
    /// Where the number of replicas is written, and the number.
    pub replicas: Option<(Span, i64)>,
    /// Where its selector stands.
    pub selected_at: Span,
}

impl Card {
    /// Reads an object; `None` if no relation is about its kind, or if something in it is filled in later.
    pub(super) fn of(resource: &Resource<'_>) -> Option<Card> {
        let value = resource.value;
        let asked_for = |key| value.at(["spec", key, "matchLabels"]).map(labels).unwrap_or_default();
        let facts = match (resource.group(), &*resource.kind) {
            ("policy", "PodDisruptionBudget") => Facts::Budget(asked_for("selector")),
            ("networking.k8s.io", "NetworkPolicy") => Facts::NetworkPolicy(asked_for("podSelector")),
            ("cilium.io" | "crd.projectcalico.org" | "projectcalico.org" | "policy.networking.k8s.io", kind)
                if kind.contains("NetworkPolicy") =>
            {
                Facts::OtherNetworkPolicy
            }
            ("apps" | "extensions", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
            | ("argoproj.io", "Rollout")
            | ("", "ReplicationController" | "Pod") => Facts::Workload(workload(resource)?),
            _ => return None,
        };
        let id = Arc::new(resource.id());
        Some(Card { id, facts, exemptions: Exemptions::of(resource) })
    }
}

/// Whether labels have all that are asked for.
pub(super) fn selects(wanted: &Labels, labels: &Labels) -> bool {
    wanted.iter().all(|label| labels.contains(label))
}

fn labels(value: Value<'_>) -> Labels {
    let text = |value: Value<'_>| value.text().map(Cow::into_owned).unwrap_or_default();
    value.entries().map(|entry| (entry.name().into_owned(), text(entry.value))).collect()
}

fn workload(resource: &Resource<'_>) -> Option<Workload> {
    let value = resource.value;
    let template = if resource.kind == "Pod" { value } else { value.at(["spec", "template"])? };
    let own = template.at(["metadata", "labels"]).map(labels).unwrap_or_default();
    let is_open = own.iter().any(|(key, value)| is_placeholder(key) || is_placeholder(value));
    // A patch does not say what every container runs.
    let containers = template.at(["spec", "containers"])?;
    let is_whole = !containers.is_empty() && containers.items().all(|one| one.get("image").is_some());
    if is_open || !is_whole {
        return None;
    }
    let replicas = value.at(["spec", "replicas"]).and_then(|value| match value.scalar()? {
        Scalar::Int(number) => Some((value.span(), number)),
        _ => None,
    });
    let selector = value.entry("spec").and_then(|spec| spec.value.entry("selector"));
    let selected_at = selector.map_or_else(|| value.title_span(), |entry| entry.key.span());
    Some(Workload { labels: own, replicas, selected_at })
}
