//! Which files are Fabrikate's. `component.yaml` is a name that other tools use as well, and so is a folder `config`:
//! content decides.

use crate::model::definition::fabrikate::{ComponentKind, Method};
use crate::model::listing::{file_of, folder_of};
use crate::model::near::nearest;
use crate::model::value::{Entry, Value};

use super::read::COMPONENT_FIELDS;
use crate::model::definition::fabrikate::Hook;

/// `component.yaml` or `component.json`; `component.yml` is never read.
pub(super) fn is_component_name(name: &str) -> bool {
    matches!(file_of(name), "component.yaml" | "component.json")
}

/// `config/<environment>.yaml` or `.json`.
pub(super) fn is_config_name(name: &str) -> bool {
    file_of(folder_of(name)) == "config" && (name.ends_with(".yaml") || name.ends_with(".json"))
}

/// Whether the root of a `component.yaml` is a Fabrikate component: not an object with an `apiVersion` (Dapr,
/// Backstage, Score) and not a Kubeflow pipeline step, but something with a field of the right shape, or with a name
/// and nothing else than known fields.
pub(super) fn is_component(root: Value<'_>) -> bool {
    let has = |key: &str| root.get(key).is_some();
    if !root.is_mapping() || ["apiVersion", "kind", "implementation"].into_iter().any(has) {
        return false;
    }
    let is_known = |entry: Entry<'_>| COMPONENT_FIELDS.contains(&entry.name().as_ref());
    has_typical_field(root) || has("name") && root.entries().all(is_known) && !is_somebody_elses_type(root)
}

/// A `type` that Fabrikate does not have and nobody misspelt, where nothing says what to generate from.
fn is_somebody_elses_type(root: Value<'_>) -> bool {
    let kind = root.get("type").and_then(Value::as_str);
    kind.is_some_and(|kind| nearest(&kind, ComponentKind::WORDS).is_none())
        && ["path", "source"].iter().all(|key| root.get(key).is_none())
}

fn has_typical_field(root: Value<'_>) -> bool {
    root.entries().any(|entry| {
        let is_one_of = |words: &[&str]| entry.value.as_str().is_some_and(|text| words.contains(&text.as_ref()));
        match entry.name().as_ref() {
            "subcomponents" => entry.value.items().next().is_some_and(Value::is_mapping),
            "type" | "generator" => is_one_of(&ComponentKind::WORDS),
            "method" => is_one_of(&Method::WORDS),
            "hooks" => entry.value.entries().any(|hook| Hook::EVENTS.contains(&hook.name().as_ref())),
            // A misspelt list of components is still one.
            name => {
                name.starts_with("sub")
                    && nearest(name, ["subcomponents"]).is_some()
                    && entry.value.items().next().is_some_and(Value::is_mapping)
            }
        }
    })
}

/// Whether a component file that cannot be read speaks of what Fabrikate's do.
pub(super) fn mentions_components(text: &str) -> bool {
    ["subcomponents", "generator", "static", "helm"].iter().any(|word| text.contains(word))
}

/// Whether a file in the `config` folder of a component is configuration, and not a manifest that lies there.
pub(super) fn is_config(root: Value<'_>) -> bool {
    root.is_mapping() && (root.get("apiVersion").is_none() || root.get("kind").is_none())
}
