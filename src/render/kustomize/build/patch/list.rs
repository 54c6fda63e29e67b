//! Lists whose elements are known by keys, merged as the real tool merges them, oddities included (kustomize,
//! `kyaml/yaml/walk/associative_sequence.go`, and `ElementSetter`, `ElementMatcher` and `FieldMatcher` of
//! `kyaml/yaml/fns.go`). What comes from the patch stands first.

use std::borrow::Cow;

use super::super::draft::{Entry, Node};
use super::keys::{Shape, Strategy};
use super::merge::{DIRECTIVE, Outcome, Refusal, clean as clean_map, directive, map, prune, without_directive};
use crate::model::node::Kind;
use crate::model::origin::Role;
use crate::model::source::Span;
use crate::model::value::Value;

/// Lays a list over another one; without a patch the list is only put together anew.
pub(super) fn merge(
    object: &mut Node,
    patch: Option<&Node>,
    keys: &[&str],
    shape: Shape<'_>,
) -> Result<Outcome, Refusal> {
    if patch.is_none() && is_settled(object, keys, shape) {
        return Ok(Outcome::Stays);
    }
    let mut items = patch.map(Node::items);
    if let Some(items) = &mut items {
        let first = items.iter().find(|item| item.is_map() && item.get(DIRECTIVE).is_some());
        let word = first.filter(|item| item.entries().len() == 1).and_then(directive);
        match word.as_deref() {
            None => {}
            Some("delete") => return Ok(Outcome::Goes),
            Some(word @ ("replace" | "merge")) => {
                items.retain(|item| directive(item).as_deref() != Some(word));
                if word == "replace" {
                    let span = object.trace().span;
                    let trace = patch.map_or_else(|| object.trace(), Node::trace);
                    let list = clean(Node::list(std::mem::take(items), trace), keys, shape)?;
                    let Some(list) = list else { return Ok(Outcome::Goes) };
                    *object = list.and(Role::Replaced, span);
                    return Ok(Outcome::Stays);
                }
            }
            Some(other) => {
                let span = first.map_or_else(|| object.trace().span, |first| first.trace().span);
                return Err((span, format!("`{other}` is no directive: `$patch` may be delete, replace or merge")));
            }
        }
    }
    let Some(own) = object.list_mut() else { return Ok(Outcome::Stays) };
    let below = std::mem::take(&mut own.items);
    own.items = if keys.is_empty() {
        union(items.unwrap_or_default(), below)
    } else {
        let mut nodes = below;
        let dest: Vec<usize> = (0..nodes.len()).collect();
        let start = nodes.len();
        let origin = items.map(|items| {
            nodes.extend(items);
            (start..nodes.len()).collect()
        });
        Lists { nodes, dest, origin: origin.unwrap_or_default(), is_one: false, keys, shape }.merge()?
    };
    Ok(Outcome::Stays)
}

/// A list of a patch where there is none: the real tool lays it over itself.
pub(super) fn clean(mut list: Node, keys: &[&str], shape: Shape<'_>) -> Result<Option<Node>, Refusal> {
    if is_settled(&list, keys, shape) && list.items().iter().all(|item| !item.is_map() || directive(item).is_none()) {
        let mut cleaned = Vec::new();
        for item in list.items() {
            cleaned.extend(clean_map(item, shape)?);
        }
        return Ok(Some(Node::list(cleaned, list.trace())));
    }
    let Some(own) = list.list_mut() else { return Ok(Some(list)) };
    let nodes = std::mem::take(&mut own.items);
    own.items = if keys.is_empty() {
        union(nodes, Vec::new())
    } else {
        let dest: Vec<usize> = (0..nodes.len()).collect();
        Lists { nodes, dest, origin: Vec::new(), is_one: true, keys, shape }.merge()?
    };
    Ok(Some(list))
}

/// Scalars, each once.
fn union(first: Vec<Node>, second: Vec<Node>) -> Vec<Node> {
    let mut all: Vec<Node> = Vec::with_capacity(first.len() + second.len());
    for item in first.into_iter().chain(second) {
        if !all.iter().any(|other| other.text() == item.text()) {
            all.push(item);
        }
    }
    all
}

