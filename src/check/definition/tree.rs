//! How components fit together: names among siblings, and the files they write.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::definition::Plan;
use crate::model::definition::fabrikate::{Component, Definition, Unit};
use crate::model::diagnostic::Diagnostic;
use crate::model::source::Span;

use super::rules;

pub(super) fn check(plan: &Plan, out: &mut Vec<Diagnostic>) {
    for file in &plan.components {
        let mut open = vec![&*file.component];
        while let Some(component) = open.pop() {
            duplicates(component, out);
            open.extend(component.subcomponents.iter().map(|child| &**child));
        }
    }
    // A component that several trees include collides in each of them.
    let mut seen = BTreeSet::new();
    for definition in &plan.definitions {
        collisions(definition, &mut seen, out);
    }
}

fn duplicates(component: &Component, out: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for name in component.subcomponents.iter().filter_map(|child| child.name.as_ref()) {
        if name.value.is_empty() {
            continue;
        }
        match first.get(name.value.as_str()) {
            None => {
                first.insert(&name.value, name.span);
            }
            Some(first) => out.push(
                Diagnostic::new(
                    &rules::DUPLICATE_SUBCOMPONENT,
                    name.span,
                    format!("two subcomponents of `{}` are called `{}`", component.name(), name.value),
                    "",
                )
                .see(*first, "the first one")
                .effect("they share their configuration, and each overwrites what the other generates")
                .help("rename one of them"),
            ),
        }
    }
}

fn collisions(definition: &Definition, seen: &mut BTreeSet<(Span, Span)>, out: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<String, &Unit> = BTreeMap::new();
    // The name of a component that is not here is not known: its own file decides.
    let named = |unit: &&Unit| unit.missing.is_none() && !unit.component.name().is_empty();
    for unit in definition.units.iter().filter(named) {
        let other = match first.get(&unit.output()) {
            Some(other) => *other,
            None => {
                first.insert(unit.output(), unit);
                continue;
            }
        };
        let are_duplicates = unit.parent == other.parent && unit.entry.name() == other.entry.name();
        if are_duplicates || !seen.insert((unit.name_span(), other.name_span())) {
            continue;
        }
        let (name, output) = (unit.component.name(), unit.output());
        out.push(
            Diagnostic::new(
                &rules::OUTPUT_COLLISION,
                unit.name_span(),
                format!("two components write `{output}`"),
                format!("`{name}` here"),
            )
            .see(other.name_span(), format!("and `{name}` here"))
            .effect("one overwrites the other without a word; which one is left differs from run to run")
            .help("rename one of them"),
        );
    }
}
