//! Numbers and dates in the spellings of Go's `strconv` and goyaml v2, and back to text as Go prints them.

use std::borrow::Cow;

/// A number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    /// Fits 64 bits with a sign.
    Int(i64),
    /// Fits 64 bits without one.
    Uint(u64),
    /// Any other finite number.
    Float(f64),
}

/// The number that goyaml reads from a text that begins with a digit or a sign; `None` for a string.
pub(super) fn number(text: &str) -> Option<Number> {
    if let Some(value) = plain(text.as_bytes()) {
        return Some(Number::Int(value));
    }
    let text = if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    integer(&text).or_else(|| style_float(&text).map(Number::Float))
}

/// What most numbers are: digits, not so many that they may not fit, and no zero before others.
fn plain(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 18 || (text[0] == b'0' && text.len() > 1) {
        return None;
    }
    text.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
}

/// Go's `ParseInt(text, 0, 64)`, then `ParseUint`: base by prefix, a leading zero alone is octal.
fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let signed = digits.len() != text.len();
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    // `from_str_radix` takes a sign of its own.
    if !digits.as_bytes().first()?.is_ascii_hexdigit() {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return (value <= i64::MIN.unsigned_abs()).then(|| Number::Int(value.wrapping_neg() as i64));
    }
    match i64::try_from(value) {
        Ok(value) => Some(Number::Int(value)),
        Err(_) => (!signed).then_some(Number::Uint(value)),
    }
}

/// A finite float that matches goyaml's `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn style_float(text: &str) -> Option<f64> {
    let digits = |bytes: &[u8], at: usize| at + bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let bytes = text.as_bytes();
    let start = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(bytes, start);
    let mut at = whole;
    if bytes.get(at) == Some(&b'.') {
        at = digits(bytes, at + 1);
        if whole == start && at == whole + 1 {
            return None;
        }
    } else if whole == start {
        return None;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = at + 1 + sign;
        at = digits(bytes, exponent);
        if at == exponent {
            return None;
        }
    }
    if at != bytes.len() {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Go's `ParseFloat` for a text that begins with a dot: underscores only between digits.
pub(super) fn go_float(text: &str) -> Option<f64> {
    if !text.contains('_') {
        return style_float(text);
    }
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let misplaced = |(at, &byte): (usize, &u8)| byte == b'_' && !(at > 0 && digit(at - 1) && digit(at + 1));
    if bytes.iter().enumerate().any(misplaced) { None } else { style_float(&text.replace('_', "")) }
}

/// A float as Go's `encoding/json` writes it: shortest form that reads back, an exponent below 1e-6 and from 1e21.
#[must_use]
pub fn json_float(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{value:e}");
        return if size < 1.0 { text } else { text.replacen('e', "e+", 1) };
    }
    format!("{value}")
}

/// A float as a key: Go's `FormatFloat(value, 'g', -1, 32)`, with YAML's words for infinities and NaN.
#[must_use]
pub fn key_float(value: f64) -> String {
    let value = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    format!("{value}")
}

/// Whether goyaml takes the text for a date: `2006-1-2`, alone or with a time in one of three spellings.
pub(super) fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return false;
    }
    timestamp(text).is_some()
}

/// Reads the formats of goyaml's `allowedTimestampFormats` as Go's `time.Parse` does.
fn timestamp(text: &str) -> Option<()> {
    let mut fields = Fields { rest: text.as_bytes() };
    let year = fields.number(4, 4)?;
    fields.byte(b'-')?;
    let month = fields.number(1, 2).filter(|month| (1..=12).contains(month))?;
    fields.byte(b'-')?;
    let day = fields.number(1, 2)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day == 0 || day > last {
        return None;
    }
    let Some(&separator) = fields.rest.first() else { return Some(()) };
    if !matches!(separator, b'T' | b't' | b' ') {
        return None;
    }
    fields.rest = &fields.rest[1..];
    if separator == b' ' {
        while fields.byte(b' ').is_some() {}
    }
    fields.number(1, 2).filter(|hour| *hour < 24)?;
    fields.byte(b':')?;
    fields.number(1, 2).filter(|minute| *minute < 60)?;
    fields.byte(b':')?;
    fields.number(1, 2).filter(|second| *second < 60)?;
    if matches!(fields.rest, [b'.' | b',', digit, ..] if digit.is_ascii_digit()) {
        let digits = fields.rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        fields.rest = &fields.rest[1 + digits..];
    }
    if separator != b' ' {
        fields.zone()?;
    }
    fields.rest.is_empty().then_some(())
}

/// What is left of a date.
struct Fields<'t> {
    rest: &'t [u8],
}

impl Fields<'_> {
    /// A number of `least` to `most` digits.
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let count = self.rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if count < least {
            return None;
        }
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        Some(digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
    }

    /// That byte.
    fn byte(&mut self, byte: u8) -> Option<()> {
        let (&first, rest) = self.rest.split_first()?;
        if first != byte {
            return None;
        }
        self.rest = rest;
        Some(())
    }

    /// `Z` or an offset from UTC.
    fn zone(&mut self) -> Option<()> {
        if self.byte(b'Z').is_some() {
            return Some(());
        }
        self.byte(b'+').or_else(|| self.byte(b'-'))?;
        self.number(2, 2).filter(|hours| *hours <= 24)?;
        self.byte(b':')?;
        self.number(2, 2).filter(|minutes| *minutes <= 60)?;
        Some(())
    }
}
