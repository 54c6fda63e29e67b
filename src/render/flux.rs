//! Flux, recognised: its objects are custom resources that produce manifests in the cluster. Not rendered yet.

use super::{Format, Object};

/// <https://fluxcd.io/flux/components/>, and Flux 1's `helm.fluxcd.io`.
pub(super) struct Flux;

/// What makes Flux apply manifests.
pub(super) const KUSTOMIZATION: Object = Object::Unrendered("Flux Kustomization", "Flux Kustomizations");

impl Format for Flux {
    fn object(&self, group: &str, kind: &str) -> Option<Object> {
        match (group, kind) {
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => Some(KUSTOMIZATION),
            ("helm.toolkit.fluxcd.io", "HelmRelease") => {
                Some(Object::Unrendered("Flux HelmRelease", "Flux HelmReleases"))
            }
            ("helm.fluxcd.io", "HelmRelease") => Some(Object::Unrendered("Flux 1 HelmRelease", "Flux 1 HelmReleases")),
            (group, _) if group.ends_with(".toolkit.fluxcd.io") => Some(Object::Plain),
            _ => None,
        }
    }
}
