//! `plimsoll parse`: how Kubernetes reads a file, one JSON line a document.

use std::io::{self, Write};

use crate::model::diagnostic::Diagnostic;
use crate::model::json;
use crate::model::node::Tree;
use crate::model::source::{FileId, LineIndex};
use crate::model::value::Value;

use super::Options;
use super::decode::{Decoder, Outcome, Reading};
use super::file::{self, Decoded};
use super::part::{self, Place};
use super::yaml::Problem;

/// Writes one line for each document that Kubernetes clients read from `bytes`:
/// `{"document": 0, "value": …}` or `{"document": 0, "error": {"rule": …, "message": …, "line": …, "column": …}}`.
/// Returns whether all of them could be read.
///
/// `lenient` lets duplicate keys pass, as the API server's own conversion to JSON does. Nesting is limited to the 10,000
/// levels of the Go libraries, not to the budget of a lint.
///
/// # Errors
///
/// Those of `out`.
pub fn parse(name: &str, bytes: &[u8], lenient: bool, out: &mut dyn Write) -> io::Result<bool> {
    let Decoded { mut text, invalid, foreign } = file::decode(bytes.to_vec());
    let place = Place { file: FileId(0), name, base: 0 };
    let index = LineIndex::new(bytes);
    let lines = Lines { bytes, index: &index };
    if let Some(encoding) = foreign {
        let at = invalid.first().map_or(0, |invalid| invalid.at);
        lines.error(0, &part::foreign(place, at as u32, encoding), out)?;
        return Ok(false);
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let mut tree = Tree::new(place.file);
    let options = Options { max_nesting: 10_000, ..Options::default() };
    let mut decoder = Decoder::new(&text, &invalid, &mut tree, &options);
    decoder.stream(name.ends_with(".json"));
    let (readings, problems) = (decoder.readings, decoder.problems);
    let mut all_read = true;
    for (number, reading) in readings.iter().enumerate() {
        if let Some(problem) = refusal(reading, &problems, lenient) {
            all_read = false;
            lines.error(number, &part::diagnostic(place, problem, false), out)?;
        } else if let Outcome::Document { root, .. } = reading.outcome {
            write!(out, "{{\"document\": {number}, \"value\": ")?;
            json::write(Value::new(&tree, &text, root), &mut &mut *out)?;
            out.write_all(b"}\n")?;
        }
        if reading.outcome == Outcome::Stop {
            break;
        }
    }
    Ok(all_read)
}

/// Why a document is no value: it cannot be read at all, or the strict conversion refuses it.
fn refusal<'p>(reading: &Reading, problems: &'p [Problem], lenient: bool) -> Option<&'p Problem> {
    let problems = &problems[reading.problems.clone()];
    if matches!(reading.outcome, Outcome::Document { .. }) {
        problems.iter().find(|problem| if lenient { problem.lenient } else { problem.strict })
    } else {
        problems.last()
    }
}

/// The way from offsets to lines.
struct Lines<'b> {
    bytes: &'b [u8],
    index: &'b LineIndex,
}

impl Lines<'_> {
    fn error(&self, number: usize, finding: &Diagnostic, out: &mut dyn Write) -> io::Result<()> {
        let place = self.index.line_column(self.bytes, finding.primary.span.start);
        let text = |text: &str| serde_json::Value::from(text);
        writeln!(
            out,
            "{{\"document\": {number}, \"error\": {{\"rule\": {}, \"message\": {}, \"line\": {}, \"column\": {}}}}}",
            text(&finding.rule),
            text(&finding.message),
            place.line,
            place.column,
        )
    }
}
