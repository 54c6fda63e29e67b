//! Which statement of a rule a finding is about: the one that reads the place of the finding, or comes nearest to it.

use std::collections::HashMap;

use regorus::unstable::{AssignOp, Expr, Literal, LiteralStmt, Module, Rule, RuleHead};

use crate::model::path::Segment;
use crate::model::source::Span;

use super::rego::rewrite;
use super::rego::syntax::{self, Node, Reference};
use super::rego::text::Text;

/// A route from the input, as far as it is written out; `None` is any key.
type Route = Vec<Option<String>>;

/// Most routes that one name can stand for.
const MOST: usize = 8;

/// A statement that can hold or not.
pub(super) struct Condition {
    span: Span,
    reads: Vec<Route>,
}

/// The statements of a rule that say more than what a name stands for.
pub(super) fn conditions(rule: &Rule, module: &Module, text: &Text) -> Vec<Condition> {
    let Rule::Spec { bodies, .. } = rule else { return Vec::new() };
    let mut names = Names::of(module);
    let mut read: Vec<(usize, Vec<Route>)> = Vec::new();
    syntax::walk(rule, &mut |node| match node {
        Node::Statement(statement) => names.learn(statement),
        Node::Expr { expr, .. } => read.push((expr.span().start as usize, names.routes(expr))),
        Node::Declared(_) => {}
    });
    let statements = bodies.iter().flat_map(|body| &body.query.stmts).filter(|statement| !is_definition(statement));
    let condition = |statement: &LiteralStmt| {
        let start = rewrite::bounds(&text.text, &statement.span).start;
        let end = rewrite::statement_end(&text.text, statement);
        let line = text.text.get(start..end)?.lines().next()?.trim_end().len();
        let inside = read.iter().filter(|(at, _)| (start..end).contains(at));
        let reads = inside.flat_map(|(_, routes)| routes.iter().cloned()).collect();
        Some(Condition { span: text.span(start, start + line), reads })
    };
    statements.filter_map(condition).collect()
}

/// The condition about a place of the object, whose route in the input is given.
pub(super) fn held(conditions: &[Condition], route: &[&str], place: &[Segment]) -> Option<Span> {
    if place.is_empty() {
        return None;
    }
    let score = |condition: &Condition| condition.reads.iter().filter_map(|read| common(read, route, place)).max();
    // Of two that read the same, the later one has more reason to.
    let best = conditions.iter().filter_map(|condition| Some((score(condition)?, condition)));
    best.max_by_key(|(score, _)| *score).map(|(_, condition)| condition.span)
}

/// How far a route and a place go together, if one of them is a part of the other.
fn common(read: &Route, route: &[&str], place: &[Segment]) -> Option<usize> {
    let (outside, inside) = read.split_at_checked(route.len())?;
    let is_object = outside.iter().zip(route).all(|(key, own)| key.as_deref().is_none_or(|key| key == *own));
    let same = |(key, own): (&Option<String>, &Segment)| match (key, own) {
        (None, _) => true,
        (Some(key), Segment::Key(own)) => **own == **key,
        (Some(_), Segment::Index(_)) => false,
    };
    let both = inside.len().min(place.len());
    (is_object && both > 0 && inside.iter().zip(place).all(same)).then_some(both)
}

/// `msg := sprintf(…)`: it says nothing about whether the rule holds.
fn is_definition(statement: &LiteralStmt) -> bool {
    let Literal::Expr { expr, .. } = &statement.literal else { return false };
    let Expr::AssignExpr { lhs, rhs, .. } = expr.as_ref() else { return false };
    matches!(lhs.as_ref(), Expr::Var { .. }) && Reference::of(rhs.as_ref()).is_none()
}

/// What names stand for.
#[derive(Default)]
struct Names(HashMap<String, Vec<Route>>);

impl Names {
    /// The rules of a module that are a part of the input, or a set of such parts.
    fn of(module: &Module) -> Names {
        let mut names = Names::default();
        // A rule can use another that is written behind it.
        for rule in module.policy.iter().chain(&module.policy) {
            let Rule::Spec { head, bodies, .. } = rule.as_ref() else { continue };
            let (value, is_set) = match head {
                RuleHead::Compr { assign: Some(assign), .. } => (assign.value.as_ref(), false),
                RuleHead::Set { key: Some(key), .. } => (key.as_ref(), true),
                _ => continue,
            };
            let mut local = Names(names.0.clone());
            let statements = bodies.iter().flat_map(|body| &body.query.stmts);
            statements.for_each(|statement| local.learn(statement));
            let mut routes = local.routes(value);
            if is_set {
                // Its elements are the parts; a step into it is taken out again.
                routes.iter_mut().for_each(|route| route.insert(0, None));
            }
            let name = syntax::name(rule.as_ref()).0.join(".");
            let known = names.0.entry(if is_set { format!("{name}[]") } else { name }).or_default();
            known.extend(routes.into_iter().filter(|route| !known.contains(route)).collect::<Vec<_>>());
            known.truncate(MOST);
        }
        names
    }

    fn learn(&mut self, statement: &LiteralStmt) {
        let (name, routes) = match &statement.literal {
            Literal::SomeIn { value, collection, .. } => {
                let routes = self.elements(collection.as_ref());
                (value.as_ref(), routes)
            }
            Literal::Expr { expr, .. } => match expr.as_ref() {
                Expr::AssignExpr { op: AssignOp::ColEq | AssignOp::Eq, lhs, rhs, .. } => {
                    (lhs.as_ref(), self.routes(rhs.as_ref()))
                }
                // `containers[c]` gives `c` a value.
                Expr::RefBrack { refr, index, .. } => (index.as_ref(), self.elements(refr.as_ref())),
                _ => return,
            },
            _ => return,
        };
        if let (Expr::Var { span, .. }, false) = (name, routes.is_empty()) {
            self.0.insert(span.text().to_owned(), routes);
        }
    }

    /// The routes of what is in a collection.
    fn elements(&self, collection: &Expr) -> Vec<Route> {
        if let Some(set) = Reference::of(collection).filter(|own| own.keys.is_empty())
            && let Some(routes) = self.0.get(&format!("{}[]", set.base))
        {
            return routes.iter().map(|route| route[1..].to_vec()).collect();
        }
        let mut routes = self.routes(collection);
        routes.iter_mut().for_each(|route| route.push(None));
        routes
    }

    /// The routes of a reference into the input.
    fn routes(&self, expr: &Expr) -> Vec<Route> {
        let Some(Reference { base, keys }) = Reference::of(expr) else { return Vec::new() };
        if base == "input" {
            return vec![keys];
        }
        let set = || self.0.get(&format!("{base}[]")).map(|routes| (routes, 1)).filter(|_| !keys.is_empty());
        let Some((routes, step)) = self.0.get(&base).map(|routes| (routes, 0)).or_else(set) else { return Vec::new() };
        routes.iter().map(|route| [&route[step..], &keys[step..]].concat()).collect()
    }
}
