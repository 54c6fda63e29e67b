//! Probes and lifecycle hooks: `validateProbe`, `validateLifecycle`, `validateHandler`.

use crate::check::api::object::{Field, Object, fields};
use crate::check::api::rules::{FORBIDDEN_FIELD, INVALID_NAME};

use super::{Pod, ports};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Liveness,
    Readiness,
    Startup,
}

pub(super) fn check<'t>(object: &mut Object<'_, 't>, kind: Kind, probe: &Field<'_, 't>) {
    if !probe.value.is_mapping() {
        return;
    }
    let [exec, http, tcp, grpc, delay, timeout, period, successes, failures, grace] = fields!(
        probe,
        [
            "exec",
            "httpGet",
            "tcpSocket",
            "grpc",
            "initialDelaySeconds",
            "timeoutSeconds",
            "periodSeconds",
            "successThreshold",
            "failureThreshold",
            "terminationGracePeriodSeconds",
        ]
    );
    handler(object, probe, [exec, http, tcp, grpc], "`exec`, `httpGet`, `tcpSocket` or `grpc`");
    if let Some(port) = grpc.as_ref().and_then(|grpc| grpc.get("port")) {
        ports::check_number(object, &port);
    }
    for number in [&delay, &timeout, &period, &failures] {
        object.not_negative(number.as_ref());
    }
    if let Some(successes) = &successes
        && let Some(number) = successes.integer()
    {
        // 0 is replaced by the default, 1 (`pkg/apis/core/v1/defaults.go`, `SetDefaults_Probe`).
        if number < 0 {
            object.out_of_range(successes, "0 or more");
        } else if number > 1 && kind != Kind::Readiness {
            object.out_of_range(successes, "1 in a liveness or startup probe");
        }
    }
    if let Some(grace) = &grace {
        if kind == Kind::Readiness {
            object.forbidden(grace, "in a readiness probe", "remove it: a readiness probe ends nothing");
        } else if grace.integer().is_some_and(|seconds| seconds <= 0) {
            object.out_of_range(grace, "1 or more");
        }
    }
}

pub(super) fn lifecycle<'t>(object: &mut Object<'_, 't>, pod: &Pod<'t>, lifecycle: &Field<'_, 't>) {
    for name in ["postStart", "preStop"] {
        let Some(hook) = lifecycle.get(name).filter(|hook| hook.value.is_mapping()) else { continue };
        let [exec, http, tcp, sleep] = fields!(hook, ["exec", "httpGet", "tcpSocket", "sleep"]);
        handler(object, &hook, [exec, http, tcp, sleep], "`exec`, `httpGet` or `sleep`");
        let seconds = sleep.as_ref().and_then(|sleep| sleep.get("seconds"));
        if let (Some(field), Some(longest)) = (&seconds, pod.grace_period)
            && let Some(number) = field.integer()
        {
            // `PodLifecycleSleepActionAllowZero` is on from 1.33.
            let least = i64::from(pod.version.minor < 33);
            if !(least..=longest).contains(&number) {
                let bounds = format!("between {least} and {longest}, the `terminationGracePeriodSeconds` of the pod");
                object.out_of_range(field, &bounds);
            }
        }
    }
}

/// Exactly one of the handlers, and what the first one needs. The second is always `httpGet`, the third `tcpSocket`.
fn handler<'t>(
    object: &mut Object<'_, 't>,
    parent: &Field<'_, 't>,
    handlers: [Option<Field<'_, 't>>; 4],
    choice: &str,
) {
    let mut present = handlers.iter().flatten();
    let Some(first) = present.next() else {
        return no_handler(object, parent, choice);
    };
    for other in present {
        more_than_one(object, first, other);
    }
    let [exec, http, tcp, _] = &handlers;
    if let Some(exec) = exec {
        if exec.value.is_mapping() && exec.get("command").is_none_or(|command| command.value.is_empty()) {
            object.needed(exec, "command", "to run anything", "add `command`, a list of the program and its arguments");
        }
    } else if let Some(http) = http {
        request(object, http);
    } else if let Some(port) = tcp.as_ref().and_then(|tcp| tcp.get("port")) {
        ports::check_number_or_name(object, &port);
    }
}

/// `validateHTTPGetAction`; an empty path is replaced by `/`.
fn request<'t>(object: &mut Object<'_, 't>, http: &Field<'_, 't>) {
    let [port, headers] = fields!(http, ["port", "httpHeaders"]);
    if let Some(port) = port {
        ports::check_number_or_name(object, &port);
    }
    for header in headers.iter().flat_map(Field::items) {
        let Some(name) = header.get("name") else { continue };
        let is_header = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if let Some(text) = name.plain_text().filter(|text| !is_header(text)) {
            let fault = format!("is `{text}`, but names of headers have nothing but letters, digits and dashes");
            let finding = object.wrong(&INVALID_NAME, &name, &fault, "no name of a header");
            object.report(finding);
        }
    }
}

#[cold]
fn no_handler<'t>(object: &mut Object<'_, 't>, parent: &Field<'_, 't>, choice: &str) {
    let path = parent.path();
    // A `{}` is a finding of its own kind: the probe is there, and does nothing.
    let message = format!("{} says no action", object.name(&path));
    let span = object.key_span(&path);
    let finding = object
        .refuse_at(&crate::check::api::rules::REQUIRED_VALUE, span, path, message, "no action")
        .help(format!("add {choice}"));
    object.report(finding);
}

#[cold]
fn more_than_one<'t>(object: &mut Object<'_, 't>, first: &Field<'_, 't>, other: &Field<'_, 't>) {
    let key = |object: &Object<'_, 't>, field: &Field<'_, 't>| object.key_span(&field.path());
    let (span, first) = (key(object, other), key(object, first));
    let path = other.path();
    let message = format!("{} is a second action beside the first", object.name(&path));
    let finding = object
        .refuse_at(&FORBIDDEN_FIELD, span, path, message, "a second action")
        .cause(first, "the first action")
        .help("keep one of the two");
    object.report(finding);
}
