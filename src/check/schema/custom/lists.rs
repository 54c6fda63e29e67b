//! Lists whose items must differ (`x-kubernetes-list-type`;
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype`). Only custom resources are looked at: the API server
//! accepts most built-in kinds with two equal items.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::List;

/// The items that repeat an earlier one, and which. Like the server, it tells the first repetition of each.
pub(super) fn repeated(list: &List, items: &[Json]) -> Vec<(usize, usize)> {
    if items.len() < 2 {
        return Vec::new();
    }
    let mut known: HashMap<String, (usize, bool)> = HashMap::new();
    let mut found = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let own = match list {
            List::Atomic => return Vec::new(),
            List::Set => item.to_string(),
            List::Map(keys) => {
                let Some(own) = keys_of(keys, item) else { return Vec::new() };
                own
            }
        };
        match known.get_mut(&own) {
            None => {
                known.insert(own, (at, false));
            }
            Some((first, told)) => {
                if !std::mem::replace(told, true) {
                    found.push((at, *first));
                }
            }
        }
    }
    found
}

/// The keys of an item as text; `None` where it is no object, which has been said.
fn keys_of(keys: &[String], item: &Json) -> Option<String> {
    let members = match item {
        Json::Object(members) => members,
        Json::Null => return Some("{}".to_owned()),
        _ => return None,
    };
    let own: Map<String, Json> = keys.iter().filter_map(|key| Some((key.clone(), members.get(key)?.clone()))).collect();
    Some(Json::Object(own).to_string())
}
