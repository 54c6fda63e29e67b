//! Running the built-in pack: rules are chosen by kind, and by what they need to find, before anything is evaluated. The
//! rules that are chosen together are parsed and prepared together, when the first object asks for them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use regorus::{Engine, Value as Rego};

use crate::model::rule::Rule;
use crate::model::value::Value;

use super::kinds::Kinds;
use super::needs::Needs;
use super::pack::{LIBRARY, PACK, PackRule};
use super::parameters::{self, Parameters};
use super::rego::engine::{self, Failure};

/// The wanted rules, and which of them go together.
#[derive(Default)]
pub(super) struct Builtin {
    /// The rules that look at one kind, or at several kinds that have the same rules.
    sets: Vec<Vec<&'static PackRule>>,
    /// Kind, then group, to the set for it.
    by_kind: HashMap<String, Vec<(String, usize)>>,
    /// The set for every other kind.
    others: usize,
    /// What the rules need to find in an object.
    needs: Needs,
    /// What the configuration says of single rules.
    parameters: Parameters,
    prepared: Mutex<HashMap<Choice, Preparation>>,
}

/// A panel, or where it will be once the first thread that needs it has prepared it.
type Preparation = Arc<OnceLock<Result<Panel, Failure>>>;

/// Most choices of rules that are prepared. An object that asks for one more gets all rules of its set, of which those
/// it has no need of have nothing to say.
const MOST_CHOICES: usize = 64;

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
        let needs = Needs::new(rules.iter().flat_map(|rule| &rule.needs).map(String::as_str));
        let mut builtin = Builtin { needs, ..Builtin::default() };
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

    /// Changes the parameters of rules, before any of them is asked.
    pub(super) fn configure(&mut self, parameters: Parameters) {
        self.parameters = parameters;
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

    /// The rules of a set that can have something to say about an object; `None` if there are none.
    pub(super) fn choose(&self, set: usize, object: Value<'_>) -> Option<Choice> {
        let met = self.needs.look(object);
        // What a rule needs is written for the parameters that it brings along.
        let open = |rule: &PackRule| rule.needs.is_empty() || self.parameters.contains_key(&*rule.rule.id);
        let chosen = |rule: &PackRule| open(rule) || rule.needs.iter().any(|need| self.needs.is_met(need, met, object));
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
        let rules = rules.map(|(_, rule)| *rule);
        prepared.get_or_init(|| Panel::prepare(rules.collect(), &self.parameters)).clone()
    }
}

/// The rule that asks all rules of a panel.
const ALL: &str = "data.plimsoll.entry.all";

/// A rule that is always true; asking it makes the engine ready.
const READY: &str = "data.plimsoll.entry.ready";

impl Panel {
    fn prepare(rules: Arc<[&'static PackRule]>, parameters: &Parameters) -> Result<Panel, Failure> {
        let mut engine = engine::blank();
        for (name, text) in libraries(&rules) {
            engine::add(&mut engine, name, text, false)?;
        }
        let mut entry = String::from("package plimsoll.entry\n\nready := true\n\nall := [\n");
        for rule in rules.iter() {
            engine::add(&mut engine, &rule.rule.id, rule.text, false)?;
            if let Some(module) = parameters::module(&rule.rule, parameters) {
                engine::add(&mut engine, "parameters", &module, false)?;
            }
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
    use super::super::rego::value;
    use super::*;
    use crate::load::yaml;
    use crate::model::node::Tree;
    use crate::model::resource::Resource;
    use crate::model::source::FileId;

    /// A rule that is not asked must have nothing to say: about the examples of every rule, and about its own with any
    /// one field taken out or emptied.
    #[test]
    fn a_rule_says_nothing_without_what_it_needs() {
        let builtin = Builtin::new(&|_| true);
        let examples = |rule: &PackRule| {
            let read = |name| {
                let path = format!("policies/{}/{}/{name}.yaml", rule.rule.category, rule.rule.id);
                std::fs::read_to_string(path).unwrap()
            };
            let texts = ["good", "bad"].map(read).join("\n---\n");
            texts.split("\n---\n").map(str::to_owned).collect::<Vec<_>>()
        };
        let all: Vec<String> = PACK.iter().flat_map(examples).collect();
        let mut silent = 0;
        for rule in PACK.iter().filter(|rule| !rule.needs.is_empty()) {
            let own = examples(rule);
            for document in own.iter().flat_map(|document| variants(document)).chain(all.iter().cloned()) {
                silent += usize::from(!is_asked_if_it_speaks(&builtin, rule, &document));
            }
        }
        assert!(silent > 1_000, "{silent} objects that are not asked prove little");
    }

    /// Whether the rule would be asked about the document; it must be if it has something to say.
    fn is_asked_if_it_speaks(builtin: &Builtin, rule: &PackRule, document: &str) -> bool {
        let (mut tree, mut problems) = (Tree::new(FileId(0)), Vec::new());
        let Ok(root) = yaml::parse(document, 0..document.len(), &mut tree, &mut problems) else { return true };
        let object = Value::new(&tree, document, root);
        let Some(resource) = Resource::of(object) else { return true };
        let Some(set) = builtin.set_for(resource.group(), &resource.kind) else { return true };
        let Some(bit) = builtin.sets[set].iter().position(|own| own.rule.id == rule.rule.id) else { return true };
        let chosen = builtin.choose(set, object).is_some_and(|choice| choice.rules & (1 << bit) != 0);
        if !chosen {
            let mut panel = builtin.panel(Choice { set, rules: 1 << bit }).unwrap();
            panel.engine.set_input(value::convert(object));
            let found = engine::evaluate(&mut panel.engine, &rule.query()).unwrap();
            assert_eq!(found, Rego::new_set(), "{} is not asked about\n{document}", rule.rule.id);
        }
        chosen
    }

    /// The document, and the document with each of its lines taken out, or left with nothing behind its colon.
    fn variants(document: &str) -> Vec<String> {
        let lines: Vec<&str> = document.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
        let with = |at: usize, line: Option<&str>| {
            let lines = lines.iter().enumerate().filter_map(|(own, text)| if own == at { line } else { Some(*text) });
            lines.map(|line| format!("{line}\n")).collect::<String>()
        };
        let mut all = vec![document.to_owned()];
        for (at, line) in lines.iter().enumerate() {
            all.push(with(at, None));
            all.extend(line.split_once(": ").map(|(key, _)| with(at, Some(&format!("{key}:")))));
        }
        all
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
