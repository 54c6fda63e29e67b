//! Fields that hold a name, a label or an address: the checks of such texts, put on a field.
//! `k8s.io/apimachinery/pkg/util/validation/validation.go` and `pkg/apis/meta/v1/validation/validation.go`.

use std::net::{IpAddr, Ipv4Addr};

use super::object::{Field, Object, is_placeholder, shown};
use super::rules::{INVALID_LABEL, INVALID_NAME, INVALID_TEXT, TOO_LARGE};
use super::syntax::Syntax;
use super::warnings;
use crate::model::path::{Path, Segment};
use crate::model::rule::Rule;
use crate::model::source::Span;
use crate::model::value::Value;

/// Keys and values of annotations together, in bytes (`pkg/api/validation/objectmeta.go`, `TotalAnnotationSizeLimitB`).
const ANNOTATIONS: usize = 256 << 10;

pub(super) fn is_label(text: &str) -> bool {
    Syntax::Label.holds(text)
}

pub(super) fn is_subdomain(text: &str) -> bool {
    Syntax::Subdomain.holds(text)
}

pub(super) fn is_qualified_name(text: &str) -> bool {
    Syntax::Qualified.holds(text)
}

/// The name of what makes volumes, at which the server looks in lower case.
pub(super) fn is_driver(text: &str) -> bool {
    Syntax::Qualified.holds(&text.to_ascii_lowercase())
}

pub(super) fn label<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    name(object, field, Syntax::Label);
}

pub(super) fn subdomain<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    name(object, field, Syntax::Subdomain);
}

pub(super) fn qualified<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    name(object, field, Syntax::Qualified);
}

/// A name of that syntax; empty is absent.
pub(super) fn name<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, syntax: Syntax) {
    text(object, || INVALID_NAME, field, syntax, syntax.noun());
}

pub(super) fn label_key<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    text(object, || INVALID_LABEL, field, Syntax::Qualified, "a label key");
}

pub(super) fn label_value<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    text(object, || INVALID_LABEL, field, Syntax::LabelValue, "a label value");
}

/// The rule is made where it is broken: to make one costs more than to look at the text.
fn text<'t>(
    object: &mut Object<'_, 't>,
    rule: impl FnOnce() -> Rule,
    field: &Field<'_, 't>,
    syntax: Syntax,
    noun: &str,
) {
    if field.text().is_some_and(|text| !text.is_empty() && !syntax.holds(&text)) {
        broken(object, &rule(), field, syntax, noun);
    }
}

#[cold]
fn broken<'t>(object: &mut Object<'_, 't>, rule: &Rule, field: &Field<'_, 't>, syntax: Syntax, noun: &str) {
    let text = shown(field);
    if is_placeholder(&text) {
        return;
    }
    let finding = object.wrong(rule, field, &format!("is `{text}`, which is not {noun}"), noun);
    let finding = match syntax.mended(&text) {
        Some(mended) => {
            let span = finding.primary.span;
            finding.help(format!("write `{mended}`, and what refers to it")).respell(false, span, mended)
        }
        None => finding.help(format!("{noun} is {}", syntax.rule())),
    };
    object.report(finding);
}

/// The labels of an object or a template, or a selector that is a mapping.
pub(super) fn labels<'t>(object: &mut Object<'_, 't>, labels: &Field<'_, 't>) {
    labels.value.each_entry(|entry| {
        let key = entry.name();
        if !Syntax::Qualified.holds(&key) {
            broken_key(object, &key, entry.key.span(), labels.path(), "a label key");
        }
        // Each that is broken is looked for among all of them.
        if !object.is_full() && entry.value.as_str().is_some_and(|value| !Syntax::LabelValue.holds(&value)) {
            broken_value(object, labels, &key);
        }
    });
}

pub(super) fn annotations<'t>(object: &mut Object<'_, 't>, annotations: &Field<'_, 't>) {
    let mut size = 0;
    annotations.value.each_entry(|entry| {
        let key = entry.name();
        // The server looks at the key in lower case.
        if !Syntax::Qualified.holds(&key) && !Syntax::Qualified.holds(&key.to_ascii_lowercase()) {
            broken_key(object, &key, entry.key.span(), annotations.path(), "an annotation key");
        }
        // As long as there are fewer bytes than are allowed in the text, it does not matter what they stand for.
        size += key.len() + entry.value.target().raw().len() * 3 / 2;
    });
    if size > ANNOTATIONS {
        size = annotations.value.entries().map(|entry| entry.name().len() + text_size(entry.value)).sum();
    }
    if size > ANNOTATIONS {
        let path = annotations.path();
        let message = format!("{} take {size} bytes, of which {ANNOTATIONS} are allowed", object.name(&path));
        let finding = object.refuse(&TOO_LARGE, path, message, "too large").help("move the text into a ConfigMap");
        object.report(finding);
    }
}

fn text_size(value: Value<'_>) -> usize {
    value.as_str().map_or(0, |text| text.len())
}

#[cold]
fn broken_value<'t>(object: &mut Object<'_, 't>, labels: &Field<'_, 't>, key: &str) {
    // Of two equal keys the last counts.
    if let Some(value) = labels.get(key) {
        label_value(object, &value);
    }
}

#[cold]
fn broken_key(object: &mut Object<'_, '_>, key: &str, span: Span, holder: Path, noun: &str) {
    // One with a colon in it, such as `${ROLE/#arn/key: arn}`, is cut in two by YAML.
    if is_placeholder(key) || key.contains("${") {
        return;
    }
    let message = format!("`{key}` in {} is not {noun}", object.place(&holder));
    let path = Path(holder.0.into_iter().chain([Segment::from(key)]).collect());
    let help = format!("{noun} is {}", Syntax::Qualified.rule());
    let finding = object.refuse_at(&INVALID_LABEL, span, path, message, noun).help(help);
    object.report(finding);
}

pub(super) fn address<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    let Some(text) = field.text().filter(|text| !text.is_empty()) else { return };
    if let Some(read) = parse_address(&text) {
        return warnings::address(object, field, read);
    }
    if is_placeholder(&text) {
        return;
    }
    let finding =
        object.wrong(&INVALID_TEXT, field, &format!("is `{text}`, which is not an IP address"), "an IP address");
    object.report(finding);
}

/// As Go's older parser reads it, which takes digits behind a zero as decimal, and the server still accepts
/// (`ParseIPSloppy` of `k8s.io/utils/net`).
pub(super) fn parse_address(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let part = |part: &str| {
        let digits = part.trim_start_matches('0');
        if digits.is_empty() && !part.is_empty() { "0".to_owned() } else { digits.to_owned() }
    };
    let is_old = text.split('.').all(|part| part.len() <= 3);
    let plain = text.split('.').map(part).collect::<Vec<_>>().join(".");
    plain.parse::<Ipv4Addr>().ok().filter(|_| is_old).map(IpAddr::V4)
}
