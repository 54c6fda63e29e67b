//! Finding what a program reads in its syntax trees.
//!
//! A name is only ever taken to stand for more parts of the input than it does, and what is not understood reads
//! everything.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value as Rego;
use regorus::unstable::{AssignOp, Expr, Literal, Module, Query, Ref, Rule, RuleHead};

use super::super::negation::PREFIX;
use super::super::syntax::{self, Node, Reference, text};
use super::functions::Function;
use super::told::Told;
use super::{Reads, Route, Step};

/// Most names that may be found to stand for parts of the input, and longest routes: recursion is refused before, so
/// that more would be a very long program.
const MOST: usize = 2_000;
const LONGEST: usize = 16;

/// Most parts of the input that one name may be found to stand for.
pub(super) const WIDEST: usize = 200;

/// What rules begin with that are asked from outside, where all of what they say is read.
const ASKED: [&str; 5] = ["deny", "warn", "violation", EXCEPTION, PREFIX];
const EXCEPTION: &str = "exception";

/// Whether rules of this name are asked from outside, for messages.
pub(super) fn is_asked(name: &str) -> bool {
    name != EXCEPTION && ASKED.iter().any(|asked| name.starts_with(asked))
}

/// What the modules of a program read; `None` if that cannot be told, or is everything. Of what is `told` alone only
/// whether it is there, and of what kind it is.
pub(super) fn reads(modules: &[Ref<Module>], settled: Option<Settled<'_>>, told: Option<&Told>) -> Option<Reads> {
    let mut reader = Reader { settled, told, ..Reader::default() };
    let mut number = 0;
    for module in modules {
        let package = syntax::package(module.as_ref());
        for rule in &module.policy {
            number += 1;
            if let Rule::Spec { head: RuleHead::Func { args, .. }, .. } = rule.as_ref() {
                let name = syntax::name(rule.as_ref()).0;
                let parameters = args.iter().map(|arg| variable(arg.as_ref()).map(str::to_owned)).collect();
                let package = package.clone();
                let mut declared: BTreeMap<&str, usize> = BTreeMap::new();
                syntax::walk(rule.as_ref(), &mut |node| {
                    if let Node::Declared(name) = node {
                        *declared.entry(name.text()).or_default() += 1;
                    }
                });
                // One that is declared once more is another variable there.
                let others = declared.into_iter().filter(|(_, times)| *times > 1);
                reader.texts.extend(others.map(|(name, _)| ((number, name.to_owned()), None)));
                reader.functions.push(Function { rule: number, package, name: name.join("."), parameters });
            }
            if let Rule::Spec { head: RuleHead::Set { .. }, .. } = rule.as_ref()
                && let [name] = syntax::name(rule.as_ref()).0.as_slice()
                && !ASKED.iter().any(|asked| name.starts_with(asked))
            {
                reader.sets.entry([package.as_slice(), std::slice::from_ref(name)].concat()).or_default();
            }
            // What a default function has for parameters has no names to look for.
            if let Rule::Default { args, .. } = rule.as_ref()
                && !args.is_empty()
            {
                return None;
            }
        }
    }
    loop {
        let before = reader.progress();
        reader.rule = 0;
        for module in modules {
            reader.module(module.as_ref());
        }
        if reader.lost || reader.size() > MOST {
            return None;
        }
        if reader.progress() == before {
            break;
        }
    }
    reader.finished()
}

/// The name of a variable.
pub(super) fn variable(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Var { span, .. } => Some(span.text()),
        _ => None,
    }
}

/// The number of a rule, and a name in it.
pub(super) type Name = (usize, String);

/// A field of the input that is the same whenever the program is asked.
#[derive(Debug, Clone, Copy)]
pub struct Settled<'a> {
    pub name: &'a str,
    pub value: &'a Rego,
}

#[derive(Default)]
pub(super) struct Reader<'a> {
    pub(super) settled: Option<Settled<'a>>,
    told: Option<&'a Told>,
    pub(super) functions: Vec<Function>,
    /// The parts of the input that a name in a rule may stand for.
    names: BTreeMap<Name, BTreeSet<Route>>,
    /// The texts that a parameter of a function may be; `None` if it may be anything.
    pub(super) texts: BTreeMap<Name, Option<BTreeSet<String>>>,
    pub(super) whole: BTreeSet<Route>,
    types: BTreeSet<Route>,
    /// The rules that are sets, by their paths, and the parts of the input that their elements may stand for.
    pub(super) sets: BTreeMap<Vec<String>, BTreeSet<Route>>,
    /// How many lists that are made of what a query finds are around. A list has as many items as a set has elements,
    /// and in their order, for both of which all of an element counts.
    pub(super) listing: usize,
    /// Something was not understood.
    lost: bool,
    /// The number of the rule at hand, its package, and what its module imports.
    pub(super) rule: usize,
    pub(super) package: Vec<String>,
    pub(super) imports: BTreeMap<String, Vec<String>>,
}

