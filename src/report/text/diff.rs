//! A fix as a few lines of a diff.

use std::ops::Range;

use crate::model::diagnostic::{Edit, Fix};
use crate::model::source::{FileId, Span};
use crate::report::place::Places;
use crate::report::redact::visible;
use crate::report::sanitise::{clean, clean_short};

/// Lines shown of either side of a change.
const LINES: usize = 6;
/// What is longer, in bytes, is said and not shown.
const LONGEST: usize = 4_000;

/// The lines that a fix takes away and brings, changes in different places one after the other. Before a change in
/// another file than the one before, its place is named.
pub(super) fn lines(fix: &Fix, places: &mut Places<'_>, width: usize) -> Vec<String> {
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let file = edits.first().map(|edit| edit.span.file);
    let mut shown = Vec::new();
    let mut rest = edits.as_slice();
    while let Some(first) = rest.first() {
        let range = whole_lines(first.span, places);
        let together = rest.iter().take_while(|edit| {
            edit.span.file == first.span.file && (edit.span.start as usize) < range.end.max(first.span.end as usize + 1)
        });
        let (change, others) = rest.split_at(together.count().max(1));
        rest = others;
        if Some(first.span.file) != file {
            shown.push(format!("in {}", clean(places.sources().name(first.span.file))));
        }
        shown.extend(one_change(change, places, width));
    }
    if shown.len() > 2 * LINES + 2 {
        shown.truncate(2 * LINES + 2);
        shown.push("…".to_owned());
    }
    shown
}

/// The bytes of the lines that a span touches, without the last line end.
fn whole_lines(span: Span, places: &mut Places<'_>) -> Range<usize> {
    let last = if span.end > span.start { span.end - 1 } else { span.end };
    let (first, last) = (places.line_of(span.file, span.start as usize), places.line_of(span.file, last as usize));
    places.line(span.file, first).start..places.line(span.file, last).end
}

fn one_change(edits: &[&Edit], places: &mut Places<'_>, width: usize) -> Vec<String> {
    let (Some(first), Some(last)) = (edits.first(), edits.last()) else { return Vec::new() };
    let file = first.span.file;
    let range = whole_lines(first.span, places).start..whole_lines(last.span, places).end;
    if range.len() > LONGEST || edits.iter().any(|edit| edit.text.len() > LONGEST) {
        return vec![format!("replace by `{}`", clean_short(&first.text, width / 2))];
    }
    let old = stretch(file, range.clone(), places);
    let mut new = String::new();
    let mut at = range.start;
    for edit in edits {
        let (start, end) =
            ((edit.span.start as usize).clamp(at, range.end), (edit.span.end as usize).clamp(at, range.end));
        new.push_str(&stretch(file, at..start, places));
        new.push_str(&edit.text);
        at = end.max(start);
    }
    new.push_str(&stretch(file, at..range.end, places));
    // An edit that takes the line end with it leaves no empty line behind.
    let gone = last.span.end as usize > range.end && new.is_empty();
    let old: Vec<&str> = old.split('\n').collect();
    let new: Vec<&str> = if gone { Vec::new() } else { new.trim_end_matches('\n').split('\n').collect() };
    changed(&old, &new, width)
}

fn stretch(file: FileId, range: Range<usize>, places: &Places<'_>) -> String {
    visible(places.sources().get(file), range)
}

/// The lines in which two texts differ.
fn changed(old: &[&str], new: &[&str], width: usize) -> Vec<String> {
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let head = old.iter().zip(new).take_while(same).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(same).count();
    let mut shown = Vec::new();
    for (sign, lines) in [('-', &old[head..old.len() - tail]), ('+', &new[head..new.len() - tail])] {
        shown.extend(
            lines
                .iter()
                .take(LINES)
                .map(|line| format!("{sign} {}", clean_short(line.trim_end_matches('\r'), width.saturating_sub(8)))),
        );
        if lines.len() > LINES {
            shown.push(format!("{sign} …"));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::Sources;

    fn shown(text: &str, edits: &[(Range<u32>, &str)]) -> Vec<String> {
        let mut sources = Sources::default();
        let file = sources.add_text("a.yaml", text.as_bytes());
        let edits =
            edits.iter().map(|(range, text)| Edit::new(Span::new(file, range.start, range.end), (*text).to_owned()));
        lines(&Fix { safe: true, edits: edits.collect() }, &mut Places::new(&sources), 80)
    }

    #[test]
    fn a_replaced_word_shows_its_line_before_and_after() {
        assert_eq!(shown("a: 1\nreplica: 3\n", &[(5..12, "replicas")]), ["- replica: 3", "+ replicas: 3"]);
    }

    #[test]
    fn a_line_that_goes_leaves_nothing_and_one_that_comes_stands_alone() {
        assert_eq!(shown("a: 1\nb: 2\nc: 3\n", &[(5..10, "")]), ["- b: 2"]);
        assert_eq!(shown("a: 1\nb: 2\n", &[(4..4, "\nc: 3")]), ["+ c: 3"]);
    }

    #[test]
    fn edits_on_one_line_are_one_change_and_others_follow() {
        let text = "ab: cd\nx: 1\ny: 2\n";
        assert_eq!(shown(text, &[(0..1, "A"), (4..5, "C")]), ["- ab: cd", "+ Ab: Cd"]);
        assert_eq!(shown(text, &[(0..1, "A"), (15..16, "3")]), ["- ab: cd", "+ Ab: cd", "- y: 2", "+ y: 3"]);
    }
}
