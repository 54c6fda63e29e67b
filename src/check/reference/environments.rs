//! Environments beside each other: keys of a ConfigMap or Secret that every overlay but one has. Values are meant to differ,
//! and are never compared.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use super::misspelt::without_hash;
use crate::check::definition::MISSING_ENVIRONMENT_KEY;
use crate::model::diagnostic::Diagnostic;
use crate::model::listing::folder_of;
use crate::model::path::Path;
use crate::model::reference::{Facts, Set};

/// The folder of the overlays, and kind and name of what several of them make.
type Place<'s> = (&'s str, &'s str, &'s str);

/// What overlays of one folder lack, each with its set.
pub(super) fn check(sets: &[Set]) -> Vec<(Diagnostic, &Set)> {
    let mut makers: BTreeMap<Place<'_>, Vec<(&Facts, &Set)>> = BTreeMap::new();
    for (set, name) in sets.iter().filter_map(|set| Some((set, set.name.as_deref()?))) {
        let folder = folder_of(name);
        // One without keys is filled by somebody else.
        let holders =
            set.facts.iter().filter(|one| matches!(one.kind(), "ConfigMap" | "Secret") && !one.keys.is_empty());
        for one in holders {
            makers.entry((folder, one.kind(), without_hash(&one.name.text))).or_default().push((one, set));
        }
    }
    let mut found = Vec::new();
    for ((_, kind, name), makers) in makers {
        // Of two in one set nobody knows which is that of the others.
        let names: BTreeSet<&str> = makers.iter().filter_map(|(_, set)| set.name.as_deref()).collect();
        if makers.len() < 2 || names.len() < makers.len() {
            continue;
        }
        for (at, (one, set)) in makers.iter().enumerate() {
            let others = || makers.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, (one, _))| *one);
            let Some(first) = others().next() else { continue };
            let own: BTreeSet<&String> = one.keys.iter().collect();
            let is_everywhere = |key: &&String| others().all(|other| other.keys.contains(*key));
            let lacks: Vec<&str> =
                first.keys.iter().filter(|key| !own.contains(key)).filter(is_everywhere).map(String::as_str).collect();
            let Some((key, more)) = lacks.split_first() else { continue };
            let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
            let overlay = set.name.as_deref().unwrap_or_default();
            let message = format!("{kind} `{name}` has no `{key}`{more} for `{overlay}`, and the others have");
            let finding = Diagnostic::new(&MISSING_ENVIRONMENT_KEY, one.name.span, message, "")
                .see(first.name.span, "that of another environment")
                .effect("what reads it does without, or takes a default that nobody has chosen for this environment")
                .help("add it, or move it to the base if it is meant for all");
            let mut told = Findings::default();
            told.tell(one, Path::of(["metadata", "name"]), finding);
            found.extend(told.0.into_iter().map(|finding| (finding, *set)));
        }
    }
    found
}
