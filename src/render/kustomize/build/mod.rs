//! A kustomization is built in process, as `kubectl kustomize` 1.32 (kustomize 5.5.0) builds it, and every value of the
//! result knows where it was written.
//!
//! What is known to differ: plugins and charts are holes; folded scalars
//! keep their text, which kustomize changes; a JSON patch turns no date elsewhere in its object into a timestamp, and no
//! large number into a float. Newer releases are followed where 5.5.0 would only refuse: `sourceValue`,
//! `includeVolumeClaimTemplates`, and regular expressions in what replacements select.
//!
//! [`accumulate`] goes through a kustomization and those below it, in the order of the real tool; one file has one of
//! its transformers. [`draft`] is the tree that they change, [`emit`] makes YAML of it.

pub(in crate::render) mod accumulate;
mod configurations;
mod definitions;
pub(in crate::render) mod draft;
pub(in crate::render) mod emit;
mod fields;
mod generate;
mod hash;
mod images;
mod labels;
pub(in crate::render) mod log;
mod metadata;
mod names;
mod namespace;
mod openapi;
mod order;
mod patch;
pub(in crate::render) mod read;
mod references;
mod replacements;
mod replicas;
pub(in crate::render) mod resource;
pub(in crate::render) mod select;
pub(in crate::render) mod source;
mod strict;
mod undone;
mod unhashed;
mod vars;

use accumulate::{Accumulated, Builder};
use draft::Node;
use resource::is_note;

/// Builds the kustomization of a folder to the end.
pub(in crate::render) fn build(builder: &Builder<'_>, folder: &str) -> Accumulated {
    let mut built = (*builder.base(folder, None, &mut Vec::new())).clone();
    for resource in &mut built.resources {
        let Some(span) = resource.hashed else { continue };
        let suffix = hash::suffix(&resource.node);
        resource.remember();
        resource.rename(&format!("{}-{suffix}", resource.id.name), span);
    }
    references::follow(&mut built);
    vars::resolve(&mut built, builder.kustomization(folder).map(|source| source.part.tree.file));
    built.resources.retain(|resource| !is_local(&resource.node));
    let root = builder.kustomization(folder).and_then(|source| source.part.roots().next());
    if let Some((_, root)) = root {
        metadata::write(root, folder, &mut built.resources);
    }
    for resource in &mut built.resources {
        tidy(&mut resource.node);
        resource.untouched = matches!(&resource.node, Node::Frozen(_, None));
    }
    built.log.settle();
    unhashed::check(&built).into_iter().for_each(|finding| built.log.tell(finding));
    if built.log.is_whole() {
        undone::check(&built).into_iter().for_each(|finding| built.log.tell(finding));
    }
    if let Some(finding) = root.and_then(|(_, root)| order::check(root)) {
        built.log.fail(finding);
    }
    order::sort(&mut built.resources, root.map(|(_, root)| root));
    built
}

/// Objects for tools alone never leave kustomize.
fn is_local(node: &Node) -> bool {
    node.at(&["metadata", "annotations"])
        .and_then(|annotations| annotations.get("config.kubernetes.io/local-config"))
        .and_then(|value| value.text().map(|text| text == "true"))
        .unwrap_or(false)
}

/// Annotations are left out if there are none, and their values become texts as they are written: the real tool keeps
/// its own among them, reads all as texts, and removes its own at the end (`api/resource/resource.go`,
/// `RemoveBuildAnnotations`).
fn tidy(node: &mut Node) {
    let Some(annotations) = node.at(&["metadata", "annotations"]) else { return };
    let entries = annotations.entries();
    let is_empty = annotations.is_empty() || (annotations.is_map() && entries.iter().all(|entry| is_note(&entry.key)));
    let is_odd = |value: &Node| !value.is_map() && !value.is_list() && !value.is_string();
    if !is_empty && !entries.iter().any(|entry| is_odd(&entry.value) || is_note(&entry.key)) {
        return;
    }
    let Some(metadata) = node.map_mut().and_then(|root| root.get_mut("metadata")).and_then(Node::map_mut) else {
        return;
    };
    if is_empty {
        metadata.remove("annotations");
        return;
    }
    let Some(map) = metadata.get_mut("annotations").and_then(Node::map_mut) else { return };
    map.entries.retain(|entry| !is_note(&entry.key));
    let entries = map.entries.iter_mut();
    for entry in entries.filter(|entry| is_odd(&entry.value)) {
        entry.value = Node::string(entry.value.text().unwrap_or_default(), entry.value.trace());
    }
}
