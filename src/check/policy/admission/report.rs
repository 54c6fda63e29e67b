//! From what expressions say about an object to findings.

use regorus::Value as Rego;

use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path, Segment};
use crate::model::rule::Rule;

use super::super::finding::{self, Place};
use super::super::position;
use super::super::rego::result::Violation;
use super::super::report::Subject;
use super::expressions::{Broken, Expressions, Judged};

/// Expressions and what they are asked about.
pub struct Case<'c> {
    pub expressions: &'c Expressions,
    pub object: &'c Rego,
    /// The route to the object in the resource.
    pub within: &'c [Segment],
    pub rule: &'c Rule,
}

/// The findings for violations. `ask` judges another object in the place of this one.
pub fn report(
    case: &Case<'_>,
    judged: &Judged,
    ask: &mut dyn FnMut(&Rego) -> Judged,
    subject: &mut Subject<'_, '_>,
) -> Vec<Diagnostic> {
    let key = |broken: &Broken| format!("{:?} {}", broken.at, broken.message);
    let messages: Vec<String> = judged.violations.iter().map(key).collect();
    let wanted: Vec<&str> = messages.iter().map(String::as_str).collect();
    let trials = position::by_trial(case.object, &wanted, &messages, &mut |object| {
        let judged = ask(&object);
        // What cannot be evaluated without a part is not gone.
        let known = judged.unknown.is_empty();
        // Neither is it still there where the expression fails only for want of that part.
        let still = judged.violations.iter().map(|broken| (broken.fails, key(broken)));
        let still = still.filter(|(fails, key)| !fails || messages.contains(key)).map(|(_, key)| key);
        known.then(|| still.collect())
    });
    let mut findings = Vec::new();
    for (Broken { at, message, .. }, trial) in judged.violations.iter().zip(trials) {
        let routes: Vec<Path> = case.expressions.references(*at);
        let routes: Vec<&[Segment]> = routes.iter().map(|path| path.0.as_slice()).collect();
        let place = Place::among(trial, &routes, case.object, case.within, subject.resource);
        let found = Violation::new(message);
        let finding = finding::user(case.rule, None, &found, place, subject.resource, subject.id());
        let validation = at.and_then(|at| case.expressions.validations.get(at));
        findings.push(match validation {
            Some(validation) => finding.see(validation.expression.span, "this expression is false"),
            None => finding,
        });
    }
    findings
}
