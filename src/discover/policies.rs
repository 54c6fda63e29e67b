//! The files below the paths of `--policy`, `--data` and of the configuration.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{Beside, Unreadable, is_manifest_name, printed_name};
use crate::model::source::{FileId, Sources};

/// A policy file, read.
#[derive(Debug, Clone)]
pub struct PolicyFile {
    /// Its id among the sources, where its text is kept for frames.
    pub file: FileId,
    /// Its printed name.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// What there is below the paths of policies and data.
#[derive(Debug, Clone, Default)]
pub struct PolicyFiles {
    /// Rego, in order of name.
    pub rego: Vec<PolicyFile>,
    /// YAML and JSON that may hold policies, in order of name.
    pub manifests: Vec<PolicyFile>,
    /// YAML and JSON with data, each below the keys that its folders are.
    pub data: Vec<(Vec<String>, PolicyFile)>,
    /// What policies may ask for by path.
    pub beside: Option<Beside>,
}

/// Reads every Rego, YAML and JSON file below the given files and folders. Below a folder of policies a file `data.yaml`
/// or `data.json` is data, as in the bundles of OPA; below one of data, and named there, every file is.
///
/// # Errors
/// A path that is not there, holds nothing of use, or cannot be read.
pub fn policies(
    paths: &[PathBuf],
    data: &[PathBuf],
    working_directory: &Path,
    sources: &mut Sources,
) -> Result<PolicyFiles, Unreadable> {
    let mut found = PolicyFiles { beside: Some(Beside::new(working_directory)), ..PolicyFiles::default() };
    let mut seen: HashSet<PathBuf> = HashSet::new();
    for path in paths {
        let files: Vec<_> = below(path)?.into_iter().filter(|file| is_rego(file) || is_manifest(file)).collect();
        if files.is_empty() {
            return Err(Unreadable { path: path.clone(), why: "it holds no policy".into() });
        }
        for file in files {
            if seen.contains(&file) {
                continue;
            }
            let Some(read) = readable(&file, working_directory, sources)? else { continue };
            match () {
                () if is_rego(&file) => found.rego.push(read),
                () if file.file_stem().is_some_and(|stem| stem == "data") => found.data.push((keys(path, &file), read)),
                () => found.manifests.push(read),
            }
            seen.insert(file);
        }
    }
    found.rego.sort_by(|a, b| a.name.cmp(&b.name));
    found.manifests.sort_by(|a, b| a.name.cmp(&b.name));
    for path in data {
        let (prefix, path) = prefixed(path);
        let files: Vec<_> = below(&path)?.into_iter().filter(|file| is_manifest(file) || *file == path).collect();
        if files.is_empty() {
            return Err(Unreadable { path, why: "it holds no YAML or JSON file".into() });
        }
        for file in files {
            let keys = prefix.iter().cloned().chain(keys(&path, &file)).collect();
            found.data.push((keys, policy_file(&file, working_directory, sources)?));
        }
    }
    Ok(found)
}

fn is_rego(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "rego")
}

fn is_manifest(path: &Path) -> bool {
    path.file_name().is_some_and(|name| is_manifest_name(&name.to_string_lossy()))
}

/// `servers.prod:hosts.yaml` puts the document below `data.servers.prod` (OPA, `loader.SplitPrefix`).
fn prefixed(path: &Path) -> (Vec<String>, PathBuf) {
    match path.to_str().and_then(|text| text.split_once(':')) {
        Some((prefix, rest)) if !path.exists() && !prefix.contains(['/', '\\']) => {
            (prefix.split('.').map(str::to_owned).collect(), PathBuf::from(rest))
        }
        _ => (Vec::new(), path.to_path_buf()),
    }
}

fn below(path: &Path) -> Result<Vec<PathBuf>, Unreadable> {
    let mut files = Vec::new();
    let is_git = |entry: &walkdir::DirEntry| entry.depth() > 0 && entry.file_name() == ".git";
    for entry in WalkDir::new(path).sort_by_file_name().into_iter().filter_entry(|entry| !is_git(entry)) {
        let entry = entry.map_err(|error| Unreadable::below(path, &error))?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// The folders between a root and a file.
fn keys(root: &Path, file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(root).ok().and_then(Path::parent).unwrap_or(Path::new(""));
    relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
}

/// As [`policy_file`]; `None` for a manifest that is no text: no policy is.
fn readable(path: &Path, directory: &Path, sources: &mut Sources) -> Result<Option<PolicyFile>, Unreadable> {
    match policy_file(path, directory, sources) {
        Err(_) if !is_rego(path) && std::fs::read(path).is_ok_and(|bytes| std::str::from_utf8(&bytes).is_err()) => {
            Ok(None)
        }
        read => read.map(Some),
    }
}

/// Reads one file.
///
/// # Errors
/// It cannot be read.
pub fn policy_file(path: &Path, working_directory: &Path, sources: &mut Sources) -> Result<PolicyFile, Unreadable> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Unreadable { path: path.to_path_buf(), why: error.to_string() })?;
    let name = printed_name(path, working_directory);
    let file = sources.add_text(name.as_str(), text.clone().into_bytes());
    Ok(PolicyFile { file, name, path: path.to_path_buf(), text })
}
