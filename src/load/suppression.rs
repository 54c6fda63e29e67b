//! Suppression comments: finding them, and saying what is wrong with those that suppress nothing.
//!
//! The text is searched for the marker once; a file without it costs one pass of `memmem`. Whether a `#` begins a
//! comment is read from the tree: in a quoted or block scalar it does not.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::model::diagnostic::Diagnostic;
use crate::model::node::{Kind, Node, Style, Tree};
use crate::model::source::Span;
use crate::model::suppression::Suppression;

use super::rules::INVALID_SUPPRESSION;

/// What every suppression comment holds.
pub const MARKER: &str = "plimsoll:";

static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MARKER));

/// The two forms, for the help of findings.
const FORMS: &str = "write `# plimsoll: ignore[rule-id] reason`, or `# plimsoll: ignore-file[rule-id] reason` at the \
                     top of the file";

/// The suppression comments of a text.
#[derive(Debug, Default)]
pub struct Found {
    /// Those that are well formed.
    pub suppressions: Vec<Suppression>,
    /// What is wrong with the others.
    pub findings: Vec<Diagnostic>,
}

/// Whether a text may have suppression comments.
#[must_use]
pub fn is_in(text: &[u8]) -> bool {
    FINDER.find(text).is_some()
}

/// Finds the suppression comments of `text`, whose tree is given. Comments in the stretches `unread`, which come in order
/// and of which there is no tree, are left alone. A comment for the whole file must begin before `top`.
#[must_use]
pub fn find(text: &str, tree: &Tree, unread: &[Range<usize>], top: usize) -> Found {
    let mut found = Found::default();
    let mut lines = Lines::new(text);
    let begin = |marker: usize| Some((comment_start(text, marker)?, marker + MARKER.len()));
    let mut comments = FINDER.find_iter(text.as_bytes()).filter_map(begin).peekable();
    while let Some((hash, body)) = comments.next() {
        let line = lines.around(hash);
        let before = unread.partition_point(|range| range.start <= hash);
        let is_read = before.checked_sub(1).is_none_or(|at| !unread[at].contains(&hash));
        if is_read && !is_in_scalar(tree, hash, line.start) {
            let end = match comments.peek() {
                Some((next, _)) if *next < line.end => hash + text[hash..*next].trim_end().len(),
                _ => line.end,
            };
            let comment = Comment { text, tree, range: hash..end, body, reach: lines.reach(hash) };
            match comment.read(hash < top) {
                Ok(suppression) => found.suppressions.push(suppression),
                Err(finding) => found.findings.push(*finding),
            }
        }
    }
    found
}

/// The lines of a text, asked for in order. Whether many comments stand on one line or many lines of comments follow
/// each other, each line is looked at once.
struct Lines<'t> {
    text: &'t str,
    /// The line last asked for.
    line: Range<usize>,
    /// What the comments on it reach.
    reach: Option<Range<usize>>,
    /// Where a line with content was last looked for, and the line, if there is one behind that.
    ahead: (usize, Option<Range<usize>>),
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let line = 0..line_end(text, 0);
        let ahead = next_content(text, line.end);
        Lines { text, reach: None, ahead: (line.end, ahead), line }
    }

    /// The line around a place, without its line end.
    fn around(&mut self, at: usize) -> Range<usize> {
        if at > self.line.end {
            let bytes = &self.text.as_bytes()[self.line.end..at];
            let start = memchr::memrchr2(b'\n', b'\r', bytes).map_or(0, |before| self.line.end + before + 1);
            self.line = start..line_end(self.text, at);
            self.reach = None;
        }
        self.line.clone()
    }

    /// What comments on the line last asked for reach, of which the first is at `hash`: the line, or, if nothing else
    /// stands on it, the next line with content.
    fn reach(&mut self, hash: usize) -> Range<usize> {
        if let Some(reach) = &self.reach {
            return reach.clone();
        }
        let is_alone = self.text[self.line.start..hash].trim_matches([' ', '\t', '\u{feff}']).is_empty();
        let reach = if is_alone { self.ahead() } else { self.line.clone() };
        // A value that is missing at the end of a line belongs to it.
        let end = if reach.is_empty() { reach.end } else { (reach.end + 1).min(self.text.len()) };
        self.reach.insert(reach.start..end).clone()
    }

    /// The next line with content, or nothing behind this line.
    fn ahead(&mut self) -> Range<usize> {
        let from = self.line.end;
        if self.ahead.0 > from || self.ahead.1.as_ref().is_some_and(|line| line.start < from) {
            self.ahead = (from, next_content(self.text, from));
        }
        self.ahead.1.clone().unwrap_or(from..from)
    }
}

