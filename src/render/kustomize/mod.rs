//! Kustomize, recognised: which files are kustomizations, and what part the files play that they name. Not rendered
//! yet.
//!
//! <https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/>, and for the lower-case keys and the three
//! file names `api/types/kustomization.go` and `api/konfig/general.go` of sigs.k8s.io/kustomize.

use std::collections::BTreeSet;

use crate::model::definition::{DefinitionKind, FileRole, Plan};
use crate::model::document::Part;
use crate::model::listing::{Listing, join};
use crate::model::report::NotChecked;
use crate::model::source::{FileId, Span};
use crate::model::value::Value;

use super::{Format, Input, Object, by_name, count, file_of, folder_of};

/// Kustomizations and components.
pub(super) struct Kustomize;

impl Format for Kustomize {
    fn is_definition(&self, name: &str) -> bool {
        matches!(file_of(name), "kustomization.yaml" | "kustomization.yml" | "Kustomization")
    }

    fn plan(&self, input: &Input<'_>, plan: &mut Plan) {
        let files = kustomizations(input);
        for (_, file, _) in &files {
            plan.cast(*file, FileRole::Definition(DefinitionKind::Kustomization));
        }
        // A file that is a resource somewhere is checked in full, even where another kustomization uses it as a patch.
        let readers = || files.iter().map(|(name, _, root)| Reader::new(folder_of(name), *root, input.listing));
        let resources: BTreeSet<FileId> = readers().flat_map(|reader| reader.resources()).collect();
        for (file, role) in readers().flat_map(|reader| reader.parts()) {
            if !resources.contains(&file) {
                plan.cast(file, role);
            }
        }
        if let Some((_, first, _)) = files.first() {
            let verb = if files.len() == 1 { "is" } else { "are" };
            let message = format!("{} {verb} not rendered yet", count(files.len(), "kustomization", "kustomizations"));
            plan.not_checked.push(NotChecked { message, span: Some(Span::top(*first)) });
        }
    }

    fn object(&self, group: &str, _kind: &str) -> Option<Object> {
        (group == "kustomize.config.k8s.io").then_some(Object::Plain)
    }
}

/// The kustomizations in order of name, with their first document.
fn kustomizations<'a>(input: &Input<'a>) -> Vec<(&'a str, FileId, Value<'a>)> {
    let is_kustomization = |name: &str| Kustomize.is_definition(name);
    let first = |(name, file, part): (&'a str, FileId, &'a Part)| Some((name, file, part.roots().next()?.1));
    let files = by_name(input, is_kustomization).into_iter().filter_map(first);
    files.filter(|(_, _, root)| root.is_mapping()).collect()
}

/// Finds the files that a kustomization names.
struct Reader<'a> {
    folder: &'a str,
    root: Value<'a>,
    listing: &'a Listing,
}

impl<'a> Reader<'a> {
    fn new(folder: &'a str, root: Value<'a>, listing: &'a Listing) -> Self {
        Reader { folder, root, listing }
    }

    fn resources(&self) -> Vec<FileId> {
        let fields = ["resources", "bases", "crds"];
        fields.iter().flat_map(|field| self.items(field)).filter_map(|item| self.file(item)).collect()
    }

    fn parts(&self) -> Vec<(FileId, FileRole)> {
        let settings = FileRole::Definition(DefinitionKind::KustomizeSettings);
        let mut parts = Vec::new();
        let mut add = |file: Option<FileId>, role| parts.extend(file.map(|file| (file, role)));
        for field in ["patches", "patchesJson6902"] {
            self.items(field)
                .for_each(|item| add(field_of(item, "path").and_then(|path| self.file(path)), FileRole::Patch));
        }
        self.items("patchesStrategicMerge").for_each(|item| add(self.file(item), FileRole::Patch));
        self.items("replacements")
            .for_each(|item| add(field_of(item, "path").and_then(|path| self.file(path)), settings));
        for field in ["configurations", "transformers", "generators", "validators"] {
            self.items(field).for_each(|item| add(self.file(item), settings));
        }
        for generator in self.items("configMapGenerator").chain(self.items("secretGenerator")) {
            for field in ["files", "envs"] {
                let entries = field_of(generator, field).into_iter().flat_map(Value::items);
                entries.for_each(|entry| add(self.data_file(entry), FileRole::Data));
            }
            add(field_of(generator, "env").and_then(|entry| self.data_file(entry)), FileRole::Data);
        }
        for chart in self.items("helmCharts") {
            add(field_of(chart, "valuesFile").and_then(|entry| self.file(entry)), FileRole::ChartValues);
            let more = field_of(chart, "additionalValuesFiles").into_iter().flat_map(Value::items);
            more.for_each(|entry| add(self.file(entry), FileRole::ChartValues));
        }
        add(field_of(self.root, "openapi").and_then(|openapi| self.file(field_of(openapi, "path")?)), settings);
        parts
    }

    fn items(&self, field: &str) -> impl Iterator<Item = Value<'a>> + use<'a> {
        field_of(self.root, field).into_iter().flat_map(Value::items)
    }

    fn file(&self, item: Value<'_>) -> Option<FileId> {
        self.named(&item.text()?)
    }

    /// An entry of `files`: `name=path`, or a path alone.
    fn data_file(&self, item: Value<'_>) -> Option<FileId> {
        let text = item.text()?;
        self.named(text.split_once('=').map_or(&*text, |(_, path)| path))
    }

    fn named(&self, path: &str) -> Option<FileId> {
        self.listing.file(&join(self.folder, path)?)
    }
}

/// A field of a mapping; kustomize matches keys without regard to case.
fn field_of<'t>(value: Value<'t>, field: &str) -> Option<Value<'t>> {
    value.entries().filter(|entry| entry.name().eq_ignore_ascii_case(field)).last().map(|entry| entry.value)
}
