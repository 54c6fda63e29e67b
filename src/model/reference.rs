//! What objects offer each other and ask of each other: little enough of each to be kept for a whole run.

use super::source::Span;

/// A text and where a person would edit it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Written {
    /// The text.
    pub text: String,
    /// The place.
    pub span: Span,
}

/// A label, or a part of a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The key.
    pub key: Written,
    /// The value.
    pub value: Written,
}

/// The pods that a workload makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pods {
    /// Their labels.
    pub labels: Vec<Pair>,
    /// `spec.selector.matchLabels` of the workload; empty where there is none, or more than that.
    pub selector: Vec<Pair>,
    /// How many containers they have.
    pub containers: usize,
    /// The names of those without a readiness probe.
    pub unready: Vec<Written>,
    /// They run for a time and end: pods of Jobs.
    pub end: bool,
}

/// A ConfigMap or Secret that pods need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// `ConfigMap` or `Secret`.
    pub kind: &'static str,
    /// Its name.
    pub name: Written,
    /// The key in it; the whole object if there is none.
    pub key: Option<Written>,
}

/// An object that others refer to, or that refers to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// `Deployment`
    pub kind: String,
    /// `metadata.name`
    pub name: Written,
    /// `metadata.namespace`, empty where there is none.
    pub namespace: String,
    /// What it runs.
    pub pods: Option<Pods>,
    /// The labels of the pods that it wants, if nothing but labels says which.
    pub selects: Vec<Pair>,
    /// What its pods need.
    pub uses: Vec<Use>,
    /// The keys of its data.
    pub keys: Vec<String>,
    /// `spec.replicas`, if somebody has written it.
    pub replicas: Option<Span>,
    /// Kind and name of what an autoscaler scales.
    pub scales: Option<(String, Written)>,
    /// A definition that leaves the number of replicas to others (`ignoreDifferences` of Argo CD).
    pub ignores_replicas: bool,
}

/// Objects that are applied together.
#[derive(Debug, Clone, Default)]
pub struct Set {
    /// The overlay or environment that makes them; absent for plain files of a folder.
    pub name: Option<String>,
    /// The objects.
    pub facts: Vec<Facts>,
}

/// A tree that facts can be read from.
pub trait Look: Sized {
    /// The value of a key.
    fn get(&self, key: &str) -> Option<Self>;
    /// The items of a list.
    fn items(&self) -> Vec<Self>;
    /// The keys of a map, each with its place and its value.
    fn members(&self) -> Vec<(Written, Self)>;
    /// The text of a scalar; absent for null.
    fn word(&self) -> Option<Written>;

    /// The value at the end of a chain of keys.
    fn at(&self, keys: &[&str]) -> Option<Self> {
        let (first, rest) = keys.split_first()?;
        let value = self.get(first)?;
        if rest.is_empty() { Some(value) } else { value.at(rest) }
    }
}

impl Facts {
    /// Reads an object; `None` for kinds that have nothing to do with others, and for objects without a name.
    #[must_use]
    pub fn of(object: &impl Look) -> Option<Facts> {
        let kind = object.get("kind")?.word()?.text;
        let template: &[&str] = match kind.as_str() {
            "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" | "ReplicationController" => {
                &["spec", "template"]
            }
            "CronJob" => &["spec", "jobTemplate", "spec", "template"],
            "Application"
            | "ApplicationSet"
            | "Pod"
            | "Service"
            | "PodDisruptionBudget"
            | "NetworkPolicy"
            | "HorizontalPodAutoscaler"
            | "ConfigMap"
            | "Secret" => &[],
            _ => return None,
        };
        let mut facts = Facts {
            name: object.at(&["metadata", "name"])?.word()?,
            namespace: object
                .at(&["metadata", "namespace"])
                .and_then(|it| it.word())
                .map_or_else(String::new, |it| it.text),
            pods: None,
            selects: Vec::new(),
            uses: Vec::new(),
            keys: Vec::new(),
            replicas: None,
            scales: None,
            ignores_replicas: false,
            kind,
        };
        match facts.kind.as_str() {
            "Application" | "ApplicationSet" => {
                facts.ignores_replicas = ignores_replicas(object);
                return facts.ignores_replicas.then_some(facts);
            }
            "Service" => {
                let spec = object.get("spec")?;
                let word = |key: &str| spec.get(key).and_then(|it| it.word()).map(|it| it.text);
                let is_external = word("type").is_some_and(|kind| kind == "ExternalName");
                let ignores = word("publishNotReadyAddresses").is_some_and(|flag| flag == "true");
                let selector = spec.get("selector").filter(|_| !is_external && !ignores);
                facts.selects = selector.map_or_else(Vec::new, |it| pairs(&it));
            }
            "PodDisruptionBudget" => facts.selects = only_labels(object.at(&["spec", "selector"])),
            "NetworkPolicy" => facts.selects = only_labels(object.at(&["spec", "podSelector"])),
            "HorizontalPodAutoscaler" => {
                let target = object.at(&["spec", "scaleTargetRef"])?;
                facts.scales = Some((target.get("kind")?.word()?.text, target.get("name")?.word()?));
            }
            "ConfigMap" | "Secret" => {
                let parts = ["data", "stringData", "binaryData"].into_iter().filter_map(|part| object.get(part));
                facts.keys = parts.flat_map(|part| part.members()).map(|(key, _)| key.text).collect();
            }
            kind => {
                let (metadata, spec) = if kind == "Pod" {
                    (object.get("metadata"), object.get("spec"))
                } else {
                    (object.at(template)?.get("metadata"), object.at(template)?.get("spec"))
                };
                let labels = metadata.and_then(|it| it.get("labels")).map_or_else(Vec::new, |it| pairs(&it));
                let spec = spec?;
                // None at all switches the workload off, and its autoscaler with it.
                let replicas = object.at(&["spec", "replicas"]).and_then(|it| it.word());
                facts.replicas = replicas.filter(|it| it.text != "0").map(|it| it.span);
                facts.uses = uses(&spec);
                let restarts = spec.get("restartPolicy").and_then(|it| it.word()).is_none_or(|it| it.text == "Always");
                let end = !restarts || matches!(kind, "Job" | "CronJob");
                let selector = only_labels(object.at(&["spec", "selector"]));
                let containers = spec.get("containers").map_or(0, |all| all.items().len());
                facts.pods = Some(Pods { labels, selector, containers, unready: unready(&spec), end });
            }
        }
        Some(facts)
    }

