//! Constraints at work: chosen by what they match before anything is evaluated, and asked about objects and about the
//! pods that these make.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use regorus::Value as Rego;

use crate::model::diagnostic::Diagnostic;
use crate::model::path::Segment;
use crate::model::report::NotChecked;
use crate::model::rule::Category;

use super::super::position::Hints;
use super::super::rego::asker::Asker;
use super::super::rego::program::Program;
use super::super::rego::result;
use super::super::report::{self, Case, Subject};
use super::super::unanswered::Unanswered;
use super::super::{POLICY_ERROR, worker};
use super::Gatekeeper;
use super::constraint::{Constraint, Point};
use super::expansion::{self, Expansion, Made};
use super::matching::{Candidate, Verdict};
pub use super::one::Asked;
use super::one::{Held, Language, One};
use super::review::{self, Operation, Review};
use super::template::{Engine, Template};
use super::{naming, native};

/// The route to the object in the input of a template.
const ROUTE: &[&str] = &["review", "object"];

/// Constraints with their templates, ready to be asked about a set of objects.
#[derive(Default)]
pub struct Enforced<'a> {
    enforced: Vec<One<'a>>,
    expansions: Vec<&'a Expansion>,
    namespaces: BTreeMap<String, Rego>,
    /// What cannot be asked, and why.
    pub findings: Vec<Diagnostic>,
    pub not_checked: Vec<NotChecked>,
    /// Where violations were found in the first object of a shape.
    hints: Mutex<HashMap<Shape, Arc<Hints>>>,
    pub unanswered: Unanswered,
}

/// What a constraint's places are kept by: its number, the number of an object, and the way to what that makes.
type Shape = (usize, usize, Vec<Segment>);

/// Finds the places in an object, of its review, and of its namespace.
type Compute<'a> = dyn FnMut(&Rego, &Review, Option<&Rego>) -> Arc<Hints> + 'a;

