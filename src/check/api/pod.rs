//! Pod specs, in a Pod and in every template: `ValidatePodSpec` and `ValidatePodTemplateSpec` in
//! `k8s.io/kubernetes/pkg/apis/core/validation/validation.go`, after the defaults of `pkg/apis/core/v1/defaults.go`.

mod affinity;
mod annotations;
mod container;
mod dns;
mod downward;
mod endless;
mod env;
mod initiator;
mod mounts;
pub(super) mod ports;
mod probes;
mod projected;
mod resources;
mod scheduling;
mod security;
mod volumes;
mod windows;

pub(super) use affinity::node_selector;
pub(super) use resources::{is_of_containers, overhead, resource_name};
pub(super) use scheduling::tolerations;
pub(super) use volumes::{driver_name, source};

use std::borrow::Cow;

use super::names;
use super::object::{Field, Object, fields};
use super::rules::{CONFLICTING_FIELDS, DUPLICATE_NAME, TOO_LARGE, UNSUPPORTED_VALUE};
use super::seen::Seen;
use super::warnings;
use crate::check::schema::Version;
use crate::model::source::Span;
use crate::model::value::Value;

/// What a pod spec stands in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner<'c, 'p, 't> {
    /// A Pod.
    Pod,
    /// The template of a Job, or of nothing yet.
    Template,
    /// The template of a controller whose pods run on.
    Controller,
    /// The template of a StatefulSet, with its `volumeClaimTemplates`, which become volumes.
    StatefulSet(Option<&'c Field<'p, 't>>),
}

/// The system that a pod is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Linux,
    Windows,
    Unknown,
}

/// A volume, as mounts see it.
#[derive(Debug, Clone, Copy)]
struct Volume {
    /// Where its name is written.
    name: Span,
    /// It can be a block device.
    is_claim: bool,
}

/// What the parts of a pod spec must know of each other.
struct Pod<'t> {
    is_pod: bool,
    /// Its controller says what it is called.
    is_named: bool,
    version: Version,
    volumes: Seen<'t, Volume>,
    claims: Seen<'t, Span>,
    containers: Option<Value<'t>>,
    host_network: bool,
    host_users: bool,
    never_restarts: bool,
    grace_period: Option<i64>,
}

/// Checks a Pod; its labels and annotations are checked as those of any object.
pub(super) fn of_its_own<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    check(object, spec, Owner::Pod);
    let root = object.root();
    let metadata = root.get("metadata");
    if let Some(annotations) = metadata.as_ref().and_then(|metadata| metadata.get("annotations")) {
        annotations::check(object, &annotations, spec, true);
        warnings::annotations(object, &annotations, spec);
    }
}

/// Checks a template: its metadata and its spec, and then whatever else there is to say of its labels.
pub(super) fn template<'o, 't>(
    object: &mut Object<'o, 't>,
    template: &Field<'_, 't>,
    owner: Owner<'_, '_, 't>,
    then: impl FnOnce(&mut Object<'o, 't>, Option<&Field<'_, 't>>),
) {
    let [metadata, spec] = fields!(template, ["metadata", "spec"]);
    let [labels, annotations] = match &metadata {
        Some(metadata) => fields!(metadata, ["labels", "annotations"]),
        None => [None, None],
    };
    if let Some(labels) = &labels {
        names::labels(object, labels);
    }
    if let Some(annotations) = &annotations {
        names::annotations(object, annotations);
    }
    match spec {
        Some(spec) => {
            check(object, &spec, owner);
            if let Some(annotations) = annotations {
                annotations::check(object, &annotations, &spec, !matches!(owner, Owner::StatefulSet(_)));
                warnings::annotations(object, &annotations, &spec);
            }
        }
        None if !object.is_partial && template.value.is_mapping() => {
            object.needed(template, "spec", "to say what runs", "add `spec` with `containers`");
        }
        None => {}
    }
    then(object, labels.as_ref());
}

