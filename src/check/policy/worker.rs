//! One thread at work: engines of its own, and a resource at a time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use regorus::Value as Rego;

use crate::model::diagnostic::Diagnostic;
use crate::model::path::Path;
use crate::model::resource::Resource;

use super::builtin::{Choice, Panel};
use super::choice::Engines;
use super::rego::asker::Asker;
use super::rego::engine::Failure;
use super::rego::program::Program;
use super::rego::result::{self, Violation};
use super::rego::value;
use super::report::{Case, Subject};
use super::reporting::Reporting;
use super::{BUILTIN_FUNCTION_ERROR, POLICY_ERROR, Policies, finding, report};

/// One thread's engines.
pub struct Worker<'p> {
    policies: &'p Policies,
    builtin: HashMap<Choice, Panel>,
    user: Asker,
    /// Engines for some of the definitions of a user's rule.
    chosen: Engines,
}

impl<'p> Worker<'p> {
    pub(super) fn new(policies: &'p Policies) -> Self {
        Worker { policies, builtin: HashMap::new(), user: Asker::default(), chosen: Engines::new() }
    }

    /// Checks one resource against every policy that looks at its kind. `source_name` is the printed name of its file.
    pub fn check(&mut self, resource: &Resource<'_>, source_name: &str, out: &mut Vec<Diagnostic>) {
        let policies = self.policies;
        let set = policies.builtin.set_for(resource.group(), &resource.kind);
        let wanted = |rule: &&Reporting| rule.kinds.include(resource.group(), &resource.kind);
        let mut rules = policies.user.rules.iter().enumerate().filter(|(_, rule)| wanted(rule)).peekable();
        let mut subject = Subject::new(resource, source_name);
        let choice = set.and_then(|set| policies.builtin.choose(set, resource.value)).and_then(|choice| {
            policies.builtin.ask_native(choice, resource.value, &mut |rule, violations| {
                if !violations.is_empty() {
                    finding::builtins(&rule.rule, &violations, resource, &subject.id(), out);
                }
            })
        });
        if choice.is_none() && rules.peek().is_none() {
            return;
        }
        let input = value::convert(resource.value);
        if let Some(choice) = choice {
            self.check_builtin(choice, &mut subject, &input, out);
        }
        self.user.set_file(source_name);
        for (number, rule) in rules {
            if !self.are_silent(number, rule, resource, &input) {
                self.check_user(rule, &mut subject, &input, out);
            }
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
                Ok(violations) if violations.is_empty() => {}
                Ok(violations) => {
                    finding::builtins(&rule.rule, &violations, subject.resource, &subject.id(), out);
                }
                Err(failure) => out.push(finding::broken(&rule.rule.id, &failure, subject.resource, subject.id())),
            }
        }
    }

    /// Whether it is known, without asking all of them, that the definitions of a rule have nothing to say.
    fn are_silent(&mut self, number: usize, rule: &Reporting, resource: &Resource<'_>, input: &Rego) -> bool {
        let Some(chooser) = &rule.chooser else { return false };
        let choice = chooser.choose(resource.group(), &resource.kind, input);
        let program = &self.policies.user.program;
        choice == 0 || chooser.are_silent(program, &mut self.chosen, number, choice, input)
    }

    fn check_user(&mut self, rule: &Reporting, subject: &mut Subject<'_, '_>, input: &Rego, out: &mut Vec<Diagnostic>) {
        let program = &self.policies.user.program;
        let case = Case::of_object(program, rule, input);
        let violations = match ask(&mut self.user, &case, subject, out) {
            Some(violations) if !violations.is_empty() => violations,
            _ => return,
        };
        if !is_excepted(&mut self.user, program, rule, input) {
            out.extend(report::report(&case, &mut self.user, &violations, subject));
        }
    }
}

/// What a rule says in a case; what keeps it from saying anything is a finding. `None` if it fails.
pub(super) fn ask(
    asker: &mut Asker,
    case: &Case<'_>,
    subject: &mut Subject<'_, '_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Vec<Violation>> {
    let answer = asker.ask(case.program, case.readings, &case.rule.query, case.input);
    match answer.and_then(|(value, swallowed)| Ok((read(&value)?, swallowed))) {
        Ok((violations, swallowed)) => {
            if let Some(failure) = swallowed {
                let mut diagnostic = case.program.failed(&failure, &BUILTIN_FUNCTION_ERROR);
                diagnostic.resource = Some(subject.id());
                out.push(see(diagnostic, subject));
            }
            Some(violations)
        }
        Err(failure) => {
            let mut diagnostic = case.program.failed(&failure, &POLICY_ERROR);
            if failure.place.is_none() {
                diagnostic.primary.span = case.rule.definitions[0].head;
            }
            diagnostic.resource = Some(subject.id());
            let effect = "the object is unchecked by this policy: exit code 2, not a pass";
            out.push(see(diagnostic.effect(effect), subject));
            None
        }
    }
}

/// conftest's `exception`: a rule whose lists of names silence the rules of its package, or a package whose rules are such
/// lists (`policy/engine.go`).
pub(super) fn is_excepted(asker: &mut Asker, program: &Program, rule: &Reporting, input: &Rego) -> bool {
    let names_it = |list: &Rego| {
        let is_it = |name: &&Rego| name.as_string().is_ok_and(|name| **name == *rule.suffix);
        values(list).iter().any(is_it)
    };
    let mut ask = |query: &String| asker.ask_leniently(program, query, input).ok();
    let is_in_lists = |lists: Rego| values(&lists).into_iter().any(names_it);
    rule.exception.as_ref().and_then(&mut ask).is_some_and(is_in_lists)
        || rule.exceptions.iter().filter_map(ask).any(|list| names_it(&list))
}

/// What `[_]` goes through.
fn values(value: &Rego) -> Vec<&Rego> {
    match value {
        Rego::Object(fields) => fields.iter().map(|(_, value)| value).collect(),
        other => result::items(other),
    }
}

fn read(value: &Rego) -> Result<Vec<Violation>, Failure> {
    result::violations(value).map_err(Failure::of)
}

/// Names the object on which a policy failed.
fn see(diagnostic: Diagnostic, subject: &Subject<'_, '_>) -> Diagnostic {
    let path = Path::of(["metadata", "name"]);
    diagnostic.see(path.span(subject.resource.value), "on this object")
}
