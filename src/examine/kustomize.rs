//! The files that kustomizations reach: they are read before anything is built, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::discover::Inputs;
use crate::load::{self, Loader, Source, part};
use crate::model::document::Part;
use crate::model::node::Tree;
use crate::model::source::{FileId, Sources};
use crate::render::kustomize::rendered::{is_kustomization, kustomization_in, reached};

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
