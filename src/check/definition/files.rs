//! Component and config files that are not there, are there twice, or under a name that Fabrikate does not read; and names
//! that Helm does not take.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::definition::Plan;
use crate::model::definition::fabrikate::{Component, ComponentKind, Definition, Method, Missing, Unit};
use crate::model::diagnostic::Diagnostic;
use crate::model::listing::{Listing, file_of, folder_of};
use crate::model::rule::Severity;
use crate::model::source::{FileId, Span};
use crate::model::value::Value;

use super::{Input, rules, source};

/// The longest name of a Helm release (`helm.sh/helm/v3/pkg/chartutil/validate_name.go`).
const RELEASE_NAME: usize = 53;

pub(super) fn check(input: &Input<'_>, out: &mut Vec<Diagnostic>) {
    let (plan, listing) = (input.plan, input.listing);
    let mut seen = BTreeSet::new();
    for definition in &plan.definitions {
        for (at, unit) in definition.units.iter().enumerate() {
            if seen.insert((unit.entry.title, unit.component.title)) {
                out.extend(absent(definition, at, unit, listing));
                out.extend(release_name(&unit.component));
            }
        }
    }
    unread(plan, listing, out);
    alone(input, out);
}

/// A child whose own file cannot be read.
fn absent(definition: &Definition, at: usize, unit: &Unit, listing: &Listing) -> Option<Diagnostic> {
    let (entry, name) = (&unit.entry, unit.entry.name());
    let span = [&entry.source, &entry.path].into_iter().flatten().find(|field| !field.value.is_empty());
    let span = span.map_or(unit.name_span(), |field| field.span);
    match unit.missing? {
        Missing::Remote => None,
        Missing::Cycle => {
            let message = format!("component `{name}` includes itself");
            let help = match entry.source().is_empty() && entry.path().is_empty() {
                true => "without `source` and `path` a component is looked for in its parent's folder: add one of them",
                false => "correct the path: it counts from the folder of the component file",
            };
            Some(
                Diagnostic::new(&rules::COMPONENT_CYCLE, span, message, "leads back here")
                    .effect("`fab generate` never ends")
                    .help(help),
            )
        }
        Missing::NotFound => {
            let is_fetched = entry.method() != Method::Local || source::is_remote(entry.source());
            let folder = unit.folder.as_deref().filter(|_| !is_fetched)?;
            let file = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            let wanted = file("component.yaml");
            // What is there and could not be read is told where it is read.
            if !listing.knows(&wanted)
                || [&*wanted, &*file("component.json")].iter().any(|it| listing.file(it).is_some())
            {
                return None;
            }
            let message = format!("component `{name}` is not where it is looked for");
            let finding = Diagnostic::new(&rules::MISSING_COMPONENT, span, message, format!("there is no `{wanted}`"));
            let units = &definition.units;
            let hook = std::iter::successors(units[at].parent, |at| units[*at].parent)
                .find_map(|at| units[at].component.hooks.iter().find(|hook| hook.makes_files()));
            if let Some(hook) = hook {
                let finding = finding.see(hook.event.span, "this hook may make it");
                return Some(Diagnostic { severity: Severity::Note, ..finding });
            }
            let is_misnamed = listing.file(&file("component.yml")).is_some();
            Some(finding.effect("`fab generate` fails").help(match is_misnamed {
                true => "rename `component.yml`: Fabrikate does not read files of that ending".to_owned(),
                false => "correct the path: it counts from the folder of the component file".to_owned(),
            }))
        }
    }
}

/// The name of a chart's component is that of its release.
fn release_name(component: &Component) -> Option<Diagnostic> {
    let name =
        component.name.as_ref().filter(|name| !name.value.is_empty() && component.kind() == ComponentKind::Helm)?;
    let is_part = |part: &str| {
        let is_fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !part.is_empty() && part.bytes().all(is_fine) && !part.starts_with('-') && !part.ends_with('-')
    };
    if name.value.len() <= RELEASE_NAME && name.value.split('.').all(is_part) {
        return None;
    }
    let message = format!("Helm does not take `{}` for the name of a release", name.value);
    Some(
        Diagnostic::new(&rules::INVALID_RELEASE_NAME, name.span, message, "")
            .effect("`fab generate` fails")
            .help("a release has up to 53 lower case letters, digits and `-`, with a letter or digit at both ends"),
    )
}

