//! Arguments and `plimsoll.yaml` become the options of each stage. A worker never learns that flags exist.

pub mod config;
mod output;
mod parameters;
mod place;
mod refusal;
mod written;

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::{Glob, GlobMatcher, GlobSet, GlobSetBuilder};

use crate::check::aliases;
use crate::check::policy::Parameters;
use crate::cli;
use crate::discover;
use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path as Route, Segment};
use crate::model::reference::{External, Pattern};
use crate::model::rule::{Category, Rule, Severity};
use crate::model::selection::{Selection, Selector};
use crate::model::source::{FileId, Sources, Span};
use config::{Config, RuleConfig, Unchecked};

pub use output::{Destination, Output};
pub use place::Place;
pub use refusal::Refusal;

/// What ends a run before it begins, with exit code 2.
pub static RULES: &[Rule] = &[Rule::new(
    "invalid-configuration",
    Category::Policy,
    Severity::Error,
    "the arguments or the configuration cannot be followed",
    "nothing is checked, and the run ends with exit code 2",
    "correct the marked place",
)
.never_silenced()];

/// The options of each stage of `lint`.
#[derive(Debug)]
pub struct Settings {
    /// What to read.
    pub discover: discover::Options,
    /// Where the run takes place.
    pub place: Place,
    /// The configuration file, if there is one.
    pub configuration: Option<FileId>,
    /// The Kubernetes versions to check against, as typed; none for the newest known.
    pub kubernetes: Vec<String>,
    /// What is different for some of the files.
    pub overrides: Vec<Override>,
    /// Files, folders and templates of schemas.
    pub schemas: Vec<String>,
    /// Files and folders of policies.
    pub policies: Vec<PathBuf>,
    /// Files and folders of documents that policies see as `data`.
    pub data: Vec<PathBuf>,
    /// The Fabrikate environments to merge; empty for all.
    pub environments: Vec<String>,
    /// The folder of the generated manifests where it is not `generated`, by its printed name.
    pub generated: Option<String>,
    /// The revision whose findings are not reported again.
    pub since: Option<String>,
    /// Which rules speak.
    pub selection: Selection,
    /// What the configuration changes about rules of the pack.
    pub parameters: Parameters,
    /// Findings that the configuration accepts.
    pub suppress: Vec<Suppress>,
    /// Objects that are applied from elsewhere.
    pub external: Vec<External>,
    /// Whether a suppression without a reason is a warning.
    pub require_reason: bool,
    /// Whether something that could not be checked fails the run.
    pub unchecked_fails: bool,
    /// The lowest severity that fails the run; `None` for never.
    pub fail_on: Option<Severity>,
    /// What to write where.
    pub outputs: Vec<Output>,
    /// Worker threads; `None` for the cores at hand.
    pub jobs: Option<usize>,
    /// Whether to colour what goes to standard output.
    pub color: bool,
    /// How much to say.
    pub verbosity: Verbosity,
    /// Whether to count findings by rule.
    pub statistics: bool,
    /// Whether a GitHub runner reads what goes to standard output.
    pub github_log: bool,
    /// The folder that annotations of GitHub are relative to.
    pub workspace: PathBuf,
}

/// How much to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Findings only.
    Quiet,
    /// Findings and a summary.
    Normal,
    /// How places were found, too.
    Verbose,
}

/// One entry of `environments:`, its glob compiled.
#[derive(Debug)]
pub struct Override {
    /// The files.
    path: GlobMatcher,
    /// The Kubernetes versions, as typed; none for those of all files.
    pub kubernetes: Vec<String>,
    /// The lowest severity that fails the run, `Some(None)` for never; `None` for that of all files.
    pub fail_on: Option<Option<Severity>>,
}

impl Override {
    /// Whether the entry is about a file, by its printed name.
    #[must_use]
    pub fn covers(&self, name: &str, place: &Place) -> bool {
        self.path.is_match(place.from_base(name))
    }
}

