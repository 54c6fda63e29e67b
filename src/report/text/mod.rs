//! `-o text`: frames for people, and the counts. Not a contract.
//!
//! [`frame`] draws a finding over an [`excerpt`] of its files, without labels that only repeat another one ([`fold`]),
//! and with [`notes`] below, one of which may be a [`diff`].

mod diff;
mod excerpt;
mod fold;
mod frame;
mod notes;
mod statistics;

use std::collections::HashMap;
use std::io::{self, Write};

use self::frame::Painter;
use self::statistics::statistics;
use super::Style;
use super::place::Places;
use super::sanitise::{break_commands, clean_short};
use crate::model::report::{NotChecked, Report};

/// Columns of a frame.
pub(super) const WIDTH: usize = 116;
/// Characters of a message or label; a value of megabytes may be quoted in one.
pub(super) const MESSAGE: usize = 300;
/// Entries of the list of what was not checked, unless all are asked for.
const NOT_CHECKED: usize = 10;

/// Writes the report.
pub(in crate::report) fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if let Some(word) = &style.stop_commands {
        writeln!(out, "::stop-commands::{word}")?;
    }
    let written = write_body(report, style, out);
    if let Some(word) = &style.stop_commands {
        // Also after an error half-way: a log that stays deaf would lose the annotations of later writers.
        writeln!(out, "::{word}::")?;
    }
    written
}

fn write_body(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let painter = Painter::new(style.color);
    let mut places = Places::new(&report.sources);
    let mut buffer = Vec::new();
    for finding in &report.diagnostics {
        painter.draw(finding, &mut places, &mut buffer);
        flush(&mut buffer, out)?;
    }
    if !style.quiet {
        buffer.extend_from_slice(summary(report, style, &mut places).as_bytes());
        flush(&mut buffer, out)?;
    }
    if style.statistics {
        buffer.extend_from_slice(statistics(report).as_bytes());
        flush(&mut buffer, out)?;
    }
    Ok(())
}

/// Hands on what was drawn. Everything for people passes here, so nothing in it is a command to a CI runner, however it
/// was put together.
fn flush(buffer: &mut Vec<u8>, out: &mut dyn Write) -> io::Result<()> {
    break_commands(buffer);
    out.write_all(buffer)?;
    buffer.clear();
    Ok(())
}

/// The counts, what was silenced, and what was not checked.
fn summary(report: &Report, style: &Style, places: &mut Places<'_>) -> String {
    let counts = report.summary;
    let found: Vec<String> = [(counts.errors, "error"), (counts.warnings, "warning"), (counts.notes, "note")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| plural(count, noun))
        .collect();
    let new = if report.review.is_some() { "new " } else { "" };
    let found = if found.is_empty() { format!("no {new}findings") } else { found.join(", ") };
    let mut text = format!("{found} in {} ({})", plural(counts.resources, "resource"), plural(counts.files, "file"));
    if !report.kubernetes.is_empty() {
        text.push_str(", Kubernetes ");
        text.push_str(&clean_short(&report.kubernetes, MESSAGE));
    }
    text.push('\n');
    if let Some(review) = &report.review {
        let were = if review.known == 1 { "was" } else { "were" };
        text.push_str(&format!("  {} {were} there at {}\n", plural(review.known, "finding"), review.commit));
    }
    if counts.suppressed > 0 {
        text.push_str(&format!("  suppressed: {}\n", counts.suppressed));
    }
    let groups: Vec<(&NotChecked, usize)> = match style.verbose {
        true => report.not_checked.iter().map(|entry| (entry, 1)).collect(),
        false => grouped(&report.not_checked),
    };
    let shown = if style.verbose { groups.len() } else { NOT_CHECKED };
    for (entry, number) in groups.iter().take(shown) {
        text.push_str(&format!("  not checked: {}\n", not_checked(entry, *number, places)));
    }
    let more: usize = groups.iter().skip(shown).map(|(_, number)| number).sum();
    if more > 0 {
        text.push_str(&format!("  not checked: {more} more, listed with -v\n"));
    }
    text
}

/// What was not checked, with what differs from it only in the name that it begins with and stands in the same file.
fn grouped(all: &[NotChecked]) -> Vec<(&NotChecked, usize)> {
    let cause = |entry: &NotChecked| {
        let (_, why) = entry.message.strip_prefix('`')?.split_once('`')?;
        Some((entry.span?.file, why.to_owned()))
    };
    let mut groups: Vec<(&NotChecked, usize)> = Vec::new();
    let mut known = HashMap::new();
    for entry in all {
        match cause(entry).map(|cause| *known.entry(cause).or_insert(groups.len())) {
            Some(at) if at < groups.len() => groups[at].1 += 1,
            _ => groups.push((entry, 1)),
        }
    }
    groups
}

/// The first of a group, and how many they are.
fn not_checked(entry: &NotChecked, number: usize, places: &mut Places<'_>) -> String {
    let message = clean_short(&entry.message, MESSAGE);
    match entry.span {
        Some(span) => {
            let line = places.line_column(span.file, span.start as usize).line;
            let more = if number > 1 { format!(", and {} more in this file", number - 1) } else { String::new() };
            format!("{message} ({}:{line}{more})", clean_short(places.sources().name(span.file), MESSAGE))
        }
        None => message.into_owned(),
    }
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
