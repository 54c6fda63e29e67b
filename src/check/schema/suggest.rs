//! What an unknown field was probably meant to be: one guess, the best.

use crate::model::near;
use crate::model::path::{Path, Segment};
use crate::model::value::{Entry, Value};

use super::table::{Shape, Table, Type};
use super::walk::Walk;

/// A guess.
pub(super) struct Guess {
    /// The sentence for the user.
    pub(super) help: String,
    /// The right key, and whether writing it cannot change what the author meant.
    pub(super) rename: Option<(bool, String)>,
}

/// Fields of old API versions that have another place now: the type, the field, and what to write.
const MOVED: &[(&str, &str, &str)] = &[
    ("networking/v1.IngressBackend", "serviceName", "`service.name`"),
    ("networking/v1.IngressBackend", "servicePort", "`service.port.number` or `service.port.name`"),
    ("networking/v1.IngressSpec", "backend", "`defaultBackend`"),
    (
        "autoscaling/v2.HorizontalPodAutoscalerSpec",
        "targetCPUUtilizationPercentage",
        "`metrics` with an item of type `Resource`",
    ),
    (
        "autoscaling/v2.ResourceMetricSource",
        "targetAverageUtilization",
        "`target` with `type: Utilization` and `averageUtilization`",
    ),
    (
        "autoscaling/v2.ResourceMetricSource",
        "targetAverageValue",
        "`target` with `type: AverageValue` and `averageValue`",
    ),
    ("apiextensions/v1.CustomResourceDefinitionSpec", "version", "`versions`"),
    ("apiextensions/v1.CustomResourceDefinitionSpec", "validation", "`versions[].schema`"),
    ("apiextensions/v1.CustomResourceDefinitionSpec", "subresources", "`versions[].subresources`"),
    (
        "apiextensions/v1.CustomResourceDefinitionSpec",
        "additionalPrinterColumns",
        "`versions[].additionalPrinterColumns`",
    ),
    ("apiextensions/v1.CustomResourceColumnDefinition", "JSONPath", "`jsonPath`"),
];

/// An object on the way to the unknown field.
struct Level<'w> {
    table: Table<'w>,
    of: Type,
    /// How many segments lead to it.
    depth: usize,
}

/// No kind has more fields in one object; of more, the others are not looked at.
const MANY: usize = 1_000;

/// Guesses what the key `name` in the object at `path` was meant to be.
pub(super) fn guess(walk: &Walk<'_, '_>, entry: Entry<'_>, name: &str, path: &Path) -> Option<Guess> {
    let levels = levels(walk, path);
    let here = levels.last().filter(|level| level.depth == path.0.len())?;
    let object = path.locate(walk.resource.value).value;
    let fields = here.table.fields(&here.of).take(MANY);
    let names: Vec<&str> = fields.map(|(_, field)| here.table.field_name(field)).collect();
    let plain = |text: &str| text.replace(['_', '-'], "").to_lowercase();
    let plain_name = plain(name);
    if let Some(known) = names.iter().find(|known| plain(known) == plain_name) {
        return Some(rename(object, known, true));
    }
    if let Some((_, _, to)) = MOVED.iter().find(|moved| moved.0 == here.table.type_name(&here.of) && moved.1 == name) {
        return Some(Guess { help: format!("write {to} instead"), rename: None });
    }
    if let Some(help) = elsewhere(walk, &levels, entry.value, name, path) {
        return Some(Guess { help, rename: None });
    }
    let fitting = names.iter().copied().filter(|known| fits(here, known, entry.value));
    let near = near::nearest(name, fitting).or_else(|| near::nearest(name, names.iter().copied()))?;
    Some(rename(object, near, false))
}

fn rename(object: Value<'_>, known: &str, safe: bool) -> Guess {
    if object.get(known).is_some() {
        return Guess { help: format!("`{known}` is set as well; remove this one"), rename: None };
    }
    Guess { help: format!("did you mean `{known}`?"), rename: Some((safe, known.to_owned())) }
}

