//! Why a run does not begin.

use std::io::{self, Write};
use std::ops::Range;

use super::{RULES, written};
use crate::model::diagnostic::Diagnostic;
use crate::model::source::{FileId, Sources, Span};
use crate::report;

/// Why a run does not begin: diagnostics, and the texts they point into.
#[derive(Debug)]
pub struct Refusal {
    diagnostics: Vec<Diagnostic>,
    sources: Sources,
    /// What may stand in the configuration, and below which keys, if no argument says it.
    sought: Option<(String, &'static [&'static str])>,
}

impl Refusal {
    /// A refusal for what these diagnostics say.
    #[must_use]
    pub fn new(diagnostics: Vec<Diagnostic>, sources: &Sources) -> Self {
        Refusal { diagnostics, sources: sources.clone(), sought: None }
    }

    /// A refusal that is about the arguments as a whole, until [`Refusal::typed`] says more.
    #[must_use]
    pub fn argument(message: impl Into<String>, help: Option<String>) -> Self {
        let mut sources = Sources::default();
        let file = sources.add_text("command line", command_line(&arguments()).into_bytes());
        let mut diagnostic = Diagnostic::new(&RULES[0], Span::top(file), message, "");
        diagnostic.help = help;
        Refusal { diagnostics: vec![diagnostic], sources, sought: None }
    }

    /// The same, pointing to a word of the command line, if one of these options has it; without options, any argument.
    #[must_use]
    pub fn typed(mut self, word: &str, options: &[&str]) -> Self {
        if let Some(range) = place_in(&arguments(), word, options) {
            for diagnostic in &mut self.diagnostics {
                let file = diagnostic.primary.span.file;
                diagnostic.primary.span = Span::new(file, range.start as u32, range.end as u32);
            }
            self.sought = None;
        }
        self
    }

    /// The same, pointing to a word below these keys of the configuration, if it stands there and no option has it.
    #[must_use]
    pub fn configured(mut self, word: &str, keys: &'static [&'static str]) -> Self {
        let is_placed = self.diagnostics.iter().any(|diagnostic| diagnostic.primary.span.end > 0);
        self.sought = (!is_placed).then(|| (word.to_owned(), keys));
        self
    }

    /// The same, once it is known which file the configuration is.
    #[must_use]
    pub fn in_configuration(self, file: Option<FileId>, sources: &Sources) -> Self {
        let sought = file.zip(self.sought.as_ref());
        let Some(span) = sought.and_then(|(file, (word, keys))| written::find(sources, file, word, keys)) else {
            return self;
        };
        let at = |mut diagnostic: Diagnostic| {
            diagnostic.primary.span = span;
            diagnostic
        };
        Refusal::new(self.diagnostics.into_iter().map(at).collect(), sources)
    }

    /// Tells why the run does not begin. Returns the exit code.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn write(self, err: &mut dyn Write) -> io::Result<u8> {
        report::write_findings(self.diagnostics, self.sources, err)?;
        Ok(2)
    }
}

/// What was typed behind the name of the program.
fn arguments() -> Vec<String> {
    std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect()
}

const PROGRAM: &str = "plimsoll";

fn command_line(arguments: &[String]) -> String {
    let words = std::iter::once(PROGRAM).chain(arguments.iter().map(String::as_str));
    words.collect::<Vec<_>>().join(" ")
}

/// Where one of these options, or without any of them an argument, has a word as a whole, or as one of several between
/// commas and equal signs. Of several places it is the last.
fn place_in(arguments: &[String], word: &str, options: &[&str]) -> Option<Range<usize>> {
    let mut found = None;
    let mut start = PROGRAM.len() + 1;
    let mut before = "";
    for argument in arguments {
        let own = |option: &&str| match argument.strip_prefix(*option) {
            Some(value) if option.starts_with("--") => value.strip_prefix('='),
            value => value,
        };
        let value = match options.iter().find_map(own) {
            Some(value) => Some(value),
            None => (options.is_empty() || options.contains(&before)).then_some(argument.as_str()),
        };
        if let Some(at) = value.and_then(|value| Some(argument.len() - value.len() + part_of(value, word)?)) {
            found = Some(start + at..start + at + word.len());
        }
        start += argument.len() + 1;
        before = argument;
    }
    found
}

/// Where a word stands in a value, as a whole or between commas and equal signs.
fn part_of(value: &str, word: &str) -> Option<usize> {
    let is_apart = |at: &usize| {
        let (before, behind) = (&value[..*at], &value[at + word.len()..]);
        (before.is_empty() || before.ends_with([',', '='])) && (behind.is_empty() || behind.starts_with([',', '=']))
    };
    value.match_indices(word).map(|(at, _)| at).find(is_apart).filter(|_| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(typed: &str, word: &str, options: &[&str]) -> Option<usize> {
        let arguments: Vec<String> = typed.split(' ').map(str::to_owned).collect();
        let line = command_line(&arguments);
        let place = place_in(&arguments, word, options)?;
        assert_eq!(&line[place.clone()], word);
        Some(place.start - PROGRAM.len() - 1)
    }

    #[test]
    fn a_word_is_found_in_its_option_alone() {
        let versions = ["--kubernetes-version"];
        assert_eq!(marked("lint -j 1", "1", &versions), None);
        assert_eq!(marked("lint -j 1 --kubernetes-version 1", "1", &versions), Some(31));
        assert_eq!(marked("lint --kubernetes-version=1 -j 1", "1", &versions), Some(26));
        assert_eq!(marked("lint --kubernetes-version=1.33 1.3", "1.3", &versions), None);
        assert_eq!(marked("lint -o jsn=F", "jsn", &["--output", "-o"]), Some(8));
        assert_eq!(marked("lint -ojsn --output=sarif=F", "jsn", &["--output", "-o"]), Some(7));
        assert_eq!(marked("lint --select a,bc,b c", "b", &["--select"]), Some(19));
        assert_eq!(marked("lint apps/web web", "web", &[]), Some(14));
        assert_eq!(marked("lint --policy=web", "web", &[]), Some(14));
        assert_eq!(marked("lint a", "", &[]), None);
    }
}
