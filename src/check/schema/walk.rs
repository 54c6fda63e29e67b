//! The walk through an object beside its type: one pass, and nothing is allocated unless something is found.
//!
//! What the server makes of the value decides, not what JSON Schema would say (`k8s.io/apimachinery`
//! `pkg/runtime/serializer/json` and `sigs.k8s.io/json` for built-in kinds, `k8s.io/apiextensions-apiserver`
//! `pkg/apiserver/schema` for custom resources): null is an absent field, `1.0` is an integer, and so on.

use std::sync::Arc;

use crate::model::diagnostic::Diagnostic;
use crate::model::path::Trail;
use crate::model::resource::{Resource, ResourceId};
use crate::model::scalar::Scalar;
use crate::model::value::{Entry, Value};

use super::finding::Against;
use super::table::{Field, Shape, Table, Type};
use super::{encoding, quantity};

/// Deeper than any manifest; what lies below is not looked at. JSON schemas in custom resource definitions are the only
/// built-in type that refers to itself.
const DEPTH: u32 = 200;

/// How much of an object is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All of it.
    Whole,
    /// What a patch changes: required fields may be elsewhere.
    Patch,
}

/// A type, and the table that it is in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Root<'w> {
    pub(super) table: Table<'w>,
    pub(super) index: u32,
}

/// One walk.
pub(super) struct Walk<'w, 't> {
    pub(super) resource: &'w Resource<'t>,
    pub(super) against: Against<'w>,
    /// Where the walk began.
    pub(super) root: Root<'w>,
    /// `ObjectMeta` of the target version.
    pub(super) metadata: Root<'w>,
    pub(super) table: Table<'w>,
    /// The rules of custom resources hold, not those of built-in kinds.
    pub(super) custom: bool,
    pub(super) mode: Mode,
    /// Keys of a strategic merge patch were met, so that this is a patch, whatever it was taken for.
    pub(super) directives: bool,
    pub(super) found: Vec<Diagnostic>,
    pub(super) id: Option<Arc<ResourceId>>,
    status: bool,
    depth: u32,
}

impl<'w, 't> Walk<'w, 't> {
    pub(super) fn new(resource: &'w Resource<'t>, root: Root<'w>, metadata: Root<'w>, against: Against<'w>) -> Self {
        Walk {
            resource,
            custom: matches!(against, Against::Custom | Against::Known(_)),
            against,
            root,
            metadata,
            table: root.table,
            mode: Mode::Whole,
            directives: false,
            found: Vec::new(),
            id: None,
            status: false,
            depth: 0,
        }
    }

    /// Walks the whole object.
    pub(super) fn run(&mut self, mode: Mode) -> Vec<Diagnostic> {
        self.mode = mode;
        let resource = self.resource;
        self.value(resource.value, self.root.index, &Trail::Root);
        if self.directives {
            self.found.retain(|finding| finding.rule != super::MISSING_FIELD.id);
        }
        std::mem::take(&mut self.found)
    }

    fn value(&mut self, value: Value<'t>, index: u32, trail: &Trail<'_>) {
        let of = self.table.type_at(index);
        self.value_of(value, &of, index, trail);
    }

    /// Walks a value of the type `of`, which has that index.
    fn value_of(&mut self, value: Value<'t>, of: &Type, index: u32, trail: &Trail<'_>) {
        match of.shape {
            Shape::Any => {}
            _ if self.depth > DEPTH => {}
            Shape::Object if value.is_mapping() => self.object(value, of, trail),
            Shape::Array if value.is_sequence() => self.array(value, of, trail),
            Shape::Map if value.is_mapping() => self.map(value, of, trail),
            Shape::Metadata => self.object_meta(value, trail),
            Shape::Undeclared => self.undeclared(value, of, index, trail),
            _ => self.scalar(value, of, trail),
        }
    }