/// One entry of `suppress:`, its glob compiled.
#[derive(Debug)]
pub struct Suppress {
    /// As written.
    pub entry: config::Suppress,
    /// The rules it names: one, or those that take the place of a check of another tool.
    pub rules: Vec<String>,
    /// Where it is written.
    pub span: Span,
    /// Its `path`.
    pub path: Option<GlobMatcher>,
}

impl Suppress {
    /// Whether the entry covers a finding: the rule, and all parts that are given.
    #[must_use]
    pub fn covers(&self, finding: &Diagnostic, sources: &Sources, place: &Place) -> bool {
        let entry = &self.entry;
        let is =
            |wanted: &Option<String>, found: Option<&str>| wanted.as_deref().is_none_or(|wanted| Some(wanted) == found);
        let object = finding.resource.as_deref();
        self.rules.iter().any(|rule| *rule == finding.rule)
            && is(&entry.kind, object.map(|object| object.kind.as_str()))
            && is(&entry.namespace, object.and_then(|object| object.namespace.as_deref()))
            && is(&entry.name, object.and_then(|object| object.name.as_deref()))
            && self.path.as_ref().is_none_or(|path| {
                let causes = finding.labels.iter().filter(|label| label.cause).map(|label| label.span.file);
                let mut files = causes.chain([finding.primary.span.file]);
                files.any(|file| path.is_match(place.from_base(sources.name(file))))
            })
    }
}

/// Makes the settings of `lint` from its arguments, the configuration file and the environment.
///
/// # Errors
/// A configuration that cannot be read or followed, or arguments that contradict themselves.
pub fn resolve(arguments: cli::Lint, sources: &mut Sources) -> Result<Settings, Refusal> {
    let mut place = Place::find()?;
    let loaded = match (&arguments.config, arguments.no_config) {
        (_, true) => None,
        (Some(file), false) => Some(load_config(file, &mut place, sources)?),
        (None, false) => match place.configuration(&arguments.paths) {
            Some(file) => Some(load_config(&file, &mut place, sources)?),
            None => None,
        },
    };
    let (config, file) = loaded.unwrap_or_default();
    settings(arguments, config, file, place, sources).map_err(|refusal| refusal.in_configuration(file, sources))
}

/// Puts together what was typed and what is configured, in `file`.
fn settings(
    arguments: cli::Lint,
    mut config: Config,
    file: Option<FileId>,
    place: Place,
    sources: &Sources,
) -> Result<Settings, Refusal> {
    let rules = std::mem::take(&mut config.rules);
    let parameters = parameters::checked(&rules, sources, file)?;
    config.rules = with_own_ids(rules);
    let selection = selection(&arguments, &config);
    let outputs = output::resolve(&arguments.output)?;
    Ok(Settings {
        discover: discover_options(&arguments, &config, &place)?,
        overrides: overrides(&config.environments, arguments.kubernetes_version.is_empty())?,
        kubernetes: if arguments.kubernetes_version.is_empty() {
            config.kubernetes
        } else {
            arguments.kubernetes_version
        },
        schemas: schemas(arguments.schema, &config.schemas, &place),
        policies: arguments
            .policy
            .into_iter()
            .chain(config.policies.iter().map(|path| place.base.join(path)))
            .collect(),
        data: arguments.data.into_iter().chain(config.data.iter().map(|path| place.base.join(path))).collect(),
        environments: arguments.environment,
        generated: arguments.generated.map(|folder| place.name_of(&folder)),
        since: arguments.since,
        selection,
        parameters,
        suppress: suppressions(config.suppress, sources, file)?,
        external: externals(config.external)?,
        require_reason: config.require_reason,
        unchecked_fails: config.unchecked == Unchecked::Error,
        fail_on: match arguments.fail_on {
            cli::FailOn::Error => Some(Severity::Error),
            cli::FailOn::Warning => Some(Severity::Warning),
            cli::FailOn::Note => Some(Severity::Note),
            cli::FailOn::Never => None,
        },
        outputs,
        jobs: arguments.jobs.map(std::num::NonZeroUsize::get),
        color: color(arguments.color),
        verbosity: match (arguments.quiet, arguments.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        },
        statistics: arguments.statistics,
        github_log: output::is_github_log(),
        workspace: output::workspace().unwrap_or_else(|| place.root.clone()),
        configuration: file,
        place,
    })
}

