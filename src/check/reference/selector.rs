//! Selectors that miss their pods by a letter, pods behind a Service that nobody asks whether they are ready, and
//! workloads that take each other's pods.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::model::diagnostic::Diagnostic;
use crate::model::path::Path;
use crate::model::reference::{Facts, Pair, Pods, Selector};

use super::slip::is_slip;
use super::{Findings, Index, rules};
use crate::check::wording::is_placeholder;

/// A namespace and the labels of a selector in it, in order.
type Selected<'s> = (&'s str, Vec<(&'s str, &'s str)>);

pub(super) fn check(index: &Index<'_>, out: &mut Findings) {
    for (one, selector) in index.all().filter_map(|one| Some((one, wanted(one)?))) {
        let workloads = || index.beside(one).filter_map(|other| Some((other, other.pods.as_ref()?)));
        let matched: Vec<_> = workloads().filter(|(_, pods)| holds(selector, pods)).collect();
        if matched.is_empty() {
            if let Some(finding) = near(index, one, selector) {
                out.tell(one, selector.path.clone(), finding);
            }
        } else if one.kind() == "Service" && !one.is_scraped {
            // Who scrapes comes again, and loses nothing.
            for (other, pods) in matched.iter().filter(|(_, pods)| !pods.end) {
                not_asked(one, other, pods, out);
            }
        }
    }
    // Of files that merely lie in one folder nobody can say that they are meant to be applied together.
    let is_together = |one: &Facts, other: &Facts| index.rendered || one.name.span.file == other.name.span.file;
    let mut known: HashMap<Selected<'_>, &Facts> = HashMap::new();
    for one in index.all().filter(|one| !matches!(one.kind(), "Job" | "CronJob")) {
        let Some(pods) = one.pods.as_ref().filter(|pods| !pods.selector.is_empty()) else { continue };
        let mut selector: Vec<_> = pods.selector.iter().map(|pair| (&*pair.key.text, &*pair.value.text)).collect();
        selector.sort_unstable();
        match known.entry((one.namespace(), selector)) {
            Entry::Vacant(entry) => drop(entry.insert(one)),
            Entry::Occupied(entry) if is_together(entry.get(), one) => same_pods(entry.get(), one, out),
            Entry::Occupied(_) => {}
        }
    }
}

/// A selector that says which pods it wants, and nothing but their labels.
pub(super) fn wanted(one: &Facts) -> Option<&Selector> {
    let selector = one.selects.as_ref().filter(|selector| !selector.more && !selector.labels.is_empty())?;
    let is_open = selector.labels.iter().any(|pair| is_placeholder(&pair.value.text));
    (!is_open).then_some(selector)
}

/// Pods that the selector nearly finds.
pub(super) fn near(index: &Index<'_>, one: &Facts, selector: &Selector) -> Option<Diagnostic> {
    let workloads = index.beside(one).filter_map(|other| Some((other, other.pods.as_ref()?)));
    let found = workloads.into_iter().find_map(|(other, pods)| near_miss(one, selector, other, pods));
    found.filter(|_| !index.has_pods_elsewhere(one.namespace(), selector))
}

pub(super) fn holds(selector: &Selector, pods: &Pods) -> bool {
    selector.labels.iter().all(|wanted| pods.labels.iter().any(|label| is_same(label, wanted)))
}

fn is_same(label: &Pair, wanted: &Pair) -> bool {
    label.key.text == wanted.key.text && label.value.text == wanted.value.text
}

/// All but one part of the selector hold, and that one is nearly a label.
fn near_miss(one: &Facts, selector: &Selector, other: &Facts, pods: &Pods) -> Option<Diagnostic> {
    let mut wrong = selector.labels.iter().filter(|wanted| !pods.labels.iter().any(|label| is_same(label, wanted)));
    let (wanted, None) = (wrong.next()?, wrong.next()) else { return None };
    let of_key = pods.labels.iter().find(|label| label.key.text == wanted.key.text);
    // A value alone is a name, and names of neighbours are alike: `web` and `web-2` are two things.
    let is_typo = |label: &&Pair| is_slip(&wanted.value.text, &label.value.text);
    let (wrong, right, place) = match of_key {
        Some(label) => {
            let label = Some(label).filter(is_typo)?;
            (&wanted.value, &label.value, &label.value)
        }
        None => {
            let same_value = pods.labels.iter().filter(|label| label.value.text == wanted.value.text);
            let label = same_value.into_iter().find(|label| is_slip(&wanted.key.text, &label.key.text))?;
            (&wanted.key, &label.key, &label.key)
        }
    };
    let (title, target) = (one.title(), other.title());
    let message = format!("{title} selects no pod: `{}` is nearly the `{}` of {target}", wrong.text, right.text);
    let effect = match one.kind() {
        "Service" => "the Service has no endpoints, and every connection to it fails",
        "PodDisruptionBudget" => "the budget protects nothing: all pods may be evicted at once",
        _ => "the policy holds for no pod",
    };
    Some(
        Diagnostic::new(&rules::NEAR_MISS_SELECTOR, wrong.span, message, "no pod has this")
            .see(place.span, "the label")
            .effect(effect)
            .help(format!("write `{}`", right.text))
            .respell(false, wrong.span, right.text.as_str()),
    )
}

fn not_asked(service: &Facts, workload: &Facts, pods: &Pods, out: &mut Findings) {
    // A container beside others may be one that serves nothing.
    let Some(first) = pods.unready.first().filter(|_| pods.unready.len() == pods.containers) else { return };
    let message = format!("no container of {} says when it is ready", workload.title());
    let rule = &rules::READINESS_BEHIND_SERVICE;
    let finding = Diagnostic::new(rule, first.span, message, "without a readiness probe")
        .see(service.name.span, format!("{} sends it requests", service.title()))
        .effect("requests arrive before the program listens, and while it cannot answer: each rollout loses some")
        .help("add a `readinessProbe`");
    let template: &[&str] = if workload.kind() == "Pod" { &[] } else { &["spec", "template"] };
    out.tell(workload, Path::of(template.iter().copied().chain(["spec", "containers"])), finding);
}

fn same_pods(first: &Facts, second: &Facts, out: &mut Findings) {
    if first.kind() == second.kind() && first.name.text == second.name.text {
        return;
    }
    let [one, place] = [first, second].map(|facts| facts.pods.as_ref().and_then(|pods| pods.selector.first()));
    let (Some(one), Some(place)) = (one, place) else { return };
    let message = format!("{} and {} have the same selector", first.title(), second.title());
    let finding = Diagnostic::new(&rules::DUPLICATE_SELECTOR, place.value.span, message, "this one")
        .see(one.value.span, "and this one")
        .effect("each counts the pods of the other: they are scaled, replaced and deleted by whoever comes first")
        .help("give each a label of its own, in the selector and in the template");
    out.tell(second, Path::of(["spec", "selector"]), finding);
}
