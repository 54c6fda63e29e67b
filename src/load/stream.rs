//! One stream, several documents: the split by lines that every Kubernetes client makes before it parses anything
//! (`YAMLReader` of k8s.io/apimachinery 1.35, `pkg/util/yaml/decoder.go`).
//!
//! The split knows nothing of scalars: a line that begins with `---` ends the document, inside a block scalar or a
//! quoted string too. It works on byte ranges of the text and copies nothing.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::suppression;

/// What begins a separator line.
const SEPARATOR: &str = "---";

/// Finds separator lines but for one at the start.
static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\n---"));

/// What the split finds, in the order of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// One document, with all its lines; what YAML makes of it is another question.
    Document(Range<usize>),
    /// A line that begins with `---` and goes on with something else than blanks and a comment. Clients stop here and
    /// lose the document before it too: [`Pieces`] yields this one first, and the document after it.
    Invalid(Separator),
}

/// A separator line that no client accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Separator {
    /// The line without its line end.
    pub line: Range<usize>,
    /// What follows the dashes, without blanks around it.
    pub rest: Range<usize>,
    /// How it came about, as far as one can tell.
    pub shape: Shape,
}

/// How an invalid separator came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `--- {a: 1}`: a document that begins on the separator line, which is YAML, but which clients refuse.
    Content,
    /// `-----BEGIN CERTIFICATE-----`: armoured text that was pasted without indentation.
    Armour,
    /// `----`, `---foo`: a separator with something stuck to it.
    Stuck,
}

/// Splits the stretch `range` of `text`.
///
/// After an invalid separator the split goes on, so that the rest of the file is checked too: content behind `---`
/// begins a document, a stuck separator separates, and armoured text spoils all the lines between the separators
/// around it.
#[must_use]
pub fn pieces(text: &str, range: Range<usize>) -> Pieces<'_> {
    Pieces { text, start: range.start, search: range.start, end: range.end, next: None, spoiled: false }
}

/// See [`pieces`].
#[derive(Debug, Clone)]
pub struct Pieces<'t> {
    text: &'t str,
    /// Where the document in hand begins.
    start: usize,
    /// Where to look for the next separator line; always the start of a line.
    search: usize,
    end: usize,
    /// The document before an invalid separator, which is yielded after it.
    next: Option<Range<usize>>,
    /// The document in hand holds armoured text: it is not yielded.
    spoiled: bool,
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if let Some(document) = self.next.take() {
            return Some(Piece::Document(document));
        }
        while let Some(at) = separator_candidate(self.text, self.search..self.end) {
            let line = at..line_end(self.text, at, self.end);
            let rest = self.text[at + SEPARATOR.len()..line.end].trim();
            let behind = (line.end + 1).min(self.end);
            if !(rest.is_empty() || rest.starts_with('#')) {
                if let Some(invalid) = self.invalid(line, rest) {
                    return Some(invalid);
                }
                continue;
            }
            let document = self.start..at;
            self.search = behind;
            // A separator with no line before it becomes the first line of the document.
            if document.is_empty() {
                continue;
            }
            self.start = behind;
            if !std::mem::take(&mut self.spoiled) {
                return Some(Piece::Document(document));
            }
        }
        let document = self.start..self.end;
        self.start = self.end;
        self.search = self.end;
        (!document.is_empty() && !std::mem::take(&mut self.spoiled)).then_some(Piece::Document(document))
    }
}

impl Pieces<'_> {
    /// Steps over a separator that is none. `None` if it lies in armoured text that was reported already.
    fn invalid(&mut self, line: Range<usize>, rest: &str) -> Option<Piece> {
        let behind = (line.end + 1).min(self.end);
        self.search = behind;
        if self.spoiled {
            return None;
        }
        let dashes = line.start + SEPARATOR.len();
        let from = dashes + self.text[dashes..line.end].find(rest).unwrap_or(0);
        let separator = Separator { line: line.clone(), rest: from..from + rest.len(), shape: shape(self.text, &line) };
        match separator.shape {
            Shape::Armour => self.spoiled = true,
            Shape::Content | Shape::Stuck => {
                let before = self.start..line.start;
                self.next = (!before.is_empty()).then_some(before);
                self.start = if separator.shape == Shape::Content { line.start } else { behind };
            }
        }
        Some(Piece::Invalid(separator))
    }
}

