//! What a change introduces: the findings of now without those that were there before, and the place among the causes of
//! each that the change has touched.
//!
//! Two findings are the same problem by rule, object and route to the value ([`super::fingerprint`]), never by line. A
//! problem in a base that two overlays use is there twice; a third overlay brings it once more. So the two sides are
//! counted against each other, the closest likeness first: a list item that has moved, an object that has moved to
//! another file, and words that have changed make nothing new, but one more of the same does. Where several of now could
//! be the one of then, it is one that the change has not touched.

mod changes;

use std::collections::HashMap;

use crate::model::diagnostic::{Diagnostic, Label};
use crate::model::path::Path;
use crate::model::source::{FileId, Sources, Span};

pub use changes::Changes;

/// What was there before, and what has changed since.
pub struct Review<'r> {
    /// The findings of then.
    pub known: &'r Known,
    /// The commit they are of, abbreviated.
    pub commit: &'r str,
    /// The lines that are not as they were.
    pub changes: Changes<'r>,
    /// Rules that are reported whether they spoke before or not.
    pub lasting: &'r [&'r str],
}

/// Findings of a revision, to be recognised.
#[derive(Debug, Default)]
pub struct Known(Vec<Unit>);

/// One problem in one environment, or in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unit {
    /// Rule, object, and the route to the value without positions in lists.
    class: String,
    /// Whether the class names an object.
    named: bool,
    place: String,
    pointer: String,
    message: String,
}

/// What two units of a class must have in common to be one, the closest likeness first.
const LIKENESSES: [Likeness; 6] = [
    Likeness { place: true, message: true, pointer: true },
    Likeness { place: true, message: true, pointer: false },
    Likeness { place: true, message: false, pointer: true },
    Likeness { place: false, message: true, pointer: true },
    Likeness { place: false, message: true, pointer: false },
    Likeness { place: false, message: false, pointer: true },
];

#[derive(Clone, Copy)]
struct Likeness {
    place: bool,
    message: bool,
    pointer: bool,
}

impl Likeness {
    fn of(self, unit: &Unit) -> Option<(&str, [Option<&str>; 3])> {
        // Without an object, only the message tells one problem from another.
        let is_enough = self.message || unit.named;
        let part = |wanted: bool, text| wanted.then_some(text);
        is_enough.then(|| {
            let parts =
                [part(self.place, &*unit.place), part(self.message, &unit.message), part(self.pointer, &unit.pointer)];
            (&*unit.class, parts)
        })
    }
}

impl Known {
    /// Remembers findings.
    pub(super) fn of(findings: &[Diagnostic], sources: &Sources) -> Self {
        Known(findings.iter().flat_map(|finding| units(finding, sources)).collect())
    }
}

/// Every environment that a finding reaches, or its file.
fn units<'f>(finding: &'f Diagnostic, sources: &'f Sources) -> impl Iterator<Item = Unit> + 'f {
    let pointer = finding.path.as_ref().map(Path::pointer).unwrap_or_default();
    let route = finding.path.as_ref().map(|path| path.without_positions().pointer()).unwrap_or_default();
    let object = finding.resource.as_deref().and_then(|id| Some((id, id.name.as_deref()?)));
    let class = match object {
        Some((id, name)) => {
            let namespace = id.namespace.as_deref().unwrap_or_default();
            [&*finding.rule, &id.group, &id.kind, namespace, name, &route].join("\0")
        }
        None => [&*finding.rule, &route].join("\0"),
    };
    let file = finding.affects.is_empty().then(|| sources.name(finding.primary.span.file).to_owned());
    finding.affects.iter().cloned().chain(file).map(move |place| Unit {
        class: class.clone(),
        named: object.is_some(),
        place,
        pointer: pointer.clone(),
        message: finding.message.clone(),
    })
}

/// Parts findings into those that the change introduces and those that were there. A finding that was there in some of
/// its environments is new in the others only.
pub(super) fn part(
    findings: Vec<Diagnostic>,
    review: &Review<'_>,
    sources: &Sources,
) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let mut left: Vec<Vec<Unit>> = findings.iter().map(|finding| units(finding, sources).collect()).collect();
    let touched: Vec<bool> =
        findings.iter().map(|finding| review.changes.touch(finding.primary.span, sources)).collect();
    let mut in_order: Vec<usize> = (0..findings.len()).collect();
    in_order.sort_by_key(|&at| (touched[at], place(&findings[at])));
    let mut taken = vec![false; review.known.0.len()];
    for likeness in LIKENESSES {
        let mut known: HashMap<_, usize> = HashMap::new();
        let mut alike: Vec<Vec<usize>> = Vec::new();
        for (at, unit) in review.known.0.iter().enumerate().filter(|(at, _)| !taken[*at]) {
            if let Some(key) = likeness.of(unit) {
                let list = *known.entry(key).or_insert(alike.len());
                alike.resize_with(alike.len().max(list + 1), Vec::new);
                alike[list].push(at);
            }
        }
        for &at in &in_order {
            left[at].retain(|unit| {
                let list = likeness.of(unit).and_then(|key| known.get(&key));
                let found = list.and_then(|&list| alike[list].pop());
                found.is_none_or(|at| {
                    taken[at] = true;
                    false
                })
            });
        }
    }
    let (mut new, mut old) = (Vec::new(), Vec::new());
    for (mut finding, left) in findings.into_iter().zip(left) {
        if review.lasting.contains(&&*finding.rule) {
            new.push(finding);
        } else if left.is_empty() {
            old.push(finding);
        } else {
            if !finding.affects.is_empty() {
                finding.affects = left.into_iter().map(|unit| unit.place).collect();
            }
            new.push(on_the_change(finding, review, sources));
        }
    }
    (new, old)
}

fn place(finding: &Diagnostic) -> (FileId, u32, u32) {
    let span = finding.primary.span;
    (span.file, span.start, span.end)
}

/// Moves a finding to the first of its causes that the change has touched: the value, what else brought it about, and
/// the definition lines behind it from the inside out. If there is none it stays.
fn on_the_change(mut finding: Diagnostic, review: &Review<'_>, sources: &Sources) -> Diagnostic {
    let is_touched = |span: Span| review.changes.touch(span, sources);
    if is_touched(finding.primary.span) {
        return finding;
    }
    if let Some(at) = finding.labels.iter().position(|label| label.cause && is_touched(label.span)) {
        let cause = std::mem::replace(&mut finding.labels[at], finding.primary.clone());
        finding.primary = cause;
        return finding;
    }
    if let Some(link) = finding.origin.iter().rev().find(|link| is_touched(link.span)) {
        let cause = Label { span: link.span, message: "this change brings it about".to_owned(), cause: true };
        let value = std::mem::replace(&mut finding.primary, cause);
        finding.labels.insert(0, value);
    }
    finding
}
