//! The versions of a definition: `validateCustomResourceDefinitionVersion`.

use crate::check::api::object::{Field, Object, fields, shown};
use crate::check::api::rules::{
    CONFLICTING_FIELDS, DUPLICATE_NAME, FORBIDDEN_FIELD, INVALID_TEXT, REQUIRED_VALUE, TOO_LARGE, UNSUPPORTED_VALUE,
};
use crate::check::api::seen::Seen;

use super::paths::{self, Target};
use super::{label, schema};
use crate::model::value::Value;

/// `MaxSelectableFields`
const SELECTABLE: usize = 8;

pub(super) fn check<'t>(object: &mut Object<'_, 't>, versions: &Field<'_, 't>) {
    let mut seen = Seen::new();
    let mut stored = None;
    for version in versions.items() {
        let [name, storage] = fields!(version, ["name", "storage"]);
        if let Some(name) = name {
            label(object, &name, false);
            if let Some(text) = name.plain_text()
                && let Some(first) = seen.before(text.clone(), name.value.span())
            {
                let finding = object
                    .wrong(&DUPLICATE_NAME, &name, &format!("repeats the version `{text}`"), "the second")
                    .cause(first, "the first")
                    .help("rename one of the two, or remove it");
                object.report(finding);
            }
        }
        if let Some(storage) = storage.filter(|storage| storage.value.as_bool() == Some(true)) {
            match stored {
                None => stored = Some(storage.value.span()),
                Some(first) => {
                    let fault = "is true for a second version, but one version is stored";
                    let finding = object
                        .wrong(&CONFLICTING_FIELDS, &storage, fault, "the second")
                        .cause(first, "the first")
                        .help("write `storage: false` for one of them");
                    object.report(finding);
                }
            }
        }
        check_version(object, &version);
    }
    let is_known = |version: Field<'_, 't>| version.get("storage").is_none_or(|field| field.value.as_bool().is_some());
    if stored.is_none() && versions.value.is_sequence() && versions.items().all(is_known) {
        let path = versions.path();
        let message = format!("no version in {} is the one that is stored", object.place(&path));
        let finding = object
            .refuse(&REQUIRED_VALUE, path, message, "no `storage: true`")
            .help("write `storage: true` for one version");
        object.report(finding);
    }
}

fn check_version<'t>(object: &mut Object<'_, 't>, version: &Field<'_, 't>) {
    if !version.value.is_mapping() {
        return;
    }
    let [validation, subresources, columns, selectable, deprecated, warning] = fields!(
        version,
        ["schema", "subresources", "additionalPrinterColumns", "selectableFields", "deprecated", "deprecationWarning"]
    );
    let root = validation.as_ref().and_then(|validation| validation.get("openAPIV3Schema"));
    match &root {
        Some(root) => {
            let status = subresources.is_some_and(|subresources| subresources.has("status"));
            schema::check(object, root, status);
        }
        None if validation.is_none_or(|validation| validation.value.is_mapping()) => {
            let because = "by every version: `openAPIV3Schema` says which fields there are";
            let help = "add `schema: {openAPIV3Schema: {type: object, properties: …}}`";
            object.needed(version, "schema", because, help);
        }
        None => {}
    }
    if let Some(warning) = &warning {
        deprecation(object, warning, deprecated.as_ref());
    }
    if let Some(scale) = subresources.as_ref().and_then(|subresources| subresources.get("scale")) {
        let [spec, status, selector] = fields!(scale, ["specReplicasPath", "statusReplicasPath", "labelSelectorPath"]);
        path_below(object, spec.as_ref(), &[".spec."]);
        path_below(object, status.as_ref(), &[".status."]);
        path_below(object, selector.as_ref(), &[".spec.", ".status."]);
    }
    for column in columns.iter().flat_map(Field::items) {
        check_column(object, &column);
    }
    if let Some(selectable) = selectable {
        check_selectable(object, &selectable, root.map(|root| root.value));
    }
}

