//! Readings become what the rest of the program sees: documents, findings and suppression comments.

use crate::model::diagnostic::{Diagnostic, Label};
use crate::model::document::{Document, Part};
use crate::model::node::Tree;
use crate::model::source::{FileId, Span};
use crate::model::suppression::Suppression;
use crate::model::value::Value;

use super::decode::{Decoder, Outcome, Reading};
use super::file::{Decoded, Encoding};
use super::yaml::Problem;
use super::{Options, rules, suppression, template};

/// What a stretch of a file is called and where it lies.
#[derive(Debug, Clone, Copy)]
pub struct Place<'n> {
    /// The file.
    pub file: FileId,
    /// Its printed name.
    pub name: &'n str,
    /// Where the stretch begins in the file, in bytes.
    pub base: u32,
}

/// Reads one stretch. `tree` lends its memory.
#[must_use]
pub fn read(place: Place<'_>, decoded: Decoded, mut tree: Tree, options: &Options) -> Part {
    tree.nodes.clear();
    tree.file = place.file;
    tree.base = place.base;
    if let Some(encoding) = decoded.foreign {
        let at = decoded.invalid.first().map_or(0, |invalid| invalid.at as u32);
        return alone(decoded.text, tree, foreign(place, at, encoding));
    }
    let size = decoded.text.len();
    let mut text = decoded.text;
    // Clients end the last line with a line feed if it has none, which matters to block scalars.
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let mut decoder = Decoder::new(&text, &decoded.invalid, &mut tree, options);
    decoder.stream(place.name.ends_with(".json"));
    let (readings, problems) = (decoder.readings, decoder.problems);
    if text.len() > size {
        clip(&mut tree, size as u32);
    }
    let is_template = readings.iter().any(|reading| reading.outcome == Outcome::Template);
    if (is_template && template::is_template(place.name, &text)) || template::is_ytt(&text) {
        return template(text, tree);
    }
    let documents = documents(&readings, &tree, &text);
    let mut findings = findings(place, &readings, &problems, &tree, &text);
    for label in
        findings.iter_mut().flat_map(|finding| std::iter::once(&mut finding.primary).chain(&mut finding.labels))
    {
        let end = place.base + size as u32;
        (label.span.start, label.span.end) = (label.span.start.min(end), label.span.end.min(end));
    }
    let suppressions = suppressions(&text, &tree, &readings, &mut findings);
    let count = readings.iter().filter(|reading| reading.outcome != Outcome::Stop).count();
    Part { text, tree, documents, findings, suppressions, count, template: false }
}

/// A part that holds a finding and nothing else.
fn alone(text: String, tree: Tree, finding: Diagnostic) -> Part {
    let findings = vec![finding];
    Part { text, tree, documents: Vec::new(), findings, suppressions: Vec::new(), count: 0, template: false }
}

/// The part for a file that is over the budget of `limit` bytes.
#[must_use]
pub fn too_large(place: Place<'_>, size: Option<u64>, limit: u64) -> Part {
    let size = size.map_or_else(String::new, |size| format!(" with {size} bytes"));
    let message = format!("the file is over the budget of {limit} bytes{size}");
    let finding = Diagnostic::new(rules::FILE_TOO_LARGE, Span::top(place.file), message, "")
        .effect("nothing in it was checked")
        .help("split the file, or exclude it");
    alone(String::new(), Tree::new(place.file), finding)
}

fn template(text: String, mut tree: Tree) -> Part {
    tree.nodes.clear();
    Part { text, tree, documents: Vec::new(), findings: Vec::new(), suppressions: Vec::new(), count: 0, template: true }
}

/// The finding about a file of which nothing can be read, because of the byte at `at`.
#[must_use]
pub fn foreign(place: Place<'_>, at: u32, encoding: Encoding) -> Diagnostic {
    let at = place.base + at;
    let (span, message, help) = match encoding {
        Encoding::Utf16 => (Span::top(place.file), "the file is UTF-16, not UTF-8", "save the file as UTF-8"),
        Encoding::Unknown => (
            Span::new(place.file, at, at + 1),
            "the file is not UTF-8, or no text at all",
            "save the file as UTF-8, or exclude it if it is no manifest",
        ),
    };
    Diagnostic::new(rules::NOT_UTF8, span, message, "")
        .effect("clients refuse the file, and nothing in it was checked")
        .help(help)
}

/// Moves ends behind `size`, the end of the file, back to it: the line feed there is ours.
fn clip(tree: &mut Tree, size: u32) {
    for node in &mut tree.nodes {
        node.end = node.end.min(size).max(node.start.min(size));
        node.start = node.start.min(size);
    }
}

