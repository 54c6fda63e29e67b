//! The files of a run as they were at a revision, read from git's own objects: nothing is checked out and nothing that
//! the repository configures is run. A file that git knows to be unchanged is read where it lies.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use gix::bstr::ByteSlice;
use gix::objs::tree::EntryKind;
use gix::{ObjectId, Repository};

use super::{Inputs, Options, is_manifest_name, printed_name};
use crate::model::source::{FileId, Sources};

/// Bytes of a file that is no manifest, beyond which it counts as empty: only what is made of it is compared.
const LARGE: u64 = 10 << 20;

/// The other side of a comparison.
#[derive(Debug, Default)]
pub struct Revision {
    /// The files, under the names that they have now. Their texts are in memory unless they are unchanged.
    pub inputs: Inputs,
    /// The commit, abbreviated.
    pub commit: String,
    /// What could not be read from it: printed name, and why.
    pub left_out: Vec<(String, String)>,
}

/// Why there is no other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRevision {
    /// The clone has no such history; with the whole one it might.
    Shallow,
    /// There is nothing before: the id of zeros that forges give for a first push, or a repository without a commit.
    First,
    /// There is no repository: the system's words.
    Nowhere(String),
    /// It names nothing, or cannot be read: why, if there is more to say.
    Unknown(String),
}

/// Lists the files that lay at `revision` below the paths of `options`, and below the paths `beyond`, as the listing of
/// now names them. `A...B` is where A and B parted, and `A...` where
/// A and HEAD did, as git writes it.
///
/// # Errors
/// There is no repository, or no such revision in it.
pub fn at_revision(
    revision: &str,
    options: &Options,
    now: &Inputs,
    beyond: &[String],
    sources: &mut Sources,
) -> Result<Revision, NoRevision> {
    let unknown = |error: &dyn std::fmt::Display| NoRevision::Unknown(error.to_string());
    let repository = open(&options.root).map_err(|error| NoRevision::Nowhere(error.to_string()))?;
    // An id of zeros is what a forge gives as the revision before a first push.
    let is_zero = revision.len() >= 40 && revision.bytes().all(|byte| byte == b'0');
    if is_zero || repository.head().is_ok_and(|head| head.is_unborn()) {
        return Err(NoRevision::First);
    }
    let commit = resolve(&repository, revision).map_err(|error| match repository.is_shallow() {
        Ok(true) => NoRevision::Shallow,
        _ => NoRevision::Unknown(error),
    })?;
    let mut found = Revision { commit: commit.to_hex_with_len(8).to_string(), ..Revision::default() };
    found.inputs = Inputs {
        listing: now.listing.without_files(),
        first: sources.count(),
        folders: now.folders.clone(),
        base: now.base.clone(),
        here: now.here.clone(),
        below: now.below.clone(),
        root: now.root.clone(),
        ..Inputs::default()
    };
    beyond.iter().for_each(|name| found.inputs.listing.add_beyond(name.as_str().into()));
    let mut reader = Reader { options, now, sources, found };
    reader.read(&repository, &options.root, commit).map_err(|error| unknown(&error))?;
    reader.found.inputs.named.sort_unstable();
    Ok(reader.found)
}

fn resolve(repository: &Repository, revision: &str) -> Result<ObjectId, String> {
    let single = |typed: &str| {
        let typed = if typed.is_empty() { "HEAD" } else { typed };
        // What gix has to say is about its parser.
        let id = repository.rev_parse_single(typed).map_err(|_| String::new())?;
        // `REV:folder` names a tree, whose paths begin elsewhere.
        let commit = id.object().ok().and_then(|object| object.peel_to_commit().ok());
        commit.map(|commit| commit.id).ok_or_else(|| "it is no commit".to_owned())
    };
    match revision.split_once("...") {
        Some((one, other)) => {
            let base = repository.merge_base(single(one)?, single(other)?).map_err(|error| error.to_string())?;
            base.map(gix::Id::detach).ok_or_else(|| "the two have no history in common".to_owned())
        }
        None => single(revision),
    }
}

/// The blobs of the index whose files have not been touched since git last looked at them, by path. A file written in
/// the same instant as the index may have changed after that, so it does not count (git, `racy-git`).
fn unchanged(repository: &Repository, root: &Path) -> HashMap<Vec<u8>, ObjectId> {
    let Ok(index) = repository.index_or_empty() else { return HashMap::new() };
    let written = index.timestamp();
    let mut known = HashMap::new();
    for entry in index.entries() {
        let path = entry.path(&index);
        let Some(metadata) = path.to_path().ok().and_then(|path| root.join(path).symlink_metadata().ok()) else {
            continue;
        };
        let Ok(modified) = metadata.modified() else { continue };
        let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let is_same = u64::from(entry.stat.mtime.secs) == since.as_secs()
            && entry.stat.mtime.nsecs == since.subsec_nanos()
            && u64::from(entry.stat.size) == metadata.len();
        if is_same && metadata.is_file() && modified < std::time::SystemTime::from(written) {
            known.insert(path.to_vec(), entry.id);
        }
    }
    known
}

