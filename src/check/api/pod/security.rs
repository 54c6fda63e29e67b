//! Security contexts: `ValidateSecurityContext`, `validatePodSpecSecurityContext`.

use crate::check::api::object::{Field, Object, fields};
use crate::check::api::rules::{CONFLICTING_FIELDS, INVALID_NAME, INVALID_TEXT, TOO_LARGE};
use crate::check::api::seen::Seen;

use super::volumes::relative;
use super::{Pod, unique, windows};

/// What both kinds of contexts have.
fn both<'t>(object: &mut Object<'_, 't>, name: &str, field: &Field<'_, 't>) {
    match name {
        "runAsUser" | "runAsGroup" | "fsGroup" => identity(object, field),
        "seccompProfile" => profile(object, field, "seccomp"),
        "appArmorProfile" => profile(object, field, "AppArmor"),
        "windowsOptions" => windows::options(object, field),
        _ => {}
    }
}

fn identity<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    if field.integer().is_some_and(|number| !(0..=i64::from(i32::MAX)).contains(&number)) {
        object.out_of_range(field, "between 0 and 2147483647");
    }
}

/// Whether it has options for Windows.
pub(super) fn of_container<'t>(object: &mut Object<'_, 't>, pod: &Pod<'t>, context: &Field<'_, 't>) -> bool {
    let mut for_windows = false;
    context.each(|name, _, field| match name {
        "procMount" if pod.host_users && field.text().as_deref() == Some("Unmasked") && pod.version.minor >= 33 => {
            let finding = object
                .wrong(
                    &CONFLICTING_FIELDS,
                    field,
                    "is `Unmasked`, which needs users of the pod's own",
                    "needs `hostUsers: false`",
                )
                .help("add `hostUsers: false` to the pod");
            object.report(finding);
        }
        "allowPrivilegeEscalation" if field.value.as_bool() == Some(false) => escalation(object, context, field),
        _ => {
            for_windows |= name == "windowsOptions";
            both(object, name, field);
        }
    });
    for_windows
}

fn escalation<'t>(object: &mut Object<'_, 't>, context: &Field<'_, 't>, field: &Field<'_, 't>) {
    let [privileged, capabilities] = fields!(context, ["privileged", "capabilities"]);
    if let Some(privileged) = privileged.filter(|privileged| privileged.value.as_bool() == Some(true)) {
        let finding = object
            .wrong(&CONFLICTING_FIELDS, field, "is false, while `privileged` is true", "forbids it")
            .cause(object.span(&privileged.path()), "allows everything")
            .help("remove one of the two");
        object.report(finding);
    }
    let Some(added) = capabilities.as_ref().and_then(|capabilities| capabilities.get("add")) else { return };
    // This spelling only: the server looks for no other.
    for capability in added.items().filter(|capability| capability.text().as_deref() == Some("CAP_SYS_ADMIN")) {
        let finding = object
            .wrong(&CONFLICTING_FIELDS, field, "is false, while `CAP_SYS_ADMIN` is added", "forbids it")
            .cause(object.span(&capability.path()), "allows it")
            .help("remove one of the two");
        object.report(finding);
    }
}

pub(super) fn of_pod<'t>(object: &mut Object<'_, 't>, context: &Field<'_, 't>, spec: &Field<'_, 't>) {
    context.each(|name, _, field| match name {
        "supplementalGroups" => field.items().for_each(|group| identity(object, &group)),
        "sysctls" => {
            let mut seen = Seen::new();
            for sysctl in field.items() {
                let Some(name) = sysctl.get("name") else { continue };
                check_sysctl(object, &name, spec);
                unique(object, &mut seen, &name, "sysctls");
            }
        }
        _ => both(object, name, field),
    });
}

/// `validateSysctls`, `ValidateHostSysctl` and `k8s.io/component-helpers/node/util/sysctl/namespace.go`.
fn check_sysctl<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, spec: &Field<'_, 't>) {
    let Some(name) = field.plain_text() else { return };
    let is_edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        bytes.first().is_some_and(|first| is_edge(*first))
            && bytes.last().is_some_and(|last| is_edge(*last))
            && bytes.iter().all(|byte| is_edge(*byte) || matches!(byte, b'-' | b'_'))
    };
    if name.len() > 253 || !name.split(['.', '/']).all(is_part) {
        let fault = format!("is `{name}`, which is no name of a sysctl");
        let finding = object
            .wrong(&INVALID_NAME, field, &fault, "no name of a sysctl")
            .help("use lower case letters, digits, `-` and `_`, with `.` or `/` between the parts");
        object.report(finding);
    }
    let name = if name.find(['.', '/']).is_some_and(|at| name.as_bytes()[at] == b'/') {
        name.replace('/', ".").into()
    } else {
        name
    };
    let of_network = name.starts_with("net.");
    let of_ipc = matches!(&*name, "kernel.sem" | "kernel.shm_rmid_forced")
        || ["kernel.shm", "kernel.msg", "fs.mqueue."].iter().any(|prefix| name.starts_with(prefix));
    for (host, shares) in [("hostNetwork", of_network), ("hostIPC", of_ipc)] {
        if let Some(host) = spec.get(host).filter(|host| shares && host.value.as_bool() == Some(true)) {
            let finding = object
                .wrong(
                    &CONFLICTING_FIELDS,
                    field,
                    &format!("is `{name}`, which the pod shares with the node"),
                    "of the node",
                )
                .cause(object.span(&host.path()), "shared with the node here")
                .help("remove one of the two");
            object.report(finding);
        }
    }
}

/// `validateSeccompProfileField`, `ValidateAppArmorProfileField`
fn profile<'t>(object: &mut Object<'_, 't>, profile: &Field<'_, 't>, what: &str) {
    let [kind, path] = fields!(profile, ["type", "localhostProfile"]);
    let Some(kind) = kind.and_then(|kind| kind.text()) else { return };
    match (&*kind, path) {
        ("Localhost", None) => {
            object.needed(profile, "localhostProfile", "with the type `Localhost`", "add `localhostProfile`");
        }
        ("Localhost", Some(path)) if what == "seccomp" => relative(object, &path),
        ("Localhost", Some(path)) => {
            let Some(text) = path.text() else { return };
            if text.trim().is_empty() {
                object.needed(profile, "localhostProfile", "with the type `Localhost`", "give it a value");
            } else if text.trim() != text {
                let finding = object
                    .wrong(&INVALID_TEXT, &path, "begins or ends with white space", "white space at an end")
                    .help(format!("write `{}`", text.trim()));
                object.report(finding);
            } else if text.len() > 4095 {
                let finding = object.wrong(&TOO_LARGE, &path, "has more than 4095 characters", "too long");
                object.report(finding);
            }
        }
        ("RuntimeDefault" | "Unconfined", Some(path)) => {
            let because = format!("with the {what} type `{kind}`");
            object.forbidden(&path, &because, "remove it, or write `type: Localhost`");
        }
        _ => {}
    }
}
