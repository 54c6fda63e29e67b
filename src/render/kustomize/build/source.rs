//! The texts that drafts are made from, and the way from a place in them to a place in a file.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::document::Part;
use crate::model::node::{Node, Style};
use crate::model::source::Span;
use crate::model::value::Value;

/// A part of a file, or a text that stands inside of a scalar of one.
#[derive(Debug)]
pub(in crate::render) struct Source {
    /// The text and its nodes.
    pub part: Part,
    /// Where the text stands, if it is no file.
    inside: Option<Inside>,
    /// The loader added the last line feed.
    unended: bool,
}

/// Where the text of a scalar stands in its file.
#[derive(Debug, Clone)]
pub(in crate::render) struct Inside {
    span: Span,
    /// Each line of the text: its offset in the text, its offset in the file, and its length.
    lines: Vec<(u32, u32, u32)>,
}

impl Source {
    /// A part of a file; `unended`: it has no line feed at its end.
    pub fn file(part: Part, unended: bool) -> Self {
        Source { part, inside: None, unended }
    }

    /// The text of a scalar.
    pub fn scalar(part: Part, inside: Inside, unended: bool) -> Self {
        Source { part, inside: Some(inside), unended }
    }

    /// All of it.
    fn whole(&self) -> Span {
        let tree = &self.part.tree;
        let file = || Span::new(tree.file, tree.base, tree.base + self.part.text.len() as u32);
        self.inside.as_ref().map_or_else(file, |inside| inside.span)
    }

    /// All of it, if it is a part of a file and not the text of a scalar.
    pub fn file_span(&self) -> Option<Span> {
        self.inside.is_none().then(|| self.whole())
    }

    /// Where a node stands in its file.
    pub fn span(&self, node: &Node) -> Span {
        match &self.inside {
            None => {
                let tree = &self.part.tree;
                Span::new(tree.file, tree.base + node.start, tree.base + node.end)
            }
            Some(inside) => inside.span(node.start, node.end),
        }
    }

    /// Moves a span in this text to the file.
    pub fn moved(&self, span: Span) -> Span {
        match &self.inside {
            None => span,
            Some(inside) => inside.span(span.start, span.end),
        }
    }
}

impl Inside {
    /// Finds the lines of the text of a scalar. Only those of a literal block stand in the file as they are; a place in
    /// another scalar is the whole of it.
    pub fn of(scalar: Value<'_>) -> Self {
        let (node, tree, text) = (scalar.node(), scalar.tree(), scalar.source());
        let span = Span::new(tree.file, tree.base + node.start, tree.base + node.end);
        let mut lines = Vec::new();
        if node.style == Style::Literal {
            let indent = text[..node.a as usize].rfind('\n').map_or(0, |at| node.a as usize - at - 1);
            let mut at = node.start as usize;
            at += text[at..].find('\n').map_or(text.len() - at, |end| end + 1);
            let mut offset = 0;
            while at < (node.end as usize).max(node.a as usize + 1).min(text.len()) {
                let line = text[at..].split_inclusive('\n').next().unwrap_or_default();
                let blanks = line.bytes().take(indent).take_while(|byte| *byte == b' ').count();
                let length = (line.len() - blanks) as u32;
                lines.push((offset, tree.base + (at + blanks) as u32, length));
                offset += length;
                at += line.len();
            }
        }
        Inside { span, lines }
    }

    fn span(&self, start: u32, end: u32) -> Span {
        match (self.place(start), self.place(end)) {
            (Some(from), Some(to)) if from <= to => Span::new(self.span.file, from, to),
            (Some(from), _) => Span::new(self.span.file, from, from),
            _ => self.span,
        }
    }

    fn place(&self, offset: u32) -> Option<u32> {
        let behind = self.lines.partition_point(|line| line.0 <= offset);
        let line = self.lines[..behind].last()?;
        Some(line.1 + (offset - line.0).min(line.2))
    }
}

/// A subtree of a source that nothing has changed.
#[derive(Debug, Clone)]
pub(in crate::render) struct Frozen {
    /// The text it is in.
    pub source: Arc<Source>,
    /// The index of its node.
    pub at: u32,
}

impl Frozen {
    /// Stands for a value of that source.
    pub fn new(source: &Arc<Source>, value: Value<'_>) -> Self {
        Frozen { source: source.clone(), at: value.index() }
    }

    /// The cursor on it.
    pub fn value(&self) -> Value<'_> {
        Value::new(&self.source.part.tree, &self.source.part.text, self.at)
    }

    /// What tells it from every other stretch of the sources. Threads may have read the text of a scalar each for itself,
    /// so it is not the address of one.
    pub fn place(&self) -> (Span, u32) {
        (self.source.whole(), self.at)
    }

    /// Where it stands.
    pub fn span(&self) -> Span {
        self.source.span(self.value().node())
    }

    /// The text of a scalar. Other than clients of Kubernetes, kustomize adds no line feed to a file that has none at its
    /// end, which a block scalar there is read without.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        let value = self.value();
        let text = value.text()?;
        let node = value.node();
        if !matches!(node.style, Style::Literal | Style::Folded) || !text.ends_with('\n') {
            return Some(text);
        }
        let is_cut = self.source.unended && node.end as usize + 1 >= value.source().len();
        if is_cut { Some(Cow::Owned(text[..text.len() - 1].to_owned())) } else { Some(text) }
    }

    /// Another value of the same source.
    pub fn beside(&self, value: Value<'_>) -> Frozen {
        Frozen::new(&self.source, value)
    }
}
