//! Values that a chart does not know, where the chart is here: nothing of them reaches a manifest.
//!
//! A chart knows a key if its `values.yaml` has it, if a template names it, or if a template uses the whole of a map above
//! it. What a template does with all values together (`toYaml .Values`, `index .Values`, a library chart) may be anything,
//! and so may a chart whose dependencies are not here: nothing is said of those.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::model::definition::fabrikate::{ComponentKind, Content, Setting};
use crate::model::diagnostic::Diagnostic;
use crate::model::near::nearest;
use crate::model::source::Span;
use crate::model::value::Value;

use super::rules::UNKNOWN_CHART_VALUE;
use super::{Input, list};

/// `.Values.a.b`, `index .Values "a" "b"`, or `.Values` by itself.
static REFERENCE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\b(?:index|get|hasKey)\s+\$?\.Values((?:\s+"[^"\n]*")+)|\.Values\b((?:\.[A-Za-z_][A-Za-z0-9_]*)*)"#)
        .ok()
});

/// More keys of `values.yaml` are not looked at.
const MOST: usize = 50_000;

/// What the files of a chart know of its values.
#[derive(Default)]
struct Chart {
    /// The routes that `values.yaml` and templates name, each with whether all of what is there is used.
    known: BTreeMap<Vec<String>, bool>,
    /// What the user writes for a dependency is read by that one.
    dependencies: BTreeSet<String>,
}

pub(super) fn check(input: &Input<'_>, out: &mut Vec<Diagnostic>) {
    let mut charts: BTreeMap<&str, Option<Chart>> = BTreeMap::new();
    let mut told: BTreeMap<Span, (Diagnostic, BTreeSet<String>)> = BTreeMap::new();
    for definition in &input.plan.definitions {
        for (at, unit) in definition.units.iter().enumerate() {
            let Some(folder) = unit.material.as_deref().filter(|_| unit.component.kind() == ComponentKind::Helm) else {
                continue;
            };
            let Some(chart) = charts.entry(folder).or_insert_with(|| Chart::read(input, folder)) else { continue };
            // Values may be templates themselves, for charts that hand them to `tpl`.
            let configs = definition.environments.iter().filter_map(|it| it.configs.get(at)?.as_ref()?.config.as_ref());
            let mut texts = Vec::new();
            configs.for_each(|values| scalars(values, &mut texts));
            let with_values = |chart: &mut Chart| texts.iter().try_for_each(|text| chart.read_template(text, true));
            if with_values(chart).is_none() {
                continue;
            }
            for environment in &definition.environments {
                let config = environment.configs.get(at).and_then(Option::as_ref);
                let Some(values) = config.and_then(|config| config.config.as_ref()) else { continue };
                for (path, key) in chart.unknown(values) {
                    let entry = told.entry(key).or_insert_with(|| (tell(chart, &path, key, folder), BTreeSet::new()));
                    entry.1.insert(environment.name.clone());
                }
            }
        }
    }
    for (finding, environments) in told.into_values() {
        out.push(Diagnostic { affects: environments.into_iter().collect(), ..finding });
    }
}

fn scalars<'c>(setting: &'c Setting, texts: &mut Vec<&'c str>) {
    match &setting.content {
        Content::Scalar(text) => texts.extend(text.contains(".Values").then_some(text.as_str())),
        Content::List(items) => items.iter().for_each(|item| scalars(item, texts)),
        Content::Map(entries) => entries.iter().for_each(|(_, value)| scalars(value, texts)),
        Content::Null => {}
    }
}

fn tell(chart: &Chart, path: &[&str], key: Span, folder: &str) -> Diagnostic {
    let (name, above) = path.split_last().map_or(("", path), |(name, above)| (*name, above));
    let message = format!("the chart does not know `{}`", path.join("."));
    let beside: BTreeSet<&str> = chart
        .known
        .keys()
        .filter(|known| known.len() > above.len() && known.iter().zip(above).all(|(one, other)| one == other))
        .map(|known| known[above.len()].as_str())
        .collect();
    let finding = Diagnostic::new(&UNKNOWN_CHART_VALUE, key, message, format!("in no file of `{folder}`"))
        .effect("Helm drops the value without a word: no template reads it");
    match nearest(name, beside.iter().copied()) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None if beside.is_empty() => finding.help("remove it"),
        None => finding.help(format!("the chart knows {}", list(beside, 6))),
    }
}

