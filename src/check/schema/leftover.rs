//! What custom resource definitions ask for beyond types and fields: patterns, limits, enumerations, formats and
//! alternatives. The one place that uses `jsonschema`, over our own tree.
//!
//! From a structural schema only these keywords are taken, because the table checks the rest. Alternatives (`oneOf` and
//! its siblings) are left out where a default is declared below them: the API server applies defaults first, and what it
//! then sees is not what is written.

use std::borrow::Cow;

use jsonschema::error::ValidationErrorKind;
use jsonschema::json::{Array, Json, Node, NodeIdentity, Object};
use jsonschema::{Draft, JsonType, PatternOptions, Validator};
use serde_json::{Map, Number, Value as JsonValue};

use crate::model::scalar::Scalar;
use crate::model::value::{Entries, Entry, Items, Value};

use super::compose::is_true;
use super::formats;

/// Keywords that are taken as they are.
const KEYWORDS: &[&str] = &[
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "uniqueItems",
];
const ALTERNATIVES: &[&str] = &["allOf", "anyOf", "not", "oneOf"];

/// The rest of a structural schema as JSON Schema; `None` if there is none.
pub(super) fn rest_of(schema: Value<'_>) -> Option<JsonValue> {
    let mut rest = Map::new();
    for key in KEYWORDS {
        if let Some(value) = schema.get(key).filter(|value| !value.is_null()) {
            rest.insert((*key).to_owned(), to_json(value));
        }
    }
    if let Some(format) = schema.get("format").and_then(Value::as_str).filter(|format| formats::is_enforced(format)) {
        rest.insert("format".to_owned(), format.into());
    }
    if schema.get("x-kubernetes-list-type").and_then(Value::as_str).as_deref() == Some("set") {
        rest.insert("uniqueItems".to_owned(), true.into());
    }
    if !is_true(schema, "x-kubernetes-int-or-string") && !has_default(schema) {
        for key in ALTERNATIVES {
            if let Some(value) = schema.get(key).filter(|value| !value.is_null()) {
                rest.insert((*key).to_owned(), to_json(value));
            }
        }
    }
    let properties: Map<_, _> = schema
        .get("properties")
        .into_iter()
        .flat_map(Value::entries)
        .filter_map(|entry| Some((entry.name().into_owned(), rest_of(entry.value)?)))
        .collect();
    if !properties.is_empty() {
        rest.insert("properties".to_owned(), properties.into());
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(key).filter(|inner| inner.is_mapping()).and_then(rest_of) {
            rest.insert(key.to_owned(), inner);
        }
    }
    (!rest.is_empty()).then_some(rest.into())
}

fn has_default(schema: Value<'_>) -> bool {
    schema
        .get("properties")
        .into_iter()
        .flat_map(Value::entries)
        .any(|entry| entry.value.get("default").is_some() || has_default(entry.value))
        || ["items", "additionalProperties"].iter().any(|key| schema.get(key).is_some_and(has_default))
}

/// A compiled rest.
pub(super) struct Checker(Validator<Manifest>);

/// What is wrong, and where.
pub(super) struct Fault {
    /// The JSON pointer of the value.
    pub(super) pointer: String,
    pub(super) what: What,
}

/// What is wrong.
pub(super) enum What {
    /// Not one of these values.
    Enum(Vec<String>),
    /// Anything else, as a phrase that follows the name of the field: "must be at least 1".
    Phrase(String),
}

impl Checker {
    /// Compiles a rest. Patterns that Rust's engine does not know are left out.
    pub(super) fn compile(rest: &JsonValue) -> Option<Checker> {
        let build = |rest: &JsonValue| {
            let options = jsonschema::options_for::<Manifest>()
                .with_draft(Draft::Draft4)
                .with_pattern_options(PatternOptions::regex())
                .should_validate_formats(true)
                .should_ignore_unknown_formats(true);
            formats::ALL.iter().fold(options, |options, (name, check)| options.with_format(*name, *check)).build(rest)
        };
        build(rest).or_else(|_| build(&without_patterns(rest))).ok().map(Checker)
    }

    /// Everything that is wrong with an object.
    pub(super) fn check(&self, value: Value<'_>) -> Vec<Fault> {
        self.0
            .iter_errors(View::Tree(value))
            .map(|error| Fault { pointer: error.instance_path().as_str().to_owned(), what: describe(error.kind()) })
            .collect()
    }
}

