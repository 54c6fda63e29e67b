//! What `fab generate` writes for a component tree, as far as no chart is needed for it.

use std::io::{self, Write};

use super::{Lines, read};
use crate::cli;
use crate::model::definition::Plan;
use crate::model::definition::fabrikate::{ComponentKind, Config, Definition, Environment, Hook, Unit};
use crate::model::near::nearest;
use crate::model::source::Sources;
use crate::report;
use crate::settings::Refusal;

/// Writes what the components of a tree generate: a comment with the file that it goes to, and the static manifests as
/// Fabrikate copies them; of a component without either a file that is empty. Charts, and what hooks may make, are named on
/// the other stream.
pub(super) fn render(
    plan: &Plan,
    definition: &Definition,
    arguments: &cli::Render,
    sources: &Sources,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let environment = match choose(plan, definition) {
        Ok(environment) => environment,
        Err(refusal) => return refusal.write(err),
    };
    let mut lines = Lines::new(sources);
    let mut failed = false;
    for (unit, config) in definition.units.iter().zip(&environment.configs) {
        let Some(config) = config else { continue };
        let name = report::sanitise::clean(unit.component.name());
        if unit.missing.is_some() {
            writeln!(err, "not rendered: component `{name}` ({}) is not here", lines.place(unit.name_span()))?;
            continue;
        }
        match unit.component.kind() {
            ComponentKind::Component | ComponentKind::Unknown => {
                writeln!(out, "# {}, empty", output(environment, unit))?;
            }
            ComponentKind::Static if !unit.statics.is_empty() => {
                if let Some(hook) = maker(definition, unit) {
                    let place = lines.place(hook.event.span);
                    writeln!(err, "not run: the hook `{}` ({place}), which may change `{name}`", hook.event.text)?;
                }
                failed |= !write_statics(unit, environment, arguments.origins, &mut lines, sources, out)?;
            }
            ComponentKind::Static => {
                writeln!(
                    err,
                    "not rendered: the manifests of `{name}` ({}) are not here",
                    lines.place(unit.name_span())
                )?;
            }
            ComponentKind::Helm => {
                let place = lines.place(unit.name_span());
                writeln!(err, "not rendered: the chart of `{name}` ({place}){}", namespace(config))?;
            }
        }
    }
    Ok(u8::from(failed))
}

/// The file that a component writes.
fn output(environment: &Environment, unit: &Unit) -> String {
    format!("generated/{}/{}", environment.name, report::sanitise::clean(&unit.output()))
}

/// Where the objects of a chart go.
fn namespace(config: &Config) -> String {
    let Some(namespace) = config.namespace.as_ref().filter(|namespace| !namespace.value.is_empty()) else {
        return String::new();
    };
    let is_injected = config.inject_namespace.as_ref().is_some_and(|inject| inject.value);
    let injected = if is_injected { ", injected" } else { "" };
    format!(", for the namespace `{}`{injected}", report::sanitise::clean(&namespace.value))
}

/// The hook, of a component or one above it, that runs before its files are read.
fn maker<'d>(definition: &'d Definition, unit: &'d Unit) -> Option<&'d Hook> {
    let chain = std::iter::successors(Some(unit), |unit| unit.parent.map(|parent| &definition.units[parent]));
    chain.flat_map(|unit| &unit.component.hooks).find(|hook| hook.makes_files())
}

/// The environment that was asked for, or the only one there is.
fn choose<'d>(plan: &Plan, definition: &'d Definition) -> Result<&'d Environment, Refusal> {
    let mut known: Vec<&str> = plan.configs.iter().map(|file| &*file.environment).collect();
    known.sort_unstable();
    known.dedup();
    if let Some(unknown) = plan.requested.iter().find(|name| *name != "common" && !known.contains(&name.as_str())) {
        let near = nearest(unknown, known.iter().copied());
        let help =
            near.map_or_else(|| listed("the environments are", &known), |near| format!("did you mean `{near}`?"));
        let refusal = Refusal::argument(format!("there is no environment `{unknown}`"), Some(help));
        return Err(refusal.typed(unknown, &["--environment"]));
    }
    match definition.environments.as_slice() {
        [only] => Ok(only),
        several => {
            let names: Vec<&str> = several.iter().map(|environment| environment.name.as_str()).collect();
            let help = listed("name one with `--environment`:", &names);
            Err(Refusal::argument("the definition has several environments".to_owned(), Some(help)))
        }
    }
}

fn listed(words: &str, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("{words} {}", names.join(", "))
}

/// Whether all files could be read.
fn write_statics(
    unit: &Unit,
    environment: &Environment,
    origins: bool,
    lines: &mut Lines<'_>,
    sources: &Sources,
    out: &mut dyn Write,
) -> io::Result<bool> {
    writeln!(out, "# {}", output(environment, unit))?;
    if origins {
        writeln!(out, "# included-by {}", lines.place(unit.name_span()))?;
    }
    let mut is_whole = true;
    for (name, file) in &unit.statics {
        let Some(text) = read(sources, *file) else {
            is_whole = false;
            continue;
        };
        out.write_all(b"---\n")?;
        if origins {
            writeln!(out, "# {}:1 and the lines below it", report::sanitise::clean(name))?;
        }
        out.write_all(&text)?;
        out.write_all(b"\n")?;
    }
    Ok(is_whole)
}
