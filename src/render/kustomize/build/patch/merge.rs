//! Strategic merge patches (kustomize, `kyaml/yaml/merge2/merge2.go`, `kyaml/yaml/walk/`).

use crate::model::node::{Kind, Node as Written, Style, Tag};
use crate::model::origin::Role;

use super::super::draft::{Entry, Node};
use super::keys::{Shape, Strategy};

/// What becomes of the value that was patched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Stays,
    Goes,
}

const DIRECTIVE: &str = "$patch";

/// Lays a patch over an object.
pub(super) fn merge(object: &mut Node, patch: &Node, shape: Shape) -> Outcome {
    let outcome = map(object, patch, shape);
    if outcome == Outcome::Stays {
        prune(object, shape);
    }
    outcome
}

fn directive(node: &Node) -> Option<String> {
    node.get(DIRECTIVE)?.text().map(std::borrow::Cow::into_owned)
}

fn map(object: &mut Node, patch: &Node, shape: Shape) -> Outcome {
    match directive(patch).as_deref() {
        Some("delete") => return Outcome::Goes,
        Some("replace") => {
            let span = object.trace().span;
            *object = clean(patch.clone(), shape).and(Role::SetBy, span);
            return Outcome::Stays;
        }
        _ => {}
    }
    let Some(own) = object.map_mut() else { return Outcome::Stays };
    for Entry { key, trace, value } in patch.entries() {
        if &*key == DIRECTIVE {
            continue;
        }
        if value.is_null() {
            own.remove(&key);
            continue;
        }
        let (below, strategy) = shape.below(&key);
        let Some(old) = own.get_mut(&key).filter(|old| !old.is_null()) else {
            if directive(&value).as_deref() == Some("delete") {
                own.remove(&key);
                continue;
            }
            let added = match (value.kind(), strategy) {
                (Kind::Sequence, Strategy::Replace) => value,
                (Kind::Sequence, Strategy::Merge(_)) => clean_list(value, below),
                _ => clean(value, below),
            };
            if !matches!(strategy, Strategy::Merge(_)) || !added.is_empty() {
                own.set(&key, trace, added);
            }
            continue;
        };
        let outcome = match (value.kind(), old.kind(), strategy) {
            (Kind::Mapping, Kind::Mapping, _) if !shape.replaces_map(&key) => map(old, &value, below),
            (Kind::Sequence, Kind::Sequence, Strategy::Merge(keys)) => list(old, &value, keys, below),
            (Kind::Sequence, ..) => {
                let span = old.trace().span;
                *old = value.and(Role::SetBy, span);
                Outcome::Stays
            }
            _ => {
                let span = old.trace().span;
                *old = clean(value, below).and(Role::SetBy, span);
                Outcome::Stays
            }
        };
        if outcome == Outcome::Goes {
            own.remove(&key);
        }
    }
    Outcome::Stays
}

/// The elements of the patch come first, in its order; the others follow in theirs.
fn list(object: &mut Node, patch: &Node, keys: &[&str], shape: Shape) -> Outcome {
    let mut items = patch.items();
    let lone = items.iter().position(|item| item.entries().len() == 1 && directive(item).is_some());
    if let Some(at) = lone {
        let word = directive(&items.remove(at));
        let span = object.trace().span;
        match word.as_deref() {
            Some("delete") => return Outcome::Goes,
            Some("replace") => {
                let items = items.into_iter().map(|item| clean(item, shape)).collect();
                *object = Node::list(items, patch.trace()).and(Role::SetBy, span);
                return Outcome::Stays;
            }
            _ => {}
        }
    }
    let Some(own) = object.list_mut() else { return Outcome::Stays };
    let mut rest = std::mem::take(&mut own.items);
    let mut merged: Vec<Node> = Vec::with_capacity(rest.len() + items.len());
    for item in items {
        if keys.is_empty() {
            rest.retain(|other| other.text() != item.text());
            merged.push(item);
            continue;
        }
        let found = rest.iter().position(|other| is_same(other, &item, keys));
        match (directive(&item).as_deref(), found) {
            (Some("delete"), found) => {
                found.map(|at| rest.remove(at));
            }
            (Some("replace"), found) => {
                found.map(|at| rest.remove(at));
                merged.push(clean(item, shape));
            }
            (_, Some(at)) => {
                let mut other = rest.remove(at);
                let item = without_keys(item, &other, keys);
                map(&mut other, &item, shape);
                merged.push(other);
            }
            (_, None) => match merged.iter_mut().find(|other| is_same(other, &item, keys)) {
                Some(other) => drop(map(other, &item, shape)),
                None => merged.push(clean(item, shape)),
            },
        }
    }
    merged.extend(rest);
    own.items = merged;
    if own.items.is_empty() { Outcome::Goes } else { Outcome::Stays }
}

/// An element of a patch without the keys that only say which one it is for.
fn without_keys(mut item: Node, other: &Node, keys: &[&str]) -> Node {
    if let Some(map) = item.map_mut() {
        map.entries.retain(|entry| !keys.contains(&&*entry.key) || other.get(&entry.key).is_none());
    }
    item
}

/// Whether two elements are one: of several keys, one that is missing on a side fits anything.
fn is_same(one: &Node, two: &Node, keys: &[&str]) -> bool {
    let value = |node: &Node, key: &str| node.text_at(&[key]);
    let mut some = false;
    keys.iter().all(|key| match (value(one, key), value(two, key)) {
        (Some(one), Some(two)) => {
            some = true;
            one == two
        }
        _ => keys.len() > 1,
    }) && some
}

/// What a patch adds, without what only says what to remove.
fn clean(mut node: Node, shape: Shape) -> Node {
    if !holds(&node, |written, text| is_null(written, text) || is_directive(written, text)) {
        return node;
    }
    if let Some(own) = node.map_mut() {
        own.entries.retain(|entry| {
            &*entry.key != DIRECTIVE && !entry.value.is_null() && directive(&entry.value).as_deref() != Some("delete")
        });
        for entry in &mut own.entries {
            let (below, strategy) = shape.below(&entry.key);
            let value = entry.value.clone();
            entry.value = match (value.kind(), strategy) {
                (Kind::Sequence, Strategy::Replace) => value,
                (Kind::Sequence, Strategy::Merge(_)) => clean_list(value, below),
                _ => clean(value, below),
            };
        }
    }
    node
}

fn clean_list(mut node: Node, shape: Shape) -> Node {
    if !holds(&node, |written, text| is_null(written, text) || is_directive(written, text)) {
        return node;
    }
    if let Some(list) = node.list_mut() {
        let lone = |item: &Node| item.entries().len() == 1 && directive(item).is_some();
        list.items.retain(|item| directive(item).as_deref() != Some("delete") && !lone(item));
        list.items = std::mem::take(&mut list.items).into_iter().map(|item| clean(item, shape)).collect();
    }
    node
}

/// Removes the nulls that are not even written, as the walk of the real tool does everywhere in an object that is
/// patched.
fn prune(node: &mut Node, shape: Shape) {
    let is_gone = |written: &Written, text: &str| is_null(written, text) && written.b == 0;
    if !holds(node, is_gone) {
        return;
    }
    let Some(own) = node.map_mut() else { return };
    own.entries.retain(|entry| !entry.value.is_absent());
    for entry in &mut own.entries {
        let (below, strategy) = shape.below(&entry.key);
        if entry.value.is_map() {
            prune(&mut entry.value, below);
        } else if strategy != Strategy::Replace
            && holds(&entry.value, is_gone)
            && let Some(list) = entry.value.list_mut()
        {
            list.items.iter_mut().for_each(|item| prune(item, below));
        }
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
