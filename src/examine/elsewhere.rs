//! Schemas that are not in the input: those of `--schema`, and those of other projects that are embedded. Only what some
//! resource needs is read.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::Run;
use super::waiting::{GroupKind, Versions};
use crate::check::schema::{self, CustomKind, declared, learn_json_schema, learn_versions};
use crate::discover::SchemaFiles;
use crate::load::{Loader, Source};
use crate::model::document::Part;
use crate::model::report::NotChecked;
use crate::model::resource::Resource;
use crate::model::source::{FileId, Sources, Span};

impl Run<'_> {
    /// Learns the kinds that are missing, as far as the files have them, and lists the files that cannot be read.
    pub(super) fn learn_elsewhere(&self, missing: &Versions, not_checked: &mut Vec<NotChecked>) -> Vec<CustomKind> {
        if missing.is_empty() {
            return Vec::new();
        }
        let read = |file: &FileId| {
            let name = self.sources.name(*file);
            let look = |part: Part| ((learn_from(&part, name, missing), part.findings.is_empty()), Some(part));
            let parts = self.loader.load(*file, name, self.source(*file), look);
            let whole = parts.as_ref().is_ok_and(|parts| parts.iter().all(|(_, sound)| *sound));
            let kinds = parts.unwrap_or_default().into_iter().flat_map(|(kinds, _)| kinds).collect();
            (kinds, (!whole).then(|| unread(name, Some(Span::top(*file)))))
        };
        let files: Vec<(Vec<CustomKind>, Option<NotChecked>)> = self.schemas.files.par_iter().map(read).collect();
        let mut kinds = Vec::new();
        for (learnt, broken) in files {
            kinds.extend(learnt);
            not_checked.extend(broken);
        }
        for template in &self.schemas.templates {
            for ((group, kind), versions) in missing {
                for version in versions {
                    let path =
                        fill(template, group, kind, version, &self.rules.targets[0].last().version().to_string());
                    let Ok(text) = std::fs::read(&path) else { continue };
                    let wanted = BTreeMap::from([((group.clone(), kind.clone()), [version.clone()].into())]);
                    match serde_json::from_slice(&text) {
                        Ok(schema) => kinds.extend(learn_json_schema(schema, &path, &wanted, true)),
                        Err(_) => not_checked.push(unread(&path, None)),
                    }
                }
            }
        }
        kinds
    }
}

/// A kind that a schema file describes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Described {
    /// `example.com/v1`
    pub api_version: String,
    /// `Widget`
    pub kind: String,
    /// The printed name of the file.
    pub source: String,
}

/// The kinds that schema files describe, in order.
#[must_use]
pub fn described(schemas: &SchemaFiles, sources: &Sources) -> Vec<Described> {
    let loader = Loader::default();
    let mut all = Vec::new();
    for file in &schemas.files {
        let name = sources.name(*file);
        let look = |part: Part| {
            let found: Vec<_> = part.roots().flat_map(|(_, root)| schema::described(root, name)).collect();
            (found, Some(part))
        };
        let parts = loader.load(*file, name, Source::Path(&sources.get(*file).path), look).unwrap_or_default();
        let own = |(api_version, kind)| Described { api_version, kind, source: name.to_owned() };
        all.extend(parts.into_iter().flatten().map(own));
    }
    all.sort();
    all
}

/// The definitions of other projects that are embedded, as far as the missing kinds need them.
pub(super) fn learn_known(loader: &Loader, missing: &Versions) -> Vec<CustomKind> {
    let read = |((group, kind), versions): (&GroupKind, &BTreeSet<String>)| {
        let known = schema::known(group, kind, versions)?;
        let look = |part: Part| {
            let root = part.roots().next().and_then(|(_, root)| Resource::of(root));
            (root.and_then(|definition| schema::learn_known(&definition, versions, known.project)), Some(part))
        };
        let source = Source::Bytes(known.definition.as_bytes());
        // The text is not among the sources: nothing may point into it.
        loader.load(FileId(0), "embedded.json", source, look).ok()?.into_iter().next()?
    };
    Vec::from_iter(missing).into_par_iter().with_max_len(1).filter_map(read).collect()
}

fn learn_from(part: &Part, name: &str, missing: &Versions) -> Vec<CustomKind> {
    let mut kinds = Vec::new();
    for (_, root) in part.roots() {
        match Resource::of(root) {
            Some(resource) => kinds.extend(resource.expand().into_iter().filter_map(|definition| {
                let kind: GroupKind = declared(&definition)?;
                learn_versions(&definition, missing.get(&kind)?)
            })),
            None => kinds.extend(
                schema::json_schema(root)
                    .into_iter()
                    .flat_map(|schema| learn_json_schema(schema, name, missing, false)),
            ),
        }
    }
    kinds
}

fn unread(name: &str, span: Option<Span>) -> NotChecked {
    NotChecked { message: format!("the schema `{name}` cannot be read"), span }
}

/// A path of kubeconform's templates (`pkg/registry` of github.com/yannh/kubeconform, 0.7). An unknown variable stays as
/// it is, so that no file is found.
fn fill(template: &str, group: &str, kind: &str, version: &str, kubernetes: &str) -> String {
    let first = group.split('.').next().unwrap_or_default().to_lowercase();
    let suffix = if group.is_empty() { format!("-{version}") } else { format!("-{first}-{version}") };
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        path.push_str(before);
        let Some((name, behind)) = after.split_once("}}") else {
            path.push_str("{{");
            rest = after;
            continue;
        };
        match name.trim().trim_matches('-').trim() {
            ".NormalizedKubernetesVersion" => path.extend(["v", kubernetes, ".0"]),
            ".StrictSuffix" => path.push_str("-strict"),
            ".ResourceKind" => path.push_str(&kind.to_lowercase()),
            ".ResourceAPIVersion" => path.push_str(version),
            ".Group" => path.push_str(if group.is_empty() { version } else { group }),
            ".KindSuffix" => path.push_str(&suffix),
            unknown => path.extend(["{{", unknown, "}}"]),
        }
        rest = behind;
    }
    path + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_those_of_kubeconform() {
        let fill = |template| fill(template, "apps.example.com", "Widget", "v1beta1", "1.33");
        assert_eq!(
            fill("s/{{ .Group }}/{{.ResourceKind}}_{{ .ResourceAPIVersion }}.json"),
            "s/apps.example.com/widget_v1beta1.json"
        );
        assert_eq!(
            fill(
                "{{ .NormalizedKubernetesVersion }}-standalone{{ .StrictSuffix }}/{{ .ResourceKind }}{{ .KindSuffix }}.json"
            ),
            "v1.33.0-standalone-strict/widget-apps-v1beta1.json"
        );
        assert_eq!(fill("{{ .Other }}{{"), "{{.Other}}{{");
    }
}
