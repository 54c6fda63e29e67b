//! The expressions of a policy: conditions, variables and validations, in this order
//! (`k8s.io/apiserver/pkg/admission/plugin/policy/validating/validator.go`).

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use crate::check::cel::{self, Answer, BUDGET, Compiled, Extract, Program, Scope, Value as Cel, compiled, variable};
use crate::model::path::{Path, Segment};
use crate::model::source::Span;
use crate::model::value::Value;

use super::super::rego::metadata::short;

/// An expression and where it stands.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    pub span: Span,
    program: OnceLock<Compiled>,
}

/// One validation.
#[derive(Debug, Clone)]
pub struct Validation {
    pub expression: Expression,
    message: Option<String>,
    message_expression: Option<Expression>,
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct Expressions {
    conditions: Vec<Expression>,
    variables: Vec<Variable>,
    pub validations: Vec<Validation>,
    /// `failurePolicy: Ignore`
    ignores: bool,
    /// What is read below each name.
    extracts: OnceLock<HashMap<String, Extract>>,
    /// See [`Expressions::references`]: of the conditions, then of each validation.
    references: OnceLock<Vec<Vec<Path>>>,
}

/// A name for what an expression gives.
#[derive(Debug, Clone)]
struct Variable {
    name: String,
    /// Its name in expressions.
    written: String,
    expression: Expression,
}

/// A violation.
#[derive(Debug, Clone)]
pub struct Broken {
    /// The number of the validation, or none for a condition.
    pub at: Option<usize>,
    pub message: String,
    /// The expression is not false, it fails.
    pub fails: bool,
}

/// What came out of a policy for one object.
#[derive(Debug, Default, Clone)]
pub struct Judged {
    pub violations: Vec<Broken>,
    /// What could not be evaluated, where it stands, and why.
    pub unknown: Vec<(Span, String)>,
}

impl Expression {
    fn read(value: Value<'_>) -> Option<Expression> {
        Some(Expression { text: value.as_str()?.into_owned(), span: value.span(), program: OnceLock::new() })
    }

    fn program(&self) -> Result<&Program, &String> {
        self.program.get_or_init(|| compiled(&self.text, false)).as_ref().as_ref()
    }

    fn names(&self, name: &str) -> bool {
        self.program().is_ok_and(|program| program.names(name))
    }

    fn evaluate(&self, scope: &Scope<'_>) -> Answer {
        self.answer(|program| scope.run(program))
    }

    fn answer<V>(&self, run: impl FnOnce(&Program) -> Answer<V>) -> Answer<V> {
        match self.program() {
            // One element that fails does not make `exists` fail in the API server, and does so here.
            Ok(program) => match run(program) {
                Answer::Fails(why) if self.text.contains(".exists") => Answer::Unknown(why),
                answer => answer,
            },
            Err(why) => Answer::Unknown(why.clone()),
        }
    }
}

impl Expressions {
    /// Reads them from the `spec` of a policy, or the `source` of a template.
    pub fn read(spec: Value<'_>) -> Expressions {
        let items = |key: &str| spec.get(key).into_iter().flat_map(Value::items);
        let expression = |item: Value<'_>, key: &str| item.get(key).and_then(Expression::read);
        let text =
            |item: Value<'_>, key: &str| item.get(key).and_then(Value::as_str).map(|text| text.trim().to_owned());
        Expressions {
            conditions: items("matchConditions").filter_map(|item| expression(item, "expression")).collect(),
            variables: items("variables")
                .filter_map(|item| {
                    let name = text(item, "name")?;
                    Some(Variable { written: variable(&name), name, expression: expression(item, "expression")? })
                })
                .collect(),
            validations: items("validations")
                .filter_map(|item| {
                    Some(Validation {
                        expression: expression(item, "expression")?,
                        message: text(item, "message").filter(|text| !text.is_empty()),
                        message_expression: expression(item, "messageExpression"),
                    })
                })
                .collect(),
            ignores: text(spec, "failurePolicy").as_deref() == Some("Ignore"),
            extracts: OnceLock::new(),
            references: OnceLock::new(),
        }
    }

