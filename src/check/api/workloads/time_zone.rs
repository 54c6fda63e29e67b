//! Time zones of CronJobs: `validateTimeZone`, which asks the IANA data base (Go's `time.LoadLocation`).

use chrono_tz::{TZ_VARIANTS, Tz};

use crate::model::near;

/// Why a text is no time zone, to follow the name of its field.
pub(super) fn check(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("is empty, but must be left out or name a time zone".to_owned());
    }
    if text.eq_ignore_ascii_case("local") {
        return Err(format!("is `{text}`, but must be a time zone of its own"));
    }
    // Collections that only some machines have.
    let is_copy = text.starts_with("posix/") || text.starts_with("right/");
    if text.parse::<Tz>().is_ok() || is_copy || text == "Factory" {
        return Ok(());
    }
    Err(format!("is `{text}`, which is no known time zone"))
}

/// What was probably meant.
pub(super) fn suggest(text: &str) -> Option<String> {
    near::nearest(text, TZ_VARIANTS.iter().map(|zone| zone.name())).map(|name| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_data_base_are_known_by_their_case() {
        for text in
            ["UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "US/Pacific", "Zulu", "EST5EDT"]
        {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in ["", "Local", "local", "utc", "europe/berlin", "Europe/Berlim", "CET+1", "/UTC", "../UTC"] {
            assert!(check(text).is_err(), "{text}");
        }
        assert_eq!(suggest("Europe/Berlim").as_deref(), Some("did you mean `Europe/Berlin`?"));
    }
}