impl Reader<'_> {
    fn size(&self) -> usize {
        let standing = self.names.values().chain(self.sets.values()).map(BTreeSet::len).sum::<usize>();
        standing + self.whole.len() + self.types.len()
    }

    /// A number that grows as long as there is more to be found.
    fn progress(&self) -> usize {
        let texts = self.texts.values().map(|texts| texts.as_ref().map_or(WIDEST + 1, BTreeSet::len));
        self.size() + texts.sum::<usize>()
    }

    fn finished(self) -> Option<Reads> {
        let is_settled = |route: &Route| {
            let name = self.settled.map(|settled| settled.name);
            matches!(route.first(), Some(Step::Key(first)) if Some(first.as_str()) == name)
        };
        let others =
            |routes: BTreeSet<Route>| routes.into_iter().filter(|route| !is_settled(route)).collect::<Vec<_>>();
        let [whole, types] = [self.whole, self.types].map(others);
        Reads::of(&whole, &types)
    }

    fn module(&mut self, module: &Module) {
        self.package = syntax::package(module);
        self.imports.clear();
        for import in &module.imports {
            let path = Reference::of(import.refr.as_ref()).map(|path| path.known()).unwrap_or_default();
            if path.first().is_some_and(|first| first == "input") {
                self.whole.insert(path[1..].iter().cloned().map(Step::Key).collect());
            }
            let name = import.r#as.as_ref().map(|name| name.text().to_owned()).or_else(|| path.last().cloned());
            self.imports.insert(name.unwrap_or_default(), path);
        }
        for rule in &module.policy {
            self.rule += 1;
            self.rule(rule.as_ref());
        }
    }

    fn rule(&mut self, rule: &Rule) {
        match rule {
            Rule::Default { refr, value, .. } => {
                self.indexes(refr.as_ref());
                self.value(value.as_ref());
            }
            Rule::Spec { head, bodies, .. } => {
                let (refr, value) = match head {
                    RuleHead::Compr { refr, assign, .. } => (refr, assign.as_ref().map(|assign| &assign.value)),
                    RuleHead::Set { refr, key, .. } => (refr, key.as_ref()),
                    RuleHead::Func { refr, args, assign, .. } => {
                        args.iter()
                            .filter(|arg| variable(arg.as_ref()).is_none())
                            .for_each(|arg| self.value(arg.as_ref()));
                        (refr, assign.as_ref().map(|assign| &assign.value))
                    }
                };
                let at_work: Vec<_> = bodies.iter().filter(|body| !self.is_idle(body.query.as_ref())).collect();
                if at_work.is_empty() && !bodies.is_empty() {
                    return;
                }
                self.indexes(refr.as_ref());
                if let Some(value) = value {
                    self.head(rule, value.as_ref());
                }
                for body in at_work {
                    if let Some(assign) = &body.assign {
                        self.value(assign.value.as_ref());
                    }
                    self.query(body.query.as_ref());
                }
            }
        }
    }

    /// What a rule says: an element of a set is read as far as somebody reads it.
    fn head(&mut self, rule: &Rule, value: &Expr) {
        if self.told.is_some_and(|told| told.is_message(self.rule)) {
            // What is a message by itself may be an object with one in it.
            return if is_part(value) { self.value(value) } else { self.tell(value) };
        }
        let path = [self.package.as_slice(), &syntax::name(rule).0].concat();
        if let (Some(told), Expr::Object { fields, .. }) = (self.told, value) {
            for (_, key, value) in fields {
                self.value(key.as_ref());
                match text(key.as_ref()).is_some_and(|key| told.is_field(&path, &key)) {
                    true => self.tell(value.as_ref()),
                    false => self.value(value.as_ref()),
                }
            }
            return;
        }
        match self.sets.contains_key(&path).then(|| self.taken(value)).flatten() {
            Some(routes) => {
                self.types.extend(routes.iter().cloned());
                let known = self.sets.entry(path).or_default();
                known.extend(routes);
                self.lost |= known.len() > WIDEST;
            }
            None => self.value(value),
        }
    }

    /// An expression that becomes a message. It has a value whenever its parts have.
    fn tell(&mut self, expr: &Expr) {
        match expr {
            Expr::Array { items, .. } => items.iter().for_each(|item| self.tell(item.as_ref())),
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
                self.value(key.as_ref());
                self.tell(value.as_ref());
            }),
            Expr::Call { fcn, params, .. } if self.is_built_in(fcn.as_ref(), "sprintf") => {
                params.iter().for_each(|param| self.tell(param.as_ref()));
            }
            _ => match self.taken(expr) {
                Some(routes) => self.types.extend(routes),
                None => self.value(expr),
            },
        }
    }

    /// What stands in the brackets of a head.
    fn indexes(&mut self, refr: &Expr) {
        match refr {
            Expr::RefDot { refr, .. } => self.indexes(refr.as_ref()),
            Expr::RefBrack { refr, index, .. } => {
                self.value(index.as_ref());
                self.indexes(refr.as_ref());
            }
            Expr::Var { .. } => {}
            _ => self.lost = true,
        }
    }

    fn query(&mut self, query: &Query) {
        for statement in &query.stmts {
            // What is read then is another input, which may be made of any part of this one.
            self.lost |= !statement.with_mods.is_empty();
            match &statement.literal {
                Literal::SomeVars { .. } => {}
                Literal::SomeIn { key, value, collection, .. } => {
                    key.iter().for_each(|key| self.value(key.as_ref()));
                    match variable(value.as_ref()) {
                        Some(name) => self.goes_through(name, collection.as_ref(), key.is_some()),
                        None => {
                            self.value(value.as_ref());
                            self.value(collection.as_ref());
                        }
                    }
                }
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => self.value(expr.as_ref()),
                Literal::Every { key, value, domain, query, .. } => {
                    self.goes_through(value.text(), domain.as_ref(), key.is_some());
                    self.query(query.as_ref());
                }
            }
        }
    }

    /// An expression, the value of which counts.
    pub(super) fn value(&mut self, expr: &Expr) {
        if let Some(routes) = self.taken(expr) {
            self.lost |= routes.iter().any(|route| route.len() > LONGEST);
            self.whole.extend(routes);
            return;
        }
        match expr {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
            | Expr::Var { .. } => {}
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                items.iter().for_each(|item| self.value(item.as_ref()))
            }
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
                self.value(key.as_ref());
                self.value(value.as_ref());
            }),
            Expr::ArrayCompr { term, query, .. } => {
                self.listing += 1;
                self.value(term.as_ref());
                self.query(query.as_ref());
                self.listing -= 1;
            }
            Expr::SetCompr { term, query, .. } => {
                self.value(term.as_ref());
                self.query(query.as_ref());
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                self.value(key.as_ref());
                self.value(value.as_ref());
                self.query(query.as_ref());
            }
            Expr::Call { fcn, params, .. } => self.call(fcn.as_ref(), params),
            Expr::UnaryExpr { expr, .. } => self.value(expr.as_ref()),
            Expr::RefDot { .. } | Expr::RefBrack { .. } => self.chain(expr),
            Expr::AssignExpr { op: AssignOp::ColEq, lhs, rhs, .. } => {
                let is_told = |name: &str| self.told.is_some_and(|told| told.is_variable(self.rule, name));
                if variable(lhs.as_ref()).is_some_and(is_told) && !is_part(rhs.as_ref()) {
                    return self.tell(rhs.as_ref());
                }
                match (variable(lhs.as_ref()), self.taken(rhs.as_ref())) {
                    (Some(name), Some(routes)) => self.stands_for(self.rule, name.to_owned(), routes),
                    (Some(_), None) => self.value(rhs.as_ref()),
                    (None, _) => {
                        self.value(lhs.as_ref());
                        self.value(rhs.as_ref());
                    }
                }
            }
            Expr::AssignExpr { lhs, rhs, .. }
            | Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. } => {
                self.value(lhs.as_ref());
                self.value(rhs.as_ref());
            }
            Expr::Membership { key, value, collection, .. } => {
                key.iter().for_each(|key| self.value(key.as_ref()));
                self.value(value.as_ref());
                self.value(collection.as_ref());
            }
        }
    }

    /// What stands in the brackets of a reference, and what it begins with.
    fn chain(&mut self, expr: &Expr) {
        match expr {
            Expr::RefDot { refr, .. } => self.chain(refr.as_ref()),
            Expr::RefBrack { refr, index, .. } => {
                self.value(index.as_ref());
                self.chain(refr.as_ref());
            }
            Expr::Var { .. } => {}
            other => self.value(other),
        }
    }

    /// As [`Reader::part`], of an expression that may name a set as well.
    pub(super) fn taken(&mut self, expr: &Expr) -> Option<BTreeSet<Route>> {
        self.mark(expr);
        self.part(expr)
    }

    /// The parts of the input that an expression is, if it is nothing else; of what it comes by on the way the type is
    /// read.
    pub(super) fn part(&mut self, expr: &Expr) -> Option<BTreeSet<Route>> {
        match expr {
            // A parameter may have that name, too.
            Expr::Var { span, .. } if span.text() == "input" => {
                let own = self.names.get(&(self.rule, "input".to_owned())).into_iter().flatten().cloned();
                Some(own.chain([Route::new()]).collect())
            }
            // That stands for nothing that could be read again.
            Expr::Var { span, .. } if span.text() == "_" => None,
            Expr::Var { span, .. } => self.names.get(&(self.rule, span.text().to_owned())).cloned(),
            Expr::RefDot { refr, field, .. } => {
                Some(longer(self.part(refr.as_ref())?, &Step::Key(field.0.text().to_owned())))
            }
            Expr::RefBrack { refr, index, .. } => {
                let elements = self.element(expr);
                let below = self.part(refr.as_ref());
                if elements.is_none() && below.is_none() {
                    return None;
                }
                let steps = self.steps(index.as_ref());
                if steps.contains(&Step::Each) {
                    self.value(index.as_ref());
                }
                let below = below.unwrap_or_default();
                let below = steps.iter().flat_map(|step| longer(below.clone(), step));
                Some(below.chain(elements.unwrap_or_default()).collect())
            }
            Expr::Call { fcn, params, .. } if variable(fcn.as_ref()).is_none() => {
                let [object, key, default] = params.as_slice() else { return None };
                let mut routes = self.is_object_get(fcn.as_ref()).then(|| self.part(object.as_ref()))??;
                let keys = match key.as_ref() {
                    Expr::Array { items, .. } => {
                        items.iter().map(|item| text(item.as_ref())).collect::<Option<Vec<_>>>()?
                    }
                    key => vec![text(key)?],
                };
                for key in keys {
                    self.types.extend(routes.iter().cloned());
                    routes = longer(routes, &Step::Key(key));
                }
                self.types.extend(routes.iter().cloned());
                self.value(default.as_ref());
                Some(routes)
            }
            _ => None,
        }
    }

    pub(super) fn stands_for(&mut self, rule: usize, name: String, routes: BTreeSet<Route>) {
        if self.lost {
            return;
        }
        self.lost |= routes.len() > WIDEST || routes.iter().any(|route| route.len() > LONGEST);
        self.types.extend(routes.iter().cloned());
        let known = self.names.entry((rule, name)).or_default();
        known.extend(routes);
        self.lost |= known.len() > WIDEST;
    }
}

