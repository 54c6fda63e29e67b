//! A wish not to be told.

use std::ops::Range;

use super::source::Span;

/// A comment `# plimsoll: ignore[rule, rule] reason`, or `ignore-file` of the same form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The comment, from `#` to the end of the line, or to the next such comment on it.
    pub span: Span,
    /// The rules it names, each with its place.
    pub rules: Vec<(String, Span)>,
    /// What follows the bracket.
    pub reason: Option<String>,
    /// The bytes of the file whose findings it reaches: the line it stands on with its line end, the next line that
    /// holds something if it stands alone (comments and separators hold nothing), or the whole file (`0..u32::MAX`).
    pub reach: Range<u32>,
    /// The form for the whole file.
    pub whole_file: bool,
}
