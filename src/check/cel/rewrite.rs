//! Changes to an expression before it is evaluated: steps of loops are counted, values that may grow are bounded, and
//! what the interpreter does otherwise than Kubernetes' is put right.

use std::collections::BTreeSet;

use kube_cel::cel::IdedExpr;
use kube_cel::cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, ListExpr, LiteralValue, operators};

use super::functions::{BOUNDED, SELECT, STEP};

/// The deepest expression that is evaluated: the interpreter walks by recursion.
const DEPTH: u32 = 100;
/// How many additions there may be outside of loops before what they make is bounded: each takes bounded values, and to
/// look at their size is to copy them.
const ADDITIONS: usize = 16;
/// The most values that a list made in a loop may have.
const LITERALS: usize = 64;

/// The object that holds what a policy has computed: each of its members is a name of its own here, such as `variables.a`,
/// since the interpreter copies an object to look into it.
const VARIABLES: &str = "variables";

/// The name of what a policy has computed.
pub fn variable(name: &str) -> String {
    format!("{VARIABLES}.{name}")
}

/// Rewrites an expression, which was read from `text`. Returns the names in it; `Err` says why it cannot be evaluated.
pub(super) fn rewrite(expression: &mut IdedExpr, text: &str, optional_old: bool) -> Result<BTreeSet<String>, String> {
    let adds_often = text.matches('+').count() > ADDITIONS;
    let mut rewriter = Rewriter { names: BTreeSet::new(), optional_old, adds_often };
    rewriter.expression(expression, false, DEPTH)?;
    Ok(rewriter.names)
}

struct Rewriter {
    names: BTreeSet<String>,
    optional_old: bool,
    adds_often: bool,
}

impl Rewriter {
    fn expression(&mut self, at: &mut IdedExpr, in_loop: bool, depth: u32) -> Result<(), String> {
        if depth == 0 {
            return Err("it is too deep".to_owned());
        }
        let depth = depth - 1;
        match &mut at.expr {
            Expr::Unspecified => return Err("it cannot be read".to_owned()),
            Expr::Struct(_) => return Err("it makes an object of a type that is not known here".to_owned()),
            Expr::Literal(_) => {}
            Expr::Ident(name) => drop(self.names.insert(name.clone())),
            Expr::Call(call) => {
                // What is bound may be used any number of times.
                let in_loop = in_loop || is_bind(call);
                for inner in call.target.iter_mut().map(|target| &mut **target).chain(&mut call.args) {
                    self.expression(inner, in_loop, depth)?;
                }
                if let Some(bound) = bind(call) {
                    at.expr = bound;
                } else if call.func_name == operators::OPT_SELECT && call.args.len() == 2 {
                    call.func_name = SELECT.to_owned();
                } else if call.func_name == operators::ADD
                    && (in_loop || self.adds_often)
                    && !call.args.iter().any(is_result)
                {
                    wrap(at, BOUNDED);
                }
            }
            Expr::Select(select) => {
                self.expression(&mut select.operand, in_loop, depth)?;
                if matches!(&select.operand.expr, Expr::Ident(name) if name == VARIABLES) {
                    let name = variable(&select.field);
                    at.expr = match select.test {
                        true => Expr::Literal(LiteralValue::Boolean(true.into())),
                        false => Expr::Ident(name.clone()),
                    };
                    self.names.insert(name);
                    return Ok(());
                }
                let (is_optional, test) = (self.is_optional(&select.operand), select.test);
                if is_optional || !test {
                    let operand = std::mem::take(&mut *select.operand);
                    let field =
                        IdedExpr { id: 0, expr: Expr::Literal(LiteralValue::String(select.field.as_str().into())) };
                    // The interpreter copies what a selection gives, and not what an index gives.
                    at.expr = call(if is_optional { SELECT } else { operators::INDEX }, None, vec![operand, field]);
                }
                if is_optional && test {
                    let inner = std::mem::take(at);
                    at.expr = call("hasValue", Some(inner), Vec::new());
                }
            }
            Expr::List(list) => {
                for element in &mut list.elements {
                    self.expression(element, in_loop, depth)?;
                }
                let made = list.elements.iter().filter(|element| !matches!(element.expr, Expr::Literal(_))).count();
                if in_loop && made > LITERALS {
                    return Err("it makes long lists".to_owned());
                }
                if in_loop && made > 1 {
                    wrap(at, BOUNDED);
                }
            }
            Expr::Map(map) => {
                for entry in &mut map.entries {
                    let EntryExpr::MapEntry(entry) = &mut entry.expr else {
                        return Err("it cannot be read".to_owned());
                    };
                    self.expression(&mut entry.key, in_loop, depth)?;
                    self.expression(&mut entry.value, in_loop, depth)?;
                }
                if in_loop && map.entries.len() > LITERALS {
                    return Err("it makes long lists".to_owned());
                }
                if in_loop {
                    wrap(at, BOUNDED);
                }
            }
            Expr::Comprehension(comprehension) => {
                if comprehension.iter_var2.is_some() {
                    return Err("loops with two variables are not known here".to_owned());
                }
                if comprehension.iter_var == VARIABLES {
                    return Err(format!("it gives `{VARIABLES}` another meaning"));
                }
                self.expression(&mut comprehension.iter_range, in_loop, depth)?;
                self.expression(&mut comprehension.accu_init, in_loop, depth)?;
                self.expression(&mut comprehension.loop_cond, true, depth)?;
                self.expression(&mut comprehension.loop_step, true, depth)?;
                self.expression(&mut comprehension.result, in_loop, depth)?;
                wrap(&mut comprehension.loop_cond, STEP);
            }
        }
        Ok(())
    }

