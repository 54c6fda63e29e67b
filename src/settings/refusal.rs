//! Why a run does not begin.

use std::io::{self, Write};

use super::{RULES, written};
use crate::model::diagnostic::Diagnostic;
use crate::model::source::{FileId, Sources, Span};
use crate::report;

/// Why a run does not begin: diagnostics, and the texts they point into.
#[derive(Debug)]
pub struct Refusal {
    diagnostics: Vec<Diagnostic>,
    sources: Sources,
    /// What a diagnostic about the arguments names that none of them says.
    unplaced: Option<String>,
}

impl Refusal {
    /// A refusal for what these diagnostics say.
    #[must_use]
    pub fn new(diagnostics: Vec<Diagnostic>, sources: &Sources) -> Self {
        Refusal { diagnostics, sources: sources.clone(), unplaced: None }
    }

    /// A refusal that is about the arguments: it points to what it names in back quotes, if that is one of them.
    #[must_use]
    pub fn argument(message: impl Into<String>, help: Option<String>) -> Self {
        let message = message.into();
        let typed = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
        let line = std::iter::once("plimsoll".to_owned()).chain(typed).collect::<Vec<_>>().join(" ");
        let named = message.split('`').nth(1).filter(|name| !name.is_empty()).map(str::to_owned);
        let place = named.as_ref().and_then(|name| Some((line.rfind(name)? as u32, name.len() as u32)));
        let mut sources = Sources::default();
        let file = sources.add_text("command line", line.into_bytes());
        let span = place.map_or(Span::top(file), |(start, length)| Span::new(file, start, start + length));
        let mut diagnostic = Diagnostic::new(&RULES[0], span, message, "");
        diagnostic.help = help;
        Refusal { diagnostics: vec![diagnostic], sources, unplaced: named.filter(|_| place.is_none()) }
    }

    /// The same, pointing into the configuration if what it names stands there and in no argument.
    #[must_use]
    pub fn in_configuration(self, file: Option<FileId>, sources: &Sources) -> Self {
        let place = file.zip(self.unplaced.as_deref()).and_then(|(file, word)| written::find(sources, file, word));
        let Some(span) = place else { return self };
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
