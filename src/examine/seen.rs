//! What looking at files brings to light, gathered by every thread and joined at the end.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use super::texts::Read;
use super::waiting::Waiting;
use crate::check::api::update::{Past, Present};
use crate::model::diagnostic::Diagnostic;
use crate::model::document::Part;
use crate::model::reference::{Facts, Set};
use crate::model::report::{Examined, NotChecked};
use crate::model::resource::Resource;
use crate::model::source::{FileId, Sources, Span};
use crate::model::suppression::Suppression;
use crate::model::value::Value;
use crate::render::Objects;

/// How many objects of a kind, and where the first of them is.
type Kinds = BTreeMap<(String, String), (usize, Span)>;

#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) findings: Vec<Diagnostic>,
    pub(super) suppressions: Vec<Suppression>,
    pub(super) files: usize,
    pub(super) documents: usize,
    pub(super) resources: usize,
    pub(super) definitions: usize,
    /// Files with an object, a definition or a finding.
    pub(super) holding: Vec<FileId>,
    /// Files with custom resources or their definitions.
    pub(super) waiting: Waiting,
    /// Whether an object is a policy that the cluster would enforce.
    pub(super) has_policies: bool,
    /// Objects that are definitions of Flux, Argo CD and the like.
    pub(super) objects: Objects,
    /// The objects of the tree before a change.
    pub(super) past: Past,
    /// What those became.
    pub(super) present: Present,
    /// Files that are templates, not YAML.
    pub(super) templates: Vec<Span>,
    /// The values of Secrets in files that have a finding.
    pub(super) secrets: HashMap<FileId, Vec<Range<u32>>>,
    /// What plain objects have to do with each other.
    pub(super) facts: Vec<(FileId, Facts)>,
    /// The objects of each kustomization.
    pub(super) sets: Vec<Set>,
    pub(super) unknown: Kinds,
    /// Schemas that could not be read.
    pub(super) not_checked: Vec<NotChecked>,
    /// What of custom resources could not be checked, by kind and reason.
    pub(super) left_out: BTreeMap<(String, String, String), (usize, Span)>,
}

impl Seen {
    pub(super) fn join(&mut self, other: Seen) {
        self.findings.extend(other.findings);
        self.suppressions.extend(other.suppressions);
        self.files += other.files;
        self.documents += other.documents;
        self.resources += other.resources;
        self.has_policies |= other.has_policies;
        self.definitions += other.definitions;
        self.holding.extend(other.holding);
        self.waiting.join(other.waiting);
        self.objects.merge(other.objects);
        self.past.join(other.past);
        self.present.join(other.present);
        self.templates.extend(other.templates);
        self.facts.extend(other.facts);
        self.sets.extend(other.sets);
        for (file, ranges) in other.secrets {
            self.secrets.entry(file).or_default().extend(ranges);
        }
        join_counts(&mut self.unknown, other.unknown);
        self.not_checked.extend(other.not_checked);
        join_counts(&mut self.left_out, other.left_out);
    }

    /// How many findings there are, those included that a guess has led to.
    pub(super) fn count_findings(&self) -> usize {
        self.findings.len() + self.waiting.guessed
    }

    /// Counts a custom resource without a schema.
    pub(super) fn count_unknown(&mut self, resource: &Resource<'_>) {
        let (api_version, kind) = (resource.api_version.clone().into_owned(), resource.kind.clone().into_owned());
        count(&mut self.unknown, (api_version, kind), first(resource));
    }

    /// Counts a custom resource of which a part could not be checked.
    pub(super) fn count_left_out(&mut self, resource: &Resource<'_>, why: String) {
        let (api_version, kind) = (resource.api_version.clone().into_owned(), resource.kind.clone().into_owned());
        count(&mut self.left_out, (api_version, kind, why), first(resource));
    }

    /// The result of the stage. `texts` are those that a finding points into.
    pub(super) fn into_examined(mut self, texts: Read, not_checked: Vec<NotChecked>, mut sources: Sources) -> Examined {
        let mut not_checked = not_checked;
        not_checked.extend(self.objects.not_checked());
        not_checked.append(&mut self.not_checked);
        not_checked.extend(self.not_checked());
        for (file, text) in texts.into_iter().filter_map(|(file, text)| Some((file, text?))) {
            let mut secrets = self.secrets.remove(&file).unwrap_or_default();
            secrets.sort_unstable_by_key(|range| (range.start, range.end));
            secrets.dedup();
            sources.keep(file, text, secrets);
        }
        Examined {
            findings: self.findings,
            suppressions: self.suppressions,
            not_checked,
            sources,
            files: self.files,
            documents: self.documents,
            resources: self.resources,
            definitions: self.definitions,
            holding: self.holding,
            beyond: HashSet::new(),
        }
    }

    fn not_checked(&self) -> Vec<NotChecked> {
        let mut lines = Vec::new();
        for ((api_version, kind), (number, first)) in &self.unknown {
            let message = format!("{} of kind {kind} ({api_version}): no schema known", objects(*number));
            lines.push(NotChecked { message, span: Some(*first) });
        }
        for ((api_version, kind, why), (number, first)) in &self.left_out {
            let message = format!("{} of kind {kind} ({api_version}): {why}", objects(*number));
            lines.push(NotChecked { message, span: Some(*first) });
        }
        if let Some(first) = self.templates.iter().min() {
            let message = match self.templates.len() {
                1 => "1 file is a template, not YAML".to_owned(),
                number => format!("{number} files are templates, not YAML"),
            };
            lines.push(NotChecked { message, span: Some(*first) });
        }
        lines
    }
}

/// Where a count begins.
fn first(resource: &Resource<'_>) -> Span {
    resource.value.get("kind").map_or_else(|| resource.value.title_span(), Value::span)
}

fn count<K: Ord>(counts: &mut BTreeMap<K, (usize, Span)>, key: K, place: Span) {
    let known = counts.entry(key).or_insert((0, place));
    *known = (known.0 + 1, known.1.min(place));
}

fn join_counts<K: Ord>(counts: &mut BTreeMap<K, (usize, Span)>, other: BTreeMap<K, (usize, Span)>) {
    for (key, (number, first)) in other {
        let known = counts.entry(key).or_insert((0, first));
        *known = (known.0 + number, known.1.min(first));
    }
}

fn objects(number: usize) -> String {
    if number == 1 { "1 object".to_owned() } else { format!("{number} objects") }
}

/// The stretches of a part that must not be printed: the values of `data` and `stringData` of Secrets.
pub(super) fn secret_ranges(part: &Part) -> Vec<Range<u32>> {
    let resources = part.roots().filter_map(|(_, root)| Resource::of(root)).flat_map(Resource::expand);
    resources
        .filter(|resource| resource.kind == "Secret" && resource.api_version == "v1")
        .flat_map(|secret| ["data", "stringData"].into_iter().filter_map(move |key| secret.value.get(key)))
        .flat_map(Value::entries)
        .map(|entry| entry.value.span())
        .map(|span| span.start..span.end)
        .collect()
}