/// Checks a pod spec.
pub(super) fn check<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>, owner: Owner<'_, '_, 't>) {
    if !spec.value.is_mapping() {
        return;
    }
    warnings::pod(object, spec);
    let [containers, init, volumes, claims, network, users, restart, grace, security, system, deadline] = fields!(
        spec,
        [
            "containers",
            "initContainers",
            "volumes",
            "resourceClaims",
            "hostNetwork",
            "hostUsers",
            "restartPolicy",
            "terminationGracePeriodSeconds",
            "securityContext",
            "os",
            "activeDeadlineSeconds",
        ]
    );
    let is_set = |field: &Option<Field<'_, 't>>| field.as_ref().and_then(|field| field.value.as_bool());
    let grace = grace.as_ref().map_or(Some(30), |grace| grace.integer());
    let mut pod = Pod {
        is_pod: matches!(owner, Owner::Pod),
        is_named: matches!(owner, Owner::StatefulSet(_)),
        version: object.version,
        volumes: Seen::new(),
        claims: Seen::new(),
        containers: containers.map(|containers| containers.value),
        host_network: is_set(&network) == Some(true),
        // `UserNamespacesSupport` is on from 1.33; before, the field is dropped.
        host_users: is_set(&users) != Some(false) || object.version.minor < 33,
        never_restarts: restart.as_ref().and_then(Field::text).as_deref() == Some("Never"),
        // A negative period is taken for 1 (`pkg/apis/core/v1/conversion.go`).
        grace_period: grace.map(|seconds| if seconds < 0 { 1 } else { seconds }),
    };
    if let Some(deadline) = &deadline
        && deadline.integer().is_some_and(|seconds| !(1..=i64::from(i32::MAX)).contains(&seconds))
    {
        object.out_of_range(deadline, "between 1 and 2147483647");
    }
    volumes::check(object, &mut pod, volumes.as_ref(), owner);
    if let Some(claims) = &claims {
        resources::claims(object, &mut pod, claims);
    }
    let mut for_windows = container::check(object, &pod, containers.as_ref(), init.as_ref());
    if let Some(security) = &security {
        security::of_pod(object, security, spec);
        for_windows |= security.has("windowsOptions");
    }
    if for_windows || system.is_some() {
        windows::check(object, spec, system.as_ref(), security.as_ref());
    }
    fields(object, &pod, spec);
    if !matches!(owner, Owner::Pod | Owner::Template) {
        endless::check(object, restart.as_ref(), deadline.as_ref());
    }
}

/// The fields that stand for themselves.
fn fields<'t>(object: &mut Object<'_, 't>, pod: &Pod<'t>, spec: &Field<'_, 't>) {
    spec.each(|name, _, field| {
        if field.value.is_null() {
            return;
        }
        match name {
            "affinity" => affinity::check(object, field),
            "dnsConfig" => dns::config(object, field),
            "dnsPolicy" => dns::policy(object, spec, field),
            "ephemeralContainers" if field.count() > 0 => object.forbidden(
                field,
                "before the pod runs",
                "remove it; `kubectl debug` adds such containers to a running pod",
            ),
            "hostAliases" => {
                for alias in field.items() {
                    let [ip, hostnames] = fields!(alias, ["ip", "hostnames"]);
                    if let Some(ip) = ip {
                        names::address(object, &ip);
                    }
                    for hostname in hostnames.iter().flat_map(Field::items) {
                        object.is_empty(&hostname, "a DNS subdomain");
                        names::subdomain(object, &hostname);
                    }
                }
            }
            "hostUsers" if !pod.host_users => host_users(object, spec, field),
            // Of a StatefulSet the controller writes both.
            "hostname" | "subdomain" if !pod.is_named => names::label(object, field),
            "hostnameOverride" => hostname_override(object, spec, field),
            "nodeName" => {
                names::subdomain(object, field);
                let is_set = field.text().is_some_and(|text| !text.is_empty());
                if is_set && pod.is_pod && spec.get("schedulingGates").is_some_and(|gates| gates.count() > 0) {
                    object.forbidden(field, "together with `schedulingGates`", "remove one of the two");
                }
            }
            "nodeSelector" => names::labels(object, field),
            "overhead" => resources::overhead(object, field),
            "priorityClassName" | "serviceAccountName" => names::subdomain(object, field),
            // The old name of `serviceAccountName`, which counts where both are written.
            "serviceAccount" if spec.text_of("serviceAccountName").is_none_or(|text| text.is_empty()) => {
                names::subdomain(object, field);
            }
            "runtimeClassName" => {
                object.is_empty(field, "the name of a class");
                names::subdomain(object, field);
            }
            "readinessGates" => {
                for gate in field.items() {
                    if let Some(condition) = gate.get("conditionType") {
                        names::qualified(object, &condition);
                    }
                }
            }
            "resources" => resources::of_pod(object, pod, spec, field),
            "schedulingGates" => {
                let mut seen = Seen::new();
                for gate in field.items() {
                    let Some(name) = gate.get("name") else { continue };
                    names::qualified(object, &name);
                    unique(object, &mut seen, &name, "scheduling gates");
                }
            }
            "shareProcessNamespace" if field.value.as_bool() == Some(true) => share_processes(object, spec, field),
            "tolerations" => scheduling::tolerations(object, field),
            "topologySpreadConstraints" => scheduling::spread(object, field),
            _ => {}
        }
    });
}