fn describe(kind: &ValidationErrorKind) -> What {
    use ValidationErrorKind as Kind;
    What::Phrase(match kind {
        Kind::Enum { options } => {
            let options = options.as_array().into_iter().flatten();
            let plain = |option: &JsonValue| option.as_str().map_or_else(|| option.to_string(), str::to_owned);
            return What::Enum(options.map(plain).collect());
        }
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
        Kind::UniqueItems => "has the same item twice".to_owned(),
        Kind::Required { property } => format!("needs {property}"),
        Kind::OneOfMultipleValid { .. } => "fits more than one of the alternatives (`oneOf`)".to_owned(),
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } => {
            let needed: Vec<_> = context.iter().flatten().map(|error| error.kind()).collect();
            let names: Vec<_> = needed
                .iter()
                .filter_map(|kind| match kind {
                    Kind::Required { property: JsonValue::String(name) } => Some(format!("`{name}`")),
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
    })
}

fn without_patterns(rest: &JsonValue) -> JsonValue {
    match rest {
        JsonValue::Object(members) => members
            .iter()
            .filter(|(key, value)| !(*key == "pattern" && value.is_string()))
            .map(|(key, value)| (key.clone(), without_patterns(value)))
            .collect::<Map<_, _>>()
            .into(),
        JsonValue::Array(items) => items.iter().map(without_patterns).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

/// A value of the tree as `serde_json` has it.
fn to_json(value: Value<'_>) -> JsonValue {
    if value.is_mapping() {
        return value
            .entries()
            .map(|entry| (entry.name().into_owned(), to_json(entry.value)))
            .collect::<Map<_, _>>()
            .into();
    }
    if value.is_sequence() {
        return value.items().map(to_json).collect::<Vec<_>>().into();
    }
    match value.scalar() {
        None | Some(Scalar::Null) => JsonValue::Null,
        Some(Scalar::Bool(value)) => value.into(),
        Some(Scalar::Str(text)) => text.into(),
        Some(number) => to_number(&number).map_or(JsonValue::Null, JsonValue::Number),
    }
}

/// A whole number is an integer even if it is written with a dot: the conversion from YAML writes it without.
fn to_number(scalar: &Scalar<'_>) -> Option<Number> {
    match *scalar {
        Scalar::Int(number) => Some(number.into()),
        Scalar::Uint(number) => Some(number.into()),
        Scalar::Float(number) if number.fract() == 0.0 && number.abs() < 2f64.powi(53) => Some((number as i64).into()),
        Scalar::Float(number) => Number::from_f64(number),
        _ => None,
    }
}

/// The representation of JSON that is our tree.
pub(super) struct Manifest;

impl Json for Manifest {
    type Node<'a> = View<'a>;
    type PreparedKey = Box<str>;
    type StringBuffer = ();

    fn prepare_key(key: &str) -> Box<str> {
        key.into()
    }

    fn with_string_node<T>((): &mut (), string: &str, f: impl FnOnce(View<'_>) -> T) -> T {
        f(View::Text(string))
    }
}

/// A value of the tree, or a text that `jsonschema` made.
#[derive(Debug, Clone)]
pub(super) enum View<'a> {
    Tree(Value<'a>),
    Text(&'a str),
}

impl<'a> View<'a> {
    fn tree(&self) -> Option<Value<'a>> {
        match self {
            View::Tree(value) => Some(*value),
            View::Text(_) => None,
        }
    }
}

impl<'a> Node<'a, Manifest> for View<'a> {
    type Object = Members<'a>;
    type Array = Elements<'a>;
    type Number = Number;

    fn as_object(&self) -> Option<Members<'a>> {
        self.tree().filter(|value| value.is_mapping()).map(Members)
    }

    fn as_array(&self) -> Option<Elements<'a>> {
        self.tree().filter(|value| value.is_sequence()).map(Elements)
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self {
            View::Tree(value) => value.as_str(),
            View::Text(text) => Some(Cow::Borrowed(text)),
        }
    }

    fn as_number(&self) -> Option<Number> {
        to_number(&self.tree()?.scalar()?)
    }

    fn as_boolean(&self) -> Option<bool> {
        self.tree()?.as_bool()
    }

    fn is_null(&self) -> bool {
        self.tree().is_some_and(Value::is_null)
    }

    fn json_type(&self) -> JsonType {
        let Some(value) = self.tree() else { return JsonType::String };
        match value.scalar() {
            None if value.is_mapping() => JsonType::Object,
            None => JsonType::Array,
            Some(Scalar::Null) => JsonType::Null,
            Some(Scalar::Bool(_)) => JsonType::Boolean,
            Some(Scalar::Str(_)) => JsonType::String,
            Some(number) if to_number(&number).is_none() => JsonType::Null,
            Some(_) => JsonType::Number,
        }
    }

    fn to_value(&self) -> Cow<'a, JsonValue> {
        Cow::Owned(match self {
            View::Tree(value) => to_json(*value),
            View::Text(text) => JsonValue::from(*text),
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        let value = self.tree()?;
        Some(NodeIdentity::new(std::ptr::from_ref(value.node()) as usize))
    }
}

/// The members of a mapping. Null members are absent, as they are for the API server.
pub(super) struct Members<'a>(Value<'a>);

impl<'a> Object<'a, Manifest> for Members<'a> {
    type Node = View<'a>;
    type MemberName = Cow<'a, str>;
    type MembersIter = MembersIter<'a>;

    fn len(&self) -> usize {
        self.members().count()
    }

    fn get(&self, key: &Box<str>) -> Option<View<'a>> {
        self.0.get(key).filter(|value| !value.is_null()).map(View::Tree)
    }

    fn members(&self) -> MembersIter<'a> {
        MembersIter(self.0.entries())
    }
}

/// See [`Members`].
pub(super) struct MembersIter<'a>(Entries<'a>);

impl<'a> Iterator for MembersIter<'a> {
    type Item = (Cow<'a, str>, View<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let present = |entry: &Entry<'a>| !entry.value.is_null();
        self.0.find(present).map(|entry| (entry.name(), View::Tree(entry.value)))
    }
}

/// The items of a sequence.
pub(super) struct Elements<'a>(Value<'a>);

impl<'a> Array<'a, Manifest> for Elements<'a> {
    type Node = View<'a>;
    type ElementsIter = std::iter::Map<Items<'a>, fn(Value<'a>) -> View<'a>>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn elements(&self) -> Self::ElementsIter {
        self.0.items().map(View::Tree)
    }
}
