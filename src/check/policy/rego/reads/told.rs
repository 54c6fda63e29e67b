//! What only messages read: `msg := sprintf("%v is privileged", [container.name])` makes a difference to what a rule
//! says, and none to whether it says anything, as long as there is a name.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{AssignOp, Expr, Literal, Module, Ref, Rule, RuleHead};

use super::super::syntax::{self, Node, Reference, text};
use super::reader::{is_asked, variable};

/// The path of a rule.
type Path = Vec<String>;

/// Where messages come from.
#[derive(Default)]
pub(super) struct Told {
    /// Variables that nothing but messages is made of, by the number of the rule.
    variables: BTreeSet<(usize, String)>,
    /// Fields of the elements of sets that become messages: `text` of `problems[{"text": text, "of": container}]`.
    fields: BTreeSet<(Path, String)>,
    /// The names of functions that make messages.
    functions: BTreeSet<String>,
    /// The numbers of the rules of which every element or value is a message.
    messages: BTreeSet<usize>,
}

/// A rule that says something messages may be made of.
struct Teller<'m> {
    number: usize,
    path: Path,
    rule: &'m Rule,
    /// What it says, if one body alone says it.
    said: Option<&'m Expr>,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A set that somebody from outside asks for, so that all of its elements are messages.
    Asked,
    /// Another set.
    Set,
    Function,
}

/// A statement that takes a field from the elements of a set: the number of its rule, the set, the field and the name.
type Taken = (usize, Path, String, String);

/// A statement that calls a function: the number of its rule, the function, and the name of what comes back.
type Called = (usize, String, String);

impl Told {
    /// Looks for them.
    pub(super) fn of(modules: &[Ref<Module>]) -> Told {
        let mut tellers = Vec::new();
        let mut all = All::default();
        for module in modules {
            all.imports.extend(module.imports.iter().map(|import| {
                let path = Reference::of(import.refr.as_ref()).map(|path| path.known()).unwrap_or_default();
                let name = import.r#as.as_ref().map(|name| name.text().to_owned()).or_else(|| path.last().cloned());
                (name.unwrap_or_default(), path)
            }));
            let package = syntax::package(module.as_ref());
            for rule in &module.policy {
                let (number, rule) = (all.rules.len() + 1, rule.as_ref());
                all.rules.push((package.clone(), rule));
                let name = syntax::name(rule).0;
                all.names.extend(name.first().cloned());
                let Rule::Spec { head, bodies, .. } = rule else { continue };
                let (form, said) = match head {
                    RuleHead::Set { key: Some(key), .. } => match name.as_slice() {
                        [name] if is_asked(name) => (Form::Asked, key),
                        [_] => (Form::Set, key),
                        _ => continue,
                    },
                    RuleHead::Func { assign: Some(assign), .. } => (Form::Function, &assign.value),
                    _ => continue,
                };
                let path = [package.as_slice(), &name].concat();
                // In another body a variable of the same name is another one.
                let said = (bodies.len() < 2).then_some(said.as_ref());
                tellers.push(Teller { number, path, rule, said, form });
            }
        }
        // What is asked from inside, too, may be more than a message there.
        tellers.retain(|teller| teller.form != Form::Asked || all.references(&teller.path) == 0);
        let mut told = Told { fields: candidates(&tellers), ..Told::default() };
        let (taken, called) = (told.taken(&all), told.called(&all, &tellers));
        loop {
            told.variables = tellers.iter().flat_map(|teller| told.variables_of(teller, &all)).collect();
            let is_kept = |(path, field): &(Path, String)| {
                let mut own = taken.iter().filter(|(_, set, name, _)| set == path && name == field);
                own.all(|(number, .., variable)| told.variables.contains(&(*number, variable.clone())))
            };
            let kept: BTreeSet<_> = told.fields.iter().filter(|field| is_kept(field)).cloned().collect();
            let makes_messages = |function: &String| {
                let mut own = called.iter().filter(|(_, name, _)| name == function);
                own.all(|(number, _, variable)| told.variables.contains(&(*number, variable.clone())))
            };
            let makers: BTreeSet<_> = told.functions.iter().filter(|name| makes_messages(name)).cloned().collect();
            if kept.len() == told.fields.len() && makers.len() == told.functions.len() {
                break;
            }
            (told.fields, told.functions) = (kept, makers);
        }
        let makers = tellers.iter().filter(|teller| teller.said.is_some() && told.is_maker(teller));
        told.messages = makers.map(|teller| teller.number).collect();
        told
    }

