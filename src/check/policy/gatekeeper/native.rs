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

/// What expressions see of a constraint.
pub struct Given {
    /// The whole of it, with the defaults of the schema, as the object in the cluster has them.
    constraint: Cel,
    parameters: Cel,
}

/// What expressions see of an object.
pub struct Seen {
    object: Cel,
    request: Cel,
    namespace: Cel,
    weight: u64,
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
        Given { constraint: value::untyped(&constraint), parameters: value::untyped(parameters) }
    }
}

impl Seen {
    pub fn new(object: &Rego, review: &Review, namespace: Option<&Rego>) -> Seen {
        let request = value::untyped(&review.with(object.clone()));
        let object = value::untyped(object);
        let namespace = namespace.map_or(Cel::Null, value::untyped);
        Seen { weight: cel::weight(&object), object, request, namespace }
    }
}

impl Constraint<'_> {
    fn judge(&self, seen: &Seen, object: &Cel) -> Judged {
        let Given { constraint, parameters } = self.given;
        let given = [
            ("object", object),
            ("oldObject", &Cel::Null),
            ("request", &seen.request),
            ("params", constraint),
            ("namespaceObject", &seen.namespace),
        ];
        self.expressions.judge(&given, &[("anyObject", object), ("params", parameters)], seen.weight)
    }

    fn judge_another(&self, seen: &Seen, object: &Rego) -> Judged {
        self.judge(seen, &value::untyped(object))
    }
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
                report::report(&case, &judged, &mut |object| constraint.judge_another(seen, object), subject)
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
    report::hints(object, &judged, &mut |object| constraint.judge_another(seen, object))
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
