//! Modules that are loaded together, ready to be asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use regorus::unstable::Module as Syntax;
use regorus::{Engine, Value as Rego};

use crate::model::diagnostic::Diagnostic;
use crate::model::rule::Rule;
use crate::model::source::{FileId, Span};

use super::super::{DATA_MISSING, POLICY_ERROR};
use super::bindings;
use super::calls;
use super::engine::{self, Failure, Place};
use super::files::{self, Shelf};
use super::mocks::Mocks;
use super::parse::{Parsed, Version, offset, parse, reserved, word};
use super::reads::{self, Readings, Reads, Settled};
use super::repair;
use super::requires::{Clause, Rules};
use super::rewrite::{self, Rewritten};
use super::scopes;
use super::syntax;
use super::text::Text;
use super::verify::{self, Problem};

/// Modules, and the engines that have them.
#[derive(Default)]
pub struct Program {
    pub(super) modules: Vec<Module>,
    strict: Option<Engine>,
    lenient: OnceLock<Engine>,
    /// The second reading of the modules, in which nothing is an error that OPA takes for undefined. It is made when the
    /// first one fails.
    careful: OnceLock<Option<Engine>>,
    data: Option<Rego>,
    /// The files that modules ask for.
    shelf: Shelf,
    /// A module with the functions that tests replace.
    mocks: Option<String>,
    /// Whether a module reads the name of the file at hand, as conftest has it in `data.conftest.file`.
    pub(super) reads_file: bool,
    /// What is read of the input; `None` if that may be everything. Found out when it is asked for, as the next.
    reads: OnceLock<Option<Reads>>,
    /// The same, and what counts for silence.
    readings: OnceLock<Option<Readings>>,
}

/// A policy text.
#[derive(Clone)]
pub(super) struct Module {
    text: Text,
    v0: bool,
    plain: Reading,
    careful: Reading,
}

/// A text as it is loaded.
#[derive(Clone)]
struct Reading {
    rewritten: Rewritten,
    /// Copies of definitions, which are loaded behind the text.
    copies: String,
}

impl Reading {
    fn new(rewritten: Rewritten) -> Reading {
        Reading { rewritten, copies: String::new() }
    }

    fn text(&self) -> String {
        format!("{}\n{}", self.rewritten.text, self.copies)
    }

    /// Adds a copy of a definition under another name, which must begin with the old one; returns whether it could.
    fn copy(&mut self, text: &Text, range: std::ops::Range<usize>, name: &str, copy: &str) -> bool {
        let written = self.rewritten.stretch(&text.text, range);
        let Some(rest) = written.strip_prefix(name) else { return false };
        self.copies.push_str(&format!("{copy}{rest}\n"));
        true
    }
}

/// Modules that were read, and are not ready to be asked yet.
pub struct Read {
    pub texts: Vec<Text>,
    pub parsed: Vec<Parsed>,
    shelf: Shelf,
}

impl Read {
    /// Parses and verifies. `data` is what the modules may read beside themselves.
    ///
    /// # Errors
    /// What OPA would refuse, and what regorus cannot do.
    pub fn new(texts: Vec<(Text, Version)>) -> Result<Read, Vec<Diagnostic>> {
        let mut read = Read { texts: Vec::new(), parsed: Vec::new(), shelf: Shelf::default() };
        let mut problems = Vec::new();
        for (text, version) in texts {
            match reserved(&text).map_or_else(|| parse(&text, version), Err) {
                Ok(parsed) => {
                    read.texts.push(text);
                    read.parsed.push(parsed);
                }
                Err(problem) => problems.push(*problem),
            }
        }
        if problems.is_empty() {
            problems = read.own_names();
        }
        if problems.is_empty() {
            problems = read.shown(&POLICY_ERROR, verify::verify(&read.modules()));
        }
        if problems.is_empty() {
            problems = read.shown(&POLICY_ERROR, read.without_value());
        }
        if problems.is_empty() {
            let values =
                read.texts.iter().zip(&read.parsed).enumerate().filter(|(_, (text, _))| text.folder().is_none());
            let misplaced = values.flat_map(|(number, (_, parsed))| files::misplaced(number, parsed.module.as_ref()));
            problems = read.shown(&POLICY_ERROR, misplaced.collect());
        }
        if problems.is_empty() { Ok(read) } else { Err(problems) }
    }

