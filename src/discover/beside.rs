//! Files that policies ask for by path. Whoever writes a policy may not be whoever runs it, so what they see ends at the
//! root of the repository that the policy lies in, links followed, and at files of data.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// Largest file, in bytes: it is read in the middle of a question.
const LARGEST: u64 = 1 << 20;

/// What policies may read.
#[derive(Debug, Clone)]
pub struct Beside {
    working_directory: PathBuf,
}

impl Beside {
    /// For policies that are named from a working directory.
    #[must_use]
    pub fn new(working_directory: &Path) -> Beside {
        let resolved = working_directory.canonicalize().unwrap_or_else(|_| working_directory.to_path_buf());
        Beside { working_directory: resolved }
    }

    /// The bytes of a YAML or JSON file, for a policy in a folder; both are named from the working directory.
    ///
    /// # Errors
    /// Why it is not read.
    pub fn read(&self, folder: &str, path: &str) -> Result<Vec<u8>, String> {
        if !is_data(Path::new(path)) {
            return Err(format!("`{path}` is neither YAML nor JSON, and no other files are read"));
        }
        // What lies outside is not told from what is not there.
        let absent = || format!("`{path}` is no file of this repository");
        let folder = self.working_directory.join(folder).canonicalize().map_err(|_| absent())?;
        let real = self.working_directory.join(path).canonicalize().map_err(|_| absent())?;
        let is_hidden = |component: Component<'_>| component.as_os_str() == ".git";
        let below = real.strip_prefix(root_of(&folder)).map_err(|_| absent())?;
        if below.components().any(is_hidden) || !is_data(&real) || !real.is_file() {
            return Err(absent());
        }
        let unreadable = |error: std::io::Error| format!("`{path}` cannot be read: {error}");
        let mut bytes = Vec::new();
        File::open(&real).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
        if bytes.len() as u64 > LARGEST {
            return Err(format!("`{path}` is larger than {} MiB", LARGEST >> 20));
        }
        Ok(bytes)
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
