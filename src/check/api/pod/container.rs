//! Containers and init containers: `validateContainers`, `validateInitContainers` and `validateContainerCommon`.

use crate::check::api::names;
use crate::check::api::object::{Field, Object, fields, shown};
use crate::check::api::rules::{INVALID_TEXT, REQUIRED_VALUE};
use crate::check::api::seen::Seen;
use crate::check::api::warnings;
use crate::model::path::Path;
use crate::model::source::Span;

use super::ports::HostPorts;
use super::{Pod, RENAME, env, mounts, ports, probes, resources, security, twice, unsupported};

/// The lists that containers stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Containers,
    InitContainers,
}

impl List {
    /// ``container `web` ``, for messages.
    pub(super) fn title(self, name: Option<&str>, at: usize) -> String {
        let noun = match self {
            List::Containers => "container",
            List::InitContainers => "init container",
        };
        name.map_or_else(|| format!("{noun} #{at}"), |name| format!("{noun} `{name}`"))
    }
}

/// A container, for the checks of its parts.
pub(super) struct Container<'c, 'p, 't> {
    pub(super) field: &'c Field<'p, 't>,
    pub(super) list: List,
    pub(super) at: usize,
}

impl Container<'_, '_, '_> {
    pub(super) fn title(&self) -> String {
        self.list.title(self.field.text_of("name").as_deref(), self.at)
    }
}

/// Checks all containers. Whether one of them has options for Windows.
pub(super) fn check<'t>(
    object: &mut Object<'_, 't>,
    pod: &Pod<'t>,
    containers: Option<&Field<'_, 't>>,
    init: Option<&Field<'_, 't>>,
) -> bool {
    let mut names = Seen::new();
    let mut for_windows = false;
    let mut host_ports = HostPorts::default();
    let mut all_ports = warnings::Ports::new();
    for (list, field) in [(List::Containers, containers), (List::InitContainers, init)] {
        for (at, item) in field.into_iter().flat_map(Field::items).enumerate() {
            if item.value.is_mapping() {
                // Init containers run one after the other.
                if list == List::InitContainers {
                    host_ports = HostPorts::default();
                }
                let container = Container { field: &item, list, at };
                for_windows |= one(object, pod, &container, &mut names, &mut host_ports, &mut all_ports);
            }
        }
    }
    all_ports.check(object, |nth| ports_of([containers, init], nth));
    for_windows
}

/// The way to the ports of a container, counted among those that have some.
fn ports_of(lists: [Option<&Field<'_, '_>>; 2], nth: usize) -> Option<Path> {
    let mut left = nth;
    for item in lists.into_iter().flatten().flat_map(Field::items).filter(|item| item.value.is_mapping()) {
        let Some(ports) = item.get("ports") else { continue };
        if left == 0 {
            return Some(ports.path());
        }
        left -= 1;
    }
    None
}

