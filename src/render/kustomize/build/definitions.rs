//! `crds`: OpenAPI definitions of custom kinds that say which of their fields hold labels, annotations, names, or names of
//! other objects (kustomize, `api/internal/accumulator/loadconfigfromcrds.go`).

use crate::model::diagnostic::Diagnostic;
use crate::model::value::Value;

use super::accumulate::Site;
use super::configurations::Configuration;
use super::fields::{DEEPEST, FieldSpec};
use super::log::Log;
use super::read::{failure, field, items, text_of};
use super::references::Row;

/// How many fields of definitions are looked at: definitions that lead to each other have no end.
const MOST: usize = 10_000;

/// Adds the rows that the files of a kustomization come to.
pub(super) fn read(site: &Site<'_, '_>, configuration: &mut Configuration, log: &mut Log) {
    for item in items(site.root, "crds") {
        let sources = site.file(item, log).unwrap_or_default();
        if sources.iter().any(|source| source.part.text.is_empty()) {
            log.fail(failure(item.span(), format!("`{}` is empty", text_of(item)), "kustomize cannot read the file"));
        }
        for root in sources.iter().filter_map(|source| source.part.roots().next()).map(|(_, root)| root) {
            match refusal(item, root) {
                Some(finding) => log.fail(finding),
                None => Definitions { root, left: MOST, configuration }.read(),
            }
        }
    }
}

/// A file of anything else, the object that defines a kind first of all.
fn refusal(item: Value<'_>, root: Value<'_>) -> Option<Diagnostic> {
    let odd = match root.is_mapping() {
        true => root.entries().map(|entry| entry.value).find(|value| !value.is_mapping() && !value.is_null())?,
        false => Some(root).filter(|root| !root.is_null())?,
    };
    let message = format!("`{}` holds no OpenAPI definitions", text_of(item));
    let finding = failure(item.span(), message, "kustomize cannot read the file").see(odd.span(), "no definition");
    Some(
        match field(root, "kind").is_some_and(|kind| kind.text().is_some_and(|kind| kind == "CustomResourceDefinition"))
        {
            true => finding.help("an object that is to be applied belongs into `resources`"),
            false => finding.help("`crds` takes a map of types, each with its `Schema`"),
        },
    )
}

/// The definitions of a file, by the full names of their types.
struct Definitions<'d, 'c> {
    root: Value<'d>,
    left: usize,
    configuration: &'c mut Configuration,
}

impl<'d> Definitions<'d, '_> {
    fn read(mut self) {
        for entry in self.root.entries() {
            let name = entry.name();
            let is_object = properties(entry.value).is_some_and(|properties| {
                ["kind", "apiVersion", "metadata"].iter().all(|key| properties.get(key).is_some())
            });
            if is_object {
                let kind = name.rsplit('.').next().unwrap_or(&name).to_owned();
                self.load(&kind, &name, &mut Vec::new());
            }
        }
    }

    fn load(&mut self, kind: &str, name: &str, path: &mut Vec<String>) {
        let Some(properties) = self.root.get(name).and_then(properties) else { return };
        if path.len() >= DEEPEST {
            return;
        }
        for property in properties.entries() {
            if self.left == 0 {
                return;
            }
            self.left -= 1;
            path.push(property.name().into_owned());
            self.add(kind, property.value, path);
            if let Some(target) = property.value.get("$ref").and_then(Value::as_str) {
                self.load(kind, &target, path);
            }
            path.pop();
        }
    }

    fn add(&mut self, kind: &str, property: Value<'d>, path: &[String]) {
        let text = |key: &str| property.get(key).and_then(Value::as_str);
        let row = |path: Vec<String>| FieldSpec {
            group: String::new(),
            version: String::new(),
            kind: kind.to_owned(),
            path,
            create: false,
        };
        let lists = [
            ("x-kubernetes-annotation", &mut self.configuration.annotations),
            ("x-kubernetes-label-selector", &mut self.configuration.labels),
            ("x-kubernetes-identity", &mut self.configuration.prefix),
        ];
        for (extension, rows) in lists {
            if text(extension).is_some() && !rows.iter().any(|known| known.kind == kind && known.path == path) {
                rows.push(row(path.to_vec()));
            }
        }
        let version = text("x-kubernetes-object-ref-api-version");
        if let Some((version, target)) = version.zip(text("x-kubernetes-object-ref-kind")) {
            let key =
                text("x-kubernetes-object-ref-name-key").map_or_else(|| "name".to_owned(), |key| key.into_owned());
            self.configuration.add_reference(Row {
                group: String::new(),
                version: version.into_owned(),
                kind: target.into_owned(),
                fields: vec![row([path, &[key]].concat())],
            });
        }
    }
}

fn properties(definition: Value<'_>) -> Option<Value<'_>> {
    field(field(definition, "Schema")?, "properties").filter(|value| value.is_mapping())
}
