//! Rancher Fleet, recognised: `fleet.yaml` names kustomizations that are built upon what a chart makes.

use std::collections::BTreeSet;

use crate::model::definition::Plan;
use crate::model::diagnostic::Diagnostic;
use crate::model::listing::{file_of, folder_of, join};
use crate::model::report::NotChecked;
use crate::model::value::Value;

use super::rules::{FAILED_BUILD, OVERRIDE_WITHOUT_EFFECT, PATCH_WITHOUT_TARGET};
use super::{Format, Input, by_name};

/// <https://fleet.rancher.io/ref-fleet-yaml>
pub(super) struct Fleet;

impl Format for Fleet {
    fn is_definition(&self, name: &str) -> bool {
        matches!(file_of(name), "fleet.yaml" | "fleet.yml")
    }

    /// Fleet adds what the chart makes to the resources of the kustomization (`rancher/fleet`,
    /// `internal/helmdeployer/kustomize/kustomize.go`).
    fn plan(&self, input: &Input<'_>, plan: &mut Plan) {
        for (name, _, part) in by_name(input, |name| self.is_definition(name)) {
            for (_, root) in part.roots() {
                let targets = root.get("targetCustomizations").into_iter().flat_map(Value::items);
                for one in std::iter::once(root).chain(targets) {
                    let Some(folder) = one.at(["kustomize", "dir"]) else { continue };
                    let text = folder.as_str().unwrap_or_default();
                    if let Some(path) = join(folder_of(name), &text) {
                        plan.fed.insert(path, folder.span());
                    }
                }
            }
        }
    }
}

/// Takes back what is said of kustomizations that are built upon more than is here.
pub(super) fn spare(plan: &mut Plan, findings: &mut Vec<Diagnostic>) {
    let mut spared = BTreeSet::new();
    let asks_for_more = [FAILED_BUILD.id, PATCH_WITHOUT_TARGET.id, OVERRIDE_WITHOUT_EFFECT.id];
    findings.retain(|finding| {
        let is_fed = |folder: &String| plan.fed.contains_key(folder);
        let keeps =
            !asks_for_more.contains(&finding.rule) || finding.affects.is_empty() || !finding.affects.iter().all(is_fed);
        if !keeps {
            spared.extend(finding.affects.iter().cloned());
        }
        keeps
    });
    for folder in spared {
        let message = format!("`{folder}` is built upon what Fleet makes of a chart");
        plan.not_checked.push(NotChecked { message, span: plan.fed.get(&folder).copied() });
    }
}
