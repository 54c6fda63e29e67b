//! What policies could not answer while objects were checked, told once for all objects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::model::report::NotChecked;
use crate::model::source::Span;

/// Gathered by all threads.
#[derive(Default)]
pub(super) struct Unanswered {
    /// Why, where that stands, and for how many objects.
    objects: Mutex<BTreeMap<(Span, String), usize>>,
    /// Namespaces whose labels somebody needs, by who that is.
    namespaces: Mutex<BTreeMap<(Span, String), BTreeSet<String>>>,
}

impl Unanswered {
    /// One more object that was not answered about.
    pub(super) fn object(&self, span: Span, why: String) {
        *self.objects.lock().unwrap_or_else(PoisonError::into_inner).entry((span, why)).or_default() += 1;
    }

    /// A namespace that is not among the objects.
    pub(super) fn namespace(&self, span: Span, who: String, namespace: String) {
        let mut namespaces = self.namespaces.lock().unwrap_or_else(PoisonError::into_inner);
        namespaces.entry((span, who)).or_default().insert(namespace);
    }

    /// All of it.
    pub(super) fn lines(&self) -> Vec<NotChecked> {
        let namespaces = self.namespaces.lock().unwrap_or_else(PoisonError::into_inner);
        let namespace = |((span, who), names): (&(Span, String), &BTreeSet<String>)| {
            let names = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let message = format!(
                "{who}: its `namespaceSelector` needs the labels of the namespaces {names}, which are not among the objects"
            );
            NotChecked { message, span: Some(*span) }
        };
        let objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        let object = |((span, why), count): (&(Span, String), &usize)| {
            let objects = if *count == 1 { "1 object".to_owned() } else { format!("{count} objects") };
            NotChecked { message: format!("{objects}: {why}"), span: Some(*span) }
        };
        namespaces.iter().map(namespace).chain(objects.iter().map(object)).collect()
    }
}
