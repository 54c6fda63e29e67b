//! Many kustomizations built become one picture: every object that one of them changes once, with all that make it, and
//! what became of the objects in the files.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::definition::kustomize::{Build, Object, Place, Taken};
use crate::model::diagnostic::Diagnostic;
use crate::model::document::Part;
use crate::model::listing::folder_of;
use crate::model::report::NotChecked;
use crate::model::source::{FileId, Span};
use crate::model::value::Value;

use super::super::rules::{OVERRIDE_WITHOUT_EFFECT, PATCH_WITHOUT_TARGET, UNDONE_OVERRIDE};
use super::rendered::{Built, Made, Object as Rendered};

/// What all kustomizations of a listing make.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The texts of the objects that were changed, each with the printed name of its kustomization.
    pub texts: Vec<(FileId, String, Build)>,
    /// What became of the objects in the files.
    pub taken: Taken,
    /// The files whose objects were built by kustomizations of which every part was there.
    pub files: BTreeSet<FileId>,
    /// What is wrong.
    pub findings: Vec<Diagnostic>,
    /// What could not be had.
    pub not_checked: Vec<NotChecked>,
}

/// Which kustomizations take in which.
#[derive(Debug, Default)]
pub struct Graph {
    /// For each folder with a kustomization that is no component those that it takes in.
    below: BTreeMap<String, Vec<String>>,
    /// What any kustomization takes in.
    taken: BTreeSet<String>,
    /// The folders of components.
    pub components: BTreeSet<String>,
}

impl Graph {
    /// Notes the kustomization of a folder with those that it takes in
    /// ([`rendered::reached`](super::rendered::reached)).
    pub fn add(&mut self, folder: &str, is_component: bool, taken: Vec<String>) {
        self.taken.extend(taken.iter().cloned());
        if is_component {
            self.components.insert(folder.to_owned());
        } else {
            self.below.insert(folder.to_owned(), taken);
        }
    }

    /// The folders that no other kustomization takes in.
    #[must_use]
    pub fn roots(&self) -> Vec<String> {
        self.below.keys().filter(|folder| !self.taken.contains(*folder)).cloned().collect()
    }

    /// The folders that others take in, in rounds: those of a round take in nothing but what earlier rounds have, so
    /// that they can be built at the same time. What takes in itself is in none.
    #[must_use]
    pub fn rounds(&self) -> Vec<Vec<&str>> {
        let mut left: BTreeMap<&str, &[String]> = self
            .below
            .iter()
            .filter(|(folder, _)| self.taken.contains(*folder))
            .map(|(one, all)| (&**one, &**all))
            .collect();
        let mut rounds = Vec::new();
        loop {
            let is_due = |below: &[String]| !below.iter().any(|folder| left.contains_key(&**folder));
            let round: Vec<&str> = left.iter().filter(|(_, below)| is_due(below)).map(|(folder, _)| *folder).collect();
            if round.is_empty() {
                return rounds;
            }
            left.retain(|folder, _| !round.contains(folder));
            rounds.push(round);
        }
    }
}

/// The folders that take part in builds that fail and in none that succeeds, `components` aside: they are built by
/// themselves.
#[must_use]
pub fn left_over<'b>(built: impl Iterator<Item = &'b Built> + Clone, components: &BTreeSet<String>) -> Vec<String> {
    let own = |failed: bool| {
        let some = built.clone().filter(move |one| one.failed == failed);
        some.flat_map(|one| one.folders.iter().map(String::as_str)).collect::<BTreeSet<&str>>()
    };
    let (done, tried) = (own(false), built.clone().map(|one| &*one.folder).collect::<BTreeSet<&str>>());
    let open = own(true).into_iter().filter(|folder| !done.contains(folder) && !tried.contains(folder));
    open.filter(|folder| !components.contains(*folder)).map(str::to_owned).collect()
}

/// Whether a kustomization is a component: it is built as a part of others alone.
#[must_use]
pub fn is_component(part: &Part) -> bool {
    let root = part.roots().next().map(|(_, root)| root);
    root.and_then(|root| root.get("kind")).and_then(Value::as_str).is_some_and(|kind| kind == "Component")
}

