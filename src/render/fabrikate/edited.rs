//! What a change writes into generated manifests by hand: lines that are not as they were, and that nothing in the
//! definition explains. Of a static component it is known what Fabrikate writes, so the lines are compared with that. A
//! chart is usually not here: there a line counts when nothing that feeds the component has changed at all.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;

use crate::model::change::{Before, Hunk, hunks, lines};
use crate::model::definition::fabrikate::{ComponentKind, Missing};
use crate::model::definition::{Generated, Plan};
use crate::model::diagnostic::Diagnostic;
use crate::model::document::Part;
use crate::model::origin::{Origin, Role};
use crate::model::path::{Path, Segment};
use crate::model::rule::Severity;
use crate::model::source::{FileId, LineIndex, Span};
use crate::model::value::Value;

use super::super::rules::{HAND_EDITED, STALE};
use super::super::{Comparison, Text, Then};
use super::feed::{self, Feed};
use super::place::chain;
use super::stale::command;
use super::values;

/// So many places of a file are told.
const TOLD: usize = 5;

/// What was written by hand.
#[derive(Default)]
pub(super) struct Edits {
    pub findings: Vec<Diagnostic>,
    /// The manifests that would be what the definition makes, were it not for the edits.
    only: BTreeSet<FileId>,
}

impl Edits {
    /// Whether a finding says no more than that a manifest was edited.
    pub(super) fn explain(&self, finding: &Diagnostic) -> bool {
        finding.rule == STALE.id && self.only.contains(&finding.primary.span.file)
    }

    pub(super) fn of(plan: &Plan, comparison: &Comparison<'_>, then: Then<'_>) -> Self {
        let changed = OnceCell::new();
        let mut edits = Edits::default();
        for (file, generated) in &plan.generated {
            // A manifest that is new was generated, or copied from somewhere: that is no edit.
            let Before::Text(old) = then.files.before(&generated.name) else { continue };
            let Some(now) = (comparison.text)(*file).filter(|now| **now != *old) else { continue };
            let definition = &plan.definitions[generated.definition];
            let environment = &definition.environments[generated.environment];
            let Some(at) = generated.unit.or_else(|| remote(plan, generated)) else { continue };
            let feed = Feed { definition, environment, at };
            if !feed.is_defined_as_before(&then) {
                continue;
            }
            let manifest = Manifest { comparison, feed, file: *file, generated, old, now: &now };
            if feed.is_copy() {
                let (findings, is_all) = manifest.copied(then);
                edits.only.extend(is_all.then_some(*file));
                edits.findings.extend(findings);
            } else if !feed.has_new_material(plan, comparison, changed.get_or_init(|| feed::changed(comparison, &then)))
            {
                edits.findings.extend(manifest.made());
            }
        }
        edits
    }
}

/// The component from elsewhere that a file without a component of its own belongs to.
fn remote(plan: &Plan, generated: &Generated) -> Option<usize> {
    let definition = &plan.definitions[generated.definition];
    let folder = definition.environments[generated.environment].generated.as_deref()?;
    let inside = generated.name[folder.len()..].trim_start_matches('/');
    let may_write = |at: &usize| {
        let unit = &definition.units[*at];
        unit.missing == Some(Missing::Remote) && inside.starts_with(&format!("{}/", unit.logical_path))
    };
    (0..definition.units.len()).filter(may_write).max_by_key(|at| definition.units[*at].logical_path.len())
}

/// A generated manifest before and after.
struct Manifest<'m> {
    comparison: &'m Comparison<'m>,
    feed: Feed<'m>,
    file: FileId,
    generated: &'m Generated,
    old: &'m [u8],
    now: &'m [u8],
}

/// What Fabrikate writes for a static component, line by line.
struct Expected {
    texts: Vec<Arc<[u8]>>,
    /// The static file and the line in it.
    origins: Vec<Option<(usize, usize)>>,
}

