//! The schemas of a definition, which must be structural: `ValidateCustomResourceDefinitionOpenAPISchema` beside
//! `ValidateStructural` in `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/validation.go`.
//!
//! Definitions are long: each node is read once. What the words of `type` and the list types are, the schemas say.

use crate::check::api::object::{Field, Object, fields};
use crate::check::api::rules::{CONFLICTING_FIELDS, INVALID_TEXT, UNSUPPORTED_VALUE};
use crate::check::schema::{DefaultFault, default_faults, is_pattern};
use crate::model::value::Value;

use super::lists;
use super::nested::{alternatives, unsupported, written_out};
use super::{expressions, rules, words};

/// The words that the schema of definitions has for what is not hidden from it.
const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
const LISTS: [&str; 3] = ["atomic", "map", "set"];
const MAPS: [&str; 2] = ["atomic", "granular"];

/// Deeper than anything that people write.
const DEPTH: u32 = 120;

/// Where a node stands.
#[derive(Clone, Copy)]
struct Place {
    level: Level,
    in_metadata: bool,
    /// Below `items` or `additionalProperties`, where the schema of definitions does not look.
    is_hidden: bool,
    /// Below `additionalProperties`, where the server takes any default.
    in_map: bool,
    /// In an item of a list that cannot be told to be the one of before.
    is_unmatched: bool,
    depth: u32,
}

impl Place {
    fn below(self, level: Level) -> Self {
        Place { level, depth: self.depth - 1, ..self }
    }
}

/// What a node is of its parent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Property,
}

/// Checks the schema of a version. With the subresource `status` less is allowed at its root.
pub(super) fn check<'t>(object: &mut Object<'_, 't>, root: &Field<'_, 't>, status: bool) {
    if status {
        let found = fields!(root, ["allOf", "anyOf", "oneOf", "not", "enum", "maxProperties", "minProperties"]);
        for field in found.iter().flatten().filter(|field| field.value.is_scalar() || !field.value.is_empty()) {
            let because = "at the root of the schema, with the subresource `status`";
            object.forbidden(field, because, "move it into the schema of `spec`");
        }
    }
    if let Some(nullable) = root.get("nullable").filter(is_true) {
        object.forbidden(&nullable, "at the root of the schema", "remove it");
    }
    let place = Place {
        level: Level::Root,
        in_metadata: false,
        is_hidden: false,
        in_map: false,
        is_unmatched: false,
        depth: DEPTH,
    };
    let (resource, version) = (object.resource, object.version);
    let [mut found, mut of_types, mut of_rules, mut compiled] = [const { Vec::new() }; 4];
    let mut defaults = Defaults {
        of_types: Object::new(resource, version, &mut of_types),
        of_rules: Object::new(resource, version, &mut of_rules),
    };
    node(&mut Object::new(resource, version, &mut found), &mut defaults, root, place);
    // What is wrong with a schema makes its rules fail too.
    if found.is_empty() {
        expressions::check(&mut Object::new(resource, version, &mut compiled), root);
    }
    // A rule that cannot be evaluated says nothing of a default.
    if !compiled.is_empty() {
        of_rules.clear();
    }
    [found, of_types, of_rules, compiled].into_iter().flatten().for_each(|finding| object.report(finding));
}

/// Takes what is found of defaults, which makes no rule fail.
struct Defaults<'o, 't> {
    /// They are not of the type, or have no place there.
    of_types: Object<'o, 't>,
    /// They break a rule in CEL.
    of_rules: Object<'o, 't>,
}

pub(super) fn is_true(field: &Field<'_, '_>) -> bool {
    field.value.as_bool() == Some(true)
}