/// Files beside those that are read.
fn unread(plan: &Plan, listing: &Listing, out: &mut Vec<Diagnostic>) {
    let folders: BTreeSet<&str> = plan.components.iter().map(|file| file.folder.as_str()).collect();
    for folder in folders {
        let below = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let [yaml, json, yml] =
            ["component.yaml", "component.json", "component.yml"].map(|name| listing.file(&below(name)));
        if let (Some(_), Some(json)) = (yaml, json) {
            out.push(
                Diagnostic::new(&rules::TWO_COMPONENT_FILES, Span::top(json), "a second component file", "")
                    .effect("`component.yaml` lies beside it, and Fabrikate reads that alone")
                    .help("remove one of them"),
            );
        }
        let is_direct = |name: &str| !name.contains('/') && name.ends_with(".yml");
        let config = below("config");
        out.extend(shadowed(plan, listing, &config));
        let configs =
            listing.below(&config).filter(|(name, _)| is_direct(name[config.len()..].trim_start_matches('/')));
        for file in yml.into_iter().chain(configs.map(|(_, file)| file)) {
            out.push(not_read(file));
        }
    }
}

/// A config file in JSON, beside one in YAML for the same environment.
fn shadowed(plan: &Plan, listing: &Listing, config: &str) -> Vec<Diagnostic> {
    let beside = |name: &str| listing.file(&format!("{}.yaml", name.strip_suffix(".json")?));
    let is_config = |file: FileId| plan.configs.iter().any(|config| config.file == file);
    let direct = listing.below(config).filter(|(name, _)| folder_of(name) == config);
    let pairs = direct.filter_map(|(name, json)| Some((name, json, beside(name)?)));
    let tell = |(name, json, yaml): (&Arc<str>, FileId, FileId)| {
        let message = "a second config file for the environment";
        let finding = Diagnostic::new(&rules::TWO_COMPONENT_FILES, Span::top(json), message, "");
        let other = name.replace(".json", ".yaml");
        finding
            .see(Span::top(yaml), "Fabrikate reads this one")
            .effect(format!("`{other}` lies beside it, and Fabrikate reads that alone"))
            .help("remove one of them")
    };
    pairs.filter(|(_, _, yaml)| is_config(*yaml)).map(tell).collect()
}

/// A `component.yml` in a folder without any file that Fabrikate reads: nobody sees that it is meant to be a component, so
/// it has to look like one.
fn alone(input: &Input<'_>, out: &mut Vec<Diagnostic>) {
    let folders: BTreeSet<&str> = input.plan.components.iter().map(|file| file.folder.as_str()).collect();
    for (name, file) in input.listing.iter().filter(|(name, _)| file_of(name) == "component.yml") {
        if folders.contains(folder_of(name)) {
            continue;
        }
        let text = (input.text)(file).and_then(|text| String::from_utf8(text.to_vec()).ok());
        let Some(part) = text.map(|text| (input.parse)(text)) else { continue };
        if part.roots().next().is_some_and(|(_, root)| looks_like_a_component(root)) {
            out.push(not_read(file));
        }
    }
}

fn looks_like_a_component(root: Value<'_>) -> bool {
    let says = |key: &str, words: &[&str]| {
        root.get(key).and_then(Value::as_str).is_some_and(|text| words.contains(&text.as_ref()))
    };
    let has = |key: &str| root.get(key).is_some();
    let children = root.get("subcomponents").and_then(|children| children.items().next());
    !has("apiVersion")
        && !has("kind")
        && has("name")
        && (children.is_some_and(Value::is_mapping)
            || (says("type", &ComponentKind::WORDS) && (has("path") || says("method", &Method::WORDS))))
}

fn not_read(file: FileId) -> Diagnostic {
    let message = "Fabrikate does not read files that end in `.yml`";
    Diagnostic::new(&rules::UNREAD_YML, Span::top(file), message, "")
        .effect("what it says reaches nothing")
        .help("rename it: the ending is `.yaml`, or `.json`")
}
