//! Texts that functions read when an expression is compiled: `github.com/google/cel-go/cel/validator.go`, and conversions
//! of constants, which are made at once.

use kube_cel::cel::IdedExpr;
use kube_cel::cel::common::ast::{Expr, LiteralValue};

use crate::check::pattern;

/// What `strconv.ParseBool` reads.
const BOOLEANS: [&str; 12] = ["1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"];

/// What the first argument of a function should be and is not.
pub(super) fn fault(function: &str, argument: &IdedExpr) -> Option<&'static str> {
    let Expr::Literal(LiteralValue::String(text)) = &argument.expr else { return None };
    let text = text.inner();
    match function {
        "duration" => (!is_duration(text)).then_some("a duration such as `1h30m`"),
        "timestamp" => (!is_timestamp(text)).then_some("a time such as `2024-01-31T12:00:00Z`"),
        "bool" => (!BOOLEANS.contains(&text)).then_some("`true` or `false`"),
        "int" => text.parse::<i64>().is_err().then_some("a whole number"),
        "uint" => (text.starts_with('+') || text.parse::<u64>().is_err()).then_some("a whole number without a sign"),
        "matches" => (!pattern::is_pattern(text)).then_some("a regular expression of Go (RE2)"),
        _ => None,
    }
}

/// What `time.ParseDuration` reads.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let number = |letter: char| letter.is_ascii_digit() || letter == '.';
    let mut parts = 0;
    while !rest.is_empty() {
        let end = rest.find(|letter| !number(letter)).unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        let unit = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"].iter().find_map(|unit| after.strip_prefix(unit));
        let (Some(after), true) = (unit, digits.contains(|letter: char| letter.is_ascii_digit())) else { return false };
        if digits.matches('.').count() > 1 {
            return false;
        }
        (rest, parts) = (after, parts + 1);
    }
    parts > 0
}

/// Whether it looks like what RFC 3339 asks for; dates that no calendar has pass.
fn is_timestamp(text: &str) -> bool {
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let Some((head, tail)) = bytes.split_at_checked(19) else { return false };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let has_marks = marks.iter().all(|(at, mark)| head[*at] == *mark);
    let has_digits = (0..19).all(|at| marks.iter().any(|(mark, _)| *mark == at) || head[at].is_ascii_digit());
    let zone = match tail {
        [b'.' | b',', fraction @ ..] => {
            let end = fraction.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(fraction.len());
            if end == 0 {
                return false;
            }
            &fraction[end..]
        }
        zone => zone,
    };
    let has_zone = match zone {
        [b'Z'] => true,
        [b'+' | b'-', hours @ .., b':', a, b] => hours.len() == 2 && digits(hours) && digits(&[*a, *b]),
        _ => false,
    };
    has_marks && has_digits && has_zone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_times_are_told_from_other_texts() {
        for (text, is) in
            [("1h30m", true), ("-1.5s", true), ("0", true), ("1", false), ("1d", false), ("", false), (".s", false)]
        {
            assert_eq!(is_duration(text), is, "{text}");
        }
        for (text, is) in [
            ("2024-01-31T12:00:00Z", true),
            ("2024-01-31T12:00:00.5+02:00", true),
            ("2024-01-31", false),
            ("2024-01-31T12:00:00", false),
        ] {
            assert_eq!(is_timestamp(text), is, "{text}");
        }
    }
}
