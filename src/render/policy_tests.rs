//! Tests of policies that run without a cluster: what they put before a policy is applied nowhere, often refused on
//! purpose, and seldom a whole object.
//!
//! A test of the Kyverno CLI names files under `resources` and in its results (`kyverno/kyverno`,
//! `cmd/cli/kubectl-kyverno/apis/v1alpha1/test.go`), a suite of Gatekeeper's `gator` in its cases
//! (`open-policy-agent/gatekeeper`, `pkg/gator/verify/suite.go`).

use std::collections::BTreeSet;

use crate::model::definition::{FileRole, Plan};
use crate::model::listing::{file_of, folder_of, join};
use crate::model::source::FileId;
use crate::model::value::Value;

use super::{Format, Input, by_name};

/// Tests of the Kyverno CLI and suites of `gator`.
pub(super) struct PolicyTests;

impl Format for PolicyTests {
    fn is_definition(&self, name: &str) -> bool {
        let file = file_of(name);
        let Some(stem) = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml")) else { return false };
        stem == "kyverno-test" || stem.split(['-', '_', '.']).any(|word| word == "suite")
    }

    fn plan(&self, input: &Input<'_>, plan: &mut Plan) {
        let in_tests = input.listing.iter().filter(|(name, _)| is_in_tests(name)).map(|(_, file)| file);
        let mut inputs: BTreeSet<FileId> = in_tests.filter(|file| !plan.supplements.contains_key(file)).collect();
        for (name, _, part) in by_name(input, |name| self.is_definition(name)) {
            for path in part.roots().flat_map(|(_, root)| inputs_of(root)) {
                let Some(path) = join(folder_of(name), &path) else { continue };
                inputs.extend(own_files(name, &path, input, plan));
            }
        }
        for file in inputs {
            plan.cast(file, FileRole::Patch);
        }
    }
}

/// Whether a file lies in a folder that has the name that Kyverno gives folders of tests. Not all that is in them is named
/// in one.
fn is_in_tests(name: &str) -> bool {
    folder_of(name).split('/').any(|part| matches!(part, ".chainsaw-test" | ".kyverno-test"))
}

/// The paths of what a test puts before policies.
fn inputs_of(root: Value<'_>) -> Vec<String> {
    let text = |key| root.get(key).and_then(Value::as_str).unwrap_or_default();
    let group = text("apiVersion");
    let mut paths = Vec::new();
    let mut take = |value: Value<'_>| match value.is_sequence() {
        true => paths.extend(value.items().filter_map(Value::as_str).map(|path| path.into_owned())),
        false => paths.extend(value.as_str().map(|path| path.into_owned())),
    };
    match (group.split_once('/').map_or("", |(group, _)| group), &*text("kind")) {
        ("cli.kyverno.io", "Test") => {
            ["resources", "targetResources"].iter().filter_map(|key| root.get(key)).for_each(&mut take);
            for result in root.get("results").into_iter().flat_map(Value::items) {
                let keys = ["patchedResource", "patchedResources", "generatedResource", "cloneSourceResource"];
                keys.iter().filter_map(|key| result.get(key)).for_each(&mut take);
            }
        }
        ("test.gatekeeper.sh", "Suite") => {
            let tests = root.get("tests").into_iter().flat_map(Value::items);
            let cases = tests.filter_map(|test| test.get("cases")).flat_map(Value::items);
            for case in cases {
                ["object", "inventory"].iter().filter_map(|key| case.get(key)).for_each(&mut take);
            }
        }
        _ => {}
    }
    paths
}

/// The files at a path that a test names, as far as they are its own: they lie with it, and no kustomization takes them
/// in. A test may well read what is deployed.
pub(super) fn own_files(test: &str, path: &str, input: &Input<'_>, plan: &Plan) -> Vec<FileId> {
    let folder = folder_of(test);
    let is_inside = folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    if !is_inside {
        return Vec::new();
    }
    let files = match input.listing.file(path) {
        Some(file) => vec![file],
        None => input.listing.below(path).map(|(_, file)| file).collect(),
    };
    files.into_iter().filter(|file| !plan.supplements.contains_key(file)).collect()
}
