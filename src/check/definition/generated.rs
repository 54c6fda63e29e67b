//! Generated manifests.

use crate::model::diagnostic::Diagnostic;
use crate::model::resource::Resource;
use crate::model::value::Value;

use super::rules;

/// A finding if a document of a generated file is no Kubernetes object.
#[must_use]
pub fn generated_document(root: Value<'_>) -> Option<Diagnostic> {
    if root.is_null() || Resource::of(root).is_some() {
        return None;
    }
    let finding = Diagnostic::new(
        &rules::GENERATED_NOT_A_RESOURCE,
        root.title_span(),
        "a generated document has no `apiVersion` and `kind`",
        "this is no Kubernetes object",
    )
    .effect("applying the file fails at this document");
    let is_warning = root.entries().next().is_some_and(|first| first.name() == "WARNING");
    Some(if is_warning {
        finding.help("Helm printed this warning: mend what it complains about, and generate again")
    } else {
        finding.help("correct what it is generated from, and generate again")
    })
}
