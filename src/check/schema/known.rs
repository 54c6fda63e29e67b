//! Definitions of custom kinds that many repositories use, embedded: `schemas/custom.txt`, made by `schemas/custom.py`.
//!
//! The first lines are one for each kind and version, with tabs between: group, kind, version, scope, project, the entry
//! of `spec.versions` without its schema, and the schema. Behind an empty line come the parts that schemas share, one a
//! line; in the text of a schema, which is JSON, `\x01` and `\x02` enclose the number of such a line.

use std::collections::BTreeSet;
use std::sync::LazyLock;

static TEXT: &str = include_str!("../../../schemas/custom.txt");

/// The lines about kinds, and those of the parts, found once.
static LINES: LazyLock<(Vec<Head>, Vec<&'static str>)> = LazyLock::new(|| {
    let mut lines = memchr::memchr_iter(b'\n', TEXT.as_bytes()).scan(0, |start, end| {
        let line = TEXT.get(*start..end);
        *start = end + 1;
        line
    });
    let heads = lines.by_ref().map_while(Head::read).collect();
    (heads, lines.collect())
});

/// A line about a kind and version.
struct Head {
    group: &'static str,
    kind: &'static str,
    version: &'static str,
    scope: &'static str,
    project: &'static str,
    entry: &'static str,
    schema: &'static str,
}

/// A definition that is embedded.
#[derive(Debug)]
pub struct Known {
    /// The CustomResourceDefinition as JSON.
    pub definition: String,
    /// The project that it is of, and which version of that.
    pub project: &'static str,
}

impl Head {
    fn read(line: &'static str) -> Option<Head> {
        let mut parts = line.splitn(7, '\t');
        Some(Head {
            group: parts.next()?,
            kind: parts.next()?,
            version: parts.next()?,
            scope: parts.next()?,
            project: parts.next()?,
            entry: parts.next()?,
            schema: parts.next()?,
        })
    }
}

fn heads() -> impl Iterator<Item = &'static Head> {
    LINES.0.iter()
}

/// The kinds that are embedded: API version, kind and project, in order.
pub fn known_kinds() -> impl Iterator<Item = (String, &'static str, &'static str)> {
    heads().map(|head| (format!("{}/{}", head.group, head.version), head.kind, head.project))
}

/// The definition of a kind with those of the `wanted` versions that are embedded; `None` if none is.
#[must_use]
pub fn known(group: &str, kind: &str, wanted: &BTreeSet<String>) -> Option<Known> {
    let mut versions = String::new();
    let mut last = None;
    for head in heads().filter(|head| head.group == group && head.kind == kind && wanted.contains(head.version)) {
        let separator = if versions.is_empty() { "" } else { "," };
        let entry = head.entry.strip_suffix('}')?;
        versions.extend([separator, entry, ",\"schema\":{\"openAPIV3Schema\":"]);
        expand(head.schema, &mut versions);
        versions.push_str("}}");
        last = Some(head);
    }
    let &Head { group, kind, scope, project, .. } = last?;
    let definition = format!(
        "{{\"apiVersion\":\"apiextensions.k8s.io/v1\",\"kind\":\"CustomResourceDefinition\",\"spec\":{{\"group\":\"{group}\",\
         \"names\":{{\"kind\":\"{kind}\"}},\"scope\":\"{scope}\",\"versions\":[{versions}]}}}}"
    );
    Some(Known { definition, project })
}

/// Writes a text with the shared parts in their places.
fn expand(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1}') {
        out.push_str(before);
        let Some((number, behind)) = after.split_once('\u{2}') else { break };
        if let Some(part) = number.parse().ok().and_then(|number: usize| LINES.1.get(number)) {
            expand(part, out);
        }
        rest = behind;
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_embedded_definition_is_whole() {
        let mut seen = 0;
        for &Head { group, kind, version, .. } in heads() {
            let known = known(group, kind, &BTreeSet::from([version.to_owned()])).unwrap();
            let definition: serde_json::Value = serde_json::from_str(&known.definition).unwrap();
            let own = &definition["spec"]["versions"][0];
            assert_eq!(own["name"], version);
            assert_eq!(own["schema"]["openAPIV3Schema"]["type"], "object", "{group} {kind}");
            seen += 1;
        }
        assert!(seen > 100, "{seen}");
        assert!(TEXT.len() < 512 * 1024, "{} bytes", TEXT.len());
    }
}
