//! The text of a scalar: quotes off, escapes and folds resolved, as libyaml's scanner does (`scanner.c`).

use std::borrow::Cow;

use super::super::node::{Node, Style};

/// The content of a scalar as text. Borrowed unless it is escaped, folded or a block.
#[must_use]
pub fn decode<'t>(node: &Node, text: &'t str) -> Cow<'t, str> {
    let (start, end) = (node.a as usize, (node.a + node.b) as usize);
    if !node.has(Node::ESCAPED) {
        return Cow::Borrowed(&text[start..end]);
    }
    let source = Source { text, end };
    Cow::Owned(match node.style {
        Style::SingleQuoted => source.flow(start, Some(b'\'')),
        Style::DoubleQuoted => source.flow(start, Some(b'"')),
        Style::Json => json(&text[start..end]),
        Style::Literal | Style::Folded => source.block(node),
        _ => source.flow(start, None),
    })
}

/// The length of the line break at an offset in bytes, or zero: YAML 1.1 counts U+0085, U+2028 and U+2029.
#[must_use]
pub fn break_length(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'\n') => 1,
        Some(b'\r') => 1 + usize::from(bytes.get(at + 1) == Some(&b'\n')),
        Some(0xC2) => 2 * usize::from(bytes.get(at + 1) == Some(&0x85)),
        Some(0xE2) => {
            3 * usize::from(bytes.get(at + 1) == Some(&0x80) && matches!(bytes.get(at + 2), Some(0xA8 | 0xA9)))
        }
        _ => 0,
    }
}

/// What a break adds to the text: all are read as a line feed, but for U+2028 and U+2029, which stay themselves.
fn break_text(text: &str, at: usize, length: usize) -> &str {
    if length == 3 { &text[at..at + 3] } else { "\n" }
}

/// The stretch of the text that is being decoded.
struct Source<'t> {
    text: &'t str,
    end: usize,
}

impl Source<'_> {
    fn bytes(&self) -> &[u8] {
        &self.text.as_bytes()[..self.end]
    }

    /// A plain or quoted scalar.
    fn flow(&self, mut at: usize, quote: Option<u8>) -> String {
        let bytes = self.bytes();
        let mut out = String::with_capacity(self.end - at);
        let mut copied = at;
        while at < self.end {
            match bytes[at] {
                b'\'' if quote == Some(b'\'') => {
                    out.push_str(&self.text[copied..=at]);
                    at += 2;
                    copied = at;
                }
                b'\\' if quote == Some(b'"') => {
                    out.push_str(&self.text[copied..at]);
                    at = self.escape(at, &mut out);
                    copied = at;
                }
                b' ' | b'\t' | b'\n' | b'\r' | 0xC2 | 0xE2 => {
                    let blanks = at;
                    while matches!(bytes.get(at), Some(b' ' | b'\t')) {
                        at += 1;
                    }
                    if break_length(bytes, at) != 0 {
                        out.push_str(&self.text[copied..blanks]);
                        at = self.fold(at, &mut out);
                        copied = at;
                    } else if at == blanks {
                        at += 1;
                    }
                }
                _ => at += 1,
            }
        }
        out.push_str(&self.text[copied..self.end]);
        out
    }

    /// Folds a line break and the blank lines behind it: one break is a space, more are one break less.
    fn fold(&self, mut at: usize, out: &mut String) -> usize {
        let bytes = self.bytes();
        let first = break_length(bytes, at);
        let leading = break_text(self.text, at, first);
        at += first;
        let kept = out.len();
        at = self.blank_lines(at, out);
        if leading != "\n" {
            out.insert_str(kept, leading);
        } else if out.len() == kept {
            out.push(' ');
        }
        at
    }

    /// Skips blanks and copies the breaks among them.
    fn blank_lines(&self, mut at: usize, out: &mut String) -> usize {
        let bytes = self.bytes();
        loop {
            while matches!(bytes.get(at), Some(b' ' | b'\t')) {
                at += 1;
            }
            match break_length(bytes, at) {
                0 => return at,
                length => {
                    out.push_str(break_text(self.text, at, length));
                    at += length;
                }
            }
        }
    }

    /// Resolves the escape at `at`, which the parser has checked, and returns the offset behind it.
    fn escape(&self, at: usize, out: &mut String) -> usize {
        let bytes = self.bytes();
        let escaped = bytes.get(at + 1).copied().unwrap_or(b'\\');
        let length = break_length(bytes, at + 1);
        if length != 0 {
            return self.blank_lines(at + 1 + length, out);
        }
        let digits = match escaped {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        if digits != 0 {
            let code = self.text.get(at + 2..at + 2 + digits).and_then(|code| u32::from_str_radix(code, 16).ok());
            out.push(code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER));
            return at + 2 + digits;
        }
        out.push(match escaped {
            b'0' => '\0',
            b'a' => '\x07',
            b'b' => '\x08',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\x0B',
            b'f' => '\x0C',
            b'r' => '\r',
            b'e' => '\x1B',
            b'N' => '\u{85}',
            b'_' => '\u{A0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            other => char::from(other),
        });
        at + 2
    }

    /// A block scalar. Its content begins behind the indentation of its first line that has any, so that the
    /// indentation is what stands before it on that line; see [`super::super::node::Node::a`].
    fn block(&self, node: &Node) -> String {
        let bytes = self.bytes();
        let header = Header::read(bytes, node.start as usize);
        let first = node.a as usize;
        let empty = first >= self.end || break_length(bytes, first) != 0;
        let indent = if empty { usize::MAX } else { spaces_before(&bytes[header.end..first]) };
        let mut out = String::with_capacity(node.b as usize + 1);
        let mut pending = String::new();
        let mut at = self.breaks(header.end, indent, &mut pending);
        let mut leading: Option<&str> = None;
        let mut was_blank = false;
        while at < self.end {
            let blank = matches!(bytes[at], b' ' | b'\t');
            let folds = header.folded && !was_blank && !blank;
            match leading {
                Some("\n") if folds && pending.is_empty() => out.push(' '),
                Some("\n") if folds => {}
                Some(text) => out.push_str(text),
                None => {}
            }
            out.push_str(&pending);
            pending.clear();
            was_blank = blank;
            let end = line_end(bytes, at);
            out.push_str(&self.text[at..end]);
            let length = break_length(bytes, end);
            leading = Some(if length == 0 { "\n" } else { break_text(self.text, end, length) });
            at = self.breaks(end + length, indent, &mut pending);
        }
        if header.chomp != Chomp::Strip {
            out.push_str(leading.unwrap_or_default());
        }
        if header.chomp == Chomp::Keep {
            out.push_str(&pending);
        }
        out
    }

    /// Skips up to `indent` spaces a line, copies the breaks of blank lines, and stops at the text of a line. The last
    /// line of a piece always ends, whether its line feed is written or not.
    fn breaks(&self, mut at: usize, indent: usize, out: &mut String) -> usize {
        let bytes = self.bytes();
        loop {
            let line = at;
            while at - line < indent && bytes.get(at) == Some(&b' ') {
                at += 1;
            }
            if at >= self.end {
                if at > line {
                    out.push('\n');
                }
                return self.end;
            }
            match break_length(bytes, at) {
                0 => return at,
                length => {
                    out.push_str(break_text(self.text, at, length));
                    at += length;
                }
            }
        }
    }
}

