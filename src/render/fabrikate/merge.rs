//! Lays configurations over each other as Fabrikate does: the first value wins, maps merge, lists are joined, and
//! nothing can be unset. Every value keeps its place, and the places that it hides.
//!
//! The behaviour is that of `timfpark/conjungo` 1.0.1 with `Overwrite: false`, and of `MergeNamespaces` in
//! `core/componentConfig.go`.

use std::collections::HashMap;

use crate::model::definition::fabrikate::{Clashes, Config, Content, Setting};
use crate::model::source::Span;

/// Lays `high` over `low`.
pub(super) fn lay_over(high: &mut Config, low: &Config, clashes: &mut Clashes) {
    match (&mut high.config, &low.config) {
        (Some(high), Some(low)) => merge(high, low, clashes),
        (high @ None, Some(low)) => *high = Some(low.clone()),
        (_, None) => {}
    }
    clashes.parted.extend(parted(high, low));
    // The two fields travel together: without a namespace of its own a layer loses its `injectNamespace` as well.
    if high.namespace.as_ref().is_none_or(|namespace| namespace.value.is_empty()) {
        high.namespace = low.namespace.clone();
        high.inject_namespace = low.inject_namespace.clone();
    }
    // `disabled` is not touched: the absent boolean of a higher layer counts as `false`.
    for (name, child) in &low.subcomponents {
        match high.subcomponents.iter_mut().find(|(known, _)| known.text == name.text) {
            Some((mention, known)) => {
                let is_silent = known.disabled.is_none();
                let lost = child.disabled.as_ref().filter(|disabled| disabled.value && is_silent);
                clashes.enabled.extend(lost.map(|lost| (mention.span, lost.key)));
                lay_over(known, child, clashes);
            }
            None => high.subcomponents.push((name.clone(), child.clone())),
        }
    }
}

/// An injection that is lost, because its layer has no namespace, or one that a higher layer overrides.
fn parted(high: &Config, low: &Config) -> Option<(Span, Span)> {
    let namespace = |config: &Config| config.namespace.clone().filter(|namespace| !namespace.value.is_empty());
    let inject = |config: &Config| config.inject_namespace.clone().filter(|inject| inject.value);
    match (namespace(high), inject(high), namespace(low), inject(low)) {
        (Some(namespace), None, _, Some(inject)) if high.inject_namespace.is_none() => {
            Some((namespace.key, inject.key))
        }
        (None, Some(inject), Some(namespace), None) => Some((inject.key, namespace.key)),
        _ => None,
    }
}

fn merge(high: &mut Setting, low: &Setting, clashes: &mut Clashes) {
    if is_unset(high) {
        if !is_unset(low) {
            clashes.kept.push((place(high), place(low)));
            *high = low.clone();
        }
        return;
    }
    let key = high.key.unwrap_or(high.span);
    match (&mut high.content, &low.content) {
        (_, Content::Null) => {}
        (Content::Map(above), Content::Map(below)) => {
            let places: HashMap<String, usize> =
                above.iter().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect();
            for (key, value) in below {
                match places.get(key) {
                    Some(&at) => merge(&mut above[at].1, value, clashes),
                    None => above.push((key.clone(), value.clone())),
                }
            }
        }
        (Content::List(above), Content::List(below)) => {
            if !below.is_empty() {
                clashes.joined.push((key, low.key.unwrap_or(low.span)));
            }
            above.extend(below.iter().cloned());
        }
        (Content::Scalar(_), _) => {
            high.lost.push(low.span);
            high.lost.extend(&low.lost);
        }
        _ => clashes.conflicts.push((place(high), place(low))),
    }
}

/// A scalar, or the key of a collection.
fn place(setting: &Setting) -> Span {
    match setting.content {
        Content::Scalar(_) => setting.span,
        Content::Null if setting.span.start < setting.span.end => setting.span,
        _ => setting.key.unwrap_or(setting.span),
    }
}

/// Null, `[]` and `{}` do not count as a value.
fn is_unset(setting: &Setting) -> bool {
    match &setting.content {
        Content::Null => true,
        Content::Scalar(_) => false,
        Content::List(items) => items.is_empty(),
        Content::Map(entries) => entries.is_empty(),
    }
}
