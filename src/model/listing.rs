//! Which files there are. Stages that ask whether a path exists ask this, never the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::source::FileId;

/// What a kustomization may be called (sigs.k8s.io/kustomize, `api/konfig/general.go`). There may be one in a folder.
pub const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// How many links a path may lead through; Linux has the same limit.
const MOST_LINKS: usize = 40;

/// The files below the roots of a run, by their printed names.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    files: BTreeMap<Arc<str>, FileId>,
    ignored: Vec<Arc<str>>,
    roots: Vec<Arc<str>>,
    beyond: BTreeSet<Arc<str>>,
    outward: Vec<Arc<str>>,
    links: BTreeMap<Arc<str>, Arc<str>>,
    never: Option<Arc<dyn LeavesOut>>,
}

/// Knows of paths where nothing lies whether it would be left out if something did.
pub trait LeavesOut: fmt::Debug + Send + Sync {
    /// Whether a file of that printed name would not be kept in the repository.
    fn would_leave_out(&self, name: &str) -> bool;
}

impl Listing {
    /// Adds a file.
    pub fn add(&mut self, name: Arc<str>, id: FileId) {
        self.files.insert(name, id);
    }

    /// The file of that name, added if it is not there.
    pub fn file_or_add(&mut self, name: Arc<str>, id: impl FnOnce() -> FileId) -> FileId {
        *self.files.entry(name).or_insert_with(id)
    }

    /// Adds a file or folder that was left out because of `.gitignore` or `exclude`, and whose content is not known.
    pub fn add_ignored(&mut self, name: Arc<str>) {
        self.ignored.push(name);
    }

    /// Adds a link to a file or folder that is listed under its own name.
    pub fn add_link(&mut self, name: Arc<str>, target: Arc<str>) {
        self.links.insert(name, target);
    }

    /// Whether there are links to what is listed under its own name.
    #[must_use]
    pub fn has_links(&self) -> bool {
        !self.links.is_empty()
    }

    /// The path that a path leads to through links, from the outermost on.
    #[must_use]
    pub fn behind_links(&self, path: String) -> String {
        let mut path = path;
        // Links may lead in circles.
        for _ in 0..if self.links.is_empty() { 0 } else { MOST_LINKS } {
            let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
            let followed = ends.into_iter().find_map(|end| {
                let target = self.links.get(&path[..end])?;
                let rest = path[end..].trim_start_matches('/');
                join(target, rest)
            });
            match followed {
                Some(followed) => path = followed,
                None => break,
            }
        }
        path
    }

    /// Says who knows what would be left out.
    pub fn ask(&mut self, never: Arc<dyn LeavesOut>) {
        self.never = Some(never);
    }

    /// Adds a folder below which every file is listed, or left out; `"."` is the working directory.
    pub fn add_root(&mut self, name: Arc<str>) {
        self.roots.push(name);
    }

    /// Adds a folder of which every file is listed because something names it; nobody asked for it.
    pub fn add_beyond(&mut self, name: Arc<str>) {
        self.beyond.insert(name);
    }

    /// Adds a link out of the repository: nothing can be said of what it leads to.
    pub fn add_outward(&mut self, name: Arc<str>) {
        self.outward.push(name);
    }

    /// Forgets the folders that nobody asked for.
    pub fn forget_beyond(&mut self) {
        self.beyond.clear();
    }

    /// The same folders, with what is left out of them, and without files.
    #[must_use]
    pub fn without_files(&self) -> Self {
        Listing { files: BTreeMap::new(), ..self.clone() }
    }

