//! Limits of single values (`k8s.io/kube-openapi/pkg/validation/validate/values.go`).

use std::cmp::Ordering;

use serde_json::{Number, Value as Json};

use super::super::formats::Format;
use crate::check::pattern::Pattern;

/// One keyword.
#[derive(Debug)]
pub(in super::super) enum Limit {
    Enum(Vec<Json>),
    Pattern(Pattern),
    Format(&'static Format),
    Minimum { limit: Number, exclusive: bool },
    Maximum { limit: Number, exclusive: bool },
    MultipleOf(Number),
    MinLength(usize),
    MaxLength(usize),
    MinItems(usize),
    MaxItems(usize),
    MinProperties(usize),
    MaxProperties(usize),
    UniqueItems,
}

/// What a limit says of a value.
pub(super) enum Judgement {
    /// It is kept, or does not speak of such values.
    Kept,
    Broken,
    /// It cannot be judged, for a reason.
    Unknown(String),
}

impl Limit {
    /// Judges a value. `minor` is the version of Kubernetes.
    pub(super) fn judge(&self, value: &Json, minor: u16) -> Judgement {
        let kept = match (self, value) {
            (Limit::Enum(options), value) => options.iter().any(|option| is_same(option, value)),
            (Limit::Pattern(pattern), Json::String(text)) => match pattern.is_in(text) {
                Some(found) => found,
                None => {
                    let text = pattern.text();
                    return Judgement::Unknown(format!("the pattern `{text}` of the definition cannot be read"));
                }
            },
            (Limit::Format(format), Json::String(text)) => minor < format.since || (format.check)(text),
            (Limit::Minimum { limit, exclusive }, Json::Number(number)) => match compare(number, limit) {
                Ordering::Less => false,
                Ordering::Equal => !exclusive,
                Ordering::Greater => true,
            },
            (Limit::Maximum { limit, exclusive }, Json::Number(number)) => match compare(number, limit) {
                Ordering::Less => true,
                Ordering::Equal => !exclusive,
                Ordering::Greater => false,
            },
            (Limit::MultipleOf(factor), Json::Number(number)) => is_multiple(number, factor),
            (Limit::MinLength(limit), Json::String(text)) => text.chars().count() >= *limit,
            (Limit::MaxLength(limit), Json::String(text)) => text.chars().count() <= *limit,
            (Limit::MinItems(limit), Json::Array(items)) => items.len() >= *limit,
            (Limit::MaxItems(limit), Json::Array(items)) => items.len() <= *limit,
            (Limit::MinProperties(limit), Json::Object(members)) => members.len() >= *limit,
            (Limit::MaxProperties(limit), Json::Object(members)) => members.len() <= *limit,
            (Limit::UniqueItems, Json::Array(items)) => {
                items.iter().enumerate().all(|(at, item)| !items[..at].iter().any(|other| is_same(other, item)))
            }
            _ => true,
        };
        if kept { Judgement::Kept } else { Judgement::Broken }
    }

    /// Whether the server leaves out the rules in CEL once this limit is broken.
    pub(super) fn blocks(&self) -> bool {
        matches!(
            self,
            Limit::Enum(_) | Limit::Format(_) | Limit::MaxLength(_) | Limit::MaxItems(_) | Limit::MaxProperties(_)
        )
    }

    /// What is asked, as a phrase that follows the name of the field: "must be at least 1".
    pub(super) fn phrase(&self) -> String {
        match self {
            Limit::Enum(_) => "has a value that its definition does not list".to_owned(),
            Limit::Pattern(pattern) => format!("does not match the pattern `{}`", pattern.text()),
            Limit::Format(format) => format!("is not in the format `{}`", format.name),
            Limit::Minimum { limit, exclusive: false } => format!("must be at least {limit}"),
            Limit::Minimum { limit, exclusive: true } => format!("must be greater than {limit}"),
            Limit::Maximum { limit, exclusive: false } => format!("must be at most {limit}"),
            Limit::Maximum { limit, exclusive: true } => format!("must be less than {limit}"),
            Limit::MultipleOf(factor) => format!("must be a multiple of {factor}"),
            Limit::MinLength(limit) => format!("must have at least {}", count(*limit, "character")),
            Limit::MaxLength(limit) => format!("must have at most {}", count(*limit, "character")),
            Limit::MinItems(limit) => format!("must have at least {}", count(*limit, "item")),
            Limit::MaxItems(limit) => format!("must have at most {}", count(*limit, "item")),
            Limit::MinProperties(limit) => format!("must have at least {}", count(*limit, "field")),
            Limit::MaxProperties(limit) => format!("must have at most {}", count(*limit, "field")),
            Limit::UniqueItems => "has the same item twice".to_owned(),
        }
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Equal, with numbers by their value.
fn is_same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => compare(one, other) == Ordering::Equal,
        (one, other) => one == other,
    }
}

fn whole(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

fn compare(one: &Number, other: &Number) -> Ordering {
    if let (Some(one), Some(other)) = (whole(one), whole(other)) {
        return one.cmp(&other);
    }
    let float = |number: &Number| number.as_f64().unwrap_or_default();
    float(one).partial_cmp(&float(other)).unwrap_or(Ordering::Equal)
}

/// Fractions are divided with a tolerance (`IsFloat64AJSONInteger` in `k8s.io/kube-openapi`).
fn is_multiple(number: &Number, factor: &Number) -> bool {
    match (whole(number), whole(factor)) {
        (_, Some(0)) => true,
        (Some(number), Some(factor)) => number % factor == 0,
        _ => {
            let quotient = number.as_f64().unwrap_or_default() / factor.as_f64().unwrap_or(1.0);
            let distance = (quotient - quotient.round()).abs();
            !quotient.is_finite() || distance <= 1e-9 * quotient.abs().max(1.0)
        }
    }
}
