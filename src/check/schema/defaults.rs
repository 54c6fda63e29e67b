//! Defaults in a definition, by the schema that they stand in (`ValidateDefaults` in
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go`).
//!
//! What lies below a default is not filled in before: a required field is missing even if it has a default of its own.
//! Other than in an object, items of lists may be equal, and what `x-kubernetes-int-or-string` holds is not looked at.

use serde_json::Value as Json;

use crate::check::wording::is_placeholder;
use crate::model::path::{Path, Segment};
use crate::model::source::Span;
use crate::model::value::Value;

use super::Version;
use super::compose::Composer;
use super::custom::Asks;
use super::custom::cel::{self, Before, Case};
use super::custom::conform::{Fault, Outcome, What, conform};
use super::custom::wording::broken_rule;
use super::table::{Field, Shape, Table, Type};

/// The first version whose servers look at a default without an earlier value too (`CRDValidationRatcheting`).
const ALONE: u16 = 30;

/// What of a default does not fit the schema.
#[derive(Debug)]
pub struct DefaultFault {
    /// The route below `default`.
    pub route: Path,
    /// A phrase that follows what the route leads to: "must be an integer".
    pub phrase: String,
    /// The rule that says so.
    pub rule: Option<Span>,
}

/// What of the default of a schema does not fit the schema. In the metadata of an embedded resource (`in_metadata`)
/// fields may be unknown.
#[must_use]
pub fn default_faults(schema: Value<'_>, version: Version, in_metadata: bool) -> Vec<DefaultFault> {
    let mut composer = Composer::for_defaults();
    let (index, mut asks) = composer.node_of(schema);
    let Some(default) = asks.default.take() else { return Vec::new() };
    let table = composer.finish();
    let table = Table::read(&table);
    let mut walk = Typed { table, in_metadata, trail: Vec::new(), faults: Vec::new() };
    walk.value(&default, index);
    if !walk.faults.is_empty() {
        return walk.faults;
    }
    let is_asked = |fault: &Fault| !matches!(fault.what, What::Repeated { .. });
    let mut faults = conform(&default, &asks, version.minor, false).faults;
    faults.retain(is_asked);
    if faults.is_empty() && asks.note_rules() {
        faults = broken_rules(&default, &asks, table, index, version);
    }
    faults.into_iter().map(told).collect()
}

/// The server takes the default for its own earlier value first, so that rules about changes are evaluated as well.
fn broken_rules(default: &Json, asks: &Asks, table: Table<'_>, index: u32, version: Version) -> Vec<Fault> {
    let mut outcome = Outcome::default();
    let case =
        Case { object: default, before: Before::Object(default), table, index, asks, encrypted: false, status: false };
    cel::evaluate(&case, &mut outcome);
    if outcome.faults.is_empty() && version.minor >= ALONE {
        cel::evaluate(&Case { before: Before::Nothing, ..case }, &mut outcome);
    }
    outcome.faults
}

fn told(fault: Fault) -> DefaultFault {
    let (phrase, rule) = match fault.what {
        What::Phrase(phrase) => (phrase, None),
        What::Enum(words) => (format!("must be one of `{}`", words.join("`, `")), None),
        What::Repeated { .. } => ("repeats an item".to_owned(), None),
        What::Rule { text, message, span, .. } => (broken_rule(&text, message.as_deref()), span),
    };
    DefaultFault { route: fault.path, phrase, rule }
}

/// The walk of a value beside its type.
struct Typed<'t> {
    table: Table<'t>,
    in_metadata: bool,
    trail: Vec<Segment>,
    faults: Vec<DefaultFault>,
}

impl Typed<'_> {
    fn value(&mut self, value: &Json, index: u32) {
        let of = self.table.type_at(index);
        let wanted = match (of.shape, value) {
            (Shape::Any | Shape::Undeclared | Shape::Metadata | Shape::IntOrString, _) => return,
            (_, Json::Null) if of.has(Type::NULLABLE) || self.trail.is_empty() => return,
            (_, Json::String(text)) if is_placeholder(text) => return,
            (Shape::Object, Json::Object(members)) => {
                for (name, member) in members {
                    match self.table.field(&of, name) {
                        Some((_, field)) => self.below(Segment::from(name.as_str()), member, field.type_index()),
                        None if of.has(Type::CLOSED) && !self.in_metadata => self.fault_at(name, "is not declared"),
                        None => {}
                    }
                }
                for (_, field) in self.table.fields(&of).filter(|(_, field)| field.has(Field::REQUIRED)) {
                    let name = self.table.field_name(field);
                    if !members.contains_key(name) {
                        self.fault(&format!("lacks the required field `{name}`"));
                    }
                }
                return;
            }
            (Shape::Map, Json::Object(members)) => {
                for (name, member) in members {
                    self.below(Segment::from(name.as_str()), member, of.first);
                }
                return;
            }
            (Shape::Array, Json::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    self.below(Segment::Index(at), item, of.first);
                }
                return;
            }
            (Shape::String, Json::String(_)) | (Shape::Boolean, Json::Bool(_)) => return,
            (Shape::Number, Json::Number(_)) => return,
            (Shape::Int64, Json::Number(number)) if number.is_i64() => return,
            (Shape::Int32, Json::Number(number)) if number.is_i64() => {
                if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()) {
                    return;
                }
                "must be an integer of 32 bits"
            }
            (Shape::Object | Shape::Map, _) => "must be an object",
            (Shape::Array, _) => "must be a list",
            (Shape::String, _) => "must be a string",
            (Shape::Boolean, _) => "must be a boolean",
            (Shape::Number, _) => "must be a number",
            (Shape::Int32 | Shape::Int64, _) => "must be an integer",
            _ => return,
        };
        self.fault(wanted);
    }

    fn below(&mut self, segment: Segment, value: &Json, index: u32) {
        self.trail.push(segment);
        self.value(value, index);
        self.trail.pop();
    }

    fn fault(&mut self, phrase: &str) {
        let route = Path(self.trail.clone());
        self.faults.push(DefaultFault { route, phrase: phrase.to_owned(), rule: None });
    }

    fn fault_at(&mut self, name: &str, phrase: &str) {
        self.trail.push(Segment::from(name));
        self.fault(phrase);
        self.trail.pop();
    }
}
