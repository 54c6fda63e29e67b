//! Kinds that make no pods: `GetWarningsForService` in `k8s.io/kubernetes/pkg/api/service/warnings.go`,
//! `GetWarningsForPersistentVolumeClaim` in `pkg/api/persistentvolumeclaim/util.go`, and `warningsForServiceAccount` in
//! `pkg/registry/core/serviceaccount/strategy.go`, and `nodeWarnings` in `pkg/registry/core/node/strategy.go`.

use super::{ACCEPTED, at_key, fraction, plugins, warn};
use crate::check::api::object::{Field, Object, fields};
use crate::check::api::rules::{DEPRECATED_ANNOTATION, DEPRECATED_FIELD, IGNORED_FIELD};

/// Warnings about kinds that make no pods.
pub(in crate::check::api) fn check(object: &mut Object<'_, '_>) {
    match (object.resource.group(), &*object.resource.kind) {
        ("", "Service") => service(object),
        ("", "PersistentVolumeClaim") => claim(object),
        ("", "PersistentVolume") => object.root().get("spec").iter().for_each(|spec| plugins::volume(object, spec)),
        ("", "ServiceAccount") => mountable_secrets(object),
        ("", "Node") => node(object),
        _ => {}
    }
}

fn service(object: &mut Object<'_, '_>) {
    let root = object.root();
    if let Some(metadata) = root.get("metadata")
        && let Some(annotations) = metadata.get("annotations")
    {
        annotations.each(|key, span, field| {
            if key == "service.kubernetes.io/topology-aware-hints" {
                let message = format!("the annotation `{key}` is deprecated");
                let help = "write `service.kubernetes.io/topology-mode`";
                warn(object, &DEPRECATED_ANNOTATION, span, field.path(), message, help);
            }
        });
    }
    let Some(spec) = root.get("spec") else { return };
    let [kind, cluster_ip, name, addresses, balancer, affinity, distribution] = fields!(
        spec,
        [
            "type",
            "clusterIP",
            "externalName",
            "externalIPs",
            "loadBalancerIP",
            "sessionAffinity",
            "trafficDistribution",
        ]
    );
    let is_external = kind.and_then(|kind| kind.text()).is_some_and(|kind| kind == "ExternalName");
    let is_headless = cluster_ip.and_then(|address| address.text()).is_some_and(|address| address == "None");
    if let Some(name) = name.filter(|name| !is_external && name.text().is_some_and(|text| !text.is_empty())) {
        at_key(object, &IGNORED_FIELD, &name, "is ignored without `type: ExternalName`", "remove it, or set the type");
    }
    if let Some(addresses) = addresses.filter(|addresses| addresses.count() > 0) {
        if is_external {
            at_key(object, &IGNORED_FIELD, &addresses, "is ignored with `type: ExternalName`", "remove it");
        } else if is_headless {
            at_key(object, &IGNORED_FIELD, &addresses, "is ignored for headless services", "remove it");
        }
    }
    if let Some(address) = balancer.filter(|address| address.text().is_some_and(|text| !text.is_empty())) {
        if is_headless {
            at_key(object, &IGNORED_FIELD, &address, "is ignored for headless services", "remove it");
        } else {
            let help = "use the annotation that the load balancer's provider has for it";
            at_key(object, &DEPRECATED_FIELD, &address, "is deprecated since Kubernetes 1.24", help);
        }
    }
    let is = |field: &Field<'_, '_>, word: &str| field.text().is_some_and(|text| text == word);
    if let Some(affinity) = affinity.filter(|affinity| is_headless && !is_external && is(affinity, "ClientIP")) {
        at_key(object, &IGNORED_FIELD, &affinity, "is ignored for headless services", "remove it");
    }
    // The other word is there since 1.34.
    if let Some(field) = distribution.filter(|field| object.version.minor >= 34 && is(field, "PreferClose")) {
        let finding = object
            .wrong(&DEPRECATED_FIELD, &field, "is `PreferClose`, the deprecated name of `PreferSameZone`", "")
            .effect(ACCEPTED)
            .help("write `PreferSameZone`")
            .respell(true, field.value.span(), "PreferSameZone");
        object.report(finding);
    }
}

/// Servers from 1.24 on drop it (`dropDisabledFields`).
fn node(object: &mut Object<'_, '_>) {
    let root = object.root();
    let spec = root.get("spec");
    if let Some(source) = spec.as_ref().and_then(|spec| spec.get("configSource")) {
        let help = "remove it, and configure the kubelet by a file on the node";
        at_key(object, &IGNORED_FIELD, &source, "is dropped: Kubernetes has no such feature any more", help);
    }
}

fn mountable_secrets(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(metadata) = root.get("metadata") else { return };
    let Some(annotations) = metadata.get("annotations") else { return };
    annotations.each(|key, span, field| {
        if key == "kubernetes.io/enforce-mountable-secrets" && object.version.minor >= 32 {
            let message = format!("the annotation `{key}` is deprecated since Kubernetes 1.32");
            let help = "keep Secrets apart by namespaces";
            warn(object, &DEPRECATED_ANNOTATION, span, field.path(), message, help);
        }
    });
}

fn claim(object: &mut Object<'_, '_>) {
    let root = object.root();
    if let Some(metadata) = root.get("metadata")
        && let Some(annotations) = metadata.get("annotations")
    {
        annotations.each(|key, span, field| {
            if key == "volume.beta.kubernetes.io/storage-class" {
                let message = format!("the annotation `{key}` is deprecated");
                warn(
                    object,
                    &DEPRECATED_ANNOTATION,
                    span,
                    field.path(),
                    message,
                    "set `spec.storageClassName` instead",
                );
            }
        });
    }
    root.get("spec").iter().for_each(|spec| storage(object, spec));
}

/// The amounts of a claim.
pub(in crate::check::api) fn storage<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let Some(resources) = spec.get("resources") else { return };
    for amounts in fields!(resources, ["limits", "requests"]).into_iter().flatten() {
        if let Some(storage) = amounts.get("storage") {
            fraction(object, &storage);
        }
    }
}
