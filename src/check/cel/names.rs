//! The names of fields in expressions.

use std::borrow::Cow;

/// Words that are no names in CEL: `celReservedSymbols` in `k8s.io/apiserver/pkg/cel/escaping.go`.
pub(super) const RESERVED: [&str; 21] = [
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
];

/// A name of a field as expressions write it: `Escape` in `k8s.io/apiserver/pkg/cel/escaping.go`. Nothing for one that
/// they cannot write.
pub fn escaped(name: &str) -> Option<Cow<'_, str>> {
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__").into());
    }
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Some(name.into());
    }
    let mut written = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(next) = rest.chars().next() {
        let (taken, as_this) = match next {
            '_' if rest.starts_with("__") => (2, "__underscores__"),
            '.' => (1, "__dot__"),
            '-' => (1, "__dash__"),
            '/' => (1, "__slash__"),
            _ if next.is_ascii_alphanumeric() || next == '_' => (1, &rest[..1]),
            _ => return None,
        };
        written.push_str(as_this);
        rest = &rest[taken..];
    }
    Some(written.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_the_server_writes_them() {
        for (name, wanted) in [
            ("replicas", Some("replicas")),
            ("namespace", Some("__namespace__")),
            ("a.b-c/d", Some("a__dot__b__dash__c__slash__d")),
            ("a__b_c___d", Some("a__underscores__b_c__underscores___d")),
            ("$ref", None),
            ("1a", None),
            ("é", None),
            ("", None),
        ] {
            assert_eq!(escaped(name).as_deref(), wanted, "{name}");
        }
    }
}