    /// How a person calls it: `Service shop/web`.
    #[must_use]
    pub fn title(&self) -> String {
        let slash = if self.namespace.is_empty() { "" } else { "/" };
        format!("{} {}{slash}{}", self.kind, self.namespace, self.name.text)
    }
}

fn ignores_replicas<L: Look>(object: &L) -> bool {
    let lists = [&["spec", "ignoreDifferences"][..], &["spec", "template", "spec", "ignoreDifferences"]];
    let entries = lists.into_iter().filter_map(|list| object.at(list)).flat_map(|list| list.items());
    let names_replicas = |word: L| word.word().is_some_and(|it| it.text.contains("replicas"));
    let has_word = |entry: &L, key: &str| entry.get(key).is_some_and(|all| all.items().into_iter().any(names_replicas));
    entries.into_iter().any(|entry| has_word(&entry, "jsonPointers") || has_word(&entry, "jqPathExpressions"))
}

fn pairs(labels: &impl Look) -> Vec<Pair> {
    labels.members().into_iter().filter_map(|(key, value)| Some(Pair { key, value: value.word()? })).collect()
}

fn only_labels(selector: Option<impl Look>) -> Vec<Pair> {
    let Some(selector) = selector else { return Vec::new() };
    let has_more = selector.get("matchExpressions").is_some_and(|more| !more.items().is_empty());
    selector.get("matchLabels").filter(|_| !has_more).map_or_else(Vec::new, |labels| pairs(&labels))
}

fn unready(spec: &impl Look) -> Vec<Written> {
    let containers = spec.get("containers").map_or_else(Vec::new, |all| all.items());
    let bare = containers.into_iter().filter(|container| container.get("readinessProbe").is_none());
    bare.filter_map(|container| container.get("name")?.word()).collect()
}

/// The ConfigMaps and Secrets without which a container does not start.
fn uses(spec: &impl Look) -> Vec<Use> {
    let mut all = Vec::new();
    let mut add = |kind, holder: Option<_>, name: &str, keys: Vec<Written>| add_use(&mut all, kind, holder, name, keys);
    for list in ["initContainers", "containers"] {
        for container in spec.get(list).map_or_else(Vec::new, |all| all.items()) {
            for variable in container.get("env").map_or_else(Vec::new, |all| all.items()) {
                for (kind, field) in [("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")] {
                    let holder = variable.at(&["valueFrom", field]);
                    let key = holder.as_ref().and_then(|holder| holder.get("key")?.word());
                    add(kind, holder, "name", key.into_iter().collect());
                }
            }
            for source in container.get("envFrom").map_or_else(Vec::new, |all| all.items()) {
                add("ConfigMap", source.get("configMapRef"), "name", Vec::new());
                add("Secret", source.get("secretRef"), "name", Vec::new());
            }
        }
    }
    for volume in spec.get("volumes").map_or_else(Vec::new, |all| all.items()) {
        for (kind, field, name) in [("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")] {
            let holder = volume.get(field);
            let items = holder.as_ref().and_then(|holder| holder.get("items")).map_or_else(Vec::new, |all| all.items());
            add(kind, holder, name, items.iter().filter_map(|item| item.get("key")?.word()).collect());
        }
    }
    all
}

fn add_use<L: Look>(all: &mut Vec<Use>, kind: &'static str, holder: Option<L>, name: &str, keys: Vec<Written>) {
    let Some(holder) = holder else { return };
    let is_optional = holder.get("optional").and_then(|it| it.word()).is_some_and(|it| it.text == "true");
    let Some(name) = holder.get(name).and_then(|name| name.word()).filter(|_| !is_optional) else { return };
    if keys.is_empty() {
        all.push(Use { kind, name: name.clone(), key: None });
    }
    all.extend(keys.into_iter().map(|key| Use { kind, name: name.clone(), key: Some(key) }));
}
