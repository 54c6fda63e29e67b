//! Amounts that are a number or a percentage: `ValidatePositiveIntOrPercent`, `IsNotMoreThan100Percent`,
//! `getIntOrPercentValue`.

use crate::check::api::object::{Field, Object, is_placeholder, shown};
use crate::check::api::rules::INVALID_TEXT;

/// Checks an amount, and returns its number, with or without `%`.
pub(super) fn check<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, most: Option<i64>) -> Option<i64> {
    let Some(text) = field.text() else {
        return object.not_negative(Some(field));
    };
    let digits =
        text.strip_suffix('%').filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(digits) = digits else {
        no_percentage(object, field);
        return None;
    };
    let number = digits.parse().unwrap_or(i64::MAX);
    if let Some(most) = most
        && number > most
    {
        object.out_of_range(field, &format!("at most {most}%"));
    }
    Some(number)
}

#[cold]
fn no_percentage<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    let text = shown(field);
    if is_placeholder(&text) {
        return;
    }
    let fault = format!("is `{text}`, but must be a number, or a percentage such as `25%`");
    let mut finding = object.wrong(&INVALID_TEXT, field, &fault, "neither a number nor a percentage");
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        finding = finding.help(format!("write it without quotes: `{text}`"));
    }
    object.report(finding);
}
