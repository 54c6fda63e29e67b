//! What is wrong with an expression, and where.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kube_cel::cel::parser::Parser;

/// Why the API server does not compile an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What follows the name of the field: "names `foo`, which …".
    pub fault: String,
    /// Beside the marked text.
    pub label: String,
    /// How to mend it.
    pub help: Option<String>,
    /// The bytes of the expression to mark; nothing for all of it.
    pub place: Option<Range<usize>>,
    pub(super) mark: Mark,
}

/// What to mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// All of it.
    All,
    /// The token of a node.
    Token(u64),
    /// The first such name at or behind the token of a node.
    Behind(u64, String),
    /// The last such name before the token of a node.
    Before(u64, String),
}

impl Problem {
    pub(super) fn new(mark: Mark, fault: String, label: impl Into<String>) -> Box<Self> {
        Box::new(Problem { fault, label: label.into(), help: None, place: None, mark })
    }

    /// A rule about something that expressions do not see: `unable to convert structural schema to CEL declarations`.
    #[must_use]
    pub fn untyped() -> Box<Self> {
        let fault = "is about a value without a type, which expressions do not see".to_owned();
        Problem::new(Mark::All, fault, "nothing to look at")
            .help(Some("give the schema a `type`, or put the rule on the field that holds it".to_owned()))
    }

    pub(super) fn help(mut self: Box<Self>, help: Option<String>) -> Box<Self> {
        self.help = help;
        self
    }

    /// With its place.
    pub(super) fn placed(mut self: Box<Self>, text: &str) -> Box<Self> {
        self.place = match &self.mark {
            Mark::All => None,
            Mark::Token(node) => token(text, *node),
            Mark::Behind(node, name) => token(text, *node).and_then(|at| {
                let mut all = text[at.start..].match_indices(&**name).map(|(found, _)| at.start + found);
                all.find(|found| is_whole(text, *found, name)).map(|found| found..found + name.len())
            }),
            Mark::Before(node, name) => token(text, *node).and_then(|at| {
                let found = text[..at.start].rmatch_indices(&**name).map(|(found, _)| found);
                found.into_iter().find(|found| is_whole(text, *found, name)).map(|found| found..found + name.len())
            }),
        };
        self
    }
}

/// Whether a node is a call of such a name.
pub(super) fn calls(text: &str, node: u64, name: &str) -> bool {
    let before = || text[..token(text, node)?.start].trim_end().strip_suffix(name);
    text.contains(name) && before().is_some_and(|before| before.trim_end().ends_with('.'))
}

/// Whether a word is no part of a longer one.
fn is_whole(text: &str, at: usize, word: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part)
}

/// Where the token of a node stands. The parser tells of places only together with errors: so it reads the expression
/// again, with one behind it, which changes none of the numbers of the nodes before.
fn token(text: &str, node: u64) -> Option<Range<usize>> {
    let broken = format!("{text}\n]");
    let parse = || Parser::new().enable_optional_syntax(true).parse(&broken).err();
    let errors = catch_unwind(AssertUnwindSafe(parse)).ok()??;
    let (start, last) = errors.errors.first()?.source_info.as_ref()?.offset_for(node)?;
    let (start, last) = (start as usize, last as usize);
    let end = (last + 1..=text.len()).find(|end| text.is_char_boundary(*end))?;
    text.get(start..end)?;
    Some(start..end)
}

/// The byte at a line and a column, both from 1, of a text.
pub(super) fn position(text: &str, line: isize, column: isize) -> Option<usize> {
    let mut start = 0;
    let mut lines = text.split_inclusive('\n');
    for _ in 1..line {
        start += lines.next()?.len();
    }
    let line = lines.next().unwrap_or_default();
    let column = usize::try_from(column - 1).ok()?;
    Some(start + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at))
}
