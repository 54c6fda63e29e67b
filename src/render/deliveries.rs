//! Which folders Flux and Argo CD apply, and whether they name the namespace for what is there.

use crate::model::listing::join;
use crate::model::resource::Resource;
use crate::model::value::Value;

/// What an object applies: a folder, from the root of the repository, and whether it names a namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Delivery {
    folder: String,
    names_namespace: bool,
}

/// Everything that is applied from folders of a repository.
#[derive(Debug, Clone, Default)]
pub struct Deliveries(Vec<Delivery>);

impl Deliveries {
    /// Reads an object. The namespace of a Flux Kustomization replaces every other
    /// (`fluxcd/pkg/kustomize/kustomize_generator.go`, `WriteFile`), that of an Argo CD Application is for what names none.
    pub(super) fn add(&mut self, resource: &Resource<'_>) {
        let spec = resource.value.get("spec");
        let text = |route: &[&str]| spec?.at(route.iter().copied())?.as_str().map(std::borrow::Cow::into_owned);
        match (resource.group(), &*resource.kind) {
            // What comes from a bucket or an image is no folder of a repository.
            ("kustomize.toolkit.fluxcd.io", "Kustomization")
                if text(&["sourceRef", "kind"]).is_none_or(|kind| kind == "GitRepository") =>
            {
                let (path, namespace) = (text(&["path"]).unwrap_or_default(), text(&["targetNamespace"]));
                // Relative to the folder that they are added to.
                let components = spec.and_then(|spec| spec.get("components")).into_iter().flat_map(Value::items);
                for component in components.filter_map(Value::as_str) {
                    self.note(&format!("{path}/{component}"), namespace.clone());
                }
                self.note(&path, namespace);
            }
            ("argoproj.io", "Application") => {
                let namespace = text(&["destination", "namespace"]);
                let several = spec.and_then(|spec| spec.get("sources")).into_iter().flat_map(Value::items);
                let sources = spec.and_then(|spec| spec.get("source")).into_iter().chain(several);
                let folders = sources.filter(|source| source.get("chart").is_none());
                for path in folders.filter_map(|source| source.get("path").and_then(Value::as_str)) {
                    self.note(&path, namespace.clone());
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, path: &str, namespace: Option<String>) {
        if path.contains("${") || path.contains("{{") {
            return;
        }
        // The whole of a repository, which is rarely this one, says nothing about a file.
        let Some(folder) = join("", path.trim_start_matches('/')).filter(|folder| !folder.is_empty()) else { return };
        let names_namespace = namespace.is_some_and(|namespace| !namespace.is_empty());
        self.0.push(Delivery { folder, names_namespace });
    }

    pub(super) fn merge(&mut self, other: Deliveries) {
        self.0.extend(other.0);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all that apply a file, named from the root of the repository, name its namespace. Of folders within each
    /// other the innermost counts.
    #[must_use]
    pub fn name_namespace(&self, file: &str) -> bool {
        let file = file.trim_start_matches('/');
        let holds = |one: &&Delivery| file.strip_prefix(&*one.folder).is_some_and(|rest| rest.starts_with('/'));
        let Some(longest) = self.0.iter().filter(holds).map(|one| one.folder.len()).max() else { return false };
        self.0.iter().filter(holds).filter(|one| one.folder.len() == longest).all(|one| one.names_namespace)
    }
}
