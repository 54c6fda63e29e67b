//! Layers of configuration: what they do to each other, and what of them reaches nobody. Fabrikate merges without a word,
//! and nothing that a lower layer says can be taken back.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::definition::Plan;
use crate::model::definition::fabrikate::{
    Clashes, ComponentKind, Config, ConfigFile, Content, Definition, Environment, Setting,
};
use crate::model::diagnostic::Diagnostic;
use crate::model::source::{FileId, Span};

use super::config_file::affects;
use super::{list, rules};

pub(super) fn check(plan: &Plan, out: &mut Vec<Diagnostic>) {
    clashes(plan, out);
    requested(plan, out);
    let mut seen = BTreeSet::new();
    for definition in &plan.definitions {
        disabled_everywhere(definition, out);
        idle_injection(definition, out);
        for (at, unit) in definition.units.iter().enumerate() {
            let own = |file: &&ConfigFile| unit.file.is_some() && Some(&file.folder) == unit.folder.as_ref();
            for file in plan.configs.iter().filter(own) {
                if seen.insert(file.file) {
                    unread(definition, at, &file.config, &affects(plan, file), out);
                }
            }
        }
    }
}

/// A pair of places, told once with all the environments in which it is true.
fn told(
    plan: &Plan,
    pairs: impl Fn(&Clashes) -> &[(Span, Span)],
    tell: impl Fn(Span, Span, &str) -> Diagnostic,
    out: &mut Vec<Diagnostic>,
) {
    let mut all: BTreeMap<(Span, Span), BTreeSet<&str>> = BTreeMap::new();
    for environment in plan.definitions.iter().flat_map(|definition| &definition.environments) {
        for pair in pairs(&environment.clashes) {
            all.entry(*pair).or_default().insert(&environment.name);
        }
    }
    for ((high, low), environments) in all {
        let names = list(environments.iter().copied(), 3);
        let affects = environments.into_iter().map(str::to_owned).collect();
        out.push(Diagnostic { affects, ..tell(high, low, &names) });
    }
}

fn clashes(plan: &Plan, out: &mut Vec<Diagnostic>) {
    let name = |span| route(plan, span).map_or_else(|| "this".to_owned(), |route| format!("`{route}`"));
    let conflict = |high, low, names: &str| {
        let message = format!("the values of {} do not merge, for {names}", name(high));
        Diagnostic::new(&rules::UNMERGEABLE_CONFIG, high, message, "a map or list, in the higher layer")
            .see(low, "something else, in the lower layer")
            .effect("`fab generate` fails")
            .help("give the key the same shape in both")
    };
    told(plan, |clashes| &clashes.conflicts, conflict, out);
    let joined = |high, low, names: &str| {
        let message = format!("the list {} does not replace the one below it, for {names}", name(high));
        let finding = Diagnostic::new(&rules::JOINED_LISTS, high, message, "comes first")
            .see(low, "is added behind it")
            .effect("the chart gets the items of both lists: Fabrikate joins lists of several layers")
            .help("keep the list in one layer alone");
        result(plan, high, low).into_iter().fold(finding, |finding, all| finding.note(format!("result: {all}")))
    };
    told(plan, |clashes| &clashes.joined, joined, out);
    let kept = |high, low, names: &str| {
        let message = format!("this does not unset {}, for {names}", name(high));
        Diagnostic::new(&rules::IDLE_UNSET, high, message, "does nothing")
            .see(low, "still counts")
            .effect("Fabrikate passes over null, `[]` and `{}`: nothing can be unset")
            .help("move the value out of the lower layer, into those environments that want it")
    };
    told(plan, |clashes| &clashes.kept, kept, out);
    let enabled = |high, low, names: &str| {
        let message = format!("`disabled: true` does nothing here, for {names}");
        Diagnostic::new(&rules::SHADOWED_DISABLED, low, message, "lost")
            .cause(high, "a higher layer mentions the subcomponent")
            .effect("the subcomponent is generated: to Fabrikate the higher layer says `disabled: false`")
            .help("write `disabled: true` in the higher layer too")
    };
    told(plan, |clashes| &clashes.enabled, enabled, out);
    let parted = |high, low, names: &str| {
        let message = format!("the namespace is not injected, for {names}");
        Diagnostic::new(&rules::PARTED_NAMESPACE, high, message, "")
            .see(low, "in another layer")
            .effect("Fabrikate takes `namespace` and `injectNamespace` from one layer together: the other's is lost")
            .help("write both in the higher layer")
    };
    told(plan, |clashes| &clashes.parted, parted, out);
}

