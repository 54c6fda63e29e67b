//! Bytes become documents with spans, exactly as Kubernetes clients read them: Flux, Argo CD, kustomize, kubectl and the
//! API server share two Go libraries, and this room does what they do.
//!
//! The way of a file: [`file`] reads its bytes and makes text of them; [`stream`] cuts the text into documents, and long
//! ones into stretches that are read in parallel; [`decode`] decides between [`json`] and [`yaml`] for each and keeps
//! the [`budget`]; [`part`] makes documents, findings and suppression comments ([`suppression`]) of what came out.
//! [`template`] knows the files that are no YAML and do not claim to be. [`parse`] is the command of that name.
//!
//! Nothing in here fails but reading itself: what is broken becomes a finding, and the rest is still read.

pub mod budget;
pub mod decode;
pub mod file;
pub mod json;
pub mod parse;
pub mod part;
pub mod rules;
pub mod stream;
pub mod suppression;
pub mod template;
pub mod yaml;

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use crate::model::document::Part;
use crate::model::node::Tree;
use crate::model::rule::Rule;
use crate::model::source::FileId;

use file::Outcome;
use part::Place;

pub use file::{ReadError, Source};

/// Every rule of this stage.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    rules::RULES.iter().copied().chain(yaml::RULES)
}

/// What a file may cost. The defaults are met by every honest repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The largest file, in bytes.
    pub max_file: u64,
    /// The deepest nesting of a document, aliases followed.
    pub max_nesting: usize,
    /// The most nodes of a document after aliases are expanded. Below that, ten times the bytes of the document are
    /// allowed.
    pub max_nodes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { max_file: 256 << 20, max_nesting: 1_000, max_nodes: 10_000_000 }
    }
}

/// Above this size in bytes a file is read in stretches.
const LONG: usize = 1 << 20;

/// The most memory that the text of a small file takes, in bytes: a line feed may make it twice as large as it is.
const MOST_SMALL: usize = 2 * file::SMALL;

/// The least number of bytes that a node stands for in most files.
const BYTES_OF_NODE: usize = 8;

/// The size of a stretch in bytes.
const STRETCH: usize = 256 << 10;

/// Reads files, and keeps the memory that reading took for the next one.
#[derive(Debug, Default)]
pub struct Loader {
    options: Options,
    idle: Mutex<Idle>,
}

/// Memory that was used before.
#[derive(Debug)]
struct Scratch {
    text: String,
    tree: Tree,
}

impl Scratch {
    /// About how many bytes of text it is made for: the text may have been taken out of it.
    fn capacity(&self) -> usize {
        self.text.capacity().max(self.tree.nodes.capacity() * BYTES_OF_NODE)
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Scratch { text: String::new(), tree: Tree::new(FileId(0)) }
    }
}

/// Memory that waits to be used again. That of large files is kept apart: else all of it would grow to the size of the
/// largest file in time.
#[derive(Debug, Default)]
struct Idle {
    small: Vec<Scratch>,
    large: Vec<Scratch>,
}

