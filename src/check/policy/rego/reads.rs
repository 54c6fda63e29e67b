//! Which parts of its input a program reads: two inputs that agree in these have the same answer.
//!
//! A look at the syntax trees that the engine has, from which it follows that nothing else is read. A name is only ever
//! taken to stand for more parts of the input than it does, and what is not understood reads everything.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value as Rego;
use regorus::unstable::{AssignOp, Expr, Literal, Module, Query, Ref, Rule, RuleHead};

use super::super::memo::{Route, at};
use super::extensions;
use super::syntax::{self, Reference};

/// What is read of the input, none of it below another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reads {
    /// Parts that are read as a whole.
    pub whole: Vec<Route>,
    /// Parts of which is read whether they are there and are objects; of anything else all is read.
    pub types: Vec<Route>,
}

impl Reads {
    /// What the program reads of an input.
    pub fn parts(&self, input: &Rego) -> Vec<Rego> {
        let whole = self.whole.iter().map(|route| at(input, route).clone());
        let types = self.types.iter().map(|route| match at(input, route) {
            Rego::Object(_) => Rego::new_object(),
            other => other.clone(),
        });
        whole.chain(types).collect()
    }
}

/// Most names that may be found to stand for parts of the input, and longest routes: recursion is refused before, so
/// that more would be a very long program.
const MOST: usize = 2_000;
const LONGEST: usize = 16;

