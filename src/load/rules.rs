//! What the loader says about files and streams. The parser has a table of its own ([`super::yaml::RULES`]).

use crate::model::rule::{Category, Rule, Severity};

/// A file that the operating system does not let us read.
pub static UNREADABLE_FILE: &Rule = &error(
    "unreadable-file",
    "a file cannot be read",
    "what is in it was not checked, so the run says nothing about it",
    "make the file readable for the user that runs plimsoll, or exclude it",
);

/// A file over the budget.
pub static FILE_TOO_LARGE: &Rule = &error(
    "file-too-large",
    "a file is larger than the budget",
    "what is in it was not checked; etcd refuses objects over 1.5 MB long before that",
    "split the file, or exclude it",
);

/// Bytes that are not UTF-8.
pub static NOT_UTF8: &Rule = &error(
    "not-utf8",
    "a file is not UTF-8",
    "Kubernetes clients read UTF-8 and refuse the document that holds other bytes",
    "save the file as UTF-8",
);

/// A separator line that clients refuse.
pub static INVALID_SEPARATOR: &Rule = &error(
    "invalid-document-separator",
    "a line begins with `---` and is no document separator",
    "clients split a file at such lines before they parse it, and stop here: the document before the line and all \
     behind it are never seen",
    "leave nothing but blanks and a comment behind `---`, and indent text that begins with dashes",
);

/// A JSON stream that is broken.
pub static INVALID_JSON: &Rule = &error(
    "invalid-json",
    "a JSON text cannot be parsed",
    "clients refuse the document, and read nothing behind it",
    "mend the text; most JSON editors point at the same place",
);

/// A template that was meant to be rendered.
pub static UNRENDERED_TEMPLATE: &Rule = &error(
    "unrendered-template",
    "a template expression was not rendered",
    "`{{` begins a mapping in YAML, so that the document cannot be parsed and is refused",
    "render the template first, or quote the value if the braces are meant literally",
);

/// A suppression comment that suppresses nothing because of its form.
pub static INVALID_SUPPRESSION: &Rule = &Rule::new(
    "invalid-suppression",
    Category::Syntax,
    Severity::Warning,
    "a suppression comment cannot be understood",
    "it suppresses nothing, and whoever wrote it thinks that it does",
    "write `# plimsoll: ignore[rule-id] reason` on the line or the line above, or `# plimsoll: ignore-file[rule-id] \
     reason` at the top of the file",
)
.not_by_comment();

/// Whether a document with such a finding was read all the same, so that what it holds tells whose it is.
#[must_use]
pub fn leaves_readable(rule: &str) -> bool {
    matches!(rule, "boolean-key" | "duplicate-key" | "merge-override")
}

/// The rules of this file.
pub static RULES: &[&Rule] = &[
    UNREADABLE_FILE,
    FILE_TOO_LARGE,
    NOT_UTF8,
    INVALID_SEPARATOR,
    INVALID_JSON,
    UNRENDERED_TEMPLATE,
    INVALID_SUPPRESSION,
];

const fn error(id: &'static str, title: &'static str, why: &'static str, help: &'static str) -> Rule {
    Rule::new(id, Category::Syntax, Severity::Error, title, why, help).not_by_comment()
}
