//! Which object of the tree before is which of the tree now.

use std::collections::HashMap;
use std::sync::Arc;

use super::home::{Home, Kept, There};
use super::kinds::Kind;
use super::plain::Plain;
use super::rules::RENAMED_WITH_STORAGE;
use super::{Before, compare, recreated};
use crate::check::policy::Former;
use crate::check::schema::Earlier;
use crate::check::versions::Targets;
use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path, Segment};
use crate::model::resource::{Resource, ResourceId};
use crate::model::source::Span;

/// What tells objects of a cluster apart: the version of an API is another view of the same object.
type Key = (String, String, Option<String>, String);

fn key(id: &ResourceId) -> Key {
    (id.group.clone(), id.kind.clone(), id.namespace.clone(), id.name.clone().unwrap_or_default())
}

/// What is kept of the tree before.
#[derive(Debug, Default)]
pub struct Past {
    objects: Vec<(Kept, Before)>,
    by_key: HashMap<Key, Vec<usize>>,
    /// Objects of custom kinds, which have rules of their own.
    custom: HashMap<Key, Vec<(Kept, Earlier)>>,
    /// Objects that policies ask for.
    whole: HashMap<Key, Vec<(Kept, Former)>>,
}

/// The candidates that were applied from where an object is applied from now: several, if environments that differed
/// are alike now. A single one that was elsewhere has moved, if nothing is applied from there any more.
fn found<'c, T>(candidates: &'c [(Kept, T)], home: Home<'_>, there: &impl There) -> Vec<&'c T> {
    let here: Vec<&T> = candidates.iter().filter(|(own, _)| own.is(home)).map(|(_, was)| was).collect();
    match candidates {
        [only] if here.is_empty() && !home.is_unsure && only.0.is_gone(there) => vec![&only.1],
        _ => here,
    }
}

impl Past {
    /// Keeps an object, if a rule is about its kind. Several environments may have objects of the same name.
    pub fn add(&mut self, home: Home<'_>, resource: &Resource<'_>) {
        if let Some(before) = Before::of(resource) {
            self.keep(home.into(), before);
        }
    }

    /// Takes in what another thread kept.
    pub fn join(&mut self, other: Past) {
        other.objects.into_iter().for_each(|(home, before)| self.keep(home, before));
        for (key, objects) in other.custom {
            self.custom.entry(key).or_default().extend(objects);
        }
        for (key, objects) in other.whole {
            self.whole.entry(key).or_default().extend(objects);
        }
    }

    /// Keeps an object of a custom kind.
    pub fn add_custom(&mut self, home: Home<'_>, resource: &Resource<'_>) {
        if let Some(earlier) = Earlier::of(resource) {
            self.custom.entry(key(&resource.id())).or_default().push((home.into(), earlier));
        }
    }

    /// What an object of a custom kind was; nothing if it is new, or deleted and created again.
    #[must_use]
    pub fn custom(&self, home: Home<'_>, resource: &Resource<'_>, there: &impl There) -> Option<&Earlier> {
        if self.custom.is_empty() || recreated::is(resource) {
            return None;
        }
        let all = found(self.custom.get(&key(&resource.id()))?, home, there);
        if let [_, _, ..] = *all {
            // It is looked at once, and what changes is worth it.
            let now = Earlier::of(resource);
            let changes = all.iter().copied().find(|was| Some(*was) != now.as_ref());
            return changes.or(all.first().copied());
        }
        all.first().copied()
    }

    /// Keeps an object for policies.
    pub fn add_whole(&mut self, home: Home<'_>, resource: &Resource<'_>, former: Former) {
        self.whole.entry(key(&resource.id())).or_default().push((home.into(), former));
    }

    /// What policies see of an object as it was: nothing if it is new, several if environments are alike that were not.
    #[must_use]
    pub fn whole(&self, home: Home<'_>, resource: &Resource<'_>, there: &impl There) -> Vec<&Former> {
        if self.whole.is_empty() || recreated::is(resource) {
            return Vec::new();
        }
        self.whole.get(&key(&resource.id())).map(|all| found(all, home, there)).unwrap_or_default()
    }

