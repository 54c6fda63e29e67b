//! Values that iterate (`volumes[pod.spec.volumes[_]]`), and operations on values of the wrong type: nothing in OPA, and
//! errors of the policy in regorus.

use std::ops::Range;

use regorus::unstable::{ArithOp, BinOp, Expr, Literal, Rule, RuleHead};

use super::negation::{PREFIX, without_braces};
use super::rewrite::{Edit, bounds, statement_end};
use super::syntax::{self, Node, Reference};

/// Values in heads and comprehensions that iterate are worked out at the end of the body: an undefined list has no
/// elements there. With an `else` regorus would take the value for several, too.
pub fn edits(text: &str, rule: &Rule, v0: bool, edits: &mut Vec<Edit>) {
    head(text, rule, v0, edits);
    syntax::walk(rule, &mut |node| {
        let Node::Expr { expr, .. } = node else { return };
        let (Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. }) = expr else { return };
        let Some(last) = query.stmts.last().filter(|_| iterates(term.as_ref())) else { return };
        if let Some((name, written, range)) = output(text, term.as_ref()) {
            let end = statement_end(text, last);
            edits.push(Edit { start: range.start, end: range.end, text: name.clone() });
            edits.push(Edit { start: end, end, text: format!("; {name} := {written}") });
        }
    });
}

fn head(text: &str, rule: &Rule, v0: bool, edits: &mut Vec<Edit>) {
    let Rule::Spec { head, bodies, .. } = rule else { return };
    let value = match head {
        RuleHead::Compr { assign, .. } | RuleHead::Func { assign, .. } => {
            assign.as_ref().map(|assign| assign.value.as_ref())
        }
        RuleHead::Set { key, .. } => key.as_ref().map(|key| key.as_ref()),
    };
    // A fact that is one of several values is a rule of its own for each.
    if bodies.is_empty() {
        let Some((name, written, range)) = value.filter(|value| iterates(value)).and_then(|value| output(text, value))
        else {
            return;
        };
        let RuleHead::Set { .. } = head else { return };
        let bracket = usize::from(text.get(range.end..).is_some_and(|rest| rest.starts_with(']')));
        let end = range.end + bracket;
        let opening = if v0 { "{" } else { "if {" };
        edits.push(Edit { start: range.start, end: range.end, text: name.clone() });
        edits.push(Edit { start: end, end, text: format!(" {opening} {name} := {written} }}") });
        return;
    }
    for (at, body) in bodies.iter().enumerate() {
        let value = if at == 0 { value } else { body.assign.as_ref().map(|assign| assign.value.as_ref()) };
        let Some(value) = value.filter(|value| iterates(value)) else { continue };
        let Some(last) = body.query.stmts.last() else { continue };
        let Some((name, written, range)) = output(text, value) else { continue };
        let end = statement_end(text, last);
        let first = body.query.stmts.first().map_or(end, |first| first.span.start as usize);
        let bare = without_braces(text, first);
        let close = if bare { " }" } else { "" };
        if bare {
            edits.push(Edit { start: first, end: first, text: "{ ".to_owned() });
        }
        edits.push(Edit { start: end, end, text: format!("; {name} := {written}{close}") });
        edits.push(Edit { start: range.start, end: range.end, text: name });
    }
}

/// The variable for a value, the value as it is written, and where.
fn output(text: &str, value: &Expr) -> Option<(String, String, Range<usize>)> {
    let range = bounds(text, value.span());
    let written = text.get(range.clone()).filter(|written| !written.contains('\n'))?;
    Some((format!("{PREFIX}value_{}", range.start), written.to_owned(), range))
}

/// Whether a value is a reference with a variable in it.
fn iterates(value: &Expr) -> bool {
    matches!(value, Expr::RefBrack { .. } | Expr::RefDot { .. })
        && Reference::of(value).is_some_and(|reference| reference.keys.contains(&None))
}

/// Guards around factors, whose products would grow until they stop the process.
pub fn factors(text: &str, rule: &Rule, edits: &mut Vec<Edit>) {
    syntax::walk(rule, &mut |node| {
        let Node::Expr { expr: Expr::ArithExpr { op: ArithOp::Mul, lhs, rhs, .. }, .. } = node else { return };
        [lhs, rhs].into_iter().for_each(|side| guard(text, side.as_ref(), "plimsoll.factor", edits));
    });
}

/// Puts a function around an expression.
pub fn guard(text: &str, expr: &Expr, function: &str, edits: &mut Vec<Edit>) {
    let range = bounds(text, expr.span());
    edits.push(Edit { start: range.start, end: range.start, text: format!("{function}(") });
    edits.push(Edit { start: range.end, end: range.end, text: ")".to_owned() });
}

/// Guards around what is iterated and what is calculated with: functions of ours that are undefined for other types.
pub fn guards(text: &str, rule: &Rule, edits: &mut Vec<Edit>) {
    let mut guard = |expr: &Expr, function: &str| guard(text, expr, function, edits);
    syntax::walk(rule, &mut |node| match node {
        Node::Statement(statement) => match &statement.literal {
            Literal::SomeIn { collection, .. } => guard(collection.as_ref(), "plimsoll.items"),
            Literal::Every { domain, .. } => guard(domain.as_ref(), "plimsoll.items"),
            _ => {}
        },
        Node::Expr { expr: Expr::ArithExpr { op, lhs, rhs, .. }, .. } => {
            let function = if matches!(op, ArithOp::Sub) { "plimsoll.term" } else { "plimsoll.number" };
            [lhs, rhs].into_iter().for_each(|side| guard(side.as_ref(), function));
        }
        Node::Expr { expr: Expr::BinExpr { op: BinOp::Intersection | BinOp::Union, lhs, rhs, .. }, .. } => {
            [lhs, rhs].into_iter().for_each(|side| guard(side.as_ref(), "plimsoll.set"));
        }
        _ => {}
    });
}