/// The cuts that make stretches of about `size` bytes out of a long stream, such that the stretches hold the same
/// pieces as the whole.
///
/// A stretch ends before a valid separator line whose previous line does not begin with `---`, and the next one begins
/// behind that line. There the document in hand is never empty, so that the split is in the same state behind the
/// separator as at the start of a stream. Nor does a stretch end with a suppression comment that reaches over the
/// separator.
#[must_use]
pub fn stretches(text: &[u8], size: usize) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut start = 0;
    let mut from = size;
    while let Some(line) = safe_separator(text, start, from) {
        stretches.push(start..line.start);
        start = line.end;
        from = start + size;
    }
    if start < text.len() {
        stretches.push(start..text.len());
    }
    stretches
}

/// The first separator line at or behind the line of `from` where the stream can be cut, its line end included. The
/// stretch begins at `start`.
fn safe_separator(text: &[u8], start: usize, from: usize) -> Option<Range<usize>> {
    let mut from = from;
    let mut reached_over = start;
    loop {
        let at = from + FINDER.find(text.get(from..)?)? + 1;
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length + 1);
        let previous = memchr::memrchr(b'\n', &text[..at - 1]).map_or(0, |before| before + 1);
        let valid = std::str::from_utf8(&text[at + SEPARATOR.len()..end])
            .is_ok_and(|rest| rest.trim().is_empty() || rest.trim().starts_with('#'));
        if valid && !text[previous..].starts_with(SEPARATOR.as_bytes()) {
            if !is_reached_over(text, start, reached_over, at) {
                return Some(at..end);
            }
            reached_over = at;
        }
        from = end - 1;
        // The last line has no line end: nothing can follow.
        if text.get(from) != Some(&b'\n') {
            return None;
        }
    }
}

/// Whether a suppression comment above the separator line at `at` stands for a line below it: there is nothing but
/// comments, separators and empty lines between them. Of a separator at `known`, if that is not the `start` of the
/// stretch, this is known already, so that no line is looked at twice.
fn is_reached_over(text: &[u8], start: usize, known: usize, at: usize) -> bool {
    let mut end = at;
    while end > start {
        if end == known {
            return true;
        }
        let line_end = end - 1;
        let line = memchr::memrchr2(b'\n', b'\r', &text[start..line_end]).map_or(start, |before| start + before + 1);
        let content = text[line..line_end].trim_ascii_start();
        let is_comment = content.starts_with(b"#");
        if is_comment && suppression::is_in(content) {
            return true;
        }
        if !(is_comment || content.is_empty() || content.starts_with(SEPARATOR.as_bytes())) {
            return false;
        }
        end = line;
    }
    false
}

/// The start of the first line in the stretch that begins with `---`. The stretch begins at the start of a line.
fn separator_candidate(text: &str, range: Range<usize>) -> Option<usize> {
    let bytes = &text.as_bytes()[range.clone()];
    if bytes.starts_with(SEPARATOR.as_bytes()) {
        return Some(range.start);
    }
    FINDER.find(bytes).map(|at| range.start + at + 1)
}

/// The end of the line that begins at `at`, without its line feed; a carriage return before that belongs to the line.
fn line_end(text: &str, at: usize, end: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[at..end]).map_or(end, |length| at + length)
}

