//! YAML as Kubernetes reads it: libyaml's grammar of YAML 1.1, with goyaml v2's behaviour where the two differ.
//!
//! One pass over the bytes writes an arena of nodes ([`crate::model::node`]); nothing is decoded, counted in lines, or
//! put on the Rust stack. What the conversion to JSON (`sigs.k8s.io/yaml`) refuses is refused here, so that a tree that
//! was read is a document that kubectl reads; what only strict readers refuse is reported beside the tree.

mod anchors;
mod block;
mod characters;
mod classes;
mod ending;
mod flow;
mod keys;
mod messages;
mod parser;
mod problem;
mod properties;
mod rules;
mod scalars;
#[cfg(test)]
mod tests;
mod usual;
mod words;

use std::ops::Range;

use crate::model::node::Tree;
use crate::model::source::FileId;
use parser::Parser;
pub use parser::Stacks;
pub use problem::{Problem, Problems};
pub use rules::RULES;
pub(super) use rules::{DUPLICATE_KEY, EXCESSIVE_ALIASING, NESTING_TOO_DEEP};

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
    parse_with(Options::default(), text, range, tree, problems, &mut Stacks::default())
}

/// [`parse`] with limits and stacks of the caller's choice.
///
/// # Errors
/// As [`parse`].
pub fn parse_with(
    options: Options,
    text: &str,
    range: Range<usize>,
    tree: &mut Tree,
    problems: &mut Problems,
    stacks: &mut Stacks,
) -> Result<u32, Problem> {
    let mut parser = Parser::new(options, text, range, tree, problems, stacks);
    let root = parser.root;
    let read = parser.document();
    parser.give_back(stacks);
    if read.is_err() {
        tree.nodes.truncate(root as usize);
    }
    read.map(|()| root)
}

/// Where the comments of the first YAML document of `text[range]` stand, from `#` to the end of the line. A `#` in a
/// scalar is no comment. What follows a mistake in the document is not searched.
#[must_use]
pub fn comments(text: &str, range: Range<usize>) -> Vec<Range<u32>> {
    let (mut tree, mut problems, mut stacks) = (Tree::new(FileId(0)), Problems::new(), Stacks::default());
    let mut parser = Parser::new(Options::default(), text, range, &mut tree, &mut problems, &mut stacks);
    parser.comments = Some(Vec::new());
    // The mistake, if there is one, is reported by whoever parses the document for its content.
    let _ = parser.document();
    parser.comments.take().unwrap_or_default()
}
