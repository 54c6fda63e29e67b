//! PersistentVolumes and claims: `ValidatePersistentVolumeSpec` and `ValidatePersistentVolumeClaimSpec` in
//! `pkg/apis/core/validation/validation.go`.

use super::names;
use super::object::{Field, Object, fields, is_placeholder};
use super::pod;
use super::quantity::Quantity;
use super::rules::{
    CONFLICTING_FIELDS, FORBIDDEN_FIELD, IGNORED_FIELD, INVALID_TEXT, REQUIRED_VALUE, UNSUPPORTED_VALUE,
};
use super::selector;

/// Every source that a PersistentVolume can have.
pub(super) const SOURCES: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
];

pub(super) fn check(object: &mut Object<'_, '_>) {
    let root = object.root();
    match (object.resource.group(), &*object.resource.kind) {
        ("", "PersistentVolume") => root.get("spec").iter().for_each(|spec| volume(object, spec)),
        ("", "PersistentVolumeClaim") => root.get("spec").iter().for_each(|spec| claim(object, spec)),
        _ => {}
    }
}

fn is_empty(field: &Field<'_, '_>) -> bool {
    !field.value.is_scalar() && field.value.is_empty()
}

fn access_modes<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>, modes: Option<&Field<'_, 't>>) {
    let Some(modes) = modes.filter(|modes| !is_empty(modes)) else {
        let help = "add `accessModes`, such as `[ReadWriteOnce]`";
        let kind =
            if object.resource.kind == "PersistentVolume" { "PersistentVolume" } else { "PersistentVolumeClaim" };
        return object.needed(spec, "accessModes", &format!("by every {kind}"), help);
    };
    let is = |field: &Field<'_, 't>, word: &str| field.text().as_deref() == Some(word);
    let alone = modes.items().find(|mode| is(mode, "ReadWriteOncePod")).map(|mode| mode.path());
    let other = modes.items().find(|mode| mode.plain_text().is_some() && !is(mode, "ReadWriteOncePod"));
    if let (Some(alone), Some(other)) = (alone, other) {
        let message = format!("`ReadWriteOncePod` stands beside other access modes, in {}", object.place(&spec.path()));
        let span = object.span(&other.path());
        let finding = object
            .refuse(&CONFLICTING_FIELDS, alone, message, "must be alone")
            .cause(span, "another mode")
            .help("keep one of the two");
        object.report(finding);
    }
}

fn positive<'t>(object: &mut Object<'_, 't>, amount: &Field<'_, 't>) {
    if Quantity::of(amount.value).is_some_and(|amount| amount <= Quantity::ZERO) {
        object.out_of_range(amount, "more than 0");
    }
}

/// Checks the spec of a claim.
pub(super) fn claim<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    if !spec.value.is_mapping() {
        return;
    }
    let [modes, labels, resources, class, attributes, source, reference] = fields!(
        spec,
        [
            "accessModes",
            "selector",
            "resources",
            "storageClassName",
            "volumeAttributesClassName",
            "dataSource",
            "dataSourceRef",
        ]
    );
    access_modes(object, spec, modes.as_ref());
    if let Some(labels) = labels {
        selector::check(object, &labels);
    }
    let requests = resources.as_ref().and_then(|resources| resources.get("requests"));
    match requests.as_ref().map(|requests| (requests.get("storage"), requests)) {
        Some((Some(amount), _)) => positive(object, &amount),
        // What is no mapping is reported elsewhere.
        Some((None, requests)) if !requests.value.is_mapping() => {}
        _ if resources.is_some_and(|resources| !resources.value.is_mapping()) => {}
        _ => no_storage(object, spec),
    }
    // Older versions drop the attributes.
    let attributes = attributes.filter(|_| object.version.minor >= 34);
    for class in [class, attributes].into_iter().flatten() {
        names::subdomain(object, &class);
    }
    if let Some(reference) = &reference {
        data_source(object, reference);
    }
    match (source, reference) {
        // One into another namespace is dropped unless a feature is on, and then no `dataSource` is taken beside it.
        (Some(source), Some(reference)) if reference.text_of("namespace").is_none_or(|name| name.is_empty()) => {
            same_source(object, &source, &reference);
        }
        (Some(source), None) if object.resource.kind == "PersistentVolumeClaim" => dropped_source(object, &source),
        _ => {}
    }
}