    /// Whether this listing knows what lies at that path: it is below a listed folder and was not left out. Where it
    /// does not know, that a file is not listed means nothing.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        let is_below = |folder: &Arc<str>| is_at_or_below(name, folder);
        (self.is_below_root(name) || self.is_below_beyond(name))
            && !self.is_ignored(name)
            && !self.outward.iter().any(is_below)
    }

    /// Whether that path is below a folder that was asked for.
    #[must_use]
    pub fn is_below_root(&self, name: &str) -> bool {
        self.roots.iter().any(|root| is_at_or_below(name, root))
    }

    fn is_below_beyond(&self, name: &str) -> bool {
        let mut around = std::iter::successors(Some(name), |path| (!path.is_empty()).then(|| folder_of(path)));
        !self.beyond.is_empty()
            && !name.starts_with('/')
            && (self.beyond.contains(".") || around.any(|path| self.beyond.contains(path)))
    }

    /// Whether nothing can be learnt of what lies at that path: it was left out, or behind a link out of the repository.
    #[must_use]
    pub fn is_shut(&self, name: &str) -> bool {
        self.is_ignored(name) || self.outward.iter().any(|link| is_at_or_below(name, link))
    }

    /// The file of that name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<FileId> {
        self.files.get(name).copied()
    }

    /// Whether some file lies below that folder.
    #[must_use]
    pub fn is_folder(&self, name: &str) -> bool {
        self.below(name).next().is_some()
    }

    /// Whether the path is one that was left out, or lies in a folder that was: nothing can be said of it.
    #[must_use]
    pub fn is_ignored(&self, name: &str) -> bool {
        self.ignored.iter().any(|left_out| is_at_or_below(name, left_out))
    }

    /// Whether the path is left out, or would be if it were there: that nothing is there means that nobody has made it
    /// here. Slow, to be asked about what is missing alone.
    #[must_use]
    pub fn is_never_listed(&self, name: &str) -> bool {
        self.is_ignored(name) || self.never.as_ref().is_some_and(|never| never.would_leave_out(name))
    }

    /// All files below a folder, at any depth, in order of name; `""` or `"."` is the working directory.
    pub fn below<'l>(&'l self, folder: &str) -> impl Iterator<Item = (&'l Arc<str>, FileId)> + use<'l> {
        let prefix = if folder.is_empty() || folder == "." { String::new() } else { format!("{folder}/") };
        self.files
            .range::<str, _>((std::ops::Bound::Included(prefix.as_str()), std::ops::Bound::Unbounded))
            .take_while({
                let prefix = prefix.clone();
                move |(name, _)| name.starts_with(&prefix)
            })
            .map(|(name, id)| (name, *id))
    }

    /// All files, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, FileId)> {
        self.files.iter().map(|(name, id)| (name, *id))
    }
}

/// Whether a path is a folder or lies below it; `""` and `"."` are the folder that names are relative to.
fn is_at_or_below(name: &str, folder: &str) -> bool {
    match folder {
        "" | "." => !name.starts_with('/'),
        folder => name.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

/// A path as it is seen from a folder; both are relative to the same. What is absolute or no path stays as it is.
#[must_use]
pub fn seen_from(folder: &str, path: &str) -> String {
    if path.starts_with(['/', '<']) {
        return path.to_owned();
    }
    let parts = |path: &'_ str| -> Vec<String> {
        path.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
    };
    let (folder, path) = (parts(folder), parts(path));
    let same = folder.iter().zip(&path).take_while(|(one, other)| one == other).count();
    let up = folder[same..].iter().map(|_| "..");
    let seen: Vec<&str> = up.chain(path[same..].iter().map(String::as_str)).collect();
    if seen.is_empty() { ".".to_owned() } else { seen.join("/") }
}

/// The folder of a printed name, `""` for the working directory.
#[must_use]
pub fn folder_of(name: &str) -> &str {
    memchr::memrchr(b'/', name.as_bytes()).map_or("", |slash| &name[..slash])
}

/// The last part of a printed name.
#[must_use]
pub fn file_of(name: &str) -> &str {
    memchr::memrchr(b'/', name.as_bytes()).map_or(name, |slash| &name[slash + 1..])
}

/// Joins a folder and a relative path with `/`, resolving `.` and `..`. The folder may be absolute (it lies outside the
/// working directory then). `None` if the path leads above the working directory, or if it is absolute itself.
#[must_use]
pub fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut joined = String::with_capacity(folder.len() + path.len() + 1);
    // Most folders are the printed names of some, which have no detours.
    let rest = if is_direct(folder) {
        joined.push_str(folder);
        ""
    } else {
        folder
    };
    for part in rest.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if joined.is_empty() => return None,
            ".." => joined.truncate(joined.rfind('/').unwrap_or(0)),
            part => {
                if !joined.is_empty() {
                    joined.push('/');
                }
                joined.push_str(part);
            }
        }
    }
    if folder.starts_with('/') {
        joined.insert(0, '/');
    }
    Some(joined)
}

