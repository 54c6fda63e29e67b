//! IngressClasses: `ValidateIngressClass` in `k8s.io/kubernetes/pkg/apis/networking/validation/validation.go`.

use super::names;
use super::object::{Field, Object, fields, is_placeholder, shown};
use super::rules::{INVALID_NAME, TOO_LARGE};
use super::syntax::Syntax;
use super::words;

/// `maxLenIngressClassController`
const CONTROLLER: usize = 250;

pub(super) fn check(object: &mut Object<'_, '_>) {
    if (object.resource.group(), &*object.resource.kind) != ("networking.k8s.io", "IngressClass") {
        return;
    }
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|spec| spec.value.is_mapping()) else { return };
    let [controller, parameters] = fields!(spec, ["controller", "parameters"]);
    match controller {
        Some(controller) if controller.text().is_none_or(|text| !text.is_empty()) => {
            check_controller(object, &controller)
        }
        _ => object.needed(&spec, "controller", "by every class", "name one, such as `k8s.io/ingress-nginx`"),
    }
    if let Some(parameters) = parameters.filter(|parameters| parameters.value.is_mapping()) {
        check_parameters(object, &parameters);
    }
}

/// `IsDomainPrefixedPath`
fn check_controller<'t>(object: &mut Object<'_, 't>, controller: &Field<'_, 't>) {
    let Some(text) = controller.plain_text() else { return };
    if text.len() > CONTROLLER {
        let fault = format!("has {} characters, but may have {CONTROLLER}", text.len());
        let finding = object.wrong(&TOO_LARGE, controller, &fault, "too long");
        object.report(finding);
    }
    let is_path = |path: &str| {
        let holds = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
        !path.is_empty() && path.bytes().all(holds)
    };
    let holds = text.split_once('/').is_some_and(|(domain, path)| names::is_subdomain(domain) && is_path(path));
    if !holds && !is_placeholder(&text) {
        let fault = format!("is `{}`, which is not a domain and a path", shown(controller));
        let finding = object
            .wrong(&INVALID_NAME, controller, &fault, "a domain, `/`, and a path")
            .help("write it as the controller documents it: `k8s.io/ingress-nginx`");
        object.report(finding);
    }
}

/// `validateIngressClassParametersReference`; the `scope` is `Cluster` where none is written.
fn check_parameters<'t>(object: &mut Object<'_, 't>, parameters: &Field<'_, 't>) {
    let [group, kind, name, scope, space] = fields!(parameters, ["apiGroup", "kind", "name", "scope", "namespace"]);
    for field in [kind, name].into_iter().flatten() {
        names::name(object, &field, Syntax::PathSegment);
    }
    if let Some(scope) = &scope {
        object.is_empty(scope, "a scope");
        words::one_of(object, scope, &["Cluster", "Namespace"]);
    }
    if let Some(group) = group {
        object.is_empty(&group, "a group");
        names::subdomain(object, &group);
    }
    let is_in_namespace = scope.as_ref().and_then(Field::text).is_some_and(|scope| scope == "Namespace");
    match space {
        None if is_in_namespace => {
            object.needed(parameters, "namespace", "with `scope: Namespace`", "say where the parameters are");
        }
        Some(space) if is_in_namespace => {
            object.is_empty(&space, "a namespace");
            names::label(object, &space);
        }
        Some(space) if scope.as_ref().is_none_or(|scope| scope.plain_text().is_some_and(|text| text == "Cluster")) => {
            let because = if scope.is_some() { "with `scope: Cluster`" } else { "without `scope: Namespace`" };
            object.forbidden(&space, because, "remove it, or write `scope: Namespace`");
        }
        _ => {}
    }
}
