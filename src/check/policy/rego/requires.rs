//! What an input must have somewhere before a rule can say anything about it.
//!
//! A statement that is not negated holds only where what it names is there: `container.securityContext.privileged` asks
//! for a key `privileged`, if `container` is part of the input and not made by the policy. What is not understood asks
//! for nothing, so that a rule is asked too often rather than too seldom.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value as Rego;
use regorus::unstable::{AssignOp, BinOp, BoolOp, Expr, Literal, LiteralStmt, Module, Query, Ref, Rule, RuleHead};

use super::syntax::{self, Node, Reference};

/// A key that the input has somewhere, and what its value is.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    pub key: String,
    pub test: Test,
}

/// What the value of a key must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    Any,
    NotFalse,
    /// One of these scalars.
    OneOf(Vec<Rego>),
}

impl Word {
    /// Whether this value of the key will do.
    pub fn is_met_by(&self, value: &Rego) -> bool {
        match &self.test {
            Test::Any => true,
            Test::NotFalse => *value != Rego::from(false),
            Test::OneOf(scalars) => scalars.contains(value),
        }
    }
}

/// One of these words.
pub type Clause = Vec<Word>;

/// How many rules through rules, and expressions in expressions, are looked at.
const DEPTH: usize = 12;

/// Words that every object has.
const EVERYWHERE: &[&str] = &["apiVersion", "kind", "metadata", "name"];

/// The rules of a program.
pub struct Rules<'m> {
    /// By package and name.
    rules: BTreeMap<(Vec<String>, String), Vec<&'m Rule>>,
}

/// A rule at work: its package, and what its names stand for.
struct Scope<'m> {
    package: &'m [String],
    names: BTreeMap<&'m str, Vec<Origin<'m>>>,
    /// The names that were declared: a call does not give them a value.
    declared: BTreeSet<&'m str>,
    /// The names behind which a call may put its result.
    outputs: Vec<&'m str>,
}

/// What a name in a rule stands for.
#[derive(Clone, Copy)]
enum Origin<'m> {
    /// An expression, or an item of it.
    Of(&'m Expr),
    Unknown,
}

