//! Where an object is applied from, in the tree before and in the tree now.

use std::sync::Arc;

/// Where an object is applied from.
#[derive(Debug, Clone, Copy)]
pub struct Home<'a> {
    /// The printed name of the file that it is written in.
    pub file: &'a str,
    /// The folders of the kustomizations that deploy it; none if it is applied as the file that it stands in.
    pub roots: &'a [Arc<str>],
    /// No kustomization stands around the file. One that leaves it out, or that could not be built, knows more about it
    /// than can be told here.
    pub is_loose: bool,
    /// A kustomization that takes it in could not be built, so that nobody knows what becomes of it.
    pub is_unsure: bool,
}

/// A [`Home`] that outlives its tree.
#[derive(Debug, PartialEq)]
pub(super) struct Kept {
    file: Box<str>,
    roots: Box<[Arc<str>]>,
    is_loose: bool,
    is_unsure: bool,
}

impl From<Home<'_>> for Kept {
    fn from(home: Home<'_>) -> Kept {
        let Home { file, roots, is_loose, is_unsure } = home;
        Kept { file: file.into(), roots: roots.into(), is_loose, is_unsure }
    }
}

impl Kept {
    /// Whether the same kustomization deploys both. Without one, the file says it, as it does where the first
    /// kustomization takes the file in, or the last one ceases to.
    pub(super) fn is(&self, now: Home<'_>) -> bool {
        if self.is_unsure || now.is_unsure {
            return false;
        }
        let is_in_file = *self.file == *now.file;
        match (self.roots.is_empty(), now.roots.is_empty()) {
            (false, false) => self.roots.iter().any(|root| now.roots.contains(root)),
            (true, true) => is_in_file,
            (true, false) => is_in_file && self.is_loose,
            (false, true) => is_in_file && now.is_loose,
        }
    }

    /// What one place is called: objects with different names are compared with each other where they are of one.
    pub(super) fn name(&self) -> &str {
        self.roots.first().map_or(&self.file, |root| root)
    }

    /// Whether nothing is applied from there any more, as far as `there` knows.
    pub(super) fn is_gone(&self, there: &impl There) -> bool {
        match &*self.roots {
            _ if self.is_unsure => false,
            [] => !there.has_file(&self.file),
            roots => !roots.iter().any(|root| there.has_root(root)),
        }
    }
}

/// What the tree now has.
pub trait There {
    /// Whether it has a file of a printed name.
    fn has_file(&self, name: &str) -> bool;
    /// Whether it has a kustomization in a folder that no other takes in.
    fn has_root(&self, folder: &str) -> bool;
}
