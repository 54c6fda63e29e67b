//! The table of the rules between resources.

use crate::model::rule::{Category, Rule, Severity};

const fn rule(id: &'static str, title: &'static str, why: &'static str, help: &'static str) -> Rule {
    Rule::new(id, Category::Reference, Severity::Warning, title, why, help)
}

pub(super) const NEAR_MISS_SELECTOR: Rule = rule(
    "near-miss-selector",
    "a selector misses its pods by a letter",
    "It matches no pod of the same set, and all of it but one slip is the labels of one: a Service without endpoints, a \
     budget or policy that holds for nothing.",
    "Write the label as the pods have it.",
);

pub(super) const MISSPELT_REFERENCE: Rule = rule(
    "misspelt-reference",
    "a pod asks for a ConfigMap, Secret or key whose name is nearly there",
    "The container waits for what does not exist, while something of nearly the same name is applied with it.",
    "Write the name as it is defined.",
);

pub(super) const HPA_STATIC_REPLICAS: Rule = rule(
    "hpa-static-replicas",
    "a workload that an autoscaler drives has a number of replicas",
    "Every synchronisation sets the number back to what is written, against the autoscaler: pods that the load needs are \
     stopped.",
    "Remove `spec.replicas`.",
);

pub(super) const READINESS_BEHIND_SERVICE: Rule = rule(
    "readiness-probe-missing-behind-service",
    "pods behind a Service do not say when they are ready",
    "A pod without a readiness probe gets requests as soon as its containers run, before the program listens: each rollout \
     and each restart loses some.",
    "Add a `readinessProbe` to the container that serves.",
);

pub(super) const DUPLICATE_SELECTOR: Rule = rule(
    "duplicate-workload-selector",
    "two workloads have the same selector",
    "Each takes the pods of the other for its own: they are scaled, replaced and deleted by whoever comes first.",
    "Give each a label of its own.",
);

/// Every rule between resources.
pub static RULES: &[Rule] =
    &[NEAR_MISS_SELECTOR, MISSPELT_REFERENCE, HPA_STATIC_REPLICAS, READINESS_BEHIND_SERVICE, DUPLICATE_SELECTOR];
