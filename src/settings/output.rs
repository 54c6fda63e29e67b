//! `-o FORMAT[=FILE]`, and what is written when nobody says.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::Refusal;
use crate::report::Format;

/// One output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What is written.
    pub format: Format,
    /// Where to.
    pub destination: Destination,
}

/// Where an output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Standard,
    /// A file, replaced when the output is complete.
    File(PathBuf),
}

/// Formats of the documented interface that this release does not have.
const PLANNED: &[&str] =
    &["gitlab", "azure", "bitbucket", "junit", "checkstyle", "rdjson", "teamcity", "tap", "markdown"];

/// What the words are typed behind.
const OPTIONS: [&str; 2] = ["--output", "-o"];

/// Reads the words of `-o`. Without any it is text, and on GitHub Actions annotations beside it.
pub(super) fn resolve(words: &[String]) -> Result<Vec<Output>, Refusal> {
    if words.is_empty() {
        let mut formats = vec![Format::Text];
        if is_github_log() {
            formats.push(Format::Github);
        }
        return Ok(formats.into_iter().map(|format| Output { format, destination: Destination::Standard }).collect());
    }
    let outputs = words.iter().map(|word| parse(word)).collect::<Result<Vec<_>, _>>()?;
    let mut standard = outputs.iter().zip(words).filter(|(output, _)| output.destination == Destination::Standard);
    if let Some((_, second)) = standard.nth(1) {
        let help = "give all but one a file: `--output sarif=plimsoll.sarif`".to_owned();
        let message = format!("`{second}` cannot go to standard output as well");
        return Err(Refusal::argument(message, Some(help)).typed(second, &OPTIONS));
    }
    let mut files = HashSet::new();
    for (output, word) in outputs.iter().zip(words) {
        if let Destination::File(path) = &output.destination
            && let Some(file) = replaced(path)
            && !files.insert(file)
        {
            let message = format!("`{word}` would take the place of another output in the same file");
            let help = "give every output a file of its own".to_owned();
            return Err(Refusal::argument(message, Some(help)).typed(word, &OPTIONS));
        }
    }
    Ok(outputs)
}

/// The file that an output replaces, links resolved; nothing if there is a pipe or a device, which takes any number of them.
fn replaced(path: &Path) -> Option<PathBuf> {
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        return None;
    }
    if let Ok(resolved) = path.canonicalize() {
        return Some(resolved);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(folder.canonicalize().ok()?.join(path.file_name()?))
}

/// Whether a GitHub runner reads the log, and carries out commands that it finds in it.
pub(super) fn is_github_log() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// The folder in which a GitHub runner works, links resolved.
pub(super) fn workspace() -> Option<PathBuf> {
    PathBuf::from(std::env::var_os("GITHUB_WORKSPACE")?).canonicalize().ok()
}

fn parse(word: &str) -> Result<Output, Refusal> {
    let (name, file) = word.split_once('=').map_or((word, None), |(name, file)| (name, Some(file)));
    let Some(format) = format_of(name) else {
        let help = if PLANNED.contains(&name) {
            format!("`{name}` is planned and not part of plimsoll {}", env!("CARGO_PKG_VERSION"))
        } else {
            "the formats are `text`, `json`, `github` and `sarif`".to_owned()
        };
        return Err(Refusal::argument(format!("there is no output format `{name}`"), Some(help)).typed(name, &OPTIONS));
    };
    let destination = match file {
        None | Some("-") => Destination::Standard,
        Some("") => return Err(Refusal::argument(format!("`{word}` names no file"), None).typed(word, &OPTIONS)),
        Some(file) => Destination::File(file.into()),
    };
    Ok(Output { format, destination })
}

fn format_of(name: &str) -> Option<Format> {
    match name {
        "text" => Some(Format::Text),
        "json" => Some(Format::Json),
        "github" => Some(Format::Github),
        "sarif" => Some(Format::Sarif),
        _ => None,
    }
}
