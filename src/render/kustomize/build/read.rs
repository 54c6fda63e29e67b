//! The fields of a kustomization. Keys are matched without regard to case, and decoded strictly (kustomize,
//! `api/types/kustomization.go`, `api/types/fix.go`).

use crate::model::diagnostic::Diagnostic;
use crate::model::source::Span;
use crate::model::value::{Entry, Value};

use super::super::super::rules::{FAILED_BUILD, INVALID_KUSTOMIZATION};
use super::strict;

/// A field of a mapping, the last if it is written twice.
pub(in crate::render) fn field<'t>(value: Value<'t>, key: &str) -> Option<Value<'t>> {
    entry(value, key).map(|entry| entry.value).filter(|value| !value.is_null())
}

/// A field of a mapping with its key.
pub(in crate::render) fn entry<'t>(value: Value<'t>, key: &str) -> Option<Entry<'t>> {
    let mut found = None;
    value.each_entry(|entry| {
        if entry.key.key_bytes().eq_ignore_ascii_case(key.as_bytes()) {
            found = Some(entry);
        }
    });
    found
}

/// The items of a field.
pub(in crate::render) fn items<'t>(value: Value<'t>, key: &str) -> impl Iterator<Item = Value<'t>> + use<'t> {
    field(value, key).into_iter().flat_map(Value::items)
}

/// The text of a scalar field, empty if it is none.
pub(in crate::render) fn text_of(value: Value<'_>) -> String {
    value.text().map(std::borrow::Cow::into_owned).unwrap_or_default()
}

/// A text field that says something, with its value.
pub(in crate::render) fn text<'t>(value: Value<'t>, key: &str) -> Option<(String, Value<'t>)> {
    let value = field(value, key).filter(|value| value.is_scalar())?;
    let text = text_of(value);
    (!text.is_empty()).then_some((text, value))
}

/// A boolean field; false unless it is written as true.
pub(in crate::render) fn flag(value: Value<'_>, key: &str) -> bool {
    field(value, key).and_then(Value::as_bool).unwrap_or(false)
}

/// The finding about a component among the resources, or a kustomization among the components.
pub(super) fn misplaced(kind: &str, place: Span, name: &str, span: Span, among: &str) -> Option<Diagnostic> {
    let (what, belongs) = match (kind, among) {
        ("Component", "resources") => ("a component", "components"),
        ("Kustomization", "components") => ("a kustomization, and no component", "resources"),
        _ => return None,
    };
    let message = format!("`{name}` is {what}: it stands among the `{among}`");
    Some(
        Diagnostic::new(&INVALID_KUSTOMIZATION, span, message, "kustomize refuses it here")
            .see(place, "its kind")
            .effect("`kustomize build` fails, and nothing is built")
            .help(format!("name it under `{belongs}`")),
    )
}

/// What is wrong with the file as such. `is_component`: what it has to be where it is taken in.
pub(in crate::render) fn check(root: Value<'_>, is_component: Option<bool>) -> Vec<Diagnostic> {
    let mut found = strict::check(root);
    let kind = text(root, "kind");
    // A component may be built by itself.
    let own = kind.as_ref().map_or("Kustomization", |(kind, _)| &**kind);
    let is_component = is_component.unwrap_or(own == "Component");
    let wanted = if is_component { "Component" } else { "Kustomization" };
    let span = kind.as_ref().map_or_else(|| root.title_span(), |(_, value)| value.span());
    let refused = |span, message: String, label: String| {
        Diagnostic::new(&INVALID_KUSTOMIZATION, span, message, label)
            .effect("kustomize refuses the file, and nothing is built")
    };
    let is_known = matches!(own, "Component" | "Kustomization");
    // One of the other kind is told by those who take it in.
    if own != wanted && !(is_known && kind.is_some()) {
        let message = match kind {
            None => "a kustomization stands among the components".to_owned(),
            Some(_) => format!("`{own}` is no kind of kustomization"),
        };
        let finding = refused(span, message, format!("`{wanted}` belongs here"));
        found.push(if kind.is_none() { finding.help("add `kind: Component`") } else { finding });
    }
    let version = if own == "Component" { "v1alpha1" } else { "v1beta1" };
    let version = format!("kustomize.config.k8s.io/{version}");
    if let Some((own, value)) = text(root, "apiVersion").filter(|(own, _)| *own != version) {
        let message = format!("a {wanted} is of `{version}`, not `{own}`");
        found.push(refused(value.span(), message, "kustomize knows no other".to_owned()).fix(
            true,
            value.span(),
            version,
        ));
    }
    let says_something = |entry: &Entry<'_>| {
        !["apiVersion", "kind"].iter().any(|key| entry.name().eq_ignore_ascii_case(key)) && !entry.value.is_null()
    };
    if root.is_mapping() && !root.entries().any(|entry| says_something(&entry)) {
        found.push(failure(root.title_span(), "the kustomization is empty", ""));
    }
    found
}

/// The finding that a build fails at a place.
pub(in crate::render) fn failure(span: Span, message: impl Into<String>, label: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&FAILED_BUILD, span, message, label).effect("`kustomize build` fails, and nothing is built")
}
