//! The environments of each tree, and which component wrote which generated file.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use crate::model::definition::fabrikate::{Clashes, Config, Definition, Environment, Unit};
use crate::model::definition::{FileRole, Generated, Plan};
use crate::model::listing::join;

use super::super::Input;
use super::merge;

/// Config files by folder and environment.
type Layers<'p> = HashMap<(&'p str, &'p str), &'p Config>;

/// Finds the environments of every tree and merges the configuration for each.
pub(super) fn environments(input: &Input<'_>, plan: &mut Plan) {
    let mut definitions = std::mem::take(&mut plan.definitions);
    let files = plan.configs.iter().map(|file| ((&*file.folder, &*file.environment), &file.config)).collect();
    for definition in &mut definitions {
        definition.environments = wanted(input, plan, definition)
            .into_iter()
            .map(|(name, layers, generated)| {
                let mut environment =
                    Environment { name, layers, configs: Vec::new(), clashes: Clashes::default(), generated };
                configure(&files, definition, &mut environment);
                environment
            })
            .collect();
    }
    plan.definitions = definitions;
}

/// The environments of a tree: those asked for, else those generated and those that have a config file.
fn wanted(input: &Input<'_>, plan: &Plan, definition: &Definition) -> Vec<(String, Vec<String>, Option<String>)> {
    let known = config_names(plan, definition);
    let folders = generated_folders(input, definition);
    if !input.environments.is_empty() {
        let name = input.environments.join("-");
        let folder = folders.get(&name).cloned();
        return vec![(name, input.environments.to_vec(), folder)];
    }
    let mut found: BTreeMap<String, (Vec<String>, Option<String>)> =
        folders.into_iter().map(|(name, folder)| (name.clone(), (layers_of(&name, &known), Some(folder)))).collect();
    for name in &known {
        found.entry(name.clone()).or_insert_with(|| (vec![name.clone()], None));
    }
    if found.is_empty() {
        found.insert("common".to_owned(), (Vec::new(), None));
    }
    found.into_iter().map(|(name, (layers, folder))| (name, layers, folder)).collect()
}

/// The names of the config files anywhere in the tree, `common` aside: it belongs to every environment.
fn config_names(plan: &Plan, definition: &Definition) -> BTreeSet<String> {
    let folders: BTreeSet<&str> =
        definition.units.iter().filter(|unit| unit.file.is_some()).filter_map(|unit| unit.folder.as_deref()).collect();
    let files = plan.configs.iter().filter(|file| folders.contains(file.folder.as_str()));
    files.map(|file| file.environment.clone()).filter(|name| name != "common").collect()
}

/// The folders with generated manifests, by the environment that they are named after.
fn generated_folders(input: &Input<'_>, definition: &Definition) -> BTreeMap<String, String> {
    let Some(root) = generated_root(input, definition) else { return BTreeMap::new() };
    let prefix = if root.is_empty() { 0 } else { root.len() + 1 };
    let names = input.listing.below(&root).filter_map(|(name, _)| name[prefix..].split_once('/'));
    let folders = names.map(|(name, _)| (name.to_owned(), join(&root, name).unwrap_or_default()));
    // Somebody else's folder may hold anything; what has none of our files in it is no environment.
    let is_ours = |folder: &str| {
        let is_there = |unit: &Unit| input.listing.file(&format!("{folder}/{}", unit.output())).is_some();
        input.generated.is_none() || definition.units.iter().any(is_there)
    };
    let mut folders: BTreeMap<String, String> = folders.collect();
    folders.retain(|_, folder| is_ours(folder));
    folders
}

fn generated_root(input: &Input<'_>, definition: &Definition) -> Option<String> {
    match input.generated {
        Some(folder) => Some(if folder == "." { String::new() } else { folder.trim_end_matches('/').to_owned() }),
        None => join(&definition.folder, "generated"),
    }
}

