//! Volumes: `ValidateVolumes`, `validateVolumeSource` and the checks of the sources.

use std::borrow::Cow;

use crate::check::api::object::{Field, Object, fields, is_placeholder};
use crate::check::api::quantity::Quantity;
use crate::check::api::rules::{FORBIDDEN_FIELD, INVALID_TEXT, OUT_OF_RANGE, REQUIRED_VALUE};
use crate::check::api::seen::Seen;
use crate::check::api::{claim, names};

use crate::model::source::Span;

use super::env::reference_name;
use super::{Owner, Pod, RENAME, Volume, downward, initiator, projected, twice};

pub(super) fn check<'t>(
    object: &mut Object<'_, 't>,
    pod: &mut Pod<'t>,
    volumes: Option<&Field<'_, 't>>,
    owner: Owner<'_, '_, 't>,
) {
    for volume in volumes.into_iter().flat_map(Field::items) {
        let (is_claim, text) = parts(object, &volume);
        if let Some((text, span)) = text
            && let Some(first) = pod.volumes.before(text.clone(), Volume { name: span, is_claim })
            && let Some(name) = volume.get("name")
        {
            twice(object, &name, first.name, &format!("two volumes are called `{text}`"), RENAME);
        }
    }
    // A claim takes the place of a volume of the same name (`pkg/controller/statefulset/stateful_set_utils.go`,
    // `updateStorage`).
    if let Owner::StatefulSet(Some(claims)) = owner {
        for claim in claims.items() {
            let metadata = claim.get("metadata");
            let name = metadata.as_ref().and_then(|metadata| metadata.get("name"));
            if let Some((text, span)) = name.and_then(|name| Some((name.text()?, name.value.span()))) {
                pod.volumes.before(text, Volume { name: span, is_claim: true });
            }
        }
    }
}

/// Every source that a volume can have.
const SOURCES: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "hostPath",
    "image",
    "iscsi",
    "nfs",
    "persistentVolumeClaim",
    "photonPersistentDisk",
    "portworxVolume",
    "projected",
    "quobyte",
    "rbd",
    "scaleIO",
    "secret",
    "storageos",
    "vsphereVolume",
];

/// Checks the name and the source of a volume, of which there is one at most: none is an `emptyDir`. Whether it is a
/// claim, and what it is called.
fn parts<'t>(object: &mut Object<'_, 't>, volume: &Field<'_, 't>) -> (bool, Option<(Cow<'t, str>, Span)>) {
    let mut first: Option<(Span, bool)> = None;
    let (mut is_claim, mut called) = (false, None);
    volume.each(|name, key, field| {
        if name == "name" {
            names::label(object, field);
            called = field.text().filter(|text| !text.is_empty()).map(|text| (text, field.value.span()));
            return;
        }
        if !field.value.is_mapping() {
            return;
        }
        match first {
            None => first = Some((key, SOURCES.contains(&name))),
            Some((first, is_known)) => {
                if !is_known || !SOURCES.contains(&name) {
                    return;
                }
                let path = field.path();
                let message = format!("{} is a second source of the volume", object.name(&path));
                let finding = object
                    .refuse_at(&FORBIDDEN_FIELD, key, path, message, "a second source")
                    .cause(first, "the first source")
                    .help("make it a volume of its own, or remove it");
                object.report(finding);
                return;
            }
        }
        is_claim = matches!(name, "persistentVolumeClaim" | "ephemeral");
        source(object, name, field);
    });
    (is_claim, called)
}

/// What the source says. Fields that the published schemas require are theirs to report.
pub(in crate::check::api) fn source<'t>(object: &mut Object<'_, 't>, name: &str, field: &Field<'_, 't>) {
    match name {
        "configMap" => {
            keys(object, field);
            let name = field.get("name");
            if name.as_ref().is_none_or(|name| name.text().is_some_and(|text| text.is_empty())) {
                object.required(field, "name");
            }
        }
        "secret" => {
            keys(object, field);
            let name = field.get("secretName");
            if name.as_ref().is_none_or(|name| name.text().is_some_and(|text| text.is_empty())) {
                secret_name(object, field);
            }
        }
        "emptyDir" => {
            if let Some(limit) = field.get("sizeLimit")
                && Quantity::of(limit.value).is_some_and(Quantity::is_negative)
            {
                object.out_of_range(&limit, "0 or more");
            }
        }
        "hostPath" => {
            if let Some(path) = field.get("path") {
                no_backsteps(object, &path);
            }
        }
        "nfs" => {
            if let Some(path) = field.get("path")
                && let Some(text) = path.plain_text()
                && !text.starts_with('/')
            {
                let finding = object
                    .wrong(&INVALID_TEXT, &path, "must be an absolute path", "must begin with `/`")
                    .help(format!("write `/{text}`"));
                object.report(finding);
            }
        }
        "downwardAPI" => {
            let [mode, items] = fields!(field, ["defaultMode", "items"]);
            file_mode(object, mode.as_ref());
            for item in items.iter().flat_map(Field::items) {
                downward_file(object, &item);
            }
        }
        "projected" => projected::check(object, field),
        "csi" => {
            let [driver, secret] = fields!(field, ["driver", "nodePublishSecretRef"]);
            if let Some(driver) = driver {
                driver_name(object, &driver);
            }
            if let Some(secret) = secret {
                let name = secret.get("name");
                reference_name(object, &secret, name.as_ref());
            }
        }
        "ephemeral" => match field.get("volumeClaimTemplate") {
            Some(template) => claim::template(object, &template, true),
            None => object.required(field, "volumeClaimTemplate"),
        },
        "gitRepo" => {
            if let Some(directory) = field.get("directory") {
                relative(object, &directory);
            }
        }
        "azureDisk"
        | "gcePersistentDisk"
        | "awsElasticBlockStore"
        | "fc"
        | "flexVolume"
        | "iscsi"
        | "quobyte"
        | "flocker"
        | "storageos"
        | "cinder" => old_source(object, name, field),
        _ => {}
    }
}

