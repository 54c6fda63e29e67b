//! Custom resources wait until the definitions of the whole input are known.
//!
//! What waits is the place of a document, not its text: keeping every file that holds a custom resource would cost the
//! memory of a good part of the repository. The documents whose kinds turn out to be defined in the input are read a
//! second time. Definitions are long, often most of a repository: files that hold them are put off until the kinds of
//! all other files are known, so that hardly any has to be read twice, and only those are learnt that some object needs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;

use super::seen::{Seen, secret_ranges};
use super::{Other, Run, elsewhere, reading};
use crate::check::schema::{CustomKind, CustomKinds, Earlier, Mode, Schemas, declared, learn_versions};
use crate::load::Loader;
use crate::model::document::Part;
use crate::model::resource::Resource;
use crate::model::source::{FileId, Span};

/// Group and kind.
pub(super) type GroupKind = (String, String);

/// Group and kind of a resource.
pub(super) fn group_kind(resource: &Resource<'_>) -> GroupKind {
    (resource.group().to_owned(), resource.kind.clone().into_owned())
}

/// The versions that the resources of a kind are written in.
pub(super) type Versions = BTreeMap<GroupKind, BTreeSet<String>>;

/// Where the documents are that have to do with custom kinds.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Those with resources of a kind.
    resources: BTreeMap<GroupKind, BTreeSet<Span>>,
    versions: Versions,
    /// Those with definitions that were not learnt when they were met.
    definitions: BTreeMap<GroupKind, BTreeSet<Span>>,
    /// What was learnt of the others, and where it stands.
    learnt: Vec<(CustomKind, Span)>,
    guesses: BTreeMap<GroupKind, Guess>,
    /// How many findings the guesses have led to.
    pub(super) guessed: usize,
}

/// What is true of the resources of a kind if an embedded definition is that of the cluster.
#[derive(Debug, Default)]
struct Guess {
    documents: BTreeSet<Span>,
    seen: Box<Seen>,
}

/// The embedded definitions that were needed so far, by group, kind and version; `None` for what is not embedded.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<(String, String, String), Arc<Slot>>>);

/// Filled by whoever needs it first.
type Slot = OnceLock<Option<CustomKinds>>;

impl Known {
    /// Gives the memory back, beside other work.
    pub(super) fn give_up(self) {
        rayon::spawn(move || drop(self));
    }

    fn of(&self, loader: &Loader, resource: &Resource<'_>) -> Arc<Slot> {
        let (group, kind) = group_kind(resource);
        let version = resource.version().to_owned();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = Arc::clone(all.entry((group.clone(), kind.clone(), version.clone())).or_default());
        drop(all);
        slot.get_or_init(|| {
            let wanted = Versions::from([((group, kind), BTreeSet::from([version]))]);
            let mut kinds = CustomKinds::default();
            elsewhere::learn_known(loader, &wanted).into_iter().for_each(|kind| kinds.add(kind));
            (!kinds.is_empty()).then_some(kinds)
        });
        slot
    }
}

impl Waiting {
    pub(super) fn join(&mut self, other: Waiting) {
        for (kind, documents) in other.resources {
            self.resources.entry(kind).or_default().extend(documents);
        }
        for (kind, versions) in other.versions {
            self.versions.entry(kind).or_default().extend(versions);
        }
        for (kind, documents) in other.definitions {
            self.definitions.entry(kind).or_default().extend(documents);
        }
        self.learnt.extend(other.learnt);
        self.guessed += other.guessed;
        for (kind, guess) in other.guesses {
            let known = self.guesses.entry(kind).or_default();
            known.documents.extend(guess.documents);
            known.seen.join(*guess.seen);
        }
    }

    /// Notes a custom resource.
    pub(super) fn note(&mut self, resource: &Resource<'_>, document: Span) {
        let kind = self.note_version(resource);
        self.resources.entry(kind).or_default().insert(document);
    }

    fn note_version(&mut self, resource: &Resource<'_>) -> GroupKind {
        let kind = group_kind(resource);
        let versions = self.versions.entry(kind.clone()).or_default();
        if !versions.contains(resource.version()) {
            versions.insert(resource.version().to_owned());
        }
        kind
    }

    /// Notes a definition, or learns it at once if it is known to be wanted.
    pub(super) fn note_definition(&mut self, resource: &Resource<'_>, document: Span, wanted: Option<&Versions>) {
        let Some(kind) = declared(resource) else { return };
        match wanted.and_then(|wanted| wanted.get(&kind)) {
            Some(versions) => self.learnt.extend(learn_versions(resource, versions).map(|kind| (kind, document))),
            None => drop(self.definitions.entry(kind).or_default().insert(document)),
        }
    }

    /// The kinds and versions of the resources so far.
    pub(super) fn versions(&self) -> Versions {
        self.versions.clone()
    }
}

