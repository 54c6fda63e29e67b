//! load -> render -> check, for one tree of files.
//!
//! Definitions are read first, because they say what the other files are. Every other file is read, parsed and checked
//! in one go with a few others ([`together`]), and its memory is used again for the next. Files with custom resource
//! definitions come last, when it is known which kinds are in use; a custom resource that had to wait for its definition
//! is noted, and read again. Findings in generated manifests are placed on the definition at the end.
//!
//! Threads take work piece by piece (`with_max_len(1)`). By itself rayon cuts it into a few long stretches, and at the end
//! everybody waits for whoever had the longest one, or a core that others use as well.

mod built;
pub mod definitions;
mod elsewhere;
pub mod kustomize;
mod policies;
mod references;
mod seen;
mod texts;
mod together;
mod waiting;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, OnceLock, PoisonError};

use memchr::memmem::Finder;
use rayon::prelude::*;

use crate::check::api::update::{Home, Past, There};
use crate::check::policy::Worker;
use crate::check::schema::{Mode, Place};
use crate::check::versions::Targets;
use crate::check::{self, Rules};
use crate::discover::{Inputs, SchemaFiles};
use crate::load::{Loader, Source};
use crate::model::definition::fabrikate::Definition;
use crate::model::definition::{DefinitionKind, FileRole, Plan};
use crate::model::diagnostic::Diagnostic;
use crate::model::document::Part;
use crate::model::listing::folder_of;
use crate::model::report::Examined;
use crate::model::resource::Resource;
use crate::model::source::{FileId, Sources, Span};
use crate::render;
use crate::render::kustomize::rendered::is_kustomization;

pub use crate::render::Then;
pub use elsewhere::{Described, described};
pub use policies::{PolicyInput, read_policies};
use seen::Seen;
use texts::Texts;
use waiting::{Known, Versions};

/// What examining needs to know beside the rules.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The Fabrikate environments to merge; empty for all.
    pub environments: Vec<String>,
    /// The printed name of the folder of generated manifests, if it is not the usual one.
    pub generated: Option<String>,
    /// Schemas that are not in the input.
    pub schemas: SchemaFiles,
    /// Which of [`Rules::targets`] a file has to be right for; the first if it is not here.
    pub targets: HashMap<FileId, usize>,
}

/// What another tree has to do with the one that is examined.
#[derive(Debug, Clone, Copy)]
pub enum Other<'p> {
    /// There is none.
    None,
    /// This is the tree before a change: its objects are kept for the other.
    Later,
    /// This is the tree after a change, and these are the objects before it and the tree that they were in.
    Earlier(&'p Past, Then<'p>),
}

/// What a tree leaves for the one after the change.
#[derive(Debug, Default)]
pub struct Kept {
    /// Its objects.
    pub past: Past,
    /// Its component trees.
    pub definitions: Vec<Definition>,
}

/// Examines the files of `inputs`. `sources` has their names; the texts that a finding points into are there afterwards.
#[must_use]
pub fn examine(inputs: &Inputs, rules: &Rules, options: &Options, sources: Sources) -> Examined {
    examine_beside(Other::None, inputs, rules, options, sources).0
}

