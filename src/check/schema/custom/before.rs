//! What a custom resource was before an update, and which of its parts are still the same.
//!
//! The API server tells the parts of the two apart as `k8s.io/apiserver/pkg/cel/common` (`equality.go`, `maplist.go`)
//! does it: fields by their name, items of a list by its map keys, and items of other lists not at all. What is wrong
//! with a part that did not change does not keep it from accepting an update (`CRDValidationRatcheting`, on by default
//! since Kubernetes 1.30).

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::check::wording::is_placeholder;
use crate::model::path::Segment;
use crate::model::resource::Resource;

use super::super::table::{Shape, Table};
use super::keywords::to_json;
use super::{Asks, List};

/// As deep as custom resources are looked into.
const DEPTH: u32 = 200;

/// A custom resource as it was. It outlives its tree and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    version: Box<str>,
    /// As text, which takes a tenth of the memory.
    object: Box<str>,
}

impl Earlier {
    /// Keeps an object. `None` if it has no name of its own, or is deeper than anything that people write.
    #[must_use]
    pub fn of(resource: &Resource<'_>) -> Option<Earlier> {
        resource.name().filter(|name| !name.is_empty() && !is_placeholder(name))?;
        let object = to_json(resource.value, DEPTH)?.to_string().into();
        Some(Earlier { version: resource.version().into(), object })
    }

    /// The version of its API.
    pub(in super::super) fn version(&self) -> &str {
        &self.version
    }

    /// The object.
    pub(in super::super) fn object(&self) -> Option<Json> {
        serde_json::from_str(&self.object).ok()
    }
}

/// A value and what it was. `asks` and the type at `index` are what the definition says of both.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Pair<'p> {
    pub(in super::super) new: &'p Json,
    pub(in super::super) old: &'p Json,
    pub(in super::super) index: u32,
    pub(in super::super) asks: Option<&'p Asks>,
}

/// Whether what is wrong with the value at `path` is wrong with a part that did not change: it itself, or the innermost
/// part around it whose earlier state can be told.
pub(in super::super) fn is_unchanged(root: Pair<'_>, table: Table<'_>, path: &[Segment]) -> bool {
    let mut at = root;
    for segment in path {
        match below(at, table, segment) {
            Some(pair) => at = pair,
            None => break,
        }
    }
    is_same(at, table)
}

fn below<'p>(pair: Pair<'p>, table: Table<'_>, segment: &Segment) -> Option<Pair<'p>> {
    let of = table.type_at(pair.index);
    match segment {
        Segment::Key(name) => {
            let (new, old) = (pair.new.as_object()?.get(&**name)?, pair.old.as_object()?.get(&**name)?);
            let field = (of.shape == Shape::Object).then(|| table.field(&of, name)).flatten();
            let asks = pair.asks.and_then(|asks| asks.property(name).or(asks.additional.as_deref()));
            let index = match field {
                Some((_, field)) => field.type_index(),
                None if of.shape == Shape::Map => of.first,
                None => return None,
            };
            Some(Pair { new, old, index, asks })
        }
        Segment::Index(at) => {
            let new = pair.new.as_array()?.get(*at)?;
            let old = Items::of(pair.asks, pair.old.as_array()?).get(new)?;
            let index = if of.shape == Shape::Array { of.first } else { 0 };
            Some(Pair { new, old, index, asks: pair.asks.and_then(|asks| asks.items.as_deref()) })
        }
    }
}

/// `CachedDeepEqual`: items of a list with map keys may be in another order, and an object with fields that its
/// definition does not name is never the same.
fn is_same(pair: Pair<'_>, table: Table<'_>) -> bool {
    match (pair.new, pair.old) {
        (Json::Array(new), Json::Array(old)) => {
            let below_asks = pair.asks.and_then(|asks| asks.items.as_deref());
            let of = table.type_at(pair.index);
            let index = if of.shape == Shape::Array { of.first } else { 0 };
            if !has_keys(pair.asks) {
                return new == old;
            }
            let items = Items::of(pair.asks, old);
            let is_same_item =
                |new| items.get(new).is_some_and(|old| is_same(Pair { new, old, index, asks: below_asks }, table));
            new.len() == old.len() && new.iter().all(is_same_item)
        }
        (Json::Object(new), Json::Object(old)) => {
            let is_same_member = |name: &String| {
                below(pair, table, &Segment::from(name.as_str())).is_some_and(|pair| is_same(pair, table))
            };
            new.len() == old.len() && new.keys().all(is_same_member)
        }
        (new, old) => new == old,
    }
}

fn has_keys(asks: Option<&Asks>) -> bool {
    asks.is_some_and(|asks| matches!(asks.list, List::Map(_)))
}

/// The items that a list had, by their keys (`MakeMapList`).
pub(super) struct Items<'i> {
    keys: &'i [String],
    by_key: HashMap<String, &'i Json>,
}

impl<'i> Items<'i> {
    pub(super) fn of(asks: Option<&'i Asks>, items: &'i [Json]) -> Self {
        let keys: &[String] = match asks.map(|asks| &asks.list) {
            Some(List::Map(keys)) => keys,
            _ => &[],
        };
        let mut by_key = HashMap::new();
        for item in items.iter().filter(|_| !keys.is_empty()) {
            if let Some(own) = key_of(keys, item) {
                by_key.entry(own).or_insert(item);
            }
        }
        Items { keys, by_key }
    }

    /// What an item was.
    pub(super) fn get(&self, item: &Json) -> Option<&'i Json> {
        if self.by_key.is_empty() {
            return None;
        }
        self.by_key.get(&key_of(self.keys, item)?).copied()
    }
}

/// `CompositeKeyFor`: an item without one of the keys has none.
fn key_of(keys: &[String], item: &Json) -> Option<String> {
    let members = item.as_object()?;
    let mut all = String::new();
    for key in keys {
        let own = members.get(key).filter(|own| !(own.is_object() || own.is_array() || own.is_null()))?;
        all.push_str(&own.to_string());
        all.push('\0');
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn items_are_told_apart_by_all_keys() {
        let asks = Asks { list: List::Map(vec!["port".to_owned(), "protocol".to_owned()]), ..Asks::default() };
        let old = serde_json::json!([
            {"port": 1, "protocol": "TCP", "x": 1}, {"port": 1, "protocol": "UDP"}, {"port": 1}, 5,
            {"port": 1, "protocol": "TCP", "x": 2}
        ]);
        let items = Items::of(Some(&asks), old.as_array().unwrap());
        assert_eq!(items.get(&serde_json::json!({"protocol": "TCP", "port": 1})), Some(&old[0]));
        assert_eq!(items.get(&serde_json::json!({"protocol": "UDP", "port": 1, "y": 0})), Some(&old[1]));
        for other in
            [serde_json::json!({"port": 1}), serde_json::json!({"port": "1", "protocol": "TCP"}), old[3].clone()]
        {
            assert_eq!(items.get(&other), None);
        }
        assert!(Items::of(None, old.as_array().unwrap()).get(&old[0]).is_none());
    }
}
