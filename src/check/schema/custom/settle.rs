//! The object that the API server validates, made of the one that is written: nulls are dropped, defaults filled in.
//!
//! As `PruneNonNullableNullsWithoutDefaults` and `Default` in
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting` do it.

use serde_json::Value as Json;

use super::super::table::{Shape, Table, Type};
use super::Asks;

/// Drops the nulls of fields that cannot be null, and fills in defaults.
pub(in super::super) fn settle(value: &mut Json, table: Table<'_>, index: u32, asks: Option<&Asks>) {
    let of = table.type_at(index);
    match value {
        Json::Object(members) => {
            let inner = |name: &str| -> Option<(u32, Option<&Asks>)> {
                let field = (of.shape == Shape::Object).then(|| table.field(&of, name)).flatten();
                match field {
                    Some((_, field)) => Some((field.type_index(), asks.and_then(|asks| asks.property(name)))),
                    None if of.shape == Shape::Map => {
                        Some((of.first, asks.and_then(|asks| asks.additional.as_deref())))
                    }
                    None => None,
                }
            };
            let mut gone = Vec::new();
            for (name, member) in members.iter_mut().filter(|(_, member)| member.is_null()) {
                let Some((index, asks)) = inner(name).filter(|(index, _)| !is_nullable(&table.type_at(*index))) else {
                    continue;
                };
                match asks.and_then(|asks| asks.default.as_ref()) {
                    Some(default) => *member = default.clone(),
                    None if index == 0 => {}
                    None => gone.push(name.clone()),
                }
            }
            gone.iter().for_each(|name| drop(members.remove(name)));
            for (name, property) in asks.into_iter().flat_map(Asks::properties) {
                if let Some(default) = property.default.as_ref().filter(|_| !members.contains_key(name)) {
                    members.insert(name.to_owned(), default.clone());
                }
            }
            for (name, member) in members.iter_mut() {
                if let Some((index, asks)) = inner(name) {
                    settle(member, table, index, asks);
                }
            }
        }
        Json::Array(items) if of.shape == Shape::Array => {
            let below = asks.and_then(|asks| asks.items.as_deref());
            let default = below.and_then(|asks| asks.default.as_ref());
            let nullable = is_nullable(&table.type_at(of.first));
            for item in items {
                if let Some(default) = default.filter(|_| item.is_null() && !nullable) {
                    *item = default.clone();
                }
                settle(item, table, of.first, below);
            }
        }
        _ => {}
    }
}

fn is_nullable(of: &Type) -> bool {
    of.has(Type::NULLABLE)
}
