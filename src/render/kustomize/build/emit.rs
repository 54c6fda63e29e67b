//! Drafts become YAML again, with the origin of every key and scalar of it.

use std::borrow::Cow;
use std::fmt::Write;

use crate::model::node::{Kind, Node as Written, Style, Tag};
use crate::model::scalar::{self, Scalar};
use crate::model::value::Value;

use super::draft::{Chain, Node, Trace, is_string, is_true_or_false, written_key};
use super::source::Frozen;

/// A text with the origins of stretches of it, in order.
#[derive(Debug, Default)]
pub(in crate::render) struct Emitted {
    pub text: String,
    pub places: Vec<Place>,
    /// Something was left out because it is too long or too deep.
    pub cut: bool,
}

/// The longest text that is made of an object, in bytes: a megabyte and a half is what a cluster takes.
const LONGEST: usize = 16 << 20;

const SPACES: &str = "                                ";

/// The deepest nesting, in columns of indentation.
const DEEPEST: usize = 4_000;

/// A key or a scalar, or a collection with nothing in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::render) struct Place {
    pub start: u32,
    pub end: u32,
    pub trace: Trace,
    /// The text is that of the source, byte for byte.
    pub exact: bool,
}

/// What is the same all through a part of a source.
struct Frame<'f> {
    frozen: &'f Frozen,
    chain: &'f Chain,
}

impl Frame<'_> {
    fn trace(&self, value: Value<'_>) -> Trace {
        Trace { span: self.frozen.source.span(value.node()), chain: self.chain.clone() }
    }
}

impl Emitted {
    /// Writes a document with its line end.
    pub fn document(&mut self, root: &Node) {
        self.node(root, 0, false);
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// Writes a value behind a key or a dash (`inline`: on its line), or at the start of a line.
    fn node(&mut self, node: &Node, indent: usize, inline: bool) {
        if self.text.len() > LONGEST || indent > DEEPEST {
            self.cut = true;
            return;
        }
        match node {
            Node::Frozen(frozen, chain) => self.frozen(&Frame { frozen, chain }, frozen.value(), indent, inline),
            Node::Scalar { text, string, trace, .. } => {
                let start = self.text.len();
                if *string {
                    self.string(text, indent)
                } else {
                    self.text.push_str(text)
                }
                self.place(start, trace.clone(), false);
            }
            node if node.is_empty() => {
                let start = self.text.len();
                self.text.push_str(if node.is_map() { "{}" } else { "[]" });
                self.place(start, node.trace(), false);
            }
            Node::List(list) => {
                for (number, item) in list.items.iter().enumerate() {
                    if number > 0 || !inline {
                        self.line(indent);
                    }
                    self.text.push_str("- ");
                    self.node(item, indent + 2, true);
                }
            }
            Node::Map(map) => {
                for (number, entry) in map.entries.iter().enumerate() {
                    if number > 0 || !inline {
                        self.line(indent);
                    }
                    let start = self.text.len();
                    self.key(&entry.key);
                    self.place(start, entry.trace.clone(), false);
                    self.text.push(':');
                    if entry.value.is_empty() || !(entry.value.is_map() || entry.value.is_list()) {
                        if !entry.value.is_absent() {
                            self.text.push(' ');
                        }
                        self.node(&entry.value, indent + 2, true);
                    } else {
                        let deeper = if entry.value.is_list() { indent } else { indent + 2 };
                        self.node(&entry.value, deeper, false);
                    }
                }
            }
        }
    }

    /// Writes a part of a source that nothing has changed.
    fn frozen(&mut self, frame: &Frame<'_>, value: Value<'_>, indent: usize, inline: bool) {
        if self.text.len() > LONGEST || indent > DEEPEST {
            self.cut = true;
            return;
        }
        let kind = value.kind();
        if kind == Kind::Scalar {
            return self.frozen_scalar(frame, value, indent);
        }
        if value.is_empty() {
            let start = self.text.len();
            self.text.push_str(if kind == Kind::Mapping { "{}" } else { "[]" });
            return self.place(start, frame.trace(value), false);
        }
        let mut first = inline;
        if kind == Kind::Sequence {
            for item in value.items() {
                if !std::mem::take(&mut first) {
                    self.line(indent);
                }
                self.text.push_str("- ");
                self.frozen(frame, item, indent + 2, true);
            }
            return;
        }
        let may_repeat = !frame.frozen.source.part.findings.is_empty();
        for (at, entry) in value.entries().enumerate() {
            let key = written_key(entry.key);
            // The last of two equal keys wins.
            if may_repeat && value.entries().skip(at + 1).any(|later| written_key(later.key) == key) {
                continue;
            }
            if !std::mem::take(&mut first) {
                self.line(indent);
            }
            let start = self.text.len();
            self.key(&key);
            let span = frame.frozen.source.span(entry.key.written());
            self.place(start, Trace { span, chain: frame.chain.clone() }, false);
            self.text.push(':');
            let below = entry.value;
            if below.is_scalar() || below.is_empty() {
                if !(below.node().b == 0 && below.is_null()) {
                    self.text.push(' ');
                }
                self.frozen(frame, below, indent + 2, true);
            } else {
                let deeper = if below.is_sequence() { indent } else { indent + 2 };
                self.frozen(frame, below, deeper, false);
            }
        }
    }

    fn line(&mut self, indent: usize) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.spaces(indent);
    }

