//! Numbers as Go's `fmt` and `strconv` print them.

use super::sprintf::{Directive, pad};

/// An `int` under a verb; `None` where Go has no such verb for it.
pub fn int(number: i128, verb: char, directive: &Directive) -> Option<String> {
    let size = number.unsigned_abs();
    let (prefix, digits) = match verb {
        'd' | 'v' => ("", size.to_string()),
        'b' => ("0b", format!("{size:b}")),
        'o' => ("0", format!("{size:o}")),
        'O' => return Some(padded(number < 0, &format!("0o{size:o}"), directive)),
        'x' => ("0x", format!("{size:x}")),
        'X' => ("0X", format!("{size:X}")),
        'c' => return Some(pad(&character(number).to_string(), directive)),
        'q' => return Some(pad(&format!("'{}'", character(number).escape_default()), directive)),
        'U' => return Some(pad(&format!("U+{size:04X}"), directive)),
        _ => return None,
    };
    let digits = match directive.precision {
        Some(precision) => format!("{}{digits}", "0".repeat(precision.saturating_sub(digits.len()))),
        None => digits,
    };
    let prefix = if directive.sharp && !matches!(verb, 'd' | 'v') { prefix } else { "" };
    Some(padded(number < 0, &format!("{prefix}{digits}"), directive))
}

fn character(number: i128) -> char {
    u32::try_from(number).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// A `float64` under a verb; `None` where Go has no such verb for it.
pub fn float(number: f64, verb: char, directive: &Directive) -> Option<String> {
    let size = number.abs();
    let precision = directive.precision;
    let digits = match verb {
        'f' | 'F' => fixed(size, precision.unwrap_or(6)),
        'e' | 'E' => exponent(&scientific(size, precision.unwrap_or(6))),
        'g' | 'G' | 'v' => general(size, precision),
        _ => return None,
    };
    let digits = if matches!(verb, 'E' | 'G') { digits.to_uppercase() } else { digits };
    Some(padded(number.is_sign_negative(), &digits, directive))
}

/// Where the decimals of every number have ended: the smallest one, 2^-1074, has 1,074. What follows is zeros. Rust's
/// formatting panics at precisions over 65,535.
const LAST_DECIMAL: usize = 1_100;

/// The number with so many decimals.
fn fixed(size: f64, decimals: usize) -> String {
    let zeros = "0".repeat(decimals.saturating_sub(LAST_DECIMAL));
    format!("{size:.*}{zeros}", decimals.min(LAST_DECIMAL))
}

/// The number with one digit before the point and so many behind it, and Rust's exponent.
fn scientific(size: f64, decimals: usize) -> String {
    let text = format!("{size:.*e}", decimals.min(LAST_DECIMAL));
    match text.split_once('e') {
        Some((digits, power)) if decimals > LAST_DECIMAL => {
            format!("{digits}{}e{power}", "0".repeat(decimals - LAST_DECIMAL))
        }
        _ => text,
    }
}

/// `%g`: the shortest text that reads back as the number, or `precision` digits, with an exponent below -4 and from 6,
/// or from the precision, on (`strconv/ftoa.go`).
fn general(size: f64, precision: Option<usize>) -> String {
    let scientific = match precision {
        // Zeros at the end are cut off again.
        Some(precision) => scientific(size, (precision.max(1) - 1).min(LAST_DECIMAL)),
        None => format!("{size:e}"),
    };
    let (mantissa, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let mantissa = trimmed(mantissa);
    let digits = mantissa.len() - usize::from(mantissa.contains('.'));
    let mut limit = precision.map_or(6, |precision| precision.max(1));
    if precision.is_some() && limit > digits && digits as i32 > power {
        limit = digits;
    }
    if power < -4 || power >= limit as i32 {
        return exponent(&format!("{mantissa}e{power}"));
    }
    let decimals = (digits as i32 - 1 - power).max(0) as usize;
    fixed(size, decimals)
}

/// Without zeros behind the point that say nothing.
fn trimmed(mantissa: &str) -> &str {
    if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa }
}

/// Rust's exponent with a sign and at least two digits.
fn exponent(text: &str) -> String {
    let (mantissa, power) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{mantissa}e{sign}{power:0>2}")
}

/// Sign and padding; zeros go between the two.
fn padded(negative: bool, digits: &str, directive: &Directive) -> String {
    let sign = match (negative, directive.plus, directive.space) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    };
    if directive.zero && !directive.minus && directive.width.is_some() {
        let zeros = directive.width.unwrap_or(0).saturating_sub(sign.len() + digits.len());
        return format!("{sign}{}{digits}", "0".repeat(zeros));
    }
    pad(&format!("{sign}{digits}"), &Directive { zero: false, ..*directive })
}
