//! A stream becomes documents the way every Kubernetes client decodes it: JSON first if it begins with `{`, YAML piece
//! by piece otherwise (`YAMLOrJSONDecoder` of k8s.io/apimachinery 1.35).

use std::ops::Range;

use crate::model::node::{Kind, Node, Tree};
use crate::model::rule::{Rule, Severity};
use crate::model::scalar;

use super::budget::{self, Excess};
use super::file::Invalid;
use super::stream::{self, Piece, Separator, Shape};
use super::yaml::{self, Problem, Problems};
use super::{Options, json, rules, template};

/// What one document of a stream came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The lines of the document; for [`Outcome::Stop`] the place where clients stop.
    pub range: Range<usize>,
    /// What came of it.
    pub outcome: Outcome,
    /// Its problems, as a stretch of [`Decoder::problems`]; the last one is the reason if it could not be read.
    pub problems: Range<usize>,
}

/// See [`Reading`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A tree with this root.
    Document {
        /// The index of the root.
        root: u32,
        /// Read by the rules of JSON.
        json: bool,
    },
    /// It cannot be read.
    Broken,
    /// It cannot be read because of a template expression.
    Template,
    /// Clients read nothing from here on, and lose a document that ends here; what follows in the list is what they
    /// would read if this were mended.
    Stop,
}

/// Decodes one stream.
#[derive(Debug)]
pub struct Decoder<'t> {
    text: &'t str,
    tree: &'t mut Tree,
    options: &'t Options,
    /// Bytes of the file that are not UTF-8, in order.
    invalid: &'t [Invalid],
    /// The documents, in order.
    pub readings: Vec<Reading>,
    /// The problems of all documents.
    pub problems: Problems,
    stacks: yaml::Stacks,
}

impl<'t> Decoder<'t> {
    /// A decoder over `text`, in which other bytes stand for `invalid` ones.
    #[must_use]
    pub fn new(text: &'t str, invalid: &'t [Invalid], tree: &'t mut Tree, options: &'t Options) -> Self {
        Decoder {
            text,
            tree,
            options,
            invalid,
            readings: Vec::new(),
            problems: Problems::new(),
            stacks: yaml::Stacks::default(),
        }
    }

    /// Decodes the whole text. `named_json`: the file is called `*.json`, so that errors are told in terms of JSON.
    pub fn stream(&mut self, named_json: bool) {
        if json::begins(self.text) {
            self.json_stream(named_json);
        } else {
            let fault = if named_json { self.json_fault() } else { None };
            self.fall_back(0, fault);
        }
    }

    fn json_stream(&mut self, named_json: bool) {
        let mut end = 0;
        for count in 0.. {
            let at = json::skip_blanks(self.text, end);
            if at == self.text.len() {
                return;
            }
            let from = self.tree.nodes.len();
            match json::value(self.text, at, self.tree) {
                Ok((root, behind)) => {
                    self.json_document(root, at..behind, from);
                    end = behind;
                }
                Err(fault) if count > 1 => return self.json_stop(at, fault),
                Err(fault) => return self.fall_back(self.behind_blanks(end), named_json.then_some(fault)),
            }
        }
    }

    /// What keeps a text that is meant to be JSON from being it.
    fn json_fault(&mut self) -> Option<json::Fault> {
        let at = json::skip_blanks(self.text, 0);
        let from = self.tree.nodes.len();
        let read = json::value(self.text, at, self.tree);
        self.tree.nodes.truncate(from);
        let rest = json::skip_blanks(self.text, read.as_ref().map_or(at, |(_, behind)| *behind));
        let next = rest + self.text[rest..].chars().next().map_or(0, char::len_utf8);
        match read {
            Err(fault) => Some(fault).filter(|_| at < self.text.len()),
            Ok(_) => (next > rest).then(|| json::Fault {
                span: rest..next,
                message: "text follows the end of the JSON value".to_owned(),
            }),
        }
    }

    fn json_document(&mut self, root: u32, range: Range<usize>, from: usize) {
        let problems = self.problems.len();
        let outcome = if self.refuse_foreign_bytes(&range) || self.refuse_excess(root, &range) {
            self.tree.nodes.truncate(from);
            Outcome::Broken
        } else {
            for (first, second) in json::duplicate_keys(self.text, self.tree, root) {
                self.problems.push(duplicate_key(self.text, self.tree, first, second));
            }
            Outcome::Document { root, json: true }
        };
        self.push(range, outcome, problems);
    }

