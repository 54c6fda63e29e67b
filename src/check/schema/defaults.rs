//! Defaults in a definition, by the schema that they stand in (`ValidateDefaults` in
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go`).
//!
//! What lies below a default is not filled in before, but a required field with a default of its own is let be.

use serde_json::Value as Json;

use crate::check::wording::is_placeholder;
use crate::model::path::{Path, Segment};
use crate::model::value::Value;

use super::Version;
use super::compose::Composer;
use super::custom::conform::{What, conform};
use super::table::{Field, Shape, Table, Type};

/// What of the default of a schema does not fit the schema: the route below `default`, and a phrase that follows "which".
#[must_use]
pub fn default_faults(schema: Value<'_>, version: Version) -> Vec<(Path, String)> {
    let mut composer = Composer::new(false);
    let (index, asks) = composer.node_of(schema);
    let Some(default) = &asks.default else { return Vec::new() };
    let table = composer.finish();
    let mut walk = Typed { table: Table::read(&table), trail: Vec::new(), faults: Vec::new() };
    walk.value(default, index);
    if !walk.faults.is_empty() {
        return walk.faults;
    }
    let faults = conform(default, &asks, version.minor, false).faults.into_iter();
    let phrase = |what| match what {
        What::Phrase(phrase) => phrase,
        What::Enum(words) => format!("must be one of `{}`", words.join("`, `")),
        What::Repeated { .. } => "repeats an item".to_owned(),
        What::Rule { .. } => "breaks a rule".to_owned(),
    };
    faults.map(|fault| (fault.path, phrase(fault.what))).collect()
}

/// The walk of a value beside its type.
struct Typed<'t> {
    table: Table<'t>,
    trail: Vec<Segment>,
    faults: Vec<(Path, String)>,
}

impl Typed<'_> {
    fn value(&mut self, value: &Json, index: u32) {
        let of = self.table.type_at(index);
        let wanted = match (of.shape, value) {
            (_, Json::Null) => return,
            (_, Json::String(text)) if is_placeholder(text) => return,
            (Shape::Object, Json::Object(members)) => {
                for (name, member) in members {
                    match self.table.field(&of, name) {
                        Some((_, field)) => self.below(Segment::from(name.as_str()), member, field.type_index()),
                        None if of.has(Type::CLOSED) => self.fault_at(name, "is not declared"),
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
            (Shape::String | Shape::IntOrString, Json::String(_)) | (Shape::Boolean, Json::Bool(_)) => return,
            (Shape::Number, Json::Number(_)) => return,
            (Shape::Int64 | Shape::IntOrString, Json::Number(number)) if number.is_i64() => return,
            (Shape::Object | Shape::Map, _) => "must be an object",
            (Shape::Array, _) => "must be a list",
            (Shape::String, _) => "must be a string",
            (Shape::Boolean, _) => "must be a boolean",
            (Shape::Number, _) => "must be a number",
            (Shape::Int64, _) => "must be an integer",
            (Shape::IntOrString, _) => "must be an integer or a string",
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
        self.faults.push((Path(self.trail.clone()), phrase.to_owned()));
    }

    fn fault_at(&mut self, name: &str, phrase: &str) {
        self.trail.push(Segment::from(name));
        self.fault(phrase);
        self.trail.pop();
    }
}
