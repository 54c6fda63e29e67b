//! A folder becomes a list of files.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use walkdir::{DirEntry, WalkDir};

use super::ignored::Ignored;
use super::{Inputs, Options, add_named, printed_name};
use crate::model::source::Sources;

/// What there is in a folder.
enum Found {
    File(Arc<str>, PathBuf),
    Folder(PathBuf),
    /// Its printed name.
    LeftOut(String),
    /// Its printed name, and that of what it leads to, which the walk meets by itself.
    Link(String, String),
    /// Its printed name, and why it cannot be entered.
    Skipped(String, String),
}

pub(super) fn walk(start: &Path, options: &Options, sources: &mut Sources, inputs: &mut Inputs) {
    // Matchers compare whole paths, so the walk has to use the spelling in which the root is written.
    let start = &options.working_directory.join(start).canonicalize().unwrap_or_else(|_| start.to_path_buf());
    inputs.listing.add_root(printed_name(start, &options.working_directory).into());
    let walk = Walk { start, options };
    for found in walk.folder(start, &Ignored::above(&options.root, start)) {
        match found {
            Found::File(name, path) => drop(add_named(name, path, sources, &mut inputs.listing)),
            Found::LeftOut(name) => inputs.listing.add_ignored(name.into()),
            Found::Link(name, target) => inputs.listing.add_link(name.into(), target.into()),
            Found::Skipped(name, why) => inputs.skipped.push((name, why)),
            Found::Folder(_) => {}
        }
    }
}

struct Walk<'w> {
    start: &'w Path,
    options: &'w Options,
}

impl Walk<'_> {
    /// Everything below a folder, in order of name. Folders are read on all threads.
    fn folder(&self, folder: &Path, above: &Ignored<'_>) -> Vec<Found> {
        let mut ignored = Ignored::below(above);
        let entries = WalkDir::new(folder).min_depth(1).max_depth(1).sort_by(gitignore_first);
        let found: Vec<Found> =
            entries.into_iter().filter_map(|entry| self.look_at(entry, folder, &mut ignored)).collect();
        if !found.iter().any(|one| matches!(one, Found::Folder(_))) {
            return found;
        }
        let below = |one| match one {
            Found::Folder(path) => self.folder(&path, &ignored),
            other => vec![other],
        };
        found.into_par_iter().with_max_len(1).flat_map_iter(below).collect()
    }

    fn look_at(&self, entry: walkdir::Result<DirEntry>, folder: &Path, ignored: &mut Ignored<'_>) -> Option<Found> {
        let name = |path: &Path| printed_name(path, &self.options.working_directory);
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let unreadable = super::Unreadable::below(folder, &error);
                return Some(Found::Skipped(name(&unreadable.path), unreadable.why));
            }
        };
        let kind = entry.file_type();
        if entry.file_name() == ".gitignore" && kind.is_file() {
            ignored.read(folder, entry.path());
        }
        if is_left_out(&entry, self.options, ignored) {
            return (entry.file_name() != ".git").then(|| Found::LeftOut(name(entry.path())));
        }
        if kind.is_symlink() {
            return self.follow(entry);
        }
        if kind.is_dir() {
            return Some(Found::Folder(entry.into_path()));
        }
        kind.is_file().then(|| self.file(entry))
    }

    /// Files get their names here, where several threads are at work.
    fn file(&self, entry: DirEntry) -> Found {
        let path = entry.into_path();
        Found::File(printed_name(&path, &self.options.working_directory).into(), path)
    }

    /// A link to a file elsewhere in the repository is read under its own name, unless the walk meets its target
    /// anyway: then it is known as a link. A link to a folder is not entered; a link out of the repository is never read.
    fn follow(&self, entry: DirEntry) -> Option<Found> {
        let printed = |path: &Path| printed_name(path, &self.options.working_directory);
        let skipped = |why: String| Some(Found::Skipped(printed(entry.path()), why));
        match entry.path().canonicalize() {
            Ok(target) if target.starts_with(self.start) => Some(Found::Link(printed(entry.path()), printed(&target))),
            Ok(target) if target.starts_with(&self.options.root) => target.is_file().then(|| self.file(entry)),
            Ok(_) => skipped("the link leads out of the repository".to_owned()),
            Err(error) => skipped(format!("the link leads nowhere: {error}")),
        }
    }
}

/// In order of name, except that what decides about the others comes first. The two are in the same folder, so that
/// their paths need not be taken apart.
fn gitignore_first(a: &DirEntry, b: &DirEntry) -> Ordering {
    let [a, b] = [a, b].map(|entry| entry.path().as_os_str().as_encoded_bytes());
    let rank = |path: &[u8]| !path.ends_with(b".gitignore") || path.iter().rev().nth(10).is_some_and(|&it| it != b'/');
    rank(a).cmp(&rank(b)).then_with(|| a.cmp(b))
}

fn is_left_out(entry: &DirEntry, options: &Options, ignored: &Ignored) -> bool {
    entry.file_name() == ".git"
        || ignored.covers(entry.path(), entry.file_type().is_dir())
        || (!options.exclude.is_empty()
            && entry.path().strip_prefix(&options.base).is_ok_and(|path| options.exclude.is_match(path)))
}
