//! Disruption budgets that ask for as many pods as there are. `pdb-blocks-eviction` of the pack tells of those that say so
//! themselves; what a number means, only the workload shows.

use super::autoscaler::is_autoscaler;
use super::selector::{holds, wanted};
use super::{Findings, Index, rules};
use crate::model::diagnostic::Diagnostic;
use crate::model::path::Path;
use crate::model::reference::{Facts, Purpose};

pub(super) fn check(index: &Index<'_>, out: &mut Findings) {
    for one in index.all().filter(|one| one.kind() == "PodDisruptionBudget") {
        let (Some(selector), Some(least)) = (wanted(one), one.least.as_ref()) else { continue };
        let matched: Vec<&Facts> =
            index.beside(one).filter(|other| other.pods.as_ref().is_some_and(|pods| holds(selector, pods))).collect();
        let numbers: Option<Vec<u64>> = matched.iter().map(|workload| number(index, workload)).collect();
        let Some(pods) = numbers.filter(|numbers| !numbers.is_empty()).map(|numbers| numbers.iter().sum::<u64>())
        else {
            continue;
        };
        // All of them is for the pack to tell.
        if least.text == "100%" || wants(&least.text, pods).is_none_or(|wanted| wanted == 0 || wanted < pods) {
            continue;
        }
        let [first, ..] = matched[..] else { continue };
        let runs = match &matched[..] {
            [_] => format!("{} runs {}", first.title(), counted(pods)),
            several => format!("the {} workloads that it selects run {}", several.len(), counted(pods)),
        };
        let message = format!("{} allows no eviction: `minAvailable: {}`, and {runs}", one.title(), least.text);
        let mut finding = Diagnostic::new(&rules::budget_blocks(), least.span, message, "as many as there are")
            .effect(
                "nodes with these pods cannot be drained: upgrades of the cluster wait, or go past the budget by force",
            )
            .help("write `maxUnavailable: 1` instead, which allows for one pod whatever their number");
        for workload in &matched {
            let (place, label) = match &workload.replicas {
                Some(replicas) => (replicas.span, "their number"),
                None => (workload.name.span, "one pod, as nothing else is said"),
            };
            finding = finding.see(place, label);
        }
        out.tell(one, Path::of(["spec", "minAvailable"]), finding);
    }
}

fn counted(pods: u64) -> String {
    if pods == 1 { "1 pod".to_owned() } else { format!("{pods} pods") }
}

/// How many pods a workload runs, where that is written and nothing else decides about it.
fn number(index: &Index<'_>, workload: &Facts) -> Option<u64> {
    let has_number =
        matches!(workload.kind(), "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" | "Rollout");
    let is_whole = workload.pods.as_ref().is_some_and(|pods| pods.whole);
    if !has_number || !is_whole || workload.is_off || is_scaled(index, workload) {
        return None;
    }
    workload.replicas.as_ref().map_or(Some(1), |replicas| replicas.text.parse().ok())
}

/// Whether an autoscaler decides about its number.
fn is_scaled(index: &Index<'_>, workload: &Facts) -> bool {
    let needs = index.beside(workload).filter(|other| is_autoscaler(other.kind())).flat_map(|other| &other.needs);
    needs.into_iter().any(|need| {
        need.purpose == Purpose::Scaling && need.kind == workload.kind() && need.name.text == workload.name.text
    })
}

/// How many pods a budget wants to stay: `GetScaledValueFromIntOrPercent` rounds up, in
/// `pkg/controller/disruption/disruption.go`.
fn wants(least: &str, pods: u64) -> Option<u64> {
    match least.strip_suffix('%') {
        Some(percent) => Some((percent.parse::<u64>().ok()?.checked_mul(pods)?).div_ceil(100)),
        None => least.parse().ok(),
    }
}