impl Manifest<'_> {
    /// The edits of a manifest that is put together from files, and whether they are all that is wrong with it.
    fn copied(&self, then: Then<'_>) -> (Vec<Diagnostic>, bool) {
        let statics = &self.feed.unit().statics;
        let Some(expected) = Expected::of(statics, self.comparison.text) else { return (Vec::new(), false) };
        let should = expected.lines();
        let (old, now) = (lines(self.old), lines(self.now));
        let written = hunks(&old, &now);
        let is_new: Vec<Vec<Range<usize>>> =
            statics.iter().zip(&expected.texts).map(|((name, _), text)| new_lines(then, name, text)).collect();
        let mut edits = Vec::new();
        let mut is_all = true;
        for hunk in hunks(&should, &now).into_iter().filter(|hunk| matters(hunk, &should, &now)) {
            let mut touched = written.iter().filter(|written| touches(written, &hunk)).peekable();
            let origins = || expected.origins[hunk.then.clone()].iter().flatten();
            let is_behind = origins().any(|(file, line)| is_new[*file].iter().any(|lines| lines.contains(line)));
            // What the definition says since this change, and the manifest does not say yet, is stale and not edited.
            if touched.peek().is_none() || is_behind {
                is_all = false;
                continue;
            }
            for written in touched {
                let lines = hunk.now.start.max(written.now.start)..hunk.now.end.min(written.now.end);
                let lines = if lines.start < lines.end { lines } else { hunk.now.start..hunk.now.start };
                is_all &= lines == hunk.now;
                let at = match hunk.then.len() == hunk.now.len() {
                    true => hunk.then.start + lines.start - hunk.now.start,
                    false => hunk.then.start,
                };
                edits.push((lines, Some(at..hunk.then.end)));
            }
        }
        let tell = |(edit, should_be): (Range<usize>, Option<Range<usize>>)| {
            self.tell_copied(&edit, should_be.unwrap_or_default(), &expected)
        };
        (self.at_most(edits, tell), is_all)
    }

    fn tell_copied(&self, edit: &Range<usize>, should_be: Range<usize>, expected: &Expected) -> Diagnostic {
        let statics = &self.feed.unit().statics;
        let (line, words) = match should_be.is_empty() {
            true => (should_be.start.checked_sub(1), "it belongs below this line"),
            false => (Some(should_be.start), "it comes from here"),
        };
        let origin = line.and_then(|line| *expected.origins.get(line)?);
        let message = format!("`{}` was changed by hand", self.generated.name);
        let finding = self.finding(edit, should_be.len(), message);
        let Some((file, line)) = origin else {
            return finding.help(format!("make the change in the static manifests, and run `{}`", self.command()));
        };
        let (name, id) = &statics[file];
        let finding = finding.cause(span_of(*id, &expected.texts[file], line, should_be.len() != 1), words);
        finding.help(format!("make the change in `{name}`, and run `{}`", self.command()))
    }

    /// The edits of a manifest that a chart makes.
    fn made(&self) -> Vec<Diagnostic> {
        let (old, now) = (lines(self.old), lines(self.now));
        let is_edit = |hunk: &Hunk| {
            let is_anew = is_made_anew(&old, &hunk.then) && is_made_anew(&now, &hunk.now);
            matters(hunk, &old, &now) && !is_anew
        };
        let all = hunks(&old, &now);
        // Another version of the chart says so in a label.
        let names_chart = |line: &&[u8]| memmem::find(line, b"chart:").is_some();
        if self.feed.floats().is_some() && all.iter().any(|hunk| now[hunk.now.clone()].iter().any(names_chart)) {
            return Vec::new();
        }
        let edits = all.into_iter().filter(is_edit).map(|hunk| (hunk.now, Some(hunk.then))).collect();
        let parts = [self.old, self.now].map(|text| {
            let text = std::str::from_utf8(text).ok()?;
            Some((self.comparison.parse)(text.to_owned()))
        });
        self.at_most(edits, |(edit, then)| self.tell_made(&edit, &then.unwrap_or_default(), &parts))
    }

    fn tell_made(&self, edit: &Range<usize>, then: &Range<usize>, parts: &[Option<Part>; 2]) -> Diagnostic {
        let name = self.feed.unit().entry.name();
        let message = format!("`{}` was changed, and nothing that it is generated from", self.generated.name);
        let mut finding = self.finding(edit, then.len(), message);
        let floats = self.feed.floats();
        finding.severity = if floats.is_some() { Severity::Note } else { Severity::Warning };
        finding.notes.extend(floats);
        let config = self.feed.environment.configs[self.feed.at].as_ref();
        let leaf = parts[0].as_ref().and_then(|part| leaf_at(part, self.old, then));
        let found = match (config, leaf) {
            (Some(config), Some((path, word))) => values::search(config, &path, &word),
            _ => None,
        };
        match found {
            Some(found) => {
                finding.origin.push(Origin { role: Role::SetBy, span: found.span });
                let words = if found.certain { "it is set here" } else { "it is likely set here" };
                let file = self.comparison.listing.iter().find(|(_, file)| *file == found.span.file);
                let file = file.map_or("the configuration", |(name, _)| name);
                let help = format!("make the change in `{file}`, and run `{}`", self.command());
                finding.cause(found.span, words).help(help)
            }
            None => {
                let (name_span, command) = (self.feed.unit().name_span(), self.command());
                let finding = finding.cause(name_span, "this component generates it");
                let what = match self.feed.unit().component.kind() {
                    ComponentKind::Helm => "the values of",
                    _ => "what makes",
                };
                finding.help(format!("make the change in {what} `{name}`, and run `{command}`"))
            }
        }
    }

    fn finding(&self, edit: &Range<usize>, replaced: usize, message: String) -> Diagnostic {
        let index = lines(self.now);
        let is_gone = edit.is_empty();
        let line = match is_gone {
            // Where lines were taken out, the next one is all there is to point at.
            true => edit.start.min(index.len().saturating_sub(1)),
            false => edit.clone().find(|line| has_weight(index[*line])).unwrap_or(edit.start),
        };
        let label = if is_gone { "lines were taken out in front of this one" } else { "changed here" };
        let span = span_of(self.file, self.now, line, edit.len() != 1 || replaced != 1);
        let mut finding = Diagnostic::new(&HAND_EDITED, span, message, label)
            .effect(format!("the next `{}` throws the edit away", self.command()));
        finding.affects = vec![self.feed.environment.name.clone()];
        finding.origin = chain(self.feed.definition, self.feed.unit());
        finding
    }

    fn command(&self) -> String {
        command(self.feed.environment)
    }

    /// Tells of the first edits, and how many more there are.
    fn at_most<E>(&self, edits: Vec<E>, tell: impl Fn(E) -> Diagnostic) -> Vec<Diagnostic> {
        let more = edits.len().saturating_sub(TOLD);
        let mut findings: Vec<Diagnostic> = edits.into_iter().take(TOLD).map(tell).collect();
        if let Some(last) = findings.last_mut().filter(|_| more > 0) {
            last.notes.push(format!("{more} more places of the file were changed"));
        }
        findings
    }
}

