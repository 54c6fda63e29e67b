//! The lines of a file that a frame shows: neutralised, without secrets, cut to the width around what is marked, and
//! nothing but them. A file of 50 MB, or a line of 5 MB, costs no more than what is printed of it.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::model::source::{FileId, Span};
use crate::report::place::Places;
use crate::report::redact::visible;

/// Lines shown behind the first line of a span over many lines, and before its last one.
const AFTER_FIRST: usize = 3;
const BEFORE_LAST: usize = 1;
/// Stands where something of a line was left out.
const ELLIPSIS: &str = "…";
/// Marks on one line that get a window of their own when it is cut.
const WINDOWS: usize = 4;

/// Lines of one file, with numbers and columns of the original.
pub(super) struct Excerpt {
    /// The shown lines, each with its line end.
    pub text: String,
    lines: Vec<Line>,
    /// The column of each mark, by its offset in `text`.
    columns: Vec<(usize, usize)>,
}

struct Line {
    /// Counts shown lines; a jump stands for lines that were left out.
    index: usize,
    /// The number in the file, from 1.
    number: usize,
    /// Where it lies in the excerpt, its line end included.
    range: Range<usize>,
    /// The stretches of the file that it shows.
    pieces: Vec<Piece>,
}

/// A stretch of the file, and where it begins in the excerpt.
struct Piece {
    source: Range<usize>,
    at: usize,
}

/// A span inside the text of its file, and the lines it lies on.
struct Mark {
    range: Range<usize>,
    first: usize,
    last: usize,
}

impl Excerpt {
    /// Cuts out what `spans` need, all of them in `file`, and says where each of them lies in the excerpt. No line is
    /// wider than `width` columns.
    pub fn new(file: FileId, spans: &[Span], places: &mut Places<'_>, width: usize) -> (Self, Vec<Range<usize>>) {
        let marks: Vec<Mark> = spans.iter().map(|span| Mark::new(*span, places)).collect();
        let mut excerpt = Excerpt { text: String::new(), lines: Vec::new(), columns: Vec::new() };
        for (line, shown) in wanted(&marks) {
            excerpt.add(file, line, &shown, places, width);
        }
        let ranges = marks.iter().map(|mark| excerpt.find(mark)).collect::<Vec<_>>();
        for (span, range) in spans.iter().zip(&ranges) {
            let column = places.line_column(file, span.start as usize).column;
            excerpt.columns.push((range.start, column));
        }
        (excerpt, ranges)
    }

    /// The index of the line that holds an offset of the excerpt.
    pub fn index_of(&self, offset: usize) -> usize {
        let line = self.lines.partition_point(|line| line.range.start <= offset).saturating_sub(1);
        self.lines.get(line).map_or(0, |line| line.index)
    }

    /// The number of a line of the excerpt, from 1; for one that was left out that of the line before.
    pub fn number_of(&self, index: usize) -> usize {
        let behind = self.lines.partition_point(|line| line.index <= index);
        behind.checked_sub(1).map_or(1, |at| self.lines[at].number)
    }

    /// The stretch of the excerpt that a line takes; empty for one that was left out.
    pub fn range_of(&self, index: usize) -> Range<usize> {
        let found = self.lines.binary_search_by_key(&index, |line| line.index);
        found.map_or(0..0, |at| self.lines[at].range.clone())
    }

    /// The column, in the file, of a mark that begins at an offset of the excerpt.
    pub fn column_of(&self, offset: usize) -> usize {
        self.columns.iter().find(|(at, _)| *at == offset).map_or(1, |(_, column)| *column)
    }

    fn add(&mut self, file: FileId, line: usize, marks: &[Range<usize>], places: &mut Places<'_>, width: usize) {
        let source = places.sources().get(file);
        let bytes = places.sources().text(file);
        let mut content = places.line(file, line);
        if content.start == 0 && bytes.starts_with(b"\xef\xbb\xbf") {
            content.start = 3.min(content.end);
        }
        let index = match self.lines.last() {
            Some(last) if last.number == line => last.index + 1,
            Some(last) => last.index + 3,
            None => 0,
        };
        let start = self.text.len();
        let (mut pieces, mut shown) = (Vec::new(), content.start);
        for piece in cut(bytes, &content, marks, width) {
            if piece.start > shown {
                self.text.push_str(ELLIPSIS);
            }
            pieces.push(Piece { source: piece.clone(), at: self.text.len() });
            shown = piece.end;
            self.text.push_str(&visible(source, piece));
        }
        if shown < content.end {
            self.text.push_str(ELLIPSIS);
        }
        self.text.push('\n');
        self.lines.push(Line { index, number: line + 1, range: start..self.text.len(), pieces });
    }

