//! The lines that most of a manifest is made of, read in one go: a plain key, and behind it a word or two, or a quoted text
//! without escapes. What is in any way unusual is left to the general rules of [`super::block`].

use super::classes::{BLANK, BREAK, DOUBLE_STOP, NAME, SINGLE_STOP, is};
use super::parser::{Expect, Parser, scalar};
use super::problem::Problem;
use super::scalars::behind_plain_words;
use crate::model::node::{Node, Style};
use crate::model::scalar::is_surely_string;

/// The longest key that is looked at, in bytes.
const LONGEST_NAME: usize = 128;

impl Parser<'_> {
    /// Where the colon stands behind the key at the cursor, if both are as they nearly always are.
    pub(super) fn usual_key(&self) -> Option<usize> {
        let rest = &self.bytes[self.pos..];
        if self.wide || !rest.first()?.is_ascii_alphabetic() {
            return None;
        }
        let length = rest.iter().position(|&byte| !is(byte, NAME))?;
        let is_usual = length <= LONGEST_NAME && rest[length] == b':' && is(*rest.get(length + 1)?, BLANK | BREAK);
        is_usual.then_some(self.pos + length)
    }

    /// Reads a key of the innermost block mapping, and its value and the line end if they too are as they nearly always
    /// are: most lines of a manifest are read here. Where nothing is read, and for the value that is not, the general rules
    /// decide. Whether the whole entry was read.
    pub(super) fn usual_entry(&mut self) -> Result<bool, Problem> {
        let Some(colon) = self.usual_key() else { return Ok(false) };
        let key = plain(&self.bytes[self.pos..colon], self.pos);
        self.push_name(key)?;
        (self.pos, self.key_allowed) = (colon + 1, false);
        let Some((value, line)) = self.usual_value(colon + 2) else {
            self.frame().expect = Expect::Value;
            return Ok(false);
        };
        let mut next = line;
        while self.byte(next) == b' ' {
            next += 1;
        }
        // A line that is empty, a comment, or further to the right may belong to the value.
        if self.byte(next) <= b'#' || (next - line) as i64 > self.indent {
            self.frame().expect = Expect::Value;
            return Ok(false);
        }
        self.tree.nodes.push(value);
        self.last_end = value.end as usize;
        (self.pos, self.line, self.key_allowed) = (next, line, true);
        Ok(true)
    }

    /// The scalar at an offset behind a colon, and the start of the next line, if it is a word or two, or quoted without
    /// escapes.
    fn usual_value(&self, at: usize) -> Option<(Node, usize)> {
        if self.byte(at - 1) != b' ' {
            return None;
        }
        let quote = self.byte(at);
        if matches!(quote, b'"' | b'\'') {
            let inside = &self.bytes[at + 1..];
            let stop = if quote == b'"' { DOUBLE_STOP } else { SINGLE_STOP };
            let length = inside.iter().position(|&byte| is(byte, stop))?;
            let style = if quote == b'"' { Style::DoubleQuoted } else { Style::SingleQuoted };
            let [start, end] = [at, at + length + 2].map(|at| at as u32);
            let node = Node { flags: Node::TEXT, start, end, a: start + 1, b: length as u32, ..scalar(style) };
            return (inside[length] == quote && inside.get(length + 1) == Some(&b'\n'))
                .then_some((node, end as usize + 1));
        }
        if !is(quote, NAME) || matches!(quote, b'-' | b'.') {
            return None;
        }
        let mut end = behind_plain_words(self.bytes, at);
        while self.byte(end) == b':' && !self.blank_or_end(end + 1) {
            end = behind_plain_words(self.bytes, end + 1);
        }
        let is_whole = self.byte(end) == b'\n' && !is(self.bytes[end - 1], BLANK);
        is_whole.then(|| (plain(&self.bytes[at..end], at), end + 1))
    }
}

/// The node of a plain scalar that is its text.
fn plain(text: &[u8], start: usize) -> Node {
    let flags = if is_surely_string(text) { Node::TEXT } else { 0 };
    let (start, length) = (start as u32, text.len() as u32);
    Node { flags, start, end: start + length, a: start, b: length, ..scalar(Style::Plain) }
}
