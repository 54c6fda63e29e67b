//! Objects that are deleted and created instead of updated, or left alone once they exist: nothing is refused there.

use crate::model::resource::Resource;

/// Whether the object asks for that, by an annotation for whoever applies it.
///
/// | annotation | whose |
/// | --- | --- |
/// | `kustomize.toolkit.fluxcd.io/force: enabled` | Flux, `kustomize-controller`, "Force" |
/// | `kustomize.toolkit.fluxcd.io/ssa: IfNotPresent` or `Ignore`, `…/reconcile: disabled` | Flux: not applied again |
/// | `argocd.argoproj.io/sync-options: Force=true` | Argo CD, "Force Sync" |
/// | `argocd.argoproj.io/hook`, `helm.sh/hook` | hooks are deleted before they are created again |
pub(super) fn is(resource: &Resource<'_>) -> bool {
    let annotations = resource.value.at(["metadata", "annotations"]);
    let text = |name: &str| annotations?.get(name)?.text();
    let is_one_of = |name: &str, words: &[&str]| {
        text(name).is_some_and(|text| words.iter().any(|word| text.eq_ignore_ascii_case(word)))
    };
    is_one_of("kustomize.toolkit.fluxcd.io/force", &["enabled"])
        || is_one_of("kustomize.toolkit.fluxcd.io/ssa", &["IfNotPresent", "Ignore"])
        || is_one_of("kustomize.toolkit.fluxcd.io/reconcile", &["disabled"])
        || text("argocd.argoproj.io/sync-options")
            .is_some_and(|options| options.split(',').any(|option| option.trim() == "Force=true"))
        || text("argocd.argoproj.io/hook").is_some()
        || text("helm.sh/hook").is_some()
}
