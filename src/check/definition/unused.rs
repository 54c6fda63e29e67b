//! Manifests in the folder of a kustomization that no kustomization names: nobody applies them.
//!
//! Nothing is said of what somebody may mean to use otherwise: a file that is called a patch, one whose name stands in
//! another file of the folder (a comment, a script, the input of a generator), objects that people apply by hand (Secrets,
//! and what begins GitOps, such as an Application of Argo CD), and the roles for people that scaffolds bring along.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::definition::FileRole;
use crate::model::diagnostic::Diagnostic;
use crate::model::listing::join;
use crate::model::resource::Resource;
use crate::model::source::{FileId, Span};
use crate::model::value::Value;

use super::Input;
use super::rules::UNUSED_FILE;

/// Bigger files are not searched for names.
const LONGEST: usize = 1 << 20;

/// Groups of the objects that begin what GitOps goes on with.
const FIRST: [&str; 4] =
    ["argoproj.io", "kustomize.toolkit.fluxcd.io", "source.toolkit.fluxcd.io", "kustomize.config.k8s.io"];

pub(super) fn check(input: &Input<'_>, out: &mut Vec<Diagnostic>) {
    let folders: BTreeMap<&str, FileId> = input
        .listing
        .iter()
        .filter(|(name, _)| is_kustomization(name))
        .map(|(name, file)| (split(name).0, file))
        .collect();
    let taken: BTreeSet<FileId> = input
        .plan
        .taken
        .changed
        .iter()
        .map(|span| span.file)
        .chain(input.plan.taken.as_written.keys().map(|(file, _)| *file))
        .collect();
    let is_manifest = |name: &str, file: FileId| {
        let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
        is_yaml
            && !is_for_people(name)
            && !is_kustomization(name)
            && input.plan.role(file) == FileRole::Manifest
            && !taken.contains(&file)
    };
    let candidates: Vec<(&str, FileId)> = input
        .listing
        .iter()
        .filter(|(name, file)| folders.contains_key(split(name).0) && is_manifest(name, *file))
        .map(|(name, file)| (&**name, file))
        .collect();
    if candidates.is_empty() {
        return;
    }
    let named: BTreeSet<String> = folders.iter().flat_map(|(folder, file)| named_by(input, folder, *file)).collect();
    for (name, file) in candidates.into_iter().filter(|(name, _)| !named.contains(*name)) {
        let (folder, own) = split(name);
        let Some(first) = manifest(input, file).filter(|_| !is_mentioned(input, folder, own, file)) else { continue };
        let kustomization = folders[folder];
        let finding = Diagnostic::new(&UNUSED_FILE, first, format!("no kustomization takes in `{own}`"), "")
            .see(Span::top(kustomization), "the kustomization of this folder does not name it")
            .effect("nothing that the file says reaches a cluster")
            .help(format!("add `{own}` to `resources`, or remove the file"));
        out.push(finding);
    }
}

/// Kubebuilder writes roles for each kind that the project itself does not use (`config/rbac`).
fn is_for_people(name: &str) -> bool {
    ["_admin_role.yaml", "_editor_role.yaml", "_viewer_role.yaml"].iter().any(|ending| name.ends_with(ending))
}

fn is_kustomization(path: &str) -> bool {
    matches!(split(path).1, "kustomization.yaml" | "kustomization.yml" | "Kustomization")
}

/// Folder and name.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Every path that a kustomization may name: each text in it, as seen from its folder.
fn named_by(input: &Input<'_>, folder: &str, file: FileId) -> Vec<String> {
    let Some(text) = (input.text)(file) else { return Vec::new() };
    let part = (input.parse)(String::from_utf8_lossy(&text).into_owned());
    let mut named = Vec::new();
    let mut open: Vec<Value<'_>> = part.roots().map(|(_, root)| root).collect();
    while let Some(value) = open.pop() {
        if let Some(text) = value.text() {
            // `files: [name=path]`
            let paths = [&*text, text.split_once('=').map_or("", |(_, path)| path)];
            named.extend(paths.iter().filter(|path| !path.is_empty()).filter_map(|path| join(folder, path)));
        }
        open.extend(value.items());
        open.extend(value.entries().map(|entry| entry.value));
    }
    named
}

/// Where the first object of a file begins, if all that the file holds are objects.
fn manifest(input: &Input<'_>, file: FileId) -> Option<Span> {
    let text = (input.text)(file).filter(|text| text.len() < LONGEST)?;
    let part = (input.parse)(String::from_utf8_lossy(&text).into_owned());
    let mut roots = part.roots().map(|(_, root)| root).filter(|root| !root.is_null()).peekable();
    let first = roots.peek()?.title_span();
    let is_applied = |it: &Resource<'_>| !FIRST.contains(&it.group()) && it.kind != "Secret" && it.name().is_some();
    let is_object = |root: Value<'_>| Resource::of(root).as_ref().is_some_and(is_applied);
    roots.all(is_object).then(|| Span::new(file, first.start, first.end))
}

/// Whether another file of the folder has the name in it.
fn is_mentioned(input: &Input<'_>, folder: &str, name: &str, file: FileId) -> bool {
    let beside = input.listing.below(folder).filter(|(other, id)| split(other).0 == folder && *id != file);
    beside.into_iter().any(|(_, id)| {
        let text = (input.text)(id).filter(|text| text.len() < LONGEST);
        text.is_some_and(|text| memchr::memmem::find(&text, name.as_bytes()).is_some())
    })
}
