//! Findings that somebody asked not to be told, and requests that do nothing.
//!
//! A comment reaches a finding if its stretch holds the start of the primary place or of a label of cause, so that a
//! comment at a patch works although the finding is about the rendered object. A comment on a place that merely
//! illustrates reaches nothing.

use std::collections::{HashMap, HashSet};

use super::Options;
use super::rules::{MISSING_SUPPRESSION_REASON, UNKNOWN_RULE, UNUSED_SUPPRESSION};
use crate::model::diagnostic::{Diagnostic, Edit, Fix};
use crate::model::near::nearest;
use crate::model::rule::{Category, Rule, Severity, SilencedBy};
use crate::model::source::{FileId, Sources, Span};
use crate::model::suppression::Suppression;

/// The findings, parted.
pub(super) struct Parted {
    /// Nobody objects to these.
    pub kept: Vec<Diagnostic>,
    /// A comment or the configuration silenced these.
    pub silenced: Vec<Diagnostic>,
}

/// Parts `findings`, and adds to those that are kept what is wrong with the suppressions themselves, except in the files
/// `beyond` those that were asked for.
pub(super) fn part(
    findings: Vec<Diagnostic>,
    suppressions: &[Suppression],
    beyond: &HashSet<FileId>,
    sources: &Sources,
    options: &Options<'_>,
) -> Parted {
    let broken: HashSet<FileId> = findings.iter().filter(|finding| is_broken(finding)).map(file_of).collect();
    let mut comments = Comments::new(suppressions, options.rules);
    let mut excepted = vec![false; options.exceptions.len()];
    let lasting = options.rules.iter().filter(|rule| rule.silenced_by == SilencedBy::Nothing);
    let lasting: HashSet<&str> = lasting.map(|rule| &*rule.id).collect();
    let (silenced, mut kept): (Vec<_>, Vec<_>) = findings.into_iter().partition(|finding| {
        let by_comment = comments.reach(finding);
        let exception = (options.excepted)(finding, sources).filter(|_| !lasting.contains(&*finding.rule));
        if let Some(used) = exception.and_then(|at| excepted.get_mut(at)) {
            *used = true;
        }
        by_comment || exception.is_some() || finding.exempt
    });
    let mut guesses = GUESSES;
    // Of a file that nobody asked for, most was not looked at.
    let is_ours = |suppression: &Suppression| !beyond.contains(&suppression.span.file);
    for (suppression, used) in suppressions.iter().zip(&comments.used).filter(|(one, _)| is_ours(one)) {
        // What follows a syntax error was not looked at, so nothing can be said of the comments in that file.
        let judged = !broken.contains(&suppression.span.file);
        kept.extend(review(suppression, used, judged, sources, options, &mut guesses));
    }
    for (exception, used) in options.exceptions.iter().zip(&excepted) {
        if exception.judged && !used {
            kept.extend(review_exception(exception, options));
        }
        if options.require_reason && is_missing(exception.reason.as_deref()) {
            let finding = without_reason(exception.span, "this entry has no `reason`");
            kept.push(finding.help("say why in `reason: …`"));
        }
    }
    Parted { kept, silenced }
}

fn is_broken(finding: &Diagnostic) -> bool {
    finding.category == Category::Syntax && finding.severity == Severity::Error
}

fn file_of(finding: &Diagnostic) -> FileId {
    finding.primary.span.file
}

