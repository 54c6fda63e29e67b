//! Loops, among them those that the parser leaves as calls: those over two variables, and those about what may be absent
//! (`github.com/google/cel-go/ext/comprehensions.go`, `cel/library.go`, `ext/lists.go`).

use super::super::names::RESERVED;
use super::checker::{Checker, Result, later, mark_of, no_such};
use super::kind::{BOOL, INT, Type};
use super::problem::{Mark, Problem, calls};
use kube_cel::cel::IdedExpr;
use kube_cel::cel::common::ast::{CallExpr, ComprehensionExpr, Expr};

/// Our parser knows it over one variable as well, the server only over two: `StandardMacros` in
/// `github.com/google/cel-go/cel/macro.go` (v0.16 to v0.30, Kubernetes up to 1.37) are without `ExistsOneMacroNew`.
const STRANGER: &str = "existsOne";

impl Checker<'_, '_> {
    pub(super) fn comprehension(&mut self, at: u64, over: &ComprehensionExpr) -> Result {
        let range = self.settled_of(&over.iter_range)?;
        if self.text.is_some_and(|text| calls(text, at, STRANGER)) {
            let help = "did you mean `exists_one`?".to_owned();
            return Err(no_such(Mark::Before(at, STRANGER.to_owned()), STRANGER, Some(help)));
        }
        let start = self.of(&over.accu_init)?;
        let depth = self.scopes.len();
        self.scopes.push((over.accu_var.clone(), start.clone()));
        let (item, second) = match &range {
            Type::Applied("list", parts) if over.iter_var2.is_some() => (INT, parts[0].clone()),
            Type::Applied("list" | "map", parts) => (parts[0].clone(), parts.last().cloned().unwrap_or(Type::Dyn)),
            Type::Dyn | Type::Open(_) => {
                self.bindings.fits(&Type::Dyn, &range);
                (Type::Dyn, Type::Dyn)
            }
            other => {
                let fault = format!("goes through `{other}`, which is neither a list nor a map");
                return Err(Problem::new(mark_of(&over.iter_range), fault, format!("is `{other}`")));
            }
        };
        if RESERVED.contains(&&*over.iter_var) {
            let fault = format!("names a variable `{}`, a word that CEL keeps for itself", over.iter_var);
            return Err(Problem::new(Mark::Behind(at, over.iter_var.clone()), fault, "a word of CEL"));
        }
        self.scopes.push((over.iter_var.clone(), item));
        if let Some(name) = &over.iter_var2 {
            self.scopes.push((name.clone(), second));
        }
        let condition = self.of(&over.loop_cond)?;
        self.needs(&over.loop_cond, &condition, &BOOL)?;
        let step = self.of(&over.loop_step)?;
        self.needs(&over.loop_step, &step, &start)?;
        self.scopes.truncate(depth + 1);
        let is = self.settled_of(&over.result);
        self.scopes.truncate(depth);
        is
    }

    /// What a call of such a loop gives; nothing for any other call.
    pub(super) fn special(&mut self, at: u64, call: &CallExpr) -> Option<Result> {
        let over = call.target.as_deref()?;
        let since = match (&*call.func_name, call.args.len()) {
            ("optMap" | "optFlatMap", 2) => 28,
            ("all" | "exists" | "existsOne" | "exists_one", 3)
            | ("transformList" | "transformMap" | "transformMapEntry", 3 | 4) => 32,
            ("sortBy", 2) => 34,
            _ => return None,
        };
        Some(match since {
            _ if self.minor < since => Err(later(Mark::Before(at, call.func_name.clone()), &call.func_name)),
            28 => self.maybe(call, over),
            32 => self.pairs(call, over),
            _ => self.sorted(call, over),
        })
    }

    fn maybe(&mut self, call: &CallExpr, over: &IdedExpr) -> Result {
        let [name, body] = &*call.args else { return Ok(self.unsure()) };
        let holder = self.settled_of(over)?;
        let held = match (&holder, holder.parts("optional")) {
            (_, Some([held])) => held.clone(),
            (Type::Dyn | Type::Open(_), _) => Type::Dyn,
            _ => return Err(self.not_for(over, &holder, "an optional value")),
        };
        let given = self.within([(name, held)], body)?;
        if call.func_name == "optMap" {
            return Ok(Type::optional(given));
        }
        Ok(if given.parts("optional").is_some() { given } else { self.unsure() })
    }

    fn pairs(&mut self, call: &CallExpr, over: &IdedExpr) -> Result {
        let [first, second, rest @ ..] = &*call.args else { return Ok(self.unsure()) };
        let range = self.settled_of(over)?;
        let (key, value) = match (&range, range.parts("list"), range.parts("map")) {
            (_, Some([item]), _) => (INT, item.clone()),
            (_, _, Some([key, value])) => (key.clone(), value.clone()),
            (Type::Dyn | Type::Open(_), ..) => (Type::Dyn, Type::Dyn),
            _ => return Err(self.not_for(over, &range, "a list or a map")),
        };
        let own = [(first, key.clone()), (second, value)];
        let (conditions, made) = match (&*call.func_name, rest) {
            ("all" | "exists" | "existsOne" | "exists_one", [condition]) => (Some(condition), None),
            (_, [made]) => (None, Some(made)),
            (_, [condition, made]) => (Some(condition), Some(made)),
            _ => return Ok(self.unsure()),
        };
        if let Some(condition) = conditions {
            let is = self.within(own.clone(), condition)?;
            self.needs(condition, &is, &BOOL)?;
        }
        let Some(made) = made else { return Ok(BOOL) };
        let given = self.within(own, made)?;
        Ok(match &*call.func_name {
            "transformList" => Type::list(given),
            "transformMap" => Type::Applied("map", [key, given].into()),
            _ => self.unsure(),
        })
    }

    fn sorted(&mut self, call: &CallExpr, over: &IdedExpr) -> Result {
        let [name, by] = &*call.args else { return Ok(self.unsure()) };
        let range = self.settled_of(over)?;
        let item = range.parts("list").map_or(Type::Dyn, |parts| parts[0].clone());
        self.within([(name, item)], by)?;
        Ok(if range.parts("list").is_some() { range } else { self.unsure() })
    }

    /// The type of an expression in which some names have types of their own.
    fn within<const N: usize>(&mut self, own: [(&IdedExpr, Type); N], body: &IdedExpr) -> Result {
        let depth = self.scopes.len();
        for (name, is) in own {
            let Expr::Ident(name) = &name.expr else {
                let fault = "has a loop whose variable is no simple name".to_owned();
                return Err(Problem::new(Mark::Token(name.id), fault, "not a name"));
            };
            self.scopes.push((name.clone(), is));
        }
        let is = self.of(body);
        self.scopes.truncate(depth);
        is
    }

    fn not_for(&self, over: &IdedExpr, is: &Type, wanted: &str) -> Box<Problem> {
        Problem::new(Mark::Token(over.id), format!("goes through `{is}`, which is not {wanted}"), format!("is `{is}`"))
    }
}
