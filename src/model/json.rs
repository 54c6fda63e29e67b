//! A value as JSON, exactly as `sigs.k8s.io/yaml` (`YAMLToJSON`) and Go's `encoding/json` write it: keys sorted,
//! numbers in Go's spelling, `<`, `>`, `&`, U+2028 and U+2029 escaped.

use std::borrow::Cow;
use std::io::{self, Write};

use super::node::Kind;
use super::scalar::{Scalar, json_float};
use super::value::{Items, Value};

/// A collection that is being written.
enum Open<'t> {
    Object(std::vec::IntoIter<(Cow<'t, str>, Value<'t>)>),
    Array(Items<'t>),
}

/// Writes a value as JSON on one line, without a line feed.
///
/// # Errors
/// When `out` fails.
pub fn write(value: Value<'_>, out: &mut impl Write) -> io::Result<()> {
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut next = Some(value);
    let mut first = true;
    loop {
        if let Some(value) = next.take() {
            match value.kind() {
                Kind::Mapping => {
                    out.write_all(b"{")?;
                    open.push(Open::Object(sorted(value).into_iter()));
                    first = true;
                }
                Kind::Sequence => {
                    out.write_all(b"[")?;
                    open.push(Open::Array(value.items()));
                    first = true;
                }
                Kind::Scalar | Kind::Alias => {
                    scalar(value, out)?;
                    first = false;
                }
            }
        }
        let Some(collection) = open.last_mut() else { return Ok(()) };
        let (entry, end) = match collection {
            Open::Object(entries) => (entries.next().map(|(name, value)| (Some(name), value)), "}"),
            Open::Array(items) => (items.next().map(|value| (None, value)), "]"),
        };
        let Some((name, value)) = entry else {
            out.write_all(end.as_bytes())?;
            open.pop();
            first = false;
            continue;
        };
        if !first {
            out.write_all(b",")?;
        }
        if let Some(name) = name {
            string(&name, out)?;
            out.write_all(b":")?;
        }
        next = Some(value);
    }
}

/// The JSON text of a value.
#[must_use]
pub fn to_string(value: Value<'_>) -> String {
    let mut out = Vec::new();
    // Writing to a vector cannot fail, and only UTF-8 is written.
    let _ = write(value, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// The entries in the order of their keys' bytes; of equal keys the last.
fn sorted(mapping: Value<'_>) -> Vec<(Cow<'_, str>, Value<'_>)> {
    let mut entries: Vec<_> = mapping.entries().map(|entry| (entry.name(), entry.value)).collect();
    entries.reverse();
    entries.sort_by(|left, right| left.0.cmp(&right.0));
    entries.dedup_by(|later, earlier| later.0 == earlier.0);
    entries
}

fn scalar(value: Value<'_>, out: &mut impl Write) -> io::Result<()> {
    match value.scalar() {
        None | Some(Scalar::Null) => out.write_all(b"null"),
        Some(Scalar::Bool(value)) => write!(out, "{value}"),
        Some(Scalar::Int(value)) => write!(out, "{value}"),
        Some(Scalar::Uint(value)) => write!(out, "{value}"),
        Some(Scalar::Float(value)) => out.write_all(json_float(value).as_bytes()),
        Some(Scalar::Str(text)) => string(&text, out),
    }
}

/// A string with Go's escapes (`encoding/json`, `appendString` with `escapeHTML`).
fn string(text: &str, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\"")?;
    let mut copied = 0;
    for (at, character) in text.char_indices() {
        let escape = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\0'..' ' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => "",
            _ => continue,
        };
        out.write_all(&text.as_bytes()[copied..at])?;
        match escape {
            "" => write!(out, "\\u{:04x}", u32::from(character))?,
            escape => out.write_all(escape.as_bytes())?,
        }
        copied = at + character.len_utf8();
    }
    out.write_all(&text.as_bytes()[copied..])?;
    out.write_all(b"\"")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::node::Tree;
    use super::super::source::FileId;
    use super::*;
    use crate::load::yaml;

    fn json(text: &str) -> String {
        let mut tree = Tree::new(FileId(0));
        let root = yaml::parse(text, 0..text.len(), &mut tree, &mut Vec::new()).unwrap();
        to_string(Value::new(&tree, text, root))
    }

    #[test]
    fn keys_are_sorted_and_the_last_of_two_wins() {
        assert_eq!(json("b: [1, {}, []]\na: {d: 1, c: }\nb: x\n"), r#"{"a":{"c":null,"d":1},"b":"x"}"#);
        assert_eq!(json("[[], {a: [b]}, c]"), r#"[[],{"a":["b"]},"c"]"#);
    }

    #[test]
    fn numbers_are_spelled_as_go_spells_them() {
        let numbers = "[1.0, 1e3, 1e20, 1e21, 1e-6, 1e-7, -0.0, 18446744073709551616, 0.1, 6.02e23, 1.5e-10]";
        let wanted = "[1,1000,100000000000000000000,1e+21,0.000001,1e-7,-0,18446744073709552000,0.1,6.02e+23,1.5e-10]";
        assert_eq!(json(numbers), wanted);
    }

    #[test]
    fn float_keys_have_the_precision_of_32_bits() {
        let keys =
            "{1e3: a, 1.0: b, 1e6: c, 1234567.0: d, 1.23456789: e, 1e-5: f, .inf: g, -.inf: h, 100000.0: i, 0.0: j}";
        let wanted = r#"{"-.inf":"h",".inf":"g","0":"j","1":"b","1.2345679":"e","1.234567e+06":"d","1000":"a","100000":"i","1e+06":"c","1e-05":"f"}"#;
        assert_eq!(json(keys), wanted);
    }

    #[test]
    fn strings_are_escaped_for_html() {
        assert_eq!(json(r#""<&>\u2028\u0001\b\e\"\\/é""#), r#""\u003c\u0026\u003e\u2028\u0001\b\u001b\"\\/é""#);
        assert_eq!(json("!!binary /w=="), "\"\u{fffd}\"");
    }
}
