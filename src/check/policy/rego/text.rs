//! The text of a policy and where it stands: a file of its own, or a value of a manifest.

use crate::model::node::Style;
use crate::model::source::{FileId, Span};
use crate::model::value::Value;

use super::repair;
use super::rewrite::{Edit, Rewritten};

/// A policy text, with the way back to the file it is in.
#[derive(Debug, Clone)]
pub struct Text {
    /// What is parsed: as it is written, but for repairs.
    pub text: String,
    /// What was changed, one after the other.
    changes: Vec<Rewritten>,
    file: FileId,
    /// The folder of the file, if the text is the file.
    folder: Option<String>,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    /// The text is the file.
    File,
    /// The text is the content of a block: where each of its lines begins, in the text and in the file.
    Lines(Vec<(usize, usize)>),
    /// The text is written with escapes or folded: no place in it is known, but that of the whole.
    Whole(Span),
}

impl Text {
    /// The text of a file, with the name that it is printed under.
    pub fn of_file(file: FileId, name: &str, text: &str) -> Text {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        Text { folder: Some(folder.to_owned()), ..Text::repaired(text, file, Place::File) }
    }

    /// The text of a scalar; `None` if that is no text.
    pub fn scalar(value: Value<'_>) -> Option<Text> {
        let text = value.as_str()?.into_owned();
        let target = value.target();
        let place = match value.style() {
            Style::Literal => block_lines(&text, target.source(), target.node().start as usize, target.tree().base),
            Style::Plain => plain(&text, target),
            _ => None,
        };
        let place = place.map_or(Place::Whole(value.span()), Place::Lines);
        Some(Text::repaired(&text, value.tree().file, place))
    }

    fn repaired(text: &str, file: FileId, place: Place) -> Text {
        let repaired = Rewritten::new(text, repair::edits(text));
        Text { text: repaired.text.clone(), changes: vec![repaired], file, folder: None, place }
    }

    /// The text with edits; places in it lead to what people see.
    pub fn edited(mut self, edits: Vec<Edit>) -> Text {
        let edited = Rewritten::new(&self.text, edits);
        self.text.clone_from(&edited.text);
        self.changes.push(edited);
        self
    }

    /// The folder of the file that it is; `None` if it is a value of a manifest.
    pub fn folder(&self) -> Option<&str> {
        self.folder.as_deref()
    }

    /// The file it stands in.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The place of a stretch of the text.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let original = |at| self.changes.iter().rev().fold(at, |at, change| change.original(at));
        let (start, end) = (original(start), original(end));
        let end = end.max(start);
        match &self.place {
            Place::File => Span::new(self.file, start as u32, end as u32),
            Place::Whole(span) => *span,
            Place::Lines(lines) => {
                let at = |offset: usize| {
                    let line = lines.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
                    let (own, there) = lines.get(line).copied().unwrap_or_default();
                    (there + (offset - own.min(offset))) as u32
                };
                // An end at the start of a line is the end of the line before.
                let last = if end > start { at(end - 1) + 1 } else { at(start) };
                Span::new(self.file, at(start), last.max(at(start)))
            }
        }
    }
}

/// Where the lines of a literal block begin: they stand in the file as they are, with an indentation in front.
fn block_lines(text: &str, source: &str, start: usize, base: u32) -> Option<Vec<(usize, usize)>> {
    let mut at = start + source.get(start..)?.find('\n')? + 1;
    let mut lines = Vec::new();
    let mut own = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches('\n');
        let written = source.get(at..)?;
        let written = &written[..written.find('\n').unwrap_or(written.len())];
        let bare = written.trim_end_matches('\r');
        // An empty line may have less indentation than the block.
        let indentation = if content.is_empty() { 0 } else { bare.len().checked_sub(content.len())? };
        if !bare.get(indentation..)?.starts_with(content) {
            return None;
        }
        lines.push((own, base as usize + at + indentation));
        own += line.len();
        at += written.len() + 1;
    }
    lines.push((own, base as usize + at.min(source.len())));
    Some(lines)
}

/// A text on one line that is written as it is.
fn plain(text: &str, value: Value<'_>) -> Option<Vec<(usize, usize)>> {
    let start = value.node().start as usize;
    value.source().get(start..)?.starts_with(text).then(|| vec![(0, value.tree().base as usize + start)])
}
