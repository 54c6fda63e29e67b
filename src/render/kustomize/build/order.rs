//! The order in which the command line writes objects (kustomize,
//! `api/internal/builtins/SortOrderTransformer.go`, `defaultOrderFirst` and `defaultOrderLast`).

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

/// Sorts as the command line does.
pub(in crate::render) fn legacy(resources: &mut [Resource]) {
    let rank = |kind: &str| match FIRST.iter().position(|known| *known == kind) {
        Some(at) => at as isize - FIRST.len() as isize,
        None => LAST.iter().position(|known| *known == kind).map_or(0, |at| at as isize + 1),
    };
    resources.sort_by(|a, b| {
        let (one, two) = (&a.id, &b.id);
        (rank(&one.gvk.kind).cmp(&rank(&two.gvk.kind)))
            .then_with(|| {
                (&one.gvk.group, &one.gvk.version, &one.gvk.kind).cmp(&(
                    &two.gvk.group,
                    &two.gvk.version,
                    &two.gvk.kind,
                ))
            })
            .then_with(|| (&one.namespace, &one.name).cmp(&(&two.namespace, &two.name)))
    });
}
