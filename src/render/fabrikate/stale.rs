//! Whether `generated/` is what the definition generates, as far as that can be told without a generator.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::definition::fabrikate::{ComponentKind, Definition, Environment, Method, Unit};
use crate::model::definition::{Generated, Plan};
use crate::model::diagnostic::Diagnostic;
use crate::model::source::{FileId, Span};

use super::super::rules::{HAND_EDITED, STALE};
use super::super::{Comparison, Text, Then};
use super::edited::Edits;
use super::feed;
use super::statics::{compare, first_difference};

/// See [`Plan::stale`].
pub(in crate::render) fn stale(plan: &Plan, comparison: &Comparison<'_>) -> Vec<Diagnostic> {
    let text = comparison.text;
    let edited = comparison.then.map(|then| Edits::of(plan, comparison, then)).unwrap_or_default();
    let mut trees: BTreeMap<(usize, usize), Vec<(FileId, &Generated)>> = BTreeMap::new();
    for (file, generated) in &plan.generated {
        trees.entry((generated.definition, generated.environment)).or_default().push((*file, generated));
    }
    let mut findings = Vec::new();
    for ((definition, environment), files) in trees {
        let definition = &plan.definitions[definition];
        let environment = &definition.environments[environment];
        // A tree with nothing of this definition in it belongs to another one.
        if files.iter().any(|(_, generated)| generated.unit.is_some()) {
            let found = compare_tree(definition, environment, &files, text, comparison.then.as_ref());
            findings.extend(found.into_iter().map(|mut finding| {
                finding.affects = vec![environment.name.clone()];
                finding
            }));
        }
    }
    // What was written by hand says it better than that there is a difference.
    findings.retain(|finding| !edited.explain(finding));
    findings.extend(edited.findings);
    findings
}

fn compare_tree(
    definition: &Definition,
    environment: &Environment,
    files: &[(FileId, &Generated)],
    text: Text<'_>,
    then: Option<&Then<'_>>,
) -> Vec<Diagnostic> {
    let Some(folder) = &environment.generated else { return Vec::new() };
    let written: BTreeSet<usize> = files.iter().filter_map(|(_, generated)| generated.unit).collect();
    // Of components that write the same file, one is traced; that they do is another rule's finding.
    let outputs: BTreeSet<String> = written.iter().map(|at| definition.units[*at].output()).collect();
    let mut findings = Vec::new();
    for (at, unit) in definition.units.iter().enumerate() {
        if environment.configs[at].is_some() && writes_something(unit) && !outputs.contains(&unit.output()) {
            let is_deleted = then.is_some_and(|then| feed::was_generated(then, definition, environment, at));
            findings.push(if is_deleted {
                deleted(unit, folder, environment)
            } else {
                missing(unit, folder, environment)
            });
        }
    }
    for (file, generated) in files {
        findings.extend(match generated.unit {
            Some(unit) => differs(&definition.units, unit, *file, generated, text),
            None => unexpected(definition, folder, *file, generated),
        });
    }
    findings
}

/// A component whose file would not be empty, and whose name is known.
fn writes_something(unit: &Unit) -> bool {
    unit.missing.is_none()
        && matches!(unit.component.kind(), ComponentKind::Helm | ComponentKind::Static)
        && !unit.component.name().is_empty()
}

fn missing(unit: &Unit, folder: &str, environment: &Environment) -> Diagnostic {
    let name = unit.component.name();
    let message = format!("component `{name}` has no generated manifest for `{}`", environment.name);
    Diagnostic::new(&STALE, unit.name_span(), message, format!("`{folder}/{}` is missing", unit.output()))
        .effect(format!("nothing of `{name}` reaches the cluster from this tree"))
        .help(format!("run `{}` and commit what it writes", command(environment)))
}

/// A manifest that a change takes away, though the component is still there.
fn deleted(unit: &Unit, folder: &str, environment: &Environment) -> Diagnostic {
    let name = unit.component.name();
    let message = format!("the generated manifest of `{name}` for `{}` was deleted by hand", environment.name);
    let label = format!("`{folder}/{}` was deleted, and this component still generates it", unit.output());
    Diagnostic::new(&HAND_EDITED, unit.name_span(), message, label)
        .effect(format!("the next `{}` writes it again, and with it the objects come back", command(environment)))
        .help(format!("remove the component, or write `disabled: true` for it in `config/{}.yaml`", environment.name))
}

/// What writes the tree of an environment.
pub(super) fn command(environment: &Environment) -> String {
    [&["fab", "generate"][..], &environment.layers.iter().map(String::as_str).collect::<Vec<_>>()].concat().join(" ")
}