    /// Whether what a rule says is a message, all of it.
    fn is_maker(&self, teller: &Teller<'_>) -> bool {
        match teller.form {
            Form::Asked => true,
            Form::Set => false,
            Form::Function => teller.path.last().is_some_and(|name| self.functions.contains(name)),
        }
    }

    /// Whether every element that a rule adds, or its value, is a message.
    pub(super) fn is_message(&self, rule: usize) -> bool {
        self.messages.contains(&rule)
    }

    /// Whether nothing but messages is made of a variable.
    pub(super) fn is_variable(&self, rule: usize, name: &str) -> bool {
        self.variables.contains(&(rule, name.to_owned()))
    }

    /// Whether a field of the elements of a set becomes a message.
    pub(super) fn is_field(&self, set: &[String], field: &str) -> bool {
        self.fields.contains(&(set.to_vec(), field.to_owned()))
    }

    /// The variables of a rule that occur once in its body, where they get their value, and otherwise in its messages.
    fn variables_of(&self, teller: &Teller<'_>, all: &All<'_>) -> Vec<(usize, String)> {
        let Some(said) = teller.said else { return Vec::new() };
        let (mut total, mut of_head, mut in_messages) = (Counts::new(), Counts::new(), Counts::new());
        walk(teller.rule, &mut |node| count(node, &mut total));
        syntax::walk_expression(said, &mut |node| count(node, &mut of_head));
        match said {
            said if self.is_maker(teller) => all.messages(said, &mut in_messages),
            Expr::Object { fields, .. } if teller.form == Form::Set => {
                for (_, name, value) in fields {
                    if text(name.as_ref()).is_some_and(|name| self.is_field(&teller.path, &name)) {
                        all.messages(value.as_ref(), &mut in_messages);
                    }
                }
            }
            _ => {}
        }
        // What else is made of one may depend on it.
        let is_told = |(name, count): &(&String, &usize)| {
            of_head.get(*name) == Some(count) && total.get(*name) == Some(&(*count + 1))
        };
        let got = values(teller.rule);
        let own = in_messages.iter().filter(is_told).map(|(name, _)| name.clone());
        let own = own.filter(|name| got.contains(name) && !all.has_name(name));
        own.map(|name| (teller.number, name)).collect()
    }

    /// Where functions are called whose value gets a name. One that is called in another way makes no messages.
    fn called(&mut self, all: &All<'_>, tellers: &[Teller<'_>]) -> Vec<Called> {
        let functions = tellers.iter().filter(|teller| teller.form == Form::Function);
        self.functions = functions.filter_map(|teller| teller.path.last().cloned()).collect();
        let name = |function: &Expr| Reference::of(function).and_then(|path| path.known().pop());
        let mut called = Vec::new();
        let mut others: BTreeMap<String, isize> = BTreeMap::new();
        for (number, (_, rule)) in all.rules.iter().enumerate() {
            walk(rule, &mut |node| {
                if let Node::Expr { expr: Expr::Call { fcn, .. }, .. } = node
                    && let Some(name) = name(fcn.as_ref())
                {
                    *others.entry(name).or_default() += 1;
                }
            });
            for expr in statements(rule) {
                if let Expr::AssignExpr { op: AssignOp::ColEq, lhs, rhs, .. } = expr
                    && let (Some(variable), Expr::Call { fcn, .. }) = (variable(lhs.as_ref()), rhs.as_ref())
                    && let Some(name) = name(fcn.as_ref())
                {
                    *others.entry(name.clone()).or_default() -= 1;
                    called.push((number + 1, name, variable.to_owned()));
                }
            }
        }
        self.functions.retain(|name| others.get(name) == Some(&0));
        called
    }

    /// Where fields are taken. One that is used in another way stays no candidate.
    fn taken(&mut self, all: &All<'_>) -> Vec<Taken> {
        let mut taken = Vec::new();
        let sets: BTreeMap<Path, usize> =
            self.fields.iter().map(|(path, _)| (path.clone(), all.references(path))).collect();
        for (set, mentioned) in sets {
            let mut found = 0;
            for (number, (package, rule)) in all.rules.iter().enumerate() {
                for fields in patterns(rule, package, &set) {
                    found += 1;
                    let own = self.fields.iter().filter(|(path, _)| *path == set).map(|(_, field)| field.clone());
                    let mut gone = Vec::new();
                    for field in own {
                        let named = fields.iter().find(|(name, _)| *name == field);
                        match named.and_then(|(_, value)| variable(value)) {
                            Some(name) => taken.push((number + 1, set.clone(), field, name.to_owned())),
                            None => gone.push(field),
                        }
                    }
                    self.fields.retain(|(path, field)| *path != set || !gone.contains(field));
                }
            }
            if found != mentioned || found == 0 {
                self.fields.retain(|(path, _)| *path != set);
            }
        }
        taken
    }
}

