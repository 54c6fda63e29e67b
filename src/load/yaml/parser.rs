//! The state of the parser, its stack of open collections, and the way through a document.
//!
//! The grammar is libyaml's, in the state goyaml v2 keeps it: [`super::block`] and [`super::flow`] hold the rules of the
//! two kinds of collections, `key_allowed` is libyaml's `simple_key_allowed`. There is no token queue: a scalar is read
//! first and becomes a key if a colon follows, and its mapping is put before it in the arena at that moment.

use std::ops::Range;

use super::Options;
use super::anchors::Anchors;
use super::block::KeyStart;
use super::classes::{BLANK, BREAK, WIDE, is};
use super::keys::Key;
use super::problem::{Problem, Problems, Report};
use super::properties::{Properties, TagHandle};
use super::rules::NESTING_TOO_DEEP;
use super::words::behind_spaces;
use crate::model::node::{Kind, Node, Style, Tag, Tree};
use crate::model::scalar::break_length;

/// What an open collection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// Keys at one indentation.
    BlockMapping,
    /// Dashes at one indentation.
    BlockSequence,
    /// Dashes at the indentation of the key above them.
    Indentless,
    /// `[…]`
    FlowSequence,
    /// `{…}`
    FlowMapping,
    /// `key: value` as an item of a flow sequence.
    Pair,
}

/// What comes next in an open collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    /// A key or an item; in a flow collection the first.
    Entry,
    /// The value of the key that was read last.
    Value,
    /// A comma, or the end of the flow collection.
    Comma,
}

/// An open collection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    pub(super) expect: Expect,
    /// Index of its node.
    pub(super) node: u32,
    /// Children so far.
    pub(super) count: u32,
    /// The indentation to go back to.
    pub(super) outer: i64,
    /// Where its keys begin among the open keys.
    pub(super) keys: u32,
    /// Its anchor, plus one.
    pub(super) anchor: u32,
    /// Offset of its first line, to tell whether it ends on the same.
    pub(super) line: u32,
}

/// The stacks of a parser, for the next one to use: most documents are short.
#[derive(Debug)]
pub struct Stacks {
    frames: Vec<Frame>,
    keys: Vec<Key>,
}

impl Default for Stacks {
    fn default() -> Self {
        Stacks { frames: Vec::with_capacity(16), keys: Vec::with_capacity(64) }
    }
}

/// The parser of one piece of text.
pub(super) struct Parser<'p> {
    pub(super) text: &'p str,
    /// The text up to the end of the piece.
    pub(super) bytes: &'p [u8],
    pub(super) pos: usize,
    /// The offset at which the current line has its column 0.
    pub(super) line: usize,
    /// The piece has bytes that U+0085, U+2028 and U+2029 begin with.
    pub(super) wide: bool,
    /// A key may begin here.
    pub(super) key_allowed: bool,
    /// Open brackets.
    pub(super) flow: u32,
    /// Indentation of the innermost block collection, -1 outside.
    pub(super) indent: i64,
    /// Open block collections, those at the indentation of their key not counted.
    pub(super) depth: u32,
    /// Offset behind the last node that was read.
    pub(super) last_end: usize,
    pub(super) frames: Vec<Frame>,
    pub(super) keys: Vec<Key>,
    pub(super) tree: &'p mut Tree,
    pub(super) root: u32,
    pub(super) anchors: Anchors<'p>,
    pub(super) handles: Vec<TagHandle<'p>>,
    pub(super) version_seen: bool,
    pub(super) report: Report<'p>,
    /// Where comments stand, if somebody wants to know.
    pub(super) comments: Option<Vec<Range<u32>>>,
    pub(super) options: Options,
    pub(super) too_deep: bool,
    /// Where a key may have begun that turned out to be the root.
    pub(super) root_key: Option<KeyStart>,
    /// Nodes visited for merge keys.
    pub(super) merged: u64,
}

impl<'p> Parser<'p> {
    /// A parser of `text[range]` whose nodes go behind those of `tree`.
    pub(super) fn new(
        options: Options,
        text: &'p str,
        range: Range<usize>,
        tree: &'p mut Tree,
        problems: &'p mut Problems,
        stacks: &mut Stacks,
    ) -> Self {
        let root = tree.nodes.len() as u32;
        tree.nodes.reserve(range.len() / 16);
        Parser {
            text,
            bytes: &text.as_bytes()[..range.end],
            pos: range.start,
            line: range.start,
            wide: false,
            key_allowed: true,
            flow: 0,
            indent: -1,
            depth: 0,
            last_end: range.start,
            frames: std::mem::take(&mut stacks.frames),
            keys: std::mem::take(&mut stacks.keys),
            tree,
            root,
            anchors: Anchors::default(),
            handles: Vec::new(),
            version_seen: false,
            report: Report::new(problems),
            comments: None,
            options,
            too_deep: false,
            root_key: None,
            merged: 0,
        }
    }