/// The documents that hold something.
fn documents(readings: &[Reading], tree: &Tree, text: &str) -> Vec<Document> {
    let mut documents = Vec::with_capacity(readings.len());
    for reading in readings {
        let Outcome::Document { root, json } = reading.outcome else { continue };
        if !Value::new(tree, text, root).is_null() {
            let start = without_separator(text, reading);
            let end = reading.range.end.max(start) as u32;
            let span = Span::new(tree.file, tree.base + start as u32, tree.base + end);
            documents.push(Document { root, span, json });
        }
    }
    documents
}

/// The start of a document behind a separator line that belongs to it.
fn without_separator(text: &str, reading: &Reading) -> usize {
    let document = &text[reading.range.clone()];
    if !document.starts_with("---") {
        return reading.range.start;
    }
    reading.range.start + document.find('\n').map_or(document.len(), |end| end + 1)
}

fn findings(place: Place<'_>, readings: &[Reading], problems: &[Problem], tree: &Tree, text: &str) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for reading in readings.iter().filter(|reading| !reading.problems.is_empty()) {
        let read = match reading.outcome {
            Outcome::Document { root, .. } => Some(Value::new(tree, text, root).get("kind").is_some()),
            Outcome::Broken | Outcome::Template | Outcome::Stop => None,
        };
        for (at, problem) in reading.problems.clone().zip(&problems[reading.problems.clone()]) {
            let effect = match read {
                Some(false) if is_fine_for_helm(problem) => continue,
                Some(_) if problem.agreed => continue,
                Some(is_object) => strict_effect(problem, is_object),
                None => (at + 1 == reading.problems.end).then(|| effect(reading.outcome, problem)),
            };
            let mut finding = diagnostic(place, problem, read.is_none());
            finding.effect = effect.map(str::to_owned);
            findings.push(finding);
        }
    }
    findings
}

/// What it means for the cluster that a document, or what follows it, could not be read.
fn effect(outcome: Outcome, problem: &Problem) -> &'static str {
    match outcome {
        Outcome::Stop if problem.rule.id == rules::INVALID_JSON.id => {
            "clients read nothing from here on; what follows the next `---` was checked all the same"
        }
        Outcome::Stop => "clients stop here: the document above this line and all below it never reach the cluster",
        Outcome::Broken | Outcome::Template | Outcome::Document { .. } => {
            "every tool that reads this file refuses it; nothing in this document was checked"
        }
    }
}

/// What it means for the cluster that an object is read in two ways.
fn strict_effect(problem: &Problem, is_object: bool) -> Option<&'static str> {
    let effect = match &*problem.rule.id {
        "merge-override" => {
            "kubectl lets the last one win; kustomize and Flux let the key itself win, and refuse a second merge key"
        }
        _ => "kubectl keeps the last one without a word; kustomize and Flux refuse the document",
    };
    (problem.strict && !problem.lenient && is_object).then_some(effect)
}

/// Values files are where anchors with overrides are at home, and Helm reads them leniently (`chartutil.ReadValues`):
/// what only strict readers refuse about merge keys does not concern a document that is no Kubernetes object.
fn is_fine_for_helm(problem: &Problem) -> bool {
    problem.rule.id == "merge-override"
}

/// A problem as a finding. `refused`: because of it the document could not be read.
#[must_use]
pub fn diagnostic(place: Place<'_>, problem: &Problem, refused: bool) -> Diagnostic {
    let span = |start: u32, end: u32| Span::new(place.file, place.base + start, place.base + end);
    let mut diagnostic =
        Diagnostic::new(problem.rule, span(problem.start, problem.end), problem.message.clone(), problem.label.clone());
    diagnostic.help.clone_from(&problem.help);
    for (start, end, message) in &problem.related {
        diagnostic.labels.push(Label { span: span(*start, *end), message: message.clone(), cause: !refused });
    }
    diagnostic
}

fn suppressions(text: &str, tree: &Tree, readings: &[Reading], findings: &mut Vec<Diagnostic>) -> Vec<Suppression> {
    if !suppression::is_in(text.as_bytes()) {
        return Vec::new();
    }
    let mut unread: Vec<_> = readings
        .iter()
        .filter(|reading| !matches!(reading.outcome, Outcome::Document { .. }))
        .map(|reading| reading.range.clone())
        .collect();
    unread.sort_by_key(|range| range.start);
    let content = |reading: &Reading| match reading.outcome {
        Outcome::Document { root, .. } if Value::new(tree, text, root).is_null() => None,
        Outcome::Document { root, .. } => Some(tree.nodes[root as usize].start as usize),
        Outcome::Broken | Outcome::Template | Outcome::Stop => Some(reading.range.start),
    };
    let first = readings.iter().find_map(content).unwrap_or(text.len());
    let top = if tree.base == 0 { first } else { 0 };
    let found = suppression::find(text, tree, &unread, top);
    findings.extend(found.findings);
    found.suppressions
}
