//! Kustomizations are built before anything is checked: what they make is checked as a file of its own, and the objects
//! that they change are no longer checked as they stand.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use super::Run;
use super::kustomize::parse;
use super::seen::{Seen, secret_ranges};
use crate::model::definition::{FileRole, Plan};
use crate::model::document::Part;
use crate::model::listing::folder_of;
use crate::model::reference::Set;
use crate::model::source::{FileId, Sources};
use crate::render;
use crate::render::kustomize::gather::{
    Gathered, Graph, depends_on_users, gather, is_component, left_over, plan_texts, secrets,
};
use crate::render::kustomize::rendered::{
    Built, Kustomizations, Made, Object, is_kustomization, kustomization_in, reached,
};

/// Files that were read for a build, whole.
pub(super) type Files = Vec<(FileId, Vec<Part>)>;

impl Run<'_> {
    /// Builds every kustomization, and gives back the files that were read for it.
    pub(super) fn build(&self, own: Vec<(FileId, Part)>, seen: &mut Seen) -> (Gathered, Files) {
        if own.is_empty() {
            return (Gathered::default(), Vec::new());
        }
        let listing = &self.inputs.listing;
        let names: HashMap<FileId, &str> = own.iter().map(|(file, _)| (*file, self.sources.name(*file))).collect();
        let reached: Vec<_> =
            own.par_iter().with_max_len(32).map(|(file, part)| reached(names[file], part, listing)).collect();
        let (mut files, mut graph, mut known) = (BTreeSet::new(), Graph::default(), BTreeSet::new());
        for ((file, part), (more, folders)) in own.iter().zip(reached) {
            files.extend(more);
            // What follows in a stream is no part of the kustomization.
            if known.insert(*file) && part.roots().next().is_some() {
                graph.add(folder_of(names[file]), is_component(part), folders);
            }
        }
        files.retain(|file| !known.contains(file));
        let mut firsts: BTreeMap<FileId, Vec<Part>> = BTreeMap::new();
        own.into_iter().for_each(|(file, part)| firsts.entry(file).or_default().push(part));
        let loaded: Vec<_> =
            files.into_iter().collect::<Vec<_>>().into_par_iter().with_max_len(1).map(|file| self.keep(file)).collect();
        let mut parts: Files = firsts.into_iter().collect();
        for (file, loaded) in loaded {
            match loaded {
                Ok(loaded) => parts.push((file, loaded)),
                Err(error) => seen.findings.push(error.diagnostic(file)),
            }
        }
        let marker = memchr::memmem::Finder::new(b"ecret");
        for (file, parts) in &parts {
            let own = parts.iter().flat_map(|part| {
                let is_secret = marker.find(part.text.as_bytes()).is_some();
                is_secret.then(|| secret_ranges(part).into_iter().chain(secrets(part))).into_iter().flatten()
            });
            let ranges: Vec<_> = own.collect();
            if !ranges.is_empty() {
                seen.secrets.entry(*file).or_default().extend(ranges);
            }
        }
        let folders = graph.roots();
        let bytes = |file| match &self.sources.get(file).text {
            Some(text) => Some(text.clone()),
            None => std::fs::read(&self.sources.get(file).path).ok().map(Arc::from),
        };
        let mut all = Kustomizations::new(listing, parts, &parse, &bytes);
        for round in graph.rounds() {
            round.into_par_iter().with_max_len(1).for_each(|folder| all.prepare(folder));
        }
        let build = |folder: &String| all.build(folder);
        let mut built: Vec<Built> = folders.par_iter().with_max_len(1).map(build).collect();
        // What only failing kustomizations take in may be whole by itself.
        loop {
            let mut more = left_over(built.iter(), &graph.components);
            more.retain(|folder| kustomization_in(folder, listing).is_none_or(|(_, file)| !self.is_beyond(file)));
            if more.is_empty() {
                break;
            }
            built.extend(more.par_iter().with_max_len(1).map(build).collect::<Vec<_>>());
        }
        let asked = &self.rules.references;
        if asked.facts() {
            let whole = built.iter().filter(|built| !built.failed);
            let set = |built: &Built| Set {
                name: Some(if built.folder.is_empty() { ".".to_owned() } else { built.folder.clone() }),
                facts: built.objects.iter().filter_map(|object| object.facts(asked.dangling)).collect(),
                open: built.open || !built.not_checked.is_empty(),
            };
            seen.sets = whole.map(set).collect();
        }
        let prints = |objects: Vec<&Object>| objects.into_par_iter().map(Object::print).collect();
        let plans = plan_texts(&built, &prints);
        let write = |(mut built, plan): (Built, Vec<Option<Made>>)| {
            let settle = |(object, decided): (&mut Object, Option<Made>)| object.settle(decided);
            let all = built.objects.par_iter_mut().with_max_len(1).zip(plan).map(settle).collect();
            (built, all)
        };
        let built = built.into_par_iter().with_max_len(1).zip(plans).map(write).collect();
        all.take_bases().into_par_iter().with_max_len(1).for_each(drop);
        let mut gathered = gather(built, &|file| self.sources.name(file).into());
        // Who else uses a component that nobody asked for is not known; of a base all users make the same.
        let is_base = |file: FileId| {
            let name = self.sources.name(file);
            is_kustomization(name) && !graph.components.contains(folder_of(name))
        };
        let is_decided = |file: FileId| !self.is_beyond(file) || is_base(file);
        gathered.findings.retain(|finding| !depends_on_users(finding) || is_decided(finding.primary.span.file));
        (gathered, all.into_parts())
    }

    /// Loads a file, and keeps it.
    fn keep(&self, file: FileId) -> (FileId, Result<Vec<Part>, crate::load::ReadError>) {
        (file, self.loader.keep(file, self.sources.name(file), self.source(file)))
    }
}

/// Makes a file of each text that a kustomization makes, and lets the plan know where it comes from. Returns the files,
/// and which Kubernetes versions each file has to be right for.
pub(super) fn add(
    gathered: Gathered,
    plan: &mut Plan,
    sources: &mut Sources,
    targets: &HashMap<FileId, usize>,
) -> (Vec<FileId>, HashMap<FileId, usize>) {
    let mut targets = targets.clone();
    let mut files = Vec::new();
    for (kustomization, yaml, build) in gathered.texts {
        let name = sources.get(kustomization).name.clone();
        let file = sources.add_text(name, yaml.into_bytes());
        if let Some(target) = targets.get(&kustomization).copied() {
            targets.insert(file, target);
        }
        plan.roles.insert(file, FileRole::Built);
        plan.builds.insert(file, build);
        files.push(file);
    }
    plan.taken = gathered.taken;
    plan.supplements.retain(|file, _| !gathered.files.contains(file));
    let mut findings = gathered.findings;
    render::spare(plan, &mut findings);
    plan.findings.extend(findings);
    plan.not_checked.extend(gathered.not_checked);
    (files, targets)
}
