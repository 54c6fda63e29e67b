//! Calls that regorus reads in another way than OPA: results in the last argument, `walk`, and functions that a test
//! replaces.

use std::collections::BTreeSet;

use regorus::Value;
use regorus::unstable::{Expr, Module, Rule};

use super::outputs;
use super::rewrite::{Edit, Names, bounds, path_text};
use super::syntax::{self, Node, Reference};
use super::{extensions, files};

/// Functions that write a value as a text, however long that is.
const WRITERS: &[&str] = &["json.marshal", "json.marshal_with_options", "yaml.marshal", "urlquery.encode_object"];

/// The edits for a rule.
pub fn edits(text: &str, module: &Module, rule: &Rule, names: &Names, edits: &mut Vec<Edit>) {
    let package = [&["data".to_owned()], syntax::package(module).as_slice()].concat();
    syntax::walk(rule, &mut |node| {
        let Node::Expr { expr: expr @ Expr::Call { fcn, params, .. }, negated } = node else { return };
        let name = Reference::of(fcn.as_ref()).map(|name| name.known().join(".")).unwrap_or_default();
        let function = bounds(text, fcn.span());
        let renamed = |text: String| Edit { start: function.start, end: function.end, text };
        if names.rules.contains(&name) {
            // regorus knows the replacement under the whole path alone.
            if names.replaced.contains(&name) {
                edits.push(renamed(path_text(&[package.as_slice(), &[name]].concat())));
            }
        } else if let Some(mock) = names.mocks.name(&name, &names.folder) {
            edits.push(renamed(mock));
        } else if name == "walk" {
            // What it returns is each of its pairs; regorus has all of them in a list.
            match params.len() {
                1 => {
                    let end = bounds(text, expr.span()).end;
                    edits.push(Edit { start: end, end, text: "[_]".to_owned() });
                }
                _ if negated => edits.extend(result_in_front(text, expr, ("plimsoll.has(", ", "), "))")),
                _ => edits.extend(result_in_front(text, expr, ("", " = "), ")[_]")),
            }
            edits.push(renamed("plimsoll.walk".to_owned()));
        } else if let (Some((_, known)), Some(first)) =
            (files::FUNCTIONS.iter().find(|(own, _)| *own == name), params.first())
        {
            edits.push(renamed((*known).to_owned()));
            let start = bounds(text, first.span()).start;
            edits.push(Edit { start, end: start, text: format!("{}, ", Value::from(names.folder.as_str())) });
            if !negated && params.len() == 2 {
                edits.extend(result_in_front(text, expr, ("", " = "), ")"));
            }
        } else if name == files::TEXT_FUNCTION.0 {
            edits.push(renamed(files::TEXT_FUNCTION.1.to_owned()));
            if !negated && params.len() == 3 {
                edits.extend(result_in_front(text, expr, ("", " = "), ")"));
            }
        } else if let ("units.parse" | "units.parse_bytes", Some(first)) = (name.as_str(), params.first()) {
            outputs::guard(text, first.as_ref(), "plimsoll.unit", edits);
        } else if let (true, Some(first)) = (WRITERS.contains(&name.as_str()), params.first()) {
            outputs::guard(text, first.as_ref(), "plimsoll.text", edits);
        } else if !negated && extensions::arity(&name).is_some_and(|arity| params.len() == usize::from(arity) + 1) {
            // An extension cannot have a variable for its result.
            edits.extend(result_in_front(text, expr, ("", " = "), ")"));
        }
    });
}

/// `out = f(a)` for `f(a, out)`: what stands around `out`, and what ends the call.
fn result_in_front(text: &str, call: &Expr, around: (&str, &str), end: &str) -> Vec<Edit> {
    let Expr::Call { span, params, .. } = call else { return Vec::new() };
    let Some(out) = params.last().map(|out| bounds(text, out.span())) else { return Vec::new() };
    let call = bounds(text, span);
    // What stands in front of the result: an argument, or the bracket if there is none.
    let kept = params.iter().rev().nth(1).map(|last| bounds(text, last.span()).end);
    let Some(kept) = kept.or_else(|| Some(call.start + text.get(call.start..out.start)?.find('(')? + 1)) else {
        return Vec::new();
    };
    let Some(out) = text.get(out) else { return Vec::new() };
    // No line moves.
    let removed = text.get(kept..call.end).unwrap_or_default();
    let lines = removed.matches('\n').count().saturating_sub(out.matches('\n').count());
    vec![
        Edit { start: call.start, end: call.start, text: format!("{}{out}{}", around.0, around.1) },
        Edit { start: kept, end: call.end, text: format!("{end}{}", "\n".repeat(lines)) },
    ]
}

/// The last names of what a `with` of a module replaces.
pub fn replaced(module: &Module) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rule in &module.policy {
        syntax::walk(rule.as_ref(), &mut |node| {
            let Node::Statement(statement) = node else { return };
            let targets = statement.with_mods.iter().filter_map(|modifier| Reference::of(modifier.refr.as_ref()));
            names.extend(targets.filter_map(|target| target.known().pop()));
        });
    }
    names
}
