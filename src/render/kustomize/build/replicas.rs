//! `replicas` (kustomize, `api/internal/builtins/ReplicaCountTransformer.go`).

use std::sync::LazyLock;

use super::accumulate::{Accumulated, Site};
use super::draft::{Node, Trace};
use super::fields::{FieldSpec, Make, visit};
use super::read::{failure, field, items, text};
use super::resource::{Gvk, over};
use crate::model::near;

static FIELDS: LazyLock<Vec<FieldSpec>> = LazyLock::new(|| {
    ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"]
        .iter()
        .map(|kind| FieldSpec::built_in(kind, "spec/replicas", true))
        .collect()
});

pub(super) fn transform(site: &Site<'_, '_>, to: &mut Accumulated) {
    for item in items(site.root, "replicas") {
        let Some((name, name_value)) = text(item, "name") else { continue };
        let count = field(item, "count").and_then(|count| Some((count.text()?.into_owned(), count.span())));
        let (count, span) = count.unwrap_or_else(|| ("0".to_owned(), name_value.span()));
        let mut found = false;
        for row in FIELDS.iter().chain(&to.configuration.replicas) {
            let is_meant = |resource: &&mut super::resource::Resource| {
                resource.ids().any(|id| id.name == name && row.selects(&id.gvk))
            };
            for resource in to.resources.iter_mut().filter(is_meant) {
                found = true;
                visit(&mut resource.node, &row.path, Make::Scalar, &Trace::at(span), &mut |node| {
                    let trace = if node.is_null() { Trace::at(span) } else { over(Some(node), span) };
                    *node = Node::plain(&*count, trace);
                });
            }
        }
        if !found && !to.log.is_partial() {
            let message = format!("no Deployment, StatefulSet, ReplicaSet or ReplicationController is named `{name}`");
            let finding = failure(name_value.span(), message, "nothing of this name can be scaled");
            let scaled = |gvk: &Gvk| FIELDS.iter().chain(&to.configuration.replicas).any(|row| row.selects(gvk));
            let known = to.resources.iter().filter(|one| scaled(&one.id.gvk)).map(|one| &*one.id.name);
            let near = near::nearest(&name, known);
            let finding = match near {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help("correct the name, or remove the entry"),
            };
            to.log.fail(finding);
        }
    }
}
