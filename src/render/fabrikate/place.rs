//! Moves findings from generated manifests to the definition.

use std::sync::Arc;

use memchr::memmem;

use crate::model::definition::fabrikate::{ComponentKind, Copies, Definition, Environment, Method, Unit};
use crate::model::definition::{Generated, Plan};
use crate::model::diagnostic::{Diagnostic, Fix, Label};
use crate::model::origin::{Origin, Role};
use crate::model::source::Span;

use super::super::Text;
use super::super::rules::{HAND_EDITED, STALE};
use super::statics::{compare, same_line};
use super::values;

/// See [`super::super::Format::place`].
pub(super) fn place(plan: &Plan, finding: Diagnostic, text: Text<'_>) -> Diagnostic {
    let file = finding.primary.span.file;
    if finding.rule == STALE.id || finding.rule == HAND_EDITED.id {
        return finding;
    }
    if let Some(generated) = plan.generated.get(&file) {
        return match Site::of(plan, generated) {
            Some(site) => site.place(finding, text),
            None => nobodys(plan, generated, finding),
        };
    }
    match plan.statics.get(&file).and_then(|(definition, unit)| plan.definitions.get(*definition)?.units.get(*unit)) {
        Some(unit) if finding.origin.is_empty() => {
            let definition = &plan.definitions[plan.statics[&file].0];
            Diagnostic { origin: chain(definition, unit), ..finding }
        }
        _ => finding,
    }
}

/// A finding in a file that no component writes stays there.
fn nobodys(plan: &Plan, generated: &Generated, finding: Diagnostic) -> Diagnostic {
    let environment = &plan.definitions[generated.definition].environments[generated.environment];
    Diagnostic { affects: vec![environment.name.clone()], ..finding }
}

/// How a component came to be generated, outermost first.
pub(super) fn chain(definition: &Definition, unit: &Unit) -> Vec<Origin> {
    let mut links = Vec::new();
    let above = std::iter::successors(Some(unit), |unit| unit.parent.map(|parent| &definition.units[parent]));
    for unit in above.filter(|unit| unit.parent.is_some()) {
        links.push(Origin { role: Role::IncludedBy, span: unit.name_span() });
    }
    links.reverse();
    let component = &unit.component;
    // A download has no use for `path`.
    let path = component.path.as_ref().filter(|_| component.method() != Method::Http);
    let source = path.or(component.source.as_ref()).or(component.kind_field());
    links.push(Origin { role: Role::GeneratedBy, span: source.map_or(component.title, |field| field.span) });
    links
}

/// A generated file with everything that is known of it.
struct Site<'p> {
    definition: &'p Definition,
    environment: &'p Environment,
    unit: &'p Unit,
    at: usize,
    generated: &'p Generated,
}

impl<'p> Site<'p> {
    fn of(plan: &'p Plan, generated: &'p Generated) -> Option<Self> {
        let definition = plan.definitions.get(generated.definition)?;
        let at = generated.unit?;
        Some(Site {
            definition,
            environment: definition.environments.get(generated.environment)?,
            unit: definition.units.get(at)?,
            at,
            generated,
        })
    }

    fn place(&self, mut finding: Diagnostic, text: Text<'_>) -> Diagnostic {
        finding.affects = vec![self.environment.name.clone()];
        finding.origin = chain(self.definition, self.unit);
        let generated = text(finding.primary.span.file).unwrap_or_else(|| Arc::from([]));
        match self.unit.component.kind() {
            ComponentKind::Static => self.place_static(finding, &generated, text),
            ComponentKind::Helm => self.place_helm(finding, &generated),
            ComponentKind::Component | ComponentKind::Unknown => self.place_on_name(finding),
        }
    }

    /// The words at the generated place.
    fn here(&self) -> String {
        format!("in the manifest generated for `{}`", self.environment.name)
    }

    fn place_static(&self, mut finding: Diagnostic, content: &[u8], text: Text<'_>) -> Diagnostic {
        let copies = self.generated.copies.get_or_init(|| compare(content, &self.unit.statics, text));
        let place = finding.primary.span;
        let moved = copies.source_of(place);
        if !copies.is_fresh() {
            let name = copies.differs.as_ref().map_or("the static manifests", |(name, _)| name);
            finding.notes.push(format!("`{}` is stale: it differs from `{name}`", self.generated.name));
        }
        let Some(span) = moved.or_else(|| same_line(content, place, &self.unit.statics, text)) else {
            // What the static files do not say was written by hand, or by an older version of them.
            return finding;
        };
        finding.fix = finding.fix.and_then(|fix| move_fix(&fix, copies));
        for label in finding.labels.iter_mut().filter(|label| label.span.file == place.file) {
            label.span = copies.source_of(label.span).unwrap_or(label.span);
        }
        finding.primary.span = span;
        finding.see(place, self.here())
    }

    fn place_helm(&self, mut finding: Diagnostic, generated: &[u8]) -> Diagnostic {
        let place = finding.primary.span;
        if let Some(template) = source_comment(generated, place.start as usize) {
            finding.notes.push(format!("Helm made it from `{template}`"));
        }
        let word = generated.get(place.range()).and_then(|bytes| std::str::from_utf8(bytes).ok()).map(unquote);
        // Fabrikate writes down what Helm prints, its warnings included, and a warning reads as a map.
        if word == Some("WARNING") {
            finding.help = Some("Helm printed this warning: mend what it complains about, and generate again".into());
        }
        let config = self.environment.configs.get(self.at).and_then(Option::as_ref);
        let found = match (config, word, &finding.path) {
            (Some(config), Some(word), Some(path)) => values::search(config, path, word),
            _ => None,
        };
        let Some(found) = found else { return self.place_on_name(finding) };
        let words = if found.certain { "set here" } else { "likely set here" };
        finding.origin.push(Origin { role: Role::SetBy, span: found.span });
        finding = self.replace_primary(finding, found.span, words);
        for lost in found.lost {
            finding = finding.see(lost, "hidden by it");
        }
        finding
    }

    /// Nothing finer is known: the component as a whole.
    fn place_on_name(&self, finding: Diagnostic) -> Diagnostic {
        let component = &self.unit.component;
        let span = component.name.as_ref().map_or(component.title, |name| name.span);
        self.replace_primary(finding, span, "this component generates it")
    }

    /// Puts the primary label elsewhere; its words stay where they were true. An edit of a generated manifest mends
    /// nothing.
    fn replace_primary(&self, mut finding: Diagnostic, span: Span, words: &str) -> Diagnostic {
        let label = Label { span, message: words.to_owned(), cause: true };
        let old = std::mem::replace(&mut finding.primary, label);
        finding.fix = None;
        let message = if old.message.is_empty() { self.here() } else { format!("{}, {}", old.message, self.here()) };
        finding.see(old.span, message)
    }
}

fn move_fix(fix: &Fix, copies: &Copies) -> Option<Fix> {
    let mut moved = fix.clone();
    for edit in &mut moved.edits {
        edit.span = copies.source_of(edit.span)?;
    }
    Some(moved)
}

/// The chart's file in Helm's `# Source:` comment of the document around an offset. With `injectNamespace` the comments
/// are gone.
fn source_comment(generated: &[u8], offset: usize) -> Option<String> {
    const COMMENT: &[u8] = b"# Source: ";
    let before = &generated[..offset.min(generated.len())];
    let start = memmem::rfind(before, b"\n---").unwrap_or(0);
    let line = &before[memmem::find(&before[start..], COMMENT)? + start + COMMENT.len()..];
    let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
    let name = std::str::from_utf8(&line[..end]).ok()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn unquote(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}
