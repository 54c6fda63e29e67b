//! `configurations`: rows that are added to kustomize's tables (kustomize,
//! `api/internal/plugins/builtinconfig/transformerconfig.go`).

use crate::model::value::Value;

use super::accumulate::Site;
use super::fields::{FieldSpec, split};
use super::log::Log;
use super::read::{field, flag, items, text_of};
use super::references::Row;
use super::strict;

/// The rows that kustomizations added.
#[derive(Debug, Clone, Default)]
pub(in crate::render) struct Configuration {
    pub prefix: Vec<FieldSpec>,
    pub suffix: Vec<FieldSpec>,
    pub namespace: Vec<FieldSpec>,
    pub labels: Vec<FieldSpec>,
    pub annotations: Vec<FieldSpec>,
    pub images: Vec<FieldSpec>,
    pub replicas: Vec<FieldSpec>,
    pub vars: Vec<FieldSpec>,
    pub references: Vec<Row>,
}

/// A row as it is written.
pub(super) fn field_spec(item: Value<'_>) -> FieldSpec {
    let text = |key| field(item, key).map(text_of).unwrap_or_default();
    FieldSpec {
        group: text("group"),
        version: text("version"),
        kind: text("kind"),
        path: split(&text("path")),
        create: flag(item, "create"),
    }
}

fn add(to: &mut Vec<FieldSpec>, rows: impl Iterator<Item = FieldSpec>) {
    for row in rows {
        if !row.path.is_empty() && !to.contains(&row) {
            to.push(row);
        }
    }
}

impl Configuration {
    /// Reads the files that a kustomization names.
    pub fn read(&mut self, site: &Site<'_, '_>, log: &mut Log) {
        for item in items(site.root, "configurations") {
            let sources = site.file(item, log).into_iter().flatten();
            for root in sources.filter_map(|source| source.part.roots().next()).map(|(_, root)| root) {
                strict::check_configuration(root).into_iter().for_each(|finding| log.fail(finding));
                add(&mut self.prefix, items(root, "namePrefix").map(field_spec));
                add(&mut self.suffix, items(root, "nameSuffix").map(field_spec));
                add(&mut self.namespace, items(root, "namespace").map(field_spec));
                add(&mut self.labels, items(root, "commonLabels").map(field_spec));
                add(&mut self.annotations, items(root, "commonAnnotations").map(field_spec));
                add(&mut self.images, items(root, "images").map(field_spec));
                add(&mut self.replicas, items(root, "replicas").map(field_spec));
                add(&mut self.vars, items(root, "varReference").map(field_spec));
                for item in items(root, "nameReference") {
                    let target = field_spec(item);
                    let row = Row {
                        group: target.group,
                        version: target.version,
                        kind: target.kind,
                        fields: items(item, "fieldSpecs").map(field_spec).collect(),
                    };
                    self.add_reference(row);
                }
            }
        }
    }

    /// Takes over what a base has.
    pub fn merge(&mut self, other: &Configuration) {
        add(&mut self.prefix, other.prefix.iter().cloned());
        add(&mut self.suffix, other.suffix.iter().cloned());
        add(&mut self.namespace, other.namespace.iter().cloned());
        add(&mut self.labels, other.labels.iter().cloned());
        add(&mut self.annotations, other.annotations.iter().cloned());
        add(&mut self.images, other.images.iter().cloned());
        add(&mut self.replicas, other.replicas.iter().cloned());
        add(&mut self.vars, other.vars.iter().cloned());
        other.references.iter().cloned().for_each(|row| self.add_reference(row));
    }

    pub fn add_reference(&mut self, row: Row) {
        let is_same =
            |known: &&mut Row| (&known.group, &known.version, &known.kind) == (&row.group, &row.version, &row.kind);
        match self.references.iter_mut().find(is_same) {
            Some(known) => add(&mut known.fields, row.fields.into_iter()),
            None => self.references.push(row),
        }
    }
}