/// The comments of a run, found by file and rule.
struct Comments<'s> {
    stretches: HashMap<(FileId, &'s str), Vec<Stretch>>,
    /// Those for whole files, apart from the others: among them each would reach over all that follow.
    whole: HashMap<(FileId, &'s str), Vec<(usize, usize)>>,
    /// For each comment, for each rule it names: whether it reached a finding.
    used: Vec<Vec<bool>>,
}

/// The bytes that one rule of one comment reaches, in the order of `start`.
struct Stretch {
    start: u32,
    end: u32,
    /// The furthest `end` of this stretch and of all before it: where a search backwards may stop.
    furthest: u32,
    comment: usize,
    rule: usize,
}

impl<'s> Comments<'s> {
    fn new(suppressions: &'s [Suppression], rules: &[Rule]) -> Self {
        let beyond: HashSet<&str> =
            rules.iter().filter(|rule| rule.silenced_by != SilencedBy::Comment).map(|rule| &*rule.id).collect();
        let mut stretches: HashMap<(FileId, &str), Vec<Stretch>> = HashMap::new();
        let mut whole: HashMap<(FileId, &str), Vec<(usize, usize)>> = HashMap::new();
        for (comment, suppression) in suppressions.iter().enumerate() {
            let (start, end) = (suppression.reach.start, suppression.reach.end);
            let within_reach = |(_, (id, _)): &(usize, &(String, Span))| !beyond.contains(id.as_str());
            for (rule, (id, _)) in suppression.rules.iter().enumerate().filter(within_reach) {
                if suppression.whole_file {
                    whole.entry((suppression.span.file, id)).or_default().push((comment, rule));
                    continue;
                }
                let stretch = Stretch { start, end, furthest: end, comment, rule };
                stretches.entry((suppression.span.file, id)).or_default().push(stretch);
            }
        }
        for list in stretches.values_mut() {
            list.sort_by_key(|stretch| stretch.start);
            let mut furthest = 0;
            for stretch in list {
                furthest = furthest.max(stretch.end);
                stretch.furthest = furthest;
            }
        }
        let used = suppressions.iter().map(|suppression| vec![false; suppression.rules.len()]).collect();
        Comments { stretches, whole, used }
    }

    /// Whether a comment reaches the finding. Every comment that does counts as used.
    fn reach(&mut self, finding: &Diagnostic) -> bool {
        if self.used.is_empty() {
            return false;
        }
        let causes = finding.labels.iter().filter(|label| label.cause).map(|label| label.span);
        let mut reached = false;
        for span in std::iter::once(finding.primary.span).chain(causes) {
            for (comment, rule) in self.whole.get(&(span.file, &*finding.rule)).into_iter().flatten() {
                self.used[*comment][*rule] = true;
                reached = true;
            }
            let Some(list) = self.stretches.get(&(span.file, &*finding.rule)) else { continue };
            let behind = list.partition_point(|stretch| stretch.start <= span.start);
            for stretch in list[..behind].iter().rev().take_while(|stretch| stretch.furthest > span.start) {
                if span.start < stretch.end {
                    self.used[stretch.comment][stretch.rule] = true;
                    reached = true;
                }
            }
        }
        reached
    }
}

/// What is wrong with a comment.
fn review(
    suppression: &Suppression,
    used: &[bool],
    judged: bool,
    sources: &Sources,
    options: &Options<'_>,
    guesses: &mut usize,
) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut unused = Vec::new();
    for (at, (id, span)) in suppression.rules.iter().enumerate() {
        match options.rules.iter().find(|rule| rule.id == *id) {
            None => {
                *guesses = guesses.saturating_sub(1);
                findings.push(unknown(id, *span, options, *guesses > 0));
            }
            // A rule that is off finds nothing, which says nothing about the comment.
            Some(rule) if judged && !used[at] && is_on(rule, *span, options) => unused.push(at),
            Some(_) => {}
        }
    }
    if unused.len() == suppression.rules.len() {
        findings.push(unused_comment(suppression, sources, options.rules));
    } else {
        findings.extend(unused.into_iter().map(|at| unused_rule(suppression, at)));
    }
    if options.require_reason && is_missing(suppression.reason.as_deref()) {
        findings.push(without_reason(suppression.span, "say why behind the bracket"));
    }
    findings
}

fn is_missing(reason: Option<&str>) -> bool {
    reason.is_none_or(|reason| reason.trim().is_empty())
}

fn without_reason(span: Span, label: &str) -> Diagnostic {
    Diagnostic::new(&MISSING_SUPPRESSION_REASON, span, "suppression without a reason", label)
        .note("setting: `require_reason` is on in plimsoll.yaml")
}

fn is_on(rule: &Rule, span: Span, options: &Options<'_>) -> bool {
    (options.level)(&Diagnostic::new(rule, span, "", "")).is_some()
}

