//! Lays configurations over each other as Fabrikate does: the first value wins, maps merge, lists are joined, and
//! nothing can be unset. Every value keeps its place, and the places that it hides.
//!
//! The behaviour is that of `timfpark/conjungo` 1.0.1 with `Overwrite: false`, and of `MergeNamespaces` in
//! `core/componentConfig.go`.

use std::collections::HashMap;

use crate::model::definition::fabrikate::{Config, Content, Setting};
use crate::model::source::Span;

/// Pairs of values, the higher first, that do not merge: generation fails on them.
pub(super) type Conflicts = Vec<(Span, Span)>;

/// Lays `high` over `low`.
pub(super) fn lay_over(high: &mut Config, low: &Config, conflicts: &mut Conflicts) {
    match (&mut high.config, &low.config) {
        (Some(high), Some(low)) => merge(high, low, conflicts),
        (high @ None, Some(low)) => *high = Some(low.clone()),
        (_, None) => {}
    }
    // The two fields travel together: without a namespace of its own a layer loses its `injectNamespace` as well.
    if high.namespace.as_ref().is_none_or(|namespace| namespace.value.is_empty()) {
        high.namespace = low.namespace.clone();
        high.inject_namespace = low.inject_namespace.clone();
    }
    // `disabled` is not touched: the absent boolean of a higher layer counts as `false`.
    for (name, child) in &low.subcomponents {
        match high.subcomponents.iter_mut().find(|(known, _)| known.text == name.text) {
            Some((_, known)) => lay_over(known, child, conflicts),
            None => high.subcomponents.push((name.clone(), child.clone())),
        }
    }
}

fn merge(high: &mut Setting, low: &Setting, conflicts: &mut Conflicts) {
    if is_unset(high) {
        if !is_unset(low) {
            *high = low.clone();
        }
        return;
    }
    match (&mut high.content, &low.content) {
        (_, Content::Null) => {}
        (Content::Map(above), Content::Map(below)) => {
            let places: HashMap<String, usize> =
                above.iter().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect();
            for (key, value) in below {
                match places.get(key) {
                    Some(&at) => merge(&mut above[at].1, value, conflicts),
                    None => above.push((key.clone(), value.clone())),
                }
            }
        }
        (Content::List(above), Content::List(below)) => above.extend(below.iter().cloned()),
        (Content::Scalar(_), _) => {
            high.lost.push(low.span);
            high.lost.extend(&low.lost);
        }
        _ => conflicts.push((place(high), place(low))),
    }
}

/// A scalar, or the key of a collection.
fn place(setting: &Setting) -> Span {
    match setting.content {
        Content::Scalar(_) => setting.span,
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
