//! What the rules of several rooms say and ask in the same way.

use crate::model::path::{Path, Segment};

/// `Deployment.spec.template`
pub(super) fn place(kind: &str, path: &Path) -> String {
    let path = path.to_string();
    match path.as_str() {
        "" => kind.to_owned(),
        rest if rest.starts_with('[') => format!("{kind}{rest}"),
        rest => format!("{kind}.{rest}"),
    }
}

/// `` `replicas` in Deployment.spec ``
pub(super) fn field_and_place(kind: &str, path: &Path) -> String {
    let items = path.0.iter().rev().take_while(|segment| matches!(segment, Segment::Index(_))).count();
    let cut = path.0.len().saturating_sub(items + 1);
    let (above, own) = path.0.split_at(cut);
    let own = match own.split_first() {
        // A key is shown as it is, without the quotes that it has inside of a path.
        Some((Segment::Key(key), rest)) => format!("{key}{}", Path(rest.to_vec())),
        _ => Path(own.to_vec()).to_string(),
    };
    format!("`{own}` in {}", place(kind, &Path(above.to_vec())))
}

/// Whether a string has a placeholder that another tool fills in before the server sees it (Flux and envsubst `${X}` and `$X`,
/// `$(X)` of Kustomize and of CI systems, templates, `<path:…>` of the vault plug-in for Argo CD, `($x)` of tests for
/// Chainsaw): its syntax says nothing yet.
pub(in crate::check) fn is_placeholder(text: &str) -> bool {
    let is_filled_in = |open: &str, close: &str| text.split_once(open).is_some_and(|(_, rest)| rest.contains(close));
    text.bytes().any(|byte| matches!(byte, b'$' | b'{' | b'<'))
        && (is_filled_in("${", "}")
            || is_filled_in("$(", ")")
            || is_filled_in("{{", "}}")
            || has_variable(text)
            || is_filled_in("<path:", ">")
            || is_filled_in("<secret:", ">")
            || (text.starts_with('<') && text.contains('>'))
            || (text.starts_with('(') && text.ends_with(')')))
}

/// Whether a string has a variable of a shell without braces. Those that are meant to be filled in are in capitals; one
/// letter may be a part of a pattern or of another word.
fn has_variable(text: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let name = text[at + 1..].bytes().take_while(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
        let (count, is_name) =
            (name.clone().count(), !text[at + 1..].starts_with(|first: char| first.is_ascii_digit()));
        let next = text.as_bytes().get(at + 1 + count);
        is_name && count > 1 && !next.is_some_and(u8::is_ascii_lowercase)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_what_is_written() {
        for text in
            ["${a}", "$(A)", "{{ a }}", "<a>", "($a)", "$APP_NAME", "web-$ENV.example.com", "$NS1", "a.<secret:domain>"]
        {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["web", "$a", "$1", "$2Y", "^A$", "cost $5", "a$Ab", "US$"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
