//! Fields that take one of a few words, of which the published schemas do not say which.

use super::object::{Field, Object, did_you_mean, fields, shown};
use super::pod;
use super::rules::UNSUPPORTED_VALUE;
use super::seen::Seen;
use super::{names, storage_class};

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

/// `ValidateRuntimeClass` in `pkg/apis/node/validation/validation.go`.
pub(super) fn runtime_class(object: &mut Object<'_, '_>) {
    let root = object.root();
    if object.resource.kind == "RuntimeClass"
        && let Some(handler) = root.get("handler")
    {
        names::label(object, &handler);
    }
    if object.resource.kind != "RuntimeClass" {
        return;
    }
    if let Some(amounts) = root.get("overhead").as_ref().and_then(|overhead| overhead.get("podFixed")) {
        pod::overhead(object, &amounts);
    }
    if let Some(scheduling) = root.get("scheduling") {
        let [labels, tolerations] = fields!(scheduling, ["nodeSelector", "tolerations"]);
        labels.iter().for_each(|labels| names::labels(object, labels));
        tolerations.iter().for_each(|tolerations| pod::tolerations(object, tolerations));
    }
}

/// `ValidateCSIDriver` in `pkg/apis/storage/validation/validation.go`.
pub(super) fn storage_driver(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|_| object.resource.kind == "CSIDriver") else { return };
    let [policy, modes, tokens, period, in_secrets] = fields!(
        spec,
        [
            "fsGroupPolicy",
            "volumeLifecycleModes",
            "tokenRequests",
            "nodeAllocatableUpdatePeriodSeconds",
            "serviceAccountTokenInSecrets",
        ]
    );
    tokens.iter().for_each(|tokens| token_requests(object, tokens));
    // `CSIServiceAccountTokenSecrets` begins in 1.35, and is on by default.
    if let Some(in_secrets) =
        in_secrets.filter(|_| tokens.is_none_or(|tokens| tokens.value.is_sequence() && tokens.value.is_empty()))
    {
        object.forbidden(&in_secrets, "without `tokenRequests`", "remove it, or say which tokens the driver needs");
    }
    // `MutableCSINodeAllocatableCount` is on by default from 1.35.
    let period = period.filter(|period| object.version.minor >= 35 && period.integer().is_some_and(|time| time < 10));
    if let Some(period) = period {
        object.out_of_range(&period, "10 or more");
    }
    if let Some(policy) = policy {
        object.is_empty(&policy, "a policy");
        one_of(object, &policy, &["File", "None", "ReadWriteOnceWithFSType"]);
    }
    for mode in modes.iter().flat_map(Field::items) {
        object.is_empty(&mode, "a mode");
        one_of(object, &mode, &["Ephemeral", "Persistent"]);
    }
}

/// `validateTokenRequests`
fn token_requests<'t>(object: &mut Object<'_, 't>, tokens: &Field<'_, 't>) {
    let mut seen = Seen::new();
    for token in tokens.items().filter(|token| token.value.is_mapping()) {
        if let Some(time) = token
            .get("expirationSeconds")
            .filter(|time| time.integer().is_some_and(|time| !(600..=1 << 32).contains(&time)))
        {
            object.out_of_range(&time, "between 600 and 4294967296");
        }
        object.unique_or_absent(&mut seen, &token, "audience", "remove one of the two");
    }
}

/// `ValidateVolumeAttributesClass` in `pkg/apis/storage/validation/validation.go`.
pub(super) fn volume_attributes(object: &mut Object<'_, '_>) {
    if object.resource.kind != "VolumeAttributesClass" {
        return;
    }
    let root = object.root();
    let [driver, parameters] = fields!(root, ["driverName", "parameters"]);
    // The server looks at the name in lower case.
    let is_lower = |driver: &Field<'_, '_>| driver.text().is_some_and(|text| names::is_driver(&text));
    driver.filter(|driver| !is_lower(driver)).iter().for_each(|driver| names::qualified(object, driver));
    parameters.iter().for_each(|parameters| storage_class::parameters(object, parameters));
    if parameters.is_none_or(|parameters| parameters.value.is_mapping() && parameters.value.is_empty()) {
        object.needed(&root, "parameters", "by every class", "add what the driver is asked for");
    }
}
