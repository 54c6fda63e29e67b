//! Adding nodes to the tree, and what makes a key: its type, its uniqueness, merge keys.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::parser::{Frame, Parser, scalar as scalar_node};
use super::problem::Problem;
use super::properties::Properties;
use super::rules::{BOOLEAN_KEY, DUPLICATE_KEY, EXCESSIVE_ALIASING, MERGE_OVERRIDE};
use crate::model::node::{Kind, Node, Style, Tag};
use crate::model::scalar::{self, Mismatch, Scalar};
use crate::model::value::Value;

/// A key of an open mapping.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// Equal for equal texts.
    print: u64,
    /// Index of its node.
    node: u32,
}

/// Up to so many keys are compared one by one.
const FEW: usize = 12;

/// How many nodes a document may visit for its merge keys.
const MERGE_BUDGET: u64 = 1_000_000;

impl<'p> Parser<'p> {
    /// Adds a scalar or alias that is no key.
    pub(super) fn push_value(&mut self, node: Node, properties: &Properties<'p>) -> Result<(), Problem> {
        if node.kind == Kind::Scalar {
            let plain = properties.is_none() && node.style != Style::Plain;
            if !plain && (!properties.is_none() || matches!(self.byte(node.a as usize), b'.' | b'+' | b'-')) {
                self.check_value(&Node { tag: properties.tag, flags: node.flags & !Node::TEXT, ..node })?;
            }
        }
        self.push(node, properties);
        Ok(())
    }

    /// Adds a scalar or alias.
    fn push(&mut self, mut node: Node, properties: &Properties<'p>) {
        self.last_end = node.end as usize;
        if !properties.is_none() {
            node.tag = properties.tag;
            if node.tag != Tag::None {
                node.flags &= !Node::TEXT;
            }
            let decoded = self.decoded();
            let anchor = self.anchors.open(properties.anchor, self.tree.nodes.len() as u32, decoded);
            if anchor != 0 {
                node.flags |= Node::ANCHORED;
                self.anchors.close(anchor, decoded + 1);
            }
        }
        self.tree.nodes.push(node);
    }

    /// Refuses tags that contradict their text, infinities and NaN.
    fn check_value(&self, node: &Node) -> Result<(), Problem> {
        match scalar::resolve(node, self.text) {
            Ok(Scalar::Float(value)) if !value.is_finite() => {
                let written = self.written(node);
                Err(Problem::fatal(span(node), format!("`{written}` is not a value that JSON can hold"))
                    .label("an infinity or not a number")
                    .help("put it in quotes if it is meant as text"))
            }
            Ok(_) => Ok(()),
            Err(mismatch) => Err(self.mismatch(node, &mismatch)),
        }
    }

    fn mismatch(&self, node: &Node, mismatch: &Mismatch<'_>) -> Problem {
        let wanted = match node.tag {
            Tag::Int => "!!int",
            Tag::Float => "!!float",
            Tag::Bool => "!!bool",
            Tag::Null => "!!null",
            Tag::Timestamp => "!!timestamp",
            _ => "!!binary",
        };
        match mismatch.found {
            None => Problem::fatal(span(node), "a `!!binary` value is not base64").label("not base64"),
            Some(found) => Problem::fatal(span(node), format!("a `{wanted}` value cannot be read as one"))
                .label(format!("read as {found}"))
                .help(format!("remove `{wanted}`, or correct the value")),
        }
    }

    /// Adds a plain key to the innermost mapping that is surely a string, as [`Parser::push_key`] would.
    #[inline]
    pub(super) fn push_name(&mut self, start: usize, end: usize) {
        let print = fingerprint(&self.bytes[start..end]);
        self.keys.push(Key { print, node: self.tree.nodes.len() as u32 });
        let (start, end) = (start as u32, end as u32);
        self.tree.nodes.push(Node {
            flags: Node::TEXT,
            start,
            end,
            a: start,
            b: end - start,
            ..scalar_node(Style::Plain)
        });
        self.last_end = end as usize;
        self.frame().count += 2;
    }

    /// Adds a key to the innermost mapping.
    pub(super) fn push_key(&mut self, node: Node, properties: &Properties<'p>) -> Result<(), Problem> {
        let at = self.tree.nodes.len() as u32;
        self.push(node, properties);
        self.frame().count += 2;
        let node = self.tree.nodes[at as usize];
        if node.kind == Kind::Scalar && node.b == 2 && scalar::is_merge(&node, self.text) {
            let mapping = self.frame().node;
            self.tree.nodes[mapping as usize].flags |= Node::MERGE;
            self.anchors.balance -= 1;
            return Ok(());
        }
        let print = if node.kind == Kind::Scalar && scalar::is_text(&node, self.text) {
            fingerprint(&self.bytes[node.a as usize..(node.a + node.b) as usize])
        } else {
            self.typed_key(at)?
        };
        self.keys.push(Key { print, node: at });
        Ok(())
    }