impl Chart {
    /// Reads what lies in a folder; `None` if that is no chart, or one that may read anything.
    fn read(input: &Input<'_>, folder: &str) -> Option<Chart> {
        let inside = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let text = |name: &str| {
            let text = (input.text)(input.listing.file(name)?)?;
            String::from_utf8(text.to_vec()).ok()
        };
        let mut chart = Chart::default();
        let about = text(&inside("Chart.yaml"))?;
        for about in [Some(about), text(&inside("requirements.yaml"))].into_iter().flatten() {
            let part = (input.parse)(about);
            let Some((_, root)) = part.roots().next() else { continue };
            if root.get("type").and_then(Value::as_str).is_some_and(|kind| kind == "library") {
                return None;
            }
            for dependency in root.get("dependencies").map(Value::items).into_iter().flatten() {
                let word = |key: &str| dependency.get(key).and_then(Value::as_str);
                let name = word("name")?;
                // A library among them reads the values of this chart.
                if !input.listing.is_folder(&inside(&format!("charts/{name}"))) {
                    return None;
                }
                chart.dependencies.extend([Some(name), word("alias")].into_iter().flatten().map(Into::into));
            }
        }
        let charts = inside("charts");
        for (name, _) in input.listing.below(&charts) {
            let rest = name[charts.len()..].trim_start_matches('/');
            match rest.split_once('/') {
                Some((own, _)) => drop(chart.dependencies.insert(own.to_owned())),
                // A chart in an archive cannot be looked into.
                None if rest.ends_with(".tgz") => return None,
                None => {}
            }
        }
        let mut templates = 0;
        for (name, file) in input.listing.below(folder) {
            let rest = name[folder.len()..].trim_start_matches('/');
            // Templates of libraries run with the values of this chart.
            if rest.starts_with("templates/") || rest.starts_with("charts/") && rest.contains("/templates/") {
                let text = (input.text)(file)?;
                chart.read_template(&String::from_utf8_lossy(&text), rest.starts_with("templates/"))?;
                templates += 1;
            }
        }
        if templates == 0 {
            return None;
        }
        if let Some(values) = text(&inside("values.yaml")) {
            chart.read_template(&values, true);
            let part = (input.parse)(values);
            let (_, root) = part.roots().next()?;
            chart.read_values(root);
        }
        Some(chart)
    }

    /// The routes that a template names; `None` if it uses all values at once.
    fn read_template(&mut self, text: &str, own: bool) -> Option<()> {
        for found in REFERENCE.as_ref()?.captures_iter(text) {
            let (parts, mark) = found.get(1).map(|it| (it, '"')).or(found.get(2).map(|it| (it, '.')))?;
            let parts = parts.as_str().split(mark).filter(|part| !part.trim().is_empty());
            let path: Vec<String> = parts.map(str::to_owned).collect();
            if path.is_empty() {
                // A dependency has values of its own.
                if own {
                    return None;
                }
                continue;
            }
            // A template that hands a map on, or walks through it, uses everything in it.
            self.known.insert(path, true);
        }
        Some(())
    }

    fn read_values(&mut self, root: Value<'_>) {
        let mut open = vec![(Vec::new(), root)];
        while let Some((path, value)) = open.pop() {
            for entry in value.entries() {
                if self.known.len() > MOST {
                    return;
                }
                let below: Vec<String> = [&path[..], &[entry.name().into_owned()]].concat();
                self.known.entry(below.clone()).or_insert(false);
                open.push((below, entry.value));
            }
        }
    }

    /// The keys that nothing in the chart knows, highest first.
    fn unknown<'c>(&self, values: &'c Setting) -> Vec<(Vec<&'c str>, Span)> {
        let mut found = Vec::new();
        let mut open: Vec<(Vec<&'c str>, &'c Setting)> = vec![(Vec::new(), values)];
        while let Some((path, setting)) = open.pop() {
            let Content::Map(entries) = &setting.content else { continue };
            for (name, value) in entries {
                let below: Vec<&str> = [&path[..], &[name.as_str()]].concat();
                if path.is_empty() && (name == "global" || self.dependencies.contains(name)) || self.is_used(&below) {
                    continue;
                }
                match value.key {
                    Some(key) if !self.is_named(&below) => found.push((below, key)),
                    _ => open.push((below, value)),
                }
            }
        }
        found
    }

    /// Whether a template uses all of what is there, or of what is above it.
    fn is_used(&self, path: &[&str]) -> bool {
        (1..=path.len()).any(|end| {
            let above: Vec<String> = path[..end].iter().map(|part| (*part).to_owned()).collect();
            self.known.get(&above) == Some(&true)
        })
    }

    /// Whether the route, or one through it, is named.
    fn is_named(&self, path: &[&str]) -> bool {
        let own: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        self.known.range(own.clone()..).next().is_some_and(|(known, _)| known.starts_with(&own))
    }
}
