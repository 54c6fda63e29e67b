//! Objects of a cluster inside of others (`x-kubernetes-embedded-resource`;
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta/validation.go`).
//!
//! That `apiVersion` and `kind` are there and are strings is said by the walk beside the table.

use serde_json::{Map, Value as Json};

/// What is wrong: the field below the object, and a phrase that follows its name.
pub(super) fn faults(object: &Map<String, Json>) -> Vec<(Vec<&str>, String)> {
    let mut found = Vec::new();
    if let Some(Json::String(text)) = object.get("apiVersion") {
        if text.is_empty() {
            found.push((vec!["apiVersion"], "must not be empty".to_owned()));
        } else if text.matches('/').count() > 1 {
            found.push((vec!["apiVersion"], "must be a version, or a group and a version".to_owned()));
        }
    }
    if let Some(Json::String(text)) = object.get("kind") {
        if text.is_empty() {
            found.push((vec!["kind"], "must not be empty".to_owned()));
        } else if !is_label_1035(&text.to_ascii_lowercase()) {
            let asked = "must be letters, digits and dashes, 63 at most, and begin with a letter";
            found.push((vec!["kind"], asked.to_owned()));
        }
    }
    let Some(Json::Object(metadata)) = object.get("metadata") else { return found };
    for (field, whole) in [("name", true), ("generateName", false)] {
        let Some(Json::String(name)) = metadata.get(field) else { continue };
        if whole && matches!(&**name, "." | "..") {
            found.push((vec!["metadata", field], format!("must not be `{name}`")));
        }
        if let Some(bad) = name.chars().find(|letter| matches!(letter, '/' | '%')) {
            found.push((vec!["metadata", field], format!("must not contain `{bad}`")));
        }
    }
    let namespace = metadata.get("namespace").and_then(Json::as_str).unwrap_or_default();
    if !namespace.is_empty() && !is_label_1123(namespace) {
        let asked =
            "must be lower-case letters, digits and dashes, 63 at most, and begin and end with a letter or digit";
        found.push((vec!["metadata", "namespace"], asked.to_owned()));
    }
    for field in ["labels", "annotations"] {
        for (key, value) in metadata.get(field).and_then(Json::as_object).into_iter().flatten() {
            if !is_qualified(key) {
                found.push((vec!["metadata", field, key], "is not a valid key".to_owned()));
            }
            if field == "labels" && value.as_str().is_some_and(|value| !value.is_empty() && !is_name(value)) {
                found.push((vec!["metadata", field, key], "is not a valid label value".to_owned()));
            }
        }
    }
    found
}

fn is_label_1035(text: &str) -> bool {
    is_label_1123(text) && text.starts_with(|first: char| first.is_ascii_lowercase())
}

fn is_label_1123(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= 63 && text.bytes().all(inner) && has_sound_ends(text)
}

/// The name in `prefix/name`, and the value of a label.
fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.len() <= 63 && text.bytes().all(inner) && has_sound_ends(text)
}

fn has_sound_ends(text: &str) -> bool {
    let is_sound = |letter: char| letter.is_ascii_alphanumeric();
    text.starts_with(is_sound) && text.ends_with(is_sound)
}

/// `IsQualifiedName` in `k8s.io/apimachinery/pkg/util/validation`.
fn is_qualified(key: &str) -> bool {
    match key.split_once('/') {
        None => is_name(key),
        Some((prefix, name)) => prefix.len() <= 253 && prefix.split('.').all(is_label_1123_part) && is_name(name),
    }
}

/// A part of a subdomain: only the whole has a limit of length.
fn is_label_1123_part(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.bytes().all(inner) && has_sound_ends(text)
}
