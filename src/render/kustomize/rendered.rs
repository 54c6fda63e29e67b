//! Kustomizations built: what the stages behind see of it.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::model::diagnostic::Diagnostic;
use crate::model::document::Part;
use crate::model::listing::{KUSTOMIZATIONS, Listing, folder_of, join};
use crate::model::node::{Node, Style};
use crate::model::origin::Origin;
use crate::model::reference::Facts;
use crate::model::report::NotChecked;
use crate::model::source::{FileId, Span};

use super::Kustomize;
use super::build::accumulate::{Builder, Library};
use super::build::build;
use super::build::draft::Node as Draft;
use super::build::emit::{self, Emitted};
use super::build::source::Source;
use super::reader::Reader;
use crate::render::Format;

/// The bytes of a file, if it can be read.
pub type Bytes<'a> = &'a (dyn Fn(FileId) -> Option<Arc<[u8]>> + Sync);

/// Reads a text as YAML.
pub type Parse<'a> = &'a (dyn Fn(String) -> Part + Sync);

/// The kustomizations of a listing with all YAML files that they reach, ready to be built.
pub struct Kustomizations<'a> {
    builder: Builder<'a>,
}

/// A kustomization that was built.
#[derive(Debug, Default)]
pub struct Built {
    /// Its folder.
    pub folder: String,
    /// What it makes, in the order of the command line.
    pub objects: Vec<Object>,
    /// What is wrong with it, or with what it takes in.
    pub findings: Vec<Diagnostic>,
    /// Whether the real tool fails.
    pub failed: bool,
    /// What could not be had, so that objects may be missing.
    pub not_checked: Vec<NotChecked>,
    /// Something that was not rendered may still change any of the objects.
    pub open: bool,
    /// The folders of all kustomizations that are part of it.
    pub folders: BTreeSet<String>,
    /// The objects of files that it read.
    pub taken: Vec<Span>,
    /// The files in which its patches are written.
    pub patches: BTreeSet<FileId>,
}

/// An object as a kustomization makes it.
#[derive(Debug)]
pub struct Object {
    content: Draft,
    /// The lines that brought it in, outermost first.
    pub included: Vec<Span>,
    /// Where it stands, if nothing has changed it.
    pub as_written: Option<Span>,
    /// Where its document begins that it was made from; absent for generated ones.
    pub document: Option<Span>,
}

/// What becomes of an object that a kustomization makes.
#[derive(Debug)]
pub enum Made {
    /// Nothing has changed it: it is checked where it stands.
    AsWritten,
    /// It is written, and checked.
    Text(Text),
    /// An earlier build makes the same: its place among the builds, and that of the object in it.
    Same(usize, usize),
}

/// The text of an object, and where each stretch of it comes from.
#[derive(Debug, Default)]
pub struct Text {
    /// The YAML.
    pub yaml: String,
    /// Where each key and scalar comes from, in order.
    pub origins: Vec<From>,
    /// Something was left out because it is too long or too deep.
    pub is_cut: bool,
}

impl Object {
    /// What it offers others and asks of them; see [`Facts::of`].
    #[must_use]
    pub fn facts(&self, all: bool) -> Option<Facts> {
        Some(Facts { included: self.included.clone(), ..Facts::of(&self.content, all)? })
    }

    /// Equal for objects that are written alike, with the same origins.
    #[must_use]
    pub fn print(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.content, self.included.last()).hash(&mut hasher);
        hasher.finish()
    }

    /// Writes it as YAML.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut emitted = Emitted::default();
        emitted.document(&self.content);
        let origin = |place: emit::Place| {
            let mut chain: Vec<Origin> = place.trace.links().collect();
            chain.reverse();
            From { start: place.start, end: place.end, span: place.trace.span, exact: place.exact, chain }
        };
        Text { yaml: emitted.text, origins: emitted.places.into_iter().map(origin).collect(), is_cut: emitted.cut }
    }

    /// What becomes of it: it is written, unless that is decided. Its content is given up, which takes as long as
    /// writing it and is better done by the thread that does so.
    #[must_use]
    pub fn settle(&mut self, decided: Option<Made>) -> Made {
        let made = decided.unwrap_or_else(|| Made::Text(self.text()));
        self.content = Draft::nothing();
        made
    }
}

