//! ConstraintTemplates (`open-policy-agent/frameworks/constraint/pkg/apis/templates`).

use std::sync::OnceLock;

use regorus::Value as Rego;

use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path, Segment};
use crate::model::resource::Resource;
use crate::model::rule::Severity;
use crate::model::value::Value;

use super::super::POLICY_ERROR;
use super::super::admission::expressions::Expressions;
use super::super::rego::parse::Version;
use super::super::rego::program::{Program, Read};
use super::super::rego::syntax::{self, Node, Reference};
use super::super::rego::text::Text;
use super::super::rego::value;
use super::super::reporting::{self, Reporting};

/// The target of templates for admission.
const TARGET: &str = "admission.k8s.gatekeeper.sh";

/// A template, ready to be asked.
pub struct Template {
    /// The kind of its constraints.
    pub kind: String,
    /// The schema of `spec.parameters`.
    pub parameters: Rego,
    pub title: String,
    pub engine: Engine,
    sees_changes: OnceLock<bool>,
}

/// What a template is written in.
pub enum Engine {
    Rego {
        program: Box<Program>,
        /// `violation`
        rule: Box<Reporting>,
        /// It reads `data.inventory`.
        referential: bool,
    },
    /// K8sNativeValidation
    Cel(Expressions),
}

impl Template {
    /// Reads and compiles a template.
    ///
    /// # Errors
    /// What is wrong with it, each at its place.
    pub fn read(resource: &Resource<'_>) -> Result<Template, Vec<Diagnostic>> {
        let root = resource.value;
        let broken = |path: Path, message: String| vec![Diagnostic::new(&POLICY_ERROR, path.span(root), message, "")];
        let names = Path::of(["spec", "crd", "spec", "names", "kind"]);
        let Some(kind) = names.locate(root).value.as_str().filter(|_| reaches(&names, root)) else {
            return Err(broken(names, "the template does not name the kind of its constraints".to_owned()));
        };
        let targets =
            root.at(["spec", "targets"]).map(|targets| targets.items().collect::<Vec<_>>()).unwrap_or_default();
        let [target] = targets.as_slice() else {
            let path = Path::of(["spec", "targets"]);
            return Err(broken(path, format!("the template must have one target, and has {}", targets.len())));
        };
        if target.get("target").and_then(Value::as_str).as_deref() != Some(TARGET) {
            let path = Path(vec![Segment::from("spec"), Segment::from("targets"), 0.into(), Segment::from("target")]);
            return Err(broken(path, format!("the target must be `{TARGET}`")));
        }
        let annotation = |key: &str| root.at(["metadata", "annotations", key]).and_then(Value::as_str);
        let schema = root.at(["spec", "crd", "spec", "validation", "openAPIV3Schema"]);
        Ok(Template {
            kind: kind.into_owned(),
            parameters: schema.map_or(Rego::Undefined, value::convert),
            title: annotation("metadata.gatekeeper.sh/title").unwrap_or_default().into_owned(),
            engine: engine(*target, root)?,
            sees_changes: OnceLock::new(),
        })
    }
}

impl Template {
    /// Whether it may say something else about an update than about a new object.
    ///
    /// `spec.targets[].operations` does not count: it is for the ValidatingAdmissionPolicy that may be made of the
    /// template, and the webhook asks about all requests that it gets (`pkg/drivers/k8scel/transform/make_vap_objects.go`,
    /// 3.22).
    pub fn sees_changes(&self) -> bool {
        *self.sees_changes.get_or_init(|| match &self.engine {
            Engine::Rego { program, .. } => {
                ["operation", "oldObject"].iter().any(|key| program.may_read(&["review", key]))
            }
            Engine::Cel(expressions) => {
                let reads =
                    |route: &Vec<String>| route.first().is_none_or(|key| key == "operation" || key == "oldObject");
                expressions.names("oldObject") || expressions.routes("request", true).iter().any(reads)
            }
        })
    }
}