fn node<'t>(object: &mut Object<'_, 't>, defaults: &mut Defaults<'_, 't>, at: &Field<'_, 't>, place: Place) {
    let Place { level, in_metadata, depth, .. } = place;
    if depth == 0 || !at.value.is_mapping() {
        return;
    }
    let [
        kind,
        properties,
        additional,
        items,
        pattern,
        unique,
        either,
        preserve,
        embedded,
        list,
        keys,
        map,
        rules,
        all,
        any,
        one,
        not,
        reference,
        id,
        more,
        patterns,
        definitions,
        dependencies,
        origin,
        default,
    ] = fields!(
        at,
        [
            "type",
            "properties",
            "additionalProperties",
            "items",
            "pattern",
            "uniqueItems",
            "x-kubernetes-int-or-string",
            "x-kubernetes-preserve-unknown-fields",
            "x-kubernetes-embedded-resource",
            "x-kubernetes-list-type",
            "x-kubernetes-list-map-keys",
            "x-kubernetes-map-type",
            "x-kubernetes-validations",
            "allOf",
            "anyOf",
            "oneOf",
            "not",
            "$ref",
            "id",
            "additionalItems",
            "patternProperties",
            "definitions",
            "dependencies",
            "$schema",
            "default"
        ]
    );
    if place.is_hidden {
        for (field, words) in [(&kind, &TYPES[..]), (&list, &LISTS[..]), (&map, &MAPS[..])] {
            field.iter().for_each(|field| words::one_of(object, field, words));
        }
    }
    let word = kind.as_ref().and_then(Field::text).unwrap_or_default();
    let is_of_type = |wanted: &str| word == wanted;
    let embeds = embedded.as_ref().is_some_and(is_true);
    let is_either = either.as_ref().is_some_and(is_true);
    let keeps = preserve.as_ref().is_some_and(is_true);
    // What is no type at all is said elsewhere.
    let is_strange = kind.is_some_and(|kind| kind.text().is_none() || (!word.is_empty() && !TYPES.contains(&&*word)));
    if embeds && !is_of_type("object") && !is_strange {
        wants_type(object, at, kind.as_ref(), "object", "x-kubernetes-embedded-resource");
    } else if word.is_empty() && !is_either && !keeps && !is_strange {
        let what = match level {
            Level::Root => "at the root of the schema",
            Level::Item => "by the items of every list",
            Level::Property => "by every field",
        };
        object.needed(at, "type", what, "add `type`, or `x-kubernetes-preserve-unknown-fields: true` for anything");
    } else if let Some(kind) = kind.filter(|_| level == Level::Root && !word.is_empty() && !is_of_type("object")) {
        let finding = object
            .wrong(&UNSUPPORTED_VALUE, &kind, &format!("is `{word}`, but must be `object` at the root"), "not `object`")
            .help("write `type: object`");
        object.report(finding);
    }
    if is_of_type("array") && items.is_none() {
        object.needed(at, "items", "by every list", "add `items` with the schema of an item");
    }
    for (wanted, field, keyword) in
        [("array", &list, "x-kubernetes-list-type"), ("object", &map, "x-kubernetes-map-type")]
    {
        if field.is_some() && !is_of_type(wanted) && !is_strange {
            wants_type(object, at, kind.as_ref(), wanted, keyword);
        }
    }
    if let Some(additional) = &additional {
        check_additional(object, additional, level, embeds, properties.as_ref());
        node(object, defaults, additional, Place { is_hidden: true, in_map: true, ..place.below(Level::Property) });
    }
    if let Some(preserve) = preserve {
        if preserve.value.as_bool() == Some(false) {
            let finding = object
                .wrong(&UNSUPPORTED_VALUE, &preserve, "must be true or absent", "cannot be false")
                .help("remove it");
            object.report(finding);
        } else if is_either && keeps {
            object.forbidden(&preserve, "with `x-kubernetes-int-or-string`", "remove one of the two");
        }
    }
    if let Some(embedded) = embedded.filter(|_| embeds) {
        if is_either {
            object.forbidden(&embedded, "with `x-kubernetes-int-or-string`", "remove one of the two");
        }
        if in_metadata {
            object.forbidden(&embedded, "inside of the metadata of a resource", "remove it");
        }
        if !keeps && properties.is_none_or(|properties| properties.value.is_empty()) {
            let help = "add `properties`, or `x-kubernetes-preserve-unknown-fields: true`";
            object.needed(at, "properties", "by an embedded resource", help);
        }
    }
    if let Some(unique) = unique.filter(is_true) {
        let help = "use `x-kubernetes-list-type: set`";
        object.forbidden(&unique, "in a definition: it takes too long to check", help);
    }
    if let Some(pattern) = &pattern {
        check_pattern(object, pattern);
    }
    let checks = level == Level::Root || embeds;
    if let Some(properties) = &properties {
        properties.each(|name, _, property| {
            let is_meta = checks && matches!(name, "metadata" | "kind" | "apiVersion");
            if is_meta {
                resource_field(object, defaults, name, property, level);
            }
            node(
                object,
                defaults,
                property,
                Place { in_metadata: in_metadata || is_meta, ..place.below(Level::Property) },
            );
        });
    }
    if let Some(items) = &items {
        if items.value.is_sequence() {
            let help = "write one schema for all items";
            object.forbidden(items, "as a list: all items have the same schema", help);
        }
        let is_matched = list.as_ref().is_some_and(|list| list.text().is_none_or(|text| text == "map"));
        let is_unmatched = place.is_unmatched || !is_matched;
        node(object, defaults, items, Place { is_hidden: true, is_unmatched, ..place.below(Level::Item) });
    }
    lists::check(object, at, list.as_ref(), keys.as_ref(), items.as_ref());
    for rule in rules.iter().flat_map(Field::items) {
        rules::check(object, at.value, &rule, place.is_unmatched, place.is_hidden);
    }
    if let Some(default) = default.filter(|_| !place.in_map) {
        check_default(defaults, at.value, &default, in_metadata);
    }
    written_out(object, &[reference, more]);
    unsupported(object, &[id, patterns, definitions, dependencies, origin]);
    // The server asks whether all is declared for the root only.
    let spine = (level == Level::Root).then_some(at.value);
    alternatives(object, spine, [all, any, one, not], false, depth);
}

