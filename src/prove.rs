//! `plimsoll test`: the tests that people write for their policies, found, run and told.

mod suite;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::check::policy::Given;
use crate::check::policy::testing::{self, Status, Tested};
use crate::cli;
use crate::discover::{self, PolicyFile, PolicyFiles};
use crate::examine;
use crate::model::diagnostic::Diagnostic;
use crate::model::report::{Report, Summary};
use crate::model::source::{LineIndex, Sources};
use crate::report::{self, Format, Style};

/// Runs every test below the paths. Returns the exit code.
///
/// # Errors
/// The output cannot be written.
pub fn prove(arguments: &cli::Test, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let mut sources = Sources::default();
    let directory = std::env::current_dir().unwrap_or_default();
    let files = match discover::policies(&arguments.paths, &arguments.data, &directory, &mut sources) {
        Ok(files) => files,
        Err(error) => {
            let path = error.path.display().to_string();
            writeln!(err, "error: `{}` cannot be read: {}", report::sanitise::clean(&path), error.why)?;
            return Ok(2);
        }
    };
    let (mut tested, mut broken) = rego(&files);
    let suites = files.manifests.iter().filter(|file| file.text.contains("test.gatekeeper.sh"));
    for file in suites {
        match suite::run(file, &directory, &mut sources) {
            Ok(cases) => tested.extend(cases),
            Err(problems) => broken.extend(problems),
        }
    }
    if tested.is_empty() && broken.is_empty() {
        writeln!(err, "error: no test was found\nhelp: tests are Rego rules called `test_…`, and suites of gator")?;
        return Ok(2);
    }
    let count = |status: Status| tested.iter().filter(|test| test.status == status).count();
    let (failed, errors) = (count(Status::Failed), count(Status::Error));
    match arguments.output {
        cli::ListFormat::Json => {
            broken_as_text(broken.clone(), &sources, err)?;
            as_json(&tested, broken.len(), &sources, out)?;
        }
        cli::ListFormat::Text => {
            let problems = tested.iter().filter_map(|test| test.problem.clone());
            broken_as_text(broken.iter().cloned().chain(problems).collect(), &sources, out)?;
            let counts = [
                (count(Status::Passed), "passed"),
                (failed, "failed"),
                (errors + broken.len(), "errors"),
                (count(Status::Skipped), "skipped"),
            ];
            let said = counts.iter().enumerate().filter(|(at, (count, _))| *at == 0 || *count > 0);
            let words: Vec<String> = said.map(|(_, (count, word))| format!("{count} {word}")).collect();
            writeln!(out, "{}", words.join(", "))?;
        }
    }
    Ok(match (errors + broken.len(), failed) {
        (1.., _) => 2,
        (0, 1..) => 1,
        (0, 0) => 0,
    })
}

/// The tests in Rego files, and what keeps them from being run.
fn rego(files: &PolicyFiles) -> (Vec<Tested>, Vec<Diagnostic>) {
    if !files.rego.iter().any(|file| file.text.contains("test_")) {
        return (Vec::new(), Vec::new());
    }
    // Objects are read for `lint` only.
    let files = PolicyFiles { manifests: Vec::new(), ..files.clone() };
    let read = examine::read_policies(&files);
    if !read.problems.is_empty() {
        return (Vec::new(), read.problems);
    }
    let given: Given<'_> = read.given();
    match testing::rego(&given) {
        Ok(tested) => (tested, Vec::new()),
        Err(problems) => (Vec::new(), problems),
    }
}

fn broken_as_text(diagnostics: Vec<Diagnostic>, sources: &Sources, out: &mut dyn Write) -> io::Result<()> {
    let report = Report {
        diagnostics,
        sources: sources.clone(),
        not_checked: Vec::new(),
        summary: Summary::default(),
        rules: Vec::new(),
        kubernetes: String::new(),
        review: None,
    };
    report::write(&report, Format::Text, &Style { quiet: true, ..Style::default() }, out)
}

fn as_json(tested: &[Tested], broken: usize, sources: &Sources, out: &mut dyn Write) -> io::Result<()> {
    let status = |status| match status {
        Status::Passed => "passed",
        Status::Failed => "failed",
        Status::Error => "error",
        Status::Skipped => "skipped",
    };
    let count = |status| tested.iter().filter(|test| test.status == status).count();
    let test = |test: &Tested| {
        let text = sources.text(test.file);
        let span = test.problem.as_ref().map_or(test.span, |problem| problem.primary.span);
        let span = if span.file == test.file { span } else { test.span };
        let message = test.problem.as_ref().map_or("", |problem| problem.message.as_str());
        json!({
            "file": sources.name(test.file),
            "suite": test.suite,
            "name": test.name,
            "status": status(test.status),
            "message": message,
            "line": LineIndex::new(text).line_column(text, span.start).line,
        })
    };
    let whole = json!({
        "version": 1,
        "tests": tested.iter().map(test).collect::<Vec<_>>(),
        "summary": {
            "passed": count(Status::Passed),
            "failed": count(Status::Failed),
            "errors": count(Status::Error) + broken,
            "skipped": count(Status::Skipped),
        },
    });
    writeln!(out, "{}", serde_json::to_string_pretty(&whole).unwrap_or_default())
}

/// A file that a suite names.
fn beside(suite: &PolicyFile, name: &str) -> PathBuf {
    suite.path.parent().unwrap_or(Path::new("")).join(name)
}