    /// The fingerprint of a key that is not plainly a text.
    fn typed_key(&mut self, at: u32) -> Result<u64, Problem> {
        let written = self.tree.nodes[at as usize];
        let node = if written.kind == Kind::Alias { self.tree.nodes[written.a as usize] } else { written };
        if node.kind != Kind::Scalar {
            return Err(self.collection_key(written.start as usize));
        }
        match scalar::resolve(&node, self.text).map_err(|mismatch| self.mismatch(&node, &mismatch))? {
            Scalar::Null => return Err(self.null_key(span(&written))),
            Scalar::Uint(value) => {
                return Err(Problem::fatal(span(&written), format!("the key {value} is too large"))
                    .label("does not fit 64 bits with a sign")
                    .help("put the key in quotes"));
            }
            Scalar::Bool(value) if node.tag == Tag::None && self.written(&written) != value.to_string() => {
                let name = self.written(&written);
                let problem = Problem::new(BOOLEAN_KEY, span(&written), format!("the key `{name}` becomes `{value}`"))
                    .label("a boolean in YAML 1.1, which Kubernetes reads")
                    .help(format!("write `\"{name}\"`, in quotes"));
                self.report.add(problem);
            }
            _ => {}
        }
        Ok(fingerprint(scalar::key_text(&node, self.text).as_bytes()))
    }

    /// Checks the keys of a mapping that has just been closed.
    pub(super) fn check_keys(&mut self, frame: &Frame) -> Result<(), Problem> {
        let first = frame.keys as usize;
        let count = self.keys.len() - first;
        if self.tree.nodes[frame.node as usize].has(Node::MERGE) {
            self.check_merges(frame.node)?;
        }
        if count > FEW {
            self.check_many(first);
        } else {
            for later in first + 1..self.keys.len() {
                let print = self.keys[later].print;
                let same = self.keys[first..later].iter().position(|key| key.print == print);
                if let Some(earlier) = same.filter(|earlier| self.same_text(first + earlier, later)) {
                    self.duplicate(self.keys[first + earlier].node, self.keys[later].node);
                }
            }
        }
        self.keys.truncate(first);
        Ok(())
    }

    fn same_text(&self, left: usize, right: usize) -> bool {
        self.key_text(self.keys[left]) == self.key_text(self.keys[right])
    }

