//! Running the built-in pack: rules are chosen by kind, and by words that they need, before anything is evaluated. The
//! rules that are chosen together are parsed and prepared together, when the first object asks for them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use regorus::{Engine, Value as Rego};

use crate::model::rule::Rule;

use super::engine::{self, Failure};
use super::kinds::Kinds;
use super::pack::{LIBRARY, PACK, PackRule};

/// The wanted rules, and which of them go together.
#[derive(Default)]
pub(super) struct Builtin {
    /// The rules that look at one kind, or at several kinds that have the same rules.
    sets: Vec<Vec<&'static PackRule>>,
    /// Kind, then group, to the set for it.
    by_kind: HashMap<String, Vec<(String, usize)>>,
    /// The set for every other kind.
    others: usize,
    /// The number of each key or text that a rule needs.
    words: HashMap<&'static str, u32>,
    prepared: Mutex<HashMap<Choice, Preparation>>,
}

/// A panel, or where it will be once the first thread that needs it has prepared it.
type Preparation = Arc<OnceLock<Result<Panel, Failure>>>;

/// Most choices of rules that are prepared. An object that asks for one more gets all rules of its set, of which those
/// it has no need of have nothing to say.
const MOST_CHOICES: usize = 64;

/// Which of the keys and texts that rules need an object has, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words(u128);

/// Some of the rules of a set, a bit a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Choice {
    set: usize,
    rules: u128,
}

/// Rules that are asked together, by one thread.
#[derive(Clone)]
pub(super) struct Panel {
    rules: Arc<[&'static PackRule]>,
    engine: Engine,
}

impl Builtin {
    pub(super) fn new(wanted: &dyn Fn(&Rule) -> bool) -> Builtin {
        // A set has a bit for each of its rules, and the pack has far fewer than there are bits.
        let rules: Vec<&'static PackRule> = PACK.iter().filter(|rule| wanted(&rule.rule)).take(128).collect();
        let named: BTreeSet<&(String, String)> = rules
            .iter()
            .flat_map(|rule| match &rule.kinds {
                Kinds::Of(pairs) => pairs.as_slice(),
                Kinds::Any => &[],
            })
            .collect();
        let needs: BTreeSet<&'static str> =
            rules.iter().flat_map(|rule| &rule.needs).map(String::as_str).take(128).collect();
        let mut builtin = Builtin { words: needs.into_iter().zip(0..).collect(), ..Builtin::default() };
        builtin.others = builtin.set(rules.iter().copied().filter(|rule| rule.kinds == Kinds::Any).collect());
        for (group, kind) in named {
            let set = builtin.set(rules.iter().copied().filter(|rule| rule.kinds.include(group, kind)).collect());
            builtin.by_kind.entry(kind.clone()).or_default().push((group.clone(), set));
        }
        builtin
    }

    /// The number of the set with exactly these rules.
    fn set(&mut self, rules: Vec<&'static PackRule>) -> usize {
        let same = |set: &Vec<&'static PackRule>| {
            set.iter().map(|rule| &rule.rule.id).eq(rules.iter().map(|rule| &rule.rule.id))
        };
        self.sets.iter().position(same).unwrap_or_else(|| {
            self.sets.push(rules);
            self.sets.len() - 1
        })
    }

    /// Whether no rule is wanted.
    pub(super) fn is_empty(&self) -> bool {
        self.sets.iter().all(Vec::is_empty)
    }

    /// The set for a kind; `None` if no rule looks at it.
    pub(super) fn set_for(&self, group: &str, kind: &str) -> Option<usize> {
        let named = self.by_kind.get(kind).and_then(|groups| groups.iter().find(|(own, _)| own == group));
        let set = named.map_or(self.others, |(_, set)| *set);
        self.sets.get(set).is_some_and(|rules| !rules.is_empty()).then_some(set)
    }

    /// An object of which nothing has been seen.
    pub(super) fn no_words(&self) -> Words {
        Words(0)
    }

    /// Notes a key or a text of an object.
    pub(super) fn see(&self, word: &str, words: &mut Words) {
        if let Some(number) = self.words.get(word) {
            words.0 |= 1 << number;
        }
    }

    /// The rules of a set that can have something to say about an object with these words; `None` if there are none.
    pub(super) fn choose(&self, set: usize, words: Words) -> Option<Choice> {
        // A word without a number is not looked for, and counts as present.
        let present = |key: &String| self.words.get(key.as_str()).is_none_or(|number| words.0 & (1 << number) != 0);
        let chosen = |rule: &PackRule| rule.needs.is_empty() || rule.needs.iter().any(present);
        let rules = self.sets[set].iter().enumerate().filter(|(_, rule)| chosen(rule));
        let rules = rules.fold(0, |all, (number, _)| all | 1 << number);
        (rules != 0).then_some(Choice { set, rules })
    }

