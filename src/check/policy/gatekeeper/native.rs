//! Templates in CEL: the engine K8sNativeValidation
//! (`open-policy-agent/gatekeeper/pkg/drivers/k8scel`).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use regorus::Value as Rego;
use regorus::value::Object as Fields;

use crate::check::cel::{self, Extract, Value as Cel};
use crate::model::diagnostic::Diagnostic;
use crate::model::path::Segment;
use crate::model::rule::Rule;
use crate::model::source::Span;

use super::super::admission::expressions::{Expressions, Judged};
use super::super::admission::report::{self, Case};
use super::super::memo::{Memo, Part, Route};
use super::super::position::Hints;
use super::super::rego::value;
use super::super::report::Subject;
use super::review::Review;

/// A constraint whose template is in CEL.
pub struct Constraint<'c> {
    pub expressions: &'c Expressions,
    pub given: &'c Given,
    pub rule: &'c Rule,
    pub span: Span,
}

/// What came out of it.
pub struct Checked {
    pub findings: Vec<Diagnostic>,
    /// What could not be evaluated, where it stands, and why.
    pub unknown: Vec<(Span, String)>,
}

/// The variables that Gatekeeper adds to those of a template.
const ANY_OBJECT: &str = "variables.anyObject";
const PARAMETERS: &str = "variables.params";

/// What expressions see of a constraint.
pub struct Given {
    /// The whole of it, with the defaults of the schema, as the object in the cluster has them.
    constraint: Cel,
    parameters: Cel,
    /// What the expressions read of an object and of its request: without those of messages, and with them.
    reads: OnceLock<[Reads; 2]>,
    /// What all of them read of an object.
    read: OnceLock<Extract>,
    /// The other objects about which they had nothing to say, and those about which they had.
    memos: [Mutex<Memo<Judged>>; 2],
}

/// What expressions see of an object.
pub struct Seen {
    object: Rego,
    /// What it was; null for one that is made.
    old: Rego,
    request: Rego,
    namespace: Rego,
    weight: u64,
    /// The four, as the expressions have them.
    values: OnceLock<[Cel; 4]>,
}

impl Given {
    pub fn new(whole: &Rego, parameters: &Rego) -> Given {
        let mut constraint = whole.clone();
        if let Ok(fields) = whole["spec"].as_object() {
            let own = fields.iter().map(|(key, value)| (key.clone(), value.clone()));
            let spec: Fields = own.chain([(Rego::from("parameters"), parameters.clone())]).collect();
            if let Ok(fields) = constraint.as_object_mut() {
                fields.insert(Rego::from("spec"), Rego::from(spec));
            }
        }
        Given {
            constraint: value::untyped(&constraint),
            parameters: value::untyped(parameters),
            reads: OnceLock::new(),
            read: OnceLock::new(),
            memos: Default::default(),
        }
    }
}

impl Seen {
    pub fn new(object: &Rego, review: &Review, namespace: Option<&Rego>) -> Seen {
        let (request, old) = (review.with(object.clone()), review.old());
        let namespace = namespace.cloned().unwrap_or(Rego::Null);
        let weight = value::weight(object) + if old == Rego::Null { 0 } else { value::weight(&old) };
        Seen { weight, object: object.clone(), old, request, namespace, values: OnceLock::new() }
    }

    fn values(&self) -> &[Cel; 4] {
        self.values.get_or_init(|| [&self.object, &self.old, &self.request, &self.namespace].map(value::untyped))
    }
}

impl Constraint<'_> {
    /// Judges an object, or says what was said of one that is the same in all that counts. What messages read counts
    /// only where there is something to say.
    fn judge(&self, seen: &Seen, object: &Rego) -> Judged {
        let [judging, telling] = self.given.reads.get_or_init(|| {
            [
                Reads::of(|name| self.expressions.routes(name, false)),
                Reads::of(|name| self.expressions.routes(name, true)),
            ]
        });
        let [silent, loud] = &self.given.memos;
        let open = |memo: &'_ Mutex<Memo<Judged>>, reads: &Reads| {
            let mut memo = memo.lock().unwrap_or_else(PoisonError::into_inner);
            let question = memo.question(0, "", || reads.parts(seen, object));
            let known = question.as_ref().and_then(|question| memo.answer(question));
            (question, known)
        };
        let (whether, known) = open(silent, judging);
        if let Some(known) = known {
            return known;
        }
        let (what, known) = open(loud, telling);
        if let Some(known) = known {
            return known;
        }
        let judged = self.judge_anew(seen, object);
        let (memo, question) = if judged.violations.is_empty() { (silent, whether) } else { (loud, what) };
        if let Some(question) = question {
            memo.lock().unwrap_or_else(PoisonError::into_inner).keep(question, judged.clone());
        }
        judged
    }

    fn judge_anew(&self, seen: &Seen, object: &Rego) -> Judged {
        let Given { constraint, parameters, .. } = self.given;
        let [own, old, request, namespace] = seen.values();
        // One that is tried is asked about by this constraint alone.
        let another = (!std::ptr::eq(object, &seen.object)).then(|| {
            let read = self.given.read.get_or_init(|| {
                let mut read = Extract::default();
                let routes = |name| self.expressions.routes(name, true);
                routes("object").into_iter().chain(routes(ANY_OBJECT)).for_each(|route| read.add(&route));
                read
            });
            value::untyped_read(object, read)
        });
        let object = another.as_ref().unwrap_or(own);
        let given = [
            ("object", object),
            ("oldObject", old),
            ("request", request),
            ("params", constraint),
            ("namespaceObject", namespace),
            (ANY_OBJECT, object),
            (PARAMETERS, parameters),
        ];
        let judged = self.expressions.judge(&given, seen.weight);
        if seen.old == Rego::Null { judged } else { self.expressions.without_failures_of_old(judged, self.span) }
    }
}

