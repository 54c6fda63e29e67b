//! A folder becomes a list of files.

use std::cmp::Ordering;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use walkdir::{DirEntry, WalkDir};

use super::ignored::Ignored;
use super::{Inputs, Options, add_named, beyond, is_manifest_name, printed_name};
use crate::model::source::Sources;

/// What there is in a folder.
enum Found {
    File(Arc<str>, PathBuf),
    Folder(PathBuf),
    /// Its printed name.
    LeftOut(String),
    /// Its printed name, and that of what it leads to, which the walk meets by itself or which is a folder elsewhere.
    Link(String, String),
    /// Its printed name, and why what it leads to is never read.
    Outward(String, String),
    /// Its printed name, and why it cannot be entered.
    Skipped(String, String),
}

/// Lists everything below a folder, whose path has no detours, and returns its name.
pub(super) fn walk(start: &Path, options: &Options, sources: &mut Sources, inputs: &mut Inputs) -> String {
    let base = inputs.base.clone();
    let walk = Walk { start, base: &base, options };
    for found in walk.folder(start, &Ignored::above(&options.root, start)) {
        match found {
            Found::File(name, path) => drop(add_named(name, path, sources, &mut inputs.listing)),
            Found::LeftOut(name) => inputs.listing.add_ignored(name.into()),
            Found::Link(name, target) => {
                inputs.leads_out |= target.starts_with('/') && !name.starts_with('/');
                inputs.listing.add_link(name.into(), target.into());
            }
            Found::Outward(name, why) => {
                inputs.listing.add_outward(name.as_str().into());
                inputs.skipped.push((name, why));
            }
            Found::Skipped(name, why) => inputs.skipped.push((name, why)),
            Found::Folder(_) => {}
        }
    }
    printed_name(start, &base)
}

struct Walk<'w> {
    start: &'w Path,
    /// The folder that names are relative to.
    base: &'w Path,
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
        let name = |path: &Path| printed_name(path, self.base);
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
        Found::File(printed_name(&path, self.base).into(), path)
    }

    /// A link to a file is read under its own name, unless the walk reads its target anyway: then it is known as a link.
    /// So is a link to a folder, which is not entered. A link out of the repository is never read.
    fn follow(&self, entry: DirEntry) -> Option<Found> {
        let printed = |path: &Path| printed_name(path, self.base);
        let target = match entry.path().canonicalize() {
            Ok(target) => target,
            Err(error) => {
                return Some(Found::Skipped(printed(entry.path()), format!("the link leads nowhere: {error}")));
            }
        };
        let is_below = target.starts_with(self.start);
        if !is_below && !target.starts_with(&self.options.root) {
            return Some(Found::Outward(printed(entry.path()), "the link leads out of the repository".to_owned()));
        }
        let own = target.strip_prefix(&self.options.root).unwrap_or(&target);
        if own.components().any(|part| part == Component::Normal(".git".as_ref())) {
            return Some(Found::Outward(printed(entry.path()), "the link leads into `.git`".to_owned()));
        }
        if target.is_file() && !(is_below && self.is_read(&target, entry.path())) {
            return Some(self.file(entry));
        }
        (target.is_file() || target.is_dir()).then(|| Found::Link(printed(entry.path()), printed(&target)))
    }

    /// Whether the walk lists the target of a link, and reads it if it would read the link.
    fn is_read(&self, target: &Path, link: &Path) -> bool {
        let is_manifest = |path: &Path| is_manifest_name(&path.to_string_lossy());
        let is_left_out = |path: &Path| beyond::is_left_out(path, self.options);
        // A folder that is left out may be named all the same, and is walked then.
        (is_manifest(target) || !is_manifest(link)) && (!is_left_out(target) || is_left_out(self.start))
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
