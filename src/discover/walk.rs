//! A folder becomes a list of files.

use std::cmp::Ordering;
use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::ignored::Ignored;
use super::{Inputs, Options, add_file, printed_name};
use crate::model::source::Sources;

pub(super) fn walk(start: &Path, options: &Options, sources: &mut Sources, inputs: &mut Inputs) {
    // Matchers compare whole paths, so the walk has to use the spelling in which the root is written.
    let start = &options.working_directory.join(start).canonicalize().unwrap_or_else(|_| start.to_path_buf());
    inputs.listing.add_root(printed_name(start, &options.working_directory).into());
    let mut ignored = Ignored::above(&options.root, start);
    let mut entries = WalkDir::new(start).sort_by(gitignore_first).into_iter();
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let name = error.path().map_or_else(String::new, |path| printed_name(path, &options.working_directory));
                inputs.skipped.push((name, error.to_string()));
                continue;
            }
        };
        let kind = entry.file_type();
        ignored.leave(entry.path());
        if entry.file_name() == ".gitignore" && kind.is_file() {
            ignored.read(entry.path().parent().unwrap_or(start), entry.path());
        }
        if entry.depth() > 0 && is_left_out(&entry, options, &ignored) {
            let name = printed_name(entry.path(), &options.working_directory);
            if kind.is_dir() {
                entries.skip_current_dir();
            }
            if entry.file_name() != ".git" {
                inputs.listing.add_ignored(name.into());
            }
        } else if kind.is_symlink() {
            follow(&entry, start, options, sources, inputs);
        } else if kind.is_file() {
            add_file(entry.path(), options, sources, &mut inputs.listing);
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

/// A link to a file elsewhere in the repository is read under its own name, unless the walk meets its target anyway. A
/// link to a folder is not entered; a link out of the repository is never read.
fn follow(entry: &DirEntry, start: &Path, options: &Options, sources: &mut Sources, inputs: &mut Inputs) {
    let name = printed_name(entry.path(), &options.working_directory);
    match entry.path().canonicalize() {
        Ok(target) if target.starts_with(start) => {}
        Ok(target) if target.starts_with(&options.root) => {
            if target.is_file() {
                add_file(entry.path(), options, sources, &mut inputs.listing);
            }
        }
        Ok(_) => inputs.skipped.push((name, "the link leads out of the repository".to_owned())),
        Err(error) => inputs.skipped.push((name, format!("the link leads nowhere: {error}"))),
    }
}