    /// With files that the modules may ask for.
    pub fn with_files(self, shelf: Shelf) -> Read {
        Read { shelf, ..self }
    }

    /// Variables that nothing gives a value.
    fn without_value(&self) -> Vec<Problem> {
        let rules = self.names();
        let of = |(number, (text, parsed)): (usize, (&Text, &Parsed))| {
            let module = parsed.module.as_ref();
            let own = rules.get(&syntax::package(module)).cloned().unwrap_or_default();
            bindings::problems(number, module, &own, repair::has_negated_bodies(&text.text))
        };
        self.texts.iter().zip(&self.parsed).enumerate().flat_map(of).collect()
    }

    /// Gives what is declared again a name of its own.
    fn own_names(&mut self) -> Vec<Diagnostic> {
        let rules = self.names();
        let mut problems = Vec::new();
        for (text, parsed) in self.texts.iter_mut().zip(&mut self.parsed) {
            let own = rules.get(&syntax::package(parsed.module.as_ref())).cloned().unwrap_or_default();
            let names = scopes::names(&text.text, parsed.module.as_ref(), &own);
            for (range, name) in names.clashes {
                let message = format!("`{name}` stands on both sides of `in`");
                let label = "nothing says what it is";
                problems.push(Diagnostic::new(&POLICY_ERROR, text.span(range.start, range.end), message, label));
            }
            if !names.edits.is_empty() {
                let renamed = text.clone().edited(names.edits);
                let version = if parsed.v0 { Version::V0 } else { Version::V1 };
                match parse(&renamed, version) {
                    Ok(again) => (*text, *parsed) = (renamed, again),
                    Err(problem) => problems.push(*problem),
                }
            }
        }
        problems
    }

    /// The syntax trees.
    pub fn modules(&self) -> Vec<&Syntax> {
        self.parsed.iter().map(|parsed| parsed.module.as_ref()).collect()
    }

    /// What the modules read and `data` does not have.
    pub fn missing_data(&self, data: &Rego) -> Vec<Diagnostic> {
        self.shown(&DATA_MISSING, verify::missing_data(&self.modules(), data))
    }

    fn shown(&self, rule: &Rule, problems: Vec<Problem>) -> Vec<Diagnostic> {
        let shown = |problem: Problem| {
            let span = self.texts[problem.module].span(problem.start as usize, problem.end as usize);
            let mut diagnostic = Diagnostic::new(rule, span, scopes::original(&problem.message), problem.label);
            diagnostic.help = problem.help;
            diagnostic
        };
        problems.into_iter().map(shown).collect()
    }

    /// The names of all rules, by package.
    pub fn names(&self) -> BTreeMap<Vec<String>, BTreeSet<String>> {
        let mut names: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
        for module in self.modules() {
            let own = names.entry(syntax::package(module)).or_default();
            own.extend(module.policy.iter().filter_map(|rule| syntax::name(rule.as_ref()).0.into_iter().next()));
        }
        names
    }

    /// The program, rewritten and not yet loaded.
    pub fn program(&self) -> Program {
        let names = self.names();
        let replaced: BTreeSet<String> = self.modules().into_iter().flat_map(calls::replaced).collect();
        let folders = self.texts.iter().map(|text| text.folder().unwrap_or_default().to_owned()).collect();
        let mocks = Mocks::new(&self.modules(), folders);
        let modules = self.texts.iter().zip(&self.parsed).map(|(text, parsed)| {
            let rules = names.get(&syntax::package(parsed.module.as_ref())).cloned().unwrap_or_default();
            let folder = text.folder().unwrap_or_default().to_owned();
            let names = rewrite::Names { rules, replaced: replaced.clone(), folder, mocks: mocks.clone() };
            let reading = |careful| {
                let source = rewrite::Source { text: &text.text, module: parsed.module.as_ref(), v0: parsed.v0 };
                Reading::new(rewrite::rewrite(source, &names, careful))
            };
            Module { text: text.clone(), v0: parsed.v0, plain: reading(false), careful: reading(true) }
        });
        let reads_file = self.modules().into_iter().any(syntax::reads_file);
        let (modules, shelf) = (modules.collect(), self.shelf.clone());
        Program { modules, reads_file, shelf, mocks: mocks.module(), ..Program::default() }
    }
}