struct Reader<'r> {
    options: &'r Options,
    now: &'r Inputs,
    sources: &'r mut Sources,
    found: Revision,
}

impl Reader<'_> {
    /// Reads the files of a commit of the repository, or of a submodule, whose working tree is at `root`.
    fn read(&mut self, repository: &Repository, root: &Path, commit: ObjectId) -> gix::Result<()> {
        let entries = repository.find_object(commit)?.peel_to_tree()?.traverse().breadthfirst.files()?;
        let blobs: HashMap<&[u8], ObjectId> = entries.iter().map(|entry| (&**entry.filepath, entry.oid)).collect();
        let unchanged = unchanged(repository, root);
        for entry in &entries {
            let Ok(path) = entry.filepath.to_path() else { continue };
            let path = root.join(path);
            let Some(name) = self.name(&path) else { continue };
            match entry.mode.kind() {
                EntryKind::Blob | EntryKind::BlobExecutable if unchanged.get(&**entry.filepath) == Some(&entry.oid) => {
                    let file = self.sources.add(name.clone(), path);
                    self.list(name, file);
                }
                EntryKind::Blob | EntryKind::BlobExecutable => self.add(repository, name, entry.oid),
                // A link to a file of the same tree is read under its own name.
                EntryKind::Link => {
                    let target = target(repository, &entry.filepath, entry.oid);
                    if let Some(blob) = target.and_then(|target| blobs.get(target.as_bytes())) {
                        self.add(repository, name, *blob);
                    }
                }
                EntryKind::Commit => self.enter(&name, &path, entry.oid),
                EntryKind::Tree => {}
            }
        }
        Ok(())
    }

    /// The name of a path, if the run is about it.
    fn name(&self, path: &Path) -> Option<Arc<str>> {
        let name: Arc<str> = printed_name(path, &self.now.base).into();
        let is_left_out = || {
            let path = path.strip_prefix(&self.options.base);
            path.is_ok_and(|path| self.options.exclude.is_match(path))
        };
        let is_needed = || self.now.listing.file(&name).is_some_and(|file| self.now.beyond.contains(&file));
        let is_listed = self.found.inputs.listing.knows(&name) && !is_left_out();
        (self.is_named(&name) || is_listed || is_needed()).then_some(name)
    }

    fn is_named(&self, name: &str) -> bool {
        self.now.listing.file(name).is_some_and(|file| self.now.is_named(file))
    }

    fn list(&mut self, name: Arc<str>, file: FileId) {
        if self.is_named(&name) {
            self.found.inputs.named.push(file);
        } else if !self.found.inputs.listing.is_below_root(&name) {
            self.found.inputs.beyond.insert(file);
        }
        self.found.inputs.listing.add(name, file);
    }

    fn add(&mut self, repository: &Repository, name: Arc<str>, blob: ObjectId) {
        let is_large = |header: gix::odb::find::Header| header.size() > LARGE;
        let text = if !is_manifest_name(&name) && repository.find_header(blob).is_ok_and(is_large) {
            Vec::new()
        } else {
            repository.find_object(blob).map(|mut object| std::mem::take(&mut object.data)).unwrap_or_else(|error| {
                self.found.left_out.push((name.to_string(), error.to_string()));
                Vec::new()
            })
        };
        let file = self.sources.add_text(name.clone(), text);
        self.list(name, file);
    }

    /// Reads a submodule as it was. One that is not checked out has no files now either.
    fn enter(&mut self, name: &str, root: &Path, commit: ObjectId) {
        if !self.now.listing.is_folder(name) {
            return;
        }
        let read = open(root).and_then(|repository| self.read(&repository, root, commit));
        if let Err(error) = read {
            self.found.left_out.push((name.to_owned(), error.to_string()));
        }
    }
}

/// Where a link leads, as a path of its repository.
fn target(repository: &Repository, link: &[u8], blob: ObjectId) -> Option<String> {
    let target = repository.find_object(blob).ok()?;
    let folder = link.rfind_byte(b'/').map_or(&b""[..], |end| &link[..end]);
    crate::model::listing::join(folder.to_str().ok()?, target.data.to_str().ok()?)
}

/// The addresses that a repository fetches from; none if there is no repository.
pub(super) fn remotes(root: &Path) -> Vec<String> {
    let Ok(repository) = open(root) else { return Vec::new() };
    let configuration = repository.config_snapshot();
    let address = |name: &gix::bstr::BString| configuration.string(format!("remote.{name}.url").as_str());
    let names = repository.remote_names();
    names.iter().filter_map(address).map(|address| address.to_string()).collect()
}

/// Isolated: no configuration but the repository's own, and nothing from the environment.
fn open(root: &Path) -> gix::Result<Repository> {
    gix::open_opts(root, gix::open::Options::isolated())
}