    fn object(&mut self, value: Value<'t>, of: &Type, trail: &Trail<'_>) {
        self.depth += 1;
        let mut seen = Seen::new(of.amount);
        value.each_entry(|entry| match self.table.field_of(of, &entry.key.key_bytes()) {
            Some((place, field)) => {
                if field.has(Field::REQUIRED) && !self.is_absent(entry.value, field) {
                    seen.insert(place);
                }
                let inner = self.table.type_at(field.type_index());
                if is_plainly_right(entry.value, &inner) {
                    return;
                }
                let outside = self.status;
                self.status |= field.has(Field::STATUS);
                self.value_of(entry.value, &inner, field.type_index(), &trail.entry(entry.key));
                self.status = outside;
            }
            None if of.has(Type::CLOSED) => self.unexpected(entry, &entry.name(), of, trail),
            None => {}
        });
        if seen.count < of.required && self.mode == Mode::Whole && !self.status {
            self.missing(of, |place| seen.contains(place), trail);
        }
        self.depth -= 1;
    }

    fn array(&mut self, value: Value<'t>, of: &Type, trail: &Trail<'_>) {
        self.depth += 1;
        let inner = self.table.type_at(of.first);
        for (at, item) in value.items().enumerate() {
            let trail = trail.index(at);
            if self.custom && item.is_null() && inner.shape != Shape::Any && !inner.has(Type::NULLABLE) {
                self.wrong_type(item, &inner, &trail);
            } else {
                self.value_of(item, &inner, of.first, &trail);
            }
        }
        self.depth -= 1;
    }

    fn map(&mut self, value: Value<'t>, of: &Type, trail: &Trail<'_>) {
        self.depth += 1;
        let inner = self.table.type_at(of.first);
        value.each_entry(|entry| {
            if entry.key.key_bytes().starts_with(b"$") && is_directive(&entry.name()) {
                self.directives = true;
            } else if !is_plainly_right(entry.value, &inner) {
                self.value_of(entry.value, &inner, of.first, &trail.entry(entry.key));
            }
        });
        self.depth -= 1;
    }

    /// Metadata of a custom resource, or of an object inside of one, has the built-in type.
    fn object_meta(&mut self, value: Value<'t>, trail: &Trail<'_>) {
        let outside = (self.table, self.custom);
        (self.table, self.custom) = (self.metadata.table, false);
        self.value(value, self.metadata.index, trail);
        (self.table, self.custom) = outside;
    }

    fn undeclared(&mut self, value: Value<'t>, of: &Type, index: u32, trail: &Trail<'_>) {
        self.depth += 1;
        for entry in value.entries() {
            self.unexpected(entry, &entry.name(), of, trail);
        }
        for (at, item) in value.items().enumerate() {
            self.value(item, index, &trail.index(at));
        }
        self.depth -= 1;
    }

