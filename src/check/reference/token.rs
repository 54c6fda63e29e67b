//! Pods whose ServiceAccount keeps the token for the API server from them. The rule of the pack looks at one object, and
//! what this finds takes its finding back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::reference::{Purpose, Set};
use crate::model::resource::ResourceId;

/// The rule of the pack.
pub const RULE: &str = "service-account-token-automount";

/// The workloads of a set whose pods get no token because their account says so. What the pod says itself comes first
/// (`k8s.io/kubernetes/plugin/pkg/admission/serviceaccount/admission.go`, `shouldAutomount`).
#[must_use]
pub fn kept_back(set: &Set) -> HashSet<Arc<ResourceId>> {
    let mut accounts: HashMap<(&str, &str), bool> = HashMap::new();
    for account in set.facts.iter().filter(|one| one.kind() == "ServiceAccount" && one.id.group.is_empty()) {
        let is_off = accounts.entry((account.namespace(), &account.name.text)).or_insert(true);
        *is_off &= account.mounts_token == Some(false);
    }
    let mut kept_back: HashMap<&Arc<ResourceId>, bool> = HashMap::new();
    for one in set.facts.iter().filter(|one| one.pods.is_some()) {
        let account = one.needs.iter().find(|need| need.purpose == Purpose::Account);
        let account = account.map_or("default", |need| &need.name.text);
        let is_off = accounts.get(&(one.namespace(), account)).copied().unwrap_or_default();
        *kept_back.entry(&one.id).or_insert(true) &= is_off && one.mounts_token.is_none();
    }
    kept_back.into_iter().filter(|(_, is_off)| *is_off).map(|(id, _)| id.clone()).collect()
}