/// Examines the files of a tree that is one of two, and gives back what the other side needs of it.
#[must_use]
pub fn examine_beside(
    other: Other<'_>,
    inputs: &Inputs,
    rules: &Rules,
    options: &Options,
    mut sources: Sources,
) -> (Examined, Kept) {
    let loader = Loader::default();
    let nothing = Plan::default();
    let run = Run::new(inputs, rules, options, &loader, &sources, &nothing, other);
    let to_read: HashSet<FileId> = inputs.to_read().map(|(_, file)| file).collect();
    let (definitions, others): (Vec<_>, Vec<_>) =
        inputs.to_read().map(|(name, file)| (&**name, file)).partition(|(name, _)| render::is_definition(name));

    let mut seen = Seen::default();
    let parts = run.load_definitions(&definitions, &mut seen);
    let mut plan = render::plan(&render::Input {
        parts: &parts,
        listing: &inputs.listing,
        names: &|file| sources.name(file),
        environments: &options.environments,
        generated: options.generated.as_deref(),
    });
    let is_above = |file: &FileId| inputs.is_above(*file);
    let is_beyond = |file: &FileId| inputs.beyond.contains(file);
    let is_foreign = |file: &FileId| is_above(file) || is_beyond(file);
    plan.findings.retain(|finding| !is_foreign(&finding.primary.span.file));
    seen.files = seen.files.saturating_sub(inputs.above.len());
    let parts: Vec<_> = parts.into_iter().filter(|(file, _)| !is_above(file)).collect();
    let is_kustomization = |file| plan.role(file) == FileRole::Definition(DefinitionKind::Kustomization);
    let (kustomizations, parts): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(file, _)| is_kustomization(*file));
    let own: HashSet<FileId> = kustomizations.iter().map(|(file, _)| *file).collect();
    let (gathered, kept) = run.build(kustomizations, &mut seen);
    let (built, targets) = built::add(gathered, &mut plan, &mut sources, &options.targets);
    let run = Run { targets: &targets, ..Run::new(inputs, rules, options, &loader, &sources, &plan, other) };
    run.look_at_kept(parts, None);
    let read: HashSet<FileId> = kept.iter().map(|(file, _)| *file).collect();
    let is_wanted = |file: &FileId| !read.contains(file) && plan.role(*file) != FileRole::OtherEnvironment;
    let others: Vec<_> = others.into_iter().map(|(_, file)| file).filter(is_wanted).collect();
    let is_definition = |file: FileId| render::is_definition(sources.name(file));
    let is_new = |file: FileId| own.contains(&file) || !is_definition(file);
    let is_asked_for = |file: &FileId| to_read.contains(file) || is_beyond(file);
    let kept: Vec<_> = kept.into_iter().filter(|(file, _)| is_asked_for(file) && is_new(*file)).collect();
    seen.files += others.len() + kept.iter().filter(|(file, _)| !is_definition(*file)).count();
    let is_due = |(_, parts): &(FileId, Vec<Part>)| !parts.iter().any(|part| run.defines_kinds(part));
    let (kept, kept_off): (Vec<_>, Vec<_>) = kept.into_iter().partition(is_due);
    let each = |(file, parts): (FileId, Vec<Part>)| parts.into_iter().map(move |part| (file, part));
    run.look_at_kept(kept.into_iter().flat_map(each).collect(), None);
    run.look_at_files(&built, Some(&Versions::new()));
    let put_off = run.look_at_files(&others, None);
    run.gather(&mut seen);
    let wanted = seen.waiting.versions();
    run.look_at_files(&put_off, Some(&wanted));
    run.look_at_kept(kept_off.into_iter().flat_map(each).collect(), Some(&wanted));
    run.gather(&mut seen);
    run.check_waiting(&mut seen);
    run.check_together(&mut seen);
    run.check_references(&mut seen);
    run.known.give_up();

    if let Other::Earlier(past, _) = other {
        seen.findings.extend(std::mem::take(&mut seen.present).finish(past));
    }
    let past = std::mem::take(&mut seen.past);

    if seen.objects.are_applied_server_side() {
        check::api::apply_server_side(&mut seen.findings);
    }
    let texts = Texts::new(&sources);
    let text = |file| texts.get(file);
    seen.findings.extend(plan.findings.iter().cloned());
    if rules.definitions {
        let given = check::definition::Input {
            plan: &plan,
            listing: &inputs.asked_for(),
            text: &text,
            parse: &kustomize::parse,
        };
        check::definition::check(&given, &mut seen.findings);
        seen.findings.extend(plan.stale(&render::Comparison {
            text: &text,
            listing: &inputs.listing,
            parse: &kustomize::parse,
            then: if let Other::Earlier(_, then) = other { Some(then) } else { None },
        }));
    }
    seen.findings.retain(|finding| !plan.is_spared(finding, &text));
    let place = |finding| {
        let mut finding = plan.place(finding, &text);
        finding.settle_edits(text);
        finding
    };
    seen.findings = seen.findings.into_par_iter().map(place).collect();
    // Comments may turn out to be unused, and are findings then.
    let comments = seen.suppressions.iter().map(|comment| comment.span);
    seen.findings.iter().flat_map(spans).chain(comments).for_each(|span| drop(text(span.file)));
    plan.not_checked.iter().filter_map(|one| one.span).for_each(|span| drop(text(span.file)));
    if !inputs.here.is_empty() {
        let told = |place: &mut String| {
            if plan.taken.roots.contains(place.as_str()) {
                *place = inputs.told(place).into_owned();
            }
        };
        seen.findings.iter_mut().flat_map(|finding| &mut finding.affects).for_each(told);
    }
    let texts = texts.into_read();
    let not_checked = std::mem::take(&mut plan.not_checked);
    let mut examined = seen.into_examined(texts, not_checked, sources);
    examined.not_checked.iter_mut().for_each(|one| one.span = one.span.map(|span| plan.written(span)));
    examined.beyond.clone_from(&inputs.beyond);
    (examined, Kept { past, definitions: plan.definitions })
}

/// Every place that a finding points to.
fn spans(finding: &Diagnostic) -> impl Iterator<Item = Span> {
    let labels = finding.labels.iter().map(|label| label.span);
    labels.chain([finding.primary.span]).chain(finding.origin.iter().map(|link| link.span))
}

/// The kind of a custom resource definition.
const MARKER: &str = "CustomResourceDefinition";

