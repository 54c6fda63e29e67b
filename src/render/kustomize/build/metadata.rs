//! `buildMetadata`: what the real tool writes into every object about how it was made. The root alone asks for it
//! (kustomize, `api/krusty/kustomizer.go`; `api/resource/origin.go`; `api/internal/target/`). A transformer is noted in
//! every object that is there when it runs, whether it changes it or not.

use std::sync::Arc;

use crate::model::source::Span;
use crate::model::value::Value;

use super::accumulate::{Accumulated, Site};
use super::draft::{Node, Trace};
use super::read::{entry, items, text, text_of};
use super::resource::{Resource, over};

/// How an object was made.
#[derive(Debug, Clone, Default)]
pub(in crate::render) struct History {
    made: Option<Made>,
    transformed: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Made {
    /// It was read from this file.
    Read(Arc<str>),
    By(Step),
}

/// A built-in generator or transformer, and the kustomization that says so.
#[derive(Debug, Clone)]
struct Step {
    file: Arc<str>,
    kind: &'static str,
}

/// The version that a label names; kubectl, which has no version of its own to name, writes `(devel)`, and no server
/// takes that.
const MANAGED_BY: &str = "kustomize-v5.5.0";

/// Whether a kustomization asks for any of it.
pub(super) fn is_asked_for(root: Value<'_>) -> bool {
    entry(root, "buildMetadata").is_some()
}

impl History {
    pub fn read(file: &str) -> Self {
        History { made: Some(Made::Read(file.into())), transformed: Vec::new() }
    }

    pub fn generated(file: &str, kind: &'static str) -> Self {
        History { made: Some(Made::By(Step { file: file.into(), kind })), transformed: Vec::new() }
    }

    /// Takes over what is known of the object that a generator lays itself over.
    pub fn follow(&mut self, old: &History, is_merged: bool) {
        self.transformed.clone_from(&old.transformed);
        if is_merged {
            self.made.clone_from(&old.made);
        }
    }
}

/// Notes the transformers of a kustomization, in the order in which they run.
pub(super) fn note(site: &Site<'_, '_>, to: &mut Accumulated) {
    let Some(file) = site.name() else { return };
    let count = |list: &str| entry(site.root, list).map_or(0, |entry| entry.value.len());
    let once = |list: &str| count(list).min(1);
    let says = |key: &str| usize::from(text(site.root, key).is_some());
    let labels = match (count("labels"), once("commonLabels")) {
        (0, common) => common,
        (own, _) => own + 1,
    };
    let kinds = [
        ("PatchStrategicMergeTransformer", once("patchesStrategicMerge")),
        ("PatchTransformer", count("patches")),
        ("NamespaceTransformer", says("namespace")),
        ("PrefixTransformer", says("namePrefix")),
        ("SuffixTransformer", says("nameSuffix")),
        ("LabelTransformer", labels),
        ("AnnotationsTransformer", once("commonAnnotations")),
        ("PatchJson6902Transformer", count("patchesJson6902")),
        ("ReplicaCountTransformer", count("replicas")),
        ("ImageTagTransformer", count("images") + count("imageTags")),
        ("ReplacementTransformer", once("replacements")),
    ];
    let file: Arc<str> = file.into();
    let steps = kinds.into_iter().flat_map(|(kind, number)| std::iter::repeat_n(kind, number));
    let steps: Vec<Step> = steps.map(|kind| Step { file: file.clone(), kind }).collect();
    for resource in &mut to.resources {
        resource.history.transformed.extend(steps.iter().cloned());
    }
}

/// Writes what the root asks for.
pub(super) fn write(root: Value<'_>, folder: &str, resources: &mut [Resource]) {
    for item in items(root, "buildMetadata") {
        let span = item.span();
        for resource in &mut *resources {
            match &*text_of(item) {
                "managedByLabel" => {
                    set(resource, ["labels", "app.kubernetes.io/managed-by"], MANAGED_BY.to_owned(), span);
                }
                "originAnnotations" => {
                    let made = resource.history.made.as_ref().map(|made| made.text(folder));
                    let key = ["annotations", "config.kubernetes.io/origin"];
                    made.into_iter().for_each(|text| set(resource, key, text, span));
                }
                "transformerAnnotations" if !resource.history.transformed.is_empty() => {
                    let steps = resource.history.transformed.iter().map(|step| {
                        let text = step.text(folder).replace('\n', "\n  ");
                        format!("- {}\n", text.trim_end())
                    });
                    let text = steps.collect();
                    set(resource, ["annotations", "alpha.config.kubernetes.io/transformations"], text, span);
                }
                _ => {}
            }
        }
    }
}

impl Made {
    fn text(&self, folder: &str) -> String {
        match self {
            Made::Read(file) => format!("path: {}\n", relative(folder, file)),
            Made::By(step) => step.text(folder),
        }
    }
}

impl Step {
    fn text(&self, folder: &str) -> String {
        let file = relative(folder, &self.file);
        format!("configuredIn: {file}\nconfiguredBy:\n  apiVersion: builtin\n  kind: {}\n", self.kind)
    }
}

fn set(resource: &mut Resource, [map, key]: [&str; 2], text: String, span: Span) {
    let Some(metadata) = resource.node.map_mut().and_then(|root| root.get_mut("metadata")).and_then(Node::map_mut)
    else {
        return;
    };
    if metadata.get(map).is_none_or(Node::is_null) {
        metadata.set(map, Trace::at(span), Node::map(Trace::at(span)));
    }
    if let Some(map) = metadata.get_mut(map).and_then(Node::map_mut) {
        let value = Node::string(text, over(map.get(key), span));
        map.set(key, Trace::at(span), value);
    }
}

/// The way from a folder to a file, both named from the same place.
fn relative(folder: &str, file: &str) -> String {
    let parts = |path: &str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (folder, file) = (parts(folder), parts(file));
    let same = folder.iter().zip(&file).take_while(|(a, b)| a == b).count();
    let mut way: Vec<&str> = vec![".."; folder.len() - same];
    way.extend(file[same..].iter().map(String::as_str));
    way.join("/")
}
