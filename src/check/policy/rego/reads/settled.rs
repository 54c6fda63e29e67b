//! What is the same whenever a program is asked: the parameters of a constraint. A query that cannot succeed with them
//! reads nothing: of `exemption := input.parameters.exemptImages[_]` and what follows nothing is left where no images
//! are exempt.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value as Rego;
use regorus::unstable::{AssignOp, Expr, Literal, Query};

use super::super::syntax::{self, Node, Reference, text};
use super::reader::{Reader, variable};

/// The names of a query that have a known value.
type Known = BTreeMap<String, Rego>;

impl Reader<'_> {
    /// Whether a query can never succeed, nor fail with an error on the way.
    pub(super) fn is_idle(&self, query: &Query) -> bool {
        if self.settled.is_none() {
            return false;
        }
        let mut known = Known::new();
        let mut idle = None;
        for statement in &query.stmts {
            if !statement.with_mods.is_empty() {
                return false;
            }
            if let Literal::Expr { expr, .. } = &statement.literal
                && let Expr::AssignExpr { op: AssignOp::ColEq, lhs, rhs, .. } = expr.as_ref()
                && let (Some(name), Some(value)) = (variable(lhs.as_ref()), self.known(rhs.as_ref(), &known))
            {
                known.insert(name.to_owned(), value);
            }
            if idle.is_none() && self.cannot_hold(&statement.literal, &known) {
                idle = Some(&statement.literal);
            }
        }
        let Some(idle) = idle else { return false };
        let waiting = waiting(query, idle);
        let mut is_quiet = true;
        syntax::walk_query(query, &mut |node| match node {
            Node::Expr { expr, .. } => {
                let may_fail = matches!(
                    expr,
                    Expr::Call { .. } | Expr::ArithExpr { .. } | Expr::BinExpr { .. } | Expr::UnaryExpr { .. }
                );
                is_quiet &= !may_fail || mentions(expr, &waiting) || self.known(expr, &known).is_some();
            }
            // Another input has other parameters.
            Node::Declared(name) => is_quiet &= name.text() != "input",
            Node::Statement(_) => {}
        });
        is_quiet
    }

    /// Whether a statement fails for every input.
    fn cannot_hold(&self, literal: &Literal, known: &Known) -> bool {
        let is_false = |value: &Rego| matches!(value, Rego::Undefined | Rego::Bool(false));
        match literal {
            Literal::Expr { expr, .. } => match expr.as_ref() {
                Expr::AssignExpr { rhs, .. } => self.has_no_value(rhs.as_ref(), known),
                expr => self.known(expr, known).is_some_and(|value| is_false(&value)) || self.has_no_value(expr, known),
            },
            Literal::NotExpr { expr, .. } => self.known(expr.as_ref(), known).is_some_and(|value| !is_false(&value)),
            Literal::SomeIn { collection, .. } => {
                self.has_no_value(collection.as_ref(), known)
                    || self.known(collection.as_ref(), known).is_some_and(|value| is_empty(&value))
            }
            Literal::SomeVars { .. } | Literal::Every { .. } => false,
        }
    }

    /// Whether an expression has no value, whatever the input and its variables are.
    fn has_no_value(&self, expr: &Expr, known: &Known) -> bool {
        if self.known(expr, known).is_some_and(|value| value == Rego::Undefined) {
            return true;
        }
        match expr {
            Expr::RefDot { refr, .. } => self.has_no_value(refr.as_ref(), known),
            Expr::RefBrack { refr, .. } => {
                self.has_no_value(refr.as_ref(), known)
                    || self.known(refr.as_ref(), known).is_some_and(|value| is_empty(&value))
            }
            Expr::BoolExpr { lhs, rhs, .. } => {
                self.has_no_value(lhs.as_ref(), known) || self.has_no_value(rhs.as_ref(), known)
            }
            _ => false,
        }
    }

    /// The value of an expression, if it is the same for every input.
    fn known(&self, expr: &Expr, known: &Known) -> Option<Rego> {
        match expr {
            Expr::String { value, .. }
            | Expr::RawString { value, .. }
            | Expr::Number { value, .. }
            | Expr::Bool { value, .. }
            | Expr::Null { value, .. } => Some(value.clone()),
            Expr::Array { items, .. } if items.is_empty() => Some(Rego::new_array()),
            Expr::Object { fields, .. } if fields.is_empty() => Some(Rego::new_object()),
            Expr::Var { span, .. } => known.get(span.text()).cloned(),
            Expr::RefDot { refr, field, .. } => self.field(refr.as_ref(), field.0.text(), known),
            Expr::RefBrack { refr, index, .. } => self.field(refr.as_ref(), &text(index.as_ref())?, known),
            Expr::Call { fcn, params, .. } => {
                let [object, key, default] = params.as_slice() else { return None };
                if !self.is_object_get(fcn.as_ref()) {
                    return None;
                }
                let found = self.field(object.as_ref(), &text(key.as_ref())?, known)?;
                if found == Rego::Undefined { self.known(default.as_ref(), known) } else { Some(found) }
            }
            _ => None,
        }
    }

    /// A field of what is known.
    fn field(&self, of: &Expr, name: &str, known: &Known) -> Option<Rego> {
        if variable(of) == Some("input") {
            let is_plain = !self.is_parameter("input") && !known.contains_key("input");
            let settled = self.settled.filter(|settled| is_plain && settled.name == name)?;
            return Some(settled.value.clone());
        }
        match self.known(of, known)? {
            Rego::Object(fields) => Some(fields.get(&Rego::from(name)).cloned().unwrap_or(Rego::Undefined)),
            Rego::Undefined => Some(Rego::Undefined),
            _ => None,
        }
    }
}