impl<'m> Rules<'m> {
    /// Reads modules; `None` if they replace parts of the input.
    pub fn new(modules: &'m [Ref<Module>]) -> Option<Rules<'m>> {
        let mut rules: BTreeMap<_, Vec<&Rule>> = BTreeMap::new();
        let mut replaces = false;
        for module in modules {
            let package = syntax::package(module.as_ref());
            for rule in &module.policy {
                let name = syntax::name(rule.as_ref()).0;
                rules.entry((package.clone(), name.first()?.clone())).or_default().push(rule.as_ref());
                syntax::walk(rule.as_ref(), &mut |node| {
                    replaces |= matches!(node, Node::Statement(statement) if !statement.with_mods.is_empty());
                });
            }
        }
        (!replaces).then_some(Rules { rules })
    }

    /// The clauses all of which an input must meet before a rule of this name can say anything.
    pub fn clauses(&'m self, package: &'m [String], name: &str) -> Vec<Clause> {
        self.of_rule(package, name, DEPTH)
    }

    fn named(&self, package: &[String], name: &str) -> &[&'m Rule] {
        self.rules.get(&(package.to_vec(), name.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// What the names of a rule stand for. Names that are declared twice in it were told apart before.
    fn scope(&self, package: &'m [String], rule: &'m Rule) -> Scope<'m> {
        let mut scope = Scope { package, names: BTreeMap::new(), declared: BTreeSet::new(), outputs: Vec::new() };
        if let Rule::Spec { head: RuleHead::Func { args, .. }, .. } = rule {
            args.iter().for_each(|arg| scope.unknown(arg.as_ref()));
        }
        syntax::walk(rule, &mut |node| scope.note(node));
        for name in std::mem::take(&mut scope.outputs) {
            if !scope.declared.contains(name) {
                scope.add(name, Origin::Unknown);
            }
        }
        let declared = std::mem::take(&mut scope.declared);
        scope.names.retain(|name, _| {
            let is_given = matches!(*name, "input" | "data") || !self.named(package, name).is_empty();
            declared.contains(name) || !is_given
        });
        scope
    }

    fn of_rule(&self, package: &'m [String], name: &str, depth: usize) -> Vec<Clause> {
        let definitions = self.named(package, name);
        let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
        // A rule with keys in its head is there without any.
        if !definitions.iter().all(|rule| matches!(syntax::name(rule).1, Expr::Var { .. })) {
            return Vec::new();
        }
        let mut all: Vec<Vec<Clause>> = Vec::new();
        for rule in definitions {
            let Some(body) = single(rule) else { return Vec::new() };
            all.push(body.map_or_else(Vec::new, |body| self.of_query(&self.scope(package, rule), body, depth)));
        }
        match all.len() {
            0 => Vec::new(),
            1 => all.swap_remove(0),
            // One clause of each: the last is most likely about something rare.
            _ => all
                .iter()
                .map(|clauses| clauses.last())
                .collect::<Option<Vec<_>>>()
                .map_or_else(Vec::new, |one| vec![one.into_iter().flatten().cloned().collect()]),
        }
    }

    fn of_query(&self, scope: &Scope<'m>, query: &'m Query, depth: usize) -> Vec<Clause> {
        query.stmts.iter().flat_map(|statement| self.of_statement(scope, statement, depth)).collect()
    }

    fn of_statement(&self, scope: &Scope<'m>, statement: &'m LiteralStmt, depth: usize) -> Vec<Clause> {
        match &statement.literal {
            Literal::Expr { expr, .. } => self.of_expression(scope, expr.as_ref(), &Test::NotFalse, depth),
            Literal::SomeIn { collection, .. } => {
                let mut clauses = self.of_expression(scope, collection.as_ref(), &Test::Any, depth);
                if let Expr::Var { span, .. } = collection.as_ref() {
                    clauses.extend(self.filled(scope, span.text(), depth));
                }
                clauses
            }
            Literal::SomeVars { .. } | Literal::NotExpr { .. } | Literal::Every { .. } => Vec::new(),
        }
    }

    /// What a set must have before it has an item.
    fn filled(&self, scope: &Scope<'m>, name: &str, depth: usize) -> Vec<Clause> {
        let is_set = |rule: &&Rule| matches!(rule, Rule::Spec { head: RuleHead::Set { .. }, .. });
        match !scope.names.contains_key(name) && self.named(scope.package, name).iter().all(is_set) {
            true => self.of_rule(scope.package, name, depth),
            false => Vec::new(),
        }
    }

    /// What must be there for an expression to have a value, which meets the test.
    fn of_expression(&self, scope: &Scope<'m>, expr: &'m Expr, test: &Test, depth: usize) -> Vec<Clause> {
        let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
        match expr {
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => self.of_chain(scope, expr, test, depth),
            Expr::AssignExpr { op: AssignOp::ColEq, rhs, .. } => {
                self.of_expression(scope, rhs.as_ref(), &Test::Any, depth)
            }
            Expr::AssignExpr { op: AssignOp::Eq, lhs, rhs, .. } | Expr::BoolExpr { op: BoolOp::Eq, lhs, rhs, .. } => {
                let is = |other: &Expr| scalar(other).map_or(Test::Any, |scalar| Test::OneOf(vec![scalar]));
                let mut clauses = self.of_expression(scope, lhs.as_ref(), &is(rhs.as_ref()), depth);
                clauses.extend(self.of_expression(scope, rhs.as_ref(), &is(lhs.as_ref()), depth));
                clauses
            }
            Expr::BoolExpr { lhs, rhs, .. } | Expr::ArithExpr { lhs, rhs, .. } => {
                let mut clauses = self.of_expression(scope, lhs.as_ref(), &Test::Any, depth);
                clauses.extend(self.of_expression(scope, rhs.as_ref(), &Test::Any, depth));
                clauses
            }
            Expr::Membership { value, collection, .. } => {
                let scalars = match collection.as_ref() {
                    Expr::Array { items, .. } | Expr::Set { items, .. } => {
                        items.iter().map(|item| scalar(item.as_ref())).collect::<Option<Vec<_>>>()
                    }
                    _ => None,
                };
                let test = scalars.map_or(Test::Any, Test::OneOf);
                let mut clauses = self.of_expression(scope, value.as_ref(), &test, depth);
                clauses.extend(self.of_expression(scope, collection.as_ref(), &Test::Any, depth));
                clauses
            }
            Expr::Call { fcn, params, .. } if is_plain(&called(fcn.as_ref())) => {
                params.iter().flat_map(|param| self.of_expression(scope, param.as_ref(), &Test::Any, depth)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn of_chain(&self, scope: &Scope<'m>, expr: &'m Expr, test: &Test, depth: usize) -> Vec<Clause> {
        let Some(Reference { base, keys }) = Reference::of(expr) else { return Vec::new() };
        let mut clauses = Vec::new();
        let mut keys = keys.as_slice();
        if base != "input" && !scope.names.contains_key(base.as_str()) {
            let definitions = self.named(scope.package, &base);
            let is_set = |rule: &Rule| matches!(rule, Rule::Spec { head: RuleHead::Set { .. }, .. });
            let has_default = definitions.iter().any(|rule| matches!(rule, Rule::Default { .. }));
            match definitions.first() {
                None => return clauses,
                Some(rule) if is_set(rule) => {
                    if keys.is_empty() {
                        return clauses;
                    }
                    clauses.extend(self.of_rule(scope.package, &base, depth));
                    keys = &keys[1..];
                }
                Some(_) if has_default => {}
                Some(_) => clauses.extend(self.of_rule(scope.package, &base, depth)),
            }
        }
        if !self.is_part(scope, root(expr), depth) {
            return clauses;
        }
        for (at, key) in keys.iter().enumerate() {
            let Some(key) = key else { continue };
            let test = if at + 1 == keys.len() { test.clone() } else { Test::Any };
            if matches!(test, Test::OneOf(_)) || !EVERYWHERE.contains(&key.as_str()) {
                clauses.push(vec![Word { key: key.clone(), test }]);
            }
        }
        clauses
    }

    /// Whether a value, or each item of it, is part of the input, or else has nothing in it.
    fn is_part(&self, scope: &Scope<'m>, expr: &'m Expr, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let is_part = |expr: &'m Expr| self.is_part(scope, expr, depth);
        match expr {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => true,
            Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().all(|item| is_part(item.as_ref())),
            Expr::Object { fields, .. } => fields.is_empty(),
            Expr::Var { span, .. } => match (span.text(), scope.names.get(span.text())) {
                ("input", None) => true,
                (_, Some(origins)) => origins.iter().all(|origin| match origin {
                    Origin::Of(expr) => is_part(expr),
                    Origin::Unknown => false,
                }),
                (name, None) => self.is_rule_part(scope.package, name, depth),
            },
            Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => is_part(refr.as_ref()),
            Expr::ArrayCompr { term, .. } | Expr::SetCompr { term, .. } => is_part(term.as_ref()),
            Expr::BinExpr { op: BinOp::Union | BinOp::Intersection, lhs, rhs, .. } => {
                is_part(lhs.as_ref()) && is_part(rhs.as_ref())
            }
            Expr::Call { fcn, params, .. } => match (called(fcn.as_ref()).as_str(), params.as_slice()) {
                ("object.get", [object, _, default]) => is_part(object.as_ref()) && is_part(default.as_ref()),
                ("array.concat", [one, other]) => is_part(one.as_ref()) && is_part(other.as_ref()),
                _ => false,
            },
            _ => false,
        }
    }

    fn is_rule_part(&self, package: &'m [String], name: &str, depth: usize) -> bool {
        let definitions = self.named(package, name);
        !definitions.is_empty()
            && definitions.iter().all(|rule| {
                let value = match rule {
                    Rule::Default { value, args, .. } if args.is_empty() => Some(value),
                    Rule::Spec { head: RuleHead::Set { refr, key, .. }, .. } => {
                        key.as_ref().filter(|_| matches!(refr.as_ref(), Expr::Var { .. }))
                    }
                    Rule::Spec { head: RuleHead::Compr { refr, assign, .. }, .. } => assign
                        .as_ref()
                        .filter(|_| matches!(refr.as_ref(), Expr::Var { .. }))
                        .map(|assign| &assign.value),
                    _ => None,
                };
                let is_single = matches!(rule, Rule::Default { .. }) || single(rule).is_some();
                is_single && value.is_some_and(|value| self.is_part(&self.scope(package, rule), value.as_ref(), depth))
            })
    }
}

/// The body of a rule that has one at most, and no `else`.
fn single(rule: &Rule) -> Option<Option<&Query>> {
    match rule {
        Rule::Spec { bodies, .. } => match bodies.as_slice() {
            [] => Some(None),
            [body] if !body.is_else && body.assign.is_none() => Some(Some(body.query.as_ref())),
            _ => None,
        },
        Rule::Default { .. } => None,
    }
}

fn root(expr: &Expr) -> &Expr {
    match expr {
        Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => root(refr.as_ref()),
        other => other,
    }
}

fn scalar(expr: &Expr) -> Option<Rego> {
    match expr {
        Expr::String { value, .. }
        | Expr::RawString { value, .. }
        | Expr::Number { value, .. }
        | Expr::Bool { value, .. } => Some(value.clone()),
        _ => None,
    }
}

fn called(function: &Expr) -> String {
    Reference::of(function).map(|path| path.known().join(".")).unwrap_or_default()
}

/// Functions that have no value where an argument has none, and that no rule is called like.
fn is_plain(name: &str) -> bool {
    matches!(name, "startswith" | "endswith" | "contains" | "regex.match" | "lower" | "upper" | "to_number")
}

impl<'m> Scope<'m> {
    fn add(&mut self, name: &'m str, origin: Origin<'m>) {
        self.names.entry(name).or_default().push(origin);
    }

    /// All names in a pattern may be anything.
    fn unknown(&mut self, pattern: &'m Expr) {
        match pattern {
            Expr::Var { span, .. } => self.add(span.text(), Origin::Unknown),
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                items.iter().for_each(|item| self.unknown(item.as_ref()));
            }
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
                self.unknown(key.as_ref());
                self.unknown(value.as_ref());
            }),
            _ => {}
        }
    }

    /// A side of `:=` or `=`, and the other.
    fn bind(&mut self, pattern: &'m Expr, value: &'m Expr, declares: bool) {
        match pattern {
            Expr::Var { span, .. } => {
                self.add(span.text(), Origin::Of(value));
                if declares {
                    self.declared.insert(span.text());
                }
            }
            other => self.unknown(other),
        }
    }

    fn note(&mut self, node: Node<'m>) {
        match node {
            Node::Statement(LiteralStmt { literal: Literal::SomeIn { key, value, collection, .. }, .. }) => {
                if let Some(key) = key {
                    self.unknown(key.as_ref());
                }
                self.bind(value.as_ref(), collection.as_ref(), true);
            }
            Node::Statement(LiteralStmt { literal: Literal::Every { key, value, domain, .. }, .. }) => {
                if let Some(key) = key {
                    self.add(key.text(), Origin::Unknown);
                }
                self.add(value.text(), Origin::Of(domain.as_ref()));
                self.declared.insert(value.text());
            }
            Node::Statement(_) | Node::Declared(_) => {}
            Node::Expr { expr, .. } => match expr {
                Expr::AssignExpr { op: AssignOp::ColEq, lhs, rhs, .. } => self.bind(lhs.as_ref(), rhs.as_ref(), true),
                Expr::AssignExpr { lhs, rhs, .. } => {
                    self.bind(lhs.as_ref(), rhs.as_ref(), false);
                    self.bind(rhs.as_ref(), lhs.as_ref(), false);
                }
                Expr::RefDot { .. } | Expr::RefBrack { .. } => self.indexes(expr),
                // The last argument may take the result.
                Expr::Call { params, .. } => match params.last().map(|last| last.as_ref()) {
                    Some(Expr::Var { span, .. }) => self.outputs.push(span.text()),
                    Some(last) => self.unknown(last),
                    None => {}
                },
                _ => {}
            },
        }
    }

    fn indexes(&mut self, expr: &'m Expr) {
        match expr {
            Expr::RefDot { refr, .. } => self.indexes(refr.as_ref()),
            Expr::RefBrack { refr, index, .. } => {
                match index.as_ref() {
                    Expr::Var { span, .. } => self.add(span.text(), Origin::Of(refr.as_ref())),
                    other => self.unknown(other),
                }
                self.indexes(refr.as_ref());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::engine;
    use super::*;

    /// What the rule `v` of a policy asks for.
    fn of(policy: &str) -> Option<String> {
        let mut engine = engine::blank();
        engine::add(&mut engine, "p", &format!("package a\n\nimport rego.v1\n\n{policy}\n"), false).unwrap();
        let modules = engine.get_modules().clone();
        let rules = Rules::new(&modules)?;
        let word = |word: &Word| match &word.test {
            Test::Any => word.key.clone(),
            Test::NotFalse => format!("{}?", word.key),
            Test::OneOf(scalars) => {
                let scalars: Vec<String> = scalars.iter().map(Rego::to_string).collect();
                format!("{}={}", word.key, scalars.join("|"))
            }
        };
        let clause = |clause: &Clause| clause.iter().map(word).collect::<Vec<_>>().join("/");
        let package = ["a".to_owned()];
        Some(rules.clauses(&package, "v").iter().map(clause).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn what_a_rule_asks_for_is_found_through_names_and_rules() {
        for (policy, expected) in [
            ("v contains 1 if input.spec.hostNetwork", "spec hostNetwork?"),
            ("v contains 1 if { x := input.spec.a; x.b == false }", "spec a b=false"),
            (
                "v contains 1 if { some c in input.spec.containers; startswith(c.image, \"a\") }",
                "spec containers image",
            ),
            ("v contains 1 if input.kind in {\"A\", \"B\"}", "kind=\"A\"|\"B\""),
            (
                "v contains 1 if c[_].d\n\nc contains x if some x in input.e\n\nc contains x if some x in input.f",
                "e/f d?",
            ),
            ("v contains 1 if { some x in c; x.d }\n\nc contains x if some x in input.e", "e d?"),
            ("v contains 1 if p.d\n\np := object.get(input, [\"a\"], {})", "d?"),
            ("v contains m if { m := p.d }\n\np := input.a if input.b", "b? d"),
            ("v contains 1 if is_bad\n\nis_bad if input.a\n\nis_bad if input.b", "a?/b?"),
            ("v contains 1 if { x := [c | some c in input.a][_]; x.b }", "b?"),
        ] {
            assert_eq!(of(policy).as_deref(), Some(expected), "{policy}");
        }
    }

    #[test]
    fn what_may_come_from_elsewhere_asks_for_nothing() {
        for policy in [
            "v contains 1 if not input.a.b",
            "v contains 1 if { x := data.d; x.b }",
            "v contains 1 if p.b\n\np := {\"b\": true}",
            "v contains 1 if p.b\n\ndefault p := {\"b\": true}\n\np := input.a",
            "v contains 1 if { x := object.get(input, \"a\", {\"b\": 1}); x.b }",
            "v contains 1 if { x := json.unmarshal(input.a); x.b }",
            "v contains 1 if { count(c) == 0 }\n\nc contains x if some x in input.e",
            "v contains 1 if c == set()\n\nc contains x if some x in input.e",
            "v contains 1 if is_bad\n\nis_bad if input.a\n\nis_bad if not input.b",
            "v contains 1 if is_bad\n\nis_bad if input.a else := true",
            "v contains 1 if f({\"b\": 1})\n\nf(x) if x.b",
            "v contains 1 if { walk(input, [_, x]); x.b }",
            "v contains 1 if { some x, _ in input; x.b }",
            "v contains 1 if every x in input.a { x.b }",
        ] {
            let found = of(policy).unwrap();
            assert!(!found.contains('b') && !found.contains('e'), "{policy}: {found}");
        }
        assert_eq!(of("v contains 1 if w with input as {\"a\": 1}\n\nw if input.a"), None);
    }
}
