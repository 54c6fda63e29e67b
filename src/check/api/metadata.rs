//! `metadata`: `ValidateObjectMeta` in `k8s.io/apimachinery/pkg/api/validation/objectmeta.go`, and the form of names that
//! each kind gives it (`pkg/apis/*/validation/validation.go`).

use crate::check::schema::is_cluster_scoped;

use super::names;
use super::object::{Field, Object};
use super::rules::{FORBIDDEN_FIELD, INVALID_NAME, NAMESPACE_IGNORED, OUT_OF_RANGE, REQUIRED_VALUE};
use super::syntax::Syntax;
use crate::model::rule::Severity;

/// Finalizers without a domain (`pkg/apis/core/helper/helpers.go`, `standardFinalizers`).
const FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// Checks the metadata of an object.
pub(super) fn check(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(metadata) = root.get("metadata").filter(|metadata| metadata.value.is_mapping()) else { return };
    let mut named = false;
    metadata.each(|key, _, field| match key {
        _ if field.value.is_null() => {}
        "name" => {
            named |= field.text().is_none_or(|name| !name.is_empty());
            name(object, field);
        }
        "generateName" => {
            named |= field.text().is_none_or(|name| !name.is_empty());
            generate_name(object, field);
        }
        "namespace" => namespace(object, field),
        "labels" => names::labels(object, field),
        "annotations" => names::annotations(object, field),
        "finalizers" => finalizers(object, field),
        "ownerReferences" => owners(object, field),
        "resourceVersion" => resource_version(object, field),
        "generation" if field.integer().is_some_and(|generation| generation < 0) => {
            let finding = object.wrong(&OUT_OF_RANGE, field, "must not be negative", "below 0");
            object.report(finding.help("remove `generation`: the API server counts it"));
        }
        _ => {}
    });
    if !named {
        let path = metadata.path_to("name");
        let message = format!("{} has neither `name` nor `generateName`", object.place(&metadata.path()));
        let finding = object.refuse(&REQUIRED_VALUE, path, message, "needs `name`").help("add `name`");
        object.report(finding);
    }
}

/// The form of a kind's names; `None` for those that nobody writes, or that take anything.
fn form(object: &Object<'_, '_>) -> Option<Syntax> {
    Some(match (object.resource.group(), &*object.resource.kind) {
        ("", "Namespace") | ("apps", "StatefulSet") => Syntax::Label,
        // From 1.36 on names of Services may begin with a digit (`RelaxedServiceNameValidation`).
        ("", "Service") if object.version.minor < 36 => Syntax::OldLabel,
        ("", "Service") => Syntax::Label,
        // That of an APIService is made of its version and its group, which may be empty.
        ("rbac.authorization.k8s.io", _) | ("apiregistration.k8s.io", _) => Syntax::PathSegment,
        (
            "certificates.k8s.io" | "networking.k8s.io",
            "CertificateSigningRequest" | "ClusterTrustBundle" | "IPAddress",
        )
        | ("authentication.k8s.io" | "authorization.k8s.io" | "internal.apiserver.k8s.io", _)
        | ("", "ComponentStatus" | "Binding" | "Event" | "PodStatusResult")
        | ("events.k8s.io", _) => return None,
        _ => Syntax::Subdomain,
    })
}

fn name<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    let Some(syntax) = form(object) else { return };
    names::name(object, field, syntax);
}

/// The server puts five characters behind it, so that a dash at the end is none.
fn generate_name<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    let Some(syntax) = form(object) else { return };
    let Some(text) = field.plain_text() else { return };
    let masked = match text.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            format!("{}a", &rest[..rest.len() - rest.chars().next_back().map_or(0, char::len_utf8)])
        }
        _ => text.clone().into_owned(),
    };
    if !syntax.holds(&masked) {
        let fault = format!("is `{text}`, with which no name is {}", syntax.noun());
        let help = format!("{} is {}", syntax.noun(), syntax.rule());
        let finding = object.wrong(&INVALID_NAME, field, &fault, syntax.noun()).help(help);
        object.report(finding);
    }
}

