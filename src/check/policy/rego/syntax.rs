//! Walking regorus' syntax tree. Its types are exported without a promise, which the exact pin of the crate makes good.

use regorus::unstable::{AssignOp, Expr, Literal, LiteralStmt, Module, Query, Rule, RuleHead, Span};

/// A reference as far as it is written out: `input.a["b"][x]` is `input`, `[a, b, (variable)]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The variable it starts with.
    pub base: String,
    /// Its keys; `None` where a variable or an expression stands.
    pub keys: Vec<Option<String>>,
}

impl Reference {
    /// Reads a variable, or a chain of fields and indexes on one.
    pub fn of(expr: &Expr) -> Option<Reference> {
        let mut keys = Vec::new();
        let mut at = expr;
        loop {
            match at {
                Expr::Var { span, .. } => {
                    keys.reverse();
                    return Some(Reference { base: span.text().to_owned(), keys });
                }
                Expr::RefDot { refr, field, .. } => {
                    keys.push(Some(field.0.text().to_owned()));
                    at = refr.as_ref();
                }
                Expr::RefBrack { refr, index, .. } => {
                    keys.push(constant(index.as_ref()));
                    at = refr.as_ref();
                }
                _ => return None,
            }
        }
    }

    /// Base and keys up to the first that is not written out.
    pub fn known(&self) -> Vec<String> {
        let keys = self.keys.iter().map_while(Clone::clone);
        std::iter::once(self.base.clone()).chain(keys).collect()
    }
}

fn constant(index: &Expr) -> Option<String> {
    match index {
        Expr::String { value, .. } | Expr::RawString { value, .. } => {
            value.as_string().ok().map(|text| text.to_string())
        }
        _ => None,
    }
}

/// The package of a module, as a path below `data`.
pub fn package(module: &Module) -> Vec<String> {
    Reference::of(module.package.refr.as_ref()).map(|reference| reference.known()).unwrap_or_default()
}

/// Whether a module reads `data.conftest`.
pub fn reads_file(module: &Module) -> bool {
    let is_file = |path: &[String]| path.starts_with(&["data".to_owned(), "conftest".to_owned()]);
    let mut reads = module.imports.iter().filter_map(|import| Reference::of(import.refr.as_ref()));
    let mut found = reads.any(|path| is_file(&path.known()));
    for rule in &module.policy {
        walk(rule.as_ref(), &mut |node| {
            let Node::Expr { expr, .. } = node else { return };
            found |= Reference::of(expr).is_some_and(|path| is_file(&path.known()));
        });
    }
    found
}

/// The name of a rule below its package, as far as it is constant, and the expression that spells it.
pub fn name(rule: &Rule) -> (Vec<String>, &Expr) {
    let refr = match rule {
        Rule::Spec {
            head: RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. },
            ..
        }
        | Rule::Default { refr, .. } => refr.as_ref(),
    };
    (Reference::of(refr).map(|reference| reference.known()).unwrap_or_default(), refr)
}

/// Where the head of a rule has its value or key, which is worked out behind the body.
pub fn head_value(rule: &Rule) -> std::ops::Range<u32> {
    let value = match rule {
        Rule::Spec { head: RuleHead::Compr { assign, .. } | RuleHead::Func { assign, .. }, .. } => {
            assign.as_ref().map(|assign| assign.value.as_ref())
        }
        Rule::Spec { head: RuleHead::Set { key, .. }, .. } => key.as_ref().map(|key| key.as_ref()),
        Rule::Default { .. } => None,
    };
    value.map_or(0..0, |value| value.span().start..value.span().end)
}

/// The parameters of a function; `None` for other rules.
pub fn parameters(rule: &Rule) -> Option<usize> {
    match rule {
        Rule::Spec { head: RuleHead::Func { args, .. }, .. } => Some(args.len()),
        Rule::Default { args, .. } if !args.is_empty() => Some(args.len()),
        _ => None,
    }
}

/// The text that an expression is.
pub fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::String { value, .. } | Expr::RawString { value, .. } => {
            value.as_string().ok().map(|text| text.to_string())
        }
        _ => None,
    }
}