    /// Where a mark lies in the excerpt.
    fn find(&self, mark: &Mark) -> Range<usize> {
        let line = |number: usize| self.lines.iter().find(|line| line.number == number + 1);
        let start = line(mark.first).map_or(0, |line| line.find_start(mark.range.start));
        let end = line(mark.last).map_or(start, |line| line.find_end(mark.range.end));
        start..end.max(start)
    }
}

impl Mark {
    fn new(span: Span, places: &mut Places<'_>) -> Self {
        let length = places.sources().text(span.file).len();
        let start = (span.start as usize).min(length);
        let end = (span.end as usize).clamp(start, length);
        let first = places.line_of(span.file, start);
        // A span that ends with the end of a line does not reach the next one.
        let last = if end > start { places.line_of(span.file, end - 1) } else { first };
        let end = end.min(places.line(span.file, last).end).max(start);
        Mark { range: start..end, first, last }
    }
}

impl Line {
    /// Where the start of a mark lies; in front of the ellipsis if it was left out.
    fn find_start(&self, offset: usize) -> usize {
        self.inside(offset).unwrap_or_else(|| match self.behind(offset) {
            Some(piece) => piece.at.saturating_sub(ELLIPSIS.len()).max(self.range.start),
            None => self.range.end - 1,
        })
    }

    /// Where the end of a mark lies; behind the ellipsis if it was left out.
    fn find_end(&self, offset: usize) -> usize {
        self.inside(offset).unwrap_or_else(|| self.behind(offset).map_or(self.range.end - 1, |piece| piece.at))
    }

    fn inside(&self, offset: usize) -> Option<usize> {
        let piece = self.pieces.iter().rev().find(|piece| piece.source.start <= offset)?;
        (offset <= piece.source.end).then(|| piece.at + offset - piece.source.start)
    }

    fn behind(&self, offset: usize) -> Option<&Piece> {
        self.pieces.iter().find(|piece| piece.source.start > offset)
    }
}

/// The lines to show, each with what is marked on it. A single line between two of them is shown rather than left out.
fn wanted(marks: &[Mark]) -> BTreeMap<usize, Vec<Range<usize>>> {
    let mut lines: BTreeMap<usize, Vec<Range<usize>>> = BTreeMap::new();
    for Mark { range, first, last } in marks {
        if first == last {
            lines.entry(*first).or_default().push(range.clone());
            continue;
        }
        lines.entry(*first).or_default().push(range.start..range.start + 1);
        lines.entry(*last).or_default().push(range.end.saturating_sub(1).max(range.start)..range.end);
        let context = (first + 1..=first + AFTER_FIRST).chain(last.saturating_sub(BEFORE_LAST)..*last);
        for line in context.filter(|line| (*first..*last).contains(line)) {
            lines.entry(line).or_default();
        }
    }
    let shown: Vec<usize> = lines.keys().copied().collect();
    for pair in shown.windows(2).filter(|pair| pair[1] - pair[0] == 2) {
        lines.entry(pair[0] + 1).or_default();
    }
    lines
}

/// The parts of a line to show: all of it, or a window around each mark.
fn cut(text: &[u8], line: &Range<usize>, marks: &[Range<usize>], width: usize) -> Vec<Range<usize>> {
    if line.len() <= width * 4 && columns(&text[line.clone()]) <= width {
        return vec![line.clone()];
    }
    let start_of_line = std::slice::from_ref(line);
    let marks = if marks.is_empty() { start_of_line } else { &marks[..marks.len().min(WINDOWS)] };
    // The ellipses on both sides of each window take a column each.
    let budget = (width / marks.len()).saturating_sub(2);
    let mut windows: Vec<Range<usize>> = marks.iter().map(|mark| window(text, line, mark, budget)).collect();
    windows.sort_by_key(|window| (window.start, window.end));
    let mut parts: Vec<Range<usize>> = Vec::with_capacity(windows.len());
    for window in windows {
        match parts.last_mut() {
            Some(last) if window.start <= last.end + ELLIPSIS.len() => last.end = last.end.max(window.end),
            _ => parts.push(window),
        }
    }
    parts
}

