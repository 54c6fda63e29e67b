//! Tables from the structural schemas of custom resource definitions, in the layout of [`super::table`].
//!
//! The rules are those of `k8s.io/apiextensions-apiserver/pkg/apiserver/schema`: a field that is not declared is pruned,
//! and therefore unknown to strict validation, unless `x-kubernetes-preserve-unknown-fields` keeps it; a required field
//! with a default is never missing.

use std::collections::HashMap;

use crate::model::value::Value;

use super::table::{FIELD_SIZE, FORMAT, Field, LIST_SIZE, MAGIC, MINORS_AT, Shape, TYPE_SIZE, Type, fnv1a};

/// The longest name that a reference holds, and the most fields that a record counts.
const NAME_LIMIT: usize = 255;
const FIELD_LIMIT: usize = u16::MAX as usize;

/// A table being made.
pub(super) struct Composer {
    types: Vec<u8>,
    fields: Vec<u8>,
    lists: Vec<u8>,
    strings: Vec<u8>,
    references: HashMap<String, u32>,
    /// Nothing is pruned (`preserveUnknownFields: true` of `apiextensions.k8s.io/v1beta1`).
    open: bool,
}

/// A field of an object being made.
struct NewField {
    hash: u32,
    name: u32,
    word: u32,
}

impl Composer {
    pub(super) fn new(open: bool) -> Self {
        let mut composer = Composer {
            types: Vec::new(),
            fields: Vec::new(),
            lists: vec![0; LIST_SIZE],
            strings: Vec::new(),
            references: HashMap::new(),
            open,
        };
        composer.add(Shape::Any, 0, 0, 0, 0);
        composer
    }

    /// The type of a whole custom resource. `status` says whether it has the subresource, which takes that field out of
    /// what people write.
    pub(super) fn resource(&mut self, schema: Option<Value<'_>>, status: bool) -> u32 {
        let mut fields = Vec::new();
        if let Some(schema) = schema {
            self.properties(schema, &mut fields, |name| !matches!(name, "apiVersion" | "kind" | "metadata"));
        }
        if status {
            let hash = fnv1a(b"status");
            fields.iter_mut().filter(|field| field.hash == hash).for_each(|field| field.word |= Field::STATUS);
        }
        self.identity(&mut fields, 0);
        let open = schema.is_none_or(preserves_unknown);
        self.object(fields, if open { 0 } else { Type::CLOSED })
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

    fn schema(&mut self, schema: Value<'_>) -> u32 {
        let nullable = if is_true(schema, "nullable") { Type::NULLABLE } else { 0 };
        if is_true(schema, "x-kubernetes-int-or-string") {
            return self.add(Shape::IntOrString, nullable, 0, 0, 0);
        }
        let scalar = |shape| (shape, nullable);
        let (shape, flags) = match schema.get("type").and_then(Value::as_str).as_deref() {
            Some("object") => return self.object_schema(schema, nullable),
            Some("array") => {
                let items = schema.get("items").map_or(0, |items| self.schema(items));
                let (flag, list) = self.list_map(schema);
                return self.add(Shape::Array, nullable | flag, list, items, 0);
            }
            Some("string") => scalar(Shape::String),
            Some("integer") => scalar(Shape::Int64),
            Some("number") => scalar(Shape::Number),
            Some("boolean") => scalar(Shape::Boolean),
            _ if schema.get("properties").is_some() => return self.object_schema(schema, nullable),
            _ => return 0,
        };
        self.add(shape, flags, 0, 0, 0)
    }

    fn object_schema(&mut self, schema: Value<'_>, nullable: u8) -> u32 {
        let embedded = is_true(schema, "x-kubernetes-embedded-resource");
        if let Some(additional) = schema.get("additionalProperties").filter(|_| !embedded) {
            let values = if additional.is_mapping() { self.schema(additional) } else { self.undeclared() };
            if schema.get("properties").is_none() && additional.as_bool() != Some(false) {
                return self.add(Shape::Map, nullable, 0, values, 0);
            }
        }
        let mut fields = Vec::new();
        self.properties(schema, &mut fields, |name| !(embedded && matches!(name, "apiVersion" | "kind" | "metadata")));
        if embedded {
            self.identity(&mut fields, Field::REQUIRED);
        }
        let open = self.open || preserves_unknown(schema) || schema.get("additionalProperties").is_some();
        self.object(fields, nullable | if open { 0 } else { Type::CLOSED })
    }

    /// The flag and the list record of a list whose items are told apart by keys. In the place of the patch merge key,
    /// which custom resources do not have, stand the defaults of the keys.
    fn list_map(&mut self, schema: Value<'_>) -> (u8, u16) {
        let keys: Vec<_> = schema
            .get("x-kubernetes-list-map-keys")
            .into_iter()
            .flat_map(Value::items)
            .filter_map(Value::as_str)
            .collect();
        let default = |key: &str| {
            let text = schema.at(["items", "properties", key, "default"]).and_then(Value::text);
            text.map_or_else(String::new, |text| text.into_owned())
        };
        let defaults: Vec<_> = keys.iter().map(|key| default(key)).collect();
        let index = self.lists.len() / LIST_SIZE;
        let (keys, defaults) = (keys.join(","), defaults.join(","));
        if keys.is_empty() || keys.len().max(defaults.len()) > NAME_LIMIT || index > FIELD_LIMIT {
            return (0, 0);
        }
        for text in [keys, defaults] {
            let reference = self.reference(&text);
            self.lists.extend_from_slice(&reference.to_le_bytes());
        }
        (Type::LIST_MAP, index as u16)
    }

    /// What is below `additionalProperties: true`: scalars stay, fields of objects are pruned.
    fn undeclared(&mut self) -> u32 {
        if self.open { 0 } else { self.add(Shape::Undeclared, Type::CLOSED, 0, 0, 0) }
    }

    fn properties(&mut self, schema: Value<'_>, fields: &mut Vec<NewField>, wanted: impl Fn(&str) -> bool) {
        let required: Vec<_> =
            schema.get("required").into_iter().flat_map(Value::items).filter_map(Value::as_str).collect();
        for entry in schema.get("properties").into_iter().flat_map(Value::entries) {
            let name = entry.name();
            if !wanted(&name) || name.len() > NAME_LIMIT || fields.len() >= FIELD_LIMIT {
                continue;
            }
            let needed = required.contains(&name) && entry.value.get("default").is_none();
            let index = self.schema(entry.value);
            fields.push(self.field(&name, index, if needed { Field::REQUIRED } else { 0 }));
        }
    }

    /// `apiVersion`, `kind` and `metadata`, which no schema needs to declare.
    fn identity(&mut self, fields: &mut Vec<NewField>, bits: u32) {
        let string = self.add(Shape::String, 0, 0, 0, 0);
        let metadata = self.add(Shape::Metadata, 0, 0, 0, 0);
        for (name, index, bits) in [("apiVersion", string, bits), ("kind", string, bits), ("metadata", metadata, 0)] {
            fields.push(self.field(name, index, bits));
        }
    }

    fn field(&mut self, name: &str, index: u32, bits: u32) -> NewField {
        NewField { hash: fnv1a(name.as_bytes()), name: self.reference(name), word: index | bits }
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

pub(super) fn is_true(schema: Value<'_>, key: &str) -> bool {
    schema.get(key).and_then(Value::as_bool) == Some(true)
}

fn preserves_unknown(schema: Value<'_>) -> bool {
    is_true(schema, "x-kubernetes-preserve-unknown-fields")
}
