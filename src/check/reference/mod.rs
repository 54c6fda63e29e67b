//! Rules between resources, on sets of objects that are applied together: what a kustomization or an environment makes, or
//! the plain files of a folder. All of them look at the same [`Facts`].
//!
//! References leave repositories all the time, so that a name which is nowhere says nothing; one that is nearly there
//! does ([`misspelt`], [`selector`]). Who wants to know of the others too asks for the profile `references`
//! ([`dangling`]), and declares what lives elsewhere. [`cover`] holds what an object lacks beside others, [`names`] what
//! is there twice, [`environments`] what one environment lacks, [`autoscaler`] the numbers that autoscalers and people
//! write, [`budget`] those that disruption budgets ask for.

mod autoscaler;
mod budget;
mod cover;
mod dangling;
mod environments;
mod misspelt;
mod names;
mod rules;
mod selector;
mod slip;
pub mod token;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::check::definition::MISSING_ENVIRONMENT_KEY;
use crate::check::exemption::Exemptions;
use crate::model::diagnostic::Diagnostic;
use crate::model::origin::{Origin, Role};
use crate::model::path::Path;
use crate::model::reference::{External, Facts, Pair, Selector, Set};
use crate::model::rule::Rule;
use crate::model::source::Span;

pub use names::Names;

/// More objects of a namespace are not compared with each other: only a repository that was made to hurt has them.
const MOST: usize = 2_000;

/// The rules of this room.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    rules::LIST.iter()
}

/// Which of the rules are asked for, and what the user says of the world outside.
#[derive(Debug, Default)]
pub struct Asked {
    /// About objects of one file.
    pub names: bool,
    /// About objects of a set.
    pub sets: bool,
    /// About objects of the whole run.
    pub cover: bool,
    /// About keys that one environment lacks.
    pub environments: bool,
    /// About what is not there.
    pub dangling: bool,
    /// About tokens of accounts, which a rule of the pack looks at.
    pub tokens: bool,
    /// What lives elsewhere.
    pub external: Vec<External>,
}

impl Asked {
    /// Reads the selection.
    pub fn of(wanted: impl Fn(&Rule) -> bool, external: Vec<External>) -> Asked {
        let is_wanted = |ids: &[&str]| rules().filter(|rule| ids.contains(&&*rule.id)).any(&wanted);
        let (cover, dangling) = (is_wanted(&rules::COVER), is_wanted(&rules::DANGLING));
        let names = is_wanted(&[rules::DUPLICATE_RESOURCE]);
        let others = |rule: &&Rule| {
            let parts = [&rules::COVER[..], &rules::DANGLING, &[rules::DUPLICATE_RESOURCE]];
            !parts.iter().any(|part| part.contains(&&*rule.id))
        };
        let environments = wanted(&MISSING_ENVIRONMENT_KEY);
        let sets = rules().filter(others).any(&wanted) || wanted(&rules::budget_blocks());
        let tokens = super::policy::pack_rules().iter().any(|rule| rule.id == token::RULE && wanted(rule));
        Asked { names, sets, cover, environments, dangling, tokens, external }
    }

    /// Whether the facts of objects are needed.
    #[must_use]
    pub fn facts(&self) -> bool {
        self.sets || self.names || self.cover || self.environments || self.dangling || self.tokens
    }
}

/// The objects of a set by namespace.
struct Index<'s> {
    spaces: HashMap<&'s str, Vec<&'s Facts>>,
    /// Somebody has said that they are applied together.
    rendered: bool,
    external: &'s [External],
}

impl<'s> Index<'s> {
    fn new(set: &'s Set, external: &'s [External]) -> Self {
        let mut spaces: HashMap<&str, Vec<&Facts>> = HashMap::new();
        for facts in &set.facts {
            spaces.entry(facts.namespace()).or_default().push(facts);
        }
        Index { spaces, rendered: set.name.is_some(), external }
    }

