//! What the rules of this room are written with.

use std::borrow::Cow;
use std::sync::Arc;

use crate::check::schema::Version;
use crate::check::wording;
use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path, Segment, Trail};
use crate::model::resource::{Resource, ResourceId};
use crate::model::rule::Rule;
use crate::model::scalar::Scalar;
use crate::model::source::Span;
use crate::model::value::Value;

const REFUSED: &str = "the API server refuses the object";

/// A value and the way to it. Null is absence, as it is for the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'p, 't> {
    pub(super) value: Value<'t>,
    trail: Trail<'p>,
}

impl<'t> Field<'_, 't> {
    /// The field of that name, unless it is absent.
    pub(super) fn get<'s>(&'s self, key: &'s str) -> Option<Field<'s, 't>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Field { value, trail: self.trail.key(key) })
    }

    /// Whether the field is there, and not null.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some_and(|value| !value.is_null())
    }

    /// The items of a list; none for anything else.
    pub(super) fn items(&self) -> impl Iterator<Item = Field<'_, 't>> {
        self.value.items().enumerate().map(|(at, value)| Field { value, trail: self.trail.index(at) })
    }

    /// Calls `look` with every member of a mapping: the key as Kubernetes reads it, where it is written, and the value
    /// (which may be null).
    pub(super) fn each(&self, mut look: impl FnMut(&str, Span, &Field<'_, 't>)) {
        for entry in self.value.entries() {
            let name = entry.name();
            look(&name, entry.key.span(), &Field { value: entry.value, trail: self.trail.key(&name) });
        }
    }

    /// The string; `None` for anything else.
    pub(super) fn text(&self) -> Option<Cow<'t, str>> {
        self.value.as_str()
    }

    /// The string of the field of that name; absent and of another type are the same.
    pub(super) fn text_of(&self, key: &str) -> Option<Cow<'t, str>> {
        self.value.get(key)?.as_str()
    }

    /// The boolean of the field of that name.
    pub(super) fn bool_of(&self, key: &str) -> Option<bool> {
        self.value.get(key)?.as_bool()
    }

    /// The integer; a number with a dot is one if it has no fraction.
    pub(super) fn integer(&self) -> Option<i64> {
        match self.value.scalar()? {
            Scalar::Int(number) => Some(number),
            Scalar::Float(number) if number.fract() == 0.0 && number.abs() < 2f64.powi(53) => Some(number as i64),
            _ => None,
        }
    }

    /// The route from the root of the object.
    pub(super) fn path(&self) -> Path {
        self.trail.path()
    }

    /// The route to a field of this value, present or not.
    pub(super) fn path_to(&self, key: &str) -> Path {
        self.trail.key(key).path()
    }
}

/// Whether a string has a placeholder that another tool fills in before the server sees it (Flux and envsubst `${X}`,
/// `$(X)` of Kustomize and of CI systems, templates): its syntax says nothing yet.
pub(super) fn is_placeholder(text: &str) -> bool {
    ["${", "$(", "{{"].iter().any(|open| text.contains(open))
}

/// The object being checked, and what was found.
pub(super) struct Object<'o, 't> {
    pub(super) resource: &'o Resource<'t>,
    pub(super) version: Version,
    found: &'o mut Vec<Diagnostic>,
    id: Option<Arc<ResourceId>>,
}

impl<'o, 't> Object<'o, 't> {
    pub(super) fn new(resource: &'o Resource<'t>, version: Version, found: &'o mut Vec<Diagnostic>) -> Self {
        Object { resource, version, found, id: None }
    }

    /// The object itself.
    pub(super) fn root(&self) -> Field<'static, 't> {
        Field { value: self.resource.value, trail: Trail::Root }
    }

    /// `` `replicas` in Deployment.spec ``
    pub(super) fn name(&self, path: &Path) -> String {
        wording::field_and_place(&self.resource.kind, path)
    }

    /// `Deployment.spec`
    pub(super) fn place(&self, path: &Path) -> String {
        wording::place(&self.resource.kind, path)
    }

    /// Something that the server refuses, at the shortest span of `path`: see [`Path::span`]. The label stands beside
    /// the marked text. To be completed with a help, and given to [`Object::report`].
    #[cold]
    pub(super) fn refuse(&mut self, rule: &Rule, path: Path, message: String, label: impl Into<String>) -> Diagnostic {
        let span = path.span(self.resource.value);
        self.refuse_at(rule, span, path, message, label)
    }

    /// As [`Object::refuse`], with a span of its own: that of a key, for example.
    #[cold]
    pub(super) fn refuse_at(
        &mut self,
        rule: &Rule,
        span: Span,
        path: Path,
        message: String,
        label: impl Into<String>,
    ) -> Diagnostic {
        let resource = self.resource;
        let id = self.id.get_or_insert_with(|| Arc::new(resource.id())).clone();
        let full = Path(resource.prefix.0.iter().cloned().chain(path.0).collect());
        let checked =
            format!("checked: validation of {} {} in Kubernetes {}", resource.api_version, resource.kind, self.version);
        Diagnostic::new(rule, span, message, label).about(id, full).effect(REFUSED).note(checked)
    }

    /// Keeps a finding.
    pub(super) fn report(&mut self, finding: Diagnostic) {
        self.found.push(finding);
    }

    /// A field that the server wants, although no schema does.
    #[cold]
    pub(super) fn required(&mut self, field: &Field<'_, 't>, key: &str) {
        let path = field.path_to(key);
        let (message, label, help) = if field.has(key) {
            (format!("{} is empty", self.name(&path)), "empty".to_owned(), format!("give `{key}` a value"))
        } else {
            let message = format!("missing field `{key}` in {}", self.place(&field.path()));
            (message, format!("needs `{key}`"), format!("add `{key}`"))
        };
        let finding = self.refuse(&super::rules::REQUIRED_VALUE, path, message, label).help(help);
        self.report(finding);
    }

    /// The span of a route: see [`Path::span`].
    pub(super) fn span(&self, path: &Path) -> Span {
        path.span(self.resource.value)
    }
}

/// A route one field further.
pub(super) fn with(path: &Path, key: &str) -> Path {
    Path(path.0.iter().cloned().chain([Segment::from(key)]).collect())
}