/// What a walk comes by.
#[derive(Clone, Copy)]
pub enum Node<'a> {
    /// An expression; of a chain of references only the whole. `negated` inside a `not`.
    Expr { expr: &'a Expr, negated: bool },
    /// A statement, before its expressions.
    Statement(&'a LiteralStmt),
    /// A name that a statement or a head declares.
    Declared(&'a Span),
}

/// Shows every node of a rule to `visit`, outer ones first.
pub fn walk<'a>(rule: &'a Rule, visit: &mut dyn FnMut(Node<'a>)) {
    match rule {
        Rule::Spec { head, bodies, .. } => {
            let assign = match head {
                RuleHead::Compr { assign, .. } => assign.as_ref(),
                RuleHead::Set { key, .. } => {
                    if let Some(key) = key {
                        expression(key.as_ref(), false, visit);
                    }
                    None
                }
                RuleHead::Func { args, assign, .. } => {
                    args.iter().for_each(|argument| declared(argument.as_ref(), visit));
                    assign.as_ref()
                }
            };
            if let Some(assign) = assign {
                expression(assign.value.as_ref(), false, visit);
            }
            for body in bodies {
                if let Some(assign) = &body.assign {
                    expression(assign.value.as_ref(), false, visit);
                }
                query(body.query.as_ref(), visit);
            }
        }
        Rule::Default { value, .. } => expression(value.as_ref(), false, visit),
    }
}

/// Shows every node of a query to `visit`, outer ones first.
pub fn walk_query<'a>(all: &'a Query, visit: &mut dyn FnMut(Node<'a>)) {
    query(all, visit);
}

/// Shows every node of an expression to `visit`, outer ones first.
pub fn walk_expression<'a>(expr: &'a Expr, visit: &mut dyn FnMut(Node<'a>)) {
    expression(expr, false, visit);
}

fn query<'a>(query: &'a Query, visit: &mut dyn FnMut(Node<'a>)) {
    for statement in &query.stmts {
        visit(Node::Statement(statement));
        literal(&statement.literal, visit);
        for modifier in &statement.with_mods {
            expression(modifier.r#as.as_ref(), false, visit);
        }
    }
}

fn literal<'a>(literal: &'a Literal, visit: &mut dyn FnMut(Node<'a>)) {
    match literal {
        Literal::SomeVars { vars, .. } => vars.iter().for_each(|var| visit(Node::Declared(var))),
        Literal::SomeIn { key, value, collection, .. } => {
            if let Some(key) = key {
                declared(key.as_ref(), visit);
            }
            declared(value.as_ref(), visit);
            expression(collection.as_ref(), false, visit);
        }
        Literal::Expr { expr, .. } => expression(expr.as_ref(), false, visit),
        Literal::NotExpr { expr, .. } => expression(expr.as_ref(), true, visit),
        Literal::Every { key, value, domain, query: inner, .. } => {
            if let Some(key) = key {
                visit(Node::Declared(key));
            }
            visit(Node::Declared(value));
            expression(domain.as_ref(), false, visit);
            query(inner.as_ref(), visit);
        }
    }
}

/// The variables of a pattern.
fn declared<'a>(pattern: &'a Expr, visit: &mut dyn FnMut(Node<'a>)) {
    match pattern {
        Expr::Var { span, .. } => visit(Node::Declared(span)),
        Expr::Array { items, .. } => items.iter().for_each(|item| declared(item.as_ref(), visit)),
        Expr::Object { fields, .. } => fields.iter().for_each(|field| declared(field.2.as_ref(), visit)),
        other => expression(other, false, visit),
    }
}

fn expression<'a>(expr: &'a Expr, negated: bool, visit: &mut dyn FnMut(Node<'a>)) {
    visit(Node::Expr { expr, negated });
    let mut each = |expr: &'a Expr| expression(expr, negated, visit);
    match expr {
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. } => {}
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().for_each(|item| each(item.as_ref())),
        Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
            each(key.as_ref());
            each(value.as_ref());
        }),
        Expr::ArrayCompr { term, query: inner, .. } | Expr::SetCompr { term, query: inner, .. } => {
            each(term.as_ref());
            query(inner.as_ref(), visit);
        }
        Expr::ObjectCompr { key, value, query: inner, .. } => {
            each(key.as_ref());
            each(value.as_ref());
            query(inner.as_ref(), visit);
        }
        Expr::Call { params, .. } => params.iter().for_each(|param| each(param.as_ref())),
        Expr::UnaryExpr { expr, .. } => each(expr.as_ref()),
        Expr::RefDot { .. } | Expr::RefBrack { .. } => chain(expr, &mut each),
        Expr::AssignExpr { op, lhs, rhs, .. } => {
            each(rhs.as_ref());
            if *op == AssignOp::ColEq { declared(lhs.as_ref(), visit) } else { each(lhs.as_ref()) }
        }
        Expr::BinExpr { lhs, rhs, .. } | Expr::BoolExpr { lhs, rhs, .. } | Expr::ArithExpr { lhs, rhs, .. } => {
            each(lhs.as_ref());
            each(rhs.as_ref());
        }
        Expr::Membership { key, value, collection, .. } => {
            if let Some(key) = key {
                each(key.as_ref());
            }
            each(value.as_ref());
            each(collection.as_ref());
        }
    }
}

/// The indexes of a chain of references, and what it starts with unless that is a variable.
fn chain<'a>(expr: &'a Expr, each: &mut dyn FnMut(&'a Expr)) {
    let mut at = expr;
    loop {
        match at {
            Expr::RefDot { refr, .. } => at = refr.as_ref(),
            Expr::RefBrack { refr, index, .. } => {
                each(index.as_ref());
                at = refr.as_ref();
            }
            Expr::Var { .. } => return,
            other => return each(other),
        }
    }
}
