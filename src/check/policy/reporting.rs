//! Rules that report: `deny`, `violation` and `warn`, with everything that is known of each before it is asked.

use std::ops::Range;

use regorus::Value as Rego;
use regorus::unstable::{Expr, Module, Rule as RegoRule, RuleHead, Span as RegoSpan};

use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path, Segment};
use crate::model::rule::{Rule, Severity};
use crate::model::source::Span;

use super::NEVER_REPORTS;
use super::choice::Chooser;
use super::condition::{self, Condition};
use super::kinds::Kinds;
use super::rego::metadata::{self, Metadata};
use super::rego::program::{Program, Read};
use super::rego::rewrite;
use super::rego::syntax::{self, Node, Reference};

/// All definitions of one rule name in one package: what is asked at once.
pub(super) struct Reporting {
    pub rule: Rule,
    pub kinds: Kinds,
    /// `data.main.deny`
    pub query: String,
    pub definitions: Vec<Definition>,
    /// The name behind `deny_`, `violation_` or `warn_`, by which an exception names the rule.
    pub suffix: String,
    /// `data.main.exception`, if the package has one.
    pub exception: Option<String>,
    /// `data.main.exception.people`: the rules of that package, if there is one.
    pub exceptions: Vec<String>,
    /// The path below `data`.
    pub path: Vec<String>,
    /// Which definitions an object is about; `None` if it is about all of them.
    pub chooser: Option<Chooser>,
}

/// One of the bodies of a rule.
pub(super) struct Definition {
    /// What `# METADATA` in front of it makes of the rule.
    pub rule: Rule,
    /// The number of its module.
    module: usize,
    /// The head.
    pub head: Span,
    /// Its bytes in the text of the module.
    range: Range<usize>,
    /// The kinds that it compares with.
    kinds: Kinds,
    /// It adds to a set.
    gathers: bool,
    /// What it alone says: the path of a copy of it under a name of its own, where the rule has several definitions.
    pub query: Option<String>,
    /// What the body looks for in the input below a `not`, then what else it reads.
    pub references: Vec<Path>,
    /// Its statements.
    pub conditions: Vec<Condition>,
}

/// The rules of all modules whose names have a severity.
pub(super) fn collect(
    read: &Read,
    severity: &dyn Fn(&str) -> Option<Severity>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Reporting> {
    let mut rules: Vec<Reporting> = Vec::new();
    for (number, parsed) in read.parsed.iter().enumerate() {
        collect_module(read, number, parsed.module.as_ref(), severity, &mut rules, problems);
    }
    rules
}

fn collect_module(
    read: &Read,
    number: usize,
    module: &Module,
    severity: &dyn Fn(&str) -> Option<Severity>,
    rules: &mut Vec<Reporting>,
    problems: &mut Vec<Diagnostic>,
) {
    let text = &read.texts[number];
    let package = syntax::package(module);
    let blocks = metadata::blocks(&text.text);
    let at = |span: &RegoSpan| text.span(span.start as usize, span.end as usize);
    let bounded = |span: &RegoSpan| {
        let range = rewrite::bounds(&text.text, span);
        text.span(range.start, range.end)
    };
    for rule in &module.policy {
        let (name, expr) = syntax::name(rule.as_ref());
        let Some(severity) = name.first().and_then(|name| severity(name)) else { continue };
        let RegoRule::Spec { head, .. } = rule.as_ref() else { continue };
        if !matches!(expr, Expr::Var { .. }) {
            let message = format!("`{}` is an object, so it can never say what is wrong", name[0]);
            let help = format!("write `{} contains msg if {{ … }}`, with a text in `msg`", name[0]);
            let start = expr.span().start as usize;
            let place = text.span(start, start + name[0].len());
            problems.push(Diagnostic::new(&NEVER_REPORTS, place, message, "").help(help));
            continue;
        }
        if only_true(head) {
            let message = format!("`{}` is true or undefined, so it can never say what is wrong", name[0]);
            let help = format!("write `{} contains msg if {{ … }}`, with a text in `msg`", name[0]);
            problems.push(Diagnostic::new(&NEVER_REPORTS, at(expr.span()), message, "").help(help));
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
            head: bounded(head_span(head)),
            range: rewrite::bounds(&text.text, rule.span()),
            kinds: Kinds::of_rule(rule.as_ref()),
            gathers: matches!(head, RuleHead::Set { .. }),
            query: None,
            references: references(rule.as_ref()),
            conditions: condition::conditions(rule.as_ref(), module, text),
        };
        let query = query(&package, &name[0]);
        match rules.iter_mut().find(|known| known.query == query) {
            Some(known) => {
                known.kinds = std::mem::replace(&mut known.kinds, Kinds::Any).or(kinds);
                known.definitions.push(definition);
            }
            None => rules.push(Reporting {
                rule: described(&package, &name[0], severity, whole),
                kinds,
                exception: None,
                exceptions: Vec::new(),
                chooser: None,
                suffix: name[0].split_once('_').map(|(_, suffix)| suffix.to_owned()).unwrap_or_default(),
                query,
                definitions: vec![definition],
                path: [package.as_slice(), &[name[0].clone()]].concat(),
            }),
        }
    }
}

/// Where a rule has several definitions, gives each a copy that can be asked alone: it tells which of them a message
/// came from. The copies stand behind the text, so that no line moves.
pub(super) fn copy_definitions(rules: &mut [Reporting], program: &mut Program) {
    for (at, rule) in rules.iter_mut().enumerate().filter(|(_, rule)| rule.definitions.len() > 1) {
        let Some((package, name)) = rule.query.rsplit_once('.') else { continue };
        for (number, definition) in rule.definitions.iter_mut().enumerate() {
            let copy = format!("plimsoll__{at}_{number}");
            if program.copy(definition.module, definition.range.clone(), name, &copy) {
                definition.query = Some(format!("{package}.{copy}"));
            }
        }
    }
}

/// Finds out which objects the definitions of rules are about, when their program is ready.
pub(super) fn find_choices(rules: &mut [Reporting], program: &Program) {
    for rule in rules {
        let Some((name, package)) = rule.path.split_last() else { continue };
        let own = |definition: &Definition| match (&definition.query, rule.definitions.len()) {
            (Some(query), _) => query.rsplit_once('.').map(|(_, copy)| copy.to_owned()),
            (None, 1) => Some(name.clone()),
            (None, _) => None,
        };
        let names = rule.definitions.iter().map(|definition| own(definition).filter(|_| definition.gathers));
        let Some(names) = names.collect::<Option<Vec<_>>>() else { continue };
        let names: Vec<_> = names.into_iter().map(|name| (package.to_vec(), name)).collect();
        let clauses = program.clauses(&names).into_iter();
        let wants = rule.definitions.iter().zip(clauses);
        let wants = wants.map(|(definition, clauses)| (definition.kinds.clone(), clauses, definition.query.clone()));
        rule.chooser = Chooser::new(wants.collect());
    }
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
    let severity = block.and_then(super::pack::severity).unwrap_or(severity);
    let title = title.unwrap_or_else(|| format!("rule `{name}` of package `{}`", package.join(".")));
    let why = block.and_then(|block| block.text("description")).unwrap_or_default();
    let help = block.and_then(|block| block.custom("help")).unwrap_or_default();
    let links = block.map(Metadata::links).unwrap_or_default().into_iter().map(Into::into).collect();
    Rule { links, ..Rule::custom(&kebab(&id), severity, title, why, help) }
}

fn kebab(text: &str) -> String {
    let words = text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// `data.main.deny`, with brackets where a name is no identifier.
pub(super) fn query(package: &[String], name: &str) -> String {
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
