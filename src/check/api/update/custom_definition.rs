//! Definitions of custom kinds: `validateCustomResourceDefinitionSpecUpdate` and
//! `ValidateCustomResourceDefinitionStoredVersions` in
//! `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`.

use super::plain::Plain;
use super::rules::STORED_VERSION_REMOVED;
use super::{Update, Words};
use crate::check::wording;
use crate::model::path::Path;

pub(super) fn custom_definition(update: &mut Update<'_, '_, '_>) {
    let help = "keep it, or define another kind: deleting a definition deletes every object of its kind";
    for field in [&["spec", "group"][..], &["spec", "scope"], &["spec", "names", "kind"], &["spec", "names", "plural"]]
    {
        if [update.old, update.new].iter().all(|one| one.at(field).is_some()) {
            update.immutable(field, help);
        }
    }
    stored(update);
}

/// The version that objects were stored in until now is in `status.storedVersions`. Of others that are gone it is not
/// known whether they still are.
fn stored(update: &mut Update<'_, '_, '_>) {
    let was_stored =
        |version: &&Plain| version.get("storage").and_then(Plain::as_bool) == Some(true) && !version.is_open();
    let versions = update.old.at(&["spec", "versions"]).map(Plain::items).unwrap_or_default();
    let single = update.old.at(&["spec", "version"]).filter(|_| versions.is_empty()).and_then(Plain::as_text);
    let old = versions.iter().find(was_stored).and_then(|version| version.get("name")).and_then(Plain::as_text);
    let Some(name) = old.or(single) else { return };
    let versions = update.new.at(&["spec", "versions"]);
    let now = versions.map(Plain::items).unwrap_or_default();
    let is_kept = now.iter().any(|version| version.get("name").and_then(Plain::as_text) == Some(name));
    if is_kept || now.is_empty() || versions.is_some_and(Plain::is_open) {
        return;
    }
    let path = Path::of(["spec", "versions"]);
    let place = wording::place(&update.resource.kind, &path);
    let words = Words {
        span: path.span(update.resource.value),
        message: format!("`{name}` is gone from {place}, but objects may be stored in it"),
        label: format!("had `{name}`, with `storage: true`"),
        path,
    };
    let help = format!(
        "keep `{name}` with `served: false` and `storage: false`; migrate the objects, take it out of \
         `status.storedVersions`, and remove it then"
    );
    let finding = update
        .finding(&STORED_VERSION_REMOVED, words)
        .effect("the API server refuses the definition as long as `status.storedVersions` has the version")
        .help(help);
    update.out.push(finding);
}
