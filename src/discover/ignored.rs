//! `.gitignore`, as git reads it: the files of all folders from the root of the repository down to the one at hand, the
//! nearest first, and `.git/info/exclude`.

use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::model::listing::LeavesOut;

/// Asks `.gitignore` about files that are not there.
#[derive(Debug)]
pub(super) struct Absent {
    pub(super) root: PathBuf,
    /// The folder that names are relative to.
    pub(super) base: PathBuf,
}

impl LeavesOut for Absent {
    fn would_leave_out(&self, name: &str) -> bool {
        leaves_out(&self.root, &self.base.join(name))
    }
}

/// Whether git would not track a path, or a folder that it lies in.
pub(super) fn leaves_out(root: &Path, path: &Path) -> bool {
    let Ok(below) = path.strip_prefix(root) else { return false };
    // A folder that is left out takes along what is in it, so the outermost decides.
    let count = below.components().count();
    let mut at = root.to_path_buf();
    below.components().enumerate().any(|(depth, part)| {
        at.push(part);
        Ignored::above(root, &at).covers(&at, depth + 1 < count || at.is_dir())
    })
}

/// The matchers that hold in a folder.
pub(super) struct Ignored<'a> {
    above: Option<&'a Ignored<'a>>,
    /// The nearest last.
    own: Vec<Gitignore>,
}

impl<'a> Ignored<'a> {
    /// The matchers of the folders above `start`, from the root of the repository on.
    pub(super) fn above(root: &Path, start: &Path) -> Self {
        let mut ignored = Ignored { above: None, own: Vec::new() };
        ignored.read(root, &root.join(".git/info/exclude"));
        if let Ok(below) = start.strip_prefix(root) {
            let mut folder = root.to_path_buf();
            for part in below.components() {
                ignored.read(&folder, &folder.join(".gitignore"));
                folder.push(part);
            }
        }
        ignored
    }

    /// Those of a folder below, so far the same.
    pub(super) fn below(above: &'a Ignored<'a>) -> Self {
        Ignored { above: Some(above), own: Vec::new() }
    }

    /// Adds the `.gitignore` at `file` for everything below `folder`.
    pub(super) fn read(&mut self, folder: &Path, file: &Path) {
        if !file.is_file() {
            return;
        }
        let mut builder = GitignoreBuilder::new(folder);
        // A line that is no glob is skipped by git, too; the others still hold.
        builder.add(file);
        if let Ok(matcher) = builder.build() {
            self.own.push(matcher);
        }
    }

    /// Whether git would not track the path.
    pub(super) fn covers(&self, path: &Path, is_folder: bool) -> bool {
        for ignored in std::iter::successors(Some(self), |ignored| ignored.above) {
            for matcher in ignored.own.iter().rev() {
                match matcher.matched(path, is_folder) {
                    Match::Ignore(_) => return true,
                    Match::Whitelist(_) => return false,
                    Match::None => {}
                }
            }
        }
        false
    }
}
