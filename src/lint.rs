//! `plimsoll lint`: the stages in their order.

mod list;
mod since;

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::path::Path;

use crate::check::policy::Policies;
use crate::check::reference;
use crate::check::schema::{DEEP, STACK, Schemas};
use crate::check::versions::Targets;
use crate::check::{Rules, api, policy::POLICY_ERROR};
use crate::cli;
use crate::discover::{self, Inputs, Revision, SchemaFiles, Unreadable};
use crate::examine::{self, Kept, Other, Then, examine_beside};
use crate::explain;
use crate::model::diagnostic::Diagnostic;
use crate::model::near::nearest;
use crate::model::report::{Examined, NotChecked, Report};
use crate::model::rule::{CUSTOM, Category, PROFILES, Rule, SilencedBy};
use crate::model::selection::Selector;
use crate::model::source::{FileId, Sources};
use crate::report::{self, Exception, Format, Review, Style};
use crate::settings::{self, Destination, Override, Refusal, Settings, Suppress, Verbosity};

/// Checks what the arguments name. Returns the exit code.
///
/// # Errors
/// The output cannot be written.
pub fn lint(arguments: cli::Lint, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let mut sources = Sources::default();
    let settings = match settings::resolve(arguments, &mut sources) {
        Ok(settings) => settings,
        Err(refusal) => return refusal.write(err),
    };
    let outcome = in_pool(settings.jobs, || {
        let file = settings.configuration;
        match prepare(settings, &mut sources) {
            Ok(prepared) => Ok(prepared.examine(sources)),
            Err(refusal) => Err(refusal.in_configuration(file, &sources)),
        }
    });
    let Outcome { settings, rules, inputs, alone, then, mut examined } = match outcome {
        Ok(outcome) => outcome,
        Err(refusal) => return refusal.write(err),
    };
    let skipped = inputs
        .skipped
        .iter()
        .map(|(name, why)| NotChecked { message: format!("{}: {why}", inputs.told(name)), span: None });
    examined.not_checked.extend(skipped);
    let empty = empty_folder(&inputs, &settings, &examined);
    let assemble = |examined, review: Option<&Review<'_>>| {
        let with = |examined, options: &report::Options<'_>| report::assemble_new(examined, options, review);
        reporting(examined, &inputs, &rules, &settings, with)
    };
    examined.not_checked.extend(alone);
    let report = match then {
        Some((then, unknown)) => {
            examined.not_checked.extend(unknown);
            then.review(|review| assemble(examined, Some(&review)))
        }
        None => assemble(examined, None),
    };
    write(&report, &settings, out)?;
    if let Some(folder) = empty {
        let help = "YAML and JSON files are read below the folders that are named, unless `.gitignore` or `exclude` leaves them out";
        let folder = report::sanitise::clean(&folder);
        writeln!(err, "error: no manifest and no definition was found in `{folder}`\nhelp: {help}")?;
        return Ok(2);
    }
    if settings.discover.stdin.is_some() && report.summary.documents == 0 {
        writeln!(err, "warning: standard input is empty: nothing was checked")?;
    }
    Ok(exit_code(&report, &settings))
}

/// The first of the named folders in which nothing was found, not even something broken.
fn empty_folder(inputs: &Inputs, settings: &Settings, examined: &Examined) -> Option<String> {
    let is_generated = |folder: &str| settings.generated.as_deref().is_some_and(|own| inputs.listed(own) == folder);
    let mut folders = inputs.folders.iter().filter(|folder| !is_generated(folder)).peekable();
    folders.peek()?;
    let mut holding: HashSet<FileId> = examined.holding.iter().copied().collect();
    holding.extend(examined.findings.iter().map(|finding| finding.primary.span.file));
    let is_empty = |folder: &&String| !inputs.listing.below(folder).any(|(_, file)| holding.contains(&file));
    folders.find(is_empty).map(|folder| inputs.told(folder).into_owned())
}

/// What a run needs to begin.
struct Prepared {
    settings: Settings,
    rules: Rules,
    schemas: SchemaFiles,
    inputs: Inputs,
    /// The files of the revision that is compared with, and their names and texts.
    before: Option<(Revision, Sources)>,
    /// Why nothing is compared although that was asked for.
    alone: Option<NotChecked>,
}

/// What a run has come to, and what its report is made with.
struct Outcome {
    settings: Settings,
    rules: Rules,
    inputs: Inputs,
    alone: Option<NotChecked>,
    /// The tree before the change, and what could not be had of it.
    then: Option<(since::Then, Vec<NotChecked>)>,
    examined: Examined,
}

