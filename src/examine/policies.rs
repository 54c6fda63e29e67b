//! Policies that come as manifests, and those that look at more than one object.

use std::sync::Arc;

use rayon::prelude::*;

use super::seen::{Seen, secret_ranges};
use super::{Other, Run};
use crate::check::policy::{Before, Files, Given, Object};
use crate::check::schema::{Identity, Mode, identity};
use crate::discover::{Beside, PolicyFile, PolicyFiles};
use crate::load::{Loader, Source};
use crate::model::definition::FileRole;
use crate::model::diagnostic::Diagnostic;
use crate::model::document::Part;
use crate::model::resource::Resource;
use crate::model::rule::Severity;
use crate::model::source::FileId;
use crate::model::value::Value;

/// The files of policies and of their data, read.
#[derive(Debug, Default)]
pub struct PolicyInput<'f> {
    rego: &'f [PolicyFile],
    manifests: Vec<Part>,
    data: Vec<(&'f [String], Vec<Part>)>,
    beside: Option<&'f Beside>,
    /// What keeps the files from being read.
    pub problems: Vec<Diagnostic>,
}

/// Words of which a manifest must have one to hold a policy.
const MARKERS: [&str; 2] = ["gatekeeper.sh", "admissionregistration.k8s.io"];

/// Reads the files that are no Rego.
#[must_use]
pub fn read_policies(files: &PolicyFiles) -> PolicyInput<'_> {
    let loader = Loader::default();
    let load = |file: &PolicyFile| {
        let bytes = Source::Bytes(file.text.as_bytes());
        loader.keep(file.file, &file.name, bytes).unwrap_or_default()
    };
    // The others may hold what policies read: namespaces, and parameters.
    let is_policy = |file: &&PolicyFile| MARKERS.iter().any(|marker| file.text.contains(marker));
    let (policies, others): (Vec<_>, Vec<_>) = files.manifests.iter().partition(is_policy);
    let mut manifests: Vec<Part> = policies.into_iter().flat_map(load).collect();
    let data: Vec<_> = files.data.iter().map(|(keys, file)| (keys.as_slice(), load(file))).collect();
    let parts = manifests.iter().chain(data.iter().flat_map(|(_, parts)| parts));
    let findings = parts.flat_map(|part| &part.findings);
    let problems = findings.filter(|finding| finding.severity == Severity::Error).cloned().collect();
    manifests.extend(others.into_iter().flat_map(load));
    PolicyInput { rego: &files.rego, manifests, data, beside: files.beside.as_ref(), problems }
}

impl PolicyInput<'_> {
    /// What policies can be made of.
    #[must_use]
    pub fn given(&self) -> Given<'_> {
        let rego = self.rego.iter().map(|file| (file.file, file.name.clone(), file.text.clone())).collect();
        let roots = self
            .data
            .iter()
            .flat_map(|(keys, parts)| parts.iter().flat_map(Part::roots).map(|(_, root)| (keys.to_vec(), root)));
        let objects = self.manifests.iter().flat_map(Part::roots).filter_map(|(_, root)| Resource::of(root));
        let files = self.beside.map(|beside| Arc::new(Library(beside.clone())) as Arc<dyn Files>);
        Given { rego, data: roots.collect(), objects: objects.flat_map(Resource::expand).collect(), files }
    }
}

/// The files that policies ask for by path.
struct Library(Beside);