fn namespace<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    let resource = object.resource;
    // Most objects are of these, and need no look at the tables.
    let lies_in_one = match resource.group() {
        "apps" | "batch" | "autoscaling" | "policy" => true,
        "" => matches!(&*resource.kind, "ConfigMap" | "Secret" | "Service" | "ServiceAccount"),
        _ => false,
    };
    if lies_in_one || !is_cluster_scoped(&resource.api_version, &resource.kind) {
        return names::label(object, field);
    }
    if field.plain_text().is_none() {
        return;
    }
    let message = format!("{} has a namespace, but objects of this kind lie in none", resource.kind);
    let path = field.path();
    let span = path.locate(resource.value).key_span();
    let mut finding = object.refuse_at(&NAMESPACE_IGNORED, span, path, message, "ignored");
    finding.severity = Severity::Warning;
    let effect = "the API server drops it; tools that compare the object with the file see a difference";
    object.report(finding.effect(effect).help("remove `namespace`"));
}

/// `ValidateNamespace`: what a namespace waits for is named as finalizers are.
pub(super) fn namespaces(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|_| object.resource.kind == "Namespace") else { return };
    if let Some(field) = spec.get("finalizers") {
        finalizers(object, &field);
    }
}

/// `ValidateFinalizerName`, of core kinds: `pkg/apis/core/validation/validation.go`.
fn finalizers<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    for finalizer in field.items() {
        let Some(text) = finalizer.plain_text() else { continue };
        if !Syntax::Qualified.holds(&text) {
            names::qualified(object, &finalizer);
        } else if !text.contains('/') && !FINALIZERS.contains(&&*text) {
            let fault = format!("is `{text}`, which is neither a finalizer of Kubernetes nor has a domain before it");
            let finding = object
                .wrong(&INVALID_NAME, &finalizer, &fault, "without a domain")
                .help(format!("write a domain before it, as in `example.com/{text}`"));
            object.report(finding);
        }
    }
    let has = |name: &str| field.items().find(|item| item.text().as_deref() == Some(name)).map(|item| item.path());
    if let (Some(orphan), Some(foreground)) = (has("orphan"), has("foregroundDeletion")) {
        let first = object.span(&orphan);
        let message = format!("{} cannot be there together with `orphan`", object.name(&foreground));
        let finding = object
            .refuse(&super::rules::CONFLICTING_FIELDS, foreground, message, "one of the two")
            .see(first, "the other")
            .help("keep one of the two");
        object.report(finding);
    }
}

fn owners<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    let mut controller: Option<crate::model::path::Path> = None;
    for owner in field.items() {
        for key in ["apiVersion", "kind", "name", "uid"] {
            if owner.text_of(key).is_some_and(|text| text.is_empty()) {
                object.required(&owner, key);
            }
        }
        if owner.bool_of("controller") != Some(true) {
            continue;
        }
        let path = owner.path_to("controller");
        if let Some(first) = &controller {
            let first = object.span(first);
            let message = format!("{} is true for a second owner", object.name(&path));
            let finding = object
                .refuse(&super::rules::CONFLICTING_FIELDS, path, message, "the second")
                .see(first, "the first")
                .help("only one owner can be the controller");
            object.report(finding);
        } else {
            controller = Some(path);
        }
    }
}

/// `rest.BeforeCreate` in `k8s.io/apiserver/pkg/registry/rest/create.go`.
fn resource_version<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    if field.plain_text().is_none() {
        return;
    }
    let path = field.path();
    let message = format!("{} is not set by people", object.name(&path));
    let span = path.locate(object.resource.value).key_span();
    let effect = "the API server refuses to create the object, and to update it once anything has changed it";
    let finding = object
        .refuse_at(&FORBIDDEN_FIELD, span, path, message, "belongs to the cluster")
        .effect(effect)
        .help("remove `resourceVersion`; `uid`, `creationTimestamp` and `managedFields` are no use in a file either");
    object.report(finding);
}
