//! Tests that people write for their policies: `test_` rules of Rego, and cases of gator.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value as Rego;
use regorus::unstable::{Expr, Literal, LiteralStmt, Rule as RegoRule};

use crate::model::diagnostic::Diagnostic;
use crate::model::resource::Resource;
use crate::model::source::{FileId, Span};
use crate::model::value::Value;

use super::gatekeeper::Gatekeeper;
use super::gatekeeper::constraint::Point;
use super::gatekeeper::enforce::{Asked, Enforced, Enforcer};
use super::gatekeeper::review::Review;
use super::rego::asker::Asker;
use super::rego::files::Shelf;
use super::rego::parse::Version;
use super::rego::program::{Program, Read};
use super::rego::text::Text;
use super::rego::{metadata, rewrite, scopes, syntax, value};
use super::{Given, POLICY_ERROR, POLICY_TEST, data, on_big_stack};

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// As expected.
    Passed,
    /// Not as expected.
    Failed,
    /// It could not be run.
    Error,
    /// Its name says that it is not to be run.
    Skipped,
}

/// A test that was run.
#[derive(Debug, Clone)]
pub struct Tested {
    /// The file it stands in.
    pub file: FileId,
    /// The package.
    pub suite: String,
    /// The rule.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// Where it stands.
    pub span: Span,
    /// What is wrong, unless it passed.
    pub problem: Option<Diagnostic>,
}

/// How much of a file the tests went through.
#[derive(Debug, Clone)]
pub struct Coverage {
    /// The file.
    pub file: FileId,
    /// The lines that say something, from 1, each with whether a test went through it.
    pub lines: BTreeMap<u32, bool>,
}

/// Runs the `test_` rules of Rego files, which are loaded together. The coverage is that of the files without tests.
///
/// # Errors
/// Policies that do not load.
pub fn rego(given: &Given<'_>) -> Result<(Vec<Tested>, Vec<Coverage>), Vec<Diagnostic>> {
    let data = data::merged(&given.data).map_err(|problem| vec![*problem])?;
    on_big_stack(|| run(given, &data)).unwrap_or_else(|| {
        let span = given.rego.first().map(|(file, ..)| Span::top(*file));
        Err(span.map(super::broke_down).into_iter().collect())
    })
}

/// One test rule.
struct Test<'r> {
    module: usize,
    package: Vec<String>,
    name: String,
    rule: &'r RegoRule,
}

fn run(given: &Given<'_>, data: &Rego) -> Result<(Vec<Tested>, Vec<Coverage>), Vec<Diagnostic>> {
    let texts =
        given.rego.iter().map(|(file, name, text)| (Text::of_file(*file, name, text), Version::Either)).collect();
    let read = Read::new(texts)?.with_files(Shelf::new(given.files.clone()));
    let mut tests: Vec<Test<'_>> = Vec::new();
    for (module, parsed) in read.parsed.iter().enumerate() {
        let package = syntax::package(parsed.module.as_ref());
        for rule in &parsed.module.policy {
            let Some(name) = syntax::name(rule.as_ref()).0.into_iter().next() else { continue };
            let is_test = name.starts_with("test_") || name.starts_with("todo_test_");
            let is_known = tests.iter().any(|known| known.module == module && known.name == name);
            if is_test && !is_known && matches!(rule.as_ref(), RegoRule::Spec { .. }) {
                tests.push(Test { module, package: package.clone(), name, rule: rule.as_ref() });
            }
        }
    }
    let mut program = read.program();
    program.prepare(Some(data)).map_err(|problem| vec![*problem])?;
    let mut asker = Asker::covering();
    let with_tests: BTreeSet<usize> = tests.iter().map(|test| test.module).collect();
    let tested = tests.into_iter().map(|test| tested(&read, &program, &mut asker, data, test)).collect();
    let covered = asker.covered(&program).into_iter().enumerate();
    let covered = covered.filter(|(module, lines)| !with_tests.contains(module) && !lines.is_empty());
    let coverage = |(module, mut lines): (usize, BTreeMap<u32, bool>)| {
        // What stands behind the text is ours.
        let own = read.texts[module].text.lines().count() as u32;
        lines.retain(|line, _| *line <= own);
        Coverage { file: read.texts[module].file(), lines }
    };
    Ok((tested, covered.map(coverage).collect()))
}

