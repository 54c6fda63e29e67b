//! Anchors, and how far their aliases blow a document up.

use std::collections::HashMap;

use super::problem::Problem;
use super::rules::EXCESSIVE_ALIASING;

/// The anchors of a document.
#[derive(Debug, Default)]
pub(super) struct Anchors<'p> {
    /// The latest anchor of each name.
    names: HashMap<&'p str, usize>,
    all: Vec<Anchor>,
    /// Nodes that goyaml decodes once more for aliases, less those that it does not decode for merge keys.
    pub(super) balance: i64,
    /// Nodes decoded for aliases.
    aliased: u64,
}

#[derive(Debug)]
struct Anchor {
    /// Offset of the `&`.
    at: usize,
    node: u32,
    open: bool,
    /// While open, how many nodes were decoded before it; then how many its own are.
    decoded: u64,
}

impl<'p> Anchors<'p> {
    /// Registers the anchor, if there is one, of the node at index `node`, before which `decoded` nodes are decoded.
    /// Returns what [`Anchors::close`] takes, zero for no anchor.
    pub(super) fn open(&mut self, anchor: Option<(&'p str, usize)>, node: u32, decoded: u64) -> u32 {
        let Some((name, at)) = anchor else { return 0 };
        self.names.insert(name, self.all.len());
        self.all.push(Anchor { at, node, open: true, decoded });
        self.all.len() as u32
    }

    /// The node of an anchor is complete, and `decoded` nodes are decoded by now.
    pub(super) fn close(&mut self, anchor: u32, decoded: u64) {
        if let Some(anchor) = self.all.get_mut((anchor as usize).wrapping_sub(1)) {
            anchor.open = false;
            anchor.decoded = decoded.saturating_sub(anchor.decoded);
        }
    }

    /// The node that an alias stands for. `decoded` nodes are decoded by now, the alias included.
    pub(super) fn target(&mut self, name: &str, span: (usize, usize), decoded: u64) -> Result<u32, Problem> {
        let Some(anchor) = self.names.get(name).map(|&at| &self.all[at]) else {
            return Err(self.unknown(name, span));
        };
        if anchor.open {
            return Err(Problem::fatal(span, format!("the anchor `{name}` contains itself"))
                .label("stands for a node that it is part of")
                .see((anchor.at, anchor.at + 1 + name.len()), "the anchor"));
        }
        let node = anchor.node;
        self.aliased = self.aliased.saturating_add(anchor.decoded);
        self.balance = self.balance.saturating_add(i64::try_from(anchor.decoded).unwrap_or(i64::MAX));
        let decoded = decoded.saturating_add(anchor.decoded);
        if self.aliased > 100 && decoded > 1000 && self.aliased as f64 / decoded as f64 > allowed_share(decoded) {
            return Err(Problem::new(EXCESSIVE_ALIASING, span, "aliases stand for too much of the document")
                .refused()
                .label(format!("{} of {decoded} nodes come out of aliases by now", self.aliased)));
        }
        Ok(node)
    }

    fn unknown(&self, name: &str, span: (usize, usize)) -> Problem {
        let near = self.names.keys().find(|known| known.eq_ignore_ascii_case(name));
        let problem = Problem::fatal(span, format!("the anchor `{name}` is not defined"))
            .label("no `&` of that name above this in the same document");
        match near {
            Some(near) => problem.help(format!("write `*{near}`")),
            None => {
                problem.help(format!("define `&{name}` above, or put the value in quotes if the `*` belongs to it"))
            }
        }
    }
}

/// How much of the nodes may come out of aliases (goyaml v2 `decode.go`, `allowedAliasRatio`).
fn allowed_share(decoded: u64) -> f64 {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    let decoded = (decoded as f64).clamp(LOW, HIGH);
    0.99 - 0.89 * ((decoded - LOW) / (HIGH - LOW))
}