impl Loader {
    /// A loader with these budgets.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Loader { options, idle: Mutex::default() }
    }

    /// Reads a file and shows it to `visit`, in one part or, if it is long, in several at once; returns what `visit`
    /// made of the parts, in their order. A part that `visit` hands back lends its memory to the next one.
    ///
    /// `name` is the printed name of the file: `*.json` is told in terms of JSON, and templates are known by it too.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or read.
    pub fn load<R: Send>(
        &self,
        file: FileId,
        name: &str,
        source: Source<'_>,
        visit: impl Fn(Part) -> (R, Option<Part>) + Sync,
    ) -> Result<Vec<R>, ReadError> {
        Ok(self.load_if(file, name, source, |_| true, visit)?.unwrap_or_default())
    }

    /// Reads a file, and keeps it in no more memory than it needs.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or read.
    pub fn keep(&self, file: FileId, name: &str, source: Source<'_>) -> Result<Vec<Part>, ReadError> {
        self.load(file, name, source, |mut part| {
            part.text.shrink_to_fit();
            part.tree.nodes.shrink_to_fit();
            (part, None)
        })
    }

    /// As [`Loader::load`], but only if the bytes of the file are `wanted`; `None` if they are not.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or read.
    pub fn load_if<R: Send>(
        &self,
        file: FileId,
        name: &str,
        source: Source<'_>,
        wanted: impl Fn(&[u8]) -> bool,
        visit: impl Fn(Part) -> (R, Option<Part>) + Sync,
    ) -> Result<Option<Vec<R>>, ReadError> {
        let mut scratch = self.idle().small.pop().unwrap_or_default();
        let mut bytes = std::mem::take(&mut scratch.text).into_bytes();
        let place = Place { file, name, base: 0 };
        let outcome = file::read(source, &mut bytes, self.options.max_file, |bytes| self.larger(bytes, &mut scratch))?;
        match outcome {
            Outcome::TooLarge(size) => {
                let part = part::too_large(place, size, self.options.max_file);
                Ok(Some(vec![self.show(part, &visit)]))
            }
            Outcome::Whole if !wanted(&bytes) => {
                self.give_back(Scratch { text: emptied(bytes), ..scratch });
                Ok(None)
            }
            Outcome::Whole if bytes.len() <= LONG || is_json(&bytes) => {
                let part = part::read(place, file::decode(bytes), scratch.tree, &self.options);
                Ok(Some(vec![self.show(part, &visit)]))
            }
            Outcome::Whole => {
                self.give_back(scratch);
                let stretches = stream::stretches(&bytes, STRETCH);
                let results = stretches
                    .into_par_iter()
                    .with_max_len(1)
                    .map(|stretch| self.load_stretch(place, &bytes, stretch, &visit));
                Ok(Some(results.collect()))
            }
        }
    }

    /// Reads some documents of a file again: those that take the `stretches`, as [`crate::model::document::Document`]
    /// has them.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or read.
    pub fn load_documents<R: Send>(
        &self,
        file: FileId,
        name: &str,
        source: Source<'_>,
        stretches: &[Range<usize>],
        visit: impl Fn(Part) -> (R, Option<Part>) + Sync,
    ) -> Result<Vec<R>, ReadError> {
        let mut bytes = Vec::new();
        let place = Place { file, name, base: 0 };
        let outcome = file::read(source, &mut bytes, self.options.max_file, |bytes| bytes)?;
        let there = |stretch: &&Range<usize>| outcome == Outcome::Whole && stretch.end <= bytes.len();
        let stretches: Vec<_> = stretches.iter().filter(there).cloned().collect();
        Ok(stretches
            .into_par_iter()
            .with_max_len(1)
            .map(|stretch| self.load_stretch(place, &bytes, stretch, &visit))
            .collect())
    }

    fn load_stretch<R>(
        &self,
        place: Place<'_>,
        bytes: &[u8],
        stretch: Range<usize>,
        visit: &impl Fn(Part) -> (R, Option<Part>),
    ) -> R {
        let mut scratch = self.idle().large.pop().unwrap_or_default();
        let mut own = std::mem::take(&mut scratch.text).into_bytes();
        own.clear();
        own.extend_from_slice(&bytes[stretch.clone()]);
        let place = Place { base: stretch.start as u32, ..place };
        self.show(part::read(place, file::decode(own), scratch.tree, &self.options), visit)
    }

    fn show<R>(&self, part: Part, visit: &impl Fn(Part) -> (R, Option<Part>)) -> R {
        let (result, part) = visit(part);
        part.into_iter().for_each(|part| self.reuse(part));
        result
    }

    /// Lends the memory of a part to the next one.
    pub fn reuse(&self, part: Part) {
        let Part { text, tree, .. } = part;
        self.give_back(Scratch { text, tree });
    }

    /// Goes on with a large file in memory that held one before.
    fn larger(&self, bytes: Vec<u8>, scratch: &mut Scratch) -> Vec<u8> {
        let Scratch { text, tree } = self.idle().large.pop().unwrap_or_default();
        let mut larger = text.into_bytes();
        larger.clear();
        larger.extend_from_slice(&bytes);
        let tree = std::mem::replace(&mut scratch.tree, tree);
        self.give_back(Scratch { text: emptied(bytes), tree });
        larger
    }

    /// Keeps the memory for the next file, unless it is that of a very large one: few are, and it would never be freed.
    fn give_back(&self, scratch: Scratch) {
        match scratch.capacity() {
            0..=MOST_SMALL => self.idle().small.push(scratch),
            capacity if capacity <= 2 * LONG => self.idle().large.push(scratch),
            _ => {}
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The memory of bytes that are no longer wanted.
fn emptied(mut bytes: Vec<u8>) -> String {
    bytes.clear();
    // Nothing is text.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Whether a stream must not be cut, because JSON is tried first.
fn is_json(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(8192)];
    json::begins(&String::from_utf8_lossy(start))
}
