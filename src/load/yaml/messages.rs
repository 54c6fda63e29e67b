//! What is wrong with a text, said to the person who wrote it.

use super::block::KeyStart;
use super::classes::{BLANK, is};
use super::parser::{FrameKind, Parser};
use super::problem::Problem;
use crate::model::node::{Kind, Node, Style};

impl Parser<'_> {
    /// A character that can begin nothing where it stands.
    pub(super) fn unexpected(&self) -> Problem {
        let at = self.pos;
        let Some(found) = self.text[at..self.bytes.len()].chars().next() else {
            return Problem::fatal((at, at), "the document ends too early").label("expected a value");
        };
        let span = (at, at + found.len_utf8());
        match found {
            '\t' => Problem::fatal(span, "a tab is used for indentation")
                .label("indent with spaces")
                .help("replace the tab by spaces"),
            '@' | '`' | '%' => Problem::fatal(span, format!("a value cannot begin with `{found}`"))
                .label("reserved in YAML")
                .help("put the value in quotes"),
            '-' | '?' | ':' => {
                Problem::fatal(span, format!("`{found}` is not expected here")).label("expected a value")
            }
            '|' | '>' => Problem::fatal(span, format!("a block (`{found}`) cannot stand in brackets"))
                .label("inside `[` or `{`")
                .help("put the value in quotes"),
            _ => Problem::fatal(span, format!("`{found}` is not expected here"))
                .label("expected a value")
                .help("put the value in quotes if the character belongs to it"),
        }
    }

    /// Something else than a key at the place of one in a block mapping.
    pub(super) fn misplaced_in_mapping(&mut self) -> Problem {
        let at = self.pos;
        let deeper = self.column() > self.indent || !self.key_allowed;
        let mapping = self.frame().node + 1;
        let problem = match self.byte(at) {
            _ if deeper => match self.behind_value(at).or_else(|| self.shallow_block(at)) {
                Some(problem) => return problem,
                None => Problem::fatal((at, self.word_end(at)), "wrong indentation")
                    .label("aligned with no mapping or list above it")
                    .help("align the line with the keys of the mapping it belongs to"),
            },
            b'-' => Problem::fatal((at, at + 1), "a list item stands where a key is expected")
                .label("expected a key and `:`")
                .help("indent the item below the key it belongs to"),
            b':' => Problem::fatal((at, at + 1), "a key is missing before `:`").label("expected a key"),
            _ => Problem::fatal((at, self.word_end(at)), "a key is expected here").label("not a key"),
        };
        match self.tree.nodes.get(mapping as usize) {
            Some(first) => problem.see(span(first), "the mapping begins here"),
            None => problem,
        }
    }

    /// Something else than a dash at the place of one in a block sequence.
    pub(super) fn misplaced_in_sequence(&mut self) -> Problem {
        let at = self.pos;
        let deeper = self.column() > self.indent || !self.key_allowed;
        let sequence = self.frame().node;
        let start = self.tree.nodes[sequence as usize].start as usize;
        if deeper && let Some(problem) = self.behind_value(at).or_else(|| self.shallow_block(at)) {
            return problem;
        }
        let glued = self.byte(at) == b'-';
        let problem = Problem::fatal((at, self.word_end(at)), "wrong indentation in a list");
        let problem = match glued {
            true => Problem::fatal((at, at + 1), "a list item without a space behind its `-`")
                .label("a space is missing behind the `-`")
                .help("put a space behind the `-`"),
            false if deeper => problem.label("aligned with no mapping or list above it"),
            false => problem.label("expected `- `, or less indentation"),
        };
        let problem = problem.see((start, start + 1), "the list begins here");
        if glued { problem } else { problem.help("align the line with the list or with the key above it") }
    }

    /// What stands on the same line behind a value.
    fn behind_value(&self, at: usize) -> Option<Problem> {
        if at >= self.line_end(self.last_end.min(at)) {
            return None;
        }
        if self.byte(at) == b':' {
            return Some(self.stray_colon());
        }
        let last = self.tree.nodes.last()?;
        let (start, end) = span(last);
        let problem =
            Problem::fatal((at, self.word_end(at)), "text behind a value").label("expected the end of the line");
        let quoted = matches!(last.style, Style::SingleQuoted | Style::DoubleQuoted);
        Some(match self.byte(end.wrapping_sub(1)) {
            _ if quoted && self.line_end(start) < end => {
                let first = (start, self.line_end(start));
                problem.see(first, "the string begins here").help("close the string on its first line")
            }
            b'\'' if quoted && at == end => problem
                .see((start, end), "the string ends before it")
                .help("write `''` for a quote inside single quotes, or use double quotes"),
            _ if quoted => problem.see((start, end), "the string ends before it").help("put the whole value in quotes"),
            _ => match self.template(self.last_end.saturating_sub(2)) {
                Some(template) if matches!(self.byte(self.last_end.wrapping_sub(1)), b'}') => template,
                _ => problem.see((start, end), "the value").help("put the value in quotes"),
            },
        })
    }

    /// A line that would belong to the block scalar above it if it were indented further.
    fn shallow_block(&self, at: usize) -> Option<Problem> {
        let last = self.tree.nodes.last()?;
        let (start, _) = span(last);
        matches!(last.style, Style::Literal | Style::Folded).then(|| {
            let header = (start, self.line_end(start));
            Problem::fatal((at, self.word_end(at)), "a line is indented less than its block")
                .label("not part of the block above it")
                .see(header, "the block begins here")
                .help("indent all lines of the block alike, and deeper than its key")
        })
    }

    /// A colon behind something that is no key.
    pub(super) fn stray_colon(&self) -> Problem {
        let at = self.pos;
        let problem = Problem::fatal((at, at + 1), "a second `: ` makes the value a mapping")
            .label("a mapping cannot begin here")
            .help("put the value in quotes, or move what follows to a line of its own");
        let Some(value) = self.tree.nodes.last().map(span).filter(|value| value.1 > value.0 && value.1 <= at) else {
            return problem;
        };
        let first_line = self.line_end(value.0);
        if first_line >= value.1 {
            return problem.see(value, "read as a value");
        }
        let indentation = self.bytes[self.line..].iter().take_while(|&&byte| is(byte, BLANK)).count();
        let key = (self.line + indentation, self.last_end.max(self.line + indentation + 1));
        let problem = Problem::fatal(key, "a key is read as part of the value above it");
        let unspaced = self.text[value.0..first_line].contains(':') && self.frames.is_empty();
        match unspaced {
            true => problem
                .label("continues the text above")
                .see((value.0, first_line), "a space is missing behind the `:`")
                .help("put a space behind the `:` of the line above"),
            false if self.frames.is_empty() => problem
                .label("continues the text above")
                .see((value.0, first_line), "read as the whole document")
                .help("add a `:` to the line above if it is a key"),
            false => problem
                .label("indented so that it continues the text above")
                .see((value.0, first_line), "the value begins here")
                .help("align the key with the mapping it belongs to"),
        }
    }

    /// A dash or question mark that would begin a collection on the line of its key.
    pub(super) fn collection_on_line(&self, byte: u8) -> Problem {
        let at = self.pos;
        let what = if byte == b'-' { "a list" } else { "a mapping" };
        Problem::fatal((at, at + 1), format!("{what} cannot begin on the line of its key"))
            .label("expected a value")
            .help("begin it on the next line, or put the value in quotes")
    }

    /// A key without a colon.
    pub(super) fn missing_colon(&self, key: &Node, start: KeyStart) -> Problem {
        let end = (key.end as usize).min(self.line_end(start.at)).max(start.at + 1);
        let written = &self.text[start.at..end];
        if written.len() > 1024 && self.byte(self.pos) == b':' && self.line == start.line {
            return Problem::fatal((start.at, end), "a key is longer than 1024 characters").label("too long for a key");
        }
        let problem = Problem::fatal((start.at, end), "a key without a `:`");
        let plain = key.kind == Kind::Scalar && key.style == Style::Plain;
        let last = self.tree.nodes.last().filter(|last| matches!(last.style, Style::Literal | Style::Folded));
        if plain && written.contains(':') {
            problem.label("a space is missing behind the `:`").help("put a space behind the `:`")
        } else if plain && written.starts_with('-') {
            problem.label("a space is missing behind the `-`").help("put a space behind the `-`")
        } else if let Some(block) = last.filter(|block| block.b == 0) {
            let header = (block.start as usize, self.line_end(block.start as usize));
            problem
                .label("not indented enough for the block above it")
                .see(header, "the block begins here")
                .help("indent the lines of the block deeper than its key")
        } else {
            problem
                .label("expected `:` and a value")
                .help("add the `:`, or indent the line if it continues the value above it")
        }
    }

    /// A comma or bracket that is missing in a flow collection.
    pub(super) fn missing_comma(&mut self) -> Problem {
        let at = self.pos;
        let frame = *self.frame();
        let node = self.tree.nodes[frame.node as usize];
        let open = node.start as usize;
        let (opened, closing) = if frame.kind == FrameKind::FlowSequence { ('[', ']') } else { ('{', '}') };
        if frame.kind == FrameKind::FlowMapping
            && self.byte(open.wrapping_sub(1)) == b'{'
            && let Some(problem) = self.template(open - 1)
        {
            return problem;
        }
        // Text of several lines before a colon is the rest of the document, read into an open bracket.
        let runs_on = self.byte(at) == b':'
            && self.tree.nodes.last().map(span).is_some_and(|last| self.line_end(last.0) < last.1);
        if self.at_end() || runs_on {
            let mut open = open;
            if frame.kind == FrameKind::Pair
                && let Some(outer) = self.frames.iter().rev().nth(1)
            {
                open = self.tree.nodes[outer.node as usize].start as usize;
            }
            let bracket = self.bytes[open] as char;
            let problem = Problem::fatal((open, open + 1), format!("the `{bracket}` that opens here is never closed"))
                .label("opened here");
            return if runs_on { problem.see((at, at + 1), "still inside the brackets") } else { problem };
        }
        if self.byte(at) == b'{' && self.byte(at.wrapping_sub(1)) == b'$' {
            let end = self.bytes[at..].iter().position(|&byte| byte == b'}').map_or(at + 1, |end| at + end + 1);
            return Problem::fatal((at - 1, end.min(self.line_end(at))), "a variable inside brackets")
                .label("YAML reads the `{` as a mapping")
                .see((open, open + 1), format!("inside the `{opened}` that opens here"))
                .help("put the variable in quotes");
        }
        Problem::fatal(
            (at, self.word_end(at).min(self.line_end(at)).max(at + 1)),
            format!("expected `,` or `{closing}`"),
        )
        .label("not expected here")
        .see((open, open + 1), format!("inside the `{opened}` that opens here"))
        .help("put a comma between the entries, or put the value in quotes")
    }

    /// A key that is a list or a mapping.
    pub(super) fn collection_key(&self, start: usize) -> Problem {
        if let Some(problem) = self.template(start.saturating_sub(1)).or_else(|| self.template(start)) {
            return problem;
        }
        let end = self.word_end(start).min(self.line_end(start)).max(start + 1);
        Problem::fatal((start, end), "a key is a list or a mapping")
            .label("a key must be text")
            .help("put it in quotes if it is meant as text")
    }

    /// A template expression that begins at an offset: `{{`, on one line.
    fn template(&self, at: usize) -> Option<Problem> {
        let line_start =
            self.bytes[..at.min(self.bytes.len())].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let end = self.line_end(line_start);
        let line = self.text.get(line_start..end)?;
        let open = line.find("{{")?;
        let close = line[open..].find("}}").map_or(line.len(), |close| open + close + 2);
        Some(
            Problem::fatal((line_start + open, line_start + close), "an unrendered template expression")
                .label("YAML reads `{{` as a mapping inside a mapping")
                .help("check the rendered output instead of the template, or put the value in quotes"),
        )
    }

    /// A key that is null.
    pub(super) fn null_key(&self, span: (usize, usize)) -> Problem {
        Problem::fatal(span, "a key is null")
            .label("a key must be text, a number or a boolean")
            .help("put the key in quotes if it is meant as text")
    }
}

/// Where a node stands.
fn span(node: &Node) -> (usize, usize) {
    (node.start as usize, node.end as usize)
}