/// A list and the patch for it: places in `nodes`.
struct Lists<'k> {
    nodes: Vec<Node>,
    dest: Vec<usize>,
    origin: Vec<usize>,
    /// The patch is the list itself.
    is_one: bool,
    keys: &'k [&'k str],
    shape: Shape<'k>,
}

impl Lists<'_> {
    fn merge(mut self) -> Result<Vec<Node>, Refusal> {
        let mut known = self.values();
        if self.keys.len() > 1 {
            complete(&mut known);
        }
        let mut added: Vec<usize> = Vec::new();
        let mut used: Vec<&str> = self.keys.to_vec();
        for values in &known {
            let (keys, present) = validate(&known, values, self.keys);
            used.clone_from(&keys);
            let (own, wanted) = validate(std::slice::from_ref(values), values, self.keys);
            let value = self.element(&own, &wanted)?;
            let Some(value) = value.filter(|at| !self.nodes[*at].is_empty()) else {
                put(&self.nodes, &mut self.dest, None, &keys, &present);
                continue;
            };
            for (key, text) in keys.iter().zip(&present) {
                if !text.is_empty() && self.nodes[value].get(key).is_none() {
                    let trace = self.nodes[value].trace();
                    if let Some(map) = self.nodes[value].map_mut() {
                        map.set(key, trace.clone(), Node::plain(text.as_str(), trace));
                    }
                }
            }
            put(&self.nodes, &mut added, Some(value), &keys, &present);
        }
        let order = if known.is_empty() { self.dest.clone() } else { self.append(added, &used)? };
        let mut nodes: Vec<Option<Node>> = self.nodes.into_iter().map(Some).collect();
        Ok(order.into_iter().filter_map(|at| nodes[at].take()).collect())
    }

    /// The keys of all elements, those of the patch first.
    fn values(&self) -> Vec<Vec<String>> {
        let mut known: Vec<Vec<String>> = Vec::new();
        for at in self.origin.iter().chain(&self.dest) {
            let node = &self.nodes[*at];
            let text = |key: &&str| node.text_at(&[key]).filter(|_| node.get(key).is_some_and(|own| !own.is_null()));
            let values: Vec<String> = self.keys.iter().map(|key| text(key).unwrap_or_default()).collect();
            if !known.contains(&values) {
                known.push(values);
            }
        }
        known
    }

    /// The element with these keys, with its patch laid over it.
    fn element(&mut self, keys: &[&str], values: &[String]) -> Result<Option<usize>, Refusal> {
        let find = |list: &[usize]| list.iter().copied().find(|at| is_element(&self.nodes[*at], keys, values));
        let below = find(&self.dest);
        let above = if self.is_one { below } else { find(&self.origin) };
        match (below, above) {
            (None, None) => Ok(None),
            (Some(at), None) => {
                prune(&mut self.nodes[at], self.shape)?;
                Ok(Some(at))
            }
            (Some(at), Some(patch)) if at != patch => {
                let with_keys = self.nodes[patch].clone();
                let key = keys.first().and_then(|key| with_keys.get(key)).map(|key| key.trace().span);
                let patched = without_keys(with_keys.clone(), &self.nodes[at], keys);
                let patched = key.map_or(patched.clone(), |key| patched.and(Role::FoundBy, key));
                self.nodes[patch] = without_directive(with_keys);
                match map(&mut self.nodes[at], &patched, self.shape)? {
                    Outcome::Goes => Ok(None),
                    Outcome::Stays => Ok(Some(at)),
                    Outcome::Replaced => self.cleaned(patch),
                }
            }
            (_, Some(at)) => self.cleaned(at),
        }
    }

    fn cleaned(&mut self, at: usize) -> Result<Option<usize>, Refusal> {
        let own = self.nodes[at].clone();
        self.nodes[at] = without_directive(own.clone());
        let Some(cleaned) = clean_map(own, self.shape)? else { return Ok(None) };
        self.nodes[at] = cleaned;
        Ok(Some(at))
    }

    /// Puts the elements of the list behind those that were added.
    fn append(&self, mut to: Vec<usize>, keys: &[&str]) -> Result<Vec<usize>, Refusal> {
        for &at in &self.dest {
            let node = &self.nodes[at];
            if !node.is_map() {
                return Err((node.trace().span, "an element of a list that is merged by key is no map".to_owned()));
            }
            let mut values = Vec::new();
            for key in keys {
                match node.get(key) {
                    Some(value) => values.push(value.text().map(std::borrow::Cow::into_owned).unwrap_or_default()),
                    None => to.push(at),
                }
            }
            if keys.len() > 1 {
                put(&self.nodes, &mut to, None, keys, &values);
            }
            put(&self.nodes, &mut to, Some(at), keys, &values);
        }
        Ok(to)
    }
}

