//! One node of a structural schema, read in one pass over its entries: definitions are long, and looking each keyword up
//! in turn would read them twenty times.

use std::borrow::Cow;

use serde_json::{Map, Number, Value as Json};

use crate::check::pattern::Pattern;
use crate::model::scalar::Scalar;
use crate::model::value::{Entry, Value};

use super::super::formats;
use super::alternatives::Alternatives;
use super::cel::Rule;
use super::{Asks, Limit, List};

/// Deeper than anything that people write into a default or an alternative.
const DEPTH: u32 = 100;

/// What is written in a node of a schema.
#[derive(Default)]
pub(in super::super) struct Keywords<'t> {
    pub(in super::super) kind: Option<Cow<'t, str>>,
    pub(in super::super) properties: Option<Value<'t>>,
    pub(in super::super) items: Option<Value<'t>>,
    pub(in super::super) additional: Option<Value<'t>>,
    pub(in super::super) required: Option<Value<'t>>,
    pub(in super::super) nullable: bool,
    pub(in super::super) int_or_string: bool,
    pub(in super::super) preserve: bool,
    pub(in super::super) embedded: bool,
    /// Integers have 32 bits.
    pub(in super::super) is_short: bool,
    default: Option<Value<'t>>,
    set: bool,
    keys: Option<Value<'t>>,
    rules: Option<Value<'t>>,
    limits: Vec<Limit>,
    exclusive: (bool, bool),
    alternatives: Vec<(&'static str, Value<'t>)>,
}

impl<'t> Keywords<'t> {
    /// Reads a node. The last of two equal keywords counts.
    pub(in super::super) fn read(schema: Value<'t>) -> Self {
        let mut all = Keywords::default();
        for entry in schema.entries() {
            let value = entry.value;
            let is_true = || value.as_bool() == Some(true);
            match &*entry.name() {
                // The most frequent one, and never of interest.
                "description" | "title" | "example" | "externalDocs" => {}
                "type" => all.kind = value.as_str(),
                "properties" => all.properties = Some(value).filter(|value| value.is_mapping()),
                "items" => all.items = Some(value).filter(|value| value.is_mapping()),
                "additionalProperties" => all.additional = Some(value).filter(|value| !value.is_null()),
                "required" => all.required = Some(value),
                "default" => all.default = Some(value).filter(|value| !value.is_null()),
                "nullable" => all.nullable = is_true(),
                "x-kubernetes-int-or-string" => all.int_or_string = is_true(),
                "x-kubernetes-preserve-unknown-fields" => all.preserve = is_true(),
                "x-kubernetes-embedded-resource" => all.embedded = is_true(),
                "x-kubernetes-list-type" => all.set = value.as_str().as_deref() == Some("set"),
                "x-kubernetes-list-map-keys" => all.keys = Some(value),
                "x-kubernetes-validations" => all.rules = Some(value),
                "exclusiveMinimum" => all.exclusive.0 = is_true(),
                "exclusiveMaximum" => all.exclusive.1 = is_true(),
                "allOf" => all.alternatives.push(("allOf", value)),
                "anyOf" => all.alternatives.push(("anyOf", value)),
                "oneOf" => all.alternatives.push(("oneOf", value)),
                "not" => all.alternatives.push(("not", value)),
                "format" if value.as_str().as_deref() == Some("int32") => all.is_short = true,
                keyword => all.limits.extend(limit(keyword, value)),
            }
        }
        all
    }

    /// What the node itself asks for; taken out of it.
    pub(in super::super) fn asks(&mut self) -> Option<Asks> {
        let is_plain =
            self.default.is_none() && self.rules.is_none() && self.keys.is_none() && !self.set && !self.embedded;
        if is_plain && self.limits.is_empty() && self.alternatives.is_empty() {
            return None;
        }
        let mut limits = std::mem::take(&mut self.limits);
        for limit in &mut limits {
            match limit {
                Limit::Minimum { exclusive, .. } => *exclusive = self.exclusive.0,
                Limit::Maximum { exclusive, .. } => *exclusive = self.exclusive.1,
                _ => {}
            }
        }
        let keys: Vec<String> = self.keys.into_iter().flat_map(Value::items).filter_map(text).collect();
        let list = match keys.is_empty() {
            false => List::Map(keys),
            true if self.set => List::Set,
            true => List::Atomic,
        };
        let alternatives: Map<String, Json> = std::mem::take(&mut self.alternatives)
            .into_iter()
            .filter(|(keyword, value)| !(self.int_or_string && *keyword == "anyOf" && is_int_or_string(*value)))
            .filter_map(|(keyword, value)| Some((keyword.to_owned(), to_json(value, DEPTH)?)))
            .filter(|(_, value)| !value.is_null())
            .collect();
        let asks = Asks {
            default: self.default.and_then(|default| to_json(default, DEPTH)),
            limits,
            list,
            alternatives: (!alternatives.is_empty()).then(|| Box::new(Alternatives::new(alternatives))),
            embedded: self.embedded,
            rules: self.rules.into_iter().flat_map(Value::items).filter_map(rule).collect(),
            ..Asks::default()
        };
        asks.if_any()
    }
}

