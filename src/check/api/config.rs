//! ConfigMaps and Secrets: `ValidateConfigMap` and `ValidateSecret` in `pkg/apis/core/validation/validation.go`. Nothing
//! of a Secret but its keys is ever shown. Of a ServiceAccount the server looks at its metadata only.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde::de::IgnoredAny;

use super::object::{Field, Object, fields, is_placeholder};
use super::rules::{CONFLICTING_FIELDS, INVALID_NAME, INVALID_TEXT, REQUIRED_VALUE, TOO_LARGE};
use crate::model::diagnostic::Diagnostic;
use crate::model::source::Span;

/// `MaxSecretSize`, in bytes.
const LARGEST: usize = 1 << 20;

/// As Go's `base64.StdEncoding`, which does not care for the bits behind the last byte.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

pub(super) fn check(object: &mut Object<'_, '_>) {
    match (object.resource.group(), &*object.resource.kind) {
        ("", "ConfigMap") => config_map(object),
        ("", "Secret") => secret(object),
        _ => {}
    }
}

fn config_map(object: &mut Object<'_, '_>) {
    let root = object.root();
    let [data, binary] = fields!(root, ["data", "binaryData"]);
    for bag in [&data, &binary].into_iter().flatten() {
        keys(object, bag);
    }
    if let (Some(data), Some(binary)) = (&data, &binary) {
        data.each(|name, key, value| {
            if let Some(other) = binary.value.entry(name) {
                let message = format!("the key `{name}` is in `data` and in `binaryData`");
                let finding = object
                    .refuse_at(&CONFLICTING_FIELDS, key, value.path(), message, "here")
                    .cause(other.key.span(), "and here")
                    .help("keep one of the two");
                object.report(finding);
            }
        });
    }
    let size = written(&data) + written(&binary);
    if size > LARGEST {
        let size = size_of(&data, false) + size_of(&binary, true);
        if let Some(bag) = data.or(binary).filter(|_| size > LARGEST) {
            too_large(object, &bag, size);
        }
    }
}

/// `IsConfigMapKey`
fn keys<'t>(object: &mut Object<'_, 't>, bag: &Field<'_, 't>) {
    bag.each(|name, key, value| {
        let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        let fault = match name {
            "" => "is empty",
            "." | ".." => "is a folder",
            _ if !is_word => "may only have letters, digits, `-`, `_` and `.`",
            _ if name.starts_with("..") => "must not begin with `..`",
            _ if name.len() > 253 => "has more than 253 characters",
            _ => return,
        };
        if !is_placeholder(name) {
            bad_key(object, key, value, &format!("the key `{name}` of `{}` {fault}", last_name(bag)));
        }
    });
}

#[cold]
fn bad_key<'t>(object: &mut Object<'_, 't>, key: Span, value: &Field<'_, 't>, message: &str) {
    let finding = object
        .refuse_at(&INVALID_NAME, key, value.path(), message.to_owned(), "not a key")
        .help("write a key that can be the name of a file, such as `key.name` or `KEY_NAME`");
    object.report(finding);
}

fn last_name(field: &Field<'_, '_>) -> String {
    match field.path().0.last() {
        Some(crate::model::path::Segment::Key(key)) => key.to_string(),
        _ => String::new(),
    }
}

/// More bytes than the values of a bag have: what is small as it is written is not looked at closely.
fn written(bag: &Option<Field<'_, '_>>) -> usize {
    // An escape of two bytes can stand for three.
    bag.iter().flat_map(|bag| bag.value.entries()).map(|entry| entry.value.target().raw().len() * 3 / 2).sum()
}

/// How many bytes the values of a bag have.
fn size_of(bag: &Option<Field<'_, '_>>, encoded: bool) -> usize {
    let texts = bag.iter().flat_map(|bag| bag.value.entries()).filter_map(|entry| entry.value.as_str());
    texts.map(|text| if encoded { decoded_size(&text) } else { text.len() }).sum()
}

fn decoded_size(text: &str) -> usize {
    text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n' | b'=')).count() * 3 / 4
}

#[cold]
fn too_large<'t>(object: &mut Object<'_, 't>, bag: &Field<'_, 't>, size: usize) {
    let kind = object.resource.kind.clone();
    let message = format!("this {kind} holds {size} bytes, but may hold {LARGEST}");
    let finding = object
        .refuse(&TOO_LARGE, bag.path(), message, "more than 1 MiB")
        .help("split it, or keep the data elsewhere, such as in a volume or an image");
    object.report(finding);
}

fn secret(object: &mut Object<'_, '_>) {
    let root = object.root();
    let [kind, data, strings, sops] = fields!(root, ["type", "data", "stringData", "sops"]);
    for bag in [&data, &strings].into_iter().flatten() {
        keys(object, bag);
    }
    let bag = Secret { root, data, strings, encrypted: sops.is_some_and(|sops| sops.value.is_mapping()) };
    // What stands in both counts once, so that only one that is too large alone is certain.
    for (field, encoded) in [(&bag.data, true), (&bag.strings, false)] {
        if let Some(place) = field
            && written(field) > LARGEST
            && !bag.encrypted
        {
            let size = size_of(field, encoded);
            if size > LARGEST {
                too_large(object, place, size);
            }
        }
    }
    let Some(kind) = kind else { return };
    match kind.text().as_deref() {
        Some("kubernetes.io/tls") => {
            for key in ["tls.crt", "tls.key"] {
                if !bag.has(key) {
                    bag.needs(object, &kind, key, &format!("the key `{key}`"));
                }
            }
        }
        Some("kubernetes.io/dockerconfigjson") => docker(object, &bag, &kind, ".dockerconfigjson"),
        Some("kubernetes.io/dockercfg") => docker(object, &bag, &kind, ".dockercfg"),
        Some("kubernetes.io/basic-auth") if !bag.has("username") && !bag.has("password") => {
            bag.needs(object, &kind, "username", "the key `username` or `password`");
        }
        Some("kubernetes.io/ssh-auth") => match bag.text("ssh-privatekey") {
            Some((_, text, _)) if !text.is_empty() => {}
            Some((field, _, _)) => {
                let finding = object.wrong(&REQUIRED_VALUE, &field, "is empty", "empty").help("give it the key");
                object.report(finding);
            }
            None if bag.has("ssh-privatekey") => {}
            None => bag.needs(object, &kind, "ssh-privatekey", "the key `ssh-privatekey`"),
        },
        Some("kubernetes.io/service-account-token") => token(object, &bag.root, &kind),
        _ => {}
    }
}