    /// Judges an object. `given` are the values of all names but the variables of the policy; `weight` is the size of the
    /// object.
    pub fn judge(&self, given: &[(&str, &Cel)], weight: u64) -> Judged {
        cel::refill(BUDGET);
        cel::weigh_steps(weight);
        cel::scope(|mut scope| {
            for (name, value) in given {
                if let Some(extract) = self.extracts().get(*name) {
                    scope.name(name, &extract.of(value));
                }
            }
            self.judge_within(&mut scope)
        })
    }

    /// What the expressions read below each name.
    fn extracts(&self) -> &HashMap<String, Extract> {
        self.extracts.get_or_init(|| {
            let mut extracts: HashMap<String, Extract> = HashMap::new();
            let programs = self.judging().chain(self.telling()).filter_map(|expression| expression.program().ok());
            for (name, routes) in programs.flat_map(|program| &program.routes) {
                routes.iter().for_each(|route| extracts.entry(name.clone()).or_default().add(route));
            }
            extracts
        })
    }

    /// Whether any of the expressions has a name in it.
    pub fn names(&self, name: &str) -> bool {
        self.extracts().contains_key(name)
    }

    /// The verdict about an update: expressions that fail may do so because the old object in the cluster has more than
    /// its file, defaults and what controllers write. These are unknown, at `span`.
    pub fn without_failures_of_old(&self, mut judged: Judged, span: Span) -> Judged {
        if self.names("oldObject") {
            let (failed, broken): (Vec<Broken>, _) = judged.violations.into_iter().partition(|broken| broken.fails);
            judged.violations = broken;
            judged.unknown.extend(failed.into_iter().map(|broken| (span, broken.message)));
        }
        judged
    }

    /// What says whether an object is right.
    fn judging(&self) -> impl Iterator<Item = &Expression> {
        let own = self.conditions.iter().chain(self.variables.iter().map(|variable| &variable.expression));
        own.chain(self.validations.iter().map(|one| &one.expression))
    }

    /// What makes messages.
    fn telling(&self) -> impl Iterator<Item = &Expression> {
        self.validations.iter().filter_map(|one| one.message_expression.as_ref())
    }

    /// What the expressions read below a name, those that make messages among them or not.
    pub fn routes(&self, name: &str, told: bool) -> BTreeSet<Vec<String>> {
        let own =
            |expression: &Expression| expression.program().ok().and_then(|program| program.routes.get(name).cloned());
        self.judging().chain(self.telling().filter(|_| told)).filter_map(own).flatten().collect()
    }

    fn judge_within(&self, scope: &mut Scope<'_>) -> Judged {
        let mut judged = Judged::default();
        for condition in &self.conditions {
            match condition.evaluate(scope) {
                Answer::Value(Cel::Bool(true)) => {}
                Answer::Value(Cel::Bool(false)) => return judged,
                Answer::Fails(why) if !self.ignores => {
                    let message = format!("the match condition `{}` fails: {why}", short(&condition.text));
                    judged.violations.push(Broken { at: None, message, fails: true });
                    return judged;
                }
                Answer::Fails(why) | Answer::Unknown(why) => {
                    judged.unknown.push((condition.span, why));
                    return judged;
                }
                Answer::Value(_) => {
                    judged.unknown.push((condition.span, "it is neither true nor false".to_owned()));
                    return judged;
                }
            }
        }
        // A variable that fails is an error where it is used.
        let mut broken: Vec<(&Variable, Answer<()>)> = Vec::new();
        for variable in &self.variables {
            let answer = variable.expression.answer(|program| scope.define(&variable.written, program));
            match blamed(answer, &variable.expression, &broken) {
                Answer::Value(()) => {}
                answer => broken.push((variable, answer)),
            }
        }
        for (at, validation) in self.validations.iter().enumerate() {
            let expression = &validation.expression;
            match blamed(expression.evaluate(scope), expression, &broken) {
                Answer::Value(Cel::Bool(true)) => {}
                Answer::Value(Cel::Bool(false)) => {
                    let message = validation.message(scope);
                    judged.violations.push(Broken { at: Some(at), message, fails: false });
                }
                Answer::Fails(why) if !self.ignores => {
                    let message = format!("the expression `{}` fails: {why}", short(&expression.text));
                    judged.violations.push(Broken { at: Some(at), message, fails: true });
                }
                Answer::Fails(why) | Answer::Unknown(why) => judged.unknown.push((expression.span, why)),
                Answer::Value(_) => judged.unknown.push((expression.span, "it is neither true nor false".to_owned())),
            }
        }
        judged
    }

