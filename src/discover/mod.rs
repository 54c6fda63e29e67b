//! VERB 1: what to read. The paths of the command line become a [`Listing`] of files with their ids; the bytes stay on
//! disk. Nothing outside the root is entered: a link that leads out is named and left alone.

mod beside;
mod beyond;
mod ignored;
mod names;
mod policies;
mod revision;
mod schemas;
mod walk;

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobSet;

pub use beside::{Beside, root_of};
pub use beyond::add_beyond;
pub use names::{direct, printed_name};
pub use policies::{PolicyFile, PolicyFiles, policies, policy_file};
pub use revision::{NoRevision, Revision, at_revision};
pub use schemas::{SchemaFiles, schemas};

use crate::model::listing::{KUSTOMIZATIONS, Listing, file_of, seen_from};
use crate::model::source::{FileId, Sources};

/// What discovery needs to know.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Files and folders, as typed; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// The working directory, to which printed names are relative.
    pub working_directory: PathBuf,
    /// Whether to name files from the root in any case: something that is needed lies beside the working directory.
    pub from_root: bool,
    /// The root of the repository: links may lead anywhere in it, and nowhere else.
    pub root: PathBuf,
    /// The folder that `exclude` is relative to.
    pub base: PathBuf,
    /// Globs of what is left out below folders.
    pub exclude: GlobSet,
    /// The text of standard input, and the name its findings are given.
    pub stdin: Option<(String, Vec<u8>)>,
}

/// What there is to read.
#[derive(Debug, Default)]
pub struct Inputs {
    /// Every file, YAML or not.
    pub listing: Listing,
    /// The files that were named on the command line, in order: they are read whatever their name is.
    pub named: Vec<FileId>,
    /// The folders that were named, so that an empty one is worth an error.
    pub folders: Vec<String>,
    /// What could not be entered below a folder: printed name, and why.
    pub skipped: Vec<(String, String)>,
    /// The folder that names are relative to while the files are examined: the working directory, or the root of the
    /// repository if something beside the working directory is needed. So each file has one name, which `..` in
    /// definitions leads to.
    pub base: PathBuf,
    /// The number of the first of these files among the sources.
    pub first: usize,
    /// The working directory as seen from the base; empty if it is that.
    pub here: String,
    /// The base as seen from the root of the repository; empty if it is that.
    pub below: String,
    /// The root of the repository.
    pub root: PathBuf,
    /// Whether a link leads out of the base to another place of the repository.
    pub leads_out: bool,
    /// Kustomizations that nobody named, in order, above files that were: they say what part these play, and are not checked.
    pub above: Vec<FileId>,
    /// Files that nobody asked for, listed because a kustomization that was asked for names them or their folder. Only
    /// what its build makes of them is checked.
    pub beyond: HashSet<FileId>,
    /// The kustomizations among them that are part of a build.
    pub reached: HashSet<FileId>,
}

/// A path of the command line that cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// As typed.
    pub path: PathBuf,
    /// The system's words.
    pub why: String,
}

impl Unreadable {
    /// What could not be entered or read on the way through a folder.
    fn below(folder: &Path, error: &walkdir::Error) -> Self {
        // The words of `walkdir` name the path once more.
        let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
        Unreadable { path: error.path().unwrap_or(folder).to_path_buf(), why }
    }
}

impl Inputs {
    /// The files to load, in order of name: those named, and below folders those whose name ends in `.yaml`, `.yml` or
    /// `.json`, or that Kustomize reads without an ending.
    pub fn to_read(&self) -> impl Iterator<Item = (&Arc<str>, FileId)> {
        let is_asked_for = |file: FileId| !self.beyond.contains(&file) || self.reached.contains(&file);
        let is_wanted = move |(name, file): &(&Arc<str>, FileId)| {
            (is_manifest_name(name) || self.is_named(*file)) && (self.beyond.is_empty() || is_asked_for(*file))
        };
        self.listing.iter().filter(is_wanted)
    }

    /// Whether the file was named on the command line.
    #[must_use]
    pub fn is_named(&self, file: FileId) -> bool {
        self.named.binary_search(&file).is_ok()
    }

    /// Whether the file is a kustomization above one that was named.
    #[must_use]
    pub fn is_above(&self, file: FileId) -> bool {
        self.above.binary_search(&file).is_ok()
    }