fn deprecation<'t>(object: &mut Object<'_, 't>, warning: &Field<'_, 't>, deprecated: Option<&Field<'_, 't>>) {
    let Some(text) = warning.text() else { return };
    if deprecated.is_none_or(|deprecated| deprecated.value.as_bool() == Some(false)) {
        let help = "add `deprecated: true`, or remove it";
        return object.forbidden(warning, "for a version that is not deprecated", help);
    }
    let fault = match text.len() {
        0 => "must not be empty",
        257.. => "must not have more than 256 bytes",
        _ if text.chars().any(char::is_control) => "must be one line of printable characters",
        _ => return,
    };
    let finding = object.wrong(&INVALID_TEXT, warning, fault, "not a warning");
    object.report(finding);
}

/// `ValidateCustomResourceDefinitionSubresources`
fn path_below<'t>(object: &mut Object<'_, 't>, field: Option<&Field<'_, 't>>, starts: &[&str]) {
    let Some((field, text)) = field.and_then(|field| Some((field, field.plain_text()?))) else { return };
    if !starts.iter().any(|start| text.starts_with(start)) {
        let fault = format!("is `{text}`, but must begin with `{}`", starts.join("` or `"));
        let finding = object.wrong(&INVALID_TEXT, field, &fault, "not below it");
        object.report(finding);
    }
}

const FORMATS: [&str; 8] = ["int32", "int64", "float", "double", "byte", "date", "date-time", "password"];

/// `ValidateCustomResourceColumnDefinition`
fn check_column<'t>(object: &mut Object<'_, 't>, column: &Field<'_, 't>) {
    let [path, format] = fields!(column, ["jsonPath", "format"]);
    if let Some(path) = path
        && let Some(text) = path.plain_text()
        && !text.starts_with('.')
    {
        let finding = object
            .wrong(&INVALID_TEXT, &path, &format!("is `{text}`, but must begin with a dot"), "no dot")
            .help(format!("write `.{text}`"));
        object.report(finding);
    }
    if let Some(format) = format
        && format.plain_text().is_some_and(|text| !FORMATS.contains(&&*text))
    {
        let fault = format!("is `{}`, but must be one of `{}`", shown(&format), FORMATS.join("`, `"));
        let finding = object.wrong(&UNSUPPORTED_VALUE, &format, &fault, "no such format").help("remove it");
        object.report(finding);
    }
}

/// `allowedSelectableFieldSchema`
fn scalar<'t>(object: &mut Object<'_, 't>, path: &Field<'_, 't>, text: &str, schema: Value<'t>) {
    let fault = match paths::follow(schema, text) {
        Target::NoRoute => "must be names after dots".to_owned(),
        Target::Field(_) if text.contains('[') => "must be names after dots".to_owned(),
        Target::Nothing => format!("is `{text}`, which leads to no field of the schema"),
        Target::Unknown => return,
        Target::Field(field) => match field.get("type").and_then(|kind| kind.as_str()).as_deref() {
            Some("string" | "boolean" | "integer") => return,
            _ => format!("is `{text}`, which is no string, boolean or integer"),
        },
    };
    let finding = object.wrong(&INVALID_TEXT, path, &fault, "cannot be selected by");
    object.report(finding);
}

/// `ValidateCustomResourceSelectableFields`
fn check_selectable<'t>(object: &mut Object<'_, 't>, selectable: &Field<'_, 't>, schema: Option<Value<'t>>) {
    let mut seen = Seen::new();
    let mut count = 0;
    for field in selectable.items() {
        let Some(path) = field.get("jsonPath") else { continue };
        let Some(text) = path.plain_text() else { continue };
        if text == ".metadata" || text.starts_with(".metadata.") {
            let finding = object
                .wrong(&FORBIDDEN_FIELD, &path, "is in `metadata`, which cannot be selected by", "in `metadata`")
                .help("remove it");
            object.report(finding);
        } else if let Some(schema) = schema {
            scalar(object, &path, &text, schema);
        }
        match seen.before(text.clone(), path.value.span()) {
            Some(first) => {
                let finding = object
                    .wrong(&DUPLICATE_NAME, &path, &format!("repeats `{text}`"), "the second")
                    .cause(first, "the first")
                    .help("remove one");
                object.report(finding);
            }
            None => count += 1,
        }
    }
    if count > SELECTABLE {
        let fault = format!("has {count} entries, but may have {SELECTABLE}");
        let finding = object.wrong(&TOO_LARGE, selectable, &fault, "too many").help("remove some");
        object.report(finding);
    }
}