    /// Gives its stacks back.
    pub(super) fn give_back(&mut self, stacks: &mut Stacks) {
        *stacks = Stacks { frames: std::mem::take(&mut self.frames), keys: std::mem::take(&mut self.keys) };
        stacks.frames.clear();
        stacks.keys.clear();
    }

    /// Reads the document.
    pub(super) fn document(&mut self) -> Result<(), Problem> {
        let read = self.read_document();
        self.report.close();
        read
    }

    fn read_document(&mut self) -> Result<(), Problem> {
        self.check_characters()?;
        if self.bytes[self.pos..].starts_with("\u{feff}".as_bytes()) {
            self.pos += 3;
            self.line = self.pos;
        }
        if !self.document_start()? {
            self.empty(self.pos);
            return self.document_end(None);
        }
        self.block_node(false)?;
        while let Some(frame) = self.frames.last() {
            match frame.kind {
                FrameKind::BlockMapping => self.block_mapping()?,
                FrameKind::BlockSequence => self.block_sequence(true)?,
                FrameKind::Indentless => self.block_sequence(false)?,
                FrameKind::FlowSequence => self.flow_sequence()?,
                FrameKind::FlowMapping => self.flow_mapping()?,
                FrameKind::Pair => self.flow_pair()?,
            }
        }
        self.document_end(self.root_key)
    }

    /// The byte at an offset, zero at the end.
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// The column of the cursor.
    pub(super) fn column(&self) -> i64 {
        (self.pos - self.line) as i64
    }

    /// Whether a blank, a line break or the end stands at an offset.
    pub(super) fn blank_or_end(&self, at: usize) -> bool {
        match self.bytes.get(at) {
            None => true,
            Some(&byte) if is(byte, BLANK | BREAK) => true,
            Some(&byte) => self.wide && is(byte, WIDE) && break_length(self.bytes, at) != 0,
        }
    }

    /// Whether a line break stands at an offset.
    pub(super) fn is_break(&self, at: usize) -> bool {
        is(self.byte(at), BREAK | WIDE) && break_length(self.bytes, at) != 0
    }

    /// Steps over the line break at the cursor.
    pub(super) fn next_line(&mut self) {
        self.pos += break_length(self.bytes, self.pos);
        self.line = self.pos;
    }

    /// The end of the line that holds an offset.
    pub(super) fn line_end(&self, from: usize) -> usize {
        let rest = &self.bytes[from..];
        let end = from + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        if !self.wide {
            return end;
        }
        (from..end).find(|&at| is(self.bytes[at], WIDE) && break_length(self.bytes, at) != 0).unwrap_or(end)
    }

    /// Steps over blanks, comments and line breaks to the next token. Tabs are blanks only where no key may begin.
    #[inline]
    pub(super) fn skip_to_token(&mut self) {
        // Most often the cursor stands at one: what is stepped over, `!` and `"` are below the others.
        if !matches!(self.byte(self.pos), b'$'..0x80) {
            self.skip_lines();
        }
    }

    fn skip_lines(&mut self) {
        loop {
            let tabs = self.flow > 0 || !self.key_allowed;
            self.pos = behind_spaces(self.bytes, self.pos);
            let mut byte = self.byte(self.pos);
            while tabs && is(byte, BLANK) {
                self.pos += 1;
                byte = self.byte(self.pos);
            }
            if byte == b'#' {
                self.comment();
                byte = self.byte(self.pos);
            }
            if !is(byte, BREAK | WIDE) || break_length(self.bytes, self.pos) == 0 {
                return;
            }
            self.next_line();
            if self.flow == 0 {
                self.key_allowed = true;
            }
        }
    }

    /// Steps over the comment at the cursor.
    pub(super) fn comment(&mut self) {
        let end = self.line_end(self.pos);
        if let Some(comments) = &mut self.comments {
            comments.push(self.pos as u32..end as u32);
        }
        self.pos = end;
    }

    /// Steps over blanks on this line.
    pub(super) fn skip_blanks(&mut self) {
        while is(self.byte(self.pos), BLANK) {
            self.pos += 1;
        }
    }

