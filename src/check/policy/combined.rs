//! Rules over all objects at once, in the form of `conftest --combine`: the input is a list of `{"path", "contents"}`,
//! one for each object (conftest `parser/parser.go`, `CombineConfigurations`).
//!
//! Which object a message is about is found by leaving objects out, half of them at a time.

use regorus::Value as Rego;
use regorus::value::{Array, Object as Fields};

use crate::model::diagnostic::Diagnostic;

use super::conftest::User;
use super::rego::asker::Asker;
use super::rego::engine::Failure;
use super::rego::result::{self, Violation};
use super::rego::value;
use super::report::{self, Case, Subject};
use super::reporting::Reporting;
use super::together::Object;
use super::{BUILTIN_FUNCTION_ERROR, POLICY_ERROR, worker};

/// The findings of all such rules.
pub(super) fn check(user: &User, objects: &[Object<'_>]) -> Vec<Diagnostic> {
    if user.combined.is_empty() {
        return Vec::new();
    }
    let mut all = Combined { user, objects, files: objects.iter().map(file).collect(), asker: Asker::default() };
    // What conftest calls all files together.
    all.asker.set_file("Combined");
    user.combined.iter().flat_map(|rule| all.check(rule)).collect()
}

fn file(object: &Object<'_>) -> (Rego, Rego) {
    (Rego::from(object.name), value::convert(object.resource.value))
}

struct Combined<'a> {
    user: &'a User,
    objects: &'a [Object<'a>],
    /// Path and contents.
    files: Vec<(Rego, Rego)>,
    asker: Asker,
}

/// The input without some objects, and with others changed.
fn input(files: &[(Rego, Rego)], without: &[bool], changed: Option<(usize, &Rego)>) -> Rego {
    let there = files.iter().enumerate().filter(|(at, _)| !without.get(*at).copied().unwrap_or_default());
    let entry = |(at, (path, contents)): (usize, &(Rego, Rego))| {
        let contents = changed.filter(|(own, _)| *own == at).map_or(contents, |(_, contents)| contents);
        let fields = [(Rego::from("path"), path.clone()), (Rego::from("contents"), contents.clone())];
        Rego::from(fields.into_iter().collect::<Fields>())
    };
    Rego::from(there.map(entry).collect::<Array>())
}

impl Combined<'_> {
    fn check(&mut self, rule: &Reporting) -> Vec<Diagnostic> {
        let whole = input(&self.files, &[], None);
        let answer = self.asker.ask(&self.user.program, None, &rule.query, &whole);
        let answer =
            answer.and_then(|(value, swallowed)| Ok((result::violations(&value).map_err(Failure::of)?, swallowed)));
        let (violations, swallowed) = match answer {
            Ok(answer) => answer,
            Err(failure) => {
                let mut problem = self.user.program.failed(&failure, &POLICY_ERROR);
                if failure.place.is_none() {
                    problem.primary.span = rule.definitions[0].head;
                }
                return vec![problem.effect("the policy has checked nothing: exit code 2, not a pass")];
            }
        };
        let mut findings = Vec::new();
        findings.extend(swallowed.map(|failure| self.user.program.failed(&failure, &BUILTIN_FUNCTION_ERROR)));
        if violations.is_empty() || worker::is_excepted(&mut self.asker, &self.user.program, rule, &whole) {
            return findings;
        }
        let messages: Vec<String> = violations.iter().map(|found| found.message.clone()).collect();
        for (at, found) in violations.iter().enumerate() {
            let others: Vec<String> =
                messages.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, text)| text.clone()).collect();
            findings.extend(self.place(rule, found, &others));
        }
        findings
    }

    fn place(&mut self, rule: &Reporting, found: &Violation, others: &[String]) -> Vec<Diagnostic> {
        let Some((at, without)) = self.named(found).or_else(|| self.search(rule, found)) else {
            let message = "the policy looks at all objects at once, and no single one of them is the cause";
            let mut problem = Diagnostic::new(&rule.rule, rule.definitions[0].head, found.message.clone(), message);
            problem.effect = Some(rule.rule.why.to_string()).filter(|text| !text.is_empty());
            problem.notes.extend(found.note.clone());
            return vec![problem];
        };
        let files = &self.files;
        let wrap = |contents: Rego| input(files, &without, Some((at, &contents)));
        let (program, object) = (&self.user.program, &files[at].1);
        let whole = wrap(object.clone());
        let case = Case {
            program,
            rule,
            object,
            input: &whole,
            wrap: &wrap,
            route: &[],
            readings: None,
            within: &[],
            others,
            hints: &report::no_hints,
        };
        let mut subject = Subject::new(&self.objects[at].resource, self.objects[at].name);
        report::report(&case, &mut self.asker, std::slice::from_ref(found), &mut subject)
    }

    /// The object at the line that the policy names.
    fn named(&self, found: &Violation) -> Option<(usize, Vec<bool>)> {
        let (file, line) = found.line.as_ref()?;
        let file = file.trim_start_matches("./");
        let starts = |object: &Object<'_>| {
            let value = object.resource.value;
            let before = value.source().get(..value.node().start as usize)?;
            Some(before.matches('\n').count() + 1)
        };
        let own = |(_, object): &(usize, &Object<'_>)| object.name == file && object.resource.value.tree().base == 0;
        let placed = self.objects.iter().enumerate().filter(own).filter_map(|(at, object)| Some((at, starts(object)?)));
        let (at, _) = placed.filter(|(_, start)| *start <= *line as usize).max_by_key(|(_, start)| *start)?;
        Some((at, Vec::new()))
    }

    /// The object without which the message is gone, and which other objects have to be left out for that.
    fn search(&mut self, rule: &Reporting, found: &Violation) -> Option<(usize, Vec<bool>)> {
        let mut without = vec![false; self.files.len()];
        let (mut start, mut end) = (0, self.files.len());
        let mut is_gone = |without: &[bool]| {
            let value = self.asker.ask(&self.user.program, None, &rule.query, &input(&self.files, without, None));
            let left = value.ok().and_then(|(value, _)| result::violations(&value).ok());
            left.is_some_and(|left| left.iter().all(|other| other.message != found.message))
        };
        if !is_gone(&vec![true; without.len()]) {
            return None;
        }
        let mut narrowed = without.len() == 1;
        while end - start > 1 {
            let middle = start + (end - start) / 2;
            let mut leave_out = |from: usize, to: usize| {
                without[from..to].fill(true);
                let gone = is_gone(&without);
                without[from..to].fill(false);
                gone
            };
            // Of two that disagree the later is more likely to be the newer.
            if leave_out(middle, end) {
                (start, narrowed) = (middle, true);
            } else if leave_out(start, middle) {
                (end, narrowed) = (middle, true);
            } else {
                // Each half is enough for the message: look in one without the other.
                without[start..middle].fill(true);
                start = middle;
            }
        }
        // Where every object is enough, none is the cause.
        narrowed.then_some((start, without))
    }
}