impl Prepared {
    /// Examines the tree, and the one it is compared with.
    fn examine(self, sources: Sources) -> Outcome {
        let Prepared { settings, rules, schemas, inputs, before, alone } = self;
        let then = before.map(|(listed, sources)| since::examine(listed, &rules, &settings, &schemas, sources));
        let other = then.as_ref().map_or(Other::None, |(then, _)| {
            let tree = Then { files: then.files(), definitions: &then.definitions };
            Other::Earlier(&then.past, tree)
        });
        let (examined, _) = examined_with(other, &inputs, &rules, &settings, &schemas, sources);
        Outcome { settings, rules, inputs, alone, then, examined }
    }
}

/// Compiles the policies, reads the schemas and lists the files.
fn prepare(settings: Settings, sources: &mut Sources) -> Result<Prepared, Refusal> {
    let rules = load_rules(&settings, sources)?;
    let directory = &settings.place.working_directory;
    let schemas = discover::schemas(&settings.schemas, directory, sources).map_err(|error| unreadable(&error))?;
    // The ids of what both sides of a comparison use are the same on both.
    let mut then = settings.since.as_ref().map(|_| sources.clone()).unwrap_or_default();
    let inputs = list::files(&settings.discover, sources).map_err(|error| unreadable(&error))?;
    let (before, alone) = match &settings.since {
        None => (None, None),
        Some(revision) => match since::list(revision, &settings, &inputs, &mut then)? {
            Ok(listed) => (Some((listed, then)), None),
            Err(why) => (None, Some(why)),
        },
    };
    Ok(Prepared { settings, rules, schemas, inputs, before, alone })
}

/// Examines one tree of files.
fn examined_with(
    other: Other<'_>,
    inputs: &Inputs,
    rules: &Rules,
    settings: &Settings,
    schemas: &SchemaFiles,
    sources: Sources,
) -> (Examined, Kept) {
    let options = examine::Options {
        environments: settings.environments.clone(),
        generated: settings.generated.as_deref().map(|folder| inputs.listed(folder).into_owned()),
        schemas: schemas.clone(),
        targets: targets(inputs, settings, &sources),
    };
    let (mut examined, kept) = examine_beside(other, inputs, rules, &options, sources);
    if !inputs.here.is_empty() {
        examined.sources.rename(inputs.first, |name| inputs.told(name).into_owned());
    }
    (examined, kept)
}

/// The kinds at the locations of `--schema`: API version, kind and file; and the templates among the locations.
///
/// # Errors
/// A location that cannot be followed.
pub fn elsewhere(locations: &[String]) -> Result<(Vec<[String; 3]>, Vec<String>), Refusal> {
    let mut sources = Sources::default();
    let directory = std::env::current_dir().unwrap_or_default();
    let schemas = discover::schemas(locations, &directory, &mut sources).map_err(|error| unreadable(&error))?;
    let described = examine::described(&schemas, &sources);
    let rows = described.into_iter().map(|row| [row.api_version, row.kind, row.source]).collect();
    Ok((rows, schemas.templates))
}

/// Chooses the schemas and compiles the policies.
fn load_rules(settings: &Settings, sources: &mut Sources) -> Result<Rules, Refusal> {
    let default = Targets::parse(&settings.kubernetes).map_err(unknown_version)?;
    let mut targets = vec![default.clone()];
    for entry in &settings.overrides {
        targets.push(match entry.kubernetes.as_slice() {
            [] => default.clone(),
            typed => Targets::parse(typed).map_err(unknown_version)?,
        });
    }
    let files = discover::policies(&settings.policies, &settings.data, &settings.place.working_directory, sources)
        .map_err(|error| unreadable(&error))?;
    let wanted = |rule: &Rule| settings.selection.level(rule).is_some();
    let read = examine::read_policies(&files);
    let (mut policies, problems) = match read.problems.is_empty() {
        true => Policies::load_all(&wanted, &read.given()),
        false => (Policies::default(), read.problems),
    };
    if !problems.is_empty() {
        return Err(Refusal::new(problems, sources));
    }
    policies.configure(settings.parameters.clone());
    policies.aim(targets.iter().flat_map(Targets::ends));
    let api = api::RULES.iter().chain(api::update::RULES).any(wanted);
    let definitions = explain::rules_in_rust().any(|rule| rule.category == Category::Definition && wanted(rule));
    let references = reference::Asked::of(wanted, settings.external.clone());
    let rules = Rules { targets, api, definitions, references, policies };
    check_selectors(settings, &rules)?;
    Ok(rules)
}

