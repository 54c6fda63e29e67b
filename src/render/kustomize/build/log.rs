//! What is met on the way through a build: what is wrong, and what could not be had.

use std::collections::BTreeSet;

use crate::model::diagnostic::Diagnostic;
use crate::model::report::NotChecked;
use crate::model::source::Span;

use super::super::super::rules::{OVERRIDE_WITHOUT_EFFECT, PATCH_WITHOUT_TARGET};

/// How many bytes of files generators may take into the objects of a build.
const BYTES: usize = 64 << 20;

/// What was met on the way.
#[derive(Debug, Clone, Default)]
pub(in crate::render) struct Log {
    /// What is wrong.
    pub findings: Vec<Diagnostic>,
    /// The real tool fails.
    pub failed: bool,
    /// What could not be had: objects may be missing.
    pub holes: BTreeSet<NotChecked>,
    /// A file that was to be taken in is not there: what it would have brought is missing.
    pub lacks: bool,
    /// What the findings are about: each is told once, however often a base is taken in.
    said: BTreeSet<(Span, String)>,
    /// How many kustomizations were gone through, and how many bytes were taken out of files.
    pub steps: usize,
    bytes: usize,
    /// Something that is not rendered may change any object.
    pub open: bool,
    /// The kustomizations that were taken in, by folder.
    pub folders: BTreeSet<String>,
    /// The objects that were read.
    pub taken: BTreeSet<Span>,
    /// The patches: where the text of each stands, and the place of its entry.
    pub patches: BTreeSet<(Span, Span)>,
    /// Entries that change something, by the places at which it would be said that they do not. A component may be taken
    /// in by a base and by what is built upon it, and find an object the second time.
    matched: BTreeSet<Span>,
}

impl Log {
    /// Notes that an entry changes something.
    pub fn fits(&mut self, span: Span) {
        self.matched.insert(span);
    }

    /// Takes back what was said of entries that have found something elsewhere in the same build.
    pub fn settle(&mut self) {
        let matched = &self.matched;
        let is_about_none =
            |finding: &Diagnostic| [PATCH_WITHOUT_TARGET.id, OVERRIDE_WITHOUT_EFFECT.id].contains(&finding.rule);
        self.findings.retain(|finding| !is_about_none(finding) || !matched.contains(&finding.primary.span));
    }

    /// Something that the real tool fails at.
    pub fn fail(&mut self, finding: Diagnostic) {
        self.failed = true;
        self.tell(finding);
    }

    /// Something that is wrong, though the real tool gets past it.
    pub fn tell(&mut self, finding: Diagnostic) {
        if self.said.insert((finding.primary.span, finding.message.clone())) {
            self.findings.push(finding);
        }
    }

    /// Whether so many more bytes of files may be taken in.
    pub fn may_take(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        self.bytes <= BYTES
    }

    /// Whether there may be objects that are not known.
    pub fn is_partial(&self) -> bool {
        self.lacks || !self.holes.is_empty()
    }

    /// Whether all objects are known, so that something can be said of what fits none of them.
    pub fn is_whole(&self) -> bool {
        self.holes.is_empty() && !self.open && !self.failed
    }

    pub fn hole(&mut self, span: Span, message: String) {
        self.holes.insert(NotChecked { message, span: Some(span) });
    }

    pub fn join(&mut self, other: &Log) {
        other.findings.iter().for_each(|finding| self.tell(finding.clone()));
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.failed |= other.failed;
        self.holes.extend(other.holes.iter().cloned());
        self.open |= other.open;
        self.folders.extend(other.folders.iter().cloned());
        self.taken.extend(&other.taken);
        self.patches.extend(&other.patches);
        self.lacks |= other.lacks;
        self.matched.extend(&other.matched);
    }
}
