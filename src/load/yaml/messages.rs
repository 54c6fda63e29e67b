//! What is wrong with a text, said to the person who wrote it.

use super::block::KeyStart;
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
        let indent = self.indent;
        let mapping = self.frame().node + 1;
        let first = self.tree.nodes[mapping as usize];
        let first = (first.start as usize, first.end as usize);
        if self.column() > indent {
            if let Some(problem) = self.behind_value(at) {
                return problem;
            }
            return Problem::fatal((at, self.word_end(at)), "wrong indentation")
                .label(format!("{} too deep for the mapping it is in", spaces(self.column() - indent)))
                .see(first, "the mapping begins here")
                .help("align the line with the keys of the mapping it belongs to");
        }
        let word = (at, self.word_end(at));
        let problem = match self.byte(at) {
            b'-' => Problem::fatal((at, at + 1), "a list item stands where a key is expected")
                .label("expected a key and `:`")
                .help("indent the item below the key it belongs to"),
            b':' => Problem::fatal((at, at + 1), "a key is missing before `:`").label("expected a key"),
            _ => Problem::fatal(word, "a key is expected here").label("not a key"),
        };
        problem.see(first, "the mapping begins here")
    }

    /// What stands on the same line behind a value.
    fn behind_value(&self, at: usize) -> Option<Problem> {
        let line = self.line_end(self.last_end.min(at));
        if at >= line {
            return None;
        }
        let last = self.tree.nodes.last()?;
        let span = (at, self.word_end(at).max(line.min(at + 1)));
        if self.byte(at) == b':' {
            return Some(self.stray_colon());
        }
        let value = (last.start as usize, last.end as usize);
        let quoted = matches!(last.style, Style::SingleQuoted | Style::DoubleQuoted);
        let problem = Problem::fatal(span, "text behind a value").label("expected the end of the line");
        Some(match quoted {
            true => problem.see(value, "the quotes close here").help("put the whole value in quotes"),
            false if last.style == Style::Flow || self.byte(self.last_end.saturating_sub(1)) == b'}' => self
                .template(self.last_end.saturating_sub(2))
                .unwrap_or_else(|| problem.help("put the value in quotes")),
            false => problem.see(value, "the value"),
        })
    }

    /// Something else than a dash at the place of one in a block sequence.
    pub(super) fn misplaced_in_sequence(&mut self) -> Problem {
        let at = self.pos;
        let deeper = self.column() > self.indent;
        let sequence = self.frame().node;
        let start = self.tree.nodes[sequence as usize].start as usize;
        if deeper && let Some(problem) = self.behind_value(at) {
            return problem;
        }
        let label = if deeper { "too deep for the list it is in" } else { "expected `- `, or less indentation" };
        Problem::fatal((at, self.word_end(at)), "wrong indentation in a list")
            .label(label)
            .see((start, start + 1), "the list begins here")
            .help("align the line with the list or with the key above it")
    }

    /// A colon behind something that is no key.
    pub(super) fn stray_colon(&self) -> Problem {
        let at = self.pos;
        let value = self.tree.nodes.last().map(|node| (node.start as usize, node.end as usize));
        let problem = Problem::fatal((at, at + 1), "a second `: ` makes the value a mapping")
            .label("a mapping cannot begin here")
            .help("put the value in quotes, or move what follows to a line of its own");
        match value {
            Some(value) if value.1 > value.0 && value.1 <= at => problem.see(value, "read as a value"),
            _ => problem,
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
        let quoted = matches!(key.style, Style::SingleQuoted | Style::DoubleQuoted);
        let unspaced = (key.kind == Kind::Scalar && !quoted).then(|| written.find(':')).flatten();
        match unspaced {
            Some(colon) => problem.label("a space is missing behind the `:`").help(format!(
                "write `{}: {}`",
                &written[..colon],
                written[colon + 1..].trim_end()
            )),
            None => problem
                .label("expected `:` and a value")
                .help("add the `:`, or indent the line if it continues the value above it"),
        }
    }

    /// A comma or bracket that is missing in a flow collection.
    pub(super) fn missing_comma(&mut self) -> Problem {
        let at = self.pos;
        let frame = *self.frame();
        let node = self.tree.nodes[frame.node as usize];
        let open = node.start as usize;
        let (opened, closing) = if frame.kind == FrameKind::FlowSequence { ('[', ']') } else { ('{', '}') };
        if frame.kind == FrameKind::FlowMapping && self.byte(open.wrapping_sub(1)) == b'{' {
            if let Some(problem) = self.template(open - 1) {
                return problem;
            }
        }
        if self.at_end() {
            let mut open = open;
            if frame.kind == FrameKind::Pair
                && let Some(outer) = self.frames.iter().rev().nth(1)
            {
                open = self.tree.nodes[outer.node as usize].start as usize;
            }
            let bracket = self.bytes[open] as char;
            return Problem::fatal((open, open + 1), format!("the `{bracket}` that opens here is never closed"))
                .label("opened here");
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
        let end = self.line_end(line_start.max(0));
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

fn spaces(count: i64) -> String {
    if count == 1 { "1 column".to_owned() } else { format!("{count} columns") }
}