impl Expected {
    fn of(statics: &[(Arc<str>, FileId)], text: Text<'_>) -> Option<Self> {
        let texts = statics.iter().map(|(_, file)| text(*file)).collect::<Option<Vec<_>>>()?;
        let mut origins = Vec::new();
        for (at, text) in texts.iter().enumerate() {
            origins.push(None);
            origins.extend((0..lines(text).len()).map(|line| Some((at, line))));
        }
        origins.push(None);
        Some(Expected { texts, origins })
    }

    fn lines(&self) -> Vec<&[u8]> {
        let texts: Vec<Vec<&[u8]>> = self.texts.iter().map(|text| lines(text)).collect();
        let mut all = Vec::with_capacity(self.origins.len());
        for text in &texts {
            all.push(&b"---"[..]);
            all.extend(text);
        }
        all.push(&b""[..]);
        all
    }
}

/// The lines of a static file that the change has written.
fn new_lines(then: Then<'_>, name: &str, text: &[u8]) -> Vec<Range<usize>> {
    match then.files.before(name) {
        Before::Same => Vec::new(),
        Before::Nothing => std::iter::once(0..usize::MAX).collect(),
        Before::Text(old) => hunks(&lines(old), &lines(text)).into_iter().map(|hunk| hunk.now).collect(),
    }
}

