//! Secrets stay out of every output: in source text they become `*`, in words `<redacted>`, and a fix that would move
//! one is left out.

use std::ops::Range;
use std::sync::Arc;

use super::place::Places;
use super::sanitise;
use super::secrets::AT_A_SECRET;
use crate::model::diagnostic::Diagnostic;
use crate::model::source::{FileId, SourceFile, Sources, Span};

/// Rules beside those that name the keys of secrets, and nothing of their values.
const NAMES_KEYS: &str = "plaintext-secret-manifest";

/// Values shorter than this are not looked for in words: `a` is in every message, and no secret.
const SHORTEST: usize = 3;

/// A stretch of a file as it may be shown: secrets hidden, unsafe characters replaced, every length kept.
pub(super) fn visible(file: &SourceFile, range: Range<usize>) -> String {
    let text = file.text.as_deref().unwrap_or_default();
    let range = range.start.min(text.len())..range.end.min(text.len());
    let bytes = &text[range.start..range.end.max(range.start)];
    let hidden: Vec<Range<usize>> = overlap(&file.secrets, &range).collect();
    if hidden.is_empty() {
        return sanitise::same_length(bytes);
    }
    let mut bytes = bytes.to_vec();
    for secret in hidden {
        for byte in &mut bytes[secret.start - range.start..secret.end - range.start] {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b'*';
            }
        }
    }
    sanitise::same_length(&bytes)
}

/// The parts of `secrets` that lie in `range`. They are sorted and apart from each other, as `secrets::complete` leaves
/// them.
fn overlap<'s>(secrets: &'s [Range<u32>], range: &Range<usize>) -> impl Iterator<Item = Range<usize>> + use<'s> {
    let (from, to) = (range.start, range.end);
    let first = secrets.partition_point(|secret| secret.end as usize <= from);
    secrets[first..]
        .iter()
        .take_while(move |secret| (secret.start as usize) < to)
        .map(move |secret| (secret.start as usize).max(from)..(secret.end as usize).min(to))
        .filter(|part| part.start < part.end)
}

/// The values of the secrets that lines hold, for the lines last asked for: many findings may stand on one line.
#[derive(Default)]
pub(super) struct Near(Option<(FileId, Range<usize>, Arc<[String]>)>);

impl Near {
    fn values(&mut self, file: FileId, near: Range<usize>, sources: &Sources) -> Arc<[String]> {
        if let Some((known, range, found)) = &self.0
            && (*known, range) == (file, &near)
        {
            return found.clone();
        }
        let found: Arc<[String]> = values(file, &near, sources).into();
        self.0 = Some((file, near, found.clone()));
        found
    }
}

/// Takes the secrets near the places of a finding out of its words and its fix. Rules should not quote them; this is
/// for the one that does.
pub(super) fn redact(finding: &mut Diagnostic, places: &mut Places<'_>, known: &mut Near) {
    if AT_A_SECRET.contains(&&*finding.rule) || finding.rule == NAMES_KEYS {
        return;
    }
    let sources = places.sources();
    let mut spans: Vec<Span> = finding.labels.iter().map(|label| label.span).collect();
    spans.push(finding.primary.span);
    spans.extend(finding.fix.iter().flat_map(|fix| fix.edits.iter().map(|edit| edit.span)));
    let mut found: Vec<Arc<[String]>> = Vec::new();
    for span in spans.into_iter().filter(|span| !sources.get(span.file).secrets.is_empty()) {
        let (first, last) =
            (places.line_of(span.file, span.start as usize), places.line_of(span.file, span.end as usize));
        let near = places.line(span.file, first).start..places.line(span.file, last).end;
        let values = known.values(span.file, near, sources);
        if !found.iter().any(|other| Arc::ptr_eq(other, &values)) {
            found.push(values);
        }
    }
    let mut secrets: Vec<&String> = found.iter().flat_map(|values| values.iter()).collect();
    // Longer ones first, so that a secret inside another one does not leave the rest of it standing.
    secrets.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    secrets.dedup();
    for secret in &secrets {
        hide(finding, secret);
    }
}

/// The values of the secrets that touch `near`: whole, without quotes, and line by line.
fn values(file: FileId, near: &Range<usize>, sources: &Sources) -> Vec<String> {
    let text = sources.text(file);
    let secrets = &sources.get(file).secrets;
    let first = secrets.partition_point(|secret| (secret.end as usize) < near.start);
    let touching = secrets[first..].iter().take_while(|secret| secret.start as usize <= near.end);
    let mut values = Vec::new();
    for secret in touching.filter(|secret| secret.end as usize <= text.len()) {
        let value = String::from_utf8_lossy(&text[secret.start as usize..secret.end as usize]);
        let bare = value.trim().trim_matches(['"', '\'']);
        values.extend(bare.lines().map(|line| line.trim().to_owned()).chain([bare.to_owned()]));
    }
    values.retain(|value| value.chars().count() >= SHORTEST);
    values
}

fn hide(finding: &mut Diagnostic, secret: &str) {
    let labels = finding.labels.iter_mut().map(|label| &mut label.message);
    let words = finding.notes.iter_mut().chain(&mut finding.effect).chain(&mut finding.help).chain(labels);
    for text in words.chain([&mut finding.message, &mut finding.primary.message]) {
        if text.contains(secret) {
            *text = text.replace(secret, "<redacted>");
        }
    }
    if finding.fix.as_ref().is_some_and(|fix| fix.edits.iter().any(|edit| edit.text.contains(secret))) {
        finding.fix = None;
    }
}