/// Whether a path has no part that is empty, `.` or `..`. Of a hidden folder it does not say so either.
fn is_direct(path: &str) -> bool {
    let bytes = path.as_bytes();
    !matches!(bytes.first(), Some(b'/' | b'.'))
        && bytes.last() != Some(&b'/')
        && !bytes.windows(2).any(|pair| matches!(pair, b"//" | b"/."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_and_may_be_chained() {
        let mut listing = Listing::default();
        listing.add_link("a/default".into(), "a/v2".into());
        listing.add_link("b".into(), "a".into());
        listing.add_link("x".into(), "y".into());
        listing.add_link("y".into(), "x".into());
        let behind = |path: &str| listing.behind_links(path.to_owned());
        assert_eq!(behind("a/default/web.yaml"), "a/v2/web.yaml");
        assert_eq!(behind("b/default"), "a/v2");
        assert_eq!(behind("a/default2"), "a/default2");
        assert!(["x/z", "y/z"].contains(&&*behind("x/z")));
    }

    #[test]
    fn paths_that_leave_the_working_directory_have_no_name() {
        assert_eq!(join("a/b", "../c/./d"), Some("a/c/d".into()));
        assert_eq!(join("a/./b//", "c"), Some("a/b/c".into()));
        assert_eq!(join("a/.github", ".."), Some("a".into()));
        assert_eq!(join("", "."), Some(String::new()));
        assert_eq!(join("a", "../../c"), None);
        assert_eq!(join("a", "/etc"), None);
        assert_eq!(join("/srv/a", "../b"), Some("/srv/b".into()));
    }

    #[test]
    fn only_what_lies_below_a_listed_folder_is_known() {
        let mut listing = Listing::default();
        assert!(!listing.knows("a/b"));
        listing.add_root("a".into());
        listing.add_ignored("a/c".into());
        assert!(listing.knows("a/b") && listing.knows("a"));
        assert!(!listing.knows("ab") && !listing.knows("a/c/d"));
        listing.add_beyond("b/c".into());
        assert!(listing.knows("b/c") && listing.knows("b/c/d/e") && !listing.knows("b/cd") && !listing.knows("b"));
        assert!(!listing.is_below_root("b/c/d"));
        listing.add_outward("b/c/d".into());
        assert!(listing.is_shut("b/c/d/e") && !listing.knows("b/c/d/e"));
        listing.add_root(".".into());
        assert!(listing.knows("ab") && !listing.knows("/srv/ab"));
    }

    #[test]
    fn what_lies_beside_a_folder_is_seen_through_its_parents() {
        let seen = ["a/b/c.yaml", "a/d.yaml", "e/f.yaml", "a/b", "a", ".", "/etc/g", "<stdin>"];
        let seen = seen.map(|path| seen_from("a/b", path));
        assert_eq!(seen, ["c.yaml", "../d.yaml", "../../e/f.yaml", ".", "..", "../..", "/etc/g", "<stdin>"]);
    }

    #[test]
    fn a_folder_is_a_prefix_of_whole_names() {
        let mut listing = Listing::default();
        listing.add("a/b.yaml".into(), FileId(0));
        listing.add("ab/c.yaml".into(), FileId(1));
        assert!(listing.is_folder("a") && listing.is_folder("") && !listing.is_folder("a/b"));
        assert_eq!(listing.below("a").count(), 1);
    }
}
