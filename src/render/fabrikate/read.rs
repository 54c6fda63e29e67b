//! Takes component and config files in, with the place of everything. Decoding is lenient as Fabrikate's is: unknown
//! fields are kept apart, and a value of the wrong shape, on which Fabrikate stops, is a finding.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::definition::fabrikate::{AccessFile, Component, Config, Content, Field, Hook, Name, Setting};
use crate::model::diagnostic::Diagnostic;
use crate::model::node::Style;
use crate::model::source::Span;
use crate::model::value::{Entry, Value};

use super::super::rules;

/// The fields of a component (`core/component.go`).
pub(super) const COMPONENT_FIELDS: &[&str] = &[
    "name",
    "type",
    "generator",
    "method",
    "source",
    "path",
    "version",
    "branch",
    "hooks",
    "repositories",
    "subcomponents",
];

/// The fields of a configuration (`core/componentConfig.go`).
const CONFIG_FIELDS: &[&str] = &["config", "namespace", "injectNamespace", "disabled", "subcomponents"];

/// Deeper than any definition; what lies below is not looked at.
const DEPTH: usize = 100;

/// Values copied from one file: aliases of aliases can stand for more than memory holds.
const BUDGET: usize = 200_000;

/// Reads a component and, below it, those that are written inline.
pub(super) fn component(root: Value<'_>, findings: &mut Vec<Diagnostic>) -> Arc<Component> {
    Reader { findings, left: BUDGET }.component(root, 0)
}

/// Reads a configuration.
pub(super) fn config(root: Value<'_>, findings: &mut Vec<Diagnostic>) -> Config {
    Reader { findings, left: BUDGET }.config(root, 0)
}

/// Reads an access file; what is no text in it says nothing.
pub(super) fn access(root: Value<'_>) -> AccessFile {
    let token = |entry: Entry<'_>| {
        let value = entry.value.as_str()?.into_owned();
        Some((name(entry), Field { key: entry.key.span(), value, span: entry.value.span() }))
    };
    AccessFile { tokens: root.entries().filter_map(token).collect() }
}

/// A config file that holds nothing but a word.
pub(super) fn not_a_map(span: Span) -> Diagnostic {
    wrong_shape(span, "a config file must be a map")
}

fn wrong_shape(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&rules::INVALID_VALUE, span, message, "")
        .effect("Fabrikate cannot decode the file, and `fab generate` fails")
}

struct Reader<'f> {
    findings: &'f mut Vec<Diagnostic>,
    left: usize,
}

