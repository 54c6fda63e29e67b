//! JSON Schemas of kinds, as converters make them of definitions for other validators.
//!
//! Which kind a schema is of is said by its `x-kubernetes-group-version-kind`, by the only values that it has for
//! `apiVersion` and `kind`, or by the name of its file, in the manner of kubeconform (`widget-example-v1.json`) or of
//! catalogues (`example.com/widget_v1.json`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value as Json;

use crate::check::wording::is_placeholder;
use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path, Segment};
use crate::model::resource::Resource;
use crate::model::value::Value;

use super::super::finding::Against;
use super::super::table::Table;
use super::super::walk::{Root, Walk};
use super::super::{INVALID_VALUE, MISSING_FIELD, UNKNOWN_FIELD, WRONG_TYPE};
use super::alternatives::phrase;
use super::keywords::to_json;

/// Deeper than any manifest or schema.
const DEPTH: u32 = 200;

/// Group, kind and version, as far as a schema says them.
type Names = (Option<String>, String, Option<String>);

/// A JSON Schema, compiled when it is first asked.
pub(in super::super) struct JsonSchema {
    schema: Json,
    /// Where it lies.
    name: String,
    compiled: OnceLock<Option<Validator>>,
}

impl std::fmt::Debug for JsonSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JsonSchema").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A value of the tree as JSON; `None` if it is too deep.
pub(in super::super) fn json_of(value: Value<'_>) -> Option<Json> {
    to_json(value, DEPTH)
}

/// Whether a document is a JSON Schema.
pub(in super::super) fn is_json_schema(document: &Json) -> bool {
    let has = |key: &str| document.get(key).is_some();
    let is_text = |key: &str| document.get(key).is_some_and(Json::is_string);
    !is_text("kind") && (has("$schema") || has("properties") || has("$ref") || has("oneOf") || has("anyOf"))
}

/// Those of the `wanted` kinds and versions that a schema is of.
pub(in super::super) fn kinds_of(
    schema: &Json,
    file: &str,
    wanted: &BTreeMap<(String, String), BTreeSet<String>>,
) -> Vec<(String, String, String)> {
    let said = said(schema);
    let mut found = Vec::new();
    for ((group, kind), versions) in wanted {
        for version in versions {
            let is =
                |own: &Option<String>, wanted: &str| own.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(wanted));
            let by_content = || said.iter().any(|(own, name, of)| name == kind && is(own, group) && is(of, version));
            if if said.is_empty() { is_named(file, group, kind, version) } else { by_content() } {
                found.push((group.clone(), kind.clone(), version.clone()));
            }
        }
    }
    found
}

/// API version and kind of a schema, by its content or in the manner of catalogues by its name.
pub(in super::super) fn identities(schema: &Json, file: &str) -> Vec<(String, String)> {
    let said = said(schema);
    if said.is_empty() {
        let mut parts = file.rsplit('/');
        let name = parts.next().and_then(|name| name.rsplit_once('.')).map_or("", |(name, _)| name);
        let group = parts.next().filter(|folder| folder.contains('.'));
        let named = group.zip(name.rsplit_once('_'));
        return named
            .map(|(group, (kind, version))| (format!("{group}/{version}"), kind.to_owned()))
            .into_iter()
            .collect();
    }
    let api_version = |group: Option<String>, version: Option<String>| {
        let parts = group.filter(|group| !group.is_empty()).into_iter().chain(version);
        parts.collect::<Vec<_>>().join("/")
    };
    said.into_iter().map(|(group, kind, version)| (api_version(group, version), kind)).collect()
}

fn said(schema: &Json) -> Vec<Names> {
    let text = |value: Option<&Json>| value.and_then(Json::as_str).map(str::to_owned);
    let listed = schema.get("x-kubernetes-group-version-kind");
    let listed = listed.and_then(Json::as_array).into_iter().flatten();
    let listed: Vec<Names> =
        listed.filter_map(|of| Some((text(of.get("group")), text(of.get("kind"))?, text(of.get("version"))))).collect();
    if !listed.is_empty() {
        return listed;
    }
    let only = |field: &str| {
        let field = schema.get("properties")?.get(field)?;
        let one = field.get("enum").and_then(Json::as_array).filter(|all| all.len() == 1).map(|all| &all[0]);
        text(field.get("const").or(one))
    };
    let (api_version, kind) = (only("apiVersion"), only("kind"));
    let (group, version) = match api_version.as_deref().map(|text| text.split_once('/').unwrap_or(("", text))) {
        Some((group, version)) => (Some(group.to_owned()), Some(version.to_owned())),
        None => (None, None),
    };
    kind.filter(|_| version.is_some()).map(|kind| (group, kind, version)).into_iter().collect()
}

/// Whether a file has the name that others give to the schema of a kind.
fn is_named(file: &str, group: &str, kind: &str, version: &str) -> bool {
    let mut parts = file.rsplit('/');
    let name = parts.next().unwrap_or_default().to_lowercase();
    let folder = parts.next().unwrap_or_default().to_lowercase();
    let name = name.rsplit_once('.').map_or(&*name, |(name, _)| name);
    let (kind, group) = (kind.to_lowercase(), group.to_lowercase());
    let first = group.split('.').next().unwrap_or_default();
    (name == format!("{kind}_{version}") && folder == group)
        || name == format!("{kind}-{first}-{version}")
        || name == format!("{kind}-{group}-{version}")
        || name == format!("{group}_{kind}_{version}")
}

