//! What was typed. No disk, no environment, no decisions: [`crate::settings`] makes options of it.

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// The linter that a team trusts between `git push` and the cluster.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check definitions and manifests
    Lint(Box<Lint>),
    /// Write the manifests that the definition in a folder makes
    Render(Render),
    /// Run the tests of policies: Rego rules called `test_…`, and suites of gator
    Test(Test),
    /// Show how Kubernetes reads a YAML or JSON file: one JSON line a document
    Parse(Parse),
    /// Say what a rule checks, why it matters, how to mend it, how to switch it off
    Explain(Explain),
    /// List every rule: id, category, severity, on or off by default, fixable
    Rules(Rules),
    /// List the Kubernetes versions and kinds that are known
    Schemas(Schemas),
    /// Write a completion script for a shell to standard output
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// `plimsoll lint`
#[derive(Debug, Default, Args)]
pub struct Lint {
    /// Files and folders; `-` is standard input
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// The configuration file; by default plimsoll.yaml or .plimsoll.yaml at the root of the repository
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long)]
    pub no_config: bool,
    /// The Kubernetes version to check against, such as 1.33, or a range of them, such as 1.31..1.34; repeatable;
    /// default: the newest known
    #[arg(long, value_name = "VERSION")]
    pub kubernetes_version: Vec<String>,
    /// Custom resource definitions or JSON Schemas: a file, a folder, or a path with kubeconform's variables; repeatable
    #[arg(long, value_name = "LOCATION")]
    pub schema: Vec<String>,
    /// Rego files, Gatekeeper templates and constraints, admission policies, or folders of them; repeatable
    ///
    /// Policies open no connections. `time.now_ns` is one moment for the whole run: SOURCE_DATE_EPOCH, in seconds, where
    /// that is set, else the start.
    #[arg(long, value_name = "PATH")]
    pub policy: Vec<PathBuf>,
    /// JSON or YAML that policies see as `data`: files, or folders, whose names become keys; repeatable
    #[arg(long, value_name = "PATH")]
    pub data: Vec<PathBuf>,
    /// The Fabrikate environments to merge, in the order of `fab generate`; repeatable; default: every one found
    #[arg(long, value_name = "NAME")]
    pub environment: Vec<String>,
    /// Manifests generated elsewhere from the definitions under PATHS, as in a two-repository set-up
    #[arg(long, value_name = "DIR")]
    pub generated: Option<PathBuf>,
    /// Report only what is new compared with that git revision; `main...` is where this branch left main
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
    /// Rule ids, categories, profiles, `default` or `all`, comma-separated: only these
    #[arg(long, value_name = "SELECTOR", value_delimiter = ',')]
    pub select: Vec<String>,
    /// These as well
    #[arg(long, value_name = "SELECTOR", value_delimiter = ',')]
    pub extend_select: Vec<String>,
    /// Not these
    #[arg(long, value_name = "SELECTOR", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// The lowest severity that fails the run
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t)]
    pub fail_on: FailOn,
    /// Where to write what: `text`, `json`, `github` or `sarif`, with `=FILE` into a file; repeatable
    #[arg(short, long, value_name = "FORMAT[=FILE]")]
    pub output: Vec<String>,
    /// The name that findings in standard input are given
    #[arg(long, value_name = "FILE")]
    pub stdin_filename: Option<String>,
    /// Worker threads; default: the cores this process may use
    #[arg(short, long, value_name = "N", value_parser = threads)]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// Only findings, no summary
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Also say how places were found and what was left out
    #[arg(short, long)]
    pub verbose: bool,
    /// When to use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    pub color: Color,
    /// Count findings by rule
    #[arg(long)]
    pub statistics: bool,
}

/// `plimsoll render`
#[derive(Debug, Default, Args)]
pub struct Render {
    /// The folder with a kustomization or a component tree
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The Fabrikate environments to merge, in the order of `fab generate`; repeatable
    #[arg(long, value_name = "NAME")]
    pub environment: Vec<String>,
    /// Write behind each line the file and line that it comes from
    #[arg(long)]
    pub origins: bool,
}

/// `plimsoll test`
#[derive(Debug, Args)]
pub struct Test {
    /// Files and folders with policies, their tests and suites
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// JSON or YAML that policies see as `data`: files, or folders, whose names become keys; repeatable
    #[arg(long, value_name = "PATH")]
    pub data: Vec<PathBuf>,
    /// As text or as JSON
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: ListFormat,
}

/// `plimsoll parse`
#[derive(Debug, Args)]
pub struct Parse {
    /// The file; default: standard input
    pub file: Option<PathBuf>,
    /// Let duplicate keys pass, as the API server's own conversion to JSON does
    #[arg(long)]
    pub lenient: bool,
}