fn reaches(path: &Path, root: Value<'_>) -> bool {
    path.locate(root).depth == path.0.len()
}

/// Of several languages CEL wins: its driver is on by default.
fn engine(target: Value<'_>, root: Value<'_>) -> Result<Engine, Vec<Diagnostic>> {
    let code: Vec<Value<'_>> = target.get("code").map(|code| code.items().collect()).unwrap_or_default();
    let of = |name: &str| {
        let named = |entry: &&Value<'_>| entry.get("engine").and_then(Value::as_str).as_deref() == Some(name);
        code.iter().find(named).and_then(|entry| entry.get("source"))
    };
    if let Some(source) = of("K8sNativeValidation") {
        return Ok(Engine::Cel(Expressions::read(source)));
    }
    let (source, version) = match of("Rego") {
        Some(source) if source.get("version").and_then(Value::as_str).as_deref() == Some("v1") => (source, Version::V1),
        Some(source) => (source, Version::V0),
        None => (target, Version::V0),
    };
    let Some(text) = source.get("rego").and_then(Text::scalar) else {
        let path = Path::of(["spec", "targets"]);
        let message = "the template has neither Rego nor CEL in it";
        return Err(vec![Diagnostic::new(&POLICY_ERROR, path.span(root), message, "")]);
    };
    let libraries = source.get("libs").into_iter().flat_map(Value::items).filter_map(Text::scalar);
    let texts = std::iter::once(text).chain(libraries).map(|text| (text, version)).collect();
    rego(Read::new(texts)?)
}

fn rego(read: Read) -> Result<Engine, Vec<Diagnostic>> {
    let foreign: Vec<Diagnostic> = read
        .missing_data(&Rego::new_object())
        .into_iter()
        .filter(|problem| !problem.message.starts_with("`data.inventory"))
        .map(|problem| Diagnostic {
            rule: POLICY_ERROR.id,
            severity: POLICY_ERROR.severity,
            message: problem.message.replace("is not loaded", "cannot be read by a template"),
            help: Some("a template can read its libraries below `data.lib`, and `data.inventory`".to_owned()),
            ..problem
        })
        .collect();
    if !foreign.is_empty() {
        return Err(foreign);
    }
    let mut problems = Vec::new();
    let severity = |name: &str| (name == "violation").then_some(Severity::Error);
    let mut rules = reporting::collect(&read, &severity, &mut problems);
    let main = syntax::package(read.parsed[0].module.as_ref());
    rules.retain(|rule| rule.path[..rule.path.len() - 1] == *main);
    if rules.is_empty() {
        let package = read.parsed[0].module.package.refr.span();
        let span = read.texts[0].span(package.start as usize, package.end as usize);
        let mut problem = Diagnostic::new(&POLICY_ERROR, span, "the template has no rule `violation`", "");
        if let Some(found) = problems.first() {
            problem.primary.span = found.primary.span;
            problem.message.clone_from(&found.message);
        }
        return Err(vec![problem.help("write `violation[{\"msg\": msg}] { … }`")]);
    }
    let referential = read.modules().iter().any(|module| {
        let mut reads = false;
        for rule in &module.policy {
            syntax::walk(rule.as_ref(), &mut |node| {
                let Node::Expr { expr, .. } = node else { return };
                reads |= Reference::of(expr).is_some_and(|reference| {
                    reference.base == "data"
                        && reference.keys.first().is_some_and(|key| key.as_deref() == Some("inventory"))
                });
            });
        }
        reads || module.imports.iter().any(|import| import.refr.span().text().contains("inventory"))
    });
    let mut program = read.program();
    reporting::copy_definitions(&mut rules, &mut program);
    program.prepare(None).map_err(|problem| vec![*problem])?;
    match rules.pop() {
        Some(rule) => Ok(Engine::Rego { program: Box::new(program), rule: Box::new(rule), referential }),
        None => Err(Vec::new()),
    }
}
