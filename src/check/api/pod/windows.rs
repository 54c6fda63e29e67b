//! What only pods of one system may have: `validateLinux`, `validateWindows`, `validateWindowsHostProcessPod`,
//! `validateWindowsSecurityContextOptions`.

use crate::check::api::names;
use crate::check::api::object::{Field, Object, fields};
use crate::check::api::rules::{CONFLICTING_FIELDS, INVALID_TEXT};

use super::System;

/// Fields of the pod that a Windows pod must not have.
const OF_POD: &[&str] = &["hostUsers", "shareProcessNamespace"];
const SWITCHES_OF_POD: &[&str] = &["hostPID", "hostIPC"];
const OF_POD_CONTEXT: &[&str] = &[
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
];
const OF_CONTAINER_CONTEXT: &[&str] = &[
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

pub(super) fn check<'t>(
    object: &mut Object<'_, 't>,
    spec: &Field<'_, 't>,
    system: Option<&Field<'_, 't>>,
    security: Option<&Field<'_, 't>>,
) {
    let system = match system.and_then(|system| system.text_of("name")).as_deref() {
        Some("linux") => System::Linux,
        Some("windows") => System::Windows,
        _ => System::Unknown,
    };
    let own = security.and_then(|security| security.value.at(["windowsOptions", "hostProcess"])?.as_bool());
    let mut on_host = 0;
    let mut all = 0;
    for list in ["containers", "initContainers"] {
        let Some(list) = spec.get(list) else { continue };
        for container in list.items() {
            all += 1;
            let Some(context) = container.get("securityContext") else {
                on_host += usize::from(own == Some(true));
                continue;
            };
            match system {
                System::Linux => not_for(object, &context, &["windowsOptions"], "Linux"),
                System::Windows => not_for(object, &context, OF_CONTAINER_CONTEXT, "Windows"),
                System::Unknown => {}
            }
            let Some(options) = context.get("windowsOptions") else {
                on_host += usize::from(own == Some(true));
                continue;
            };
            let process = options.get("hostProcess").and_then(|process| Some((process.value.as_bool()?, process)));
            if let (Some((value, process)), Some(own)) = (&process, own)
                && *value != own
            {
                let fault = format!("is {value}, but {own} for the whole pod");
                let finding = object.wrong(&CONFLICTING_FIELDS, process, &fault, "not as the pod says");
                object.report(finding);
            }
            on_host += usize::from(process.map(|(value, _)| value).or(own) == Some(true));
        }
    }
    if on_host > 0 {
        host_process(object, spec, on_host == all);
    }
    match (system, security) {
        (System::Linux, Some(security)) => not_for(object, security, &["windowsOptions"], "Linux"),
        (System::Windows, _) => {
            not_for(object, spec, OF_POD, "Windows");
            // Resources of the pod are on from 1.34; before, the field is dropped.
            if object.version.minor >= 34 {
                not_for(object, spec, &["resources"], "Windows");
            }
            for name in SWITCHES_OF_POD {
                if spec.bool_of(name) == Some(true) {
                    not_for(object, spec, &[name], "Windows");
                }
            }
            if let Some(security) = security {
                not_for(object, security, OF_POD_CONTEXT, "Windows");
            }
        }
        _ => {}
    }
}

fn not_for<'t>(object: &mut Object<'_, 't>, holder: &Field<'_, 't>, names: &[&str], system: &str) {
    for name in names {
        if let Some(field) = holder.get(name) {
            let help = format!("remove it, or `os.name: {}`", system.to_ascii_lowercase());
            object.forbidden(&field, &format!("in a {system} pod"), help);
        }
    }
}

#[cold]
fn host_process<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>, all: bool) {
    let needs = |object: &mut Object<'_, 't>, message: String, help: &str| {
        let finding = object.refuse(&CONFLICTING_FIELDS, spec.path(), message, "runs processes of the node").help(help);
        object.report(finding);
    };
    let place = object.place(&spec.path());
    if !all {
        let message = format!("some containers of {place} are processes of the node, and some are not");
        needs(object, message, "set `hostProcess` for the whole pod");
    }
    if spec.bool_of("hostNetwork") != Some(true) {
        let message = format!("{place} has processes of the node, but not its network");
        needs(object, message, "add `hostNetwork: true`");
    }
}

/// `validateWindowsSecurityContextOptions`
pub(super) fn options<'t>(object: &mut Object<'_, 't>, options: &Field<'_, 't>) {
    let [name, spec, user] = fields!(options, ["gmsaCredentialSpecName", "gmsaCredentialSpec", "runAsUserName"]);
    if let Some(name) = name {
        names::subdomain(object, &name);
    }
    if let Some(spec) = spec
        && let Some(text) = spec.text()
        && (text.is_empty() || text.len() > 64 * 1024)
    {
        let finding = object.wrong(&INVALID_TEXT, &spec, "must have between 1 and 65536 bytes", "empty or too long");
        object.report(finding);
    }
    if let Some(user) = user
        && let Some(text) = user.text()
        && let Some(fault) = user_fault(&text)
    {
        let finding = object.wrong(&INVALID_TEXT, &user, fault, "no name of a Windows user");
        object.report(finding);
    }
}

fn user_fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("must not be empty");
    }
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Some("must not contain control characters");
    }
    let (domain, user) = match text.split_once('\\') {
        Some((_, user)) if user.contains('\\') => return Some("must not contain more than one backslash"),
        Some((domain, user)) => (Some(domain), user),
        None => (None, text),
    };
    if domain.is_some_and(|domain| !is_domain(domain)) {
        return Some("names a domain in neither NetBIOS nor DNS form");
    }
    if user.is_empty() || user.len() > 104 {
        return Some("must name a user with at most 104 characters");
    }
    if user.bytes().all(|byte| matches!(byte, b'.' | b' ')) {
        return Some("must name a user with more than dots and spaces");
    }
    user.contains(['"', '/', '\\', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']'])
        .then_some("must name a user without any of `\"/\\:;|=,+*?<>@[]`")
}

fn is_domain(domain: &str) -> bool {
    let is_net_bios = (1..=15).contains(&domain.chars().count())
        && !domain.starts_with('.')
        && !domain.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|']);
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        (1..=63).contains(&bytes.len())
            && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    domain.len() < 256 && (is_net_bios || domain.split('.').all(is_part))
}
