//! The commands that describe plimsoll itself: `explain`, `rules`, `schemas`.

use std::io::{self, Write};

use crate::check::schema::{BuiltIn, Schemas, Version, known_kinds};
use crate::check::{self, aliases, policy};
use crate::cli;
use crate::load;
use crate::model::near::nearest;
use crate::model::rule::{Category, PROFILES, Parameter, Rule, SilencedBy};
use crate::render;
use crate::report::{self, sanitise};
use crate::settings;

/// Every rule that plimsoll brings along, by category and id.
#[must_use]
pub fn rules() -> Vec<Rule> {
    let mut rules: Vec<Rule> = rules_in_rust().cloned().chain(policy::pack_rules()).collect();
    rules.sort_by(|a, b| (a.category, &a.id).cmp(&(b.category, &b.id)));
    rules
}

/// The rules that are not those of the built-in pack.
pub fn rules_in_rust() -> impl Iterator<Item = &'static Rule> {
    load::rules().chain(check::rules()).chain(render::RULES).chain(report::RULES).chain(settings::RULES)
}

/// Explains what a word stands for: a rule, a profile, another word that selects rules, or the check of another linter.
/// Returns the exit code.
///
/// # Errors
/// Those of the writers.
pub fn word(word: &str, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let rules = rules();
    let rule = rules.iter().find(|rule| rule.id == *word);
    let profile = PROFILES.iter().find(|(name, _)| *name == word);
    if let Some(rule) = rule {
        explain(rule, out)?;
    }
    // One name is that of both.
    if rule.is_some() && profile.is_some() {
        writeln!(out)?;
    }
    if let Some((name, what)) = profile {
        explain_profile(name, what, out)?;
    }
    if rule.is_some() || profile.is_some() {
        return Ok(0);
    }
    if let Some((what, own)) = selection(word, &rules) {
        writeln!(out, "{word} ({what})\n\nRules")?;
        return rules_as_text(&own, out).map(|()| 0);
    }
    let named = aliases::resolve(word);
    if !named.is_empty() {
        return explain_alias(word, &named, out).map(|()| 0);
    }
    let categories = Category::ALL.iter().map(|category| category.as_str());
    let words = rules.iter().map(|rule| &*rule.id).chain(PROFILES.iter().map(|(name, _)| *name)).chain(categories);
    let hint = nearest(word, words).map_or_else(
        || "`plimsoll rules` lists all, with their categories and profiles".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    writeln!(err, "error: there is no rule, category or profile `{}`\nhelp: {hint}", sanitise::clean(word))?;
    Ok(2)
}

/// Writes what a rule checks, why it matters, how to mend it and how to switch it off.
///
/// # Errors
/// Those of the writer.
fn explain(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    let state = if rule.default { "on by default" } else { "off by default" };
    writeln!(out, "{} ({}, {}, {state})\n", rule.id, rule.category, rule.severity)?;
    writeln!(out, "What:  {}", rule.title)?;
    writeln!(out, "Why:   {}", rule.why)?;
    writeln!(out, "Mend:  {}\n", rule.help)?;
    if !rule.parameters.is_empty() {
        writeln!(out, "Parameters, under `rules: {{{}: {{parameters: …}}}}` in plimsoll.yaml", rule.id)?;
        for parameter in &rule.parameters {
            writeln!(out, "  {}: {} ({})", parameter.name, parameter.default, parameter.help)?;
        }
        writeln!(out)?;
    }
    if !rule.default {
        writeln!(out, "Switch on")?;
        let alone = (!rule.profiles.contains(&rule.id)).then_some(("alone:      ", &rule.id));
        for (what, word) in alone.into_iter().chain(rule.profiles.iter().map(|name| ("its profile:", name))) {
            writeln!(out, "  {what} extend_select: [{word}]   in plimsoll.yaml, or --extend-select {word}")?;
        }
        writeln!(out)?;
    } else if !rule.profiles.is_empty() {
        writeln!(out, "Profiles: {}\n", rule.profiles.join(", "))?;
    }
    switch_off(rule, out)?;
    let mut elsewhere: Vec<String> =
        aliases::of(&rule.id).map(|alias| format!("{} {}", alias.tool, alias.check)).collect();
    elsewhere.dedup();
    if !elsewhere.is_empty() {
        writeln!(out, "\nElsewhere")?;
        for line in elsewhere {
            writeln!(out, "  {line}")?;
        }
    }
    if !rule.links.is_empty() {
        writeln!(out, "\nSee")?;
        for link in &rule.links {
            writeln!(out, "  {link}")?;
        }
    }
    Ok(())
}

fn switch_off(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    let id = &rule.id;
    match rule.silenced_by {
        SilencedBy::Nothing => return writeln!(out, "Switch off\n  not at all: the run cannot be trusted"),
        SilencedBy::Comment => {
            writeln!(out, "Switch off\n  one place:   # plimsoll: ignore[{id}] reason")?;
            writeln!(out, "  one file:    # plimsoll: ignore-file[{id}] reason")?;
        }
        SilencedBy::Configuration => {
            writeln!(out, "Switch off (no comment does)")?;
            writeln!(out, "  one file:    suppress: [{{rule: {id}, path: …, reason: …}}]   in plimsoll.yaml")?;
        }
    }
    writeln!(out, "  everywhere:  ignore: [{id}]   in plimsoll.yaml, or --ignore {id}")
}

/// Writes what a profile is for and which rules it has.
///
/// # Errors
/// Those of the writer.
fn explain_profile(name: &str, what: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{name} (profile): {what}\n")?;
    writeln!(out, "Switch on\n  extend_select: [{name}]   in plimsoll.yaml, or --extend-select {name}\n\nRules")?;
    let own: Vec<Rule> =
        rules().into_iter().filter(|rule| rule.profiles.iter().any(|profile| profile == name)).collect();
    rules_as_text(&own, out)
}

/// What else than rules and profiles `select` takes: what it is, and the rules that it selects.
fn selection(word: &str, rules: &[Rule]) -> Option<(&'static str, Vec<Rule>)> {
    let own = |wanted: &dyn Fn(&Rule) -> bool| rules.iter().filter(|rule| wanted(rule)).cloned().collect();
    match word {
        "all" => Some(("every rule", rules.to_vec())),
        "default" => Some(("what is on without being selected", own(&|rule| rule.default))),
        _ => {
            let category = *Category::ALL.iter().find(|category| category.as_str() == word)?;
            Some(("category", own(&|rule| rule.category == category)))
        }
    }
}

/// Writes which rules take the place of a check of another tool, and explains them.
///
/// # Errors
/// Those of the writer.
fn explain_alias(word: &str, named: &[&str], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} is {} here.", sanitise::clean(word), named.join(" and "))?;
    for rule in rules().iter().filter(|rule| named.contains(&&*rule.id)) {
        writeln!(out)?;
        explain(rule, out)?;
    }
    Ok(())
}