/// An element of a patch without the keys that only say which one it is for.
fn without_keys(mut item: Node, other: &Node, keys: &[&str]) -> Node {
    if let Some(map) = item.map_mut() {
        map.entries.retain(|entry| !keys.contains(&&*entry.key) || other.get(&entry.key).is_none());
    }
    item
}

/// Of two that differ only by what one of them lacks, both get all (`mergeValues`).
fn complete(known: &mut [Vec<String>]) {
    for first in 0..known.len() {
        let own = known[first].clone();
        for second in 0..known.len() {
            let other = &known[second];
            let pairs = || own.iter().zip(other);
            let is_match = pairs().any(|(one, two)| one == two)
                && pairs().all(|(one, two)| one == two || one.is_empty() || two.is_empty());
            if is_match {
                let all: Vec<String> =
                    pairs().map(|(one, two)| if one.is_empty() { two.clone() } else { one.clone() }).collect();
                known[first].clone_from(&all);
                known[second] = all;
            }
        }
    }
}

/// The keys that some element has, with the values of one of them (`validateKeys`).
fn validate<'k>(known: &[Vec<String>], values: &[String], keys: &[&'k str]) -> (Vec<&'k str>, Vec<String>) {
    let has = |at: usize| known.iter().any(|values| values.get(at).is_some_and(|value| !value.is_empty()));
    let pairs = keys.iter().zip(values).enumerate().filter(|(at, _)| has(*at)).map(|(_, pair)| pair);
    let (used, present): (Vec<&str>, Vec<String>) = pairs.map(|(key, value)| (*key, value.clone())).unzip();
    if used.is_empty() { (keys.to_vec(), values.to_vec()) } else { (used, present) }
}

/// Whether a map has exactly these values (`ElementMatcher`).
fn is_element(node: &Node, keys: &[&str], values: &[String]) -> bool {
    let has = |(key, wanted): (&&str, &String)| {
        node.get(key).is_some_and(|value| value.text().map_or(wanted.is_empty(), |text| *text == **wanted))
    };
    node.is_map() && keys.iter().zip(values).all(has)
}

/// Puts an element in the place of those with the same keys, or at the end; or removes them (`ElementSetter`). No value
/// fits any, and a list without any loses all.
fn put(nodes: &[Node], list: &mut Vec<usize>, element: Option<usize>, keys: &[&str], values: &[String]) {
    let by_key = values.first().is_some_and(|value| !value.is_empty());
    let mut found_any = false;
    let mut kept = Vec::with_capacity(list.len() + 1);
    for &at in list.iter() {
        let node = &nodes[at];
        if node.is_empty() {
            continue;
        }
        if !node.is_map() && by_key {
            kept.push(at);
            continue;
        }
        let fits = |(key, wanted): (&&str, &String)| {
            node.get(key).is_some_and(|value| wanted.is_empty() || value.text().is_some_and(|text| *text == **wanted))
        };
        if values.is_empty() || !keys.iter().zip(values).all(fits) {
            if !values.is_empty() {
                kept.push(at);
            }
            continue;
        }
        found_any = true;
        kept.extend(element);
    }
    if !found_any {
        kept.extend(element);
    }
    *list = kept;
}