fn load_config(file: &Path, place: &mut Place, sources: &mut Sources) -> Result<(Config, Option<FileId>), Refusal> {
    if let Some(folder) = file.canonicalize().ok().as_deref().and_then(Path::parent) {
        place.base = folder.to_path_buf();
    }
    let text = std::fs::read_to_string(file).map_err(|error| {
        let message = format!("the configuration `{}` cannot be read: {error}", file.display());
        Refusal::argument(message, None).typed(&file.to_string_lossy(), &["--config"])
    })?;
    let id = sources.add_text(place.name_of(file), text.clone().into_bytes());
    config::parse(&text).map(|config| (config, Some(id))).map_err(|broken| {
        let end = text[broken.offset..].find([':', '\n', ' ', ',', '}']).map_or(text.len(), |end| broken.offset + end);
        let span = Span::new(id, broken.offset as u32, end as u32);
        let mut diagnostic = Diagnostic::new(&RULES[0], span, broken.message, "");
        diagnostic.help = broken.help;
        Refusal::new(vec![diagnostic], sources)
    })
}

/// The locations of `--schema`, and those of the configuration as seen from its folder.
fn schemas(typed: Vec<String>, configured: &[String], place: &Place) -> Vec<String> {
    let from_base = |location: &String| match location.contains("://") {
        true => location.clone(),
        false => place.base.join(location).to_string_lossy().into_owned(),
    };
    typed.into_iter().chain(configured.iter().map(from_base)).collect()
}

/// The entries of `environments:`. Versions that were typed hold for every file.
fn overrides(entries: &[config::Environment], with_versions: bool) -> Result<Vec<Override>, Refusal> {
    let compiled = |entry: &config::Environment| {
        Ok(Override {
            path: glob(&entry.path, &["environments"])?.compile_matcher(),
            kubernetes: if with_versions { entry.kubernetes.clone() } else { Vec::new() },
            fail_on: entry.fail_on.map(Into::into),
        })
    };
    entries.iter().map(compiled).collect()
}

fn discover_options(arguments: &cli::Lint, config: &Config, place: &Place) -> Result<discover::Options, Refusal> {
    let mut paths = arguments.paths.clone();
    paths.extend(arguments.generated.clone());
    let stdin = if paths.iter().any(|path| path.as_os_str() == "-") {
        let mut text = Vec::new();
        std::io::stdin()
            .read_to_end(&mut text)
            .map_err(|error| Refusal::argument(format!("standard input cannot be read: {error}"), None))?;
        Some((arguments.stdin_filename.clone().unwrap_or_else(|| "<stdin>".to_owned()), text))
    } else {
        None
    };
    Ok(discover::Options {
        paths,
        working_directory: place.working_directory.clone(),
        from_root: false,
        root: place.root.clone(),
        base: place.base.clone(),
        exclude: globs(&config.exclude)?,
        stdin,
    })
}

fn globs(patterns: &[String]) -> Result<GlobSet, Refusal> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(glob(pattern, &["exclude"])?);
    }
    set.build().map_err(|error| Refusal::argument(format!("`exclude` cannot be followed: {error}"), None))
}

/// The glob that is written below these keys of the configuration.
fn glob(pattern: &str, keys: &'static [&'static str]) -> Result<Glob, Refusal> {
    globset::GlobBuilder::new(pattern.trim_end_matches('/')).literal_separator(true).build().map_err(|error| {
        Refusal::argument(format!("`{pattern}` is no glob: {}", error.kind()), None).configured(pattern, keys)
    })
}

