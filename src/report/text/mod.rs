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
    let shown = if style.verbose { usize::MAX } else { NOT_CHECKED };
    for entry in report.not_checked.iter().take(shown) {
        text.push_str(&format!("  not checked: {}\n", not_checked(entry, places)));
    }
    if let Some(more @ 1..) = report.not_checked.len().checked_sub(shown) {
        text.push_str(&format!("  not checked: {more} more, listed with -v\n"));
    }
    text
}

fn not_checked(entry: &NotChecked, places: &mut Places<'_>) -> String {
    let message = clean_short(&entry.message, MESSAGE);
    match entry.span {
        Some(span) => {
            let line = places.line_column(span.file, span.start as usize).line;
            format!("{message} ({}:{line})", clean_short(places.sources().name(span.file), MESSAGE))
        }
        None => message.into_owned(),
    }
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
