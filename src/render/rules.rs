//! The rules that this stage reports while it understands definitions.

use crate::model::rule::{Category, Rule, Severity};

/// A field of a definition holds a value of the wrong shape.
pub(super) const INVALID_VALUE: Rule = Rule::new(
    "invalid-definition-value",
    Category::Definition,
    Severity::Error,
    "a field of a definition holds a list or map where text belongs, or the other way round",
    "Fabrikate cannot decode the file: `fab generate` fails, and nothing is generated.",
    "Give the field a value of the shape that the message names.",
);

/// The generated tree is not what the definition generates.
pub(super) const STALE: Rule = Rule::new(
    "stale-generated-file",
    Category::Definition,
    Severity::Warning,
    "a generated manifest is missing, belongs to no component, or differs from the file it is a copy of",
    "The cluster gets what lies under `generated`, not what the definition says. A change by hand is lost with the next \
     `fab generate`.",
    "Run `fab generate` for that environment and commit what it writes; make changes in the definition.",
);

/// What this stage can report.
pub static RULES: &[Rule] = &[INVALID_VALUE, STALE];
