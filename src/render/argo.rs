//! Argo CD, recognised: applications produce manifests in the cluster. Not rendered yet.

use super::{Format, Object};

/// <https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/>
pub(super) struct Argo;

impl Format for Argo {
    fn object(&self, group: &str, kind: &str) -> Option<Object> {
        match (group, kind) {
            ("argoproj.io", "Application") => Some(Object::Unrendered("Argo CD Application", "Argo CD Applications")),
            ("argoproj.io", "ApplicationSet") => {
                Some(Object::Unrendered("Argo CD ApplicationSet", "Argo CD ApplicationSets"))
            }
            ("argoproj.io", "AppProject") => Some(Object::Plain),
            _ => None,
        }
    }
}
