//! What a scalar means to Kubernetes: goyaml v2's `resolve.go` on the raw text, decoded on demand.

mod decode;
mod number;
mod resolve;

use std::borrow::Cow;

use super::node::{Node, Style, Tag};

pub use decode::{break_length, decode};
pub use number::{json_float, key_float};
pub use resolve::{Mismatch, is_surely_string, is_unquoted_string, resolve};

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
    if node.has(Node::TEXT) {
        return Scalar::Str(Cow::Borrowed(content(node, text)));
    }
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

/// Whether the content of a scalar is its text and a string, by a quick look; never wrong when true.
#[must_use]
pub fn is_text(node: &Node, text: &str) -> bool {
    if node.has(Node::TEXT) {
        return true;
    }
    let bare = !node.has(Node::ESCAPED) && node.tag == Tag::None;
    let content = || &text.as_bytes()[node.a as usize..(node.a + node.b) as usize];
    bare && (node.style != Style::Plain || resolve::is_surely_string(content()))
}

/// Whether the scalar is a string, found out without decoding it where that is possible.
#[must_use]
pub fn is_string(node: &Node, text: &str) -> bool {
    node.has(Node::TEXT)
        || (node.style != Style::Plain && node.tag == Tag::None)
        || matches!(read(node, text), Scalar::Str(_))
}

/// The content as it stands in the source.
fn content<'t>(node: &Node, text: &'t str) -> &'t str {
    &text[node.a as usize..(node.a + node.b) as usize]
}

#[cfg(test)]
mod tests {
    use super::super::node::Kind;
    use super::*;

    fn plain(text: &str, style: Style) -> Node {
        let end = text.len() as u32;
        Node { kind: Kind::Scalar, style, tag: Tag::None, flags: 0, start: 0, end, a: 0, b: end }
    }

    fn read_plain(text: &str) -> Scalar<'_> {
        read(&plain(text, Style::Plain), text)
    }

    #[test]
    fn words_and_numbers_are_told_from_strings() {
        for (text, wanted) in [
            ("", Scalar::Null),
            ("Null", Scalar::Null),
            ("ON", Scalar::Bool(true)),
            ("n", Scalar::Bool(false)),
            ("-0x1F", Scalar::Int(-31)),
            ("0_7", Scalar::Int(7)),
            ("+012", Scalar::Int(10)),
            ("-9223372036854775808", Scalar::Int(i64::MIN)),
            ("9223372036854775808", Scalar::Uint(1 << 63)),
            ("+9223372036854775808", Scalar::Float((1u64 << 63) as f64)),
            ("09", Scalar::Float(9.0)),
            (".1_0", Scalar::Float(0.1)),
            ("1.", Scalar::Float(1.0)),
        ] {
            assert_eq!(read_plain(text), wanted, "{text}");
        }
        for text in [
            "nULL", "tRue", "yEs", "0o8", "0b2", "0x", "1e", "1e400", "._5", "-.", "+", "1:30", "<<", "=", "1Gi",
            "0x+1",
        ] {
            assert_eq!(read_plain(text), Scalar::Str(Cow::Borrowed(text)), "{text}");
        }
    }

    #[test]
    fn an_ordinary_key_is_borrowed() {
        for (text, style) in [("metadata", Style::Plain), ("yes", Style::DoubleQuoted)] {
            assert!(is_text(&plain(text, style), text));
            assert!(matches!(key_text(&plain(text, style), text), Cow::Borrowed(key) if key == text));
        }
        for (text, surely) in
            [("name", true), ("type", true), ("yes", false), ("NULL", false), ("1", false), ("", false)]
        {
            assert_eq!(is_text(&plain(text, Style::Plain), text), surely, "{text}");
        }
        assert_eq!(key_text(&plain("yes", Style::Plain), "yes"), "true");
    }

    #[test]
    fn escapes_of_a_json_stream_are_those_of_json() {
        let text = r#"a\/b\ud83d\ude00\n\ud83dx"#;
        let node = Node { flags: Node::ESCAPED, ..plain(text, Style::Json) };
        assert_eq!(decode(&node, text), "a/b😀\n\u{fffd}x");
    }
}
