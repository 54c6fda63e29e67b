//! What a run has to say, ready to be written in any format.

use super::diagnostic::Diagnostic;
use super::rule::{Rule, Severity};
use super::source::{Sources, Span};

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
    /// The worst severity among the findings.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.diagnostics.iter().map(|finding| finding.severity).max()
    }
}