    /// Whether an expression is an optional value.
    fn is_optional(&self, at: &IdedExpr) -> bool {
        let Expr::Call(call) = &at.expr else {
            return self.optional_old && matches!(&at.expr, Expr::Ident(name) if name == "oldSelf");
        };
        match &*call.func_name {
            SELECT | operators::OPT_INDEX | "or" => true,
            operators::INDEX => call.args.first().is_some_and(|operand| self.is_optional(operand)),
            "of" | "none" | "ofNonZeroValue" => {
                matches!(call.target.as_deref(), Some(IdedExpr { expr: Expr::Ident(name), .. }) if name == "optional")
            }
            _ => false,
        }
    }
}

/// What a loop has gathered so far: the interpreter's own additions to it are one step each.
fn is_result(at: &IdedExpr) -> bool {
    matches!(&at.expr, Expr::Ident(name) if name.starts_with('@'))
}

fn call(name: &str, target: Option<IdedExpr>, args: Vec<IdedExpr>) -> Expr {
    Expr::Call(CallExpr { func_name: name.to_owned(), target: target.map(Box::new), args })
}

/// Puts a call around an expression.
fn wrap(at: &mut IdedExpr, function: &str) {
    let inner = std::mem::take(at);
    at.expr = call(function, None, vec![inner]);
}

fn is_bind(call: &CallExpr) -> bool {
    let target = call.target.as_deref();
    call.func_name == "bind" && target.is_some_and(|target| matches!(&target.expr, Expr::Ident(name) if name == "cel"))
}

/// `cel.bind(name, value, expression)` as the loop without steps that Google's library makes of it
/// (`github.com/google/cel-go/ext/bindings.go`).
fn bind(call: &mut CallExpr) -> Option<Expr> {
    let (true, [name, _, _]) = (is_bind(call), &*call.args) else { return None };
    let Expr::Ident(name) = &name.expr else { return None };
    let (name, result, value) = (name.clone(), call.args.pop()?, call.args.pop()?);
    let plain = |expr| IdedExpr { id: 0, expr };
    Some(Expr::Comprehension(Box::new(ComprehensionExpr {
        iter_range: plain(Expr::List(ListExpr::new(Vec::new()))),
        iter_var: "#unused".to_owned(),
        iter_var2: None,
        accu_var: name.clone(),
        accu_init: value,
        loop_cond: plain(Expr::Literal(LiteralValue::Boolean(false.into()))),
        loop_step: plain(Expr::Ident(name)),
        result,
    })))
}