/// What all threads share.
struct Run<'r> {
    inputs: &'r Inputs,
    rules: &'r Rules,
    targets: &'r HashMap<FileId, usize>,
    schemas: &'r SchemaFiles,
    loader: &'r Loader,
    sources: &'r Sources,
    /// What the files are. Of the kustomizations, nothing is in it before they are built.
    plan: &'r Plan,
    /// What threads have seen so far, in no order. Each adds to one of them, so that there are as many as threads.
    seen: Mutex<Vec<Seen>>,
    workers: Mutex<Vec<Worker<'r>>>,
    known: Known,
    /// What the text of every CustomResourceDefinition has in it.
    marker: Finder<'static>,
    other: Other<'r>,
    kustomized: OnceLock<HashSet<&'r str>>,
}

impl<'r> Run<'r> {
    fn new(
        inputs: &'r Inputs,
        rules: &'r Rules,
        options: &'r Options,
        loader: &'r Loader,
        sources: &'r Sources,
        plan: &'r Plan,
        other: Other<'r>,
    ) -> Self {
        Run {
            inputs,
            rules,
            targets: &options.targets,
            schemas: &options.schemas,
            loader,
            sources,
            plan,
            seen: Mutex::default(),
            workers: Mutex::default(),
            known: Known::default(),
            marker: Finder::new(MARKER),
            other,
            kustomized: OnceLock::new(),
        }
    }

    fn source(&self, file: FileId) -> Source<'_> {
        let source = self.sources.get(file);
        source.text.as_deref().map_or(Source::Path(&source.path), Source::Bytes)
    }

    /// Something to add to.
    fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn keep_seen(&self, seen: Seen) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }

    /// Joins what all threads have seen.
    fn gather(&self, all: &mut Seen) {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        seen.into_iter().for_each(|one| all.join(one));
    }

    /// Whether a part may hold definitions of custom kinds.
    fn defines_kinds(&self, part: &Part) -> bool {
        self.marker.find(part.text.as_bytes()).is_some()
    }

    /// Loads the definition files and keeps them, in order of name.
    fn load_definitions(&self, definitions: &[(&str, FileId)], seen: &mut Seen) -> Vec<(FileId, Part)> {
        let keep = |(name, file): &(&str, FileId)| (*file, self.loader.keep(*file, name, self.source(*file)));
        let loaded: Vec<_> = definitions.par_iter().with_max_len(1).map(keep).collect();
        let mut kept = Vec::new();
        for (file, parts) in loaded {
            seen.files += 1;
            match parts {
                Ok(parts) => kept.extend(parts.into_iter().map(|part| (file, part))),
                Err(error) => seen.findings.push(error.diagnostic(file)),
            }
        }
        kept
    }

    /// Whether nobody asked for a file, so that only what a build makes of it is looked at.
    fn is_beyond(&self, file: FileId) -> bool {
        !self.inputs.beyond.is_empty() && self.inputs.beyond.contains(&file)
    }

    /// The Kubernetes versions that a file has to be right for.
    fn targets(&self, file: FileId) -> &'r Targets {
        let at = self.targets.get(&file).copied().unwrap_or_default();
        &self.rules.targets[at.min(self.rules.targets.len() - 1)]
    }

    /// The folders that have a kustomization.
    fn kustomized(&self) -> &HashSet<&'r str> {
        self.kustomized.get_or_init(|| {
            let names = self.inputs.listing.iter().map(|(name, _)| name);
            names.filter(|name| is_kustomization(name)).map(|name| folder_of(name)).collect()
        })
    }

    /// Where an object is applied from.
    fn home(&self, resource: &Resource<'_>) -> Home<'r> {
        // No kustomization changes the kind of an object.
        let written = resource.value.get("kind").map_or(resource.value, |kind| kind).span();
        let file = self.sources.name(self.plan.file_of(written));
        let roots = self.plan.roots_of(resource.value.span());
        let is_loose = roots.is_empty() && !around(file).any(|folder| self.kustomized().contains(folder));
        let lost = &self.plan.taken.lost;
        let is_unsure = !lost.is_empty()
            && match roots {
                [] => around(file).any(|folder| lost.contains(folder)),
                roots => roots.iter().all(|root| lost.contains(root)),
            };
        Home { file, roots, is_loose, is_unsure }
    }

    fn worker(&self) -> Worker<'r> {
        let idle = self.workers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| self.rules.policies.worker())
    }

    fn keep_worker(&self, worker: Worker<'r>) {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
    }
}

/// The folders around a file, from the innermost to that of the run, which has no name.
fn around(file: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder_of(file)), |folder| (!folder.is_empty()).then_some(folder_of(folder)))
}

impl There for Run<'_> {
    fn has_file(&self, name: &str) -> bool {
        self.inputs.listing.file(name).is_some()
    }

    fn has_root(&self, folder: &str) -> bool {
        self.plan.taken.roots.contains(folder)
    }
}

/// How the objects of a file are read.
fn reading(role: FileRole) -> (Mode, Place) {
    let mode = if role.is_patch() { Mode::Patch } else { Mode::Whole };
    let place = match role {
        FileRole::StaticInput | FileRole::Generated => Place::Manifests,
        _ => Place::Anywhere,
    };
    (mode, place)
}
