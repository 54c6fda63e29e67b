//! What an expression reads below each name: found in it as it is evaluated, and more rather than less.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use kube_cel::cel::common::ast::{EntryExpr, Expr, LiteralValue, operators};
use kube_cel::cel::objects::{Key, Map};
use kube_cel::cel::{IdedExpr, Value};

use super::Program;
use super::functions::SELECT;
use super::names::escaped;

/// The routes below each name.
pub type Routes = BTreeMap<String, BTreeSet<Vec<String>>>;

/// What is read of a value: all of it, or some fields.
#[derive(Debug, Clone, Default)]
pub struct Extract {
    whole: bool,
    fields: HashMap<Key, Extract>,
}

impl Extract {
    /// Adds a route.
    pub fn add(&mut self, route: &[String]) {
        match route {
            [] => self.whole = true,
            [field, rest @ ..] => self.fields.entry(Key::String(Arc::new(field.clone()))).or_default().add(rest),
        }
    }

    /// What programs read below a name.
    pub fn below<'p>(name: &str, programs: impl Iterator<Item = &'p Program>) -> Extract {
        let mut extract = Extract::default();
        let routes = programs.filter_map(|program| program.routes.get(name)).flatten();
        routes.for_each(|route| extract.add(route));
        extract
    }

    /// All of it.
    pub fn whole() -> Extract {
        Extract { whole: true, ..Extract::default() }
    }

    /// Whether something is read of a member of an object, which expressions may have to write with escapes.
    pub fn reads(&self, member: &str) -> bool {
        let is_it = |name: &str| name == member || escaped(member).is_some_and(|member| *member == *name);
        self.whole || self.fields().any(|(name, _)| is_it(name))
    }

    /// Whether all of it is read.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The fields of which something is read.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Extract)> {
        self.fields.iter().filter_map(|(key, inner)| match key {
            Key::String(name) => Some((name.as_str(), inner)),
            _ => None,
        })
    }

    /// A value with nothing in it but what is read: to give a value a name is to copy it.
    pub fn of(&self, value: &Value) -> Value {
        match value {
            Value::Map(map) if !self.whole => {
                let field = |(key, inner): (&Key, &Extract)| Some((key.clone(), inner.of(map.map.get(key)?)));
                Value::Map(Map { map: Arc::new(self.fields.iter().filter_map(field).collect()) })
            }
            value => value.clone(),
        }
    }
}

/// Everything that an expression reads.
pub(super) fn routes(expression: &IdedExpr) -> Routes {
    let mut routes = Routes::new();
    visit(expression, &mut routes);
    routes
}

fn visit(at: &IdedExpr, routes: &mut Routes) {
    if let Some((name, route)) = route(at) {
        routes.entry(name.to_owned()).or_default().insert(route);
        return;
    }
    match &at.expr {
        Expr::Unspecified | Expr::Literal(_) | Expr::Ident(_) => {}
        Expr::Struct(structure) => structure.entries.iter().for_each(|entry| visit_entry(&entry.expr, routes)),
        Expr::Call(call) => {
            call.target.iter().for_each(|target| visit(target, routes));
            call.args.iter().for_each(|argument| visit(argument, routes));
        }
        Expr::Select(select) => visit(&select.operand, routes),
        Expr::List(list) => list.elements.iter().for_each(|element| visit(element, routes)),
        Expr::Map(map) => map.entries.iter().for_each(|entry| visit_entry(&entry.expr, routes)),
        Expr::Comprehension(comprehension) => {
            let inner = [
                &comprehension.iter_range,
                &comprehension.accu_init,
                &comprehension.loop_cond,
                &comprehension.loop_step,
                &comprehension.result,
            ];
            inner.into_iter().for_each(|inner| visit(inner, routes));
        }
    }
}

fn visit_entry(entry: &EntryExpr, routes: &mut Routes) {
    match entry {
        EntryExpr::StructField(field) => visit(&field.value, routes),
        EntryExpr::MapEntry(entry) => {
            visit(&entry.key, routes);
            visit(&entry.value, routes);
        }
    }
}

/// A name, and the fields of fields that are taken of it.
fn route(at: &IdedExpr) -> Option<(&str, Vec<String>)> {
    let longer = |operand, field: &str| {
        let (name, mut fields) = route(operand)?;
        fields.push(field.to_owned());
        Some((name, fields))
    };
    match &at.expr {
        Expr::Ident(name) => Some((name, Vec::new())),
        Expr::Select(select) => longer(&select.operand, &select.field),
        Expr::Call(call) if call.target.is_none() && matches!(&*call.func_name, operators::INDEX | SELECT) => {
            let [operand, field] = call.args.as_slice() else { return None };
            let Expr::Literal(LiteralValue::String(field)) = &field.expr else { return None };
            longer(operand, field.inner())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{compile, map, text};
    use super::*;

    #[test]
    fn nothing_is_copied_but_what_is_read() {
        let fields =
            |fields: &[(&str, Value)]| map(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let object = fields(&[("a", fields(&[("b", text("1")), ("c", text("2"))])), ("d", text("3"))]);
        let mut extract = Extract::default();
        extract.add(&["a".to_owned(), "b".to_owned()]);
        extract.add(&["d".to_owned(), "e".to_owned()]);
        extract.add(&["f".to_owned()]);
        assert_eq!(extract.of(&object), fields(&[("a", fields(&[("b", text("1"))])), ("d", text("3"))]));
        extract.add(&["a".to_owned()]);
        assert_eq!(extract.of(&object), object);
        assert_eq!(extract.of(&text("x")), text("x"));
    }

    #[test]
    fn every_route_is_found() {
        for (text, expected) in [
            ("object.spec.a.b == 1 && has(object.spec.c)", "object.spec.a.b object.spec.c"),
            ("object['spec'].a[0].b", "object.spec.a"),
            ("object.?spec.?a.orValue(1) == 1", "object.spec.a"),
            ("object[?'spec'].a.orValue(1) == 1", "object"),
            ("object.spec.a.all(x, x.b == object.c)", "@result object.c object.spec.a x.b"),
            ("variables.anyObject.spec.a + variables.b", "variables.anyObject.spec.a variables.b"),
            (
                "object.spec[params.key].b == [object.c, {object.d: object.e}]",
                "object.c object.d object.e object.spec params.key",
            ),
            ("cel.bind(x, object.a, x.b)", "object.a x x.b"),
            ("object", "object"),
        ] {
            let program = compile(text, false).unwrap();
            let routes = program.routes.iter().flat_map(|(name, routes)| {
                routes.iter().map(move |route| {
                    [name.as_str()].into_iter().chain(route.iter().map(String::as_str)).collect::<Vec<_>>().join(".")
                })
            });
            assert_eq!(routes.collect::<Vec<_>>().join(" "), expected, "{text}");
        }
    }
}
