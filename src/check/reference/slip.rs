//! Whether a name is another one with a slip of the pen.
//!
//! Names of neighbours are alike: `shop-a` and `shop-b`, `api` and `app`, `us-east` and `us-west` are two things, and so are
//! `web` and `web-2`. Two letters that changed places make a word of no language; a letter that is missing, too many or
//! wrong counts in words that are long enough.

use std::cmp::Ordering;

/// Whether `written` is `meant` with one slip.
pub(super) fn is_slip(written: &str, meant: &str) -> bool {
    let (one, other) = (written.as_bytes(), meant.as_bytes());
    if one == other || other.len() < 4 || one.len().abs_diff(other.len()) > 1 {
        return false;
    }
    if written.eq_ignore_ascii_case(meant) {
        return true;
    }
    let before = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let rest = one.len().min(other.len()) - before;
    let behind = one.iter().rev().zip(other.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    // What is left of both between the stretches that agree.
    let (one, other) = (&one[before..one.len() - behind], &other[before..other.len() - behind]);
    let word = word_length(meant.as_bytes(), before);
    match (one, other) {
        ([a, b], [c, d]) => (a, b) == (d, c) && a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && word >= 3,
        ([a], [b]) => is_mark(*a) && is_mark(*b) || a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && word >= 6,
        ([a], []) | ([], [a]) => is_mark(*a) || a.is_ascii_alphabetic() && word >= 5,
        _ => false,
    }
}

/// How long the word is in which the difference begins.
fn word_length(text: &[u8], at: usize) -> usize {
    let at = at.min(text.len());
    let start = text[..at].iter().rposition(|byte| is_mark(*byte)).map_or(0, |mark| mark + 1);
    let end = text[at..].iter().position(|byte| is_mark(*byte)).map_or(text.len(), |mark| at + mark);
    match end.cmp(&start) {
        Ordering::Greater => end - start,
        _ => 0,
    }
}

/// What parts the words of a name.
fn is_mark(byte: u8) -> bool {
    matches!(byte, b'-' | b'_' | b'.' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_neighbours() {
        for (written, meant) in [
            ("webshpo", "webshop"),
            ("teir", "tier"),
            ("setings", "settings"),
            ("settingss", "settings"),
            ("sattings", "settings"),
            ("shop-aip", "shop-api"),
            ("web_shop", "web-shop"),
            ("webshop", "web-shop"),
            ("Webshop", "webshop"),
            ("controller-manger", "controller-manager"),
        ] {
            assert!(is_slip(written, meant), "{written} {meant}");
        }
        for (written, meant) in [
            ("webshop", "webshop"),
            ("shop-a", "shop-b"),
            ("shop-api", "shop-app"),
            ("us-east", "us-west"),
            ("web-1", "web-2"),
            ("webshop", "webshop2"),
            ("shop-1a", "shop-1b"),
            ("node", "mode"),
            ("web", "wbe"),
            ("webshop-admin", "webshop"),
            ("web-12", "web-21"),
            ("übung-ab", "übung-ba"),
            ("", "abcd"),
        ] {
            assert!(!is_slip(written, meant), "{written} {meant}");
        }
    }
}
