//! What this room reports.

use std::sync::LazyLock;

use crate::model::rule::{Category, Rule, Severity};

/// All of them; a list, because profiles and links cannot stand in a constant.
pub(super) static LIST: LazyLock<Vec<Rule>> = LazyLock::new(|| vec![same_object(), budget(), network_policy()]);

/// The rule of that id, which is one of ours.
pub(super) fn rule(id: &str) -> &'static Rule {
    LIST.iter().find(|rule| rule.id == id).unwrap_or(&LIST[0])
}

fn warning(id: &'static str, category: Category, title: &'static str, why: &'static str, help: &'static str) -> Rule {
    Rule::new(id, category, Severity::Warning, title, why, help)
}

/// A rule that is off, with the profile it belongs to.
fn of_profile(profile: &'static str, rule: Rule) -> Rule {
    Rule { default: false, profiles: vec![profile.into()], ..rule }
}

fn with_link(link: &'static str, rule: Rule) -> Rule {
    Rule { links: vec![link.into()], ..rule }
}

fn same_object() -> Rule {
    with_link(
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
        Rule::new(
            "duplicate-resource",
            Category::Reference,
            Severity::Error,
            "the same object twice in one file",
            "they are applied one after the other, and the last one wins; tools that prune or compare may refuse both",
            "remove one of them, or rename it",
        ),
    )
}

fn budget() -> Rule {
    of_profile(
        "high-availability",
        with_link(
            "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
            warning(
                "pdb-missing",
                Category::Reliability,
                "replicas without a disruption budget",
                "an upgrade of the nodes may take all replicas down at once",
                "add a PodDisruptionBudget with `maxUnavailable: 1`",
            ),
        ),
    )
}

fn network_policy() -> Rule {
    of_profile(
        "network",
        with_link(
            "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
            warning(
                "network-policy-missing",
                Category::Security,
                "pods that no network policy selects",
                "every pod of the cluster reaches them, and they reach everything",
                "add a NetworkPolicy that selects the pods and names their peers",
            ),
        ),
    )
}