    fn scalar(&mut self, value: Value<'t>, of: &Type, trail: &Trail<'_>) {
        if matches!(of.shape, Shape::String | Shape::IntOrString) && value.is_string() {
            return;
        }
        let Some(scalar) = value.scalar() else {
            return self.wrong_type(value, of, trail);
        };
        match (of.shape, scalar) {
            // Absent, or the zero value; a custom resource's null in a list was met in `array`.
            (_, Scalar::Null) => {}
            (Shape::String, Scalar::Str(_)) | (Shape::Boolean, Scalar::Bool(_)) => {}
            (Shape::IntOrString, Scalar::Str(_)) => {}
            (Shape::Word, Scalar::Str(text)) => {
                // Go cannot tell an empty string from an absent one, where it has no pointer.
                let is_absent = text.is_empty() && !of.has(Type::FILLED);
                if !is_absent && !self.table.has_word(of, &text) {
                    self.unsupported(value, of, &text, trail);
                }
            }
            (Shape::Int32, Scalar::Int(number)) if i32::try_from(number).is_ok() => {}
            (Shape::IntOrString, Scalar::Int(number)) if self.custom || i32::try_from(number).is_ok() => {}
            (Shape::Int64 | Shape::Number, Scalar::Int(_)) => {}
            (Shape::Number, Scalar::Uint(_) | Scalar::Float(_)) => {}
            (Shape::Int32 | Shape::Int64 | Shape::IntOrString, scalar @ (Scalar::Int(_) | Scalar::Uint(_))) => {
                self.out_of_range(value, of, &scalar, trail);
            }
            (Shape::Int32 | Shape::Int64 | Shape::IntOrString, Scalar::Float(number)) => {
                self.float(value, of, number, trail);
            }
            (Shape::Quantity, Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_)) => {}
            (Shape::Quantity, Scalar::Str(text)) => {
                if let Err(fault) = quantity::check(&text) {
                    self.invalid_quantity(value, &text, fault.reason(), trail);
                }
            }
            (Shape::Bytes, Scalar::Str(text)) => {
                if let Some(at) = encoding::base64_fault(text.as_bytes()) {
                    self.not_base64(value, at, trail);
                }
            }
            (Shape::Time, Scalar::Str(text)) => {
                if !encoding::is_time(&text) {
                    self.not_a_time(value, &text, trail);
                }
            }
            _ => self.wrong_type(value, of, trail),
        }
    }

    /// A number with a dot or an exponent is an integer if it has no fraction.
    fn float(&mut self, value: Value<'t>, of: &Type, number: f64, trail: &Trail<'_>) {
        let limit = if of.shape == Shape::Int64 || self.custom { 2f64.powi(63) } else { 2f64.powi(31) };
        if number.fract() != 0.0 || !number.is_finite() {
            self.wrong_type(value, of, trail);
        } else if number < -limit || number >= limit {
            self.out_of_range(value, of, &Scalar::Float(number), trail);
        }
    }

    #[cold]
    fn unexpected(&mut self, entry: Entry<'t>, name: &str, of: &Type, trail: &Trail<'_>) {
        if is_directive(name) {
            self.directives = true;
        } else if !(name == "sops" && matches!(trail, Trail::Root) && entry.value.is_mapping()) {
            self.unknown(entry, name, of, trail);
        }
    }

    /// Whether a required field is as good as missing. Go cannot tell an empty string or list from an absent one, so that
    /// the server's own validation asks for one that is not empty.
    fn is_absent(&self, value: Value<'t>, field: Field) -> bool {
        if value.is_plain_text() {
            return !self.custom && value.node().b == 0;
        }
        if self.custom && value.is_string() {
            return false;
        }
        match value.scalar() {
            Some(Scalar::Null) => !(self.custom && self.is_nullable(field.type_index())),
            Some(Scalar::Str(text)) => !self.custom && text.is_empty(),
            Some(_) => false,
            None => !self.custom && value.is_sequence() && value.is_empty(),
        }
    }

    fn is_nullable(&self, index: u32) -> bool {
        index == 0 || self.table.type_at(index).has(Type::NULLABLE)
    }
}

/// Whether a value can be nothing but right, without a closer look: most fields of most objects are texts.
fn is_plainly_right(value: Value<'_>, of: &Type) -> bool {
    of.shape == Shape::Any || (matches!(of.shape, Shape::String | Shape::IntOrString) && value.is_plain_text())
}

/// Keys that tell a strategic merge patch what to do (`k8s.io/apimachinery/pkg/util/strategicpatch`). Kustomize
/// understands them in patches of custom resources too.
fn is_directive(name: &str) -> bool {
    matches!(name, "$patch" | "$retainKeys")
        || name.starts_with("$setElementOrder/")
        || name.starts_with("$deleteFromPrimitiveList/")
}

/// Which required fields were met.
struct Seen {
    count: u32,
    small: u128,
    large: Vec<bool>,
}

impl Seen {
    fn new(amount: u16) -> Self {
        let large = if amount > 128 { vec![false; usize::from(amount)] } else { Vec::new() };
        Seen { count: 0, small: 0, large }
    }

    fn insert(&mut self, place: usize) {
        if !self.contains(place) {
            self.count += 1;
            match self.large.get_mut(place) {
                Some(slot) => *slot = true,
                None => self.small |= 1 << place.min(127),
            }
        }
    }

    fn contains(&self, place: usize) -> bool {
        match self.large.get(place) {
            Some(slot) => *slot,
            None => self.small & (1 << place.min(127)) != 0,
        }
    }
}
