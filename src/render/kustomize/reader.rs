//! The fields of a kustomization, and the files that they name.

use crate::model::definition::{DefinitionKind, FileRole};
use crate::model::listing::{Listing, join};
use crate::model::source::{FileId, Span};
use crate::model::value::Value;

use super::build::accumulate::is_remote;
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
        self.named_parts().into_iter().filter_map(|(path, role)| Some((self.named(&path)?, role))).collect()
    }

    /// Every path that it names, whether there is something or not; `None` for one that leads above what names are
    /// relative to.
    pub fn paths(&self) -> Vec<Option<String>> {
        let own = ["resources", "bases", "components", "crds"];
        let own = own.iter().flat_map(|field| self.items(field)).filter_map(|item| Some(item.text()?.into_owned()));
        let all = own.chain(self.named_parts().into_iter().map(|(path, _)| path)).filter(|path| !is_remote(path));
        all.map(|path| Some(self.listing.behind_links(join(self.folder, &path)?))).collect()
    }

    /// The paths of the other files, with the part that each plays.
    fn named_parts(&self) -> Vec<(String, FileRole)> {
        let settings = FileRole::Definition(DefinitionKind::KustomizeSettings);
        let mut parts = Vec::new();
        let text = |item: Value<'_>| Some(item.text()?.into_owned());
        let mut add = |path: Option<String>, role| parts.extend(path.map(|path| (path, role)));
        for field in ["patches", "patchesJson6902"] {
            self.items(field).for_each(|item| add(field_of(item, "path").and_then(text), FileRole::Patch));
        }
        self.items("patchesStrategicMerge").for_each(|item| add(text(item), FileRole::Patch));
        self.items("replacements").for_each(|item| add(field_of(item, "path").and_then(text), settings));
        for field in ["configurations", "transformers", "generators", "validators"] {
            self.items(field).for_each(|item| add(text(item), settings));
        }
        for generator in self.items("configMapGenerator").chain(self.items("secretGenerator")) {
            for field in ["files", "envs"] {
                let entries = field_of(generator, field).into_iter().flat_map(Value::items);
                entries.for_each(|entry| add(data_file(entry), FileRole::Data));
            }
            add(field_of(generator, "env").and_then(data_file), FileRole::Data);
        }
        for chart in self.items("helmCharts") {
            add(field_of(chart, "valuesFile").and_then(text), FileRole::ChartValues);
            let more = field_of(chart, "additionalValuesFiles").into_iter().flat_map(Value::items);
            more.for_each(|entry| add(text(entry), FileRole::ChartValues));
        }
        add(field_of(self.root, "openapi").and_then(|openapi| text(field_of(openapi, "path")?)), settings);
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

    fn named(&self, path: &str) -> Option<FileId> {
        self.listing.file(&self.listing.behind_links(join(self.folder, path)?))
    }
}

/// An entry of `files`: `name=path`, or a path alone.
fn data_file(item: Value<'_>) -> Option<String> {
    let text = item.text()?;
    Some(text.split_once('=').map_or(&*text, |(_, path)| path).to_owned())
}

fn field_of<'t>(value: Value<'t>, field: &str) -> Option<Value<'t>> {
    entry(value, field).map(|entry| entry.value)
}