/// Whether the change has written lines of a difference, or has taken lines out at its place.
fn touches(written: &Hunk, difference: &Hunk) -> bool {
    let (a, b) = (&written.now, &difference.now);
    if b.is_empty() {
        return !written.then.is_empty() && a.start <= b.start && b.start <= a.end;
    }
    a.start < b.end && b.start < a.end
}

/// Empty lines, comments and separators come and go with editors.
fn matters(hunk: &Hunk, then: &[&[u8]], now: &[&[u8]]) -> bool {
    then[hunk.then.clone()].iter().chain(&now[hunk.now.clone()]).any(|line| has_weight(line))
}

fn has_weight(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    !line.is_empty() && !line.starts_with(b"#") && line != b"---"
}

/// Whether all of the lines are such that charts make them anew every time: certificates, passwords, checksums.
fn is_made_anew(all: &[&[u8]], lines: &Range<usize>) -> bool {
    let is_random = |line: usize| {
        let text = all[line].trim_ascii_start();
        let holds = |word: &[u8]| memmem::find(text, word).is_some();
        !has_weight(text) || holds(b"checksum/") || holds(b"caBundle:") || holds(b"rollme:") || is_in_secret(all, line)
    };
    lines.clone().all(is_random)
}

fn is_in_secret(all: &[&[u8]], line: usize) -> bool {
    let separates = |line: &&[u8]| line.starts_with(b"---");
    let before = all[..line].iter().rev().take_while(|line| !separates(line));
    let behind = all[line..].iter().take_while(|line| !separates(line));
    before.chain(behind).any(|line| *line == b"kind: Secret")
}

/// The first value that begins on one of the lines, with its route and its text.
fn leaf_at(part: &Part, text: &[u8], lines: &Range<usize>) -> Option<(Path, String)> {
    let index = LineIndex::new(text);
    let first = index.range_of(lines.start, text).start;
    let end = index.range_of(lines.end.checked_sub(1).filter(|last| *last >= lines.start)?, text).end;
    let range = first as u32..end as u32;
    part.roots().find_map(|(_, root)| leaf_in(root, &range, &mut Vec::new()))
}

fn leaf_in(value: Value<'_>, range: &Range<u32>, path: &mut Vec<Segment>) -> Option<(Path, String)> {
    let span = value.span();
    if value.is_scalar() {
        return range.contains(&span.start).then(|| Some((Path(path.clone()), value.text()?.into_owned()))).flatten();
    }
    if span.end <= range.start || range.end <= span.start {
        return None;
    }
    let mut step = |segment: Segment, value: Value<'_>| {
        path.push(segment);
        let found = leaf_in(value, range, path);
        path.pop();
        found
    };
    if value.is_sequence() {
        return value.items().enumerate().find_map(|(at, item)| step(at.into(), item));
    }
    value.entries().find_map(|entry| step((*entry.name()).into(), entry.value))
}

/// The place of a line: what stands behind its key if it has one, or all of it without the dash.
fn span_of(file: FileId, text: &[u8], line: usize, whole: bool) -> Span {
    let range = LineIndex::new(text).range_of(line, text);
    let line = &text[range.clone()];
    let content = line.trim_ascii_end();
    let mut start = content.len() - content.trim_ascii_start().len();
    while content[start..].starts_with(b"- ") {
        start += content[start..].len() - content[start + 1..].trim_ascii_start().len();
    }
    let behind = memmem::find(&content[start..], b": ").map(|at| start + at + 2);
    let behind = behind.map(|at| at + content[at..].len() - content[at..].trim_ascii_start().len());
    let is_plain = |at: &usize| !matches!(content.get(*at), None | Some(b'|' | b'>' | b'#' | b'&' | b'!'));
    let start = behind.filter(|at| !whole && is_plain(at)).unwrap_or(start);
    Span::new(file, (range.start + start) as u32, (range.start + content.len()) as u32)
}
