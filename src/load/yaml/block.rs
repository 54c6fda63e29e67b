//! Block collections, and the nodes in them.

use super::parser::{Expect, FrameKind, Parser, scalar};
use super::problem::Problem;
use super::properties::Properties;
use crate::model::node::{Kind, Node, Style, Tag};

/// A place where an implicit key may have begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyStart {
    pub(super) at: usize,
    pub(super) line: usize,
}

impl<'p> Parser<'p> {
    /// Goes on with the innermost collection, a block mapping, until it ends or another collection opens in it.
    pub(super) fn block_mapping(&mut self) -> Result<(), Problem> {
        let depth = self.frames.len();
        loop {
            if self.frame().expect == Expect::Entry {
                self.skip_to_token();
                while self.key_allowed && self.column() == self.indent && self.usual_entry() {}
                if self.frame().expect == Expect::Value {
                    continue;
                }
                if self.at_end() || self.column() < self.indent {
                    return self.close(self.last_end);
                }
                self.block_key()?;
            } else {
                self.frame().expect = Expect::Entry;
                self.block_value()?;
                if self.frames.len() != depth {
                    return Ok(());
                }
            }
        }
    }

    /// Reads a key of the innermost block mapping and the colon behind it.
    fn block_key(&mut self) -> Result<(), Problem> {
        // Behind a value of several lines any column may be met, and no key is allowed.
        if self.column() > self.indent || !self.key_allowed {
            return Err(self.misplaced_in_mapping());
        }
        match self.byte(self.pos) {
            b'?' if self.blank_or_end(self.pos + 1) => return self.explicit_key(),
            b'-' | b':' if self.blank_or_end(self.pos + 1) => return Err(self.misplaced_in_mapping()),
            b'[' | b'{' => return Err(self.collection_key(self.pos)),
            b'|' | b'>' => return Err(self.misplaced_in_mapping()),
            _ => {}
        }
        let start = KeyStart { at: self.pos, line: self.line };
        let mut properties = Properties::NONE;
        while matches!(self.byte(self.pos), b'&' | b'!') {
            self.property(&mut properties)?;
            self.skip_blanks();
        }
        let key = if !properties.is_none() && self.colon_follows(start) {
            self.absent(&properties)
        } else if matches!(self.byte(self.pos), b'[' | b'{') {
            return Err(self.collection_key(start.at));
        } else if self.is_break(self.pos) || self.pos >= self.bytes.len() {
            return Err(Problem::fatal((start.at, self.word_end(start.at)), "an anchor or a tag without a key")
                .label("expected a key behind it on the same line"));
        } else {
            self.leaf(&properties)?
        };
        if !self.colon_follows(start) {
            return Err(self.missing_colon(&key, start));
        }
        self.key(key, &properties)
    }

    /// Adds a key whose colon is at the cursor, and steps over the colon.
    fn key(&mut self, key: Node, properties: &Properties<'p>) -> Result<(), Problem> {
        self.pos += 1;
        self.key_allowed = false;
        self.push_key(key, properties)?;
        self.frame().expect = Expect::Value;
        Ok(())
    }

    /// Reads `? key`, and the colon of its value if there is one.
    fn explicit_key(&mut self) -> Result<(), Problem> {
        let mark = self.pos;
        self.pos += 1;
        self.key_allowed = true;
        self.skip_to_token();
        if self.node_ends(true) {
            return Err(self.null_key((mark, mark + 1)));
        }
        let start = KeyStart { at: self.pos, line: self.line };
        let mut properties = Properties::NONE;
        while matches!(self.byte(self.pos), b'&' | b'!') {
            self.property(&mut properties)?;
            self.skip_to_token();
        }
        let byte = self.byte(self.pos);
        let key = if !properties.is_none() && self.node_ends(true) {
            self.absent(&properties)
        } else if matches!(byte, b'[' | b'{') || (matches!(byte, b'-' | b'?' | b':') && self.blank_or_end(self.pos + 1))
        {
            return Err(self.collection_key(start.at));
        } else {
            self.leaf(&properties)?
        };
        if self.colon_follows(start) {
            return Err(self.collection_key(start.at));
        }
        self.push_key(key, &properties)?;
        let end = self.last_end;
        self.skip_to_token();
        if !self.at_end()
            && self.column() == self.indent
            && self.byte(self.pos) == b':'
            && self.blank_or_end(self.pos + 1)
        {
            self.pos += 1;
            self.key_allowed = true;
            self.frame().expect = Expect::Value;
        } else {
            self.empty(end);
        }
        Ok(())
    }

    /// Reads the value behind the colon that was just read.
    fn block_value(&mut self) -> Result<(), Problem> {
        let colon = self.pos;
        self.skip_to_token();
        if self.node_ends(true) {
            self.empty(colon);
            return Ok(());
        }
        self.block_node(true)
    }

