//! What a run has to say, ready to be written in any format.

use std::collections::HashSet;

use super::diagnostic::Diagnostic;
use super::rule::{Rule, Severity};
use super::source::{FileId, Sources, Span};
use super::suppression::Suppression;

/// What loading, rendering and checking a tree have brought to light, before anything is silenced, merged or sorted.
#[derive(Debug, Default)]
pub struct Examined {
    /// Every finding, in any order.
    pub findings: Vec<Diagnostic>,
    /// Every suppression comment, in any order.
    pub suppressions: Vec<Suppression>,
    /// What could not be checked, in any order.
    pub not_checked: Vec<NotChecked>,
    /// Names of all files, and the texts of those that a finding points into.
    pub sources: Sources,
    /// Files read.
    pub files: usize,
    /// YAML and JSON documents in them.
    pub documents: usize,
    /// Kubernetes objects in those.
    pub resources: usize,
    /// Definition files: components, kustomizations, charts and objects of definition formats.
    pub definitions: usize,
    /// The files with an object, a definition or a finding, in any order.
    pub holding: Vec<FileId>,
    /// Files of which only what a build makes of them was checked.
    pub beyond: HashSet<FileId>,
}

/// The findings of a run, in their final order, and what the reader needs beside them.
#[derive(Debug)]
pub struct Report {
    /// By file, line, column and rule.
    pub diagnostics: Vec<Diagnostic>,
    /// What could not be checked.
    pub not_checked: Vec<NotChecked>,
    /// The counts.
    pub summary: Summary,
    /// Names and texts of the files.
    pub sources: Sources,
    /// The rules that could have spoken, for formats that describe them.
    pub rules: Vec<Rule>,
    /// The Kubernetes version that was checked against, `1.37`.
    pub kubernetes: String,
    /// What was compared with, if only what is new is reported.
    pub review: Option<Reviewed>,
}

/// A revision whose findings are not reported again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// The commit, abbreviated.
    pub commit: String,
    /// How many findings of now were there.
    pub known: usize,
}

/// Something that was left out, and why: one line per cause, not one per object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotChecked {
    /// What, how often, and why.
    pub message: String,
    /// The first place.
    pub span: Option<Span>,
}

/// The counts at the end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files read.
    pub files: usize,
    /// YAML and JSON documents in them.
    pub documents: usize,
    /// Kubernetes objects in those.
    pub resources: usize,
    /// Findings by severity.
    pub errors: usize,
    /// Findings by severity.
    pub warnings: usize,
    /// Findings by severity.
    pub notes: usize,
    /// Findings that a comment or the configuration silenced.
    pub suppressed: usize,
}

impl Report {
    /// Whether a finding is at or above the severity from which on it fails the run; `None` stands for
    /// `--fail-on never`.
    #[must_use]
    pub fn fails(&self, fail_on: impl Fn(&Diagnostic) -> Option<Severity>) -> bool {
        self.diagnostics.iter().any(|finding| fail_on(finding).is_some_and(|threshold| finding.severity >= threshold))
    }
}
