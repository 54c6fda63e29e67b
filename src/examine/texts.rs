//! The texts of files, read again for the few that a finding points into: keeping all of them would cost the memory of
//! the whole repository.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::source::{FileId, Sources};

/// Texts by file; `None` for a file that can no longer be read.
pub(super) type Read = BTreeMap<FileId, Option<Arc<[u8]>>>;

/// Reads texts on demand, each once.
pub(super) struct Texts<'s> {
    sources: &'s Sources,
    read: Mutex<Read>,
}

impl<'s> Texts<'s> {
    pub(super) fn new(sources: &'s Sources) -> Self {
        Texts { sources, read: Mutex::default() }
    }

    /// The text of a file, if it can be read.
    pub(super) fn get(&self, file: FileId) -> Option<Arc<[u8]>> {
        let source = self.sources.get(file);
        if let Some(text) = &source.text {
            return Some(text.clone());
        }
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.entry(file).or_insert_with(|| std::fs::read(&source.path).ok().map(Arc::from)).clone()
    }

    /// What was read.
    pub(super) fn into_read(self) -> Read {
        self.read.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
