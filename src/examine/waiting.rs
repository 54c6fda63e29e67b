//! Custom resources wait until the definitions of the whole input are known.
//!
//! What waits is a note, not the text: keeping every file that holds a custom resource would cost the memory of a good
//! part of the repository. The files whose kinds turn out to be defined in the input are read a second time.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::seen::{Seen, secret_ranges};
use super::{Run, reading};
use crate::check::schema::{CustomKind, CustomKinds, Verdict, declared, learn};
use crate::model::definition::Plan;
use crate::model::document::Part;
use crate::model::resource::Resource;
use crate::model::source::FileId;
use crate::render;

/// Group and kind.
pub(super) type GroupKind = (String, String);

/// Group and kind of a resource.
pub(super) fn group_kind(resource: &Resource<'_>) -> GroupKind {
    (resource.group().to_owned(), resource.kind.clone().into_owned())
}

/// Which files have to do with which custom kinds.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// The files with resources of a kind.
    pub(super) resources: BTreeMap<GroupKind, BTreeSet<FileId>>,
    /// The files with definitions of a kind.
    pub(super) definitions: BTreeMap<GroupKind, BTreeSet<FileId>>,
}

impl Waiting {
    pub(super) fn join(&mut self, other: Waiting) {
        for (kind, files) in other.resources {
            self.resources.entry(kind).or_default().extend(files);
        }
        for (kind, files) in other.definitions {
            self.definitions.entry(kind).or_default().extend(files);
        }
    }
}

impl Run<'_> {
    /// Checks the custom resources whose definitions the input holds. Of definitions only those are learnt that some
    /// resource needs: repositories that install operators hold many of them and few objects, and reading a definition
    /// costs more than checking an object.
    pub(super) fn check_waiting(&self, plan: &Plan, seen: &mut Seen) {
        let Waiting { resources, definitions } = std::mem::take(&mut seen.waiting);
        let wanted: BTreeSet<&GroupKind> = definitions.keys().filter(|kind| resources.contains_key(*kind)).collect();
        if wanted.is_empty() {
            return;
        }
        let files = |of: &BTreeMap<GroupKind, BTreeSet<FileId>>| -> Vec<FileId> {
            let files: BTreeSet<FileId> = wanted.iter().flat_map(|kind| &of[*kind]).copied().collect();
            files.into_iter().collect()
        };
        let is_wanted = |resource: &Resource<'_>| wanted.contains(&group_kind(resource));
        let mut kinds = CustomKinds::default();
        let learnt: Vec<Vec<CustomKind>> = self.again(&files(&definitions), |_, part| {
            let resources =
                resources_of(part).filter(|resource| declared(resource).is_some_and(|kind| wanted.contains(&kind)));
            resources.filter_map(|definition| learn(&definition)).collect()
        });
        learnt.into_iter().flatten().for_each(|kind| kinds.add(kind));
        let late = self.again(&files(&resources), |file, part| {
            let mut late = Seen::default();
            let (mode, _) = reading(plan.role(file));
            let is_object = |resource: &Resource<'_>| render::object(resource.group(), &resource.kind).is_some();
            for resource in resources_of(part).filter(|resource| is_wanted(resource) && !is_object(resource)) {
                match kinds.check(&self.rules.schemas, &resource, mode, &mut late.findings) {
                    Verdict::CheckedExceptCel => late.count_without_cel(&resource),
                    Verdict::Waits | Verdict::Checked | Verdict::Unknown | Verdict::Foreign => {}
                }
            }
            if !late.findings.is_empty() {
                late.secrets.insert(file, secret_ranges(part));
            }
            late
        });
        late.into_iter().for_each(|late| seen.join(late));
        seen.unknown.retain(|(api_version, kind), _| {
            let group = api_version.split_once('/').map_or("", |(group, _)| group);
            !wanted.contains(&(group.to_owned(), kind.clone()))
        });
    }

    /// Reads files a second time. One that can no longer be read was found to be so the first time.
    fn again<R: Send>(&self, files: &[FileId], look: impl Fn(FileId, &Part) -> R + Sync) -> Vec<R> {
        let read = |&file: &FileId| {
            let parts = self
                .loader
                .load(file, self.sources.name(file), self.source(file), |part| (look(file, &part), Some(part)));
            parts.unwrap_or_default()
        };
        files.par_iter().flat_map_iter(read).collect()
    }
}

fn resources_of(part: &Part) -> impl Iterator<Item = Resource<'_>> {
    part.roots().filter_map(|(_, root)| Resource::of(root)).flat_map(Resource::expand)
}
