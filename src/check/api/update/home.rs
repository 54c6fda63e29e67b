//! Where an object is applied from, in the tree before and in the tree now.

use std::sync::Arc;

/// Where an object is applied from.
#[derive(Debug, Clone, Copy)]
pub struct Home<'a> {
    /// The printed name of the file that it is written in.
    pub file: &'a str,
    /// The folders of the kustomizations that deploy it; none if it is applied as the file that it stands in.
    pub roots: &'a [Arc<str>],
}

/// A [`Home`] that outlives its tree.
#[derive(Debug)]
pub(super) struct Kept {
    file: Box<str>,
    roots: Box<[Arc<str>]>,
}

impl From<Home<'_>> for Kept {
    fn from(home: Home<'_>) -> Kept {
        Kept { file: home.file.into(), roots: home.roots.into() }
    }
}

impl Kept {
    /// Whether the same kustomization deploys both. Without one, the file says it, as it does where a kustomization
    /// begins or ceases to take the file in.
    pub(super) fn is(&self, now: Home<'_>) -> bool {
        let has_no_root = self.roots.is_empty() || now.roots.is_empty();
        if has_no_root { *self.file == *now.file } else { self.roots.iter().any(|root| now.roots.contains(root)) }
    }

    /// What one place is called: objects with different names are compared with each other where they are of one.
    pub(super) fn name(&self) -> &str {
        self.roots.first().map_or(&self.file, |root| root)
    }

    /// Whether nothing is applied from there any more, as far as `there` knows.
    pub(super) fn is_gone(&self, there: &impl There) -> bool {
        match &*self.roots {
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
