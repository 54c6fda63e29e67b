//! Ingresses: `ValidateIngress` in `k8s.io/kubernetes/pkg/apis/networking/validation/validation.go`.

use super::names;
use super::object::{Field, Object, fields};
use super::rules::{CONFLICTING_FIELDS, INVALID_NAME, INVALID_TEXT, REQUIRED_VALUE};
use super::syntax::Syntax;

/// What a path must not have in it, and how it must not end.
const INSIDE: [&str; 5] = ["//", "/./", "/../", "%2f", "%2F"];
const AT_END: [&str; 2] = ["/..", "/."];

pub(super) fn check(object: &mut Object<'_, '_>) {
    if (object.resource.group(), &*object.resource.kind, object.resource.version())
        != ("networking.k8s.io", "Ingress", "v1")
    {
        return;
    }
    let root = object.root();
    class(object, &root);
    let Some(spec) = root.get("spec").filter(|spec| spec.value.is_mapping()) else {
        let kind = crate::model::path::Path::of(["spec"]);
        let finding = object
            .refuse(&REQUIRED_VALUE, kind, "Ingress has neither rules nor a default backend".to_owned(), "needs `spec`")
            .help("add `rules`, or `defaultBackend`");
        return object.report(finding);
    };
    let [backend, rules, tls, class] = fields!(spec, ["defaultBackend", "rules", "tls", "ingressClassName"]);
    if backend.is_none() && rules.is_none_or(|rules| rules.count() == 0) {
        let path = spec.path_to("rules");
        let message = format!("{} has neither `rules` nor `defaultBackend`", object.place(&spec.path()));
        let finding = object.refuse(&REQUIRED_VALUE, path, message, "needs one of the two").help("add `rules`");
        object.report(finding);
    }
    if let Some(backend) = backend {
        self::backend(object, &backend);
    }
    for rule in rules.iter().flat_map(Field::items) {
        let [name, http] = fields!(rule, ["host", "http"]);
        if let Some(name) = name {
            host(object, &name);
        }
        let Some(http) = http.filter(|http| http.value.is_mapping()) else { continue };
        let Some(paths) = http.get("paths").filter(|paths| paths.count() > 0) else {
            object.required(&http, "paths");
            continue;
        };
        paths.items().for_each(|path| self::path(object, &path));
    }
    for entry in tls.iter().flat_map(Field::items) {
        let [hosts, secret] = fields!(entry, ["hosts", "secretName"]);
        // Here the server takes addresses too (`validateIngressTLS`).
        for name in hosts.iter().flat_map(Field::items) {
            object.is_empty(&name, "a host");
            host_name(object, &name);
        }
        if let Some(secret) = secret {
            names::subdomain(object, &secret);
        }
    }
    if let Some(class) = class {
        object.is_empty(&class, "a class");
        names::subdomain(object, &class);
    }
}

/// The annotation that came before `ingressClassName`.
fn class<'t>(object: &mut Object<'_, 't>, root: &Field<'_, 't>) {
    let Some(metadata) = root.get("metadata") else { return };
    let Some(annotations) = metadata.get("annotations") else { return };
    let Some(old) = annotations.get("kubernetes.io/ingress.class") else { return };
    let Some(spec) = root.get("spec") else { return };
    let Some(new) = spec.get("ingressClassName") else { return };
    if let (Some(before), Some(now)) = (old.plain_text(), new.plain_text())
        && before != now
    {
        let seen = object.span(&new.path());
        let message = format!(
            "the annotation `kubernetes.io/ingress.class` says `{before}`, and `ingressClassName` says `{now}`"
        );
        let finding = object
            .refuse(&CONFLICTING_FIELDS, old.path(), message, "one class")
            .cause(seen, "another")
            .help("remove the annotation");
        object.report(finding);
    }
}

fn host<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    let Some(text) = field.plain_text() else { return };
    if text.parse::<std::net::IpAddr>().is_ok() {
        let finding = object
            .wrong(&INVALID_TEXT, field, &format!("is `{text}`, an IP address"), "must be a DNS name")
            .help("write a DNS name; leave `host` out to take requests for any");
        return object.report(finding);
    }
    host_name(object, field);
}

fn host_name<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    let Some(text) = field.plain_text() else { return };
    let rest = text.strip_prefix("*.").unwrap_or(&text);
    if Syntax::Subdomain.holds(rest) {
        return;
    }
    if text.contains('*') {
        let finding = object
            .wrong(&INVALID_NAME, field, &format!("is `{text}`"), "not a name with a wildcard")
            .help("a wildcard is the whole of the first part, as in `*.example.com`");
        return object.report(finding);
    }
    names::subdomain(object, field);
}

