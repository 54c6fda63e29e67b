//! The table of the rules between resources.

use std::sync::LazyLock;

use crate::model::reference::Purpose;
use crate::model::rule::{Category, Rule, Severity};

/// The rule about objects of one file.
pub(super) const DUPLICATE_RESOURCE: &str = "duplicate-resource";

/// The rules about objects of the whole run.
pub(super) const COVER: [&str; 3] = ["pdb-missing", "network-policy-missing", "single-replica"];

/// The rules about what is not there.
pub(super) const DANGLING: [&str; 11] = [
    "dangling-config-ref",
    "non-existent-service-account",
    "statefulset-service-name",
    "dangling-ingress",
    "dangling-gateway-backend",
    "dangling-hpa",
    "dangling-role-ref",
    "dangling-webhook-service",
    "dangling-service",
    "dangling-networkpolicy",
    "dangling-pdb",
];

const fn warning(id: &'static str, title: &'static str, why: &'static str, help: &'static str) -> Rule {
    Rule::new(id, Category::Reference, Severity::Warning, title, why, help)
}

pub(super) const NEAR_MISS_SELECTOR: Rule = warning(
    "near-miss-selector",
    "a selector misses its pods by a letter",
    "it matches no pod of the same set, and all of it but one slip is the labels of one: a Service without endpoints, a \
     budget or policy that holds for nothing",
    "write the label as the pods have it",
)
.fixable();

pub(super) const MISSPELT_REFERENCE: Rule = warning(
    "misspelt-reference",
    "an object asks for another by a name, key or kind that is nearly right",
    "what it asks for does not exist, while something of nearly the same name is applied with it: a container does not \
     start, a request finds no Service, a binding grants nothing",
    "write the name as it is defined",
)
.fixable();

pub(super) const HPA_STATIC_REPLICAS: Rule = warning(
    "hpa-static-replicas",
    "a workload that an autoscaler drives has a number of replicas",
    "every synchronisation sets the number back to what is written, against the autoscaler: pods that the load needs are \
     stopped",
    "remove `spec.replicas`",
);

pub(super) const READINESS_BEHIND_SERVICE: Rule = warning(
    "readiness-probe-missing-behind-service",
    "pods behind a Service do not say when they are ready",
    "a pod without a readiness probe gets requests as soon as its containers run, before the program listens: each rollout \
     and each restart loses some",
    "add a `readinessProbe` to the container that serves",
);

pub(super) const DUPLICATE_SELECTOR: Rule = warning(
    "duplicate-workload-selector",
    "two workloads have the same selector",
    "each takes the pods of the other for its own: they are scaled, replaced and deleted by whoever comes first",
    "give each a label of its own",
);

/// Every rule between resources; no constant, because profiles and links cannot stand in one.
pub(super) static LIST: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let mut all = vec![
        NEAR_MISS_SELECTOR,
        MISSPELT_REFERENCE,
        HPA_STATIC_REPLICAS,
        READINESS_BEHIND_SERVICE,
        DUPLICATE_SELECTOR,
        same_object(),
        budget(),
        single_replica(),
        network_policy(),
    ];
    all.extend(MISSING.map(|(id, title, why, help)| of_profile("references", warning(id, title, why, help))));
    all
});

/// The rule of that id, which is one of ours.
pub(super) fn rule(id: &str) -> &'static Rule {
    LIST.iter().find(|rule| rule.id == id).unwrap_or(&LIST[0])
}

/// The rule about what is not there, by what it is asked for for.
pub(super) fn missing(purpose: Purpose) -> &'static Rule {
    rule(match purpose {
        Purpose::Container => "dangling-config-ref",
        Purpose::Account | Purpose::Subject => "non-existent-service-account",
        Purpose::Governing => "statefulset-service-name",
        Purpose::Ingress => "dangling-ingress",
        Purpose::Route => "dangling-gateway-backend",
        Purpose::Scaling => "dangling-hpa",
        Purpose::Role => "dangling-role-ref",
        Purpose::Webhook => "dangling-webhook-service",
    })
}