impl Run<'_> {
    /// Checks a custom resource by the embedded definition of its kind, if there is one and the user has no schemas of
    /// their own, which come first. Otherwise it waits, and the answer is no.
    pub(super) fn check_by_guess(&self, resource: &Resource<'_>, document: Span, mode: Mode, seen: &mut Seen) -> bool {
        if matches!(self.other, Other::Later) && mode == Mode::Whole {
            seen.past.add_custom(self.home(resource), resource);
        }
        let known = self.schemas.is_empty().then(|| self.known.of(self.loader, resource));
        let Some(kinds) = known.as_deref().and_then(|slot| slot.get()?.as_ref()) else {
            seen.waiting.note(resource, document);
            return false;
        };
        let kind = seen.waiting.note_version(resource);
        let guess = seen.waiting.guesses.entry(kind).or_default();
        guess.documents.insert(document);
        let before = guess.seen.findings.len();
        let earlier = self.earlier(resource, mode);
        check_custom(kinds, &self.targets(document.file).last(), resource, mode, earlier, &mut guess.seen);
        seen.waiting.guessed += guess.seen.findings.len() - before;
        true
    }

    /// What a custom resource was, if this is the tree after a change.
    fn earlier(&self, resource: &Resource<'_>, mode: Mode) -> Option<&Earlier> {
        match self.other {
            Other::Earlier(past, _) if mode == Mode::Whole => past.custom(self.home(resource), resource, self),
            _ => None,
        }
    }

    /// Checks the custom resources whose definitions the input holds.
    pub(super) fn check_waiting(&self, seen: &mut Seen) {
        let Waiting { mut resources, versions, mut definitions, mut learnt, guesses, .. } =
            std::mem::take(&mut seen.waiting);
        learnt.sort_by_key(|(_, document)| *document);
        let mut kinds = CustomKinds::default();
        for (kind, document) in learnt {
            let key = kind.group_kind();
            // A file that was put off held a resource of a version that no other file has.
            if versions.get(&key).is_some_and(|used| kind.lacks(used)) {
                definitions.entry(key).or_default().insert(document);
            } else {
                kinds.add(kind);
            }
        }
        let missed = definitions.iter().filter(|(kind, _)| versions.contains_key(*kind));
        let late: Vec<Vec<CustomKind>> = self.again(missed.map(|(_, documents)| documents), |_, part| {
            let read = |(document, definition): (Span, Resource<'_>)| {
                let kind = declared(&definition)?;
                let touches = |place: &Span| {
                    place.file == document.file && place.start < document.end && document.start < place.end
                };
                let is_missed = definitions.get(&kind).is_some_and(|places| places.iter().any(touches));
                learn_versions(&definition, versions.get(&kind).filter(|_| is_missed)?)
            };
            let places = part.roots().filter_map(|(document, root)| Some((document.span, Resource::of(root)?)));
            let all = places.flat_map(|(place, resource)| resource.expand().into_iter().map(move |one| (place, one)));
            all.filter_map(read).collect()
        });
        late.into_iter().flatten().for_each(|kind| kinds.add(kind));
        let is_missing = |(group, kind): &GroupKind| kinds.scope(group, kind).is_none();
        for (kind, guess) in guesses {
            if is_missing(&kind) {
                seen.join(*guess.seen);
            } else {
                resources.entry(kind).or_default().extend(guess.documents);
            }
        }
        let waits = |kind: &GroupKind| is_missing(kind) && resources.contains_key(kind);
        let missing: Versions = versions.into_iter().filter(|(kind, _)| waits(kind)).collect();
        self.learn_elsewhere(&missing, &mut seen.not_checked).into_iter().for_each(|kind| kinds.add(kind));
        let missing = missing.into_iter().filter(|((group, kind), _)| !kinds.has(group, kind)).collect();
        elsewhere::learn_known(self.loader, &missing).into_iter().for_each(|kind| kinds.add(kind));
        if kinds.is_empty() {
            return;
        }
        let known = |(group, kind): &GroupKind| kinds.has(group, kind);
        let documents = resources.iter().filter(|(kind, _)| known(kind)).map(|(_, documents)| documents);
        let late = self.again(documents, |file, part| {
            let mut late = Seen::default();
            let (mode, _) = reading(self.plan.role(file));
            let schemas = self.targets(file).last();
            resources_of(part).for_each(|resource| {
                let earlier = self.earlier(&resource, mode);
                check_custom(&kinds, &schemas, &resource, mode, earlier, &mut late);
            });
            if !late.findings.is_empty() {
                late.secrets.insert(file, secret_ranges(part));
            }
            late
        });
        late.into_iter().for_each(|late| seen.join(late));
        seen.unknown.retain(|(api_version, kind), _| {
            let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
            !kinds.knows(group, kind, version)
        });
        // Schemas of custom kinds are large, and nobody has to wait until their memory is given back.
        rayon::spawn(move || drop(kinds));
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
        Vec::from_iter(files).into_par_iter().with_max_len(1).flat_map_iter(read).collect()
    }
}

fn check_custom(
    kinds: &CustomKinds,
    schemas: &Schemas,
    resource: &Resource<'_>,
    mode: Mode,
    earlier: Option<&Earlier>,
    seen: &mut Seen,
) {
    let mut left_out = BTreeSet::new();
    kinds.check_update(schemas, resource, mode, earlier, &mut seen.findings, &mut left_out);
    left_out.into_iter().for_each(|why| seen.count_left_out(resource, why));
}

fn resources_of(part: &Part) -> impl Iterator<Item = Resource<'_>> {
    part.roots().filter_map(|(_, root)| Resource::of(root)).flat_map(Resource::expand)
}
