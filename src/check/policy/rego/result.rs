//! What a rule returned: texts and objects, as conftest takes them, and the keys that plimsoll adds.

use regorus::Value as Rego;

use crate::model::path::{Path, Segment};
use crate::model::rule::Severity;
use crate::model::value::Value;

use super::bounded;
use super::metadata::short;

/// One violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// `msg`
    pub message: String,
    /// Where the policy says it is: `path`, a list of keys and indexes or a JSON pointer, at the top or in `details`.
    pub path: Option<WrittenPath>,
    /// `_loc`: a file and a line from 1.
    pub line: Option<(String, u32)>,
    /// `severity`, where the rule's own does not fit.
    pub severity: Option<Severity>,
    /// `label`: what stands beside the place.
    pub label: Option<String>,
    /// `note`: what else should be known.
    pub note: Option<String>,
    /// Every other key, for those who know what it means: `team: payments`.
    pub metadata: Vec<String>,
}

/// A path as a policy writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrittenPath {
    /// `["spec", "containers", 0]`
    Segments(Path),
    /// `/spec/containers/0`
    Pointer(String),
}

impl WrittenPath {
    /// The route, which for a pointer depends on where the object has lists.
    pub fn resolve(&self, root: Value<'_>) -> Option<Path> {
        match self {
            WrittenPath::Segments(path) => Some(path.clone()),
            WrittenPath::Pointer(pointer) => Path::from_pointer(pointer, root),
        }
    }
}

/// The violations in the value of a `deny`, `violation` or `warn`. A text is a message, an object needs one in `msg`,
/// an empty message is a pass, and anything else in a collection is ignored (conftest `policy/engine.go`).
///
/// # Errors
/// An object without a `msg` that is text: conftest fails the run.
pub fn violations(value: &Rego) -> Result<Vec<Violation>, String> {
    let mut found = Vec::new();
    // A complete rule with a text: conftest takes it for a pass, which no author can mean.
    let lone = if matches!(value, Rego::String(_)) { vec![value] } else { Vec::new() };
    for item in items(value).into_iter().chain(lone) {
        match item {
            Rego::String(message) => found.push(Violation::new(message)),
            Rego::Object(_) => found.push(read(item)?),
            _ => {}
        }
    }
    found.retain(|violation| !violation.message.is_empty());
    Ok(found)
}

/// The items of a set or an array; none of anything else.
pub fn items(value: &Rego) -> Vec<&Rego> {
    match value {
        Rego::Set(items) => items.iter_sorted().collect(),
        Rego::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    }
}

impl Violation {
    /// A message and nothing else.
    pub fn new(message: &str) -> Violation {
        let message = message.trim().to_owned();
        Violation { message, path: None, line: None, severity: None, label: None, note: None, metadata: Vec::new() }
    }
}

fn read(item: &Rego) -> Result<Violation, String> {
    let Ok(message) = item["msg"].as_string() else {
        return Err("it returned an object without a text `msg`".to_owned());
    };
    let text = |key: &str| item[key].as_string().ok().map(|text| text.to_string());
    Ok(Violation {
        path: path(&item["path"]).or_else(|| path(&item["details"]["path"])),
        line: line(&item["_loc"]),
        severity: text("severity").as_deref().and_then(severity),
        label: text("label"),
        note: text("note"),
        metadata: metadata(item),
        ..Violation::new(message)
    })
}

/// What has no meaning here and is shown as it is: every key but those that were read, `details` as one.
fn metadata(item: &Rego) -> Vec<String> {
    let Rego::Object(fields) = item else { return Vec::new() };
    let read = ["msg", "path", "_loc", "label", "note"];
    let others = fields.iter_sorted().filter_map(|(key, value)| {
        let key = key.as_string().ok().filter(|key| !read.contains(&&***key))?;
        let text = match value {
            Rego::String(text) => text.to_string(),
            Rego::Object(fields) if fields.is_empty() => return None,
            other if !bounded::is_writable(other) => "too long to be shown".to_owned(),
            other => other.to_string(),
        };
        Some(format!("{key}: {}", short(&text)))
    });
    others.collect()
}

fn path(value: &Rego) -> Option<WrittenPath> {
    match value {
        Rego::String(pointer) if pointer.is_empty() || pointer.starts_with('/') => {
            Some(WrittenPath::Pointer(pointer.to_string()))
        }
        Rego::Array(items) => items.iter().map(segment).collect::<Option<_>>().map(Path).map(WrittenPath::Segments),
        _ => None,
    }
}

fn segment(value: &Rego) -> Option<Segment> {
    match value {
        Rego::String(key) => Some(Segment::from(key.as_ref())),
        Rego::Number(_) => value.as_u64().ok().map(|index| Segment::Index(index as usize)),
        _ => None,
    }
}

fn line(value: &Rego) -> Option<(String, u32)> {
    let line = value["line"].as_u32().ok().filter(|line| *line > 0)?;
    Some((value["file"].as_string().ok()?.to_string(), line))
}

/// The severity of that name, also by the words of other tools.
pub fn severity(word: &str) -> Option<Severity> {
    match word.to_ascii_lowercase().as_str() {
        "error" | "critical" | "high" => Some(Severity::Error),
        "warning" | "warn" | "medium" => Some(Severity::Warning),
        "note" | "info" | "low" => Some(Severity::Note),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(json: &str) -> Result<Vec<Violation>, String> {
        violations(&Rego::from_json_str(json).unwrap())
    }

    #[test]
    fn texts_and_objects_are_violations_and_the_rest_is_not() {
        let found = of(r#"["a", {"msg": "b", "team": "x"}, true, 5, "", {"msg": ""}]"#).unwrap();
        assert_eq!(found.iter().map(|violation| violation.message.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(of("true").unwrap().is_empty());
        assert!(of("[]").unwrap().is_empty());
        assert_eq!(of("\"lonely\"").unwrap().len(), 1);
    }

    #[test]
    fn an_object_without_a_message_fails() {
        assert!(of(r#"[{"message": "a"}]"#).is_err());
        assert!(of(r#"[{"msg": 5}]"#).is_err());
    }

    #[test]
    fn places_are_read_in_every_spelling() {
        let found = of(r#"[{"msg": "a", "path": ["spec", "a.b", 0]}, {"msg": "b", "path": "/spec/0"},
            {"msg": "c", "details": {"path": ["x"]}}, {"msg": "d", "_loc": {"file": "a.yaml", "line": 3}}]"#)
        .unwrap();
        let segments = Path(vec![Segment::from("spec"), Segment::from("a.b"), Segment::Index(0)]);
        assert_eq!(found[0].path, Some(WrittenPath::Segments(segments)));
        assert_eq!(found[1].path, Some(WrittenPath::Pointer("/spec/0".to_owned())));
        assert_eq!(found[2].path, Some(WrittenPath::Segments(Path::of(["x"]))));
        assert_eq!(found[3].line, Some(("a.yaml".to_owned(), 3)));
    }
}
