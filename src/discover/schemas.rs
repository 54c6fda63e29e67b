//! The files below the locations of `--schema` and of the configuration.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{Unreadable, is_manifest_name, printed_name};
use crate::model::source::{FileId, Sources};

/// Where schemas lie that are not among the manifests.
#[derive(Debug, Clone, Default)]
pub struct SchemaFiles {
    /// Files with definitions of custom kinds, or with JSON Schemas, in order of name.
    pub files: Vec<FileId>,
    /// Paths with the variables of kubeconform.
    pub templates: Vec<String>,
}

impl SchemaFiles {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.templates.is_empty()
    }
}

/// Lists the files at the given locations. Nothing is read.
///
/// # Errors
/// A location that is not there, holds no YAML or JSON file, or would need the network.
pub fn schemas(
    locations: &[String],
    working_directory: &Path,
    sources: &mut Sources,
) -> Result<SchemaFiles, Unreadable> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut found = SchemaFiles::default();
    for location in locations {
        let path = PathBuf::from(location);
        let unreadable = |why: &str| Unreadable { path: path.clone(), why: why.to_owned() };
        if location.contains("://") {
            return Err(unreadable("nothing is read from the network; download the schemas and name their folder"));
        }
        if location.contains("{{") {
            found.templates.push(location.clone());
            continue;
        }
        if location == "default" && !path.exists() {
            return Err(unreadable("the schemas of Kubernetes are built in; leave `default` out"));
        }
        let before = paths.len();
        for entry in WalkDir::new(&path).sort_by_file_name() {
            let entry = entry.map_err(|error| Unreadable::below(&path, &error))?;
            let wanted = entry.depth() == 0 || is_manifest_name(&entry.file_name().to_string_lossy());
            if entry.file_type().is_file() && wanted {
                paths.push(entry.into_path());
            }
        }
        if paths.len() == before {
            return Err(unreadable("it holds no YAML or JSON file"));
        }
    }
    paths.sort();
    paths.dedup();
    found.files = paths.into_iter().map(|path| sources.add(printed_name(&path, working_directory), path)).collect();
    Ok(found)
}
