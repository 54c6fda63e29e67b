//! The type of a plain or tagged scalar, as goyaml v2.4 finds it (`resolve.go`, `decode.go`).

use std::borrow::Cow;

use super::super::node::{Node, Style, Tag};
use super::number::{self, Number};
use super::{Scalar, decode};

/// A tag that contradicts the text under it: goyaml's ``cannot decode !!str `x` as a !!int``.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch<'t> {
    /// The text.
    pub text: Cow<'t, str>,
    /// What the text is, as a short tag; `None` for a `!!binary` that is not base64.
    pub found: Option<&'static str>,
}

/// The scalar with its type.
///
/// # Errors
/// When its tag contradicts its text.
pub fn resolve<'t>(node: &Node, text: &'t str) -> Result<Scalar<'t>, Mismatch<'t>> {
    let content = decode(node, text);
    match node.tag {
        Tag::None if node.style != Style::Plain => Ok(Scalar::Str(content)),
        Tag::None => Ok(untagged(&content).unwrap_or(Scalar::Str(content))),
        Tag::NonSpecific | Tag::Str | Tag::Merge | Tag::Other => Ok(Scalar::Str(content)),
        Tag::Binary => match base64(content.as_bytes()) {
            Some(bytes) => Ok(Scalar::Str(Cow::Owned(lossy(&bytes)))),
            None => Err(Mismatch { text: content, found: None }),
        },
        Tag::Timestamp if number::is_timestamp(&content) => Ok(Scalar::Str(content)),
        wanted => tagged(wanted, content),
    }
}

/// Under `!!int`, `!!float`, `!!bool`, `!!null` and `!!timestamp` the text decides, quoted or not.
fn tagged(wanted: Tag, content: Cow<'_, str>) -> Result<Scalar<'_>, Mismatch<'_>> {
    let (found, value) = match untagged(&content) {
        None => ("!!str", Scalar::Null),
        Some(value @ Scalar::Null) => ("!!null", value),
        Some(value @ Scalar::Bool(_)) => ("!!bool", value),
        Some(Scalar::Int(value)) if wanted == Tag::Float => return Ok(Scalar::Float(value as f64)),
        Some(value @ (Scalar::Int(_) | Scalar::Uint(_))) => ("!!int", value),
        Some(value @ Scalar::Float(_)) => ("!!float", value),
        Some(Scalar::Str(_)) => ("!!str", Scalar::Null),
    };
    let fits = matches!(
        (wanted, &value, found),
        (Tag::Null, Scalar::Null, "!!null")
            | (Tag::Bool, Scalar::Bool(_), _)
            | (Tag::Int, Scalar::Int(_) | Scalar::Uint(_), _)
            | (Tag::Float, Scalar::Float(_), _)
    );
    if fits { Ok(value) } else { Err(Mismatch { text: content, found: Some(found) }) }
}

/// The meaning of a text without a tag; `None` for a string. Dates, which goyaml looks for before numbers, are strings
/// in JSON, and none of them reads as a number.
fn untagged(text: &str) -> Option<Scalar<'static>> {
    let Some(&first) = text.as_bytes().first() else { return Some(Scalar::Null) };
    if !is_hint(first) {
        return None;
    }
    // No word begins with a digit, and none is longer than `false`.
    if !first.is_ascii_digit()
        && text.len() <= 5
        && let Some(word) = word(text)
    {
        return Some(word);
    }
    match first {
        b'.' => number::go_float(text).map(Scalar::Float),
        b'+' | b'-' | b'0'..=b'9' => number::number(text).map(|number| match number {
            Number::Int(value) => Scalar::Int(value),
            Number::Uint(value) => Scalar::Uint(value),
            Number::Float(value) => Scalar::Float(value),
        }),
        _ => None,
    }
}

/// Whether a scalar that begins so can be anything but a string.
fn is_hint(first: u8) -> bool {
    static HINTS: [bool; 256] = {
        let mut hints = [false; 256];
        let bytes = b"+-0123456789.~yYnNtTfFoO";
        let mut at = 0;
        while at < bytes.len() {
            hints[bytes[at] as usize] = true;
            at += 1;
        }
        hints
    };
    HINTS[first as usize]
}

/// Whether a plain scalar is surely a string, by a quick look; never wrong when true. `name` and `type` are the most
/// frequent keys of all and begin as `null` and `true` do, so the look takes in the whole of a short word.
#[must_use]
#[inline]
pub fn is_surely_string(text: &[u8]) -> bool {
    text.first().is_some_and(|&first| !is_hint(first) || (first.is_ascii_alphabetic() && !may_be_word(text)))
}

/// Whether a text of letters can be a boolean or null.
fn may_be_word(text: &[u8]) -> bool {
    // Sets the bit that tells upper from lower case; characters that are no letters stay none.
    let lower = |word: [u8; 4]| (u32::from_le_bytes(word) | u32::from_le_bytes([0x20; 4])).to_le_bytes();
    match *text {
        [_] => true,
        [a, b] => matches!(&lower([a, b, 0, 0]), b"no  " | b"on  "),
        [a, b, c] => matches!(&lower([a, b, c, 0]), b"yes " | b"off "),
        [a, b, c, d] => matches!(&lower([a, b, c, d]), b"null" | b"true"),
        [a, b, c, d, e] => lower([a, b, c, d]) == *b"fals" && e | 0x20 == b'e',
        _ => false,
    }
}

/// Whether a plain scalar of that text is a string, and needs no quotes to be one.
#[must_use]
pub fn is_unquoted_string(text: &str) -> bool {
    untagged(text).is_none()
}

/// The exact spellings; every other case variant is a string.
fn word(text: &str) -> Option<Scalar<'static>> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// Standard base64 with padding, line ends ignored (Go `encoding/base64`, `StdEncoding`).
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held, mut pads) = (0u32, 0u32, 0u32);
    for &byte in text.iter().filter(|byte| !matches!(byte, b'\n' | b'\r')) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if held + pads >= 2 && held + pads < 4 => {
                pads += 1;
                continue;
            }
            _ => return None,
        };
        if pads > 0 {
            return None;
        }
        bits = bits << 6 | u32::from(value);
        held += 1;
        if held == 4 {
            bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
            (bits, held) = (0, 0);
        }
    }
    match (held, pads) {
        (0, 0) => {}
        (2, 2) => bytes.push((bits >> 4) as u8),
        (3, 1) => bytes.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => return None,
    }
    Some(bytes)
}

/// Bytes as Go's JSON encoder writes them: U+FFFD for each byte that is not UTF-8.
fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}
