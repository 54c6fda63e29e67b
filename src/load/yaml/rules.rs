//! The rules of the parser.

use crate::model::rule::{Category, Rule, Severity};

/// What the parser reports.
pub static RULES: &[Rule] = &[
    Rule::new(
        "invalid-yaml",
        Category::Syntax,
        Severity::Error,
        "the document is not YAML as Kubernetes reads it",
        "kubectl, Flux and Argo CD refuse the whole file: nothing in it reaches the cluster",
        "correct the place the finding points at; the usual cause is indentation, a tab, or a missing quote",
    )
    .not_by_comment(),
    Rule::new(
        "duplicate-key",
        Category::Syntax,
        Severity::Error,
        "a mapping has the same key twice",
        "kubectl silently keeps the last of the two, kustomize and Flux refuse the document",
        "remove one of the two, or move what it holds under the other",
    ),
    Rule::new(
        "merge-override",
        Category::Syntax,
        Severity::Error,
        "a merge key (`<<`) brings in a key that stands above it, or that another merge key brings in",
        "kubectl lets the one that is written last win; kustomize and Flux let the key of the mapping itself win, and refuse \
         a second merge key",
        "put one merge key above the keys that override it",
    ),
    Rule::new(
        "boolean-key",
        Category::Syntax,
        Severity::Warning,
        "a key such as `y`, `on` or `no` becomes `true` or `false`",
        "the key that was written does not exist any more when the document reaches the cluster",
        "put the key in quotes",
    ),
    Rule::new(
        "excessive-aliasing",
        Category::Syntax,
        Severity::Error,
        "aliases blow the document up beyond what Kubernetes reads",
        "kubectl, Flux and Argo CD refuse the whole file",
        "write the values out, or use fewer nested aliases",
    )
    .not_by_comment(),
    Rule::new(
        "nesting-too-deep",
        Category::Syntax,
        Severity::Error,
        "the document is nested deeper than the limit",
        "Kubernetes refuses documents with more than 10,000 levels, and no honest manifest comes near the limit here",
        "flatten the document",
    )
    .not_by_comment(),
    Rule::new(
        "ignored-content",
        Category::Syntax,
        Severity::Error,
        "content behind the end of a document is not read",
        "what stands there never reaches the cluster, and no tool says so",
        "begin a new document with `---` on a line of its own, or correct the indentation",
    )
    .not_by_comment(),
];

pub(super) static INVALID_YAML: &Rule = &RULES[0];
pub(in crate::load) static DUPLICATE_KEY: &Rule = &RULES[1];
pub(super) static MERGE_OVERRIDE: &Rule = &RULES[2];
pub(super) static BOOLEAN_KEY: &Rule = &RULES[3];
pub(in crate::load) static EXCESSIVE_ALIASING: &Rule = &RULES[4];
pub(in crate::load) static NESTING_TOO_DEEP: &Rule = &RULES[5];
pub(super) static IGNORED_CONTENT: &Rule = &RULES[6];
