//! Whether a change has touched anything that a generated manifest is made of. Only when nothing has, an edit of the
//! manifest must have been made by hand; so what cannot be known counts as touched.

use std::iter::successors;

use memchr::memmem;

use crate::model::change::{Before, lines};
use crate::model::definition::fabrikate::{Component, ComponentKind, Config, Content, Definition, Environment, Method};
use crate::model::definition::fabrikate::{Missing, Setting, Unit};
use crate::model::definition::{FileRole, Plan};

use super::super::{Comparison, Then};

/// A component in an environment.
#[derive(Clone, Copy)]
pub(super) struct Feed<'f> {
    pub definition: &'f Definition,
    pub environment: &'f Environment,
    pub at: usize,
}

/// Words of the files that choose the tools which generate.
const TOOLS: [&[u8]; 6] = [b"fabrikate", b"fab generate", b"fab install", b"FAB_", b"HELM_", b"VERSION_TO_DOWNLOAD"];

/// Whether the component had a manifest in this environment, and nothing that says what it is has changed since.
pub(super) fn was_generated(then: &Then<'_>, definition: &Definition, environment: &Environment, at: usize) -> bool {
    let Some(folder) = &environment.generated else { return false };
    let was_there = then.files.before(&format!("{folder}/{}", definition.units[at].output())) != Before::Nothing;
    was_there && Feed { definition, environment, at }.is_defined_as_before(then)
}

impl<'f> Feed<'f> {
    pub(super) fn unit(self) -> &'f Unit {
        &self.definition.units[self.at]
    }

    /// The component and what it is in, innermost first.
    fn chain(self) -> impl Iterator<Item = &'f Unit> {
        chain(self.definition, self.at)
    }

    /// Whether the component files and the configuration say the same of it as before.
    pub(super) fn is_defined_as_before(self, then: &Then<'_>) -> bool {
        let Some(old) = then.definitions.iter().find(|old| old.folder == self.definition.folder) else { return false };
        let is_same = |old: &&Environment| old.name == self.environment.name && old.layers == self.environment.layers;
        let Some(environment) = old.environments.iter().find(is_same) else { return false };
        let mut same = (0..old.units.len()).filter(|at| old.units[*at].output() == self.unit().output());
        // Of components that write the same file nobody knows which one is left.
        let (Some(at), None) = (same.next(), same.next()) else { return false };
        let (before, now) = (chain(old, at), self.chain());
        let (before, now): (Vec<_>, Vec<_>) = (before.collect(), now.collect());
        let is_same_unit = |(a, b): (&&Unit, &&Unit)| {
            same_component(&a.entry, &b.entry) && same_component(&a.component, &b.component) && a.missing == b.missing
        };
        let configs = (environment.configs[at].as_ref(), self.environment.configs[self.at].as_ref());
        before.len() == now.len()
            && before.iter().zip(&now).all(is_same_unit)
            && matches!(configs, (Some(a), Some(b)) if same_config(a, b))
    }

    /// Whether the manifest is a copy of files that are all here.
    pub(super) fn is_copy(self) -> bool {
        let unit = self.unit();
        unit.component.kind() == ComponentKind::Static
            && !unit.statics.is_empty()
            && !self.chain().any(|unit| unit.component.creates_files() || unit.component.finishes_files())
    }

    /// Why it may be another thing every time that it is generated, without a change here.
    pub(super) fn floats(self) -> Option<String> {
        let unit = self.unit();
        let name = unit.entry.name();
        if self.chain().any(|unit| unit.component.creates_files() || unit.component.finishes_files()) {
            return Some(format!("a hook makes or changes what `{name}` generates, and may have done so differently"));
        }
        let is_pinned = unit.component.version.as_ref().is_some_and(|version| !version.value.is_empty());
        let floats = match (unit.missing, unit.component.kind(), unit.component.method()) {
            (Some(Missing::Remote), ..) | (_, ComponentKind::Helm, Method::Git | Method::Helm) => !is_pinned,
            (_, ComponentKind::Static, _) => unit.statics.is_empty(),
            _ => false,
        };
        floats.then(|| format!("`{name}` has no version: what it is made from may have changed elsewhere"))
    }

    /// Whether files that it is made of, files beside its hooks, or the tools that make it have changed.
    pub(super) fn has_new_material(self, plan: &Plan, comparison: &Comparison<'_>, changed: &[String]) -> bool {
        let with_hooks = self.chain().filter(|unit| !unit.component.hooks.is_empty());
        let folders = with_hooks.filter_map(|unit| unit.folder.as_deref()).chain(self.unit().material.as_deref());
        let folders: Vec<&str> = folders.collect();
        changed.iter().any(|name| {
            let file = comparison.listing.file(name);
            let role = file.map(|file| plan.role(file));
            if role == Some(FileRole::Generated) {
                return false;
            }
            let chooses_tools = || {
                let is_text = matches!(role, Some(FileRole::Manifest)) && !name.ends_with(".md");
                let text = file.filter(|_| is_text).and_then(|file| (comparison.text)(file));
                text.is_some_and(|text| TOOLS.iter().any(|word| memmem::find(&text, word).is_some()))
            };
            folders.iter().any(|folder| is_below(name, folder)) || chooses_tools()
        })
    }
}

