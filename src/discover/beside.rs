//! Files that policies ask for by path. Whoever writes a policy may not be whoever runs it, so what they see ends at the
//! root of the repository, links followed, and at files of data.

use std::path::{Path, PathBuf};

/// Largest file, in bytes: it is read in the middle of a question.
const LARGEST: u64 = 1 << 20;

/// What policies may read.
#[derive(Debug, Clone)]
pub struct Beside {
    working_directory: PathBuf,
    root: PathBuf,
}

impl Beside {
    /// The repository around a working directory.
    #[must_use]
    pub fn new(working_directory: &Path) -> Beside {
        let resolved = working_directory.canonicalize().unwrap_or_else(|_| working_directory.to_path_buf());
        Beside { root: root_of(&resolved).to_path_buf(), working_directory: resolved }
    }

    /// The bytes of a YAML or JSON file, named from the working directory.
    ///
    /// # Errors
    /// Why it is not read.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        if !is_data(Path::new(path)) {
            return Err(format!("`{path}` is neither YAML nor JSON, and no other files are read"));
        }
        // What lies outside is not told from what is not there.
        let real = self.working_directory.join(path).canonicalize().ok();
        let real = real.filter(|real| real.starts_with(&self.root) && is_data(real) && real.is_file());
        let Some(real) = real else { return Err(format!("`{path}` is no file of this repository")) };
        let unreadable = |error: std::io::Error| format!("`{path}` cannot be read: {error}");
        if real.metadata().map_err(unreadable)?.len() > LARGEST {
            return Err(format!("`{path}` is larger than {} MiB", LARGEST >> 20));
        }
        std::fs::read(&real).map_err(unreadable)
    }
}

/// The nearest folder at or above one that holds `.git`; the folder itself if there is none.
#[must_use]
pub fn root_of(folder: &Path) -> &Path {
    folder.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(folder)
}

fn is_data(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    ["yaml", "yml", "json"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}
