//! Which lines are not as they were.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::model::source::{FileId, LineIndex, Sources, Span};

/// The text that a file had, by its printed name.
pub enum Before<'t> {
    /// The one that it has now.
    Same,
    /// This one.
    Text(&'t [u8]),
    /// The file was not there.
    Nothing,
}

/// The lines of the files of now that a change has written.
pub struct Changes<'c> {
    before: &'c dyn Fn(&str) -> Before<'c>,
    files: RefCell<HashMap<FileId, Lines>>,
}

enum Lines {
    All,
    /// Those in these ranges, from 0, in order.
    Some(LineIndex, Vec<Range<usize>>),
}

/// Pairs of lines that are compared at most; beyond, all lines between the first and the last change count as written.
const PAIRS: usize = 1 << 26;

impl<'c> Changes<'c> {
    /// Asks for the texts of then when they are needed.
    #[must_use]
    pub fn new(before: &'c dyn Fn(&str) -> Before<'c>) -> Self {
        Changes { before, files: RefCell::default() }
    }

    /// Whether the change has written a line of the span.
    #[must_use]
    pub fn touch(&self, span: Span, sources: &Sources) -> bool {
        let mut files = self.files.borrow_mut();
        match files.entry(span.file).or_insert_with(|| self.compare(span.file, sources)) {
            Lines::All => true,
            Lines::Some(index, written) => {
                let (first, last) = (index.line_of(span.start), index.line_of(span.end.max(span.start + 1) - 1));
                written.iter().any(|lines| lines.start <= last && first < lines.end)
            }
        }
    }

    fn compare(&self, file: FileId, sources: &Sources) -> Lines {
        let now = sources.text(file);
        let written = match (self.before)(sources.name(file)) {
            Before::Same => Vec::new(),
            Before::Nothing => return Lines::All,
            Before::Text(then) => written(&lines(then), &lines(now)),
        };
        Lines::Some(LineIndex::new(now), written)
    }
}

/// The lines without their ends: a checkout may have others than the repository.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    let index = LineIndex::new(text);
    (0..index.count()).map(|line| text[index.range_of(line, text)].trim_ascii_end()).collect()
}

/// The lines of `now` that are not in `then`, as ranges.
fn written(then: &[&[u8]], now: &[&[u8]]) -> Vec<Range<usize>> {
    let start = then.iter().zip(now).take_while(|(a, b)| a == b).count();
    let (then, rest) = (&then[start..], &now[start..]);
    let end = then.iter().rev().zip(rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (then, rest) = (&then[..then.len() - end], &rest[..rest.len() - end]);
    if then.len().saturating_mul(rest.len()) > PAIRS {
        return std::iter::once(start..start + rest.len()).collect();
    }
    let range = |op: DiffOp| {
        let range = op.new_range();
        let is_written = !matches!(op, DiffOp::Equal { .. }) && !range.is_empty();
        is_written.then(|| range.start + start..range.end + start)
    };
    capture_diff_slices(Algorithm::Myers, then, rest).into_iter().filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(then: &str, now: &str) -> Vec<Range<usize>> {
        written(&lines(then.as_bytes()), &lines(now.as_bytes()))
    }

    #[test]
    fn lines_that_are_inserted_or_replaced_are_written() {
        assert_eq!(of("a\nb\nc\n", "a\nx\nc\nd\n"), [1..2, 3..4]);
        assert_eq!(of("a\nb\n", "x\na\nb\ny\n"), [0..1, 3..4]);
    }

    #[test]
    fn what_goes_writes_nothing_and_line_ends_do_not_count() {
        assert!(of("a\nb\nc\n", "a\nc\n").is_empty());
        assert!(of("a\nb\n", "a\r\nb\r\n").is_empty());
    }

    #[test]
    fn texts_that_have_nothing_in_common_are_compared_in_bounded_time() {
        let text = |seed: usize| (0..20_000).map(|line| format!("{}\n", line * seed)).collect::<String>();
        assert_eq!(of(&text(3), &text(7_919)).len(), 1);
    }

    #[test]
    fn a_span_is_touched_by_any_of_its_lines() {
        let mut sources = Sources::default();
        let file = sources.add_text("a.yaml", &b"a: 1\nb:\n  c: 2\n"[..]);
        let other = sources.add_text("new.yaml", &b"a: 1\n"[..]);
        let before = |name: &str| if name == "a.yaml" { Before::Text(b"a: 1\nb:\n  c: 1\n") } else { Before::Nothing };
        let changes = Changes::new(&before);
        assert!(!changes.touch(Span::new(file, 0, 1), &sources));
        assert!(changes.touch(Span::new(file, 5, 14), &sources));
        assert!(changes.touch(Span::top(other), &sources));
    }
}
