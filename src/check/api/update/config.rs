//! ConfigMaps and Secrets: `ValidateConfigMapUpdate` and `ValidateSecretUpdate` in
//! `pkg/apis/core/validation/validation.go`. Nothing that a Secret holds is quoted.

use super::Update;
use super::difference::between;
use super::plain::Plain;
use crate::check::api::config::decode;
use crate::check::wording::is_placeholder;
use crate::model::path::Path;

pub(super) fn config_map(update: &mut Update<'_, '_, '_>) {
    if !was_immutable(update) {
        return;
    }
    let help = "give the ConfigMap another name, and name that where it is used; Kustomize's `configMapGenerator` does \
                both";
    stays_immutable(update, help);
    for field in ["data", "binaryData"] {
        update.immutable_or(&[field], &Plain::empty(), help);
    }
}

fn was_immutable(update: &Update<'_, '_, '_>) -> bool {
    update.old.get("immutable").and_then(Plain::as_bool) == Some(true)
}

fn stays_immutable(update: &mut Update<'_, '_, '_>, help: &str) {
    update.immutable_or(&["immutable"], &Plain::boolean(false), help);
}

/// Values that SOPS encrypts look different each time.
pub(super) fn secret(update: &mut Update<'_, '_, '_>) {
    let help = "give the Secret another name, and name that where it is used";
    update.immutable_or(&["type"], &Plain::text("Opaque"), help);
    if !was_immutable(update) {
        return;
    }
    stays_immutable(update, help);
    if [update.old, update.new].iter().any(|one| one.get("sops").is_some()) {
        return;
    }
    let (Some(old), Some(new)) = (contents(update.old), contents(update.new)) else { return };
    update.is_secret = true;
    let path = Path::of([if update.new.get("data").is_none() && update.new.get("stringData").is_some() {
        "stringData"
    } else {
        "data"
    }]);
    update.fixed(&path, between(path.clone(), Some(&old), Some(&new)), help);
}

/// What is in a Secret once `stringData` is written over `data`; `None` if that is not known.
fn contents(secret: &Plain) -> Option<Plain> {
    let mut all = Plain::empty();
    for (field, is_encoded) in [("data", true), ("stringData", false)] {
        let Some(Plain::Map(map)) = secret.get(field) else { continue };
        for (key, value) in map {
            let text = value.as_text()?;
            if is_placeholder(key) || is_placeholder(text) {
                return None;
            }
            let bytes = if is_encoded { decode(text)? } else { text.as_bytes().to_vec() };
            // A text of its own for every sequence of bytes.
            all.set(key, Plain::text(&bytes.into_iter().map(char::from).collect::<String>()));
        }
    }
    Some(all)
}
