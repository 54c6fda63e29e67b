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
            Syntax::Subdomain => text.len() <= 253 && is_dotted(bytes),
            Syntax::OldLabel => Syntax::Label.holds(text) && bytes[0].is_ascii_lowercase(),
            Syntax::PathSegment => !matches!(text, "." | "..") && !text.contains(['/', '%']),
            Syntax::Qualified => match bytes.iter().position(|byte| *byte == b'/') {
                None => is_name_part(bytes),
                Some(slash) => {
                    let (prefix, name) = (&bytes[..slash], &bytes[slash + 1..]);
                    is_name_part(name) && (is_usual(prefix) || (prefix.len() <= 253 && is_dotted(prefix)))
                }
            },
            Syntax::LabelValue => text.is_empty() || is_name_part(bytes),
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

/// Whether it is a domain that most keys with a domain begin with: those need no look at each byte.
fn is_usual(domain: &[u8]) -> bool {
    matches!(domain, b"app.kubernetes.io" | b"kubernetes.io" | b"helm.sh")
}

/// A small letter or digit, which may stand at both ends of a part of a DNS name.
const LOWER: u8 = 1;
/// May stand inside of such a part.
const INNER: u8 = 2;
/// A letter or digit.
const LETTER: u8 = 4;
/// May stand inside of a qualified name.
const WORD: u8 = 8;

/// What each byte may be.
static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let is = byte as u8;
        if is.is_ascii_lowercase() || is.is_ascii_digit() {
            table[byte] |= LOWER;
        }
        if is.is_ascii_lowercase() || is.is_ascii_digit() || is == b'-' {
            table[byte] |= INNER;
        }
        if is.is_ascii_alphanumeric() {
            table[byte] |= LETTER;
        }
        if is.is_ascii_alphanumeric() || matches!(is, b'-' | b'_' | b'.') {
            table[byte] |= WORD;
        }
        byte += 1;
    }
    table
};

fn is(byte: u8, class: u8) -> bool {
    CLASS[usize::from(byte)] & class != 0
}

/// Whether all bytes are of a class; without a branch for each, because nearly always they are.
fn are(bytes: &[u8], class: u8) -> bool {
    bytes.iter().fold(class, |classes, byte| classes & CLASS[usize::from(*byte)]) == class
}

fn is_lower_part(bytes: &[u8]) -> bool {
    has_ends(bytes, LOWER) && are(bytes, INNER)
}

fn is_name_part(bytes: &[u8]) -> bool {
    bytes.len() <= 63 && has_ends(bytes, LETTER) && are(bytes, WORD)
}

fn has_ends(bytes: &[u8], class: u8) -> bool {
    matches!((bytes.first(), bytes.last()), (Some(first), Some(last)) if is(*first, class) && is(*last, class))
}

/// Parts between dots, in one pass.
fn is_dotted(bytes: &[u8]) -> bool {
    if are(bytes, INNER) {
        return has_ends(bytes, LOWER);
    }
    let mut before = b'.';
    for &byte in bytes {
        let fine = match byte {
            b'.' => is(before, LOWER),
            b'-' => before != b'.',
            _ => is(byte, LOWER),
        };
        if !fine {
            return false;
        }
        before = byte;
    }
    is(before, LOWER)
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
