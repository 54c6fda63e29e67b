//! What an object lacks beside others: a budget, a network policy, a name of its own.
//!
//! A budget and a network policy may lie anywhere, so those of the whole run count, and the rules are off unless somebody
//! asks for them.

mod card;
mod rules;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::diagnostic::Diagnostic;
use crate::model::path::Path;
use crate::model::resource::{Resource, ResourceId};
use crate::model::rule::Rule;
use crate::model::source::Span;

use super::wording::is_placeholder;
use card::{Card, Facts, Labels, Workload, selects};
use rules::rule;

/// The rules of this room.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    rules::LIST.iter()
}

/// Which of the rules are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// About objects of one file.
    pub names: bool,
    /// About objects of the whole run.
    pub cover: bool,
}

impl Asked {
    /// Reads the selection.
    pub fn of(wanted: impl Fn(&Rule) -> bool) -> Asked {
        let is_wanted = |id| wanted(rule(id));
        let cover = is_wanted("pdb-missing") || is_wanted("network-policy-missing");
        Asked { names: is_wanted("duplicate-resource"), cover }
    }
}

/// What is kept of the objects of a run.
#[derive(Debug, Default)]
pub struct Relations {
    cards: Vec<Card>,
}

/// The objects of one file so far, to tell which is there twice.
#[derive(Debug, Default)]
pub struct Names {
    seen: HashMap<(String, String, Option<String>, String), Span>,
}

impl Names {
    /// Notes an object, and tells if it was there before.
    pub fn check(&mut self, resource: &Resource<'_>, out: &mut Vec<Diagnostic>) {
        let Some(name) = resource.name().filter(|name| !name.is_empty() && !is_placeholder(name)) else { return };
        let namespace = resource.namespace().map(Cow::into_owned);
        let key = (resource.group().to_owned(), resource.kind.clone().into_owned(), namespace, name.into_owned());
        let path = Path::of(["metadata", "name"]);
        let span = path.span(resource.value);
        let Some(first) = self.seen.get(&key) else {
            self.seen.insert(key, span);
            return;
        };
        let id = Arc::new(resource.id());
        let message = format!("{} is there twice", described(&id));
        out.push(new("duplicate-resource", span, message).see(*first, "first here").about(id, path));
    }
}

impl Relations {
    /// Keeps what relations need of an object.
    pub fn add(&mut self, resource: &Resource<'_>) {
        self.cards.extend(Card::of(resource));
    }

    /// Takes in what another thread kept.
    pub fn join(&mut self, other: Relations) {
        self.cards.extend(other.cards);
    }

    /// What no budget and no network policy of the run selects.
    #[must_use]
    pub fn check(&self) -> Vec<Diagnostic> {
        let (budgets, policies) = self.covered();
        let others = self.cards.iter().any(|card| matches!(card.facts, Facts::OtherNetworkPolicy));
        let mut findings = Vec::new();
        for (at, card) in self.cards.iter().enumerate() {
            let Facts::Workload(own) = &card.facts else { continue };
            let mut told = Vec::new();
            let several = own.replicas.filter(|(_, number)| *number > 1);
            let is_kind = matches!(&*card.id.kind, "Deployment" | "StatefulSet");
            if let Some((span, number)) = several.filter(|_| is_kind && !budgets.contains(&at)) {
                let message = format!("{} runs {number} replicas without a disruption budget", described(&card.id));
                told.push(new("pdb-missing", span, message).about(card.id.clone(), Path::of(["spec", "replicas"])));
            }
            if !others && !policies.contains(&at) {
                let message = format!("no network policy selects the pods of {}", described(&card.id));
                let finding = new("network-policy-missing", own.selected_at, message);
                told.push(finding.about(card.id.clone(), Path::of(["spec", "selector"])));
            }
            card.exemptions.mark(&mut told);
            findings.append(&mut told);
        }
        findings.sort_by_key(|finding| finding.primary.span);
        findings
    }

    /// The workloads that a budget selects, and those that a network policy selects. What a selector says beside labels
    /// is taken to select all of them.
    fn covered(&self) -> (HashSet<usize>, HashSet<usize>) {
        let mut by_label: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        let workloads: Vec<(usize, &Workload)> =
            self.cards.iter().enumerate().filter_map(|(at, card)| Some((at, workload(card)?))).collect();
        for (at, workload) in &workloads {
            for (key, value) in &workload.labels {
                by_label.entry((key, value)).or_default().push(*at);
            }
        }
        let (mut budgets, mut policies) = (HashSet::new(), HashSet::new());
        let mut done: HashSet<(bool, Option<&str>, &Labels)> = HashSet::new();
        for card in &self.cards {
            let (wanted, covered, is_budget) = match &card.facts {
                Facts::Budget(wanted) => (wanted, &mut budgets, true),
                Facts::NetworkPolicy(wanted) => (wanted, &mut policies, false),
                _ => continue,
            };
            if !done.insert((is_budget, card.id.namespace.as_deref(), wanted)) {
                continue;
            }
            let lists = wanted.iter().map(|(key, value)| by_label.get(&(&**key, &**value)));
            let shortest = lists.map(|list| list.map(Vec::as_slice).unwrap_or_default()).min_by_key(|list| list.len());
            let candidates: Vec<usize> =
                shortest.map_or_else(|| workloads.iter().map(|(at, _)| *at).collect(), <[usize]>::to_vec);
            covered.extend(candidates.into_iter().filter(|at| {
                let near = &self.cards[*at];
                let (one, other) = (&card.id.namespace, &near.id.namespace);
                let same = one == other || one.is_none() || other.is_none();
                same && workload(near).is_some_and(|own| selects(wanted, &own.labels))
            }));
        }
        (budgets, policies)
    }
}

fn workload(card: &Card) -> Option<&Workload> {
    match &card.facts {
        Facts::Workload(workload) => Some(workload),
        _ => None,
    }
}

fn new(id: &str, span: Span, message: String) -> Diagnostic {
    let rule = rule(id);
    Diagnostic::new(rule, span, message, "").effect(rule.why.clone()).help(rule.help.clone())
}

/// `Deployment shop/web`
fn described(id: &ResourceId) -> String {
    let name = id.name.as_deref().unwrap_or("(unnamed)");
    match &id.namespace {
        Some(namespace) => format!("{} {namespace}/{name}", id.kind),
        None => format!("{} {name}", id.kind),
    }
}
