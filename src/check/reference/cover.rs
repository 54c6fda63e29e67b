//! What an object lacks beside others: a budget, a network policy. Both may lie anywhere, so those of the whole run count,
//! and the rules are off unless somebody asks for them.

use std::collections::{HashMap, HashSet};

use super::{Findings, rules};
use crate::check::wording::is_placeholder;
use crate::model::diagnostic::Diagnostic;
use crate::model::path::Path;
use crate::model::reference::{Facts, Pair, Pods, Set};

/// Labels as words, and nothing of where they stand.
type Labels<'s> = Vec<(&'s str, &'s str)>;

/// What no budget and no network policy of the run selects, each with the set that it is in.
pub(super) fn check(sets: &[Set]) -> Vec<(Diagnostic, &Set)> {
    let all: Vec<(&Facts, &Set)> = sets.iter().flat_map(|set| set.facts.iter().map(move |one| (one, set))).collect();
    let workloads: Vec<(&Facts, &Set, &Pods)> =
        all.iter().filter_map(|(one, set)| Some((*one, *set, pods(one)?))).collect();
    let (budgets, policies) = covered(&all, &workloads);
    let others = all.iter().any(|(one, _)| is_other_policy(one));
    let mut found = Vec::new();
    for (at, (one, set, pods)) in workloads.iter().enumerate() {
        let mut told = Findings::default();
        let several = one.replicas.as_ref().and_then(|it| Some((it.span, it.text.parse::<i64>().ok()?)));
        let is_kind = matches!(one.kind(), "Deployment" | "StatefulSet");
        if let Some((span, number)) = several.filter(|(_, number)| *number > 1 && is_kind && !budgets.contains(&at)) {
            let message = format!("{} runs {number} replicas without a disruption budget", one.title());
            told.tell(one, Path::of(["spec", "replicas"]), new("pdb-missing", span, message));
        }
        if !others && !policies.contains(&at) {
            let message = format!("no network policy selects the pods of {}", one.title());
            let place = pods.selected_at.unwrap_or(one.name.span);
            told.tell(one, Path::of(["spec", "selector"]), new("network-policy-missing", place, message));
        }
        found.extend(told.0.into_iter().map(|finding| (finding, *set)));
    }
    found
}

/// The pods of a workload that runs on, if nothing about them is filled in later.
fn pods(one: &Facts) -> Option<&Pods> {
    let is_open = |pair: &Pair| is_placeholder(&pair.key.text) || is_placeholder(&pair.value.text);
    let is_kind = !matches!(one.kind(), "Job" | "CronJob");
    one.pods.as_ref().filter(|pods| is_kind && pods.whole && !pods.labels.iter().any(is_open))
}

/// A network policy of another kind, whose reach is not read.
fn is_other_policy(one: &Facts) -> bool {
    let groups = ["cilium.io", "crd.projectcalico.org", "projectcalico.org", "policy.networking.k8s.io"];
    one.kind().contains("NetworkPolicy") && groups.contains(&&*one.id.group)
}

fn words(labels: &[Pair]) -> Labels<'_> {
    labels.iter().map(|pair| (&*pair.key.text, &*pair.value.text)).collect()
}

/// The workloads that a budget selects, and those that a network policy selects. What a selector says beside labels
/// is taken to select all of them.
fn covered(all: &[(&Facts, &Set)], workloads: &[(&Facts, &Set, &Pods)]) -> (HashSet<usize>, HashSet<usize>) {
    let mut by_label: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (at, (_, _, pods)) in workloads.iter().enumerate() {
        words(&pods.labels).into_iter().for_each(|label| by_label.entry(label).or_default().push(at));
    }
    let (mut budgets, mut policies) = (HashSet::new(), HashSet::new());
    let mut done: HashSet<(bool, &str, Labels<'_>)> = HashSet::new();
    for (one, _) in all {
        let is_budget = one.kind() == "PodDisruptionBudget";
        if !is_budget && (one.kind() != "NetworkPolicy" || is_other_policy(one)) {
            continue;
        }
        let wanted = one.selects.as_ref().map_or_else(Vec::new, |selector| words(&selector.labels));
        if !done.insert((is_budget, one.namespace(), wanted.clone())) {
            continue;
        }
        let lists = wanted.iter().map(|label| by_label.get(label).map(Vec::as_slice).unwrap_or_default());
        let shortest = lists.min_by_key(|list| list.len());
        let candidates: Vec<usize> = shortest.map_or_else(|| (0..workloads.len()).collect(), <[usize]>::to_vec);
        let covered = if is_budget { &mut budgets } else { &mut policies };
        covered.extend(candidates.into_iter().filter(|at| {
            let (near, _, pods) = workloads[*at];
            let same = one.namespace() == near.namespace() || one.namespace().is_empty() || near.namespace().is_empty();
            same && wanted.iter().all(|label| words(&pods.labels).contains(label))
        }));
    }
    (budgets, policies)
}

fn new(id: &str, span: crate::model::source::Span, message: String) -> Diagnostic {
    let rule = rules::rule(id);
    Diagnostic::new(rule, span, message, "").effect(rule.why.clone()).help(rule.help.clone())
}
