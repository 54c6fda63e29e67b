//! Names that are declared again: in a comprehension or below `every`, where the rule has the name already, or as the
//! name of a rule. OPA gives every declaration a name of its own (`ast/compile.go`, `rewriteLocalVars`); regorus takes
//! some of these for the outer name and refuses others. So they get a name that nothing else has.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use regorus::unstable::{AssignOp, Expr, Literal, LiteralStmt, Module, Query, Rule, RuleHead, Span};

use super::rewrite::{Edit, bounds};
use super::syntax::{self, Node, Reference};

/// The first letters of the new names; no policy may use them.
pub const PREFIX: &str = "plimsoll_local";

/// What to do about the names of a module.
#[derive(Default)]
pub struct Names {
    /// The new names.
    pub edits: Vec<Edit>,
    /// Names that `some … in …` has on both sides: regorus would look for their order without end.
    pub clashes: Vec<(Range<usize>, String)>,
}

/// Looks at every rule of a module. `rules` are the names of all rules in its package, from every file.
pub fn names(text: &str, module: &Module, rules: &BTreeSet<String>) -> Names {
    let mut globals = rules.clone();
    globals.extend(module.imports.iter().filter_map(|import| match &import.r#as {
        Some(alias) => Some(alias.text().to_owned()),
        None => Reference::of(import.refr.as_ref())?.known().pop(),
    }));
    let mut names = Names::default();
    for rule in &module.policy {
        let (mentions, bodies, frames) = (Vec::new(), Vec::new(), Vec::new());
        let mut scopes = Scopes { text, globals: &globals, mentions, bodies, frames, names };
        syntax::walk(rule.as_ref(), &mut |node| match node {
            Node::Declared(span) => scopes.mentions.push((span.text().to_owned(), span.start as usize, true)),
            Node::Expr { expr, .. } => {
                scopes.mentions.extend(base(expr));
                scopes.bodies.extend(comprehended(expr).map(|span| bounds(text, span)));
            }
            Node::Statement(statement) => {
                if let Literal::Every { query, .. } = &statement.literal {
                    scopes.bodies.push(bounds(text, &query.span));
                }
            }
        });
        scopes.rule(rule.as_ref());
        names = scopes.names;
    }
    names
}

/// A message without the new names.
pub fn original(message: &str) -> String {
    let mut parts = message.split(PREFIX);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |said, part| {
        said + part.trim_start_matches(|char: char| char.is_ascii_digit()).trim_start_matches('_')
    })
}

fn base(expr: &Expr) -> Option<(String, usize, bool)> {
    Some((Reference::of(expr)?.base, bases(expr)?.start as usize, false))
}

/// A comprehension.
fn comprehended(expr: &Expr) -> Option<&Span> {
    match expr {
        Expr::ArrayCompr { span, .. } | Expr::SetCompr { span, .. } | Expr::ObjectCompr { span, .. } => Some(span),
        _ => None,
    }
}

/// The variable that a reference starts with.
fn bases(expr: &Expr) -> Option<&Span> {
    match expr {
        Expr::Var { span, .. } => Some(span),
        Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => bases(refr.as_ref()),
        _ => None,
    }
}

/// A body, with what is known of names in it so far.
struct Frame {
    range: Range<usize>,
    /// With the new name, if there is one.
    declared: BTreeMap<String, Option<String>>,
    mentioned: BTreeSet<String>,
}

struct Scopes<'t> {
    text: &'t str,
    globals: &'t BTreeSet<String>,
    /// Every name of the rule: where it stands, and whether it is declared there.
    mentions: Vec<(String, usize, bool)>,
    /// Where it has comprehensions, and what stands below `every`.
    bodies: Vec<Range<usize>>,
    frames: Vec<Frame>,
    names: Names,
}

