//! Drafts become YAML again, with the origin of every key and scalar of it.

use std::borrow::Cow;
use std::fmt::Write;

use crate::model::node::{Node as Written, Style, Tag};
use crate::model::scalar::{self, Scalar};
use crate::model::value::Value;

use super::draft::{Node, Trace, is_true_or_false};
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

/// The deepest nesting, in columns of indentation.
const DEEPEST: usize = 4_000;

/// A key or a scalar, or a collection with nothing in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::render) struct Place {
    pub start: u32,
    pub end: u32,
    pub trace: Trace,
    /// The text is that of the source, byte for byte.
    pub exact: bool,
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
            Node::Frozen(frozen, _) if frozen.value().is_scalar() => self.frozen_scalar(frozen, node, indent),
            Node::Scalar { text, string, trace } => {
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
            node if node.is_list() => {
                for (number, item) in node.items().iter().enumerate() {
                    if number > 0 || !inline {
                        self.line(indent);
                    }
                    self.text.push_str("- ");
                    self.node(item, indent + 2, true);
                }
            }
            node => {
                for (number, entry) in node.entries().iter().enumerate() {
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

    fn line(&mut self, indent: usize) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    fn place(&mut self, start: usize, trace: Trace, exact: bool) {
        self.places.push(Place { start: start as u32, end: self.text.len() as u32, trace, exact });
    }

    /// A scalar that nothing has changed: as it is written, if it fits on a line and means the same to everybody.
    fn frozen_scalar(&mut self, frozen: &Frozen, node: &Node, indent: usize) {
        let value = frozen.value();
        let written = value.node();
        let start = self.text.len();
        let raw = &value.source()[written.start as usize..written.end as usize];
        let exact = is_portable(written, raw) && (node.is_string() == value.is_string());
        if exact {
            self.text.push_str(raw);
        } else if node.is_string() {
            let text = frozen.text().unwrap_or_default();
            // A tag can make a string of what its text is not.
            let text = if written.tag == Tag::Binary { value.as_str().unwrap_or(text) } else { text };
            self.string(&text, indent);
        } else {
            self.text.push_str(&plain(value));
        }
        self.place(start, node.trace(), exact);
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
                self.text.extend(std::iter::repeat_n(' ', indent.max(2)));
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