/// Shows every node of a rule, those in the brackets of its head included.
fn walk<'a>(rule: &'a Rule, visit: &mut dyn FnMut(Node<'a>)) {
    let mut at = syntax::name(rule).1;
    loop {
        match at {
            Expr::RefDot { refr, .. } => at = refr.as_ref(),
            Expr::RefBrack { refr, index, .. } => {
                syntax::walk_expression(index.as_ref(), visit);
                at = refr.as_ref();
            }
            _ => break,
        }
    }
    syntax::walk(rule, visit);
}

/// How often names occur.
type Counts = BTreeMap<String, usize>;

fn count(node: Node<'_>, counts: &mut Counts) {
    let name = match node {
        Node::Expr { expr, .. } => match Reference::of(expr) {
            Some(path) => path.base,
            None => return,
        },
        Node::Declared(span) => span.text().to_owned(),
        Node::Statement(_) => return,
    };
    *counts.entry(name).or_default() += 1;
}

/// The variables that statements of a body give a value to: `name := …`, and `set[{"field": name}]`.
fn values(rule: &Rule) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for expr in statements(rule) {
        match expr {
            Expr::AssignExpr { op: AssignOp::ColEq, lhs, .. } => {
                names.extend(variable(lhs.as_ref()).map(str::to_owned));
            }
            Expr::RefBrack { index, .. } => {
                if let Expr::Object { fields, .. } = index.as_ref() {
                    names.extend(fields.iter().filter_map(|(_, _, value)| variable(value.as_ref())).map(str::to_owned));
                }
            }
            _ => {}
        }
    }
    names
}

/// The statements of a body that are nothing but an expression.
fn statements(rule: &Rule) -> impl Iterator<Item = &Expr> {
    let bodies = match rule {
        Rule::Spec { bodies, .. } => bodies.as_slice(),
        Rule::Default { .. } => &[],
    };
    bodies.iter().flat_map(|body| &body.query.stmts).filter_map(|statement| match &statement.literal {
        Literal::Expr { expr, .. } => Some(expr.as_ref()),
        _ => None,
    })
}

/// The fields that every element of a set of the program has.
fn candidates(tellers: &[Teller<'_>]) -> BTreeSet<(Path, String)> {
    let mut common: BTreeMap<&Path, BTreeSet<String>> = BTreeMap::new();
    for teller in tellers.iter().filter(|teller| teller.form == Form::Set) {
        let own: BTreeSet<String> = match teller.said {
            Some(Expr::Object { fields, .. }) => fields.iter().filter_map(|(_, name, _)| text(name.as_ref())).collect(),
            _ => BTreeSet::new(),
        };
        common.entry(&teller.path).and_modify(|known| known.retain(|field| own.contains(field))).or_insert(own);
    }
    common.into_iter().flat_map(|(path, fields)| fields.into_iter().map(move |field| (path.clone(), field))).collect()
}

/// The fields in the brackets behind a set, for each statement that goes through it like this: `set[{"field": name}]`.
fn patterns<'r>(rule: &'r Rule, package: &[String], set: &[String]) -> Vec<Vec<(String, &'r Expr)>> {
    let mut found = Vec::new();
    for expr in statements(rule) {
        if let Expr::RefBrack { refr, index, .. } = expr
            && let (Some(name), Expr::Object { fields, .. }) = (variable(refr.as_ref()), index.as_ref())
            && set.strip_prefix(package).is_some_and(|rest| *rest == [name.to_owned()])
        {
            let named = fields.iter().filter_map(|(_, key, value)| Some((text(key.as_ref())?, value.as_ref())));
            found.push(named.collect());
        }
    }
    found
}

