//! Constraints: which template, about what, with which parameters, and how bad it is.

use regorus::Value as Rego;
use regorus::value::Object as Fields;

use crate::model::diagnostic::Diagnostic;
use crate::model::path::Path;
use crate::model::resource::Resource;
use crate::model::rule::Severity;
use crate::model::source::Span;

use super::super::POLICY_ERROR;
use super::super::rego::value;
use super::super::selector::texts;
use super::matching::Match;

/// The group of constraints.
pub const GROUP: &str = "constraints.gatekeeper.sh";

/// A constraint.
#[derive(Debug, Clone)]
pub struct Constraint {
    pub kind: String,
    pub name: String,
    /// Where its name is written.
    pub span: Span,
    pub whole: Rego,
    pub matching: Match,
    actions: Vec<(String, Vec<String>)>,
}

/// Who enforces a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The cluster: its webhook, and its audit.
    Cluster,
    /// gator, whose tests are run.
    Gator,
}

impl Constraint {
    /// Reads a constraint.
    ///
    /// # Errors
    /// What Gatekeeper would refuse about it.
    pub fn read(resource: &Resource<'_>) -> Result<Constraint, Box<Diagnostic>> {
        let whole = value::convert(resource.value);
        let spec = &whole["spec"];
        let name = Path::of(["metadata", "name"]);
        let matching = Match::read(&spec["match"]).map_err(|source| {
            let span = Path::of(["spec", "match", "source"]).span(resource.value);
            let message = format!("`source: {source}` is none of `All`, `Original` and `Generated`");
            Box::new(Diagnostic::new(&POLICY_ERROR, span, message, ""))
        })?;
        let action = spec["enforcementAction"].as_string().map(|action| action.to_string()).unwrap_or_default();
        let scoped = spec["scopedEnforcementActions"].as_array().map(|actions| actions.to_vec()).unwrap_or_default();
        let actions = match action.as_str() {
            "scoped" => scoped
                .iter()
                .map(|entry| {
                    let points =
                        entry["enforcementPoints"].as_array().map(|points| points.to_vec()).unwrap_or_default();
                    let names =
                        points.iter().filter_map(|point| point["name"].as_string().ok().map(|name| name.to_string()));
                    (texts_or_one(&entry["action"]), names.collect())
                })
                .collect(),
            "" => vec![("deny".to_owned(), vec!["*".to_owned()])],
            _ => vec![(action, vec!["*".to_owned()])],
        };
        Ok(Constraint {
            kind: resource.kind.clone().into_owned(),
            name: resource.name().unwrap_or_default().into_owned(),
            span: name.span(resource.value),
            matching,
            actions,
            whole,
        })
    }

    /// How bad a violation is; `None` where nobody enforces the constraint.
    pub fn severity(&self, point: Point) -> Option<Severity> {
        let ours: &[&str] = match point {
            Point::Cluster => &["*", "validation.gatekeeper.sh", "gator.gatekeeper.sh"],
            Point::Gator => &["*", "gator.gatekeeper.sh"],
        };
        let audit =
            |points: &[String]| point == Point::Cluster && points.iter().any(|name| name == "audit.gatekeeper.sh");
        let severity = |(action, points): &(String, Vec<String>)| match action.as_str() {
            _ if !points.iter().any(|name| ours.contains(&name.as_str())) => audit(points).then_some(Severity::Note),
            "deny" => Some(Severity::Error),
            "warn" => Some(Severity::Warning),
            _ => Some(Severity::Note),
        };
        self.actions.iter().filter_map(severity).max()
    }

    /// `spec.parameters`, or an empty object. With a schema its defaults are filled in, as the API server does.
    pub fn parameters(&self, schema: Option<&Rego>) -> Rego {
        let written = &self.whole["spec"]["parameters"];
        let written = if matches!(written, Rego::Undefined) { Rego::new_object() } else { written.clone() };
        match schema {
            Some(schema) if !matches!(self.whole["spec"]["parameters"], Rego::Undefined) => defaulted(&written, schema),
            Some(schema) if !matches!(schema["default"], Rego::Undefined) => defaulted(&schema["default"], schema),
            _ => written,
        }
    }
}

fn texts_or_one(value: &Rego) -> String {
    value.as_string().map(|text| text.to_string()).ok().or_else(|| texts(value).pop()).unwrap_or_default()
}

/// A value with the defaults of its schema (`apiextensions-apiserver/pkg/apiserver/schema/defaulting/algorithm.go`).
fn defaulted(value: &Rego, schema: &Rego) -> Rego {
    match value {
        Rego::Object(own) => {
            let mut fields: Vec<(Rego, Rego)> = Vec::new();
            for (key, value) in own.iter() {
                let below = key.as_string().map(|key| &schema["properties"][&**key]).unwrap_or(&Rego::Undefined);
                let below = if matches!(below, Rego::Undefined) { &schema["additionalProperties"] } else { below };
                fields.push((key.clone(), defaulted(value, below)));
            }
            if let Ok(properties) = schema["properties"].as_object() {
                for (key, below) in properties.iter() {
                    let default = &below["default"];
                    if own.get(key).is_none() && !matches!(default, Rego::Undefined) {
                        fields.push((key.clone(), defaulted(default, below)));
                    }
                }
            }
            Rego::from(fields.into_iter().collect::<Fields>())
        }
        Rego::Array(items) => {
            let items = items.iter().map(|item| defaulted(item, &schema["items"]));
            Rego::from(items.collect::<regorus::value::Array>())
        }
        other => other.clone(),
    }
}
