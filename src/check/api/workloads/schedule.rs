//! Schedules of CronJobs, as `github.com/robfig/cron/v3` reads them with `ParseStandard` (`parser.go`).
//!
//! Our own, since the crates for such schedules read another language: they have seconds or years, take 7 for Sunday, read
//! `L`, `W` and `#`, or know no `@every`.

/// Why a schedule is not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) reason: String,
    pub(super) label: &'static str,
    pub(super) help: Option<String>,
}

impl Fault {
    fn new(reason: impl Into<String>, label: &'static str) -> Self {
        Fault { reason: reason.into(), label, help: None }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Fault { help: Some(help.into()), ..self }
    }

    /// A time zone in the schedule, which Kubernetes has a field for.
    pub(super) fn zone() -> Self {
        Fault::new("a schedule must not name a time zone", "not a place for a time zone")
            .help("use the field `timeZone` instead")
    }
}

/// One of the five fields.
struct Part {
    name: &'static str,
    least: u64,
    most: u64,
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const PARTS: [Part; 5] = [
    Part { name: "minute", least: 0, most: 59, names: &[] },
    Part { name: "hour", least: 0, most: 23, names: &[] },
    Part { name: "day of the month", least: 1, most: 31, names: &[] },
    Part { name: "month", least: 1, most: 12, names: MONTHS },
    Part { name: "day of the week", least: 0, most: 6, names: DAYS },
];
const WORDS: &[&str] = &["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// Reads a schedule that is not empty.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    if text.starts_with("TZ=") || text.starts_with("CRON_TZ=") {
        return Err(Fault::zone());
    }
    if text.starts_with('@') {
        return word(text);
    }
    let fields: Vec<_> = text.split_whitespace().collect();
    if fields.len() != PARTS.len() {
        let amount = match fields.len() {
            0 => "no fields".to_owned(),
            1 => "1 field".to_owned(),
            many => format!("{many} fields"),
        };
        let fault = Fault::new(format!("it has {amount}, but must have 5"), "not five fields");
        return Err(match fields.len() {
            6 | 7 => fault.help("Kubernetes counts minutes: remove the field for seconds or years"),
            _ => fault.help("write minute, hour, day of the month, month and day of the week"),
        });
    }
    fields.into_iter().zip(&PARTS).try_for_each(|(field, part)| list(field, part))
}

fn word(text: &str) -> Result<(), Fault> {
    if WORDS.contains(&text) {
        return Ok(());
    }
    if let Some(duration) = text.strip_prefix("@every ") {
        if is_duration(duration) {
            return Ok(());
        }
        return Err(Fault::new(format!("`{duration}` is no duration"), "no duration")
            .help("write numbers with the units `h`, `m` and `s`, such as `1h30m`"));
    }
    let fault = Fault::new("there is no such word", "no such word");
    let near = crate::model::near::nearest(text, WORDS.iter().copied());
    Err(fault.help(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the words are {}, and `@every` with a duration", WORDS.join(", ")),
    }))
}

fn list(field: &str, part: &Part) -> Result<(), Fault> {
    field.split(',').filter(|range| !range.is_empty()).try_for_each(|text| range(text, part))
}

/// `number`, `first-last`, `*` or `?`, and a step behind `/`.
fn range(text: &str, part: &Part) -> Result<(), Fault> {
    let name = part.name;
    let mut slashes = text.split('/');
    let ends = slashes.next().unwrap_or_default();
    let step = slashes.next();
    if slashes.next().is_some() {
        return Err(Fault::new(format!("`{text}` has more than one `/`, for the {name}"), "more than one `/`"));
    }
    let mut dashes = ends.split('-');
    let first = dashes.next().unwrap_or_default();
    let last = dashes.next();
    let is_any = matches!(first, "*" | "?");
    if dashes.next().is_some() && !is_any {
        return Err(Fault::new(format!("`{text}` has more than one `-`, for the {name}"), "more than one `-`"));
    }
    let (start, mut end) = if is_any {
        (part.least, part.most)
    } else {
        let start = number(first, part)?;
        (start, last.map_or(Ok(start), |last| number(last, part))?)
    };
    if let Some(step) = step {
        if last.is_none() {
            end = part.most;
        }
        let step = integer(step).ok_or_else(|| no_number(step, part))?;
        if step == 0 {
            return Err(Fault::new(format!("`{text}` has a step of 0, for the {name}"), "a step of 0"));
        }
    }
    if start < part.least || end > part.most {
        let out = if start < part.least { start } else { end };
        let reason = format!("the {name} {out} is not between {} and {}", part.least, part.most);
        let fault = Fault::new(reason, "out of range");
        return Err(if part.names == DAYS && out == 7 { fault.help("Sunday is 0") } else { fault });
    }
    if start > end {
        return Err(Fault::new(
            format!("the range `{text}` ends before it begins, for the {name}"),
            "a reversed range",
        ));
    }
    Ok(())
}