fn path<'t>(object: &mut Object<'_, 't>, item: &Field<'_, 't>) {
    let [path, kind, backend] = fields!(item, ["path", "pathType", "backend"]);
    match &backend {
        Some(backend) => self::backend(object, backend),
        None => object.required(item, "backend"),
    }
    // The schema asks for `pathType`, and for one of its words.
    let kind = kind.and_then(|kind| kind.text());
    if !kind.is_some_and(|kind| matches!(&*kind, "Exact" | "Prefix")) {
        return implementation_specific(object, path.as_ref());
    }
    let Some(field) = path else { return object.required(item, "path") };
    let Some(text) = field.text() else { return };
    if super::object::is_placeholder(&text) {
        return;
    }
    let fault = if !text.starts_with('/') {
        Some("does not begin with `/`".to_owned())
    } else {
        let inside = INSIDE.iter().find(|part| text.contains(**part)).map(|part| format!("has `{part}` in it"));
        inside.or_else(|| AT_END.iter().find(|end| text.ends_with(**end)).map(|end| format!("ends in `{end}`")))
    };
    if let Some(fault) = fault {
        let help = "write an absolute path without `.` and `..`";
        let finding = object.wrong(&INVALID_TEXT, &field, &fault, "not an absolute path").help(help);
        object.report(finding);
    }
}

fn implementation_specific<'t>(object: &mut Object<'_, 't>, path: Option<&Field<'_, 't>>) {
    let Some(field) = path else { return };
    if field.plain_text().is_some_and(|text| !text.starts_with('/')) {
        let finding = object
            .wrong(&INVALID_TEXT, field, "does not begin with `/`", "not an absolute path")
            .help("write an absolute path");
        object.report(finding);
    }
}

/// `validateIngressBackend`
fn backend<'t>(object: &mut Object<'_, 't>, backend: &Field<'_, 't>) {
    if !backend.value.is_mapping() {
        return;
    }
    let [service, resource] = fields!(backend, ["service", "resource"]);
    match (&service, &resource) {
        (Some(service), Some(resource)) => {
            let other = object.span(&service.path());
            let finding = object.not_allowed(resource, "together with `service`").see(other, "the service");
            object.report(finding.help("keep one of the two"));
        }
        (None, None) => {
            let path = backend.path_to("service");
            let message = format!("{} names neither a service nor a resource", object.place(&backend.path()));
            let finding = object
                .refuse(&REQUIRED_VALUE, path, message, "needs one of the two")
                .help("add `service` with `name` and `port`");
            object.report(finding);
        }
        _ => {}
    }
    if let Some(resource) = resource {
        let [group, kind, name] = fields!(resource, ["apiGroup", "kind", "name"]);
        if let Some(group) = group {
            object.is_empty(&group, "a group");
            names::subdomain(object, &group);
        }
        for field in [kind, name].into_iter().flatten() {
            names::name(object, &field, Syntax::PathSegment);
        }
    }
    let Some(service) = service.filter(|service| service.value.is_mapping()) else { return };
    let [name, port] = fields!(service, ["name", "port"]);
    match name.filter(|name| name.text().is_none_or(|text| !text.is_empty())) {
        Some(name) => {
            names::name(object, &name, if object.version.minor >= 36 { Syntax::Label } else { Syntax::OldLabel })
        }
        None => object.required(&service, "name"),
    }
    let numbered = port.as_ref().map(|port| fields!(port, ["name", "number"]));
    match numbered {
        Some([Some(name), Some(number)])
            if name.text().is_some_and(|text| !text.is_empty()) && number.integer() != Some(0) =>
        {
            let other = object.span(&name.path());
            let finding = object.not_allowed(&number, "together with the name of the port").see(other, "the name");
            object.report(finding.help("keep one of the two"));
        }
        Some([Some(name), _]) if name.text().is_none_or(|text| !text.is_empty()) => {
            super::pod::ports::check_name(object, &name);
        }
        Some([_, Some(number)]) if number.integer() != Some(0) => {
            super::pod::ports::check_number(object, &number);
        }
        _ => {
            let path = service.path_to("port");
            let message = format!("{} names no port of the service", object.place(&service.path()));
            let finding = object
                .refuse(&REQUIRED_VALUE, path, message, "needs `port`")
                .help("add `port` with the `number` or the `name` of the port");
            object.report(finding);
        }
    }
}