/// By itself, of the old field the server keeps what old servers knew, and drops the rest without a word
/// (`pkg/api/persistentvolumeclaim/util.go`, `EnforceDataSourceBackwardsCompatibility`).
fn dropped_source<'t>(object: &mut Object<'_, 't>, source: &Field<'_, 't>) {
    let [group, kind] = fields!(source, ["apiGroup", "kind"]);
    let is_open = |field: &Field<'_, 't>| field.text().is_none_or(|text| is_placeholder(&text));
    if !source.value.is_mapping() || is_kept(source) || [group, kind].into_iter().flatten().any(|field| is_open(&field))
    {
        return;
    }
    let effect = "the API server drops `dataSource` without a word, and the volume is empty";
    let Some(text) = kind.and_then(|kind| kind.plain_text()) else {
        return object.amend(&source.path_to("kind"), effect);
    };
    let path = source.path();
    let span = object.key_span(&path);
    let (fault, help) = match &*text {
        "VolumeSnapshot" => ("another group than its own", "write `apiGroup: snapshot.storage.k8s.io`"),
        _ => {
            ("a kind that only `dataSourceRef` takes", "write `dataSourceRef` instead, with the `apiGroup` of the kind")
        }
    };
    let message = format!("{} names a {text} and is dropped: it has {fault}", object.name(&path));
    let finding = object.refuse_at(&IGNORED_FIELD, span, path, message, "dropped").effect(effect).help(help);
    object.report(finding);
}

#[cold]
fn no_storage<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let mut path = spec.path();
    let message = format!("missing field `storage` in {}.resources.requests", object.place(&path));
    path.0.extend(["resources", "requests", "storage"].map(Into::into));
    let finding = object
        .refuse(&REQUIRED_VALUE, path, message, "needs `resources.requests.storage`")
        .help("say how much storage the claim asks for: `resources: {requests: {storage: 1Gi}}`");
    object.report(finding);
}

fn is_kept(source: &Field<'_, '_>) -> bool {
    let group = source.text_of("apiGroup").unwrap_or_default();
    let kind = source.text_of("kind").unwrap_or_default();
    matches!((&*group, &*kind), ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot"))
}

/// `validateDataSourceRef`; name and kind are required by the schema.
pub(super) fn data_source<'t>(object: &mut Object<'_, 't>, reference: &Field<'_, 't>) {
    let [group, kind] = fields!(reference, ["apiGroup", "kind"]);
    let group = group.filter(|group| group.text().is_none_or(|text| !text.is_empty()));
    if let Some(group) = &group {
        return names::subdomain(object, group);
    }
    let Some(kind) = kind else { return };
    if let Some(text) = kind.plain_text().filter(|text| text != "PersistentVolumeClaim") {
        let fault = format!("is `{text}`, but without `apiGroup` only a PersistentVolumeClaim can be meant");
        let help = match &*text {
            "VolumeSnapshot" => "add `apiGroup: snapshot.storage.k8s.io`",
            _ => "add the `apiGroup` of the kind",
        };
        let finding = object.wrong(&UNSUPPORTED_VALUE, &kind, &fault, "not in the core group").help(help);
        object.report(finding);
    }
}

fn same_source<'t>(object: &mut Object<'_, 't>, source: &Field<'_, 't>, reference: &Field<'_, 't>) {
    for key in ["apiGroup", "kind", "name"] {
        let [one, other] = [source, reference].map(|field| field.text_of(key).unwrap_or_default());
        if one != other && !is_placeholder(&one) && !is_placeholder(&other) {
            let path = source.path_to(key);
            let message = format!("`{key}` differs between `dataSource` and `dataSourceRef`");
            let finding = object
                .refuse(&CONFLICTING_FIELDS, path, message, "here")
                .cause(object.span(&reference.path_to(key)), "and here")
                .help("keep `dataSourceRef` only");
            return object.report(finding);
        }
    }
}

