//! plimsoll: the linter that a team trusts between `git push` and the cluster.
//!
//! # The house
//!
//! Nouns live in [`model`]; each stage of the one-way flow is one verb and one folder; [`lint()`] and [`examine`] alone
//! know their order.
//!
//! | room | what it does |
//! | --- | --- |
//! | [`model`] | files, spans, the YAML tree and its cursor, paths, resources, rules, diagnostics, the report: plain data |
//! | [`discover`] | verb 1: the paths of the command line become a listing of files |
//! | [`load`] | verb 2: bytes become documents with spans, as Kubernetes reads them; suppression comments |
//! | [`render`] | verb 3: definitions, what they generate, and the way back from a generated line to theirs |
//! | [`check`] | verb 4: schemas, policies, rules about definitions and between objects: resources become diagnostics |
//! | [`report`] | verb 5: suppress, merge, sort, write; one file per output format |
//! | [`cli`] | what was typed |
//! | [`settings`] | arguments and `plimsoll.yaml` become the options of each stage |
//! | [`examine`] | load -> render -> check, for one tree of files, in parallel |
//! | [`explain`] | the commands that describe plimsoll itself: `explain`, `rules`, `schemas` |
//! | `lint` | `plimsoll lint`: the whole flow, for one tree of files or, with `--since`, for two |
//! | `manifests` | `plimsoll render` |
//! | `prove` | `plimsoll test`: the tests that people write for their policies |
//!
//! # The laws
//!
//! A room imports only rooms above it in the table, and stages never import each other. A dependency has one owner.
//! From `load` on nothing fails: broken input becomes a diagnostic with a span; only arguments, configuration and
//! policies that do not compile end a run early. Rules speak in paths, and [`model::path::Path`] alone turns one into a
//! span. The file is in the span. `fixtures/tidy.rs` holds these laws.
#![forbid(unsafe_code)]

pub mod check;
pub mod cli;
pub mod discover;
pub mod examine;
pub mod explain;
pub mod load;
pub mod model;
pub mod render;
pub mod report;
pub mod settings;

mod lint;
mod manifests;
mod prove;

use std::io::{self, Read, Write};

use cli::Command;

pub use explain::rules;
pub use lint::lint;

/// Runs a command. Returns the exit code: 0 for nothing to say, 1 for findings, 2 for a run that cannot be trusted.
///
/// # Errors
/// The output cannot be written.
pub fn run(command: Command, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    match command {
        Command::Lint(arguments) => lint(*arguments, out, err),
        Command::Render(arguments) => manifests::render(&arguments, out, err),
        Command::Test(arguments) => prove::prove(&arguments, out, err),
        Command::Parse(arguments) => parse(&arguments, out, err),
        Command::Explain(arguments) => explain::word(&arguments.rule, out, err),
        Command::Rules(arguments) => match arguments.output {
            cli::ListFormat::Text => explain::rules_as_text(&rules(), out).map(|()| 0),
            cli::ListFormat::Json => explain::rules_as_json(&rules(), out).map(|()| 0),
        },
        Command::Schemas(arguments) => match lint::elsewhere(&arguments.schema) {
            Ok((elsewhere, templates)) => explain::schemas(&arguments, &elsewhere, &templates, out, err),
            Err(refusal) => refusal.write(err),
        },
        Command::Completions { shell } => {
            cli::completions(shell, out);
            Ok(0)
        }
    }
}

/// `plimsoll parse`
fn parse(arguments: &cli::Parse, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let named = arguments.file.as_deref().filter(|file| file.as_os_str() != "-");
    let mut bytes = Vec::new();
    let read = match named {
        Some(file) => std::fs::File::open(file).and_then(|mut file| file.read_to_end(&mut bytes)),
        None => io::stdin().read_to_end(&mut bytes),
    };
    let name = named.map_or_else(|| "<stdin>".to_owned(), |file| file.to_string_lossy().into_owned());
    if let Err(error) = read {
        writeln!(err, "error: `{}` cannot be read: {error}", report::sanitise::clean(&name))?;
        return Ok(2);
    }
    let all_read = load::parse::parse(&name, &bytes, arguments.lenient, out)?;
    Ok(u8::from(!all_read))
}
