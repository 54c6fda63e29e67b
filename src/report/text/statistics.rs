//! `--statistics`: how often each rule spoke.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::model::report::Report;
use crate::report::sanitise::clean;

/// A line for each rule that has findings, the most frequent first, below an empty one; nothing without findings.
pub(super) fn statistics(report: &Report) -> String {
    let mut counts: BTreeMap<(&str, _), usize> = BTreeMap::new();
    for finding in &report.diagnostics {
        *counts.entry((&finding.rule, finding.severity)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let mut text = String::new();
    if !counts.is_empty() {
        text.push('\n');
    }
    for ((rule, severity), count) in counts {
        text.push_str(&format!("{count:7}  {:7}  {}\n", severity.as_str(), clean(rule)));
    }
    text
}
