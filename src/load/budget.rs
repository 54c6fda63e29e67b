//! Budgets on what a document costs once it is read: nesting, and what aliases make of it.

use std::ops::Range;

use crate::model::node::{Kind, Node, Tree};
use crate::model::value::Value;

use super::Options;

/// A budget that a document exceeds, with the node at which it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// Collections in collections.
    Nesting(u32),
    /// Nodes after aliases are expanded, and the alias that goes over.
    Aliases(u32),
}

/// Aliases may always expand to this many nodes, however small the file is: it takes a check no time.
const ALWAYS_ALLOWED: u64 = 100_000;

/// Measures the document whose nodes begin at `root` and end with the tree. `bytes` is the size of its text.
///
/// Nesting counts what a walk meets: an alias is as deep as its target, below the place where it stands. One pass over
/// the nodes.
#[must_use]
pub fn measure(tree: &Tree, root: u32, bytes: usize, options: &Options) -> Option<Excess> {
    let mut meter = Meter { open: Vec::new(), anchored: Vec::new(), nodes: 0, aliases: false };
    let most = (bytes as u64 * 10).clamp(ALWAYS_ALLOWED.min(options.max_nodes), options.max_nodes);
    for (at, node) in tree.nodes.iter().enumerate().skip(root as usize) {
        let depth = meter.enter(at as u32, node);
        if depth > options.max_nesting {
            return Some(Excess::Nesting(at as u32));
        }
        if meter.aliases && meter.nodes > most {
            return Some(Excess::Aliases(at as u32));
        }
    }
    None
}

/// A collection that is not finished.
struct Open {
    end: u32,
    at: u32,
    /// Nodes counted when it began.
    nodes: u64,
    /// The deepest level met below it, itself included.
    height: usize,
    anchored: bool,
}

/// What an anchor stands for.
struct Anchored {
    at: u32,
    nodes: u64,
    height: usize,
}

struct Meter {
    open: Vec<Open>,
    anchored: Vec<Anchored>,
    /// Nodes so far, aliases expanded.
    nodes: u64,
    aliases: bool,
}

impl Meter {
    /// Counts a node; returns the deepest level at which a walk meets something in it.
    fn enter(&mut self, at: u32, node: &Node) -> usize {
        while self.open.last().is_some_and(|open| open.end <= at) {
            self.close();
        }
        self.nodes += 1;
        match node.kind {
            Kind::Mapping | Kind::Sequence => {
                let anchored = node.has(Node::ANCHORED);
                self.open.push(Open { end: node.a, at, nodes: self.nodes - 1, height: 1, anchored });
                self.open.len()
            }
            Kind::Scalar => self.open.len(),
            Kind::Alias => {
                self.aliases = true;
                let Ok(found) = self.anchored.binary_search_by_key(&node.a, |anchored| anchored.at) else {
                    return self.open.len();
                };
                let (nodes, height) = (self.anchored[found].nodes, self.anchored[found].height);
                self.nodes = self.nodes.saturating_add(nodes);
                if let Some(open) = self.open.last_mut() {
                    open.height = open.height.max(1 + height);
                }
                self.open.len() + height
            }
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if let Some(parent) = self.open.last_mut() {
            parent.height = parent.height.max(open.height + 1);
        }
        if open.anchored {
            // Inner anchors close before outer ones, which begin earlier: keep the list in the order of places.
            let anchored = Anchored { at: open.at, nodes: self.nodes - open.nodes, height: open.height };
            let place = self.anchored.partition_point(|known| known.at < open.at);
            self.anchored.insert(place, anchored);
        }
    }
}

/// The place of a node, for a label.
#[must_use]
pub fn place(tree: &Tree, text: &str, at: u32) -> Range<usize> {
    let span = Value::new(tree, text, at).title_span();
    (span.start - tree.base) as usize..(span.end - tree.base) as usize
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::yaml;
    use super::*;
    use crate::model::source::FileId;

    fn measured(text: &str, options: &Options) -> Option<(Excess, String)> {
        let mut tree = Tree::new(FileId(0));
        let root = yaml::parse(text, 0..text.len(), &mut tree, &mut Vec::new()).unwrap();
        measure(&tree, root, text.len(), options).map(|excess| {
            let (Excess::Nesting(at) | Excess::Aliases(at)) = excess;
            (excess, text[place(&tree, text, at)].to_owned())
        })
    }

    #[test]
    fn an_alias_is_as_deep_as_its_target_below_its_own_place() {
        let options = |max_nesting| Options { max_nesting, ..Options::default() };
        let text = "a: &a [[x]]\nb: {c: {d: *a}}\n";
        assert_eq!(measured(text, &options(5)), None);
        let (excess, place) = measured(text, &options(4)).unwrap();
        assert!(matches!(excess, Excess::Nesting(_)) && place == "*a");
        let (_, place) = measured(text, &options(2)).unwrap();
        assert_eq!(place, "[");
    }

    #[test]
    fn aliases_count_as_often_as_they_stand_for_something() {
        let text = "a: &a [1, 2, 3]\nb: &b [*a, *a]\nc: [*b, *b]\nd: *a\n";
        // The root; `a` and 4 nodes; `b`, the list, and two aliases that stand for 4 each; and so on.
        let nodes = 1 + (1 + 4) + (1 + 1 + 2 * 5) + (1 + 1 + 2 * (1 + 11)) + (1 + 5);
        let options = |max_nodes| Options { max_nodes, ..Options::default() };
        assert_eq!(measured(text, &options(nodes)), None);
        let (excess, place) = measured(text, &options(nodes - 1)).unwrap();
        assert!(matches!(excess, Excess::Aliases(_)) && place == "*a");
    }
}
