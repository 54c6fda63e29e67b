//! Negation as OPA compiles it: the operands of a negated expression are evaluated before it, so an undefined operand
//! makes the body fail. regorus evaluates them inside the `not`, where undefined becomes true.
//!
//! `not startswith(c.image, "ok/")` becomes `p0 := c.image; not startswith(p0, "ok/")`.

use std::collections::BTreeSet;
use std::ops::Range;

use regorus::unstable::{BoolOp, Expr, Literal, LiteralStmt, Rule};

use super::rewrite::{self, Edit};
use super::syntax::{self, Node, Reference};

/// The first letters of the names that stand for values; no policy may use them.
pub const PREFIX: &str = "plimsoll__";

/// The edits for a rule, which come last: what is taken out takes the edits inside with it. `rules` are the names of the
/// rules in its package: they can be undefined as a reference can.
pub fn edits(text: &str, rule: &Rule, rules: &BTreeSet<String>, edits: &mut Vec<Edit>) {
    let mut negated = Vec::new();
    syntax::walk(rule, &mut |node| {
        let Node::Statement(statement) = node else { return };
        if let Literal::NotExpr { expr, .. } = &statement.literal {
            negated.push((statement, expr.as_ref()));
        }
    });
    // Those inside another come behind it.
    for (statement, expr) in negated.into_iter().rev() {
        let mut hoist = Hoist { text, rules, hoisted: Vec::new(), edits };
        hoist.negated(expr);
        hoist.statement(statement);
    }
}

struct Hoist<'t> {
    text: &'t str,
    rules: &'t BTreeSet<String>,
    /// Name and text of each operand, innermost first.
    hoisted: Vec<(String, String)>,
    /// Those of the rule.
    edits: &'t mut Vec<Edit>,
}

impl Hoist<'_> {
    /// The expression right behind the `not`.
    fn negated(&mut self, expr: &Expr) {
        match expr {
            Expr::Call { params, .. } => params.iter().for_each(|param| self.operand(param.as_ref())),
            // `not input.x == "a"` is true without an `x`, in OPA too.
            Expr::BoolExpr { op: BoolOp::Eq, lhs, rhs, .. } | Expr::AssignExpr { lhs, rhs, .. } => {
                for side in [lhs, rhs] {
                    if is_reference(side.as_ref()) { self.indexes(side.as_ref()) } else { self.operand(side.as_ref()) }
                }
            }
            Expr::BoolExpr { lhs, rhs, .. } | Expr::ArithExpr { lhs, rhs, .. } | Expr::BinExpr { lhs, rhs, .. } => {
                self.operand(lhs.as_ref());
                self.operand(rhs.as_ref());
            }
            Expr::Membership { key, value, collection, .. } => {
                if let Some(key) = key {
                    self.operand(key.as_ref());
                }
                self.operand(value.as_ref());
                self.operand(collection.as_ref());
            }
            Expr::RefDot { .. } | Expr::RefBrack { .. } => self.indexes(expr),
            Expr::Array { .. } | Expr::Set { .. } | Expr::Object { .. } => self.operand(expr),
            _ => {}
        }
    }

    /// Something whose value the negated expression needs.
    fn operand(&mut self, expr: &Expr) {
        match expr {
            Expr::Var { span, .. } if self.rules.contains(span.text()) => self.hoist(expr),
            Expr::RefDot { .. } | Expr::RefBrack { .. } if iterates(expr) => {}
            Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                self.indexes(expr);
                self.hoist(expr);
            }
            Expr::Call { params, .. } => {
                params.iter().for_each(|param| self.operand(param.as_ref()));
                self.hoist(expr);
            }
            Expr::ArithExpr { lhs, rhs, .. } | Expr::BinExpr { lhs, rhs, .. } => {
                self.operand(lhs.as_ref());
                self.operand(rhs.as_ref());
                self.hoist(expr);
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                items.iter().for_each(|item| self.operand(item.as_ref()));
            }
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, _, value)| self.operand(value.as_ref())),
            _ => {}
        }
    }

    /// The references among the indexes of a reference.
    fn indexes(&mut self, expr: &Expr) {
        let mut at = expr;
        loop {
            match at {
                Expr::RefDot { refr, .. } => at = refr.as_ref(),
                Expr::RefBrack { refr, index, .. } => {
                    if !matches!(index.as_ref(), Expr::Var { .. }) {
                        self.operand(index.as_ref());
                    }
                    at = refr.as_ref();
                }
                Expr::Call { .. } => return self.operand(at),
                _ => return,
            }
        }
    }

    /// Takes an expression out, with the edits inside.
    fn hoist(&mut self, expr: &Expr) {
        let Range { start, end } = rewrite::bounds(self.text, expr.span());
        let (inner, outer) = std::mem::take(self.edits).into_iter().partition(|edit| is_inside(edit, start, end));
        *self.edits = outer;
        let name = format!("{PREFIX}{start}_{end}");
        let text = applied(self.text, start, end, &inner);
        self.hoisted.push((name.clone(), text));
        self.edits.push(Edit { start, end, text: name });
    }

    /// The edits of the statement: the operands in front, their names inside.
    fn statement(self, statement: &LiteralStmt) {
        if self.hoisted.is_empty() {
            return;
        }
        let start = statement.span.start as usize;
        let with = modifiers(self.text, statement, self.edits);
        let mut front: String = self.hoisted.iter().map(|(name, text)| format!("{name} := {text}{with}; ")).collect();
        if without_braces(self.text, start) {
            front.insert_str(0, "{ ");
            let end = rewrite::statement_end(self.text, statement);
            self.edits.push(Edit { start: end, end, text: " }".to_owned() });
        }
        self.edits.push(Edit { start, end: start, text: front });
    }
}

