//! Rules between resources, on sets of objects that are applied together: what a kustomization or an environment makes, or
//! the plain files of a folder. References leave repositories all the time, so that a name which is nowhere says nothing;
//! one that is nearly there does.

mod autoscaler;
mod config;
mod rules;
mod selector;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::diagnostic::Diagnostic;
use crate::model::reference::{Facts, Set};
use crate::model::source::Span;

pub use rules::RULES;

/// More objects of a namespace are not compared with each other: only a repository that was made to hurt has them.
const MOST: usize = 2_000;

/// The objects of a set by namespace.
struct Index<'s> {
    spaces: HashMap<&'s str, Vec<&'s Facts>>,
    /// Somebody has said that they are applied together.
    rendered: bool,
}

impl<'s> Index<'s> {
    fn new(set: &'s Set) -> Self {
        let mut spaces: HashMap<&str, Vec<&Facts>> = HashMap::new();
        for facts in &set.facts {
            spaces.entry(&facts.namespace).or_default().push(facts);
        }
        Index { spaces, rendered: set.name.is_some() }
    }

    /// Every object, in order of namespace.
    fn all(&self) -> impl Iterator<Item = &'s Facts> {
        let mut names: Vec<_> = self.spaces.keys().copied().collect();
        names.sort_unstable();
        names.into_iter().flat_map(|name| self.spaces[name].iter().copied())
    }

    /// The objects of the same namespace.
    fn beside(&self, one: &Facts) -> impl Iterator<Item = &'s Facts> {
        let all = self.spaces.get(one.namespace.as_str()).map(Vec::as_slice).unwrap_or_default();
        all.iter().copied().take(MOST)
    }
}

/// Checks every set. What several make is said once, with the names of all.
#[must_use]
pub fn check(sets: &[Set]) -> Vec<Diagnostic> {
    let mut found: BTreeMap<(Span, String), (Diagnostic, BTreeSet<&str>)> = BTreeMap::new();
    // Argo CD can be told to leave the number of replicas to the autoscaler.
    let is_left_alone = sets.iter().flat_map(|set| &set.facts).any(|facts| facts.ignores_replicas);
    for set in sets {
        let index = Index::new(set);
        let mut out = Vec::new();
        selector::check(&index, &mut out);
        config::check(&index, &mut out);
        if !is_left_alone {
            autoscaler::check(&index, &mut out);
        }
        for finding in out {
            let key = (finding.primary.span, finding.rule.to_string());
            found.entry(key).or_insert((finding, BTreeSet::new())).1.extend(set.name.as_deref());
        }
    }
    let with_names = |(finding, names): (Diagnostic, BTreeSet<&str>)| Diagnostic {
        affects: names.into_iter().map(str::to_owned).collect(),
        ..finding
    };
    found.into_values().map(with_names).collect()
}
