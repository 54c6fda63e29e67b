//! What comes to be because of an object: what its controller is known to make, and where that is not known, every name
//! that it mentions.

use super::Look;
use crate::model::resource::ResourceId;

/// The longest name of an object, and the most names that are kept of one.
const LONGEST: usize = 253;
const MOST: usize = 5_000;

/// A Secret of that name.
const SECRET: &str = "Secret";

/// Kind and name of what controllers make of an object.
pub(super) fn made_of(object: &impl Look, id: &ResourceId) -> Vec<(&'static str, String)> {
    let own = id.name.clone().unwrap_or_default();
    let word = |keys: &[&str]| object.word_at(keys).map(|it| it.text);
    let or_own = |keys: &[&str]| word(keys).unwrap_or_else(|| own.clone());
    let mut made: Vec<(&'static str, String)> = match (&*id.group, &*id.kind) {
        // <https://external-secrets.io/latest/api/externalsecret/>
        ("external-secrets.io", "ExternalSecret") => vec![(SECRET, or_own(&["spec", "target", "name"]))],
        // <https://github.com/bitnami-labs/sealed-secrets#overview>
        ("bitnami.com", "SealedSecret") => vec![(SECRET, or_own(&["spec", "template", "metadata", "name"]))],
        // <https://cert-manager.io/docs/usage/certificate/>
        ("cert-manager.io", "Certificate") => {
            word(&["spec", "secretName"]).into_iter().map(|name| (SECRET, name)).collect()
        }
        _ => Vec::new(),
    };
    let annotations = object.at(&["metadata", "annotations"]).map_or_else(Vec::new, |all| all.members());
    // OpenShift's service CA writes a certificate for each Service that names a Secret for it.
    let certificates = annotations.into_iter().filter(|(key, _)| key.text.ends_with("serving-cert-secret-name"));
    made.extend(certificates.filter_map(|(_, value)| Some((SECRET, value.word()?.text))));
    made
}

/// Every text that may be a name of another object: of a custom kind all that it says, of others the words of their
/// commands and variables, and of roles the objects that they are about. Programs make objects whose names they are
/// given.
pub(super) fn mentions(object: &impl Look, id: &ResourceId) -> Vec<String> {
    let mut words = Vec::new();
    if is_custom(&id.group) {
        object.members().iter().filter(|(key, _)| !is_own(&key.text)).for_each(|(_, value)| all(value, &mut words));
    } else if matches!(&*id.kind, "Role" | "ClusterRole") {
        for rule in object.items_at(&["rules"]) {
            rule.items_at(&["resourceNames"]).iter().for_each(|name| all(name, &mut words));
        }
    } else {
        for template in
            [&["spec"][..], &["spec", "template", "spec"], &["spec", "jobTemplate", "spec", "template", "spec"]]
        {
            for list in ["initContainers", "containers"] {
                let containers = object.at(template).map_or_else(Vec::new, |spec| spec.items_at(&[list]));
                for container in containers {
                    let lists = ["command", "args"].into_iter().flat_map(|list| container.items_at(&[list]));
                    lists.for_each(|word| all(&word, &mut words));
                    let variables = container.items_at(&["env"]).into_iter().filter_map(|one| one.get("value"));
                    variables.for_each(|value| all(&value, &mut words));
                }
            }
        }
    }
    words.sort_unstable();
    words.dedup();
    words
}

/// Whether the group is that of somebody's operator.
#[must_use]
pub(super) fn is_custom(group: &str) -> bool {
    group.contains('.') && !group.ends_with(".k8s.io")
}

fn is_own(key: &str) -> bool {
    matches!(key, "apiVersion" | "kind" | "metadata" | "status")
}

/// The words of all scalars below a place, parted where no name goes on.
fn all(value: &impl Look, words: &mut Vec<String>) {
    if words.len() > MOST {
        return;
    }
    if let Some(word) = value.word() {
        let goes_on = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '.');
        let parts = word.text.split(|character| !goes_on(character)).map(|part| part.trim_matches(['-', '.']));
        let parts = parts.filter(|part| part.len() > 1 && part.len() <= LONGEST);
        words.extend(parts.take(MOST).map(str::to_owned));
    }
    value.items().iter().for_each(|item| all(item, words));
    value.members().iter().for_each(|(_, value)| all(value, words));
}