impl Reader<'_> {
    fn component(&mut self, root: Value<'_>, depth: usize) -> Arc<Component> {
        let mut component = Component {
            title: root.title_span(),
            name: None,
            kind: None,
            generator: None,
            method: None,
            source: None,
            path: None,
            version: None,
            branch: None,
            repositories: None,
            hooks: Vec::new(),
            subcomponents: Vec::new(),
            unknown: Vec::new(),
        };
        for entry in root.entries() {
            match field(entry, COMPONENT_FIELDS).as_ref() {
                "name" => component.name = self.text(entry),
                "type" => component.kind = self.text(entry),
                "generator" => component.generator = self.text(entry),
                "method" => component.method = self.text(entry),
                "source" => component.source = self.text(entry),
                "path" => component.path = self.text(entry),
                "version" => component.version = self.text(entry),
                "branch" => component.branch = self.text(entry),
                "hooks" => component.hooks = self.hooks(entry),
                "repositories" => component.repositories = Some(entry.key.span()),
                "subcomponents" => component.subcomponents = self.subcomponents(entry, depth),
                _ => component.unknown.push(name(entry)),
            }
        }
        Arc::new(component)
    }

    fn subcomponents(&mut self, entry: Entry<'_>, depth: usize) -> Vec<Arc<Component>> {
        if !entry.value.is_sequence() && !entry.value.is_null() {
            self.wrong(entry.key.span(), "`subcomponents` of a component must be a list");
        }
        let mut children = Vec::new();
        for item in entry.value.items() {
            if !item.is_mapping() {
                self.wrong(item.title_span(), "a subcomponent must be a map with a `name`");
            } else if depth < DEPTH && self.spend() {
                children.push(self.component(item, depth + 1));
            }
        }
        children
    }

    fn hooks(&mut self, entry: Entry<'_>) -> Vec<Hook> {
        if !entry.value.is_mapping() && !entry.value.is_null() {
            self.wrong(entry.key.span(), "`hooks` must be a map from an event to a list of commands");
        }
        let mut hooks = Vec::new();
        for hook in entry.value.entries() {
            if !hook.value.is_sequence() && !hook.value.is_null() {
                self.wrong(hook.key.span(), format!("the commands of hook `{}` must be a list", hook.name()));
            }
            let command = |item: Value<'_>| Some(Name { text: item.text()?.into_owned(), span: item.span() });
            hooks.push(Hook { event: name(hook), commands: hook.value.items().filter_map(command).collect() });
        }
        hooks
    }

    fn config(&mut self, root: Value<'_>, depth: usize) -> Config {
        let mut config = Config::default();
        for entry in root.entries() {
            match field(entry, CONFIG_FIELDS).as_ref() {
                "config" => config.config = self.values(entry),
                "namespace" => config.namespace = self.text(entry),
                "injectNamespace" => config.inject_namespace = self.flag(entry),
                "disabled" => config.disabled = self.flag(entry),
                "subcomponents" => config.subcomponents = self.child_configs(entry, depth),
                _ => config.unknown.push(name(entry)),
            }
        }
        config
    }

    fn child_configs(&mut self, entry: Entry<'_>, depth: usize) -> Vec<(Name, Config)> {
        if !entry.value.is_mapping() && !entry.value.is_null() {
            self.wrong(
                entry.key.span(),
                "`subcomponents` of a configuration must be a map from a name to its configuration",
            );
        }
        let mut children = Vec::new();
        for child in entry.value.entries() {
            if !child.value.is_mapping() && !child.value.is_null() {
                self.wrong(child.key.span(), format!("the configuration of `{}` must be a map", child.name()));
            } else if depth < DEPTH && self.spend() {
                children.push((name(child), self.config(child.value, depth + 1)));
            }
        }
        children
    }

    fn values(&mut self, entry: Entry<'_>) -> Option<Setting> {
        if !entry.value.is_mapping() && !entry.value.is_null() {
            self.wrong(entry.key.span(), "`config` must be a map");
            return None;
        }
        self.setting(Some(entry.key.span()), entry.value, 0)
    }

    fn setting(&mut self, key: Option<Span>, value: Value<'_>, depth: usize) -> Option<Setting> {
        if depth > DEPTH || !self.spend() {
            return None;
        }
        let content = if value.is_mapping() {
            let inner = |entry: Entry<'_>| {
                Some((entry.name().into_owned(), self.setting(Some(entry.key.span()), entry.value, depth + 1)?))
            };
            Content::Map(value.entries().filter_map(inner).collect())
        } else if value.is_sequence() {
            Content::List(value.items().filter_map(|item| self.setting(None, item, depth + 1)).collect())
        } else if value.is_null() {
            Content::Null
        } else {
            Content::Scalar(value.text().unwrap_or_default().into_owned())
        };
        Some(Setting { key, span: value.span(), content, lost: Vec::new() })
    }

    fn text(&mut self, entry: Entry<'_>) -> Option<Field<String>> {
        if !entry.value.is_scalar() {
            self.wrong(entry.key.span(), format!("`{}` must be text", entry.name()));
            return None;
        }
        let value = if entry.value.is_null() { String::new() } else { entry.value.text()?.into_owned() };
        Some(Field { key: entry.key.span(), value, span: visible(entry) })
    }

    fn flag(&mut self, entry: Entry<'_>) -> Option<Field<bool>> {
        let value = entry.value.as_bool();
        if value.is_none() && !entry.value.is_null() {
            self.wrong(visible(entry), format!("`{}` must be `true` or `false`", entry.name()));
        }
        Some(Field { key: entry.key.span(), value: value?, span: entry.value.span() })
    }

    fn wrong(&mut self, span: Span, message: impl Into<String>) {
        self.findings.push(wrong_shape(span, message));
    }

    fn spend(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }
}

/// The field that a key stands for: Go's decoder for JSON takes it in any case, the one for YAML does not.
fn field<'t>(entry: Entry<'t>, known: &[&'static str]) -> Cow<'t, str> {
    let name = entry.name();
    let is_same = |field: &&&str| entry.key.style() == Style::Json && field.eq_ignore_ascii_case(&name);
    match known.iter().find(is_same) {
        Some(field) => Cow::Borrowed(*field),
        None => name,
    }
}

fn name(entry: Entry<'_>) -> Name {
    Name { text: entry.name().into_owned(), span: entry.key.span() }
}

/// The place of a value; of its key where nothing is written.
fn visible(entry: Entry<'_>) -> Span {
    let span = entry.value.span();
    if span.start == span.end { entry.key.span() } else { span }
}