    fn keep(&mut self, home: Kept, before: Before) {
        self.by_key.entry(key(&before.id)).or_default().push(self.objects.len());
        self.objects.push((home, before));
    }
}

/// What was met of the tree now.
#[derive(Debug, Default)]
pub struct Present {
    /// The objects of the past that are where they were.
    met: Vec<usize>,
    /// Those that may have moved to another file, and what would be said then.
    moved: Vec<(usize, Newcomer, Vec<Diagnostic>)>,
    newcomers: Vec<Newcomer>,
}

/// An object that was not there, or not here.
#[derive(Debug)]
struct Newcomer {
    home: Kept,
    object: Before,
    /// The route to it in its document.
    prefix: Path,
    name: Span,
    namespace: Span,
}

fn compare_all(before: &Before, resource: &Resource<'_>, targets: &Targets, out: &mut Vec<Diagnostic>) {
    targets.each(out, |schemas, found| compare(before, resource, schemas.version(), found));
}

impl Present {
    /// Compares an object with what it was, if it was there, for every version that it has to be right for. One that
    /// several environments make alike now may have been several.
    pub fn add(
        &mut self,
        past: &Past,
        home: Home<'_>,
        resource: &Resource<'_>,
        targets: &Targets,
        there: &impl There,
        out: &mut Vec<Diagnostic>,
    ) {
        let Some(object) = Before::of(resource).filter(|_| !home.is_unsure) else { return };
        let candidates = past.by_key.get(&key(&object.id)).map(Vec::as_slice).unwrap_or_default();
        let here: Vec<usize> = candidates.iter().copied().filter(|at| past.objects[*at].0.is(home)).collect();
        if !here.is_empty() {
            let first = out.len();
            // Of several in one place the one that is most like it.
            let mut places: Vec<(&Kept, Vec<Diagnostic>)> = Vec::new();
            for at in &here {
                let (own, before) = &past.objects[*at];
                let mut findings = Vec::new();
                compare_all(before, resource, targets, &mut findings);
                match places.iter_mut().find(|(place, _)| *place == own) {
                    Some((_, known)) if known.len() <= findings.len() => {}
                    Some((_, known)) => *known = findings,
                    None => places.push((own, findings)),
                }
            }
            for (_, mut findings) in places {
                let is_said = |finding: &Diagnostic, said: &[Diagnostic]| {
                    let place = finding.primary.span;
                    said.iter().any(|other| other.rule == finding.rule && other.primary.span == place)
                };
                findings.retain(|finding| !is_said(finding, &out[first..]));
                out.append(&mut findings);
            }
            return self.met.extend(here);
        }
        let span = |field| Path::of(["metadata", field]).span(resource.value);
        let (name, namespace) = (span("name"), span("namespace"));
        let newcomer = Newcomer { home: home.into(), object, prefix: resource.prefix.clone(), name, namespace };
        match candidates {
            [only] if past.objects[*only].0.is_gone(there) => {
                let mut findings = Vec::new();
                compare_all(&past.objects[*only].1, resource, targets, &mut findings);
                self.moved.push((*only, newcomer, findings));
            }
            _ => self.newcomers.push(newcomer),
        }
    }

    /// Takes in what another thread met.
    pub fn join(&mut self, other: Present) {
        self.met.extend(other.met);
        self.moved.extend(other.moved);
        self.newcomers.extend(other.newcomers);
    }

