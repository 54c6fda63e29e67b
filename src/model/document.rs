//! What the loader makes of a file.

use super::diagnostic::Diagnostic;
use super::node::Tree;
use super::source::Span;
use super::suppression::Suppression;
use super::value::Value;

/// A file, or a stretch of a big one, as it was read: its text, its tree, its documents, and what was wrong with it.
/// Broken documents are findings and are missing among the documents; the others are still here.
#[derive(Debug)]
pub struct Part {
    /// The text of the stretch; the offsets of the tree count from its start. It may differ from the file: a line feed
    /// ends the last line in any case, and `?` stands for each byte that is not UTF-8.
    pub text: String,
    /// The nodes of all documents.
    pub tree: Tree,
    /// The documents that could be read, in order.
    pub documents: Vec<Document>,
    /// What could not be read, and what is read otherwise than it looks.
    pub findings: Vec<Diagnostic>,
    /// Suppression comments.
    pub suppressions: Vec<Suppression>,
    /// How many documents the stretch holds, broken and empty ones included; none in a template.
    pub count: usize,
    /// The file is a template of a text generator (`{{ }}`), not YAML; it has no documents and no findings.
    pub template: bool,
}

/// One document of a part.
#[derive(Debug, Clone, Copy)]
pub struct Document {
    /// The index of its root in the tree.
    pub root: u32,
    /// The stretch of the file it takes, without separators.
    pub span: Span,
    /// Written as JSON, not YAML.
    pub json: bool,
}

impl Part {
    /// The root values of the documents, in order.
    pub fn roots(&self) -> impl Iterator<Item = (Document, Value<'_>)> {
        self.documents.iter().map(|document| (*document, Value::new(&self.tree, &self.text, document.root)))
    }
}
