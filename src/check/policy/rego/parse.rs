//! A policy's text: which Rego it is written in, and where in it an error points.

use regorus::unstable::{Module, Ref};

use crate::model::diagnostic::Diagnostic;

use super::super::POLICY_ERROR;
use super::engine::{self, Failure};
use super::negation;
use super::scan;
use super::scopes;
use super::text::Text;

/// The first letters of the names that edits put into a text.
const RESERVED: [&str; 2] = [negation::PREFIX, scopes::PREFIX];

/// A policy text that was parsed.
pub struct Parsed {
    pub module: Ref<Module>,
    pub v0: bool,
}

/// Which Rego a text is said to be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// v1 if it can be read as that, else v0.
    Either,
    V0,
    V1,
}

/// Refuses names that edits put into a text.
pub fn reserved(source: &Text) -> Option<Box<Diagnostic>> {
    let (start, prefix) = RESERVED.iter().find_map(|prefix| Some((source.text.find(prefix)?, prefix)))?;
    let (start, end) = word(&source.text, start);
    let message = format!("names that begin with `{prefix}` are plimsoll's own");
    Some(Box::new(Diagnostic::new(&POLICY_ERROR, source.span(start, end), message, "")))
}

/// Parses as Rego v1, and as v0 if that fails, unless the version is known.
pub fn parse(source: &Text, version: Version) -> Result<Parsed, Box<Diagnostic>> {
    let text = source.text.as_str();
    if let Some(offset) = scan::too_deep(text) {
        let message = format!("brackets are nested deeper than {}", scan::DEEPEST);
        let problem = Diagnostic::new(&POLICY_ERROR, source.span(offset, offset + 1), message, "");
        return Err(Box::new(problem.help("give deep literals a name, or make them data")));
    }
    let attempt = |v0: bool| -> Result<Parsed, Failure> {
        let mut engine = engine::blank();
        engine::add(&mut engine, "p", text, v0)?;
        let module = engine.get_modules().first().cloned();
        let module = module.ok_or_else(|| Failure::of("it holds no policy".to_owned()))?;
        Ok(Parsed { module, v0 })
    };
    if version != Version::Either {
        return attempt(version == Version::V0).map_err(|failure| unreadable(source, &failure));
    }
    let v1 = match attempt(false) {
        Ok(parsed) => return Ok(parsed),
        Err(failure) => failure,
    };
    // "`if` keyword is required before rule body". Trying v0 on a text that uses `if` makes regorus write warnings.
    let classic = v1.message.contains("keyword is required");
    if !classic && has_word(text, "if") {
        return Err(unreadable(source, &v1));
    }
    attempt(true).map_err(|v0| unreadable(source, if classic { &v0 } else { &v1 }))
}

/// Whether there is a `$"…"`.
fn has_template(text: &str) -> bool {
    text.contains("$\"") || text.contains("$`")
}

/// Whether a line of the text that is no comment has this word.
fn has_word(text: &str, word: &str) -> bool {
    let code = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    code.flat_map(|line| line.split(|char: char| !(char.is_alphanumeric() || char == '_'))).any(|part| part == word)
}

fn unreadable(source: &Text, failure: &Failure) -> Box<Diagnostic> {
    let offset = failure.place.as_ref().map_or(0, |place| offset(&source.text, place.line, place.column));
    let (start, end) = word(&source.text, offset);
    let problem = Diagnostic::new(&POLICY_ERROR, source.span(start, end), failure.message.clone(), "");
    Box::new(match has_template(&source.text) {
        true => problem.help("template strings, which OPA has since 1.12, are not read yet: use `sprintf`"),
        false => problem,
    })
}

/// The byte of a line and a column, both from 1. regorus counts characters, and a tab as four.
pub fn offset(text: &str, line: u32, column: u32) -> usize {
    let mut at: usize = text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let mut columns = 1;
    for char in text.get(at..).unwrap_or_default().chars() {
        if columns >= column || char == '\n' {
            break;
        }
        columns += if char == '\t' { 4 } else { 1 };
        at += char.len_utf8();
    }
    at
}

/// The name or number that begins at an offset, or one character.
pub fn word(text: &str, start: usize) -> (usize, usize) {
    let is_part = |char: char| char.is_alphanumeric() || char == '_' || char == '.';
    let start = start.min(text.len());
    // regorus places a call at its bracket, people read its name.
    let before = text.get(..start).unwrap_or_default();
    let start = if text[before.len()..].starts_with('(') { before.trim_end_matches(is_part).len() } else { start };
    let rest = text.get(start..).unwrap_or_default();
    let name = rest.find(|char: char| !is_part(char)).unwrap_or(rest.len());
    let length =
        if name == 0 { rest.chars().next().filter(|char| *char != '\n').map_or(0, char::len_utf8) } else { name };
    (start, start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_lead_to_bytes() {
        let text = "a\n\té: b\n";
        assert_eq!(offset(text, 1, 1), 0);
        assert_eq!(offset(text, 2, 5), 3);
        assert_eq!(offset(text, 2, 8), 7);
        assert_eq!(offset(text, 2, 90), 8);
        assert_eq!(offset(text, 9, 1), 9);
        assert_eq!(word(text, 3), (3, 5));
        assert_eq!(word("x := a.f(1)", 8), (5, 8));
        assert_eq!(word("x := (1)", 5), (5, 6));
    }
}
