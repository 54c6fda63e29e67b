//! Paths of volumes that get into each other's way: `warningsForOverlappingVirtualPaths` in
//! `k8s.io/kubernetes/pkg/api/pod/warnings.go`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::check::api::object::{Field, Object, fields, is_placeholder};
use crate::check::api::rules::{IGNORED_FIELD, OVERLAPPING_PATHS};
use crate::model::source::Span;

pub(super) fn overlaps<'t>(object: &mut Object<'_, 't>, volume: &Field<'_, 't>) {
    let [config, secret, downward, projected] = fields!(volume, ["configMap", "secret", "downwardAPI", "projected"]);
    for one in [config, secret, downward].into_iter().flatten() {
        Paths::default().add_items(object, &one);
    }
    let Some(sources) = projected.as_ref().and_then(|projected| projected.get("sources")) else { return };
    let mut paths = Paths { refuses_same: true, ..Paths::default() };
    for source in sources.items() {
        if source.value.is_mapping() && source.value.entries().all(|entry| entry.value.is_null()) {
            let path = source.path();
            let message = format!("{} names no source", object.place(&path));
            let finding = object
                .refuse(&IGNORED_FIELD, path, message, "adds nothing to the volume")
                .effect(super::ACCEPTED)
                .help("name a source, such as `configMap`, or remove the entry");
            object.report(finding);
        }
        let [config, secret, downward, token, bundle] =
            fields!(source, ["configMap", "secret", "downwardAPI", "serviceAccountToken", "clusterTrustBundle"]);
        for one in [config, secret, downward].into_iter().flatten() {
            paths.add_items(object, &one);
        }
        for one in [token, bundle].into_iter().flatten() {
            paths.add(object, &one);
        }
    }
}

/// The paths of a volume without slashes at their end, in the order of their parts, so that whatever lies below a path
/// stands directly behind it.
#[derive(Default)]
struct Paths<'t> {
    /// That two are the same is an error, which is reported elsewhere.
    refuses_same: bool,
    known: BTreeMap<Vec<Cow<'t, str>>, Span>,
}

impl<'t> Paths<'t> {
    fn add_items(&mut self, object: &mut Object<'_, 't>, source: &Field<'_, 't>) {
        let Some(items) = source.get("items") else { return };
        items.items().for_each(|item| self.add(object, &item));
    }

    fn add(&mut self, object: &mut Object<'_, 't>, item: &Field<'_, 't>) {
        let Some(path) = item.get("path") else { return };
        let Some(text) = path.text() else { return };
        let text = text.trim_end_matches('/');
        if text.is_empty() || is_placeholder(text) {
            return;
        }
        let parts: Vec<Cow<'t, str>> = text.split('/').map(|part| Cow::Owned(part.to_owned())).collect();
        let above = (1..=parts.len()).find_map(|length| self.known.get_key_value(&parts[..length]));
        let below = self.known.range(parts.clone()..).next().filter(|(other, _)| other.starts_with(&parts));
        if let Some((other, first)) = above.or(below).filter(|(other, _)| !self.refuses_same || **other != parts) {
            let fault = match other.join("/") {
                other if other == text => format!("is `{text}` a second time"),
                other => format!("is `{text}`, and another is `{other}`: a file cannot be a directory too"),
            };
            let finding = object
                .wrong(&OVERLAPPING_PATHS, &path, &fault, "and this")
                .see(*first, "this")
                .effect(
                    "the API server accepts the object, with a warning; the pod does not start, or a file is missing",
                )
                .help("give each file a path of its own");
            object.report(finding);
        }
        self.known.entry(parts).or_insert(path.value.span());
    }
}
