//! The environments that a finding reaches, in words.

/// Names in a text; the JSON output has all of them.
const NAMED: usize = 12;

/// `prod, staging`, or the first of many and how many more there are.
pub(super) fn affected(names: &[String]) -> String {
    let shown = names[..names.len().min(NAMED)].join(", ");
    match names.len() - names.len().min(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