    /// Goes on with the innermost collection, a block sequence, until it ends or another collection opens in it. One
    /// that is `indented` ends where the indentation does, another where no dash follows.
    pub(super) fn block_sequence(&mut self, indented: bool) -> Result<(), Problem> {
        let depth = self.frames.len();
        loop {
            self.skip_to_token();
            let column = self.column();
            let end = self.at_end() || column < self.indent;
            let dash = self.byte(self.pos) == b'-' && self.blank_or_end(self.pos + 1);
            if end || (!indented && (column != self.indent || !dash)) {
                return self.close(self.last_end);
            }
            if column > self.indent || !dash || !self.key_allowed {
                return Err(self.misplaced_in_sequence());
            }
            self.pos += 1;
            self.key_allowed = true;
            self.frame().count += 1;
            let behind = self.pos;
            self.skip_to_token();
            if self.node_ends(false) {
                self.empty(behind);
                continue;
            }
            self.block_node(false)?;
            if self.frames.len() != depth {
                return Ok(());
            }
        }
    }

    /// Reads a node at the cursor, or opens it if it is a collection. A sequence may stand at the indentation of its
    /// key if `indentless` is set.
    pub(super) fn block_node(&mut self, indentless: bool) -> Result<(), Problem> {
        if !matches!(self.byte(self.pos), b'&' | b'!') {
            let start = self.key_allowed.then_some(KeyStart { at: self.pos, line: self.line });
            if let Some(start) = start
                && let Some(colon) = self.usual_key()
            {
                self.open_mapping(start, &Properties::NONE)?;
                self.usual_entry_with(colon);
                return Ok(());
            }
            return self.block_content(start, &Properties::NONE, &Properties::NONE);
        }
        let mut outer = Properties::NONE;
        let mut inner = Properties::NONE;
        let mut start = None;
        loop {
            if self.key_allowed {
                start = Some(KeyStart { at: self.pos, line: self.line });
                outer = self.joined(&outer, &inner)?;
                inner = Properties::NONE;
            }
            if !matches!(self.byte(self.pos), b'&' | b'!') {
                break;
            }
            self.property(&mut inner)?;
            self.skip_to_token();
            let stray = self.frames.is_empty() && self.is_stray_behind(&inner);
            if stray || self.node_ends(indentless) {
                if self.frames.is_empty() {
                    self.root_key = start;
                }
                let properties = self.joined(&outer, &inner)?;
                let node = self.absent(&properties);
                return self.push_value(node, &properties);
            }
        }
        self.block_content(start, &outer, &inner)
    }

    /// Whether no node follows in the place the cursor has come to: the document ends, the indentation, or another key
    /// or item begins. At the indentation itself a block scalar may stand, and the list of a key.
    fn node_ends(&self, indentless: bool) -> bool {
        let column = self.column();
        if column > self.indent && column > 0 {
            return self.pos >= self.bytes.len();
        }
        if self.at_end() || column != self.indent {
            return self.at_end() || column < self.indent;
        }
        match self.byte(self.pos) {
            b'|' | b'>' => false,
            b'-' => !indentless || !self.blank_or_end(self.pos + 1),
            _ => true,
        }
    }

    /// Whether something follows the properties of a root that is not part of it, so that it stays empty.
    fn is_stray_behind(&self, properties: &Properties<'p>) -> bool {
        match self.byte(self.pos) {
            b',' | b']' | b'}' => true,
            // An alias that is a key begins a mapping, and the properties are those of the mapping.
            b'*' => {
                let mut line = self.pos..self.line_end(self.pos);
                !line.any(|at| self.bytes[at] == b':' && self.blank_or_end(at + 1))
            }
            b'&' => properties.anchor.is_some() && !self.key_allowed,
            b'!' => properties.tag != Tag::None && !self.key_allowed,
            _ => false,
        }
    }

    fn block_content(
        &mut self,
        start: Option<KeyStart>,
        outer: &Properties<'p>,
        inner: &Properties<'p>,
    ) -> Result<(), Problem> {
        if self.frames.is_empty() {
            self.root_key = start;
        }
        let byte = self.byte(self.pos);
        let indicator = matches!(byte, b'-' | b'?' | b':') && self.blank_or_end(self.pos + 1);
        let key = match byte {
            b'-' | b'?' if indicator => {
                let properties = self.joined(outer, inner)?;
                return self.open_block(byte, &properties);
            }
            b'[' | b'{' => {
                let properties = self.joined(outer, inner)?;
                return self.open_flow(&properties);
            }
            b':' if indicator => {
                let is_key = !inner.is_none() && start.is_some_and(|start| self.colon_follows(start));
                if !is_key {
                    return Err(self.stray_colon());
                }
                self.absent(inner)
            }
            _ => self.leaf(inner)?,
        };
        let Some(start) = start.filter(|start| self.colon_follows(*start)) else {
            if outer.is_none() {
                return self.push_value(key, inner);
            }
            let properties = self.joined(outer, inner)?;
            if key.kind == Kind::Alias && !properties.is_none() {
                return Err(alias_with_properties(key.start as usize, key.end as usize));
            }
            return self.push_value(key, &properties);
        };
        if matches!(key.style, Style::Literal | Style::Folded) {
            return Err(self.stray_colon());
        }
        self.open_mapping(start, outer)?;
        self.key(key, inner)
    }