/// The variables that have no value because a statement does not hold: calls that are given one of them are never made.
fn waiting<'q>(query: &'q Query, idle: &'q Literal) -> BTreeSet<&'q str> {
    let assigned = |literal: &'q Literal| match literal {
        Literal::Expr { expr, .. } => match expr.as_ref() {
            Expr::AssignExpr { lhs, rhs, .. } => Some((variable(lhs.as_ref())?, rhs.as_ref())),
            _ => None,
        },
        Literal::SomeIn { value, collection, .. } => Some((variable(value.as_ref())?, collection.as_ref())),
        _ => None,
    };
    let mut waiting: BTreeSet<&str> = assigned(idle).map(|(name, _)| name).into_iter().collect();
    loop {
        let others = query.stmts.iter().filter_map(|statement| assigned(&statement.literal));
        let more: Vec<&str> = others.filter(|(_, from)| mentions(from, &waiting)).map(|(name, _)| name).collect();
        let before = waiting.len();
        waiting.extend(more);
        if waiting.len() == before {
            return waiting;
        }
    }
}

/// Whether one of some variables is in an expression.
fn mentions(expr: &Expr, names: &BTreeSet<&str>) -> bool {
    let mut found = false;
    syntax::walk_expression(expr, &mut |node| {
        let Node::Expr { expr, .. } = node else { return };
        found |= Reference::of(expr).is_some_and(|path| names.contains(&*path.base));
    });
    found
}

fn is_empty(value: &Rego) -> bool {
    match value {
        Rego::Array(items) => items.is_empty(),
        Rego::Object(fields) => fields.is_empty(),
        Rego::Set(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::loaded;
    use super::super::reader::{Settled, reads};
    use super::*;

    #[test]
    fn what_cannot_succeed_with_the_parameters_reads_nothing() {
        let exempt = "deny[m] { c := input.a[_]; not exempt(c); c.b; m := 1 }\n\nexempt(c) { ";
        for (body, parameters, expected) in [
            ("c.image == input.parameters.images[_] }", r#"{"images": ["x"]}"#, "a.*.b a.*.image"),
            ("c.image == input.parameters.images[_] }", r#"{"images": []}"#, "a.*.b"),
            ("c.image == input.parameters.images[_] }", "{}", "a.*.b"),
            ("all := input.parameters.images; i := c.image; one := all[_]; startswith(i, one) }", "{}", "a.*.b"),
            (
                "all := object.get(object.get(input, \"parameters\", {}), \"images\", []); i := c.image; one := all[_]; \
                 startswith(i, one) }",
                "{}",
                "a.*.b",
            ),
            (
                "all := object.get(object.get(input, \"parameters\", {}), \"images\", [\"y\"]); one := all[_]; \
                 startswith(c.image, one) }",
                "{}",
                "a.*.b a.*.image",
            ),
            ("input.parameters.strict; c.image }", r#"{"strict": false}"#, "a.*.b"),
            ("not input.parameters.strict; c.image }", r#"{"strict": true}"#, "a.*.b"),
            ("not input.parameters.strict; c.image }", r#"{"strict": false}"#, "a.*.b a.*.image"),
            ("x := input.parameters.strict; c.image; x == false }", r#"{"strict": false}"#, "a.*.b a.*.image"),
            ("input.parameters.most < c.size }", "{}", "a.*.b"),
            // A call that may fail is made before it shows that there is nothing to go through.
            ("i := to_number(c.image); one := input.parameters.images[_]; i == one }", "{}", "a.*.b a.*.image"),
            ("one := input.parameters.images[_]; to_number(one) == c.image }", "{}", "a.*.b"),
            ("x := c.size / c.parts; input.parameters.images[_] == x }", "{}", "a.*.b a.*.parts a.*.size"),
            ("input := c; input.parameters.y == c.image }", "{}", "a.*.b a.*.image a.*.parameters.y"),
            (
                "input.review.x; c.image } exempt(input) { input.parameters.x; input.z }",
                "{}",
                "a.*.b a.*.image a.*.parameters.x a.*.z",
            ),
        ] {
            let mut engine = loaded(&format!("{exempt}{body}"));
            let value = Rego::from_json_str(parameters).unwrap();
            let settled = Settled { name: "parameters", value: &value };
            let found = reads(engine.get_modules(), Some(settled), None).unwrap().routes();
            let found: Vec<&str> = found.iter().map(String::as_str).filter(|route| route.starts_with("a.")).collect();
            assert_eq!(found.join(" "), expected, "{body} {parameters}");
        }
    }
}