/// What expressions read, apart from what is the same for all objects.
struct Reads {
    object: Vec<Route>,
    old: Vec<Route>,
    request: Vec<Route>,
    namespace: Vec<Route>,
}

impl Reads {
    fn of(routes: impl Fn(&str) -> BTreeSet<Route>) -> Reads {
        let routes = |name: &str| routes(name).into_iter().collect::<Vec<_>>();
        let object = [routes("object"), routes(ANY_OBJECT)].concat();
        Reads { object, old: routes("oldObject"), request: routes("request"), namespace: routes("namespaceObject") }
    }

    /// For each route the value there; what is in its way may be the reason why an expression fails.
    fn parts(&self, seen: &Seen, object: &Rego) -> Vec<Part> {
        let mut parts = vec![Part::Value(Rego::from(seen.weight))];
        let all = [
            (&self.object, object),
            (&self.old, &seen.old),
            (&self.request, &seen.request),
            (&self.namespace, &seen.namespace),
        ];
        for (routes, root) in all {
            for route in routes {
                let (depth, value) = reached(root, route);
                parts.extend([Rego::from(depth as u64), value.clone()].map(Part::Value));
            }
        }
        parts
    }
}

/// How far a route goes, and what is there: where an object lacks the next key, nothing.
fn reached<'v>(root: &'v Rego, route: &Route) -> (usize, &'v Rego) {
    let mut at = root;
    for (depth, key) in route.iter().enumerate() {
        match at {
            Rego::Object(_) => at = &at[key.as_str()],
            Rego::Undefined => return (depth - 1, at),
            other => return (depth, other),
        }
    }
    (route.len(), at)
}

/// What a constraint says about an object.
pub fn check(
    constraint: &Constraint<'_>,
    object: &Rego,
    seen: &Seen,
    within: &[Segment],
    hints: &(dyn Fn() -> Arc<Hints> + Sync),
    subject: &mut Subject<'_, '_>,
) -> Checked {
    let Constraint { expressions, rule, span, .. } = constraint;
    let checked = cel::on_deep_stack(|| {
        let judged = constraint.judge(seen, &seen.object);
        let findings = match judged.violations.is_empty() {
            true => Vec::new(),
            false => {
                let case = Case { expressions, object, within, rule, hints: &hints() };
                report::report(&case, &judged, &mut |object| constraint.judge(seen, object), subject)
            }
        };
        Checked { findings, unknown: judged.unknown }
    });
    checked.unwrap_or_else(|| Checked {
        findings: Vec::new(),
        unknown: vec![(*span, "there is no room for a thread".to_owned())],
    })
}

/// What is found for every violation of an object, for others of the same shape.
pub fn hints(constraint: &Constraint<'_>, object: &Rego, seen: &Seen) -> Arc<Hints> {
    let judged = constraint.judge(seen, &seen.object);
    report::hints(object, &judged, &mut |object| constraint.judge(seen, object))
}

/// The messages of all violations, as a test counts them.
///
/// # Errors
/// An expression that cannot be evaluated.
pub fn messages(constraint: &Constraint<'_>, seen: &Seen) -> Result<Vec<String>, String> {
    let judged = cel::on_deep_stack(|| constraint.judge(seen, &seen.object));
    let judged = judged.ok_or_else(|| "there is no room for a thread".to_owned())?;
    match judged.unknown.first() {
        Some((_, why)) => Err(format!("an expression is not evaluated: {why}")),
        None => Ok(judged.violations.into_iter().map(|broken| broken.message).collect()),
    }
}
