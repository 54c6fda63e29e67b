//! The order in which the command line writes objects (kustomize,
//! `api/internal/builtins/SortOrderTransformer.go`, `defaultOrderFirst` and `defaultOrderLast`).

use crate::model::diagnostic::Diagnostic;
use crate::model::value::Value;

use super::read::{failure, field, items, text, text_of};
use super::resource::Resource;

const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Sorts as the command line does, or as `sortOptions` of the kustomization says.
pub(in crate::render) fn sort(resources: &mut [Resource], root: Option<Value<'_>>) {
    let options = root.and_then(|root| field(root, "sortOptions"));
    if options.and_then(|options| text(options, "order")).is_some_and(|(order, _)| order == "fifo") {
        return;
    }
    let own = options.and_then(|options| field(options, "legacySortOptions"));
    let list = |key: &str| own.map(|own| items(own, key).map(text_of).collect::<Vec<String>>());
    let known = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let first = list("orderFirst").unwrap_or_else(|| known(&FIRST));
    let last = list("orderLast").unwrap_or_else(|| known(&LAST));
    let rank = |kind: &str| match first.iter().rposition(|known| known == kind) {
        _ if last.iter().any(|known| known == kind) => {
            last.iter().rposition(|known| known == kind).map_or(0, |at| at as isize + 1)
        }
        Some(at) => at as isize - first.len() as isize,
        None => 0,
    };
    resources.sort_by_cached_key(|resource| {
        let id = &resource.id;
        let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        let gvk = format!("{}_{}_{}", or(&id.gvk.group, "~G"), or(&id.gvk.version, "~V"), or(&id.gvk.kind, "~K"));
        (rank(&id.gvk.kind), gvk, or(&id.namespace, "~X"), or(&id.name, "~N"))
    });
}

/// What is wrong with `sortOptions`.
pub(super) fn check(root: Value<'_>) -> Option<Diagnostic> {
    let options = field(root, "sortOptions")?;
    let order = text(options, "order");
    match order.as_ref().map(|(order, _)| &**order) {
        Some("legacy") => None,
        Some("fifo") => field(options, "legacySortOptions")
            .map(|own| failure(own.title_span(), "`legacySortOptions` are for the order `legacy` alone", "")),
        _ => {
            let span = order.map_or_else(|| options.title_span(), |(_, value)| value.span());
            Some(failure(span, "the order of `sortOptions` is fifo or legacy", ""))
        }
    }
}