    fn spaces(&mut self, mut number: usize) {
        while number > 0 {
            let some = number.min(SPACES.len());
            self.text.push_str(&SPACES[..some]);
            number -= some;
        }
    }

    fn place(&mut self, start: usize, trace: Trace, exact: bool) {
        self.places.push(Place { start: start as u32, end: self.text.len() as u32, trace, exact });
    }

    /// A scalar that nothing has changed: as it is written, if it fits on a line and means the same to everybody.
    fn frozen_scalar(&mut self, frame: &Frame<'_>, value: Value<'_>, indent: usize) {
        let written = value.node();
        let start = self.text.len();
        let raw = &value.source()[written.start as usize..written.end as usize];
        let is_string = || is_string(value);
        let exact = is_portable(written, raw) && (written.has(Written::TEXT) || is_string() == value.is_string());
        if exact {
            self.text.push_str(raw);
        } else if is_string() {
            let text = frame.frozen.beside(value).text().map(Cow::into_owned).unwrap_or_default();
            // A tag can make a string of what its text is not.
            let text = if written.tag == Tag::Binary { value.as_str().map_or(text, Cow::into_owned) } else { text };
            self.string(&text, indent);
        } else {
            self.text.push_str(&plain(value));
        }
        self.place(start, frame.trace(value), exact);
    }

    fn key(&mut self, key: &str) {
        if is_plain(key) { self.text.push_str(key) } else { self.quoted(key) }
    }

    fn string(&mut self, text: &str, indent: usize) {
        if is_plain(text) {
            self.text.push_str(text);
        } else if is_block(text) {
            self.block(text, indent);
        } else {
            self.quoted(text);
        }
    }

    fn block(&mut self, text: &str, indent: usize) {
        let body = text.trim_end_matches('\n');
        self.text.push_str(match text.len() - body.len() {
            0 => "|-",
            1 => "|",
            _ => "|+",
        });
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            self.text.push('\n');
            if !line.is_empty() {
                self.spaces(indent.max(2));
                self.text.push_str(line);
            }
        }
        if text.len() - body.len() > 1 {
            self.text.push('\n');
        }
    }

    fn quoted(&mut self, text: &str) {
        self.text.push('"');
        for character in text.chars() {
            match character {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\t' => self.text.push_str("\\t"),
                '\r' => self.text.push_str("\\r"),
                other if other.is_control() || matches!(other, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                    // Writing to a String cannot fail.
                    let _ = write!(self.text, "\\u{:04x}", other as u32);
                }
                other => self.text.push(other),
            }
        }
        self.text.push('"');
    }
}

/// Whether a scalar can be copied as it stands, at another depth and in block style.
fn is_portable(node: &Written, raw: &str) -> bool {
    if node.tag != Tag::None || raw.contains(['\n', '\r']) {
        return false;
    }
    match node.style {
        Style::Plain => raw.is_empty() || raw.len() == node.b as usize,
        Style::SingleQuoted | Style::DoubleQuoted => true,
        Style::Json => !node.has(Written::ESCAPED),
        _ => false,
    }
}

/// A number, boolean or null in a spelling without tag.
fn plain(value: Value<'_>) -> Cow<'_, str> {
    match value.scalar() {
        Some(Scalar::Null) | None => Cow::Borrowed("null"),
        Some(Scalar::Bool(true)) => Cow::Borrowed("true"),
        Some(Scalar::Bool(false)) => Cow::Borrowed("false"),
        Some(Scalar::Int(number)) => Cow::Owned(number.to_string()),
        Some(Scalar::Uint(number)) => Cow::Owned(number.to_string()),
        Some(Scalar::Float(number)) => Cow::Owned(scalar::json_float(number)),
        Some(Scalar::Str(text)) => text,
    }
}

/// Whether a string needs no quotes.
pub(super) fn is_plain(text: &str) -> bool {
    let first = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'_' | b'$');
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-.$ =,+()@;".contains(&byte);
    let bytes = text.as_bytes();
    let colons = |at: usize| bytes[at] == b':' && bytes.get(at + 1).is_some_and(|next| *next != b' ');
    bytes.first().is_some_and(first)
        && bytes.iter().enumerate().all(|(at, byte)| inner(*byte) || colons(at))
        && !text.ends_with(' ')
        && scalar::is_surely_string(bytes)
        && !is_true_or_false(text)
}

/// Whether a string can be a literal block without an indentation of its own.
fn is_block(text: &str) -> bool {
    let is_first = text.starts_with(|first: char| !first.is_whitespace() && !first.is_control());
    let is_odd = |character: char| {
        (character.is_control() && !matches!(character, '\n' | '\t'))
            || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    is_first && text.contains('\n') && !text.contains(is_odd) && !text.trim_end_matches('\n').ends_with([' ', '\t'])
}