    /// The rules of a choice, ready to be asked.
    ///
    /// # Errors
    /// A rule of the pack that does not compile, which the test of the pack makes sure of.
    pub(super) fn panel(&self, choice: Choice) -> Result<Panel, Failure> {
        let (choice, prepared) = {
            let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
            let full = Choice { set: choice.set, rules: u128::MAX };
            let choice = if prepared.len() < MOST_CHOICES || prepared.contains_key(&choice) { choice } else { full };
            (choice, prepared.entry(choice).or_default().clone())
        };
        let rules = self.sets[choice.set].iter().enumerate().filter(|(number, _)| choice.rules & (1 << number) != 0);
        prepared.get_or_init(|| Panel::prepare(rules.map(|(_, rule)| *rule).collect())).clone()
    }
}

/// The rule that asks all rules of a panel.
const ALL: &str = "data.plimsoll.entry.all";

/// A rule that is always true; asking it makes the engine ready.
const READY: &str = "data.plimsoll.entry.ready";

impl Panel {
    fn prepare(rules: Arc<[&'static PackRule]>) -> Result<Panel, Failure> {
        let mut engine = engine::blank();
        for (name, text) in libraries(&rules) {
            engine::add(&mut engine, name, text, false)?;
        }
        let mut entry = String::from("package plimsoll.entry\n\nready := true\n\nall := [\n");
        for rule in rules.iter() {
            engine::add(&mut engine, &rule.rule.id, rule.text, false)?;
            entry.push_str(&format!("\t{},\n", rule.query()));
        }
        entry.push_str("]\n");
        engine::add(&mut engine, "entry", &entry, false)?;
        engine.set_input(Rego::new_object());
        engine::evaluate(&mut engine, READY)?;
        Ok(Panel { rules, engine })
    }

    /// What each rule says about an object. All are asked at once, so that what they share is worked out once; if that
    /// fails, one by one, so that the failure of one does not silence the others.
    pub(super) fn ask(&mut self, input: &Rego) -> Vec<(&'static PackRule, Result<Rego, Failure>)> {
        let rules = self.rules.iter().copied();
        self.engine.set_input(input.clone());
        match engine::evaluate(&mut self.engine, ALL) {
            Ok(Rego::Array(values)) => rules.zip(values.iter().cloned().map(Ok)).collect(),
            _ => rules.map(|rule| (rule, engine::evaluate(&mut self.engine, &rule.query()))).collect(),
        }
    }
}

/// The libraries that rules import, directly or through another library.
fn libraries(rules: &[&'static PackRule]) -> Vec<(&'static str, &'static str)> {
    let mut texts: Vec<&str> = rules.iter().map(|rule| rule.text).collect();
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Rules are not asked about objects without the words that they need, so they must be silent about them.
    #[test]
    fn a_rule_says_nothing_without_the_words_that_it_needs() {
        let builtin = Builtin::new(&|_| true);
        for rule in PACK.iter().filter(|rule| !rule.needs.is_empty()) {
            let path = format!("policies/{}/{}/bad.yaml", rule.rule.category, rule.rule.id);
            let mut text = std::fs::read_to_string(path).unwrap();
            for key in &rule.needs {
                let other = key.split_once(": ").map_or("other".to_owned(), |(key, _)| format!("{key}: other"));
                text = text.replace(key.as_str(), &other);
            }
            for document in text.split("\n---\n") {
                let input = Rego::from_yaml_str(document).unwrap();
                let group =
                    input["apiVersion"].as_string().unwrap().split_once('/').map_or("", |(group, _)| group).to_owned();
                let set = builtin.set_for(&group, input["kind"].as_string().unwrap()).unwrap();
                let mut panel = builtin.panel(Choice { set, rules: u128::MAX }).unwrap();
                panel.engine.set_input(input);
                let found = engine::evaluate(&mut panel.engine, &rule.query()).unwrap();
                assert_eq!(found, Rego::new_set(), "{}", rule.rule.id);
            }
        }
    }

    #[test]
    fn beyond_the_most_choices_all_rules_are_asked() {
        let builtin = Builtin::new(&|_| true);
        let set = builtin.set_for("", "Pod").unwrap();
        for rules in 0..MOST_CHOICES as u128 {
            builtin.prepared.lock().unwrap().insert(Choice { set, rules }, Arc::default());
        }
        let panel = builtin.panel(Choice { set, rules: 1 << 10 }).unwrap();
        assert_eq!(panel.rules.len(), builtin.sets[set].len());
    }
}
