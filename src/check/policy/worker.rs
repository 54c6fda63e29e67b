//! One thread at work: engines of its own, and a resource at a time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use regorus::{Engine, Value as Rego};

use crate::model::diagnostic::Diagnostic;
use crate::model::path::Path;
use crate::model::resource::{Resource, ResourceId};

use super::builtin::{Choice, Panel};
use super::conftest::{Definition, UserRule};
use super::finding::{self, Place};
use super::position;
use super::rego::engine::{self, Failure};
use super::rego::result::{self, Violation};
use super::rego::value;
use super::{BUILTIN_FUNCTION_ERROR, Policies};

/// One thread's engines.
pub struct Worker<'p> {
    policies: &'p Policies,
    builtin: HashMap<Choice, Panel>,
    strict: Option<Engine>,
    lenient: Option<Engine>,
}

/// The resource at hand; its id is made when there is something to say.
struct Subject<'r, 't> {
    resource: &'r Resource<'t>,
    source_name: &'r str,
    id: Option<Arc<ResourceId>>,
}

impl Subject<'_, '_> {
    fn id(&mut self) -> Arc<ResourceId> {
        self.id.get_or_insert_with(|| Arc::new(self.resource.id())).clone()
    }
}

impl<'p> Worker<'p> {
    pub(super) fn new(policies: &'p Policies) -> Self {
        Worker { policies, builtin: HashMap::new(), strict: None, lenient: None }
    }

    /// Checks one resource against every policy that looks at its kind. `source_name` is the printed name of its file.
    pub fn check(&mut self, resource: &Resource<'_>, source_name: &str, out: &mut Vec<Diagnostic>) {
        let policies = self.policies;
        let set = policies.builtin.set_for(resource.group(), &resource.kind);
        let wanted = |rule: &&UserRule| rule.kinds.include(resource.group(), &resource.kind);
        let mut rules = policies.user.rules.iter().filter(wanted).peekable();
        let choice = set.and_then(|set| policies.builtin.choose(set, resource.value));
        if choice.is_none() && rules.peek().is_none() {
            return;
        }
        let input = value::convert(resource.value);
        let mut subject = Subject { resource, source_name, id: None };
        if let Some(choice) = choice {
            self.check_builtin(choice, &mut subject, &input, out);
        }
        for rule in rules {
            self.check_user(rule, &mut subject, &input, out);
        }
    }

