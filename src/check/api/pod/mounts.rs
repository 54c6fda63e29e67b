//! Mounts and block devices of containers: `ValidateVolumeMounts`, `ValidateVolumeDevices`.

use crate::check::api::object::{Field, MANY, Object, fields, is_placeholder};
use crate::check::api::rules::{CONFLICTING_FIELDS, DUPLICATE_NAME, FORBIDDEN_FIELD, VOLUME_MOUNT_UNDEFINED};
use crate::check::api::seen::Seen;
use crate::model::near;
use crate::model::source::Span;
use crate::model::value::Value;

use super::Pod;
use super::container::Container;
use super::volumes::{no_backsteps, relative};

pub(super) fn check<'t>(
    object: &mut Object<'_, 't>,
    pod: &Pod<'t>,
    container: &Container<'_, '_, 't>,
    mounts: Option<&Field<'_, 't>>,
    devices: Option<&Field<'_, 't>>,
    security: Option<&Field<'_, 't>>,
) {
    let mut paths = Seen::new();
    for mount in mounts.into_iter().flat_map(Field::items) {
        let [name, path, sub_path, expression, propagation, recursive, read_only] = fields!(
            mount,
            ["name", "mountPath", "subPath", "subPathExpr", "mountPropagation", "recursiveReadOnly", "readOnly",]
        );
        if let Some(name) = &name {
            defined(object, pod, container, name, "mounts");
        }
        if let Some(path) = &path
            && let Some(text) = path.text().filter(|text| !text.is_empty())
            && let Some(first) = paths.before(text.clone(), path.value.span())
        {
            same_path(object, container, path, first, &format!("mounts two volumes at `{text}`"));
        }
        if let Some(path) = &sub_path {
            relative(object, path);
        }
        if let Some(path) = &expression {
            relative(object, path);
            let is_set = path.text().is_some_and(|text| !text.is_empty());
            if let Some(other) =
                sub_path.filter(|_| is_set).filter(|other| other.text().is_some_and(|text| !text.is_empty()))
            {
                let finding = object
                    .wrong(&CONFLICTING_FIELDS, path, "and `subPath` are both set", "one way to say it")
                    .cause(object.span(&other.path()), "and another")
                    .help("keep one of the two");
                object.report(finding);
            }
        }
        if let Some(propagation) = &propagation
            && propagation.text().as_deref() == Some("Bidirectional")
            && security.and_then(|security| security.bool_of("privileged")) != Some(true)
        {
            let fault = "is `Bidirectional`, which only privileged containers may use";
            let finding = object
                .wrong(&FORBIDDEN_FIELD, propagation, fault, "only for privileged containers")
                .help("use `HostToContainer`, or make the container privileged");
            object.report(finding);
        }
        for mode in [&propagation, &recursive].into_iter().flatten() {
            object.is_empty(mode, "a mode");
        }
        if let Some(recursive) = &recursive {
            recursively(object, recursive, propagation.as_ref(), read_only.as_ref());
        }
    }
    if let Some(devices) = devices {
        block_devices(object, pod, container, devices, mounts, &paths);
    }
}

/// `validateMountRecursiveReadOnly`
fn recursively<'t>(
    object: &mut Object<'_, 't>,
    field: &Field<'_, 't>,
    propagation: Option<&Field<'_, 't>>,
    read_only: Option<&Field<'_, 't>>,
) {
    if !matches!(field.text().as_deref(), Some("Enabled" | "IfPossible")) {
        return;
    }
    if read_only.is_none_or(|field| field.value.as_bool() == Some(false)) {
        object.forbidden(field, "without `readOnly: true`", "add `readOnly: true`, or remove it");
    }
    if propagation.and_then(Field::text).is_some_and(|mode| mode != "None") {
        object.forbidden(field, "together with `mountPropagation`", "keep one of the two");
    }
}