/// A selector that selects nothing is a mistyped one.
fn check_selectors(settings: &Settings, rules: &Rules) -> Result<(), Refusal> {
    let known = all_rules(rules);
    let is_known = |id: &str| {
        // It may be the name of a policy among the objects, which are not read yet.
        let own = known.iter().map(|rule| &*rule.id).filter(|id| id.starts_with(CUSTOM));
        known.iter().any(|rule| rule.id == *id) || (id.starts_with(CUSTOM) && nearest(id, own).is_none())
    };
    let help = |near: Option<&str>| match near {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None => Some("`plimsoll rules` lists all".to_owned()),
    };
    let selection = &settings.selection;
    let named = selection.select.iter().chain(&selection.ignore).filter_map(|selector| match selector {
        Selector::Rule(id) => Some(id),
        _ => None,
    });
    if let Some(id) = named.into_iter().find(|id| !is_known(id)) {
        let profiles = PROFILES.iter().map(|(name, _)| *name);
        let words = Category::ALL.map(Category::as_str).into_iter().chain(profiles).chain(["all", "default"]);
        let near = nearest(id, known.iter().map(|rule| &*rule.id).chain(words));
        let refusal = Refusal::argument(format!("there is no rule, category or profile `{id}`"), help(near));
        let refusal = refusal.typed(id, &["--select", "--extend-select", "--ignore"]);
        return Err(refusal.configured(id, &["select", "extend_select", "ignore"]));
    }
    let set = selection.severities.keys().map(|id| (id, "rules"));
    let suppressed = settings.suppress.iter().flat_map(|entry| &entry.rules).map(|id| (id, "suppress"));
    if let Some((id, key)) = set.chain(suppressed).find(|(id, _)| !is_known(id)) {
        let refusal = match Selector::parse(id) {
            Selector::Rule(_) => {
                let near = nearest(id, known.iter().map(|rule| &*rule.id));
                Refusal::argument(format!("there is no rule `{id}`"), help(near))
            }
            _ => Refusal::argument(
                format!("`{id}` is no rule but stands for several, and `{key}` takes one"),
                Some("name one of its rules; `plimsoll rules` lists all".to_owned()),
            ),
        };
        return Err(match key {
            "rules" => refusal.configured(id, &["rules"]),
            _ => refusal.configured(id, &["suppress"]),
        });
    }
    Ok(())
}

/// The rules of this run, the user's own included.
fn all_rules(rules: &Rules) -> Vec<Rule> {
    let mut all = explain::rules();
    for rule in rules.policies.rules() {
        if !all.iter().any(|known| known.id == rule.id) {
            all.push(rule);
        }
    }
    all
}

/// The entry of `environments:` that a file has to follow, counted from 1: the last that is about it.
fn targets(inputs: &Inputs, settings: &Settings, sources: &Sources) -> HashMap<FileId, usize> {
    if settings.overrides.is_empty() {
        return HashMap::new();
    }
    let says = |entry: &Override| !entry.kubernetes.is_empty();
    let of = |file: FileId| Some((file, override_of(settings, &inputs.told(sources.name(file)), says)? + 1));
    inputs.to_read().filter_map(|(_, file)| of(file)).collect()
}

/// The last entry of `environments:` about a file that says something about the matter.
fn override_of(settings: &Settings, name: &str, says: impl Fn(&Override) -> bool) -> Option<usize> {
    settings.overrides.iter().rposition(|entry| says(entry) && entry.covers(name, &settings.place))
}