fn volume<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    if !spec.value.is_mapping() {
        return;
    }
    let [modes, capacity, class, attributes, affinity, policy, local, host, csi] = fields!(
        spec,
        [
            "accessModes",
            "capacity",
            "storageClassName",
            "volumeAttributesClassName",
            "nodeAffinity",
            "persistentVolumeReclaimPolicy",
            "local",
            "hostPath",
            "csi",
        ]
    );
    access_modes(object, spec, modes.as_ref());
    match &capacity {
        Some(capacity) if !is_empty(capacity) => check_capacity(object, capacity),
        _ => object.needed(spec, "capacity", "by every PersistentVolume", "add `capacity: {storage: 1Gi}`"),
    }
    sources(object, spec);
    match affinity {
        Some(affinity) => match affinity.get("required") {
            Some(required) => pod::node_selector(object, &required),
            None if affinity.value.is_mapping() => {
                object.needed(&affinity, "required", "by the node affinity of a volume", "add `required`");
            }
            None => {}
        },
        None if local.is_some_and(|local| local.value.is_mapping()) => {
            let help = "add `nodeAffinity` with the node that has the disk";
            object.needed(spec, "nodeAffinity", "by a `local` volume", help);
        }
        None => {}
    }
    if let (Some(policy), Some(host)) = (policy, host)
        && policy.text().as_deref() == Some("Recycle")
        && host.text_of("path").is_some_and(|path| is_root(&path))
    {
        let finding = object
            .wrong(
                &CONFLICTING_FIELDS,
                &policy,
                "is `Recycle`, which would empty the whole disk of a node",
                "empties it",
            )
            .cause(object.span(&host.path_to("path")), "the root of the node")
            .help("use `Retain`");
        object.report(finding);
    }
    if let Some(csi) = &csi {
        csi.get("driver").iter().for_each(|driver| pod::driver_name(object, driver));
        secrets(object, csi);
    }
    if let Some(path) = local.as_ref().and_then(|local| local.get("path"))
        && path.plain_text().is_some_and(|text| text.split('/').any(|step| step == ".."))
    {
        // `validatePathNoBacksteps`
        let finding =
            object.wrong(&INVALID_TEXT, &path, "must not lead up with `..`", "leads up").help("write the path itself");
        object.report(finding);
    }
    let attributes = attributes.filter(|_| object.version.minor >= 34);
    for class in [&class, &attributes].into_iter().flatten() {
        names::subdomain(object, class);
    }
    if let Some(attributes) = attributes.filter(|_| csi.is_none()) {
        object.forbidden(&attributes, "without `csi`", "remove it");
    }
}

/// The secrets that a driver is given, `nodeStageSecretRef` excepted: `validateCSIPersistentVolumeSource`.
fn secrets<'t>(object: &mut Object<'_, 't>, csi: &Field<'_, 't>) {
    let all = fields!(
        csi,
        ["controllerPublishSecretRef", "nodePublishSecretRef", "controllerExpandSecretRef", "nodeExpandSecretRef"]
    );
    for secret in all.into_iter().flatten().filter(|secret| secret.value.is_mapping()) {
        let [name, space] = fields!(secret, ["name", "namespace"]);
        name.iter().for_each(|name| names::subdomain(object, name));
        space.iter().for_each(|space| names::label(object, space));
        for key in ["name", "namespace"] {
            if secret.get(key).is_none_or(|field| field.text().as_deref() == Some("")) {
                object.needed(&secret, key, "to find the secret", format!("add `{key}`"));
            }
        }
    }
}

/// Whether `path.Clean` makes it `/`.
fn is_root(path: &str) -> bool {
    let mut depth = 0_usize;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => depth = depth.saturating_sub(1),
            _ => depth += 1,
        }
    }
    depth == 0 && path.starts_with('/')
}

fn check_capacity<'t>(object: &mut Object<'_, 't>, capacity: &Field<'_, 't>) {
    if !capacity.value.is_mapping() {
        return;
    }
    if !capacity.has("storage") {
        object.needed(capacity, "storage", "by every PersistentVolume", "add `storage`");
    }
    capacity.each(|name, _, amount| {
        if name == "storage" {
            positive(object, amount);
        } else if !is_placeholder(name) {
            object.forbidden(amount, "in a PersistentVolume: its capacity is `storage`", "remove it");
        }
    });
}

/// One source, neither more nor less.
fn sources<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let mut first = None;
    let mut is_strange = false;
    spec.each(|name, key, field| {
        if !SOURCES.contains(&name) || field.value.is_null() {
            return;
        }
        let Some(first) = first else {
            first = Some(key);
            is_strange = !field.value.is_mapping();
            if matches!(name, "nfs" | "hostPath" | "iscsi" | "azureDisk") {
                pod::source(object, name, field);
            }
            return;
        };
        let path = field.path();
        let message = format!("{} is a second source of the volume", object.name(&path));
        let finding = object
            .refuse_at(&FORBIDDEN_FIELD, key, path, message, "a second source")
            .cause(first, "the first source")
            .help("make it a volume of its own, or remove it");
        object.report(finding);
    });
    if first.is_none() && !is_strange {
        let path = spec.path();
        let message = format!("no source of the volume in {}", object.place(&path));
        let finding = object
            .refuse(&REQUIRED_VALUE, path, message, "needs a source")
            .help("add a source, such as `csi`, `nfs` or `hostPath`");
        object.report(finding);
    }
}