/// Where a stretch of a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct From {
    /// The stretch, in bytes.
    pub start: u32,
    /// Its end.
    pub end: u32,
    /// The text that a person would edit.
    pub span: Span,
    /// The stretch is that text, byte for byte.
    pub exact: bool,
    /// What led to it, outermost first.
    pub chain: Vec<Origin>,
}

/// What the first document of a kustomization names: YAML files, and folders of further kustomizations.
#[must_use]
pub fn reached(name: &str, part: &Part, listing: &Listing) -> (Vec<FileId>, Vec<String>) {
    let Some((_, root)) = part.roots().next() else { return Default::default() };
    let reader = Reader { folder: folder_of(name), root, listing };
    let mut files = reader.resources();
    files.extend(reader.parts().into_iter().map(|(file, _)| file));
    (files, reader.folders())
}

/// Every path that the first document of a kustomization names, whether there is something or not; `None` for one that
/// leads above what names are relative to.
#[must_use]
pub fn named_paths(name: &str, part: &Part, listing: &Listing) -> Vec<Option<String>> {
    let root = part.roots().next().map(|(_, root)| root);
    root.map(|root| Reader { folder: folder_of(name), root, listing }.paths()).unwrap_or_default()
}

/// Whether a file of that name is a kustomization.
#[must_use]
pub fn is_kustomization(name: &str) -> bool {
    Kustomize.is_definition(name)
}

/// The kustomization of a folder, by its printed name.
#[must_use]
pub fn kustomization_in(folder: &str, listing: &Listing) -> Option<(Arc<str>, FileId)> {
    KUSTOMIZATIONS.iter().find_map(|name| {
        let path = join(folder, name)?;
        Some((Arc::from(&*path), listing.file(&path)?))
    })
}

impl<'a> Kustomizations<'a> {
    /// `files` are the kustomizations and what they reach.
    #[must_use]
    pub fn new(listing: &'a Listing, files: Vec<(FileId, Vec<Part>)>, parse: Parse<'a>, text: Bytes<'a>) -> Self {
        let sources = files.into_iter().map(|(file, parts)| {
            let unended = parts.last().is_some_and(|part| is_unended(part, || text(file)));
            (file, parts.into_iter().map(|part| Arc::new(Source::file(part, unended))).collect::<Vec<_>>())
        });
        let sources: HashMap<_, _> = sources.collect();
        Kustomizations { builder: Builder::new(Library { listing, sources, parse, text }) }
    }

    /// Does the work of a kustomization that others take in, so that they find it done.
    pub fn prepare(&self, folder: &str) {
        drop(self.builder.base(folder, None, &mut Vec::new()));
    }

    /// Builds the kustomization of a folder.
    #[must_use]
    pub fn build(&self, folder: &str) -> Built {
        let built = build(&self.builder, folder);
        let objects = built.resources.into_iter().map(|resource| {
            let as_written = resource.from.filter(|_| resource.untouched);
            let mut included = resource.included;
            included.reverse();
            Object { document: resource.from, content: resource.node, included, as_written }
        });
        Built {
            folder: folder.to_owned(),
            objects: objects.collect(),
            findings: built.log.findings,
            failed: built.log.failed,
            not_checked: built.log.holes.into_iter().collect(),
            open: built.log.open,
            folders: built.log.folders,
            patches: built.log.patches.iter().map(|(text, _)| text.file).collect(),
            taken: built.log.taken.into_iter().collect(),
        }
    }

    /// Gives up what was made on the way, for threads to drop: that takes long. Files come back only afterwards.
    #[must_use]
    pub fn take_bases(&mut self) -> Vec<impl Send + use<>> {
        self.builder.take_built()
    }

    /// Gives the files back.
    #[must_use]
    pub fn into_parts(self) -> Vec<(FileId, Vec<Part>)> {
        let sources = self.builder.into_sources();
        let part = |source: Arc<Source>| Arc::try_unwrap(source).ok().map(|source| source.part);
        sources.into_iter().map(|(file, sources)| (file, sources.into_iter().filter_map(part).collect())).collect()
    }
}

/// Whether a file ends in a block scalar without a line feed.
fn is_unended(part: &Part, text: impl FnOnce() -> Option<Arc<[u8]>>) -> bool {
    let is_block = |node: &Node| matches!(node.style, Style::Literal | Style::Folded);
    part.tree.nodes.last().is_some_and(is_block) && text().is_some_and(|text| !text.ends_with(b"\n"))
}
