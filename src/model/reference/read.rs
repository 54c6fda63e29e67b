//! Reads the facts of an object.

use std::sync::Arc;

use super::{Facts, Look, Pair, Selector, Written, makes, needs, pods};
use crate::model::path::Path;
use crate::model::resource::{ANNOTATIONS, ResourceId};

/// What the annotations have in their names by which objects ask other tools not to tell of them.
const WISHES: [&str; 3] = ["ignore", "skip", "exempt"];

impl Facts {
    /// Reads an object; `None` for objects without a name, and for those that have nothing to do with others unless
    /// `all` are wanted, with what comes to be because of them.
    #[must_use]
    pub fn of(object: &impl Look, all: bool) -> Option<Facts> {
        let kind = object.word_at(&["kind"])?.text;
        let api_version = object.word_at(&["apiVersion"]).map_or_else(String::new, |it| it.text);
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        let template = pods::template_of(group, &kind);
        if template.is_none() && !all && !has_relations(group, &kind) {
            return None;
        }
        let name = object.word_at(&["metadata", "name"])?;
        let id = ResourceId {
            group: group.to_owned(),
            version: version.to_owned(),
            kind,
            namespace: object.word_at(&["metadata", "namespace"]).map(|it| it.text),
            name: Some(name.text.clone()),
        };
        let mut facts = Facts {
            name,
            pods: None,
            selects: None,
            needs: Vec::new(),
            keys: Vec::new(),
            replicas: None,
            is_off: false,
            recreates: false,
            is_scraped: false,
            is_headless: false,
            mounts_token: None,
            least: None,
            ignores_replicas: false,
            makes: Vec::new(),
            mentions: Vec::new(),
            included: Vec::new(),
            wishes: wishes(object),
            id: Arc::new(id),
        };
        match (&*facts.id.group, &*facts.id.kind) {
            ("argoproj.io", "Application" | "ApplicationSet") => {
                facts.ignores_replicas = ignores_replicas(object);
                if !facts.ignores_replicas && !all {
                    return None;
                }
            }
            ("", "Service") => {
                facts.selects = service(object);
                facts.is_scraped = is_scraped(object, &facts.name.text);
                facts.is_headless = object.word_at(&["spec", "clusterIP"]).is_some_and(|it| it.text == "None");
            }
            ("", "ServiceAccount") => facts.mounts_token = mounts_token(object),
            ("policy", "PodDisruptionBudget") => {
                facts.selects = labels_at(object, "selector");
                facts.least = object.word_at(&["spec", "minAvailable"]);
            }
            ("networking.k8s.io", "NetworkPolicy") => facts.selects = labels_at(object, "podSelector"),
            ("", "ConfigMap" | "Secret") => {
                let parts = ["data", "stringData", "binaryData"].into_iter().filter_map(|part| object.get(part));
                facts.keys = parts.flat_map(|part| part.members()).map(|(key, _)| key.text).collect();
            }
            _ => {}
        }
        if let Some(template) = template {
            // None at all switches the workload off, and its autoscaler with it.
            let replicas = object.word_at(&["spec", "replicas"]);
            facts.is_off = replicas.as_ref().is_some_and(|it| it.text == "0");
            facts.replicas = replicas.filter(|_| !facts.is_off);
            facts.recreates = object.word_at(&["spec", "strategy", "type"]).is_some_and(|it| it.text == "Recreate");
            let pod = if template.is_empty() { None } else { Some(object.at(template)?) };
            let pod = pod.as_ref().unwrap_or(object);
            facts.pods = Some(pods::read(object, pod, &facts.id.kind)?);
            let spec = pod.get("spec")?;
            facts.mounts_token = mounts_token(&spec);
            facts.needs = needs::of_pods(object, &spec, template);
        }
        facts.needs.extend(needs::of_object(object, &facts.id));
        if all {
            facts.makes = makes::made_of(object, &facts.id);
            facts.mentions = makes::mentions(object, &facts.id);
        }
        Some(facts)
    }
}

/// `automountServiceAccountToken`, which may be written in the words of YAML 1.1. What is neither true nor false is taken
/// for true: it is no word to go by.
fn mounts_token(object: &impl Look) -> Option<bool> {
    let word = object.word_at(&["automountServiceAccountToken"])?.text.to_ascii_lowercase();
    Some(!matches!(&*word, "false" | "no" | "off" | "n"))
}

