//! Files that are looked at together.
//!
//! Each check goes over the objects of all of them before the next one begins. The code of all checks is several times
//! as large as the instruction cache of a processor: taking one object through all of them would fetch all of that code
//! for every object.

use rayon::prelude::*;

use crate::check;
use crate::check::policy::Worker;
use crate::check::reference::Names;
use crate::check::schema::{Identity, Mode, Verdict, broken_items, identity};
use crate::check::versions::Verdicts;
use crate::load;
use crate::model::definition::FileRole;
use crate::model::document::Part;
use crate::model::reference::Facts;
use crate::model::resource::Resource;
use crate::model::rule::Severity;
use crate::model::source::{FileId, Span};
use crate::render;

use super::seen::{Seen, secret_ranges};
use super::waiting::Versions;
use super::{Other, Run, reading};

/// Most files that are looked at together: their texts and trees have to stay in the cache for data.
const MOST: usize = 32;

/// The least number of turns that a thread should have, so that all end at about the same time.
const TURNS: usize = 8;

/// Above this size in bytes a part is looked at by itself.
const LARGE: usize = 64 << 10;

/// How many of so many files to look at together.
fn at_once(files: usize) -> usize {
    (files / (TURNS * rayon::current_num_threads())).clamp(1, MOST)
}

/// A part that was read.
struct Read {
    file: FileId,
    role: FileRole,
    part: Part,
}

/// What is known of a part on the way.
#[derive(Default)]
struct State {
    names: Names,
    has_resources: bool,
    has_findings: bool,
}

/// An object of a part.
struct Object<'p> {
    /// The number of the part.
    at: usize,
    file: FileId,
    resource: Resource<'p>,
    document: Span,
    mode: Mode,
    is_built: bool,
    is_definition: bool,
    verdicts: Verdicts,
}

impl Object<'_> {
    fn is_whole(&self) -> bool {
        self.mode == Mode::Whole
    }
}

