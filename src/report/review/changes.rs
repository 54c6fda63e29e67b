//! Which lines are not as they were.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use crate::model::change::{Before, hunks, lines};
use crate::model::source::{FileId, LineIndex, Sources, Span};

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
            Before::Text(then) => hunks(&lines(then), &lines(now)).into_iter().map(|hunk| hunk.now).collect(),
        };
        Lines::Some(LineIndex::new(now), written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
