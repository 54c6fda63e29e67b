//! The rule `rbac-wildcard`.

use std::borrow::Cow;

use crate::model::path::Segment;
use crate::model::value::Value;

use super::super::rego::result::Violation;
use super::{object, violation};

/// The fields of a rule entry, in the order in which a star is looked for, and what they hold.
const FIELDS: [(&str, &str); 3] = [("verbs", "verb"), ("resources", "resource"), ("apiGroups", "API group")];

pub(super) fn check(object: Value<'_>) -> Option<Vec<Violation>> {
    let mut found = Vec::new();
    for (at, entry) in object::list(object, "rules").enumerate() {
        // Words that are no texts are for the rule itself to put into words.
        let words = |field| object::list(entry, field).map(Value::as_str).collect::<Option<Vec<_>>>();
        let words = [words(FIELDS[0].0)?, words(FIELDS[1].0)?, words(FIELDS[2].0)?];
        let star = words.iter().zip(FIELDS).find_map(|(words, (field, _))| {
            let index = words.iter().position(|word| word == "*")?;
            Some([Segment::from("rules"), Segment::Index(at), Segment::from(field), Segment::Index(index)])
        });
        let Some(path) = star else { continue };
        let urls = object::list(entry, "nonResourceURLs").map(Value::as_str).collect::<Option<Vec<_>>>()?;
        let [verbs, resources, groups] = &words;
        let reached = match (&urls[..], &resources[..]) {
            ([_, ..], []) => granted(&urls, "URL"),
            _ => format!("{} of {}", granted(resources, FIELDS[1].1), granted(groups, FIELDS[2].1)),
        };
        let message = format!("{} grants {} on {reached}", object::describe(object), granted(verbs, FIELDS[0].1));
        found.push(violation(message, path.to_vec()));
    }
    Some(found)
}

/// What one field of a rule entry grants: everything, or what is written out.
fn granted(words: &[Cow<'_, str>], noun: &str) -> String {
    match words {
        _ if words.iter().any(|word| word == "*") => format!("every {noun}"),
        [] => format!("no {noun}"),
        [word] if word.is_empty() => "the core API group".to_owned(),
        [word] => format!("the {noun} `{word}`"),
        _ => format!("{} {noun}s", words.len()),
    }
}