/// The keys that lead to a setting of a config file: `image.tag`.
fn route(plan: &Plan, span: Span) -> Option<String> {
    let mut open: Vec<&Config> =
        plan.configs.iter().filter(|file| file.file == span.file).map(|file| &file.config).collect();
    while let Some(config) = open.pop() {
        if let Some(keys) = config.config.as_ref().and_then(|values| keys_to(values, &|it| is_at(it, span))) {
            return Some(keys.join("."));
        }
        open.extend(config.subcomponents.iter().map(|(_, child)| child));
    }
    None
}

fn is_at(setting: &Setting, span: Span) -> bool {
    setting.key == Some(span) || setting.span == span
}

fn keys_to<'c>(setting: &'c Setting, is_it: &dyn Fn(&Setting) -> bool) -> Option<Vec<&'c str>> {
    if is_it(setting) {
        return Some(Vec::new());
    }
    let Content::Map(entries) = &setting.content else { return None };
    entries.iter().find_map(|(key, value)| {
        let mut keys = keys_to(value, is_it)?;
        keys.insert(0, key);
        Some(keys)
    })
}

/// So many items of a joined list are shown.
const SHOWN: usize = 8;

/// What two lists come to, if they are of plain values: `[hi, hi, lo]`.
fn result(plan: &Plan, high: Span, low: Span) -> Option<String> {
    let environments = plan.definitions.iter().flat_map(|definition| &definition.environments);
    let is_theirs = |environment: &&Environment| environment.clashes.joined.contains(&(high, low));
    let mut configs = environments.filter(is_theirs).flat_map(|environment| environment.configs.iter().flatten());
    let items = configs.find_map(|config| items_at(config.config.as_ref()?, high))?;
    let plain = |item: &Setting| match &item.content {
        Content::Scalar(text) => Some(text.clone()),
        _ => None,
    };
    let texts = items.iter().map(plain).collect::<Option<Vec<_>>>().filter(|texts| texts.len() <= SHOWN)?;
    Some(format!("[{}]", texts.join(", ")))
}

fn items_at(setting: &Setting, key: Span) -> Option<&[Setting]> {
    match &setting.content {
        Content::List(items) if setting.key == Some(key) => Some(items),
        Content::Map(entries) => entries.iter().find_map(|(_, value)| items_at(value, key)),
        _ => None,
    }
}

/// Environments that were asked for, and that no file is for.
fn requested(plan: &Plan, out: &mut Vec<Diagnostic>) {
    let known: BTreeSet<&str> = plan.configs.iter().map(|file| &*file.environment).collect();
    let missing = plan.requested.iter().filter(|name| *name != "common" && !known.contains(name.as_str()));
    for name in missing {
        let Some(root) = plan.definitions.first().and_then(|definition| definition.units.first()) else { return };
        let others: Vec<&str> = known.iter().copied().filter(|name| *name != "common").collect();
        let help = match crate::model::near::nearest(name, others.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if others.is_empty() => "there are no environments".to_owned(),
            None => format!("the environments are {}", list(others, 6)),
        };
        let message = format!("there is no environment `{name}`");
        out.push(
            Diagnostic::new(&rules::MISSING_ENVIRONMENT, root.name_span(), message, "of this definition")
                .effect(format!("no component has a `config/{name}.yaml`, and Fabrikate generates without it"))
                .help(help),
        );
    }
}

