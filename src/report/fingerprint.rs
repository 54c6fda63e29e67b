//! What a finding is recognised by in the next run.
//!
//! The fingerprint is the SHA-256, in hexadecimal, of these fields, each followed by a zero byte: the rule's id; group,
//! kind, namespace and name of the object (not the version, so that moving to a new API version makes nothing new); the
//! JSON pointer into it. A finding without an object, or about one without a name, has the file's name in place of the
//! object, and its message behind the pointer. Lines, columns and severities are not part of it. Of several findings
//! with equal fields, the second and later ones in the order of the report have their number (`2`) as one more field.

use std::collections::HashMap;

use crate::model::diagnostic::Diagnostic;
use crate::model::digest;
use crate::model::report::Report;
use crate::model::source::Sources;

/// The fingerprints of all findings, in their order.
#[must_use]
pub fn fingerprints(report: &Report) -> Vec<String> {
    let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
    let number = |finding| {
        let mut fields = fields(finding, &report.sources);
        let count = seen.entry(fields.clone()).or_default();
        *count += 1;
        if *count > 1 {
            fields.extend(format!("{count}\0").bytes());
        }
        digest::sha256(&fields)
    };
    report.diagnostics.iter().map(number).collect()
}

fn fields(finding: &Diagnostic, sources: &Sources) -> Vec<u8> {
    let path = finding.path.as_ref().map(|path| path.pointer()).unwrap_or_default();
    let named = finding.resource.as_deref().and_then(|resource| Some((resource, resource.name.as_deref()?)));
    let fields: Vec<&str> = match named {
        Some((id, name)) => {
            vec![&finding.rule, &id.group, &id.kind, id.namespace.as_deref().unwrap_or_default(), name, &path]
        }
        None => vec![&finding.rule, sources.name(finding.primary.span.file), &path, &finding.message],
    };
    let mut bytes = Vec::new();
    for field in fields {
        bytes.extend_from_slice(field.as_bytes());
        bytes.push(0);
    }
    bytes
}
