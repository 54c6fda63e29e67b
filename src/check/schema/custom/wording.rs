//! Words for what custom resources do wrong.

use std::sync::Arc;

use crate::check::cel::shortened;
use crate::check::deprecation::DEPRECATED_API_VERSION;
use crate::model::diagnostic::Diagnostic;
use crate::model::near;
use crate::model::path::{Path, Segment};
use crate::model::resource::Resource;
use crate::model::rule::{Rule, Severity};

use super::super::walk::Walk;
use super::super::{CEL_RULE, INVALID_VALUE, VERSION_NOT_SERVED};
use super::conform::What;

/// What becomes of an update that breaks a rule about updates.
const REFUSED: &str =
    "the API server refuses the update: Flux and Argo CD fail on the object until it is deleted and created again";

/// What becomes of an object that was wrong before, in a part that does not change.
const ACCEPTED: &str = "the API server accepts the update, because this part of the object does not change; it refuses the object where it \
     is created anew";

/// Says of a finding that the part of the object that it is about was the same before.
pub(in super::super) fn was_there(finding: &mut Diagnostic) {
    finding.severity = finding.severity.min(Severity::Warning);
    finding.effect = Some(ACCEPTED.to_owned());
}

/// Something that the definition asks for.
pub(in super::super) fn broken(walk: &mut Walk<'_, '_>, path: Path, what: What) -> Diagnostic {
    let place = path.locate(walk.resource.value);
    let span = path.span(walk.resource.value);
    let field = if path.0.is_empty() { walk.resource.kind.to_string() } else { walk.field_and_place(&path) };
    let mut label = String::new();
    let mut see = None;
    let mut may_be_newer = false;
    let rule = if matches!(what, What::Rule { .. }) { CEL_RULE } else { INVALID_VALUE };
    let mut effect = "the API server refuses the object";
    let (message, help, near) = match what {
        What::Phrase(phrase) => (format!("{field} {phrase}"), None, None),
        What::Enum(options) => {
            let written = place.value.text().unwrap_or_default();
            let near = near::nearest(&written, options.iter().map(String::as_str)).map(str::to_owned);
            label = format!("not {}", list(&options));
            let help = near.as_ref().map(|near| format!("did you mean `{near}`?"));
            let written = if written.is_empty() { String::new() } else { format!(" `{}`", shortened(&written)) };
            may_be_newer = near.is_none();
            (format!("unsupported value{written} for {field}"), help, near)
        }
        What::Rule { text, message, span, was } => {
            see = span.map(|span| (span, "the rule"));
            let says = message.map_or_else(|| format!("`{}`", one_line(&text)), |message| one_line(&message));
            let mut about = "";
            if let Some(was) = was {
                (about, effect) = (" about changes", REFUSED);
                let was = was.filter(|was| place.value.is_scalar() && *was != *place.value.text().unwrap_or_default());
                label = was.map_or_else(String::new, |was| format!("was `{}`", shortened(&was)));
            }
            (format!("{field} breaks a rule of its definition{about}: {says}"), None, None)
        }
        What::Repeated { first, keys } => {
            let list = Path(path.0.split_last().map(|(_, above)| above.to_vec()).unwrap_or_default());
            label = "the same again".to_owned();
            let items = list.locate(walk.resource.value).value;
            see = items.items().nth(first).map(|first| (first.title_span(), "first here"));
            let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
            let field = walk.field_and_place(&list);
            let message = match keys.is_empty() {
                true => format!("two items of {field} are the same"),
                false => format!("two items of {field} have the same {}", keys.join(" and ")),
            };
            (message, None, None)
        }
    };
    let mut finding = walk.finding(&rule, span, message, label, path, None).effect(effect);
    finding.may_be_newer = may_be_newer;
    if let Some((span, what)) = see {
        finding = finding.see(span, what);
    }
    if let Some(help) = help {
        finding = finding.help(help);
    }
    if let Some(near) = near.filter(|_| place.value.is_scalar()) {
        finding = finding.respell(false, span, near);
    }
    finding
}

/// What a default does that breaks a rule of its schema.
pub(in super::super) fn broken_rule(text: &str, message: Option<&str>) -> String {
    let says = message.map_or_else(|| format!("`{}`", one_line(text)), one_line);
    format!("breaks a rule of its definition: {says}")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn list(options: &[String]) -> String {
    let shown: Vec<_> = options.iter().take(8).map(|option| format!("`{option}`")).collect();
    let more = if options.len() > shown.len() { ", …" } else { "" };
    format!("one of {}{more}", shown.join(", "))
}

/// A version that no definition serves. `served` are those that one does.
pub(in super::super) fn not_served(resource: &Resource<'_>, served: &[&str]) -> Diagnostic {
    let (kind, group, version) = (&resource.kind, resource.group(), resource.version());
    let help = match served {
        [] => "its definition serves no version".to_owned(),
        served => format!("served: {}", served.iter().map(|v| format!("`{group}/{v}`")).collect::<Vec<_>>().join(", ")),
    };
    let message = format!("{kind} of {group} has no version `{version}` that is served");
    about_version(&VERSION_NOT_SERVED, resource, message, "not served")
        .effect("the API server refuses the object")
        .help(help)
}

/// A version that its definition calls deprecated, in words of its own or not. `instead` is the version to write.
pub(in super::super) fn deprecated(
    resource: &Resource<'_>,
    warning: Option<&str>,
    instead: Option<&str>,
) -> Diagnostic {
    let (kind, api_version) = (&resource.kind, &resource.api_version);
    let message = format!("{kind} of {api_version} is deprecated by its definition");
    let mut finding = about_version(&DEPRECATED_API_VERSION, resource, message, "deprecated")
        .effect("the API server accepts the object with a warning, as long as the definition serves the version");
    if let Some(warning) = warning {
        finding = finding.note(format!("the definition says: {}", one_line(warning)));
    }
    match instead {
        Some(instead) => finding.help(format!("write `apiVersion: {}/{instead}`", resource.group())),
        None => finding,
    }
}

fn about_version(rule: &Rule, resource: &Resource<'_>, message: String, label: &str) -> Diagnostic {
    let path = Path::of(["apiVersion"]);
    let full = resource.prefix.0.iter().cloned().chain([Segment::from("apiVersion")]).collect();
    Diagnostic::new(rule, path.span(resource.value), message, label)
        .note(format!("checked: the CustomResourceDefinition of {}", resource.kind))
        .about(Arc::new(resource.id()), Path(full))
}