/// Kinds beside workloads that refer to others, or that others refer to.
fn has_relations(group: &str, kind: &str) -> bool {
    match group {
        "" => matches!(kind, "Service" | "ConfigMap" | "Secret" | "ServiceAccount" | "PersistentVolumeClaim"),
        "policy" => kind == "PodDisruptionBudget",
        "autoscaling" | "autoscaling.k8s.io" => kind.ends_with("PodAutoscaler"),
        "keda.sh" => kind == "ScaledObject",
        "extensions" => kind == "Ingress",
        "networking.k8s.io" => matches!(kind, "Ingress" | "NetworkPolicy"),
        "gateway.networking.k8s.io" => kind.ends_with("Route"),
        "rbac.authorization.k8s.io" | "admissionregistration.k8s.io" | "apiregistration.k8s.io" => true,
        "argoproj.io" => matches!(kind, "Application" | "ApplicationSet"),
        _ => kind.contains("NetworkPolicy"),
    }
}

/// A Service without pods of its own, and one that is for pods that are not ready, wants none.
fn service(object: &impl Look) -> Option<Selector> {
    let word = |key: &str| object.word_at(&["spec", key]).map(|it| it.text);
    let is_external = word("type").is_some_and(|kind| kind == "ExternalName");
    let ignores = word("publishNotReadyAddresses").is_some_and(|flag| flag == "true");
    if is_external || ignores {
        return None;
    }
    let labels = pairs(&object.at(&["spec", "selector"])?);
    Some(Selector { labels, more: false, path: Path::of(["spec", "selector"]) })
}

/// Whether a Service says by its name, or by those of all its ports, that it is for metrics. `metrics-server` is another
/// matter.
fn is_scraped(object: &impl Look, name: &str) -> bool {
    if ["-metrics", "-metrics-service"].iter().any(|end| name.ends_with(end)) {
        return true;
    }
    let names: Vec<_> = object.items_at(&["spec", "ports"]).iter().map(|port| port.word_at(&["name"])).collect();
    let is_for_metrics = |name: &Written| ["metrics", "prometheus"].iter().any(|word| name.text.contains(word));
    !names.is_empty() && names.iter().all(|name| name.as_ref().is_some_and(is_for_metrics))
}

fn labels_at(object: &impl Look, key: &str) -> Option<Selector> {
    let mut selector = labels(&object.at(&["spec", key])?);
    selector.path = Path::of(["spec", key, "matchLabels"]);
    Some(selector)
}

/// A `LabelSelector`.
pub(super) fn labels(selector: &impl Look) -> Selector {
    let more = selector.get("matchExpressions").is_some_and(|more| !more.items().is_empty());
    let labels = selector.get("matchLabels").map_or_else(Vec::new, |labels| pairs(&labels));
    Selector { labels, more, path: Path::default() }
}

pub(super) fn pairs(labels: &impl Look) -> Vec<Pair> {
    labels.members().into_iter().filter_map(|(key, value)| Some(Pair { key, value: value.word()? })).collect()
}

fn ignores_replicas<L: Look>(object: &L) -> bool {
    let lists = [&["spec", "ignoreDifferences"][..], &["spec", "template", "spec", "ignoreDifferences"]];
    let entries = lists.into_iter().flat_map(|list| object.items_at(list));
    let names_replicas = |word: L| word.word().is_some_and(|it| it.text.contains("replicas"));
    let has_word = |entry: &L, key: &str| entry.items_at(&[key]).into_iter().any(names_replicas);
    entries.into_iter().any(|entry| has_word(&entry, "jsonPointers") || has_word(&entry, "jqPathExpressions"))
}

fn wishes(object: &impl Look) -> Vec<(String, String)> {
    let all = ANNOTATIONS.iter().filter_map(|place| object.at(place)).flat_map(|annotations| annotations.members());
    let wishes = all.filter(|(key, _)| WISHES.iter().any(|word| key.text.contains(word)));
    wishes.filter_map(|(key, value)| Some((key.text, value.word()?.text))).collect()
}