pub(super) fn longer(routes: BTreeSet<Route>, step: &Step) -> BTreeSet<Route> {
    let longer = |mut route: Route| {
        route.push(step.clone());
        route
    };
    routes.into_iter().map(longer).collect()
}

/// Whether an expression is a name or what is below one.
fn is_part(expr: &Expr) -> bool {
    matches!(expr, Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::loaded;
    use super::*;

    /// What is read by a policy in v0, as text; nothing if that is everything.
    fn of(policy: &str) -> Option<String> {
        Some(reads(loaded(policy).get_modules(), None, None)?.routes().join(" "))
    }

    #[test]
    fn what_is_read_is_found_through_names_and_functions() {
        for (policy, expected) in [
            ("deny[m] { input.a.b; m := input.a.c[_].d }", "a.b a.c.*.d"),
            ("deny[m] { input.a.b; m := input.a }", "a"),
            ("deny[m] { o := input.a; m := o.b[\"c-d\"]; not o.e }", "a.b.c-d a.e"),
            ("deny[m] { o := input.a; m := 1 }", "a?"),
            ("deny[m] { m := f(input.a) } f(x) { x.b == 1 }", "a.b"),
            ("deny[m] { m := f(input.a) } f(x) = y { y := g(x.b) } g(x) { x.c } g(x) { x.d == 1 }", "a.b.c a.b.d"),
            ("deny[m] { m := f(input.a, 1) } f({\"b\": 1}, 1) { true }", "a"),
            ("deny[m] { m := f(input.a) } f(input) { input.b }", "a.b b"),
            ("deny[m] { g(input.a); m := 1 } g(x) { input := x.c; input.b }", "a.c.b b"),
            ("deny[m] { data.a.u.f(input.a); m := 1 } u.f(x) { x.b } f(x) { x.c }", "a.b a.c"),
            ("deny[m] { m := count(input.a.b) }", "a.b"),
            ("deny[m] { m := object.get(object.get(input, \"p\", {}), [\"a\", \"b\"], [])[_] }", "p.a.b.*"),
            ("deny[input.a] { {input.b: x} := {1: 2}; [input.c | true]; x }", "a b c"),
            ("deny[m] { m := {k: w | w := input.a[k]} }", "a.*"),
            ("deny[m] { m := {k | input.a[k].b} }", "a.*.b"),
            ("deny[m] { m := input.a[input.b].c }", "a.*.c b"),
            ("deny[m] { m := input.a[0].c }", "a.*.c"),
            ("deny[m] { c := input.a[_]; m := c.d[i].e; i > 0 }", "a.*.d.*.e"),
            ("deny[m] { has(input.a[_], \"b\"); m := 1 } has(o, f) { o[f] }", "a.*.b"),
            ("deny[m] { has(input.a, \"b\"); has(input.c, \"d\"); m := 1 } has(o, f) { o[f] }", "a.b a.d c.b c.d"),
            ("deny[m] { has(input.a, \"b\"); has(input.a, input.k); m := 1 } has(o, f) { o[f] }", "a.* k"),
            ("deny[m] { all(input.a, \"b\"); m := 1 } all(o, k) { has(o, k) } has(o, f) { o[f] }", "a.b"),
            (
                "deny[m] { has(input.a, \"b\"); m := 1 } has(o, f) { count([f | f := o.c[_]; f > 1]) > 0; o[f] }",
                "a.c a.*",
            ),
            ("deny[m] { u.has(input.a, \"b\"); m := 1 } u.has(o, f) { o[f] }", "a"),
            ("deny[m] { f(input.a); m := 1 } f(_) { input.b[_].c }", "a? b.*.c"),
            ("deny[m] { f(input.a, \"x\"); m := 1 } f(o, _) { o.b[_] == 1 }", "a.b.*"),
            ("import data.lib.l\n\ndeny[m] { not l.updates(input.r); m := 1 }", "r.operation all.*?"),
            ("deny[m] { m := data.lib.l.same(input.r) }", "r"),
            ("import data.lib.l.updates\n\ndeny[m] { not updates(input.r); m := 1 }", "r.operation"),
            ("import input.a.b\n\ndeny[m] { m := b.c }", "a.b"),
            ("import input.a as z\n\ndeny[m] { m := z.c }", "a"),
            ("deny[m] { x := input.a; m := [x | x := input.b][_].c }", "a b"),
            ("import future.keywords\n\ndeny[m] { some x in input.a; m := x.b }", "a.*.b"),
            ("import future.keywords\n\ndeny[m] { some i, x in input.a; m := x.b[i] }", "a.*.b.*"),
            ("import future.keywords\n\ndeny[m] { some [i, x] in input.a; m := i + x }", "a"),
            ("import future.keywords\n\ndeny[m] { every x in input.a { x.b == 1 }; m := 1 }", "a.*.b"),
            ("import future.keywords\n\ndeny[m] { input.b in input.a; m := 1 }", "a b"),
        ] {
            // The set of the library is always there.
            let expected: Vec<&str> = expected.split(' ').filter(|route| !route.starts_with("all")).collect();
            let found = of(policy).unwrap_or_else(|| panic!("{policy}"));
            let found: Vec<&str> = found.split(' ').filter(|route| !route.starts_with("all")).collect();
            assert_eq!(found, expected, "{policy}");
        }
    }

    #[test]
    fn elements_of_a_set_are_read_as_far_as_somebody_reads_them() {
        let sets = "c[x] { x := input.a[_] }\n\nc[x] { x := input.b }\n\n";
        for (policy, expected) in [
            ("deny[m] { m := c[_].d }", "a.*.d all.*? b.d"),
            ("deny[m] { x := c[_]; f(x); m := 1 } f(x) { x.d > 1 }", "a.*.d all.*? b.d"),
            ("deny[m] { m := {n | n := c[_].d} }", "a.*.d all.*? b.d"),
            ("deny[m] { m := data.a.c[_].d }", "a.*.d all.*? b.d"),
            ("d[x] { x := c[_].d } deny[m] { m := d[_].e }", "a.*.d.e all.*? b.d.e"),
            ("deny[m] { m := c[_] }", "a.* all.*? b"),
            ("deny[m] { m := count(c) }", "a.* all.*? b"),
            ("deny[m] { y := c; m := y[_].d }", "a.* all.*? b"),
            ("deny[m] { y := c[x]; m := y.d }", "a.* all.*? b"),
            ("deny[m] { c[{\"d\": 1}]; m := 1 }", "a.* all.*? b"),
            ("deny[m] { m := [n | n := c[_].d] }", "a.* all.*? b"),
            ("deny[m] { m := data.a[k] }", "a.* all.*? b"),
            ("deny[m] { m := data.a }", "a.* all.*? b"),
            ("deny[m] { m := data[k] }", "a.* all.* b"),
            ("deny[m] { e := {c | c := input.e}; m := e; count(c) > 1 }", "a.* all.*? b e"),
            ("deny[m] { m := data.lib.l.all[_].d }", "a.*? all.*.d b?"),
            ("import data.lib.l.all\n\ndeny[m] { m := all[_].d }", "a.*? all.*.d b?"),
            ("import data.lib.l\n\ndeny[m] { m := l.all[_].d }", "a.*? all.*.d b?"),
            ("import data.lib.l\n\ndeny[m] { m := l.other }", "a.*? all.*? b?"),
            ("import data.lib.l\n\ndeny[m] { m := l }", "a.*? all.* b?"),
            ("import data.lib.l\n\ndeny[m] { m := l.all }", "a.*? all.* b?"),
            // The key of an element of a set is the element.
            ("import future.keywords\n\ndeny[m] { some k, _ in c; m := k.d }", "a.* all.*? b"),
            ("import future.keywords\n\ndeny[m] { every k, _ in c { k.d == 1 }; m := 1 }", "a.* all.*? b"),
            ("import future.keywords\n\ndeny[m] { some k in c; m := k.d }", "a.*.d all.*? b.d"),
            // The engine may take either for the name.
            ("import data.lib.l.all as c\n\ndeny[m] { m := c[k].d }", "a.* all.* b"),
            ("import data.lib.l.all as c\n\ndeny[m] { m := c[_].d }", "a.* all.* b"),
        ] {
            let policy = match policy.split_once("\n\n") {
                Some((import, rules)) => format!("{import}\n\n{sets}{rules}"),
                None => format!("{sets}{policy}"),
            };
            assert_eq!(of(&policy).as_deref(), Some(expected), "{policy}");
        }
    }

    #[test]
    fn a_policy_that_reads_too_much_to_be_told_apart_reads_everything() {
        let calls = |next: usize| (0..10).map(|at| format!("f{next}(x.a{at}); ")).collect::<String>();
        let functions: String = (0..8).map(|at| format!("f{at}(x) {{ {}true }} ", calls(at + 1))).collect();
        assert_eq!(of(&format!("deny[m] {{ f0(input.a); m := 1 }} {functions}f8(x) {{ x.b }}")), None);
        let below = ".a".repeat(14);
        let rules: String = (0..900).map(|at| format!("r{at} {{ input.k{at}; input[_].x{at}{below} }}\n\n")).collect();
        assert_eq!(of(&rules), None);
    }

    #[test]
    fn what_is_not_understood_reads_everything() {
        for policy in [
            "deny[m] { m := input[k]; m == 1; walk(input, [k, _]) }",
            "deny[m] { m := input }",
            "deny[m] { x := input; walk(x, [_, m]) }",
            "deny[m] { w[m] with input as {} } w[1] { true }",
            "deny[m] { w[m] with data.x as {} } w[1] { true }",
            "deny[m] { f(input, m) } f(x) = x { true }",
            "import input\n\ndeny[m] { m := input.a }",
        ] {
            assert_eq!(of(policy), None, "{policy}");
        }
    }
}
