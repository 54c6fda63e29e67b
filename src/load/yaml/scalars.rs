//! Plain and quoted scalars.

use super::classes::{BLANK, BLOCK_STOP, BREAK, DOUBLE_STOP, FLOW_STOP, INDICATOR, SINGLE_STOP, WIDE, is};
use super::parser::{Parser, scalar};
use super::problem::Problem;
use super::words::{behind_plain_words, behind_spaces};
use crate::model::node::{Node, Style};
use crate::model::scalar::is_surely_string;

impl Parser<'_> {
    /// Whether a plain scalar can begin at the cursor.
    pub(super) fn is_plain_start(&self) -> bool {
        let byte = self.byte(self.pos);
        match byte {
            _ if !is(byte, INDICATOR) => !(self.wide && is(byte, WIDE) && self.is_break(self.pos)),
            b'-' => !self.blank_or_end(self.pos + 1),
            b'?' | b':' => self.flow == 0 && !self.blank_or_end(self.pos + 1),
            _ => false,
        }
    }

    /// Reads the plain scalar at the cursor.
    pub(super) fn plain(&mut self) -> Result<Node, Problem> {
        let start = self.pos;
        self.key_allowed = false;
        let mut end = self.plain_line(start);
        let mut flags = 0;
        while self.is_break(self.pos) {
            if !self.plain_next_line(start)? {
                self.key_allowed = true;
                break;
            }
            flags = Node::ESCAPED;
            end = self.plain_line(self.pos);
        }
        if flags == 0 && is_surely_string(&self.bytes[start..end]) {
            flags = Node::TEXT;
        }
        let (start, end) = (start as u32, end as u32);
        Ok(Node { flags, start, end, a: start, b: end - start, ..scalar(Style::Plain) })
    }

    /// Reads the part of a plain scalar that stands on this line, leaves the cursor behind it and the blanks that
    /// follow, and returns where its text ends.
    fn plain_line(&mut self, start: usize) -> usize {
        let stop = if self.flow > 0 { FLOW_STOP } else { BLOCK_STOP } | if self.wide { WIDE } else { 0 };
        let mut at = start;
        loop {
            if stop == BLOCK_STOP {
                at = behind_plain_words(self.bytes, at);
            }
            let rest = &self.bytes[at..];
            at += rest.iter().position(|&byte| is(byte, stop)).unwrap_or(rest.len());
            match self.byte(at) {
                b':' if !self.blank_or_end(at + 1) => {}
                b'#' if at > start && !is(self.bytes[at - 1], BLANK) => {}
                0xC2 | 0xE2 if !self.is_break(at) => {}
                _ => break,
            }
            at += 1;
        }
        let mut end = at;
        while end > start && is(self.bytes[end - 1], BLANK) {
            end -= 1;
        }
        self.pos = at;
        end
    }

    /// Steps from the end of a line to where a plain scalar goes on, or returns false and leaves the cursor at the
    /// next token or the blanks before it.
    fn plain_next_line(&mut self, start: usize) -> Result<bool, Problem> {
        loop {
            self.next_line();
            self.pos = behind_spaces(self.bytes, self.pos);
            while is(self.byte(self.pos), BLANK) {
                if self.bytes[self.pos] == b'\t' && self.column() <= self.indent {
                    return Err(self.tab(start));
                }
                self.pos += 1;
            }
            if !self.is_break(self.pos) {
                break;
            }
        }
        if self.pos >= self.bytes.len() || (self.flow == 0 && self.column() <= self.indent) {
            return Ok(false);
        }
        if self.pos == self.line && self.is_document_marker(self.pos) {
            return Ok(false);
        }
        let byte = self.byte(self.pos);
        Ok(match byte {
            b'#' => false,
            b':' => !self.blank_or_end(self.pos + 1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow == 0,
            _ => true,
        })
    }

    /// A tab in the indentation of a line that would continue a plain scalar.
    fn tab(&self, start: usize) -> Problem {
        let end = self.line_end(start);
        Problem::fatal((self.pos, self.pos + 1), "a tab is used for indentation")
            .label("indent with spaces, also on a blank line")
            .see((start, end), "this value would go on here")
            .help("replace the tab by spaces")
    }

    /// Reads the quoted scalar at the cursor.
    pub(super) fn quoted(&mut self) -> Result<Node, Problem> {
        let start = self.pos;
        self.key_allowed = false;
        let quote = self.bytes[start];
        let (style, stop) =
            if quote == b'"' { (Style::DoubleQuoted, DOUBLE_STOP) } else { (Style::SingleQuoted, SINGLE_STOP) };
        let stop = stop | if self.wide { WIDE } else { 0 };
        let mut flags = Node::TEXT;
        self.pos += 1;
        loop {
            let rest = &self.bytes[self.pos..];
            self.pos += rest.iter().position(|&byte| is(byte, stop)).unwrap_or(rest.len());
            let byte = self.byte(self.pos);
            if byte == quote {
                if quote == b'"' || self.byte(self.pos + 1) != b'\'' {
                    break;
                }
                flags = Node::ESCAPED;
                self.pos += 2;
            } else if byte == b'\\' {
                flags = Node::ESCAPED;
                self.escape()?;
            } else if is(byte, BREAK) || self.is_break(self.pos) {
                flags = Node::ESCAPED;
                self.next_line();
                self.quoted_line(start)?;
            } else if self.pos >= self.bytes.len() {
                return Err(self.unclosed(start));
            } else {
                self.pos += 1;
            }
        }
        self.pos += 1;
        let (a, end) = (start as u32 + 1, self.pos as u32);
        Ok(Node { flags, start: start as u32, end, a, b: end - 1 - a, ..scalar(style) })
    }

    /// Checks the start of a line inside a quoted scalar.
    fn quoted_line(&self, start: usize) -> Result<(), Problem> {
        if !self.is_document_marker(self.pos) {
            return Ok(());
        }
        Err(self.unclosed(start).see((self.pos, self.pos + 3), "a document ends here"))
    }

    /// A quote that is never closed.
    fn unclosed(&self, start: usize) -> Problem {
        let quote = self.bytes[start] as char;
        let end = self.line_end(start);
        Problem::fatal((start, start + 1), format!("the {quote} that opens here is never closed"))
            .label("opened here")
            .help(format!("close the string with {quote}, or remove this one"))
            .see((end, end), "the end of the line is inside the string")
    }

    /// Checks the escape at the cursor and steps over it.
    fn escape(&mut self) -> Result<(), Problem> {
        let at = self.pos;
        let digits = match self.byte(at + 1) {
            b'0' | b'a' | b'b' | b't' | b'\t' | b'n' | b'v' | b'f' | b'r' | b'e' | b' ' | b'"' | b'\'' | b'\\'
            | b'N' | b'_' | b'L' | b'P' => {
                self.pos += 2;
                return Ok(());
            }
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ if self.is_break(at + 1) => {
                self.pos += 1;
                self.next_line();
                return self.quoted_line(at);
            }
            _ => return Err(self.unknown_escape(at)),
        };
        let end = at + 2 + digits;
        let code = self.bytes.get(at + 2..end).filter(|code| code.iter().all(u8::is_ascii_hexdigit));
        let Some(code) = code.and_then(|code| u32::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()) else {
            let message = format!("`\\{}` needs {digits} hexadecimal digits", self.bytes[at + 1] as char);
            return Err(Problem::fatal((at, at + 2), message).label("the digits are missing"));
        };
        if char::from_u32(code).is_none() {
            return Err(Problem::fatal((at, end), format!("U+{code:04X} is not a character"))
                .label("half of a surrogate pair, or out of range")
                .help("write the character itself, or `\\U` with eight digits"));
        }
        self.pos = end;
        Ok(())
    }

    fn unknown_escape(&self, at: usize) -> Problem {
        let Some(escaped) = self.text[at + 1..self.bytes.len()].chars().next() else {
            return Problem::fatal((at, at + 1), "the text ends in an escape").label("a string is open here");
        };
        let span = (at, at + 1 + escaped.len_utf8());
        let problem = Problem::fatal(span, format!("unknown escape `\\{escaped}`"));
        match escaped {
            '/' => problem
                .label("valid in JSON, not in YAML as Kubernetes reads it")
                .help("write `/` without the backslash"),
            _ => problem
                .label("not an escape of a double-quoted string")
                .help("double the backslash, or put the string in single quotes"),
        }
    }

    /// Reads the block scalar at the cursor.
    pub(super) fn block_scalar(&mut self) -> Result<Node, Problem> {
        let start = self.pos;
        self.key_allowed = true;
        let (keep, strip, increment) = self.block_header()?;
        let header = self.pos;
        let mut indent = if increment == 0 { 0 } else { self.indent.max(0) + increment };
        let mut blank = self.block_breaks(&mut indent)?;
        let first = self.pos;
        let mut text_end = first;
        let mut end = header;
        while self.column() == indent && self.pos < self.bytes.len() {
            text_end = self.line_end(self.pos);
            self.pos = text_end;
            if self.is_break(self.pos) {
                self.next_line();
            }
            end = self.pos;
            blank = self.block_breaks(&mut indent)?;
        }
        let (content, end) = match (text_end > first, keep) {
            (true, true) => (first, blank),
            (true, false) => (first, if strip { text_end } else { end }),
            (false, true) => {
                (header + self.bytes[header..blank].iter().take_while(|&&byte| byte == b' ').count(), blank)
            }
            (false, false) => (header, header),
        };
        let shown = if text_end > first { text_end } else { self.line_end(start) };
        let flags = Node::ESCAPED;
        let style = if self.bytes[start] == b'|' { Style::Literal } else { Style::Folded };
        let content = content.min(end);
        let (a, b) = (content as u32, (end - content) as u32);
        Ok(Node { flags, start: start as u32, end: shown as u32, a, b, ..scalar(style) })
    }

    /// Reads the first line of a block scalar: whether line ends at its end are kept or stripped, and its indentation
    /// if it is written.
    fn block_header(&mut self) -> Result<(bool, bool, i64), Problem> {
        let start = self.pos;
        let (mut keep, mut strip, mut increment) = (false, false, 0);
        self.pos += 1;
        for _ in 0..2 {
            match self.byte(self.pos) {
                b'+' if !keep && !strip => keep = true,
                b'-' if !keep && !strip => strip = true,
                b'0' if increment == 0 => {
                    return Err(Problem::fatal((self.pos, self.pos + 1), "a block scalar cannot be indented by 0")
                        .label("expected 1 to 9"));
                }
                digit @ b'1'..=b'9' if increment == 0 => increment = i64::from(digit - b'0'),
                _ => break,
            }
            self.pos += 1;
        }
        self.skip_blanks();
        if self.byte(self.pos) == b'#' {
            self.comment();
        }
        if self.pos < self.bytes.len() && !self.is_break(self.pos) {
            let style = self.bytes[start] as char;
            return Err(Problem::fatal((self.pos, self.line_end(self.pos)), format!("text on the line of `{style}`"))
                .label("the text of a block begins on the next line")
                .see((start, start + 1), "this begins a block")
                .help(format!("move the text to the next line, or put it in quotes if `{style}` belongs to it")));
        }
        if self.pos < self.bytes.len() {
            self.next_line();
        }
        Ok((keep, strip, increment))
    }

    /// Steps over the indentation and the blank lines of a block scalar, and returns where the blank lines end. Finds
    /// the indentation if it is not known.
    fn block_breaks(&mut self, indent: &mut i64) -> Result<usize, Problem> {
        let mut widest = 0;
        let mut end = self.pos;
        loop {
            while (*indent == 0 || self.column() < *indent) && self.byte(self.pos) == b' ' {
                self.pos += 1;
            }
            widest = widest.max(self.column());
            if (*indent == 0 || self.column() < *indent) && self.byte(self.pos) == b'\t' {
                return Err(Problem::fatal((self.pos, self.pos + 1), "a tab is used for indentation")
                    .label("indent the text of a block with spaces")
                    .help("replace the tab by spaces"));
            }
            if self.pos >= self.bytes.len() {
                end = self.pos;
                break;
            }
            if !self.is_break(self.pos) {
                break;
            }
            self.next_line();
            end = self.pos;
        }
        if *indent == 0 {
            *indent = widest.max(self.indent + 1).max(1);
        }
        Ok(end)
    }
}
