//! Fields of kustomizations that others have replaced (kustomize, `api/types/kustomization.go`,
//! `CheckDeprecatedFields`; `api/types/fix.go` for how they become the new ones).

use crate::model::diagnostic::{Diagnostic, Edit, Fix};
use crate::model::node::Style;
use crate::model::source::Span;
use crate::model::value::{Entry, Value};

use super::super::rules::DEPRECATED_FIELD;

/// The field, and the one to use.
const FIELDS: [(&str, &str); 6] = [
    ("bases", "resources"),
    ("imageTags", "images"),
    ("patchesStrategicMerge", "patches"),
    ("patchesJson6902", "patches"),
    ("commonLabels", "labels"),
    ("vars", "replacements"),
];

/// What works between `patches` and `patchesJson6902`: without it both see the same objects.
const BETWEEN: [&str; 6] = ["namespace", "namePrefix", "nameSuffix", "labels", "commonLabels", "commonAnnotations"];

/// The deprecated fields of a kustomization.
pub(super) fn check(root: Value<'_>) -> Vec<Diagnostic> {
    let known = |name: &str| FIELDS.iter().find(|(old, _)| name.eq_ignore_ascii_case(old));
    // A second field with the same successor would end up beside the first.
    let mut taken: Vec<&str> = Vec::new();
    let mut findings = Vec::new();
    for entry in root.entries() {
        let Some((old, new)) = known(&entry.name()) else { continue };
        let message = format!("`{old}` is deprecated: `{new}` has taken its place");
        let mut finding = Diagnostic::new(&DEPRECATED_FIELD, entry.key.span(), message, "");
        finding.help = Some(match *old {
            "commonLabels" => "use `labels` with `includeSelectors: true`, or without it for new objects".to_owned(),
            _ => format!("use `{new}`"),
        });
        let is_free = !taken.contains(new) && !has(root, new);
        let edits = edits(root, old, entry).filter(|_| is_free);
        if edits.is_some() {
            taken.push(new);
        }
        finding.fix = edits.map(|edits| Fix { safe: true, edits });
        findings.push(finding);
    }
    findings
}

/// Whether a field says something.
fn has(root: Value<'_>, field: &str) -> bool {
    root.entries().any(|entry| entry.name().eq_ignore_ascii_case(field))
}

/// The edits that lead to the new field, where they are certain.
fn edits(root: Value<'_>, old: &str, entry: Entry<'_>) -> Option<Vec<Edit>> {
    let key = |text: &str| Edit::new(entry.key.span(), text.to_owned());
    match old {
        "bases" => Some(vec![key("resources")]),
        "imageTags" => Some(vec![key("images")]),
        "patchesJson6902" => {
            let is_alone = !BETWEEN.iter().any(|field| has(root, field)) && !has(root, "patchesStrategicMerge");
            is_alone.then(|| vec![key("patches")])
        }
        "patchesStrategicMerge" => {
            let mut edits = vec![key("patches")];
            for item in entry.value.items() {
                let is_path = item.text().is_some_and(|text| !text.contains('\n') && !text.starts_with('{'));
                let is_flow = entry.value.style() == Style::Flow;
                if !is_path {
                    return None;
                }
                let text = if is_flow { format!("{{path: {}}}", item.raw()) } else { format!("path: {}", item.raw()) };
                edits.push(Edit::new(item.span(), text));
            }
            Some(edits)
        }
        "commonLabels" => labels(entry),
        _ => None,
    }
}

/// `labels` with the same pairs, which go one level deeper.
fn labels(entry: Entry<'_>) -> Option<Vec<Edit>> {
    let (key, value) = (entry.key.span(), entry.value);
    let source = value.source();
    let written = entry.key.node();
    let is_first = source[..written.start as usize].ends_with('\n') || written.start == 0;
    if !is_first || !value.is_mapping() || value.node().has(crate::model::node::Node::MERGE) {
        return None;
    }
    let head = Edit::new(key, "labels:\n- includeSelectors: true\n  pairs".to_owned());
    if value.style() == Style::Flow {
        let is_short = !source[value.node().start as usize..value.node().end as usize].contains('\n');
        return is_short.then(|| vec![head]);
    }
    let mut edits = vec![head];
    for pair in value.entries() {
        let node = pair.value.node();
        if !pair.value.is_scalar() || source[node.start as usize..node.end as usize].contains('\n') {
            return None;
        }
        let start = pair.key.span().start;
        edits.push(Edit::new(Span { start, end: start, ..key }, "  ".to_owned()));
    }
    Some(edits)
}