impl<'a> Enforced<'a> {
    /// Puts constraints and templates together. `given` are policies that were named on the command line: what is wrong
    /// with them is an error. `objects` make the inventory; `others` only say what namespaces there are.
    pub fn new(all: &[(&'a Gatekeeper, bool)], objects: &[Rego], others: &[Rego], point: Point) -> Self {
        let mut enforced = Enforced::default();
        let is_namespace =
            |object: &&Rego| object["kind"] == Rego::from("Namespace") && object["apiVersion"] == Rego::from("v1");
        for namespace in others.iter().chain(objects).filter(is_namespace) {
            if let Ok(name) = namespace["metadata"]["name"].as_string() {
                enforced.namespaces.insert(name.to_string(), namespace.clone());
            }
        }
        enforced.expansions = all.iter().flat_map(|(all, _)| &all.expansions).collect();
        let templates: Vec<&Template> = all.iter().flat_map(|(all, _)| &all.templates).collect();
        let mut inventory: Option<Rego> = None;
        let mut shared: HashMap<usize, Option<Arc<Program>>> = HashMap::new();
        for (constraint, given) in
            all.iter().flat_map(|(all, given)| all.constraints.iter().map(move |one| (one, *given)))
        {
            let Some(severity) = constraint.severity(point) else { continue };
            let Some(engine) = templates.iter().position(|template| template.kind == constraint.kind) else {
                enforced.without_template(constraint, given);
                continue;
            };
            let template = templates[engine];
            let schema = (point == Point::Cluster).then_some(&template.parameters);
            let parameters = constraint.parameters(schema.filter(|schema| !matches!(schema, Rego::Undefined)));
            let language = match &template.engine {
                Engine::Cel(expressions) => {
                    Language::Cel(expressions, Box::new(native::Given::new(&constraint.whole, &parameters)))
                }
                Engine::Rego { program, rule, referential: false } => Language::Rego(Held::Own(program), rule),
                Engine::Rego { program, rule, .. } => {
                    let inventory = inventory.get_or_insert_with(|| review::inventory(objects));
                    let with = shared.entry(engine).or_insert_with(|| match program.with_data(inventory) {
                        Ok(program) => Some(Arc::new(program)),
                        Err(problem) => {
                            enforced.findings.push(*problem);
                            None
                        }
                    });
                    let Some(program) = with else { continue };
                    Language::Rego(Held::Shared(program.clone()), rule)
                }
            };
            let rule = naming::described(template, severity);
            enforced.enforced.push(One {
                constraint,
                template,
                language,
                parameters,
                rule,
                severity,
                readings: OnceLock::new(),
                engine,
                given,
            });
        }
        enforced
    }

    fn without_template(&mut self, constraint: &Constraint, given: bool) {
        if given {
            let message = format!("there is no template for constraints of kind `{}`", constraint.kind);
            let problem = Diagnostic::new(&POLICY_ERROR, constraint.span, message, "this constraint checks nothing")
                .effect("nothing is checked by it: exit code 2, not a pass")
                .help("name the file of the ConstraintTemplate with `--policy` too");
            self.findings.push(problem);
        } else {
            let message = format!(
                "constraint {}: the template of kind {} is not among the objects",
                constraint.name, constraint.kind
            );
            self.not_checked.push(NotChecked { message, span: Some(constraint.span) });
        }
    }

    /// Whether nothing is enforced.
    pub fn is_empty(&self) -> bool {
        self.enforced.is_empty()
    }
}

/// One thread's engines.
#[derive(Default)]
pub struct Enforcer {
    askers: HashMap<usize, Asker>,
    /// The constraints that objects of a group and kind can be about.
    wanted: HashMap<(String, String), Arc<[usize]>>,
}

impl Enforcer {
    /// What the constraints say about an object, and about what it makes.
    pub fn check(
        &mut self,
        all: &Enforced<'_>,
        asked: &Asked<'_>,
        subject: &mut Subject<'_, '_>,
        out: &mut Vec<Diagnostic>,
    ) {
        // What is changed here is made for the first time in another cluster, and must be right there too.
        let created = Asked { old: None, ..*asked };
        let start = out.len();
        let direct = self.ask(all, &created, None, &[], None, subject, out);
        if asked.old.is_some() {
            let mut changed = Vec::new();
            self.ask(all, &Asked { like: None, ..*asked }, None, &[], None, subject, &mut changed);
            let is_same = |one: &Diagnostic, other: &Diagnostic| {
                (&one.rule, &one.message, one.primary.span) == (&other.rule, &other.message, other.primary.span)
            };
            changed.retain(|finding| !out[start..].iter().any(|known| is_same(known, finding)));
            out.extend(changed);
        }
        let made = |object| expansion::made(asked.group, asked.version, asked.kind, object, &all.expansions, true);
        let mut alike: Option<(usize, Vec<Made>)> = None;
        for (number, made_here) in made(asked.object).into_iter().enumerate() {
            let like = asked.like.map(|(at, object)| {
                let (at, all) = alike.get_or_insert_with(|| (at, made(object)));
                (*at, all.get(number).map(|made| made.object.clone()))
            });
            let made = made_here;
            let by = made.by.map(|by| all.expansions[by]);
            let asked = Asked {
                group: &made.group,
                version: &made.version,
                kind: &made.kind,
                object: &made.object,
                namespaced: asked.namespaced,
                like: like.as_ref().and_then(|(at, object)| Some((*at, object.as_ref()?))),
                // Pods are made anew.
                old: None,
            };
            self.ask(all, &asked, Some(by), &made.within, Some(&direct), subject, out);
        }
    }

    /// The messages of all violations, as a test counts them.
    ///
    /// # Errors
    /// Why the object cannot be judged.
    pub fn messages(
        &mut self,
        all: &Enforced<'_>,
        asked: &Asked<'_>,
        review: Option<Review>,
    ) -> Result<Vec<String>, String> {
        let mut messages = Vec::new();
        let made = expansion::made(asked.group, asked.version, asked.kind, asked.object, &all.expansions, false);
        let itself = (asked.group, asked.version, asked.kind, asked.object, None);
        let made = made
            .iter()
            .map(|made| (made.group.as_str(), made.version.as_str(), made.kind.as_str(), &made.object, made.by));
        for (group, version, kind, object, by) in std::iter::once(itself).chain(made) {
            for one in &all.enforced {
                let namespaced = asked.namespaced;
                let candidate = Candidate { group, kind, object, namespaced, generated: by.is_some() };
                match one.constraint.matching.fits(candidate, &all.namespaces) {
                    Verdict::Fits => {}
                    Verdict::Other | Verdict::Nowhere => continue,
                    Verdict::Unknown(namespace) => {
                        return Err(format!("the namespace `{namespace}` is not in the inventory"));
                    }
                }
                let namespace = object["metadata"]["namespace"].as_string().ok();
                let namespace = namespace.and_then(|name| all.namespaces.get(&**name));
                let plain = || Review::of([group, version, kind], Operation::Unsaid, object, namespace);
                let review = review.clone().filter(|_| by.is_none()).unwrap_or_else(plain);
                let found: Vec<String> = match &one.language {
                    Language::Cel(expressions, given) => native::messages(
                        &one.native(expressions, given),
                        &native::Seen::new(object, &review, namespace),
                    )?,
                    Language::Rego(program, reporting) => {
                        let input = review::input(review.with(object.clone()), &one.parameters);
                        let asker = self.askers.entry(one.engine).or_default();
                        let value = asker.ask_leniently(program.get(), &reporting.query, &input);
                        let found =
                            value.map_err(|failure| failure.message).and_then(|value| result::violations(&value));
                        found?.into_iter().map(|found| found.message).collect()
                    }
                };
                let implied = by.map(|by| format!("[Implied by {}] ", all.expansions[by].name)).unwrap_or_default();
                messages.extend(found.into_iter().map(|found| format!("{implied}{found}")));
            }
        }
        Ok(messages)
    }

    /// The numbers of the constraints that fit.
    #[expect(clippy::too_many_arguments, reason = "an object, how it came to be, and where its findings go")]
    fn ask(
        &mut self,
        all: &Enforced<'_>,
        asked: &Asked<'_>,
        made: Option<Option<&Expansion>>,
        within: &[Segment],
        but: Option<&[usize]>,
        subject: &mut Subject<'_, '_>,
        out: &mut Vec<Diagnostic>,
    ) -> Vec<usize> {
        let key = (asked.group.to_owned(), asked.kind.to_owned());
        let wanted = self.wanted.entry(key).or_insert_with(|| {
            let wants = |one: &One<'_>| one.constraint.matching.wants(asked.group, asked.kind);
            all.enforced.iter().enumerate().filter(|(_, one)| wants(one)).map(|(at, _)| at).collect()
        });
        let wanted = wanted.clone();
        if wanted.is_empty() {
            return Vec::new();
        }
        let candidate = Candidate {
            group: asked.group,
            kind: asked.kind,
            object: asked.object,
            namespaced: asked.namespaced,
            generated: made.is_some(),
        };
        let namespace = asked.object["metadata"]["namespace"].as_string().ok();
        let namespace = namespace.and_then(|name| all.namespaces.get(&**name));
        let mut request: Option<(Review, Rego)> = None;
        let mut seen: Option<native::Seen> = None;
        let mut fitting = Vec::new();
        for &at in wanted.iter() {
            // What Kubernetes makes of a workload is asked about only by rules that are not about the workload itself.
            if made.is_some_and(|by| by.is_none()) && but.is_some_and(|direct| direct.contains(&at)) {
                continue;
            }
            let one = &all.enforced[at];
            let mut verdict = one.constraint.matching.fits(candidate, &all.namespaces);
            if let Some(old) = asked.old {
                // One of the two is enough (`pkg/target/matcher.go`, `matchAny`).
                let fits = |object| one.constraint.matching.fits(Candidate { object, ..candidate }, &all.namespaces);
                let is_asked = one.template.sees_changes() && (verdict == Verdict::Fits || fits(old) == Verdict::Fits);
                // What is not known was told when the object was asked about as a new one.
                verdict = if is_asked { Verdict::Fits } else { Verdict::Other };
            }
            match verdict {
                Verdict::Fits => fitting.push(at),
                Verdict::Other => continue,
                Verdict::Unknown(namespace) => {
                    let who = format!("constraint {}", one.constraint.name);
                    all.unanswered.namespace(one.constraint.span, who, namespace);
                    continue;
                }
                Verdict::Nowhere => {
                    let name = &one.constraint.name;
                    let why = format!("constraint {name} is about some namespaces alone, and none is written");
                    all.unanswered.object(one.constraint.span, why);
                    continue;
                }
            }
            let (review, whole) = request.get_or_insert_with(|| {
                let review = asked.review(asked.object, namespace);
                let whole = review.with(asked.object.clone());
                (review, whole)
            });
            let before = out.len();
            // The places in the first object of this shape.
            let alike = |compute: &mut Compute<'_>| -> Arc<Hints> {
                let Some((number, object)) = asked.like else { return Arc::new([]) };
                let key = (at, number, within.to_vec());
                let known = || all.hints.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(hints) = known().get(&key) {
                    return hints.clone();
                }
                let namespace = object["metadata"]["namespace"].as_string().ok();
                let namespace = namespace.and_then(|name| all.namespaces.get(&**name));
                let review = asked.review(object, namespace);
                let hints = compute(object, &review, namespace);
                known().insert(key, hints.clone());
                hints
            };
            match &one.language {
                Language::Cel(expressions, given) => {
                    let constraint = one.native(expressions, given);
                    let hints = || {
                        alike(&mut |object, review, namespace| {
                            native::hints(&constraint, object, &native::Seen::new(object, review, namespace))
                        })
                    };
                    let seen = seen.get_or_insert_with(|| native::Seen::new(asked.object, review, namespace));
                    let judged = native::check(&constraint, asked.object, seen, within, &hints, subject);
                    out.extend(judged.findings);
                    for (span, why) in judged.unknown {
                        one.not_evaluated(&all.unanswered, span, &why, subject, out);
                    }
                }
                Language::Rego(program, reporting) => {
                    let asker = self.askers.entry(one.engine).or_default();
                    let wrap = |object: Rego| review::input(review.with(object), &one.parameters);
                    let case = Case {
                        program: program.get(),
                        rule: reporting,
                        object: asked.object,
                        input: &review::input(whole.clone(), &one.parameters),
                        wrap: &wrap,
                        route: ROUTE,
                        readings: one.readings(at),
                        within,
                        others: &[],
                        hints: &|asker| {
                            alike(&mut |object, review, _| {
                                let wrap = |object: Rego| review::input(review.with(object), &one.parameters);
                                let (input, hints) = (wrap(object.clone()), &report::no_hints);
                                let (program, rule) = (program.get(), *reporting);
                                let (route, within, others) = (ROUTE, &[][..], &[][..]);
                                let case = Case {
                                    program,
                                    rule,
                                    object,
                                    input: &input,
                                    wrap: &wrap,
                                    route,
                                    readings: one.readings(at),
                                    within,
                                    others,
                                    hints,
                                };
                                report::hints(&case, asker)
                            })
                        },
                    };
                    if let Some(violations) = worker::ask(asker, &case, subject, out).filter(|found| !found.is_empty())
                    {
                        out.extend(report::report(&case, asker, &violations, subject));
                    }
                }
            }
            for finding in &mut out[before..] {
                if finding.rule == POLICY_ERROR.id
                    || finding.category != Category::Policy
                    || !finding.rule.starts_with("custom/")
                {
                    continue;
                }
                one.sign(finding, made.flatten());
            }
        }
        fitting
    }
}
