//! Asking a program: one thread's engines, and the readings that are tried one after the other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use regorus::{Engine, Value as Rego};

use super::super::memo::Memo;
use super::engine::{self, Failure};
use super::extensions;
use super::program::Program;
use super::reads::Readings;
use super::result;

/// One thread's engines for a program.
#[derive(Default)]
pub struct Asker {
    strict: Option<Engine>,
    lenient: Option<Engine>,
    /// Those of the second reading, likewise.
    careful: [Option<Engine>; 2],
    memo: Memo<Answer>,
    /// What rules return that say nothing.
    silence: Memo<Rego>,
    printed: Vec<String>,
    /// Whether the lines that rules asked leniently go through are noted.
    covering: bool,
    /// The file at hand: its name and its folder.
    file: Option<(String, String)>,
}

/// The value of a rule, and the error of a built-in function that OPA would have passed over.
pub type Answer = Result<(Rego, Option<Failure>), Failure>;

impl Asker {
    /// One that notes which lines are evaluated by what is asked leniently.
    pub fn covering() -> Asker {
        Asker { covering: true, ..Asker::default() }
    }

    /// Says which file what is asked about next stands in.
    pub fn set_file(&mut self, name: &str) {
        if self.file.as_ref().is_none_or(|(known, _)| known != name) {
            let folder = std::path::absolute(name).ok().and_then(|path| Some(path.parent()?.to_str()?.to_owned()));
            self.file = Some((name.to_owned(), folder.unwrap_or_default()));
        }
    }

    /// A query with `data.conftest.file` as conftest sets it (`policy/engine.go`, `addFileInfo`).
    fn in_file<'q>(&self, program: &Program, query: &'q str) -> Cow<'q, str> {
        let Some((name, folder)) = self.file.as_ref().filter(|_| program.reads_file) else { return query.into() };
        let base = name.rsplit('/').next().unwrap_or(name);
        let (base, folder) = (Rego::from(base), Rego::from(folder.as_str()));
        format!("{query} with data.conftest.file as {{\"name\": {base}, \"dir\": {folder}}}").into()
    }

    /// For each module of the program the lines that say something, from 1, each with whether it was evaluated.
    pub fn covered(&self, program: &Program) -> Vec<BTreeMap<u32, bool>> {
        let mut lines = vec![BTreeMap::new(); program.modules.len()];
        for (name, own) in self.lenient.as_ref().map(engine::covered).unwrap_or_default() {
            let number = name.strip_prefix('p').and_then(|number| number.parse::<usize>().ok());
            if let Some(known) = number.and_then(|number| lines.get_mut(number)) {
                *known = own;
            }
        }
        lines
    }

    /// The value of a rule: first with errors of built-in functions as errors, and if there is one, as OPA has it, with
    /// the error beside the answer.
    ///
    /// # Errors
    /// The rule fails, or takes too long.
    pub fn ask(&mut self, program: &Program, readings: Option<&Readings>, query: &str, input: &Rego) -> Answer {
        let Some(Readings { asking, all, silent }) = readings else { return self.ask_anew(program, query, input) };
        let silent = silent.as_ref();
        let silence = silent.and_then(|reads| self.silence.question(*asking, query, || reads.parts(input)));
        if let Some(value) = silence.as_ref().and_then(|question| self.silence.answer(question)) {
            return Ok((value, None));
        }
        let question = self.memo.question(*asking, query, || all.parts(input));
        if let Some(answer) = question.as_ref().and_then(|question| self.memo.answer(question)) {
            return answer;
        }
        let answer = self.ask_anew(program, query, input);
        if let (Some(silence), Ok((value, None))) = (silence, &answer)
            && result::violations(value).is_ok_and(|violations| violations.is_empty())
        {
            self.silence.keep(silence, value.clone());
        } else if let Some(question) = question
            // An error may quote what is not read, and that time is up is about this run.
            && answer.as_ref().is_ok_and(|(_, swallowed)| swallowed.is_none())
        {
            self.memo.keep(question, answer.clone());
        }
        answer
    }

    fn ask_anew(&mut self, program: &Program, query: &str, input: &Rego) -> Answer {
        let query = &*self.in_file(program, query);
        extensions::set_lenient(false);
        let failure = match evaluate(&mut self.strict, || program.strict(), query, input) {
            Ok(value) => return Ok((value, None)),
            Err(failure) if failure.limit => return Err(failure),
            Err(failure) => failure,
        };
        match self.lenient(program, query, input) {
            Ok(value) => Ok((value, Some(failure))),
            Err(failure) if failure.limit || failure.panic => Err(failure),
            Err(failure) => match self.careful(program, query, input, true) {
                Ok(value) => Ok((value, None)),
                Err(swallowed) => match self.careful(program, query, input, false) {
                    Ok(value) => Ok((value, Some(swallowed))),
                    Err(_) => Err(failure),
                },
            },
        }
    }

    /// The value of a rule as OPA has it.
    ///
    /// # Errors
    /// The rule fails, or takes too long.
    pub fn ask_leniently(&mut self, program: &Program, query: &str, input: &Rego) -> Result<Rego, Failure> {
        let query = &*self.in_file(program, query);
        let value = self.lenient(program, query, input);
        self.printed = self.lenient.as_mut().map(engine::printed).unwrap_or_default();
        match value {
            Err(failure) if !failure.limit && !failure.panic => {
                self.careful(program, query, input, false).map_err(|_| failure)
            }
            value => value,
        }
    }

    fn lenient(&mut self, program: &Program, query: &str, input: &Rego) -> Result<Rego, Failure> {
        extensions::set_lenient(true);
        let covering = self.covering;
        let make = || {
            let mut engine = program.lenient()?;
            if covering {
                engine::cover(&mut engine);
            }
            Some(engine)
        };
        let value = evaluate(&mut self.lenient, make, query, input);
        extensions::set_lenient(false);
        value
    }

    fn careful(&mut self, program: &Program, query: &str, input: &Rego, strict: bool) -> Result<Rego, Failure> {
        extensions::set_lenient(!strict);
        let engine = &mut self.careful[usize::from(strict)];
        let value = evaluate(engine, || program.careful(strict), query, input);
        extensions::set_lenient(false);
        value
    }

    /// What the last rule that was asked leniently has printed.
    pub fn printed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.printed)
    }
}

/// Asks an engine that is made when it is first needed, and thrown away when it broke down.
fn evaluate(
    engine: &mut Option<Engine>,
    make: impl FnOnce() -> Option<Engine>,
    query: &str,
    input: &Rego,
) -> Result<Rego, Failure> {
    if engine.is_none() {
        *engine = make();
    }
    let Some(ready) = engine else { return Err(Failure::of("no policy is loaded".to_owned())) };
    let value = engine::evaluate(ready, query, input);
    if value.as_ref().is_err_and(|failure| failure.panic) {
        *engine = None;
    }
    value
}
