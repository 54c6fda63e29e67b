//! Suites of gator (`open-policy-agent/gatekeeper/pkg/gator/verify`).

use std::path::Path;

use regex::Regex;

use crate::check::policy::POLICY_TEST;
use crate::check::policy::testing::{Gate, Status, Tested};
use crate::discover::{self, PolicyFile};
use crate::load::{Loader, Source};
use crate::model::diagnostic::Diagnostic;
use crate::model::document::Part;
use crate::model::resource::Resource;
use crate::model::rule::Severity;
use crate::model::scalar::Scalar;
use crate::model::source::{Sources, Span};
use crate::model::value::Value;

use super::beside;

/// The only kind of suite there is.
const KIND: (&str, &str) = ("test.gatekeeper.sh", "Suite");

/// The files of a suite that were read.
struct Files<'s> {
    loader: Loader,
    directory: &'s Path,
    sources: &'s mut Sources,
}

impl Files<'_> {
    /// The documents of a file that stands in a suite.
    fn read(&mut self, suite: &PolicyFile, name: &str) -> Result<Vec<Part>, String> {
        let path = beside(suite, name);
        let unreadable = |why: &dyn std::fmt::Display| format!("`{name}` cannot be read: {why}");
        let file =
            discover::policy_file(&path, self.directory, self.sources).map_err(|error| unreadable(&error.why))?;
        let bytes = Source::Bytes(file.text.as_bytes());
        let parts = self.loader.keep(file.file, &file.name, bytes).unwrap_or_default();
        match parts.iter().flat_map(|part| &part.findings).find(|finding| finding.severity == Severity::Error) {
            Some(finding) => Err(unreadable(&finding.message)),
            None => Ok(parts),
        }
    }
}

/// Runs the suites in a file.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn run(file: &PolicyFile, directory: &Path, sources: &mut Sources) -> Result<Vec<Tested>, Vec<Diagnostic>> {
    let mut files = Files { loader: Loader::default(), directory, sources };
    let bytes = Source::Bytes(file.text.as_bytes());
    let parts = files.loader.keep(file.file, &file.name, bytes).unwrap_or_default();
    let broken: Vec<Diagnostic> = parts
        .iter()
        .flat_map(|part| &part.findings)
        .filter(|finding| finding.severity == Severity::Error)
        .cloned()
        .collect();
    if !broken.is_empty() {
        return Err(broken);
    }
    let mut tested = Vec::new();
    for resource in parts.iter().flat_map(Part::roots).filter_map(|(_, root)| Resource::of(root)) {
        if (resource.group(), &*resource.kind) != KIND {
            continue;
        }
        let skipped = is_true(resource.value, "skip");
        let name = resource.name().unwrap_or_default().into_owned();
        for test in resource.value.get("tests").into_iter().flat_map(Value::items) {
            let mut suite = Suite { file, files: &mut files, suite: &name, test, tested: &mut tested };
            suite.test(skipped || is_true(test, "skip"));
        }
    }
    Ok(tested)
}

fn is_true(value: Value<'_>, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool) == Some(true)
}

fn text(value: Value<'_>, key: &str) -> String {
    value.get(key).and_then(Value::text).unwrap_or_default().into_owned()
}

/// One test of a suite.
struct Suite<'t, 'f, 's> {
    file: &'t PolicyFile,
    files: &'t mut Files<'f>,
    suite: &'t str,
    test: Value<'t>,
    tested: &'s mut Vec<Tested>,
}

