//! The syntax of names: what it is called, what breaks it, and the nearest text that does not.
//! `k8s.io/apimachinery/pkg/util/validation/validation.go`, Kubernetes 1.34. Lengths are bytes.

/// A kind of name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `IsDNS1123Label`
    Label,
    /// `IsDNS1123Subdomain`
    Subdomain,
    /// `IsDNS1035Label`
    OldLabel,
    /// `IsValidPathSegmentName` of `k8s.io/apimachinery/pkg/api/validation/path`
    PathSegment,
    /// `IsQualifiedName`, which keys of labels are
    Qualified,
    /// `IsValidLabelValue`
    LabelValue,
}

impl Syntax {
    /// What a text of it is called.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Syntax::Label => "a DNS label",
            Syntax::Subdomain => "a DNS subdomain",
            Syntax::OldLabel => "a DNS label that begins with a letter",
            Syntax::PathSegment => "a segment of a path",
            Syntax::Qualified => "a qualified name",
            Syntax::LabelValue => "a label value",
        }
    }

    /// Whether a text keeps it.
    pub(super) fn holds(self, text: &str) -> bool {
        let bytes = text.as_bytes();
        match self {
            Syntax::Label => text.len() <= 63 && is_lower_part(bytes),
            Syntax::Subdomain => text.len() <= 253 && text.split('.').all(|part| is_lower_part(part.as_bytes())),
            Syntax::OldLabel => Syntax::Label.holds(text) && bytes[0].is_ascii_lowercase(),
            Syntax::PathSegment => !matches!(text, "." | "..") && !text.contains(['/', '%']),
            Syntax::Qualified => match text.split_once('/') {
                Some((prefix, name)) => Syntax::Subdomain.holds(prefix) && is_name_part(name),
                None => is_name_part(text),
            },
            Syntax::LabelValue => text.is_empty() || is_name_part(text),
        }
    }

    /// What a writer has to know.
    pub(super) fn rule(self) -> &'static str {
        match self {
            Syntax::Label => "up to 63 lower case letters, digits and `-`, with a letter or digit at both ends",
            Syntax::Subdomain => {
                "up to 253 lower case letters, digits, `-` and `.`, with a letter or digit at both ends of each part"
            }
            Syntax::OldLabel => {
                "up to 63 lower case letters, digits and `-`, with a letter first and a letter or digit last"
            }
            Syntax::PathSegment => "anything but `.`, `..` and texts with `/` or `%`",
            Syntax::Qualified => {
                "up to 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends, and perhaps a domain \
                 and `/` before it"
            }
            Syntax::LabelValue => {
                "empty, or up to 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"
            }
        }
    }

    /// The text with what is not allowed replaced, if that makes a name of it.
    pub(super) fn mended(self, text: &str) -> Option<String> {
        let (lower, allowed): (bool, &[char]) = match self {
            Syntax::Label | Syntax::OldLabel => (true, &['-']),
            Syntax::Subdomain => (true, &['-', '.']),
            Syntax::LabelValue => (false, &['-', '_', '.']),
            Syntax::PathSegment | Syntax::Qualified => return None,
        };
        let fit = |character: char| match character {
            fine if fine.is_ascii_alphanumeric() || allowed.contains(&fine) => fine,
            _ => '-',
        };
        let text: String = text.trim().chars().map(fit).collect();
        let text = if lower { text.to_ascii_lowercase() } else { text };
        let mended = text.trim_matches(|edge: char| !edge.is_ascii_alphanumeric());
        (!mended.is_empty() && self.holds(mended)).then(|| mended.to_owned())
    }
}

fn is_lower_part(bytes: &[u8]) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    edge(bytes.first()) && edge(bytes.last()) && bytes.iter().all(inner)
}

fn is_name_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.len() <= 63 && edge(bytes.first()) && edge(bytes.last()) && bytes.iter().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_to_their_syntax() {
        for (syntax, fine, broken) in [
            (Syntax::Label, &["a", "1-a", "123"][..], &["", "A", "a.b", "-a", "a-", "a_b", "ä"][..]),
            (Syntax::Subdomain, &["a.b", "1.2-3"], &["", "a..b", ".a", "a.", "a.-b", "a/b"]),
            (Syntax::OldLabel, &["a1"], &["1a", ""]),
            (Syntax::PathSegment, &["system:a", "A b", ""], &[".", "..", "a/b", "a%b"]),
            (Syntax::Qualified, &["a", "A.b_c", "example.com/A"], &["", "/a", "a/", "a/b/c", "Example.com/a", "a b"]),
            (Syntax::LabelValue, &["", "v1.2", "A_b"], &["-a", "a/b", "a b", "a."]),
        ] {
            assert!(fine.iter().all(|text| syntax.holds(text)), "{syntax:?}");
            assert!(broken.iter().all(|text| !syntax.holds(text)), "{syntax:?}");
        }
        assert!(Syntax::Label.holds(&"a".repeat(63)) && !Syntax::Label.holds(&"a".repeat(64)));
        assert!(Syntax::Subdomain.holds(&"a".repeat(253)) && !Syntax::Subdomain.holds(&"a".repeat(254)));
        assert!(!Syntax::LabelValue.holds(&"a".repeat(64)));
    }

    #[test]
    fn what_is_not_allowed_is_replaced() {
        assert_eq!(Syntax::Label.mended("My_App.x-").as_deref(), Some("my-app-x"));
        assert_eq!(Syntax::Subdomain.mended("My_App.x").as_deref(), Some("my-app.x"));
        assert_eq!(Syntax::LabelValue.mended("a/b c").as_deref(), Some("a-b-c"));
        assert_eq!(Syntax::OldLabel.mended("1A"), None);
        assert_eq!(Syntax::Label.mended("___"), None);
    }
}
