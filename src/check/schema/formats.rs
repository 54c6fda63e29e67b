//! The formats of strings that the API server enforces in custom resources (`supportedVersionedFormats` in
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/validation/formats.go`; the checks are those of
//! `k8s.io/kube-openapi/pkg/validation/strfmt` and its `govalidator`, at Kubernetes 1.36). Formats that it does not know
//! are ignored, and so are dashes in their names.

use std::net::Ipv6Addr;
use std::sync::LazyLock;

use regex::Regex;

use super::encoding;

/// A format.
#[derive(Debug)]
pub(super) struct Format {
    /// The usual name.
    pub(super) name: &'static str,
    /// All names.
    pub(super) names: &'static [&'static str],
    /// The first minor version of Kubernetes that enforces it.
    pub(super) since: u16,
    /// Whether a text is in it.
    pub(super) check: fn(&str) -> bool,
}

const fn format(names: &'static [&'static str], check: fn(&str) -> bool) -> Format {
    Format { name: names[0], names, since: 0, check }
}

/// All formats, those that accept anything included: the checks of other libraries must not step in.
pub(super) static ALL: &[Format] = &[
    format(&["byte"], is_byte),
    format(&["date"], is_date),
    format(&["date-time", "datetime"], is_date_time),
    format(&["duration"], is_duration),
    format(&["hostname"], is_hostname),
    format(&["ipv4"], is_ipv4),
    format(&["ipv6"], is_ipv6),
    format(&["cidr"], is_cidr),
    format(&["mac"], is_mac),
    format(&["uri"], is_uri),
    format(&["email"], is_email),
    format(&["uuid"], |text| is_uuid(text, None)),
    format(&["uuid3"], |text| is_uuid(text, Some(b'3'))),
    format(&["uuid4"], |text| is_uuid(text, Some(b'4'))),
    format(&["uuid5"], |text| is_uuid(text, Some(b'5'))),
    format(&["bsonobjectid"], |text| text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())),
    format(&["isbn"], |text| is_isbn10(text) || is_isbn13(text)),
    format(&["isbn10"], is_isbn10),
    format(&["isbn13"], is_isbn13),
    format(&["creditcard"], is_credit_card),
    format(&["ssn"], |text| text.len() == 11 && matches(&SSN, text)),
    format(&["hexcolor"], |text| matches(&HEX_COLOUR, text)),
    format(&["rgbcolor"], |text| matches(&RGB_COLOUR, text)),
    format(&["password"], |_| true),
    Format { since: 34, ..format(&["k8s-short-name", "k8sshortname"], is_short_name) },
    Format { since: 34, ..format(&["k8s-long-name", "k8slongname"], is_long_name) },
];

/// The format of that name; `None` if the server does not know it.
pub(super) fn find(name: &str) -> Option<&'static Format> {
    let is_same = |known: &str| {
        let [known, name] = [known, name].map(|name| name.bytes().filter(|byte| *byte != b'-'));
        known.eq(name)
    };
    ALL.iter().find(|format| is_same(format.name))
}

type Pattern = LazyLock<Option<Regex>>;

static SSN: Pattern = LazyLock::new(|| Regex::new("^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$").ok());
static HEX_COLOUR: Pattern = LazyLock::new(|| Regex::new("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$").ok());
static RGB_COLOUR: Pattern = LazyLock::new(|| {
    let part = r"[ \t\n\f\r]*(0|[1-9][0-9]?|1[0-9][0-9]?|2[0-4][0-9]|25[0-5])[ \t\n\f\r]*";
    Regex::new(&format!(r"^rgb\({part},{part},{part}\)$")).ok()
});
static CARD: Pattern = LazyLock::new(|| {
    let american = "3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35[0-9]{3})[0-9]{11}";
    let other = "4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}";
    Regex::new(&format!("^(?:{other}|{american})$")).ok()
});
/// Letters and symbols of any alphabet.
static LABEL: Pattern = LazyLock::new(|| Regex::new(r"^[a-zA-Z0-9\p{S}\p{L}]*$").ok());
static TOP_LABEL: Pattern = LazyLock::new(|| Regex::new(r"^[a-zA-Z\p{L}]+$").ok());

fn matches(pattern: &Pattern, text: &str) -> bool {
    pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
}

/// Padded base64 of the standard alphabet, without line ends, and not empty.
fn is_byte(text: &str) -> bool {
    !text.is_empty() && !text.contains(['\r', '\n']) && encoding::base64_fault(text.as_bytes()).is_none()
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && encoding::is_time(&format!("{text}T00:00:00Z"))
}

/// A date, and a time whose zone may be anything of the right form.
fn is_date_time(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut parts = lower.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    let pair = |at: usize| time.get(at..at + 2).filter(|pair| pair.bytes().all(|byte| byte.is_ascii_digit()));
    let colons = || [2, 5].iter().all(|at| time.as_bytes().get(*at) == Some(&b':'));
    let (Some(hour), Some(minute), Some(second)) = (pair(0), pair(3), pair(6)) else { return false };
    if !is_date(date) || !colons() || hour > "23" || minute > "59" || second > "59" {
        return false;
    }
    // The server's pattern takes any one character before a fraction.
    let is_zone = |rest: &str| {
        let bytes = rest.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        rest == "z"
            || (bytes.len() == 6
                && matches!(bytes[0], b'+' | b'-')
                && bytes[3] == b':'
                && [1, 2, 4, 5].into_iter().all(digit))
    };
    let rest = &time[8..];
    let mut letters = rest.chars();
    let fraction = letters.next().map(|_| letters.as_str()).and_then(|behind| {
        let end = behind.trim_start_matches(|letter: char| letter.is_ascii_digit());
        (end.len() < behind.len()).then_some(end)
    });
    is_zone(rest) || fraction.is_some_and(is_zone)
}

/// Go's durations (`1h30m`), or any number with a unit, in words too (`3 days`).
fn is_duration(text: &str) -> bool {
    const WORDS: [&str; 8] = ["nano", "micro", "milli", "sec", "min", "hour", "day", "week"];
    const UNITS: [&str; 11] = ["ns", "us", "µs", "ms", "s", "m", "h", "hr", "d", "w", "wk"];
    if is_go_duration(text) {
        return true;
    }
    let mut rest = text;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let behind = rest[start..].trim_start_matches(|letter: char| letter.is_ascii_digit());
        let unit = behind.trim_start_matches([' ', '\t', '\n', '\u{c}', '\r']);
        let is_letter = |letter: char| letter.is_ascii_alphabetic() || letter == 'µ';
        let end = unit.find(|letter: char| !is_letter(letter)).unwrap_or(unit.len());
        let own = unit[..end].to_lowercase();
        if UNITS.contains(&&*own) || WORDS.iter().any(|word| own.starts_with(word)) {
            return true;
        }
        rest = behind;
    }
    false
}

/// `time.ParseDuration`, but for its bounds.
fn is_go_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        let number = &rest[..rest.len() - unit.len()];
        if !number.contains(|letter: char| letter.is_ascii_digit()) || number.matches('.').count() > 1 {
            return false;
        }
        let end = unit.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(unit.len());
        if !matches!(&unit[..end], "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "h") {
            return false;
        }
        rest = &unit[end..];
    }
    true
}

/// One label, in which only the second character may be a dash, or several of which the last has only letters: that is
/// what the server's pattern says.
fn is_hostname(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    if text.len() > 255 || parts.iter().any(|part| part.is_empty() || part.len() > 63) {
        return false;
    }
    let label = |part: &str| {
        let plain: String = part.chars().filter(|letter| *letter != '-').collect();
        !part.starts_with('-') && !part.ends_with('-') && matches(&LABEL, &plain)
    };
    match parts.split_last() {
        Some((only, [])) => {
            let mut letters = only.chars();
            let first = letters.next().is_some_and(|first| matches(&LABEL, &first.to_string()));
            let rest = letters.as_str();
            first && matches(&LABEL, rest.strip_prefix('-').unwrap_or(rest))
        }
        Some((top, above)) => above.iter().all(|part| label(part)) && top.len() > 1 && matches(&TOP_LABEL, top),
        None => false,
    }
}

/// Leading zeros are accepted, as the server does; so is an address of IPv6 that ends in one of IPv4.
fn is_ipv4(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').collect();
    let part = |part: &&str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.trim_start_matches('0').parse::<u8>().map_or(part.trim_start_matches('0').is_empty(), |_| true)
    };
    (parts.len() == 4 && parts.iter().all(part)) || (parts.len() == 4 && is_ipv6(text))
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let limit = if is_ipv6(address) {
        128
    } else if is_ipv4(address) {
        32
    } else {
        return false;
    };
    length.bytes().all(|byte| byte.is_ascii_digit()) && length.parse::<u32>().is_ok_and(|length| length <= limit)
}

/// 6, 8 or 20 bytes, in pairs behind colons or dashes, or in fours behind dots.
fn is_mac(text: &str) -> bool {
    let groups = |separator: char, digits: usize, counts: [usize; 3]| {
        let groups: Vec<_> = text.split(separator).collect();
        counts.contains(&groups.len())
            && groups.iter().all(|group| group.len() == digits && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    groups(':', 2, [6, 8, 20]) || groups('-', 2, [6, 8, 20]) || groups('.', 4, [3, 4, 10])
}

/// `url.ParseRequestURI`: an absolute URI or an absolute path.
fn is_uri(text: &str) -> bool {
    if text.is_empty() || text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return false;
    }
    if text == "*" {
        return true;
    }
    let scheme = text.split_once(':').filter(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    });
    let rest = match scheme {
        Some((_, rest)) => rest,
        None if text.starts_with('/') => text,
        None => return false,
    };
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    if !rest.starts_with('/') {
        return true;
    }
    let authority = rest.strip_prefix("//").filter(|_| scheme.is_some());
    let (authority, path) = authority.map_or(("", rest), |all| all.split_at(all.find('/').unwrap_or(all.len())));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port = host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or("", |(_, port)| port);
    let bad_host = |byte: u8| matches!(byte, b' ' | b'<' | b'>' | b'"' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}');
    let escaped = path
        .split('%')
        .skip(1)
        .all(|after| after.len() >= 2 && after.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit));
    escaped && port.bytes().all(|byte| byte.is_ascii_digit()) && !host.bytes().any(bad_host)
}

/// What `mail.ParseAddress` refuses for certain; it accepts names, comments and quotes around an address.
fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| !local.trim().is_empty() && !domain.trim().is_empty())
}

/// 32 digits, with dashes at four places or not, and the version at its place.
fn is_uuid(text: &str, version: Option<u8>) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut digits = Vec::with_capacity(32);
    for (group, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        at += usize::from(group > 0 && bytes.get(at) == Some(&b'-'));
        let Some(part) = bytes.get(at..at + length) else { return false };
        digits.extend_from_slice(part);
        at += length;
    }
    let variant = || matches!(digits[16].to_ascii_lowercase(), b'8' | b'9' | b'a' | b'b');
    at == bytes.len()
        && digits.iter().all(u8::is_ascii_hexdigit)
        && version.is_none_or(|version| digits[12] == version && (version == b'3' || variant()))
}

fn without_dashes(text: &str) -> Vec<u8> {
    text.bytes().filter(|byte| !matches!(byte, b'-' | b' ' | b'\t' | b'\n' | 0x0c | b'\r')).collect()
}

fn is_isbn10(text: &str) -> bool {
    let digits = without_dashes(text);
    let value = |at: usize, byte: u8| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'X' if at == 9 => Some(10),
        _ => None,
    };
    let sum = digits.iter().enumerate().try_fold(0, |sum, (at, byte)| Some(sum + (at as u32 + 1) * value(at, *byte)?));
    digits.len() == 10 && sum.is_some_and(|sum| sum % 11 == 0)
}

fn is_isbn13(text: &str) -> bool {
    let digits = without_dashes(text);
    let weighed = digits.iter().enumerate().try_fold(0, |sum, (at, byte)| {
        byte.is_ascii_digit().then(|| sum + u32::from(byte - b'0') * if at % 2 == 0 { 1 } else { 3 })
    });
    digits.len() == 13 && weighed.is_some_and(|sum| sum % 10 == 0)
}

fn is_credit_card(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| match (u32::from(byte - b'0'), at % 2) {
            (digit, 0) => digit,
            (digit, _) if digit > 4 => digit * 2 - 9,
            (digit, _) => digit * 2,
        })
        .sum();
    matches(&CARD, &digits) && sum.is_multiple_of(10)
}

fn is_short_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_long_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let part =
        |part: &str| !part.is_empty() && part.bytes().all(inner) && !part.starts_with('-') && !part.ends_with('-');
    text.len() <= 253 && text.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_judged_as_the_server_does() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("byte", &["YQ=="], &["", "x y", "YW\nJj"]),
            ("date", &["2024-02-29"], &["2023-02-29", "2024-1-1"]),
            (
                "date-time",
                &["2024-01-01T00:00:00Z", "2024-01-01t00:00:00.5z", "2024-01-01T00:00:00+99:99"],
                &["2024-01-01", "yesterday", "2024-01-01T24:00:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z"],
            ),
            ("duration", &["PT5M", "1h30m", "10s", "1.5h", "3 days", "0", "-1.s"], &["", "5", "soon", "5 5", "5 x"]),
            (
                "hostname",
                &["a.example.com", "a", "a-b.cd", "a-bc"],
                &["a_b", "-a", "", "a..b", "a.", "ab-c", "10.0.0.1"],
            ),
            ("ipv4", &["10.0.0.1", "010.1.1.1", "::ffff:1.2.3.4"], &["10.0.0", "300.1.1.1", "::1", "+1.1.1.1"]),
            ("ipv6", &["::1"], &["10.0.0.1", "x"]),
            ("cidr", &["10.0.0.0/8", "::/0", "010.0.0.1/08"], &["10.0.0.0", "10.0.0.0/33", "::/129", "x/1"]),
            ("mac", &["01:23:45:67:89:ab", "0123.4567.89ab"], &["01:23:45", "01:23:45-67:89:ab"]),
            (
                "uri",
                &["/x", "https://a.b:80/c?d", "mailto:a", "http://[::1]:80/"],
                &["", "x/y", "http://a b", "http://a:b/", "/%zz"],
            ),
            ("email", &["a@b.c", "A <a@b>"], &["", "a", "@b"]),
            ("uuid", &["123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000"], &["123e4567", "x"]),
            ("uuid4", &["123e4567-e89b-42d3-a456-426614174000"], &["123e4567-e89b-12d3-a456-426614174000"]),
            ("isbn", &["0321751043", "978-0321751041"], &["0321751044", "978-0321751042"]),
            ("creditcard", &["4111-1111-1111-1111"], &["4111-1111-1111-1112", ""]),
            ("ssn", &["123-45-6789"], &["123456789", "123-45-678"]),
            ("hexcolor", &["#fff", "FFFFFF"], &["#ff"]),
            ("rgbcolor", &["rgb(1, 2,255)"], &["rgb(1,2)", "rgb(1,2,256)"]),
            ("k8s-short-name", &["a-b"], &["A", "-a", ""]),
            ("k8s-long-name", &["a.b-c"], &["a..b", "a_b"]),
        ];
        for (name, good, bad) in cases {
            let format = find(name).unwrap_or_else(|| panic!("{name}"));
            good.iter().for_each(|text| assert!((format.check)(text), "{name} {text}"));
            bad.iter().for_each(|text| assert!(!(format.check)(text), "{name} {text}"));
        }
        assert!(find("datetime").is_some() && find("int32").is_none() && find("quantity").is_none());
    }
}