fn chain(definition: &Definition, at: usize) -> impl Iterator<Item = &Unit> {
    successors(Some(&definition.units[at]), |unit| unit.parent.map(|parent| &definition.units[parent]))
}

/// The names of the files that are not as they were.
pub(super) fn changed(comparison: &Comparison<'_>, then: &Then<'_>) -> Vec<String> {
    let is_other = |name: &str, file| match then.files.before(name) {
        Before::Same => false,
        Before::Nothing => true,
        Before::Text(old) => (comparison.text)(file).is_none_or(|now| *now != *old && lines(&now) != lines(old)),
    };
    let now = comparison.listing.iter().filter(|(name, file)| is_other(name, *file));
    let gone = then.files.listing.iter().filter(|(name, _)| comparison.listing.file(name).is_none());
    now.chain(gone).map(|(name, _)| name.to_string()).collect()
}

fn is_below(name: &str, folder: &str) -> bool {
    folder.is_empty() || name.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether two components are the same to Fabrikate, wherever they are written.
fn same_component(a: &Component, b: &Component) -> bool {
    let text = |component: &Component| {
        let fields = [&component.version, &component.branch].map(|field| field.as_ref().map(|it| it.value.clone()));
        let hooks = component.hooks.iter().map(|hook| {
            (hook.event.text.clone(), hook.commands.iter().map(|command| command.text.clone()).collect::<Vec<_>>())
        });
        (fields, hooks.collect::<Vec<_>>())
    };
    (a.kind(), a.method(), a.name(), a.source(), a.path()) == (b.kind(), b.method(), b.name(), b.source(), b.path())
        && text(a) == text(b)
}

/// Whether two configurations come to the same for the component itself.
fn same_config(a: &Config, b: &Config) -> bool {
    let namespace = |config: &Config| config.namespace.as_ref().map(|field| field.value.clone());
    let inject = |config: &Config| config.inject_namespace.as_ref().is_some_and(|field| field.value);
    let settings = match (&a.config, &b.config) {
        (Some(a), Some(b)) => same_setting(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    settings && namespace(a) == namespace(b) && inject(a) == inject(b)
}

fn same_setting(a: &Setting, b: &Setting) -> bool {
    match (&a.content, &b.content) {
        (Content::Map(a), Content::Map(b)) => {
            let value = |key: &str| b.iter().find(|(known, _)| known == key).map(|(_, value)| value);
            a.len() == b.len()
                && a.iter().enumerate().all(|(at, (key, own))| {
                    // Most maps are in the order that they were in.
                    let other = b.get(at).filter(|(known, _)| known == key).map(|(_, value)| value);
                    other.or_else(|| value(key)).is_some_and(|other| same_setting(own, other))
                })
        }
        (Content::List(a), Content::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_setting(a, b)),
        (a, b) => a == b,
    }
}
