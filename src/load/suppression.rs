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
pub fn is_in(text: &str) -> bool {
    FINDER.find(text.as_bytes()).is_some()
}

/// Finds the suppression comments of `text`, whose tree is given. Comments in the stretches `unread`, which come in order
/// and of which there is no tree, are left alone. A comment for the whole file must begin before `top`.
#[must_use]
pub fn find(text: &str, tree: &Tree, unread: &[Range<usize>], top: usize) -> Found {
    let mut found = Found::default();
    for marker in FINDER.find_iter(text.as_bytes()) {
        let Some(hash) = comment_start(text, marker) else { continue };
        let before = unread.partition_point(|range| range.start <= hash);
        let is_read = before.checked_sub(1).is_none_or(|at| !unread[at].contains(&hash));
        if is_read && !is_in_scalar(text, tree, hash) {
            let comment = Comment { text, tree, range: hash..line_end(text, hash), body: marker + MARKER.len() };
            match comment.read(hash < top) {
                Ok(suppression) => found.suppressions.push(suppression),
                Err(finding) => found.findings.push(*finding),
            }
        }
    }
    found
}

/// The `#` before a marker, if nothing but blanks is between them and it can begin a comment.
fn comment_start(text: &str, marker: usize) -> Option<usize> {
    let hash = text[..marker].trim_end_matches([' ', '\t']).strip_suffix('#')?.len();
    text[..hash].ends_with([' ', '\t', '\n', '\r', '\u{feff}']).then_some(hash).or((hash == 0).then_some(0))
}

/// Whether a `#` belongs to the content of a quoted or block scalar. Nodes lie in the order of their first bytes.
fn is_in_scalar(text: &str, tree: &Tree, hash: usize) -> bool {
    let before = tree.nodes.partition_point(|node| node.start as usize <= hash);
    let Some(node) = before.checked_sub(1).map(|at| &tree.nodes[at]) else { return false };
    node.kind == Kind::Scalar && (node.end as usize) > hash && !is_on_block_header(text, node, hash)
}

/// Whether a comment stands behind the `|` or `>` of a block scalar.
fn is_on_block_header(text: &str, node: &Node, hash: usize) -> bool {
    matches!(node.style, Style::Literal | Style::Folded) && line_end(text, node.start as usize) > hash
}

/// A comment that holds the marker.
struct Comment<'t> {
    text: &'t str,
    tree: &'t Tree,
    /// From `#` to the end of the line.
    range: Range<usize>,
    /// Where the text behind the marker begins.
    body: usize,
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
            reach: if whole_file { 0..u32::MAX } else { self.reach() },
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

    /// The line of the comment, or, if it stands alone, the next line that holds something else than a comment or a
    /// document separator.
    fn reach(&self) -> Range<u32> {
        let start = line_start(self.text, self.range.start);
        if !self.text[start..self.range.start].trim_matches([' ', '\t', '\u{feff}']).is_empty() {
            return self.place(start)..self.place(self.behind(self.range.end));
        }
        let mut at = self.range.end;
        while at < self.text.len() {
            let end = line_end(self.text, at);
            let line = self.text[at..end].trim();
            if !(line.is_empty() || line.starts_with('#') || line.starts_with("---")) {
                return self.place(at)..self.place(self.behind(end));
            }
            at = (end + 1).min(self.text.len());
        }
        self.place(self.range.end)..self.place(self.range.end)
    }

    /// The start of the next line: a value that is missing at the end of a line belongs to it.
    fn behind(&self, line_end: usize) -> usize {
        (line_end + 1).min(self.text.len())
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

fn line_start(text: &str, at: usize) -> usize {
    memchr::memrchr2(b'\n', b'\r', &text.as_bytes()[..at]).map_or(0, |before| before + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &text.as_bytes()[at..]).map_or(text.len(), |length| at + length)
}
