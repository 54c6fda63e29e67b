//! How big values can be that a schema describes: `SchemaDeclType` in `k8s.io/apiserver/pkg/cel/common/schemas.go`, and
//! `sizeEstimator` in `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/compilation.go`.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use super::path::Step;
use crate::check::cel::names::escaped;
use crate::check::wording::is_placeholder;
use crate::model::path::{Path, Segment};
use crate::model::value::Value;

/// The biggest request, in bytes: `MaxRequestSizeBytes`.
const REQUEST: u64 = 3 * 1024 * 1024;
/// Deeper than anything that people write.
const DEPTH: usize = 400;
/// Before this version a text that may be a number too has no limit (`estimateMaxElementsFromMaxLength`).
const EITHER_IS_LIMITED: u16 = 34;
/// Before this version the name of a resource has no limit, which then is that of names in DNS.
const NAMES_ARE_LIMITED: u16 = 37;
const NAME: u64 = 253;

/// What a schema says of the values of an expression.
#[derive(Debug)]
pub struct Extents<'t> {
    pub(super) minor: u16,
    parts: RefCell<Vec<Part<'t>>>,
    /// A limit cannot be read.
    is_unsure: Cell<bool>,
}

#[derive(Debug)]
struct Part<'t> {
    is: Is<'t>,
    most: u64,
    /// What it is a part of, and the keys that lead to its schema from there.
    up: usize,
    way: Vec<Segment>,
    /// Parts of it that were asked for.
    known: Vec<(String, Option<usize>)>,
    inner: Option<Option<usize>>,
}

/// How a schema limits values.
#[derive(Debug, Clone)]
pub struct Limit {
    part: usize,
    /// How many bytes one of what is counted may have.
    each: u64,
    /// The key of the schema that does it.
    pub keyword: &'static str,
    /// The limit there is.
    pub now: Option<u64>,
    /// The way there from the schema of the rule.
    pub way: Path,
}