/// Writes every rule as a table.
///
/// # Errors
/// Those of the writer.
pub fn rules_as_text(rules: &[Rule], out: &mut dyn Write) -> io::Result<()> {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    for rule in rules {
        let (default, fixable) = (if rule.default { "on" } else { "off" }, if rule.fixable { "fixable" } else { "" });
        let line = format!(
            "{:width$}  {:11}  {:7}  {default:3}  {fixable:7}  {}",
            rule.id,
            rule.category.as_str(),
            rule.severity.as_str(),
            rule.title
        );
        let profiles = if rule.default { String::new() } else { rule.profiles.join(", ") };
        let profiles = if profiles.is_empty() { profiles } else { format!(" [{profiles}]") };
        writeln!(out, "{}{profiles}", line.trim_end())?;
    }
    Ok(())
}

/// Writes every rule as one JSON document.
///
/// # Errors
/// Those of the writer.
pub fn rules_as_json(rules: &[Rule], out: &mut dyn Write) -> io::Result<()> {
    let list: Vec<_> = rules
        .iter()
        .map(|rule| {
            serde_json::json!({
                "id": rule.id,
                "category": rule.category.as_str(),
                "severity": rule.severity.as_str(),
                "default": rule.default,
                "fixable": rule.fixable,
                "title": rule.title,
                "why": rule.why,
                "help": rule.help,
                "links": rule.links,
                "profiles": rule.profiles,
                "aliases": aliases::of(&rule.id).map(|alias| [alias.tool, alias.check]).collect::<Vec<_>>(),
                "parameters": rule.parameters.iter().map(parameter).collect::<Vec<_>>(),
            })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &serde_json::json!({ "version": 1, "rules": list }))?;
    writeln!(out)
}

fn parameter(parameter: &Parameter) -> serde_json::Value {
    let default: serde_json::Value = serde_json::from_str(&parameter.default).unwrap_or_default();
    serde_json::json!({ "name": parameter.name, "default": default, "help": parameter.help })
}

/// `plimsoll schemas`: the Kubernetes versions that are known, and the kinds of one of them; then the kinds of
/// `--schema`, each with API version, kind and file, and its templates.
///
/// # Errors
/// Those of the writers.
pub fn schemas(
    arguments: &cli::Schemas,
    elsewhere: &[[String; 3]],
    templates: &[String],
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let versions: Vec<String> = Schemas::versions().iter().map(ToString::to_string).collect();
    let chosen = match &arguments.kubernetes_version {
        None => Some(Schemas::default()),
        Some(typed) => Version::parse(typed).and_then(Schemas::of),
    };
    let Some(schemas) = chosen else {
        let typed = arguments.kubernetes_version.as_deref().unwrap_or_default();
        let known = versions.join(", ");
        writeln!(err, "error: there are no schemas of Kubernetes {}\nhelp: known are {known}", sanitise::clean(typed))?;
        return Ok(2);
    };
    match arguments.output {
        cli::ListFormat::Text => {
            writeln!(out, "Kubernetes versions: {}", versions.join(", "))?;
            writeln!(out, "Kinds of Kubernetes {}:", schemas.version())?;
            for BuiltIn { api_version, kind } in schemas.kinds() {
                writeln!(out, "  {api_version} {kind}")?;
            }
            writeln!(out, "Kinds of other projects, for input without their definitions:")?;
            for (api_version, kind, project) in known_kinds() {
                writeln!(out, "  {api_version} {kind} ({project})")?;
            }
            if !elsewhere.is_empty() || !templates.is_empty() {
                writeln!(out, "Kinds of --schema:")?;
            }
            for [api_version, kind, source] in elsewhere {
                let [api_version, kind, source] = [api_version, kind, source].map(|text| sanitise::clean(text));
                writeln!(out, "  {api_version} {kind} ({source})")?;
            }
            for template in templates {
                writeln!(out, "  any other: {}", sanitise::clean(template))?;
            }
        }
        cli::ListFormat::Json => {
            let own = elsewhere.iter().map(|[api_version, kind, source]| {
                serde_json::json!({ "apiVersion": api_version, "kind": kind, "source": source })
            });
            let kinds: Vec<_> = schemas
                .kinds()
                .into_iter()
                .map(|BuiltIn { api_version, kind }| {
                    serde_json::json!({ "apiVersion": api_version, "kind": kind, "source": "embedded" })
                })
                .chain(known_kinds().map(|(api_version, kind, project)| {
                    serde_json::json!({ "apiVersion": api_version, "kind": kind, "source": project })
                }))
                .chain(own)
                .collect();
            let list = serde_json::json!({
                "version": 1, "versions": versions, "kubernetes": schemas.version().to_string(), "kinds": kinds,
            });
            serde_json::to_writer_pretty(&mut *out, &list)?;
            writeln!(out)?;
        }
    }
    Ok(0)
}
