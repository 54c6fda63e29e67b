//! Anchors, aliases, tags and directives.

use super::classes::{URI, WORD, is};
use super::parser::Parser;
use super::problem::Problem;
use crate::model::node::Tag;

/// What stands before a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Properties<'p> {
    /// Name of the anchor and its offset (of `&`).
    pub(super) anchor: Option<(&'p str, usize)>,
    pub(super) tag: Tag,
    /// Offset of the tag.
    pub(super) tag_at: usize,
    /// Offset behind the last of them; zero if there are none.
    pub(super) end: usize,
}

impl Properties<'_> {
    pub(super) const NONE: Properties<'static> = Properties { anchor: None, tag: Tag::None, tag_at: 0, end: 0 };

    pub(super) fn is_none(&self) -> bool {
        self.end == 0
    }
}

/// A `%TAG` directive.
#[derive(Debug, Clone, Copy)]
pub(super) struct TagHandle<'p> {
    handle: &'p str,
    prefix: &'p str,
}

/// The prefix of YAML's own tags.
const YAML_ORG: &str = "tag:yaml.org,2002:";

impl<'p> Parser<'p> {
    /// Reads the anchor or tag at the cursor into `properties`.
    pub(super) fn property(&mut self, properties: &mut Properties<'p>) -> Result<(), Problem> {
        let at = self.pos;
        self.key_allowed = false;
        if self.bytes[at] == b'&' {
            let name = self.anchor_name()?;
            if let Some((_, first)) = properties.anchor {
                return Err(Problem::fatal((at, self.pos), "a node has two anchors")
                    .label("the second")
                    .see((first, first + 1), "the first"));
            }
            properties.anchor = Some((name, at));
        } else {
            let tag = self.tag()?;
            if properties.tag != Tag::None {
                let first = properties.tag_at;
                return Err(Problem::fatal((at, self.pos), "a node has two tags")
                    .label("the second")
                    .see((first, first + 1), "the first"));
            }
            (properties.tag, properties.tag_at) = (tag?, at);
        }
        properties.end = self.pos;
        Ok(())
    }

    /// Reads the name behind the `&` or `*` at the cursor.
    pub(super) fn anchor_name(&mut self) -> Result<&'p str, Problem> {
        let at = self.pos;
        let rest = &self.bytes[at + 1..];
        let length = rest.iter().position(|&byte| !is(byte, WORD)).unwrap_or(rest.len());
        let end = at + 1 + length;
        let follows = matches!(self.byte(end), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if length == 0 || !(follows || self.blank_or_end(end)) {
            let alias = self.bytes[at] == b'*';
            let what = if alias { "alias" } else { "anchor" };
            let span = (at, self.word_end(at));
            let problem = Problem::fatal(span, format!("not a name for an {what}"))
                .label("letters, digits, `-` and `_` are allowed");
            return Err(
                problem.help(format!("put the value in quotes if the `{}` belongs to it", self.bytes[at] as char))
            );
        }
        self.pos = end;
        Ok(&self.text[at + 1..end])
    }

    /// The end of the run of characters that are not blank, for messages.
    pub(super) fn word_end(&self, at: usize) -> usize {
        let mut end = at;
        while !self.blank_or_end(end) {
            end += 1;
        }
        end.max((at + 1).min(self.bytes.len()))
    }

    /// Reads the tag at the cursor (goyaml v2 `yaml_parser_scan_tag`). What it stands for is asked of the first of a node
    /// alone (`yaml_parser_parse_node`).
    pub(super) fn tag(&mut self) -> Result<Result<Tag, Problem>, Problem> {
        let at = self.pos;
        let tag = if self.byte(at + 1) == b'<' {
            self.pos += 2;
            let name = self.tag_uri(at, false)?;
            if self.byte(self.pos) != b'>' {
                return Err(
                    Problem::fatal((at, self.pos), "a tag in `!<` is not closed").label("expected `>` behind it")
                );
            }
            self.pos += 1;
            Ok(Tag::of(name))
        } else {
            self.shorthand(at)?
        };
        if !self.blank_or_end(self.pos) {
            return Err(Problem::fatal((at, self.word_end(self.pos)), "not a tag")
                .label("expected a space behind the tag")
                .help("put the value in quotes if the `!` belongs to it"));
        }
        Ok(tag)
    }