    /// Opens the mapping whose first key begins at `start`.
    fn open_mapping(&mut self, start: KeyStart, properties: &Properties<'p>) -> Result<(), Problem> {
        if self.frames.is_empty() {
            self.root_key = Some(start);
        }
        self.open(FrameKind::BlockMapping, start.at, properties)?;
        self.indent = (start.at - start.line) as i64;
        Ok(())
    }

    /// Opens the collection whose first dash or question mark is at the cursor.
    fn open_block(&mut self, byte: u8, properties: &Properties<'p>) -> Result<(), Problem> {
        if !self.key_allowed {
            return Err(self.collection_on_line(byte));
        }
        let column = self.column();
        if byte == b'?' {
            self.open(FrameKind::BlockMapping, self.pos, properties)?;
        } else if column == self.indent {
            return self.open(FrameKind::Indentless, self.pos, properties);
        } else {
            self.open(FrameKind::BlockSequence, self.pos, properties)?;
        }
        self.indent = column;
        Ok(())
    }

    /// Whether a colon that makes a key of what began at `start` follows the cursor on the same line, within 1,024
    /// characters of its beginning. Leaves the cursor at it.
    pub(super) fn colon_follows(&mut self, start: KeyStart) -> bool {
        if start.line != self.line {
            return false;
        }
        self.skip_blanks();
        let colon = self.byte(self.pos) == b':' && (self.flow > 0 || self.blank_or_end(self.pos + 1));
        colon && (self.pos - start.at <= 1024 || self.text[start.at..self.pos].chars().count() <= 1024)
    }

    /// Reads the scalar or alias at the cursor, without adding it.
    pub(super) fn leaf(&mut self, properties: &Properties<'p>) -> Result<Node, Problem> {
        match self.byte(self.pos) {
            b'"' | b'\'' => self.quoted(),
            b'|' | b'>' if self.flow == 0 => self.block_scalar(),
            b'*' => self.alias(properties),
            _ if self.is_plain_start() => self.plain(),
            _ => Err(self.unexpected()),
        }
    }

    fn alias(&mut self, properties: &Properties<'p>) -> Result<Node, Problem> {
        let at = self.pos;
        self.key_allowed = false;
        let name = self.anchor_name()?;
        if !properties.is_none() {
            return Err(alias_with_properties(at, self.pos));
        }
        let decoded = self.decoded() + 1;
        let target = self.anchors.target(name, (at, self.pos), decoded)?;
        let (start, end) = (at as u32, self.pos as u32);
        Ok(Node { kind: Kind::Alias, start, end, a: target, ..scalar(Style::Plain) })
    }

    /// A scalar without content that has properties.
    pub(super) fn absent(&self, properties: &Properties<'p>) -> Node {
        let at = properties.end as u32;
        Node { start: at, end: at, a: at, ..scalar(Style::Plain) }
    }

    /// The properties of one node that stand on several lines.
    #[inline]
    fn joined(&self, outer: &Properties<'p>, inner: &Properties<'p>) -> Result<Properties<'p>, Problem> {
        if outer.is_none() || inner.is_none() {
            return Ok(if outer.is_none() { *inner } else { *outer });
        }
        if let (Some((_, first)), Some((_, second))) = (outer.anchor, inner.anchor) {
            return Err(Problem::fatal((second, self.word_end(second)), "a node has two anchors")
                .label("the second")
                .see((first, self.word_end(first)), "the first"));
        }
        let (mut joined, other) = (*inner, *outer);
        joined.anchor = joined.anchor.or(other.anchor);
        if other.tag != Tag::None {
            if joined.tag != Tag::None {
                return Err(Problem::fatal((inner.tag_at, self.word_end(inner.tag_at)), "a node has two tags")
                    .label("the second")
                    .see((outer.tag_at, self.word_end(outer.tag_at)), "the first"));
            }
            (joined.tag, joined.tag_at) = (other.tag, other.tag_at);
        }
        Ok(joined)
    }
}

fn alias_with_properties(start: usize, end: usize) -> Problem {
    Problem::fatal((start, end), "an alias has an anchor or a tag of its own")
        .label("it takes both from the node it stands for")
}