    /// Every object, in order of namespace.
    fn all(&self) -> impl Iterator<Item = &'s Facts> {
        let mut names: Vec<_> = self.spaces.keys().copied().collect();
        names.sort_unstable();
        names.into_iter().flat_map(|name| self.spaces[name].iter().copied())
    }

    /// The objects of a kind in a namespace; all of a kind that lies in none, whatever somebody wrote there.
    fn of_kind<'i>(&'i self, kind: &'i str, namespace: &str) -> impl Iterator<Item = &'s Facts> + use<'i, 's> {
        let all = if kind == "ClusterRole" { self.all().collect() } else { self.within(namespace).collect::<Vec<_>>() };
        all.into_iter().filter(move |other| other.kind() == kind)
    }

    /// The objects of the same namespace.
    fn beside(&self, one: &Facts) -> impl Iterator<Item = &'s Facts> {
        self.within(one.namespace())
    }

    fn within<'i>(&'i self, namespace: &str) -> impl Iterator<Item = &'s Facts> + use<'i, 's> {
        let all = self.spaces.get(namespace).map(Vec::as_slice).unwrap_or_default();
        all.iter().copied().take(MOST)
    }

    /// Whether pods that the selector finds are declared to live elsewhere.
    fn has_pods_elsewhere(&self, namespace: &str, selector: &Selector) -> bool {
        let has = |labels: &Vec<(String, String)>, wanted: &Pair| {
            labels.iter().any(|(key, value)| *key == wanted.key.text && *value == wanted.value.text)
        };
        let may_have = |external: &External| {
            external.labels.as_ref().is_none_or(|labels| selector.labels.iter().all(|wanted| has(labels, wanted)))
        };
        self.external.iter().any(|external| is_in(external, "Pod", namespace) && may_have(external))
    }

    /// Whether an object of that kind and name is declared to live elsewhere.
    fn is_elsewhere(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.external.iter().any(|external| is_declared(external, kind, namespace, name))
    }
}

/// Whether somebody has declared such an object. Where its namespace is not known yet, any will do.
fn is_declared(external: &External, kind: &str, namespace: &str, name: &str) -> bool {
    is_in(external, kind, namespace) && external.name.as_ref().is_none_or(|pattern| pattern(name))
}

fn is_in(external: &External, kind: &str, namespace: &str) -> bool {
    external.kind == kind
        && (namespace.is_empty() || external.namespace.as_ref().is_none_or(|pattern| pattern(namespace)))
}

/// The findings about the objects of a set.
#[derive(Default)]
struct Findings(Vec<Diagnostic>);

impl Findings {
    /// Adds a finding about a value of an object, which may ask not to be told.
    fn tell(&mut self, one: &Facts, path: Path, finding: Diagnostic) {
        let mut finding = finding.about(one.id.clone(), path);
        finding.origin = one.included.iter().map(|span| Origin { role: Role::IncludedBy, span: *span }).collect();
        Exemptions::of_wishes(&one.wishes).mark(std::slice::from_mut(&mut finding));
        self.0.push(finding);
    }
}

/// Checks every set. What several make is said once, with the names of all.
#[must_use]
pub fn check(sets: &[Set], asked: &Asked) -> Vec<Diagnostic> {
    // Argo CD can be told to leave the number of replicas to the autoscaler.
    let is_left_alone = sets.iter().flat_map(|set| &set.facts).any(|facts| facts.ignores_replicas);
    let world = asked.dangling.then(|| dangling::World::new(sets));
    let mut told = Told::default();
    for (number, set) in sets.iter().enumerate() {
        let index = Index::new(set, &asked.external);
        let mut out = Findings::default();
        if asked.names {
            names::check(&index, &mut out);
        }
        if asked.sets {
            selector::check(&index, &mut out);
            misspelt::check(&index, &mut out);
            budget::check(&index, &mut out);
            if !is_left_alone {
                autoscaler::check(&index, &mut out);
            }
        }
        // Of what is not there nothing can be said where something could not be had.
        let is_whole = !set.open && !set.facts.iter().any(Facts::is_chart);
        if let Some(world) = world.as_ref().filter(|_| is_whole) {
            dangling::check(&index, number, world, &mut out);
        }
        out.0.into_iter().for_each(|finding| told.add(finding, set));
    }
    if asked.cover {
        cover::check(sets).into_iter().for_each(|(finding, set)| told.add(finding, set));
    }
    if asked.environments {
        environments::check(sets).into_iter().for_each(|(finding, set)| told.add(finding, set));
    }
    told.into_findings()
}

/// What was told of which sets, by place and rule.
#[derive(Default)]
struct Told<'s>(BTreeMap<(Span, String), (Diagnostic, BTreeSet<&'s str>)>);

impl<'s> Told<'s> {
    fn add(&mut self, finding: Diagnostic, set: &'s Set) {
        let key = (finding.primary.span, finding.rule.to_string());
        let exempt = finding.exempt;
        let (known, names) = self.0.entry(key).or_insert((finding, BTreeSet::new()));
        known.exempt &= exempt;
        names.extend(set.name.as_deref());
    }

    fn into_findings(self) -> Vec<Diagnostic> {
        let with_names = |(finding, names): (Diagnostic, BTreeSet<&str>)| Diagnostic {
            affects: names.into_iter().map(str::to_owned).collect(),
            ..finding
        };
        self.0.into_values().map(with_names).collect()
    }
}
