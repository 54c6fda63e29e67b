//! What the parser has to say about a document.

use super::rules::INVALID_YAML;
use crate::model::rule::Rule;

/// A finding of the parser. Offsets count from the start of the text that is parsed.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The rule it falls under.
    pub rule: &'static Rule,
    /// Offset of the first byte it is about.
    pub start: u32,
    /// Offset behind the last byte it is about.
    pub end: u32,
    /// The fact.
    pub message: String,
    /// The words at its place; may be empty.
    pub label: String,
    /// How to mend it, where there is more to say than the rule does.
    pub help: Option<String>,
    /// Other places (start, end, words), such as the first of two equal keys.
    pub related: Vec<(u32, u32, String)>,
    /// The lenient conversion refuses the document (`sigs.k8s.io/yaml` `Unmarshal`; what kubectl does).
    pub lenient: bool,
    /// The strict conversion refuses the document (`UnmarshalStrict`; what the API server does with YAML).
    pub strict: bool,
    /// All clients read it alike, so that it matters to nobody but a server that is sent YAML, and none is.
    pub agreed: bool,
}

/// What was found beside the tree.
pub type Problems = Vec<Problem>;

impl Problem {
    /// A finding that neither conversion makes.
    pub(super) fn new(rule: &'static Rule, span: (usize, usize), message: impl Into<String>) -> Problem {
        Problem {
            rule,
            start: span.0 as u32,
            end: span.1 as u32,
            message: message.into(),
            label: String::new(),
            help: None,
            related: Vec::new(),
            lenient: false,
            strict: false,
            agreed: false,
        }
    }

    /// What makes a document unreadable.
    pub(super) fn fatal(span: (usize, usize), message: impl Into<String>) -> Problem {
        Problem::new(INVALID_YAML, span, message).refused()
    }

    /// Both conversions refuse the document.
    pub(super) fn refused(mut self) -> Problem {
        (self.lenient, self.strict) = (true, true);
        self
    }

    /// Only the strict conversion refuses the document.
    pub(super) fn refused_if_strict(mut self) -> Problem {
        self.strict = true;
        self
    }

    /// All clients read it alike.
    pub(super) fn agreed(mut self, agreed: bool) -> Problem {
        self.agreed = agreed;
        self
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Problem {
        self.label = label.into();
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    pub(super) fn see(mut self, span: (usize, usize), label: impl Into<String>) -> Problem {
        self.related.push((span.0 as u32, span.1 as u32, label.into()));
        self
    }
}

/// How many findings a document has before the others are only counted; Kubernetes lists as many strict errors.
const MOST: usize = 100;

/// What is found beside the tree of one document.
pub(super) struct Report<'p> {
    problems: &'p mut Problems,
    /// How many are of this document.
    count: usize,
    /// The first that was left out, and how many were.
    left_out: Option<(Problem, usize)>,
}

impl<'p> Report<'p> {
    pub(super) fn new(problems: &'p mut Problems) -> Self {
        Report { problems, count: 0, left_out: None }
    }

    /// Adds a finding, or counts it if there are too many.
    pub(super) fn add(&mut self, problem: Problem) {
        self.count += 1;
        if self.count <= MOST {
            self.problems.push(problem);
            return;
        }
        let (first, count) = self.left_out.get_or_insert_with(|| (problem.clone(), 0));
        *count += 1;
        first.strict |= problem.strict;
        first.agreed &= problem.agreed;
    }

    /// Says how many were left out.
    pub(super) fn close(&mut self) {
        if let Some((first, count)) = self.left_out.take() {
            let message = format!("{count} more findings of this kind in this document");
            self.problems.push(Problem { message, label: "the next of them".to_owned(), related: Vec::new(), ..first });
        }
    }
}