/// Says what has to be written: of objects that several builds make alike the first. `prints` gives the print of each
/// object ([`rendered::Object::print`](super::rendered::Object::print)), in order.
#[must_use]
pub fn plan_texts(built: &[Built], prints: &dyn Fn(Vec<&Rendered>) -> Vec<u64>) -> Vec<Vec<Option<Made>>> {
    let changed = built.iter().filter(|one| !one.failed).flat_map(|one| &one.objects);
    let changed: Vec<&Rendered> = changed.filter(|object| object.as_written.is_none()).collect();
    // What only one build makes of a document is like nothing else.
    let mut makers: HashMap<Option<Span>, usize> = HashMap::new();
    changed.iter().for_each(|object| *makers.entry(object.document).or_default() += 1);
    let is_like_another = |object: &Rendered| makers.get(&object.document).is_some_and(|makers| *makers > 1);
    let mut prints = prints(changed.into_iter().filter(|object| is_like_another(object)).collect()).into_iter();
    let mut first: HashMap<u64, (usize, usize)> = HashMap::new();
    let plan = |(at, one): (usize, &Built)| {
        let made = |(number, object): (usize, &Rendered)| {
            if object.as_written.is_some() || one.failed {
                return Some(Made::AsWritten);
            }
            let print = if is_like_another(object) { prints.next()? } else { return None };
            match first.entry(print) {
                Entry::Occupied(known) => Some(Made::Same(known.get().0, known.get().1)),
                Entry::Vacant(entry) => {
                    entry.insert((at, number));
                    None
                }
            }
        };
        one.objects.iter().enumerate().map(made).collect()
    };
    built.iter().enumerate().map(plan).collect()
}

/// Whether a finding holds only if it is made in every build that the place is part of.
#[must_use]
pub fn depends_on_users(finding: &Diagnostic) -> bool {
    [PATCH_WITHOUT_TARGET.id, OVERRIDE_WITHOUT_EFFECT.id, UNDONE_OVERRIDE.id].contains(&finding.rule)
}

