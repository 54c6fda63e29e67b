//! The user's own policies: from files to rules that can be asked. The contract is conftest's: every rule called
//! `deny`, `violation` or `warn`, with or without a suffix, in any package.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::OnceLock;

use regorus::unstable::{Expr, Module, Rule as RegoRule, RuleHead, Span as RegoSpan};
use regorus::{Engine, Value as Rego};

use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path, Segment};
use crate::model::rule::{Category, Rule, Severity};
use crate::model::source::{FileId, Span};

use super::kinds::Kinds;
use super::rego::engine::{self, Failure, Place};
use super::rego::metadata::{self, Metadata};
use super::rego::parse::{Parsed, offset, parse, word};
use super::rego::rewrite::{self, Rewritten};
use super::rego::syntax::{self, Node, Reference};
use super::rego::verify::{self, Problem};
use super::{DATA_MISSING, NEVER_REPORTS, POLICY_ERROR};

/// The user's policies, loaded and checked.
#[derive(Default)]
pub(super) struct User {
    pub rules: Vec<UserRule>,
    modules: Vec<UserModule>,
    strict: Option<Engine>,
    lenient: OnceLock<Engine>,
}

/// A file.
struct UserModule {
    file: FileId,
    text: String,
    rewritten: Rewritten,
    /// Copies of definitions, which are loaded behind the text.
    copies: String,
}

/// All definitions of one rule name in one package: what is asked at once.
pub(super) struct UserRule {
    pub rule: Rule,
    pub kinds: Kinds,
    /// `data.main.deny`
    pub query: String,
    pub definitions: Vec<Definition>,
    /// The name behind `deny_`, `violation_` or `warn_`, by which an exception names the rule.
    pub suffix: String,
    /// `data.main.exception`, if the package has one.
    pub exception: Option<String>,
}

/// One of the bodies of a rule.
pub(super) struct Definition {
    /// What `# METADATA` in front of it makes of the rule.
    pub rule: Rule,
    /// The number of its file.
    module: usize,
    /// The head.
    pub head: Span,
    /// Its bytes in the text of the file.
    range: Range<usize>,
    /// What it alone says: the path of a copy of it under a name of its own, where the rule has several definitions.
    pub query: Option<String>,
    /// What the body looks for in the input below a `not`, then what else it reads.
    pub references: Vec<Path>,
}

impl User {
    /// Reads policies. With a `policy-error` among the problems none is evaluated; the others are warnings.
    pub(super) fn load(files: &[(FileId, String, String)]) -> (User, Vec<Diagnostic>) {
        let files: Vec<_> = files.iter().filter(|(_, name, _)| !name.ends_with("_test.rego")).collect();
        let mut problems = Vec::new();
        let mut parsed: Vec<(FileId, &str, Parsed)> = Vec::new();
        for (file, _, text) in files {
            match parse(*file, text) {
                Ok(module) => parsed.push((*file, text, module)),
                Err(problem) => problems.push(*problem),
            }
        }
        let modules: Vec<&Module> = parsed.iter().map(|(.., parsed)| parsed.module.as_ref()).collect();
        if problems.is_empty() {
            let found = verify::verify(&modules);
            problems.extend(found.into_iter().map(|problem| shown(&POLICY_ERROR, problem, &parsed)));
        }
        if !problems.is_empty() {
            return (User::default(), problems);
        }
        let missing = verify::missing_data(&modules);
        problems.extend(missing.into_iter().map(|problem| shown(&DATA_MISSING, problem, &parsed)));
        let mut user = User::default();
        let names = names(&modules);
        for (file, text, parsed) in &parsed {
            let names = names.get(&syntax::package(parsed.module.as_ref()));
            let rewritten = rewrite::rewrite(text, parsed.module.as_ref(), names.unwrap_or(&BTreeSet::new()));
            user.modules.push(UserModule { file: *file, text: (*text).to_owned(), rewritten, copies: String::new() });
        }
        for (number, (_, text, parsed)) in parsed.iter().enumerate() {
            user.collect(number, text, parsed.module.as_ref(), &mut problems);
        }
        for (package, _) in names.iter().filter(|(_, names)| names.contains("exception")) {
            let base = query(package, "");
            for rule in user
                .rules
                .iter_mut()
                .filter(|rule| rule.query.strip_prefix(&base).is_some_and(|name| !name.contains('.')))
            {
                rule.exception = Some(query(package, "exception"));
            }
        }
        if user.rules.is_empty() && !user.modules.is_empty() {
            let span = parsed.first().map(|(file, _, parsed)| at(*file, parsed.module.package.refr.span()));
            let message = "no policy has a rule called `deny`, `violation` or `warn`";
            problems.extend(span.map(|span| Diagnostic::new(&NEVER_REPORTS, span, message, "")));
        }
        user.copy_definitions();
        match user.prepare(parsed.iter().map(|(.., parsed)| parsed.v0)) {
            Ok(engine) => user.strict = Some(engine),
            Err(failure) => {
                problems.push(user.failed(&failure, &POLICY_ERROR));
                return (User::default(), problems);
            }
        }
        (user, problems)
    }

