//! Moves findings from what kustomizations make to the lines that a person would edit.

use crate::model::definition::Plan;
use crate::model::definition::kustomize::{Build, Place};
use crate::model::diagnostic::{Diagnostic, Fix, Label};
use crate::model::origin::{Origin, Role};
use crate::model::rule::Severity;
use crate::model::source::Span;

use super::super::Text;
use super::supplement::{MISSING, WRONG_VALUE, is_stand_in};

/// Rules about two fields of which only one may be there.
const EXCLUDING: [&str; 2] = ["forbidden-field", "conflicting-fields"];

/// See [`super::super::Format::place`].
pub(super) fn place(plan: &Plan, finding: Diagnostic, text: Text<'_>) -> Diagnostic {
    let span = finding.primary.span;
    match plan.builds.get(&span.file) {
        Some(build) => Site { plan, build, text }.place(finding),
        None => reached(plan, finding),
    }
}

/// A finding in a file that is deployed as it stands reaches those who take it in.
fn reached(plan: &Plan, mut finding: Diagnostic) -> Diagnostic {
    if finding.affects.is_empty() {
        finding.affects = plan.taken.roots_of(finding.primary.span).iter().map(ToString::to_string).collect();
        finding.affects.sort();
    }
    finding
}

impl Plan {
    /// Moves a place in what was built to the line that a person would edit; other places stay.
    #[must_use]
    pub fn written(&self, span: Span) -> Span {
        let place = self.builds.get(&span.file).and_then(|build| build.place(span.start));
        place.map_or(span, |place| place.span)
    }
}

/// A built text.
struct Site<'p> {
    plan: &'p Plan,
    build: &'p Build,
    text: Text<'p>,
}

impl Site<'_> {
    fn place(&self, mut finding: Diagnostic) -> Diagnostic {
        let span = finding.primary.span;
        let Some(place) = self.build.place(span.start) else { return finding };
        if let Some(kept) = self.kept(&finding) {
            finding.help = Some(format!(
                "a patch keeps what it does not name: write `{kept}: null` in it, or take the change back"
            ));
        }
        finding.primary.span = self.moved(place, span);
        finding.fix = finding.fix.and_then(|fix| self.fix(&fix));
        let labels = std::mem::take(&mut finding.labels).into_iter();
        finding.labels = labels.filter_map(|label| self.label(label)).collect();
        let object = self.build.object(span.start);
        let included = object.map(|object| object.included.as_slice()).unwrap_or_default();
        finding.origin = included.iter().map(|span| Origin { role: Role::IncludedBy, span: *span }).collect();
        // Which element a patch is for is seen beside the value.
        let chain = || place.chain.iter().filter(|link| link.role != Role::FoundBy);
        finding.origin.extend(chain().filter(|link| link.role != Role::Replaced).copied());
        for link in chain().rev() {
            if link.span.file == finding.primary.span.file && link.span.start == finding.primary.span.start {
                continue;
            }
            let message = match link.role {
                Role::PatchedBy => "the patch is laid over here",
                Role::SelectedBy => "chosen by this",
                Role::GeneratedBy => "this generates it",
                Role::Replaced => "instead of this",
                _ => "changed here",
            };
            // What was overridden has no part in it any more.
            let cause = link.role != Role::Replaced;
            finding.labels.push(Label { span: link.span, message: message.to_owned(), cause });
        }
        if let Some(object) = object {
            finding.affects = object.roots.iter().map(ToString::to_string).collect();
            finding.affects.sort();
            let is_missing = MISSING.contains(&&*finding.rule);
            let may_be_replaced =
                || WRONG_VALUE.contains(&&*finding.rule) && is_stand_in(finding.primary.span, self.text);
            if object.open && (is_missing || may_be_replaced()) {
                let verb = if is_missing { "add" } else { "replace" };
                finding.severity = Severity::Note;
                finding.effect = None;
                finding.notes.push(format!("a part of the kustomization that is not rendered may {verb} it"));
            }
        }
        finding
    }

    /// The key that a patch has left beside one that excludes it: both are then in the object (`retainKeys`, which
    /// kustomize does not honour).
    fn kept(&self, finding: &Diagnostic) -> Option<String> {
        let other = finding.labels.first().filter(|_| EXCLUDING.contains(&&*finding.rule))?.span;
        let span = finding.primary.span;
        let place = |span: Span| self.build.place(span.start).filter(|_| span.file == finding.primary.span.file);
        let (own, other) = (place(span)?, place(other)?);
        let is_patched = |place: &Place| place.chain.iter().any(|link| link.role == Role::PatchedBy);
        let kept = match (is_patched(own), is_patched(other)) {
            (true, false) => other,
            (false, true) => own,
            _ => return None,
        };
        let built = (self.text)(span.file)?;
        let is_key = built.get(kept.end as usize) == Some(&b':');
        let text = built.get(kept.start as usize..kept.end as usize).filter(|_| is_key)?;
        std::str::from_utf8(text).ok().map(str::to_owned)
    }

    /// Whether the text of a place is that of the file, byte for byte.
    fn is_exact(&self, file: crate::model::source::FileId, place: &Place) -> bool {
        let (built, written) = ((self.text)(file), (self.text)(place.span.file));
        let (Some(built), Some(written)) = (built, written) else { return false };
        let stretch = built.get(place.start as usize..place.end as usize);
        stretch.is_some() && stretch == written.get(place.span.range())
    }

    /// The place in the file of a part of a key or scalar, or the whole of it.
    fn moved(&self, place: &Place, span: Span) -> Span {
        let is_within = place.start <= span.start && span.end <= place.end;
        if is_within && self.is_exact(span.file, place) {
            let start = place.span.start + (span.start - place.start);
            return Span::new(place.span.file, start, start + (span.end - span.start));
        }
        place.span
    }

    fn label(&self, mut label: Label) -> Option<Label> {
        if self.plan.builds.contains_key(&label.span.file) {
            let place = self.build.place(label.span.start)?;
            label.span = self.moved(place, label.span);
        }
        Some(label)
    }

    /// An edit holds for the file where its text is that of the file.
    fn fix(&self, fix: &Fix) -> Option<Fix> {
        let mut moved = fix.clone();
        for edit in &mut moved.edits {
            let place = self.build.place(edit.span.start)?;
            let is_within =
                place.start <= edit.span.start && edit.span.end <= place.end && edit.span.start < edit.span.end;
            if !is_within || !self.is_exact(edit.span.file, place) {
                return None;
            }
            edit.span = self.moved(place, edit.span);
        }
        Some(moved)
    }
}