impl Suite<'_, '_, '_> {
    fn done(&mut self, case: Option<Value<'_>>, status: Status, problem: Option<Diagnostic>) {
        let test = text(self.test, "name");
        let name = case.map_or(test.clone(), |case| format!("{test}/{}", text(case, "name")));
        let at = case.unwrap_or(self.test);
        let span = at.get("name").map_or_else(|| at.title_span(), Value::span);
        let suite = self.suite.to_owned();
        self.tested.push(Tested { file: self.file.file, suite, name, status, span, problem });
    }

    fn test(&mut self, skipped: bool) {
        let cases: Vec<Value<'_>> = self.test.get("cases").map(|cases| cases.items().collect()).unwrap_or_default();
        if skipped {
            return self.done(None, Status::Skipped, None);
        }
        let invalid = is_true(self.test, "invalid");
        let gate = match self.gate() {
            Ok(gate) if !invalid => gate,
            Ok(_) => {
                let span = self.test.get("invalid").map_or_else(|| self.test.title_span(), Value::span);
                let problem =
                    Diagnostic::new(&POLICY_TEST, span, "the constraint is expected to be invalid, and is not", "");
                return self.done(None, Status::Failed, Some(problem));
            }
            Err(_) if invalid => return self.done(None, Status::Passed, None),
            Err(problem) => return self.done(None, Status::Error, Some(*problem)),
        };
        for case in cases {
            if is_true(case, "skip") {
                self.done(Some(case), Status::Skipped, None);
                continue;
            }
            match self.case(&gate, case) {
                Ok(None) => self.done(Some(case), Status::Passed, None),
                Ok(Some(problem)) => self.done(Some(case), Status::Failed, Some(*problem)),
                Err(problem) => self.done(Some(case), Status::Error, Some(*problem)),
            }
        }
    }

    fn broken(&self, at: Option<Value<'_>>, message: impl Into<String>) -> Box<Diagnostic> {
        let span = at.map_or_else(|| self.test.title_span(), Value::span);
        Box::new(Diagnostic::new(&POLICY_TEST, span, message, ""))
    }

    fn gate(&mut self) -> Result<Gate, Box<Diagnostic>> {
        let mut parts = Vec::new();
        for key in ["template", "constraint", "expansion"] {
            let at = self.test.get(key);
            let name = text(self.test, key);
            if name.is_empty() && key == "expansion" {
                continue;
            }
            if name.is_empty() {
                return Err(self.broken(at, format!("the test names no {key}")));
            }
            parts.extend(self.files.read(self.file, &name).map_err(|message| self.broken(at, message))?);
        }
        let policies: Vec<Resource<'_>> =
            parts.iter().flat_map(Part::roots).filter_map(|(_, root)| Resource::of(root)).collect();
        Gate::new(&policies).map_err(|mut problems| match problems.is_empty() {
            true => self.broken(None, "the policy engine broke down"),
            false => Box::new(problems.swap_remove(0).see(self.test.title_span(), "in this test")),
        })
    }

    /// Runs a case; `Some` is what did not go as expected.
    fn case(&mut self, gate: &Gate, case: Value<'_>) -> Result<Option<Box<Diagnostic>>, Box<Diagnostic>> {
        let at = case.get("object");
        let object = self.files.read(self.file, &text(case, "object")).map_err(|why| self.broken(at, why))?;
        let roots: Vec<Value<'_>> = object.iter().flat_map(Part::roots).map(|(_, root)| root).collect();
        let Some(resource) = roots.first().filter(|_| roots.len() == 1).and_then(|root| Resource::of(*root)) else {
            return Err(self.broken(at, "the file must hold one object"));
        };
        let mut inventory = Vec::new();
        for name in case.get("inventory").into_iter().flat_map(Value::items) {
            let file = name.text().unwrap_or_default();
            inventory.extend(self.files.read(self.file, &file).map_err(|why| self.broken(Some(name), why))?);
        }
        let inventory: Vec<Value<'_>> = inventory.iter().flat_map(Part::roots).map(|(_, root)| root).collect();
        let messages = gate.messages(&resource, &inventory).map_err(|why| self.broken(at, why))?;
        let mut assertions = case.get("assertions").into_iter().flat_map(Value::items).peekable();
        if assertions.peek().is_none() {
            return Err(self.broken(case.get("name"), "the case has no assertions"));
        }
        for assertion in assertions {
            if let Some(problem) = self.assertion(assertion, &messages)? {
                return Ok(Some(problem));
            }
        }
        Ok(None)
    }

    fn assertion(&self, assertion: Value<'_>, messages: &[String]) -> Result<Option<Box<Diagnostic>>, Box<Diagnostic>> {
        let wanted = match assertion.get("message") {
            None => None,
            Some(at) => {
                let pattern = Regex::new(&at.text().unwrap_or_default());
                Some(pattern.map_err(|_| self.broken(Some(at), "this is no regular expression"))?)
            }
        };
        let count = messages.iter().filter(|text| wanted.as_ref().is_none_or(|wanted| wanted.is_match(text))).count();
        let at = assertion.get("violations");
        let (fits, expected) = match at.and_then(Value::scalar) {
            None | Some(Scalar::Bool(true) | Scalar::Null) => (count > 0, "at least one violation".to_owned()),
            Some(Scalar::Bool(false)) => (count == 0, "no violation".to_owned()),
            Some(Scalar::Int(number)) => (i64::try_from(count) == Ok(number), plural(number)),
            Some(Scalar::Str(word)) if word == "yes" => (count > 0, "at least one violation".to_owned()),
            Some(Scalar::Str(word)) if word == "no" => (count == 0, "no violation".to_owned()),
            Some(_) => return Err(self.broken(at, "`violations` is a number, `yes` or `no`")),
        };
        if fits {
            return Ok(None);
        }
        let span = at.or(assertion.get("message")).map_or_else(|| assertion.title_span(), Value::span);
        Ok(Some(Box::new(self.failed(span, &expected, count, wanted.is_some(), messages))))
    }

    fn failed(&self, span: Span, expected: &str, count: usize, matching: bool, messages: &[String]) -> Diagnostic {
        let matching = if matching { " with this message" } else { "" };
        let message = format!("expected {expected}{matching}, got {count}");
        let problem = Diagnostic::new(&POLICY_TEST, span, message, "");
        messages.iter().fold(problem, |problem, text| problem.note(format!("violation: {text}")))
    }
}

fn plural(number: i64) -> String {
    if number == 1 { "1 violation".to_owned() } else { format!("{number} violations") }
}
