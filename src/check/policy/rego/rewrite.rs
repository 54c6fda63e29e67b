//! Edits that make regorus read a policy as OPA does. The text that is loaded differs from the text that people see,
//! but never in its lines, so that only columns need to be mapped back.

use std::collections::BTreeSet;
use std::ops::Range;

use regorus::Value;
use regorus::unstable::{AssignOp, Expr, Literal, LiteralStmt, Module, Rule, Span};

use super::calls;
use super::metadata;
use super::mocks::Mocks;
use super::negation;
use super::outputs;
use super::repair;
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
    /// Where an edit was left out, since it crosses another: the text does not mean there what it should.
    pub lost: Option<usize>,
}

/// A module and what it was read from.
#[derive(Clone, Copy)]
pub struct Source<'s> {
    pub text: &'s str,
    pub module: &'s Module,
    pub v0: bool,
}

/// What is known of all modules together.
#[derive(Default)]
pub struct Names {
    /// The names of all rules in the package of the module, from every file.
    pub rules: BTreeSet<String>,
    /// The last names of what a `with` replaces in any module.
    pub replaced: BTreeSet<String>,
    /// The folder of the module, for files beside it.
    pub folder: String,
    /// The functions that a `with` replaces in any module, and regorus does not have.
    pub mocks: Mocks,
}

/// What a module needs. A `careful` reading is slower, and takes for undefined what regorus takes for an error of the
/// policy.
pub fn rewrite(source: Source<'_>, names: &Names, careful: bool) -> Rewritten {
    let Source { text, module, v0 } = source;
    let rules = &names.rules;
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
        outputs::edits(text, rule.as_ref(), v0, &mut edits);
        outputs::factors(text, rule.as_ref(), &mut edits);
        if careful {
            outputs::guards(text, rule.as_ref(), &mut edits);
        }
        own_elements(text, rule.as_ref(), &mut edits);
        with_targets(module, rule.as_ref(), rules, &mut edits);
        names.mocks.edits(text, rule.as_ref(), names, &mut edits);
        annotations(text, module, rule.as_ref(), &mut edits);
        calls::edits(text, module, rule.as_ref(), names, &mut edits);
        if !repair::has_negated_bodies(text) {
            negation::edits(text, rule.as_ref(), rules, &mut edits);
        }
    }
    Rewritten::new(text, edits)
}