    /// Whether `---` or `...` stands at an offset, which is the start of a line.
    pub(super) fn is_document_marker(&self, at: usize) -> bool {
        matches!(self.byte(at), b'-' | b'.')
            && (self.bytes[at..].starts_with(b"---") || self.bytes[at..].starts_with(b"..."))
            && self.blank_or_end(at + 3)
    }

    /// Whether the document ends at the cursor: at the end of the piece, a marker or a directive.
    pub(super) fn at_end(&self) -> bool {
        self.pos >= self.bytes.len()
            || (self.pos == self.line && (self.is_document_marker(self.pos) || self.bytes[self.pos] == b'%'))
    }

    /// Adds an absent value at an offset.
    pub(super) fn empty(&mut self, at: usize) {
        let at = at as u32;
        let node = Node { start: at, end: at, a: at, ..scalar(Style::Plain) };
        self.tree.nodes.push(node);
        self.last_end = at as usize;
    }

    /// Opens a collection whose node is the next in the arena.
    pub(super) fn open(&mut self, kind: FrameKind, start: usize, properties: &Properties<'p>) -> Result<(), Problem> {
        let style = match kind {
            FrameKind::FlowMapping | FrameKind::FlowSequence | FrameKind::Pair => Style::Flow,
            _ => Style::Block,
        };
        let of = match kind {
            FrameKind::BlockMapping | FrameKind::FlowMapping | FrameKind::Pair => Kind::Mapping,
            _ => Kind::Sequence,
        };
        let node = self.tree.nodes.len() as u32;
        let anchor = match properties.anchor {
            Some(_) => self.anchors.open(properties.anchor, node, self.decoded()),
            None => 0,
        };
        let flags = if anchor == 0 { 0 } else { Node::ANCHORED };
        let start = start as u32;
        self.tree.nodes.push(Node { kind: of, style, tag: properties.tag, flags, start, end: start, a: 0, b: 0 });
        let frame = Frame {
            kind,
            expect: Expect::Entry,
            node,
            count: 0,
            outer: self.indent,
            keys: self.keys.len() as u32,
            anchor,
            line: self.line as u32,
        };
        self.frames.push(frame);
        match kind {
            FrameKind::FlowMapping | FrameKind::FlowSequence => {
                self.flow += 1;
                self.check_depth(self.flow, start as usize)
            }
            FrameKind::BlockMapping | FrameKind::BlockSequence => {
                self.depth += 1;
                self.check_depth(self.depth, start as usize)
            }
            FrameKind::Indentless | FrameKind::Pair => Ok(()),
        }
    }

    /// Closes the innermost collection, which ends at an offset.
    pub(super) fn close(&mut self, end: usize) -> Result<(), Problem> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let next = self.tree.nodes.len() as u32;
        let node = &mut self.tree.nodes[frame.node as usize];
        (node.a, node.b, node.end) = (next, frame.count, end as u32);
        let is_mapping = node.kind == Kind::Mapping;
        match frame.kind {
            FrameKind::BlockMapping | FrameKind::BlockSequence => {
                self.indent = frame.outer;
                self.depth -= 1;
            }
            FrameKind::FlowMapping | FrameKind::FlowSequence => self.flow -= 1,
            FrameKind::Indentless | FrameKind::Pair => {}
        }
        self.last_end = end;
        if is_mapping {
            self.check_keys(&frame)?;
        }
        if frame.anchor != 0 {
            let decoded = self.decoded();
            self.anchors.close(frame.anchor, decoded);
        }
        Ok(())
    }

    /// The innermost collection. There always is one where this is asked.
    pub(super) fn frame(&mut self) -> &mut Frame {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    /// How many nodes goyaml has decoded by now, those that came out of aliases included.
    pub(super) fn decoded(&self) -> u64 {
        (self.tree.nodes.len() as u64 - u64::from(self.root) + 1).saturating_add_signed(self.anchors.balance)
    }

    fn check_depth(&mut self, depth: u32, at: usize) -> Result<(), Problem> {
        if depth > super::HARD_NESTING {
            let message = format!("nested more than {} levels deep", super::HARD_NESTING);
            return Err(Problem::new(NESTING_TOO_DEEP, (at, at + 1), message).refused());
        }
        if depth > self.options.nesting && !self.too_deep {
            self.too_deep = true;
            let message = format!("nested more than {} levels deep", self.options.nesting);
            self.report.add(Problem::new(NESTING_TOO_DEEP, (at, at + 1), message));
        }
        Ok(())
    }
}

/// A scalar without content.
pub(super) fn scalar(style: Style) -> Node {
    Node { kind: Kind::Scalar, style, tag: Tag::None, flags: 0, start: 0, end: 0, a: 0, b: 0 }
}