/// Sources that few write any more.
fn old_source<'t>(object: &mut Object<'_, 't>, name: &str, field: &Field<'_, 't>) {
    let small = |object: &mut Object<'_, 't>, key: &'static str| {
        if let Some(number) = field.get(key)
            && number.integer().is_some_and(|number| !(0..=255).contains(&number))
        {
            object.out_of_range(&number, "between 0 and 255");
        }
    };
    match name {
        "gcePersistentDisk" | "awsElasticBlockStore" => small(object, "partition"),
        "iscsi" => {
            small(object, "lun");
            ["iqn", "initiatorName"].iter().for_each(|key| initiator::check(object, field.get(key).as_ref()));
            let authenticates = |key| field.bool_of(key) == Some(true);
            if (authenticates("chapAuthDiscovery") || authenticates("chapAuthSession")) && !field.has("secretRef") {
                object.needed(field, "secretRef", "with CHAP", "add `secretRef`");
            }
        }
        "fc" => {
            let [names, ids, lun] = fields!(field, ["targetWWNs", "wwids", "lun"]);
            let some = |list: &Option<Field<'_, 't>>| list.as_ref().is_some_and(|list| list.count() > 0);
            match (some(&names), some(&ids)) {
                (false, false) => object.needed(field, "targetWWNs", "to find the disk", "add `targetWWNs` or `wwids`"),
                (true, true) => {
                    if let Some(ids) = &ids {
                        object.forbidden(ids, "together with `targetWWNs`", "keep one of the two");
                    }
                }
                (true, false) if lun.is_none() => object.needed(field, "lun", "with `targetWWNs`", "add `lun`"),
                _ => {}
            }
            small(object, "lun");
        }
        "flexVolume" => {
            let Some(options) = field.get("options") else { return };
            options.each(|key, span, option| {
                let domain = key.split_once('/').map_or(key, |(domain, _)| domain).to_ascii_lowercase();
                let is_of = |owner: &str| domain == owner || domain.ends_with(&format!(".{owner}"));
                if is_of("kubernetes.io") || is_of("k8s.io") {
                    let path = option.path();
                    let message = format!("{} is in a domain that belongs to Kubernetes", object.name(&path));
                    let finding = object.refuse_at(&FORBIDDEN_FIELD, span, path, message, "a reserved domain");
                    object.report(finding);
                }
            });
        }
        "azureDisk" => {
            let [kind, uri] = fields!(field, ["kind", "diskURI"]);
            let Some(uri) = uri else { return };
            let kind = kind.and_then(|kind| kind.text()).unwrap_or("Shared".into());
            let start = if kind == "Managed" { "/subscriptions/" } else { "https://" };
            if uri.plain_text().is_some_and(|text| !text.starts_with(start)) {
                let fault = format!("must begin with `{start}` for the kind `{kind}`");
                let finding = object.wrong(&INVALID_TEXT, &uri, &fault, &format!("must begin with `{start}`"));
                object.report(finding);
            }
        }
        "flocker" => {
            let [name, id] = fields!(field, ["datasetName", "datasetUUID"]);
            match (&name, &id) {
                (None, None) => {
                    object.needed(field, "datasetName", "to find it", "add `datasetName` or `datasetUUID`");
                }
                (Some(_), Some(id)) => object.forbidden(id, "together with `datasetName`", "keep one of the two"),
                _ => {}
            }
        }
        "storageos" => {
            let name = field.get("volumeName");
            match &name {
                Some(name) => names::label(object, name),
                None => object.required(field, "volumeName"),
            }
        }
        _ => {}
    }
}

#[cold]
fn secret_name<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    let path = field.path_to("secretName");
    let message = format!("missing field `secretName` in {}", object.place(&field.path()));
    let mut finding = object.refuse(&REQUIRED_VALUE, path, message, "needs `secretName`").help("add `secretName`");
    if let Some(name) = field.value.entry("name") {
        finding.help = Some("write `secretName` instead of `name`".to_owned());
        finding = finding.see(name.key.span(), "the name is given here");
    }
    object.report(finding);
}