/// The rules of a program with their packages, and what it imports.
#[derive(Default)]
struct All<'m> {
    rules: Vec<(Path, &'m Rule)>,
    /// What the names of rules begin with.
    names: BTreeSet<String>,
    imports: Vec<(String, Path)>,
}

impl All<'_> {
    /// Whether a name is more than a variable: a rule, or what is imported.
    fn has_name(&self, name: &str) -> bool {
        matches!(name, "input" | "data")
            || self.names.contains(name)
            || self.imports.iter().any(|(import, _)| import == name)
    }

    /// Counts the variables of an expression that becomes a message, where they are nothing but a part of it: `tell` of
    /// the reader goes the same way.
    fn messages(&self, expr: &Expr, counts: &mut Counts) {
        match expr {
            Expr::Var { span, .. } => *counts.entry(span.text().to_owned()).or_default() += 1,
            Expr::Array { items, .. } => items.iter().for_each(|item| self.messages(item.as_ref(), counts)),
            Expr::Object { fields, .. } => {
                fields.iter().for_each(|(_, _, value)| self.messages(value.as_ref(), counts));
            }
            Expr::Call { fcn, params, .. }
                if variable(fcn.as_ref()) == Some("sprintf") && !self.has_name("sprintf") =>
            {
                params.iter().for_each(|param| self.messages(param.as_ref(), counts));
            }
            _ => {}
        }
    }

    /// Whether a reference ends in a package or a document that has a rule in it.
    fn is_around(&self, reference: &Reference, rule: &[String]) -> bool {
        let keys = || reference.keys.iter().map_while(Clone::clone);
        let imported = self.imports.iter().filter(|(name, _)| *name == reference.base);
        let mut ways: Vec<Path> =
            imported.map(|(_, path)| path.iter().skip(1).cloned().chain(keys()).collect()).collect();
        if reference.base == "data" {
            ways.push(keys().collect());
        }
        ways.iter().any(|way| rule.starts_with(way))
    }

    /// How often a rule may be referred to, in whatever way.
    fn references(&self, path: &[String]) -> usize {
        let Some(name) = path.last() else { return 0 };
        let mut number = self.imports.iter().filter(|(_, path)| path.contains(name)).count();
        let is_far = |base: &str| base == "data" || self.imports.iter().any(|(import, _)| import == base);
        for (_, rule) in &self.rules {
            walk(rule, &mut |node| {
                let Node::Expr { expr, .. } = node else { return };
                let Some(reference) = Reference::of(expr) else { return };
                let is_key =
                    |key: &Option<String>| key.as_ref().map_or_else(|| is_far(&reference.base), |key| key == name);
                // What is around the rule leads to it, too.
                let is_named = reference.base == *name || self.is_around(&reference, path);
                number += usize::from(is_named || reference.keys.iter().any(is_key));
            });
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::super::loaded;
    use super::super::reader::reads;
    use super::*;

    #[test]
    fn of_what_only_messages_read_it_counts_that_it_is_there() {
        for (policy, expected) in [
            ("deny[m] { input.a; m := sprintf(\"%v\", [input.b]) }", "a b?"),
            ("deny[{\"msg\": m}] { input.a; m := sprintf(\"%v\", [input.b]) }", "a b?"),
            ("deny[{\"msg\": input.c, \"details\": {\"of\": input.b}}] { input.a }", "a b? c?"),
            ("deny[m] { c := input.a[_]; c.x > 1; m := c.name }", "a.*.name a.*.x"),
            ("deny[{\"msg\": m}] { c := input.a[_]; c.x > 1; m := c.name }", "a.*.name? a.*.x"),
            ("deny[m] { n := input.b; input.a; m := sprintf(\"%v\", [n]) }", "a b?"),
            // What else is done with it may depend on it.
            ("deny[m] { input.a; m := concat(\"\", [input.b]) }", "a b"),
            ("deny[m] { input.a; m := sprintf(\"%v\", [input.b]); count(m) > 3 }", "a b"),
            ("deny[m] { input.a; m := sprintf(\"%v\", [input.b]) } u { deny[_] }", "a b"),
            ("deny[m] { input.a; m := sprintf(\"%v\", [input.b]) } u { data.a.deny[_] }", "a b"),
            ("deny[m] { m := sprintf(\"%v\", [input.b]) } sprintf(x, y) = y { true }", "b"),
            ("exception[m] { input.a; m := input.b }", "a b"),
            ("deny = m { input.a; m := input.b }", "a b"),
            // What is a message by itself may be an object with one in it.
            ("deny[x] { input.a; x := input.b }", "a b"),
            ("deny[f(input.b)] { input.a } f(c) = m { m := c.x }", "a b.x"),
            // What is made of it in the head.
            ("deny[{\"msg\": t[r]}] { r := f(input.b) } f(c) = m { m := c.x } t = {\"x\": \"y\"} { true }", "b.x"),
            ("deny[{\"msg\": x.y}] { x := f(input.b) } f(c) = m { m := c.x }", "b.x"),
            ("deny[{\"msg\": trim(r, \"a\")}] { r := f(input.b) } f(c) = m { m := c.x }", "b.x"),
            ("deny[{\"msg\": m}] { p[{\"msg\": m}] } p[{\"msg\": x}] { x := input.b } m = \"x\" { true }", "b"),
            (
                "deny[{\"msg\": m}] { q[\"x\"]; m := f(input.a) } q[f(input.b)] = 1 { true } f(c) = m { m := c.x }",
                "a.x b.x",
            ),
            (
                "deny[{\"msg\": m}] { p[{\"msg\": m}] } p[{\"msg\": m}] { m := sprintf(\"\", [input.b]) } u { q := data.a; q.p }",
                "b",
            ),
            (
                "deny[{\"msg\": sprintf(m, [])}] { m := f(input.b) } f(c) = m { m := c.x } sprintf(x, y) = x { true }",
                "b.x",
            ),
            // Through functions.
            (
                "deny[m] { c := input.a[_]; c.x; m := f(c) } f(c) = m { c.y; m := sprintf(\"\", [c.b]) }",
                "a.*.b? a.*.x a.*.y",
            ),
            ("deny[m] { m := f(input.a) } f(c) = m { m := g(c) } g(c) = sprintf(\"\", [c.b]) { c.y }", "a.b? a.y"),
            ("deny[m] { m := f(input.a); m != \"\" } f(c) = m { m := sprintf(\"\", [c.b]) }", "a.b"),
            ("deny[m] { m := f(input.a) } f(c) = m { m := sprintf(\"\", [c.b]) } u { f(input.a) == \"\" }", "a.b"),
            ("deny[m] { m := f(input.a) } f(c) = m { m := sprintf(\"\", [c.b]) } else = c.d { true }", "a.b a.d"),
            ("deny[m] { x := f(input.a); m := x.y } f(c) = m { m := {\"y\": c.b} }", "a.b"),
            // Through another set.
            (
                "deny[{\"msg\": m}] { p[{\"msg\": m, \"of\": \"x\"}] } p[{\"msg\": m, \"of\": f}] { f := input.f; m := sprintf(\"\", [input.b]) }",
                "b? f",
            ),
            (
                "deny[{\"msg\": m}] { p[{\"msg\": m}] } p[{\"msg\": m}] { m := sprintf(\"\", [input.b]) } u { p[{\"msg\": \"x\"}] }",
                "b",
            ),
            (
                "deny[{\"msg\": m}] { p[{\"msg\": m}]; m != \"x\" } p[{\"msg\": m}] { m := sprintf(\"\", [input.b]) }",
                "b",
            ),
            (
                "deny[{\"msg\": m}] { p[{\"msg\": m}] } p[{\"msg\": m}] { m := sprintf(\"\", [input.b]) } u { count(p) > 1 }",
                "b",
            ),
            (
                "deny[{\"msg\": m}] { p[{\"msg\": m}] } p[{\"msg\": m}] { m := sprintf(\"\", [input.b]) } u { q := data.a[_] }",
                "b",
            ),
            (
                "deny[{\"msg\": m}] { not p[{\"msg\": m}]; m := \"x\" } p[{\"msg\": m}] { m := sprintf(\"\", [input.b]) }",
                "b",
            ),
        ] {
            let mut engine = loaded(policy);
            let modules = engine.get_modules();
            let Some(found) = reads(modules, None, Some(&Told::of(modules))) else { panic!("{policy}") };
            let found: Vec<String> = found.routes().into_iter().filter(|route| !route.starts_with("all.")).collect();
            assert_eq!(found.join(" "), expected, "{policy}");
        }
    }
}