impl Run<'_> {
    /// Reads, parses and checks files. Returns those that are put off, until it is known which kinds are `wanted`.
    pub(super) fn look_at_files(&self, files: &[FileId], wanted: Option<&Versions>) -> Vec<FileId> {
        files
            .par_chunks(at_once(files.len()))
            .with_max_len(1)
            .flat_map_iter(|some| self.look_at_some(some, wanted))
            .collect()
    }

    /// Checks what was read before.
    pub(super) fn look_at_kept(&self, kept: Vec<(FileId, Part)>, wanted: Option<&Versions>) {
        let number = at_once(kept.len());
        let read = |(file, part)| Read { file, role: self.plan.role(file), part };
        kept.into_par_iter()
            .map(read)
            .chunks(number)
            .with_max_len(1)
            .for_each(|mut some| self.look_at(&mut some, wanted));
    }

    fn look_at_some(&self, files: &[FileId], wanted: Option<&Versions>) -> Vec<FileId> {
        let is_due = |bytes: &[u8]| wanted.is_some() || self.marker.find(bytes).is_none();
        let (mut all, mut put_off) = (Vec::new(), Vec::new());
        for &file in files {
            let role = self.plan.role(file);
            let look = |part: Part| match part.text.len() {
                0..=LARGE => (Some(part), None),
                _ => {
                    let mut alone = [Read { file, role, part }];
                    self.look_at(&mut alone, wanted);
                    let [read] = alone;
                    (None, Some(read.part))
                }
            };
            match self.loader.load_if(file, self.sources.name(file), self.source(file), is_due, look) {
                Ok(Some(parts)) => all.extend(parts.into_iter().flatten().map(|part| Read { file, role, part })),
                Ok(None) => put_off.push(file),
                Err(error) => {
                    let mut seen = self.seen();
                    seen.findings.push(error.diagnostic(file));
                    self.keep_seen(seen);
                }
            }
        }
        self.look_at(&mut all, wanted);
        all.into_iter().for_each(|read| self.loader.reuse(read.part));
        put_off
    }

    /// Checks parts.
    fn look_at(&self, all: &mut [Read], wanted: Option<&Versions>) {
        let mut seen = self.seen();
        let mut syntax = Vec::new();
        for Read { file, role, part } in &mut *all {
            seen.documents += if *role == FileRole::Built { 0 } else { part.count };
            if part.template {
                seen.templates.extend((*role != FileRole::HelmTemplate).then(|| Span::top(*file)));
                continue;
            }
            seen.definitions += usize::from(matches!(role, FileRole::Definition(_)));
            // A comment in what a generator writes is a copy, or is gone with the next run: it belongs into the source.
            if !matches!(role, FileRole::Generated | FileRole::Built) {
                seen.suppressions.append(&mut part.suppressions);
            }
            syntax.push(std::mem::take(&mut part.findings));
        }
        let all: Vec<&Read> = all.iter().filter(|read| !read.part.template).collect();
        let mut states: Vec<State> = all.iter().map(|_| State::default()).collect();
        self.check(&all, &mut states, wanted, &mut seen);
        for ((read, state), mut syntax) in all.into_iter().zip(&states).zip(syntax) {
            // A workflow of GitHub begins with `on:`, which is none of our business even if the file was named.
            if read.role == FileRole::Manifest && !state.has_resources && !state.has_findings {
                syntax.retain(|finding| !load::rules::leaves_readable(&finding.rule));
            }
            // What a program renders when it reads it: templates of alerts and the like.
            if read.role == FileRole::Data {
                syntax.retain(|finding| finding.rule != load::rules::UNRENDERED_TEMPLATE.id);
            }
            // A build stops at an error in what it reads as YAML. The rest is the business of whoever asks for the file.
            let is_beyond = self.is_beyond(read.file);
            if is_beyond {
                syntax.retain(|finding| finding.severity == Severity::Error && read.role != FileRole::Data);
            }
            let is_told = !syntax.is_empty()
                && (is_beyond || self.is_ours(read.file, &read.part, read.role, state.has_resources));
            if read.role != FileRole::Built
                && (is_told
                    || state.has_resources
                    || state.has_findings
                    || matches!(read.role, FileRole::Definition(_)))
            {
                seen.holding.push(read.file);
            }
            if is_told {
                seen.findings.extend(syntax);
            }
            if is_told || state.has_findings {
                seen.secrets.entry(read.file).or_default().extend(secret_ranges(&read.part));
            }
        }
        self.keep_seen(seen);
    }

    /// Checks the objects of parts, and notes those that have to wait and those that others wait for.
    fn check<'p>(&self, all: &[&'p Read], states: &mut [State], wanted: Option<&Versions>, seen: &mut Seen) {
        let mut objects: Vec<Object<'p>> = Vec::new();
        let is_due = |read: &Read| read.role.is_manifest() || (read.role.is_patch() && !self.is_beyond(read.file));
        for (at, read) in all.iter().enumerate().filter(|(_, read)| is_due(read)) {
            let before = seen.count_findings();
            self.identify(at, read, wanted, &mut states[at], seen, &mut objects);
            states[at].has_findings = seen.count_findings() > before;
        }
        // The same rules and the same part of a schema are for objects of one kind.
        objects.sort_by(|one, other| one.resource.kind.cmp(&other.resource.kind));
        let mut each = |seen: &mut Seen, check: &mut dyn FnMut(&mut Object<'p>, &mut State, &mut Seen)| {
            for object in &mut objects {
                let (count, first) = (seen.count_findings(), seen.findings.len());
                check(object, &mut states[object.at], seen);
                if seen.count_findings() > count {
                    states[object.at].has_findings = true;
                    check::exempt(&object.resource, &mut seen.findings[first..]);
                }
            }
        };
        each(seen, &mut |object, _, seen| self.check_schema(object, wanted, seen));
        if self.rules.api {
            each(seen, &mut |object, _, seen| {
                // What was not judged by a schema has no verdicts.
                if object.is_whole() {
                    self.targets(object.file).check_api(&object.resource, &object.verdicts, &mut seen.findings);
                }
            });
            each(seen, &mut |object, _, seen| self.check_change(object, seen));
        }
        if !self.rules.policies.is_empty() {
            let mut worker: Option<Worker<'_>> = None;
            each(seen, &mut |object, _, seen| {
                if object.is_whole() {
                    let worker = worker.get_or_insert_with(|| self.worker());
                    let name = self.inputs.told(self.sources.name(object.file));
                    worker.check(&object.resource, &name, &mut seen.findings);
                }
            });
            worker.into_iter().for_each(|worker| self.keep_worker(worker));
        }
        if self.rules.references.names {
            each(seen, &mut |object, state, seen| {
                if object.is_whole() {
                    state.names.check(&object.resource, &mut seen.findings);
                }
            });
        }
        if self.rules.references.facts() {
            let plain = objects.iter().filter(|object| object.is_whole() && !object.is_built);
            for object in plain.filter(|object| !self.is_taken(&object.resource)) {
                let facts = Facts::of(&object.resource.value, self.rules.references.dangling);
                seen.facts.extend(facts.map(|facts| (object.file, facts)));
            }
        }
    }

    /// Finds the objects of a part that are to be checked.
    fn identify<'p>(
        &self,
        at: usize,
        read: &'p Read,
        wanted: Option<&Versions>,
        state: &mut State,
        seen: &mut Seen,
        objects: &mut Vec<Object<'p>>,
    ) {
        let Read { file, role, part } = read;
        let (mode, place) = reading(*role);
        let is_built = *role == FileRole::Built;
        let is_beyond = self.is_beyond(*file);
        for (document, root) in part.roots() {
            let resource = match identity(root, place) {
                Identity::Resource(resource) => resource,
                Identity::Other => continue,
                Identity::Broken(_) if is_beyond => continue,
                Identity::Broken(finding) => {
                    seen.findings.push(*finding);
                    continue;
                }
            };
            if !is_beyond {
                seen.findings.extend(broken_items(&resource));
            }
            for resource in resource.expand() {
                let is_changed = self.plan.taken.changed.contains(&resource.value.span());
                if is_beyond && !is_changed && !self.is_taken(&resource) {
                    continue;
                }
                seen.resources += usize::from(!is_built);
                state.has_resources |= !is_built;
                if is_changed {
                    // What becomes of it is checked instead.
                    seen.objects.add(&resource);
                    seen.waiting.note_definition(&resource, document.span, wanted);
                    continue;
                }
                seen.has_policies |= check::policy::is_policy(&resource);
                let is_definition = if is_built {
                    render::object(resource.group(), &resource.kind).is_some()
                } else {
                    seen.objects.add(&resource)
                };
                if is_definition {
                    seen.objects.deliveries.add(&resource);
                    seen.objects.laid_over.add(&resource);
                }
                let (file, document, verdicts) = (*file, document.span, Verdicts::default());
                objects.push(Object { at, file, resource, document, mode, is_built, is_definition, verdicts });
            }
        }
    }

    fn check_schema(&self, object: &mut Object<'_>, wanted: Option<&Versions>, seen: &mut Seen) {
        let Object { resource, document, mode, .. } = object;
        if object.is_definition {
            self.check_by_guess(resource, *document, *mode, seen);
            return;
        }
        if *mode == Mode::Whole && !object.is_built {
            seen.waiting.note_definition(resource, *document, wanted);
        }
        object.verdicts = self.targets(object.file).check(resource, *mode, &mut seen.findings);
        if object.verdicts.overall() == Some(Verdict::Waits) && !self.check_by_guess(resource, *document, *mode, seen) {
            seen.count_unknown(resource);
        }
    }

    /// What becomes of an object, where there are two trees.
    fn check_change(&self, object: &Object<'_>, seen: &mut Seen) {
        if !object.is_whole() {
            return;
        }
        let resource = &object.resource;
        match self.other {
            Other::None => {}
            Other::Later => seen.past.add(self.home(resource), resource),
            Other::Earlier(past, _) => {
                let (home, targets) = (self.home(resource), self.targets(object.file));
                seen.present.add(past, home, resource, targets, self, &mut seen.findings);
            }
        }
    }

    /// Whether a kustomization makes the object as it stands.
    fn is_taken(&self, resource: &Resource<'_>) -> bool {
        let span = resource.value.span();
        self.plan.taken.as_written.contains_key(&(span.file, span.start))
    }

    /// Whether what is wrong with the text of a file is our business: YAML files of other tools lie in the same
    /// repositories, and have rules of their own.
    fn is_ours(&self, file: FileId, part: &Part, role: FileRole, has_resources: bool) -> bool {
        role != FileRole::Manifest
            || has_resources
            || self.inputs.is_named(file)
            || memchr::memmem::find(part.text.as_bytes(), b"apiVersion").is_some()
            // In UTF-16, which shells on Windows write.
            || memchr::memmem::find(part.text.as_bytes(), b"a p i V e r s i o n").is_some()
    }
}