fn text(value: Value<'_>) -> Option<String> {
    value.as_str().map(Cow::into_owned)
}

fn rule(value: Value<'_>) -> Option<Rule> {
    let mut rule = Rule::default();
    for entry in value.entries() {
        match &*entry.name() {
            "rule" => {
                rule.text = text(entry.value)?;
                rule.span = Some(entry.value.span());
            }
            "message" => rule.message = text(entry.value).filter(|text| !text.trim().is_empty()),
            "messageExpression" => rule.message_expression = text(entry.value).filter(|text| !text.trim().is_empty()),
            "fieldPath" => rule.field = text(entry.value).filter(|text| !text.is_empty()),
            "optionalOldSelf" => rule.optional_old = entry.value.as_bool() == Some(true),
            _ => {}
        }
    }
    (!rule.text.trim().is_empty()).then_some(rule)
}

/// `anyOf: [{type: integer}, {type: string}]`, which says again what `x-kubernetes-int-or-string` says.
fn is_int_or_string(any_of: Value<'_>) -> bool {
    let is = |item: Value<'_>, kind: &str| {
        item.len() == 1 && item.get("type").and_then(Value::as_str).as_deref() == Some(kind)
    };
    let mut items = any_of.items();
    items.next().is_some_and(|item| is(item, "integer"))
        && items.next().is_some_and(|item| is(item, "string"))
        && items.next().is_none()
}

fn limit(keyword: &str, value: Value<'_>) -> Option<Limit> {
    let count = || match value.scalar()? {
        Scalar::Int(number) => usize::try_from(number).ok(),
        Scalar::Float(number) if number.fract() == 0.0 && number >= 0.0 => Some(number as usize),
        _ => None,
    };
    let number = || to_number(&value.scalar()?);
    Some(match keyword {
        // An empty list is none.
        "enum" if !value.is_empty() => Limit::Enum(value.items().filter_map(|item| to_json(item, DEPTH)).collect()),
        "pattern" => Limit::Pattern(Pattern::new(text(value).filter(|text| !text.is_empty())?)),
        "format" => Limit::Format(formats::find(&value.as_str()?)?),
        "minimum" => Limit::Minimum { limit: number()?, exclusive: false },
        "maximum" => Limit::Maximum { limit: number()?, exclusive: false },
        "multipleOf" => Limit::MultipleOf(number()?),
        "minLength" => Limit::MinLength(count()?),
        "maxLength" => Limit::MaxLength(count()?),
        "minItems" => Limit::MinItems(count()?),
        "maxItems" => Limit::MaxItems(count()?),
        "minProperties" => Limit::MinProperties(count()?),
        "maxProperties" => Limit::MaxProperties(count()?),
        "uniqueItems" if value.as_bool() == Some(true) => Limit::UniqueItems,
        _ => return None,
    })
}

/// A value of the tree as `serde_json` has it; `None` where collections lie inside each other more deeply than `depth`.
pub(in super::super) fn to_json(value: Value<'_>, depth: u32) -> Option<Json> {
    let below = |inner: Value<'_>| if depth == 0 { None } else { to_json(inner, depth - 1) };
    if value.is_mapping() {
        let members = value.entries().map(|entry| Some((entry.name().into_owned(), below(entry.value)?)));
        return members.collect::<Option<Map<_, _>>>().map(Json::Object);
    }
    if value.is_sequence() {
        return value.items().map(below).collect::<Option<Vec<_>>>().map(Json::Array);
    }
    Some(match value.scalar() {
        None | Some(Scalar::Null) => Json::Null,
        Some(Scalar::Bool(value)) => value.into(),
        Some(Scalar::Str(text)) => text.into(),
        Some(number) => to_number(&number).map_or(Json::Null, Json::Number),
    })
}

/// As [`to_json`], without the members that nothing is asked about: of most objects hardly anything is left.
pub(in super::super) fn asked(value: Value<'_>, asks: &Asks, depth: u32) -> Option<Json> {
    if asks.sees_all() {
        return to_json(value, depth);
    }
    let below = |inner: Value<'_>, asks: &Asks| if depth == 0 { None } else { asked(inner, asks, depth - 1) };
    if value.is_mapping() {
        let member = |entry: Entry<'_>| {
            let name = entry.name();
            let member = if asks.reads(&name) {
                depth.checked_sub(1).and_then(|depth| to_json(entry.value, depth))
            } else {
                below(entry.value, asks.property(&name).or(asks.additional.as_deref())?)
            };
            Some(member.map(|member| (name.into_owned(), member)))
        };
        return value.entries().filter_map(member).collect::<Option<Map<_, _>>>().map(Json::Object);
    }
    match &asks.items {
        _ if !asks.rules.is_empty() => to_json(value, depth),
        Some(asks) if value.is_sequence() => {
            value.items().map(|item| below(item, asks)).collect::<Option<Vec<_>>>().map(Json::Array)
        }
        None if value.is_sequence() => Some(Json::Array(Vec::new())),
        _ => to_json(value, depth),
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
