//! Namespaces that Fabrikate writes into objects of kinds that lie in none (`generators/helm.go`, `addNamespaceToManifests`).

use std::collections::{BTreeMap, BTreeSet};

use crate::check::schema::is_cluster_scoped;
use crate::model::definition::fabrikate::ComponentKind;
use crate::model::diagnostic::Diagnostic;
use crate::model::resource::Resource;
use crate::model::source::{FileId, Span};

use super::rules::INJECTED_CLUSTER_SCOPED;
use super::{Input, list};

/// The objects that one `injectNamespace` reaches, in the environments that it is generated for.
#[derive(Default)]
struct Reached {
    objects: BTreeSet<String>,
    environments: BTreeSet<String>,
    file: Option<FileId>,
}

/// What is generated tells: the chart itself is usually not here.
pub(super) fn check(input: &Input<'_>, out: &mut Vec<Diagnostic>) {
    let mut found: BTreeMap<Span, Reached> = BTreeMap::new();
    for (file, generated) in &input.plan.generated {
        let definition = &input.plan.definitions[generated.definition];
        let environment = &definition.environments[generated.environment];
        let Some(unit) = generated.unit.filter(|at| definition.units[*at].component.kind() == ComponentKind::Helm)
        else {
            continue;
        };
        let Some(config) = environment.configs.get(unit).and_then(Option::as_ref) else { continue };
        let namespace = config.namespace.as_ref().filter(|namespace| !namespace.value.is_empty());
        let inject = config.inject_namespace.as_ref().filter(|inject| inject.value);
        let (Some(namespace), Some(inject)) = (namespace, inject) else { continue };
        let objects = objects(input, *file, &namespace.value);
        if !objects.is_empty() {
            let reached = found.entry(inject.key).or_default();
            reached.objects.extend(objects);
            reached.environments.insert(environment.name.clone());
            reached.file.get_or_insert(*file);
        }
    }
    for (span, reached) in found {
        let names = list(reached.objects.iter().map(String::as_str), 3);
        let message = format!("a namespace is injected into {names}, which lie in none");
        let finding = Diagnostic::new(&INJECTED_CLUSTER_SCOPED, span, message, "injects it everywhere")
            .effect(
                "the API server drops it; tools that compare or prune by namespace take the objects for others than \
                 they are",
            )
            .help("leave `injectNamespace` out, and let the chart set `metadata.namespace` by `.Release.Namespace`");
        let finding = match reached.file {
            Some(file) => finding.see(Span::top(file), "generated with it"),
            None => finding,
        };
        out.push(Diagnostic { affects: reached.environments.into_iter().collect(), ..finding });
    }
}

fn objects(input: &Input<'_>, file: FileId, namespace: &str) -> Vec<String> {
    let Some(text) = (input.text)(file) else { return Vec::new() };
    let part = (input.parse)(String::from_utf8_lossy(&text).into_owned());
    let resources = part.roots().filter_map(|(_, root)| Resource::of(root)).flat_map(Resource::expand);
    resources
        .filter(|resource| resource.namespace().is_some_and(|own| own == namespace))
        .filter(|resource| is_cluster_scoped(&resource.api_version, &resource.kind))
        .map(|resource| format!("{} {}", resource.kind, resource.name().unwrap_or_default()))
        .collect()
}
