//! Kubernetes objects that are definitions themselves: Flux, Argo CD, Kustomize.

use std::collections::BTreeMap;

use crate::model::report::NotChecked;
use crate::model::resource::Resource;
use crate::model::source::Span;

use super::count;
use super::deliveries::Deliveries;
use super::laid_over::LaidOver;

/// What an object is to a definition format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// It produces manifests that are not rendered: what one and many of them are called.
    Unrendered(&'static str, &'static str),
    /// It belongs to the format and produces nothing.
    Plain,
}

/// Counts the definition objects of a run.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    unrendered: BTreeMap<Object, (usize, Span)>,
    /// The folders that they apply. What a kustomization changes is to be added as it has become.
    pub deliveries: Deliveries,
    /// The patches that they lay over them.
    pub laid_over: LaidOver,
}

impl Objects {
    /// Counts an object; whether it is one of a definition format.
    pub fn add(&mut self, resource: &Resource<'_>) -> bool {
        let Some(object) = super::object(resource.group(), &resource.kind) else { return false };
        if let Object::Unrendered(..) = object {
            let span = resource.value.get("kind").map_or_else(|| resource.value.title_span(), |kind| kind.span());
            self.count(object, 1, span);
        }
        true
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: Objects) {
        for (object, (number, span)) in other.unrendered {
            self.count(object, number, span);
        }
        self.deliveries.merge(other.deliveries);
        self.laid_over.merge(other.laid_over);
    }

    /// Whether an object hands manifests to something that applies them server-side: Flux does, always.
    #[must_use]
    pub fn are_applied_server_side(&self) -> bool {
        self.unrendered.keys().any(|object| *object == super::flux::KUSTOMIZATION)
    }

    fn count(&mut self, object: Object, number: usize, span: Span) {
        let known = self.unrendered.entry(object).or_insert((0, span));
        *known = (known.0 + number, known.1.min(span));
    }

    /// One line for each kind of object whose manifests were not rendered.
    #[must_use]
    pub fn not_checked(&self) -> Vec<NotChecked> {
        let line = |(object, (number, span)): (&Object, &(usize, Span))| match *object {
            Object::Unrendered(one, many) => {
                let verb = if *number == 1 { "is" } else { "are" };
                let message = format!("{} {verb} not rendered yet", count(*number, one, many));
                Some(NotChecked { message, span: Some(*span) })
            }
            Object::Plain => None,
        };
        self.unrendered.iter().filter_map(line).collect()
    }
}
