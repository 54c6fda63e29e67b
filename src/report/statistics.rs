//! `--statistics`: how often each rule spoke.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::model::report::Report;

use super::sanitise;

/// Writes a line for each rule that has findings, the most frequent first.
///
/// # Errors
///
/// Those of `out`.
pub fn statistics(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut counts: BTreeMap<(&str, _), usize> = BTreeMap::new();
    for finding in &report.diagnostics {
        *counts.entry((&finding.rule, finding.severity)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    if !counts.is_empty() {
        writeln!(out)?;
    }
    for ((rule, severity), count) in counts {
        writeln!(out, "{count:7}  {:7}  {}", severity.as_str(), sanitise::clean(rule))?;
    }
    Ok(())
}