/// Runs something with so many threads, by default those that the cores at hand allow. Their stacks are big enough for
/// expressions in CEL, so that these need no threads of their own; memory that is not touched costs nothing.
fn in_pool<R: Send>(jobs: Option<usize>, work: impl FnOnce() -> R + Send) -> R {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(jobs.unwrap_or(0)).stack_size(STACK);
    match builder.thread_name(|at| format!("{DEEP}{at}")).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

/// Calls `work` with what was found and with what the settings say about a report.
fn reporting<R>(
    mut examined: Examined,
    inputs: &Inputs,
    rules: &Rules,
    settings: &Settings,
    work: impl FnOnce(Examined, &report::Options<'_>) -> R,
) -> R {
    examined.findings.extend(rules.policies.warnings().iter().cloned());
    if settings.verbosity < Verbosity::Verbose {
        examined.findings.iter_mut().for_each(|finding| finding.notes.retain(|note| !note.starts_with("place: ")));
    }
    let all = all_rules(rules);
    let level = |finding: &Diagnostic| match all.iter().find(|rule| rule.id == finding.rule) {
        Some(rule) if rule.silenced_by == SilencedBy::Nothing => Some(finding.severity),
        Some(rule) => settings.selection.level(&Rule { severity: finding.severity, ..rule.clone() }),
        // A policy that was found among the objects.
        None => {
            let rule = Rule::new("", finding.category, finding.severity, "", "", "");
            settings.selection.level(&Rule { id: finding.rule.clone(), ..rule })
        }
    };
    let exception = |suppress: &Suppress| Exception {
        rule: suppress.rules[0].clone(),
        span: suppress.span,
        reason: suppress.entry.reason.clone(),
        // Of a run over single files nobody can say that an entry for the whole repository is unused.
        judged: !inputs.folders.is_empty(),
    };
    let exceptions: Vec<Exception> = settings.suppress.iter().map(exception).collect();
    let covers = |finding: &Diagnostic, sources: &Sources| {
        settings.suppress.iter().position(|suppress| suppress.covers(finding, sources, &settings.place))
    };
    let kubernetes = rules.targets[0].to_string();
    let options = report::Options {
        rules: &all,
        level: &level,
        exceptions: &exceptions,
        excepted: &covers,
        require_reason: settings.require_reason,
        kubernetes: &kubernetes,
    };
    work(examined, &options)
}

fn write(report: &Report, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    let style = Style {
        color: settings.color,
        quiet: settings.verbosity == Verbosity::Quiet,
        verbose: settings.verbosity == Verbosity::Verbose,
        statistics: settings.statistics,
        stop_commands: settings.github_log.then(report::resume_word),
        workspace: settings.place.base(&settings.workspace),
        repository: settings.place.base(&settings.place.root),
    };
    for output in &settings.outputs {
        match &output.destination {
            Destination::Standard => report::write(report, output.format, &style, out)?,
            Destination::File(path) => {
                let style = Style { color: false, stop_commands: None, ..style.clone() };
                let named = |error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", path.display()));
                write_file(report, output.format, &style, path).map_err(named)?;
            }
        }
    }
    Ok(())
}

/// Writes beside the target and renames, so that nobody reads half a file. What is there and is no plain file (a pipe, a
/// device, a link) is written into: a rename would put a file in the place of `/dev/null`.
fn write_file(report: &Report, format: Format, style: &Style, path: &Path) -> io::Result<()> {
    if std::fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        let mut there = io::BufWriter::new(std::fs::OpenOptions::new().write(true).truncate(true).open(path)?);
        report::write(report, format, style, &mut there)?;
        return there.flush();
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let mut file = io::BufWriter::new(std::fs::File::create(&beside)?);
    report::write(report, format, style, &mut file)?;
    file.into_inner()?.sync_all()?;
    std::fs::rename(&beside, path)
}

fn exit_code(report: &Report, settings: &Settings) -> u8 {
    let failed = |rule: &str| report.diagnostics.iter().any(|finding| finding.rule == rule);
    if failed(&POLICY_ERROR.id) || (settings.unchecked_fails && !report.not_checked.is_empty()) {
        return 2;
    }
    let fail_on = |finding: &Diagnostic| {
        let causes = finding.labels.iter().filter(|label| label.cause).map(|label| label.span.file);
        let mut names = causes.chain([finding.primary.span.file]).map(|file| report.sources.name(file));
        let entry = names.find_map(|name| override_of(settings, name, |entry| entry.fail_on.is_some()));
        entry.and_then(|at| settings.overrides[at].fail_on).unwrap_or(settings.fail_on)
    };
    u8::from(report.fails(fail_on))
}

fn unreadable(error: &Unreadable) -> Refusal {
    let path = error.path.to_string_lossy();
    let refusal = Refusal::argument(format!("`{path}` cannot be read: {}", error.why), None);
    refusal.typed(&path, &[]).configured(&path, &["policies", "data", "schemas"])
}

fn unknown_version(typed: &str) -> Refusal {
    let placed = |refusal: Refusal| {
        refusal.typed(typed, &["--kubernetes-version"]).configured(typed, &["kubernetes", "environments"])
    };
    let known = Schemas::versions();
    if let Some((first, last)) = typed.split_once("..")
        && let [Some(from), Some(to)] = [first, last].map(|end| known.iter().position(|known| known.to_string() == end))
        && from > to
    {
        let help = Some(format!("did you mean `{last}..{first}`?"));
        return placed(Refusal::argument(format!("the range `{typed}` ends before it begins"), help));
    }
    let help = match (known.first(), known.last()) {
        (Some(first), Some(last)) => Some(format!("known are {first} to {last}, and ranges such as `{first}..{last}`")),
        _ => None,
    };
    placed(Refusal::argument(format!("there are no schemas of Kubernetes `{typed}`"), help))
}
