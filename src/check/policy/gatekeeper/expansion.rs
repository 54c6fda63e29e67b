//! The objects that a workload makes, so that rules about pods reach the workloads: as ExpansionTemplates say, and
//! without one as the controllers of Kubernetes do (`open-policy-agent/gatekeeper/pkg/expansion/system.go`).

use regorus::Value as Rego;
use regorus::value::{Array, Object as Fields};

use crate::model::path::Segment;
use crate::model::resource::Resource;

use super::super::rego::value;
use super::super::selector::texts;

/// The group of ExpansionTemplates.
pub const GROUP: &str = "expansion.gatekeeper.sh";

/// Most objects on the way from a workload to its pods.
const LONGEST_CHAIN: usize = 5;

/// Workloads of Kubernetes and the way to their pods.
const WORKLOADS: &[(&str, &str, &[&str])] = &[
    ("", "ReplicationController", &["spec", "template"]),
    ("apps", "DaemonSet", &["spec", "template"]),
    ("apps", "Deployment", &["spec", "template"]),
    ("apps", "ReplicaSet", &["spec", "template"]),
    ("apps", "StatefulSet", &["spec", "template"]),
    ("batch", "CronJob", &["spec", "jobTemplate", "spec", "template"]),
    ("batch", "Job", &["spec", "template"]),
];

/// An ExpansionTemplate.
#[derive(Debug, Clone)]
pub struct Expansion {
    pub name: String,
    /// Groups, versions and kinds.
    apply_to: Vec<[Vec<String>; 3]>,
    source: Vec<String>,
    /// Group, version and kind of what is made.
    makes: [String; 3],
    /// The action instead of that of the constraints.
    pub action: Option<String>,
}

/// An object that another makes.
#[derive(Debug, Clone)]
pub struct Made {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub object: Rego,
    /// The way to it in the object that is written.
    pub within: Vec<Segment>,
    /// The ExpansionTemplate, by its number; `None` for what Kubernetes itself does.
    pub by: Option<usize>,
}

impl Expansion {
    /// Reads an ExpansionTemplate.
    pub fn read(resource: &Resource<'_>) -> Expansion {
        let whole = value::convert(resource.value);
        let spec = &whole["spec"];
        let text = |value: &Rego| value.as_string().map(|text| text.to_string()).unwrap_or_default();
        let apply_to = spec["applyTo"].as_array().map(|entries| entries.to_vec()).unwrap_or_default();
        let makes = &spec["generatedGVK"];
        Expansion {
            name: resource.name().unwrap_or_default().into_owned(),
            apply_to: apply_to
                .iter()
                .map(|entry| [texts(&entry["groups"]), texts(&entry["versions"]), texts(&entry["kinds"])])
                .collect(),
            source: text(&spec["templateSource"]).split('.').map(str::to_owned).collect(),
            makes: [text(&makes["group"]), text(&makes["version"]), text(&makes["kind"])],
            action: Some(text(&spec["enforcementAction"])).filter(|action| !action.is_empty()),
        }
    }

    fn applies(&self, group: &str, version: &str, kind: &str) -> bool {
        let has = |words: &[String], word: &str| words.iter().any(|own| own == word || own == "*");
        self.apply_to
            .iter()
            .any(|[groups, versions, kinds]| has(groups, group) && has(versions, version) && has(kinds, kind))
    }
}

/// Everything that an object makes. Where no template is about it, the pods of a workload, if `controllers` are asked for.
pub fn made(
    group: &str,
    version: &str,
    kind: &str,
    object: &Rego,
    templates: &[&Expansion],
    controllers: bool,
) -> Vec<Made> {
    let mut all = Vec::new();
    let mut open =
        vec![(group.to_owned(), version.to_owned(), kind.to_owned(), object.clone(), Vec::<Segment>::new(), None, 0)];
    while let Some((group, version, kind, object, within, _by, depth)) = open.pop() {
        if depth >= LONGEST_CHAIN {
            break;
        }
        let applying = templates.iter().enumerate().filter(|(_, template)| template.applies(&group, &version, &kind));
        let before = open.len();
        for (number, template) in applying {
            let [group, version, kind] = template.makes.clone();
            let Some(child) = child(&object, &template.source, [&group, &version, &kind]) else { continue };
            let route = template.source.iter().map(|key| Segment::from(key.as_str()));
            let within: Vec<Segment> = within.iter().cloned().chain(route).collect();
            let made = Made { group, version, kind, object: child, within, by: Some(number) };
            open.push((
                made.group.clone(),
                made.version.clone(),
                made.kind.clone(),
                made.object.clone(),
                made.within.clone(),
                made.by,
                depth + 1,
            ));
            all.push(made);
        }
        let plain = WORKLOADS.iter().find(|(of, name, _)| *of == group && *name == kind);
        if let (true, true, Some((_, _, route))) = (controllers, open.len() == before && depth == 0, plain) {
            let keys: Vec<String> = route.iter().map(|key| (*key).to_owned()).collect();
            if let Some(object) = child(&object, &keys, ["", "v1", "Pod"]) {
                let within = route.iter().map(|key| Segment::from(*key)).collect();
                let [group, version, kind] = ["", "v1", "Pod"].map(str::to_owned);
                all.push(Made { group, version, kind, object, within, by: None });
            }
        }
    }
    all
}

/// What lies at a place of an object, as an object of its own (`expandResource`).
fn child(owner: &Rego, route: &[String], [group, version, kind]: [&str; 3]) -> Option<Rego> {
    let source = route.iter().fold(owner, |value, key| &value[key.as_str()]);
    let fields = source.as_object().ok()?;
    let text = |value: &str| Rego::from(value);
    let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let of_owner = &owner["metadata"];
    let name = of_owner["name"].as_string().map(|name| format!("{name}-{}", kind.to_lowercase())).unwrap_or_default();
    let mut metadata: Vec<(Rego, Rego)> = match source["metadata"].as_object() {
        Ok(own) => own.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        Err(_) => Vec::new(),
    };
    let ours = ["name", "namespace", "ownerReferences"];
    metadata.retain(|(key, _)| key.as_string().is_ok_and(|key| !ours.contains(&&**key)));
    metadata.push((text("name"), text(&name)));
    if !matches!(of_owner["namespace"], Rego::Undefined) {
        metadata.push((text("namespace"), of_owner["namespace"].clone()));
    }
    let owner = [("apiVersion", &owner["apiVersion"]), ("kind", &owner["kind"]), ("name", &of_owner["name"])];
    let owner = owner.into_iter().map(|(key, value)| (text(key), value.clone())).collect::<Fields>();
    metadata.push((text("ownerReferences"), Rego::from([Rego::from(owner)].into_iter().collect::<Array>())));
    let mut own: Vec<(Rego, Rego)> = fields.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    own.retain(|(key, _)| key.as_string().is_ok_and(|key| !["apiVersion", "kind", "metadata"].contains(&&**key)));
    own.push((text("apiVersion"), text(&api_version)));
    own.push((text("kind"), text(kind)));
    own.push((text("metadata"), Rego::from(metadata.into_iter().collect::<Fields>())));
    Some(Rego::from(own.into_iter().collect::<Fields>()))
}
