//! Fields that hold a name, a label or an address: the checks of such texts, put on a field.
//! `k8s.io/apimachinery/pkg/util/validation/validation.go`.

use super::object::{Field, Object, is_placeholder, shown};
use super::rules::{INVALID_LABEL, INVALID_NAME, INVALID_TEXT};
use crate::model::rule::Rule;

fn is_edge(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

pub(super) fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.first().is_some_and(|first| is_edge(*first))
        && bytes.last().is_some_and(|last| is_edge(*last))
        && bytes.iter().all(|byte| is_edge(*byte) || *byte == b'-')
}

pub(super) fn is_subdomain(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|part| {
            let bytes = part.as_bytes();
            bytes.first().is_some_and(|first| is_edge(*first))
                && bytes.last().is_some_and(|last| is_edge(*last))
                && bytes.iter().all(|byte| is_edge(*byte) || *byte == b'-')
        })
}

fn is_name_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

pub(super) fn is_qualified_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && is_name_part(name),
        None => is_name_part(text),
    }
}

fn report<'t>(object: &mut Object<'_, 't>, rule: &Rule, field: &Field<'_, 't>, what: &str) {
    let text = shown(field);
    if !is_placeholder(&text) {
        let finding = object.wrong(rule, field, &format!("is `{text}`, which is not {what}"), what);
        object.report(finding);
    }
}

pub(super) fn label<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    if field.text().is_some_and(|text| !text.is_empty() && !is_label(&text)) {
        report(object, &INVALID_NAME, field, "a DNS label");
    }
}

pub(super) fn subdomain<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    if field.text().is_some_and(|text| !text.is_empty() && !is_subdomain(&text)) {
        report(object, &INVALID_NAME, field, "a DNS subdomain");
    }
}

pub(super) fn qualified<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    if field.text().is_some_and(|text| !text.is_empty() && !is_qualified_name(&text)) {
        report(object, &INVALID_NAME, field, "a qualified name");
    }
}

pub(super) fn label_key<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    if field.text().is_some_and(|text| !text.is_empty() && !is_qualified_name(&text)) {
        report(object, &INVALID_LABEL, field, "a label key");
    }
}

pub(super) fn label_value<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    if field.text().is_some_and(|text| !text.is_empty() && !is_name_part(&text)) {
        report(object, &INVALID_LABEL, field, "a label value");
    }
}

pub(super) fn labels<'t>(object: &mut Object<'_, 't>, labels: &Field<'_, 't>) {
    labels.each(|_, _, value| label_value(object, value));
}

pub(super) fn annotations<'t>(_object: &mut Object<'_, 't>, _annotations: &Field<'_, 't>) {}

pub(super) fn address<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    if field.text().is_some_and(|text| !text.is_empty() && text.parse::<std::net::IpAddr>().is_err()) {
        report(object, &INVALID_TEXT, field, "an IP address");
    }
}
