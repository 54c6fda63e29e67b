//! `-o sarif`: SARIF 2.1.0 (OASIS, 27 March 2020) as GitHub code scanning reads it.
//!
//! What GitHub asks for beyond the standard, from its page "SARIF support for code scanning": every text not empty; only
//! the first location and `primaryLocationLineHash` count; related locations are seen only as links in the message; at
//! most 25,000 results a run and 1,000 locations a result. An alert appears in a pull request only if every line of its
//! region was changed, so a region is never longer than a line.

mod line_hash;
mod log;
mod rules;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};

use self::line_hash::line_hashes;
use self::log::{
    Artifact, Change, CodeFlow, Driver, Finding, Id, Invocation, Location, Log, Logical, Mend, Notification, Physical,
    Region, Replacement, Run, Step, Text, ThreadFlow, Tool,
};
use self::rules::descriptors;
use super::Base;
use super::affected::affected;
use super::fingerprint::fingerprints;
use super::json::write_printable;
use super::place::Places;
use super::sanitise::{clean, clean_short};
use crate::model::diagnostic::{Diagnostic, Fix};
use crate::model::report::{NotChecked, Report};
use crate::model::rule::Severity;
use crate::model::source::{FileId, Span};

/// Results that GitHub accepts of a run.
const RESULTS: usize = 25_000;
/// Related places of a result that are written; GitHub shows 100.
const RELATED: usize = 100;
/// Characters of a message.
const MESSAGE: usize = 1_000;

/// Writes the report. `repository`: [`super::Style::repository`].
pub(in crate::report) fn write(report: &Report, repository: &Base, out: &mut dyn Write) -> io::Result<()> {
    let mut places = Places::seen_from(repository, &report.sources);
    let prints = fingerprints(report);
    let mut chosen: Vec<(&Diagnostic, String)> = report.diagnostics.iter().zip(prints).collect();
    let left_out = choose(&mut chosen);
    let hashes = hashes(&chosen, &mut places);
    let (rules, index) = descriptors(&report.rules, chosen.iter().map(|(finding, _)| *finding));
    let mut notifications: Vec<_> = report.not_checked.iter().map(|entry| notification(entry, &mut places)).collect();
    if left_out > 0 {
        let text = format!("{left_out} results of lower severity are left out: code scanning accepts {RESULTS}");
        notifications.push(Notification { level: "warning", message: Text { text }, locations: Vec::new() });
    }
    let results = chosen.into_iter().map(|(finding, print)| {
        let rule_index = index.get(&*finding.rule).copied().unwrap_or_default();
        let hash = line_of(finding, &mut places, &hashes);
        let mut result = result_of(finding, rule_index, partial_fingerprints(print, hash), &mut places);
        // Nothing else is reported of a change.
        result.baseline_state = report.review.is_some().then_some("new");
        result
    });
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            results: results.collect(),
            tool: Tool { driver: Driver { name: "plimsoll", semantic_version: env!("CARGO_PKG_VERSION"), rules } },
            column_kind: "unicodeCodePoints",
            automation_details: Id { id: "plimsoll/" },
            invocations: [Invocation { execution_successful: true, tool_execution_notifications: notifications }],
        }],
    };
    write_printable(&log, out)
}

/// Leaves as many results as are accepted, the most severe ones, in their order, and says how many went.
fn choose(findings: &mut Vec<(&Diagnostic, String)>) -> usize {
    let over = findings.len().saturating_sub(RESULTS);
    let mut to_go = over;
    for severity in [Severity::Note, Severity::Warning, Severity::Error] {
        let with = findings.iter().filter(|(finding, _)| finding.severity == severity).count();
        let mut keep = with - with.min(to_go);
        to_go -= with.min(to_go);
        findings.retain(|(finding, _)| {
            let stays = finding.severity != severity || keep > 0;
            keep -= usize::from(stays && finding.severity == severity);
            stays
        });
    }
    over
}

/// The line hashes of all files with a result, each file read once.
fn hashes(findings: &[(&Diagnostic, String)], places: &mut Places<'_>) -> HashMap<(FileId, usize), String> {
    let mut wanted: BTreeMap<FileId, BTreeSet<usize>> = BTreeMap::new();
    for (finding, _) in findings {
        let span = finding.primary.span;
        let line = places.line_of(span.file, span.start as usize) + 1;
        wanted.entry(span.file).or_default().insert(line);
    }
    let of_file = |(file, lines): (FileId, BTreeSet<usize>)| {
        line_hashes(places.sources().text(file), &lines).into_iter().map(move |(line, hash)| ((file, line), hash))
    };
    wanted.into_iter().flat_map(of_file).collect()
}

fn line_of<'h>(
    finding: &Diagnostic,
    places: &mut Places<'_>,
    hashes: &'h HashMap<(FileId, usize), String>,
) -> Option<&'h String> {
    let span = finding.primary.span;
    hashes.get(&(span.file, places.line_of(span.file, span.start as usize) + 1))
}

fn partial_fingerprints(own: String, line: Option<&String>) -> BTreeMap<&'static str, String> {
    let line = line.map(|hash| ("primaryLocationLineHash", hash.clone()));
    line.into_iter().chain([("plimsoll/v1", own)]).collect()
}

fn result_of<'r>(
    finding: &'r Diagnostic,
    rule_index: usize,
    partial_fingerprints: BTreeMap<&'static str, String>,
    places: &mut Places<'_>,
) -> Finding<'r> {
    let mut place = location(finding.primary.span, None, &finding.primary.message, places);
    place.logical_locations = logical(finding);
    let related = finding.labels.iter().take(RELATED).enumerate();
    Finding {
        rule_id: &finding.rule,
        rule_index,
        level: finding.severity.as_str(),
        baseline_state: None,
        message: Text { text: message(finding) },
        locations: [place],
        related_locations: related
            .map(|(at, label)| location(label.span, Some(at + 1), &label.message, places))
            .collect(),
        code_flows: code_flow(finding, places).into_iter().collect(),
        partial_fingerprints,
        fixes: finding.fix.iter().map(|fix| mend(fix, finding, places)).collect(),
    }
}

