//! Running the built-in pack: rules are chosen by kind, and by what they need to find, before anything is evaluated. The
//! rules that are chosen together are parsed and prepared together, when the first object asks for them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use regorus::{Engine, Value as Rego};

use crate::check::schema::{Schemas, Version};
use crate::model::rule::Rule;
use crate::model::value::Value;

use super::kinds::Kinds;
use super::needs::Needs;
use super::pack::{LIBRARY, PACK, PackRule};
use super::parameters::{self, Parameters};
use super::rego::engine::{self, Failure};
use super::rego::result::Violation;

/// The wanted rules, and which of them go together.
#[derive(Default)]
pub(super) struct Builtin {
    /// The rules that look at one kind, or at several kinds that have the same rules.
    sets: Vec<Vec<&'static PackRule>>,
    /// Kind, then group, to the set for it.
    by_kind: HashMap<String, Vec<(String, usize)>>,
    /// The set for every other kind.
    others: usize,
    /// For each set what its rules need to find in an object, read for the first one: patterns take long to compile.
    needs: Vec<OnceLock<Needs>>,
    /// For each set its rules that know of configured parameters, a bit each.
    configured: Vec<u128>,
    /// What the configuration says of single rules.
    parameters: Parameters,
    /// What rules see as `data.plimsoll.target`.
    target: String,
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
        let mut builtin = Builtin::default();
        let newest = Schemas::default().version();
        builtin.aim(newest, newest);
        builtin.others = builtin.set(rules.iter().copied().filter(|rule| rule.kinds == Kinds::Any).collect());
        for (group, kind) in named {
            let set = builtin.set(rules.iter().copied().filter(|rule| rule.kinds.include(group, kind)).collect());
            builtin.by_kind.entry(kind.clone()).or_default().push((group.clone(), set));
        }
        builtin.needs = builtin.sets.iter().map(|_| OnceLock::new()).collect();
        builtin.configured = vec![0; builtin.sets.len()];
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
        let bit = |(at, rule): (usize, &&PackRule)| u128::from(parameters.contains_key(&*rule.rule.id)) << at;
        self.configured = self.sets.iter().map(|set| set.iter().enumerate().map(bit).sum()).collect();
        self.parameters = parameters;
    }

    /// The versions of Kubernetes that objects have to be right for, before any rule is asked.
    pub(super) fn aim(&mut self, oldest: Version, newest: Version) {
        let Version { minor: oldest } = oldest;
        self.target = format!("package plimsoll.target\n\noldest := {oldest}\n\nnewest := {}\n", newest.minor);
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
        // What a rule needs is written for the parameters that it brings along.
        let read = || Needs::new(self.sets[set].iter().map(|rule| rule.needs));
        let rules = self.needs[set].get_or_init(read).look(object) | self.configured[set];
        (rules != 0).then_some(Choice { set, rules })
    }

    /// What the rules of a choice say that have a second form, which takes neither conversion nor interpreter; and the
    /// rules that are left.
    pub(super) fn ask_native(
        &self,
        choice: Choice,
        object: Value<'_>,
        said: &mut dyn FnMut(&'static PackRule, Vec<Violation>),
    ) -> Option<Choice> {
        let mut left = choice.rules;
        for (at, rule) in self.sets[choice.set].iter().enumerate() {
            let bit = 1 << at;
            let native = rule.native.filter(|_| left & bit != 0 && self.configured[choice.set] & bit == 0);
            if let Some(violations) = native.and_then(|native| native(object)) {
                left &= !bit;
                said(rule, violations);
            }
        }
        (left != 0).then_some(Choice { rules: left, ..choice })
    }

    /// The rules of a set that have a second form, a bit each.
    fn natives(&self, set: usize) -> u128 {
        self.sets[set].iter().enumerate().map(|(at, rule)| u128::from(rule.native.is_some()) << at).sum()
    }

    /// The rules of a choice, ready to be asked.
    ///
    /// # Errors
    /// A rule of the pack that does not compile, which the test of the pack makes sure of.
    pub(super) fn panel(&self, choice: Choice) -> Result<Panel, Failure> {
        let (choice, prepared) = {
            let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
            // A rule that has answered in its second form is not asked again.
            let answered = self.natives(choice.set) & !choice.rules;
            let full = Choice { set: choice.set, rules: !answered };
            let choice = if prepared.len() < MOST_CHOICES || prepared.contains_key(&choice) { choice } else { full };
            (choice, prepared.entry(choice).or_default().clone())
        };
        let rules = self.sets[choice.set].iter().enumerate().filter(|(number, _)| choice.rules & (1 << number) != 0);
        let rules = rules.map(|(_, rule)| *rule);
        prepared.get_or_init(|| Panel::prepare(rules.collect(), &self.parameters, &self.target)).clone()
    }
}

/// The rule that asks all rules of a panel.
const ALL: &str = "data.plimsoll.entry.all";

/// A rule that is always true; asking it makes the engine ready.
const READY: &str = "data.plimsoll.entry.ready";