impl Files for Library {
    fn read(&self, folder: &str, path: &str, show: &mut dyn FnMut(Option<Value<'_>>)) -> Result<(), String> {
        let is_json = path.to_ascii_lowercase().ends_with(".json");
        self.parse(&format!("`{path}`"), is_json, &self.0.read(folder, path)?, show)
    }

    fn parse(
        &self,
        what: &str,
        is_json: bool,
        bytes: &[u8],
        show: &mut dyn FnMut(Option<Value<'_>>),
    ) -> Result<(), String> {
        let loader = Loader::default();
        for text in if is_json { vec![bytes] } else { documents(bytes) } {
            let name = if is_json { "a.json" } else { "a.yaml" };
            let parts = loader.load(FileId(0), name, Source::Bytes(text), |part| (part, None)).unwrap_or_default();
            // Of two equal keys the last counts, as in Go.
            let is_broken =
                |finding: &&Diagnostic| finding.severity == Severity::Error && finding.rule != "duplicate-key";
            if let Some(broken) = parts.iter().flat_map(|part| &part.findings).find(is_broken) {
                return Err(format!("{what} cannot be read: {}", broken.message));
            }
            let mut roots = parts.iter().flat_map(Part::roots).map(|(_, root)| root);
            match roots.next() {
                Some(_) if is_json && roots.next().is_some() => return Err(format!("{what} has more than one value")),
                Some(root) => show(Some(root)),
                None if !is_json && is_empty(text) => show(None),
                None => return Err(format!("{what} holds nothing that can be read")),
            }
        }
        Ok(())
    }
}

/// Whether a document has nothing but comments.
fn is_empty(document: &[u8]) -> bool {
    let text = String::from_utf8_lossy(document);
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#') || line == "---")
}

/// The documents of a text as conftest tells them apart (`parser/yaml/yaml.go`, `separateSubDocuments`).
fn documents(text: &[u8]) -> Vec<&[u8]> {
    let separator: &[u8] = if memchr::memmem::find(text, b"\r\n").is_some() { b"\r\n---\r\n" } else { b"\n---\n" };
    let ends: Vec<usize> = memchr::memmem::find_iter(text, separator).collect();
    // The first line behind directives separates nothing.
    let ends = if text.starts_with(b"%") { ends.get(1..).unwrap_or_default() } else { &ends };
    let starts = std::iter::once(0).chain(ends.iter().map(|end| end + separator.len()));
    starts.zip(ends.iter().copied().chain([text.len()])).map(|(start, end)| &text[start..end]).collect()
}

impl Run<'_> {
    /// Checks what can only be checked when all objects are known. They are read a second time, and kept for it.
    pub(super) fn check_together(&self, seen: &mut Seen) {
        if !self.rules.policies.wants_all() && !seen.has_policies {
            return;
        }
        let built = self.plan.roles.iter().filter(|(_, role)| **role == FileRole::Built).map(|(file, _)| *file);
        let files: Vec<FileId> = self.inputs.to_read().map(|(_, file)| file).chain(built).collect();
        let read = |file: &FileId| {
            if !self.plan.role(*file).is_manifest() {
                return Vec::new();
            }
            let (name, source) = (self.sources.name(*file), self.source(*file));
            let parts = self.loader.keep(*file, name, source).unwrap_or_default();
            parts.into_iter().map(|part| (*file, part)).collect()
        };
        let parts: Vec<(FileId, Part)> = files.par_iter().with_max_len(1).flat_map_iter(read).collect();
        let objects: Vec<Object<'_>> = parts
            .iter()
            .flat_map(|(file, part)| {
                let (mode, place) = super::reading(self.plan.role(*file));
                let resources = part.roots().filter_map(move |(_, root)| match identity(root, place) {
                    Identity::Resource(resource) if mode == Mode::Whole => Some(resource),
                    _ => None,
                });
                let name = self.sources.name(*file);
                // What is built of an object is checked in its place.
                let stands = |resource: &Resource<'_>| !self.plan.taken.changed.contains(&resource.value.span());
                let resources = resources.flat_map(Resource::expand).filter(stands);
                resources.map(move |resource| {
                    let before = self.before(&resource);
                    Object { resource, name, before }
                })
            })
            .collect();
        let sight = self.rules.policies.sight(&objects);
        if matches!(self.other, Other::Later) {
            for (object, former) in sight.formers() {
                seen.past.add_whole(self.home(&object.resource), &object.resource, former);
            }
        }
        let together = sight.together();
        let found: Vec<Vec<Diagnostic>> =
            (0..objects.len()).into_par_iter().map_init(|| together.worker(), |worker, at| worker.check(at)).collect();
        let before = seen.findings.len();
        seen.findings.extend(together.findings());
        seen.findings.extend(found.into_iter().flatten());
        seen.not_checked.extend(together.not_checked());
        if seen.findings.len() > before {
            for (file, part) in &parts {
                let ranges = secret_ranges(part);
                if !ranges.is_empty() {
                    seen.secrets.entry(*file).or_default().extend(ranges);
                }
            }
        }
    }

    /// What an object was before the change.
    fn before(&self, resource: &Resource<'_>) -> Before<'_> {
        match self.other {
            Other::None => Before::Nothing,
            Other::Later => Before::Same,
            Other::Earlier(past, _) => {
                let old = past.whole(self.home(resource), resource, self);
                if old.is_empty() { Before::Nothing } else { Before::Old(old) }
            }
        }
    }
}