/// Reports a name that no volume has; `does` is "mounts".
fn defined<'t>(
    object: &mut Object<'_, 't>,
    pod: &Pod<'t>,
    container: &Container<'_, '_, 't>,
    name: &Field<'_, 't>,
    does: &str,
) {
    if let Some(text) = name.text().filter(|text| !text.is_empty())
        && pod.volumes.place_of(&text).is_none()
        && !is_placeholder(&text)
    {
        undefined(object, pod, container, name, does, &text);
    }
}

#[cold]
fn undefined<'t>(
    object: &mut Object<'_, 't>,
    pod: &Pod<'t>,
    container: &Container<'_, '_, 't>,
    name: &Field<'_, 't>,
    does: &str,
    text: &str,
) {
    if object.is_partial || object.is_full() || lacks_image(pod) {
        return;
    }
    let known: Vec<_> = pod.volumes.texts().filter(|known| !is_placeholder(known)).collect();
    let place = object.place(&container.field.path());
    let message = format!("{} {does} the volume `{text}`, which is not defined, in {place}", container.title());
    let finding = object.refuse(&VOLUME_MOUNT_UNDEFINED, name.path(), message, "no such volume");
    let near = near::nearest(text, known.iter().copied().take(MANY));
    let finding = match near {
        Some(near) => {
            let span = pod.volumes.place_of(near).map(|volume| volume.name);
            let finding = finding.help(format!("did you mean `{near}`?"));
            span.into_iter().fold(finding, |finding, span| finding.see(span, "a volume with a similar name"))
        }
        None => finding.help(format!("add a volume `{text}` to `volumes`, or name one that is there")),
    };
    object.report(finding);
}

/// Whether a container of the pod does not say what it runs, as in a patch.
fn lacks_image(pod: &Pod<'_>) -> bool {
    let mut containers = pod.containers.into_iter().flat_map(Value::items).take(MANY);
    containers.any(|container| container.get("image").is_none_or(Value::is_null))
}

#[cold]
fn same_path<'t>(
    object: &mut Object<'_, 't>,
    container: &Container<'_, '_, 't>,
    field: &Field<'_, 't>,
    first: Span,
    does: &str,
) {
    let place = object.place(&container.field.path());
    let message = format!("{} {does}, in {place}", container.title());
    let finding = object
        .refuse(&DUPLICATE_NAME, field.path(), message, "the second")
        .cause(first, "the first")
        .help("choose another path for one of the two");
    object.report(finding);
}

fn block_devices<'t>(
    object: &mut Object<'_, 't>,
    pod: &Pod<'t>,
    container: &Container<'_, '_, 't>,
    devices: &Field<'_, 't>,
    mounts: Option<&Field<'_, 't>>,
    mounted: &Seen<'t, Span>,
) {
    let mut names = Seen::new();
    for mount in mounts.into_iter().flat_map(Field::items) {
        if let Some(name) = mount.get("name").and_then(|name| Some((name.text()?, name.value.span()))) {
            names.before(name.0, (name.1, "mounted"));
        }
    }
    let mut paths = Seen::new();
    for device in devices.items() {
        let [name, path] = fields!(device, ["name", "devicePath"]);
        if let Some(name) = &name
            && let Some(text) = name.text().filter(|text| !text.is_empty())
        {
            defined(object, pod, container, name, "uses");
            if pod.volumes.place_of(&text).is_some_and(|volume| !volume.is_claim) {
                let fault = format!("is `{text}`, which is no claim: only claims can be block devices");
                let finding = object
                    .wrong(&FORBIDDEN_FIELD, name, &fault, "no claim")
                    .help("use `volumeMounts`, or make the volume a `persistentVolumeClaim` or `ephemeral`");
                object.report(finding);
            }
            if let Some((first, how)) = names.before(text.clone(), (name.value.span(), "used as a device")) {
                same_path(object, container, name, first, &format!("uses the volume `{text}`, which is {how} already"));
            }
        }
        if let Some(path) = &path
            && let Some(text) = path.text().filter(|text| !text.is_empty())
        {
            no_backsteps(object, path);
            let first = mounted.place_of(&text).or_else(|| paths.before(text.clone(), path.value.span()));
            if let Some(first) = first {
                same_path(object, container, path, first, &format!("has two volumes at `{text}`"));
            }
        }
    }
}