fn tested(read: &Read, program: &Program, asker: &mut Asker, data: &Rego, test: Test<'_>) -> Tested {
    let text = &read.texts[test.module];
    let (_, refr) = syntax::name(test.rule);
    let name = refr.span();
    let span = text.span(name.start as usize, name.end as usize);
    let done = |status, problem| Tested {
        file: text.file(),
        suite: test.package.join("."),
        name: test.name.clone(),
        status,
        span,
        problem,
    };
    if test.name.starts_with("todo_") {
        return done(Status::Skipped, None);
    }
    let query = super::reporting::query(&test.package, &test.name);
    let answer = asker.ask_leniently(program, &query, &Rego::new_object());
    let failed = match answer {
        Ok(Rego::Undefined | Rego::Bool(false)) => None,
        Ok(_) => return done(Status::Passed, None),
        Err(failure) => Some(failure),
    };
    if let Some(failure) = failed {
        return done(Status::Error, Some(program.failed(&failure, &POLICY_ERROR)));
    }
    let message = format!("test `{}` fails", test.name);
    let problem = match culprit(read, data, &test) {
        Some((place, label)) => Diagnostic::new(&POLICY_TEST, place, message, label).see(span, "in this test"),
        None => Diagnostic::new(&POLICY_TEST, span, message, ""),
    };
    let printed = asker.printed();
    // As in OPA it makes an expression undefined, and nothing else says why.
    let swallowed =
        Asker::default().ask(program, None, &query, &Rego::new_object()).ok().and_then(|(_, swallowed)| swallowed);
    let problem = match swallowed.map(|failure| program.failed(&failure, &POLICY_ERROR)) {
        Some(failure) => problem.see(failure.primary.span, failure.message),
        None => problem,
    };
    done(
        Status::Failed,
        Some(printed.into_iter().fold(problem, |problem, line| problem.note(format!("printed: {line}")))),
    )
}

/// The first statement of a test that does not hold, with the values that it compares: found by asking copies of the
/// test with one statement more each.
fn culprit(read: &Read, data: &Rego, test: &Test<'_>) -> Option<(Span, String)> {
    let RegoRule::Spec { bodies, .. } = test.rule else { return None };
    let [body] = bodies.as_slice() else { return None };
    let text = &read.texts[test.module];
    let range = |statement: &LiteralStmt| {
        let start = rewrite::bounds(&text.text, &statement.span).start;
        start..rewrite::statement_end(&text.text, statement)
    };
    let statements = &body.query.stmts;
    let start = range(statements.first()?).start;
    let copies = Copies { read, data, test };
    let upto: Vec<_> = statements.iter().map(|statement| ("true".to_owned(), start..range(statement).end)).collect();
    let held = copies.values(&upto)?;
    let at = held.iter().position(|value| *value != Rego::from(true))?;
    let earlier = if at == 0 { start..start } else { start..range(&statements[at - 1]).end };
    let program = read.program();
    let sides: Vec<(String, String)> = compared(&statements[at])
        .into_iter()
        .map(|expr| {
            let bounds = rewrite::bounds(&text.text, expr.span());
            let modifiers = &statements[at].with_mods;
            let with = modifiers.first().zip(modifiers.last()).map(|(first, last)| {
                let end = rewrite::bounds(&text.text, last.r#as.span()).end;
                program.stretch(test.module, first.span.start as usize..end)
            });
            let written = scopes::original(text.text.get(bounds.clone()).unwrap_or_default());
            let loaded = program.stretch(test.module, bounds);
            (format!("{{plimsoll__value | plimsoll__value := {loaded} {}}}", with.unwrap_or_default()), written)
        })
        .collect();
    let asked: Vec<_> = sides.iter().map(|(value, _)| (value.clone(), earlier.clone())).collect();
    let values = copies.values(&asked).unwrap_or_default();
    let said = values.iter().zip(&sides).filter_map(|(value, (_, written))| {
        let value = value.as_set().ok()?.iter().next().map(|value| metadata::short(&value.to_string()));
        let value = value.unwrap_or_else(|| "undefined".to_owned());
        (value != *written).then(|| format!("`{}` is {value}", metadata::short(written)))
    });
    let label = said.collect::<Vec<_>>().join(", ");
    let label = if label.is_empty() { "this does not hold".to_owned() } else { label };
    let range = range(&statements[at]);
    Some((text.span(range.start, range.end), label))
}

/// Rules of our own beside a test.
struct Copies<'c> {
    read: &'c Read,
    data: &'c Rego,
    test: &'c Test<'c>,
}

