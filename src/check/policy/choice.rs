//! Which definitions of a rule an object is about: told by what they ask of it before the rest is evaluated, as OPA's
//! index of rules does it. A definition that is passed over has nothing to say, so an error that it would have met on
//! the way to saying nothing is none.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use regorus::{Engine, Value as Rego};

use super::kinds::Kinds;
use super::rego::engine;
use super::rego::program::Program;
use super::rego::requires::{Clause, Word};

/// What the definitions of a rule ask of an object.
pub(super) struct Chooser {
    definitions: Vec<Wants>,
    /// The words that are asked for, by key, each with its number.
    words: HashMap<String, Vec<(Word, u32)>>,
    /// Some of the definitions, as one rule.
    panels: Mutex<HashMap<u128, Arc<Panel>>>,
}

/// What one definition asks of an object.
struct Wants {
    kinds: Kinds,
    /// Words of each of which there must be one, a bit each.
    clauses: Vec<u128>,
    /// The path of a copy of it.
    query: Option<String>,
}

/// Some of the definitions, ready to be asked once they are worth it.
#[derive(Default)]
struct Panel {
    asked: Mutex<u32>,
    engine: OnceLock<Option<Engine>>,
}

/// The definitions that an object is about, a bit each.
pub(super) type Choice = u128;

/// One thread's engines, by the number of the rule.
pub(super) type Engines = HashMap<(usize, Choice), Engine>;

/// How often a choice must be asked for before the work of preparing it pays.
const SELDOM: u32 = 12;

/// Most choices that are prepared for a rule.
const MOST: usize = 64;

/// What all definitions of a choice say.
const ALL: &str = "data.plimsoll.choice.all";

impl Chooser {
    /// Reads what each definition asks for: its kinds, its clauses, and the path of a copy of it.
    pub(super) fn new(definitions: Vec<(Kinds, Vec<Clause>, Option<String>)>) -> Option<Chooser> {
        let mut words: HashMap<String, Vec<(Word, u32)>> = HashMap::new();
        let mut number = 0;
        let mut bit = |word: Word| {
            let known = words.entry(word.key.clone()).or_default();
            let at = known.iter().find(|(own, _)| *own == word).map(|(_, number)| *number).unwrap_or_else(|| {
                known.push((word, number));
                number += 1;
                number - 1
            });
            1u128.checked_shl(at)
        };
        let mut wants = Vec::new();
        for (kinds, clauses, query) in definitions {
            let mut bits = BTreeSet::new();
            for clause in clauses {
                // A clause with a word too many is not looked at.
                bits.extend(clause.into_iter().map(&mut bit).try_fold(0, |all, bit| Some(all | bit?)));
            }
            wants.push(Wants { kinds, clauses: bits.into_iter().collect(), query });
        }
        let chooses = wants.iter().any(|one| one.kinds != Kinds::Any || !one.clauses.is_empty());
        let chooser = Chooser { definitions: wants, words, panels: Mutex::default() };
        (chooses && chooser.definitions.len() < 128).then_some(chooser)
    }

    /// The definitions that can have something to say about an object.
    pub(super) fn choose(&self, group: &str, kind: &str, object: &Rego) -> Choice {
        let mut met = 0;
        if !self.words.is_empty() {
            self.look(object, &mut met);
        }
        let is_about =
            |one: &Wants| one.kinds.include(group, kind) && one.clauses.iter().all(|clause| clause & met != 0);
        let about = self.definitions.iter().enumerate().filter(|(_, one)| is_about(one));
        about.fold(0, |all, (at, _)| all | 1 << at)
    }

    fn look(&self, value: &Rego, met: &mut u128) {
        match value {
            Rego::Object(fields) => {
                for (key, value) in fields.iter() {
                    if let Ok(key) = key.as_string()
                        && let Some(words) = self.words.get(&**key)
                    {
                        for (word, number) in words {
                            if word.is_met_by(value) {
                                *met |= 1u128.checked_shl(*number).unwrap_or_default();
                            }
                        }
                    }
                    self.look(value, met);
                }
            }
            Rego::Array(items) => items.iter().for_each(|item| self.look(item, met)),
            _ => {}
        }
    }

    /// Whether the definitions of a choice have nothing to say about an object. `false` where that is not known.
    pub(super) fn are_silent(
        &self,
        program: &Program,
        engines: &mut Engines,
        rule: usize,
        choice: Choice,
        input: &Rego,
    ) -> bool {
        if choice.count_ones() as usize == self.definitions.len() {
            return false;
        }
        let known = engines.entry((rule, choice));
        let engine = match known {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(open) => match self.panel(program, choice) {
                Some(engine) => open.insert(engine),
                None => return false,
            },
        };
        // What fails is asked for once more with all others, and reported then.
        match engine::evaluate(engine, ALL, input) {
            Ok(Rego::Set(said)) => said.is_empty(),
            Ok(_) => false,
            Err(failure) => {
                if failure.panic {
                    engines.remove(&(rule, choice));
                }
                false
            }
        }
    }

    fn panel(&self, program: &Program, choice: Choice) -> Option<Engine> {
        let panel = {
            let mut panels = self.panels.lock().unwrap_or_else(PoisonError::into_inner);
            if panels.len() >= MOST && !panels.contains_key(&choice) {
                return None;
            }
            panels.entry(choice).or_default().clone()
        };
        {
            let mut asked = panel.asked.lock().unwrap_or_else(PoisonError::into_inner);
            *asked += 1;
            if *asked < SELDOM {
                return None;
            }
        }
        panel.engine.get_or_init(|| self.prepared(program, choice)).clone()
    }

    fn prepared(&self, program: &Program, choice: Choice) -> Option<Engine> {
        let mut text = String::from("package plimsoll.choice\n\n");
        for (_, one) in self.definitions.iter().enumerate().filter(|(at, _)| choice & (1 << at) != 0) {
            let query = one.query.as_ref()?;
            text.push_str(&format!("all contains said if some said in {query}\n\n"));
        }
        program.with_rule("choice", &text)
    }
}
