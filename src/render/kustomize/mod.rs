//! Kustomize: which files are kustomizations, what part the files play that they name, what they make ([`build`],
//! [`rendered`], [`gather`]), and the way back from there ([`place`]).
//!
//! <https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/>, and for the lower-case keys and the three
//! file names `api/types/kustomization.go` and `api/konfig/general.go` of sigs.k8s.io/kustomize.

pub(super) mod build;
mod deprecated;
pub mod gather;
mod place;
mod reader;
mod remote;
pub mod rendered;
mod supplement;

use std::collections::BTreeSet;

use crate::model::definition::{DefinitionKind, FileRole, Plan};
use crate::model::diagnostic::Diagnostic;
use crate::model::document::Part;
use crate::model::listing::{KUSTOMIZATIONS, Listing, file_of, folder_of};
use crate::model::source::{FileId, Span};
use crate::model::value::Value;

use super::{Format, Input, Object, Text, by_name};
use build::read::failure;
use reader::Reader;
pub use supplement::MISSING;

/// Kustomizations and components.
pub(super) struct Kustomize;

impl Format for Kustomize {
    fn is_definition(&self, name: &str) -> bool {
        KUSTOMIZATIONS.contains(&file_of(name))
    }

    fn plan(&self, input: &Input<'_>, plan: &mut Plan) {
        let files = kustomizations(input);
        plan.findings.extend(empty(input));
        for (_, file, root) in &files {
            plan.cast(*file, FileRole::Definition(DefinitionKind::Kustomization));
            plan.findings.extend(deprecated::check(*root));
            plan.findings.extend(remote::check(*root));
        }
        // A file that is a resource somewhere is checked in full, even where another kustomization uses it as a patch.
        let readers: Vec<Reader<'_>> = files
            .iter()
            .map(|(name, _, root)| Reader { folder: folder_of(name), root: *root, listing: input.listing })
            .collect();
        let taken: Vec<Vec<FileId>> = readers.iter().map(Reader::resources).collect();
        let resources: BTreeSet<FileId> = taken.iter().flatten().copied().collect();
        let parts = readers.iter().flat_map(Reader::parts).chain(unused_patches(&readers, input.listing));
        for (file, role) in parts.filter(|(file, _)| !resources.contains(file)) {
            plan.cast(file, role);
        }
        plan.supplements = supplement::find(&readers, &taken);
    }

    fn place(&self, plan: &Plan, finding: Diagnostic, text: Text<'_>) -> Diagnostic {
        place::place(plan, supplement::soften(plan, finding, text), text)
    }

    fn object(&self, group: &str, _kind: &str) -> Option<Object> {
        (group == "kustomize.config.k8s.io").then_some(Object::Plain)
    }
}

/// The kustomizations in order of name, with their first document.
fn kustomizations<'a>(input: &Input<'a>) -> Vec<(&'a str, FileId, Value<'a>)> {
    let is_kustomization = |name: &str| Kustomize.is_definition(name);
    let first = |(name, file, part): (&'a str, FileId, &'a Part)| Some((name, file, part.roots().next()?.1));
    let files = by_name(input, is_kustomization).into_iter().filter_map(first);
    files.filter(|(_, _, root)| root.is_mapping()).collect()
}

/// Kustomizations that say nothing at all (`api/internal/target/kusttarget.go`, `Load`).
fn empty(input: &Input<'_>) -> Vec<Diagnostic> {
    let is_empty = |part: &Part| {
        !part.template && part.findings.is_empty() && part.roots().next().is_none_or(|(_, root)| root.is_null())
    };
    let files = by_name(input, |name| Kustomize.is_definition(name)).into_iter();
    files
        .filter(|(_, _, part)| is_empty(part))
        .map(|(_, file, _)| failure(Span::top(file), "the kustomization is empty", ""))
        .collect()
}

/// Files beside or below a kustomization that are called patches, though no kustomization names them: scaffolds are full
/// of patches that are commented out. What lies in a folder `patches` is laid over something by whatever reads it.
fn unused_patches(readers: &[Reader<'_>], listing: &Listing) -> Vec<(FileId, FileRole)> {
    let folders: BTreeSet<&str> = readers.iter().map(|reader| reader.folder).collect();
    let is_patch = |name: &str| {
        let folder = folder_of(name);
        let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
        let word = |text: &str| text.split(['-', '_', '.']).any(|word| matches!(word, "patch" | "patches"));
        let is_beside = folders.contains(folder) || folders.contains(folder_of(folder));
        let is_in_patches = folder.split('/').any(|part| part == "patches");
        is_yaml && (is_in_patches || (is_beside && (word(file_of(name)) || word(file_of(folder)))))
    };
    listing.iter().filter(|(name, _)| is_patch(name)).map(|(_, file)| (file, FileRole::Patch)).collect()
}
