//! Values as expressions see them (`k8s.io/apiserver/pkg/cel/common/values.go`).

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::check::cel::{CallExpr, Expr, IdedExpr, Key, LiteralValue, Map, Value, escaped, without_names};

use super::super::super::table::{Shape, Table, Type};
use super::super::{Asks, Limit};
use super::inner;

/// As [`to_cel`], without the members that the rules at this node do not read.
pub(super) fn read_to_cel(value: &Json, table: Table<'_>, index: u32, asks: &Asks) -> Result<Value, String> {
    match value {
        Json::Object(members) => {
            object(members.iter().filter(|(name, _)| asks.reads(name)), table, &table.type_at(index), Some(asks))
        }
        value => to_cel(value, table, index, Some(asks)),
    }
}

/// A settled value by its type. `Err` says why it has no form in CEL.
pub(super) fn to_cel(value: &Json, table: Table<'_>, index: u32, asks: Option<&Asks>) -> Result<Value, String> {
    let of = table.type_at(index);
    Ok(match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(number) if of.shape != Shape::Number => Value::Int(number),
            _ => Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => return string(text, asks),
        Json::Array(items) => {
            let below = asks.and_then(|asks| asks.items.as_deref());
            let index = if of.shape == Shape::Array { of.first } else { 0 };
            let items = items.iter().map(|item| to_cel(item, table, index, below));
            Value::List(Arc::new(items.collect::<Result<_, _>>()?))
        }
        Json::Object(members) => return object(members.iter(), table, &of, asks),
    })
}

fn object<'m>(
    members: impl Iterator<Item = (&'m String, &'m Json)>,
    table: Table<'_>,
    of: &Type,
    asks: Option<&Asks>,
) -> Result<Value, String> {
    let map = members.map(|(name, member)| {
        let below = asks.and_then(|asks| asks.property(name).or(asks.additional.as_deref()));
        // No expression can write a name that is not escaped, but objects are compared with it.
        let written = if of.shape == Shape::Map { None } else { escaped(name) };
        let key = written.map_or_else(|| name.clone(), Cow::into_owned);
        Ok((Key::String(Arc::new(key)), to_cel(member, table, inner(table, of, name), below)?))
    });
    Ok(Value::Map(Map { map: Arc::new(map.collect::<Result<HashMap<_, _>, String>>()?) }))
}

/// Times, durations and bytes have types of their own.
fn string(text: &str, asks: Option<&Asks>) -> Result<Value, String> {
    let format = asks.into_iter().flat_map(|asks| &asks.limits).find_map(|limit| match limit {
        Limit::Format(format) => Some(format.name),
        _ => None,
    });
    let (function, text) = match format {
        Some("date-time") => ("timestamp", text.to_owned()),
        Some("date") => ("timestamp", format!("{text}T00:00:00Z")),
        Some("duration") => ("duration", text.to_owned()),
        Some("byte") => ("decode", text.to_owned()),
        _ => return Ok(Value::String(Arc::new(text.to_owned()))),
    };
    let plain = |expr| IdedExpr { id: 0, expr };
    let target = (function == "decode").then(|| Box::new(plain(Expr::Ident("base64".to_owned()))));
    let argument = plain(Expr::Literal(LiteralValue::String(text.as_str().into())));
    let call = plain(Expr::Call(CallExpr { func_name: function.to_owned(), target, args: vec![argument] }));
    without_names(&call).map_err(|_| format!("`{text}` cannot be read here"))
}