#[cold]
fn wants_type<'t>(
    object: &mut Object<'_, 't>,
    at: &Field<'_, 't>,
    kind: Option<&Field<'_, 't>>,
    wanted: &str,
    keyword: &str,
) {
    match kind.filter(|kind| kind.plain_text().is_some()) {
        Some(kind) => {
            let word = kind.text().unwrap_or_default();
            let fault = format!("is `{word}`, but `{keyword}` is for `{wanted}`");
            let finding = object
                .wrong(&CONFLICTING_FIELDS, kind, &fault, &format!("not `{wanted}`"))
                .cause(object.span(&at.path_to(keyword)), "because of this")
                .help(format!("write `type: {wanted}`, or remove `{keyword}`"));
            object.report(finding);
        }
        None => object.needed(at, "type", &format!("with `{keyword}`"), format!("add `type: {wanted}`")),
    }
}

fn check_additional<'t>(
    object: &mut Object<'_, 't>,
    additional: &Field<'_, 't>,
    level: Level,
    embeds: bool,
    properties: Option<&Field<'_, 't>>,
) {
    if level == Level::Root {
        object.forbidden(additional, "at the root of the schema", "remove it");
    } else if embeds {
        object.forbidden(additional, "in an embedded resource", "remove it");
    } else if let Some(properties) = properties.filter(|properties| !properties.value.is_empty())
        && !is_true(additional)
    {
        let finding = object
            .not_allowed(additional, "together with `properties`")
            .cause(object.span(&properties.path()), "the fields are given here")
            .help("keep one of the two; unknown fields are dropped anyway");
        object.report(finding);
    }
}

/// A default must be right by the schema that it stands in.
fn check_default<'t>(defaults: &mut Defaults<'_, 't>, schema: Value<'t>, default: &Field<'_, 't>, in_metadata: bool) {
    let mut faults = default_faults(schema, defaults.of_types.version, in_metadata).into_iter();
    let Some(DefaultFault { route, phrase, rule }) = faults.next() else { return };
    let object = if rule.is_some() { &mut defaults.of_rules } else { &mut defaults.of_types };
    let mut path = default.path();
    let message = match route.0.is_empty() {
        true => format!("{} is not right by its own schema: it {phrase}", object.name(&path)),
        false => format!("{} is not right by its own schema: `{route}` {phrase}", object.name(&path)),
    };
    path.0.extend(route.0);
    let mut finding = object.refuse(&CONFLICTING_FIELDS, path, message, "not what the schema allows");
    if let Some(rule) = rule {
        finding = finding.cause(rule, "this rule");
    }
    object.report(finding);
}

#[cold]
fn no_pattern<'t>(object: &mut Object<'_, 't>, pattern: &Field<'_, 't>) {
    let finding = object
        .wrong(&INVALID_TEXT, pattern, "is not a regular expression of Go (RE2)", "not a pattern")
        .help("patterns have no look-around and no back references");
    object.report(finding);
}

pub(super) fn check_pattern<'t>(object: &mut Object<'_, 't>, pattern: &Field<'_, 't>) {
    if pattern.text().is_some_and(|text| !is_pattern(&text)) {
        no_pattern(object, pattern);
    }
}

/// `apiVersion`, `kind` and `metadata` of a resource.
fn resource_field<'t>(
    object: &mut Object<'_, 't>,
    defaults: &mut Defaults<'_, 't>,
    name: &str,
    field: &Field<'_, 't>,
    level: Level,
) {
    let wanted = if name == "metadata" { "object" } else { "string" };
    if let Some(kind) = field.get("type")
        && let Some(word) = kind.plain_text().filter(|word| word != wanted)
    {
        let fault = format!("is `{word}`, but `{name}` of a resource is of type `{wanted}`");
        let finding = object.wrong(&UNSUPPORTED_VALUE, &kind, &fault, "another type").help(format!("write `{wanted}`"));
        object.report(finding);
    }
    if level != Level::Root {
        return;
    }
    if let Some(default) = field.get("default") {
        defaults.of_types.forbidden(&default, &format!("in `{name}` of a resource"), "remove it");
    }
    if name != "metadata" {
        return;
    }
    let properties = field.get("properties");
    if let Some(properties) = properties {
        properties.each(|inner, _, property| {
            if !matches!(inner, "name" | "generateName") {
                let because = "in the metadata of a resource: only `name` and `generateName` can be restricted";
                object.forbidden(property, because, "remove it");
            }
        });
    }
}
