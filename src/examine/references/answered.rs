//! Findings about one object that another one answers, which only shows when all are known: they are taken back.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::super::Run;
use super::super::kustomize::parse;
use super::super::seen::Seen;
use crate::check::reference::token;
use crate::model::definition::Plan;
use crate::model::diagnostic::Diagnostic;
use crate::model::reference::Set;
use crate::model::resource::ResourceId;
use crate::render::{MISSING, Repository};

/// The rule of the pack about objects without a namespace.
const NAMESPACE_MISSING: &str = "namespace-missing";

/// Plain objects that are applied together, by their folder and their environment.
pub(super) type Plain = BTreeMap<(String, Option<String>), Set>;

impl Run<'_> {
    /// Pods get no token if their ServiceAccount says so, in every set that the finding is about.
    pub(super) fn take_back_tokens(&self, plain: &Plain, built: &[Set], seen: &mut Seen) {
        if !seen.findings.iter().any(|finding| finding.rule == token::RULE) {
            return;
        }
        let plain: HashMap<_, _> = plain.iter().map(|(key, set)| (key, token::kept_back(set))).collect();
        let built: HashMap<_, _> =
            built.iter().filter_map(|set| Some((set.name.as_deref()?, token::kept_back(set)))).collect();
        let has =
            |set: Option<&HashSet<Arc<ResourceId>>>, id: &Arc<ResourceId>| set.is_some_and(|set| set.contains(id));
        seen.findings.retain(|finding| {
            let Some(id) = finding.resource.as_ref().filter(|_| finding.rule == token::RULE) else { return true };
            let is_kept_back = match roots(self.plan, finding) {
                Some(roots) => roots.iter().all(|root| has(built.get(if root.is_empty() { "." } else { root }), id)),
                None => has(plain.get(&self.set_of(finding.primary.span.file)), id),
            };
            !is_kept_back
        });
    }

    /// What Flux or Argo CD apply gets the namespace that they name.
    pub(super) fn take_back_namespaces(&self, seen: &mut Seen) {
        let deliveries = &seen.objects.deliveries;
        if deliveries.is_empty() || !seen.findings.iter().any(|finding| finding.rule == NAMESPACE_MISSING) {
            return;
        }
        let remotes = self.inputs.remotes();
        let names = |file| self.sources.name(file);
        let ours = deliveries.of(Repository {
            below: &self.inputs.below,
            listing: &self.inputs.listing,
            names: &names,
            remotes: &remotes,
        });
        seen.findings.retain(|finding| {
            if finding.rule != NAMESPACE_MISSING {
                return true;
            }
            let is_named = match roots(self.plan, finding) {
                Some(roots) => roots.iter().all(|root| ours.name_namespace_of_kustomization(root)),
                None => ours.name_namespace_of_file(self.sources.name(finding.primary.span.file)),
            };
            !is_named
        });
    }
}

/// The rule about rules in CEL. What one says of a part of an object is not known where that part is patched.
const CEL_RULE: &str = "cel-rule";

/// What is missing in a file is not missing where Flux or Argo CD lay a patch over the object that sets it.
pub(super) fn take_back_supplied(seen: &mut Seen) {
    let is_missing = |finding: &Diagnostic| MISSING.contains(&&*finding.rule);
    let is_undecided = |finding: &Diagnostic| finding.rule == CEL_RULE;
    let is_asked = |finding: &Diagnostic| is_missing(finding) || is_undecided(finding);
    if seen.objects.laid_over.is_empty() || !seen.findings.iter().any(is_asked) {
        return;
    }
    let additions = seen.objects.laid_over.read(&parse);
    seen.findings.retain(|finding| {
        let (Some(object), Some(path)) = (&finding.resource, &finding.path) else { return true };
        let is_answered = (is_missing(finding) && additions.set(object, path))
            || (is_undecided(finding) && additions.change(object, path));
        !is_answered
    });
}

/// The folders of the kustomizations that make what a finding is about; `None` for an object that none takes in.
fn roots<'p>(plan: &'p Plan, finding: &Diagnostic) -> Option<&'p [Arc<str>]> {
    let roots = plan.roots_of(finding.primary.span);
    (!roots.is_empty()).then_some(roots)
}
