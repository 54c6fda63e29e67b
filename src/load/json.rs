//! JSON as Go's `encoding/json` decoder reads it, into the same tree as YAML.
//!
//! Streams that begin with `{` are JSON first for every client (`YAMLOrJSONDecoder` of k8s.io/apimachinery 1.35): tabs
//! indent, `\/` and surrogate pairs are fine, and several objects may follow one another.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use crate::model::node::{Kind, Node, Style, Tag, Tree};
use crate::model::scalar;

/// How deep Go's decoder nests (`maxNestingDepth` in `encoding/json/scanner.go`).
const MAX_DEPTH: usize = 10_000;

/// How many bytes clients look at to tell JSON from YAML (kubectl's buffer).
const GUESS_BYTES: usize = 4096;

/// What keeps a text from being JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The offending bytes.
    pub span: Range<usize>,
    /// What is wrong, as a fragment.
    pub message: String,
}

/// Whether clients try to read a stream as JSON: its first character that is not blank is `{`.
#[must_use]
pub fn begins(text: &str) -> bool {
    text.char_indices()
        .take_while(|(at, _)| *at < GUESS_BYTES)
        .find(|(_, character)| !character.is_whitespace())
        .is_some_and(|(_, character)| character == '{')
}

/// The offset of the next byte at or behind `at` that is not blank in JSON.
#[must_use]
pub fn skip_blanks(text: &str, at: usize) -> usize {
    let blanks = text.as_bytes()[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
    at + blanks
}

/// Reads the value that begins at `at`, which is not blank, and appends it to the tree. Returns the index of its root
/// and the offset behind it. What follows the value is not looked at.
///
/// # Errors
///
/// The first byte that JSON does not allow; the tree is then as it was before.
pub fn value(text: &str, at: usize, tree: &mut Tree) -> Result<(u32, usize), Fault> {
    let root = tree.nodes.len();
    let mut reader = Reader { bytes: text.as_bytes(), at, nodes: &mut tree.nodes, open: Vec::new() };
    match reader.document() {
        Ok(()) => Ok((root as u32, reader.at)),
        Err(fault) => {
            tree.nodes.truncate(root);
            Err(fault)
        }
    }
}

/// The keys of the value at `root`, the last of the tree, that repeat another one in the same object: (first, repeated).
#[must_use]
pub fn duplicate_keys(text: &str, tree: &Tree, root: u32) -> Vec<(u32, u32)> {
    let mut duplicates = Vec::new();
    for (at, node) in tree.nodes.iter().enumerate().skip(root as usize) {
        if node.kind != Kind::Mapping || node.b < 4 {
            continue;
        }
        // A fresh map: clearing a big one for each of many small objects would not be linear.
        let mut seen: HashMap<Cow<'_, str>, u32> = HashMap::with_capacity(node.b as usize / 2);
        let mut key = at as u32 + 1;
        while key < node.a {
            match seen.entry(scalar::decode(&tree.nodes[key as usize], text)) {
                Entry::Occupied(first) => duplicates.push((*first.get(), key)),
                Entry::Vacant(place) => {
                    place.insert(key);
                }
            }
            // The node behind a key, which is a string, is its value.
            key = tree.nodes[key as usize + 1].next(key + 1);
        }
    }
    duplicates
}

/// A cursor over the text, and the collections that are open.
struct Reader<'t, 'n> {
    bytes: &'t [u8],
    at: usize,
    nodes: &'n mut Vec<Node>,
    open: Vec<u32>,
}

/// What may come next.
#[derive(Clone, Copy)]
enum Expect {
    Value,
    /// Directly behind `[`.
    ItemOrEnd,
    /// Directly behind `{`.
    KeyOrEnd,
    Key,
    Colon,
    CommaOrEnd,
}

impl Reader<'_, '_> {
    fn document(&mut self) -> Result<(), Fault> {
        let mut expect = Expect::Value;
        loop {
            self.skip_blanks();
            let Some(&byte) = self.bytes.get(self.at) else {
                return Err(self.fault(0, "the JSON text ends too early"));
            };
            expect = match (expect, byte) {
                (Expect::Value | Expect::ItemOrEnd, b'{') => self.begin(Kind::Mapping)?,
                (Expect::Value | Expect::ItemOrEnd, b'[') => self.begin(Kind::Sequence)?,
                (Expect::ItemOrEnd, b']') | (Expect::KeyOrEnd, b'}') => self.finish(),
                (Expect::Value | Expect::ItemOrEnd, _) => {
                    self.scalar(byte)?;
                    Expect::CommaOrEnd
                }
                (Expect::KeyOrEnd | Expect::Key, b'"') => {
                    self.string()?;
                    Expect::Colon
                }
                (Expect::Colon, b':') => {
                    self.at += 1;
                    Expect::Value
                }
                (Expect::CommaOrEnd, b',') => {
                    self.at += 1;
                    if self.innermost() == Some(Kind::Mapping) { Expect::Key } else { Expect::Value }
                }
                (Expect::CommaOrEnd, b'}') if self.innermost() == Some(Kind::Mapping) => self.finish(),
                (Expect::CommaOrEnd, b']') if self.innermost() == Some(Kind::Sequence) => self.finish(),
                (expect, _) => return Err(self.unexpected(expect)),
            };
            if self.open.is_empty() {
                return Ok(());
            }
        }
    }

    fn innermost(&self) -> Option<Kind> {
        self.open.last().map(|&at| self.nodes[at as usize].kind)
    }

    fn begin(&mut self, kind: Kind) -> Result<Expect, Fault> {
        if self.open.len() == MAX_DEPTH {
            return Err(self.fault(1, "JSON is nested more than 10,000 levels deep"));
        }
        self.child();
        self.open.push(self.nodes.len() as u32);
        self.push(kind, Style::Flow, self.at..self.at, 0..0, 0);
        self.at += 1;
        Ok(if kind == Kind::Mapping { Expect::KeyOrEnd } else { Expect::ItemOrEnd })
    }

    fn finish(&mut self) -> Expect {
        self.at += 1;
        let next = self.nodes.len() as u32;
        if let Some(at) = self.open.pop() {
            let node = &mut self.nodes[at as usize];
            node.end = self.at as u32;
            node.a = next;
        }
        Expect::CommaOrEnd
    }

    /// Counts one more key, value or item of the innermost collection.
    fn child(&mut self) {
        if let Some(&at) = self.open.last() {
            self.nodes[at as usize].b += 1;
        }
    }

    fn push(&mut self, kind: Kind, style: Style, span: Range<usize>, content: Range<usize>, flags: u8) {
        self.nodes.push(Node {
            kind,
            style,
            tag: Tag::None,
            flags,
            start: span.start as u32,
            end: span.end as u32,
            a: content.start as u32,
            b: content.len() as u32,
        });
    }

    fn scalar(&mut self, first: u8) -> Result<(), Fault> {
        if first == b'"' {
            return self.string();
        }
        let start = self.at;
        match first {
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            b'n' => self.word("null")?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => return Err(self.unexpected(Expect::Value)),
        }
        self.child();
        self.push(Kind::Scalar, Style::Plain, start..self.at, start..self.at, 0);
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.unexpected(Expect::Value));
        }
        self.at += word.len();
        Ok(())
    }

    /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`, and within the range of a 64-bit float.
    fn number(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.step_over(b"-");
        if !self.step_over(b"0") {
            self.digits()?;
        }
        if self.step_over(b".") {
            self.digits()?;
        }
        if self.step_over(b"eE") {
            self.step_over(b"+-");
            self.digits()?;
        }
        let text = std::str::from_utf8(&self.bytes[start..self.at]).unwrap_or_default();
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(()),
            _ => Err(Fault { span: start..self.at, message: "the number does not fit a 64-bit float".into() }),
        }
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let digits = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return Err(self.fault(1, "a digit is missing in a JSON number"));
        }
        self.at += digits;
        Ok(())
    }

    fn step_over(&mut self, any: &[u8]) -> bool {
        let here = self.bytes.get(self.at).is_some_and(|byte| any.contains(byte));
        self.at += usize::from(here);
        here
    }

    fn string(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let mut flags = Node::TEXT;
        self.at += 1;
        loop {
            let Some(&byte) = self.bytes.get(self.at) else {
                self.at = start;
                return Err(self.fault(1, "a JSON string is not closed"));
            };
            match byte {
                b'"' => break,
                b'\\' => {
                    flags = Node::ESCAPED;
                    self.escape()?;
                }
                0..0x20 => return Err(self.fault(1, "a JSON string holds a line end or another control character")),
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.child();
        self.push(Kind::Scalar, Style::Json, start..self.at, start + 1..self.at - 1, flags);
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Fault> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u')
                if self.bytes[self.at + 2..].iter().take(4).filter(|byte| byte.is_ascii_hexdigit()).count() == 4 =>
            {
                self.at += 6;
            }
            Some(b'u') => return Err(self.fault(2, "`\\u` needs four hexadecimal digits in JSON")),
            _ => return Err(self.fault(1, "JSON knows no such escape")),
        }
        Ok(())
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn unexpected(&self, expect: Expect) -> Fault {
        self.fault(
            1,
            match expect {
                Expect::Value => "JSON needs a value here",
                Expect::ItemOrEnd => "JSON needs a value or `]` here",
                Expect::KeyOrEnd => "JSON needs a key in double quotes or `}` here",
                Expect::Key => "JSON needs a key in double quotes here",
                Expect::Colon => "JSON needs `:` here",
                Expect::CommaOrEnd => "JSON needs `,` or the end of the collection here",
            },
        )
    }

    /// A fault at the cursor, `length` bytes long, or as long as the character there.
    fn fault(&self, length: usize, message: &str) -> Fault {
        let mut end = (self.at + length).min(self.bytes.len());
        while length > 0 && self.bytes.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
            end += 1;
        }
        Fault { span: self.at.min(end)..end, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::source::FileId;

    fn read(text: &str) -> Result<(Tree, usize), Fault> {
        let mut tree = Tree::new(FileId(0));
        value(text, skip_blanks(text, 0), &mut tree).map(|(_, end)| (tree, end))
    }

    fn fault(text: &str) -> (String, String) {
        let fault = read(text).unwrap_err();
        (text[fault.span].to_owned(), fault.message)
    }

    #[test]
    fn every_node_has_its_place() {
        let text = " {\"a\": [1, -2.5e3, true], \"b\\n\": {}} x";
        let (tree, end) = read(text).unwrap();
        let spans: Vec<_> = tree.nodes.iter().map(|node| &text[node.start as usize..node.end as usize]).collect();
        assert_eq!(
            spans,
            [
                "{\"a\": [1, -2.5e3, true], \"b\\n\": {}}",
                "\"a\"",
                "[1, -2.5e3, true]",
                "1",
                "-2.5e3",
                "true",
                "\"b\\n\"",
                "{}"
            ]
        );
        assert_eq!((tree.nodes[0].a, tree.nodes[0].b), (8, 4));
        assert_eq!((tree.nodes[2].a, tree.nodes[2].b), (6, 3));
        assert!(tree.nodes[6].has(Node::ESCAPED) && !tree.nodes[1].has(Node::ESCAPED));
        assert_eq!(&text[end..], " x");
    }

    #[test]
    fn what_go_refuses_is_refused_at_the_byte() {
        assert_eq!(fault("{a: 1}").0, "a");
        assert_eq!(fault("{\"a\": 1,}"), ("}".into(), "JSON needs a key in double quotes here".into()));
        assert_eq!(fault("[1,]"), ("]".into(), "JSON needs a value here".into()));
        assert_eq!(fault("{\"a\": é}").0, "é");
        assert_eq!(fault("{\"a\" 1}").0, "1");
        assert_eq!(fault("[01]").0, "1");
        assert_eq!(fault("[1.]").0, "]");
        assert_eq!(fault("[1e999]").0, "1e999");
        assert_eq!(fault("[\"a\tb\"]").0, "\t");
        assert_eq!(fault("[\"\\x41\"]").0, "\\");
        assert_eq!(fault("[\"\\u12\"]").0, "\\u");
        assert_eq!(fault("{\"a\": \"b").0, "\"");
        assert_eq!(fault("{").0, "");
        assert_eq!(fault("{]").0, "]");
    }

    #[test]
    fn a_refused_value_leaves_nothing_in_the_tree() {
        let mut tree = Tree::new(FileId(0));
        value("[1]", 0, &mut tree).unwrap();
        assert!(value("[1, [2, }", 0, &mut tree).is_err());
        assert_eq!(tree.nodes.len(), 2);
    }

    #[test]
    fn repeated_keys_are_found_in_each_object_on_its_own() {
        let text = "{\"a\": {\"b\": 1, \"c\": [], \"b\": 2}, \"b\": 3, \"a\": 4}";
        let (tree, _) = read(text).unwrap();
        let keys: Vec<_> = duplicate_keys(text, &tree, 0)
            .into_iter()
            .map(|(first, second)| [first, second].map(|at| tree.nodes[at as usize].start))
            .collect();
        assert_eq!(keys, [[1, 41], [7, 24]]);
    }

    #[test]
    fn nesting_is_bounded_and_needs_no_stack() {
        assert!(read(&format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))).is_ok());
        assert!(fault(&"[".repeat(20_000)).1.contains("10,000"));
    }

    #[test]
    fn only_a_brace_at_the_start_makes_a_stream_json() {
        assert!(begins(" \n\u{a0}{") && begins("{{ x }}"));
        assert!(
            !begins("[1]") && !begins("\u{feff}{}") && !begins("") && !begins(&format!("{}{{}}", " ".repeat(4096)))
        );
    }
}
