//! The files that kustomizations reach: they are read before anything is built, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::discover::Inputs;
use crate::load::{self, Loader, Source, part};
use crate::model::document::Part;
use crate::model::listing::folder_of;
use crate::model::node::Tree;
use crate::model::source::{FileId, Sources};
use crate::render::kustomize::rendered::{is_kustomization, kustomization_in, named_paths, reached};

/// Reads a text that stands in a file as YAML.
#[must_use]
pub fn parse(text: String) -> Part {
    let place = part::Place { file: FileId(0), name: "", base: 0 };
    let decoded = load::file::decode(text.into_bytes());
    part::read(place, decoded, Tree::new(place.file), &load::Options::default())
}

/// Loads the kustomization of a folder and everything below it.
#[must_use]
pub fn load_from(folder: &str, inputs: &Inputs, sources: &Sources) -> Vec<(FileId, Vec<Part>)> {
    let loader = Loader::default();
    let mut loaded = BTreeMap::new();
    let mut files = BTreeSet::new();
    let (mut open, mut known) = (vec![folder.to_owned()], BTreeSet::new());
    while let Some(folder) = open.pop() {
        if !known.insert(folder.clone()) {
            continue;
        }
        let Some((name, file)) = kustomization_in(&folder, &inputs.listing) else { continue };
        let parts = load(&loader, file, sources);
        if let Some(part) = parts.first() {
            let (more, folders) = reached(&name, part, &inputs.listing);
            files.extend(more);
            open.extend(folders);
        }
        loaded.insert(file, parts);
    }
    let files: Vec<FileId> = files.into_iter().filter(|file| !loaded.contains_key(file)).collect();
    let others: Vec<_> = files.into_par_iter().map(|file| (file, load(&loader, file, sources))).collect();
    loaded.into_iter().chain(others).collect()
}

/// What the kustomizations that were asked for need beyond the files that were.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Paths of which the listing knows nothing, as it would name them.
    pub paths: BTreeSet<String>,
    /// The kustomizations beyond that are part of their builds.
    pub reached: Vec<FileId>,
    /// Whether a path leads above the folder that names are relative to.
    pub leads_out: bool,
}

/// Looks for what the kustomizations need that were asked for.
#[must_use]
pub fn wanted(inputs: &Inputs, sources: &Sources) -> Wanted {
    let mut wanted = Wanted::default();
    let listing = &inputs.listing;
    // Nothing lies beyond the whole repository.
    if inputs.below.is_empty() && listing.is_below_root("") {
        return wanted;
    }
    let loader = Loader::default();
    let own = inputs.to_read().filter(|(name, file)| is_kustomization(name) && !inputs.is_above(*file));
    let mut open: Vec<(Arc<str>, FileId)> = own.map(|(name, file)| (name.clone(), file)).collect();
    let mut known: BTreeSet<FileId> = open.iter().map(|(_, file)| *file).collect();
    while let Some((name, file)) = open.pop() {
        let own = folder_of(&name);
        // Only `..` and links lead out of a folder that is listed.
        let stays = listing.is_below_root(own) && !listing.has_links();
        if stays && bytes(file, sources).is_some_and(|text| memchr::memmem::find(&text, b"..").is_none()) {
            continue;
        }
        let parts = load(&loader, file, sources);
        let Some(part) = parts.first() else { continue };
        for path in named_paths(&name, part, listing) {
            let Some(path) = path else {
                wanted.leads_out |= !name.starts_with('/');
                continue;
            };
            if path.starts_with('/') {
                continue;
            }
            if let Some((name, file)) = kustomization_in(&path, listing).filter(|(_, file)| known.insert(*file)) {
                wanted.reached.extend(inputs.beyond.contains(&file).then_some(file));
                open.push((name, file));
            }
            if listing.file(&path).is_none() && !listing.knows(&path) && !listing.is_shut(&path) {
                wanted.paths.insert(path);
            }
        }
    }
    wanted
}

fn bytes(file: FileId, sources: &Sources) -> Option<Arc<[u8]>> {
    let source = sources.get(file);
    source.text.clone().or_else(|| std::fs::read(&source.path).ok().map(Arc::from))
}

/// Every part of a file; none if it cannot be read.
pub(super) fn load(loader: &Loader, file: FileId, sources: &Sources) -> Vec<Part> {
    let source = sources.get(file);
    let bytes = source.text.as_deref().map_or(Source::Path(&source.path), Source::Bytes);
    loader.keep(file, &source.name, bytes).unwrap_or_default()
}

/// Loads every kustomization of a listing and what it reaches.
#[must_use]
pub fn load_all(inputs: &Inputs, sources: &Sources) -> Vec<(FileId, Vec<Part>)> {
    let loader = Loader::default();
    let own: Vec<_> = inputs.listing.iter().filter(|(name, _)| is_kustomization(name)).collect();
    let own: Vec<_> = own.into_par_iter().map(|(name, file)| (name, file, load(&loader, file, sources))).collect();
    let mut files: BTreeSet<FileId> = BTreeSet::new();
    for (name, _, parts) in &own {
        files.extend(parts.first().map(|part| reached(name, part, &inputs.listing).0).unwrap_or_default());
    }
    for (_, file, _) in &own {
        files.remove(file);
    }
    let others: Vec<_> = files.into_par_iter().map(|file| (file, load(&loader, file, sources))).collect();
    own.into_iter().map(|(_, file, parts)| (file, parts)).chain(others).collect()
}
