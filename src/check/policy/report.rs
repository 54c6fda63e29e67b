//! From what a rule says about an object to findings: which definition says it, and where it is.

use std::sync::Arc;

use regorus::Value as Rego;

use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path, Segment};
use crate::model::resource::{Resource, ResourceId};

use super::finding::{self, Place};
use super::position;
use super::rego::program::{Asker, Program};
use super::rego::result::{self, Violation};
use super::reporting::{Definition, Reporting};

/// The resource at hand; its id is made when there is something to say.
pub(super) struct Subject<'r, 't> {
    pub resource: &'r Resource<'t>,
    /// The printed name of its file.
    pub source_name: &'r str,
    id: Option<Arc<ResourceId>>,
}

impl<'r, 't> Subject<'r, 't> {
    pub(super) fn new(resource: &'r Resource<'t>, source_name: &'r str) -> Self {
        Subject { resource, source_name, id: None }
    }

    pub(super) fn id(&mut self) -> Arc<ResourceId> {
        self.id.get_or_insert_with(|| Arc::new(self.resource.id())).clone()
    }
}

/// A rule and what it is asked about.
pub(super) struct Case<'c> {
    pub program: &'c Program,
    pub rule: &'c Reporting,
    /// The object, as the rule sees it.
    pub object: &'c Rego,
    /// The input for it.
    pub input: &'c Rego,
    /// The input for another object in its place.
    pub wrap: &'c dyn Fn(Rego) -> Rego,
    /// The route to the object in the input.
    pub route: &'c [&'c str],
    /// The route to the object in the resource: not empty for a pod that a workload makes.
    pub within: &'c [Segment],
    /// What else the rule says, and nobody asks for.
    pub others: &'c [String],
}

impl<'c> Case<'c> {
    /// The input is the object.
    pub(super) fn of_object(program: &'c Program, rule: &'c Reporting, object: &'c Rego) -> Self {
        Case { program, rule, object, input: object, wrap: &|object| object, route: &[], within: &[], others: &[] }
    }
}

/// The findings for violations.
pub(super) fn report(
    case: &Case<'_>,
    asker: &mut Asker,
    violations: &[Violation],
    subject: &mut Subject<'_, '_>,
) -> Vec<Diagnostic> {
    let authors = authors(case, asker, violations);
    let given = |found: &Violation| Place::given(found, case.within, subject.resource, subject.source_name);
    let mut places: Vec<Option<Place>> = violations.iter().map(given).collect();
    let open: Vec<usize> = (0..places.len()).filter(|at| places[*at].is_none()).collect();
    if !open.is_empty() {
        let messages: Vec<String> = violations.iter().map(|found| found.message.clone()).collect();
        // A copy of the one definition that says all of it is quicker to ask than all definitions.
        let first = authors[0].first().and_then(|definition| definition.query.as_ref());
        let one = authors.iter().all(|by| by.len() == 1 && by[0].query.as_ref() == first);
        let query = first.filter(|_| one).unwrap_or(&case.rule.query);
        let wanted: Vec<&str> = open.iter().map(|at| messages[*at].as_str()).collect();
        let before = [messages.as_slice(), case.others].concat();
        let trials = position::by_trial(case.object, &wanted, &before, &mut |object| {
            let violations = said(case, asker, query, object)?;
            Some(violations.into_iter().map(|found| found.message).collect())
        });
        for (at, trial) in open.into_iter().zip(trials) {
            places[at] = Some(Place::found(trial, &authors[at], case, subject.resource));
        }
    }
    let mut findings = Vec::new();
    for ((found, place), authors) in violations.iter().zip(places).zip(authors) {
        let by = authors.first().copied();
        let known = by.map_or(&case.rule.rule, |definition| &definition.rule);
        if let Some(place) = place {
            findings.push(finding::user(known, by, found, place, subject.resource, subject.id()));
        }
    }
    findings
}

/// For each violation the definitions that say it.
fn authors<'c>(case: &Case<'c>, asker: &mut Asker, violations: &[Violation]) -> Vec<Vec<&'c Definition>> {
    if let [only] = case.rule.definitions.as_slice() {
        return violations.iter().map(|_| vec![only]).collect();
    }
    let mut authors: Vec<Vec<&Definition>> = violations.iter().map(|_| Vec::new()).collect();
    for definition in &case.rule.definitions {
        let Some(own) = definition.query.as_ref().and_then(|query| said(case, asker, query, case.object.clone()))
        else {
            continue;
        };
        for (found, authors) in violations.iter().zip(&mut authors) {
            if own.contains(found) {
                authors.push(definition);
            }
        }
    }
    authors
}

fn said(case: &Case<'_>, asker: &mut Asker, query: &str, object: Rego) -> Option<Vec<Violation>> {
    let (value, _) = asker.ask(case.program, query, &(case.wrap)(object)).ok()?;
    result::violations(&value).ok()
}

/// The route to something in the resource, from its route in the object.
pub(super) fn within(within: &[Segment], path: Path) -> Path {
    if within.is_empty() { path } else { Path([within, &path.0].concat()) }
}