impl Program {
    /// Adds a copy of a definition under another name, which must begin with the old one; returns whether it could.
    pub fn copy(&mut self, module: usize, range: std::ops::Range<usize>, name: &str, copy: &str) -> bool {
        let Module { text, plain, careful, .. } = &mut self.modules[module];
        plain.copy(text, range.clone(), name, copy) && careful.copy(text, range, name, copy)
    }

    /// A stretch of the text of a module, as it is loaded.
    pub fn stretch(&self, module: usize, range: std::ops::Range<usize>) -> String {
        let module = &self.modules[module];
        module.plain.rewritten.stretch(&module.text.text, range)
    }

    /// Adds a rule behind the text of a module.
    pub fn append(&mut self, module: usize, rule: &str) {
        let Module { plain, careful, .. } = &mut self.modules[module];
        [plain, careful].into_iter().for_each(|reading| reading.copies.push_str(rule));
    }

    /// Loads everything into an engine.
    ///
    /// # Errors
    /// What regorus finds only then, at its place.
    pub fn prepare(&mut self, data: Option<&Rego>) -> Result<(), Box<Diagnostic>> {
        self.data = data.cloned();
        match self.prepared(false) {
            Ok(engine) => {
                (self.reads, self.readings) = (OnceLock::new(), OnceLock::new());
                self.strict = Some(engine);
                Ok(())
            }
            Err(failure) => Err(Box::new(self.failed(&failure, &POLICY_ERROR))),
        }
    }

    /// The same program with data.
    ///
    /// # Errors
    /// What regorus finds only then, at its place.
    pub fn with_data(&self, data: &Rego) -> Result<Program, Box<Diagnostic>> {
        let (modules, shelf, mocks) = (self.modules.clone(), self.shelf.clone(), self.mocks.clone());
        let mut program = Program { modules, reads_file: self.reads_file, shelf, mocks, ..Program::default() };
        program.prepare(Some(data))?;
        Ok(program)
    }

    fn prepared(&self, careful: bool) -> Result<Engine, Failure> {
        let mut engine = engine::blank();
        self.shelf.add(&mut engine);
        for (number, module) in self.modules.iter().enumerate() {
            let (reading, letter) = if careful { (&module.careful, 'q') } else { (&module.plain, 'p') };
            // A name that is sure to have no colon.
            let name = format!("{letter}{number}");
            if let Some(lost) = reading.rewritten.lost {
                let line = module.text.text.get(..lost).unwrap_or_default().matches('\n').count() as u32 + 1;
                let failure = Failure::of("this line cannot be read as OPA reads it".to_owned());
                return Err(Failure { place: Some(Place { module: name, line, column: 1 }), ..failure });
            }
            engine::add(&mut engine, &name, &reading.text(), module.v0)?;
        }
        if let Some(mocks) = &self.mocks {
            engine::add(&mut engine, "mocks", mocks, false)?;
        }
        engine::add(&mut engine, "entry", "package plimsoll.entry\n\nready := true\n", false)?;
        if let Some(data) = &self.data {
            engine::add_data(&mut engine, data)?;
        }
        engine::evaluate(&mut engine, "data.plimsoll.entry.ready", &Rego::new_object())?;
        Ok(engine)
    }

    /// What is read of the input.
    pub fn readings(&self) -> Option<&Readings> {
        self.readings.get_or_init(|| self.read_for(0, None)).as_ref()
    }