fn number(text: &str, part: &Part) -> Result<u64, Fault> {
    let lower = text.to_lowercase();
    match part.names.iter().position(|name| *name == lower) {
        Some(at) => Ok(at as u64 + part.least),
        None => integer(text).ok_or_else(|| no_number(text, part)),
    }
}

/// Go's `strconv.Atoi`, without negative numbers.
fn integer(text: &str) -> Option<u64> {
    text.parse::<i64>().ok().and_then(|number| u64::try_from(number).ok())
}

fn no_number(text: &str, part: &Part) -> Fault {
    let what = if text.is_empty() {
        "there is nothing where a number should be".to_owned()
    } else {
        format!("`{text}` is no number")
    };
    let fault = Fault::new(format!("{what}, for the {}", part.name), "no number");
    match crate::model::near::nearest(text, part.names.iter().copied()) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault,
    }
}

/// Go's `time.ParseDuration`: numbers with units, `1h30m`, `1.5h`, or a bare `0`.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let end = rest.find(|other: char| !other.is_ascii_digit() && other != '.').unwrap_or(rest.len());
        let (number, unit) = rest.split_at(end);
        let has_digit = number.bytes().any(|byte| byte.is_ascii_digit());
        let unit_end = unit.find(|other: char| other.is_ascii_digit() || other == '.').unwrap_or(unit.len());
        let (unit, behind) = unit.split_at(unit_end);
        if !has_digit
            || number.matches('.').count() > 1
            || !matches!(unit, "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "h")
        {
            return false;
        }
        rest = behind;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_library_reads_is_read() {
        for text in [
            "* * * * *",
            "*/5 * * * *",
            "0 0 1 1 0",
            "59 23 31 12 6",
            "0 4 * * sun",
            "0 4 * JAN-mar Mon-FRI",
            "5/15 * ? * ?",
            "0,15,30-45/5 * * * *",
            "  0\t4  * * *  ",
            ", * * * *",
            "*-7 * * * *",
            "+5 * * * *",
            "@hourly",
            "@midnight",
            "@every 1h30m",
            "@every 1.5s",
            "@every -1h",
            "@every 0",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_the_library_refuses_is_refused_with_its_reason() {
        for (text, reason) in [
            ("* * * *", "it has 4 fields, but must have 5"),
            ("0 * * * * *", "it has 6 fields, but must have 5"),
            (" ", "it has no fields, but must have 5"),
            ("60 * * * *", "the minute 60 is not between 0 and 59"),
            ("* 24 * * *", "the hour 24 is not between 0 and 23"),
            ("* * 0 * *", "the day of the month 0 is not between 1 and 31"),
            ("* * * 13 *", "the month 13 is not between 1 and 12"),
            ("* * * * 7", "the day of the week 7 is not between 0 and 6"),
            ("* * * * fri-mon", "the range `fri-mon` ends before it begins, for the day of the week"),
            ("*/0 * * * *", "`*/0` has a step of 0, for the minute"),
            ("1/2/3 * * * *", "`1/2/3` has more than one `/`, for the minute"),
            ("1-2-3 * * * *", "`1-2-3` has more than one `-`, for the minute"),
            ("5- * * * *", "there is nothing where a number should be, for the minute"),
            ("* * L * *", "`L` is no number, for the day of the month"),
            ("* * * * sum", "`sum` is no number, for the day of the week"),
            ("@reboot", "there is no such word"),
            ("@Hourly", "there is no such word"),
            ("@every", "there is no such word"),
            ("@every 5", "`5` is no duration"),
            ("@every 1d", "`1d` is no duration"),
            ("TZ=UTC * * * * *", "a schedule must not name a time zone"),
        ] {
            assert_eq!(check(text).map_err(|fault| fault.reason), Err(reason.to_owned()), "{text}");
        }
    }
}