    /// The files that somebody asked for.
    #[must_use]
    pub fn asked_for(&self) -> Cow<'_, Listing> {
        if self.above.is_empty() && self.beyond.is_empty() {
            return Cow::Borrowed(&self.listing);
        }
        let mut listing = self.listing.without_files();
        listing.forget_beyond();
        let own = self.listing.iter().filter(|(_, file)| !self.is_above(*file) && !self.beyond.contains(file));
        own.for_each(|(name, file)| listing.add(name.clone(), file));
        Cow::Owned(listing)
    }

    /// The name of a file or folder as it is printed: relative to the working directory.
    #[must_use]
    pub fn told<'n>(&self, name: &'n str) -> Cow<'n, str> {
        if self.here.is_empty() { Cow::Borrowed(name) } else { Cow::Owned(seen_from(&self.here, name)) }
    }

    /// The name in the listing of what is printed as `told`.
    #[must_use]
    pub fn listed<'n>(&self, told: &'n str) -> Cow<'n, str> {
        if self.here.is_empty() || told.starts_with('<') {
            return Cow::Borrowed(told);
        }
        Cow::Owned(printed_name(&direct(&self.base.join(&self.here).join(told)), &self.base))
    }

    /// The addresses of the repositories that this one is a clone of, as git's configuration has them.
    #[must_use]
    pub fn remotes(&self) -> Vec<String> {
        revision::remotes(&self.root)
    }
}

fn is_manifest_name(name: &str) -> bool {
    let file = file_of(name);
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    ["yaml", "yml", "json"].iter().any(|known| ending.eq_ignore_ascii_case(known)) || file == "Kustomization"
}

/// Lists the files below the paths of `options` and gives each an id in `sources`.
///
/// # Errors
/// A path of the command line that is not there or cannot be read.
pub fn discover(options: &Options, sources: &mut Sources) -> Result<Inputs, Unreadable> {
    let mut inputs = Inputs { first: sources.count(), ..names::based(options) };
    let (root, base) = (options.root.clone(), inputs.base.clone());
    inputs.listing.ask(Arc::new(ignored::Absent { root, base }));
    for path in &options.paths {
        if path.as_os_str() == "-" {
            if let Some((name, text)) = &options.stdin {
                let name: Arc<str> = names::of_stdin(name, options, &inputs).into();
                let id = sources.add_text(name.clone(), text.clone());
                inputs.listing.add(name, id);
                inputs.named.push(id);
            }
            continue;
        }
        let unreadable = |error: std::io::Error| Unreadable { path: path.clone(), why: error.to_string() };
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if metadata.is_dir() {
            let start = names::located(path, options);
            let name = walk::walk(&start, options, sources, &mut inputs);
            inputs.listing.add_root(name.as_str().into());
            inputs.folders.push(name);
        } else if metadata.is_file() {
            std::fs::File::open(path).map_err(unreadable)?;
            let id = add_file(&names::located(path, options), sources, &mut inputs);
            inputs.named.push(id);
        } else {
            return Err(Unreadable { path: path.clone(), why: "neither a file nor a folder".into() });
        }
    }
    inputs.named.sort_unstable();
    add_kustomizations(options, sources, &mut inputs);
    Ok(inputs)
}

/// Adds the nearest kustomization above each file that was named: a patch by itself is no object. Names lead no higher
/// than their base.
fn add_kustomizations(options: &Options, sources: &mut Sources, inputs: &mut Inputs) {
    let root = inputs.base.clone();
    let mut known: HashSet<PathBuf> = HashSet::new();
    for file in inputs.named.clone() {
        let name = sources.name(file).to_owned();
        let own = file_of(&name);
        if KUSTOMIZATIONS.contains(&own) || name.starts_with('<') {
            continue;
        }
        let path = root.join(&name);
        if !known.insert(path.parent().unwrap_or(&root).to_path_buf()) {
            continue;
        }
        let folders = path.ancestors().skip(1).take_while(|folder| folder.starts_with(&root));
        let found = folders.flat_map(|folder| KUSTOMIZATIONS.map(|name| folder.join(name))).find(|path| path.is_file());
        let Some(path) = found else { continue };
        // A link may lead anywhere.
        let is_inside = path.canonicalize().is_ok_and(|real| real.starts_with(&options.root));
        let name = printed_name(&path, &root);
        if is_inside && inputs.listing.file(&name).is_none() {
            let above = add_file(&path, sources, inputs);
            inputs.above.push(above);
        }
    }
}

fn add_file(path: &Path, sources: &mut Sources, inputs: &mut Inputs) -> FileId {
    add_named(printed_name(path, &inputs.base).into(), path.to_owned(), sources, &mut inputs.listing)
}

fn add_named(name: Arc<str>, path: PathBuf, sources: &mut Sources, listing: &mut Listing) -> FileId {
    listing.file_or_add(name.clone(), || sources.add(name, path))
}