    /// What is read of inputs that have one field in common, by one of many who ask. 0 is the program itself.
    pub fn readings_with(&self, settled: Settled<'_>, asking: usize) -> Option<Readings> {
        self.read_for(asking, Some(settled))
    }

    fn read_for(&self, asking: usize, settled: Option<Settled<'_>>) -> Option<Readings> {
        let mut engine = self.strict.clone().filter(|_| !self.reads_file)?;
        Readings::of(engine.get_modules(), asking, settled)
    }

    /// Whether an answer may depend on what is at the end of a route into the input.
    pub fn may_read(&self, route: &[&str]) -> bool {
        let reads = self.reads.get_or_init(|| {
            let mut engine = self.strict.clone().filter(|_| !self.reads_file)?;
            reads::reads(engine.get_modules())
        });
        reads.as_ref().is_none_or(|reads| reads.matters(&[], route))
    }

    /// What each of some rules, by package and name, asks of an input before it can say anything.
    pub fn clauses(&self, rules: &[(Vec<String>, String)]) -> Vec<Vec<Clause>> {
        let mut engine = self.strict.clone();
        let modules = engine.as_mut().map(|engine| engine.get_modules().clone()).unwrap_or_default();
        match Rules::new(&modules).filter(|_| !self.reads_file) {
            Some(known) => rules.iter().map(|(package, name)| known.clauses(package, name)).collect(),
            None => rules.iter().map(|_| Vec::new()).collect(),
        }
    }

    /// An engine for one thread that has one more module, in which an error of a built-in function is an error; `None`
    /// if it cannot be.
    pub fn with_rule(&self, name: &str, text: &str) -> Option<Engine> {
        let mut engine = self.strict.clone()?;
        engine::add(&mut engine, name, text, false).ok()?;
        engine::evaluate(&mut engine, "data.plimsoll.entry.ready", &Rego::new_object()).ok()?;
        Some(engine)
    }

    /// An engine for one thread, in which an error of a built-in function is an error.
    pub(super) fn strict(&self) -> Option<Engine> {
        self.strict.clone()
    }

    /// An engine for one thread, in which an error of a built-in function makes the expression undefined, as in OPA.
    pub(super) fn lenient(&self) -> Option<Engine> {
        let strict = self.strict.as_ref()?;
        let lenient = self.lenient.get_or_init(|| {
            let mut engine = strict.clone();
            engine.set_strict_builtin_errors(false);
            engine
        });
        Some(lenient.clone())
    }

    /// As [`Program::strict`] or [`Program::lenient`], from the second reading.
    pub(super) fn careful(&self, strict: bool) -> Option<Engine> {
        let mut engine = self.careful.get_or_init(|| self.prepared(true).ok()).clone()?;
        engine.set_strict_builtin_errors(strict);
        Some(engine)
    }

    /// The finding for a failure, with its place in the text as people see it.
    pub fn failed(&self, failure: &Failure, rule: &Rule) -> Diagnostic {
        let span = failure.place.as_ref().and_then(|place| {
            let number: usize = place.module.get(1..)?.parse().ok()?;
            let module = self.modules.get(number)?;
            let reading = if place.module.starts_with('q') { &module.careful } else { &module.plain };
            let offset = offset(&reading.rewritten.text, place.line, place.column);
            let (start, end) = word(&module.text.text, reading.rewritten.original(offset));
            Some(module.text.span(start, end))
        });
        let span = span.or_else(|| self.modules.first().map(|module| module.text.span(0, 0)));
        Diagnostic::new(rule, span.unwrap_or(Span::top(FileId(0))), scopes::original(&named(&failure.message)), "")
    }
}

/// A message in which regorus names places by `p0:9:1`, with the lines that people know.
fn named(message: &str) -> String {
    let words = message.split(' ').map(|word| match Place::read(word) {
        Some(place) if place.module.starts_with(['p', 'q']) => format!("line {}", place.line),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}
