//! Where a run takes place: the working directory, and the root of the repository around it.

use std::path::{Path, PathBuf};

use super::Refusal;
use crate::discover::{direct, printed_name, root_of};
use crate::report::Base;

/// The working directory and the root of the repository.
#[derive(Debug, Clone)]
pub struct Place {
    /// Absolute, links resolved.
    pub working_directory: PathBuf,
    /// The nearest folder at or above it that holds `.git`; the working directory itself if there is none.
    pub root: PathBuf,
    /// The folder that paths and globs of the configuration are relative to: that of the configuration file, or the
    /// root.
    pub base: PathBuf,
}

impl Place {
    /// Asks the system.
    ///
    /// # Errors
    /// The working directory is gone.
    pub fn find() -> Result<Place, Refusal> {
        let working_directory = std::env::current_dir()
            .and_then(|folder| folder.canonicalize())
            .map_err(|error| Refusal::argument(format!("the working directory cannot be entered: {error}"), None))?;
        let root = root_of(&working_directory).to_path_buf();
        Ok(Place { working_directory, base: root.clone(), root })
    }

    /// A folder as the one that names are relative to, if the working directory lies below it.
    #[must_use]
    pub fn base(&self, above: &Path) -> Base {
        match self.working_directory.strip_prefix(above) {
            Ok(below) if !below.as_os_str().is_empty() => Base { below: printed_name(&self.working_directory, above) },
            _ => Base::default(),
        }
    }

    /// The configuration file that is there without being named: in the one folder that was asked for (else in the
    /// working directory) or in the nearest folder above it, up to the root of the repository.
    #[must_use]
    pub fn configuration(&self, paths: &[PathBuf]) -> Option<PathBuf> {
        let start = match paths {
            [only] => self.working_directory.join(only).canonicalize().ok().filter(|path| path.is_dir()),
            _ => None,
        };
        start
            .filter(|folder| folder.starts_with(&self.root))
            .unwrap_or_else(|| self.working_directory.clone())
            .ancestors()
            .take_while(|folder| folder.starts_with(&self.root))
            .flat_map(|folder| ["plimsoll.yaml", ".plimsoll.yaml"].map(|name| folder.join(name)))
            .find(|file| file.is_file())
    }

    /// The printed name of a path.
    #[must_use]
    pub fn name_of(&self, path: &Path) -> String {
        let absolute = self.working_directory.join(path);
        printed_name(&absolute.canonicalize().unwrap_or(absolute), &self.working_directory)
    }

    /// The path of a file with that printed name, relative to the folder of the configuration: what its globs are
    /// matched against.
    #[must_use]
    pub fn from_base(&self, name: &str) -> PathBuf {
        let absolute = direct(&self.working_directory.join(name));
        absolute.strip_prefix(&self.base).map_or_else(|_| PathBuf::from(name), Path::to_path_buf)
    }
}