    /// After two objects clients are committed to JSON. The rest is read from the next separator line on.
    fn json_stop(&mut self, at: usize, fault: json::Fault) {
        let problems = self.problems.len();
        self.problems.push(invalid_json(fault));
        self.push(at..at, Outcome::Stop, problems);
        let line = self.text[..at].rfind('\n').map_or(0, |before| before + 1);
        let separator = if self.text[line..].starts_with("---") {
            Some(line)
        } else {
            self.text[at..].find("\n---").map(|before| at + before + 1)
        };
        if let Some(separator) = separator {
            self.yaml_stream(separator);
        }
    }

    /// The stream is YAML from `from` on. If its first document cannot be read either, or is text without any structure,
    /// it is told what is wrong with it as JSON.
    fn fall_back(&mut self, from: usize, fault: Option<json::Fault>) {
        let first = self.readings.len();
        self.yaml_stream(from);
        let alone = self.readings.len() == first + 1;
        let (Some(fault), Some(reading)) = (fault, self.readings.get_mut(first)) else { return };
        match reading.outcome {
            Outcome::Broken => self.problems[reading.problems.end - 1] = invalid_json(fault),
            Outcome::Document { root, .. } if alone && is_text(&self.tree.nodes[root as usize]) => {
                reading.outcome = Outcome::Broken;
                self.problems.truncate(reading.problems.start);
                self.problems.push(invalid_json(fault));
                reading.problems.end = self.problems.len();
            }
            Outcome::Document { .. } | Outcome::Template | Outcome::Stop => {}
        }
    }

    /// The offset behind the blanks that clients skip after a JSON object: up to and with one line feed.
    fn behind_blanks(&self, end: usize) -> usize {
        let rest = &self.text[end..];
        let blanks = rest.len() - rest.trim_start().len();
        end + rest[..blanks].find('\n').map_or(blanks, |line_feed| line_feed + 1)
    }

    fn yaml_stream(&mut self, from: usize) {
        for piece in stream::pieces(self.text, from..self.text.len()) {
            match piece {
                Piece::Document(range) => self.yaml_document(range),
                Piece::Invalid(separator) => {
                    let problems = self.problems.len();
                    self.problems.push(invalid_separator(self.text, &separator));
                    self.push(separator.line, Outcome::Stop, problems);
                }
            }
        }
    }

    fn yaml_document(&mut self, range: Range<usize>) {
        let problems = self.problems.len();
        let from = self.tree.nodes.len();
        let outcome = self.read_yaml(&range);
        if !matches!(outcome, Outcome::Document { .. }) {
            self.tree.nodes.truncate(from);
        }
        self.push(range, outcome, problems);
    }

    fn read_yaml(&mut self, range: &Range<usize>) -> Outcome {
        if self.refuse_foreign_bytes(range) {
            return Outcome::Broken;
        }
        let before = self.problems.len();
        // The parser counts brackets and block collections apart: half the budget each is never over it together.
        let limits = yaml::Options { nesting: (self.options.max_nesting / 2) as u32 };
        let read = yaml::parse_with(limits, self.text, range.clone(), self.tree, &mut self.problems, &mut self.stacks);
        let bytes = &self.text.as_bytes()[range.clone()];
        let may_have_aliases = memchr::memchr(b'&', bytes).is_some() && memchr::memchr(b'*', bytes).is_some();
        let is_suspect = self.take_depth(before) || may_have_aliases;
        match read {
            Ok(root) if is_suspect && self.refuse_excess(root, range) => Outcome::Broken,
            Ok(root) => Outcome::Document { root, json: false },
            Err(problem) => match template::expression_at_fault(self.text, range, problem.start as usize) {
                Some(expression) => {
                    self.problems.push(unrendered_template(self.text, expression, range.end));
                    Outcome::Template
                }
                None => {
                    self.problems.push(problem);
                    Outcome::Broken
                }
            },
        }
    }

    fn push(&mut self, range: Range<usize>, outcome: Outcome, problems: usize) {
        self.readings.push(Reading { range, outcome, problems: problems..self.problems.len() });
    }

    fn refuse_foreign_bytes(&mut self, range: &Range<usize>) -> bool {
        let first = self.invalid.partition_point(|invalid| invalid.at < range.start);
        let Some(&Invalid { at, byte }) = self.invalid.get(first).filter(|invalid| range.contains(&invalid.at)) else {
            return false;
        };
        let message = format!("byte 0x{byte:02X} is not UTF-8");
        // In Windows-1252 the bytes below 0xA0 are something else than in Latin-1.
        let label = if byte >= 0xa0 { format!("`{}` in Latin-1", char::from(byte)) } else { "this byte".to_owned() };
        self.problems.push(problem(rules::NOT_UTF8, at..at + 1, message, &label, "save the file as UTF-8"));
        true
    }

