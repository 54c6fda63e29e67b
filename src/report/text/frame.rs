//! Code frames. This file owns codespan-reporting, which lays out labels of several files but prints everything as it
//! is given; what it is given here is an [`Excerpt`] that is safe and narrow.

use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic as Frame, Label as FrameLabel, LabelStyle, Severity as FrameSeverity};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::termcolor::Ansi;
use codespan_reporting::term::{Config, Styles, StylesWriter, emit_to_io_write, emit_to_write_style};

use super::excerpt::Excerpt;
use super::fold::Folded;
use super::notes::notes;
use super::{MESSAGE, WIDTH};
use crate::model::diagnostic::{Diagnostic, Label};
use crate::model::rule::Severity;
use crate::model::source::{FileId, Span};
use crate::report::place::Places;
use crate::report::sanitise::{clean, clean_short};

/// Draws frames with one configuration.
pub(super) struct Painter {
    config: Config,
    /// Absent without colour.
    styles: Option<Styles>,
}

impl Painter {
    pub fn new(color: bool) -> Self {
        Painter { config: Config::default(), styles: color.then(Styles::default) }
    }

    /// Appends the frame of a finding to `out`, with its notes below.
    pub fn draw(&self, finding: &Diagnostic, places: &mut Places<'_>, out: &mut Vec<u8>) {
        let folded = Folded::new(finding, places);
        let width = WIDTH - gutter(&folded.shown, places);
        let (shown, labels) = excerpts(&folded.shown, places, width);
        let frame = Frame::new(match finding.severity {
            Severity::Error => FrameSeverity::Error,
            Severity::Warning => FrameSeverity::Warning,
            Severity::Note => FrameSeverity::Note,
        })
        .with_code(clean(&finding.rule))
        .with_message(clean_short(&finding.message, MESSAGE))
        .with_labels(labels)
        .with_notes(notes(finding, &folded.elsewhere, places, width));
        let start = out.len();
        let drawn = match &self.styles {
            Some(styles) => {
                let mut writer = StylesWriter::new(Ansi::new(&mut *out), styles);
                emit_to_write_style(&mut writer, &self.config, &shown, &frame)
            }
            None => emit_to_io_write(out, &self.config, &shown, &frame),
        };
        if drawn.is_err() {
            // Spans are made to fit above, so this is a fault of the program; the finding must not be lost over it.
            out.truncate(start);
            let name = clean(places.sources().name(finding.primary.span.file));
            let message = clean_short(&finding.message, MESSAGE);
            out.extend_from_slice(
                format!("{}[{}]: {message} ({name})\n\n", finding.severity, clean(&finding.rule)).as_bytes(),
            );
        }
    }
}

/// The columns that line numbers and the border take, for a frame and for the notes below it.
fn gutter(labels: &[&Label], places: &mut Places<'_>) -> usize {
    let last = labels.iter().map(|label| places.line_of(label.span.file, label.span.end as usize) + 1).max();
    last.unwrap_or(1).ilog10() as usize + 1 + " │ ".chars().count()
}

/// The excerpts that a frame shows, one for each file, and its labels on them. The first label is the primary one.
fn excerpts<'r>(labels: &[&Label], places: &mut Places<'r>, width: usize) -> (Shown<'r>, Vec<FrameLabel<usize>>) {
    let mut files: Vec<(FileId, Vec<&Label>)> = Vec::new();
    for label in labels.iter().copied() {
        match files.iter_mut().find(|(file, _)| *file == label.span.file) {
            Some((_, list)) => list.push(label),
            None => files.push((label.span.file, vec![label])),
        }
    }
    let mut shown = Shown(Vec::with_capacity(files.len()));
    let mut drawn = Vec::new();
    for (at, (file, list)) in files.into_iter().enumerate() {
        let spans: Vec<Span> = list.iter().map(|label| label.span).collect();
        let (excerpt, ranges) = Excerpt::new(file, &spans, places, width);
        shown.0.push((clean(places.sources().name(file)), excerpt));
        drawn.extend(list.into_iter().zip(ranges).map(|(label, range)| {
            let style = if std::ptr::eq(label, labels[0]) { LabelStyle::Primary } else { LabelStyle::Secondary };
            FrameLabel::new(style, at, range).with_message(clean_short(&label.message, MESSAGE))
        }));
    }
    (shown, drawn)
}

/// Excerpts with their printed names, as codespan-reporting asks for them.
struct Shown<'r>(Vec<(std::borrow::Cow<'r, str>, Excerpt)>);

impl Shown<'_> {
    fn excerpt(&self, id: usize) -> Result<&Excerpt, Error> {
        self.0.get(id).map(|(_, excerpt)| excerpt).ok_or(Error::FileMissing)
    }
}

impl<'a> Files<'a> for Shown<'_> {
    type FileId = usize;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: usize) -> Result<&'a str, Error> {
        self.0.get(id).map(|(name, _)| &**name).ok_or(Error::FileMissing)
    }

    fn source(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.excerpt(id)?.text)
    }

    fn line_index(&'a self, id: usize, offset: usize) -> Result<usize, Error> {
        Ok(self.excerpt(id)?.index_of(offset))
    }

    fn line_number(&'a self, id: usize, index: usize) -> Result<usize, Error> {
        Ok(self.excerpt(id)?.number_of(index))
    }

    fn column_number(&'a self, id: usize, _: usize, offset: usize) -> Result<usize, Error> {
        Ok(self.excerpt(id)?.column_of(offset))
    }

    fn line_range(&'a self, id: usize, index: usize) -> Result<Range<usize>, Error> {
        Ok(self.excerpt(id)?.range_of(index))
    }
}
