//! Loops that the parser leaves as calls, written out as the server's parser does it
//! (`github.com/google/cel-go/ext/comprehensions.go`, `cel/library.go`, `ext/lists.go`).

use kube_cel::cel::IdedExpr;
use kube_cel::cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, ListExpr, LiteralValue, MapExpr, operators,
};

/// The most parts of an expression that is written out: `optMap` doubles what it is called on.
const PARTS: u64 = 20_000;

/// What loops collect their result in.
const RESULT: &str = "@result";
/// A loop that only gives something a name.
const UNUSED: &str = "#unused";
/// What `sortBy` gives a name.
const SORTED: &str = "@__sortBy_input__";

/// An expression with all its loops written out; nothing if one of them cannot be, or there are too many.
pub(super) fn expanded(expression: &IdedExpr) -> Option<IdedExpr> {
    let mut expander = Expander { next: 0, is_lost: false };
    let whole = expander.copied(expression);
    (!expander.is_lost && expander.next < PARTS).then_some(whole)
}

struct Expander {
    next: u64,
    is_lost: bool,
}

impl Expander {
    fn node(&mut self, expr: Expr) -> IdedExpr {
        self.next += 1;
        IdedExpr { id: self.next, expr }
    }

    fn copied_box(&mut self, of: &IdedExpr) -> Box<IdedExpr> {
        Box::new(self.copied(of))
    }

    /// The same with numbers of its own, and with its loops written out.
    fn copied(&mut self, of: &IdedExpr) -> IdedExpr {
        if self.next >= PARTS {
            return IdedExpr::default();
        }
        let expr = match &of.expr {
            Expr::Call(call) => match self.written_out(call) {
                Some(written_out) => return written_out,
                None => Expr::Call(CallExpr {
                    func_name: call.func_name.clone(),
                    target: call.target.as_deref().map(|target| self.copied_box(target)),
                    args: call.args.iter().map(|one| self.copied(one)).collect(),
                }),
            },
            Expr::Comprehension(over) => Expr::Comprehension(Box::new(ComprehensionExpr {
                iter_range: self.copied(&over.iter_range),
                iter_var: over.iter_var.clone(),
                iter_var2: over.iter_var2.clone(),
                accu_var: over.accu_var.clone(),
                accu_init: self.copied(&over.accu_init),
                loop_cond: self.copied(&over.loop_cond),
                loop_step: self.copied(&over.loop_step),
                result: self.copied(&over.result),
            })),
            Expr::List(list) => Expr::List(ListExpr::new_with_optionals(
                list.elements.iter().map(|one| self.copied(one)).collect(),
                list.optional_indices.clone(),
            )),
            Expr::Map(map) => {
                let mut map = map.clone();
                for entry in &mut map.entries {
                    match &mut entry.expr {
                        EntryExpr::MapEntry(entry) => {
                            entry.key = self.copied(&entry.key);
                            entry.value = self.copied(&entry.value);
                        }
                        EntryExpr::StructField(_) => self.is_lost = true,
                    }
                }
                Expr::Map(map)
            }
            Expr::Select(select) => {
                let mut select = select.clone();
                select.operand = self.copied_box(&select.operand);
                Expr::Select(select)
            }
            // No part of what the server reads in definitions.
            Expr::Struct(_) | Expr::Unspecified => {
                self.is_lost = true;
                Expr::Unspecified
            }
            Expr::Ident(_) | Expr::Literal(_) => of.expr.clone(),
        };
        self.node(expr)
    }

    fn written_out(&mut self, call: &CallExpr) -> Option<IdedExpr> {
        let over = call.target.as_deref()?;
        Some(match (&*call.func_name, &*call.args) {
            ("optMap" | "optFlatMap", [name, body]) => self.maybe(call, over, name, body),
            ("all" | "exists" | "existsOne" | "exists_one", [first, second, condition]) => {
                self.quantifier(call, over, (first, second), condition)
            }
            ("transformList" | "transformMap" | "transformMapEntry", [first, second, rest @ ..]) => {
                let (filter, made) = match rest {
                    [made] => (None, made),
                    [filter, made] => (Some(filter), made),
                    _ => return None,
                };
                self.transformed(call, over, (first, second), filter, made)
            }
            ("sortBy", [name, by]) => self.sorted(over, name, by),
            _ => return None,
        })
    }

    fn name(&mut self, of: &IdedExpr) -> String {
        match &of.expr {
            Expr::Ident(name) => name.clone(),
            _ => {
                self.is_lost = true;
                String::new()
            }
        }
    }

    fn ident(&mut self, name: &str) -> IdedExpr {
        self.node(Expr::Ident(name.to_owned()))
    }

    fn truth(&mut self, is: bool) -> IdedExpr {
        self.node(Expr::Literal(LiteralValue::Boolean(is.into())))
    }

    fn number(&mut self, number: i64) -> IdedExpr {
        self.node(Expr::Literal(LiteralValue::Int(number.into())))
    }

    fn list(&mut self, elements: Vec<IdedExpr>) -> IdedExpr {
        self.node(Expr::List(ListExpr::new(elements)))
    }

    fn call(&mut self, name: &str, args: Vec<IdedExpr>) -> IdedExpr {
        self.node(Expr::Call(CallExpr { func_name: name.to_owned(), target: None, args }))
    }

    fn member(&mut self, name: &str, target: IdedExpr, args: Vec<IdedExpr>) -> IdedExpr {
        self.node(Expr::Call(CallExpr { func_name: name.to_owned(), target: Some(Box::new(target)), args }))
    }

