//! What a scalar means to Kubernetes: goyaml v2's `resolve.go` on the raw text, decoded on demand.

mod decode;
mod number;
mod resolve;

use std::borrow::Cow;

use super::node::{Node, Style, Tag};

pub use decode::{break_length, decode};
pub use number::{json_float, key_float};
pub use resolve::{Mismatch, resolve};

/// A scalar as the API server gets to see it after the conversion to JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar<'t> {
    /// Null, written or absent.
    Null,
    /// A boolean, in any of YAML 1.1's spellings.
    Bool(bool),
    /// An integer that fits 64 bits with a sign.
    Int(i64),
    /// An integer above that, which fits 64 bits without one.
    Uint(u64),
    /// Any other number; infinities and NaN included, which the conversion to JSON then refuses.
    Float(f64),
    /// Text.
    Str(Cow<'t, str>),
}

/// The scalar with its type. A tag that contradicts the text, which the parser has refused, leaves it a string.
#[must_use]
pub fn read<'t>(node: &Node, text: &'t str) -> Scalar<'t> {
    resolve(node, text).unwrap_or_else(|mismatch| Scalar::Str(mismatch.text))
}

/// The scalar as a mapping key, made text as `sigs.k8s.io/yaml` does (`yaml.go`, `convertToJSONableObject`): floats
/// with the precision of 32 bits. A null key, which the parser refuses, is the empty text.
#[must_use]
pub fn key_text<'t>(node: &Node, text: &'t str) -> Cow<'t, str> {
    if is_text(node, text) {
        return Cow::Borrowed(content(node, text));
    }
    match read(node, text) {
        Scalar::Null => Cow::Borrowed(""),
        Scalar::Bool(true) => Cow::Borrowed("true"),
        Scalar::Bool(false) => Cow::Borrowed("false"),
        Scalar::Int(value) => Cow::Owned(value.to_string()),
        Scalar::Uint(value) => Cow::Owned(value.to_string()),
        Scalar::Float(value) => Cow::Owned(key_float(value)),
        Scalar::Str(text) => text,
    }
}

/// Whether a key is a merge key: the text `<<`, plain or tagged `!!merge` (goyaml v2 `decode.go`, `isMerge`, which
/// also takes the bare tag `!` for plain).
#[must_use]
pub fn is_merge(node: &Node, text: &str) -> bool {
    let tagged = matches!(node.tag, Tag::Merge | Tag::NonSpecific);
    node.b == 2 && (tagged || (node.style == Style::Plain && node.tag == Tag::None)) && content(node, text) == "<<"
}

/// Whether the content of a scalar is its text and a string, by the look of its first byte; never wrong when true.
#[must_use]
pub fn is_text(node: &Node, text: &str) -> bool {
    let plain = !node.has(Node::ESCAPED) && node.tag == Tag::None;
    plain && (node.style != Style::Plain || (node.b != 0 && !resolve::is_hint(text.as_bytes()[node.a as usize])))
}

/// The content as it stands in the source.
fn content<'t>(node: &Node, text: &'t str) -> &'t str {
    &text[node.a as usize..(node.a + node.b) as usize]
}
