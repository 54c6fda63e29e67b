//! The order of findings, and one finding for one problem.
//!
//! A line in a base that twelve overlays use, or a static manifest and its copies in every environment, gives the same
//! finding many times. They are one if the rule, the place to change and the route to the value agree (list indexes
//! aside), and if they say the same once the object's own name is left out.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use crate::model::diagnostic::{Diagnostic, Label};
use crate::model::path::Path;
use crate::model::source::{Sources, Span};

/// How many labels a finding has beside its primary one.
const LABELS: usize = 12;

/// Brings findings into the order of every output, file, line, column and rule, and unites those that are one. Equal
/// input in any order gives equal output.
pub(super) fn sort_and_merge(mut findings: Vec<Diagnostic>, sources: &Sources) -> Vec<Diagnostic> {
    let ranks = ranks(sources);
    findings.sort_by(|a, b| order(a, b, &ranks));
    let mut merged: Vec<Diagnostic> = Vec::with_capacity(findings.len());
    let mut rest = findings.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut group = vec![first];
        while let Some(next) =
            rest.next_if(|next| group[0].rule == next.rule && group[0].primary.span == next.primary.span)
        {
            group.push(next);
        }
        merged.extend(if group.len() == 1 { group } else { unite(group) });
    }
    merged
}

/// The position of each file among the names, by id.
fn ranks(sources: &Sources) -> Vec<u32> {
    let mut files: Vec<_> = sources.iter().map(|(id, file)| (&file.name, id)).collect();
    files.sort();
    let mut ranks = vec![0; files.len()];
    for (rank, (_, id)) in files.into_iter().enumerate() {
        ranks[id.0 as usize] = rank as u32;
    }
    ranks
}

/// A total order: what a reader sees first, then everything that could make a difference.
fn order(a: &Diagnostic, b: &Diagnostic, ranks: &[u32]) -> Ordering {
    let place = |span: Span| (ranks.get(span.file.0 as usize).copied().unwrap_or(u32::MAX), span.start, span.end);
    let (one, two) = (place(a.primary.span), place(b.primary.span));
    (one.0, one.1)
        .cmp(&(two.0, two.1))
        .then_with(|| a.rule.cmp(&b.rule))
        .then_with(|| one.2.cmp(&two.2))
        .then_with(|| a.path.cmp(&b.path))
        .then_with(|| a.message.cmp(&b.message))
        .then_with(|| a.resource.cmp(&b.resource))
        .then_with(|| b.severity.cmp(&a.severity))
        .then_with(|| {
            let places = |finding: &Diagnostic| -> Vec<_> {
                finding.labels.iter().map(|label| (place(label.span), label.message.clone())).collect()
            };
            places(a).cmp(&places(b))
        })
        .then_with(|| a.affects.cmp(&b.affects))
        .then_with(|| a.notes.cmp(&b.notes))
        .then_with(|| (&a.effect, &a.help).cmp(&(&b.effect, &b.help)))
        .then_with(|| a.origin.iter().map(|link| place(link.span)).cmp(b.origin.iter().map(|link| place(link.span))))
}

/// Unites what is one among findings of one rule at one place; they come and go in order.
fn unite(group: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut known: HashMap<Key, usize> = HashMap::new();
    let mut united: Vec<(Diagnostic, Vec<Label>)> = Vec::new();
    for mut finding in group {
        let labels = std::mem::take(&mut finding.labels);
        let at = *known.entry(Key::of(&finding)).or_insert(united.len());
        match united.get_mut(at) {
            Some((first, all)) => {
                all.extend(labels);
                absorb(first, finding);
            }
            None => united.push((finding, labels)),
        }
    }
    united.into_iter().map(|(finding, labels)| label(finding, labels)).collect()
}

/// What two findings at one place must have in common to be one.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    path: Option<Path>,
    message: String,
}

impl Key {
    fn of(finding: &Diagnostic) -> Self {
        let path = finding.path.as_ref().map(Path::without_positions);
        Key { path, message: without_names(finding) }
    }
}

/// The message with the identity of its object left out: as `Deployment shop/web`, and name and namespace as words.
fn without_names(finding: &Diagnostic) -> String {
    let Some(resource) = finding.resource.as_deref() else { return finding.message.clone() };
    let message = finding.message.replace(&resource.to_string(), "\0");
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
    let mut masked = String::with_capacity(message.len());
    let mut rest = message.as_str();
    while !rest.is_empty() {
        let word = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(word);
        let own =
            !word.is_empty() && [&resource.name, &resource.namespace].iter().any(|name| name.as_deref() == Some(word));
        masked.push_str(if own { "\0" } else { word });
        let gap = behind.find(is_word).unwrap_or(behind.len());
        masked.push_str(&behind[..gap]);
        rest = &behind[gap..];
    }
    masked
}

/// Takes over everything but the labels.
fn absorb(first: &mut Diagnostic, other: Diagnostic) {
    first.severity = first.severity.max(other.severity);
    first.affects.extend(other.affects);
    first.resource = first.resource.take().or(other.resource);
    first.effect = first.effect.take().or(other.effect);
    first.help = first.help.take().or(other.help);
    first.fix = first.fix.take().or(other.fix);
    if first.origin.is_empty() {
        first.origin = other.origin;
    }
    for note in other.notes {
        if !first.notes.contains(&note) {
            first.notes.push(note);
        }
    }
}

/// Sets the labels: each place once, and not too many.
fn label(mut finding: Diagnostic, labels: Vec<Label>) -> Diagnostic {
    let mut left_out = 0;
    let mut seen = HashSet::new();
    for label in labels {
        if !seen.insert((label.span, label.message.clone())) {
            continue;
        }
        if finding.labels.len() < LABELS { finding.labels.push(label) } else { left_out += 1 }
    }
    if left_out > 0 {
        finding.notes.push(format!("also in: {left_out} more places"));
    }
    finding.affects.sort();
    finding.affects.dedup();
    finding
}