    /// An engine for one thread, in which an error of a built-in function is an error.
    pub(super) fn strict(&self) -> Option<Engine> {
        self.strict.clone()
    }

    /// An engine for one thread, in which an error of a built-in function makes the expression undefined, as in OPA.
    pub(super) fn lenient(&self) -> Option<Engine> {
        let strict = self.strict.as_ref()?;
        let lenient = self.lenient.get_or_init(|| {
            let mut engine = strict.clone();
            engine.set_strict_builtin_errors(false);
            engine
        });
        Some(lenient.clone())
    }

    fn prepare(&self, v0: impl Iterator<Item = bool>) -> Result<Engine, Failure> {
        let mut engine = engine::blank();
        for (number, (module, v0)) in self.modules.iter().zip(v0).enumerate() {
            let text = format!("{}\n{}", module.rewritten.text, module.copies);
            engine::add(&mut engine, &module_name(number), &text, v0)?;
        }
        engine::add(&mut engine, "entry", "package plimsoll.entry\n\nready := true\n", false)?;
        engine.set_input(Rego::new_object());
        engine::evaluate(&mut engine, "data.plimsoll.entry.ready")?;
        Ok(engine)
    }

    /// Where a rule has several definitions, gives each a copy that can be asked alone: it tells which of them a
    /// message came from. The copies stand behind the text, so that no line moves.
    fn copy_definitions(&mut self) {
        for (at, rule) in self.rules.iter_mut().enumerate().filter(|(_, rule)| rule.definitions.len() > 1) {
            let Some((package, name)) = rule.query.rsplit_once('.') else { continue };
            for (number, definition) in rule.definitions.iter_mut().enumerate() {
                let module = &mut self.modules[definition.module];
                let written = module.rewritten.stretch(&module.text, definition.range.clone());
                if let Some(rest) = written.strip_prefix(name) {
                    let copy = format!("plimsoll__{at}_{number}");
                    module.copies.push_str(&format!("{copy}{rest}\n"));
                    definition.query = Some(format!("{package}.{copy}"));
                }
            }
        }
    }

    /// Adds the rules of a module that can report.
    fn collect(&mut self, number: usize, text: &str, module: &Module, problems: &mut Vec<Diagnostic>) {
        let package = syntax::package(module);
        let blocks = metadata::blocks(text);
        let file = self.modules[number].file;
        for rule in &module.policy {
            let (name, expr) = syntax::name(rule.as_ref());
            let Some(severity) = name.first().and_then(|name| severity(name)) else { continue };
            let RegoRule::Spec { head, .. } = rule.as_ref() else { continue };
            if only_true(head) {
                let message = format!("`{}` is true or undefined, so it can never say what is wrong", name[0]);
                let help = format!("write `{} contains msg if {{ … }}`, with a text in `msg`", name[0]);
                problems.push(Diagnostic::new(&NEVER_REPORTS, at(file, expr.span()), message, "").help(help));
                continue;
            }
            let line = rule.span().line;
            let block = blocks.iter().find(|block| block.line == line);
            let whole = blocks.iter().find(|block| block.line == module.package.span.line);
            let words = block.or(whole).map(|block| block.list("kinds")).unwrap_or_default();
            let kinds = match Kinds::read_loosely(words.iter().map(String::as_str)) {
                Kinds::Any => Kinds::of_rule(rule.as_ref()),
                named => named,
            };
            let definition = Definition {
                rule: described(&package, &name[0], severity, block.or(whole)),
                module: number,
                head: at(file, head_span(head)),
                range: rewrite::bounds(text, rule.span()),
                query: None,
                references: references(rule.as_ref()),
            };
            let query = query(&package, &name[0]);
            match self.rules.iter_mut().find(|known| known.query == query) {
                Some(known) => {
                    known.kinds = std::mem::replace(&mut known.kinds, Kinds::Any).or(kinds);
                    known.definitions.push(definition);
                }
                None => self.rules.push(UserRule {
                    rule: described(&package, &name[0], severity, whole),
                    kinds,
                    exception: None,
                    suffix: name[0].split_once('_').map(|(_, suffix)| suffix.to_owned()).unwrap_or_default(),
                    query,
                    definitions: vec![definition],
                }),
            }
        }
    }

    /// The finding for a failure, with its place in the text as people see it.
    pub(super) fn failed(&self, failure: &Failure, rule: &Rule) -> Diagnostic {
        let span = failure.place.as_ref().and_then(|place| {
            let number: usize = place.module.strip_prefix('p')?.parse().ok()?;
            let module = self.modules.get(number)?;
            let offset = offset(&module.rewritten.text, place.line, place.column);
            let start = module.rewritten.original(offset);
            Some(word(module.file, &module.text, start))
        });
        let span = span.or_else(|| self.modules.first().map(|module| Span::top(module.file)));
        Diagnostic::new(rule, span.unwrap_or(Span::top(FileId(0))), self.named(&failure.message), "")
    }

