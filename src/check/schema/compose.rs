//! Tables from the structural schemas of custom resource definitions, in the layout of [`super::table`], and beside them
//! what a table cannot hold ([`Asks`]).
//!
//! The rules are those of `k8s.io/apiextensions-apiserver/pkg/apiserver/schema`: a field that is not declared is pruned,
//! and therefore unknown to strict validation, unless `x-kubernetes-preserve-unknown-fields` keeps it; a required field
//! with a default is never missing.

use std::collections::HashMap;

use crate::model::value::Value;

use super::custom::Asks;
use super::custom::keywords::Keywords;
use super::table::{FIELD_SIZE, FORMAT, Field, LIST_SIZE, MAGIC, MINORS_AT, Shape, TYPE_SIZE, Type, name_hash};

/// The longest name that a reference holds, and the most fields that a record counts.
const NAME_LIMIT: usize = 255;
const FIELD_LIMIT: usize = u16::MAX as usize;
/// The deepest nesting of schemas that is looked into: nobody writes a deeper one, and recursion needs a bound.
const DEPTH: u32 = 100;

/// A table being made.
pub(super) struct Composer {
    types: Vec<u8>,
    fields: Vec<u8>,
    lists: Vec<u8>,
    strings: Vec<u8>,
    references: HashMap<String, u32>,
    /// Types without parts, by their shape and flags.
    plain: HashMap<(u8, u8), u32>,
    /// Nothing is pruned (`preserveUnknownFields: true` of `apiextensions.k8s.io/v1beta1`).
    open: bool,
    /// For values that nothing is filled into, and whose numbers have the formats that the schema says.
    for_defaults: bool,
    depth: u32,
}

/// A field of an object being made.
struct NewField {
    hash: u32,
    name: u32,
    word: u32,
}

/// A type, whether it has a default, and what else it asks for.
#[derive(Default)]
struct Made {
    index: u32,
    asks: Option<Asks>,
}

impl Composer {
    pub(super) fn new(open: bool) -> Self {
        let mut composer = Composer {
            types: Vec::new(),
            fields: Vec::new(),
            lists: vec![0; LIST_SIZE],
            strings: Vec::new(),
            references: HashMap::new(),
            plain: HashMap::new(),
            open,
            for_defaults: false,
            depth: 0,
        };
        composer.add(Shape::Any, 0, 0, 0, 0);
        composer
    }

    /// A composer for defaults themselves: nothing is filled into them before the server looks at them, so that what is
    /// required has to be there, and formats of numbers count.
    pub(super) fn for_defaults() -> Self {
        Composer { for_defaults: true, ..Composer::new(false) }
    }

    /// The type of a whole custom resource, and what it asks for. `status` says whether it has the subresource, which
    /// takes that field out of what people write.
    pub(super) fn resource(&mut self, schema: Option<Value<'_>>, status: bool) -> (u32, Asks) {
        let mut fields = Vec::new();
        let mut keywords = schema.map(Keywords::read).unwrap_or_default();
        let mut asks = keywords.asks().unwrap_or_default();
        self.properties(&keywords, &mut fields, &mut asks, |name| !matches!(name, "apiVersion" | "kind" | "metadata"));
        if let Some(metadata) = keywords.properties.and_then(|all| all.get("metadata")) {
            // Of `metadata` only the names may be restricted, and only their values.
            asks.put("metadata", self.aside(metadata));
        }
        if status {
            let hash = name_hash(b"status");
            fields.iter_mut().filter(|field| field.hash == hash).for_each(|field| field.word |= Field::STATUS);
        }
        self.identity(&mut fields, 0);
        asks.sort();
        let open = schema.is_none() || keywords.preserve;
        (self.object(fields, if open { 0 } else { Type::CLOSED }), asks)
    }

