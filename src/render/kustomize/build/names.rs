//! `namePrefix` and `nameSuffix` (kustomize, `api/internal/builtins/PrefixTransformer.go`).

use crate::model::origin::Role;
use crate::model::source::Span;

use super::accumulate::{Accumulated, Site};
use super::draft::Node;
use super::fields::{FieldSpec, Make, visit};

/// The kinds whose names stay.
const KEPT: [&str; 3] = ["CustomResourceDefinition", "APIService", "Namespace"];

pub(super) fn transform(site: &Site<'_, '_>, to: &mut Accumulated) {
    let renamed = |kind: &str| !KEPT.contains(&kind);
    if let Some((prefix, span)) = site.text("namePrefix") {
        for resource in to.resources.iter_mut().filter(|one| renamed(&one.original().gvk.kind)) {
            resource.remember();
            resource.prefixes.push(prefix.clone());
            resource.rename(&format!("{prefix}{}", resource.id.name), span);
        }
        let rows = std::mem::take(&mut to.configuration.prefix);
        others(to, &rows, span, &|text| format!("{prefix}{text}"));
        to.configuration.prefix = rows;
    }
    if let Some((suffix, span)) = site.text("nameSuffix") {
        for resource in to.resources.iter_mut().filter(|one| renamed(&one.original().gvk.kind)) {
            resource.remember();
            resource.suffixes.push(suffix.clone());
            resource.rename(&format!("{}{suffix}", resource.id.name), span);
        }
        let rows = std::mem::take(&mut to.configuration.suffix);
        others(to, &rows, span, &|text| format!("{text}{suffix}"));
        to.configuration.suffix = rows;
    }
}

/// Changes the texts at further paths that `configurations` name.
fn others(to: &mut Accumulated, rows: &[FieldSpec], span: Span, change: &dyn Fn(&str) -> String) {
    for resource in &mut to.resources {
        for row in rows.iter().filter(|row| row.selects(&resource.id.gvk) && row.path != ["metadata", "name"]) {
            let trace = resource.node.trace();
            visit(&mut resource.node, &row.path, Make::Nothing, &trace, &mut |node| {
                if let Some(text) = node.text() {
                    *node = Node::string(change(&text), node.trace().and(Role::SetBy, span));
                }
            });
        }
    }
}