/// A sentence as findings have it: it begins small, and has no full stop.
pub(super) fn fragment(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// How to mend what is not there.
const ADD: &str = "correct the name, add the object, or declare it under `external` in `plimsoll.yaml` if it is applied \
                   from elsewhere";

/// Id, title, effect and help of the rules about what is not there.
const MISSING: [(&str, &str, &str, &str); 11] = [
    (
        "dangling-config-ref",
        "a pod asks for a ConfigMap, Secret, claim or key that nothing here makes",
        "the container does not start until it is there",
        ADD,
    ),
    (
        "non-existent-service-account",
        "a ServiceAccount that nothing here makes",
        "no pod can be made under an account that does not exist, and a binding to one gives its rights to whoever makes it",
        ADD,
    ),
    (
        "statefulset-service-name",
        "the Service of a StatefulSet that nothing here makes",
        "its pods have no names in DNS, by which the members of most clusters find each other",
        ADD,
    ),
    (
        "dangling-ingress",
        "an Ingress sends requests to a Service that nothing here makes",
        "requests for that path are answered with an error",
        ADD,
    ),
    (
        "dangling-gateway-backend",
        "a route sends requests to a Service that nothing here makes",
        "requests for that route are answered with an error",
        ADD,
    ),
    ("dangling-hpa", "an autoscaler is for a workload that nothing here makes", "it scales nothing", ADD),
    (
        "dangling-role-ref",
        "a binding grants a role that nothing here makes",
        "it grants nothing, until somebody makes a role of that name",
        ADD,
    ),
    (
        "dangling-webhook-service",
        "the API server is told to call a Service that nothing here makes",
        "the API server refuses or delays every request that the webhook or API is for",
        ADD,
    ),
    (
        "dangling-service",
        "the selector of a Service finds no pods that anything here makes",
        "the Service has no endpoints: every connection to it fails",
        "write the labels as the pods have them, or declare the pods under `external` in `plimsoll.yaml`",
    ),
    (
        "dangling-networkpolicy",
        "the selector of a NetworkPolicy finds no pods that anything here makes",
        "the policy holds for nothing: the pods that it was meant for stay open",
        "write the labels as the pods have them, or declare the pods under `external` in `plimsoll.yaml`",
    ),
    (
        "dangling-pdb",
        "the selector of a PodDisruptionBudget finds no pods that anything here makes",
        "the budget protects nothing: all pods may be evicted at once",
        "write the labels as the pods have them, or declare the pods under `external` in `plimsoll.yaml`",
    ),
];

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
            DUPLICATE_RESOURCE,
            Category::Reference,
            Severity::Error,
            "the same object twice in one file, or in what is generated for one environment",
            "they are applied one after the other, and the last one wins; tools that prune or compare may refuse both",
            "remove one of them, or rename it",
        ),
    )
}

fn budget() -> Rule {
    let rule = warning(
        "pdb-missing",
        "replicas without a disruption budget",
        "an upgrade of the nodes may take all replicas down at once",
        "add a PodDisruptionBudget with `maxUnavailable: 1`",
    );
    let link = "https://kubernetes.io/docs/tasks/run-application/configure-pdb/";
    of_profile("high-availability", with_link(link, Rule { category: Category::Reliability, ..rule }))
}

fn single_replica() -> Rule {
    let rule = warning(
        "single-replica",
        "a Deployment behind a Service with a single replica",
        "every drain of a node and every crash is an outage until the pod is there again",
        "run two or more replicas if the program can, or say by `strategy: {type: Recreate}` that it cannot",
    );
    let link = "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/";
    of_profile("high-availability", with_link(link, Rule { category: Category::Reliability, ..rule }))
}

/// What a budget asks for beside the number of its pods. The rule is one of the pack, where its words stand.
pub(super) fn budget_blocks() -> Rule {
    let rule = Rule::new("pdb-blocks-eviction", Category::Reliability, Severity::Warning, "", "", "");
    Rule { profiles: vec!["high-availability".into()], ..rule }
}

fn network_policy() -> Rule {
    let rule = warning(
        "network-policy-missing",
        "pods that no network policy selects",
        "every pod of the cluster reaches them, and they reach everything",
        "add a NetworkPolicy that selects the pods and names their peers",
    );
    let link = "https://kubernetes.io/docs/concepts/services-networking/network-policies/";
    of_profile("network", with_link(link, Rule { category: Category::Security, ..rule }))
}