    /// A message in which regorus names places by `p0:9:1`, with the lines that people know.
    fn named(&self, message: &str) -> String {
        let words = message.split(' ').map(|word| match Place::read(word) {
            Some(place) if place.module.starts_with('p') => format!("line {}", place.line),
            _ => word.to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// The name under which a module is given to regorus: one that is sure to have no colon.
fn module_name(number: usize) -> String {
    format!("p{number}")
}

fn shown(rule: &Rule, problem: Problem, parsed: &[(FileId, &str, Parsed)]) -> Diagnostic {
    let span = Span::new(parsed[problem.module].0, problem.start, problem.end);
    let mut diagnostic = Diagnostic::new(rule, span, problem.message, problem.label);
    diagnostic.help = problem.help;
    diagnostic
}

/// The names of all rules, by package.
fn names(modules: &[&Module]) -> BTreeMap<Vec<String>, BTreeSet<String>> {
    let mut names: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    for module in modules {
        let own = names.entry(syntax::package(module)).or_default();
        own.extend(module.policy.iter().filter_map(|rule| syntax::name(rule.as_ref()).0.into_iter().next()));
    }
    names
}

/// `deny`, `violation`, `warn`, also with suffixes of letters and digits (conftest `policy/engine.go`).
fn severity(name: &str) -> Option<Severity> {
    let mut parts = name.split('_');
    let severity = match parts.next()? {
        "deny" | "violation" => Severity::Error,
        "warn" => Severity::Warning,
        _ => return None,
    };
    parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(severity)
}

/// A head without a value: the rule is `true` where its body holds.
fn only_true(head: &RuleHead) -> bool {
    match head {
        RuleHead::Compr { refr, assign, .. } => {
            let plain = matches!(refr.as_ref(), Expr::Var { .. });
            let truth = |value: &Expr| matches!(value, Expr::Bool { value, .. } if *value == Rego::from(true));
            plain && assign.as_ref().is_none_or(|assign| truth(assign.value.as_ref()))
        }
        RuleHead::Set { .. } | RuleHead::Func { .. } => false,
    }
}

/// What is known of a rule: from its metadata, else from its name, else from its package.
fn described(package: &[String], name: &str, severity: Severity, block: Option<&Metadata>) -> Rule {
    let title = block.and_then(|block| block.text("title"));
    let suffix = name.split_once('_').map(|(_, suffix)| suffix.to_owned());
    let id = block.and_then(|block| block.custom("id")).or(title.clone()).or(suffix).unwrap_or(package.join("-"));
    Rule {
        id: format!("custom/{}", kebab(&id)).into(),
        category: Category::Policy,
        severity: block.and_then(super::pack::severity).unwrap_or(severity),
        default: true,
        fixable: false,
        title: title.unwrap_or_else(|| format!("rule `{name}` of package `{}`", package.join("."))).into(),
        why: block.and_then(|block| block.text("description")).unwrap_or_default().into(),
        help: block.and_then(|block| block.custom("help")).unwrap_or_default().into(),
        links: block.map(Metadata::links).unwrap_or_default().into_iter().map(Into::into).collect(),
    }
}

fn kebab(text: &str) -> String {
    let words = text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// `data.main.deny`, with brackets where a name is no identifier.
fn query(package: &[String], name: &str) -> String {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let mut path = String::from("data");
    for part in package {
        match plain(part) {
            true => path.push_str(&format!(".{part}")),
            false => path.push_str(&format!("[{}]", Rego::from(part.as_str()))),
        }
    }
    format!("{path}.{name}")
}

fn head_span(head: &RuleHead) -> &RegoSpan {
    let (RuleHead::Compr { span, .. } | RuleHead::Set { span, .. } | RuleHead::Func { span, .. }) = head;
    span
}

/// The places of the input that a rule names, those below a `not` first: what is missing is most likely one of them.
fn references(rule: &RegoRule) -> Vec<Path> {
    let (mut negated, mut others) = (Vec::new(), Vec::new());
    syntax::walk(rule, &mut |node| {
        let Node::Expr { expr, negated: below_not } = node else { return };
        let Some(reference) = Reference::of(expr).filter(|reference| reference.base == "input") else { return };
        let path = Path(reference.known()[1..].iter().map(|key| Segment::from(key.as_str())).collect());
        if !path.0.is_empty() {
            if below_not { negated.push(path) } else { others.push(path) }
        }
    });
    negated.extend(others);
    negated
}

fn at(file: FileId, span: &RegoSpan) -> Span {
    Span::new(file, span.start, span.end)
}