fn one<'t>(
    object: &mut Object<'_, 't>,
    pod: &Pod<'t>,
    container: &Container<'_, '_, 't>,
    names: &mut Seen<'t, Span>,
    host_ports: &mut HostPorts<'t>,
    all_ports: &mut warnings::Ports<'t>,
) -> bool {
    let field = container.field;
    let [
        name,
        image,
        ports,
        env,
        env_from,
        resources,
        mounts,
        devices,
        liveness,
        readiness,
        startup,
        lifecycle,
        security,
        restart,
        restart_rules,
        resize,
    ] = fields!(
        field,
        [
            "name",
            "image",
            "ports",
            "env",
            "envFrom",
            "resources",
            "volumeMounts",
            "volumeDevices",
            "livenessProbe",
            "readinessProbe",
            "startupProbe",
            "lifecycle",
            "securityContext",
            "restartPolicy",
            "restartPolicyRules",
            "resizePolicy",
        ]
    );
    if let Some(name) = &name {
        names::label(object, name);
        if let Some(text) = name.text().filter(|text| !text.is_empty())
            && let Some(first) = names.before(text.clone(), name.value.span())
        {
            twice(object, name, first, &format!("two containers are called `{text}`"), RENAME);
        }
    }
    check_image(object, pod, container, image.as_ref());
    if let Some(ports) = &ports {
        ports::check(object, pod, container, ports, host_ports, all_ports);
    }
    if let Some(env) = &env {
        env::check(object, env);
    }
    if let Some(sources) = &env_from {
        env::sources(object, sources);
    }
    if let Some(resources) = &resources {
        resources::of_container(object, pod, container, resources);
    }
    mounts::check(object, pod, container, mounts.as_ref(), devices.as_ref(), security.as_ref());
    let for_windows = security.is_some_and(|security| security::of_container(object, pod, &security));
    if let Some(resize) = &resize {
        resources::resize(object, pod, resize);
    }
    let stays = restart.as_ref().and_then(Field::text).as_deref() == Some("Always");
    if let Some(restart) = &restart {
        restart_policy(object, pod, container, restart);
    } else if restart_rules.is_some_and(|rules| rules.count() > 0) && pod.version.minor >= 35 {
        object.needed(field, "restartPolicy", "with `restartPolicyRules`", "add `restartPolicy`");
    }
    if container.list == List::InitContainers && !stays {
        for field in [&lifecycle, &liveness, &readiness, &startup].into_iter().flatten() {
            object.forbidden(
                field,
                "for an init container without `restartPolicy: Always`",
                "remove it, or write `restartPolicy: Always` to make the container a sidecar",
            );
        }
        return for_windows;
    }
    for (kind, probe) in
        [(probes::Kind::Liveness, &liveness), (probes::Kind::Readiness, &readiness), (probes::Kind::Startup, &startup)]
    {
        if let Some(probe) = probe {
            probes::check(object, kind, probe);
        }
    }
    if let Some(lifecycle) = &lifecycle {
        probes::lifecycle(object, pod, lifecycle);
    }
    for_windows
}

fn check_image<'t>(
    object: &mut Object<'_, 't>,
    pod: &Pod<'t>,
    container: &Container<'_, '_, 't>,
    image: Option<&Field<'_, 't>>,
) {
    let Some(image) = image.filter(|image| image.text().is_none_or(|text| !text.is_empty())) else {
        return no_image(object, container);
    };
    if image.text().is_some_and(|text| text.trim().len() != text.len()) {
        padded_image(object, pod, image);
    }
}

#[cold]
fn no_image<'t>(object: &mut Object<'_, 't>, container: &Container<'_, '_, 't>) {
    if object.is_partial || container.field.has("$patch") {
        return;
    }
    let path = container.field.path_to("image");
    let place = object.place(&container.field.path());
    let message = format!("{} has no `image`, in {place}", container.title());
    let finding = object.refuse(&REQUIRED_VALUE, path, message, "needs `image`").help("add `image`");
    object.report(finding);
}

#[cold]
fn padded_image<'t>(object: &mut Object<'_, 't>, pod: &Pod<'t>, image: &Field<'_, 't>) {
    let trimmed = shown(image).trim().to_owned();
    let mut finding = object
        .wrong(&INVALID_TEXT, image, "begins or ends with white space", "white space at an end")
        .help(format!("write `{trimmed}`"));
    if !pod.is_pod {
        finding = finding.effect("the API server takes the object, but refuses the pods that it makes");
    }
    object.report(finding);
}

/// Containers of a pod restart as the pod says (`validateInitContainerRestartPolicy`); from 1.35, where
/// `ContainerRestartRules` is on, each may say for itself.
fn restart_policy<'t>(
    object: &mut Object<'_, 't>,
    pod: &Pod<'t>,
    container: &Container<'_, '_, 't>,
    restart: &Field<'_, 't>,
) {
    let Some(word) = restart.text() else { return };
    if pod.version.minor >= 35 {
        if !matches!(&*word, "Always" | "OnFailure" | "Never") {
            unsupported(object, restart, "`Always`, `OnFailure` or `Never`", "for a container");
        }
        return;
    }
    match container.list {
        List::Containers => object.forbidden(
            restart,
            "for a container that is no init container",
            "write `restartPolicy` at the pod, beside `containers`",
        ),
        List::InitContainers if word != "Always" => {
            unsupported(object, restart, "`Always`", "for an init container");
        }
        List::InitContainers => {}
    }
}
