//! Running the built-in pack: rules are chosen by kind before anything is evaluated, and the rules for a kind are
//! parsed and prepared together, when the first object of that kind comes.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use regorus::{Engine, Value as Rego};

use crate::model::rule::Rule;

use super::engine::{self, Failure};
use super::kinds::Kinds;
use super::pack::{LIBRARY, PACK, PackRule};

/// The wanted rules, and which of them go together.
#[derive(Default)]
pub(super) struct Builtin {
    sets: Vec<RuleSet>,
    /// Kind, then group, to the set for it.
    by_kind: HashMap<String, Vec<(String, usize)>>,
    /// The set for every other kind.
    others: usize,
}

/// The rules that look at one kind, or at several kinds that have the same rules.
struct RuleSet {
    rules: Vec<&'static PackRule>,
    prepared: OnceLock<Result<Engine, Failure>>,
}

impl Builtin {
    pub(super) fn new(wanted: &dyn Fn(&Rule) -> bool) -> Builtin {
        let rules: Vec<&'static PackRule> = PACK.iter().filter(|rule| wanted(&rule.rule)).collect();
        let named: BTreeSet<&(String, String)> = rules
            .iter()
            .flat_map(|rule| match &rule.kinds {
                Kinds::Of(pairs) => pairs.as_slice(),
                Kinds::Any => &[],
            })
            .collect();
        let mut builtin = Builtin { sets: Vec::new(), by_kind: HashMap::new(), others: 0 };
        builtin.others = builtin.set(rules.iter().copied().filter(|rule| rule.kinds == Kinds::Any).collect());
        for (group, kind) in named {
            let set = builtin.set(rules.iter().copied().filter(|rule| rule.kinds.include(group, kind)).collect());
            builtin.by_kind.entry(kind.clone()).or_default().push((group.clone(), set));
        }
        builtin
    }

    /// The number of the set with exactly these rules.
    fn set(&mut self, rules: Vec<&'static PackRule>) -> usize {
        let same =
            |set: &RuleSet| set.rules.iter().map(|rule| &rule.rule.id).eq(rules.iter().map(|rule| &rule.rule.id));
        self.sets.iter().position(same).unwrap_or_else(|| {
            self.sets.push(RuleSet { rules, prepared: OnceLock::new() });
            self.sets.len() - 1
        })
    }

    /// The set for a kind; `None` if no rule looks at it.
    pub(super) fn set_for(&self, group: &str, kind: &str) -> Option<usize> {
        let named = self.by_kind.get(kind).and_then(|groups| groups.iter().find(|(own, _)| own == group));
        let set = named.map_or(self.others, |(_, set)| *set);
        self.sets.get(set)?;
        (!self.sets[set].rules.is_empty()).then_some(set)
    }

    /// Whether no rule is wanted.
    pub(super) fn is_empty(&self) -> bool {
        self.sets.iter().all(|set| set.rules.is_empty())
    }

    /// How many sets there are.
    pub(super) fn sets(&self) -> usize {
        self.sets.len()
    }

    /// An engine that knows the rules of a set, to be kept by one thread.
    ///
    /// # Errors
    /// A rule of the pack that does not compile, which the test of the pack makes sure of.
    pub(super) fn engine(&self, set: usize) -> Result<Engine, Failure> {
        self.sets[set].prepared.get_or_init(|| self.sets[set].prepare()).clone()
    }

    /// What each rule of a set says about an object. All are asked at once, so that what they share is worked out
    /// once; if that fails, one by one, so that the failure of one does not silence the others.
    pub(super) fn ask(
        &self,
        set: usize,
        engine: &mut Engine,
        input: &Rego,
    ) -> Vec<(&'static PackRule, Result<Rego, Failure>)> {
        let rules = self.sets[set].rules.iter().copied();
        engine.set_input(input.clone());
        match engine::evaluate(engine, ALL) {
            Ok(Rego::Array(values)) => rules.zip(values.iter().cloned().map(Ok)).collect(),
            _ => rules.map(|rule| (rule, engine::evaluate(engine, &rule.query()))).collect(),
        }
    }
}

/// The rule that asks all rules of a set.
const ALL: &str = "data.plimsoll.entry.all";

impl RuleSet {
    fn prepare(&self) -> Result<Engine, Failure> {
        let mut engine = engine::blank();
        for (name, text) in self.libraries() {
            engine::add(&mut engine, name, text, false)?;
        }
        let mut all = String::from("package plimsoll.entry\n\nall := [\n");
        for rule in &self.rules {
            engine::add(&mut engine, &rule.rule.id, rule.text, false)?;
            all.push_str(&rule.query());
            all.push_str(",\n");
        }
        all.push_str("]\n");
        engine::add(&mut engine, "entry", &all, false)?;
        engine.set_input(Rego::new_object());
        engine::evaluate(&mut engine, ALL)?;
        Ok(engine)
    }

    /// The libraries that the rules import, directly or through another library.
    fn libraries(&self) -> Vec<(&'static str, &'static str)> {
        let mut texts: Vec<&str> = self.rules.iter().map(|rule| rule.text).collect();
        let mut needed: Vec<(&str, &str)> = Vec::new();
        while let Some(text) = texts.pop() {
            for library in LIBRARY {
                if !needed.contains(library) && text.contains(&format!("\nimport data.plimsoll.{}\n", library.0)) {
                    needed.push(*library);
                    texts.push(library.1);
                }
            }
        }
        needed
    }
}
