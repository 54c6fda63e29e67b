//! `oneOf` and its siblings: the part of a schema that is left to the crate `jsonschema`.

use std::sync::OnceLock;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value as Json};

use super::super::formats;

/// Alternatives, compiled when they are first asked.
#[derive(Debug)]
pub(in super::super) struct Alternatives {
    schema: Json,
    compiled: OnceLock<Option<Validator>>,
    rules: bool,
}

impl Alternatives {
    pub(super) fn new(schema: Map<String, Json>) -> Self {
        let schema = Json::Object(schema);
        Alternatives { rules: has_rules(&schema), schema, compiled: OnceLock::new() }
    }

    /// Whether there are rules in CEL below.
    pub(super) fn has_rules(&self) -> bool {
        self.rules
    }

    /// What is wrong with a value: JSON pointers below it, and phrases that follow the name of the field. `None` if the
    /// alternatives cannot be compiled.
    pub(super) fn faults(&self, value: &Json) -> Option<Vec<(String, String)>> {
        let validator = self.compiled.get_or_init(|| compile(&self.schema)).as_ref()?;
        if validator.is_valid(value) {
            return Some(Vec::new());
        }
        let fault = |error: ValidationError<'_>| (error.instance_path().as_str().to_owned(), phrase(error.kind()));
        Some(validator.iter_errors(value).map(fault).collect())
    }
}

fn has_rules(schema: &Json) -> bool {
    match schema {
        Json::Object(members) => members.contains_key("x-kubernetes-validations") || members.values().any(has_rules),
        Json::Array(items) => items.iter().any(has_rules),
        _ => false,
    }
}

fn compile(schema: &Json) -> Option<Validator> {
    let options = jsonschema::options()
        .with_draft(Draft::Draft4)
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true);
    let named = formats::ALL.iter().flat_map(|format| format.names.iter().map(move |name| (*name, format.check)));
    named.fold(options, |options, (name, check)| options.with_format(name, check)).build(schema).ok()
}

/// What an error says, as a phrase that follows the name of the field.
pub(super) fn phrase(kind: &Kind) -> String {
    match kind {
        Kind::Pattern { pattern } => format!("does not match the pattern `{pattern}`"),
        Kind::Format { format } => format!("is not in the format `{format}`"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be greater than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::MinProperties { limit } => format!("must have at least {limit} fields"),
        Kind::MaxProperties { limit } => format!("must have at most {limit} fields"),
        Kind::Enum { .. } => "has a value that its definition does not list".to_owned(),
        Kind::UniqueItems => "has the same item twice".to_owned(),
        Kind::Required { property } => {
            format!("needs `{}`", property.as_str().map_or_else(|| property.to_string(), str::to_owned))
        }
        Kind::OneOfMultipleValid { .. } => "fits more than one of the alternatives (`oneOf`)".to_owned(),
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } => {
            let needed: Vec<_> = context.iter().flatten().map(ValidationError::kind).collect();
            let names: Vec<_> = needed
                .iter()
                .filter_map(|kind| match kind {
                    Kind::Required { property: Json::String(name) } => Some(format!("`{name}`")),
                    _ => None,
                })
                .collect();
            if names.len() == needed.len() && !names.is_empty() {
                format!("needs one of {}", names.join(", "))
            } else {
                "fits none of the alternatives".to_owned()
            }
        }
        Kind::Not { .. } => "has what `not` rules out".to_owned(),
        other => format!("breaks the rule `{}`", other.keyword()),
    }
}
