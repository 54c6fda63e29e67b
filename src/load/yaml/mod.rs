//! YAML as Kubernetes reads it: libyaml's grammar of YAML 1.1, with goyaml v2's behaviour where the two differ.
//!
//! One pass over the bytes writes an arena of nodes ([`crate::model::node`]); nothing is decoded, counted in lines, or
//! put on the Rust stack. What the conversion to JSON (`sigs.k8s.io/yaml`) refuses is refused here, so that a tree that
//! was read is a document that kubectl reads; what only strict readers refuse is reported beside the tree.

mod anchors;
mod block;
mod classes;
mod flow;
mod keys;
mod messages;
mod parser;
mod problem;
mod properties;
mod rules;
mod scalars;

use std::ops::Range;

use crate::model::node::Tree;
use anchors::Anchors;
use parser::Parser;
pub use problem::{Problem, Problems};
pub use rules::RULES;

/// Brackets or block collections inside each other at which goyaml v2 gives up (`scannerc.go`, `max_flow_level` and
/// `max_indents`).
pub const HARD_NESTING: u32 = 10_000;

/// What the caller can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Brackets or block collections inside each other above which a finding is made, once a document.
    pub nesting: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options { nesting: 1_000 }
    }
}

/// Parses the first YAML document of `text[range]`, adds its nodes to `tree`, and returns the index of its root.
/// Offsets count from the start of `text`. A piece without content has a null root. Strict findings are added to
/// `problems`.
///
/// # Errors
/// The first thing that makes kubectl refuse the document; its nodes are removed again.
pub fn parse(text: &str, range: Range<usize>, tree: &mut Tree, problems: &mut Problems) -> Result<u32, Problem> {
    parse_with(Options::default(), text, range, tree, problems)
}

/// [`parse`] with limits of the caller's choice.
///
/// # Errors
/// As [`parse`].
pub fn parse_with(
    options: Options,
    text: &str,
    range: Range<usize>,
    tree: &mut Tree,
    problems: &mut Problems,
) -> Result<u32, Problem> {
    let root = tree.nodes.len();
    tree.nodes.reserve(range.len() / 16);
    let mut parser = Parser {
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
        frames: Vec::with_capacity(16),
        keys: Vec::with_capacity(64),
        tree,
        root: root as u32,
        anchors: Anchors::default(),
        handles: Vec::new(),
        version_seen: false,
        problems,
        options,
        too_deep: false,
        merged: 0,
    };
    match parser.document() {
        Ok(()) => Ok(root as u32),
        Err(problem) => {
            tree.nodes.truncate(root);
            Err(problem)
        }
    }
}
