//! When an indexed Job has succeeded: `validateSuccessPolicy`.

use crate::check::api::object::{Field, Object, fields, is_placeholder};
use crate::check::api::rules::{CONFLICTING_BOUNDS, INVALID_TEXT, TOO_LARGE};

use super::job::{Job, empty_rule};

pub(super) fn check<'t>(object: &mut Object<'_, 't>, job: &Job, policy: &Field<'_, 't>) {
    let Some(rules) = policy.get("rules") else { return };
    object.at_most(&rules, 20);
    let Some(completions) = job.completions else { return };
    for rule in rules.items().filter(|rule| rule.value.is_mapping()) {
        let [count, indexes] = fields!(rule, ["succeededCount", "succeededIndexes"]);
        if count.is_none() && indexes.is_none() {
            empty_rule(object, &rule, "`succeededCount` or `succeededIndexes`");
        }
        let mut most = completions;
        if let Some(indexes) = &indexes
            && let Some(text) = indexes.text().filter(|text| !is_placeholder(text))
        {
            if text.len() > 64 * 1024 {
                let finding = object.wrong(&TOO_LARGE, indexes, "has more than 65536 bytes", "too long");
                object.report(finding);
            } else {
                match amount(&text, completions) {
                    Ok(amount) => most = most.min(amount),
                    Err(fault) => {
                        let finding = object
                            .wrong(&INVALID_TEXT, indexes, &fault, "not a list of indexes")
                            .help("write indexes and ranges in order, such as `0,2-4`");
                        object.report(finding);
                    }
                }
            }
        }
        if let Some(count) = &count
            && let Some(number) = object.not_negative(Some(count))
            && number > most
        {
            let fault = format!("is {number}, but there are {most} indexes to count");
            let finding = object.wrong(&CONFLICTING_BOUNDS, count, &fault, "more than there are");
            object.report(finding);
        }
    }
}

/// How many indexes a list names: `validateIndexesFormat`.
fn amount(text: &str, completions: i64) -> Result<i64, String> {
    let mut total = 0;
    let mut last = -1;
    if text.is_empty() {
        return Ok(0);
    }
    for part in text.split(',') {
        let mut ends = part.split('-');
        let index = |end: Option<&str>| {
            let Some(end) = end else { return Ok(None) };
            let number: i64 = end.parse().map_err(|_| format!("names `{end}`, which is no index"))?;
            if number >= completions {
                return Err(format!("names the index {number}, but there are {completions} completions"));
            }
            Ok(Some(number))
        };
        let first = index(ends.next())?.unwrap_or_default();
        let end = index(ends.next())?;
        if ends.next().is_some() {
            return Err(format!("has the range `{part}` with more than two ends"));
        }
        if first <= last || end.is_some_and(|end| end <= first) {
            return Err(format!("has `{part}` out of order"));
        }
        last = end.unwrap_or(first);
        total += last - first + 1;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_counted_in_order() {
        for (text, wanted) in [("", Some(0)), ("0", Some(1)), ("0,2-4", Some(4)), ("1,1", None), ("3-2", None)] {
            assert_eq!(amount(text, 10).ok(), wanted, "{text}");
        }
        for text in ["10", "a", "1-2-3", "1,", "2-2"] {
            assert!(amount(text, 10).is_err(), "{text}");
        }
    }
}
