//! The user's Rego files below the paths of `--policy` and of the configuration.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{Unreadable, printed_name};
use crate::model::source::{FileId, Sources};

/// A policy file, read.
#[derive(Debug, Clone)]
pub struct PolicyFile {
    /// Its id among the sources, where its text is kept for frames.
    pub file: FileId,
    /// Its printed name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Reads every `*.rego` below the given files and folders, in order of name.
///
/// # Errors
/// A path that is not there, holds no policy, or cannot be read.
pub fn policies(
    paths: &[PathBuf],
    working_directory: &Path,
    sources: &mut Sources,
) -> Result<Vec<PolicyFile>, Unreadable> {
    let mut files = Vec::new();
    for path in paths {
        let before = files.len();
        for entry in WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|error| Unreadable { path: path.clone(), why: error.to_string() })?;
            let is_policy = entry.path().extension().is_some_and(|ending| ending == "rego");
            if entry.file_type().is_file() && is_policy {
                files.push(entry.into_path());
            }
        }
        if files.len() == before {
            return Err(Unreadable { path: path.clone(), why: "it holds no Rego file".into() });
        }
    }
    files.sort();
    files.dedup();
    files.into_iter().map(|path| read(&path, working_directory, sources)).collect()
}

fn read(path: &Path, working_directory: &Path, sources: &mut Sources) -> Result<PolicyFile, Unreadable> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Unreadable { path: path.to_path_buf(), why: error.to_string() })?;
    let name = printed_name(path, working_directory);
    let file = sources.add_text(name.as_str(), text.clone().into_bytes());
    Ok(PolicyFile { file, name, text })
}
