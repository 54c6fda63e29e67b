//! The fields of a kustomization. Keys are matched without regard to case, and decoded strictly (kustomize,
//! `api/types/kustomization.go`, `api/types/fix.go`).

use crate::model::diagnostic::Diagnostic;
use crate::model::near;
use crate::model::source::Span;
use crate::model::value::{Entry, Value};

use super::super::super::rules::{FAILED_BUILD, INVALID_KUSTOMIZATION};
use super::strict;

/// Every field, deprecated ones included.
const FIELDS: [&str; 34] = [
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "resources",
    "components",
    "crds",
    "bases",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "buildMetadata",
];

/// A field of a mapping, the last if it is written twice.
pub(in crate::render) fn field<'t>(value: Value<'t>, key: &str) -> Option<Value<'t>> {
    entry(value, key).map(|entry| entry.value).filter(|value| !value.is_null())
}

/// A field of a mapping with its key.
pub(in crate::render) fn entry<'t>(value: Value<'t>, key: &str) -> Option<Entry<'t>> {
    value.entries().filter(|entry| entry.name().eq_ignore_ascii_case(key)).last()
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

/// What is wrong with the file as such.
pub(in crate::render) fn check(root: Value<'_>, is_component: Option<bool>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for entry in root.entries() {
        let name = entry.name();
        if FIELDS.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            found.extend(check_shape(&name, entry));
            found.extend(strict::check(&name, entry.value));
            continue;
        }
        let span = entry.key.span();
        let finding = Diagnostic::new(
            &INVALID_KUSTOMIZATION,
            span,
            format!("unknown field `{name}` in a kustomization"),
            "kustomize does not know this field",
        )
        .effect("kustomize refuses the file, and nothing is built");
        found.push(match near::nearest(&name, FIELDS) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(true, span, near),
            None => finding.help("remove it, or correct its name"),
        });
    }
    if let Some((kind, value)) = text(root, "kind") {
        // A component may be built by itself.
        let is_component = is_component.unwrap_or(kind == "Component");
        let wanted = if is_component { "Component" } else { "Kustomization" };
        if kind != wanted {
            let message = match (&*kind, is_component) {
                ("Component", false) => "a component stands among the resources".to_owned(),
                ("Kustomization", true) => "a kustomization stands among the components".to_owned(),
                _ => format!("`{kind}` is no kind of kustomization"),
            };
            found.push(
                Diagnostic::new(&INVALID_KUSTOMIZATION, value.span(), message, format!("`{wanted}` belongs here"))
                    .effect("kustomize refuses the file, and nothing is built"),
            );
        }
    }
    found
}

/// A field with a value of a shape that cannot be decoded.
fn check_shape(name: &str, entry: Entry<'_>) -> Option<Diagnostic> {
    const TEXTS: [&str; 5] = ["apiVersion", "kind", "namePrefix", "nameSuffix", "namespace"];
    const MAPS: [&str; 7] =
        ["metadata", "openapi", "commonLabels", "commonAnnotations", "sortOptions", "helmGlobals", "generatorOptions"];
    let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    let value = entry.value;
    let wrong = if value.is_null() {
        None
    } else if is(&TEXTS) {
        (!value.is_string()).then_some("text")
    } else if is(&MAPS) {
        (!value.is_mapping()).then_some("a map")
    } else {
        (!value.is_sequence()).then_some("a list")
    };
    let wrong_pair = || {
        let pairs = is(&["commonLabels", "commonAnnotations"]);
        pairs.then(|| value.entries().find(|pair| !pair.value.is_string() && !pair.value.is_null())).flatten()
    };
    let (span, message) = match wrong {
        Some(wanted) => (value.title_span(), format!("`{name}` has to be {wanted}")),
        None => {
            let pair = wrong_pair()?;
            (pair.value.title_span(), format!("the value of `{}` in `{name}` has to be text", pair.name()))
        }
    };
    let finding = Diagnostic::new(&INVALID_KUSTOMIZATION, span, message, "")
        .effect("kustomize cannot decode the file, and nothing is built");
    Some(if value.is_scalar() { finding.help("put quotes around it if it is meant as text") } else { finding })
}

/// The finding that a build fails at a place.
pub(in crate::render) fn failure(span: Span, message: impl Into<String>, label: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&FAILED_BUILD, span, message, label).effect("`kustomize build` fails, and nothing is built")
}
