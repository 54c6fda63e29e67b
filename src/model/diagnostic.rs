//! A finding, in one structure for every output.

use std::borrow::Cow;
use std::sync::Arc;

use super::origin::Origin;
use super::path::Path;
use super::resource::ResourceId;
use super::rule::{Category, Rule, Severity};
use super::source::{FileId, Span};

/// One problem, said once.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// The rule's id.
    pub rule: Cow<'static, str>,
    /// The rule's family.
    pub category: Category,
    /// How bad it is.
    pub severity: Severity,
    /// The fact, with the user's own names: lower case, no full stop.
    pub message: String,
    /// The place a reviewer should change: the shortest span, in a file of the repository.
    pub primary: Label,
    /// The cause, and what helps to understand it.
    pub labels: Vec<Label>,
    /// What happens if this is merged.
    pub effect: Option<String>,
    /// The one best way to mend it.
    pub help: Option<String>,
    /// What else should be known, each under a title of a few plain words: `checked: apps/v1 of Kubernetes 1.33`,
    /// `searched: 14 workloads`. One without a title is shown as `note: …`.
    pub notes: Vec<String>,
    /// The route to the value in its resource.
    pub path: Option<Path>,
    /// The object it is about.
    pub resource: Option<Arc<ResourceId>>,
    /// The chain of definition lines behind the value, outermost first.
    pub origin: Vec<Origin>,
    /// The environments or overlays that it reaches.
    pub affects: Vec<String>,
    /// An edit that mends it.
    pub fix: Option<Fix>,
    /// Whether the object itself asks not to be told, by an annotation for another tool.
    pub exempt: bool,
    /// Whether a later version of what it was checked against may know better: a field or a value that is not known, and
    /// looks like no slip of the fingers.
    pub may_be_newer: bool,
}

/// A place with a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The words; may be empty on the primary label.
    pub message: String,
    /// The place is a cause of the finding (it set the value or brought it in), not an illustration of it. A
    /// suppression comment on a cause reaches the finding.
    pub cause: bool,
}

/// Edits that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// It cannot change what the author meant.
    pub safe: bool,
    /// What is replaced by what.
    pub edits: Vec<Edit>,
}

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes.
    pub text: String,
    /// What comes is a word, and gets the quotes of what goes; see [`Diagnostic::settle_edits`].
    pub keeps_quotes: bool,
}

impl Edit {
    /// What comes stands there as it is.
    #[must_use]
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Edit { span, text: text.into(), keeps_quotes: false }
    }

    /// Puts the word in the quotes of what goes.
    fn settle(&mut self, source: &[u8]) {
        self.text = match source.get(self.span.range()).and_then(<[u8]>::first) {
            Some(b'"') => serde_json::Value::from(&*self.text).to_string(),
            Some(b'\'') => format!("'{}'", self.text.replace('\'', "''")),
            _ => return,
        };
    }
}

impl Diagnostic {
    /// A finding of `rule` at `span`. `label` may be empty.
    #[must_use]
    pub fn new(rule: &Rule, span: Span, message: impl Into<String>, label: impl Into<String>) -> Self {
        Diagnostic {
            rule: rule.id.clone(),
            category: rule.category,
            severity: rule.severity,
            message: message.into(),
            primary: Label { span, message: label.into(), cause: true },
            labels: Vec::new(),
            effect: None,
            help: None,
            notes: Vec::new(),
            path: None,
            resource: None,
            origin: Vec::new(),
            affects: Vec::new(),
            fix: None,
            exempt: false,
            may_be_newer: false,
        }
    }

    /// Adds a place that helped to bring the finding about.
    #[must_use]
    pub fn cause(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into(), cause: true });
        self
    }

    /// Adds a place that helps to understand the finding.
    #[must_use]
    pub fn see(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into(), cause: false });
        self
    }

    /// Says what happens if it is merged.
    #[must_use]
    pub fn effect(mut self, effect: impl Into<String>) -> Self {
        self.effect = Some(effect.into());
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says which value of which object it is about.
    #[must_use]
    pub fn about(mut self, resource: Arc<ResourceId>, path: Path) -> Self {
        self.resource = Some(resource);
        self.path = Some(path);
        self
    }

    /// Adds a fix of one replacement.
    #[must_use]
    pub fn fix(mut self, safe: bool, span: Span, text: impl Into<String>) -> Self {
        self.fix = Some(Fix { safe, edits: vec![Edit::new(span, text)] });
        self
    }

    /// Adds a fix of one replacement: a word that is written as the one before it, with its quotes or without any.
    #[must_use]
    pub fn respell(mut self, safe: bool, span: Span, word: impl Into<String>) -> Self {
        self.fix = Some(Fix { safe, edits: vec![Edit { keeps_quotes: true, ..Edit::new(span, word) }] });
        self
    }

    /// Puts words in the quotes of what they replace. `text` gives the text of a file.
    pub fn settle_edits(&mut self, text: impl Fn(FileId) -> Option<Arc<[u8]>>) {
        for edit in self.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
            if std::mem::take(&mut edit.keeps_quotes) {
                text(edit.span.file).iter().for_each(|source| edit.settle(source));
            }
        }
    }
}
