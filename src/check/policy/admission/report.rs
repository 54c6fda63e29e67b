//! From what expressions say about an object to findings.

use std::sync::Arc;

use regorus::Value as Rego;

use crate::model::diagnostic::Diagnostic;
use crate::model::path::Segment;
use crate::model::rule::Rule;

use super::super::finding::{self, Place};
use super::super::position::{self, Hints, Tried};
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
    /// What was found for an object of the same shape.
    pub hints: &'c Hints,
}

/// The findings for violations. `ask` judges another object in the place of this one.
pub fn report(
    case: &Case<'_>,
    judged: &Judged,
    ask: &mut dyn FnMut(&Rego) -> Judged,
    subject: &mut Subject<'_, '_>,
) -> Vec<Diagnostic> {
    let messages: Vec<String> = judged.violations.iter().map(key).collect();
    let wanted: Vec<&str> = messages.iter().map(String::as_str).collect();
    let mut ask = |object| left(&messages, &ask(&object));
    let mut rule = Tried { before: &messages, ask: &mut ask, matters: &|_| true };
    let trials = position::by_hint(case.object, &wanted, case.hints, &mut rule);
    let mut findings = Vec::new();
    for (Broken { at, message, .. }, trial) in judged.violations.iter().zip(trials) {
        let routes: Vec<&[Segment]> = case.expressions.references(*at).iter().map(|path| path.0.as_slice()).collect();
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

/// What is found for every violation of an object, for others of the same shape.
pub fn hints(object: &Rego, judged: &Judged, ask: &mut dyn FnMut(&Rego) -> Judged) -> Arc<Hints> {
    let messages: Vec<String> = judged.violations.iter().map(key).collect();
    let mut ask = |object| left(&messages, &ask(&object));
    position::hints(object, &mut Tried { before: &messages, ask: &mut ask, matters: &|_| true }).into()
}

fn key(broken: &Broken) -> String {
    format!("{:?} {}", broken.at, broken.message)
}

/// What is still said without a part of the object; `None` if that cannot be told. Where an expression fails only for
/// want of the part, it is not still false.
fn left(before: &[String], judged: &Judged) -> Option<Vec<String>> {
    let still = judged.violations.iter().map(|broken| (broken.fails, key(broken)));
    let still = still.filter(|(fails, key)| !fails || before.contains(key)).map(|(_, key)| key);
    judged.unknown.is_empty().then(|| still.collect())
}
