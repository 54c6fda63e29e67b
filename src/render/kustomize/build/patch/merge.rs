//! Strategic merge patches (kustomize, `kyaml/yaml/merge2/merge2.go`, `kyaml/yaml/walk/`). Lists with keys are merged by
//! [`super::list`].

use std::sync::Arc;

use crate::model::node::{Kind, Node as Written, Style, Tag};
use crate::model::origin::Role;
use crate::model::source::Span;

use super::super::draft::{Entry, Node};
use super::keys::{Shape, Strategy};
use super::list;

/// What becomes of the value that was patched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Stays,
    Goes,
    /// The patch takes its place, and the value itself stays as it was.
    Replaced,
}

/// Where a patch cannot be laid over, and why.
pub(super) type Refusal = (Span, String);

pub(super) const DIRECTIVE: &str = "$patch";

/// Lays a patch over an object.
pub(super) fn merge(object: &mut Node, patch: &Node, shape: Shape<'_>) -> Result<Outcome, Refusal> {
    // The real tool drops what takes the place of a whole object.
    if directive(patch).as_deref() == Some("replace") {
        return Ok(Outcome::Stays);
    }
    map(object, patch, shape)
}

pub(super) fn directive(node: &Node) -> Option<String> {
    node.get(DIRECTIVE)?.text().map(std::borrow::Cow::into_owned)
}

pub(super) fn map(object: &mut Node, patch: &Node, shape: Shape<'_>) -> Result<Outcome, Refusal> {
    match directive(patch).as_deref() {
        Some("delete") => return Ok(Outcome::Goes),
        Some("replace") => return Ok(Outcome::Replaced),
        None | Some("merge") => {}
        Some(other) => {
            let span = patch.get(DIRECTIVE).map_or_else(|| patch.trace().span, |word| word.trace().span);
            return Err((span, format!("`{other}` is no directive: `$patch` may be delete, replace or merge")));
        }
    }
    let Some(own) = object.map_mut() else { return Ok(Outcome::Stays) };
    let entries = patch.entries();
    // The real tool walks through all of an object.
    own.entries.retain(|entry| !entry.value.is_absent());
    for entry in &mut own.entries {
        if !entries.iter().any(|patched| patched.key == entry.key) {
            prune_below(entry, shape)?;
        }
    }
    for Entry { key, trace, value } in entries {
        if &*key == DIRECTIVE {
            continue;
        }
        if value.is_null() {
            own.remove(&key);
            continue;
        }
        let (below, strategy) = shape.below(&key);
        let Some(old) = own.get_mut(&key).filter(|old| !old.is_null()) else {
            match added(value, below, strategy)? {
                Some(added) => own.set(&key, trace, added),
                None => drop(own.remove(&key)),
            }
            continue;
        };
        if old.kind() != value.kind() {
            let word = |kind: Kind| match kind {
                Kind::Mapping => "a map",
                Kind::Sequence => "a list",
                _ => "a scalar",
            };
            let why = format!("`{key}` is {} in the object, and {} in the patch", word(old.kind()), word(value.kind()));
            return Err((trace.span, why));
        }
        let span = old.trace().span;
        let outcome = match (value.kind(), strategy) {
            (Kind::Mapping, _) => map(old, &value, below)?,
            (Kind::Sequence, Strategy::Merge(keys)) => list::merge(old, Some(&value), &keys, below)?,
            _ => Outcome::Replaced,
        };
        match outcome {
            Outcome::Stays => {}
            Outcome::Goes => drop(own.remove(&key)),
            Outcome::Replaced if value.kind() == Kind::Mapping => {
                *old = clean(without_directive(value), below)?
                    .unwrap_or_else(|| Node::map(old.trace()))
                    .and(Role::Replaced, span);
            }
            Outcome::Replaced => *old = value.and(Role::Replaced, span),
        }
    }
    Ok(Outcome::Stays)
}

/// What a patch puts where there is nothing.
fn added(value: Node, shape: Shape<'_>, strategy: Strategy<'_>) -> Result<Option<Node>, Refusal> {
    match (value.kind(), strategy) {
        (Kind::Sequence, Strategy::Merge(keys)) => list::clean(value, &keys, shape),
        (Kind::Mapping, _) => clean(value, shape),
        _ => Ok(Some(value)),
    }
}

pub(super) fn without_directive(mut node: Node) -> Node {
    if node.get(DIRECTIVE).is_some()
        && let Some(map) = node.map_mut()
    {
        map.remove(DIRECTIVE);
    }
    node
}

/// What a patch adds, without what only says what to remove; nothing if it is a removal itself.
pub(super) fn clean(mut node: Node, shape: Shape<'_>) -> Result<Option<Node>, Refusal> {
    if !node.is_map() || !holds(&node, |written, text| is_null(written, text) || is_directive(written, text)) {
        return Ok(Some(node));
    }
    if directive(&node).as_deref() == Some("delete") {
        return Ok(None);
    }
    if let Some(own) = node.map_mut() {
        let mut kept = Vec::with_capacity(own.entries.len());
        for Entry { key, trace, value } in std::mem::take(&mut own.entries) {
            if &*key == DIRECTIVE || value.is_null() {
                continue;
            }
            let (below, strategy) = shape.below(&key);
            if let Some(value) = added(value, below, strategy)? {
                kept.push(Entry { key, trace, value });
            }
        }
        own.entries = kept;
    }
    Ok(Some(node))
}

/// What becomes of a part of an object that a patch says nothing about: nulls that are not even written go, and lists
/// with keys are put together anew.
pub(super) fn prune(node: &mut Node, shape: Shape<'_>) -> Result<(), Refusal> {
    let is_shared = match node {
        Node::Map(map) => Arc::get_mut(map).is_none(),
        _ => true,
    };
    if is_shared && list::is_settled_object(node, shape) {
        return Ok(());
    }
    let Some(own) = node.map_mut() else { return Ok(()) };
    own.entries.retain(|entry| !entry.value.is_absent());
    own.entries.iter_mut().try_for_each(|entry| prune_below(entry, shape))
}

fn prune_below(entry: &mut Entry, shape: Shape<'_>) -> Result<(), Refusal> {
    let (below, strategy) = shape.below(&entry.key);
    match (entry.value.kind(), strategy) {
        (Kind::Mapping, _) => prune(&mut entry.value, below),
        (Kind::Sequence, Strategy::Merge(keys)) => list::merge(&mut entry.value, None, &keys, below).map(drop),
        _ => Ok(()),
    }
}

fn is_null(written: &Written, text: &str) -> bool {
    let content = || &text[written.a as usize..(written.a + written.b) as usize];
    written.kind == Kind::Scalar
        && written.style == Style::Plain
        && matches!(written.tag, Tag::None | Tag::Null)
        && (written.b == 0 || matches!(content(), "~" | "null" | "Null" | "NULL"))
}

fn is_directive(written: &Written, text: &str) -> bool {
    written.kind == Kind::Scalar
        && written.b as usize == DIRECTIVE.len()
        && &text[written.a as usize..(written.a + written.b) as usize] == DIRECTIVE
}

/// Whether something below a node is such, as far as it is frozen; changed parts may have it.
fn holds(node: &Node, is_such: impl Fn(&Written, &str) -> bool) -> bool {
    let Node::Frozen(frozen, _) = node else { return true };
    let value = frozen.value();
    let (tree, text) = (value.tree(), value.source());
    let end = value.node().next(frozen.at) as usize;
    tree.nodes[frozen.at as usize..end].iter().any(|one| is_such(one, text) || one.kind == Kind::Alias)
}
