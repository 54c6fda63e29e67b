//! Annotations by which an object asks other tools not to tell of it: they hold for the rules that take the place of the
//! checks they name.
//!
//! | annotation | what it says |
//! | --- | --- |
//! | `ignore-check.kube-linter.io/<check>`, `kube-linter.io/ignore-all` | kube-linter, `pkg/ignore` |
//! | `kube-score/ignore: <check>, <check>`, or `*` | kube-score, `README.md`, "Ignoring a test" |
//! | `checkov.io/skip1: <check>=<reason>`, with any number | checkov, "Suppressing and skipping" |
//! | `polaris.fairwinds.com/<check>-exempt: "true"`, `polaris.fairwinds.com/exempt: "true"` | Polaris, "Exemptions" |

use super::aliases::{self, Alias};
use crate::model::diagnostic::Diagnostic;
use crate::model::resource::{ANNOTATIONS, Resource};
use crate::model::value::Value;

/// Marks those of the findings about an object that it asks not to be told.
pub fn exempt(resource: &Resource<'_>, findings: &mut [Diagnostic]) {
    if !findings.is_empty() {
        Exemptions::of(resource).mark(findings);
    }
}

/// What an object asks not to be told of it.
#[derive(Debug, Default)]
pub(super) struct Exemptions(Vec<Wish>);

impl Exemptions {
    fn of(resource: &Resource<'_>) -> Self {
        let annotations = ANNOTATIONS.iter().filter_map(|place| resource.value.at(place.iter().copied()));
        let text = |value: Value<'_>| value.text().unwrap_or_default().into_owned();
        let all = annotations.flat_map(Value::entries).flat_map(|entry| wishes(&entry.name(), &text(entry.value)));
        Exemptions(all.collect())
    }

    /// The same, of the annotations that are kept of an object when its tree is gone.
    pub(super) fn of_wishes(annotations: &[(String, String)]) -> Self {
        Exemptions(annotations.iter().flat_map(|(name, text)| wishes(name, text)).collect())
    }

    pub(super) fn mark(&self, findings: &mut [Diagnostic]) {
        if !self.0.is_empty() {
            findings.iter_mut().for_each(|finding| finding.exempt |= is_covered(finding, &self.0));
        }
    }
}

/// A check that is not wanted; without one, all of the tool.
#[derive(Debug)]
struct Wish {
    tool: &'static str,
    check: Option<String>,
}

impl Wish {
    fn is_about(&self, alias: &Alias) -> bool {
        alias.tool == self.tool && self.check.as_ref().is_none_or(|check| alias.check == check)
    }
}

fn wishes(name: &str, text: &str) -> Vec<Wish> {
    let one = |tool, check: &str| vec![Wish { tool, check: Some(check.trim().to_owned()) }];
    let all = |tool| vec![Wish { tool, check: None }];
    if let Some(check) = name.strip_prefix("ignore-check.kube-linter.io/") {
        one("kube-linter", check)
    } else if name == "kube-linter.io/ignore-all" {
        all("kube-linter")
    } else if name == "kube-score/ignore" {
        let checks = text.split(',').map(str::trim).filter(|check| !check.is_empty());
        let wish = |check: &str| Wish { tool: "kube-score", check: (check != "*").then(|| check.to_owned()) };
        checks.map(wish).collect()
    } else if name.starts_with("checkov.io/skip") {
        one("checkov", text.split('=').next().unwrap_or_default())
    } else if let Some(rest) = name.strip_prefix("polaris.fairwinds.com/").filter(|_| text == "true") {
        match rest.strip_suffix("-exempt") {
            Some(check) => one("polaris", check),
            None if rest == "exempt" => all("polaris"),
            None => Vec::new(),
        }
    } else {
        Vec::new()
    }
}

/// Whether the wishes cover all that a finding tells: of one that lists several things, each.
fn is_covered(finding: &Diagnostic, wishes: &[Wish]) -> bool {
    let wanted = |alias: &Alias| wishes.iter().any(|wish| wish.is_about(alias));
    let told = |alias: &&Alias| alias.part.is_none_or(|part| finding.message.contains(part));
    let mut parts: Vec<(&str, bool)> = Vec::new();
    for alias in aliases::of(&finding.rule).filter(told) {
        let Some(part) = alias.part else {
            if wanted(alias) {
                return true;
            }
            continue;
        };
        match parts.iter_mut().find(|(known, _)| *known == part) {
            Some((_, covered)) => *covered |= wanted(alias),
            None => parts.push((part, wanted(alias))),
        }
    }
    !parts.is_empty() && parts.iter().all(|(_, covered)| *covered)
}
