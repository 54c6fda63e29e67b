//! Tests of Chainsaw and KUTTL, which lie beside the manifests and policies that they are about: what they expect of an
//! object, or lay over one, is a part of it. What a test of Chainsaw creates is read in the same way if it lies with the
//! test: it lives as long as the test does, and the server may be meant to refuse it.
//!
//! A test of Chainsaw names files under `assert`, `error` and `patch` of its steps (Chainsaw, `pkg/apis/v1alpha1/operations.go`);
//! KUTTL goes by their names (`docs/testing/steps.md`: `00-assert.yaml`, `00-errors.yaml`).

use std::collections::BTreeSet;

use crate::model::definition::{FileRole, Plan};
use crate::model::listing::{file_of, folder_of, join};
use crate::model::value::Value;

use super::policy_tests::own_files;
use super::{Format, Input, by_name};

/// The tests of Chainsaw and KUTTL.
pub(super) struct Chainsaw;

impl Format for Chainsaw {
    fn is_definition(&self, name: &str) -> bool {
        matches!(file_of(name), "chainsaw-test.yaml" | "chainsaw-test.yml")
    }

    fn plan(&self, input: &Input<'_>, plan: &mut Plan) {
        let (mut parts, mut whole) = (BTreeSet::new(), BTreeSet::new());
        for (name, _, part) in by_name(input, |name| self.is_definition(name)) {
            for (_, root) in part.roots() {
                let steps = root.at(["spec", "steps"]).into_iter().flat_map(|steps| steps.items());
                let lists = steps.flat_map(|step| ["try", "catch", "finally", "cleanup"].map(|key| step.get(key)));
                for operation in lists.flatten().flat_map(|list| list.items()).flat_map(Value::entries) {
                    let Some(file) = operation.value.get("file").and_then(Value::as_str) else { continue };
                    let Some(path) = join(folder_of(name), &file) else { continue };
                    let own = own_files(name, &path, input, plan);
                    match (&*operation.name(), input.listing.file(&path)) {
                        ("assert" | "error" | "patch", file) => parts.extend(file),
                        (_, file) if own.is_empty() => whole.extend(file),
                        _ => parts.extend(own),
                    };
                }
            }
        }
        let steps = input.listing.iter().filter(|(name, _)| is_expectation(file_of(name))).map(|(_, file)| file);
        parts.extend(steps);
        for file in parts.difference(&whole) {
            plan.cast(*file, FileRole::Patch);
        }
    }
}

/// Whether a file of that name says what KUTTL expects after a step, or expects not to be there.
fn is_expectation(name: &str) -> bool {
    let name = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).unwrap_or_default();
    let number = name.strip_suffix("-assert").or_else(|| name.strip_suffix("-errors")).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}
