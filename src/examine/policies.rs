//! Policies that come as manifests, and those that look at more than one object.

use rayon::prelude::*;

use super::seen::{Seen, secret_ranges};
use super::{Other, Run};
use crate::check::policy::{Before, Given, Object};
use crate::check::schema::{Identity, Mode, identity};
use crate::discover::{PolicyFile, PolicyFiles};
use crate::load::{Loader, Source};
use crate::model::definition::{FileRole, Plan};
use crate::model::diagnostic::Diagnostic;
use crate::model::document::Part;
use crate::model::resource::Resource;
use crate::model::rule::Severity;
use crate::model::source::FileId;

/// The files of policies and of their data, read.
#[derive(Debug, Default)]
pub struct PolicyInput<'f> {
    rego: &'f [PolicyFile],
    manifests: Vec<Part>,
    data: Vec<(&'f [String], Vec<Part>)>,
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
    PolicyInput { rego: &files.rego, manifests, data, problems }
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
        Given { rego, data: roots.collect(), objects: objects.flat_map(Resource::expand).collect() }
    }
}

impl Run<'_> {
    /// Checks what can only be checked when all objects are known. They are read a second time, and kept for it.
    pub(super) fn check_together(&self, plan: &Plan, seen: &mut Seen) {
        if !self.rules.policies.wants_all() && !seen.has_policies {
            return;
        }
        let built = plan.roles.iter().filter(|(_, role)| **role == FileRole::Built).map(|(file, _)| *file);
        let files: Vec<FileId> = self.inputs.to_read().map(|(_, file)| file).chain(built).collect();
        let read = |file: &FileId| {
            if !plan.role(*file).is_manifest() {
                return Vec::new();
            }
            let (name, source) = (self.sources.name(*file), self.source(*file));
            let parts = self.loader.keep(*file, name, source).unwrap_or_default();
            parts.into_iter().map(|part| (*file, part)).collect()
        };
        let parts: Vec<(FileId, Part)> = files.par_iter().flat_map_iter(read).collect();
        let objects: Vec<Object<'_>> = parts
            .iter()
            .flat_map(|(file, part)| {
                let (mode, place) = super::reading(plan.role(*file));
                let resources = part.roots().filter_map(move |(_, root)| match identity(root, place) {
                    Identity::Resource(resource) if mode == Mode::Whole => Some(resource),
                    _ => None,
                });
                let name = self.sources.name(*file);
                // What is built of an object is checked in its place.
                let stands = |resource: &Resource<'_>| !self.taken.changed.contains(&resource.value.span());
                let resources = resources.flat_map(Resource::expand).filter(stands);
                resources.map(move |resource| {
                    let before = self.before(name, &resource);
                    Object { resource, name, before }
                })
            })
            .collect();
        let sight = self.rules.policies.sight(&objects);
        if matches!(self.other, Other::Later) {
            for (object, former) in sight.formers() {
                seen.past.add_whole(object.name, &object.resource, former);
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
    fn before(&self, name: &str, resource: &Resource<'_>) -> Before<'_> {
        match self.other {
            Other::None => Before::Nothing,
            Other::Later => Before::Same,
            Other::Earlier(past, _) => {
                let old = past.whole(name, resource, |name| self.inputs.listing.file(name).is_some());
                old.map_or(Before::Nothing, Before::Old)
            }
        }
    }
}
