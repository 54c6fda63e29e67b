//! From findings in any order to a report: levels, suppressions, secrets, order, counts.

use std::collections::HashSet;

use super::merge::sort_and_merge;
use super::place::Places;
use super::redact::{Near, redact};
use super::review::{self, Known, Review};
use super::{secrets, suppress};
use crate::model::diagnostic::Diagnostic;
use crate::model::report::{Examined, NotChecked, Report, Reviewed, Summary};
use crate::model::rule::{Rule, Severity};
use crate::model::source::{FileId, Sources, Span};
use crate::model::suppression::Suppression;

/// What the arguments and plimsoll.yaml say about the report.
pub struct Options<'o> {
    /// Every rule there is, the user's own included: a suppression of any other is an error.
    pub rules: &'o [Rule],
    /// The severity at which a finding is reported; `None` if its rule is off. Asked for every finding, and with an
    /// otherwise empty finding to learn whether the rule of a suppression is on.
    pub level: &'o dyn Fn(&Diagnostic) -> Option<Severity>,
    /// The suppressions of the configuration.
    pub exceptions: &'o [Exception],
    /// The entry of the configuration that covers a finding, as an index. Indexes beyond `exceptions` silence the
    /// finding as well.
    pub excepted: &'o dyn Fn(&Diagnostic, &Sources) -> Option<usize>,
    /// A suppression must say why, be it a comment or an entry of the configuration.
    pub require_reason: bool,
    /// The Kubernetes versions that were checked against, `1.37` or `1.36, 1.37`.
    pub kubernetes: &'o str,
}

/// A suppression in plimsoll.yaml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The rule it names.
    pub rule: String,
    /// The entry.
    pub span: Span,
    /// Why.
    pub reason: Option<String>,
    /// Whether it makes sense to say that it is unused: not if only a part of the repository was checked.
    pub judged: bool,
}

/// Makes the report of a run. Equal findings in another order, as threads bring them, give an equal report.
#[must_use]
pub fn assemble(examined: Examined, options: &Options<'_>) -> Report {
    assemble_new(examined, options, None)
}

/// Makes the report of what is new, if there is something to compare with.
#[must_use]
pub fn assemble_new(examined: Examined, options: &Options<'_>, review: Option<&Review<'_>>) -> Report {
    let Examined { findings, suppressions, not_checked, mut sources, files, documents, resources, beyond, .. } =
        examined;
    let (kept, silenced) = heard(findings, suppressions, &beyond, &sources, options);
    let (mut kept, known) = match review {
        Some(review) => review::part(kept, review, &sources),
        None => (kept, Vec::new()),
    };
    secrets::complete(&kept, &mut sources);
    let (mut places, mut hidden) = (Places::new(&sources), Near::default());
    for finding in kept.iter_mut() {
        redact(finding, &mut places, &mut hidden);
    }
    let diagnostics = sort_and_merge(kept, &sources);
    let suppressed = sort_and_merge(silenced, &sources).len();
    let known = sort_and_merge(known, &sources).len();
    let review = review.map(|review| Reviewed { commit: review.commit.to_owned(), known });
    let count = |severity| diagnostics.iter().filter(|finding| finding.severity == severity).count();
    let summary = Summary {
        files,
        documents,
        resources,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        notes: count(Severity::Note),
        suppressed,
    };
    let mut rules = options.rules.to_vec();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules.dedup_by(|a, b| a.id == b.id);
    let not_checked = in_order(not_checked, &sources);
    Report { diagnostics, not_checked, summary, sources, rules, kubernetes: options.kubernetes.to_owned(), review }
}

/// What would be reported of a revision, to be recognised; and the texts.
#[must_use]
pub fn known(examined: Examined, options: &Options<'_>) -> (Known, Sources) {
    let Examined { findings, suppressions, sources, beyond, .. } = examined;
    let (kept, _) = heard(findings, suppressions, &beyond, &sources, options);
    (Known::of(&kept, &sources), sources)
}

/// The findings that somebody wants to hear, and those that were silenced.
fn heard(
    findings: Vec<Diagnostic>,
    mut suppressions: Vec<Suppression>,
    beyond: &HashSet<FileId>,
    sources: &Sources,
    options: &Options<'_>,
) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    suppressions.sort_by_key(|suppression| suppression.span);
    let parted = suppress::part(levelled(findings, options), &suppressions, beyond, sources, options);
    (levelled(parted.kept, options), parted.silenced)
}

/// Leaves out what is off, and sets the severity of the rest.
fn levelled(findings: Vec<Diagnostic>, options: &Options<'_>) -> Vec<Diagnostic> {
    let set = |mut finding: Diagnostic| {
        finding.severity = (options.level)(&finding)?;
        Some(finding)
    };
    findings.into_iter().filter_map(set).collect()
}

/// What was not checked, by words and place, each once.
fn in_order(mut not_checked: Vec<NotChecked>, sources: &Sources) -> Vec<NotChecked> {
    not_checked.sort_by(|a, b| {
        let place = |entry: &NotChecked| entry.span.map(|span| (sources.name(span.file), span.start, span.end));
        a.message.cmp(&b.message).then_with(|| place(a).cmp(&place(b)))
    });
    not_checked.dedup_by(|a, b| a.message == b.message && a.span == b.span);
    not_checked
}
