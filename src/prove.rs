//! `plimsoll test`: the tests that people write for their policies, found, run and told.

mod suite;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::check::policy::Given;
use crate::check::policy::testing::{self, Coverage, Status, Tested};
use crate::cli;
use crate::discover::{self, PolicyFile, PolicyFiles};
use crate::examine;
use crate::model::diagnostic::Diagnostic;
use crate::model::source::{LineIndex, Sources};
use crate::report;

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
    let (mut tested, coverage, mut broken) = rego(&files);
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
            report::write_findings(broken.clone(), sources.clone(), err)?;
            as_json(&tested, &coverage, broken.len(), &sources, out)?;
        }
        cli::ListFormat::Text => {
            let problems = tested.iter().filter_map(|test| test.problem.clone());
            report::write_findings(broken.iter().cloned().chain(problems).collect(), sources.clone(), out)?;
            let counts = [
                (count(Status::Passed), "passed"),
                (failed, "failed"),
                (errors + broken.len(), if errors + broken.len() == 1 { "error" } else { "errors" }),
                (count(Status::Skipped), "skipped"),
            ];
            let said = counts.iter().enumerate().filter(|(at, (count, _))| *at == 0 || *count > 0);
            let words: Vec<String> = said.map(|(_, (count, word))| format!("{count} {word}")).collect();
            writeln!(out, "{}", words.join(", "))?;
            coverage_as_text(&coverage, &sources, out)?;
        }
    }
    Ok(match (errors + broken.len(), failed) {
        (1.., _) => 2,
        (0, 1..) => 1,
        (0, 0) => 0,
    })
}

/// The tests in Rego files, what they went through, and what keeps them from being run.
fn rego(files: &PolicyFiles) -> (Vec<Tested>, Vec<Coverage>, Vec<Diagnostic>) {
    if !files.rego.iter().any(|file| file.text.contains("test_")) {
        return (Vec::new(), Vec::new(), Vec::new());
    }
    // Objects are read for `lint` only.
    let files = PolicyFiles { manifests: Vec::new(), ..files.clone() };
    let read = examine::read_policies(&files);
    if !read.problems.is_empty() {
        return (Vec::new(), Vec::new(), read.problems);
    }
    let given: Given<'_> = read.given();
    match testing::rego(&given) {
        Ok((tested, coverage)) => (tested, coverage, Vec::new()),
        Err(problems) => (Vec::new(), Vec::new(), problems),
    }
}

/// The share of lines in per cent, to one decimal.
fn share(lines: impl Iterator<Item = bool> + Clone) -> Option<f64> {
    let (all, covered) = (lines.clone().count(), lines.filter(|covered| *covered).count());
    (all > 0).then(|| (covered as f64 / all as f64 * 1_000.0).round() / 10.0)
}

/// The lines that no test went through, those in a row as one: from, to.
fn uncovered(coverage: &Coverage) -> Vec<(u32, u32)> {
    let mut stretches: Vec<(u32, u32)> = Vec::new();
    let mut open = false;
    for (&line, &covered) in &coverage.lines {
        match stretches.last_mut() {
            _ if covered => {}
            Some((_, to)) if open => *to = line,
            _ => stretches.push((line, line)),
        }
        open = !covered;
    }
    stretches
}

fn coverage_as_text(coverage: &[Coverage], sources: &Sources, out: &mut dyn Write) -> io::Result<()> {
    let lines = coverage.iter().flat_map(|file| file.lines.values().copied());
    let Some(whole) = share(lines) else { return Ok(()) };
    writeln!(
        out,
        "coverage: {whole} % of the lines of {} file{}",
        coverage.len(),
        if coverage.len() == 1 { "" } else { "s" }
    )?;
    for file in coverage {
        let stretches = uncovered(file);
        if stretches.is_empty() {
            continue;
        }
        let name = report::sanitise::clean(sources.name(file.file)).into_owned();
        let words =
            stretches.iter().map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") });
        writeln!(out, "  {name}: no test goes through {}", words.collect::<Vec<_>>().join(", "))?;
    }
    Ok(())
}

fn coverage_as_json(coverage: &[Coverage], sources: &Sources) -> serde_json::Value {
    let file = |file: &Coverage| {
        json!({
            "file": sources.name(file.file),
            "percent": share(file.lines.values().copied()),
            "lines": file.lines.len(),
            "uncovered": uncovered(file).into_iter().map(|(from, to)| json!({"from": from, "to": to})).collect::<Vec<_>>(),
        })
    };
    let all = coverage.iter().flat_map(|file| file.lines.values().copied());
    json!({"percent": share(all), "files": coverage.iter().map(file).collect::<Vec<_>>()})
}

fn as_json(
    tested: &[Tested],
    coverage: &[Coverage],
    broken: usize,
    sources: &Sources,
    out: &mut dyn Write,
) -> io::Result<()> {
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
        "coverage": coverage_as_json(coverage, sources),
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
