//! VERB 1: what to read. The paths of the command line become a [`Listing`] of files with their ids; the bytes stay on
//! disk. Nothing outside the root is entered: a link that leads out is named and left alone.

mod beside;
mod ignored;
mod policies;
mod revision;
mod schemas;
mod walk;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobSet;

pub use beside::{Beside, root_of};
pub use policies::{PolicyFile, PolicyFiles, policies, policy_file};
pub use revision::{NoRevision, Revision, at_revision};
pub use schemas::{SchemaFiles, schemas};

use crate::model::listing::{KUSTOMIZATIONS, Listing, file_of};
use crate::model::source::{FileId, Sources};

/// What discovery needs to know.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Files and folders, as typed; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// The working directory, to which printed names are relative.
    pub working_directory: PathBuf,
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
    /// The files that were named on the command line: they are read whatever their name is.
    pub named: Vec<FileId>,
    /// Whether a folder was named, so that an empty result is worth an error.
    pub folder: bool,
    /// What could not be entered below a folder: printed name, and why.
    pub skipped: Vec<(String, String)>,
    /// The working directory as seen from the root of the repository; empty if it is that.
    pub below: String,
    /// The root of the repository.
    pub root: PathBuf,
    /// Kustomizations that nobody named, above files that were: they say what part these play, and are not checked.
    pub above: Vec<FileId>,
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
        self.listing.iter().filter(|(name, id)| self.named.contains(id) || is_manifest_name(name))
    }

    /// The files that somebody asked for.
    #[must_use]
    pub fn asked_for(&self) -> Cow<'_, Listing> {
        if self.above.is_empty() {
            return Cow::Borrowed(&self.listing);
        }
        let mut listing = self.listing.without_files();
        let own = self.listing.iter().filter(|(_, file)| !self.above.contains(file));
        own.for_each(|(name, file)| listing.add(name.clone(), file));
        Cow::Owned(listing)
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
    let below = options.working_directory.strip_prefix(&options.root).ok().filter(|below| *below != Path::new(""));
    let below = below.map(|_| printed_name(&options.working_directory, &options.root)).unwrap_or_default();
    let mut inputs = Inputs { below, root: options.root.clone(), ..Inputs::default() };
    let (root, working_directory) = (options.root.clone(), options.working_directory.clone());
    inputs.listing.ask(Arc::new(ignored::Absent { root, working_directory }));
    for path in &options.paths {
        if path.as_os_str() == "-" {
            if let Some((name, text)) = &options.stdin {
                let id = sources.add_text(name.as_str(), text.clone());
                inputs.listing.add(name.as_str().into(), id);
                inputs.named.push(id);
            }
            continue;
        }
        let unreadable = |error: std::io::Error| Unreadable { path: path.clone(), why: error.to_string() };
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if metadata.is_dir() {
            inputs.folder = true;
            walk::walk(path, options, sources, &mut inputs);
        } else if metadata.is_file() {
            std::fs::File::open(path).map_err(unreadable)?;
            let id = add_file(path, options, sources, &mut inputs.listing);
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
/// than the working directory.
fn add_kustomizations(options: &Options, sources: &mut Sources, inputs: &mut Inputs) {
    let root = options.working_directory.as_path();
    for file in inputs.named.clone() {
        let name = sources.name(file).to_owned();
        let own = file_of(&name);
        if KUSTOMIZATIONS.contains(&own) || name.starts_with('<') {
            continue;
        }
        let path = options.working_directory.join(&name);
        let folders = path.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
        let found = folders.flat_map(|folder| KUSTOMIZATIONS.map(|name| folder.join(name))).find(|path| path.is_file());
        let Some(path) = found else { continue };
        // A link may lead anywhere.
        let is_inside = path.canonicalize().is_ok_and(|real| real.starts_with(&options.root));
        let name = printed_name(&path, &options.working_directory);
        if is_inside && inputs.listing.file(&name).is_none() {
            inputs.above.push(add_file(&path, options, sources, &mut inputs.listing));
        }
    }
}

fn add_file(path: &Path, options: &Options, sources: &mut Sources, listing: &mut Listing) -> FileId {
    add_named(printed_name(path, &options.working_directory).into(), path.to_owned(), sources, listing)
}

fn add_named(name: Arc<str>, path: PathBuf, sources: &mut Sources, listing: &mut Listing) -> FileId {
    listing.file_or_add(name.clone(), || sources.add(name, path))
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
            std::path::Component::CurDir => {}
            std::path::Component::RootDir => name.push('/'),
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
