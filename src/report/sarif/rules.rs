//! Rules as SARIF describes them: what code scanning shows beside an alert.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::model::diagnostic::Diagnostic;
use crate::model::rule::{Category, Rule, Severity, explain_command};
use crate::report::sanitise::{clean, clean_short};

/// Characters that GitHub shows of a description.
const DESCRIPTION: usize = 1_024;

/// A `reportingDescriptor`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor<'r> {
    id: &'r str,
    short_description: Text,
    full_description: Text,
    help: Help,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'r str>,
    default_configuration: Level,
    properties: Properties,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Level {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    tags: [&'static str; 1],
    precision: &'static str,
    #[serde(rename = "problem.severity", skip_serializing_if = "Option::is_none")]
    problem: Option<&'static str>,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    security: Option<&'static str>,
}

/// The rules of a run in the order of their ids, with those of `findings` that no table describes, and the place of
/// each in the list.
pub(super) fn descriptors<'r>(
    rules: &'r [Rule],
    findings: impl Iterator<Item = &'r Diagnostic>,
) -> (Vec<Descriptor<'r>>, HashMap<&'r str, usize>) {
    let mut known: BTreeMap<&str, Descriptor<'_>> = rules.iter().map(|rule| (&*rule.id, descriptor(rule))).collect();
    for finding in findings {
        known.entry(&finding.rule).or_insert_with(|| Descriptor {
            id: &finding.rule,
            short_description: text(&finding.rule, &finding.rule),
            full_description: text(&finding.rule, &finding.rule),
            help: Help { text: clean(&finding.rule).into_owned(), markdown: code(&finding.rule) },
            help_uri: None,
            default_configuration: Level { level: finding.severity.as_str() },
            properties: properties(finding.category, finding.severity),
        });
    }
    let index = known.keys().enumerate().map(|(at, id)| (*id, at)).collect();
    (known.into_values().collect(), index)
}

fn descriptor(rule: &Rule) -> Descriptor<'_> {
    let explain = explain_command(&clean(&rule.id));
    let parts = [&rule.why, &rule.help].map(|words| clean_short(words, DESCRIPTION));
    let parts: Vec<&str> = parts.iter().map(|words| &**words).filter(|words| !words.is_empty()).collect();
    Descriptor {
        id: &rule.id,
        short_description: text(&rule.title, &rule.id),
        full_description: text(if rule.why.is_empty() { &rule.title } else { &rule.why }, &rule.id),
        help: Help {
            text: parts.iter().copied().chain(explain.as_deref()).collect::<Vec<_>>().join("\n"),
            markdown: parts
                .iter()
                .map(|words| markdown(words))
                .chain(explain.as_deref().map(code))
                .collect::<Vec<_>>()
                .join("\n\n"),
        },
        help_uri: rule.links.iter().map(|link| &**link).find(|link| link.starts_with("https://")),
        default_configuration: Level { level: rule.severity.as_str() },
        properties: properties(rule.category, rule.severity),
    }
}

/// A text that is not empty.
fn text(words: &str, otherwise: &str) -> Text {
    let words = if words.trim().is_empty() { otherwise } else { words };
    Text { text: clean_short(words, DESCRIPTION).into_owned() }
}

/// Rules come from users' policies as well: what Markdown would make a link, an image or an element stays text.
/// Backquotes keep their meaning.
fn markdown(words: &str) -> String {
    words.replace('<', "&lt;").replace("](", "] (")
}

fn code(words: &str) -> String {
    format!("`{}`", clean(words).replace('`', "'"))
}

fn properties(category: Category, severity: Severity) -> Properties {
    let security = category == Category::Security;
    Properties {
        tags: [category.as_str()],
        precision: "high",
        problem: (!security).then_some(match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "recommendation",
        }),
        // GitHub: above 9 critical, 7 to 8.9 high, 4 to 6.9 medium, below low.
        security: security.then_some(match severity {
            Severity::Error => "8.0",
            Severity::Warning => "5.5",
            Severity::Note => "3.0",
        }),
    }
}
