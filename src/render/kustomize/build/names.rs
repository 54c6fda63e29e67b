//! `namePrefix` and `nameSuffix` (kustomize, `api/internal/builtins/PrefixTransformer.go`).

use super::accumulate::{Accumulated, Site};

/// The kinds whose names stay.
const KEPT: [&str; 3] = ["CustomResourceDefinition", "APIService", "Namespace"];

pub(super) fn transform(site: &Site<'_, '_>, to: &mut Accumulated) {
    let renamed = |kind: &str| !KEPT.contains(&kind);
    if let Some((prefix, span)) = site.text("namePrefix") {
        for resource in to.resources.iter_mut().filter(|one| renamed(&one.original().gvk.kind)) {
            resource.remember();
            resource.prefixes.push(prefix.clone());
            resource.rename(&format!("{prefix}{}", resource.id.name), span);
        }
    }
    if let Some((suffix, span)) = site.text("nameSuffix") {
        for resource in to.resources.iter_mut().filter(|one| renamed(&one.original().gvk.kind)) {
            resource.remember();
            resource.suffixes.push(suffix.clone());
            resource.rename(&format!("{}{suffix}", resource.id.name), span);
        }
    }
}
