//! What this stage itself finds fault with: suppressions that do nothing, or do not say why.
//!
//! They belong to `hygiene`: a comment changes nothing in the cluster, and whoever leaves the tidiness of manifests out
//! (`--ignore hygiene`) means these as well. `policy` is for the policies a team wrote.

use crate::model::rule::{Category, Rule, Severity};

/// A suppression that matched no finding.
pub const UNUSED_SUPPRESSION: Rule = Rule::new(
    "unused-suppression",
    Category::Hygiene,
    Severity::Warning,
    "a suppression matches no finding",
    "a suppression that outlives its finding hides the next one on that line",
    "remove the comment, or the entry in plimsoll.yaml",
)
.fixable();

/// A suppression of a rule that does not exist.
pub const UNKNOWN_RULE: Rule = Rule::new(
    "unknown-rule",
    Category::Hygiene,
    Severity::Error,
    "a suppression names a rule that does not exist",
    "the comment silences nothing, although it looks as if it did",
    "write the id as `plimsoll rules` lists it",
)
.fixable();

/// A suppression without a reason, where `require_reason` is set.
pub const MISSING_SUPPRESSION_REASON: Rule = Rule::new(
    "missing-suppression-reason",
    Category::Hygiene,
    Severity::Warning,
    "a suppression does not say why",
    "whoever reads the file next cannot tell an accepted risk from a shortcut",
    "write the reason behind the bracket: `# plimsoll: ignore[rule] reason`",
);

/// The rules of this stage.
pub static RULES: &[Rule] = &[UNUSED_SUPPRESSION, UNKNOWN_RULE, MISSING_SUPPRESSION_REASON];

/// Rules that no comment can silence: a run that hits one of them has not checked everything, and a comment must not
/// make that look like a pass. The rules about suppressions are switched off in the configuration, not by another
/// comment.
pub(super) const NOT_BY_COMMENT: &[&str] = &[
    "unreadable-file",
    "file-too-large",
    "not-utf8",
    "invalid-yaml",
    "invalid-json",
    "invalid-document-separator",
    "unrendered-template",
    "ignored-content",
    "excessive-aliasing",
    "nesting-too-deep",
    "policy-error",
    "policy-function-error",
    "invalid-suppression",
    "unused-suppression",
    "unknown-rule",
    "missing-suppression-reason",
];
