//! Variables that never get a value. OPA calls them unsafe and refuses the policy (`ast/compile.go`, `safetyCheckBody`
//! and `reorderBodyForSafety`); regorus takes some of them for undefined, so that the rule is silent.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{BUILTINS, Expr, Literal, LiteralStmt, Module, Rule, Span};

use super::extensions;
use super::syntax::{self, Node, Reference};
use super::verify::Problem;

/// Looks at every rule of a module. `globals` are the names of the rules of its package; `negates_bodies` where `not`
/// has its newer meaning.
pub fn problems(number: usize, module: &Module, globals: &BTreeSet<String>, negates_bodies: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    for rule in &module.policy {
        let (mut own, mut others) = (Vec::new(), Vec::new());
        if !negates_bodies {
            let imports = module.imports.iter().filter_map(|import| match &import.r#as {
                Some(alias) => Some(alias.text().to_owned()),
                None => Reference::of(import.refr.as_ref())?.known().pop(),
            });
            let mut known: BTreeSet<String> = globals.iter().cloned().chain(imports).collect();
            known.extend(["input".to_owned(), "data".to_owned()]);
            negated(number, rule.as_ref(), &known, &mut own);
        }
        unbound(number, rule.as_ref(), &mut others);
        // Once for each name.
        others.retain(|other| own.iter().all(|known| known.message != other.message));
        problems.extend(own.into_iter().chain(others));
    }
    problems
}

fn problem(module: usize, span: &Span, label: &str, help: Option<&str>) -> Problem {
    let message = format!("nothing gives `{}` a value", span.text());
    let help = help.map(str::to_owned);
    Problem { module, start: span.start, end: span.end, message, label: label.to_owned(), help }
}

/// `some y; xs[_] == y`: a comparison gives no value.
fn unbound(number: usize, rule: &Rule, problems: &mut Vec<Problem>) {
    let mut declared: BTreeMap<&str, &Span> = BTreeMap::new();
    let mut bound: BTreeSet<String> = BTreeSet::new();
    syntax::walk(rule, &mut |node| match node {
        Node::Statement(LiteralStmt { literal: Literal::SomeVars { vars, .. }, .. }) => {
            declared.extend(vars.iter().map(|span| (span.text(), span)));
        }
        Node::Expr { expr, negated } => binds(expr, negated, &mut bound),
        Node::Statement(_) | Node::Declared(_) => {}
    });
    // What is declared in another way: a pattern of `some … in`, a value of `:=`.
    syntax::walk(rule, &mut |node| {
        if let Node::Statement(statement) = node
            && !matches!(statement.literal, Literal::SomeVars { .. })
        {
            patterns(&statement.literal, &mut bound);
        }
    });
    let never = declared.into_iter().filter(|(name, _)| *name != "_" && !bound.contains(*name));
    problems.extend(never.map(|(_, span)| problem(number, span, "a comparison gives none: write `=` or `:=`", None)));
}

/// The variables that an expression can give values to.
fn binds(expr: &Expr, negated: bool, bound: &mut BTreeSet<String>) {
    match expr {
        Expr::RefBrack { .. } | Expr::RefDot { .. } => {
            let mut at = expr;
            while let Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } = at {
                if let (Expr::RefBrack { index, .. }, false) = (at, negated) {
                    variables(index.as_ref(), bound);
                }
                at = refr.as_ref();
            }
        }
        Expr::AssignExpr { lhs, rhs, .. } if !negated => {
            variables(lhs.as_ref(), bound);
            variables(rhs.as_ref(), bound);
        }
        Expr::Call { fcn, params, .. } => {
            let name = Reference::of(fcn.as_ref()).map(|name| name.known().join(".")).unwrap_or_default();
            let arity = extensions::arity(&name).or_else(|| BUILTINS.get(name.as_str()).map(|builtin| builtin.1));
            // The last argument may take the result.
            if arity.is_none_or(|arity| params.len() > usize::from(arity))
                && let Some(last) = params.last()
            {
                variables(last.as_ref(), bound);
            }
        }
        _ => {}
    }
}

