//! The fields of a kustomization, and the files that they name.

use crate::model::definition::{DefinitionKind, FileRole};
use crate::model::listing::{Listing, join};
use crate::model::source::{FileId, Span};
use crate::model::value::Value;

use super::build::read::entry;

/// Reads one kustomization.
pub(super) struct Reader<'a> {
    pub folder: &'a str,
    pub root: Value<'a>,
    pub listing: &'a Listing,
}

impl<'a> Reader<'a> {
    /// The files of objects.
    pub fn resources(&self) -> Vec<FileId> {
        let fields = ["resources", "bases", "crds"];
        fields.iter().flat_map(|field| self.items(field)).filter_map(|item| self.file(item)).collect()
    }

    /// The other files, with the part that each plays.
    pub fn parts(&self) -> Vec<(FileId, FileRole)> {
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

    /// The folders that it takes in: bases and components.
    pub fn folders(&self) -> Vec<String> {
        let fields = ["resources", "bases", "components"];
        let entries = fields.iter().flat_map(|field| self.items(field)).filter_map(Value::text);
        entries.filter_map(|entry| Some(self.listing.behind_links(join(self.folder, &entry)?))).collect()
    }

    /// The key of a field that says something.
    pub fn key(&self, field: &str) -> Option<Span> {
        let last = entry(self.root, field).filter(|entry| !entry.value.is_null())?;
        (last.value.is_scalar() || !last.value.is_empty()).then(|| last.key.span())
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
        self.listing.file(&self.listing.behind_links(join(self.folder, path)?))
    }
}

fn field_of<'t>(value: Value<'t>, field: &str) -> Option<Value<'t>> {
    entry(value, field).map(|entry| entry.value)
}
