//! What is missing in an object may be added by the kustomizations that take it in. Where they cannot be built, a finding
//! about it is a note that says where it may come from.

use std::collections::{BTreeMap, HashMap};

use crate::model::definition::{Addition, Plan, Supplement};
use crate::model::diagnostic::Diagnostic;
use crate::model::path::Segment;
use crate::model::rule::Severity;
use crate::model::source::{FileId, Span};

use super::super::Text;
use super::reader::Reader;

/// The fields that add something (`api/internal/target/kusttarget_configplugin.go`).
const FIELDS: [(&str, Addition); 9] = [
    ("namespace", Addition::Namespace),
    ("commonLabels", Addition::Labels),
    ("labels", Addition::Labels),
    ("patches", Addition::Anything),
    ("patchesStrategicMerge", Addition::Anything),
    ("patchesJson6902", Addition::Anything),
    ("components", Addition::Anything),
    ("transformers", Addition::Anything),
    ("replacements", Addition::Anything),
];

/// The rules about something missing.
pub const MISSING: [&str; 2] = ["missing-field", "required-value"];

/// For every file of objects, what its kustomization and those above it may add. `taken`: the files of objects that each
/// of them takes in.
pub(super) fn find(readers: &[Reader<'_>], taken: &[Vec<FileId>]) -> BTreeMap<FileId, Vec<Supplement>> {
    let by_folder: HashMap<&str, usize> = readers.iter().enumerate().map(|(at, one)| (one.folder, at)).collect();
    let below: Vec<Vec<usize>> = readers
        .iter()
        .map(|reader| reader.folders().iter().filter_map(|folder| by_folder.get(folder.as_str()).copied()).collect())
        .collect();
    let mut known: Vec<BTreeMap<Addition, Supplement>> = readers.iter().map(own).collect();
    // Each may gain one supplement of a sort, so this ends, in circles too.
    let mut open: Vec<usize> = (0..readers.len()).collect();
    while let Some(above) = open.pop() {
        for &at in &below[above] {
            let gained: Vec<Supplement> =
                known[above].values().filter(|one| !known[at].contains_key(&one.adds)).copied().collect();
            if !gained.is_empty() {
                known[at].extend(gained.into_iter().map(|one| (one.adds, one)));
                open.push(at);
            }
        }
    }
    let mut found: BTreeMap<FileId, Vec<Supplement>> = BTreeMap::new();
    for (files, supplements) in taken.iter().zip(known) {
        for file in files {
            found.entry(*file).or_default().extend(supplements.values());
        }
    }
    found
}

fn own(reader: &Reader<'_>) -> BTreeMap<Addition, Supplement> {
    let fields = FIELDS.iter().rev();
    fields.filter_map(|&(field, adds)| Some((adds, Supplement { adds, span: reader.key(field)? }))).collect()
}

/// The rules of the schema stage about a value that a kustomization may replace.
pub(super) const WRONG_VALUE: [&str; 3] = ["invalid-name", "invalid-quantity", "unsupported-value"];

/// Lowers a finding about something missing to a note, if a kustomization may add it; and one about a value that is
/// plainly meant to be replaced, if a kustomization may replace it.
pub(super) fn soften(plan: &Plan, finding: Diagnostic, text: Text<'_>) -> Diagnostic {
    let Some(supplements) = plan.supplements.get(&finding.primary.span.file) else { return finding };
    if WRONG_VALUE.contains(&&*finding.rule) {
        return stand_in(supplements, finding, text);
    }
    if !MISSING.contains(&&*finding.rule) {
        return finding;
    }
    let last = finding.path.as_ref().and_then(|path| path.0.last());
    let name = match last {
        Some(Segment::Key(key)) => &**key,
        _ => "",
    };
    let may_add = |one: &&Supplement| match one.adds {
        Addition::Namespace => name == "namespace",
        Addition::Labels => matches!(name, "labels" | "selector" | "matchLabels"),
        Addition::Anything => true,
    };
    let Some(supplement) = supplements.iter().find(may_add) else { return finding };
    noted(finding.see(supplement.span, "this may add it"))
}

/// A value without a small letter or digit, such as `FROM_OVERLAY` and `_`, stands for another.
fn stand_in(supplements: &[Supplement], finding: Diagnostic, text: Text<'_>) -> Diagnostic {
    if !is_stand_in(finding.primary.span, text) {
        return finding;
    }
    let is_namespace = finding.resource.as_ref().is_some_and(|object| object.kind == "Namespace");
    let may_replace = |one: &&Supplement| match one.adds {
        Addition::Namespace => is_namespace,
        Addition::Labels => false,
        Addition::Anything => true,
    };
    match supplements.iter().find(may_replace) {
        Some(supplement) => Diagnostic { fix: None, ..noted(finding.see(supplement.span, "this may replace it")) },
        None => finding,
    }
}

/// Whether what is written somewhere is plainly meant to be replaced.
pub(super) fn is_stand_in(span: Span, text: Text<'_>) -> bool {
    let Some(bytes) = text(span.file) else { return false };
    let written = bytes.get(span.range()).unwrap_or_default();
    !written.is_empty() && !written.iter().any(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn noted(finding: Diagnostic) -> Diagnostic {
    Diagnostic { severity: Severity::Note, effect: None, ..finding }
        .note("kustomize builds the object from more than this file, and that build could not be done here")
}
