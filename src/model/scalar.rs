//! What a scalar means to Kubernetes: goyaml v2's `resolve.go` on the raw text, decoded on demand.

use std::borrow::Cow;

use super::node::{Node, Style};

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

/// The content of a scalar as text: quotes off, escapes and folds resolved.
#[must_use]
pub fn decode<'t>(node: &Node, text: &'t str) -> Cow<'t, str> {
    Cow::Borrowed(&text[node.a as usize..(node.a + node.b) as usize])
}

/// The scalar with its type.
#[must_use]
pub fn read<'t>(node: &Node, text: &'t str) -> Scalar<'t> {
    let content = decode(node, text);
    if node.style == Style::Plain && content.is_empty() { Scalar::Null } else { Scalar::Str(content) }
}

/// The scalar as a mapping key, made text as `sigs.k8s.io/yaml` does.
#[must_use]
pub fn key_text<'t>(node: &Node, text: &'t str) -> Cow<'t, str> {
    decode(node, text)
}

/// Whether a key is a merge key: a plain `<<`, or tagged `!!merge`.
#[must_use]
pub fn is_merge(node: &Node, text: &str) -> bool {
    node.style == Style::Plain && decode(node, text) == "<<"
}
