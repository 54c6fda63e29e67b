//! Edits that make regorus read a policy as OPA does. The text that is loaded differs from the text that people see,
//! but never in its lines, so that only columns need to be mapped back.

use std::collections::BTreeSet;
use std::ops::Range;

use regorus::unstable::{Expr, Module, Rule, RuleHead, Span};

use super::extensions;
use super::negation;
use super::syntax::{self, Node, Reference};

/// A replacement in the text of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Bytes of the text as people see it.
    pub start: usize,
    pub end: usize,
    pub text: String,
}

/// The text that is loaded, and the way back from it.
#[derive(Debug, Clone, Default)]
pub struct Rewritten {
    pub text: String,
    edits: Vec<Edit>,
}

/// What a module needs. `rules` are the names of all rules in its package, from every file.
pub fn rewrite(text: &str, module: &Module, rules: &BTreeSet<String>) -> Rewritten {
    let mut edits = Vec::new();
    for import in &module.imports {
        // Allowed and without effect; regorus writes a warning to standard error.
        let span = import.refr.span();
        if Reference::of(import.refr.as_ref()).is_some_and(|import| import.base == "input" && import.keys.is_empty())
            && import.r#as.is_none()
        {
            edits.extend(import_statement(text, span.start as usize, span.end as usize));
        }
    }
    for rule in &module.policy {
        chained_bodies(text, rule.as_ref(), &mut edits);
        out_parameters(text, rule.as_ref(), &mut edits);
        if !module.imports.iter().any(|import| import.refr.span().text().ends_with("keywords.not")) {
            negation::edits(text, rule.as_ref(), rules, &mut edits);
        }
    }
    Rewritten::new(text, edits)
}

impl Rewritten {
    /// Applies edits; of two that overlap the first is kept.
    fn new(text: &str, mut edits: Vec<Edit>) -> Rewritten {
        edits.sort_by_key(|edit| (edit.start, edit.end));
        let mut rewritten = Rewritten { text: String::with_capacity(text.len()), edits: Vec::new() };
        let mut at = 0;
        for edit in edits {
            if edit.start < at || text.get(edit.start..edit.end).is_none() {
                continue;
            }
            rewritten.text.push_str(&text[at..edit.start]);
            rewritten.text.push_str(&edit.text);
            at = edit.end;
            rewritten.edits.push(edit);
        }
        rewritten.text.push_str(&text[at..]);
        rewritten
    }

    /// A stretch of the text as people see it, with its edits; they must not cross its ends.
    pub fn stretch(&self, text: &str, range: Range<usize>) -> String {
        let (mut stretch, mut at) = (String::new(), range.start);
        for edit in self.edits.iter().filter(|edit| edit.start >= range.start && edit.end <= range.end) {
            stretch.push_str(&text[at..edit.start]);
            stretch.push_str(&edit.text);
            at = edit.end;
        }
        stretch.push_str(text.get(at..range.end).unwrap_or_default());
        stretch
    }

    /// The place in the text as people see it, for an offset in the text that was loaded.
    pub fn original(&self, offset: usize) -> usize {
        let mut shift = 0isize;
        for edit in &self.edits {
            let start = edit.start.wrapping_add_signed(shift);
            if offset < start {
                break;
            }
            if offset < start + edit.text.len() {
                return edit.start;
            }
            shift += edit.text.len() as isize - (edit.end - edit.start) as isize;
        }
        offset.saturating_add_signed(-shift)
    }
}

/// The bytes of a syntax node. regorus leaves the quotes out of a span that begins or ends with a text.
pub fn bounds(text: &str, span: &Span) -> Range<usize> {
    let quote = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b'"' | b'`'));
    let (start, end) = (span.start as usize, span.end as usize);
    let before = start.checked_sub(1).and_then(|at| text.as_bytes().get(at));
    start - usize::from(quote(before))..end + usize::from(quote(text.as_bytes().get(end)))
}

/// Blanks out an import with its keyword.
fn import_statement(text: &str, start: usize, end: usize) -> Option<Edit> {
    let keyword = text.get(..start)?.rfind("import")?;
    text.get(keyword + 6..start)?.trim().is_empty().then(|| Edit {
        start: keyword,
        end,
        text: " ".repeat(end - keyword),
    })
}

/// `f(x) = y { … } { … }`: every body has the same head. regorus loses the value of the second.
fn chained_bodies(text: &str, rule: &Rule, edits: &mut Vec<Edit>) {
    let Rule::Spec { head, bodies, .. } = rule else { return };
    let (RuleHead::Compr { span, .. } | RuleHead::Set { span, .. } | RuleHead::Func { span, .. }) = head;
    let first = bodies.first().map_or(0, |body| body.span.start as usize);
    let Some(head) = text.get(span.start as usize..first) else { return };
    let head = head.trim_end();
    for body in bodies.iter().skip(1).filter(|body| !body.is_else) {
        let start = body.span.start as usize;
        if text.as_bytes().get(start) == Some(&b'{') && !head.contains('\n') {
            edits.push(Edit { start, end: start, text: format!("{head} ") });
        }
    }
}

/// `sprintf(f, a, out)`: an extension cannot have a variable for its result.
fn out_parameters(text: &str, rule: &Rule, edits: &mut Vec<Edit>) {
    syntax::walk(rule, &mut |node| {
        let Node::Expr { expr: Expr::Call { span, fcn, params, .. }, negated: false } = node else { return };
        let name = Reference::of(fcn.as_ref()).map(|name| name.known().join(".")).unwrap_or_default();
        if extensions::arity(&name).is_none_or(|arity| params.len() != usize::from(arity) + 1) {
            return;
        }
        let (Some(last), Some(out)) = (params.iter().rev().nth(1), params.last()) else { return };
        let (call, last) = (bounds(text, span), bounds(text, last.span()));
        let Some(out) = text.get(bounds(text, out.span())) else { return };
        edits.push(Edit { start: call.start, end: call.start, text: format!("{out} = ") });
        edits.push(Edit { start: last.end, end: call.end, text: ")".to_owned() });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_back_to_what_people_see() {
        let edits =
            vec![Edit { start: 2, end: 2, text: "xyz".to_owned() }, Edit { start: 5, end: 7, text: "q".to_owned() }];
        let rewritten = Rewritten::new("abcdefghi", edits);
        assert_eq!(rewritten.text, "abxyzcdeqhi");
        let back: Vec<usize> = (0..11).map(|offset| rewritten.original(offset)).collect();
        assert_eq!(back, [0, 1, 2, 2, 2, 2, 3, 4, 5, 7, 8]);
    }
}