/// Whether an edit is one of a stretch, and not one between the stretch and what is around it.
fn is_inside(edit: &Edit, start: usize, end: usize) -> bool {
    let is_insertion = edit.start == edit.end;
    if is_insertion && edit.start == start {
        return edit.text.ends_with('(');
    }
    if is_insertion && edit.start == end {
        return matches!(edit.text.as_str(), ")" | "[_]");
    }
    edit.start >= start && edit.end <= end
}

/// The `with` modifiers of a statement as they are loaded, to be written a second time.
fn modifiers(text: &str, statement: &LiteralStmt, edits: &[Edit]) -> String {
    let (Some(first), Some(last)) = (statement.with_mods.first(), statement.with_mods.last()) else {
        return String::new();
    };
    let (start, end) = (first.span.start as usize, rewrite::bounds(text, last.r#as.span()).end);
    let inner: Vec<Edit> = edits.iter().filter(|edit| is_inside(edit, start, end)).cloned().collect();
    let written = applied(text, start, end, &inner);
    // A line more would move what follows; a comment needs its end, and a raw text its line feeds.
    match written.contains(['#', '`']) {
        true => format!("\n{written}\n"),
        false => format!(" {}", written.replace('\n', " ")),
    }
}

/// Whether the statement is the whole body of `p if not …`.
pub fn without_braces(text: &str, start: usize) -> bool {
    let before = text.get(..start).unwrap_or_default().trim_end().strip_suffix("if");
    before.is_some_and(|before| before.ends_with(|last: char| last.is_whitespace() || matches!(last, ')' | ']' | '}')))
}

fn applied(text: &str, start: usize, end: usize, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.start);
    let (mut out, mut at) = (String::new(), start);
    for edit in edits {
        out.push_str(text.get(at..edit.start).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.end;
    }
    out.push_str(text.get(at..end).unwrap_or_default());
    out
}

fn is_reference(expr: &Expr) -> bool {
    matches!(expr, Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. })
}

/// Whether a reference has a `_`: OPA calls that unsafe in a negation, and taking it out would change its meaning.
fn iterates(expr: &Expr) -> bool {
    let mut at = expr;
    loop {
        match at {
            Expr::RefDot { refr, .. } => at = refr.as_ref(),
            Expr::RefBrack { refr, index, .. } => {
                if Reference::of(index.as_ref()).is_some_and(|index| index.base == "_") {
                    return true;
                }
                at = refr.as_ref();
            }
            _ => return false,
        }
    }
}