fn shape(text: &str, line: &Range<usize>) -> Shape {
    let line = &text[line.clone()];
    if line.starts_with("-----BEGIN ") || line.starts_with("-----END ") || line.starts_with("---- BEGIN ") {
        Shape::Armour
    } else if line[SEPARATOR.len()..].starts_with([' ', '\t']) {
        Shape::Content
    } else {
        Shape::Stuck
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn documents(text: &str) -> Vec<&str> {
        pieces(text, 0..text.len())
            .filter_map(|piece| match piece {
                Piece::Document(range) => Some(&text[range]),
                Piece::Invalid(_) => None,
            })
            .collect()
    }

    fn invalid(text: &str) -> Vec<(Shape, &str)> {
        pieces(text, 0..text.len())
            .filter_map(|piece| match piece {
                Piece::Document(_) => None,
                Piece::Invalid(separator) => Some((separator.shape, &text[separator.rest])),
            })
            .collect()
    }

    #[test]
    fn a_leading_separator_belongs_to_the_first_document() {
        assert_eq!(documents("---\na: 1\n---\nb: 2"), ["---\na: 1\n", "b: 2"]);
        assert_eq!(documents("---\n---\na: 1\n"), ["---\n", "a: 1\n"]);
        assert_eq!(documents("a\n---\n---\n---\nb\n"), ["a\n", "---\n", "b\n"]);
        assert_eq!(documents("a: 1\n---"), ["a: 1\n"]);
        assert!(documents("").is_empty());
    }

    #[test]
    fn only_column_zero_separates_and_blanks_may_follow() {
        assert_eq!(documents("a: 1\n ---\nb: 2\n"), ["a: 1\n ---\nb: 2\n"]);
        assert_eq!(documents("a\r\n--- \t# c\r\nb\r\n"), ["a\r\n", "b\r\n"]);
        assert_eq!(documents("a\n---\u{a0}\u{2003}\nb"), ["a\n", "b"]);
    }

    #[test]
    fn an_invalid_separator_is_said_before_the_document_it_spoils_and_the_rest_goes_on() {
        let text = "a: 1\n---foo\nb: 2\n---\nc: 3\n";
        let all: Vec<_> = pieces(text, 0..text.len()).collect();
        assert!(matches!(&all[0], Piece::Invalid(separator) if separator.rest == (8..11)));
        assert_eq!(documents(text), ["a: 1\n", "b: 2\n", "c: 3\n"]);
        assert_eq!(invalid(text), [(Shape::Stuck, "foo")]);
    }

    #[test]
    fn content_on_the_separator_line_begins_a_document() {
        assert_eq!(documents("a: 1\n--- {b: 2}\n"), ["a: 1\n", "--- {b: 2}\n"]);
        assert_eq!(invalid("--- |\n x\n"), [(Shape::Content, "|")]);
        assert_eq!(documents("--- |\n x\n"), ["--- |\n x\n"]);
    }

    #[test]
    fn armoured_text_spoils_its_document_and_is_said_once() {
        let text = "a: 1\n---\ncrt: |\n-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n---\nb: 2\n";
        assert_eq!(documents(text), ["a: 1\n", "b: 2\n"]);
        assert_eq!(invalid(text), [(Shape::Armour, "--BEGIN CERTIFICATE-----")]);
    }

    /// The obligation behind [`stretches`]: cutting changes nothing, wherever the cuts fall.
    #[test]
    fn stretches_hold_the_same_pieces_as_the_whole() {
        let lines = [
            "---\n",
            "---\r\n",
            "--- # c\n",
            "---foo\n",
            "--- x\n",
            "-----BEGIN X-----\n",
            "a: 1\n",
            "\n",
            "b",
            "# plimsoll: x\n",
        ];
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut cuts = 0;
        for _ in 0..40_000 {
            let mut text = String::new();
            for _ in 0..(1 + random(&mut state) % 12) {
                text.push_str(lines[random(&mut state) % lines.len()]);
            }
            let size = 1 + random(&mut state) % 12;
            let stretches = stretches(text.as_bytes(), size);
            cuts += stretches.len().saturating_sub(1);
            let cut: Vec<Piece> = stretches.into_iter().flat_map(|stretch| pieces(&text, stretch)).collect();
            let whole: Vec<Piece> = pieces(&text, 0..text.len()).collect();
            assert_eq!(cut, whole, "{text:?} in stretches of {size}");
        }
        assert!(cuts > 10_000, "{cuts} cuts prove little");
    }

    #[test]
    fn no_cut_parts_a_comment_from_the_line_it_stands_for() {
        let cuts = |text: &str| stretches(text.as_bytes(), 1).len() - 1;
        assert_eq!(cuts("a: 1\n# plimsoll: ignore[x]\n---\nb: 2\n"), 0);
        assert_eq!(cuts("a: 1\n  # plimsoll: ignore[x]\r\n\r\n# c\r\n---\r\nb: 2\r\n"), 0);
        assert_eq!(cuts("a: 1\n# plimsoll: ignore[x]\n---\n# c\n---\nb: 2\n---\nc: 3\n"), 1);
        assert_eq!(cuts("# plimsoll: ignore[x]\na: 1\n# plain\n---\nb: 2\n"), 1);
        assert_eq!(cuts("a: 1 # plimsoll: ignore[x]\n---\nb: 2\n"), 1);
    }

    /// Minutes, if every separator looked back to the first line.
    #[test]
    fn many_comments_and_separators_are_looked_at_once() {
        let start = std::time::Instant::now();
        let comments = format!("# plimsoll: x\n{}", "# c\n---\n".repeat(200_000));
        assert_eq!(stretches(comments.as_bytes(), 10).len(), 1);
        assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
    }

    fn random(state: &mut u64) -> usize {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state >> 33) as usize
    }
}