/// `plimsoll explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// A rule or a profile, or the id that another linter has for the same check
    pub rule: String,
}

/// `plimsoll rules`
#[derive(Debug, Args)]
pub struct Rules {
    /// As text or as JSON
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: ListFormat,
}

/// `plimsoll schemas`
#[derive(Debug, Args)]
pub struct Schemas {
    /// List the kinds of this Kubernetes version; default: the newest known
    #[arg(long, value_name = "VERSION")]
    pub kubernetes_version: Option<String>,
    /// List the kinds of custom resource definitions and JSON Schemas too, as `lint --schema` finds them; repeatable
    #[arg(long, value_name = "LOCATION")]
    pub schema: Vec<String>,
    /// As text or as JSON
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: ListFormat,
}

/// How lists are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// A table.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// `--fail-on`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors.
    #[default]
    Error,
    /// Warnings and errors.
    Warning,
    /// Any finding.
    Note,
    /// Nothing; a run that cannot be trusted still ends with 2.
    Never,
}

/// `--color`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR says no or CLICOLOR_FORCE says yes.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Options of the documented interface that this release does not have: named in the error, never accepted and ignored.
const PLANNED: &[&str] = &["--baseline", "--write-baseline", "--config-from", "--fix", "--diff", "init"];

/// Arguments that cannot be followed, or a wish for help.
#[derive(Debug)]
pub struct Refusal {
    /// What clap has to say.
    pub error: clap::Error,
    /// What plimsoll adds.
    pub hint: Option<String>,
}

/// Reads the arguments of the process, its name first.
///
/// # Errors
/// Arguments that cannot be followed; also `--help` and `--version`, which are no failures.
pub fn parse(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Command, Refusal> {
    Cli::try_parse_from(arguments).map(|cli| cli.command).map_err(|mut error| {
        let hint = planned_hint(&error);
        if hint.is_some() {
            // Near names would mislead.
            for kind in [ContextKind::Suggested, ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand] {
                error.remove(kind);
            }
        }
        Refusal { error, hint }
    })
}

/// The most threads that can be asked for: each has a stack of its own, and an operating system that is asked for a million
/// of them is busy for minutes.
const MOST_THREADS: usize = 1024;

/// A number of threads.
fn threads(typed: &str) -> Result<std::num::NonZeroUsize, String> {
    let number = typed.parse().ok().filter(|number: &std::num::NonZeroUsize| number.get() <= MOST_THREADS);
    number.ok_or_else(|| format!("a whole number from 1 to {MOST_THREADS} is wanted"))
}

/// Writes the completion script of a shell.
pub fn completions(shell: Shell, out: &mut dyn std::io::Write) {
    clap_complete::generate(shell, &mut <Cli as clap::CommandFactory>::command(), "plimsoll", &mut IntoWriter(out));
}

/// clap_complete asks for a sized writer.
struct IntoWriter<'w>(&'w mut dyn std::io::Write);

impl std::io::Write for IntoWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// A hint for an argument that this release refuses although the documentation of later ones has it.
fn planned_hint(error: &clap::Error) -> Option<String> {
    let refused = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand].into_iter().find_map(|kind| match error
        .get(kind)?
    {
        ContextValue::String(word) => Some(word.split(['=', ' ']).next().unwrap_or(word).to_owned()),
        _ => None,
    })?;
    PLANNED
        .contains(&refused.as_str())
        .then(|| format!("hint: `{refused}` is planned and not part of plimsoll {}", env!("CARGO_PKG_VERSION")))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_option_of_a_later_release_is_refused_with_a_hint() {
        #![allow(clippy::unwrap_used)]
        let refused = Cli::try_parse_from(["plimsoll", "lint", "--baseline", "main"]).unwrap_err();
        assert_eq!(refused.exit_code(), 2);
        assert!(planned_hint(&refused).unwrap().contains("--baseline"));
        let said = |arguments: &[&str]| {
            let typed = ["plimsoll"].iter().chain(arguments).map(|word| std::ffi::OsString::from(*word));
            parse(typed).unwrap_err().error.to_string()
        };
        assert!(!said(&["init"]).contains("similar") && !said(&["lint", "--fix"]).contains("tip:"));
        assert!(said(&["rulse"]).contains("similar"));
        for jobs in ["0", "1025", "1000000", "two"] {
            assert!(said(&["lint", "-j", jobs]).contains("a whole number from 1 to 1024 is wanted"), "{jobs}");
        }
        let refused = Cli::try_parse_from(["plimsoll", "lint", "--sinse", "main"]).unwrap_err();
        assert_eq!(planned_hint(&refused), None);
    }
}