/// A stretch of a line, `budget` columns wide, a third of it before the mark if there is that much.
fn window(text: &[u8], line: &Range<usize>, mark: &Range<usize>, budget: usize) -> Range<usize> {
    let before = if columns(&text[mark.start..mark.end.min(mark.start + budget).min(line.end).max(mark.start)]) < budget
    {
        budget / 3
    } else {
        budget / 6
    };
    let (mut start, mut used) = (mark.start.clamp(line.start, line.end), 0);
    while start > line.start && used < before {
        start -= 1;
        while start > line.start && is_continuation(text[start]) {
            start -= 1;
        }
        used += column(text[start]);
    }
    let (mut end, mut used) = (start, 0);
    while end < line.end {
        used += column(text[end]);
        if used > budget {
            break;
        }
        end += 1;
        while end < line.end && is_continuation(text[end]) {
            end += 1;
        }
    }
    start..end
}

/// An upper bound of the columns that bytes take on a terminal.
fn columns(bytes: &[u8]) -> usize {
    bytes.iter().map(|byte| column(*byte)).sum()
}

/// An upper bound of the columns that a character takes, by its first byte. Which characters are wide is a table that
/// changes; the bound does not.
fn column(first: u8) -> usize {
    match first {
        b'\t' => 4,
        byte if is_continuation(byte) => 0,
        0..0x80 => 1,
        _ => 2,
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

#[cfg(test)]
mod tests {
    // Many of the frames here mark a single range.
    #![allow(clippy::single_range_in_vec_init)]
    use super::*;
    use crate::model::source::Sources;

    fn excerpt(text: &str, spans: &[Range<u32>], width: usize) -> (String, Vec<String>) {
        let mut sources = Sources::default();
        let file = sources.add_text("a.yaml", text.as_bytes());
        let spans: Vec<Span> = spans.iter().map(|span| Span::new(file, span.start, span.end)).collect();
        let (excerpt, ranges) = Excerpt::new(file, &spans, &mut Places::new(&sources), width);
        let marked = ranges.into_iter().map(|range| excerpt.text[range].to_owned()).collect();
        (excerpt.text, marked)
    }

    #[test]
    fn only_marked_lines_are_taken_and_single_gaps_are_filled() {
        let (text, marked) = excerpt("a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\n", &[3..4, 13..14, 28..29], 80);
        assert_eq!(text, "a: 1\nb: 2\nc: 3\nf: 6\n");
        assert_eq!(marked, ["1", "3", "6"]);
    }

    #[test]
    fn long_lines_keep_what_is_marked() {
        let line = format!("{}HERE{}THERE{}", "x".repeat(500), "y".repeat(500), "z".repeat(500));
        let (text, marked) = excerpt(&line, &[500..504, 1004..1009], 60);
        assert!(text.trim_end().chars().count() <= 60, "{text}");
        assert_eq!(marked, ["HERE", "THERE"]);
        assert!(text.starts_with('…') && text.trim_end().ends_with('…') && text.contains("xHEREy"), "{text}");
    }

    #[test]
    fn a_mark_wider_than_the_frame_is_cut_with_its_line() {
        let line = format!("k: {}", "é".repeat(3_000));
        let (text, marked) = excerpt(&line, &[3..6_003], 60);
        assert!(text.len() < 200, "{text}");
        assert!(marked[0].starts_with('é') && marked[0].ends_with('…'));
    }

    #[test]
    fn many_lines_become_the_first_and_the_last_ones() {
        let text: String = (1..=100).map(|line| format!("line {line}\n")).collect();
        let (shown, marked) = excerpt(&text, &[0..text.len() as u32], 80);
        assert_eq!(shown, "line 1\nline 2\nline 3\nline 4\nline 99\nline 100\n");
        assert_eq!(marked[0], shown.trim_end());
    }

    #[test]
    fn a_byte_order_mark_is_not_shown() {
        let (text, marked) = excerpt("\u{feff}a: 1\n", &[0..0, 3..4], 80);
        assert_eq!((&*text, &*marked[1]), ("a: 1\n", "a"));
    }

    #[test]
    fn spans_outside_of_the_text_are_harmless() {
        let (text, marked) = excerpt("a: 1", &[90..99], 80);
        assert_eq!((&*text, &*marked[0]), ("a: 1\n", ""));
    }
}