    /// Takes back what the parser says of depth. A document that is deep, or may hold aliases, is worth measuring.
    fn take_depth(&mut self, before: usize) -> bool {
        let at = self.problems[before..].iter().position(|problem| problem.rule.id == yaml::NESTING_TOO_DEEP.id);
        at.map(|at| self.problems.remove(before + at)).is_some()
    }

    fn refuse_excess(&mut self, root: u32, range: &Range<usize>) -> bool {
        let Some(excess) = budget::measure(self.tree, root, range.len(), self.options) else { return false };
        let (rule, at, message, label) = match excess {
            Excess::Nesting(at) => {
                let message = format!("the document is nested more than {} levels deep", self.options.max_nesting);
                (yaml::NESTING_TOO_DEEP, at, message, "one level too deep")
            }
            Excess::Aliases(at) => {
                let message =
                    format!("aliases make more than ten times its size of a document of {} bytes", range.len());
                (yaml::EXCESSIVE_ALIASING, at, message, "this alias goes over")
            }
        };
        let place = budget::place(self.tree, self.text, at);
        self.problems.push(problem(rule, place, message, label, rule.help.as_ref()));
        true
    }
}

/// A scalar that is written.
fn is_text(node: &Node) -> bool {
    node.kind == Kind::Scalar && node.end > node.start
}

fn invalid_separator(text: &str, separator: &Separator) -> Problem {
    let line = separator.line.clone();
    let rest = &text[separator.rest.clone()];
    let shown: String = rest.chars().take(40).collect();
    match separator.shape {
        Shape::Armour => {
            let message = "a line that begins with `---` ends the document, in a block of text too";
            let help = "indent every line of the block by two spaces more than its key";
            problem(rules::INVALID_SEPARATOR, line, message, "read as a document separator, and not a valid one", help)
        }
        Shape::Content => {
            let message = format!("`{shown}` follows `---` on the same line");
            let help = "move it to a line of its own";
            problem(rules::INVALID_SEPARATOR, separator.rest.clone(), message, "only a comment may stand here", help)
        }
        Shape::Stuck => {
            let message = format!("`---{shown}` is no document separator");
            let help = "write `---` alone, or indent the line if it is content";
            problem(rules::INVALID_SEPARATOR, line, message, "only blanks and a comment may follow `---`", help)
        }
    }
}

fn invalid_json(fault: json::Fault) -> Problem {
    problem(rules::INVALID_JSON, fault.span, fault.message, "", "")
}

/// Clients let the last of two equal keys win without a word; the strict conversion refuses both.
fn duplicate_key(text: &str, tree: &Tree, first: u32, second: u32) -> Problem {
    let (first, second) = (&tree.nodes[first as usize], &tree.nodes[second as usize]);
    let message = format!("the key `{}` is here twice", scalar::decode(second, text));
    let place = second.start as usize..second.end as usize;
    let mut problem = problem(yaml::DUPLICATE_KEY, place, message, "the second, which clients take", "");
    problem.related.push((first.start, first.end, "the first".to_owned()));
    problem.lenient = false;
    problem
}

/// The first expression of a document stands for all of them.
fn unrendered_template(text: &str, expression: Range<usize>, document_end: usize) -> Problem {
    let shown: String = text[expression.clone()].chars().take(60).collect();
    let open = &text[expression.start..][..2];
    let message = match text[expression.end..document_end].matches(open).count() {
        0 => format!("template expression `{shown}` was not rendered"),
        more => format!("template expression `{shown}` was not rendered, nor {more} more below it"),
    };
    let help = "render the template before it is committed, or put the value in quotes if the braces are meant";
    problem(rules::UNRENDERED_TEMPLATE, expression, message, "YAML reads braces as a mapping", help)
}

fn problem(rule: &'static Rule, place: Range<usize>, message: impl Into<String>, label: &str, help: &str) -> Problem {
    let refused = rule.severity == Severity::Error;
    Problem {
        rule,
        start: place.start as u32,
        end: place.end as u32,
        message: message.into(),
        label: label.to_owned(),
        help: (!help.is_empty()).then(|| help.to_owned()),
        related: Vec::new(),
        lenient: refused,
        strict: refused,
        agreed: false,
    }
}
