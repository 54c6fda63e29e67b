//! What an object lacks beside others: a budget, a network policy, a second replica behind a Service. All of them may lie
//! anywhere, so those of the whole run count, and the rules are off unless somebody asks for them.

use std::collections::{HashMap, HashSet};

use super::autoscaler::is_autoscaler;
use super::{Findings, rules};
use crate::check::wording::is_placeholder;
use crate::model::diagnostic::Diagnostic;
use crate::model::path::Path;
use crate::model::reference::{Facts, Pair, Pods, Purpose, Set};

/// Labels as words, and nothing of where they stand.
type Labels<'s> = Vec<(&'s str, &'s str)>;

/// What no budget and no network policy of the run selects, each with the set that it is in.
pub(super) fn check(sets: &[Set]) -> Vec<(Diagnostic, &Set)> {
    let all: Vec<(&Facts, &Set)> = sets.iter().flat_map(|set| set.facts.iter().map(move |one| (one, set))).collect();
    let workloads: Vec<(&Facts, &Set, &Pods)> =
        all.iter().filter_map(|(one, set)| Some((*one, *set, pods(one)?))).collect();
    let Covered { budgets, policies, services } = covered(&all, &workloads);
    let scaled = scaled(&all);
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
        if is_alone(one, &scaled)
            && let Some(service) = services.get(&at)
        {
            let message = format!("{} runs a single replica", one.title());
            let place = one.replicas.as_ref().map_or(one.name.span, |replicas| replicas.span);
            let finding = new("single-replica", place, message)
                .see(service.name.span, format!("{} sends it requests", service.title()));
            told.tell(one, Path::of(["spec", "replicas"]), finding);
        }
        // No policy reaches the network of the node.
        if !others && !policies.contains(&at) && !pods.on_host {
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

/// Whether a Deployment has one pod, and could have more.
fn is_alone(one: &Facts, scaled: &HashSet<(&str, &str, &str)>) -> bool {
    one.kind() == "Deployment"
        && !one.is_off
        && !one.recreates
        && one.replicas.as_ref().is_none_or(|replicas| replicas.text == "1")
        && !scaled.contains(&("Deployment", one.name.text.as_str(), one.namespace()))
        && !scaled.contains(&("Deployment", one.name.text.as_str(), ""))
}

/// Kind, name and namespace of what autoscalers drive.
fn scaled<'s>(all: &[(&'s Facts, &Set)]) -> HashSet<(&'s str, &'s str, &'s str)> {
    let scalers = all.iter().map(|(one, _)| *one).filter(|one| is_autoscaler(one.kind()));
    let needs = scalers.flat_map(|one| one.needs.iter().map(move |need| (one, need)));
    let targets = needs.filter(|(_, need)| need.purpose == Purpose::Scaling);
    targets.map(|(one, need)| (&*need.kind, need.name.text.as_str(), one.namespace())).collect()
}

/// Whether a Service spreads requests over pods. Without a selector, somebody else says where they go.
fn shares_requests(one: &Facts) -> bool {
    let has_selector = one.selects.as_ref().is_some_and(|selector| !selector.labels.is_empty());
    has_selector && !one.is_scraped && !one.is_headless
}

/// A network policy of another kind, whose reach is not read.
fn is_other_policy(one: &Facts) -> bool {
    let groups = ["cilium.io", "crd.projectcalico.org", "projectcalico.org", "policy.networking.k8s.io"];
    one.kind().contains("NetworkPolicy") && groups.contains(&&*one.id.group)
}

fn words(labels: &[Pair]) -> Labels<'_> {
    labels.iter().map(|pair| (&*pair.key.text, &*pair.value.text)).collect()
}

/// The workloads that a budget selects, that a network policy selects, and that a Service sends requests to.
#[derive(Default)]
struct Covered<'s> {
    budgets: HashSet<usize>,
    policies: HashSet<usize>,
    services: HashMap<usize, &'s Facts>,
}

/// What a selector says beside labels is taken to select all of them.
fn covered<'s>(all: &[(&'s Facts, &Set)], workloads: &[(&Facts, &Set, &Pods)]) -> Covered<'s> {
    let mut by_label: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (at, (_, _, pods)) in workloads.iter().enumerate() {
        words(&pods.labels).into_iter().for_each(|label| by_label.entry(label).or_default().push(at));
    }
    let mut covered = Covered::default();
    let mut done: HashSet<(&str, &str, Labels<'_>)> = HashSet::new();
    for (one, _) in all {
        match one.kind() {
            "PodDisruptionBudget" => {}
            "NetworkPolicy" if !is_other_policy(one) => {}
            "Service" if shares_requests(one) => {}
            _ => continue,
        }
        let wanted = one.selects.as_ref().map_or_else(Vec::new, |selector| words(&selector.labels));
        if !done.insert((one.kind(), one.namespace(), wanted.clone())) {
            continue;
        }
        let lists = wanted.iter().map(|label| by_label.get(label).map(Vec::as_slice).unwrap_or_default());
        let shortest = lists.min_by_key(|list| list.len());
        let candidates: Vec<usize> = shortest.map_or_else(|| (0..workloads.len()).collect(), <[usize]>::to_vec);
        let selected = candidates.into_iter().filter(|at| {
            let (near, _, pods) = workloads[*at];
            let same = one.namespace() == near.namespace() || one.namespace().is_empty() || near.namespace().is_empty();
            same && wanted.iter().all(|label| words(&pods.labels).contains(label))
        });
        match one.kind() {
            "PodDisruptionBudget" => covered.budgets.extend(selected),
            "NetworkPolicy" => covered.policies.extend(selected),
            _ => selected.for_each(|at| {
                covered.services.entry(at).or_insert(one);
            }),
        }
    }
    covered
}

fn new(id: &str, span: crate::model::source::Span, message: String) -> Diagnostic {
    let rule = rules::rule(id);
    Diagnostic::new(rule, span, message, "").effect(rule.why.clone()).help(rule.help.clone())
}