impl Scopes<'_> {
    fn rule(&mut self, rule: &Rule) {
        let Rule::Spec { head, bodies, .. } = rule else { return };
        let nothing: &[_] = &[];
        let (arguments, value) = match head {
            RuleHead::Compr { assign, .. } => (nothing, assign.as_ref().map(|assign| assign.value.as_ref())),
            RuleHead::Set { key, .. } => (nothing, key.as_ref().map(|key| key.as_ref())),
            RuleHead::Func { args, assign, .. } => {
                (args.as_slice(), assign.as_ref().map(|assign| assign.value.as_ref()))
            }
        };
        let range = bounds(self.text, rule.span());
        for at in 0..bodies.len().max(1) {
            self.open(range.clone());
            for argument in arguments {
                self.arguments(argument.as_ref());
            }
            let body = bodies.get(at);
            if let Some(body) = body {
                self.query(body.query.as_ref());
            }
            let own = body.and_then(|body| body.assign.as_ref()).map(|assign| assign.value.as_ref());
            if let Some(value) = if at == 0 { value } else { own } {
                self.expression(value);
            }
            if at == 0 {
                self.indexes(syntax::name(rule).1);
            }
            self.frames.pop();
        }
    }

    fn open(&mut self, range: Range<usize>) {
        self.frames.push(Frame { range, declared: BTreeMap::new(), mentioned: BTreeSet::new() });
    }

    /// The names of the arguments stay.
    fn arguments(&mut self, pattern: &Expr) {
        each_variable(pattern, &mut |span| {
            if let Some(frame) = self.frames.last_mut() {
                frame.declared.insert(span.text().to_owned(), None);
            }
        });
    }

    fn query(&mut self, query: &Query) {
        let start = query.stmts.first().map_or(0, |first| bounds(self.text, &first.span).start);
        for (at, statement) in query.stmts.iter().enumerate() {
            match &statement.literal {
                Literal::SomeVars { span, vars, .. } => self.some(span, vars, (at > 0).then_some(start)),
                _ => self.statement(statement),
            }
        }
    }

    fn statement(&mut self, statement: &LiteralStmt) {
        let assigned = match &statement.literal {
            Literal::Expr { expr, .. } => match expr.as_ref() {
                Expr::AssignExpr { op: AssignOp::ColEq, lhs, rhs, .. } => Some((lhs.as_ref(), rhs.as_ref())),
                _ => None,
            },
            _ => None,
        };
        if let Some((pattern, value)) = assigned {
            // The value is worked out before the name is there.
            self.expression(value);
            self.modifiers(statement);
            return self.pattern(pattern, &|_| true);
        }
        match &statement.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { key, value, collection, .. } => {
                self.some_in(key.as_deref(), value.as_ref(), collection.as_ref())
            }
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => self.expression(expr.as_ref()),
            Literal::Every { key, value, domain, query, .. } => {
                self.expression(domain.as_ref());
                self.open(bounds(self.text, &query.span));
                key.iter().chain([value]).for_each(|span| self.declare(span));
                self.query(query.as_ref());
                self.frames.pop();
            }
        }
        self.modifiers(statement);
    }

    fn modifiers(&mut self, statement: &LiteralStmt) {
        statement.with_mods.iter().for_each(|modifier| self.expression(modifier.r#as.as_ref()));
    }

    /// Declares variables, behind the first statement of a body that begins at `start`.
    ///
    /// A variable that has its values in bodies within alone is one of its own in each of them: regorus looks for a value
    /// here, so that the declaration goes. What stands behind a loop regorus declares in each turn, and refuses that as
    /// the second time: it is declared at the start.
    fn some(&mut self, span: &Span, vars: &[Span], start: Option<usize>) {
        let kept: Vec<&Span> = vars.iter().filter(|var| !self.is_for_bodies_within(var)).collect();
        let start = start.filter(|_| !vars.iter().any(|var| self.is_early(var)));
        if kept.len() == vars.len() && start.is_none() {
            return vars.iter().for_each(|span| self.declare(span));
        }
        let edits = self.names.edits.len();
        vars.iter().for_each(|span| self.declare(span));
        self.names.edits.truncate(edits);
        let left = kept.iter().map(|var| self.name(var)).collect::<Vec<_>>().join(", ");
        let here = bounds(self.text, span);
        let lines = "\n".repeat(self.text.get(here.clone()).unwrap_or_default().matches('\n').count());
        let (moved, text) = match (left.is_empty(), start) {
            (true, _) => (None, "true".to_owned()),
            (false, Some(start)) => (Some((start, format!("some {left}; "))), "true".to_owned()),
            (false, None) => (None, format!("some {left}")),
        };
        self.names.edits.extend(moved.map(|(at, text)| Edit { start: at, end: at, text }));
        self.names.edits.push(Edit { start: here.start, end: here.end, text: text + &lines });
    }

    /// Whether a name is used before it is declared, and not known from outside: OPA refuses that, and so does regorus.
    fn is_early(&self, span: &Span) -> bool {
        let Some((frame, outer)) = self.frames.split_last() else { return false };
        let is_known =
            |frame: &Frame| frame.declared.contains_key(span.text()) || frame.mentioned.contains(span.text());
        frame.mentioned.contains(span.text()) && !outer.iter().any(is_known)
    }

    /// Whether a name is mentioned in bodies within the one that declares it, and nowhere else in that.
    fn is_for_bodies_within(&self, declared: &Span) -> bool {
        let Some(frame) = self.frames.last() else { return false };
        let within = |at: usize| {
            let closer = |body: &&Range<usize>| frame.range.start < body.start && body.end <= frame.range.end;
            self.bodies.iter().filter(closer).any(|body| body.contains(&at))
        };
        let mut mentions = self.mentions.iter().filter(|(name, at, _)| {
            name == declared.text() && *at != declared.start as usize && frame.range.contains(at)
        });
        let first = mentions.next();
        first.is_some() && first.into_iter().chain(mentions).all(|(_, at, _)| within(*at))
    }

    /// What a variable is called now.
    fn name<'s>(&'s self, span: &'s Span) -> &'s str {
        let known = self.frames.iter().rev().find_map(|frame| frame.declared.get(span.text()));
        known.and_then(|new| new.as_deref()).unwrap_or(span.text())
    }

    /// What the collection has too is no new name.
    fn some_in(&mut self, key: Option<&Expr>, value: &Expr, collection: &Expr) {
        let range = bounds(self.text, collection.span());
        let inside: Vec<&(String, usize, bool)> =
            self.mentions.iter().filter(|(_, at, _)| range.contains(at)).collect();
        let own: BTreeSet<String> =
            inside.iter().filter(|(_, _, declared)| *declared).map(|(name, ..)| name.clone()).collect();
        let shared: BTreeSet<String> =
            inside.iter().filter(|(name, ..)| !own.contains(name)).map(|(name, ..)| name.clone()).collect();
        self.expression(collection);
        for pattern in key.into_iter().chain([value]) {
            each_variable(pattern, &mut |span| {
                if shared.contains(span.text()) && span.text() != "_" {
                    self.names.clashes.push((bounds(self.text, span), span.text().to_owned()));
                }
            });
            self.pattern(pattern, &|name| !shared.contains(name));
        }
    }

    /// Declares the variables of a pattern, and reads what else is in it.
    fn pattern(&mut self, pattern: &Expr, is_new: &dyn Fn(&str) -> bool) {
        match pattern {
            Expr::Var { span, .. } if is_new(span.text()) => self.declare(span),
            Expr::Array { items, .. } => items.iter().for_each(|item| self.pattern(item.as_ref(), is_new)),
            Expr::Object { fields, .. } => {
                for (_, key, value) in fields {
                    self.expression(key.as_ref());
                    self.pattern(value.as_ref(), is_new);
                }
            }
            other => self.expression(other),
        }
    }

    fn declare(&mut self, span: &Span) {
        let name = span.text();
        let is_early = self.is_early(span);
        let Some(frame) = self.frames.last_mut() else { return };
        if name == "_" {
            return;
        }
        if !frame.declared.contains_key(name) {
            let elsewhere = |(other, at, _): &(String, usize, bool)| {
                other == name && !frame.range.contains(at) && *at != span.start as usize
            };
            let is_again = self.globals.contains(name) || self.mentions.iter().any(elsewhere);
            let new = (is_again && !is_early).then(|| format!("{PREFIX}{}_{name}", span.start));
            frame.declared.insert(name.to_owned(), new);
        }
        self.renamed(span);
    }

    /// A variable where it is used.
    fn used(&mut self, span: &Span) {
        if !self.renamed(span)
            && let Some(frame) = self.frames.last_mut()
        {
            frame.mentioned.insert(span.text().to_owned());
        }
    }

    fn renamed(&mut self, span: &Span) -> bool {
        let known = self.frames.iter().rev().find_map(|frame| frame.declared.get(span.text()));
        let Some(Some(new)) = known else { return false };
        let Range { start, end } = span.start as usize..span.end as usize;
        self.names.edits.push(Edit { start, end, text: new.clone() });
        true
    }

    fn expression(&mut self, expr: &Expr) {
        match expr {
            Expr::Var { span, .. } => self.used(span),
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                items.iter().for_each(|item| self.expression(item.as_ref()));
            }
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
                self.expression(key.as_ref());
                self.expression(value.as_ref());
            }),
            Expr::ArrayCompr { span, term, query, .. } | Expr::SetCompr { span, term, query, .. } => {
                self.comprehension(span, &[term.as_ref()], query.as_ref());
            }
            Expr::ObjectCompr { span, key, value, query, .. } => {
                self.comprehension(span, &[key.as_ref(), value.as_ref()], query.as_ref());
            }
            Expr::Call { params, .. } => params.iter().for_each(|param| self.expression(param.as_ref())),
            Expr::UnaryExpr { expr, .. } => self.expression(expr.as_ref()),
            Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                if let Some(span) = bases(expr) {
                    self.used(span);
                }
                self.indexes(expr);
            }
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. }
            | Expr::AssignExpr { lhs, rhs, .. } => {
                self.expression(lhs.as_ref());
                self.expression(rhs.as_ref());
            }
            Expr::Membership { key, value, collection, .. } => {
                let parts = key.iter().chain([value, collection]);
                parts.for_each(|part| self.expression(part.as_ref()));
            }
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
        }
    }

    fn comprehension(&mut self, span: &Span, terms: &[&Expr], query: &Query) {
        self.open(bounds(self.text, span));
        self.query(query);
        terms.iter().for_each(|term| self.expression(term));
        self.frames.pop();
    }

    /// The indexes of a reference, and what it starts with unless that is a variable.
    fn indexes(&mut self, expr: &Expr) {
        match expr {
            Expr::RefDot { refr, .. } => self.indexes(refr.as_ref()),
            Expr::RefBrack { refr, index, .. } => {
                self.indexes(refr.as_ref());
                self.expression(index.as_ref());
            }
            Expr::Var { .. } => {}
            other => self.expression(other),
        }
    }
}

fn each_variable(pattern: &Expr, visit: &mut dyn FnMut(&Span)) {
    match pattern {
        Expr::Var { span, .. } => visit(span),
        Expr::Array { items, .. } => items.iter().for_each(|item| each_variable(item.as_ref(), visit)),
        Expr::Object { fields, .. } => fields.iter().for_each(|field| each_variable(field.2.as_ref(), visit)),
        _ => {}
    }
}
