//! Gatekeeper: templates and constraints, as its webhook and its audit use them.
//!
//! [`template`] and [`constraint`] read the two, [`matching`] says which objects a constraint is about, [`review`] builds
//! what the policy sees, and [`expansion`] the pods that workloads make. [`enforce`] puts them together.

pub mod constraint;
pub mod enforce;
pub mod expansion;
pub mod matching;
mod naming;
mod native;
mod one;
mod parameters;
pub mod review;
pub mod template;

use regorus::Value as Rego;

use crate::model::diagnostic::Diagnostic;
use crate::model::resource::Resource;

use super::POLICY_ERROR;
use constraint::Constraint;
use expansion::Expansion;
use template::Template;

/// What was read of Gatekeeper's objects.
#[derive(Default)]
pub struct Gatekeeper {
    pub templates: Vec<Template>,
    pub constraints: Vec<Constraint>,
    pub expansions: Vec<Expansion>,
}

/// Whether an object is one of Gatekeeper's policies.
pub fn is_policy(group: &str, kind: &str) -> bool {
    match group {
        constraint::GROUP => true,
        "templates.gatekeeper.sh" => kind == "ConstraintTemplate",
        expansion::GROUP => kind == "ExpansionTemplate",
        _ => false,
    }
}

impl Gatekeeper {
    /// Reads an object, if it is one of Gatekeeper's.
    pub fn add(&mut self, resource: &Resource<'_>, problems: &mut Vec<Diagnostic>) {
        if !is_policy(resource.group(), &resource.kind) {
            return;
        }
        match resource.group() {
            constraint::GROUP => match Constraint::read(resource) {
                Ok(constraint) => self.constraints.push(constraint),
                Err(problem) => problems.push(*problem),
            },
            expansion::GROUP => self.expansions.push(Expansion::read(resource)),
            _ => match Template::read(resource) {
                Ok(template) => self.templates.push(template),
                Err(broken) => problems.extend(broken),
            },
        }
    }

    /// What the API server refuses about the constraints whose templates are here.
    pub fn faults(&self) -> Vec<Diagnostic> {
        let fault = |constraint: &Constraint| {
            let template = self.templates.iter().find(|template| template.kind == constraint.kind)?;
            let given = &constraint.whole["spec"]["parameters"];
            let has_any = !matches!(given, Rego::Undefined) && !matches!(template.parameters, Rego::Undefined);
            let fault = has_any.then(|| parameters::fault(given, &template.parameters, "spec.parameters")).flatten()?;
            Some(Diagnostic::new(&POLICY_ERROR, constraint.span, fault, "in this constraint"))
        };
        self.constraints.iter().filter_map(fault).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.templates.is_empty() && self.constraints.is_empty()
    }
}
