//! ValidatingAdmissionPolicies and their bindings, as the API server uses them for objects that are made,
//! and with `--since` for those that change.
//!
//! [`expressions`] evaluates, [`matching`] says which objects a policy is about, [`report`] finds
//! the place of what is wrong, and [`enforce`] puts policies, bindings and
//! parameters together.

pub mod enforce;
pub mod expressions;
pub mod matching;
pub mod report;

use regorus::Value as Rego;

use crate::model::path::Path;
use crate::model::resource::Resource;
use crate::model::rule::Severity;
use crate::model::source::Span;

use super::rego::value;
use super::selector::{Selector, texts};
use expressions::Expressions;
use matching::Match;

/// The group of admission policies.
const GROUP: &str = "admissionregistration.k8s.io";

/// What was read of the objects of admission.
#[derive(Default)]
pub struct Admission {
    pub policies: Vec<Policy>,
    pub bindings: Vec<Binding>,
}

/// A ValidatingAdmissionPolicy.
pub struct Policy {
    pub name: String,
    /// Where the name is written.
    pub span: Span,
    pub matching: Match,
    pub expressions: Expressions,
    /// API version and kind of the parameters.
    pub parameters: Option<(String, String)>,
    /// It writes into the audit log.
    pub annotates: bool,
}

/// A ValidatingAdmissionPolicyBinding.
pub struct Binding {
    pub name: String,
    /// Where the name of its policy is written.
    pub span: Span,
    pub policy: String,
    pub matching: Match,
    pub severity: Severity,
    pub parameters: Option<ParameterRef>,
}

/// `paramRef`
#[derive(Debug, Clone)]
pub struct ParameterRef {
    pub name: Option<String>,
    pub namespace: Option<String>,
    pub selector: Option<Selector>,
    /// `parameterNotFoundAction: Allow`
    pub allows_none: bool,
    pub span: Span,
}

/// Whether an object is an admission policy or its binding.
pub fn is_policy(group: &str, kind: &str) -> bool {
    group == GROUP && matches!(kind, "ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding")
}

impl Admission {
    /// Reads an object, if it is one of these.
    pub fn add(&mut self, resource: &Resource<'_>) {
        if !is_policy(resource.group(), &resource.kind) {
            return;
        }
        let whole = value::convert(resource.value);
        let spec = &whole["spec"];
        let text = |value: &Rego| value.as_string().ok().map(|text| text.to_string()).filter(|text| !text.is_empty());
        let name = resource.name().unwrap_or_default().into_owned();
        if &*resource.kind == "ValidatingAdmissionPolicy" {
            let kind = &spec["paramKind"];
            self.policies.push(Policy {
                name,
                span: Path::of(["metadata", "name"]).span(resource.value),
                matching: Match::read(&spec["matchConstraints"]),
                expressions: resource.value.get("spec").map(Expressions::read).unwrap_or_default(),
                parameters: text(&kind["apiVersion"]).zip(text(&kind["kind"])),
                annotates: spec["auditAnnotations"].as_array().is_ok_and(|list| !list.is_empty()),
            });
            return;
        }
        let actions = texts(&spec["validationActions"]);
        let has = |action: &str| actions.iter().any(|own| own == action);
        let parameters = &spec["paramRef"];
        self.bindings.push(Binding {
            name,
            span: Path::of(["spec", "policyName"]).span(resource.value),
            policy: text(&spec["policyName"]).unwrap_or_default(),
            matching: Match::read(&spec["matchResources"]),
            severity: match () {
                () if has("Deny") => Severity::Error,
                () if has("Warn") => Severity::Warning,
                () => Severity::Note,
            },
            parameters: parameters.as_object().is_ok().then(|| ParameterRef {
                name: text(&parameters["name"]),
                namespace: text(&parameters["namespace"]),
                selector: Selector::read(&parameters["selector"]),
                allows_none: text(&parameters["parameterNotFoundAction"]).as_deref() == Some("Allow"),
                span: Path::of(["spec", "paramRef"]).span(resource.value),
            }),
        });
    }

    pub fn is_empty(&self) -> bool {
        self.policies.is_empty() && self.bindings.is_empty()
    }
}
