//! Templates in CEL: the engine K8sNativeValidation
//! (`open-policy-agent/gatekeeper/pkg/drivers/k8scel`).

use std::sync::Arc;

use regorus::Value as Rego;
use regorus::value::Object as Fields;

use crate::check::cel::{self, Value as Cel};
use crate::model::diagnostic::Diagnostic;
use crate::model::path::Segment;
use crate::model::rule::Rule;
use crate::model::source::Span;

use super::super::admission::expressions::{Expressions, Judged};
use super::super::admission::report::{self, Case};
use super::super::position::Hints;
use super::super::rego::value;
use super::super::report::Subject;
use super::review::Review;

/// A constraint whose template is in CEL.
pub struct Constraint<'c> {
    pub expressions: &'c Expressions,
    pub whole: &'c Rego,
    pub parameters: &'c Rego,
    pub rule: &'c Rule,
    pub span: Span,
}

/// What came out of it.
pub struct Checked {
    pub findings: Vec<Diagnostic>,
    /// What could not be evaluated, where it stands, and why.
    pub unknown: Vec<(Span, String)>,
}

/// What expressions see beside the object.
struct Seen {
    request: Cel,
    namespace: Cel,
    /// The constraint, which the parameters are a part of.
    constraint: Cel,
    parameters: Cel,
    weight: u64,
}

impl Seen {
    fn new(whole: &Rego, parameters: &Rego, object: &Rego, review: &Review, namespace: Option<&Rego>) -> Seen {
        let of = |value: &Rego| cel::untyped(&value::json(value));
        // With the defaults of the schema, as the object in the cluster has them.
        let mut constraint = whole.clone();
        if let Ok(fields) = whole["spec"].as_object() {
            let own = fields.iter().map(|(key, value)| (key.clone(), value.clone()));
            let spec: Fields = own.chain([(Rego::from("parameters"), parameters.clone())]).collect();
            if let Ok(fields) = constraint.as_object_mut() {
                fields.insert(Rego::from("spec"), Rego::from(spec));
            }
        }
        Seen {
            request: of(&review.with(object.clone())),
            namespace: namespace.map_or(Cel::Null, of),
            constraint: of(&constraint),
            parameters: of(parameters),
            weight: cel::weight(&value::json(object)),
        }
    }

    fn judge(&self, expressions: &Expressions, object: &Rego) -> Judged {
        let object = cel::untyped(&value::json(object));
        let given = [
            ("object", &object),
            ("oldObject", &Cel::Null),
            ("request", &self.request),
            ("params", &self.constraint),
            ("namespaceObject", &self.namespace),
        ];
        expressions.judge(&given, &[("anyObject", &object), ("params", &self.parameters)], self.weight)
    }
}

/// What a constraint says about an object.
pub fn check(
    constraint: &Constraint<'_>,
    object: &Rego,
    review: &Review,
    namespace: Option<&Rego>,
    within: &[Segment],
    hints: &(dyn Fn() -> Arc<Hints> + Sync),
    subject: &mut Subject<'_, '_>,
) -> Checked {
    let Constraint { expressions, whole, parameters, rule, span } = constraint;
    let checked = cel::on_deep_stack(|| {
        let seen = Seen::new(whole, parameters, object, review, namespace);
        let judged = seen.judge(expressions, object);
        let findings = match judged.violations.is_empty() {
            true => Vec::new(),
            false => {
                let case = Case { expressions, object, within, rule, hints: &hints() };
                report::report(&case, &judged, &mut |object| seen.judge(expressions, object), subject)
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
pub fn hints(constraint: &Constraint<'_>, object: &Rego, review: &Review, namespace: Option<&Rego>) -> Arc<Hints> {
    let Constraint { expressions, whole, parameters, .. } = constraint;
    let seen = Seen::new(whole, parameters, object, review, namespace);
    let judged = seen.judge(expressions, object);
    report::hints(object, &judged, &mut |object| seen.judge(expressions, object))
}

/// The messages of all violations, as a test counts them.
///
/// # Errors
/// An expression that cannot be evaluated.
pub fn messages(
    expressions: &Expressions,
    whole: &Rego,
    parameters: &Rego,
    object: &Rego,
    review: &Review,
    namespace: Option<&Rego>,
) -> Result<Vec<String>, String> {
    let judged =
        cel::on_deep_stack(|| Seen::new(whole, parameters, object, review, namespace).judge(expressions, object));
    let judged = judged.ok_or_else(|| "there is no room for a thread".to_owned())?;
    match judged.unknown.first() {
        Some((_, why)) => Err(format!("an expression is not evaluated: {why}")),
        None => Ok(judged.violations.into_iter().map(|broken| broken.message).collect()),
    }
}
