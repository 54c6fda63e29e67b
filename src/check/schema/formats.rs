//! The formats of strings that the API server enforces in custom resources (`SupportedFormats` in
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/validation/formats.go`; the checks are those of
//! `k8s.io/kube-openapi/pkg/validation/strfmt`). Formats that it does not know, and those whose check accepts nearly
//! anything, are not looked at.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::encoding;

/// A check of a text.
pub(super) type Check = fn(&str) -> bool;

/// The formats and their checks.
pub(super) const ALL: &[(&str, Check)] = &[
    ("byte", is_byte),
    ("date", is_date),
    ("date-time", is_date_time),
    ("datetime", is_date_time),
    ("duration", is_duration),
    ("hostname", is_hostname),
    ("ipv4", is_ipv4),
    ("ipv6", is_ipv6),
    ("mac", is_mac),
    ("uuid", is_uuid),
    // Not enforced by the API server, or accepting nearly anything: the checks of `jsonschema` must not step in.
    ("email", |_| true),
    ("uri", |_| true),
];

/// Whether there is a check worth making.
pub(super) fn is_enforced(format: &str) -> bool {
    ALL.iter().any(|(name, _)| *name == format) && !matches!(format, "email" | "uri")
}

fn is_byte(text: &str) -> bool {
    !text.is_empty() && encoding::base64_fault(text.as_bytes()).is_none()
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && encoding::is_time(&format!("{text}T00:00:00Z"))
}

fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['t', 'T']) else { return false };
    is_date(date) && encoding::is_time(&format!("{date}T{}", time.to_ascii_uppercase()))
}

/// Go's durations (`1h30m`), those of ISO 8601, and numbers with units in words (`3 days`).
fn is_duration(text: &str) -> bool {
    let text = text.trim();
    let iso = text.strip_prefix('P').is_some_and(|rest| rest.contains(|letter: char| letter.is_ascii_digit()));
    let mut rest = text.trim_start_matches(['-', '+']);
    let mut parts = 0;
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        if unit.len() == rest.len() {
            return iso;
        }
        let unit = unit.trim_start();
        let end = unit.find(|letter: char| letter.is_ascii_digit()).unwrap_or(unit.len());
        if end == 0 || !unit[..end].trim().chars().all(char::is_alphabetic) {
            // A bare zero is the one number without a unit.
            return text == "0";
        }
        rest = &unit[end..];
        parts += 1;
    }
    parts > 0
}

fn is_hostname(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
    };
    let text = text.strip_suffix('.').unwrap_or(text);
    text.len() <= 255 && text.split('.').all(label)
}

/// Leading zeros are accepted, as the server does.
fn is_ipv4(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').collect();
    text.parse::<Ipv4Addr>().is_ok() || (parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok()))
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

fn is_mac(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    matches!(digits, 12 | 16 | 40) && text.bytes().all(|byte| byte.is_ascii_hexdigit() || b":-.".contains(&byte))
}

fn is_uuid(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    digits == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_judged_as_the_server_does() {
        type Case = (Check, &'static [&'static str], &'static [&'static str]);
        let cases: &[Case] = &[
            (is_byte, &["YQ=="], &["", "x y"]),
            (is_date_time, &["2024-01-01T00:00:00Z", "2024-01-01t00:00:00.5z"], &["2024-01-01", "yesterday"]),
            (is_duration, &["PT5M", "1h30m", "10s", "1.5h", "3 days", "0"], &["", "5", "soon", "5 5"]),
            (is_hostname, &["a.example.com", "a", "a."], &["a_b", "-a", "", "a..b"]),
            (is_ipv4, &["10.0.0.1", "010.1.1.1"], &["10.0.0", "300.1.1.1", "::1"]),
            (is_ipv6, &["::1"], &["10.0.0.1", "x"]),
            (is_uuid, &["123e4567-e89b-12d3-a456-426614174000"], &["123e4567", "x"]),
        ];
        for (check, good, bad) in cases {
            for text in *good {
                assert!(check(text), "{text}");
            }
            for text in *bad {
                assert!(!check(text), "{text}");
            }
        }
    }
}
