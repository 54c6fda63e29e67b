//! Values as expressions see them (`k8s.io/apiserver/pkg/cel/common/values.go`).

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::check::cel::{CallExpr, Expr, IdedExpr, Key, LiteralValue, Map, Value, without_names};

use super::super::super::table::{Shape, Table};
use super::super::{Asks, Limit};
use super::inner;

/// Words that are no names in CEL (`k8s.io/apiserver/pkg/cel/escaping.go`).
const RESERVED: [&str; 22] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
    "__namespace__",
];

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
        Json::Object(members) => {
            let map = members.iter().map(|(name, member)| {
                let below = asks.and_then(|asks| asks.property(name).or(asks.additional.as_deref()));
                let key = if of.shape == Shape::Map { name.clone() } else { escape(name) };
                Ok((Key::String(Arc::new(key)), to_cel(member, table, inner(table, &of, name), below)?))
            });
            Value::Map(Map { map: Arc::new(map.collect::<Result<HashMap<_, _>, String>>()?) })
        }
    })
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

/// The name of a field in expressions.
fn escape(name: &str) -> String {
    if RESERVED.contains(&name) {
        return format!("__{name}__");
    }
    if !name.contains(['.', '-', '/']) && !name.contains("__") {
        return name.to_owned();
    }
    name.replace("__", "__underscores__").replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_names_that_expressions_can_write() {
        for (name, escaped) in [
            ("a_b", "a_b"),
            ("namespace", "__namespace__"),
            ("a-b.c/d", "a__dash__b__dot__c__slash__d"),
            ("a__b", "a__underscores__b"),
        ] {
            assert_eq!(escape(name), escaped);
        }
    }
}
