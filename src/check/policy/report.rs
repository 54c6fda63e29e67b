//! From what a rule says about an object to findings: which definition says it, and where it is.

use std::sync::Arc;

use regorus::Value as Rego;

use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path, Segment};
use crate::model::resource::{Resource, ResourceId};

use super::condition;
use super::finding::{self, Place};
use super::position::{self, Hints, Tried};
use super::rego::asker::Asker;
use super::rego::program::Program;
use super::rego::reads::Readings;
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
    /// What of the input counts, if that is known and the object is at the end of the route.
    pub readings: Option<&'c Readings>,
    /// The route to the object in the resource: not empty for a pod that a workload makes.
    pub within: &'c [Segment],
    /// What else the rule says, and nobody asks for.
    pub others: &'c [String],
    /// What was found for an object of the same shape, if that is asked for.
    pub hints: &'c dyn Fn(&mut Asker) -> Arc<Hints>,
}

impl<'c> Case<'c> {
    /// The input is the object.
    pub(super) fn of_object(program: &'c Program, rule: &'c Reporting, object: &'c Rego) -> Self {
        Case {
            program,
            rule,
            object,
            input: object,
            wrap: &|object| object,
            route: &[],
            readings: program.readings(),
            within: &[],
            others: &[],
            hints: &no_hints,
        }
    }
}

impl Case<'_> {
    /// Whether it can make a difference that a node of the object is taken away.
    fn matters(&self, path: &[Segment]) -> bool {
        self.readings.is_none_or(|readings| readings.all.matters(path, self.route))
    }
}

/// Nothing is known of other objects.
pub(super) fn no_hints(_: &mut Asker) -> Arc<Hints> {
    Arc::new([])
}

/// What is found for every message of an object, for others of the same shape.
pub(super) fn hints(case: &Case<'_>, asker: &mut Asker) -> Arc<Hints> {
    let query = &case.rule.query;
    let Some(violations) = said(case, asker, query, case.object.clone()) else { return Arc::new([]) };
    let messages = |violations: &[Violation]| violations.iter().map(|found| found.message.clone()).collect::<Vec<_>>();
    let mut ask = |object| said(case, asker, query, object).map(|violations| messages(&violations));
    let before = &messages(&violations);
    let mut hints =
        position::hints(case.object, &mut Tried { before, ask: &mut ask, matters: &|path| case.matters(path) });
    for (hint, authors) in hints.iter_mut().zip(authors(case, asker, &violations, &[])) {
        let number = |author: &&Definition| case.rule.definitions.iter().position(|own| std::ptr::eq(own, *author));
        hint.authors = authors.iter().filter_map(number).collect();
    }
    hints.into()
}

/// The findings for violations.
pub(super) fn report(
    case: &Case<'_>,
    asker: &mut Asker,
    violations: &[Violation],
    subject: &mut Subject<'_, '_>,
) -> Vec<Diagnostic> {
    let hints = (case.hints)(asker);
    let authors = authors(case, asker, violations, &hints);
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
        let mut ask = |object| {
            let violations = said(case, asker, query, object)?;
            Some(violations.into_iter().map(|found| found.message).collect())
        };
        let mut rule = Tried { before: &before, ask: &mut ask, matters: &|path| case.matters(path) };
        let trials = position::by_hint(case.object, &wanted, &hints, &mut rule);
        for (at, trial) in open.into_iter().zip(trials) {
            places[at] = Some(Place::found(trial, &authors[at], case, subject.resource));
        }
    }
    let mut findings = Vec::new();
    for ((found, place), authors) in violations.iter().zip(places).zip(authors) {
        let by = authors.first().copied();
        let known = by.map_or(&case.rule.rule, |definition| &definition.rule);
        if let Some(place) = place {
            let says = by.map(|definition| {
                let inside = place.path.0.strip_prefix(case.within).unwrap_or_default();
                match condition::held(&definition.conditions, case.route, inside) {
                    Some(condition) => (condition, "the condition that held"),
                    None => (definition.head, "this rule says so"),
                }
            });
            findings.push(finding::user(known, says, found, place, subject.resource, subject.id()));
        }
    }
    findings
}

/// For each violation the definitions that say it.
fn authors<'c>(
    case: &Case<'c>,
    asker: &mut Asker,
    violations: &[Violation],
    hints: &Hints,
) -> Vec<Vec<&'c Definition>> {
    let definitions = &case.rule.definitions;
    if let [only] = definitions.as_slice() {
        return violations.iter().map(|_| vec![only]).collect();
    }
    let known = |found: &Violation| position::hint(hints, &found.message, case.object).map(|hint| &hint.authors);
    let known: Vec<Option<&Vec<usize>>> = violations.iter().map(known).collect();
    let mut authors: Vec<Vec<&Definition>> = known
        .iter()
        .map(|known| known.iter().flat_map(|authors| authors.iter()).filter_map(|at| definitions.get(*at)).collect())
        .collect();
    if known.iter().all(Option::is_some) {
        return authors;
    }
    for definition in definitions {
        let Some(own) = definition.query.as_ref().and_then(|query| said(case, asker, query, case.object.clone()))
        else {
            continue;
        };
        for ((found, authors), known) in violations.iter().zip(&mut authors).zip(&known) {
            if known.is_none() && own.contains(found) {
                authors.push(definition);
            }
        }
    }
    authors
}

fn said(case: &Case<'_>, asker: &mut Asker, query: &str, object: Rego) -> Option<Vec<Violation>> {
    let (value, _) = asker.ask(case.program, case.readings, query, &(case.wrap)(object)).ok()?;
    result::violations(&value).ok()
}

/// The route to something in the resource, from its route in the object.
pub(super) fn within(within: &[Segment], path: Path) -> Path {
    if within.is_empty() { path } else { Path([within, &path.0].concat()) }
}