    /// What is left to say once every object was met: of those that stand in another file now, and of those that hold
    /// data and have another name.
    #[must_use]
    pub fn finish(mut self, past: &Past) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let mut is_met = vec![false; past.objects.len()];
        self.met.iter().for_each(|at| is_met[*at] = true);
        let mut claims = vec![0_u32; past.objects.len()];
        self.moved.iter().for_each(|(at, ..)| claims[*at] += 1);
        for (at, newcomer, findings) in std::mem::take(&mut self.moved) {
            // Where several could be it, or it is still where it was, these are others of the same name.
            if is_met[at] || claims[at] > 1 {
                self.newcomers.push(newcomer);
            } else {
                found.extend(findings);
            }
        }
        (0..is_met.len()).for_each(|at| is_met[at] |= claims[at] == 1);
        let gone = past.objects.iter().zip(&is_met).filter(|(_, is_met)| !**is_met).map(|(object, _)| object);
        found.extend(renamed(gone, &self.newcomers));
        found.sort_by_key(|finding| finding.primary.span);
        found
    }
}

/// Objects of one kind that are gone from a place, and those that are new there.
type Exchanged<'p, 'n> = (Vec<&'p Before>, Vec<&'n Newcomer>);

/// Objects with volumes of their own that are gone where one alike is new.
fn renamed<'p>(gone: impl Iterator<Item = &'p (Kept, Before)>, new: &[Newcomer]) -> Vec<Diagnostic> {
    let mut alike: HashMap<(&str, &str), Exchanged<'_, '_>> = HashMap::new();
    for (home, before) in gone.filter(|(_, before)| holds_data(before)) {
        alike.entry((home.name(), &before.id.kind)).or_default().0.push(before);
    }
    for newcomer in new.iter().filter(|newcomer| holds_data(&newcomer.object)) {
        alike.entry((newcomer.home.name(), &newcomer.object.id.kind)).or_default().1.push(newcomer);
    }
    let mut found = Vec::new();
    for (gone, new) in alike.values() {
        for newcomer in new {
            let is_same = |before: &&&Before| {
                before.id.name == newcomer.object.id.name || storage(before) == storage(&newcomer.object)
            };
            let mut candidates = gone.iter().filter(is_same);
            if let (Some(before), None) = (candidates.next(), candidates.next())
                && new.iter().filter(|other| storage(&other.object) == storage(&newcomer.object)).count() == 1
            {
                found.push(tell(before, newcomer));
            }
        }
    }
    found
}

/// What says how an object keeps its data.
fn storage(object: &Before) -> Option<&Plain> {
    match object.kind {
        Kind::Claim => object.plain.get("spec"),
        _ => object.plain.at(&["spec", "volumeClaimTemplates"]),
    }
}

fn holds_data(object: &Before) -> bool {
    matches!(object.kind, Kind::Claim | Kind::StatefulSet) && storage(object).is_some_and(|storage| !storage.is_zero())
}

fn tell(before: &Before, newcomer: &Newcomer) -> Diagnostic {
    let (old, new) = (&before.id, &newcomer.object.id);
    let has_moved = old.name == new.name;
    let (field, span) = if has_moved { ("namespace", newcomer.namespace) } else { ("name", newcomer.name) };
    let what = if has_moved { "in another namespace" } else { "under another name" };
    let message = format!("{new} is {old} {what}, which is another object with volumes of its own");
    let (label, kept) = match (has_moved, old.namespace.as_deref()) {
        (true, Some(namespace)) => (format!("was `{namespace}`"), format!("`namespace: {namespace}`")),
        (true, None) => ("was in none".to_owned(), "the namespace as it was".to_owned()),
        (false, _) => {
            let name = old.name.as_deref().unwrap_or_default();
            (format!("was `{name}`"), format!("`name: {name}`"))
        }
    };
    let prefix = newcomer.prefix.0.iter().cloned();
    let path = Path(prefix.chain([Segment::from("metadata"), Segment::from(field)]).collect());
    let effect = match before.kind {
        Kind::Claim => {
            "the new claim starts with an empty volume; the old one is deleted where pruning is on, often with its data"
        }
        _ => "the new pods start with empty volumes; the data stays in the claims of the old ones",
    };
    Diagnostic::new(&RENAMED_WITH_STORAGE, span, message, label)
        .about(Arc::new(new.clone()), path)
        .effect(effect)
        .help(format!("keep {kept}, or move the data first"))
}
