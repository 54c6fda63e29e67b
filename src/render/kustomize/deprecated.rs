//! Fields of kustomizations that others have replaced (kustomize, `api/types/kustomization.go`,
//! `CheckDeprecatedFields`; `api/types/fix.go` for how they become the new ones).

use crate::model::diagnostic::{Diagnostic, Edit, Fix};
use crate::model::value::{Entry, Value};

use super::super::rules::DEPRECATED_FIELD;

/// The field, and the one to use.
const FIELDS: [(&str, &str); 4] = [
    ("bases", "resources"),
    ("imageTags", "images"),
    ("patchesStrategicMerge", "patches"),
    ("patchesJson6902", "patches"),
];

/// The deprecated fields of a kustomization.
pub(super) fn check(root: Value<'_>) -> Vec<Diagnostic> {
    let known = |name: &str| FIELDS.iter().find(|(old, _)| name.eq_ignore_ascii_case(old));
    let finding = |entry: Entry<'_>| {
        let (old, new) = known(&entry.name())?;
        let message = format!("`{old}` is deprecated: `{new}` has taken its place");
        let mut finding = Diagnostic::new(&DEPRECATED_FIELD, entry.key.span(), message, "");
        finding.help = Some(format!("use `{new}`"));
        let is_free = !root.entries().any(|other| other.name().eq_ignore_ascii_case(new));
        finding.fix = edits(old, new, entry).filter(|_| is_free).map(|edits| Fix { safe: true, edits });
        Some(finding)
    };
    root.entries().filter_map(finding).collect()
}

/// The edits that lead to the new field, where they are certain.
fn edits(old: &str, new: &str, entry: Entry<'_>) -> Option<Vec<Edit>> {
    let mut edits = vec![Edit { span: entry.key.span(), text: new.to_owned() }];
    match old {
        "bases" | "imageTags" => {}
        "patchesStrategicMerge" => {
            for item in entry.value.items() {
                let is_path = item.text().is_some_and(|text| !text.contains('\n') && !text.starts_with('{'));
                if !is_path {
                    return None;
                }
                edits.push(Edit { span: item.span(), text: format!("path: {}", item.raw()) });
            }
        }
        // Those come at another step of the build.
        _ => return None,
    }
    Some(edits)
}
