//! What the rules of this room are written with.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::sync::Arc;

pub(super) use super::fields::fields;
use super::seen::Seen;
use crate::check::schema::Version;
use crate::check::wording;
pub(super) use crate::check::wording::is_placeholder;
use crate::model::diagnostic::Diagnostic;
use crate::model::near;
use crate::model::path::{Path, Trail};
use crate::model::resource::{Resource, ResourceId};
use crate::model::rule::Rule;
use crate::model::scalar::Scalar;
use crate::model::source::Span;
use crate::model::value::Value;

/// More findings of an object are not kept: finding the place of one in a list takes as long as the list is.
const MOST: u32 = 500;

/// Said at the last one that is kept.
const ALL_ROOM: &str = "limit: more findings of one object are not listed; there may be some once these are mended";

/// More is written by no person, and not worth comparing each with each.
pub(super) const MANY: usize = 1000;

pub(super) const REFUSED: &str = "the API server refuses the object";

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

    /// What [`fields`] calls: the field of that name at a place that was found.
    #[inline]
    pub(super) fn at<'s>(&'s self, place: Option<NonZeroU32>, key: &'s str) -> Option<Field<'s, 't>> {
        let value = Value::new(self.value.tree(), self.value.source(), place?.get());
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

    /// How many items a list has.
    pub(super) fn count(&self) -> usize {
        if self.value.is_sequence() { self.value.len() } else { 0 }
    }

    /// Calls `look` with every member of a mapping: the key as Kubernetes reads it, where it is written, and the value
    /// (which may be null).
    pub(super) fn each(&self, mut look: impl FnMut(&str, Span, &Field<'_, 't>)) {
        self.value.each_entry(|entry| {
            let name = entry.name();
            look(&name, entry.key.span(), &Field { value: entry.value, trail: self.trail.key(&name) });
        });
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

    /// The text without a placeholder in it, unless it is empty.
    pub(super) fn plain_text(&self) -> Option<Cow<'t, str>> {
        self.text().filter(|text| !text.is_empty() && !is_placeholder(text))
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

/// The object being checked, and what was found.
pub(super) struct Object<'o, 't> {
    pub(super) resource: &'o Resource<'t>,
    pub(super) version: Version,
    /// What happens if it is merged.
    pub(super) effect: &'static str,
    /// So much is missing, which is said elsewhere, that this is rather a patch: what should be beside a part of it may
    /// be in the object that it changes.
    pub(super) is_partial: bool,
    found: &'o mut Vec<Diagnostic>,
    /// How many more findings are kept.
    room: u32,
    id: Option<Arc<ResourceId>>,
}

impl<'o, 't> Object<'o, 't> {
    pub(super) fn new(resource: &'o Resource<'t>, version: Version, found: &'o mut Vec<Diagnostic>) -> Self {
        Object { resource, version, effect: REFUSED, is_partial: false, found, room: MOST, id: None }
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
        let span = self.span(&path);
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
        Diagnostic::new(rule, span, message, label).about(id, full).effect(self.effect).note(checked)
    }

    /// Keeps a finding, unless there are so many that nobody would read them, or the schema of this version wants the
    /// same field: newer schemas say more of what is required.
    pub(super) fn report(&mut self, finding: Diagnostic) {
        let is_same = |known: &Diagnostic| known.primary.span == finding.primary.span && known.path == finding.path;
        let is_known =
            finding.rule == super::rules::REQUIRED_VALUE.id && self.found.iter().rev().take(MOST as usize).any(is_same);
        if self.room > 0 && !is_known {
            self.room -= 1;
            self.found.push(if self.room > 0 { finding } else { finding.note(ALL_ROOM) });
        }
    }

    /// Says what happens really, where schemas ask for a field that the server does not come to ask for.
    pub(super) fn amend(&mut self, path: &Path, effect: &'static str) {
        let full = Path(self.resource.prefix.0.iter().chain(&path.0).cloned().collect());
        let known = self.found.iter_mut().rev().take(MOST as usize).find(|known| known.path.as_ref() == Some(&full));
        if let Some(known) = known {
            known.effect = Some(effect.into());
        }
    }

    /// Whether no further finding is kept, so that none needs to be made.
    pub(super) fn is_full(&self) -> bool {
        self.room == 0
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

    /// A field that must not be there, `because` of the rest: "for an init container". Points at its key.
    #[cold]
    pub(super) fn forbidden(&mut self, field: &Field<'_, 't>, because: &str, help: impl Into<String>) {
        let finding = self.not_allowed(field, because).help(help);
        self.report(finding);
    }

    /// As [`Object::forbidden`], to be completed.
    #[cold]
    pub(super) fn not_allowed(&mut self, field: &Field<'_, 't>, because: &str) -> Diagnostic {
        let path = field.path();
        let message = format!("{} is not allowed {because}", self.name(&path));
        let span = self.key_span(&path);
        self.refuse_at(&super::rules::FORBIDDEN_FIELD, span, path, message, "not allowed here")
    }

    /// A value that is wrong: `fault` follows the name of the field, "must not be negative".
    #[cold]
    pub(super) fn wrong(&mut self, rule: &Rule, field: &Field<'_, 't>, fault: &str, label: &str) -> Diagnostic {
        let path = field.path();
        let message = format!("{} {fault}", self.name(&path));
        self.refuse(rule, path, message, label)
    }

    /// A number outside of its bounds: `bounds` are "between 1 and 65535".
    #[cold]
    pub(super) fn out_of_range(&mut self, field: &Field<'_, 't>, bounds: &str) {
        let fault = format!("is {}, but must be {bounds}", shown(field));
        let finding = self.wrong(&super::rules::OUT_OF_RANGE, field, &fault, &format!("must be {bounds}"));
        self.report(finding);
    }

    /// Reports an empty text, which is none of `what`: "an IP address". Whether it is one.
    pub(super) fn is_empty(&mut self, field: &Field<'_, 't>, what: &str) -> bool {
        let is_empty = field.text().is_some_and(|text| text.is_empty());
        if is_empty {
            let finding =
                self.wrong(&super::rules::REQUIRED_VALUE, field, &format!("is empty, and not {what}"), "empty");
            self.report(finding);
        }
        is_empty
    }

    /// Reports a text that was there before, among those that tell entries apart.
    pub(super) fn unique(&mut self, seen: &mut Seen<'t, Span>, field: &Field<'_, 't>, help: &str) {
        let Some(text) = field.plain_text() else { return };
        if let Some(first) = seen.before(text.clone(), field.value.span()) {
            let finding = self
                .wrong(&super::rules::DUPLICATE_NAME, field, &format!("repeats `{text}`"), "the second")
                .cause(first, "the first")
                .help(help);
            self.report(finding);
        }
    }

    /// As [`Object::unique`], for a field that is the same where it is absent and where it is empty.
    pub(super) fn unique_or_absent(
        &mut self,
        seen: &mut Seen<'t, Span>,
        holder: &Field<'_, 't>,
        key: &str,
        help: &str,
    ) {
        let field = holder.get(key);
        let Some(text) = field.map_or(Some(Cow::Borrowed("")), |field| field.text()) else { return };
        if is_placeholder(&text) {
            return;
        }
        let span = field.map_or_else(|| holder.value.title_span(), |field| field.value.span());
        if let Some(first) = seen.before(text.clone(), span) {
            let path = holder.path_to(key);
            let message = match &*text {
                "" => format!("{} is empty a second time", self.name(&path)),
                text => format!("{} repeats `{text}`", self.name(&path)),
            };
            let finding = self.refuse_at(&super::rules::DUPLICATE_NAME, span, path, message, "the second");
            self.report(finding.cause(first, "the first").help(help));
        }
    }

    /// Reports a list with more items than it may have.
    pub(super) fn at_most(&mut self, list: &Field<'_, 't>, most: usize) {
        let count = list.count();
        if count > most {
            let fault = format!("has {count} items, but may have {most}");
            let finding = self.wrong(&super::rules::TOO_LARGE, list, &fault, "too many");
            self.report(finding);
        }
    }

    /// Reports an integer below 0. Returns it.
    pub(super) fn not_negative(&mut self, field: Option<&Field<'_, 't>>) -> Option<i64> {
        let field = field?;
        let number = field.integer()?;
        if number < 0 {
            self.out_of_range(field, "0 or more");
        }
        Some(number)
    }

    /// A field that the rest of the object asks for: `because` follows the name, "with `completionMode: Indexed`".
    #[cold]
    pub(super) fn needed(&mut self, parent: &Field<'_, 't>, key: &str, because: &str, help: impl Into<String>) {
        let path = parent.path_to(key);
        let message = if parent.has(key) {
            format!("{} is empty, but needed {because}", self.name(&path))
        } else {
            format!("missing field `{key}` in {}: it is needed {because}", self.place(&parent.path()))
        };
        let label = if parent.has(key) { "empty".to_owned() } else { format!("needs `{key}`") };
        let finding = self.refuse(&super::rules::REQUIRED_VALUE, path, message, label).help(help);
        self.report(finding);
    }

    /// The span of a route: see [`Path::span`].
    pub(super) fn span(&self, path: &Path) -> Span {
        if self.is_full() { self.resource.value.title_span() } else { path.span(self.resource.value) }
    }

    /// The span of the key at the end of a route.
    pub(super) fn key_span(&self, path: &Path) -> Span {
        if self.is_full() { self.resource.value.title_span() } else { path.locate(self.resource.value).key_span() }
    }
}

/// The value of a scalar as it is written, for messages, without its quotes.
pub(super) fn shown(field: &Field<'_, '_>) -> String {
    field.value.text().unwrap_or_default().into_owned()
}

/// The first of `known` that is near to what was written, as a question.
pub(super) fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    near::nearest(word, known.into_iter().take(MANY)).map(|near| format!("did you mean `{near}`?"))
}
