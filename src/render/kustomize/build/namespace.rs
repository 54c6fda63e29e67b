//! `namespace` (kustomize, `api/internal/builtins/NamespaceTransformer.go`, `api/filters/namespace/namespace.go`).

use std::sync::LazyLock;

use crate::model::diagnostic::Diagnostic;
use crate::model::source::Span;

use super::accumulate::{Accumulated, Site};
use super::draft::{Node, Trace};
use super::fields::{FieldSpec, Make, visit};
use super::read::failure;
use super::resource::{Resource, over};

static FIELDS: LazyLock<Vec<FieldSpec>> = LazyLock::new(|| {
    vec![
        FieldSpec::built_in("Namespace", "metadata/name", true),
        FieldSpec::built_in("apiregistration.k8s.io/APIService", "spec/service/namespace", true),
        FieldSpec::built_in(
            "apiextensions.k8s.io/CustomResourceDefinition",
            "spec/conversion/webhook/clientConfig/service/namespace",
            false,
        ),
    ]
});

pub(super) fn transform(site: &Site<'_, '_>, to: &mut Accumulated) -> Option<Diagnostic> {
    let (namespace, span) = site.text("namespace")?;
    let rows = &to.configuration.namespace;
    for resource in &mut to.resources {
        resource.remember();
        set(resource, &namespace, span, rows);
        resource.refresh();
    }
    let clash = to.resources.iter().enumerate().find_map(|(at, resource)| {
        to.resources[..at].iter().find(|other| other.id.is_same(&resource.id)).map(|other| (resource, other))
    });
    let (resource, other) = clash?;
    let message = format!("in one namespace there are two objects {}", resource.id.title());
    let mut finding = failure(span, message, "the same namespace for both");
    for span in [other, resource].into_iter().filter_map(|one| one.included.first()) {
        finding = finding.see(*span, "taken in here");
    }
    Some(finding)
}

fn set(resource: &mut Resource, namespace: &str, span: Span, rows: &[FieldSpec]) {
    let gvk = resource.id.gvk.clone();
    let trace = Trace::at(span);
    let mut write = |node: &mut Node| {
        // Written even if it is the same: a person who changes the base will see no effect.
        if node.is_null() || node.text().is_some() {
            let own = if node.is_null() { trace.clone() } else { over(Some(node), span) };
            *node = Node::string(namespace, own);
        }
    };
    if !gvk.is_cluster_scoped() {
        let path = ["metadata".to_owned(), "namespace".to_owned()];
        visit(&mut resource.node, &path, Make::Scalar, &trace, &mut write);
    }
    for row in FIELDS.iter().chain(rows).filter(|row| row.selects(&gvk)) {
        let is_own = row.path.len() == 2 && row.path[0] == "metadata" && row.path[1] == "namespace";
        if is_own && gvk.is_cluster_scoped() {
            continue;
        }
        visit(&mut resource.node, &row.path, if row.create { Make::Scalar } else { Make::Nothing }, &trace, &mut write);
    }
    if !matches!(&*gvk.kind, "RoleBinding" | "ClusterRoleBinding") {
        return;
    }
    let subjects = resource.node.get("subjects").map(|subjects| subjects.items()).unwrap_or_default();
    if !subjects.iter().any(|subject| subject.text_at(&["name"]).is_some_and(|name| name == "default")) {
        return;
    }
    let list = resource.node.map_mut().and_then(|root| root.get_mut("subjects")).and_then(Node::list_mut);
    for subject in list.into_iter().flat_map(|list| &mut list.items) {
        if subject.text_at(&["name"]).is_some_and(|name| name == "default") {
            visit(subject, &["namespace".to_owned()], Make::Scalar, &trace, &mut write);
        }
    }
}
