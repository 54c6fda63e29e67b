//! Files, spans inside them, and the way from a byte offset to a line and a column.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of this run, as an index into [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A stretch of bytes of one file. The file is part of the span, so that a value which a patch or a layer brought in
/// still points at the patch or the layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte, from the start of the file.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// A span from `start` up to and without `end`, in bytes.
    #[must_use]
    pub fn new(file: FileId, start: u32, end: u32) -> Self {
        Span { file, start, end }
    }

    /// The empty span at the start of a file, for findings about the file as a whole.
    #[must_use]
    pub fn top(file: FileId) -> Self {
        Span { file, start: 0, end: 0 }
    }

    /// The byte range without the file.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether `other` lies in the same file and within this span.
    #[must_use]
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// A line and a column, both counted from 1; columns count Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// Where the lines of a text begin. Made for the files that have a finding, and only when it is written.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Indexes `text`. Lines end at LF, CR LF and a lone CR, as editors and CI runners count them.
    #[must_use]
    pub fn new(text: &[u8]) -> Self {
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', text) {
            if text[at] == b'\r' && text.get(at + 1) == Some(&b'\n') {
                continue;
            }
            starts.push((at + 1) as u32);
        }
        LineIndex { starts }
    }

    /// The line of a byte offset, from 0.
    #[must_use]
    pub fn line_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// The byte range of a line (from 0), its line end included.
    #[must_use]
    pub fn range_of(&self, line: usize, text: &[u8]) -> Range<usize> {
        let start = self.starts.get(line).map_or(text.len(), |&start| start as usize);
        let end = self.starts.get(line + 1).map_or(text.len(), |&end| end as usize);
        start..end.max(start)
    }

    /// How many lines there are; a text that ends in a line end has an empty last one.
    #[must_use]
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// Line and column of a byte offset of `text`, which must be the text that was indexed. Bytes that are not UTF-8
    /// count as one column each.
    #[must_use]
    pub fn line_column(&self, text: &[u8], offset: u32) -> LineColumn {
        let offset = (offset as usize).min(text.len());
        let line = self.line_of(offset as u32);
        let start = self.starts[line] as usize;
        let column: usize =
            text[start..offset].utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum();
        LineColumn { line: line + 1, column: column + 1 }
    }
}

/// One file of the run: how it is named to the user, where it lies, and, where something will be quoted from it, its
/// text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The name that is printed: relative to the working directory, with `/`.
    pub name: Arc<str>,
    /// Where it can be opened. Empty for standard input and for text that is part of the program.
    pub path: PathBuf,
    /// Its bytes, kept when a finding points into it or when later stages need it.
    pub text: Option<Arc<[u8]>>,
    /// Byte ranges that must not be printed: the values of Secrets.
    pub secrets: Vec<Range<u32>>,
}

/// Every file that a span of this run can point into.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file that lies on disk.
    pub fn add(&mut self, name: impl Into<Arc<str>>, path: impl Into<PathBuf>) -> FileId {
        self.files.push(SourceFile { name: name.into(), path: path.into(), text: None, secrets: Vec::new() });
        FileId((self.files.len() - 1) as u32)
    }

    /// Adds a text that is already in memory.
    pub fn add_text(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<[u8]>>) -> FileId {
        let id = self.add(name, PathBuf::new());
        self.keep(id, text.into(), Vec::new());
        id
    }

    /// Keeps the text of a file, with the ranges in it that must not be printed.
    pub fn keep(&mut self, id: FileId, text: Arc<[u8]>, secrets: Vec<Range<u32>>) {
        let file = &mut self.files[id.0 as usize];
        file.text = Some(text);
        file.secrets = secrets;
    }

    /// The file behind an id of this run.
    #[must_use]
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The printed name of a file.
    #[must_use]
    pub fn name(&self, id: FileId) -> &str {
        &self.get(id).name
    }

    /// The bytes of a file, empty if they were not kept.
    #[must_use]
    pub fn text(&self, id: FileId) -> &[u8] {
        self.get(id).text.as_deref().unwrap_or_default()
    }

    /// Where a file can be opened.
    #[must_use]
    pub fn path(&self, id: FileId) -> &Path {
        &self.get(id).path
    }

    /// How many files there are. The next one gets this number as its id.
    #[must_use]
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// Gives other names to the files from a number on.
    pub fn rename(&mut self, first: usize, name: impl Fn(&str) -> String) {
        self.files.iter_mut().skip(first).for_each(|file| file.name = name(&file.name).into());
    }

    /// All files with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(at as u32), file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_scalars_and_lines_end_at_every_kind_of_break() {
        let text = "é: 1\r\nb: 2\rc: 3\n".as_bytes();
        let index = LineIndex::new(text);
        assert_eq!(index.line_column(text, 4), LineColumn { line: 1, column: 4 });
        assert_eq!(index.line_column(text, 7), LineColumn { line: 2, column: 1 });
        assert_eq!(index.line_column(text, 12), LineColumn { line: 3, column: 1 });
        assert_eq!(index.count(), 4);
    }

    #[test]
    fn bytes_that_are_not_utf8_count_one_column_each() {
        let text = b"a\xff\xfeb";
        assert_eq!(LineIndex::new(text).line_column(text, 3), LineColumn { line: 1, column: 4 });
    }
}
