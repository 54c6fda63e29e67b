//! Quantities as numbers, exactly: billionths in 128 bits (`k8s.io/apimachinery/pkg/api/resource`, `ParseQuantity`).
//!
//! The server keeps nothing below a billionth, rounds away from zero there, and caps at 2⁶³−1. What is no quantity is
//! `check::schema`'s to report.

use crate::model::scalar::{Scalar, json_float};
use crate::model::value::Value;

const NANO: i128 = 1_000_000_000;
const CAP: i128 = i64::MAX as i128 * NANO;

/// How a quantity is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `1`, `100m`, `2G`
    Decimal,
    /// `1Gi`
    Binary,
    /// `1e3`
    Exponent,
}

/// An exact number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Quantity(i128);

impl Quantity {
    pub(super) const ZERO: Quantity = Quantity(0);

    /// The quantity that a value is; `None` for anything else, and for the few that do not fit 128 bits on the way.
    pub(super) fn of(value: Value<'_>) -> Option<Self> {
        match value.scalar()? {
            Scalar::Str(text) => Quantity::parse(&text),
            Scalar::Int(number) => Some(Quantity(i128::from(number) * NANO)),
            Scalar::Uint(number) => Some(Quantity((i128::from(number) * NANO).min(CAP))),
            Scalar::Float(number) => match value.raw() {
                raw if raw.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => Quantity::parse(raw),
                _ => Quantity::parse(&json_float(number)),
            },
            Scalar::Null | Scalar::Bool(_) => None,
        }
    }

    /// Reads a text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Quantity::with_form(text).map(|(quantity, _)| quantity)
    }

    /// Reads a text, and says how it was written.
    pub(super) fn with_form(text: &str) -> Option<(Self, Form)> {
        let text = text.trim();
        let (negative, number) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = number.bytes().position(|byte| !byte.is_ascii_digit() && byte != b'.').unwrap_or(number.len());
        let (number, suffix) = number.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let digits = match (whole.len(), fraction.len()) {
            (1..=18, 0) => i128::from(whole.parse::<i64>().ok()?),
            _ => digits(whole, fraction)?,
        };
        let places = i64::try_from(fraction.len()).ok()?;
        let (amount, form) = match suffix {
            "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" => {
                let power = "KMGTPE".find(&suffix[..1])? + 1;
                let scaled = digits.checked_mul(1 << (10 * power)).and_then(|scaled| scaled.checked_mul(NANO));
                let amount = match scaled {
                    Some(scaled) => times_power_of_ten(scaled, -places),
                    None if places == 0 => CAP,
                    None => return None,
                };
                (amount, Form::Binary)
            }
            _ => {
                let (power, form) = decimal(suffix)?;
                (times_power_of_ten(digits, power.checked_add(9)?.checked_sub(places)?), form)
            }
        };
        let amount = amount.min(CAP);
        Some((Quantity(if negative { -amount } else { amount }), form))
    }

    /// The sum, capped.
    #[must_use]
    pub(super) fn plus(self, other: Quantity) -> Quantity {
        Quantity((self.0 + other.0).min(CAP))
    }

    pub(super) fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether it has no fraction, as the server sees it (`MilliValue() % 1000`).
    pub(super) fn is_whole(self) -> bool {
        self.0 % NANO == 0
    }

    /// Whether it is a multiple of `other`, which is more than nothing.
    pub(super) fn is_multiple_of(self, other: Quantity) -> bool {
        other.0 > 0 && self.0 % other.0 == 0
    }

    /// The next thousandth above, which is all that the server keeps of resources (`pkg/apis/core/v1/defaults.go`,
    /// `SetDefaults_ResourceList`).
    #[must_use]
    pub(super) fn in_thousandths(self) -> Quantity {
        let milli = NANO / 1000;
        Quantity((self.0 + (milli - 1) * i128::from(self.0 > 0)) / milli * milli)
    }

    /// How many times as much it is; `None` unless both are more than nothing.
    pub(super) fn ratio(self, other: Quantity) -> Option<f64> {
        (self.0 > 0 && other.0 > 0).then(|| self.0 as f64 / other.0 as f64)
    }

    /// The exponent of a power of `base` that it is.
    pub(super) fn power_of(self, base: i128) -> Option<u32> {
        let whole = if self.is_whole() { self.0 / NANO } else { return None };
        (0..7).find(|exponent| base.checked_pow(*exponent) == Some(whole))
    }
}

/// A number without its dot.
fn digits(whole: &str, fraction: &str) -> Option<i128> {
    whole
        .bytes()
        .chain(fraction.bytes())
        .try_fold(0i128, |digits, digit| digits.checked_mul(10)?.checked_add(i128::from(digit - b'0')))
}

/// The power of ten that a decimal suffix stands for.
fn decimal(suffix: &str) -> Option<(i64, Form)> {
    let power = match suffix {
        "n" => -9,
        "u" => -6,
        "m" => -3,
        "" => 0,
        "k" => 3,
        "M" => 6,
        "G" => 9,
        "T" => 12,
        "P" => 15,
        "E" => 18,
        _ => return Some((suffix.strip_prefix(['e', 'E'])?.parse().ok()?, Form::Exponent)),
    };
    Some((power, Form::Decimal))
}

/// `number` × 10^`power`, rounded up, and capped.
fn times_power_of_ten(number: i128, power: i64) -> i128 {
    if number == 0 {
        return 0;
    }
    let factor = u32::try_from(power.unsigned_abs()).ok().and_then(|power| 10i128.checked_pow(power));
    match factor {
        Some(factor) if power >= 0 => number.checked_mul(factor).unwrap_or(CAP),
        Some(factor) => number / factor + i128::from(number % factor != 0),
        None if power >= 0 => CAP,
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Quantity {
        Quantity::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn quantities_are_compared_by_value() {
        for (one, other) in [
            ("1", "1000m"),
            ("1Ki", "1024"),
            ("1k", "1e3"),
            ("0.5Gi", "512Mi"),
            ("1.50", "1500m"),
            ("+1", "1"),
            ("-0", "0"),
            (".5", "500m"),
            ("1.", "1"),
            ("0.1n", "1n"),
            ("1e100", "9223372036854775807"),
            ("9Ei", "100E"),
            ("1e-100", "1n"),
            ("-1.5n", "-2n"),
            (" 1Gi ", "1024Mi"),
        ] {
            assert_eq!(read(one), read(other), "{one} {other}");
        }
        for (small, large) in [("1G", "1Gi"), ("100m", "0.2"), ("-1", "0"), ("999M", "1G"), ("1", "1.000000001")] {
            assert!(read(small) < read(large), "{small} {large}");
        }
        assert!(!read("0.0001").is_whole() && read("1000m").is_whole());
        assert!(read("4Mi").is_multiple_of(read("2Mi")) && !read("3Mi").is_multiple_of(read("2Mi")));
        assert_eq!(read("0.0001").in_thousandths(), read("1m"));
        assert_eq!(read("-1").in_thousandths(), read("-1"));
        assert_eq!(read("1Mi").power_of(1024), Some(2));
        assert_eq!(read("2Mi").power_of(1024), None);
    }

    #[test]
    fn what_is_no_quantity_is_none() {
        for text in ["", "x", "1x", "1..5", "1 Gi", "${CPU}", "1e", "1Gib", "1,5"] {
            let read = Quantity::parse(text);
            assert!(read.is_none() || text.is_empty(), "{text}: {read:?}");
        }
    }
}