    /// The places of the object that a validation names, by itself or through variables; those that it asks for with
    /// `has` first.
    pub fn references(&self, at: Option<usize>) -> &[Path] {
        let all = self.references.get_or_init(|| {
            let validations = (0..self.validations.len()).map(Some);
            std::iter::once(None).chain(validations).map(|at| self.find_references(at)).collect()
        });
        all.get(at.map_or(0, |at| at + 1)).map(Vec::as_slice).unwrap_or_default()
    }

    fn find_references(&self, at: Option<usize>) -> Vec<Path> {
        let mut texts: Vec<&str> = match at.and_then(|at| self.validations.get(at)) {
            Some(validation) => vec![&validation.expression.text],
            None => self.conditions.iter().map(|condition| condition.text.as_str()).collect(),
        };
        let mut next = 0;
        while let Some(text) = texts.get(next).copied() {
            next += 1;
            for Variable { written, expression, .. } in &self.variables {
                if text.contains(written) && !texts.contains(&expression.text.as_str()) {
                    texts.push(&expression.text);
                }
            }
        }
        texts.iter().flat_map(|text| routes(text)).collect()
    }
}

/// What an expression gives, or why a variable that it uses has no value.
fn blamed<V>(answer: Answer<V>, expression: &Expression, broken: &[(&Variable, Answer<()>)]) -> Answer<V> {
    if matches!(answer, Answer::Value(_)) {
        return answer;
    }
    match broken.iter().find(|(variable, _)| expression.names(&variable.written)) {
        Some((variable, Answer::Fails(why))) => Answer::Fails(format!("`{}`: {why}", variable.name)),
        Some((variable, Answer::Unknown(why))) => Answer::Unknown(format!("`{}`: {why}", variable.name)),
        _ => answer,
    }
}

impl Validation {
    fn message(&self, scope: &Scope<'_>) -> String {
        let by_expression = self.message_expression.as_ref().and_then(|expression| match expression.evaluate(scope) {
            Answer::Value(Cel::String(text)) => Some(text.trim().to_owned()),
            _ => None,
        });
        by_expression
            .filter(|text| !text.is_empty() && !text.contains('\n'))
            .or_else(|| self.message.clone())
            .unwrap_or_else(|| format!("failed expression: {}", short(&self.expression.text)))
    }
}

/// The routes below `object` in an expression, as far as they are written out.
fn routes(text: &str) -> Vec<Path> {
    let mut routes = Vec::new();
    for name in ["object", "anyObject"] {
        for (at, _) in text.match_indices(name) {
            let before = text[..at].chars().next_back();
            if before
                .is_some_and(|before| before.is_alphanumeric() || before == '_' || (before == '.' && name == "object"))
            {
                continue;
            }
            let route = route(&text[at + name.len()..]);
            if !route.is_empty() {
                routes.push(Path(route));
            }
        }
    }
    routes
}

fn route(mut rest: &str) -> Vec<Segment> {
    let mut route = Vec::new();
    loop {
        if let Some(field) = rest.strip_prefix(".?").or_else(|| rest.strip_prefix('.')) {
            let end = field.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(field.len());
            // A function, not a field.
            if end == 0 || field[end..].starts_with('(') {
                return route;
            }
            route.push(Segment::from(&field[..end]));
            rest = &field[end..];
        } else {
            let quoted = rest.strip_prefix("[?").or_else(|| rest.strip_prefix('['));
            let quoted = quoted.and_then(|rest| {
                ['\'', '"'].iter().find_map(|quote| {
                    let (key, rest) = rest.strip_prefix(*quote)?.split_once(*quote)?;
                    Some((key, rest.strip_prefix(']')?))
                })
            });
            let Some((key, after)) = quoted else { return route };
            route.push(Segment::from(key));
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_read_from_expressions() {
        let text = "has(object.spec.replicas) && object.metadata.?labels[?'a/b'].orValue('') != oldObject.x";
        let routes: Vec<String> = routes(text).iter().map(Path::to_string).collect();
        assert_eq!(routes, ["spec.replicas", "metadata.labels[\"a/b\"]"]);
    }
}