/// A file that no component writes, unless one that cannot be looked into may do so.
fn unexpected(definition: &Definition, folder: &str, file: FileId, generated: &Generated) -> Option<Diagnostic> {
    let inside = generated.name[folder.len()..].trim_start_matches('/');
    let may_write = |unit: &Unit| unit.missing.is_some() && inside.starts_with(&format!("{}/", unit.logical_path));
    if definition.units.iter().any(may_write) || !inside.ends_with(".yaml") {
        return None;
    }
    let root = definition.units.first()?.component.name().to_owned();
    Some(
        Diagnostic::new(&STALE, Span::top(file), format!("no component of `{root}` generates this file"), "")
            .effect("the cluster keeps what it describes, though the definition does not")
            .help("run `fab generate`, which removes it, or add the component that it belongs to"),
    )
}

/// A manifest that Helm made of another chart than the component names now: `# Source: <chart>/templates/…`. Only of a
/// chart from a repository is the name certain.
fn other_chart(unit: &Unit, file: FileId, generated: &Generated, text: Text<'_>) -> Option<Diagnostic> {
    const SOURCE: &[u8] = b"# Source: ";
    let path = unit.component.path.as_ref().filter(|_| unit.component.method() == Method::Helm)?;
    let wanted = path.value.rsplit('/').next().filter(|name| !name.is_empty())?;
    let content = text(file)?;
    let start = memchr::memmem::find(&content, SOURCE)? + SOURCE.len();
    let end = start + memchr::memchr2(b'/', b'\n', &content[start..])?;
    let name = std::str::from_utf8(&content[start..end]).ok().filter(|name| *name != wanted)?;
    let message = format!("`{}` was generated from the chart `{name}`", generated.name);
    Some(
        Diagnostic::new(&STALE, Span::new(file, start as u32, end as u32), message, "Helm wrote this name")
            .see(path.span, "the chart of the component")
            .effect("the cluster gets what the other chart made until the next `fab generate`")
            .help("run `fab install` and `fab generate`, and commit what they write"),
    )
}

/// A copy that differs from its static manifests. Where a hook makes manifests, or changes what was generated, nothing can
/// be said.
fn differs(units: &[Unit], at: usize, file: FileId, generated: &Generated, text: Text<'_>) -> Option<Diagnostic> {
    let unit = &units[at];
    if unit.component.kind() == ComponentKind::Helm {
        return other_chart(unit, file, generated, text);
    }
    let makes_files = std::iter::successors(Some(unit), |unit| unit.parent.map(|parent| &units[parent]))
        .any(|unit| unit.component.creates_files() || unit.component.finishes_files());
    if unit.component.kind() != ComponentKind::Static || makes_files || unit.statics.is_empty() {
        return None;
    }
    let content = text(file)?;
    let copies = generated.copies.get_or_init(|| compare(&content, &unit.statics, text));
    let place = |at: usize| {
        let at = at + content[at..].iter().take_while(|byte| matches!(byte, b'\n' | b'-')).count();
        let end = at + memchr::memchr(b'\n', &content[at..]).unwrap_or(content.len() - at);
        Span::new(file, at as u32, end as u32)
    };
    let span = copies.rest.map_or(Span::top(file), place);
    let name = &unit.component.name();
    let finding = match &copies.differs {
        Some((source, id)) => {
            let message = format!("the manifests generated from `{name}` differ from `{source}`");
            // Where something else stands in its place, the values show what has changed.
            let is_in_its_place = copies.rest == Some(copies.wanted);
            let original = text(*id).filter(|_| is_in_its_place);
            match original.and_then(|original| first_difference(&content, copies.wanted, &original)) {
                Some((own, theirs)) => {
                    let span =
                        |file, range: std::ops::Range<usize>| Span::new(file, range.start as u32, range.end as u32);
                    Diagnostic::new(&STALE, span(file, own), message, "not as in the static manifest")
                        .see(span(*id, theirs), "the static manifest as it is now")
                }
                None => Diagnostic::new(&STALE, span, message, "not in the static manifests as they are now")
                    .see(Span::top(*id), "the file as it is now is not in the generated manifests"),
            }
        }
        None => {
            copies.rest?;
            let message = format!("the manifests generated from `{name}` hold more than its static manifests");
            Diagnostic::new(&STALE, span, message, "in none of the static manifests")
        }
    };
    Some(
        finding
            .effect(format!("the cluster gets what `{}` says until the next `fab generate`", generated.name))
            .help("make the change in the static manifest, and run `fab generate`"),
    )
}