impl Panel {
    fn prepare(rules: Arc<[&'static PackRule]>, parameters: &Parameters, target: &str) -> Result<Panel, Failure> {
        let mut engine = engine::blank();
        engine::add(&mut engine, "target", target, false)?;
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
        engine::evaluate(&mut engine, READY, &Rego::new_object())?;
        Ok(Panel { rules, engine })
    }

    /// What each rule says about an object. All are asked at once, so that what they share is worked out once; if that
    /// fails, one by one, so that the failure of one does not silence the others.
    pub(super) fn ask(&mut self, input: &Rego) -> Vec<(&'static PackRule, Result<Rego, Failure>)> {
        let rules = self.rules.iter().copied();
        match engine::evaluate(&mut self.engine, ALL, input) {
            Ok(Rego::Array(values)) => rules.zip(values.iter().cloned().map(Ok)).collect(),
            _ => rules.map(|rule| (rule, engine::evaluate(&mut self.engine, &rule.query(), input))).collect(),
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
    #![allow(clippy::unwrap_used, clippy::print_stdout)]
    use super::super::rego::{result, value};
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

    /// The documents of the examples of a rule.
    fn examples(rule: &PackRule) -> Vec<String> {
        let read = |name| {
            let path = format!("policies/{}/{}/{name}.yaml", rule.rule.category, rule.rule.id);
            std::fs::read_to_string(path).unwrap()
        };
        let texts = ["good", "bad"].map(read).join("\n---\n");
        texts.split("\n---\n").map(str::to_owned).collect()
    }

    /// Does something with a document that is an object, and the set of its kind.
    fn with<T>(builtin: &Builtin, document: &str, then: impl FnOnce(usize, Value<'_>) -> T) -> Option<T> {
        let (mut tree, mut problems) = (Tree::new(FileId(0)), Vec::new());
        let root = yaml::parse(document, 0..document.len(), &mut tree, &mut problems).ok()?;
        let object = Value::new(&tree, document, root);
        let resource = Resource::of(object)?;
        Some(then(builtin.set_for(resource.group(), &resource.kind)?, object))
    }

    /// What the text of a rule says, in an order of its own.
    fn said(builtin: &Builtin, choice: Choice, rule: &PackRule, object: Value<'_>) -> Rego {
        let mut panel = builtin.panel(choice).unwrap();
        engine::evaluate(&mut panel.engine, &rule.query(), &value::convert(object)).unwrap()
    }

    /// Whether the rule would be asked about the document; it must be if it has something to say.
    fn is_asked_if_it_speaks(builtin: &Builtin, rule: &PackRule, document: &str) -> bool {
        let is_asked = |set: usize, object: Value<'_>| {
            let Some(at) = builtin.sets[set].iter().position(|own| own.rule.id == rule.rule.id) else { return true };
            let chosen = builtin.choose(set, object).is_some_and(|choice| choice.rules & (1 << at) != 0);
            if !chosen {
                let found = said(builtin, Choice { set, rules: 1 << at }, rule, object);
                assert_eq!(found, Rego::new_set(), "{} is not asked about\n{document}", rule.rule.id);
            }
            chosen
        };
        with(builtin, document, is_asked).unwrap_or(true)
    }

    /// Compares both forms of the rules that have two. Returns how many objects were compared, and in how many something
    /// was found.
    fn compare(builtin: &Builtin, document: &str) -> (usize, usize) {
        let both = |set: usize, object: Value<'_>| {
            let mut counts = (0, 0);
            for (at, rule) in builtin.sets[set].iter().enumerate() {
                let Some(mut own) = rule.native.and_then(|native| native(object)) else { continue };
                let found = said(builtin, Choice { set, rules: 1 << at }, rule, object);
                let mut found = result::violations(&found).unwrap();
                let key = |violation: &Violation| format!("{violation:?}");
                own.sort_by_key(key);
                found.sort_by_key(key);
                assert_eq!(own, found, "{} about\n{document}", rule.rule.id);
                counts = (counts.0 + 1, counts.1 + usize::from(!found.is_empty()));
            }
            counts
        };
        with(builtin, document, both).unwrap_or_default()
    }

    #[test]
    fn both_forms_of_a_rule_find_the_same() {
        let builtin = Builtin::new(&|_| true);
        let (mut compared, mut found) = (0, 0);
        let mut add = |(more, bad)| (compared, found) = (compared + more, found + bad);
        for rule in PACK.iter() {
            for document in examples(rule) {
                if rule.native.is_some() {
                    variants(&document).iter().for_each(|document| add(compare(&builtin, document)));
                }
                add(compare(&builtin, &document));
            }
        }
        assert!(compared > 500 && found > 200, "{compared} comparisons with {found} findings prove little");
    }

    #[test]
    fn both_forms_of_a_rule_find_the_same_in_real_repositories() {
        let Ok(shared) = std::env::var("PLIMSOLL_SHARED") else {
            println!("skipped: real repositories are not in this one; needs PLIMSOLL_SHARED");
            return;
        };
        let builtin = Builtin::new(&|_| true);
        let files = walkdir::WalkDir::new(std::path::Path::new(&shared).join("corpus")).into_iter().flatten();
        let is_yaml =
            |file: &walkdir::DirEntry| file.path().extension().is_some_and(|end| end == "yaml" || end == "yml");
        let (mut compared, mut found) = (0, 0);
        for file in files.filter(is_yaml) {
            let Ok(text) = std::fs::read_to_string(file.path()) else { continue };
            for document in text.split("\n---") {
                let (more, bad) = compare(&builtin, document);
                (compared, found) = (compared + more, found + bad);
            }
        }
        assert!(compared > 1_000 && found > 200, "{compared} comparisons with {found} findings prove little");
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
        let native = builtin.sets[set].iter().filter(|rule| rule.native.is_some()).count();
        assert_eq!(panel.rules.len(), builtin.sets[set].len() - native);
    }
}
