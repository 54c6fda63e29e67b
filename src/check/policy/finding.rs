//! From a violation to a finding: which rule, which place, which words.

use std::sync::Arc;

use regorus::Value as Rego;

use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path, Segment};
use crate::model::resource::{Resource, ResourceId};
use crate::model::rule::Rule;
use crate::model::source::Span;

use super::POLICY_ERROR;
use super::position::{self, Found};
use super::rego::engine::Failure;
use super::rego::result::Violation;
use super::report::{Case, within};
use super::reporting::Definition;

/// More violations of a rule of the pack by one object are not kept: finding the place of one in a list takes as long as
/// the list is.
const MOST: usize = 500;

/// Said at the last one that is kept.
const ALL_ROOM: &str =
    "limit: more findings of this rule in one object are not listed; there may be some once these are mended";

/// What a rule of the pack says of an object.
pub(super) fn builtins(
    rule: &Rule,
    violations: &[Violation],
    resource: &Resource<'_>,
    id: &Arc<ResourceId>,
    out: &mut Vec<Diagnostic>,
) {
    out.extend(violations.iter().take(MOST).map(|found| builtin(rule, found, resource, Arc::clone(id))));
    if violations.len() > MOST {
        let last = out.pop();
        out.extend(last.map(|last| last.note(ALL_ROOM)));
    }
}

/// A violation of a rule of the pack, which always says where it is.
fn builtin(rule: &Rule, found: &Violation, resource: &Resource<'_>, id: Arc<ResourceId>) -> Diagnostic {
    let path = found.path.as_ref().and_then(|path| path.resolve(resource.value)).unwrap_or_default();
    let span = path.span(resource.value);
    let label = found.label.clone().unwrap_or_default();
    let mut diagnostic = Diagnostic::new(rule, span, found.message.clone(), label)
        .effect(rule.why.clone())
        .help(rule.help.clone())
        .about(id, path);
    diagnostic.severity = found.severity.unwrap_or(rule.severity);
    diagnostic.notes.extend(found.note.clone());
    diagnostic
}

/// A failure of a rule of the pack, whose text the user does not have.
pub(super) fn broken(rule: &str, failure: &Failure, resource: &Resource<'_>, id: Arc<ResourceId>) -> Diagnostic {
    let path = Path::default();
    let message = format!("the built-in rule `{rule}` failed: {}", failure.message);
    Diagnostic::new(&POLICY_ERROR, path.span(resource.value), message, "").about(id, path)
}

/// A violation of a user's rule. `rule` is what is known of it, `says` what of it says so, if that is known.
pub(super) fn user(
    rule: &Rule,
    says: Option<(Span, &str)>,
    found: &Violation,
    place: Place,
    resource: &Resource<'_>,
    id: Arc<ResourceId>,
) -> Diagnostic {
    let span = place.span.unwrap_or_else(|| place.path.span(resource.value));
    let missing = if place.missing { format!("`{}` is missing", place.path) } else { String::new() };
    let label = found.label.clone().unwrap_or(missing);
    let mut diagnostic = Diagnostic::new(rule, span, found.message.clone(), label).about(id, place.path);
    diagnostic.effect = Some(rule.why.to_string()).filter(|text| !text.is_empty());
    diagnostic.help = Some(rule.help.to_string()).filter(|text| !text.is_empty());
    diagnostic.notes.extend(found.note.iter().chain(&found.metadata).cloned());
    diagnostic.notes.extend(place.how.map(|how| format!("place: {how}")));
    match says {
        Some((place, label)) => diagnostic.see(place, label),
        None => diagnostic,
    }
}

/// Where a finding points.
pub(super) struct Place {
    pub path: Path,
    /// Where the policy named a line, and not a value.
    pub span: Option<Span>,
    /// The value is not there; the span is that of what would hold it.
    pub missing: bool,
    /// How it was found, unless the policy said it.
    pub how: Option<&'static str>,
}

impl Place {
    /// What the policy says itself: `path`, else `_loc` in the file at hand.
    pub(super) fn given(
        found: &Violation,
        inside: &[Segment],
        resource: &Resource<'_>,
        source_name: &str,
    ) -> Option<Place> {
        let object = inside.iter().try_fold(resource.value, |value, segment| value.step(segment));
        if let Some(path) = found.path.as_ref().and_then(|path| path.resolve(object?)) {
            let how = Some("the policy says it, in `path`");
            return Some(Place { path: within(inside, path), span: None, missing: false, how });
        }
        let (file, line) = found.line.as_ref()?;
        let same = |long: &str, short: &str| {
            long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        let file = file.trim_start_matches("./");
        if !same(file, source_name) && !same(source_name, file) {
            return None;
        }
        let span = line_span(resource, *line)?;
        let how = Some("the policy says it, in `_loc`");
        Some(Place { path: Path::default(), span: Some(span), missing: false, how })
    }

    /// What a trial found, else what the rule looks for and the object lacks, else the name of the object.
    pub(super) fn found(trial: Option<Found>, by: &[&Definition], case: &Case<'_>, resource: &Resource<'_>) -> Place {
        let inside = by.iter().flat_map(|definition| &definition.references).filter_map(|path| {
            let (route, rest) = path.0.split_at_checked(case.route.len())?;
            let same = |(segment, key): (&Segment, &&str)| matches!(segment, Segment::Key(own) if **own == **key);
            route.iter().zip(case.route).all(same).then_some(rest)
        });
        Place::among(trial, &inside.collect::<Vec<_>>(), case.object, case.within, resource)
    }

    /// As [`Place::found`], from the places of the object that the policy names.
    pub(super) fn among(
        trial: Option<Found>,
        named: &[&[Segment]],
        object: &Rego,
        inside: &[Segment],
        resource: &Resource<'_>,
    ) -> Place {
        let tried = "found by taking parts of the object away until the policy was silent";
        let at = |path, how| Place { path: within(inside, path), span: None, missing: false, how: Some(how) };
        let missing = named.iter().find(|path| path.len() > 1 && position::lookup(object, path).is_none());
        let looked_at = named.iter().filter(|path| path.len() > 1 && !position::is_identity(path));
        match (trial, missing) {
            (Some(Found { path, sure: true }), _) => at(path, tried),
            (_, Some(path)) => Place { missing: true, ..at(Path(path.to_vec()), "the policy looks for this") },
            (Some(Found { path, .. }), None) => at(path, tried),
            (None, None) => match looked_at.max_by_key(|path| path.len()) {
                Some(path) => at(Path(path.to_vec()), "the policy looks into this"),
                None => {
                    let name = resource.value.at(["metadata", "name"]).is_some();
                    let path = if name { Path::of(["metadata", "name"]) } else { Path::default() };
                    let how = "the policy does not say which part of the object it is about";
                    Place { path, span: None, missing: false, how: Some(how) }
                }
            },
        }
    }
}

/// A line of the file of a resource, without its indentation.
fn line_span(resource: &Resource<'_>, line: u32) -> Option<Span> {
    let (tree, text) = (resource.value.tree(), resource.value.source());
    if tree.base != 0 {
        return None;
    }
    let before: usize = text.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
    let written = text.get(before..)?.lines().next()?;
    let start = before + (written.len() - written.trim_start().len());
    Some(Span::new(tree.file, start as u32, (before + written.trim_end().len()).max(start) as u32))
}
