//! What most of a manifest is made of, read in one go: a plain key, and behind it a word or two, or a quoted text without
//! escapes, on lines of their own or in brackets. What is in any way unusual is left to the general rules of
//! [`super::block`] and [`super::flow`].

use super::classes::{BLANK, BREAK, DOUBLE_STOP, NAME, SINGLE_STOP, is};
use super::parser::{Expect, Parser, scalar};
use super::words::{behind_high, behind_plain_words, behind_spaces};
use crate::model::node::{Node, Style};
use crate::model::scalar::is_surely_string;

/// The longest key that is looked at, in bytes.
const LONGEST_NAME: usize = 128;

impl Parser<'_> {
    /// Where the colon stands behind the key at the cursor, if both are as they nearly always are.
    #[inline]
    pub(super) fn usual_key(&self) -> Option<usize> {
        if self.wide || !self.byte(self.pos).is_ascii_alphabetic() {
            return None;
        }
        let colon = behind_high::<b'-'>(self.bytes, self.pos);
        let is_usual = self.byte(colon) == b':'
            && is(*self.bytes.get(colon + 1)?, BLANK | BREAK)
            && colon - self.pos <= LONGEST_NAME
            && is_surely_string(&self.bytes[self.pos..colon]);
        is_usual.then_some(colon)
    }

    /// Reads a key of the innermost block mapping, and its value and the line end if they too are as they nearly always
    /// are: most lines of a manifest are read here. Where nothing is read, and for the value that is not, the general rules
    /// decide. Whether the whole entry was read.
    #[inline]
    pub(super) fn usual_entry(&mut self) -> bool {
        self.usual_key().is_some_and(|colon| self.usual_entry_with(colon))
    }

    /// As [`Parser::usual_entry`], of a key that is as usual and has its colon there.
    pub(super) fn usual_entry_with(&mut self, colon: usize) -> bool {
        self.push_name(self.pos, colon);
        (self.pos, self.key_allowed) = (colon + 1, false);
        let Some((value, line)) = self.usual_value(colon + 2) else {
            self.frame().expect = Expect::Value;
            return false;
        };
        let next = behind_spaces(self.bytes, line);
        // A line that is empty, a comment, or further to the right may belong to the value.
        if self.byte(next) <= b'#' || (next - line) as i64 > self.indent {
            self.frame().expect = Expect::Value;
            return false;
        }
        self.tree.nodes.push(value);
        self.last_end = value.end as usize;
        (self.pos, self.line, self.key_allowed) = (next, line, true);
        true
    }

    /// The scalar at an offset behind a colon, and the start of the next line, if it is a word or two, or quoted without
    /// escapes.
    #[inline]
    fn usual_value(&self, at: usize) -> Option<(Node, usize)> {
        if self.byte(at - 1) != b' ' {
            return None;
        }
        let quote = self.byte(at);
        if matches!(quote, b'"' | b'\'') {
            let (node, end) = self.usual_quoted(at, quote)?;
            return (self.byte(end) == b'\n').then_some((node, end + 1));
        }
        if !is(quote, NAME) || matches!(quote, b'-' | b'.') {
            return None;
        }
        let mut end = behind_high::<b'$'>(self.bytes, at);
        loop {
            end = match self.byte(end) {
                b'\n' => break,
                b':' if !self.blank_or_end(end + 1) => behind_high::<b'$'>(self.bytes, end + 1),
                b' ' | b'!' | b'"' => behind_plain_words(self.bytes, end + 1),
                _ => return None,
            };
        }
        (!is(self.bytes[end - 1], BLANK)).then(|| (plain(&self.bytes[at..end], at), end + 1))
    }

    /// Reads an entry of the innermost mapping in brackets, or the key of one, if they are as they nearly always are.
    /// Whether a key was read; what is expected next is noted then.
    pub(super) fn usual_flow_entry(&mut self) -> bool {
        if self.wide || !self.byte(self.pos).is_ascii_alphabetic() {
            return false;
        }
        let colon = self.behind_name(self.pos);
        let is_usual = self.byte(colon) == b':'
            && self.byte(colon + 1) == b' '
            && colon - self.pos <= LONGEST_NAME
            && is_surely_string(&self.bytes[self.pos..colon]);
        if !is_usual {
            return false;
        }
        self.push_name(self.pos, colon);
        (self.pos, self.key_allowed) = (colon + 2, false);
        if !self.usual_flow_scalar() {
            self.pos = colon + 1;
            self.frame().expect = Expect::Value;
        }
        true
    }

    /// Reads the scalar at the cursor, in brackets, if it is one word, or quoted without escapes, and another entry or the
    /// closing bracket follows at once. Whether it was read.
    pub(super) fn usual_flow_scalar(&mut self) -> bool {
        let first = self.byte(self.pos);
        let (node, end) = if matches!(first, b'"' | b'\'') {
            let Some(quoted) = self.usual_quoted(self.pos, first) else { return false };
            quoted
        } else if is(first, NAME) && !matches!(first, b'-' | b'.') && !self.wide {
            let end = self.behind_name(self.pos);
            (plain(&self.bytes[self.pos..end], self.pos), end)
        } else {
            return false;
        };
        if !matches!(self.byte(end), b',' | b']' | b'}') {
            return false;
        }
        self.tree.nodes.push(node);
        (self.pos, self.last_end, self.key_allowed) = (end, end, false);
        true
    }

    /// The quoted scalar at an offset, and where it ends, if it stands on one line and has no escapes, unless a single
    /// quote follows at once.
    #[inline]
    fn usual_quoted(&self, at: usize, quote: u8) -> Option<(Node, usize)> {
        let inside = &self.bytes[at + 1..];
        let (style, stop) =
            if quote == b'"' { (Style::DoubleQuoted, DOUBLE_STOP) } else { (Style::SingleQuoted, SINGLE_STOP) };
        let length = inside.iter().position(|&byte| is(byte, stop))?;
        let end = at + length + 2;
        let node = Node {
            flags: Node::TEXT,
            start: at as u32,
            end: end as u32,
            a: at as u32 + 1,
            b: length as u32,
            ..scalar(style)
        };
        (inside[length] == quote && !self.wide).then_some((node, end))
    }

    /// Steps over letters, digits and what else most names are made of.
    fn behind_name(&self, at: usize) -> usize {
        let rest = &self.bytes[at..];
        at + rest.iter().position(|&byte| !is(byte, NAME)).unwrap_or(rest.len())
    }
}

/// The node of a plain scalar that is its text.
#[inline]
fn plain(text: &[u8], start: usize) -> Node {
    let flags = if is_surely_string(text) { Node::TEXT } else { 0 };
    let (start, length) = (start as u32, text.len() as u32);
    Node { flags, start, end: start + length, a: start, b: length, ..scalar(Style::Plain) }
}