/// `validatePodHostName`; the field is dropped before 1.35 (`HostnameOverride`).
fn hostname_override<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>, field: &Field<'_, 't>) {
    if object.version.minor < 35 {
        return;
    }
    for other in ["hostNetwork", "setHostnameAsFQDN"] {
        if let Some(other) = spec.get(other).filter(|other| other.value.as_bool() == Some(true)) {
            let name = other.path().to_string();
            let name = name.rsplit('.').next().unwrap_or_default();
            let because = format!("when `{name}` is true");
            let finding = object
                .not_allowed(field, &because)
                .cause(object.span(&other.path()), "because of this")
                .help("remove one of the two");
            return object.report(finding);
        }
    }
    if field.plain_text().is_some_and(|text| text.len() > 64) {
        let finding = object.wrong(&TOO_LARGE, field, "has more than 64 characters", "too long");
        return object.report(finding);
    }
    object.is_empty(field, "a DNS subdomain");
    names::subdomain(object, field);
}

fn share_processes<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>, field: &Field<'_, 't>) {
    let Some(host) = spec.get("hostPID").filter(|host| host.value.as_bool() == Some(true)) else { return };
    let finding = object
        .wrong(&CONFLICTING_FIELDS, field, "and `hostPID` cannot both be true", "shares the pod's processes")
        .cause(object.span(&host.path()), "shares those of the node")
        .help("keep one of the two");
    object.report(finding);
}

fn host_users<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>, users: &Field<'_, 't>) {
    for name in ["hostNetwork", "hostPID", "hostIPC"] {
        if let Some(host) = spec.get(name).filter(|host| host.value.as_bool() == Some(true)) {
            let finding = object
                .not_allowed(&host, "when `hostUsers` is false")
                .cause(object.span(&users.path()), "the pod gets users of its own here")
                .help(format!("remove `{name}`, or `hostUsers: false`"));
            object.report(finding);
        }
    }
    // From 1.34 (`validateHostUsers`).
    for list in ["containers", "initContainers"] {
        let Some(list) = spec.get(list).filter(|_| object.version.minor >= 34) else { continue };
        for container in list.items() {
            if let Some(devices) = container.get("volumeDevices").filter(|devices| devices.count() > 0) {
                object.forbidden(
                    &devices,
                    "when `hostUsers` is false",
                    "use `volumeMounts`, or remove `hostUsers: false`",
                );
            }
        }
    }
}

const RENAME: &str = "rename one of the two";

/// Reports a text that came before in the same list: `what` are "volumes".
fn unique<'t>(
    object: &mut Object<'_, 't>,
    seen: &mut Seen<'t, Span>,
    field: &Field<'_, 't>,
    what: &str,
) -> Option<Cow<'t, str>> {
    let text = field.text().filter(|text| !text.is_empty())?;
    if let Some(first) = seen.before(text.clone(), field.value.span()) {
        twice(object, field, first, &format!("two {what} are called `{text}`"), RENAME);
    }
    Some(text)
}

#[cold]
fn twice<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, first: Span, message: &str, help: &str) {
    let path = field.path();
    let message = format!("{message}, in {}", object.place(&owner_of(&path)));
    let finding = object.refuse(&DUPLICATE_NAME, path, message, "the second").cause(first, "the first").help(help);
    object.report(finding);
}

/// The route without the last list item and what is below it: what the items belong to.
fn owner_of(path: &crate::model::path::Path) -> crate::model::path::Path {
    use crate::model::path::{Path, Segment};
    let index = path.0.iter().rposition(|segment| matches!(segment, Segment::Index(_))).unwrap_or(1);
    Path(path.0[..index.saturating_sub(1)].to_vec())
}

/// Reports a word that is not one of the few allowed ones.
#[cold]
fn unsupported<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, allowed: &str, because: &str) {
    let written = super::object::shown(field);
    if super::object::is_placeholder(&written) {
        return;
    }
    let fault = format!("is `{written}`, but must be {allowed} {because}");
    let finding = object.wrong(&UNSUPPORTED_VALUE, field, &fault, &format!("must be {allowed}"));
    object.report(finding);
}
