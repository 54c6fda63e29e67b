//! Patterns of definitions, which are in the syntax of Go's `regexp` (RE2), for the `regex` crate.
//!
//! The two engines are siblings, and where they differ the text is changed: classes such as `\d` are ASCII in RE2; `[`,
//! `&&`, `--` and `~~` mean nothing inside of its brackets; a brace that counts nothing is a brace; `\<` is a `<`; `\Q…\E`
//! quotes.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use regex::{Regex, RegexBuilder};

/// The most memory that a compiled pattern may take, in bytes.
const SIZE_LIMIT: usize = 8 << 20;

/// A pattern, compiled when it is first asked.
#[derive(Debug)]
pub(super) struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(super) fn new(text: String) -> Self {
        Pattern { text, compiled: OnceLock::new() }
    }

    /// As it is written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is found anywhere in a text; `None` if the pattern cannot be compiled.
    pub(super) fn is_in(&self, text: &str) -> Option<bool> {
        self.compiled.get_or_init(|| compile(&self.text)).as_ref().map(|pattern| pattern.is_match(text))
    }
}

/// Compiles a pattern of RE2.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(&translate(pattern)).size_limit(SIZE_LIMIT).build().ok()
}

/// Texts that were found to be patterns: definitions repeat a few patterns, that of quantities above all, thousands of
/// times, and to tell means to compile.
static PATTERNS: Mutex<BTreeSet<Box<str>>> = Mutex::new(BTreeSet::new());

/// Most texts that are kept, and the longest of them, in bytes.
const MOST: usize = 1_000;
const LONGEST: usize = 1_000;

/// Whether a text is a pattern of RE2, as far as that can be told: what is too large to compile is one.
pub(super) fn is_pattern(text: &str) -> bool {
    let known = || PATTERNS.lock().unwrap_or_else(PoisonError::into_inner);
    if known().contains(text) {
        return true;
    }
    let is_one = builds(text);
    let mut known = known();
    if is_one && text.len() <= LONGEST && known.len() < MOST {
        known.insert(text.into());
    }
    is_one
}

fn builds(text: &str) -> bool {
    // Go reads `\0` as an octal number, which the `regex` crate does not have.
    let built = RegexBuilder::new(&translate(text)).size_limit(SIZE_LIMIT).build();
    !matches!(built, Err(regex::Error::Syntax(_))) || text.contains("\\0")
}

fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let behind = &rest[first.len_utf8()..];
        rest = match first {
            '\\' => escape(behind, false, &mut out),
            '[' => class(behind, &mut out),
            '{' if !counts(behind) => {
                out.push_str("\\{");
                behind
            }
            other => {
                out.push(other);
                behind
            }
        };
    }
    out
}

/// Whether a brace is followed by `2}`, `2,}` or `2,3}`.
fn counts(behind: &str) -> bool {
    let Some((inner, _)) = behind.split_once('}') else { return false };
    let (from, to) = inner.split_once(',').unwrap_or((inner, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !from.is_empty() && digits(from) && digits(to)
}

/// What is behind a backslash; returns the rest.
fn escape<'p>(behind: &'p str, in_class: bool, out: &mut String) -> &'p str {
    let Some(kind) = behind.chars().next() else {
        out.push('\\');
        return behind;
    };
    let rest = &behind[kind.len_utf8()..];
    let inner = match kind {
        'd' | 'D' => "0-9",
        'w' | 'W' => "0-9A-Za-z_",
        's' | 'S' => "\\t\\n\\f\\r ",
        _ => "",
    };
    match kind {
        'd' | 'w' | 's' if in_class => out.push_str(inner),
        'd' | 'w' | 's' => out.extend(["[", inner, "]"]),
        'D' | 'W' | 'S' => out.extend(["[^", inner, "]"]),
        'b' if !in_class => out.push_str("(?-u:\\b)"),
        '<' | '>' => out.push(kind),
        'Q' if !in_class => {
            let (quoted, rest) = rest.split_once("\\E").unwrap_or((rest, ""));
            out.push_str(&regex::escape(quoted));
            return rest;
        }
        _ => {
            out.push('\\');
            out.push(kind);
        }
    }
    rest
}

/// What is behind an opening bracket; returns the rest.
fn class<'p>(behind: &'p str, out: &mut String) -> &'p str {
    out.push('[');
    let mut rest = behind;
    if let Some(negated) = rest.strip_prefix('^') {
        out.push('^');
        rest = negated;
    }
    // A closing bracket at the start is one of the characters.
    if let Some(after) = rest.strip_prefix(']') {
        out.push_str("\\]");
        rest = after;
    }
    while let Some(first) = rest.chars().next() {
        let behind = &rest[first.len_utf8()..];
        rest = match first {
            ']' => {
                out.push(']');
                return behind;
            }
            '\\' => escape(behind, true, out),
            '[' => match rest.strip_prefix("[:").and_then(|name| name.split_once(":]")) {
                Some((name, after)) if name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'^') => {
                    out.extend(["[:", name, ":]"]);
                    after
                }
                _ => {
                    out.push_str("\\[");
                    behind
                }
            },
            '&' | '~' if behind.starts_with(first) => {
                out.push('\\');
                out.push(first);
                behind
            }
            // Twice in a row it would be a difference; here it ends a range or stands for itself.
            '-' if behind.starts_with('-') => {
                out.push_str("\\-");
                behind
            }
            other => {
                out.push(other);
                behind
            }
        };
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_to_go() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            (r"^\d+$", &["12"], &["१२", "a"]),
            (r"^[\w.]+$", &["a.b_1"], &["é", "a b"]),
            (r"^[^\s]*$", &["ab"], &["a b"]),
            (r"^[\D]$", &["a"], &["1"]),
            ("^[[]a]$", &["[a]"], &["a"]),
            ("^[a&&b]+$", &["a&b"], &["c"]),
            (r"^[\w~~]+$", &["a~"], &["!"]),
            ("^[]a]+$", &["]a"], &["b"]),
            ("^[[:alpha:]_]+$", &["a_"], &["1"]),
            ("^${var}$", &[], &["${var}"]),
            (r"^\${var}$", &["${var}"], &["var"]),
            ("^a{2,3}$", &["aa"], &["a"]),
            ("^a{,3}$", &["a{,3}"], &["aa"]),
            (r"^\<a\>$", &["<a>"], &["a"]),
            (r"^\Qa.b\E.$", &["a.bc"], &["aXbc"]),
            (r"^(a|b)\/\-\_$", &["a/-_"], &["c"]),
        ];
        for (pattern, good, bad) in cases {
            let compiled = Pattern::new((*pattern).to_owned());
            good.iter().for_each(|text| assert_eq!(compiled.is_in(text), Some(true), "{pattern} {text}"));
            bad.iter().for_each(|text| assert_eq!(compiled.is_in(text), Some(false), "{pattern} {text}"));
        }
        assert_eq!(Pattern::new("(?=a)".to_owned()).is_in("a"), None);
    }
}
