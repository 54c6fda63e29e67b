//! Objects that are in a file twice, or in what is generated for an environment.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::rules::{DUPLICATE_RESOURCE, rule};
use super::{Findings, Index};
use crate::check::wording::is_placeholder;
use crate::model::diagnostic::Diagnostic;
use crate::model::path::Path;
use crate::model::reference::Facts;
use crate::model::resource::Resource;
use crate::model::source::Span;

/// The groups of tests, which are applied nowhere: Chainsaw, the Kyverno CLI, `gator`.
const TESTS: [&str; 3] = ["chainsaw.kyverno.io", "cli.kyverno.io", "test.gatekeeper.sh"];

/// The annotations by which Config Sync applies an object to some clusters or namespaces alone
/// (`GoogleContainerTools/kpt-config-sync`, `pkg/metadata/annotations.go`).
const SELECTORS: [&str; 3] = [
    "configmanagement.gke.io/cluster-selector",
    "configmanagement.gke.io/namespace-selector",
    "configsync.gke.io/cluster-name-selector",
];

/// Whether an object may lie beside another one of its name that is for other clusters or namespaces.
fn is_for_some(resource: &Resource<'_>) -> bool {
    SELECTORS.iter().any(|key| resource.value.at(["metadata", "annotations", key]).is_some())
}

/// The objects of one file so far, to tell which is there twice.
#[derive(Debug, Default)]
pub struct Names {
    seen: HashMap<(String, String, Option<String>, String), Span>,
}

/// Objects that two files of a set hold, where somebody has said that the set is applied as a whole. Kustomize refuses to
/// build such a set; generators write it.
pub(super) fn check(index: &Index<'_>, out: &mut Findings) {
    let mut seen: HashMap<(&str, &str, &str, &str), &Facts> = HashMap::new();
    for one in index.all().filter(|one| index.rendered && !is_placeholder(&one.name.text)) {
        let key = (&*one.id.group, one.kind(), one.namespace(), one.name.text.as_str());
        match seen.entry(key) {
            Entry::Vacant(entry) => drop(entry.insert(one)),
            Entry::Occupied(entry) if entry.get().name.span.file != one.name.span.file => {
                let finding = twice(&one.title(), one.name.span, entry.get().name.span);
                out.tell(one, Path::of(["metadata", "name"]), finding);
            }
            Entry::Occupied(_) => {}
        }
    }
}

fn twice(title: &str, span: Span, first: Span) -> Diagnostic {
    let rule = rule(DUPLICATE_RESOURCE);
    let finding = Diagnostic::new(rule, span, format!("{title} is there twice"), "").see(first, "first here");
    finding.effect(rule.why.clone()).help(rule.help.clone())
}

impl Names {
    /// Notes an object, and tells if it was there before.
    pub fn check(&mut self, resource: &Resource<'_>, out: &mut Vec<Diagnostic>) {
        let Some(name) = resource.name().filter(|name| !name.is_empty() && !is_placeholder(name)) else { return };
        if TESTS.contains(&resource.group()) || is_for_some(resource) {
            return;
        }
        let namespace = resource.namespace().map(Cow::into_owned);
        let key = (resource.group().to_owned(), resource.kind.clone().into_owned(), namespace, name.into_owned());
        let path = Path::of(["metadata", "name"]);
        let span = path.span(resource.value);
        let Some(first) = self.seen.get(&key) else {
            self.seen.insert(key, span);
            return;
        };
        let id = Arc::new(resource.id());
        out.push(twice(&id.to_string(), span, *first).about(id, path));
    }
}
