//! The tree of one stretch of a file: an arena of small nodes in document order.
//!
//! Nodes hold offsets, never text: keys and scalars are decoded when somebody asks ([`super::scalar`]), lines and
//! columns are counted when a finding is written. A mapping's children are key, value, key, value, … and the subtree
//! of a node is the stretch of the arena up to its [`Node::next`], so that skipping one is one step.

use super::source::FileId;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text; an absent value is a scalar of length zero.
    Scalar,
    /// Keys and values.
    Mapping,
    /// Items.
    Sequence,
    /// A `*name`, standing for the node in [`Node::a`].
    Alias,
}

/// How a node is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// An unquoted scalar.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`, with YAML's escapes.
    DoubleQuoted,
    /// `"…"` in a JSON stream, with JSON's escapes.
    Json,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection by indentation.
    Block,
    /// A collection in brackets.
    Flow,
}

/// A tag, as far as Kubernetes cares (goyaml v2 `resolve.go`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// No tag.
    None,
    /// `!`: a string, whatever it looks like.
    NonSpecific,
    /// `!!str`
    Str,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!bool`
    Bool,
    /// `!!null`
    Null,
    /// `!!timestamp`
    Timestamp,
    /// `!!binary`
    Binary,
    /// `!!merge`
    Merge,
    /// Any other: ignored, and a scalar under it stays a string.
    Other,
}

/// One node.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// How it is written.
    pub style: Style,
    /// Its tag.
    pub tag: Tag,
    /// Bits of [`Node::ESCAPED`], [`Node::MERGE`], [`Node::ANCHORED`], [`Node::TEXT`].
    pub flags: u8,
    /// Offset of its first byte in the text of the tree, quotes and block header included, tag and anchor not.
    pub start: u32,
    /// Offset behind its last byte.
    pub end: u32,
    /// Scalar: offset of the content; of a block scalar, behind the indentation of its first line with text. Collection:
    /// index behind the last descendant. Alias: index of the target.
    pub a: u32,
    /// Scalar: length of the content. Collection: number of children, where a key and its value are two.
    pub b: u32,
}

/// A document of a megabyte has some forty thousand nodes: their size is what parsing and walking cost.
const _: () = assert!(size_of::<Node>() == 20);

impl Node {
    /// The content of a scalar is not its text: escapes, folded lines or a block scalar.
    pub const ESCAPED: u8 = 1;
    /// A mapping with a merge key (`<<`).
    pub const MERGE: u8 = 2;
    /// An anchor is on this node.
    pub const ANCHORED: u8 = 4;

    /// A scalar whose content is its text, and a string: nothing has to be decoded or resolved. Not every such scalar
    /// has the flag.
    pub const TEXT: u8 = 8;

    /// Whether a flag is set.
    #[must_use]
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The index of the node that follows the subtree of this one, which stands at `at`.
    #[must_use]
    pub fn next(&self, at: u32) -> u32 {
        match self.kind {
            Kind::Mapping | Kind::Sequence => self.a,
            Kind::Scalar | Kind::Alias => at + 1,
        }
    }
}

/// The nodes of one stretch of a file.
#[derive(Debug, Clone)]
pub struct Tree {
    /// The file the offsets belong to.
    pub file: FileId,
    /// What to add to an offset to get a place in the file; not zero for the later parts of a big file.
    pub base: u32,
    /// All nodes, documents one after the other.
    pub nodes: Vec<Node>,
}

impl Tree {
    /// A tree without nodes.
    #[must_use]
    pub fn new(file: FileId) -> Self {
        Tree { file, base: 0, nodes: Vec::new() }
    }
}