impl JsonSchema {
    pub(in super::super) fn new(schema: Json, name: &str) -> Self {
        JsonSchema { schema, name: name.to_owned(), compiled: OnceLock::new() }
    }

    /// Checks a resource. `Err` says why that is not possible.
    pub(in super::super) fn check(&self, resource: &Resource<'_>) -> Result<Vec<Diagnostic>, String> {
        let compile = || jsonschema::options().should_ignore_unknown_formats(true).build(&self.schema).ok();
        let Some(validator) = self.compiled.get_or_init(compile) else {
            return Err(format!("the schema `{}` cannot be read, or leads to another one", self.name));
        };
        let mut object = json_of(resource.value).ok_or_else(|| "it is too deep".to_owned())?;
        drop_nulls(&mut object);
        let root = Root { table: Table::read(&[]), index: 0 };
        let mut walk = Walk::new(resource, root, root, Against::Schema(&self.name));
        let mut found = Vec::new();
        for error in validator.iter_errors(&object) {
            let value = error.instance();
            if value.as_str().is_some_and(is_placeholder) {
                continue;
            }
            if let Some(path) = Path::from_pointer(error.instance_path().as_str(), resource.value) {
                told(&mut walk, path, error.kind(), &mut found);
            }
        }
        Ok(found)
    }
}

/// Absent, as they are for the API server.
fn drop_nulls(value: &mut Json) {
    match value {
        Json::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Json::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

fn told(walk: &mut Walk<'_, '_>, path: Path, kind: &Kind, found: &mut Vec<Diagnostic>) {
    let resource = walk.resource;
    let below = |name: &str| Path(path.0.iter().cloned().chain([Segment::from(name)]).collect());
    match kind {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                let place = below(name).locate(resource.value);
                let span = place.key_span();
                let message = format!("unknown field `{name}` in {}", walk.place(&path));
                let finding = walk.finding(&UNKNOWN_FIELD, span, message, "no such field", path.clone(), Some(name));
                found.push(
                    finding.effect("kubectl and server-side apply refuse this, if the schema is that of the cluster"),
                );
            }
        }
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default().to_owned();
            let span = below(&name).span(resource.value);
            let message = format!("missing field `{name}` in {}", walk.place(&path));
            let label = format!("needs `{name}`");
            let finding = walk.finding(&MISSING_FIELD, span, message, label, path.clone(), Some(&name));
            found.push(finding.effect("the API server refuses the object").help(format!("add `{name}`")));
        }
        other => {
            let span = path.span(resource.value);
            let field = if path.0.is_empty() { resource.kind.to_string() } else { walk.field_and_place(&path) };
            let (rule, message) = match other {
                Kind::Type { kind } => (WRONG_TYPE, format!("{field} must be {}", types(kind))),
                other => (INVALID_VALUE, format!("{field} {}", phrase(other))),
            };
            let finding = walk.finding(&rule, span, message, "", path.clone(), None);
            found.push(finding.effect("the API server refuses the object"));
        }
    }
}

fn types(kind: &jsonschema::error::TypeKind) -> String {
    use jsonschema::error::TypeKind;
    let with_article = |name: &str| match name {
        "array" => "a list".to_owned(),
        "integer" | "object" => format!("an {name}"),
        "null" => "null".to_owned(),
        name => format!("a {name}"),
    };
    match kind {
        TypeKind::Single(kind) => with_article(kind.as_str()),
        TypeKind::Multiple(kinds) => {
            let names: Vec<_> = kinds.iter().map(|kind| with_article(kind.as_str())).collect();
            names.join(" or ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_in_the_manner_of_others() {
        for file in ["example.com/widget_v1.json", "a/widget-example-v1.json", "widget-example.com-v1.json"] {
            assert!(is_named(file, "example.com", "Widget", "v1"), "{file}");
        }
        for file in ["other.com/widget_v1.json", "widget-example-v2.json", "widget.json"] {
            assert!(!is_named(file, "example.com", "Widget", "v1"), "{file}");
        }
    }

    #[test]
    fn schemas_say_what_they_are_of() {
        let wanted = BTreeMap::from([(
            ("example.com".to_owned(), "Widget".to_owned()),
            BTreeSet::from(["v1".to_owned(), "v2".to_owned()]),
        )]);
        let count = |schema: serde_json::Value| kinds_of(&schema, "x.json", &wanted).len();
        let listed = serde_json::json!([{"group": "example.com", "version": "v1", "kind": "Widget"}]);
        assert_eq!(count(serde_json::json!({"x-kubernetes-group-version-kind": listed})), 1);
        let enums = serde_json::json!({"apiVersion": {"enum": ["example.com/v2"]}, "kind": {"const": "Widget"}});
        assert_eq!(count(serde_json::json!({"properties": enums})), 1);
        assert_eq!(count(serde_json::json!({"properties": {"kind": {"type": "string"}}})), 0);
    }
}
