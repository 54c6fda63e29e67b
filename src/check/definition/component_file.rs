//! Fields of component files.

use crate::model::definition::fabrikate::{Component, ComponentFile, ComponentKind, Field, Method, Name};
use crate::model::diagnostic::Diagnostic;
use crate::model::near::nearest;
use crate::model::rule::{Rule, Severity};

use super::{list, rules};

/// The fields worth suggesting: the deprecated ones are not.
const FIELDS: [&str; 9] = ["name", "type", "method", "source", "path", "version", "branch", "hooks", "subcomponents"];

pub(super) fn check(file: &ComponentFile, out: &mut Vec<Diagnostic>) {
    let mut open = vec![&*file.component];
    while let Some(component) = open.pop() {
        check_component(component, out);
        open.extend(component.subcomponents.iter().rev().map(|child| &**child));
    }
}

fn check_component(component: &Component, out: &mut Vec<Diagnostic>) {
    out.extend(component.unknown.iter().map(unknown_field));
    out.extend(name_is_missing(component));
    out.extend(unknown_type(component));
    out.extend(unknown_method(component));
    out.extend(component.generator.as_ref().map(|generator| deprecated_generator(component, generator)));
    out.extend(component.repositories.map(|span| {
        Diagnostic::new(&rules::DEPRECATED_REPOSITORIES, span, "`repositories` is a leftover of Helm 2", "")
            .effect("Helm 3 does not read it; the chart comes from `source`")
            .help("remove it, and give the chart `method: helm` with its repository as `source`")
    }));
}

fn unknown_field(field: &Name) -> Diagnostic {
    let finding = Diagnostic::new(
        &rules::UNKNOWN_COMPONENT_FIELD,
        field.span,
        format!("unknown field `{}` in a component", field.text),
        "",
    )
    .effect("Fabrikate drops the field without a word");
    suggest(finding, field, &FIELDS)
}

/// Offers the nearest known name, or the list of them.
pub(super) fn suggest(finding: Diagnostic, written: &Name, known: &[&str]) -> Diagnostic {
    match nearest(&written.text, known.iter().copied()) {
        Some(near) => finding.help(format!("did you mean `{near}`?")).respell(false, written.span, near),
        None => finding.help(format!("the fields are {}", list(known.iter().copied(), known.len()))),
    }
}

fn name_is_missing(component: &Component) -> Option<Diagnostic> {
    if !component.name().is_empty() {
        return None;
    }
    let (span, message) = match &component.name {
        Some(name) => (name.span, "the name of this component is empty"),
        None => (component.title, "this component has no name"),
    };
    Some(
        Diagnostic::new(&rules::MISSING_COMPONENT_NAME, span, message, "")
            .effect("what it generates goes to a file called `.yaml`, and no configuration reaches it")
            .help("give it a `name` that is unique among its siblings"),
    )
}

fn unknown_type(component: &Component) -> Option<Diagnostic> {
    let field = component.kind_field().filter(|_| component.kind() == ComponentKind::Unknown)?;
    let message = format!("unknown component type `{}`", field.value);
    let effect = "Fabrikate writes an empty file for it, and reports success";
    Some(unknown_word(&rules::UNKNOWN_COMPONENT_TYPE, field, message, &ComponentKind::WORDS).effect(effect))
}

fn unknown_method(component: &Component) -> Option<Diagnostic> {
    let is_legal = |word: &str| word.is_empty() || word.eq_ignore_ascii_case("http") || Method::WORDS.contains(&word);
    let field = component.method.as_ref().filter(|field| !is_legal(&field.value))?;
    let message = format!("unknown method `{}`", field.value);
    let effect = "Fabrikate takes it for `local`: nothing is fetched";
    Some(unknown_word(&rules::UNKNOWN_METHOD, field, message, &Method::WORDS).effect(effect))
}

fn unknown_word(rule: &Rule, field: &Field<String>, message: String, known: &[&str]) -> Diagnostic {
    let finding = Diagnostic::new(rule, field.span, message, "");
    match nearest(&field.value, known.iter().copied()) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help(format!("it is one of {}", list(known.iter().copied(), known.len()))),
    }
}

fn deprecated_generator(component: &Component, generator: &Field<String>) -> Diagnostic {
    let rule = &rules::DEPRECATED_GENERATOR;
    match &component.kind {
        Some(kind) if kind.value != generator.value && !generator.value.is_empty() => {
            let message = format!("`generator: {}` overrides `type: {}`", generator.value, kind.value);
            let finding = Diagnostic::new(rule, generator.span, message, "this one wins")
                .see(kind.span, "and this one does nothing")
                .effect(format!("Fabrikate takes the component for one of type `{}`", generator.value))
                .help("remove `generator`, and give `type` the value that is meant");
            Diagnostic { severity: Severity::Error, ..finding }
        }
        Some(kind) => Diagnostic::new(rule, generator.key, "`generator` is deprecated", "")
            .see(kind.key, "`type` says the same")
            .help("remove `generator`"),
        None => {
            let finding = Diagnostic::new(rule, generator.key, "`generator` is deprecated", "").help("write `type`");
            finding.respell(true, generator.key, "type")
        }
    }
}
