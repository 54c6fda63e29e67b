//! `.gitignore`, as git reads it: the files of all folders from the root of the repository down to the one at hand, the
//! nearest first, and `.git/info/exclude`.

use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The matchers that hold in the folder at hand.
pub(super) struct Ignored {
    stack: Vec<(PathBuf, Gitignore)>,
}

impl Ignored {
    /// The matchers of the folders above `start`, from the root of the repository on.
    pub(super) fn above(root: &Path, start: &Path) -> Self {
        let mut ignored = Ignored { stack: Vec::new() };
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

    /// Adds the `.gitignore` at `file` for everything below `folder`.
    pub(super) fn read(&mut self, folder: &Path, file: &Path) {
        if !file.is_file() {
            return;
        }
        let mut builder = GitignoreBuilder::new(folder);
        // A line that is no glob is skipped by git, too; the others still hold.
        builder.add(file);
        if let Ok(matcher) = builder.build() {
            self.stack.push((folder.to_path_buf(), matcher));
        }
    }

    /// Forgets the matchers of folders that `path` does not lie in.
    pub(super) fn leave(&mut self, path: &Path) {
        while self.stack.last().is_some_and(|(folder, _)| !path.starts_with(folder)) {
            self.stack.pop();
        }
    }

    /// Whether git would not track the path.
    pub(super) fn covers(&self, path: &Path, is_folder: bool) -> bool {
        for (_, matcher) in self.stack.iter().rev() {
            match matcher.matched(path, is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        false
    }
}
