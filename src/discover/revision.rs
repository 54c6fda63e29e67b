//! The files of a run as they were at a revision, read from git's own objects: nothing is checked out and nothing that
//! the repository configures is run. A file that git knows to be unchanged is read where it lies.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
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
    /// It names nothing.
    Unknown(String),
}

/// Lists the files that lay at `revision` below the paths of `options`. `A...B` is where A and B parted, and `A...` where
/// A and HEAD did, as git writes it.
///
/// # Errors
/// There is no repository, or no such revision in it.
pub fn at_revision(
    revision: &str,
    options: &Options,
    now: &Inputs,
    sources: &mut Sources,
) -> Result<Revision, NoRevision> {
    let unknown = |error: &dyn std::fmt::Display| NoRevision::Unknown(error.to_string());
    // Isolated: no configuration but the repository's own, and nothing from the environment.
    let repository = gix::open_opts(&options.root, gix::open::Options::isolated()).map_err(|error| unknown(&error))?;
    // An id of zeros is what a forge gives as the revision before a first push.
    let is_zero = revision.len() >= 40 && revision.bytes().all(|byte| byte == b'0');
    if is_zero || repository.head().is_ok_and(|head| head.is_unborn()) {
        return Err(NoRevision::First);
    }
    let commit = resolve(&repository, revision).map_err(|error| match repository.is_shallow() {
        Ok(true) => NoRevision::Shallow,
        _ => NoRevision::Unknown(error),
    })?;
    let object = repository.find_object(commit).map_err(|error| unknown(&error))?;
    let tree = object.peel_to_tree().map_err(|error| unknown(&error))?;
    let entries = tree.traverse().breadthfirst.files().map_err(|error| unknown(&error))?;
    let mut reader = Reader {
        unchanged: unchanged(&repository, &options.root),
        links: HashMap::new(),
        blobs: entries.iter().map(|entry| (entry.filepath.as_slice(), entry.oid)).collect(),
        repository: &repository,
        options,
        now,
        sources,
        found: Revision { commit: commit.to_hex_with_len(8).to_string(), ..Revision::default() },
    };
    reader.found.inputs.listing = now.listing.without_files();
    reader.found.inputs.folder = now.folder;
    for entry in &entries {
        let Ok(path) = entry.filepath.to_path() else { continue };
        match entry.mode.kind() {
            EntryKind::Blob | EntryKind::BlobExecutable => reader.add(path, entry.oid),
            EntryKind::Link => reader.follow(path, &entry.filepath, entry.oid),
            EntryKind::Commit => reader.enter(path, entry.oid),
            EntryKind::Tree => {}
        }
    }
    Ok(reader.found)
}

fn resolve(repository: &Repository, revision: &str) -> Result<ObjectId, String> {
    let single = |typed: &str| {
        let typed = if typed.is_empty() { "HEAD" } else { typed };
        repository.rev_parse_single(typed).map(gix::Id::detach).map_err(|error| error.to_string())
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
        let is_link = entry.mode == gix::index::entry::Mode::SYMLINK;
        let is_gitlink = entry.mode == gix::index::entry::Mode::COMMIT;
        if is_gitlink || (is_same && !is_link && modified < std::time::SystemTime::from(written)) {
            known.insert(path.to_vec(), entry.id);
        }
    }
    known
}

struct Reader<'r> {
    repository: &'r Repository,
    options: &'r Options,
    now: &'r Inputs,
    sources: &'r mut Sources,
    unchanged: HashMap<Vec<u8>, ObjectId>,
    blobs: HashMap<&'r [u8], ObjectId>,
    links: HashMap<ObjectId, FileId>,
    found: Revision,
}

impl Reader<'_> {
    /// The name of a path of the repository, if the run is about it.
    fn name(&self, path: &Path) -> Option<(Arc<str>, PathBuf)> {
        let absolute = self.options.root.join(path);
        let name: Arc<str> = printed_name(&absolute, &self.options.working_directory).into();
        let is_named = || self.now.listing.file(&name).is_some_and(|file| self.now.named.contains(&file));
        let is_left_out = || {
            let path = absolute.strip_prefix(&self.options.base);
            path.is_ok_and(|path| self.options.exclude.is_match(path))
        };
        ((self.now.listing.knows(&name) && !is_left_out()) || is_named()).then_some((name, absolute))
    }

    fn add(&mut self, path: &Path, blob: ObjectId) {
        let Some((name, absolute)) = self.name(path) else { return };
        let key = path.as_os_str().as_encoded_bytes();
        let file = if self.unchanged.get(key) == Some(&blob) {
            self.sources.add(name.clone(), absolute)
        } else {
            let text = self.text(&name, blob);
            self.sources.add_text(name.clone(), text)
        };
        self.list(name, file);
    }

    fn list(&mut self, name: Arc<str>, file: FileId) {
        if self.now.listing.file(&name).is_some_and(|now| self.now.named.contains(&now)) {
            self.found.inputs.named.push(file);
        }
        self.found.inputs.listing.add(name, file);
    }

    fn text(&mut self, name: &Arc<str>, blob: ObjectId) -> Vec<u8> {
        let is_large = |header: gix::odb::find::Header| header.size() > LARGE;
        if !is_manifest_name(name) && self.repository.find_header(blob).is_ok_and(is_large) {
            return Vec::new();
        }
        match self.repository.find_object(blob) {
            Ok(mut object) => std::mem::take(&mut object.data),
            Err(error) => {
                self.found.left_out.push((name.to_string(), error.to_string()));
                Vec::new()
            }
        }
    }

    /// A link to a file of the same tree is read under its own name.
    fn follow(&mut self, path: &Path, at: &[u8], link: ObjectId) {
        let Some((name, _)) = self.name(path) else { return };
        let Ok(target) = self.repository.find_object(link) else { return };
        let folder = at.rfind_byte(b'/').map_or(&b""[..], |end| &at[..end]);
        let (Ok(folder), Ok(target)) = (folder.to_str(), target.data.to_str()) else { return };
        let Some(target) = crate::model::listing::join(folder, target) else { return };
        let Some(blob) = self.blobs.get(target.as_bytes()).copied() else { return };
        let file = match self.links.get(&blob) {
            Some(known) => *known,
            None => {
                let text = self.text(&name, blob);
                let file = self.sources.add_text(name.clone(), text);
                self.links.insert(blob, file);
                file
            }
        };
        self.list(name, file);
    }

    /// The files of a submodule that has not moved are those of now; of one that has, they are not known.
    fn enter(&mut self, path: &Path, commit: ObjectId) {
        let Some((name, _)) = self.name(path) else { return };
        if self.unchanged.get(path.as_os_str().as_encoded_bytes()) != Some(&commit) {
            self.found.left_out.push((name.to_string(), "the submodule has moved".to_owned()));
            return;
        }
        let below: Vec<_> = self.now.listing.below(&name).map(|(name, file)| (name.clone(), file)).collect();
        for (name, file) in below {
            let path = self.sources.get(file).path.clone();
            let file = self.sources.add(name.clone(), path);
            self.list(name, file);
        }
    }
}
