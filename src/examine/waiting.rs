//! Custom resources wait until the definitions of the whole input are known.
//!
//! What waits is the place of a document, not its text: keeping every file that holds a custom resource would cost the
//! memory of a good part of the repository. The documents whose kinds turn out to be defined in the input are read a
//! second time. Definitions are long, often most of a repository: files that hold them are put off until the kinds of
//! all other files are known, so that hardly any has to be read twice, and only those are learnt that some object needs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rayon::prelude::*;

use super::seen::{Seen, secret_ranges};
use super::{Run, reading};
use crate::check::schema::{CustomKind, CustomKinds, Verdict, declared, learn};
use crate::model::definition::Plan;
use crate::model::document::Part;
use crate::model::resource::Resource;
use crate::model::source::{FileId, Span};
use crate::render;

/// Group and kind.
pub(super) type GroupKind = (String, String);

/// Group and kind of a resource.
pub(super) fn group_kind(resource: &Resource<'_>) -> GroupKind {
    (resource.group().to_owned(), resource.kind.clone().into_owned())
}

/// Where the documents are that have to do with custom kinds.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Those with resources of a kind.
    resources: BTreeMap<GroupKind, BTreeSet<Span>>,
    /// Those with definitions that were not learnt when they were met.
    definitions: BTreeMap<GroupKind, BTreeSet<Span>>,
    /// What was learnt of the others.
    learnt: Vec<CustomKind>,
}

impl Waiting {
    pub(super) fn join(&mut self, other: Waiting) {
        for (kind, documents) in other.resources {
            self.resources.entry(kind).or_default().extend(documents);
        }
        for (kind, documents) in other.definitions {
            self.definitions.entry(kind).or_default().extend(documents);
        }
        self.learnt.extend(other.learnt);
    }

    /// Notes a custom resource.
    pub(super) fn note(&mut self, resource: &Resource<'_>, document: Span) {
        self.resources.entry(group_kind(resource)).or_default().insert(document);
    }

    /// Notes a definition, or learns it at once if it is known to be wanted.
    pub(super) fn note_definition(
        &mut self,
        resource: &Resource<'_>,
        document: Span,
        wanted: Option<&BTreeSet<GroupKind>>,
    ) {
        let Some(kind) = declared(resource) else { return };
        if wanted.is_some_and(|wanted| wanted.contains(&kind)) {
            self.learnt.extend(learn(resource));
        } else {
            self.definitions.entry(kind).or_default().insert(document);
        }
    }

    /// The kinds of the resources so far.
    pub(super) fn kinds(&self) -> BTreeSet<GroupKind> {
        self.resources.keys().cloned().collect()
    }
}

impl Run<'_> {
    /// Checks the custom resources whose definitions the input holds.
    pub(super) fn check_waiting(&self, plan: &Plan, seen: &mut Seen) {
        let Waiting { resources, definitions, learnt } = std::mem::take(&mut seen.waiting);
        let missed = || definitions.iter().filter(|(kind, _)| resources.contains_key(*kind));
        let mut kinds = CustomKinds::default();
        let late: Vec<Vec<CustomKind>> = self.again(missed().map(|(_, documents)| documents), |_, part| {
            let is_missed = |kind: GroupKind| definitions.contains_key(&kind) && resources.contains_key(&kind);
            let definitions = resources_of(part).filter(|resource| declared(resource).is_some_and(is_missed));
            definitions.filter_map(|definition| learn(&definition)).collect()
        });
        learnt.into_iter().chain(late.into_iter().flatten()).for_each(|kind| kinds.add(kind));
        if kinds.is_empty() {
            return;
        }
        let known = |(group, kind): &GroupKind| kinds.scope(group, kind).is_some();
        let documents = resources.iter().filter(|(kind, _)| known(kind)).map(|(_, documents)| documents);
        let late = self.again(documents, |file, part| {
            let mut late = Seen::default();
            let (mode, _) = reading(plan.role(file));
            let schemas = self.targets(file).last();
            let is_object = |resource: &Resource<'_>| render::object(resource.group(), &resource.kind).is_some();
            for resource in resources_of(part).filter(|resource| !is_object(resource)) {
                match kinds.check(&schemas, &resource, mode, &mut late.findings) {
                    Verdict::CheckedExceptCel => late.count_without_cel(&resource),
                    Verdict::Waits | Verdict::Checked | Verdict::Unknown | Verdict::Foreign => {}
                }
            }
            if !late.findings.is_empty() {
                late.secrets.insert(file, secret_ranges(part));
            }
            late
        });
        late.into_iter().for_each(|late| seen.join(late));
        seen.unknown.retain(|(api_version, kind), _| {
            let group = api_version.split_once('/').map_or("", |(group, _)| group);
            !known(&(group.to_owned(), kind.clone()))
        });
    }

    /// Reads documents a second time. A file that can no longer be read was found to be so the first time.
    fn again<'d, R: Send>(
        &self,
        documents: impl Iterator<Item = &'d BTreeSet<Span>>,
        look: impl Fn(FileId, &Part) -> R + Sync,
    ) -> Vec<R> {
        let mut files: BTreeMap<FileId, Vec<Range<usize>>> = BTreeMap::new();
        let documents: BTreeSet<Span> = documents.flatten().copied().collect();
        for document in documents {
            files.entry(document.file).or_default().push(document.range());
        }
        let read = |(file, documents): (FileId, Vec<Range<usize>>)| {
            let (name, source) = (self.sources.name(file), self.source(file));
            let look = |part| (look(file, &part), Some(part));
            self.loader.load_documents(file, name, source, &documents, look).unwrap_or_default()
        };
        files.into_par_iter().flat_map_iter(read).collect()
    }
}

fn resources_of(part: &Part) -> impl Iterator<Item = Resource<'_>> {
    part.roots().filter_map(|(_, root)| Resource::of(root)).flat_map(Resource::expand)
}