/// The offset of the next line break, or the end.
fn line_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    let wide = memchr::memchr2_iter(0xC2, 0xE2, &rest[..end]);
    at + wide.into_iter().find(|&wide| break_length(rest, wide) != 0).unwrap_or(end)
}

/// How many spaces a text ends in.
fn spaces_before(text: &[u8]) -> usize {
    text.iter().rev().take_while(|&&byte| byte == b' ').count()
}

/// What becomes of the breaks at the end of a block scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chomp {
    Strip,
    Clip,
    Keep,
}

/// The first line of a block scalar.
struct Header {
    folded: bool,
    chomp: Chomp,
    /// Offset of the line behind it.
    end: usize,
}

impl Header {
    fn read(bytes: &[u8], start: usize) -> Header {
        let mut chomp = Chomp::Clip;
        let mut at = start + 1;
        while let Some(byte @ (b'+' | b'-' | b'1'..=b'9')) = bytes.get(at) {
            match byte {
                b'+' => chomp = Chomp::Keep,
                b'-' => chomp = Chomp::Strip,
                _ => {}
            }
            at += 1;
        }
        let end = line_end(bytes, at);
        Header { folded: bytes[start] == b'>', chomp, end: end + break_length(bytes, end) }
    }
}

/// A JSON string with JSON's escapes (Go `encoding/json`: a half of a surrogate pair alone becomes U+FFFD).
fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let escaped = rest.as_bytes().get(at + 1).copied().unwrap_or(b'\\');
        rest = rest.get(at + 2..).unwrap_or_default();
        match escaped {
            b'b' => out.push('\x08'),
            b'f' => out.push('\x0C'),
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'u' => rest = json_code(rest, &mut out),
            other => out.push(char::from(other)),
        }
    }
    out.push_str(rest);
    out
}

/// The character of a `\u` escape whose digits `rest` begins with, with the second half of a pair if there is one.
fn json_code<'t>(rest: &'t str, out: &mut String) -> &'t str {
    let code = |text: &str| text.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let Some(first) = code(rest) else { return rest };
    let rest = &rest[4..];
    let second = rest.strip_prefix("\\u").and_then(code);
    if let (0xD800..0xDC00, Some(second @ 0xDC00..0xE000)) = (first, second) {
        let pair = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        out.push(char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER));
        return &rest[6..];
    }
    out.push(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
    rest
}