    /// A tag of the form `!suffix` or `!handle!suffix`.
    fn shorthand(&mut self, at: usize) -> Result<Result<Tag, Problem>, Problem> {
        let mut handle_end = at + 1;
        while is(self.byte(handle_end), WORD) {
            handle_end += 1;
        }
        let (handle, named) = match self.byte(handle_end) {
            b'!' => (&self.text[at..=handle_end], true),
            _ => ("!", false),
        };
        self.pos = if named { handle_end + 1 } else { at + 1 };
        let suffix = self.tag_uri(at, !named)?;
        if handle == "!" && suffix.is_empty() {
            return Ok(Ok(Tag::NonSpecific));
        }
        let declared = self.handles.iter().find(|known| known.handle == handle).map(|known| known.prefix);
        let prefix = match (declared, handle) {
            (Some(prefix), _) => prefix,
            (None, "!") => "!",
            (None, "!!") => YAML_ORG,
            (None, _) => {
                return Ok(Err(Problem::fatal((at, self.pos), format!("the tag handle `{handle}` is not declared"))
                    .label("unknown handle")
                    .help("put the value in quotes if the `!` belongs to it")));
            }
        };
        Ok(Ok(Tag::of(&format!("{prefix}{suffix}"))))
    }

    /// The characters of a tag at the cursor.
    fn tag_uri(&mut self, tag: usize, may_be_empty: bool) -> Result<&'p str, Problem> {
        let start = self.pos;
        while is(self.byte(self.pos), URI) {
            if self.byte(self.pos) != b'%' {
                self.pos += 1;
                continue;
            }
            self.uri_escape(tag)?;
        }
        if self.pos == start && !may_be_empty {
            return Err(
                Problem::fatal((tag, self.word_end(start)), "a tag without a name").label("the name is missing")
            );
        }
        Ok(&self.text[start..self.pos])
    }

    /// Checks the characters written as `%41` at the cursor: each must be one character of UTF-8.
    fn uri_escape(&mut self, tag: usize) -> Result<(), Problem> {
        let mut octets = [0u8; 4];
        let mut wanted = 1;
        let mut count = 0;
        while count < wanted {
            let digits = self.bytes.get(self.pos + 1..self.pos + 3).filter(|_| self.byte(self.pos) == b'%');
            let octet = digits
                .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
                .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
            let Some(octet) = octet else {
                return Err(Problem::fatal((tag, self.word_end(self.pos)), "a tag holds a `%` that escapes nothing")
                    .label("expected two hexadecimal digits behind `%`"));
            };
            if count == 0 {
                wanted = match octet {
                    0x00..0x80 => 1,
                    0xC0..0xE0 => 2,
                    0xE0..0xF0 => 3,
                    0xF0..0xF8 => 4,
                    _ => 5,
                };
            }
            if wanted == 5 || (count > 0 && octet & 0xC0 != 0x80) {
                return Err(
                    Problem::fatal((tag, self.pos + 3), "a tag holds an escape that is not UTF-8").label("here")
                );
            }
            octets[count] = octet;
            count += 1;
            self.pos += 3;
        }
        Ok(())
    }

    /// Reads directives and `---`. False if the document is empty.
    pub(super) fn document_start(&mut self) -> Result<bool, Problem> {
        self.key_allowed = true;
        self.skip_to_token();
        let mut directive = None;
        while self.pos == self.line && self.byte(self.pos) == b'%' {
            directive = Some(self.pos);
            self.directive(true)?;
            self.key_allowed = false;
            self.skip_to_token();
        }
        if self.pos == self.line && self.bytes[self.pos..].starts_with(b"---") && self.is_document_marker(self.pos) {
            self.pos += 3;
            self.key_allowed = false;
            self.skip_to_token();
            return Ok(!self.at_end());
        }
        if let Some(at) = directive {
            return Err(Problem::fatal((at, self.line_end(at)), "a directive without a document")
                .label("expected `---` on a line behind it")
                .help("remove the directive: Kubernetes' tools cut it off from its document"));
        }
        if self.pos >= self.bytes.len() {
            return Ok(false);
        }
        if self.at_end() {
            return Err(Problem::fatal((self.pos, self.pos + 3), "`...` ends a document that has not begun")
                .label("expected content"));
        }
        Ok(true)
    }

    /// Reads a directive at the cursor up to the end of its line. Only one before the document `counts`.
    pub(super) fn directive(&mut self, counts: bool) -> Result<(), Problem> {
        let at = self.pos;
        let name = self.directive_word(at + 1);
        match name {
            _ if !self.blank_or_end(self.pos) => return Err(self.unknown_directive(at)),
            "YAML" => self.version(at, counts)?,
            "TAG" => self.tag_handle(at, counts)?,
            _ => return Err(self.unknown_directive(at)),
        }
        self.skip_blanks();
        if self.byte(self.pos) == b'#' {
            self.comment();
        }
        if self.pos < self.bytes.len() && !self.is_break(self.pos) {
            return Err(
                Problem::fatal((self.pos, self.line_end(self.pos)), "text behind a directive").label("not expected")
            );
        }
        Ok(())
    }

    fn unknown_directive(&self, at: usize) -> Problem {
        let name = &self.text[at..self.word_end(at)];
        Problem::fatal((at, self.line_end(at)), format!("unknown directive `{name}`"))
            .label("a line that begins with `%` is a directive")
            .help("put the text in quotes, or indent it, if it belongs to a value")
    }

    fn directive_word(&mut self, from: usize) -> &'p str {
        self.pos = from;
        while is(self.byte(self.pos), WORD) {
            self.pos += 1;
        }
        &self.text[from..self.pos]
    }

    fn version(&mut self, at: usize, counts: bool) -> Result<(), Problem> {
        self.skip_blanks();
        let from = self.pos;
        let major = self.version_number();
        let minor = if major.is_some() && self.byte(self.pos) == b'.' {
            self.pos += 1;
            self.version_number()
        } else {
            None
        };
        let refused = major.is_none() || minor.is_none() || (counts && (major, minor) != (Some(1), Some(1)));
        let twice = counts && std::mem::replace(&mut self.version_seen, counts);
        if refused || twice {
            let end = self.word_end(from).min(self.line_end(at));
            let version = &self.text[from.min(end)..end];
            let message = match twice {
                true => "the version is given twice".to_owned(),
                false => format!("YAML version `{version}` is refused"),
            };
            return Err(Problem::fatal((at, end), message)
                .label("Kubernetes reads `%YAML 1.1` alone")
                .help("remove the directive"));
        }
        Ok(())
    }

    /// A number of at most nine digits.
    fn version_number(&mut self) -> Option<u32> {
        let from = self.pos;
        while self.byte(self.pos).is_ascii_digit() {
            self.pos += 1;
        }
        if self.pos - from > 9 { None } else { self.text[from..self.pos].parse().ok() }
    }

    fn tag_handle(&mut self, at: usize, counts: bool) -> Result<(), Problem> {
        self.skip_blanks();
        let from = self.pos;
        let wrong =
            |end: usize| Problem::fatal((at, end), "not a `%TAG` directive").label("expected a handle and a prefix");
        if self.byte(from) != b'!' {
            return Err(wrong(self.line_end(at)));
        }
        self.directive_word(from + 1);
        if self.byte(self.pos) == b'!' {
            self.pos += 1;
        } else if self.pos > from + 1 {
            return Err(wrong(self.line_end(at)));
        }
        let handle = &self.text[from..self.pos];
        if !is(self.byte(self.pos), super::classes::BLANK) {
            return Err(wrong(self.line_end(at)));
        }
        self.skip_blanks();
        let prefix = self.tag_uri(at, false)?;
        let twice = self.handles.iter().any(|known| known.handle == handle);
        if !self.blank_or_end(self.pos) || (counts && twice) {
            return Err(wrong(self.line_end(at)));
        }
        if !counts {
            return Ok(());
        }
        self.handles.push(TagHandle { handle, prefix });
        Ok(())
    }
}

impl Tag {
    /// The tag of that full name.
    fn of(name: &str) -> Tag {
        match name.strip_prefix(YAML_ORG) {
            Some("str") => Tag::Str,
            Some("int") => Tag::Int,
            Some("float") => Tag::Float,
            Some("bool") => Tag::Bool,
            Some("null") => Tag::Null,
            Some("timestamp") => Tag::Timestamp,
            Some("binary") => Tag::Binary,
            Some("merge") => Tag::Merge,
            None if name == "!" => Tag::NonSpecific,
            _ => Tag::Other,
        }
    }
}