/// Subcomponents that no environment has.
fn disabled_everywhere(definition: &Definition, out: &mut Vec<Diagnostic>) {
    let is_off = |environment: &Environment, at: usize| {
        let parent = definition.units[at].parent.and_then(|parent| environment.configs[parent].as_ref());
        parent.is_some() && environment.configs[at].is_none()
    };
    for (at, unit) in definition.units.iter().enumerate() {
        let environments = &definition.environments;
        if environments.is_empty() || !environments.iter().all(|environment| is_off(environment, at)) {
            continue;
        }
        let name = unit.entry.name();
        let flag = unit.parent.and_then(|parent| {
            environments[0].configs[parent].as_ref()?.child(name)?.disabled.as_ref().map(|disabled| disabled.span)
        });
        let message = match environments.as_slice() {
            [only] => format!("`{name}` is disabled in `{}`, the only environment", only.name),
            _ => format!("`{name}` is disabled in every environment"),
        };
        out.push(
            Diagnostic::new(&rules::DISABLED_EVERYWHERE, flag.unwrap_or(unit.name_span()), message, "")
                .see(unit.name_span(), "this subcomponent")
                .effect("nothing is ever generated from it")
                .help("remove it, with its configuration"),
        );
    }
}

/// `injectNamespace: true` where no layer names a namespace.
fn idle_injection(definition: &Definition, out: &mut Vec<Diagnostic>) {
    let mut found: BTreeMap<Span, Vec<String>> = BTreeMap::new();
    for environment in &definition.environments {
        for config in environment.configs.iter().flatten() {
            let has_namespace = config.namespace.as_ref().is_some_and(|namespace| !namespace.value.is_empty());
            if let Some(inject) = config.inject_namespace.as_ref().filter(|inject| inject.value && !has_namespace) {
                found.entry(inject.key).or_default().push(environment.name.clone());
            }
        }
    }
    for (span, mut affects) in found {
        affects.sort();
        affects.dedup();
        let finding = Diagnostic::new(&rules::IDLE_INJECTION, span, "`injectNamespace` without a `namespace`", "")
            .effect("nothing is injected: objects without a namespace go wherever whoever applies them happens to be")
            .help("add `namespace` beside it");
        out.push(Diagnostic { affects, ..finding });
    }
}

/// `config` of what has no chart.
fn unread(definition: &Definition, at: usize, config: &Config, affects: &[String], out: &mut Vec<Diagnostic>) {
    let mut open = vec![(at, config)];
    let mut seen: BTreeSet<(FileId, u32)> = BTreeSet::new();
    while let Some((at, config)) = open.pop() {
        let unit = &definition.units[at];
        if unit.missing.is_some() {
            continue;
        }
        let what = match unit.component.kind() {
            ComponentKind::Static => Some("static"),
            ComponentKind::Component => Some("component"),
            ComponentKind::Helm | ComponentKind::Unknown => None,
        };
        let values = config.config.as_ref().filter(|values| !is_nothing(&values.content));
        if let (Some(what), Some(key)) = (what, values.and_then(|values| values.key))
            && seen.insert((key.file, key.start))
        {
            let name = unit.entry.name();
            let message = format!("nobody reads the `config` of `{name}`");
            let finding = Diagnostic::new(&rules::UNREAD_CONFIG, key, message, "")
                .see(unit.name_span(), format!("of type `{what}`"))
                .effect("`config` is what a chart gets, and there is none: the values reach nothing")
                .help(match what {
                    "component" => "move it below `subcomponents`, to the chart that it is for",
                    _ => "remove it: static manifests take no values",
                });
            out.push(Diagnostic { affects: affects.to_vec(), ..finding });
        }
        for (name, child) in &config.subcomponents {
            open.extend(
                definition
                    .children(at)
                    .find(|(_, unit)| unit.entry.name() == name.text)
                    .map(|(number, _)| (number, child)),
            );
        }
    }
}

fn is_nothing(content: &Content) -> bool {
    match content {
        Content::Null => true,
        Content::Map(entries) => entries.is_empty(),
        Content::List(_) | Content::Scalar(_) => false,
    }
}
