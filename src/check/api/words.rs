//! Fields that take one of a few words, of which the published schemas do not say which.

use super::names;
use super::object::{Field, Object, did_you_mean, fields, shown};
use super::rules::UNSUPPORTED_VALUE;

/// A word that must be one of these; nothing is the default.
pub(super) fn one_of<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, words: &[&str]) {
    if field.plain_text().is_some_and(|word| !words.contains(&&*word)) {
        unsupported(object, field, words);
    }
}

#[cold]
fn unsupported<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, words: &[&str]) {
    let written = shown(field);
    let listed = format!("`{}`", words.join("`, `"));
    let path = field.path();
    let message = format!("unsupported value `{written}` for {}", object.name(&path));
    let finding = object.refuse(&UNSUPPORTED_VALUE, path, message, format!("not one of {listed}"));
    let span = finding.primary.span;
    let same = words.iter().find(|word| word.eq_ignore_ascii_case(&written));
    let finding = match (same, did_you_mean(&written, words.iter().copied())) {
        (Some(word), _) => finding.help(format!("write `{word}`")).respell(true, span, *word),
        (None, Some(question)) => finding.help(question),
        (None, None) => finding.help(format!("write one of {listed}")),
    };
    object.report(finding);
}

/// `ValidatePriorityClass` in `pkg/apis/scheduling/validation/validation.go`.
pub(super) fn priority_class(object: &mut Object<'_, '_>) {
    let root = object.root();
    if object.resource.kind == "PriorityClass"
        && let Some(policy) = root.get("preemptionPolicy")
    {
        one_of(object, &policy, &["Never", "PreemptLowerPriority"]);
    }
}

/// `ValidateRuntimeClass` in `pkg/apis/node/validation/validation.go`.
pub(super) fn runtime_class(object: &mut Object<'_, '_>) {
    let root = object.root();
    if object.resource.kind == "RuntimeClass"
        && let Some(handler) = root.get("handler")
    {
        names::label(object, &handler);
    }
}

/// `ValidateCSIDriver` in `pkg/apis/storage/validation/validation.go`.
pub(super) fn storage_driver(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|_| object.resource.kind == "CSIDriver") else { return };
    let [policy, modes] = fields!(spec, ["fsGroupPolicy", "volumeLifecycleModes"]);
    if let Some(policy) = policy {
        one_of(object, &policy, &["File", "None", "ReadWriteOnceWithFSType"]);
    }
    for mode in modes.iter().flat_map(Field::items) {
        one_of(object, &mode, &["Ephemeral", "Persistent"]);
    }
}