/// The annotation is all that is asked for: a controller adds the rest.
fn token<'t>(object: &mut Object<'_, 't>, root: &Field<'_, 't>, kind: &Field<'_, 't>) {
    const NAME: &str = "kubernetes.io/service-account.name";
    let metadata = root.get("metadata");
    let annotations = metadata.as_ref().and_then(|metadata| metadata.get("annotations"));
    let name = annotations.as_ref().and_then(|annotations| annotations.value.get(NAME));
    if name.is_none_or(|name| name.is_null() || name.as_str().is_some_and(|name| name.is_empty())) {
        let mut path = root.path_to("metadata");
        path.0.extend(["annotations", NAME].map(Into::into));
        let message = format!("missing annotation `{NAME}`, which a token of a ServiceAccount needs");
        let finding = object
            .refuse(&REQUIRED_VALUE, path, message, "needs the annotation")
            .cause(object.span(&kind.path()), "a token of a ServiceAccount")
            .help(format!("add `{NAME}` with the name of the account"));
        object.report(finding);
    }
}

struct Secret<'p, 't> {
    root: Field<'p, 't>,
    data: Option<Field<'p, 't>>,
    strings: Option<Field<'p, 't>>,
    /// By SOPS: values that begin with `ENC[` become something else.
    encrypted: bool,
}

impl<'t> Secret<'_, 't> {
    fn bags(&self) -> impl Iterator<Item = &Field<'_, 't>> {
        // `stringData` is written over `data`.
        [&self.strings, &self.data].into_iter().flatten()
    }

    /// Null is an empty value here. A key that is not known yet may be the one.
    fn has(&self, key: &str) -> bool {
        self.bags().any(|bag| {
            !bag.value.is_mapping()
                || bag.value.entries().any(|entry| entry.key.is_key(key) || is_placeholder(&entry.name()))
        })
    }

    /// The text of a key, and whether it is in base64, unless it is not known yet.
    fn text(&self, key: &'static str) -> Option<(Field<'_, 't>, Cow<'t, str>, bool)> {
        let in_strings = self.strings.as_ref().and_then(|bag| bag.get(key)).map(|field| (field, false));
        let (field, encoded) =
            in_strings.or_else(|| self.data.as_ref().and_then(|bag| bag.get(key)).map(|field| (field, true)))?;
        let text = field.text()?;
        let is_open = is_placeholder(&text) || (self.encrypted && text.starts_with("ENC["));
        (!is_open).then_some((field, text, encoded))
    }

    #[cold]
    fn needs(&self, object: &mut Object<'_, 't>, kind: &Field<'_, 't>, key: &str, what: &str) {
        let name = if self.data.is_none() && self.strings.is_some() { "stringData" } else { "data" };
        let mut path = self.root.path_to(name);
        path.0.push(key.into());
        let shown = kind.text().unwrap_or_default();
        let message = format!("a Secret of type `{shown}` needs {what}");
        let finding = object
            .refuse(&REQUIRED_VALUE, path, message, format!("without `{key}`"))
            .cause(object.span(&kind.path()), "because of this type")
            .help(format!("add `{key}`, or use the type `Opaque`"));
        object.report(finding);
    }
}

/// What a text in base64 stands for; Go skips line breaks.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let lines: String = text.split(['\r', '\n']).collect();
    BASE64.decode(lines).ok()
}

/// The credentials of a registry are an object in JSON.
fn docker<'t>(object: &mut Object<'_, 't>, bag: &Secret<'_, 't>, kind: &Field<'_, 't>, key: &'static str) {
    if !bag.has(key) {
        return bag.needs(object, kind, key, &format!("the key `{key}`"));
    }
    let Some((field, text, encoded)) = bag.text(key) else { return };
    let bytes = if encoded {
        // What is no base64 is reported elsewhere.
        let Some(bytes) = decode(&text) else { return };
        Cow::Owned(bytes)
    } else {
        Cow::Borrowed(text.as_bytes())
    };
    let content = bytes.trim_ascii();
    if content.windows(2).any(|pair| matches!(pair, b"${" | b"$(" | b"{{")) {
        return;
    }
    let is_object = content.first() == Some(&b'{') || content == b"null";
    if !is_object || serde_json::from_slice::<IgnoredAny>(content).is_err() {
        let found = if encoded { "after decoding it is no object in JSON" } else { "it is no object in JSON" };
        let finding = not_json(object, &field, &format!("cannot be read: {found}"));
        object.report(finding);
    }
}

#[cold]
fn not_json<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, fault: &str) -> Diagnostic {
    object
        .wrong(&INVALID_TEXT, field, fault, "not JSON")
        .help("`kubectl create secret docker-registry … --dry-run=client -o yaml` writes it")
}
