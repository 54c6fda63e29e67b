//! Generators of policies for Open Cluster Management, which kustomizations name below `generators`: what they take in is
//! what clusters are held against, and often a part of an object alone.
//!
//! <https://github.com/open-cluster-management-io/policy-generator-plugin> (`internal/types/types.go`, `internal/utils.go`,
//! `getManifests`, and `internal/plugin.go`, `applyDefaultsPolicy`). What a controller does with it is in
//! `config-policy-controller` (`controllers/configurationpolicy_controller.go`, `handleObjects`): a policy that informs
//! writes nothing; one that enforces `musthave` lays the manifest over an object that is there, and creates it where there
//! is none; `mustonlyhave` asks for the whole object, and `mustnothave` for none.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::definition::{DefinitionKind, FileRole, Parts, Plan};
use crate::model::diagnostic::Diagnostic;
use crate::model::listing::{KUSTOMIZATIONS, file_of, folder_of, join};
use crate::model::rule::Severity;
use crate::model::source::FileId;
use crate::model::value::Value;

use super::{Format, Input, MISSING, Text, by_name};

/// `PolicyGenerator` of `policy.open-cluster-management.io`.
pub(super) struct PolicyGenerator;

/// What becomes of the manifests that a generator takes in. Of several, the last counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    /// Clusters are rid of what they describe.
    Unwanted,
    /// Clusters have it, as a whole or in part.
    Part(Parts),
}

impl Format for PolicyGenerator {
    fn is_definition(&self, name: &str) -> bool {
        let file = file_of(name);
        let stem = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml"));
        stem.is_some_and(|stem| stem.to_ascii_lowercase().contains("generator"))
    }

    fn plan(&self, input: &Input<'_>, plan: &mut Plan) {
        let mut uses: BTreeMap<FileId, Use> = BTreeMap::new();
        let folders = folders_of_generators(input);
        for (name, file, part) in by_name(input, |name| self.is_definition(name)) {
            let own = BTreeSet::from([folder_of(name)]);
            for (_, root) in part.roots().filter(|(_, root)| is_generator(*root)) {
                plan.cast(file, FileRole::Definition(DefinitionKind::KustomizeSettings));
                for folder in folders.get(name).unwrap_or(&own) {
                    for (file, how) in manifests(root, folder, input) {
                        let known = uses.entry(file).or_insert(how);
                        *known = how.max(*known);
                    }
                }
            }
        }
        // What a kustomization takes in as well is applied by itself.
        uses.retain(|file, _| !plan.supplements.contains_key(file));
        for (file, how) in uses {
            match how {
                Use::Unwanted => {
                    plan.cast(file, FileRole::Patch);
                    plan.parts.insert(file, Parts::Compared);
                }
                Use::Part(parts) => drop(plan.parts.insert(file, parts)),
            }
        }
    }

    fn place(&self, plan: &Plan, finding: Diagnostic, _text: Text<'_>) -> Diagnostic {
        let parts = plan.parts.get(&finding.primary.span.file);
        match parts.filter(|_| MISSING.contains(&&*finding.rule) && finding.severity > Severity::Note) {
            Some(Parts::LaidOver(span)) => Diagnostic { severity: Severity::Note, effect: None, ..finding }
                .see(*span, "a policy lays it over what a cluster has")
                .note(
                    "where an object of that name is there, the policy adds to it; where none is, it cannot be created",
                ),
            _ => finding,
        }
    }
}

/// Whether something is missing in what clusters are only compared with, or a template stands where a value should: the
/// controllers fill it in (`config-policy-controller`, `controllers/configurationpolicy_controller.go`, and
/// `governance-policy-propagator` what begins with `{{hub`).
pub(super) fn is_spared(plan: &Plan, finding: &Diagnostic, text: Text<'_>) -> bool {
    let span = finding.primary.span;
    let Some(parts) = plan.parts.get(&span.file) else { return false };
    if MISSING.contains(&&*finding.rule) {
        return *parts == Parts::Compared;
    }
    let is_template = |bytes: &[u8]| memchr::memmem::find(bytes, b"{{").is_some();
    finding.severity == Severity::Note
        && text(span.file).is_some_and(|bytes| bytes.get(span.range()).is_some_and(is_template))
}

fn is_generator(root: Value<'_>) -> bool {
    let text = |key| root.get(key).and_then(Value::as_str).unwrap_or_default();
    text("kind") == "PolicyGenerator" && text("apiVersion").starts_with("policy.open-cluster-management.io/")
}

/// The folders of the kustomizations that name a file as a generator: what it names is found from there.
fn folders_of_generators<'a>(input: &Input<'a>) -> BTreeMap<String, BTreeSet<&'a str>> {
    let mut folders: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (name, _, part) in by_name(input, |name| KUSTOMIZATIONS.contains(&file_of(name))) {
        let lists = part.roots().take(1).filter_map(|(_, root)| root.get("generators"));
        for path in lists.flat_map(Value::items).filter_map(Value::as_str) {
            if let Some(path) = join(folder_of(name), &path) {
                folders.entry(path).or_default().insert(folder_of(name));
            }
        }
    }
    folders
}

/// The files that a generator takes in, and what becomes of them.
fn manifests(root: Value<'_>, folder: &str, input: &Input<'_>) -> Vec<(FileId, Use)> {
    let defaults = root.get("policyDefaults");
    let mut found = Vec::new();
    for policy in root.get("policies").into_iter().flat_map(Value::items) {
        for manifest in policy.get("manifests").into_iter().flat_map(Value::items) {
            let Some(path) = manifest.get("path") else { continue };
            let Some(place) = path.as_str().and_then(|path| join(folder, &path)) else { continue };
            let said = |key: &str, default: &str| {
                let levels = [Some(manifest), Some(policy), defaults].into_iter().flatten();
                let mut words = levels.filter_map(|level| level.get(key)).filter_map(Value::as_str);
                words.find(|word| !word.is_empty()).map_or_else(|| default.to_owned(), |word| word.to_ascii_lowercase())
            };
            let is_patched = manifest.get("patches").is_some_and(|patches| !patches.is_empty());
            let how = match (&*said("remediationAction", "inform"), &*said("complianceType", "musthave")) {
                (_, "mustnothave") => Use::Unwanted,
                ("inform" | "informonly", _) => Use::Part(Parts::Compared),
                ("enforce", "mustonlyhave") if !is_patched => Use::Part(Parts::Whole),
                _ => Use::Part(Parts::LaidOver(path.span())),
            };
            found.extend(files(&place, input).into_iter().map(|file| (file, how)));
        }
    }
    found
}

/// The file at a path, or those directly in a folder that is no kustomization.
fn files(path: &str, input: &Input<'_>) -> Vec<FileId> {
    if let Some(file) = input.listing.file(path) {
        return vec![file];
    }
    let is_yaml = |name: &str| name.ends_with(".yaml") || name.ends_with(".yml");
    let inside: Vec<_> = input.listing.below(path).filter(|(name, _)| folder_of(name) == path).collect();
    if inside.iter().any(|(name, _)| KUSTOMIZATIONS.contains(&file_of(name))) {
        return Vec::new();
    }
    inside.into_iter().filter(|(name, _)| is_yaml(name)).map(|(_, file)| file).collect()
}
