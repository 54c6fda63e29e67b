//! `time.now_ns`: the same moment for every rule, object and thread of a run, so that what a policy said once it would say
//! again, and exceptions that expire can be tried for any day.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use regorus::Value;

const NANOSECONDS: i64 = 1_000_000_000;

/// The moment of this run, in nanoseconds from 1970 on.
static MOMENT: OnceLock<i64> = OnceLock::new();

/// What the variable is set to.
fn given() -> Option<String> {
    std::env::var("SOURCE_DATE_EPOCH").ok().filter(|text| !text.is_empty())
}

/// Whether the variable is set to what is no moment. Whoever asks for one then would take today for the day that was
/// meant: the specification wants that to end the run.
pub fn is_misspelt() -> bool {
    given().is_some_and(|text| nanoseconds(&text).is_none())
}

/// The moment of the run: `SOURCE_DATE_EPOCH`, or when this was asked for the first time.
///
/// The variable is a number of seconds, as `date +%s` writes it (reproducible-builds.org/specs/source-date-epoch).
pub fn now() -> i64 {
    *MOMENT.get_or_init(|| {
        given().and_then(|text| nanoseconds(&text)).unwrap_or_else(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
        })
    })
}

/// What the variable says; nothing if it is no whole number, or one that is too large.
fn nanoseconds(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse::<i64>().ok()?.checked_mul(NANOSECONDS) } else { None }
}

/// `time.now_ns()`
pub fn now_ns(_: &[Value]) -> Result<Value, String> {
    Ok(Value::from(now()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_a_whole_number_of_seconds() {
        assert_eq!(nanoseconds("1700000000"), Some(1_700_000_000_000_000_000));
        assert_eq!(nanoseconds("0"), Some(0));
        assert_eq!(nanoseconds("-1"), Some(-NANOSECONDS));
        for text in ["", "-", "+1", "1.5", " 1", "1\n", "today", "0x10", "99999999999", "99999999999999999999"] {
            assert_eq!(nanoseconds(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_moment_does_not_move() {
        let first = now();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert_eq!(now(), first);
    }
}
