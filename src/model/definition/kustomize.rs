//! The nouns of Kustomize: what kustomizations make, and where each stretch of it was written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::origin::Origin;
use crate::model::source::{FileId, Span};

/// The objects that a kustomization changed, as a text that was never written to disk.
#[derive(Debug, Clone, Default)]
pub struct Build {
    /// The objects in the text, in order.
    pub objects: Vec<Object>,
    /// The keys and scalars of the text, in order.
    pub places: Vec<Place>,
}

/// An object in a built text.
#[derive(Debug, Clone)]
pub struct Object {
    /// Where it begins in the text.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
    /// The lines that brought it in, outermost first.
    pub included: Vec<Span>,
    /// The folders of the kustomizations that make it.
    pub roots: Vec<Arc<str>>,
    /// Something that was not rendered may still change it.
    pub open: bool,
}

/// A key or a scalar of a built text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where it begins in the text.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
    /// The text that a person would edit.
    pub span: Span,
    /// What led to it, outermost first.
    pub chain: Vec<Origin>,
}

impl Build {
    /// The object around an offset.
    #[must_use]
    pub fn object(&self, offset: u32) -> Option<&Object> {
        let behind = self.objects.partition_point(|object| object.start <= offset);
        self.objects[..behind].last()
    }

    /// The key or scalar at an offset, or the nearest one in the same object.
    #[must_use]
    pub fn place(&self, offset: u32) -> Option<&Place> {
        let behind = self.places.partition_point(|place| place.start <= offset);
        let before = self.places[..behind].last();
        match before {
            Some(place) if offset < place.end || place.start == offset => Some(place),
            before => self.places.get(behind).or(before),
        }
    }
}

/// The end of an object, and the kustomizations that deploy it.
pub type Roots = (u32, Vec<Arc<str>>);

/// What is known of the objects in the files that kustomizations take in.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    /// Objects that a kustomization changes or leaves out: as they stand they reach no cluster.
    pub changed: BTreeSet<Span>,
    /// Objects that are deployed as they stand, by file and start, with their end and the kustomizations.
    pub as_written: BTreeMap<(FileId, u32), Roots>,
    /// The folders of the kustomizations that no other takes in.
    pub roots: BTreeSet<Arc<str>>,
    /// The folders that kustomizations take in which could not be built.
    pub lost: BTreeSet<Arc<str>>,
}

impl Taken {
    /// The kustomizations that deploy what stands at a place as it is.
    #[must_use]
    pub fn roots_of(&self, span: Span) -> &[Arc<str>] {
        let before = self.as_written.range(..=(span.file, span.start)).next_back();
        match before {
            Some(((file, _), (end, roots))) if *file == span.file && span.start < *end => roots,
            _ => &[],
        }
    }
}