/// `defaultMode` and `items` of a ConfigMap or Secret.
pub(super) fn keys<'t>(object: &mut Object<'_, 't>, source: &Field<'_, 't>) {
    let [mode, items] = fields!(source, ["defaultMode", "items"]);
    file_mode(object, mode.as_ref());
    for item in items.iter().flat_map(Field::items) {
        let [path, mode] = fields!(item, ["path", "mode"]);
        if let Some(path) = &path {
            not_reserved(object, path);
        }
        file_mode(object, mode.as_ref());
    }
}

/// `validateDownwardAPIVolumeFile`
pub(super) fn downward_file<'t>(object: &mut Object<'_, 't>, file: &Field<'_, 't>) {
    if !file.value.is_mapping() {
        return;
    }
    let [path, field, resource, mode] = fields!(file, ["path", "fieldRef", "resourceFieldRef", "mode"]);
    if let Some(path) = &path {
        not_reserved(object, path);
    }
    file_mode(object, mode.as_ref());
    match (&field, &resource) {
        (Some(field), None) => downward::field(object, field, downward::Place::Volume),
        (None, Some(resource)) => downward::resource(object, resource, downward::Place::Volume),
        (Some(_), Some(resource)) => {
            object.forbidden(resource, "together with `fieldRef`", "make it a file of its own")
        }
        (None, None) => {
            let help = "add `fieldRef` or `resourceFieldRef`";
            object.needed(file, "fieldRef", "to know what to write into the file", help);
        }
    }
}

/// The mode of a file. The server sees the number, so that `0644` is 420 and fine, and `644` is not.
pub(super) fn file_mode<'t>(object: &mut Object<'_, 't>, mode: Option<&Field<'_, 't>>) {
    if let Some(mode) = mode
        && let Some(number) = mode.integer()
        && !(0..=0o777).contains(&number)
    {
        bad_mode(object, mode, number);
    }
}

#[cold]
fn bad_mode<'t>(object: &mut Object<'_, 't>, mode: &Field<'_, 't>, number: i64) {
    let digits = mode.value.raw();
    let fault = format!("is {number}, but must be between 0 and 0777 (octal), which is 511");
    let mut finding = object.wrong(&OUT_OF_RANGE, mode, &fault, "not a file mode");
    if (3..=4).contains(&digits.len()) && digits.bytes().all(|digit| matches!(digit, b'0'..=b'7')) {
        finding = finding
            .help(format!("write `0{}`: without the zero it is a decimal number", digits.trim_start_matches('0')));
    }
    object.report(finding);
}

/// `validateLocalDescendingPath`
pub(super) fn relative<'t>(object: &mut Object<'_, 't>, path: &Field<'_, 't>) {
    let Some(text) = path.text() else { return };
    if text.starts_with('/') {
        let finding = object
            .wrong(&INVALID_TEXT, path, "must be a relative path", "must not begin with `/`")
            .help("remove the slash at the start");
        object.report(finding);
    }
    no_backsteps(object, path);
}

/// `ValidateLocalNonReservedPath`
pub(super) fn not_reserved<'t>(object: &mut Object<'_, 't>, path: &Field<'_, 't>) {
    relative(object, path);
    let Some(text) = path.text() else { return };
    if text.starts_with("..") && text != ".." && !text.starts_with("../") {
        let finding = object.wrong(&INVALID_TEXT, path, "must not begin with `..`", "must not begin with `..`");
        object.report(finding);
    }
}

/// `validatePathNoBacksteps`
pub(in crate::check::api) fn no_backsteps<'t>(object: &mut Object<'_, 't>, path: &Field<'_, 't>) {
    if path.text().is_some_and(|text| text.contains("..") && text.split('/').any(|part| part == "..")) {
        let finding = object
            .wrong(&INVALID_TEXT, path, "must not contain `..`", "must not contain `..`")
            .help("write the path that it leads to");
        object.report(finding);
    }
}

/// `ValidateCSIDriverName`
pub(in crate::check::api) fn driver_name<'t>(object: &mut Object<'_, 't>, driver: &Field<'_, 't>) {
    let Some(text) = driver.plain_text() else { return };
    if text.len() > 63 || !names::is_subdomain(&text.to_ascii_lowercase()) {
        let fault = format!("is `{text}`, but must be a DNS subdomain of at most 63 characters");
        let finding = object.wrong(&INVALID_TEXT, driver, &fault, "no name of a driver");
        object.report(finding);
    }
}

/// Files at the same place; texts that are not known yet are left alone.
pub(super) fn same_file<'t>(object: &mut Object<'_, 't>, seen: &mut Seen<'t, Span>, path: &Field<'_, 't>) {
    if let Some(text) = path.text().filter(|text| !text.is_empty() && !is_placeholder(text))
        && let Some(first) = seen.before(text.clone(), path.value.span())
    {
        twice(
            object,
            path,
            first,
            &format!("two files of the volume are at `{text}`"),
            "choose another path for one of the two",
        );
    }
}