/// Brings the builds together, in their order. `names` gives the printed name of a file.
#[must_use]
pub fn gather(built: Vec<(Built, Vec<Made>)>, names: &dyn Fn(FileId) -> Arc<str>) -> Gathered {
    let mut gathered = Gathered::default();
    // Where the text of an object of a build is.
    let mut placed: HashMap<(usize, usize), (usize, usize)> = HashMap::new();
    let mut changed: BTreeSet<Span> = BTreeSet::new();
    let mut unmatched: BTreeMap<Span, (Diagnostic, Vec<Arc<str>>)> = BTreeMap::new();
    let mut parts_of: BTreeMap<String, usize> = BTreeMap::new();
    let mut patches_of: BTreeMap<FileId, usize> = BTreeMap::new();
    for (number_of_build, (one, made)) in built.into_iter().enumerate() {
        let root: Arc<str> = if one.folder.is_empty() { ".".into() } else { one.folder.as_str().into() };
        gathered.taken.roots.insert(root.clone());
        one.folders.iter().for_each(|folder| *parts_of.entry(folder.clone()).or_default() += 1);
        one.patches.iter().for_each(|file| *patches_of.entry(*file).or_default() += 1);
        for mut finding in one.findings {
            if depends_on_users(&finding) {
                unmatched.entry(finding.primary.span).or_insert((finding, Vec::new())).1.push(root.clone());
            } else {
                finding.affects.push(root.to_string());
                gathered.findings.push(finding);
            }
        }
        gathered.not_checked.extend(one.not_checked);
        if one.failed {
            gathered.taken.lost.extend(one.folders.iter().map(|folder| Arc::from(folder.as_str())));
            continue;
        }
        if !one.open {
            gathered.files.extend(one.taken.iter().map(|span| span.file));
        }
        changed.extend(&one.taken);
        let mut build = Build::default();
        let mut yaml = String::new();
        let at = gathered.texts.len();
        let mut first = None;
        for (number_of_object, (object, made)) in one.objects.into_iter().zip(made).enumerate() {
            first = first.or(object.included.first().map(|span| span.file));
            if let Some(span) = object.as_written {
                let entry = gathered.taken.as_written.entry((span.file, span.start)).or_insert((span.end, Vec::new()));
                entry.1.push(root.clone());
            }
            let (text, same) = match made {
                Made::AsWritten => continue,
                Made::Same(build, object) => (None, placed.get(&(build, object)).copied()),
                Made::Text(text) if text.is_cut => {
                    let message = "an object is too large once it is built".to_owned();
                    gathered.not_checked.push(NotChecked { message, span: object.included.last().copied() });
                    continue;
                }
                Made::Text(text) => {
                    placed.insert((number_of_build, number_of_object), (at, build.objects.len()));
                    (Some(text), None)
                }
            };
            if let Some((text, number)) = same {
                let other =
                    if text == at { Some(&mut build) } else { gathered.texts.get_mut(text).map(|one| &mut one.2) };
                if let Some(other) = other.and_then(|build| build.objects.get_mut(number)) {
                    other.roots.push(root.clone());
                    other.open &= one.open;
                }
                continue;
            }
            let Some(text) = text else { continue };
            if !yaml.is_empty() {
                yaml.push_str("---\n");
            }
            let start = yaml.len() as u32;
            build.places.extend(text.origins.into_iter().map(|from| Place {
                start: start + from.start,
                end: start + from.end,
                span: from.span,
                chain: from.chain,
            }));
            yaml.push_str(&text.yaml);
            build.objects.push(Object {
                start,
                end: yaml.len() as u32,
                included: object.included,
                roots: vec![root.clone()],
                open: one.open,
            });
        }
        if let Some(file) = first.filter(|_| !yaml.is_empty()) {
            gathered.texts.push((file, yaml, build));
        }
    }
    // A patch of a component may be for what only some of those who take it in have, and its file may be in any folder.
    for (span, (mut finding, roots)) in unmatched {
        let name = names(span.file);
        let number = if finding.rule == UNDONE_OVERRIDE.id {
            patches_of.get(&span.file)
        } else {
            parts_of.get(folder_of(&name))
        };
        let everywhere = number.is_none_or(|number| roots.len() >= *number);
        if everywhere {
            finding.affects = roots.iter().map(ToString::to_string).collect();
            gathered.findings.push(finding);
        }
    }
    let is_as_written = |span: &Span| gathered.taken.as_written.contains_key(&(span.file, span.start));
    changed.retain(|span| !is_as_written(span));
    gathered.taken.changed = changed;
    gathered.not_checked.sort();
    gathered.not_checked.dedup();
    gathered
}

/// The values of secret generators in a kustomization, and patches for Secrets: what must not be printed.
#[must_use]
pub fn secrets(part: &Part) -> Vec<std::ops::Range<u32>> {
    let Some((_, root)) = part.roots().next() else { return Vec::new() };
    let mut ranges = Vec::new();
    let own = |entry: &crate::model::value::Entry<'_>, key: &str| entry.name().eq_ignore_ascii_case(key);
    for entry in root.entries() {
        if own(&entry, "secretGenerator") {
            let fields = entry.value.items().flat_map(Value::entries);
            let literals = fields.filter(|field| own(field, "literals")).flat_map(|field| field.value.items());
            // Behind the key alone.
            let value = |literal: Value<'_>| {
                let span = literal.span();
                let key = literal.raw().find('=').map_or(0, |at| at as u32 + 1);
                Span { start: (span.start + key).min(span.end), ..span }
            };
            ranges.extend(literals.map(value));
        }
        if own(&entry, "patches") {
            let fields = entry.value.items().flat_map(Value::entries).filter(|field| own(field, "patch"));
            let secret = fields.filter(|field| field.value.text().is_some_and(|text| text.contains("kind: Secret")));
            ranges.extend(secret.map(|field| field.value.span()));
        }
    }
    ranges.into_iter().map(|span| span.start..span.end).collect()
}
