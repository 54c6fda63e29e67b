//! Lines and columns of spans. Each file that has a finding is indexed once per output.

use std::borrow::Cow;
use std::ops::Range;

use super::Base;
use crate::model::source::{FileId, LineColumn, LineIndex, Sources, Span};

/// Beyond this many bytes a line gets marks, so that the columns of its many findings are not each counted from its
/// start: minified JSON is one line.
const LONG_LINE: usize = 4096;

/// Turns byte offsets into what people count.
pub(super) struct Places<'r> {
    sources: &'r Sources,
    base: Base,
    files: Vec<Option<Lines>>,
}

struct Lines {
    index: LineIndex,
    /// The marks of the long line that was asked for last.
    marks: Option<(usize, Vec<Mark>)>,
}

/// A known place in a long line.
struct Mark {
    offset: usize,
    column: usize,
}

/// Start and end of a span, the end exclusive.
#[derive(Clone, Copy)]
pub(super) struct Region {
    pub start: LineColumn,
    pub end: LineColumn,
}

impl<'r> Places<'r> {
    pub fn new(sources: &'r Sources) -> Self {
        Places::seen_from(&Base::default(), sources)
    }

    /// With names as they are seen from a folder.
    pub fn seen_from(base: &Base, sources: &'r Sources) -> Self {
        Places { sources, base: base.clone(), files: Vec::new() }
    }

    /// The name of a file.
    pub fn name(&self, file: FileId) -> Cow<'r, str> {
        self.base.name(self.sources.name(file))
    }

    pub fn sources(&self) -> &'r Sources {
        self.sources
    }

    fn lines(&mut self, file: FileId) -> &mut Lines {
        let at = file.0 as usize;
        if self.files.len() <= at {
            self.files.resize_with(at + 1, || None);
        }
        self.files[at].get_or_insert_with(|| Lines { index: LineIndex::new(self.sources.text(file)), marks: None })
    }

    /// The line of an offset, from 0.
    pub fn line_of(&mut self, file: FileId, offset: usize) -> usize {
        let offset = offset.min(self.sources.text(file).len());
        self.lines(file).index.line_of(offset as u32)
    }

    /// The bytes of a line (from 0) without its line end.
    pub fn line(&mut self, file: FileId, line: usize) -> Range<usize> {
        let text = self.sources.text(file);
        let Range { start, mut end } = self.lines(file).index.range_of(line, text);
        while end > start && matches!(text[end - 1], b'\n' | b'\r') {
            end -= 1;
        }
        start..end
    }

    /// Line and column of an offset, both from 1.
    pub fn line_column(&mut self, file: FileId, offset: usize) -> LineColumn {
        let text = self.sources.text(file);
        let offset = offset.min(text.len());
        let line = self.line_of(file, offset);
        let start = self.lines(file).index.range_of(line, text).start;
        if offset - start <= LONG_LINE {
            return self.lines(file).index.line_column(text, offset as u32);
        }
        let lines = self.lines(file);
        if lines.marks.as_ref().is_none_or(|(marked, _)| *marked != line) {
            let range = lines.index.range_of(line, text);
            lines.marks = Some((line, mark(&text[range])));
        }
        let marks = lines.marks.as_ref().map_or(&[][..], |(_, marks)| marks);
        let before = marks.partition_point(|mark| mark.offset <= offset - start).checked_sub(1).map(|at| &marks[at]);
        let (known, column) = before.map_or((0, 1), |mark| (mark.offset, mark.column));
        LineColumn { line: line + 1, column: column + characters(&text[start + known..offset]) }
    }

    /// Where a span begins and ends.
    pub fn region(&mut self, span: Span) -> Region {
        let start = self.line_column(span.file, span.start as usize);
        Region { start, end: self.line_column(span.file, span.end.max(span.start) as usize) }
    }

    /// The part of a span on its first line. Reviews show a finding only where every line of it was changed.
    pub fn first_line(&mut self, span: Span) -> Region {
        let line = self.line_of(span.file, span.start as usize);
        let last = self.line(span.file, line).end.max(span.start as usize);
        self.region(Span { end: span.end.min(last as u32), ..span })
    }
}

fn characters(bytes: &[u8]) -> usize {
    bytes.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
}

/// Marks at every [`LONG_LINE`] bytes or a little later, each at the start of a character.
fn mark(line: &[u8]) -> Vec<Mark> {
    let mut marks = vec![Mark { offset: 0, column: 1 }];
    let (mut from, mut column) = (0, 1);
    while from + LONG_LINE < line.len() {
        let mut to = from + LONG_LINE;
        while to < line.len() && line[to] & 0xc0 == 0x80 && to < from + LONG_LINE + 3 {
            to += 1;
        }
        column += characters(&line[from..to]);
        marks.push(Mark { offset: to, column });
        from = to;
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_a_long_line_are_those_of_a_plain_count() {
        let text = format!("first\n{}", "aé你\u{1f600}".repeat(3_000));
        let mut sources = Sources::default();
        let file = sources.add_text("long.json", text.as_bytes());
        let index = LineIndex::new(text.as_bytes());
        let mut places = Places::new(&sources);
        for (offset, _) in text.char_indices().step_by(997) {
            let plain = index.line_column(text.as_bytes(), offset as u32);
            assert_eq!(places.line_column(file, offset), plain, "at {offset}");
        }
    }

    #[test]
    fn a_span_over_lines_has_a_first_line() {
        let mut sources = Sources::default();
        let file = sources.add_text("a", &b"ab: [\r\n  c]\n"[..]);
        let mut places = Places::new(&sources);
        let first = places.first_line(Span::new(file, 4, 11));
        assert_eq!((first.start.column, first.end.line, first.end.column), (5, 1, 6));
        assert_eq!(places.region(Span::new(file, 4, 11)).end.line, 2);
    }

    #[test]
    fn offsets_behind_the_text_are_its_end() {
        let mut sources = Sources::default();
        let file = sources.add("gone.yaml", "gone.yaml");
        let mut places = Places::new(&sources);
        assert_eq!(places.line_column(file, 99), LineColumn { line: 1, column: 1 });
    }
}