    fn check_builtin(
        &mut self,
        choice: Choice,
        subject: &mut Subject<'_, '_>,
        input: &Rego,
        out: &mut Vec<Diagnostic>,
    ) {
        let panel = match self.builtin.entry(choice) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => match self.policies.builtin.panel(choice) {
                Ok(panel) => unknown.insert(panel),
                Err(failure) => return out.push(finding::broken("pack", &failure, subject.resource, subject.id())),
            },
        };
        for (rule, value) in panel.ask(input) {
            match value.and_then(|value| read(&value)) {
                Ok(violations) => {
                    for found in &violations {
                        out.push(finding::builtin(&rule.rule, found, subject.resource, subject.id()));
                    }
                }
                Err(failure) => out.push(finding::broken(&rule.rule.id, &failure, subject.resource, subject.id())),
            }
        }
    }

    fn check_user(&mut self, rule: &UserRule, subject: &mut Subject<'_, '_>, input: &Rego, out: &mut Vec<Diagnostic>) {
        let user = &self.policies.user;
        match self.ask(&rule.query, input) {
            Ok((violations, _)) if !violations.is_empty() && self.is_excepted(rule, input) => {}
            Ok((violations, swallowed)) => {
                if let Some(failure) = swallowed {
                    let mut diagnostic = user.failed(&failure, &BUILTIN_FUNCTION_ERROR);
                    diagnostic.resource = Some(subject.id());
                    out.push(see(diagnostic, subject));
                }
                if !violations.is_empty() {
                    self.report(rule, &violations, subject, input, out);
                }
            }
            Err(failure) => {
                let mut diagnostic = user.failed(&failure, &super::POLICY_ERROR);
                if failure.place.is_none() {
                    diagnostic.primary.span = rule.definitions[0].head;
                }
                diagnostic.resource = Some(subject.id());
                let effect = "the object is unchecked by this policy: exit code 2, not a pass";
                out.push(see(diagnostic.effect(effect), subject));
            }
        }
    }

    /// What a rule says about an object: first with errors of built-in functions as errors, and if there is one, as
    /// OPA does it, with the error beside the answer.
    fn ask(&mut self, query: &str, input: &Rego) -> Result<(Vec<Violation>, Option<Failure>), Failure> {
        let user = &self.policies.user;
        let strict = evaluate(&mut self.strict, || user.strict(), query, input);
        match strict {
            Ok(value) => Ok((read(&value)?, None)),
            Err(failure) if failure.limit => Err(failure),
            Err(failure) => {
                let value = evaluate(&mut self.lenient, || user.lenient(), query, input)?;
                Ok((read(&value)?, Some(failure)))
            }
        }
    }

    /// conftest's `exception`: a rule whose lists of names silence the rules of its package (`policy/engine.go`).
    fn is_excepted(&mut self, rule: &UserRule, input: &Rego) -> bool {
        let Some(exception) = &rule.exception else { return false };
        let user = &self.policies.user;
        let names = evaluate(&mut self.lenient, || user.lenient(), exception, input);
        names.is_ok_and(|lists| {
            result::items(&lists).iter().any(|list| {
                result::items(list).iter().any(|name| name.as_string().is_ok_and(|name| **name == *rule.suffix))
            })
        })
    }

    fn report(
        &mut self,
        rule: &UserRule,
        violations: &[Violation],
        subject: &mut Subject<'_, '_>,
        input: &Rego,
        out: &mut Vec<Diagnostic>,
    ) {
        let authors = self.authors(rule, violations, input);
        let given = |found: &Violation| Place::given(found, subject.resource, subject.source_name);
        let mut places: Vec<Option<Place>> = violations.iter().map(given).collect();
        let open: Vec<usize> = (0..places.len()).filter(|at| places[*at].is_none()).collect();
        if !open.is_empty() {
            let messages: Vec<String> = violations.iter().map(|found| found.message.clone()).collect();
            // A copy of the one definition that says all of it is quicker to ask than all definitions.
            let first = authors[0].first().and_then(|definition| definition.query.as_ref());
            let one = authors.iter().all(|by| by.len() == 1 && by[0].query.as_ref() == first);
            let query = first.filter(|_| one).unwrap_or(&rule.query);
            let wanted: Vec<&str> = open.iter().map(|at| messages[*at].as_str()).collect();
            let trials = position::by_trial(input, &wanted, &messages, &mut |input| {
                let (violations, _) = self.ask(query, &input).ok()?;
                Some(violations.into_iter().map(|found| found.message).collect())
            });
            for (at, trial) in open.into_iter().zip(trials) {
                places[at] = Some(Place::found(trial, &authors[at], subject.resource, input));
            }
        }
        for ((found, place), authors) in violations.iter().zip(places).zip(authors) {
            let by = authors.first().copied();
            let known = by.map_or(&rule.rule, |definition| &definition.rule);
            if let Some(place) = place {
                out.push(finding::user(known, by, found, place, subject.resource, subject.id()));
            }
        }
    }

    /// For each violation the definitions that say it.
    fn authors<'r>(&mut self, rule: &'r UserRule, violations: &[Violation], input: &Rego) -> Vec<Vec<&'r Definition>> {
        if let [only] = rule.definitions.as_slice() {
            return violations.iter().map(|_| vec![only]).collect();
        }
        let mut authors: Vec<Vec<&Definition>> = violations.iter().map(|_| Vec::new()).collect();
        for definition in &rule.definitions {
            let Some(Ok((own, _))) = definition.query.as_ref().map(|query| self.ask(query, input)) else { continue };
            for (found, authors) in violations.iter().zip(&mut authors) {
                if own.contains(found) {
                    authors.push(definition);
                }
            }
        }
        authors
    }
}

fn read(value: &Rego) -> Result<Vec<Violation>, Failure> {
    result::violations(value).map_err(Failure::of)
}

/// Asks an engine that is made when it is first needed, and thrown away when it broke down.
fn evaluate(
    engine: &mut Option<Engine>,
    make: impl FnOnce() -> Option<Engine>,
    query: &str,
    input: &Rego,
) -> Result<Rego, Failure> {
    if engine.is_none() {
        *engine = make();
    }
    let Some(ready) = engine else { return Err(Failure::of("no policy is loaded".to_owned())) };
    ready.set_input(input.clone());
    let value = engine::evaluate(ready, query);
    if value.as_ref().is_err_and(|failure| failure.panic) {
        *engine = None;
    }
    value
}

/// Names the object on which a policy failed.
fn see(diagnostic: Diagnostic, subject: &Subject<'_, '_>) -> Diagnostic {
    let path = Path::of(["metadata", "name"]);
    diagnostic.see(path.span(subject.resource.value), "on this object")
}
