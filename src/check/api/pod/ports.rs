//! Ports of containers: `validateContainerPorts`, `checkHostPortConflicts` and `validatePodHostNetworkDeps`; and ports that
//! are a number or a name, `ValidatePortNumOrName`.

use std::borrow::Cow;

use crate::check::api::object::{Field, MANY, Object, fields, is_placeholder, shown};
use crate::check::api::rules::{CONFLICTING_FIELDS, INVALID_PORT_NAME};
use crate::check::api::seen::Seen;
use crate::check::api::warnings::{Ports, Written};
use crate::model::source::Span;

use super::container::{Container, List};
use super::{Pod, RENAME, twice};

/// Ports of the node that are taken.
#[derive(Default)]
pub(super) struct HostPorts<'t>(Vec<HostPort<'t>>);

struct HostPort<'t> {
    number: i64,
    protocol: Cow<'t, str>,
    address: Cow<'t, str>,
    span: Span,
}

pub(super) fn check<'t>(
    object: &mut Object<'_, 't>,
    pod: &Pod<'t>,
    container: &Container<'_, '_, 't>,
    ports: &Field<'_, 't>,
    host_ports: &mut HostPorts<'t>,
    all: &mut Ports<'t>,
) {
    let mut names = Seen::new();
    for (at, port) in ports.items().enumerate() {
        let [name, number, host_port, host_ip, protocol] =
            fields!(port, ["name", "containerPort", "hostPort", "hostIP", "protocol"]);
        if let Some(name) = &name
            && let Some(text) = name.text().filter(|text| !text.is_empty())
            && check_name(object, name)
            && let Some(first) = names.before(text.clone(), name.value.span())
        {
            twice(object, name, first, &format!("two ports are called `{text}`"), RENAME);
        }
        let written = Written {
            number: number.as_ref(),
            protocol: protocol.as_ref(),
            on_host: host_port.as_ref(),
            address: host_ip.as_ref(),
            name: name.as_ref(),
        };
        all.add(object, at, &written);
        let number = number.as_ref().and_then(|number| check_number(object, number));
        let mut on_host = None;
        if let Some(field) = &host_port
            && field.integer() != Some(0)
        {
            on_host = check_number(object, field).map(|host| (host, field.value.span()));
            if let (true, List::Containers, Some((host, _)), Some(own)) =
                (pod.host_network, container.list, on_host, number)
                && host != own
            {
                differs(object, field, &port, host, own);
            }
        }
        // With the network of the node, the port is that of the node (`pkg/apis/core/v1/defaults.go`,
        // `SetHostNetworkPorts`); in templates only before 1.28.
        if on_host.is_none() && pod.host_network && (pod.is_pod || pod.version.minor < 28) {
            on_host = number.map(|number| (number, port.value.title_span()));
        }
        if let Some((number, span)) = on_host {
            let text = |field: &Option<Field<'_, 't>>| field.as_ref().and_then(Field::text);
            let protocol = text(&protocol).filter(|text| !text.is_empty()).unwrap_or(Cow::Borrowed("TCP"));
            let taken = HostPort { number, protocol, address: text(&host_ip).unwrap_or_default(), span };
            host_ports.take(object, host_port.as_ref().unwrap_or(&port), taken);
        }
    }
    all.next_container();
}

impl<'t> HostPorts<'t> {
    fn take(&mut self, object: &mut Object<'_, 't>, field: &Field<'_, 't>, port: HostPort<'t>) {
        let same = |other: &&HostPort<'_>| {
            (other.number, &other.protocol, &other.address) == (port.number, &port.protocol, &port.address)
        };
        match self.0.iter().find(same) {
            Some(first) => {
                let message = format!("two containers take the port {}/{} of the node", port.number, port.protocol);
                twice(object, field, first.span, &message, "choose another port for one of the two");
            }
            None if self.0.len() < MANY => self.0.push(port),
            None => {}
        }
    }
}

#[cold]
fn differs<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, port: &Field<'_, 't>, host: i64, own: i64) {
    let fault = format!("is {host}, but must be {own}, as `containerPort`, since `hostNetwork` is true");
    let finding = object
        .wrong(&CONFLICTING_FIELDS, field, &fault, format!("must be {own}").as_str())
        .cause(object.span(&port.path_to("containerPort")), "the port of the container")
        .help("remove `hostPort`: it is the same as `containerPort` then");
    object.report(finding);
}

/// Checks the number of a port, and returns it if it is one.
pub(in crate::check::api) fn check_number<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) -> Option<i64> {
    let number = field.integer()?;
    if !(1..=65535).contains(&number) {
        object.out_of_range(field, "between 1 and 65535");
        return None;
    }
    Some(number)
}

/// Checks a port that is a number or a name.
pub(in crate::check::api) fn check_number_or_name<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    match field.text() {
        Some(name) if name.is_empty() => {}
        Some(_) => drop(check_name(object, field)),
        None => drop(check_number(object, field)),
    }
}

/// Checks the name of a port: `IsValidPortName` in `k8s.io/apimachinery/pkg/util/validation/validation.go`.
pub(in crate::check::api) fn check_name<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) -> bool {
    let fault = field.text().and_then(|name| name_fault(&name));
    if let Some(fault) = fault {
        invalid_name(object, field, fault);
    }
    fault.is_none()
}

/// What is wrong with the name of a port.
fn name_fault(name: &str) -> Option<&'static str> {
    let bytes = name.as_bytes();
    if bytes.len() > 15 {
        Some("must have at most 15 characters")
    } else if !bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-') {
        Some("must have nothing but lower case letters, digits and dashes")
    } else if !bytes.iter().any(u8::is_ascii_lowercase) {
        Some("must have at least one letter")
    } else if name.contains("--") {
        Some("must not have two dashes in a row")
    } else if name.starts_with('-') || name.ends_with('-') {
        Some("must not begin or end with a dash")
    } else {
        None
    }
}

#[cold]
fn invalid_name<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, fault: &str) {
    let name = shown(field);
    if is_placeholder(&name) {
        return;
    }
    let mut label = fault.to_owned();
    if name.len() > 15 {
        label = format!("{} characters", name.chars().count());
    }
    let message = format!("is `{name}`, but names of ports {fault}");
    let mut finding = object.wrong(&INVALID_PORT_NAME, field, &message, &label);
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    let lower = name.to_ascii_lowercase().replace('_', "-");
    if is_number && field.path().0.last().is_some_and(|last| *last == "port".into()) {
        finding = finding.help(format!("write the number without quotes: `{name}`"));
    } else if name_fault(&lower).is_none() {
        finding = finding.help(format!("write `{lower}`"));
    }
    object.report(finding);
}
