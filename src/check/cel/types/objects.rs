//! The names that an expression sees, and the fields of objects.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::names::escaped;
use super::kind::{INT, STRING, Type};
use crate::model::value::Value;

/// Fields and their types; nothing for one that expressions do not see.
type Fields = Arc<BTreeMap<String, Option<Type>>>;

/// What expressions see.
#[derive(Debug, Default)]
pub struct Names<'t> {
    variables: Vec<(String, Type)>,
    objects: RefCell<Vec<Object<'t>>>,
}

#[derive(Debug)]
enum Object<'t> {
    /// Its fields are those of a schema. A resource has a name, whatever its schema says.
    Unread {
        schema: Value<'t>,
        is_resource: bool,
    },
    Known(Fields),
}

impl<'t> Names<'t> {
    /// Gives a type a name.
    pub fn declare(&mut self, name: &str, is: Type) {
        self.variables.push((name.to_owned(), is));
    }

    /// Takes the last name back.
    pub fn forget(&mut self) {
        self.variables.pop();
    }

    /// An object with such fields.
    pub fn object(&mut self, fields: impl IntoIterator<Item = (&'static str, Type)>) -> Type {
        let fields = fields.into_iter().map(|(name, is)| (name.to_owned(), Some(is))).collect();
        self.add(Object::Known(Arc::new(fields)))
    }

    /// One more field of an object.
    pub fn extend(&mut self, object: &Type, name: &str, is: Type) {
        if let Type::Object(at) = object
            && let Some(Object::Known(fields)) = self.objects.get_mut().get_mut(*at)
        {
            Arc::make_mut(fields).insert(name.to_owned(), Some(is));
        }
    }

    /// The type of what a structural schema describes: `SchemaDeclType` in `k8s.io/apiserver/pkg/cel/common/schemas.go`.
    /// Nothing for what expressions do not see.
    pub fn described(&self, schema: Value<'t>, is_resource: bool) -> Option<Type> {
        if is_true(schema, "x-kubernetes-int-or-string") {
            return Some(Type::Dyn);
        }
        let of = schema.get("type")?.as_str()?;
        Some(match &*of {
            "array" => Type::list(self.described_here(present(schema, "items")?)?),
            "object" => match present(schema, "additionalProperties").filter(|more| more.is_mapping()) {
                Some(values) => Type::map(self.described_here(values)?),
                None => self.add(Object::Unread { schema, is_resource }),
            },
            "string" => match schema.get("format").and_then(Value::as_str).as_deref() {
                Some("byte") => Type::Simple("bytes"),
                Some("duration") => Type::Simple("duration"),
                Some("date" | "date-time") => Type::Simple("timestamp"),
                _ => STRING,
            },
            "boolean" => Type::Simple("bool"),
            "number" => Type::Simple("double"),
            "integer" => INT,
            _ => return None,
        })
    }

    fn described_here(&self, schema: Value<'t>) -> Option<Type> {
        self.described(schema, is_true(schema, "x-kubernetes-embedded-resource"))
    }

    /// The type that has a name.
    pub fn named(&self, name: &str) -> Option<Type> {
        let found = self.variables.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, is)| is.clone())
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|(name, _)| &**name)
    }

    /// The fields of an object.
    pub(super) fn fields(&self, object: usize) -> Fields {
        let (schema, is_resource) = match self.objects.borrow().get(object) {
            Some(Object::Known(fields)) => return fields.clone(),
            Some(Object::Unread { schema, is_resource }) => (*schema, *is_resource),
            None => return Fields::default(),
        };
        let mut fields = BTreeMap::new();
        let properties = present(schema, "properties");
        if let Some(properties) = properties {
            properties.each_entry(|entry| {
                if let Some(name) = escaped(&entry.name()) {
                    fields.insert(name.into_owned(), self.described_here(entry.value));
                }
            });
        }
        if is_resource && !properties.is_some_and(says_what_it_is) {
            let texts = |names: [&str; 2]| names.map(|name| (name.to_owned(), Some(STRING)));
            let metadata = self.add(Object::Known(Arc::new(texts(["name", "generateName"]).into())));
            fields.extend(texts(["kind", "apiVersion"]));
            fields.insert("metadata".to_owned(), Some(metadata));
        }
        let fields = Arc::new(fields);
        if let Some(unread) = self.objects.borrow_mut().get_mut(object) {
            *unread = Object::Known(fields.clone());
        }
        fields
    }

    fn add(&self, object: Object<'t>) -> Type {
        let mut objects = self.objects.borrow_mut();
        objects.push(object);
        Type::Object(objects.len() - 1)
    }
}

fn present<'t>(of: Value<'t>, key: &str) -> Option<Value<'t>> {
    of.get(key).filter(|value| !value.is_null())
}

fn is_true(schema: Value<'_>, key: &str) -> bool {
    schema.get(key).and_then(Value::as_bool) == Some(true)
}

/// Whether the schema of a resource declares all that every resource has: `WithTypeAndObjectMeta`.
pub(in crate::check::cel) fn says_what_it_is(properties: Value<'_>) -> bool {
    let is = |within: Option<Value<'_>>, name: &str, wanted: &str| {
        let of = within.and_then(|within| within.at([name, "type"])).and_then(Value::as_str);
        of.as_deref() == Some(wanted)
    };
    let metadata = properties.at(["metadata", "properties"]);
    ["kind", "apiVersion"].iter().all(|name| is(Some(properties), name, "string"))
        && is(Some(properties), "metadata", "object")
        && ["name", "generateName"].iter().all(|name| is(metadata, name, "string"))
}