/// The objects on the way, outermost first, the one with the unknown field last.
fn levels<'w>(walk: &Walk<'w, '_>, path: &Path) -> Vec<Level<'w>> {
    let mut table = walk.root.table;
    let mut of = table.type_at(walk.root.index);
    let mut levels = Vec::new();
    for depth in 0..=path.0.len() {
        if of.shape == Shape::Metadata {
            table = walk.metadata.table;
            of = table.type_at(walk.metadata.index);
        }
        if of.shape == Shape::Object {
            levels.push(Level { table, of, depth });
        }
        of = match (path.0.get(depth), of.shape) {
            (None, _) => break,
            (Some(Segment::Key(key)), Shape::Object) => match table.field(&of, key) {
                Some((_, field)) => table.type_at(field.type_index()),
                None => break,
            },
            (Some(_), Shape::Map | Shape::Array) => table.type_at(of.first),
            (Some(_), _) => break,
        };
    }
    levels
}

/// Whether the object has a field of that name that could take the value.
fn fits(level: &Level<'_>, name: &str, value: Value<'_>) -> bool {
    level.table.field(&level.of, name).is_some_and(|(_, field)| match level.table.type_at(field.type_index()).shape {
        Shape::Any => true,
        Shape::Object | Shape::Map | Shape::Metadata => value.is_mapping() || value.is_null(),
        Shape::Array => value.is_sequence() || value.is_null(),
        _ => value.is_scalar(),
    })
}

/// The same field one or more levels up, one level down, or in the namesake of this object in a list beside it (the
/// `securityContext` of a container, beside that of its pod).
fn elsewhere(walk: &Walk<'_, '_>, levels: &[Level<'_>], value: Value<'_>, name: &str, path: &Path) -> Option<String> {
    let (here, above) = levels.split_last()?;
    let to = |depth: usize| Path(path.0[..depth].to_vec());
    let is_set = |depth: usize| to(depth).locate(walk.resource.value).value.get(name).is_some();
    let mut up = above.iter().rev().enumerate();
    if let Some((up, level)) = up.find(|(_, level)| fits(level, name, value) && !is_set(level.depth)) {
        let levels = if up == 0 { "one level up" } else { "further up" };
        return Some(format!("`{name}` belongs {levels}, in {}", walk.place(&to(level.depth))));
    }
    if let Some(inner) = below(here, |_| true, |inner| fits(inner, name, value)) {
        return Some(format!("`{name}` belongs one level down, in `{inner}`"));
    }
    if name.contains('/') && value.is_scalar() && here.table.type_name(&here.of) == "meta/v1.ObjectMeta" {
        return Some(format!("`{name}` belongs one level down, in `labels` or `annotations`"));
    }
    let Some(Segment::Key(own)) = path.0.last() else { return None };
    above.iter().rev().find_map(|level| {
        let list = below(
            level,
            |shape| shape == Shape::Array,
            |item| {
                item.table.field(&item.of, own).is_some_and(|(_, field)| {
                    let of = item.table.type_at(field.type_index());
                    of.shape == Shape::Object && fits(&Level { of, ..*item }, name, value)
                })
            },
        )?;
        Some(format!("`{name}` belongs in the `{own}` of an item of `{list}`"))
    })
}

/// The first field of an object, by name, that holds an object, or a list of objects, as it is looked for.
fn below<'w>(level: &Level<'w>, shape: impl Fn(Shape) -> bool, wanted: impl Fn(&Level<'w>) -> bool) -> Option<String> {
    let mut names: Vec<&str> = level
        .table
        .fields(&level.of)
        .filter_map(|(_, field)| {
            let of = level.table.type_at(field.type_index());
            let inner = if of.shape == Shape::Array { level.table.type_at(of.first) } else { of };
            let looked_at = Level { table: level.table, of: inner, depth: level.depth + 1 };
            (shape(of.shape) && inner.shape == Shape::Object && wanted(&looked_at))
                .then(|| level.table.field_name(field))
        })
        .collect();
    names.sort_unstable();
    // Of a Pod's lists of containers the first in the alphabet is meant.
    names.first().map(|name| (*name).to_owned())
}