fn patterns(literal: &Literal, bound: &mut BTreeSet<String>) {
    if let Literal::SomeIn { key, value, .. } = literal {
        key.iter().chain([value]).for_each(|pattern| variables(pattern.as_ref(), bound));
    }
    if let Literal::Every { key, value, .. } = literal {
        bound.extend(key.iter().chain([value]).map(|span| span.text().to_owned()));
    }
}

/// The variables of a pattern.
fn variables(pattern: &Expr, bound: &mut BTreeSet<String>) {
    match pattern {
        Expr::Var { span, .. } => drop(bound.insert(span.text().to_owned())),
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().for_each(|item| variables(item.as_ref(), bound));
        }
        Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
            variables(key.as_ref(), bound);
            variables(value.as_ref(), bound);
        }),
        _ => {}
    }
}

/// `not xs[_] == 1`: a negation gives no values either.
fn negated(number: usize, rule: &Rule, known: &BTreeSet<String>, problems: &mut Vec<Problem>) {
    let mut mentions: Vec<(String, u32)> = Vec::new();
    let mut negations: Vec<(&LiteralStmt, &Expr)> = Vec::new();
    let mut some: BTreeSet<u32> = BTreeSet::new();
    syntax::walk(rule, &mut |node| match node {
        Node::Statement(statement) => match &statement.literal {
            Literal::NotExpr { expr, .. } => negations.push((statement, expr.as_ref())),
            Literal::SomeVars { vars, .. } => some.extend(vars.iter().map(|span| span.start)),
            _ => {}
        },
        Node::Declared(span) => mentions.push((span.text().to_owned(), span.start)),
        Node::Expr { expr, .. } => {
            mentions.extend(Reference::of(expr).map(|reference| (reference.base, expr.span().start)));
        }
    });
    let head = syntax::head_value(rule);
    for (statement, expr) in negations {
        let inside = statement.span.start..statement.span.end;
        // A body in the head is worked out with it.
        let head = if head.contains(&inside.start) { 0..0 } else { head.clone() };
        let mut exposed = Vec::new();
        expose(expr, true, &mut exposed);
        for span in exposed {
            let name = span.text();
            let elsewhere = |(other, at): &(String, u32)| {
                other == name && !inside.contains(at) && !some.contains(at) && !head.contains(at)
            };
            if name == "_" || !(known.contains(name) || mentions.iter().any(elsewhere)) {
                let help = "write a rule that says what must not be, and negate that, or use `every`";
                problems.push(problem(number, span, "in a negation, which gives none", Some(help)));
                break;
            }
        }
    }
}

/// The variables that the negated expression itself has: what calls inside are given is evaluated before.
fn expose<'e>(expr: &'e Expr, is_top: bool, found: &mut Vec<&'e Span>) {
    match expr {
        Expr::Var { span, .. } => found.push(span),
        Expr::Call { params, .. } if is_top => params.iter().for_each(|param| expose(param.as_ref(), false, found)),
        Expr::BoolExpr { lhs, rhs, .. } | Expr::AssignExpr { lhs, rhs, .. } if is_top => {
            expose(lhs.as_ref(), false, found);
            expose(rhs.as_ref(), false, found);
        }
        Expr::Membership { key, value, collection, .. } if is_top => {
            key.iter().chain([value, collection]).for_each(|part| expose(part.as_ref(), false, found));
        }
        Expr::RefDot { refr, .. } => expose(refr.as_ref(), false, found),
        Expr::RefBrack { refr, index, .. } => {
            expose(refr.as_ref(), false, found);
            expose(index.as_ref(), false, found);
        }
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().for_each(|item| expose(item.as_ref(), false, found));
        }
        Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
            expose(key.as_ref(), false, found);
            expose(value.as_ref(), false, found);
        }),
        _ => {}
    }
}
