//! `-o github`: workflow commands, from which GitHub makes annotations on the changed files.
//!
//! Facts, from the runner's `ActionCommandManager.cs`, `ActionCommand.cs` and the documented limits: a command is a line
//! `::name key=value,key=value::data`; ten annotations of each type count per step, the rest vanishes; a message is cut
//! at 4,096 characters; columns are dropped when the annotation spans lines; the log shows the message alone, so the
//! place stands in it once more.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

use super::Base;
use super::affected::affected;
use super::place::Places;
use super::sanitise::{break_markers, clean, clean_short};
use crate::model::diagnostic::Diagnostic;
use crate::model::report::Report;
use crate::model::rule::{Severity, explain_command};

/// Annotations of one type that GitHub shows of a step.
const PER_TYPE: usize = 10;
/// Characters of a message; 4,096 would be kept.
const MESSAGE: usize = 1_000;
/// Characters of one of its parts.
const PART: usize = 300;
/// Places named below the message.
const RELATED: usize = 4;

/// Writes the chosen findings, and how many were left out. `workspace`: [`super::Style::workspace`].
pub(super) fn write(report: &Report, workspace: &Base, out: &mut dyn Write) -> io::Result<()> {
    let mut places = Places::seen_from(workspace, &report.sources);
    for finding in choose(&report.diagnostics) {
        let message = message(finding, &mut places);
        let file = places.name(finding.primary.span.file);
        let region = places.first_line(finding.primary.span);
        let line = region.start.line.to_string();
        let (start, end) = (region.start.column.to_string(), region.end.column.max(region.start.column).to_string());
        let properties = [
            ("title", clean_short(&finding.rule, PART)),
            ("file", clean(&file)),
            ("line", line.as_str().into()),
            ("endLine", line.as_str().into()),
            ("col", start.into()),
            ("endColumn", end.into()),
        ];
        write_command(command_name(finding.severity), &properties, &message, out)?;
    }
    match left_out(&report.diagnostics) {
        Some(words) => writeln!(out, "plimsoll: {words}"),
        None => Ok(()),
    }
}

fn command_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

/// The findings that are annotated: the worst first; of equal ones the first of each rule before second ones, so that
/// one noisy rule does not hide the others; then in the order of the report.
fn choose(findings: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut seen = HashSet::new();
    let mut ranked: Vec<(Severity, bool, usize)> = Vec::with_capacity(findings.len());
    for (at, finding) in findings.iter().enumerate() {
        ranked.push((finding.severity, !seen.insert((finding.severity, &finding.rule)), at));
    }
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));
    let mut chosen: Vec<(Severity, usize)> = Vec::new();
    for (severity, _, at) in ranked {
        if chosen.iter().filter(|(known, _)| *known == severity).count() < PER_TYPE {
            chosen.push((severity, at));
        }
    }
    chosen.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    chosen.into_iter().map(|(_, at)| &findings[at]).collect()
}

/// What is said when a limit hides something.
fn left_out(findings: &[Diagnostic]) -> Option<String> {
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.severity).or_default() += 1;
    }
    let over = counts.iter().rev().filter(|(_, count)| **count > PER_TYPE);
    let words: Vec<String> =
        over.map(|(severity, count)| format!("{PER_TYPE} of {count} {}s", command_name(*severity))).collect();
    (!words.is_empty()).then(|| format!("annotated {}, as many as GitHub shows of one step", words.join(", ")))
}

/// The place and the fact on the first line; effect, help and places below.
fn message(finding: &Diagnostic, places: &mut Places<'_>) -> String {
    let place = |span: crate::model::source::Span, places: &mut Places<'_>| {
        let at = places.line_column(span.file, span.start as usize);
        (clean_short(&places.name(span.file), PART).into_owned(), at.line, at.column)
    };
    let (name, line, column) = place(finding.primary.span, places);
    let mut lines = vec![format!("{name}:{line}:{column}: {}", clean_short(&finding.message, PART))];
    for words in finding.effect.iter().chain(&finding.help) {
        lines.push(clean_short(words, PART).into_owned());
    }
    if !finding.affects.is_empty() {
        let affects = format!("affects {}", affected(&finding.affects, PART - "affects ".len()));
        lines.push(clean_short(&affects, PART).into_owned());
    }
    for label in finding.labels.iter().take(RELATED) {
        let (name, line, _) = place(label.span, places);
        lines.push(format!("{name}:{line}: {}", clean_short(&label.message, PART)));
    }
    let explain = explain_command(&clean_short(&finding.rule, PART)).unwrap_or_default();
    let mut text = String::new();
    let mut room = MESSAGE - explain.chars().count().min(MESSAGE / 2);
    for line in &lines {
        let Some(left) = room.checked_sub(line.chars().count() + 1) else { break };
        room = left;
        text.push_str(line);
        text.push('\n');
    }
    (text + &explain).trim_end().to_owned()
}

/// The one place that writes a command.
fn write_command(
    name: &str,
    properties: &[(&str, std::borrow::Cow<'_, str>)],
    data: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let properties: Vec<String> =
        properties.iter().map(|(key, value)| format!("{key}={}", escape_property(value))).collect();
    let mut line = format!("{name} {}::{}\n", properties.join(","), escape_data(data)).into_bytes();
    // A runner that reads the new form never looks for the old one in the same line; this is for the others.
    break_markers(&mut line);
    out.write_all(b"::")?;
    out.write_all(&line)
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}
