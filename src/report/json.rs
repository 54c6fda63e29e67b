//! `-o json`: the contract that other programs read. Members are added within version 1, never changed or removed.

use std::io::{self, Write};

use serde::Serialize;

use super::fingerprint::fingerprints;
use super::place::Places;
use super::sanitise::{clean, is_unsafe};
use crate::model::diagnostic::{Diagnostic, Fix, Label};
use crate::model::report::{NotChecked, Report};
use crate::model::resource::ResourceId;
use crate::model::source::Span;

#[derive(Serialize)]
struct Document<'r> {
    version: u32,
    tool: Tool,
    diagnostics: Vec<Finding<'r>>,
    not_checked: Vec<Unchecked<'r>>,
    summary: Counts,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Finding<'r> {
    rule: &'r str,
    category: &'static str,
    severity: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    location: Location<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Object<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    origin: Vec<Link<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related<'r>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    affects: &'r [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Mend<'r>>,
    fingerprint: String,
}

#[derive(Serialize)]
struct Location<'r> {
    file: &'r str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Object<'r> {
    group: &'r str,
    version: &'r str,
    kind: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'r str>,
}

#[derive(Serialize)]
struct Link<'r> {
    role: &'static str,
    file: &'r str,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Related<'r> {
    message: String,
    location: Location<'r>,
}

#[derive(Serialize)]
struct Mend<'r> {
    safe: bool,
    edits: Vec<Replacement<'r>>,
}

#[derive(Serialize)]
struct Replacement<'r> {
    location: Location<'r>,
    text: &'r str,
}

#[derive(Serialize)]
struct Unchecked<'r> {
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location<'r>>,
}

#[derive(Serialize)]
struct Counts {
    files: usize,
    documents: usize,
    resources: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    suppressed: usize,
}

/// Writes the report.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut places = Places::new(&report.sources);
    let prints = fingerprints(report);
    let summary = report.summary;
    let document = Document {
        version: 1,
        tool: Tool { name: "plimsoll", version: env!("CARGO_PKG_VERSION") },
        diagnostics: report.diagnostics.iter().zip(prints).map(|(of, print)| finding(of, print, &mut places)).collect(),
        not_checked: report.not_checked.iter().map(|entry| unchecked(entry, &mut places)).collect(),
        summary: Counts {
            files: summary.files,
            documents: summary.documents,
            resources: summary.resources,
            errors: summary.errors,
            warnings: summary.warnings,
            notes: summary.notes,
            suppressed: summary.suppressed,
        },
    };
    write_printable(&document, out)
}

fn finding<'r>(from: &'r Diagnostic, fingerprint: String, places: &mut Places<'r>) -> Finding<'r> {
    let link = |span: Span, places: &mut Places<'r>| {
        let at = places.line_column(span.file, span.start as usize);
        (places.sources().name(span.file), at.line, at.column)
    };
    let origin = from.origin.iter().map(|hop| {
        let (file, line, column) = link(hop.span, places);
        Link { role: hop.role.as_str(), file, line, column }
    });
    Finding {
        rule: &from.rule,
        category: from.category.as_str(),
        severity: from.severity.as_str(),
        message: clean(&from.message).into_owned(),
        help: from.help.as_deref().map(|help| clean(help).into_owned()),
        path: from.path.as_ref().map(|path| path.pointer()),
        resource: from.resource.as_deref().map(object),
        origin: origin.collect(),
        location: location(from.primary.span, places),
        related: from.labels.iter().map(|label| related(label, places)).collect(),
        affects: &from.affects,
        fix: from.fix.as_ref().map(|fix| mend(fix, places)),
        fingerprint,
    }
}

fn location<'r>(span: Span, places: &mut Places<'r>) -> Location<'r> {
    let region = places.region(span);
    Location {
        file: places.sources().name(span.file),
        line: region.start.line,
        column: region.start.column,
        end_line: region.end.line,
        end_column: region.end.column,
    }
}

fn object(id: &ResourceId) -> Object<'_> {
    Object {
        group: &id.group,
        version: &id.version,
        kind: &id.kind,
        namespace: id.namespace.as_deref(),
        name: id.name.as_deref(),
    }
}

fn related<'r>(label: &Label, places: &mut Places<'r>) -> Related<'r> {
    Related { message: clean(&label.message).into_owned(), location: location(label.span, places) }
}

fn mend<'r>(fix: &'r Fix, places: &mut Places<'r>) -> Mend<'r> {
    let edits = fix.edits.iter().map(|edit| Replacement { location: location(edit.span, places), text: &edit.text });
    Mend { safe: fix.safe, edits: edits.collect() }
}

fn unchecked<'r>(entry: &NotChecked, places: &mut Places<'r>) -> Unchecked<'r> {
    Unchecked { message: clean(&entry.message).into_owned(), location: entry.span.map(|span| location(span, places)) }
}

/// Writes JSON that is safe to print to a log: what cannot be seen is an escape, and so is every second `#` of `##`, in
/// which a CI runner would look for a command. Readers see no difference.
pub(super) fn write_printable(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    let mut rest = text.as_str();
    while let Some(at) = rest.bytes().position(|byte| byte == b'#' || byte >= 0x7f) {
        // A mark of its own and what follows it: the second `#` of a pair, or one character that may be unsafe.
        let at = if rest[at..].starts_with("##") { at + 1 } else { at };
        let (plain, marked) = rest.split_at(at);
        let Some(character) = marked.chars().next() else { break };
        out.write_all(plain.as_bytes())?;
        if plain.ends_with('#') || is_unsafe(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
        } else {
            out.write_all(&marked.as_bytes()[..character.len_utf8()])?;
        }
        rest = &marked[character.len_utf8()..];
    }
    out.write_all(rest.as_bytes())?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn readers_see_what_was_meant_and_runners_nothing() {
        for text in ["##[error]x", "###", "#a##b####", "# #", "#é#\u{202e}#", "\u{7f}\u{e0041}##vso[a.b]", "a\nb\u{85}"]
        {
            let mut out = Vec::new();
            write_printable(&text, &mut out).unwrap();
            let shown = String::from_utf8(out).unwrap();
            assert!(!shown.contains("##") && !shown.trim_end().chars().any(is_unsafe), "{shown}");
            assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }
    }
}
