//! Which files are Fabrikate's. `component.yaml` is a name that other tools use as well, and so is a folder `config`:
//! content decides.

use crate::model::near::nearest;
use crate::model::value::Value;

use super::super::{file_of, folder_of};
use super::read::{COMPONENT_FIELDS, CONFIG_FIELDS, HOOK_EVENTS};
use crate::model::definition::fabrikate::{ComponentKind, Method};

/// `component.yaml` or `component.json`; `component.yml` is never read.
pub(super) fn is_component_name(name: &str) -> bool {
    matches!(file_of(name), "component.yaml" | "component.json")
}

/// `config/<environment>.yaml` or `.json`.
pub(super) fn is_config_name(name: &str) -> bool {
    file_of(folder_of(name)) == "config" && (name.ends_with(".yaml") || name.ends_with(".json"))
}

/// Whether the root of a `component.yaml` is a Fabrikate component: not an object with an `apiVersion` (Dapr,
/// Backstage, Score) and not a Kubeflow pipeline step, but something with a field of the right shape, or with nothing
/// else than known fields.
pub(super) fn is_component(root: Value<'_>) -> bool {
    if !root.is_mapping() || ["apiVersion", "kind", "implementation"].iter().any(|key| root.get(key).is_some()) {
        return false;
    }
    has_typical_field(root) || has_known_fields_only(root, COMPONENT_FIELDS) && root.get("name").is_some()
}

fn has_typical_field(root: Value<'_>) -> bool {
    root.entries().any(|entry| {
        let is_one_of = |words: &[&str]| entry.value.as_str().is_some_and(|text| words.contains(&text.as_ref()));
        match entry.name().as_ref() {
            "subcomponents" => entry.value.items().next().is_some_and(Value::is_mapping),
            "type" | "generator" => is_one_of(&["helm", "static", ComponentKind::WORDS[0]]),
            "method" => is_one_of(&Method::WORDS),
            "hooks" => entry.value.entries().any(|hook| HOOK_EVENTS.contains(&hook.name().as_ref())),
            // A misspelt list of components is still one.
            name => {
                name.starts_with("sub")
                    && nearest(name, ["subcomponents"]).is_some()
                    && entry.value.items().next().is_some_and(Value::is_mapping)
            }
        }
    })
}

/// Whether a file in the `config` folder of a component is configuration, and not a manifest that lies there.
pub(super) fn is_config(root: Value<'_>) -> bool {
    let is_object = root.get("apiVersion").is_some() && root.get("kind").is_some();
    root.is_mapping() && (!is_object || has_known_fields_only(root, CONFIG_FIELDS))
}

fn has_known_fields_only(root: Value<'_>, fields: &[&str]) -> bool {
    root.entries().all(|entry| fields.contains(&entry.name().as_ref()))
}
