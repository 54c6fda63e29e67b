//! Fabrikate: component trees with their environments, and the way back from `generated/`.
//!
//! [`recognise`] tells component files from files of other tools, [`read`] takes them in, [`tree`] resolves the
//! subcomponents, [`merge`] lays the environments over each other, [`trace`] names the generated files, and [`place`]
//! moves findings back. [`stale`] compares what lies there, [`edited`] tells of a change what was written into it by hand, and
//! [`feed`] whether anything that it is generated from has changed. Hooks are known and never run.

mod edited;
mod feed;
mod merge;
mod place;
mod read;
mod recognise;
mod stale;
mod statics;
mod trace;
mod tree;
mod values;

use crate::model::definition::fabrikate::{ComponentFile, ConfigFile};
use crate::model::definition::{DefinitionKind, FileRole, Plan};
use crate::model::diagnostic::Diagnostic;
use crate::model::document::Part;
use crate::model::listing::{file_of, folder_of};

use super::{Format, Input, Text, by_name};

pub(super) use stale::stale;

/// <https://github.com/microsoft/fabrikate>
pub(super) struct Fabrikate;

impl Format for Fabrikate {
    fn is_definition(&self, name: &str) -> bool {
        recognise::is_component_name(name) || recognise::is_config_name(name) || file_of(name) == "access.yaml"
    }

    fn plan(&self, input: &Input<'_>, plan: &mut Plan) {
        read_components(input, plan);
        cast_broken(input, plan);
        if plan.components.is_empty() {
            return;
        }
        read_configs(input, plan);
        plan.requested = input.environments.to_vec();
        tree::grow(input, plan);
        trace::environments(input, plan);
        trace::generated(input, plan);
        trace::cast_others(input, plan);
    }

    fn place(&self, plan: &Plan, finding: Diagnostic, text: Text<'_>) -> Diagnostic {
        place::place(plan, finding, text)
    }
}

fn read_components(input: &Input<'_>, plan: &mut Plan) {
    for (name, file, part) in by_name(input, recognise::is_component_name) {
        // YAML is tried first; JSON is read only when there is none.
        let shadowed =
            name.strip_suffix(".json").and_then(|stem| input.listing.file(&format!("{stem}.yaml"))).is_some();
        // Fabrikate decodes the first document and drops the others.
        let Some((_, root)) = part.roots().next().filter(|_| !shadowed) else { continue };
        if recognise::is_component(root) {
            let component = read::component(root, &mut plan.findings);
            plan.cast(file, FileRole::Definition(DefinitionKind::FabrikateComponent));
            plan.components.push(ComponentFile { file, folder: folder_of(name).to_owned(), component });
        }
    }
}

/// A file that cannot be read cannot be told from other tools' files by its fields; its name and its words have to do.
/// That it is ours matters, because what is wrong with the text of other tools' files is theirs.
fn cast_broken(input: &Input<'_>, plan: &mut Plan) {
    let is_broken = |part: &Part| part.documents.is_empty() && !part.findings.is_empty() && !part.template;
    let is_used = !plan.components.is_empty();
    for (_, file, part) in by_name(input, recognise::is_component_name) {
        if is_broken(part) && (is_used || recognise::mentions_components(&part.text)) {
            plan.cast(file, FileRole::Definition(DefinitionKind::FabrikateComponent));
        }
    }
    for (_, file, part) in by_name(input, recognise::is_config_name) {
        let word = part.roots().next().map(|(_, root)| root).filter(|root| root.is_scalar() && !root.is_null());
        if is_used && (is_broken(part) || word.is_some()) {
            plan.cast(file, FileRole::Definition(DefinitionKind::FabrikateConfig));
            plan.findings.extend(word.map(|root| read::not_a_map(root.span())));
        }
    }
}

fn read_configs(input: &Input<'_>, plan: &mut Plan) {
    for (name, file, part) in by_name(input, recognise::is_config_name) {
        let folder = folder_of(folder_of(name));
        if !has_component(plan, folder) {
            continue;
        }
        let Some((_, root)) = part.roots().next() else { continue };
        if !recognise::is_config(root) {
            continue;
        }
        plan.cast(file, FileRole::Definition(DefinitionKind::FabrikateConfig));
        let shadowed =
            name.strip_suffix(".json").and_then(|stem| input.listing.file(&format!("{stem}.yaml"))).is_some();
        if !shadowed {
            let config = read::config(root, &mut plan.findings);
            let environment = file_of(name).rsplit_once('.').map_or("", |(stem, _)| stem).to_owned();
            plan.configs.push(ConfigFile { file, folder: folder.to_owned(), environment, config });
        }
    }
    for (name, file, part) in by_name(input, |name| file_of(name) == "access.yaml") {
        if has_component(plan, folder_of(name)) {
            plan.cast(file, FileRole::Definition(DefinitionKind::FabrikateAccess));
            plan.access.extend(part.roots().next().map(|(_, root)| read::access(root)));
        }
    }
}

fn has_component(plan: &Plan, folder: &str) -> bool {
    plan.components.iter().any(|known| known.folder == folder)
}