    /// A function in a space.
    fn optional(&mut self, name: &str, args: Vec<IdedExpr>) -> IdedExpr {
        let space = self.ident("optional");
        self.member(name, space, args)
    }

    /// `cel.bind`
    fn bound(&mut self, name: String, is: IdedExpr, result: IdedExpr) -> IdedExpr {
        let over = ComprehensionExpr {
            iter_range: self.list(Vec::new()),
            iter_var: UNUSED.to_owned(),
            iter_var2: None,
            accu_init: is,
            loop_cond: self.truth(false),
            loop_step: self.ident(&name),
            accu_var: name,
            result,
        };
        self.node(Expr::Comprehension(Box::new(over)))
    }

    fn maybe(&mut self, call: &CallExpr, over: &IdedExpr, name: &IdedExpr, body: &IdedExpr) -> IdedExpr {
        let name = self.name(name);
        let target = self.copied(over);
        let has = self.member("hasValue", target, Vec::new());
        let target = self.copied(over);
        let value = self.member("value", target, Vec::new());
        let body = self.copied(body);
        let mut bound = self.bound(name, value, body);
        if call.func_name == "optMap" {
            bound = self.optional("of", vec![bound]);
        }
        let none = self.optional("none", Vec::new());
        self.call(operators::CONDITIONAL, vec![has, bound, none])
    }

    /// A loop over two variables.
    fn over(
        &mut self,
        over: &IdedExpr,
        (first, second): (&IdedExpr, &IdedExpr),
        start: IdedExpr,
        condition: IdedExpr,
        (step, result): (IdedExpr, IdedExpr),
    ) -> IdedExpr {
        let over = ComprehensionExpr {
            iter_range: self.copied(over),
            iter_var: self.name(first),
            iter_var2: Some(self.name(second)),
            accu_var: RESULT.to_owned(),
            accu_init: start,
            loop_cond: condition,
            loop_step: step,
            result,
        };
        self.node(Expr::Comprehension(Box::new(over)))
    }

    fn quantifier(
        &mut self,
        call: &CallExpr,
        over: &IdedExpr,
        names: (&IdedExpr, &IdedExpr),
        wanted: &IdedExpr,
    ) -> IdedExpr {
        let (so_far, result, wanted) = (self.ident(RESULT), self.ident(RESULT), self.copied(wanted));
        match &*call.func_name {
            "all" => {
                let (start, known) = (self.truth(true), self.ident(RESULT));
                let condition = self.call(operators::NOT_STRICTLY_FALSE, vec![known]);
                let step = self.call(operators::LOGICAL_AND, vec![so_far, wanted]);
                self.over(over, names, start, condition, (step, result))
            }
            "exists" => {
                let (start, known) = (self.truth(false), self.ident(RESULT));
                let known = self.call(operators::LOGICAL_NOT, vec![known]);
                let condition = self.call(operators::NOT_STRICTLY_FALSE, vec![known]);
                let step = self.call(operators::LOGICAL_OR, vec![so_far, wanted]);
                self.over(over, names, start, condition, (step, result))
            }
            _ => {
                let (start, condition) = (self.number(0), self.truth(true));
                let one = self.number(1);
                let more = self.call(operators::ADD, vec![so_far, one]);
                let same = self.ident(RESULT);
                let step = self.call(operators::CONDITIONAL, vec![wanted, more, same]);
                let one = self.number(1);
                let result = self.call(operators::EQUALS, vec![result, one]);
                self.over(over, names, start, condition, (step, result))
            }
        }
    }

    fn transformed(
        &mut self,
        call: &CallExpr,
        over: &IdedExpr,
        names: (&IdedExpr, &IdedExpr),
        filter: Option<&IdedExpr>,
        made: &IdedExpr,
    ) -> IdedExpr {
        let (so_far, made) = (self.ident(RESULT), self.copied(made));
        let mut step = match &*call.func_name {
            "transformList" => {
                let one = self.list(vec![made]);
                self.call(operators::ADD, vec![so_far, one])
            }
            "transformMap" => {
                let key = self.copied(names.0);
                self.call("@mapInsert", vec![so_far, key, made])
            }
            _ => self.call("@mapInsert", vec![so_far, made]),
        };
        if let Some(filter) = filter {
            let (filter, same) = (self.copied(filter), self.ident(RESULT));
            step = self.call(operators::CONDITIONAL, vec![filter, step, same]);
        }
        let start = match &*call.func_name {
            "transformList" => self.list(Vec::new()),
            _ => self.node(Expr::Map(MapExpr::default())),
        };
        let (condition, result) = (self.truth(true), self.ident(RESULT));
        self.over(over, names, start, condition, (step, result))
    }

    fn sorted(&mut self, over: &IdedExpr, name: &IdedExpr, by: &IdedExpr) -> IdedExpr {
        let (so_far, by) = (self.ident(RESULT), self.copied(by));
        let one = self.list(vec![by]);
        let keys = ComprehensionExpr {
            iter_range: self.ident(SORTED),
            iter_var: self.name(name),
            iter_var2: None,
            accu_var: RESULT.to_owned(),
            accu_init: self.list(Vec::new()),
            loop_cond: self.truth(true),
            loop_step: self.call(operators::ADD, vec![so_far, one]),
            result: self.ident(RESULT),
        };
        let keys = self.node(Expr::Comprehension(Box::new(keys)));
        let list = self.ident(SORTED);
        let sorted = self.member("@sortByAssociatedKeys", list, vec![keys]);
        let list = self.copied(over);
        self.bound(SORTED.to_owned(), list, sorted)
    }
}