fn selection(arguments: &cli::Lint, config: &Config) -> Selection {
    let parse = |words: &[String]| words.iter().flat_map(|word| selectors(word)).collect::<Vec<_>>();
    let mut select = parse(if arguments.select.is_empty() { &config.select } else { &arguments.select });
    let extended = parse(&[config.extend_select.as_slice(), arguments.extend_select.as_slice()].concat());
    if !extended.is_empty() && select.is_empty() {
        select.push(Selector::Default);
    }
    select.extend(extended);
    Selection {
        select,
        ignore: parse(&[config.ignore.as_slice(), arguments.ignore.as_slice()].concat()),
        severities: config.rules.iter().filter_map(|(id, rule)| Some((id.clone(), rule.severity?.into()))).collect(),
    }
}

/// What a word selects; the id of a check of another tool selects the rules that take its place.
fn selectors(word: &str) -> Vec<Selector> {
    match Selector::parse(word) {
        Selector::Rule(id) => ids(&id).into_iter().map(Selector::Rule).collect(),
        selector => vec![selector],
    }
}

/// The rules that an id stands for: its own, or those that take the place of a check of another tool.
fn ids(id: &str) -> Vec<String> {
    match aliases::resolve(id) {
        rules if rules.is_empty() => vec![id.to_owned()],
        rules => rules.into_iter().map(str::to_owned).collect(),
    }
}

/// The settings of rules by our own ids.
fn with_own_ids(rules: BTreeMap<String, RuleConfig>) -> BTreeMap<String, RuleConfig> {
    rules.into_iter().flat_map(|(id, rule)| ids(&id).into_iter().map(move |id| (id, rule.clone()))).collect()
}

fn suppressions(
    entries: Vec<config::Suppress>,
    sources: &Sources,
    file: Option<FileId>,
) -> Result<Vec<Suppress>, Refusal> {
    let compiled = |(at, entry): (usize, config::Suppress)| {
        let rule = Route([Segment::from("suppress"), Segment::Index(at), Segment::from("rule")].into());
        let span = file.map_or(Span::top(FileId(0)), |file| written::place(sources, file, &rule, false));
        let path =
            entry.path.as_deref().map(|path| glob(path, &["suppress"])).transpose()?.map(|glob| glob.compile_matcher());
        Ok(Suppress { rules: ids(&entry.rule), entry, span, path })
    };
    entries.into_iter().enumerate().map(compiled).collect()
}

/// The entries of `external:`, their globs compiled.
fn externals(entries: Vec<config::External>) -> Result<Vec<External>, Refusal> {
    let pattern = |written: Option<String>| -> Result<Option<Pattern>, Refusal> {
        let matcher =
            written.map(|written| glob(&written, &["external"])).transpose()?.map(|glob| glob.compile_matcher());
        Ok(matcher.map(|matcher| Arc::new(move |text: &str| matcher.is_match(text)) as Pattern))
    };
    let compiled = |entry: config::External| {
        let (name, namespace) = (pattern(entry.name)?, pattern(entry.namespace)?);
        let labels = entry.labels.map(|labels| labels.into_iter().collect());
        Ok(External { kind: entry.kind, namespace, name, labels })
    };
    entries.into_iter().map(compiled).collect()
}

/// Colours as <https://bixense.com/clicolors> and <https://no-color.org> have it.
fn color(when: cli::Color) -> bool {
    let value = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    match when {
        cli::Color::Always => true,
        cli::Color::Never => false,
        // Any value says no, `0` as well.
        cli::Color::Auto if value("NO_COLOR").is_some() => false,
        cli::Color::Auto => {
            value("CLICOLOR_FORCE").is_some_and(|value| value != "0") || std::io::stdout().is_terminal()
        }
    }
}
