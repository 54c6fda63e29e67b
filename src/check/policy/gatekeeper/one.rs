//! A constraint with its template, and an object that it is asked about.

use std::sync::{Arc, OnceLock};

use regorus::Value as Rego;

use crate::model::diagnostic::Diagnostic;
use crate::model::rule::{Rule, Severity};
use crate::model::source::Span;

use super::super::POLICY_ERROR;
use super::super::admission::expressions::Expressions;
use super::super::rego::program::Program;
use super::super::rego::reads::{Readings, Settled};
use super::super::report::Subject;
use super::super::reporting::Reporting;
use super::super::unanswered::Unanswered;
use super::constraint::Constraint;
use super::expansion::Expansion;
use super::native;
use super::review::{Operation, Review};
use super::template::Template;

/// A constraint that is enforced.
pub(super) struct One<'a> {
    pub(super) constraint: &'a Constraint,
    pub(super) template: &'a Template,
    pub(super) language: Language<'a>,
    pub(super) parameters: Rego,
    pub(super) rule: Rule,
    pub(super) severity: Severity,
    /// What its template reads, with these parameters: found out when it is asked.
    pub(super) readings: OnceLock<Option<Readings>>,
    /// The number of the template: constraints of one share engines.
    pub(super) engine: usize,
    /// It was named on the command line.
    pub(super) given: bool,
}

/// What the template is written in.
pub(super) enum Language<'a> {
    Rego(Held<'a>, &'a Reporting),
    Cel(&'a Expressions, Box<native::Given>),
}

/// The program of a template: its own, or one that has the inventory.
pub(super) enum Held<'a> {
    Own(&'a Program),
    Shared(Arc<Program>),
}

impl Held<'_> {
    pub(super) fn get(&self) -> &Program {
        match self {
            Held::Own(program) => program,
            Held::Shared(program) => program,
        }
    }
}

impl One<'_> {
    pub(super) fn native<'o>(
        &'o self,
        expressions: &'o Expressions,
        given: &'o native::Given,
    ) -> native::Constraint<'o> {
        native::Constraint { expressions, given, rule: &self.rule, span: self.constraint.span }
    }

    /// What of the input counts, for the constraint of this number.
    pub(super) fn readings(&self, number: usize) -> Option<&Readings> {
        let Language::Rego(program, _) = &self.language else { return None };
        let settled = Settled { name: "parameters", value: &self.parameters };
        self.readings.get_or_init(|| program.get().readings_with(settled, number + 1)).as_ref()
    }

    /// Says that an expression could not be evaluated.
    pub(super) fn not_evaluated(
        &self,
        unanswered: &Unanswered,
        span: Span,
        why: &str,
        subject: &mut Subject<'_, '_>,
        out: &mut Vec<Diagnostic>,
    ) {
        let message = format!("an expression for constraint {} is not evaluated: {why}", self.constraint.name);
        if self.given {
            let effect = "the object is unchecked by this expression: exit code 2, not a pass";
            let mut problem = Diagnostic::new(&POLICY_ERROR, span, message, "").effect(effect);
            problem.resource = Some(subject.id());
            out.push(problem);
        } else {
            unanswered.object(span, message);
        }
    }

    /// Puts the names of the constraint into a finding.
    pub(super) fn sign(&self, finding: &mut Diagnostic, by: Option<&Expansion>) {
        let implied = by.map(|by| format!("[Implied by {}] ", by.name)).unwrap_or_default();
        finding.rule = self.rule.id.clone();
        finding.severity = match by.and_then(|by| by.action.as_deref()) {
            Some("deny") => Severity::Error,
            Some("warn") => Severity::Warning,
            Some(_) => Severity::Note,
            None => self.severity,
        };
        finding.message = format!("[{}] {implied}{}", self.constraint.name, finding.message);
        finding.effect = Some(self.rule.why.to_string());
        *finding = finding.clone().see(self.constraint.span, format!("constraint of kind {}", self.template.kind));
    }
}

/// An object that constraints are asked about.
pub struct Asked<'o> {
    pub group: &'o str,
    pub version: &'o str,
    pub kind: &'o str,
    pub object: &'o Rego,
    pub namespaced: bool,
    /// The first object of the same shape, by its number.
    pub like: Option<(usize, &'o Rego)>,
    /// What it was before a change.
    pub old: Option<&'o Rego>,
}

impl Asked<'_> {
    pub(super) fn review(&self, object: &Rego, namespace: Option<&Rego>) -> Review {
        let operation = self.old.map_or(Operation::Create, Operation::Update);
        Review::of([self.group, self.version, self.kind], operation, object, namespace)
    }
}
