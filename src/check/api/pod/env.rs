//! Environment variables: `ValidateEnv`, `ValidateEnvFrom`.

use crate::check::api::names;
use crate::check::api::object::{Field, Object, fields, is_placeholder};
use crate::check::api::rules::{CONFLICTING_FIELDS, FORBIDDEN_FIELD, INVALID_NAME, REQUIRED_VALUE};

use super::downward;
use crate::check::api::warnings::Variables;

pub(super) fn check<'t>(object: &mut Object<'_, 't>, env: &Field<'_, 't>) {
    let mut variables = Variables::new();
    for (at, variable) in env.items().enumerate() {
        let [name, value, from] = fields!(variable, ["name", "value", "valueFrom"]);
        if let Some(field) = &name
            && let Some(name) = field.text()
        {
            variable_name(object, field, &name);
            if !name.is_empty() {
                variables.add(at, variable.value, name, value.as_ref());
            }
        }
        if let Some(from) = from.filter(|from| from.value.is_mapping()) {
            value_from(object, &from, value.as_ref());
        }
    }
    variables.check(object, env);
}

/// `IsRelaxedEnvVarName` from 1.32, `IsEnvVarName` before (`k8s.io/apimachinery/pkg/util/validation/validation.go`).
fn variable_name<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, name: &str) {
    let is_relaxed = object.version.minor >= 32;
    let fine = if is_relaxed {
        name.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=')
    } else {
        !name.starts_with(|first: char| first.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            && name != "."
            && !name.starts_with("..")
    };
    if !fine {
        bad_name(object, field, name, is_relaxed);
    }
}

#[cold]
fn bad_name<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, name: &str, is_relaxed: bool) {
    if is_placeholder(name) {
        return;
    }
    let rule = if is_relaxed {
        "names of environment variables have printable ASCII characters other than `=`"
    } else {
        "names of environment variables have letters, digits, `_`, `-` and `.`, and no digit at the start, before Kubernetes \
         1.32"
    };
    let mut finding =
        object.wrong(&INVALID_NAME, field, &format!("is `{name}`, but {rule}"), "no name of an environment variable");
    if let Some((before, _)) = name.split_once('=').filter(|(_, value)| !value.is_empty()) {
        finding = finding.help(format!("write `name: {before}`, and what is behind `=` as its `value`"));
    }
    object.report(finding);
}

/// `validateEnvVarValueFrom`
fn value_from<'t>(object: &mut Object<'_, 't>, from: &Field<'_, 't>, value: Option<&Field<'_, 't>>) {
    let [field, resource, config_map, secret, file] =
        fields!(from, ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"]);
    if let Some(field) = &field {
        downward::field(object, field, downward::Place::Env);
    }
    if let Some(resource) = &resource {
        downward::resource(object, resource, downward::Place::Env);
    }
    for reference in [&config_map, &secret].into_iter().flatten() {
        let [name, key] = fields!(reference, ["name", "key"]);
        reference_name(object, reference, name.as_ref());
        if let Some(key) = &key {
            config_key(object, key);
        }
    }
    // A feature that is off before 1.35 (`EnvFiles`): the field is dropped, and nothing is left.
    let file = file.filter(|_| object.version.minor >= 35);
    let mut sources = [field, resource, config_map, secret, file].into_iter().flatten();
    let Some(first) = sources.next() else {
        let choice = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`";
        return no_source(object, from, choice);
    };
    let has_value = value.and_then(Field::text).is_some_and(|value| !value.is_empty());
    if let Some(value) = value.filter(|_| has_value) {
        let path = from.path();
        let span = object.key_span(&path);
        let message = format!("{} and `value` are both set", object.name(&path));
        let finding = object
            .refuse_at(&CONFLICTING_FIELDS, span, path, message, "a value from elsewhere")
            .cause(object.span(&value.path()), "and a value of its own")
            .help("keep one of the two");
        object.report(finding);
    } else if let Some(second) = sources.next() {
        second_source(object, &first, &second);
    }
}

/// `envFrom`
pub(super) fn sources<'t>(object: &mut Object<'_, 't>, list: &Field<'_, 't>) {
    for source in list.items() {
        if !source.value.is_mapping() {
            continue;
        }
        let [prefix, config_map, secret] = fields!(source, ["prefix", "configMapRef", "secretRef"]);
        if let Some(field) = &prefix
            && let Some(prefix) = field.text()
        {
            variable_name(object, field, &prefix);
        }
        for reference in [&config_map, &secret].into_iter().flatten() {
            let name = reference.get("name");
            // A dash at the end is let through here, as for names that are generated.
            let ends = name.as_ref().and_then(Field::text).is_some_and(|text| text.len() > 1 && text.ends_with('-'));
            if !ends {
                reference_name(object, reference, name.as_ref());
            }
        }
        match (&config_map, &secret) {
            (None, None) => no_source(object, &source, "`configMapRef` or `secretRef`"),
            (Some(first), Some(second)) => second_source(object, first, second),
            _ => {}
        }
    }
}

/// The name of a ConfigMap or Secret, which the published schemas let be empty.
pub(super) fn reference_name<'t>(object: &mut Object<'_, 't>, reference: &Field<'_, 't>, name: Option<&Field<'_, 't>>) {
    match name {
        _ if !reference.value.is_mapping() => {}
        Some(name) if name.text().is_none_or(|text| !text.is_empty()) => names::subdomain(object, name),
        _ => object.required(reference, "name"),
    }
}

/// `IsConfigMapKey` in `k8s.io/apimachinery/pkg/util/validation/validation.go`.
fn config_key<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    let Some(key) = field.text().filter(|key| !key.is_empty()) else { return };
    let is_character = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (!key.bytes().all(is_character) || key == "." || key.starts_with("..") || key.len() > 253)
        && !is_placeholder(&key)
    {
        let fault = format!("is `{key}`, but keys have letters, digits, `-`, `_` and `.`, and no `..` at the start");
        let finding = object.wrong(&INVALID_NAME, field, &fault, "no key of a ConfigMap or Secret");
        object.report(finding);
    }
}

#[cold]
fn no_source<'t>(object: &mut Object<'_, 't>, from: &Field<'_, 't>, choice: &str) {
    let path = from.path();
    let span = object.key_span(&path);
    let message = format!("{} names no source", object.name(&path));
    let finding = object.refuse_at(&REQUIRED_VALUE, span, path, message, "no source").help(format!("add {choice}"));
    object.report(finding);
}

#[cold]
fn second_source<'t>(object: &mut Object<'_, 't>, first: &Field<'_, 't>, second: &Field<'_, 't>) {
    let first = object.key_span(&first.path());
    let path = second.path();
    let span = object.key_span(&path);
    let message = format!("{} is a second source beside the first", object.name(&path));
    let finding = object
        .refuse_at(&FORBIDDEN_FIELD, span, path, message, "a second source")
        .cause(first, "the first source")
        .help("make it an entry of its own, or remove it");
    object.report(finding);
}
