//! Policies with their bindings at work.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value as Rego;
use serde_json::json;

use crate::check::cel::{self, Value as Cel};
use crate::model::diagnostic::Diagnostic;
use crate::model::report::NotChecked;
use crate::model::rule::{Rule, Severity};

use super::super::POLICY_ERROR;
use super::super::rego::value;
use super::super::report::Subject;
use super::super::unanswered::Unanswered;
use super::expressions::Judged;
use super::matching::{Request, Verdict, plural};
use super::report::{self, Case};
use super::{Admission, Binding, ParameterRef, Policy};

/// Policies and bindings, ready to be asked about a set of objects.
#[derive(Default)]
pub struct Enforced<'a> {
    bound: Vec<One<'a>>,
    namespaces: BTreeMap<String, Rego>,
    /// By API version and kind.
    parameters: Vec<Rego>,
    /// The plurals of custom kinds, by group and kind.
    plurals: BTreeMap<(String, String), String>,
    /// What cannot be asked, and why.
    pub findings: Vec<Diagnostic>,
    pub not_checked: Vec<NotChecked>,
    pub unanswered: Unanswered,
}

/// A policy with a binding.
struct One<'a> {
    policy: &'a Policy,
    binding: &'a Binding,
    rule: Rule,
    /// It was named on the command line.
    given: bool,
}

