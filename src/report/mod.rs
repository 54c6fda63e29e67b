//! VERB 5: diagnostics -> review. What is silenced is taken out, what is one problem is said once, the rest is put in
//! order ([`assemble()`]) and written ([`write`]).
//!
//! One file or folder per output format; adding one is that, a variant of [`Format`] and an arm in [`write`]. Whatever
//! the format, foreign text passes through [`sanitise`], secrets through `redact`, and offsets become lines and columns in
//! `place`.

mod affected;
mod assemble;
pub mod fingerprint;
mod github;
mod json;
mod merge;
mod place;
mod redact;
mod review;
mod rules;
pub mod sanitise;
mod sarif;
mod secrets;
mod suppress;
mod text;

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};

pub use assemble::{Exception, Options, assemble, assemble_new, known};
pub use review::{Changes, Known, Review};
pub use rules::RULES;

use crate::model::diagnostic::Diagnostic;
use crate::model::report::{Report, Summary};
use crate::model::source::Sources;

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Code frames for people.
    Text,
    /// Workflow commands for annotations.
    Github,
    /// The contract of other programs.
    Json,
    /// SARIF 2.1.0 for code scanning.
    Sarif,
}

/// How text for people looks.
#[derive(Debug, Clone, Default)]
pub struct Style {
    /// With ANSI colours.
    pub color: bool,
    /// Findings alone, without the summary.
    pub quiet: bool,
    /// Everything that was not checked, not only the first entries.
    pub verbose: bool,
    /// How often each rule spoke, below the summary.
    pub statistics: bool,
    /// The word that resumes workflow commands, where the output goes to a GitHub log: one that nobody can guess, such
    /// as a [`resume_word`]. The text is then written between `::stop-commands::WORD` and `::WORD::`.
    pub stop_commands: Option<String>,
    /// Where the reader of [`Format::Github`] looks for files.
    pub workspace: Base,
    /// Where the reader of [`Format::Sarif`] looks for files.
    pub repository: Base,
}

/// The folder that names of files are relative to in some format: all others, and people, see them from the working
/// directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Base {
    /// The working directory as seen from it, without a `/` at the end; empty if it is that.
    pub below: String,
}

impl Base {
    /// The name of a file, from the one that everybody else is told.
    fn name<'n>(&self, told: &'n str) -> Cow<'n, str> {
        if self.below.is_empty() || told.starts_with(['/', '<']) {
            return Cow::Borrowed(told);
        }
        let mut parts: Vec<&str> = self.below.split('/').collect();
        for part in told.split('/') {
            match (part, parts.last()) {
                ("..", Some(last)) if *last != ".." => drop(parts.pop()),
                _ => parts.push(part),
            }
        }
        Cow::Owned(parts.join("/"))
    }
}

/// A new word for [`Style::stop_commands`]: 128 bits from the keys that the system gives to this process for its hash
/// maps.
#[must_use]
pub fn resume_word() -> String {
    let keys = RandomState::new();
    format!("{:016x}{:016x}", keys.hash_one("stop"), keys.hash_one("resume"))
}

/// Writes a report in a format.
///
/// # Errors
///
/// Those of `out`.
pub fn write(report: &Report, format: Format, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(report, style, out),
        Format::Github => github::write(report, &style.workspace, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, &style.repository, out),
    }
}

/// Writes findings alone, as text for people: where there is no report to write.
///
/// # Errors
///
/// Those of `out`.
pub fn write_findings(diagnostics: Vec<Diagnostic>, sources: Sources, out: &mut dyn Write) -> io::Result<()> {
    let report = Report {
        diagnostics,
        sources,
        not_checked: Vec::new(),
        summary: Summary::default(),
        rules: Vec::new(),
        kubernetes: String::new(),
        review: None,
    };
    text::write(&report, &Style { quiet: true, ..Style::default() }, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_seen_from_the_folder_that_a_reader_looks_in() {
        let base = Base { below: "apps/web".into() };
        let names = ["a.yaml", "../base/b.yaml", "../../../c.yaml", "/etc/d.yaml", "<stdin>"];
        let seen = names.map(|name| base.name(name).into_owned());
        assert_eq!(seen, ["apps/web/a.yaml", "apps/base/b.yaml", "../c.yaml", "/etc/d.yaml", "<stdin>"]);
        assert_eq!(names.map(|name| Base::default().name(name).into_owned()), names);
    }
}