    /// The bytes of the table.
    pub(super) fn finish(self) -> Vec<u8> {
        let parts: [(&[u8], usize); 5] = [
            (&self.types, TYPE_SIZE),
            (&self.fields, FIELD_SIZE),
            (&self.lists, LIST_SIZE),
            (&[], 1),
            (&self.strings, 1),
        ];
        let mut bytes = Vec::with_capacity(MINORS_AT + parts.iter().map(|(part, _)| part.len()).sum::<usize>());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&0u16.to_le_bytes());
        let mut offset = MINORS_AT;
        for (part, size) in parts {
            bytes.extend_from_slice(&(offset as u32).to_le_bytes());
            bytes.extend_from_slice(&((part.len() / size) as u32).to_le_bytes());
            offset += part.len();
        }
        parts.iter().for_each(|(part, _)| bytes.extend_from_slice(part));
        bytes
    }

    fn schema(&mut self, schema: Value<'_>) -> Made {
        if self.depth >= DEPTH {
            return Made::default();
        }
        self.depth += 1;
        let made = self.node(&mut Keywords::read(schema));
        self.depth -= 1;
        made
    }

    /// The type of a node of a schema, and what it asks for.
    pub(super) fn node_of(&mut self, schema: Value<'_>) -> (u32, Asks) {
        let made = self.schema(schema);
        (made.index, made.asks.unwrap_or_default())
    }

    /// What a schema asks for whose type is not wanted.
    fn aside(&mut self, schema: Value<'_>) -> Option<Asks> {
        self.schema(schema).asks
    }

    fn node(&mut self, keywords: &mut Keywords<'_>) -> Made {
        let nullable = if keywords.nullable { Type::NULLABLE } else { 0 };
        let mut asks = keywords.asks();
        let shape = match keywords.kind.as_deref() {
            _ if keywords.int_or_string => Shape::IntOrString,
            Some("object") => return self.object_schema(keywords, nullable, asks),
            Some("array") => {
                let items = keywords.items.map(|items| self.schema(items)).unwrap_or_default();
                if let Some(below) = items.asks {
                    asks.get_or_insert_default().items = Some(Box::new(below));
                }
                return Made { index: self.add(Shape::Array, nullable, 0, items.index, 0), asks };
            }
            Some("string") => Shape::String,
            // `IsValueValidAgainstRange` in `k8s.io/kube-openapi/pkg/validation/validate/values.go`; for objects the format
            // is taken out before (`StripUnsupportedFormatsPostProcess`).
            Some("integer") if keywords.is_short && self.for_defaults => Shape::Int32,
            Some("integer") => Shape::Int64,
            Some("number") => Shape::Number,
            Some("boolean") => Shape::Boolean,
            _ if keywords.properties.is_some() => return self.object_schema(keywords, nullable, asks),
            _ => Shape::Any,
        };
        Made { index: self.plain(shape, nullable), asks }
    }

    fn object_schema(&mut self, keywords: &mut Keywords<'_>, nullable: u8, asks: Option<Asks>) -> Made {
        let embedded = keywords.embedded;
        let mut asks = asks.unwrap_or_default();
        if let Some(additional) = keywords.additional.filter(|_| !embedded) {
            let values = if additional.is_mapping() {
                self.schema(additional)
            } else {
                Made { index: self.undeclared(), asks: None }
            };
            asks.additional = values.asks.map(Box::new);
            if keywords.properties.is_none() && additional.as_bool() != Some(false) {
                return Made { index: self.add(Shape::Map, nullable, 0, values.index, 0), asks: asks.if_any() };
            }
        }
        let mut fields = Vec::new();
        let wanted = |name: &str| !(embedded && matches!(name, "apiVersion" | "kind" | "metadata"));
        self.properties(keywords, &mut fields, &mut asks, wanted);
        if embedded {
            self.identity(&mut fields, Field::REQUIRED);
        }
        asks.sort();
        let open = self.open || keywords.preserve || keywords.additional.is_some();
        let index = self.object(fields, nullable | if open { 0 } else { Type::CLOSED });
        Made { index, asks: asks.if_any() }
    }

    /// What is below `additionalProperties: true`: scalars stay, fields of objects are pruned.
    fn undeclared(&mut self) -> u32 {
        if self.open { 0 } else { self.plain(Shape::Undeclared, Type::CLOSED) }
    }

    fn properties(
        &mut self,
        keywords: &Keywords<'_>,
        fields: &mut Vec<NewField>,
        asks: &mut Asks,
        wanted: impl Fn(&str) -> bool,
    ) {
        let required: Vec<_> = keywords.required.into_iter().flat_map(Value::items).filter_map(Value::as_str).collect();
        for entry in keywords.properties.into_iter().flat_map(Value::entries) {
            let name = entry.name();
            if !wanted(&name) || name.len() > NAME_LIMIT || fields.len() >= FIELD_LIMIT {
                continue;
            }
            let made = self.schema(entry.value);
            let has_default = made.asks.as_ref().is_some_and(|asks| asks.default.is_some());
            let needed = (self.for_defaults || !has_default) && required.contains(&name);
            fields.push(self.field(&name, made.index, if needed { Field::REQUIRED } else { 0 }));
            asks.put(&name, made.asks);
        }
    }

    /// `apiVersion`, `kind` and `metadata`, which no schema needs to declare.
    fn identity(&mut self, fields: &mut Vec<NewField>, bits: u32) {
        let string = self.plain(Shape::String, 0);
        let metadata = self.plain(Shape::Metadata, 0);
        for (name, index, bits) in [("apiVersion", string, bits), ("kind", string, bits), ("metadata", metadata, 0)] {
            fields.push(self.field(name, index, bits));
        }
    }

    fn field(&mut self, name: &str, index: u32, bits: u32) -> NewField {
        NewField { hash: name_hash(name.as_bytes()), name: self.reference(name), word: index | bits }
    }

    fn object(&mut self, mut fields: Vec<NewField>, flags: u8) -> u32 {
        let flags = if self.open { flags & !Type::CLOSED } else { flags };
        // Of two fields with the same hash only one could be found: then none is unknown, and none is looked into.
        fields.sort_by_key(|field| field.hash);
        if fields.windows(2).any(|pair| pair[0].hash == pair[1].hash) {
            return 0;
        }
        let first = (self.fields.len() / FIELD_SIZE) as u32;
        let required = fields.iter().filter(|field| field.word & Field::REQUIRED != 0).count() as u32;
        for NewField { hash, name, word } in &fields {
            [hash, name, word].into_iter().for_each(|number| self.fields.extend_from_slice(&number.to_le_bytes()));
        }
        self.add(Shape::Object, flags, fields.len() as u16, first, required)
    }

    /// A type without parts, made once.
    fn plain(&mut self, shape: Shape, flags: u8) -> u32 {
        if let Some(known) = self.plain.get(&(shape as u8, flags)) {
            return *known;
        }
        let index = self.add(shape, flags, 0, 0, 0);
        self.plain.insert((shape as u8, flags), index);
        index
    }

    fn add(&mut self, shape: Shape, flags: u8, amount: u16, first: u32, required: u32) -> u32 {
        let index = (self.types.len() / TYPE_SIZE) as u32;
        self.types.extend_from_slice(&[shape as u8, flags]);
        self.types.extend_from_slice(&amount.to_le_bytes());
        [first, required, 0].into_iter().for_each(|number: u32| self.types.extend_from_slice(&number.to_le_bytes()));
        index
    }

    fn reference(&mut self, text: &str) -> u32 {
        if let Some(known) = self.references.get(text) {
            return *known;
        }
        let reference = (self.strings.len() << 8 | text.len()) as u32;
        self.strings.extend_from_slice(text.as_bytes());
        self.references.insert(text.to_owned(), reference);
        reference
    }
}