    fn key_text(&self, key: Key) -> std::borrow::Cow<'_, str> {
        Value::new(self.tree, self.text, key.node).key_text()
    }

    /// Finds equal keys among many: sorts them by their fingerprint, and by their text where those are equal.
    fn check_many(&mut self, first: usize) {
        let mut keys = self.keys.split_off(first);
        keys.sort_unstable_by(|left, right| match left.print.cmp(&right.print) {
            Ordering::Equal => {
                self.key_text(*left).cmp(&self.key_text(*right)).then_with(|| left.node.cmp(&right.node))
            }
            order => order,
        });
        let mut pairs = Vec::new();
        let mut earlier = 0;
        for later in 1..keys.len() {
            let (left, right) = (keys[earlier], keys[later]);
            if left.print == right.print && self.key_text(left) == self.key_text(right) {
                pairs.push((right.node, left.node));
            } else {
                earlier = later;
            }
        }
        pairs.sort_unstable();
        for (later, earlier) in pairs {
            self.duplicate(earlier, later);
        }
        self.keys.extend(keys);
    }

    /// Reports two keys of the same text: the same key, or two of different types.
    fn duplicate(&mut self, earlier: u32, later: u32) {
        let value = |at| Value::new(self.tree, self.text, at);
        let same = value(earlier).scalar() == value(later).scalar();
        let name = value(later).key_text();
        let (first, second) = (span(value(earlier).written()), span(value(later).written()));
        let problem = if same {
            Problem::new(DUPLICATE_KEY, second, format!("the key `{name}` is here twice"))
                .label("the second, which counts")
                .see(first, "the first")
        } else {
            Problem::new(DUPLICATE_KEY, second, format!("two keys of different types both become `{name}`"))
                .label("which of the two wins is left to chance")
                .see(first, "the other")
                .help("rename one of them")
        };
        self.report.add(problem.refused_if_strict());
    }

    /// Checks the merge keys of a mapping: what they bring in, and that it overrides nothing.
    fn check_merges(&mut self, mapping: u32) -> Result<(), Problem> {
        let mapping = Value::new(self.tree, self.text, mapping);
        let mut known = HashMap::new();
        let mut sequences = 0;
        let mut visited = 0;
        for entry in mapping.written_entries() {
            if !scalar::is_merge(entry.key.written(), self.text) {
                if let Some((key, Some((merge, _)))) = known.insert(entry.name(), (entry.key, None)) {
                    self.report.add(overridden(entry.key, key, merge));
                }
                continue;
            }
            let written = entry.value.written();
            let sources: Vec<_> = match written.kind {
                Kind::Sequence => entry.value.items().collect(),
                _ => vec![entry.value],
            };
            sequences += i64::from(written.kind == Kind::Sequence);
            if let Some(wrong) = sources.iter().find(|source| !source.is_mapping()) {
                return Err(Problem::fatal(span(wrong.written()), "a merge key needs a mapping")
                    .label("expected a mapping, an alias of one, or a list of those")
                    .see(span(entry.key.written()), "the merge key"));
            }
            for source in sources.into_iter().rev() {
                visited += u64::from(source.node().a - source.index());
                for brought in source.entries() {
                    let merge = Some((source, entry.key));
                    if let Some((key, by)) = known.insert(brought.name(), (brought.key, merge)) {
                        self.report.add(if let Some((_, earlier)) = by {
                            // Of the mappings in a list the first wins for everybody.
                            let is_list = earlier.written().start == entry.key.written().start;
                            clash(brought.key, key, source).agreed(is_list)
                        } else {
                            brings(brought.key, key, source)
                        });
                    }
                }
            }
        }
        self.anchors.balance -= sequences;
        self.merged = self.merged.saturating_add(visited);
        if self.merged > MERGE_BUDGET {
            let node = &self.tree.nodes[self.tree.nodes.len() - 1];
            return Err(Problem::new(EXCESSIVE_ALIASING, span(node), "merge keys bring in too much")
                .refused()
                .label(format!("more than {MERGE_BUDGET} nodes by now")));
        }
        Ok(())
    }

    /// The text of a scalar as it is written.
    fn written(&self, node: &Node) -> &'p str {
        &self.text[node.start as usize..node.end as usize]
    }
}

fn span(node: &Node) -> (usize, usize) {
    (node.start as usize, node.end as usize)
}

/// A key below a merge key that brings in the same: what merge keys are for. kustomize takes the key itself as kubectl does
/// (`mergeAll` of `kyaml/yaml/rnode.go`).
fn overridden(key: Value<'_>, brought: Value<'_>, merge: Value<'_>) -> Problem {
    let name = key.key_text();
    Problem::new(MERGE_OVERRIDE, span(key.written()), format!("the key `{name}` is brought in by a merge key too"))
        .label("kubectl takes this one")
        .see(span(brought.written()), "merged from here")
        .see(span(merge.written()), "by this merge key")
        .refused_if_strict()
        .agreed(true)
}

/// A merge key below a key that it brings in.
fn brings(brought: Value<'_>, key: Value<'_>, merge: Value<'_>) -> Problem {
    let name = key.key_text();
    Problem::new(
        MERGE_OVERRIDE,
        span(merge.written()),
        format!("the merge key overrides `{name}`, which stands above it"),
    )
    .label(format!("brings in another `{name}`"))
    .see(span(key.written()), "overridden")
    .see(span(brought.written()), "merged from here")
    .refused_if_strict()
}

/// Two merges that bring in the same key.
fn clash(brought: Value<'_>, key: Value<'_>, merge: Value<'_>) -> Problem {
    let name = key.key_text();
    Problem::new(MERGE_OVERRIDE, span(merge.written()), format!("the key `{name}` is merged from two mappings"))
        .label(format!("kubectl takes the `{name}` of this one"))
        .see(span(brought.written()), "merged from here")
        .see(span(key.written()), "and from here")
        .refused_if_strict()
}

/// A number that is equal for equal texts and seldom for others: both ends of the text and its length.
fn fingerprint(text: &[u8]) -> u64 {
    let (head, tail) = match text.len() {
        0 => (0, 0),
        length @ 1..4 => (u64::from(text[0]) << 16 | u64::from(text[length / 2]) << 8 | u64::from(text[length - 1]), 0),
        length @ 4..8 => (four(&text[..4]), four(&text[length - 4..])),
        length => (eight(&text[..8]), eight(&text[length - 8..])),
    };
    (head.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ tail.rotate_left(32)).wrapping_add(text.len() as u64)
}

fn four(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)))
}

fn eight(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
