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
.fixable()
.not_by_comment();

/// A suppression of a rule that does not exist.
pub const UNKNOWN_RULE: Rule = Rule::new(
    "unknown-rule",
    Category::Hygiene,
    Severity::Error,
    "a suppression names a rule that does not exist",
    "the comment silences nothing, although it looks as if it did",
    "write the id as `plimsoll rules` lists it",
)
.fixable()
.not_by_comment();

/// A suppression without a reason, be it a comment or an entry of the configuration, where `require_reason` is set.
pub const MISSING_SUPPRESSION_REASON: Rule = Rule::new(
    "missing-suppression-reason",
    Category::Hygiene,
    Severity::Warning,
    "a suppression does not say why",
    "whoever reads the file next cannot tell an accepted risk from a shortcut",
    "write the reason behind the bracket: `# plimsoll: ignore[rule] reason`, or in `reason` of the entry in plimsoll.yaml",
)
.not_by_comment();

/// The rules of this stage.
pub static RULES: &[Rule] = &[UNUSED_SUPPRESSION, UNKNOWN_RULE, MISSING_SUPPRESSION_REASON];
