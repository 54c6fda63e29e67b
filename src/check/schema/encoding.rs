//! Texts that the server decodes further: base64 and times.

/// The offset of the first byte that is no base64 of the standard alphabet with padding, as Go's `encoding/base64`
/// counts it; line ends inside are skipped. `None` for good base64, the empty text included.
pub(super) fn base64_fault(text: &[u8]) -> Option<usize> {
    let mut filled = 0;
    let mut bytes = text.iter().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'));
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => filled = (filled + 1) % 4,
            b'=' if filled == 3 => return bytes.next().map(|(at, _)| at),
            b'=' if filled == 2 => {
                return match bytes.next() {
                    Some((_, b'=')) => bytes.next().map(|(at, _)| at),
                    Some((at, _)) => Some(at),
                    None => Some(text.len()),
                };
            }
            _ => return Some(at),
        }
    }
    (filled != 0).then_some(text.len())
}

/// Whether a text is a time of RFC 3339 as Go's `time.Parse(time.RFC3339, …)` reads it.
pub(super) fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |at: usize, length: usize| -> Option<u32> {
        let digits = bytes.get(at..at + length)?;
        digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
    };
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, byte)| bytes.get(*at) != Some(byte)) {
        return false;
    }
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(5, 2), number(8, 2)) else { return false };
    let (Some(hour), Some(minute), Some(second)) = (number(11, 2), number(14, 2), number(17, 2)) else { return false };
    if day == 0 || day > days(year, month) || hour > 23 || minute > 59 || second > 59 {
        return false;
    }
    let mut at = 19;
    if matches!(bytes.get(at), Some(b'.' | b',')) {
        let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        at += 1 + digits;
        if digits == 0 {
            return false;
        }
    }
    match bytes.get(at) {
        Some(b'Z') => bytes.len() == at + 1,
        Some(b'+' | b'-') => {
            bytes.len() == at + 6
                && bytes[at + 3] == b':'
                && number(at + 1, 2).is_some_and(|hours| hours <= 24)
                && number(at + 4, 2).is_some_and(|minutes| minutes <= 60)
        }
        _ => false,
    }
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_the_standard_alphabet_with_padding() {
        for text in ["", "YQ==", "YWI=", "YWJj", "YW\nJj\r\n", "YWJjZA=="] {
            assert_eq!(base64_fault(text.as_bytes()), None, "{text:?}");
        }
        for (text, at) in [("p@ss", 1), ("YQ", 2), ("YQ=", 3), ("YQ==x", 4), ("=", 0), ("YW-_", 2), ("a b", 1)] {
            assert_eq!(base64_fault(text.as_bytes()), Some(at), "{text:?}");
        }
    }

    #[test]
    fn times_are_those_of_rfc_3339() {
        for text in ["2024-01-01T00:00:00Z", "2024-02-29T23:59:59.123+02:00", "0001-01-01T00:00:00-12:30"] {
            assert!(is_time(text), "{text}");
        }
        for text in
            ["yesterday", "", "2024-01-01", "2024-01-01 00:00:00Z", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z"]
        {
            assert!(!is_time(text), "{text}");
        }
        for text in ["2024-01-01T00:00:00", "2024-01-01T00:00:00z", "2024-01-01T24:00:00Z", "2024-01-01T00:00:00.Z"] {
            assert!(!is_time(text), "{text}");
        }
    }
}
