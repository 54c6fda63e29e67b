//! Patches that Flux and Argo CD lay over what they apply: what is missing in a file may come from there.
//!
//! A Flux Kustomization has them in `spec.patches` (`fluxcd/kustomize-controller`, `api/v1/kustomization_types.go`), an
//! Argo CD Application in `kustomize.patches` of its sources (`argoproj/argo-cd`, `pkg/apis/application/v1alpha1/types.go`,
//! `KustomizePatch`). Both mean what the field of a kustomization means. Parents often write so what all their children
//! have, patches for the objects of the children among it.

use std::sync::Arc;

use crate::model::document::Part;
use crate::model::path::{Path, Segment};
use crate::model::resource::{Resource, ResourceId};
use crate::model::value::Value;

use super::kustomize::build::select::Selector;

/// The patches of a run.
#[derive(Debug, Clone, Default)]
pub struct LaidOver {
    all: Vec<Patch>,
}

#[derive(Debug, Clone)]
struct Patch {
    text: String,
    target: Option<Arc<Selector>>,
}

/// A patch that was read.
struct Read {
    part: Part,
    target: Option<Arc<Selector>>,
}

/// The patches of a run with all that are written in others.
pub struct Additions {
    all: Vec<Read>,
}

impl LaidOver {
    /// Takes the patches of an object, if it is one that has any.
    pub fn add(&mut self, resource: &Resource<'_>) {
        let Some(spec) = resource.value.get("spec") else { return };
        match (resource.group(), &*resource.kind) {
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => self.take(spec.get("patches")),
            ("argoproj.io", "Application") => self.take_sources(Some(spec)),
            ("argoproj.io", "ApplicationSet") => self.take_sources(spec.at(["template", "spec"])),
            _ => {}
        }
    }

    fn take_sources(&mut self, spec: Option<Value<'_>>) {
        let several = spec.and_then(|spec| spec.get("sources")).into_iter().flat_map(Value::items);
        for source in spec.and_then(|spec| spec.get("source")).into_iter().chain(several) {
            self.take(source.at(["kustomize", "patches"]));
        }
    }

    fn take(&mut self, patches: Option<Value<'_>>) {
        for patch in patches.into_iter().flat_map(Value::items) {
            let Some(text) = patch.get("patch").and_then(Value::as_str) else { continue };
            let target = match patch.get("target").filter(|target| target.is_mapping()) {
                Some(target) => match Selector::read(target, target.span()) {
                    Ok(selector) => Some(Arc::new(selector)),
                    Err(_) => continue,
                },
                None => None,
            };
            self.all.push(Patch { text: text.into_owned(), target });
        }
    }

    pub(super) fn merge(&mut self, other: LaidOver) {
        self.all.extend(other.all);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Reads them, and those that are written in them.
    #[must_use]
    pub fn read(&self, parse: &dyn Fn(String) -> Part) -> Additions {
        let (mut open, mut all) = (self.all.clone(), Vec::new());
        // What is written in a text is shorter than the text.
        while let Some(Patch { text, target }) = open.pop() {
            let part = parse(text);
            let mut inner = LaidOver::default();
            part.roots().filter_map(|(_, root)| Resource::of(root)).for_each(|resource| inner.add(&resource));
            open.extend(inner.all);
            all.push(Read { part, target });
        }
        Additions { all }
    }
}

impl Additions {
    /// Whether one of the patches sets a field of an object. Labels are taken to fit: others may add them.
    #[must_use]
    pub fn set(&self, object: &ResourceId, path: &Path) -> bool {
        let pointer = path.pointer();
        self.any(object, path, &|operation| adds(operation, path, &pointer))
    }

    /// Whether one of the patches sets a field of an object, or changes something in it.
    #[must_use]
    pub fn change(&self, object: &ResourceId, path: &Path) -> bool {
        let pointer = path.pointer();
        self.any(object, path, &|operation| adds(operation, path, &pointer) || is_below(operation, &pointer))
    }

    fn any(&self, object: &ResourceId, path: &Path, does: &dyn Fn(Value<'_>) -> bool) -> bool {
        self.all.iter().any(|patch| {
            let fits = |target: &Selector| target.may_select(object);
            patch.part.roots().any(|(_, root)| match (&patch.target, root.is_sequence()) {
                (Some(target), true) => fits(target) && root.items().any(does),
                (Some(target), false) => fits(target) && holds(root, &path.0),
                (None, true) => false,
                (None, false) => is_about(root, object) && holds(root, &path.0),
            })
        })
    }
}

/// Whether a patch without a target names an object.
fn is_about(root: Value<'_>, object: &ResourceId) -> bool {
    Resource::of(root).is_some_and(|own| {
        own.group() == object.group && *own.kind == object.kind && own.name().as_deref() == object.name.as_deref()
    })
}

/// Whether an operation of a JSON 6902 patch brings a field in, by itself or with what is around it. `pointer` is the path
/// as a text.
fn adds(operation: Value<'_>, path: &Path, pointer: &str) -> bool {
    let text = |key| operation.get(key).and_then(Value::as_str);
    if !matches!(text("op").as_deref(), Some("add" | "replace")) {
        return false;
    }
    let Some(at) = text("path") else { return false };
    let is_above = pointer.strip_prefix(&*at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    // Each segment begins with a slash, and has no other.
    let inside = path.0.get(at.matches('/').count()..).filter(|_| is_above);
    inside.is_some_and(|inside| operation.get("value").is_some_and(|value| holds(value, inside)))
}

/// Whether an operation of a JSON 6902 patch is about something below a pointer.
fn is_below(operation: Value<'_>, pointer: &str) -> bool {
    let at = operation.get("path").and_then(Value::as_str).unwrap_or_default();
    at.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a value has something at a path. Which item of a list a patch is about is not asked.
fn holds(value: Value<'_>, path: &[Segment]) -> bool {
    match path.split_first() {
        None => !value.is_null(),
        Some((Segment::Key(key), rest)) => value.get(key).is_some_and(|value| holds(value, rest)),
        Some((Segment::Index(_), rest)) => value.items().any(|item| holds(item, rest)),
    }
}