impl Copies<'_> {
    /// The values of rules, each with a stretch of the text as its body; `None` if they do not load.
    fn values(&self, rules: &[(String, std::ops::Range<usize>)]) -> Option<Vec<Rego>> {
        let Copies { read, data, test } = self;
        let mut program = read.program();
        for (at, (value, body)) in rules.iter().enumerate() {
            let body = program.stretch(test.module, body.clone());
            let body = if body.is_empty() { "true".to_owned() } else { body };
            let rule = match read.parsed[test.module].v0 {
                true => format!("plimsoll__copy_{at} = {value} {{ {body} }}\n"),
                false => format!("plimsoll__copy_{at} := {value} if {{ {body} }}\n"),
            };
            program.append(test.module, &rule);
        }
        program.prepare(Some(data)).ok()?;
        let mut asker = Asker::default();
        let mut value = |at: usize| {
            let query = super::reporting::query(&test.package, &format!("plimsoll__copy_{at}"));
            asker.ask_leniently(&program, &query, &Rego::new_object()).unwrap_or(Rego::Undefined)
        };
        Some((0..rules.len()).map(&mut value).collect())
    }
}

/// What a statement compares, as far as it says more than that it does not hold.
fn compared(statement: &LiteralStmt) -> Vec<&Expr> {
    match &statement.literal {
        Literal::Expr { expr, .. } => match expr.as_ref() {
            Expr::BoolExpr { lhs, rhs, .. } => vec![lhs.as_ref(), rhs.as_ref()],
            // The other side may be a name that has no value yet.
            Expr::AssignExpr { rhs, .. } => vec![rhs.as_ref()],
            Expr::Membership { value, collection, .. } => vec![value.as_ref(), collection.as_ref()],
            Expr::Call { params, .. } => params.iter().map(|param| param.as_ref()).collect(),
            other => vec![other],
        },
        Literal::NotExpr { expr, .. } => vec![expr.as_ref()],
        _ => Vec::new(),
    }
}

/// A template with a constraint, to be tried on objects as gator does.
pub struct Gate {
    gatekeeper: Gatekeeper,
}

impl Gate {
    /// Reads a template, a constraint and expansions.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(policies: &[Resource<'_>]) -> Result<Gate, Vec<Diagnostic>> {
        let (mut gatekeeper, mut problems) = (Gatekeeper::default(), Vec::new());
        let read = || {
            policies.iter().for_each(|policy| gatekeeper.add(policy, &mut problems));
            (gatekeeper, problems)
        };
        let Some((gatekeeper, mut problems)) = on_big_stack(read) else { return Err(Vec::new()) };
        problems.extend(gatekeeper.faults());
        if problems.is_empty() { Ok(Gate { gatekeeper }) } else { Err(problems) }
    }

    /// The messages of all violations of an object, or of the object of an AdmissionReview.
    ///
    /// # Errors
    /// Why the object cannot be judged.
    pub fn messages(&self, object: &Resource<'_>, inventory: &[Value<'_>]) -> Result<Vec<String>, String> {
        let known: Vec<Rego> = inventory.iter().map(|object| value::convert(*object)).collect();
        on_big_stack(|| {
            let enforced = Enforced::new(&[(&self.gatekeeper, true)], &known, &[], Point::Gator);
            if let Some(problem) = enforced.findings.first() {
                return Err(problem.message.clone());
            }
            if let Some(line) = enforced.not_checked.first() {
                return Err(line.message.clone());
            }
            let whole = value::convert(object.value);
            let request = &whole["request"];
            let is_review = &*object.kind == "AdmissionReview" && request.as_object().is_ok();
            let review = is_review.then(|| Review::written(request));
            let inner = if is_review { &request["object"] } else { &whole };
            let inner = if matches!(inner, Rego::Undefined | Rego::Null) { &request["oldObject"] } else { inner };
            let text = |value: &Rego| value.as_string().map(|text| text.to_string()).unwrap_or_default();
            let api_version = text(&inner["apiVersion"]);
            let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
            let kind = text(&inner["kind"]);
            let namespaced = !text(&inner["metadata"]["namespace"]).is_empty();
            let asked = Asked { group, version, kind: &kind, object: inner, namespaced, like: None, old: None };
            Enforcer::default().messages(&enforced, &asked, review)
        })
        .unwrap_or_else(|| Err("the policy engine broke down on it".to_owned()))
    }
}