/// The first line behind a line end that holds something else than a comment or a document separator.
fn next_content(text: &str, line_end_at: usize) -> Option<Range<usize>> {
    let mut at = line_end_at;
    while at < text.len() {
        let end = line_end(text, at);
        let line = text[at..end].trim();
        if !(line.is_empty() || line.starts_with('#') || line.starts_with("---")) {
            return Some(at..end);
        }
        at = (end + 1).min(text.len());
    }
    None
}

/// The `#` before a marker, if nothing but blanks is between them and it can begin a comment.
fn comment_start(text: &str, marker: usize) -> Option<usize> {
    let hash = text[..marker].trim_end_matches([' ', '\t']).strip_suffix('#')?.len();
    text[..hash].ends_with([' ', '\t', '\n', '\r', '\u{feff}']).then_some(hash).or((hash == 0).then_some(0))
}

/// Whether a `#` belongs to the content of a quoted or block scalar. Nodes lie in the order of their first bytes.
fn is_in_scalar(tree: &Tree, hash: usize, line_start: usize) -> bool {
    let before = tree.nodes.partition_point(|node| node.start as usize <= hash);
    let Some(node) = before.checked_sub(1).map(|at| &tree.nodes[at]) else { return false };
    node.kind == Kind::Scalar && (node.end as usize) > hash && !is_on_block_header(node, line_start)
}

/// Whether a comment on the line that starts there stands behind the `|` or `>` of a block scalar.
fn is_on_block_header(node: &Node, line_start: usize) -> bool {
    matches!(node.style, Style::Literal | Style::Folded) && line_start <= node.start as usize
}

/// A comment that holds the marker.
struct Comment<'t> {
    text: &'t str,
    tree: &'t Tree,
    /// From `#` to the end of the line, or to the next one on it.
    range: Range<usize>,
    /// Where the text behind the marker begins.
    body: usize,
    /// What it reaches if it is not for the whole file.
    reach: Range<usize>,
}

impl Comment<'_> {
    fn read(&self, at_top: bool) -> Result<Suppression, Box<Diagnostic>> {
        let body = &self.text[self.body..self.range.end];
        let verb_at = self.body + (body.len() - body.trim_start().len());
        let verb_text = &self.text[verb_at..self.range.end];
        let length = verb_text.find(|character: char| character == '[' || character.is_whitespace());
        let verb = verb_at..verb_at + length.unwrap_or(verb_text.len());
        let whole_file = match &self.text[verb.clone()] {
            "ignore" => false,
            "ignore-file" => true,
            "" => return Err(self.fault(self.range.clone(), "the comment suppresses nothing", "`ignore` is missing")),
            other => return Err(self.fault(verb, &format!("`{other}` is no suppression"), "neither of the two forms")),
        };
        let Some(list) = self.text[verb.end..self.range.end].trim_start().strip_prefix('[') else {
            return Err(self.fault(verb, "the suppression names no rule", "the rules go in brackets behind this"));
        };
        let open = self.range.end - list.len() - 1;
        let Some(length) = list.find(']') else {
            return Err(self.fault(open..open + 1, "the list of rules is not closed", "no `]` follows on this line"));
        };
        let rules = self.rules(open + 1..open + 1 + length);
        if rules.is_empty() {
            return Err(self.fault(open..open + length + 2, "the suppression names no rule", "an empty list"));
        }
        if whole_file && !at_top {
            let message = "`ignore-file` stands behind the start of the first document";
            return Err(self.fault(verb, message, "suppresses nothing here"));
        }
        let reason = list[length + 1..].trim();
        Ok(Suppression {
            span: self.span(self.range.clone()),
            rules,
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
            reach: if whole_file { 0..u32::MAX } else { self.place(self.reach.start)..self.place(self.reach.end) },
            whole_file,
        })
    }

    /// The ids between the brackets with their places.
    fn rules(&self, list: Range<usize>) -> Vec<(String, Span)> {
        let mut rules = Vec::new();
        let mut at = list.start;
        for item in self.text[list].split(',') {
            let id = item.trim();
            if !id.is_empty() {
                let start = at + (item.len() - item.trim_start().len());
                rules.push((id.to_owned(), self.span(start..start + id.len())));
            }
            at += item.len() + 1;
        }
        rules
    }

    fn fault(&self, range: Range<usize>, message: &str, label: &str) -> Box<Diagnostic> {
        Box::new(Diagnostic::new(INVALID_SUPPRESSION, self.span(range), message, label).help(FORMS))
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.tree.file, self.place(range.start), self.place(range.end))
    }

    fn place(&self, offset: usize) -> u32 {
        self.tree.base + offset as u32
    }
}

fn line_end(text: &str, at: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &text.as_bytes()[at..]).map_or(text.len(), |length| at + length)
}