/// For so many unknown rules of a run the known one is guessed that is meant: each is compared with all there are.
const GUESSES: usize = 1_000;

fn unknown(id: &str, span: Span, options: &Options<'_>, guess: bool) -> Diagnostic {
    let finding = Diagnostic::new(&UNKNOWN_RULE, span, format!("unknown rule `{id}` in a suppression"), "no such rule")
        .effect("the comment silences nothing");
    match nearest(id, options.rules.iter().map(|rule| &*rule.id).filter(|_| guess)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")).fix(false, span, near),
        None => finding.help("`plimsoll rules` lists every rule"),
    }
}

/// The comment as a whole does nothing: it goes, and its line with it if nothing else stands there.
fn unused_comment(suppression: &Suppression, sources: &Sources, rules: &[Rule]) -> Diagnostic {
    let names: Vec<String> = suppression.rules.iter().map(|(id, _)| format!("`{id}`")).collect();
    let message = match names.as_slice() {
        [] => "suppression names no rule".to_owned(),
        names => format!("suppression of {} matches no finding", names.join(", ")),
    };
    let label = if suppression.whole_file { "nothing in this file" } else { "nothing on the line it stands for" };
    let finding = Diagnostic::new(&UNUSED_SUPPRESSION, suppression.span, message, label)
        .help("remove the comment")
        .fix(true, removal(suppression.span, sources), "");
    with_reason_it_cannot_work(finding, suppression, rules)
}

fn unused_rule(suppression: &Suppression, at: usize) -> Diagnostic {
    let (id, span) = &suppression.rules[at];
    // The next name moves up, or, at the end of the list, the comma before goes as well.
    let gone = match (suppression.rules.get(at + 1), at.checked_sub(1).map(|before| &suppression.rules[before])) {
        (Some((_, next)), _) => Span { end: next.start, ..*span },
        (None, Some((_, before))) => Span { start: before.end, ..*span },
        (None, None) => *span,
    };
    let mut finding = Diagnostic::new(
        &UNUSED_SUPPRESSION,
        *span,
        format!("suppression of `{id}` matches no finding"),
        "only the other rules do something here",
    );
    finding.help = Some(format!("remove `{id}` from the list"));
    finding.fix = Some(Fix { safe: true, edits: vec![Edit::new(gone, String::new())] });
    finding
}

fn with_reason_it_cannot_work(finding: Diagnostic, suppression: &Suppression, rules: &[Rule]) -> Diagnostic {
    let beyond = |id: &str| rules.iter().any(|rule| rule.id == *id && rule.silenced_by != SilencedBy::Comment);
    match suppression.rules.iter().find(|(id, _)| beyond(id)) {
        Some((id, _)) => finding.note(format!("note: no comment can silence `{id}`")),
        None => finding,
    }
}

/// What to cut out so that no trace of a comment is left.
fn removal(comment: Span, sources: &Sources) -> Span {
    let text = sources.text(comment.file);
    let (start, end) = (comment.start as usize, comment.end as usize);
    let Some(before) = text.get(..start) else { return comment };
    let blank = before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let from = start - blank;
    if from > 0 && text[from - 1] != b'\n' {
        return Span { start: from as u32, ..comment };
    }
    let rest = text.get(end..).unwrap_or_default();
    let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace() && **byte != b'\n').count();
    // Another comment on the line takes the place of this one.
    let line_end = blank + usize::from(rest.get(blank) == Some(&b'\n'));
    Span { start: from as u32, end: (end + line_end) as u32, ..comment }
}

fn review_exception(exception: &super::Exception, options: &Options<'_>) -> Option<Diagnostic> {
    let rule = options.rules.iter().find(|rule| rule.id == exception.rule)?;
    let message = format!("suppression of `{}` in the configuration matches no finding", exception.rule);
    is_on(rule, exception.span, options).then(|| {
        Diagnostic::new(&UNUSED_SUPPRESSION, exception.span, message, "nothing in this run").help("remove the entry")
    })
}
