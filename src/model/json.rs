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