impl Rewritten {
    /// Applies edits; of two that overlap the first is kept.
    pub fn new(text: &str, mut edits: Vec<Edit>) -> Rewritten {
        edits.sort_by_key(|edit| (edit.start, edit.end));
        let mut rewritten = Rewritten { text: String::with_capacity(text.len()), ..Rewritten::default() };
        let mut at = 0;
        for edit in edits {
            if edit.start < at || text.get(edit.start..edit.end).is_none() {
                rewritten.lost.get_or_insert(edit.start.min(text.len()));
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

/// `c = containers[c]`: OPA takes `c` from the elements of the set; regorus calls it unsafe.
fn own_elements(text: &str, rule: &Rule, edits: &mut Vec<Edit>) {
    syntax::walk(rule, &mut |node| {
        let Node::Statement(statement) = node else { return };
        let Literal::Expr { expr, .. } = &statement.literal else { return };
        let Expr::AssignExpr { op: AssignOp::Eq, lhs, rhs, .. } = expr.as_ref() else { return };
        let (Expr::Var { span, .. }, Expr::RefBrack { index, .. }) = (lhs.as_ref(), rhs.as_ref()) else { return };
        let same = matches!(index.as_ref(), Expr::Var { span: index, .. } if index.text() == span.text());
        let start = statement.span.start as usize;
        if same && span.text() != "_" && !super::negation::without_braces(text, start) {
            let name = format!("{}element_{start}", super::negation::PREFIX);
            let end = statement_end(text, statement);
            edits.push(Edit { start: end, end, text: format!("; {} == {name}", span.text()) });
            edits.push(Edit { start: span.start as usize, end: span.end as usize, text: name });
        }
    });
}

/// Behind a statement and its modifiers.
pub fn statement_end(text: &str, statement: &LiteralStmt) -> usize {
    let modifiers = statement.with_mods.iter().map(|modifier| bounds(text, modifier.r#as.span()).end);
    modifiers.fold(bounds(text, &statement.span).end, usize::max)
}

/// `with q as 7` for a rule of the package, or below an import: regorus wants the whole path.
fn with_targets(module: &Module, rule: &Rule, rules: &BTreeSet<String>, edits: &mut Vec<Edit>) {
    let package = syntax::package(module);
    syntax::walk(rule, &mut |node| {
        let Node::Statement(statement) = node else { return };
        for modifier in &statement.with_mods {
            let mut base = modifier.refr.as_ref();
            while let Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } = base {
                base = refr.as_ref();
            }
            let Expr::Var { span, .. } = base else { continue };
            let name = span.text();
            let imported = module.imports.iter().find_map(|import| {
                let target = Reference::of(import.refr.as_ref())?.known();
                let alias = import.r#as.as_ref().map_or(target.last()?.as_str(), |alias| alias.text());
                (alias == name && target[0] == "data" && target.len() > 1).then_some(target)
            });
            let path = match imported {
                Some(target) => target,
                None if rules.contains(name) => [&["data".to_owned()], package.as_slice(), &[name.to_owned()]].concat(),
                None => continue,
            };
            let (start, end) = (span.start as usize, span.end as usize);
            edits.push(Edit { start, end, text: path_text(&path) });
        }
    });
}

/// `data.a["b-c"]`
pub fn path_text(path: &[String]) -> String {
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let part =
        |part: &String| if plain(part) { format!(".{part}") } else { format!("[{}]", Value::from(part.as_str())) };
    path[0].clone() + &path[1..].iter().map(part).collect::<String>()
}

/// `rego.metadata.rule()` and `rego.metadata.chain()`: what the comments in front of the rule and of the package say.
fn annotations(text: &str, module: &Module, rule: &Rule, edits: &mut Vec<Edit>) {
    let mut calls: Vec<(Range<usize>, bool)> = Vec::new();
    syntax::walk(rule, &mut |node| {
        let Node::Expr { expr: Expr::Call { span, fcn, .. }, .. } = node else { return };
        match Reference::of(fcn.as_ref()).map(|name| name.known().join(".")).as_deref() {
            Some("rego.metadata.rule") => calls.push((bounds(text, span), true)),
            Some("rego.metadata.chain") => calls.push((bounds(text, span), false)),
            _ => {}
        }
    });
    if calls.is_empty() {
        return;
    }
    let blocks = metadata::blocks(text);
    let of = |line: u32, scope: &str| {
        let block = blocks.iter().find(|block| block.line == line)?;
        Some((block.annotations(scope), block.text("scope").unwrap_or_else(|| scope.to_owned())))
    };
    let block = of(rule.span().line, "rule");
    let own = block.as_ref().filter(|(_, scope)| scope == "rule").map(|(annotations, _)| annotations.clone());
    let document = block.as_ref().filter(|(_, scope)| scope == "document").map(|(annotations, _)| annotations);
    let package = of(module.package.span.line, "package").map(|(annotations, _)| annotations);
    let path = |rest: &[String]| {
        let path = [syntax::package(module).as_slice(), rest].concat();
        format!("[{}]", path.iter().map(|part| Value::from(part.as_str()).to_string()).collect::<Vec<_>>().join(","))
    };
    let entry = |path: String, annotations: &String| format!("{{\"path\": {path}, \"annotations\": {annotations}}}");
    let mut chain = vec![match &own {
        Some(own) => entry(path(&syntax::name(rule).0), own),
        None => format!("{{\"path\": {}}}", path(&syntax::name(rule).0)),
    }];
    chain.extend(document.map(|document| entry(path(&syntax::name(rule).0), document)));
    chain.extend(package.iter().map(|package| entry(path(&[]), package)));
    for (range, is_rule) in calls {
        let value =
            if is_rule { own.clone().unwrap_or_else(|| "{}".to_owned()) } else { format!("[{}]", chain.join(", ")) };
        edits.push(Edit { start: range.start, end: range.end, text: value });
    }
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
        assert_eq!(rewritten.lost, None);
        let crossing = [(1, 3), (2, 4)].map(|(start, end)| Edit { start, end, text: String::new() });
        assert_eq!(Rewritten::new("abcdef", crossing.to_vec()).lost, Some(2));
    }
}