/// The first element of a patch that has none of the keys by which its list is merged, with the first of them.
pub(super) fn without_key(patch: &Node, shape: Shape<'_>) -> Option<(Span, String)> {
    patch.entries().iter().find_map(|Entry { key, value, .. }| {
        let (below, strategy) = shape.below(key);
        match (value.kind(), strategy) {
            (Kind::Mapping, _) => without_key(value, below),
            (Kind::Sequence, Strategy::Merge(keys)) => value.items().iter().find_map(|item| {
                let first = *keys.first()?;
                let is_directive = item.entries().len() == 1 && item.get(DIRECTIVE).is_some();
                if !is_directive && item.get(first).is_none_or(|value| value.is_null()) {
                    return Some((item.trace().span, first.to_owned()));
                }
                without_key(item, below)
            }),
            _ => None,
        }
    })
}

/// Whether putting a list together anew changes nothing.
fn is_settled(list: &Node, keys: &[&str], shape: Shape<'_>) -> bool {
    let mut known = Known::default();
    match list {
        Node::Frozen(frozen, _) => is_settled_value(frozen.value(), keys, shape),
        Node::List(list) => list.items.iter().all(|item| {
            let text = |at: usize| item.get(keys.get(at)?).filter(|value| !value.is_null())?.text_owned();
            match keys {
                [] => known.is_new([item.text(), None]),
                _ => item.is_map() && is_settled_object(item, shape) && known.is_new([text(0), text(1)]),
            }
        }),
        _ => false,
    }
}

fn is_settled_value(list: Value<'_>, keys: &[&str], shape: Shape<'_>) -> bool {
    let mut known = Known::default();
    list.items().all(|item| {
        let text = |at: usize| item.get(keys.get(at)?).filter(|value| !value.is_null())?.text();
        match keys {
            [] => known.is_new([item.text(), None]),
            _ => item.is_mapping() && is_settled_map(item, shape) && known.is_new([text(0), text(1)]),
        }
    })
}

/// The values of one or two keys.
type Values<'v> = [Option<Cow<'v, str>>; 2];

/// The keys of the elements of a list so far.
#[derive(Default)]
struct Known<'v>(Vec<Values<'v>>);

impl<'v> Known<'v> {
    /// Whether an element has all keys that the others have, and none of them is it.
    fn is_new(&mut self, own: Values<'v>) -> bool {
        let is_empty = |own: &Option<Cow<'_, str>>| own.as_ref().is_some_and(|text| text.is_empty());
        let is_alike = self.0.first().is_none_or(|first| first[1].is_some() == own[1].is_some());
        let is_clear = own[0].is_some() && !own.iter().any(is_empty) && is_alike && !self.0.contains(&own);
        self.0.push(own);
        is_clear
    }
}

fn is_settled_map(map: Value<'_>, shape: Shape<'_>) -> bool {
    map.entries().all(|entry| {
        let (below, strategy) = shape.below(&entry.name());
        match (entry.value.kind(), strategy) {
            (Kind::Mapping, _) => is_settled_map(entry.value, below),
            (Kind::Sequence, Strategy::Merge(keys)) => is_settled_value(entry.value, &keys, below),
            (Kind::Scalar, _) => !(entry.value.is_null() && entry.value.node().b == 0),
            _ => true,
        }
    })
}

/// Whether walking through an object changes nothing.
pub(super) fn is_settled_object(node: &Node, shape: Shape<'_>) -> bool {
    match node {
        Node::Frozen(frozen, _) => !frozen.value().is_mapping() || is_settled_map(frozen.value(), shape),
        Node::Map(map) => map.entries.iter().all(|Entry { key, value, .. }| {
            let (below, strategy) = shape.below(key);
            match (value.kind(), strategy) {
                (Kind::Mapping, _) => is_settled_object(value, below),
                (Kind::Sequence, Strategy::Merge(keys)) => is_settled(value, &keys, below),
                _ => !value.is_absent(),
            }
        }),
        _ => true,
    }
}
