//! The sets of objects that are applied together, for the rules between them.

mod answered;

use super::Run;
use super::seen::Seen;
use crate::check;
use crate::model::listing::folder_of;
use crate::model::reference::Set;
use crate::model::source::FileId;
use crate::render::kustomize::rendered::kustomization_in;
use answered::{Plain, take_back_supplied};

impl Run<'_> {
    /// Checks each set: what a kustomization makes, what is generated for an environment, and the plain files of a folder.
    pub(super) fn check_references(&self, seen: &mut Seen) {
        self.take_back_namespaces(seen);
        take_back_supplied(seen);
        if !self.rules.references.facts() {
            return;
        }
        let mut plain = Plain::new();
        // Threads bring them in any order.
        seen.facts.sort_by_key(|(file, facts)| (*file, facts.name.span));
        for (file, facts) in std::mem::take(&mut seen.facts) {
            let key = self.set_of(file);
            let open = self.is_a_part(file);
            let set = plain.entry(key).or_insert_with_key(|(_, name)| Set { name: name.clone(), ..Set::default() });
            set.facts.push(facts);
            set.open |= open;
        }
        let mut sets = std::mem::take(&mut seen.sets);
        if self.rules.references.tokens {
            self.take_back_tokens(&plain, &sets, seen);
        }
        sets.extend(plain.into_values());
        seen.findings.extend(check::reference::check(&sets, &self.rules.references));
    }

    /// Whether a file belongs to something that is more than the files beside it: static manifests of a component, whose
    /// environment may hold charts, and what lies in the folder of a kustomization that does not take it in.
    fn is_a_part(&self, file: FileId) -> bool {
        let name = self.sources.name(file);
        let folder = folder_of(name);
        self.plan.statics.contains_key(&file) || kustomization_in(folder, &self.inputs.listing).is_some()
    }

    /// The folder of a file, or that of the environment which it is generated for.
    pub(super) fn set_of(&self, file: FileId) -> (String, Option<String>) {
        if let Some(generated) = self.plan.generated.get(&file) {
            let environment = &self.plan.definitions[generated.definition].environments[generated.environment];
            return (environment.generated.clone().unwrap_or_default(), Some(environment.name.clone()));
        }
        let name = self.sources.name(file);
        (folder_of(name).to_owned(), None)
    }
}
