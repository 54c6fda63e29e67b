//! Labels that would show the same line again: a manifest generated for three environments holds each line three times.

use crate::model::diagnostic::{Diagnostic, Label};
use crate::report::place::Places;

/// Labels drawn in a frame, the primary one included.
const DRAWN: usize = 8;

/// The labels of a finding, parted.
pub(super) struct Folded<'f> {
    /// What is drawn, the primary label first.
    pub shown: Vec<&'f Label>,
    /// What is named below: it repeats a line of `shown` from another file, or is one too many.
    pub elsewhere: Vec<&'f Label>,
}

impl<'f> Folded<'f> {
    pub fn new(finding: &'f Diagnostic, places: &mut Places<'_>) -> Self {
        let mut folded = Folded { shown: vec![&finding.primary], elsewhere: Vec::new() };
        let mut lines: Vec<(&Label, &[u8])> = Vec::new();
        for label in &finding.labels {
            let line = first_line(label, places);
            let repeats = |(known, text): &(&Label, &[u8])| {
                known.span.file != label.span.file && known.cause == label.cause && *text == line
            };
            let own_file = label.span.file == finding.primary.span.file;
            if folded.shown.len() == DRAWN || (!own_file && lines.iter().any(repeats)) {
                folded.elsewhere.push(label);
                continue;
            }
            folded.shown.push(label);
            if !own_file {
                lines.push((label, line));
            }
        }
        folded
    }
}

/// The first line of a label without its indentation.
fn first_line<'r>(label: &Label, places: &mut Places<'r>) -> &'r [u8] {
    let line = places.line_of(label.span.file, label.span.start as usize);
    let range = places.line(label.span.file, line);
    places.sources().text(label.span.file)[range].trim_ascii()
}