/// What the modules of a program read; `None` if that cannot be told, or is everything.
pub fn reads(modules: &[Ref<Module>]) -> Option<Reads> {
    let mut reader = Reader::default();
    let mut number = 0;
    for module in modules {
        let package = syntax::package(module.as_ref());
        for rule in &module.policy {
            number += 1;
            if let Rule::Spec { head: RuleHead::Func { args, .. }, .. } = rule.as_ref() {
                let name = syntax::name(rule.as_ref()).0;
                let parameters = args.iter().map(|arg| variable(arg.as_ref()).map(str::to_owned)).collect();
                let package = package.clone();
                reader.functions.push(Function { rule: number, package, name: name.join("."), parameters });
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
        let before = reader.size();
        reader.rule = 0;
        for module in modules {
            reader.module(module.as_ref());
        }
        if reader.lost || reader.size() > MOST {
            return None;
        }
        if reader.size() == before {
            break;
        }
    }
    reader.finished()
}

/// The name of a variable.
fn variable(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Var { span, .. } => Some(span.text()),
        _ => None,
    }
}

struct Function {
    /// The number of the rule.
    rule: usize,
    package: Vec<String>,
    name: String,
    /// The names of the parameters; `None` for a pattern.
    parameters: Vec<Option<String>>,
}

/// The number of a rule, and a name in it.
type Name = (usize, String);

#[derive(Default)]
struct Reader {
    functions: Vec<Function>,
    /// The parts of the input that a name in a rule may stand for.
    names: BTreeMap<Name, BTreeSet<Route>>,
    whole: BTreeSet<Route>,
    types: BTreeSet<Route>,
    /// Something was not understood.
    lost: bool,
    /// The number of the rule at hand, its package, and what its module imports.
    rule: usize,
    package: Vec<String>,
    imports: BTreeMap<String, Vec<String>>,
}

impl Reader {
    fn size(&self) -> usize {
        self.names.values().map(BTreeSet::len).sum::<usize>() + self.whole.len() + self.types.len()
    }

    fn finished(self) -> Option<Reads> {
        let is_below = |route: &Route, other: &Route| route.starts_with(other) && route.len() > other.len();
        let whole: Vec<Route> =
            self.whole.iter().filter(|route| !self.whole.iter().any(|other| is_below(route, other))).cloned().collect();
        let types = self.types.into_iter().filter(|route| !whole.iter().any(|other| route.starts_with(other)));
        let reads = Reads { types: types.collect(), whole };
        (!reads.whole.iter().any(Vec::is_empty)).then_some(reads)
    }

    fn module(&mut self, module: &Module) {
        self.package = syntax::package(module);
        self.imports.clear();
        for import in &module.imports {
            let path = Reference::of(import.refr.as_ref()).map(|path| path.known()).unwrap_or_default();
            if path.first().is_some_and(|first| first == "input") {
                self.whole.insert(path[1..].to_vec());
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
                self.indexes(refr.as_ref());
                if let Some(value) = value {
                    self.value(value.as_ref());
                }
                for body in bodies {
                    if let Some(assign) = &body.assign {
                        self.value(assign.value.as_ref());
                    }
                    self.query(body.query.as_ref());
                }
            }
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
                    self.value(value.as_ref());
                    self.value(collection.as_ref());
                }
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => self.value(expr.as_ref()),
                Literal::Every { domain, query, .. } => {
                    self.value(domain.as_ref());
                    self.query(query.as_ref());
                }
            }
        }
    }

    /// An expression, the value of which counts.
    fn value(&mut self, expr: &Expr) {
        if let Some(routes) = self.part(expr) {
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
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
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
            Expr::RefDot { refr, .. } => self.value(refr.as_ref()),
            Expr::RefBrack { refr, index, .. } => {
                self.value(index.as_ref());
                self.value(refr.as_ref());
            }
            Expr::AssignExpr { op: AssignOp::ColEq, lhs, rhs, .. } => {
                match (variable(lhs.as_ref()), self.part(rhs.as_ref())) {
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

    /// The parts of the input that an expression is, if it is nothing else; of what it comes by on the way the type is
    /// read.
    fn part(&mut self, expr: &Expr) -> Option<BTreeSet<Route>> {
        match expr {
            Expr::Var { span, .. } if span.text() == "input" => Some(BTreeSet::from([Route::new()])),
            Expr::Var { span, .. } => self.names.get(&(self.rule, span.text().to_owned())).cloned(),
            Expr::RefDot { refr, field, .. } => Some(longer(self.part(refr.as_ref())?, field.0.text())),
            Expr::RefBrack { refr, index, .. } => {
                let key = text(index.as_ref())?;
                Some(longer(self.part(refr.as_ref())?, &key))
            }
            Expr::Call { fcn, params, .. } if variable(fcn.as_ref()).is_none() => {
                let name = Reference::of(fcn.as_ref())?.known().join(".");
                let [object, key, default] = params.as_slice() else { return None };
                let is_own = self.imports.contains_key("object") || self.functions.iter().any(|own| own.name == name);
                let mut routes = (name == "object.get" && !is_own).then(|| self.part(object.as_ref()))??;
                let keys = match key.as_ref() {
                    Expr::Array { items, .. } => {
                        items.iter().map(|item| text(item.as_ref())).collect::<Option<Vec<_>>>()?
                    }
                    key => vec![text(key)?],
                };
                for key in keys {
                    self.types.extend(routes.iter().cloned());
                    routes = longer(routes, &key);
                }
                self.types.extend(routes.iter().cloned());
                self.value(default.as_ref());
                Some(routes)
            }
            _ => None,
        }
    }

    fn stands_for(&mut self, rule: usize, name: String, routes: BTreeSet<Route>) {
        self.lost |= routes.iter().any(|route| route.len() > LONGEST);
        self.types.extend(routes.iter().cloned());
        self.names.entry((rule, name)).or_default().extend(routes);
    }

    /// A call: of a function of the program each parameter stands for what is given for it.
    fn call(&mut self, function: &Expr, arguments: &[Ref<Expr>]) {
        let path = Reference::of(function).map(|path| path.known()).unwrap_or_default();
        let called: Vec<(usize, Vec<Option<String>>)> = match path.as_slice() {
            [name] => match self.imports.get(name) {
                Some(path) => self.called(&|function: &Function| path.last() == Some(&function.name)),
                None => self.called(&|function: &Function| function.package == self.package && function.name == *name),
            },
            [first, .., name] if first == "data" || (self.imports.contains_key(first) && !is_taken(first)) => {
                self.called(&|function: &Function| function.name == *name)
            }
            _ => Vec::new(),
        };
        for (at, argument) in arguments.iter().enumerate() {
            let names: Option<Vec<Name>> = called
                .iter()
                .map(|(rule, parameters)| Some((*rule, parameters.get(at)?.clone()?)))
                .collect::<Option<Vec<_>>>()
                .filter(|names| !names.is_empty());
            match (names, self.part(argument.as_ref())) {
                (Some(names), Some(routes)) => {
                    names.into_iter().for_each(|(rule, name)| self.stands_for(rule, name, routes.clone()));
                }
                _ => self.value(argument.as_ref()),
            }
        }
    }

    fn called(&self, is: &dyn Fn(&Function) -> bool) -> Vec<(usize, Vec<Option<String>>)> {
        let functions = self.functions.iter().filter(|function| is(function));
        functions.map(|function| (function.rule, function.parameters.clone())).collect()
    }
}

/// Whether built-in functions have names that begin so.
fn is_taken(first: &str) -> bool {
    extensions::in_namespace(&format!("{first}."))
}

fn longer(routes: BTreeSet<Route>, key: &str) -> BTreeSet<Route> {
    let longer = |mut route: Route| {
        route.push(key.to_owned());
        route
    };
    routes.into_iter().map(longer).collect()
}

fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::String { value, .. } | Expr::RawString { value, .. } => {
            value.as_string().ok().map(|text| text.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::engine;
    use super::*;

    /// What is read by a policy in v0, as texts; nothing if that is everything.
    fn of(policy: &str) -> Option<(Vec<String>, Vec<String>)> {
        let mut engine = engine::blank();
        engine::add(&mut engine, "p", &format!("package a\n\n{policy}\n"), true).unwrap();
        engine::add(
            &mut engine,
            "l",
            "package lib.l\n\nupdates(r) { r.operation == \"UPDATE\" }\n\nsame(x) = x\n",
            true,
        )
        .unwrap();
        let Reads { whole, types } = reads(engine.get_modules())?;
        let texts = |routes: Vec<Route>| routes.iter().map(|route| route.join(".")).collect();
        Some((texts(whole), texts(types)))
    }

    #[test]
    fn what_is_read_is_found_through_names_and_functions() {
        for (policy, whole, types) in [
            ("v[m] { input.a.b; m := input.a.c[_].d }", "a.b a.c", ""),
            ("v[m] { input.a.b; m := input.a }", "a", ""),
            ("v[m] { o := input.a; m := o.b[\"c-d\"]; not o.e }", "a.b.c-d a.e", "a"),
            ("v[m] { m := f(input.a) } f(x) { x.b == 1 }", "a.b", "a"),
            (
                "v[m] { m := f(input.a) } f(x) = y { y := g(x.b) } g(x) { x.c } g(x) { x.d == 1 }",
                "a.b.c a.b.d",
                "a a.b",
            ),
            ("v[m] { m := f(input.a, 1) } f({\"b\": 1}, 1) { true }", "a", ""),
            ("v[m] { m := count(input.a.b) }", "a.b", ""),
            ("v[m] { m := object.get(object.get(input, \"p\", {}), [\"a\", \"b\"], [])[_] }", "p.a.b", "p p.a"),
            ("v[input.a] { {input.b: x} := {1: 2}; [input.c | true]; x }", "a b c", ""),
            ("v[m] { m := {k: w | w := input.a[k]} }", "a", ""),
            ("import data.lib.l\n\nv[m] { not l.updates(input.r); m := 1 }", "r.operation", "r"),
            ("v[m] { m := data.lib.l.same(input.r) }", "r", ""),
            ("import data.lib.l.updates\n\nv[m] { not updates(input.r); m := 1 }", "r.operation", "r"),
            ("import input.a.b\n\nv[m] { m := b.c }", "a.b", ""),
            ("import input.a as z\n\nv[m] { m := z.c }", "a", ""),
            ("v[m] { x := input.a; m := [x | x := input.b][_].c }", "a b", ""),
        ] {
            let (found, probed) = of(policy).unwrap_or_else(|| panic!("{policy}"));
            assert_eq!(found.join(" "), whole, "{policy}");
            let probed: Vec<String> = probed.into_iter().filter(|route| !found.contains(route)).collect();
            let types: Vec<&str> = types.split(' ').filter(|route| !found.iter().any(|own| own == route)).collect();
            assert_eq!(
                probed.iter().filter(|route| !route.is_empty()).collect::<Vec<_>>(),
                types.iter().filter(|route| !route.is_empty()).collect::<Vec<_>>(),
                "{policy}"
            );
        }
    }

    #[test]
    fn what_is_not_understood_reads_everything() {
        for policy in [
            "v[m] { m := input[k]; k == 1 }",
            "v[m] { m := input }",
            "v[m] { x := input; walk(x, [_, m]) }",
            "v[m] { w[m] with input as {} } w[1] { true }",
            "v[m] { w[m] with data.x as {} } w[1] { true }",
            "v[m] { f(input, m) } f(x) = x { true }",
            "import input\n\nv[m] { m := input.a }",
        ] {
            assert_eq!(of(policy), None, "{policy}");
        }
    }
}