impl<'a> Enforced<'a> {
    /// Puts policies and bindings together. `given` are those that were named on the command line; `sees_updates` says
    /// whether it is known what some objects were.
    pub fn new(all: &[(&'a Admission, bool)], objects: &[Rego], sees_updates: bool) -> Self {
        let mut enforced = Enforced::default();
        let text = |value: &Rego| value.as_string().map(|text| text.to_string()).unwrap_or_default();
        let bindings: Vec<&Binding> = all.iter().flat_map(|(all, _)| &all.bindings).collect();
        let mut kinds = BTreeSet::new();
        for (policy, given) in all.iter().flat_map(|(all, given)| all.policies.iter().map(move |one| (one, *given))) {
            let mut line = |why: &str| {
                let message = format!("admission policy {}: {why}", policy.name);
                enforced.not_checked.push(NotChecked { message, span: Some(policy.span) });
            };
            if !policy.matching.is_about("CREATE") {
                let is_about_updates = policy.matching.is_about("UPDATE");
                if !(is_about_updates && sees_updates) {
                    line(match is_about_updates {
                        true => "it is about updates, which `--since` shows",
                        false => "it is about requests that make no objects",
                    });
                    continue;
                }
            }
            let own: Vec<_> = bindings.iter().filter(|binding| binding.policy == policy.name).collect();
            if own.is_empty() {
                line("no binding makes it count");
            }
            if policy.expressions.validations.is_empty() && !policy.annotates {
                line("it has no validations");
            }
            kinds.extend(policy.parameters.clone());
            for binding in own {
                let rule = described(policy, binding.severity);
                enforced.bound.push(One { policy, binding, rule, given });
            }
        }
        for binding in &bindings {
            if !all.iter().any(|(all, _)| all.policies.iter().any(|policy| policy.name == binding.policy)) {
                let message = format!(
                    "binding {}: the admission policy {} is not among the objects",
                    binding.name, binding.policy
                );
                enforced.not_checked.push(NotChecked { message, span: Some(binding.span) });
            }
        }
        for object in objects {
            let (version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
            if version == "v1" && kind == "Namespace" {
                enforced.namespaces.insert(text(&object["metadata"]["name"]), object.clone());
            }
            if kind == "CustomResourceDefinition" {
                let names = &object["spec"]["names"];
                let key = (text(&object["spec"]["group"]), text(&names["kind"]));
                enforced.plurals.insert(key, text(&names["plural"]));
            }
            if kinds.contains(&(version, kind)) {
                enforced.parameters.push(object.clone());
            }
        }
        enforced
    }

    /// Whether nothing is enforced.
    pub fn is_empty(&self) -> bool {
        self.bound.is_empty()
    }

    /// What the policies say about an object.
    pub fn check(&self, request: Request<'_>, subject: &mut Subject<'_, '_>, out: &mut Vec<Diagnostic>) {
        let key = (request.group.to_owned(), request.kind.to_owned());
        let guessed = plural(request.kind);
        let resource = self.plurals.get(&key).unwrap_or(&guessed);
        let request = Request { resource, ..request };
        let mut seen: [Option<Seen>; 2] = [None, None];
        for one in &self.bound {
            // What is made for the first time in another cluster must be right too.
            let old = request.old.filter(|_| one.policy.matching.is_about("UPDATE"));
            let request = Request { old, ..request };
            let fits = match one.policy.matching.fits(request, &self.namespaces) {
                Verdict::Fits => one.binding.matching.fits(request, &self.namespaces),
                other => other,
            };
            match fits {
                Verdict::Other => continue,
                Verdict::Unknown(namespace) => {
                    let who = format!("admission policy {}", one.policy.name);
                    self.unanswered.namespace(one.policy.span, who, namespace);
                    continue;
                }
                Verdict::Fits => {}
            }
            let seen = seen[usize::from(old.is_some())].get_or_insert_with(|| self.seen(request));
            match self.parameters_of(one, request) {
                Parameters::None => self.ask(one, request, seen, &Rego::Null, subject, out),
                Parameters::All(all) => {
                    for parameters in all {
                        self.ask(one, request, seen, parameters, subject, out);
                    }
                }
                Parameters::Missing(at) => {
                    let why =
                        format!("the parameters of admission policy {} are not among the objects", one.policy.name);
                    self.unanswered.object(at.span, why);
                }
            }
        }
    }

    /// What expressions see of a request.
    fn seen(&self, request: Request<'_>) -> Seen {
        let metadata = &request.object["metadata"];
        let text = |key: &str| metadata[key].as_string().map(|text| text.to_string()).unwrap_or_default();
        let namespace = self.namespaces.get(&text("namespace"));
        let kind = json!({"group": request.group, "version": request.version, "kind": request.kind});
        let resource = json!({"group": request.group, "version": request.version, "resource": request.resource});
        let asked = json!({
            "kind": kind, "resource": resource, "subResource": "", "requestKind": kind, "requestResource": resource,
            "requestSubResource": "", "name": text("name"), "namespace": text("namespace"), "operation": request.operation(),
            "userInfo": {}, "dryRun": false, "options": {},
        });
        let object = value::untyped(request.object);
        let old = request.old.map_or(Cel::Null, value::untyped);
        Seen {
            weight: cel::weight(&object) + cel::weight(&old),
            object,
            old,
            request: value::untyped(&Rego::from(asked)),
            namespace: namespace.map_or(Cel::Null, value::untyped),
        }
    }

    fn ask(
        &self,
        one: &One<'_>,
        request: Request<'_>,
        seen: &Seen,
        parameters: &Rego,
        subject: &mut Subject<'_, '_>,
        out: &mut Vec<Diagnostic>,
    ) {
        let parameters = value::untyped(parameters);
        let judge = |object: &Cel| {
            let given = [
                ("object", object),
                ("oldObject", &seen.old),
                ("request", &seen.request),
                ("params", &parameters),
                ("namespaceObject", &seen.namespace),
            ];
            let judged = one.policy.expressions.judge(&given, seen.weight);
            match request.old {
                Some(_) => one.policy.expressions.without_failures_of_old(judged, one.policy.span),
                None => judged,
            }
        };
        let found = cel::on_deep_stack(|| {
            let judged = judge(&seen.object);
            if judged.violations.is_empty() {
                return (judged, Vec::new());
            }
            let case = Case {
                expressions: &one.policy.expressions,
                object: request.object,
                within: &[],
                rule: &one.rule,
                hints: &[],
            };
            let findings = report::report(&case, &judged, &mut |object| judge(&value::untyped(object)), subject);
            (judged, findings)
        });
        let (judged, findings) = found.unwrap_or_else(|| {
            let unknown = vec![(one.policy.span, "there is no room for a thread".to_owned())];
            (Judged { unknown, ..Judged::default() }, Vec::new())
        });
        for (span, why) in judged.unknown {
            let why = format!("an expression of admission policy {} is not evaluated: {why}", one.policy.name);
            if one.given {
                let problem = Diagnostic::new(&POLICY_ERROR, span, why, "");
                let effect = "the object is unchecked by this expression: exit code 2, not a pass";
                let mut problem = problem.effect(effect);
                problem.resource = Some(subject.id());
                out.push(problem);
            } else {
                self.unanswered.object(span, why);
            }
        }
        for mut finding in findings {
            finding.effect = Some(one.rule.why.to_string());
            out.push(finding.see(one.binding.span, "this binding makes it count"));
        }
    }

    /// `k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go`, `collectParams`.
    fn parameters_of<'s>(&'s self, one: &'s One<'_>, request: Request<'_>) -> Parameters<'s> {
        let (Some((version, kind)), Some(by)) = (&one.policy.parameters, &one.binding.parameters) else {
            return Parameters::None;
        };
        let text = |value: &Rego| value.as_string().ok().map(|text| text.to_string());
        let namespace = by.namespace.clone().or_else(|| text(&request.object["metadata"]["namespace"]));
        let fits = |object: &&Rego| {
            let metadata = &object["metadata"];
            let own = text(&metadata["namespace"]);
            text(&object["apiVersion"]).as_ref() == Some(version)
                && text(&object["kind"]).as_ref() == Some(kind)
                && (own.is_none() || own == namespace)
                && by.name.as_ref().is_none_or(|name| text(&metadata["name"]).as_ref() == Some(name))
                && by.selector.as_ref().is_none_or(|selector| selector.matches(&metadata["labels"]))
        };
        let found: Vec<&Rego> = self.parameters.iter().filter(fits).collect();
        match found.is_empty() {
            false => Parameters::All(found),
            true if by.allows_none => Parameters::All(Vec::new()),
            true => Parameters::Missing(by),
        }
    }
}

/// What expressions see of a request.
struct Seen {
    object: Cel,
    old: Cel,
    request: Cel,
    namespace: Cel,
    weight: u64,
}

enum Parameters<'p> {
    /// The policy has none.
    None,
    All(Vec<&'p Rego>),
    /// They are somewhere else.
    Missing(&'p ParameterRef),
}

fn described(policy: &Policy, severity: Severity) -> Rule {
    let why = match severity {
        Severity::Error => "the API server refuses the object",
        Severity::Warning => "the API server lets the object pass with a warning",
        Severity::Note => "the API server notes the object in its audit log",
    };
    let title = format!("admission policy {}", policy.name);
    Rule::custom(&policy.name, severity, title, why.to_owned(), String::new())
}
