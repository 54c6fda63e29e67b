//! Environments beside each other: keys that all others have. Values are meant to differ, and are never compared.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::definition::fabrikate::{Config, Content, Definition, Environment, Setting};
use crate::model::diagnostic::Diagnostic;
use crate::model::source::Span;

use super::Input;
use super::rules::MISSING_ENVIRONMENT_KEY;

/// More keys of a component are not compared.
const MOST: usize = 10_000;

pub(super) fn check(input: &Input<'_>, out: &mut Vec<Diagnostic>) {
    let mut told: BTreeMap<(Span, String), (Diagnostic, BTreeSet<String>)> = BTreeMap::new();
    for definition in &input.plan.definitions {
        // Combinations of environments repeat what each of them says.
        let single: Vec<&Environment> = definition.environments.iter().filter(|it| it.layers.len() == 1).collect();
        if single.len() < 2 {
            continue;
        }
        for unit in 0..definition.units.len() {
            for (at, missing) in missing(&single, unit) {
                let environment = single[at];
                let (finding, path) = tell(input, definition, unit, environment, &missing);
                let key = (finding.primary.span, path);
                told.entry(key).or_insert((finding, BTreeSet::new())).1.insert(environment.name.clone());
            }
        }
    }
    for (finding, environments) in told.into_values() {
        out.push(Diagnostic { affects: environments.into_iter().collect(), ..finding });
    }
}

/// A key that one environment lacks, and where others have it.
struct Lack<'c> {
    path: Vec<&'c str>,
    there: Span,
}

/// What one environment lacks and all others have, by the number of the environment.
fn missing<'c>(environments: &[&'c Environment], unit: usize) -> Vec<(usize, Lack<'c>)> {
    let config = |environment: &'c Environment| environment.configs.get(unit).and_then(Option::as_ref);
    let configs: Vec<Option<&'c Config>> = environments.iter().map(|environment| config(environment)).collect();
    // Where a component is disabled or has no values at all, that is meant.
    let with_values: Vec<(usize, BTreeMap<Vec<&'c str>, Span>)> = configs
        .iter()
        .enumerate()
        .filter_map(|(at, config)| Some((at, keys((*config)?.config.as_ref()?))))
        .filter(|(_, keys)| !keys.is_empty())
        .collect();
    if with_values.len() < 2 {
        return Vec::new();
    }
    let mut lacks: Vec<(usize, Lack<'c>)> = Vec::new();
    for (at, own) in &with_values {
        let others: Vec<_> = with_values.iter().filter(|(other, _)| other != at).collect();
        let Some(((_, first), rest)) = others.split_first() else { continue };
        for (path, there) in first {
            let is_everywhere = rest.iter().all(|(_, keys)| keys.contains_key(path));
            let is_above = |lack: &(usize, Lack<'c>)| lack.0 == *at && path.starts_with(&lack.1.path);
            if !own.contains_key(path) && is_everywhere && !lacks.iter().rev().take(1).any(is_above) {
                lacks.push((*at, Lack { path: path.clone(), there: *there }));
            }
        }
    }
    lacks
}

/// Every key with its route, in order: what is above comes first.
fn keys(setting: &Setting) -> BTreeMap<Vec<&str>, Span> {
    let mut found = BTreeMap::new();
    let mut open: Vec<(Vec<&str>, &Setting)> = vec![(Vec::new(), setting)];
    while let Some((path, setting)) = open.pop() {
        if found.len() > MOST {
            break;
        }
        if let Some(key) = setting.key.filter(|_| !path.is_empty()) {
            found.insert(path.clone(), key);
        }
        if let Content::Map(entries) = &setting.content {
            for (key, value) in entries {
                open.push(([&path[..], &[key.as_str()]].concat(), value));
            }
        }
    }
    found
}

fn tell(
    input: &Input<'_>,
    definition: &Definition,
    unit: usize,
    environment: &Environment,
    lack: &Lack<'_>,
) -> (Diagnostic, String) {
    let path = lack.path.join(".");
    let name = definition.units[unit].component.name();
    let message = format!("`{path}` of `{name}` has no value for `{}`, and the others have one", environment.name);
    // The file of the environment is where it would be added.
    let own = |it: &&crate::model::definition::fabrikate::ConfigFile| it.environment == environment.name;
    let folders: Vec<&str> = std::iter::successors(Some(unit), |at| definition.units[*at].parent)
        .filter_map(|at| definition.units[at].folder.as_deref())
        .collect();
    let file = folders.iter().find_map(|folder| input.plan.configs.iter().filter(own).find(|it| it.folder == *folder));
    let span = file.map_or(lack.there, |file| Span::top(file.file));
    let finding = Diagnostic::new(&MISSING_ENVIRONMENT_KEY, span, message, "")
        .see(lack.there, "the value of another environment")
        .effect("the chart takes its own default, which nobody has chosen for this environment")
        .help(format!("add `{path}`, or move it to `common` if it is meant for all"));
    (finding, path)
}
