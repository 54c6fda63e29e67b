//! What files are called.

use std::path::{Component, Path, PathBuf};

use super::{Inputs, Options};

/// Inputs without files, and the folder that names will be relative to: the working directory, or the root of the
/// repository if a path leads out of the working directory and stays in the repository.
pub(super) fn based(options: &Options) -> Inputs {
    let Options { working_directory, root, .. } = options;
    let leads_out = |path: &PathBuf| {
        let path = match &options.stdin {
            Some((name, _)) if path.as_os_str() == "-" => direct(&working_directory.join(name)),
            _ => located(path, options),
        };
        path.starts_with(root) && !path.starts_with(working_directory)
    };
    let from_root = working_directory.starts_with(root) && (options.from_root || options.paths.iter().any(leads_out));
    let base = if from_root { root } else { working_directory };
    let below = |inner: &Path, outer: &Path| match inner.strip_prefix(outer) {
        Ok(below) if below != Path::new("") => printed_name(inner, outer),
        _ => String::new(),
    };
    Inputs {
        here: below(working_directory, base),
        below: below(base, root),
        base: base.clone(),
        root: root.clone(),
        ..Inputs::default()
    }
}

/// Where a path of the command line leads, without detours. Matchers compare whole paths, so what lies in the repository
/// gets the spelling in which its root is written. A link to a file stays the link.
pub(super) fn located(path: &Path, options: &Options) -> PathBuf {
    let path = options.working_directory.join(path);
    if path.is_dir() {
        return path.canonicalize().unwrap_or(path);
    }
    let is_plain = path.starts_with(&options.root) && !path.components().any(|part| part == Component::ParentDir);
    let real = |path: &Path| Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
    let path = path.components().collect();
    if is_plain { path } else { real(&path).unwrap_or(path) }
}

/// The name that was typed for standard input, as that of a file.
pub(super) fn of_stdin(name: &str, options: &Options, inputs: &Inputs) -> String {
    if name.starts_with('<') {
        return name.to_owned();
    }
    printed_name(&direct(&options.working_directory.join(name)), &inputs.base)
}

/// A path without `.` and `..`, which are taken as they are written, whatever links there are.
#[must_use]
pub fn direct(path: &Path) -> PathBuf {
    let mut direct = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(direct.components().next_back(), Some(Component::Normal(_))) => {
                direct.pop();
            }
            Component::ParentDir if direct.has_root() => {}
            part => direct.push(part),
        }
    }
    direct
}

/// The printed name of a path that is written without detours below the working directory, as nearly all are.
fn name_below<'p>(path: &'p Path, working_directory: &Path) -> Option<&'p str> {
    let name = path.to_str()?.strip_prefix(working_directory.to_str()?)?.strip_prefix('/')?;
    let is_plain = std::path::MAIN_SEPARATOR == '/' && !["//", "./"].iter().any(|detour| name.contains(detour));
    (is_plain && !name.is_empty() && !name.starts_with('/') && !name.ends_with(['/', '.'])).then_some(name)
}

/// The name of a path in every output: relative to the working directory, with `/`. What is no UTF-8 is replaced.
#[must_use]
pub fn printed_name(path: &Path, working_directory: &Path) -> String {
    if let Some(name) = name_below(path, working_directory) {
        return name.to_owned();
    }
    let relative = path.strip_prefix(working_directory).unwrap_or(path);
    let mut name = String::new();
    for part in relative.components() {
        match part {
            Component::CurDir => {}
            Component::RootDir => name.push('/'),
            part => {
                if !name.is_empty() && !name.ends_with('/') {
                    name.push('/');
                }
                name.push_str(&part.as_os_str().to_string_lossy());
            }
        }
    }
    if name.is_empty() { ".".to_owned() } else { name }
}
