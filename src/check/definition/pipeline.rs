//! What the files that run Fabrikate say: which environments they generate, and with which version.
//!
//! Bedrock's `build.sh` generates each environment of `FAB_ENVS`, a list with commas; others call `fab generate` themselves.
//! What is filled in when the pipeline runs leaves the list open, and nothing is said of what is not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::model::definition::fabrikate::{Config, Definition, Missing};
use crate::model::diagnostic::Diagnostic;
use crate::model::near::nearest;
use crate::model::rule::Severity;
use crate::model::source::{FileId, Span};

use super::rules::{MISSING_ENVIRONMENT, UNSUPPORTED_DISABLED, UNUSED_ENVIRONMENT};
use super::{Input, list};

type Pattern = LazyLock<Option<Regex>>;

/// `FAB_ENVS: prod, staging`, `export FAB_ENVS="prod"`, and a `name:` with its `value:`.
static LIST: Pattern = LazyLock::new(|| {
    Regex::new(r#"(?m)^[^#\n]*?\bFAB_ENVS\b['"]?(?:[ \t]*[:=]|[ \t]*\n[ \t]*value:)[ \t]*['"]?([^'"\n#]+)"#).ok()
});
/// `fab generate prod east`, up to what ends a command.
static CALL: Pattern = LazyLock::new(|| Regex::new(r"(?m)^[^#\n]*?\bfab[ \t]+generate\b([^\n;&|#>)`]*)").ok());
/// The version in the address of a release, in the name of an archive, or in a variable.
static VERSION: Pattern = LazyLock::new(|| {
    Regex::new(r#"(?im)^[^#\n]*?(?:fabrikate/releases/download/|\bfab-v|\bfab(?:rikate)?_version['"]?[ \t]*[:=][ \t]*['"]?)v?([0-9]+\.[0-9]+\.[0-9]+)"#)
        .ok()
});

/// Bigger files are no pipelines.
const LONGEST: usize = 1 << 20;

/// What is said about one tree.
#[derive(Default)]
struct Runs {
    /// The environments of each call, and where they are written.
    calls: Vec<(Vec<String>, Span)>,
    /// Some are filled in when the pipeline runs.
    open: bool,
    /// The version of Fabrikate.
    version: Option<(String, Span)>,
}

pub(super) fn check(input: &Input<'_>, out: &mut Vec<Diagnostic>) {
    for (at, runs) in read(input) {
        let definition = &input.plan.definitions[at];
        asked_for(input, definition, &runs, out);
        if !runs.open && !runs.calls.is_empty() {
            unused(input, definition, &runs, out);
        }
        if let Some((version, span)) = runs.version.as_ref().filter(|(version, _)| version.starts_with("0.")) {
            disabled(input, definition, version, *span, out);
        }
    }
}

/// The pipelines of every tree that is the only one below their folder: of others nobody knows which is meant.
fn read(input: &Input<'_>) -> BTreeMap<usize, Runs> {
    let mut all: BTreeMap<usize, Runs> = BTreeMap::new();
    if input.plan.definitions.is_empty() {
        return all;
    }
    for (name, file) in input.listing.iter() {
        let Some(home) = home(name) else { continue };
        let is_below = |folder: &str| home.is_empty() || folder.strip_prefix(home).is_some_and(is_path);
        let mut below = input.plan.definitions.iter().enumerate().filter(|(_, it)| is_below(&it.folder));
        let (Some((at, _)), None) = (below.next(), below.next()) else { continue };
        let Some(text) = (input.text)(file).filter(|text| text.len() < LONGEST) else { continue };
        if let Ok(text) = std::str::from_utf8(&text)
            && (text.contains("fab") || text.contains("FAB"))
        {
            read_text(file, text, all.entry(at).or_default());
        }
    }
    all
}

fn is_path(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

/// The folder that a pipeline or script runs in; `None` for other files.
fn home(name: &str) -> Option<&str> {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let is_yaml = file.ends_with(".yml") || file.ends_with(".yaml");
    for own in [".github/workflows", ".circleci", ".azure-pipelines", ".azuredevops", ".azdo"] {
        if let Some(home) = folder.strip_suffix(own).filter(|home| is_yaml && (home.is_empty() || home.ends_with('/')))
        {
            return Some(home.trim_end_matches('/'));
        }
    }
    let is_pipeline = is_yaml && (file.contains("pipeline") || matches!(file, ".gitlab-ci.yml" | ".travis.yml"));
    let is_script = file.ends_with(".sh") || matches!(file, "Makefile" | "Jenkinsfile" | "Dockerfile");
    (is_pipeline || is_script).then_some(folder)
}

fn read_text(file: FileId, text: &str, runs: &mut Runs) {
    let span = |found: regex::Match<'_>| Span::new(file, found.start() as u32, found.end() as u32);
    let groups = |pattern: &Pattern| -> Vec<Span> {
        let all = pattern.as_ref().into_iter().flat_map(|pattern| pattern.captures_iter(text));
        all.filter_map(|found| found.get(1)).map(span).collect()
    };
    let mut has_list = false;
    for place in groups(&LIST) {
        if is_open(&text[place.range()]) {
            runs.open = true;
            continue;
        }
        has_list = true;
        for one in parts(text, place) {
            let words: Vec<String> = text[one.range()].split_whitespace().map(str::to_owned).collect();
            runs.calls.extend((!words.is_empty()).then_some((words, one)));
        }
    }
    for place in groups(&CALL) {
        let call = &text[place.range()];
        if is_open(call) {
            // `fab generate $i`, in a loop over the list.
            runs.open |= !has_list;
            continue;
        }
        let words: Vec<String> =
            call.split_whitespace().filter(|word| !word.starts_with('-')).map(str::to_owned).collect();
        runs.calls.push((words, trimmed(text, place)));
    }
    for place in groups(&VERSION) {
        runs.version.get_or_insert_with(|| (text[place.range()].to_owned(), place));
    }
}

/// Filled in when the pipeline runs.
fn is_open(text: &str) -> bool {
    text.contains(['$', '{', '<', '%', '*'])
}

/// The parts of a list with commas.
fn parts(text: &str, place: Span) -> Vec<Span> {
    let mut start = place.start as usize;
    let mut parts = Vec::new();
    for part in text[place.range()].split(',') {
        let own = Span::new(place.file, start as u32, (start + part.len()) as u32);
        parts.push(trimmed(text, own));
        start += part.len() + 1;
    }
    parts
}

/// Without space at both ends.
fn trimmed(text: &str, place: Span) -> Span {
    let words = &text[place.range()];
    let skipped = words.len() - words.trim_start().len();
    let start = place.start as usize + skipped;
    Span::new(place.file, start as u32, (start + words.trim().len()) as u32)
}

/// The environments that the tree has files for.
fn known<'p>(input: &Input<'p>, definition: &Definition) -> BTreeMap<&'p str, Vec<FileId>> {
    let own = |unit: &&crate::model::definition::fabrikate::Unit| unit.file.is_some();
    let folders: BTreeSet<&str> =
        definition.units.iter().filter(own).filter_map(|unit| unit.folder.as_deref()).collect();
    let mut known: BTreeMap<&str, Vec<FileId>> = BTreeMap::new();
    for file in input.plan.configs.iter().filter(|file| folders.contains(&*file.folder)) {
        known.entry(&file.environment).or_default().push(file.file);
    }
    known
}

/// Environments that a pipeline generates, and that no file is for. Components from elsewhere may bring their own.
fn asked_for(input: &Input<'_>, definition: &Definition, runs: &Runs, out: &mut Vec<Diagnostic>) {
    if definition.units.iter().any(|unit| unit.missing == Some(Missing::Remote)) {
        return;
    }
    let known = known(input, definition);
    for (words, span) in &runs.calls {
        for word in words.iter().filter(|word| *word != "common" && !known.contains_key(word.as_str())) {
            let others = || known.keys().copied().filter(|name| *name != "common");
            let help = match nearest(word, others()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if others().next().is_none() => "there are no environments".to_owned(),
                None => format!("the environments are {}", list(others(), 6)),
            };
            let message = format!("there is no environment `{word}`");
            out.push(
                Diagnostic::new(&MISSING_ENVIRONMENT, *span, message, "")
                    .effect("Fabrikate does not mind: it is generated with `common` alone")
                    .help(help),
            );
        }
    }
}

/// Files for environments that no pipeline generates.
fn unused(input: &Input<'_>, definition: &Definition, runs: &Runs, out: &mut Vec<Diagnostic>) {
    let named: BTreeSet<&str> = runs.calls.iter().flat_map(|(words, _)| words).map(String::as_str).collect();
    let Some((_, first)) = runs.calls.first() else { return };
    for (environment, files) in known(input, definition) {
        if environment == "common" || named.contains(environment) {
            continue;
        }
        for file in files {
            let message = format!("no pipeline generates the environment `{environment}`");
            out.push(
                Diagnostic::new(&UNUSED_ENVIRONMENT, Span::top(file), message, "")
                    .see(*first, "these are generated")
                    .effect("nothing that the file says reaches a cluster")
                    .help(format!("add `{environment}` to the environments of the pipeline, or remove the file")),
            );
        }
    }
    let calls: BTreeSet<String> = runs.calls.iter().map(|(words, _)| folder_of(words)).collect();
    for environment in definition.environments.iter().filter(|it| !calls.contains(&it.name)) {
        let files = environment.generated.as_ref().map(|folder| (folder, input.listing.below(folder)));
        let Some((folder, Some((_, file)))) = files.map(|(folder, mut files)| (folder, files.next())) else { continue };
        let message = format!("no pipeline generates `{folder}`");
        let finding = Diagnostic::new(&UNUSED_ENVIRONMENT, Span::top(file), message, "")
            .see(*first, "these are generated")
            .effect("it stays as it is, whatever happens to the definition")
            .help("remove the folder, or add the environment to the pipeline");
        out.push(Diagnostic { affects: vec![environment.name.clone()], ..finding });
    }
}

/// The folder below `generated` that a call writes.
fn folder_of(words: &[String]) -> String {
    if words.is_empty() { "common".to_owned() } else { words.join("-") }
}

/// `disabled`, which versions before 1.0.0-alpha do not know.
fn disabled(input: &Input<'_>, definition: &Definition, version: &str, pin: Span, out: &mut Vec<Diagnostic>) {
    let files: BTreeSet<FileId> = known(input, definition).into_values().flatten().collect();
    for file in input.plan.configs.iter().filter(|file| files.contains(&file.file)) {
        let mut open: Vec<&Config> = vec![&file.config];
        while let Some(config) = open.pop() {
            if let Some(disabled) = config.disabled.as_ref().filter(|disabled| disabled.value) {
                let message = format!("Fabrikate {version} does not know `disabled`");
                let finding = Diagnostic::new(&UNSUPPORTED_DISABLED, disabled.key, message, "")
                    .see(pin, "the version that generates")
                    .effect("the subcomponent is generated, and deployed")
                    .help("use Fabrikate 1.0.0-alpha or later, or take the subcomponent out of the component file");
                let affects = super::config_file::affects(input.plan, file);
                out.push(Diagnostic { severity: Severity::Warning, affects, ..finding });
            }
            open.extend(config.subcomponents.iter().rev().map(|(_, child)| child));
        }
    }
}