/// What a part is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Is<'t> {
    Schema(Value<'t>, bool),
    /// A text that every resource has, and how long it may be.
    Text(u64),
    /// The metadata that every resource has, and what the schema says of them.
    Metadata(Option<Value<'t>>),
}

impl<'t> Extents<'t> {
    /// Of what a schema describes. A resource has a name, whatever its schema says.
    #[must_use]
    pub fn new(schema: Value<'t>, is_resource: bool, minor: u16) -> Self {
        let extents = Extents { minor, parts: RefCell::default(), is_unsure: Cell::new(false) };
        extents.add(Is::Schema(schema, is_resource), 0, Vec::new());
        extents
    }

    /// How often there can be such a value in a request: `maxCardinality`. Nothing for what expressions do not see.
    #[must_use]
    pub fn times(&self) -> Option<u64> {
        let Is::Schema(schema, is_resource) = self.is(0) else { return None };
        Some(REQUEST / (least(schema, is_resource, DEPTH)? + 1))
    }

    /// The limits of all values that were asked for.
    #[must_use]
    pub fn limits(&self) -> Vec<Limit> {
        let parts = self.parts.borrow();
        let limit = |at: usize| {
            let Is::Schema(schema, _) = parts[at].is else { return None };
            let (keyword, each) = match sort(schema)? {
                Sort::Either if self.minor < EITHER_IS_LIMITED => return None,
                Sort::Either => ("maxLength", 4),
                Sort::List => ("maxItems", 1),
                Sort::Object if values(schema).is_some() => ("maxProperties", 1),
                Sort::Text if present(schema, "enum").is_some() => return None,
                Sort::Text => match schema.get("format").and_then(Value::as_str).as_deref() {
                    Some("byte") => ("maxLength", 1),
                    Some("duration" | "date-time" | "date") => return None,
                    _ => ("maxLength", 4),
                },
                _ => return None,
            };
            let mut ways = vec![&parts[at].way];
            let mut above = at;
            while above != 0 {
                above = parts[above].up;
                ways.push(&parts[above].way);
            }
            let way = Path(ways.into_iter().rev().flatten().cloned().collect());
            Some(Limit { part: at, each, keyword, now: present(schema, keyword).and_then(whole), way })
        };
        (0..parts.len()).filter_map(limit).collect()
    }

    /// From now on there is such a limit.
    pub fn assume(&self, limit: &Limit, most: u64) {
        if let Some(part) = self.parts.borrow_mut().get_mut(limit.part) {
            part.most = most.saturating_mul(limit.each);
        }
    }

    /// From now on the limit is that of the schema.
    pub fn forget(&self, limit: &Limit) {
        if let Is::Schema(schema, _) = self.is(limit.part) {
            let most = self.most_of(schema);
            if let Some(part) = self.parts.borrow_mut().get_mut(limit.part) {
                part.most = most;
            }
        }
    }

    /// `EstimateSize`
    pub(super) fn most(&self, path: &[Step<'_>]) -> Option<u64> {
        let mut at = 0;
        for step in path.get(1..)? {
            at = self.below(at, *step)?;
            if at == KEY {
                // A key of a map is of a type without any size, and has nothing below it.
                return (path.last() == Some(&Step::Keys)).then_some(0);
            }
        }
        Some(self.parts.borrow()[at].most)
    }

    /// Whether all that was asked for could be read.
    pub(super) fn is_sure(&self) -> bool {
        !self.is_unsure.get()
    }

    fn is(&self, at: usize) -> Is<'t> {
        self.parts.borrow()[at].is
    }

    fn below(&self, at: usize, step: Step<'_>) -> Option<usize> {
        match step {
            Step::Items | Step::Values => {
                if let Some(known) = self.parts.borrow()[at].inner {
                    return known;
                }
                let found = self.inner(at).map(|(key, is)| self.add(is, at, vec![key.into()]));
                self.parts.borrow_mut()[at].inner = Some(found);
                found
            }
            Step::Keys => match self.is(at) {
                Is::Schema(schema, _) if values(schema).is_some() => Some(KEY),
                _ => None,
            },
            Step::Indices => None,
            Step::Name(name) => {
                if let Some((_, known)) = self.parts.borrow()[at].known.iter().find(|(known, _)| known == name) {
                    return *known;
                }
                let found = self.field(self.is(at), name);
                let found = found.map(|(key, is)| self.add(is, at, vec!["properties".into(), (&*key).into()]));
                self.parts.borrow_mut()[at].known.push((name.to_owned(), found));
                found
            }
        }
    }

    fn add(&self, is: Is<'t>, up: usize, way: Vec<Segment>) -> usize {
        let most = match is {
            Is::Schema(schema, _) => self.most_of(schema),
            Is::Text(most) => most,
            Is::Metadata(_) => 0,
        };
        let mut parts = self.parts.borrow_mut();
        parts.push(Part { is, most, up, way, known: Vec::new(), inner: None });
        parts.len() - 1
    }

    fn inner(&self, at: usize) -> Option<(&'static str, Is<'t>)> {
        let Is::Schema(schema, _) = self.is(at) else { return None };
        let (key, inner) = match sort(schema)? {
            Sort::List => ("items", present(schema, "items")?),
            Sort::Object => ("additionalProperties", values(schema)?),
            _ => return None,
        };
        Some((key, Is::Schema(inner, embeds(inner))))
    }

    /// A field, and how it is named in the schema.
    fn field(&self, of: Is<'t>, name: &str) -> Option<(Cow<'t, str>, Is<'t>)> {
        let (schema, is_resource) = match of {
            Is::Schema(schema, is_resource) => (schema, is_resource),
            Is::Metadata(metadata) => {
                let most = match name {
                    "name" => NAME,
                    "generateName" => NAME - 1,
                    _ => return None,
                };
                return Some((Cow::Borrowed(""), Is::Text(self.most_of_name(metadata, name, most))));
            }
            Is::Text(_) => return None,
        };
        if !matches!(sort(schema), Some(Sort::Object)) || values(schema).is_some() {
            return None;
        }
        let properties = present(schema, "properties");
        if is_resource && !properties.is_some_and(super::super::says_what_it_is) {
            match name {
                "kind" | "apiVersion" => return Some((Cow::Borrowed(""), Is::Text(REQUEST - 2))),
                "metadata" => {
                    let metadata = properties.and_then(|properties| present(properties, "metadata"));
                    return Some((Cow::Borrowed(""), Is::Metadata(metadata)));
                }
                _ => {}
            }
        }
        let properties = properties?;
        let is_named = |written: &str| escaped(written).is_some_and(|written| written == name);
        let direct = properties.entry(name).filter(|_| is_named(name));
        let property = direct.or_else(|| {
            // Names that expressions write in another way have such underscores in them.
            let is_other = name.contains("__");
            is_other.then(|| properties.entries().find(|entry| is_named(&entry.name())))?
        })?;
        sort(property.value)?;
        Some((property.name(), Is::Schema(property.value, embeds(property.value))))
    }

    /// `cappedLengthStringType`
    fn most_of_name(&self, metadata: Option<Value<'t>>, name: &str, most: u64) -> u64 {
        if self.minor < NAMES_ARE_LIMITED {
            return REQUEST - 2;
        }
        let written =
            metadata.and_then(|metadata| present(present(present(metadata, "properties")?, name)?, "maxLength"));
        let limit = written.map(whole);
        self.is_unsure.set(self.is_unsure.get() || limit == Some(None));
        limit.flatten().map_or(most, |limit| limit.min(most)) * 4
    }

    /// `MaxElements`
    fn most_of(&self, schema: Value<'t>) -> u64 {
        let limit = |key: &str| {
            let limit = whole(present(schema, key)?);
            self.is_unsure.set(self.is_unsure.get() || limit.is_none());
            limit
        };
        let Some(sort) = sort(schema) else { return 0 };
        match sort {
            Sort::Either if self.minor < EITHER_IS_LIMITED => REQUEST - 2,
            Sort::Either => limit("maxLength").map_or(REQUEST - 2, |limit| limit.saturating_mul(4)),
            Sort::List => limit("maxItems").unwrap_or_else(|| {
                let items = present(schema, "items").and_then(|items| least(items, embeds(items), DEPTH));
                (REQUEST - 2) / (items.unwrap_or(0) + 1)
            }),
            Sort::Object => match values(schema) {
                None => 0,
                Some(values) => limit("maxProperties")
                    .unwrap_or_else(|| (REQUEST - 2) / (least(values, embeds(values), DEPTH).unwrap_or(0) + 6)),
            },
            Sort::Text => match schema.get("format").and_then(Value::as_str).as_deref() {
                Some("byte") => limit("maxLength").unwrap_or(REQUEST - 2),
                Some("duration" | "date-time") => 32,
                Some("date") => 12,
                _ => match (limit("maxLength"), present(schema, "enum").filter(|words| !words.is_empty())) {
                    (Some(limit), _) => limit.saturating_mul(4),
                    (None, None) => REQUEST - 2,
                    (None, Some(words)) => {
                        let is_open = |word: Value<'_>| word.as_str().is_some_and(|word| is_placeholder(&word));
                        self.is_unsure.set(self.is_unsure.get() || words.items().any(is_open));
                        let lengths = words.items().filter_map(|word| Some(word.as_str()?.len() as u64));
                        lengths.max().unwrap_or(0)
                    }
                },
            },
            Sort::Boolean | Sort::Number => 0,
        }
    }
}

/// Stands for the keys of a map.
const KEY: usize = usize::MAX;

/// What a schema describes.
#[derive(Clone, Copy)]
enum Sort {
    Either,
    List,
    Object,
    Text,
    Boolean,
    Number,
}

fn sort(schema: Value<'_>) -> Option<Sort> {
    if is_true(schema, "x-kubernetes-int-or-string") {
        return Some(Sort::Either);
    }
    Some(match &*schema.get("type")?.as_str()? {
        "array" => Sort::List,
        "object" => Sort::Object,
        "string" => Sort::Text,
        "boolean" => Sort::Boolean,
        "number" | "integer" => Sort::Number,
        _ => return None,
    })
}

/// `MinSerializedSize`: how many bytes such a value takes at least. Nothing for what expressions do not see.
fn least(schema: Value<'_>, is_resource: bool, depth: usize) -> Option<u64> {
    let depth = depth.checked_sub(1)?;
    Some(match sort(schema)? {
        Sort::Either | Sort::Number => 1,
        Sort::Boolean => 4,
        Sort::Text => match schema.get("format").and_then(Value::as_str).as_deref() {
            Some("duration") => 3,
            Some("date") => 12,
            Some("date-time") => 21,
            _ => 2,
        },
        Sort::List => {
            let items = present(schema, "items")?;
            least(items, embeds(items), depth)?;
            2
        }
        Sort::Object => {
            if let Some(values) = values(schema) {
                least(values, embeds(values), depth)?;
                return Some(2);
            }
            let properties = present(schema, "properties");
            let has_own = is_resource && !properties.is_some_and(super::super::says_what_it_is);
            let needed = present(schema, "required").filter(|needed| needed.is_sequence());
            let mut names: Vec<_> = needed.iter().flat_map(|needed| needed.items()).filter_map(Value::as_str).collect();
            names.sort_unstable();
            names.dedup();
            let mut size = 2;
            for name in names {
                let is = match &*name {
                    "kind" | "apiVersion" | "metadata" if has_own => Some(2),
                    _ => properties.and_then(|properties| properties.get(&name)).and_then(|property| {
                        let is_given = present(property, "default").is_some();
                        if is_given { None } else { least(property, embeds(property), depth) }
                    }),
                };
                size += is.map_or(0, |is| name.len() as u64 + is + 4);
            }
            size
        }
    })
}

/// The schema of the values of a map.
fn values(schema: Value<'_>) -> Option<Value<'_>> {
    present(schema, "additionalProperties").filter(|values| values.is_mapping())
}

fn embeds(schema: Value<'_>) -> bool {
    is_true(schema, "x-kubernetes-embedded-resource")
}

fn is_true(schema: Value<'_>, key: &str) -> bool {
    schema.get(key).and_then(Value::as_bool) == Some(true)
}

fn present<'t>(of: Value<'t>, key: &str) -> Option<Value<'t>> {
    of.get(key).filter(|value| !value.is_null())
}

/// A limit; what is below 0 is 0.
fn whole(limit: Value<'_>) -> Option<u64> {
    use crate::model::scalar::Scalar;
    match limit.scalar()? {
        Scalar::Int(number) => Some(u64::try_from(number).unwrap_or(0)),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Scalar::Float(number) if number.fract() == 0.0 => Some(number as u64),
        _ => None,
    }
}