/// The fact, what follows from it, how to mend it, and a link to every related place.
fn message(finding: &Diagnostic) -> String {
    let plain = |text: &str| clean_short(text, MESSAGE).replace("](", "] (");
    let mut text = plain(&finding.message);
    for words in finding.effect.iter().chain(&finding.help) {
        text.push('\n');
        text.push_str(&plain(words));
    }
    if !finding.affects.is_empty() {
        text.push_str(&format!("\naffects {}", plain(&affected(&finding.affects, MESSAGE))));
    }
    for (at, label) in finding.labels.iter().take(RELATED).enumerate() {
        let words = plain(&label.message).replace(['[', ']'], "");
        let words = if words.is_empty() { "related place" } else { &words };
        text.push_str(&format!("\n[{words}]({})", at + 1));
    }
    if text.is_empty() { finding.rule.to_string() } else { text }
}

fn logical(finding: &Diagnostic) -> Vec<Logical> {
    let name = finding.resource.as_deref().map(|id| {
        let parts = id.namespace.as_deref().into_iter().chain([&*id.kind]).chain(id.name.as_deref());
        parts.map(|part| clean(part)).collect::<Vec<_>>().join("/")
    });
    name.map(|fully_qualified_name| Logical { fully_qualified_name, kind: "resource" }).into_iter().collect()
}

/// The causal chain, outermost definition first, and at its end the place of the finding.
fn code_flow(finding: &Diagnostic, places: &mut Places<'_>) -> Option<CodeFlow> {
    if finding.origin.is_empty() {
        return None;
    }
    let links = finding.origin.iter().filter(|link| link.span != finding.primary.span);
    let mut locations: Vec<Step> =
        links.map(|link| Step { location: location(link.span, None, link.role.as_str(), places) }).collect();
    let last = if finding.primary.message.is_empty() { &finding.message } else { &finding.primary.message };
    locations.push(Step { location: location(finding.primary.span, None, last, places) });
    Some(CodeFlow { thread_flows: [ThreadFlow { locations }] })
}

fn location(span: Span, id: Option<usize>, message: &str, places: &mut Places<'_>) -> Location {
    let message = clean_short(message, MESSAGE).into_owned();
    let region = places.first_line(span);
    Location {
        id,
        physical_location: Physical { artifact_location: artifact(span.file, places), region: region.into() },
        logical_locations: Vec::new(),
        message: (!message.is_empty()).then_some(Text { text: message }),
    }
}

impl From<super::place::Region> for Region {
    fn from(from: super::place::Region) -> Self {
        let (start, end) = (from.start, from.end);
        Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column }
    }
}

fn artifact(file: FileId, places: &Places<'_>) -> Artifact {
    Artifact { uri: uri(&places.name(file)) }
}

/// A relative reference in the sense of RFC 3986: everything but unreserved characters and `/` is percent-encoded.
fn uri(name: &str) -> String {
    let mut uri = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(byte.into()),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

fn mend(fix: &Fix, finding: &Diagnostic, places: &mut Places<'_>) -> Mend {
    let mut changes: Vec<(FileId, Change)> = Vec::new();
    for edit in &fix.edits {
        let replacement = Replacement {
            deleted_region: places.region(edit.span).into(),
            inserted_content: Text { text: edit.text.clone() },
        };
        match changes.iter_mut().find(|(file, _)| *file == edit.span.file) {
            Some((_, change)) => change.replacements.push(replacement),
            None => {
                let artifact_location = artifact(edit.span.file, places);
                changes.push((edit.span.file, Change { artifact_location, replacements: vec![replacement] }));
            }
        }
    }
    let words = finding.help.as_deref().unwrap_or(&finding.message);
    Mend {
        description: Text { text: clean_short(words, MESSAGE).into_owned() },
        artifact_changes: changes.into_iter().map(|(_, change)| change).collect(),
    }
}

fn notification(entry: &NotChecked, places: &mut Places<'_>) -> Notification {
    Notification {
        level: "note",
        message: Text { text: format!("not checked: {}", clean_short(&entry.message, MESSAGE)) },
        locations: entry.span.map(|span| location(span, None, "", places)).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rule::{Category, Rule};

    #[test]
    fn the_least_severe_and_last_results_go_first() {
        let finding = |at: usize| {
            let severity = [Severity::Error, Severity::Warning, Severity::Note][at % 3];
            let rule = Rule::new("a", Category::Policy, severity, "", "", "");
            Diagnostic::new(&rule, Span::top(FileId(0)), at.to_string(), "")
        };
        let findings: Vec<Diagnostic> = (0..RESULTS + 10_000).map(finding).collect();
        let mut chosen: Vec<_> = findings.iter().map(|finding| (finding, String::new())).collect();
        assert_eq!(choose(&mut chosen), 10_000);
        let count = |severity| chosen.iter().filter(|(finding, _)| finding.severity == severity).count();
        assert_eq!((chosen.len(), count(Severity::Error), count(Severity::Warning)), (RESULTS, 11_667, 11_667));
        let notes: Vec<_> = chosen.iter().filter(|(finding, _)| finding.severity == Severity::Note).collect();
        assert_eq!((&*notes[0].0.message, notes.len()), ("2", 1_666));
    }

    #[test]
    fn names_become_relative_references() {
        assert_eq!(uri("a b/ü:1%.yaml"), "a%20b/%C3%BC%3A1%25.yaml");
    }
}