/// `fab generate prod west` writes to `prod-west`; an environment may have a dash in its own name.
fn layers_of(name: &str, known: &BTreeSet<String>) -> Vec<String> {
    if name == "common" {
        return Vec::new();
    }
    let parts: Vec<&str> = name.split('-').collect();
    let mut layers = Vec::new();
    let mut from = 0;
    while from < parts.len() {
        let Some(to) = (from + 1..=parts.len()).rev().find(|to| known.contains(&parts[from..*to].join("-"))) else {
            return vec![name.to_owned()];
        };
        layers.push(parts[from..to].join("-"));
        from = to;
    }
    layers
}

/// Merges the configuration of every unit, parents first: what they hand down wins over a child's own files.
fn configure(files: &Layers<'_>, definition: &Definition, environment: &mut Environment) {
    for unit in &definition.units {
        let config = match unit.parent {
            None => Some(Config::default()),
            Some(parent) => environment.configs[parent].as_ref().and_then(|above| {
                let handed = above.child(unit.entry.name()).cloned().unwrap_or_default();
                let disabled = handed.disabled.as_ref().is_some_and(|flag| flag.value);
                (!disabled).then_some(handed)
            }),
        };
        let config = config.map(|mut config| {
            if let (Some(_), Some(folder)) = (unit.file, &unit.folder) {
                for layer in environment.layers.iter().map(String::as_str).chain(["common"]) {
                    if let Some(low) = files.get(&(folder.as_str(), layer)) {
                        merge::lay_over(&mut config, low, &mut environment.clashes);
                    }
                }
            }
            config
        });
        environment.configs.push(config);
    }
}

/// Names the component behind every generated file, and the static manifests that are copied.
pub(super) fn generated(input: &Input<'_>, plan: &mut Plan) {
    let mut traced = BTreeMap::new();
    for (at, definition) in plan.definitions.iter().enumerate() {
        for (number, environment) in definition.environments.iter().enumerate() {
            let Some(folder) = &environment.generated else { continue };
            let units = by_output(definition, environment);
            for (name, file) in input.listing.below(folder) {
                let inside = &name[folder.len() + usize::from(!folder.is_empty())..];
                let unit = units.get(inside).copied();
                let entry = Generated {
                    name: name.clone(),
                    definition: at,
                    environment: number,
                    unit,
                    copies: OnceLock::new(),
                };
                // With several definitions over one generated tree, the one that knows the file has it.
                let known = traced.entry(file).or_insert_with(|| entry.clone());
                if known.unit.is_none() && unit.is_some() {
                    *known = entry;
                }
            }
        }
    }
    for file in traced.keys() {
        plan.roles.insert(*file, FileRole::Generated);
    }
    plan.generated = traced;
    cast_statics(plan);
}

/// Where environments were asked for: casts what was generated for the others.
pub(super) fn cast_others(input: &Input<'_>, plan: &mut Plan) {
    if input.environments.is_empty() {
        return;
    }
    let of = |definition: &Definition| generated_folders(input, definition).into_values().collect::<Vec<_>>();
    let folders: BTreeSet<String> = plan.definitions.iter().flat_map(of).collect();
    for folder in &folders {
        for (_, file) in input.listing.below(folder) {
            plan.cast(file, FileRole::OtherEnvironment);
        }
    }
}

fn by_output(definition: &Definition, environment: &Environment) -> BTreeMap<String, usize> {
    let mut units = BTreeMap::new();
    for (at, unit) in definition.units.iter().enumerate() {
        if environment.configs[at].is_some() {
            units.entry(unit.output()).or_insert(at);
        }
    }
    units
}

fn cast_statics(plan: &mut Plan) {
    let mut statics = BTreeMap::new();
    for (at, definition) in plan.definitions.iter().enumerate() {
        for (number, unit) in definition.units.iter().enumerate() {
            for (_, file) in &unit.statics {
                statics.entry(*file).or_insert((at, number));
            }
        }
    }
    for file in statics.keys() {
        plan.cast(*file, FileRole::StaticInput);
    }
    plan.statics = statics;
}
