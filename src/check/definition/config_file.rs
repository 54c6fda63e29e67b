//! Fields of config files, and the subcomponents that they name.

use std::collections::BTreeSet;

use crate::model::definition::Plan;
use crate::model::definition::fabrikate::{Config, ConfigFile, Definition, Environment, Name, Unit};
use crate::model::diagnostic::Diagnostic;
use crate::model::near::nearest;
use crate::model::source::FileId;

use super::component_file::suggest;
use super::{list, rules};

const FIELDS: [&str; 5] = ["config", "namespace", "injectNamespace", "disabled", "subcomponents"];

pub(super) fn check(plan: &Plan, file: &ConfigFile, out: &mut Vec<Diagnostic>) {
    out.extend(disabled_root(plan, file));
    let mut open = vec![&file.config];
    while let Some(config) = open.pop() {
        for field in &config.unknown {
            let message = format!("unknown field `{}` in a configuration", field.text);
            let finding = Diagnostic::new(&rules::UNKNOWN_CONFIG_FIELD, field.span, message, "")
                .effect("Fabrikate drops the field without a word: no chart gets it");
            let finding = suggest(finding, field, &FIELDS);
            let finding = if finding.fix.is_some() { finding } else { finding.help("chart values go below `config`") };
            out.push(Diagnostic { affects: affects(plan, file), ..finding });
        }
        open.extend(config.subcomponents.iter().rev().map(|(_, child)| child));
    }
}

/// `disabled` is looked at in what a parent hands down, before a component's own files are read (Fabrikate 1.0.0-alpha.1,
/// `core/component.go`).
fn disabled_root(plan: &Plan, file: &ConfigFile) -> Option<Diagnostic> {
    let disabled = file.config.disabled.as_ref().filter(|disabled| disabled.value)?;
    let owner = plan.components.iter().find(|owner| owner.folder == file.folder)?;
    let name = owner.component.name();
    let message = format!("`disabled: true` does nothing at the root of the configuration of `{name}`");
    let finding = Diagnostic::new(&rules::IDLE_DISABLED, disabled.key, message, "not read here")
        .effect(format!("`{name}` is generated: Fabrikate looks at `disabled` below `subcomponents` alone"))
        .help(format!(
            "write it below `subcomponents` and `{name}`, in a config file of the component that includes it"
        ));
    Some(Diagnostic { affects: affects(plan, file), ..finding })
}

/// Compares the names that config files use with the subcomponents that there are.
pub(super) fn check_names(plan: &Plan, out: &mut Vec<Diagnostic>) {
    let mut seen: BTreeSet<FileId> = BTreeSet::new();
    for definition in &plan.definitions {
        for (at, unit) in definition.units.iter().enumerate() {
            let Some(folder) = unit.folder.as_ref().filter(|_| unit.file.is_some() && unit.missing.is_none()) else {
                continue;
            };
            for file in plan.configs.iter().filter(|file| file.folder == *folder) {
                if seen.insert(file.file) {
                    let found = compare(definition, at, &file.config);
                    out.extend(found.into_iter().map(|finding| Diagnostic { affects: affects(plan, file), ..finding }));
                }
            }
        }
    }
}

/// The environments that a file reaches: its own, with whatever it is combined with, and `common` all of the trees that
/// its component is part of.
pub(super) fn affects(plan: &Plan, file: &ConfigFile) -> Vec<String> {
    let is_read = |unit: &Unit| unit.file.is_some() && unit.folder.as_ref() == Some(&file.folder);
    let trees = plan.definitions.iter().filter(|definition| definition.units.iter().any(is_read));
    let environments = trees.flat_map(|definition| &definition.environments);
    let is_layer = |it: &&Environment| file.environment == "common" || it.layers.contains(&file.environment);
    let mut names: Vec<String> = environments.filter(is_layer).map(|it| it.name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn compare(definition: &Definition, at: usize, config: &Config) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut open = vec![(at, config)];
    while let Some((at, config)) = open.pop() {
        // What a component that is not here has below it is not known.
        if definition.units[at].missing.is_some() {
            continue;
        }
        for (name, child) in &config.subcomponents {
            match definition.children(at).find(|(_, unit)| unit.entry.name() == name.text) {
                Some((number, _)) => open.push((number, child)),
                None => out.push(unknown_subcomponent(definition, at, name)),
            }
        }
    }
    out
}

fn unknown_subcomponent(definition: &Definition, at: usize, name: &Name) -> Diagnostic {
    let unit = &definition.units[at];
    let parent = unit.component.name();
    let names = definition.children(at).map(|(_, unit)| unit.entry.name());
    let known: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    let message = format!("configuration for `{}`, which is no subcomponent of `{parent}`", name.text);
    let has = match known.is_empty() {
        true => format!("`{parent}` has no subcomponents"),
        false => format!("`{parent}` has {}", list(known.iter().copied(), 6)),
    };
    let title = unit.component.name.as_ref().map_or(unit.component.title, |name| name.span);
    let finding = Diagnostic::new(&rules::UNKNOWN_SUBCOMPONENT_CONFIG, name.span, message, "")
        .see(title, has)
        .effect("Fabrikate ignores it without a word: these values reach nothing");
    match nearest(&name.text, known) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help(format!("remove it, or add the subcomponent to `{parent}`")),
    }
}
