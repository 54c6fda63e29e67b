//! Webhooks: `ValidateValidatingWebhookConfiguration` and `ValidateMutatingWebhookConfiguration` in
//! `k8s.io/kubernetes/pkg/apis/admissionregistration/validation/validation.go`, with
//! `k8s.io/apiserver/pkg/util/webhook/validation.go`.

use super::object::{Field, Object, fields, is_placeholder};
use super::rules::{CONFLICTING_FIELDS, INVALID_NAME, INVALID_TEXT, REQUIRED_VALUE, UNSUPPORTED_VALUE};
use super::seen::Seen;
use super::{names, selector};

const RENAME: &str = "rename one of the two";

pub(super) fn check(object: &mut Object<'_, '_>) {
    let (group, kind) = (object.resource.group(), &*object.resource.kind);
    if group != "admissionregistration.k8s.io"
        || !matches!(kind, "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration")
    {
        return;
    }
    let root = object.root();
    let Some(webhooks) = root.get("webhooks") else { return };
    let mut seen = Seen::new();
    for webhook in webhooks.items() {
        let [name, rules, config, timeout, versions, spaces, objects, matched] = fields!(
            webhook,
            [
                "name",
                "rules",
                "clientConfig",
                "timeoutSeconds",
                "admissionReviewVersions",
                "namespaceSelector",
                "objectSelector",
                "matchConditions",
            ]
        );
        if let Some(name) = name
            && let Some(text) = name.plain_text()
        {
            if !names::is_subdomain(&text) || text.split('.').count() < 3 {
                let fault = format!("is `{text}`, but must be a domain of three parts, such as `check.example.org`");
                let finding = object.wrong(&INVALID_NAME, &name, &fault, "not such a domain");
                object.report(finding);
            }
            object.unique(&mut seen, &name, RENAME);
        }
        for rule in rules.iter().flat_map(Field::items) {
            check_rule(object, &rule);
        }
        if let Some(timeout) = timeout.filter(|field| field.integer().is_some_and(|time| !(1..=30).contains(&time))) {
            object.out_of_range(&timeout, "between 1 and 30");
        }
        if let Some(config) = config {
            client(object, &config);
        }
        if let Some(versions) = versions.filter(|versions| versions.count() > 0) {
            review_versions(object, &versions);
        }
        for labels in [&spaces, &objects].into_iter().flatten() {
            selector::check(object, labels);
        }
        matched.iter().for_each(|matched| conditions(object, matched));
        super::admission_policy::expressions::webhook(object, &webhook);
    }
}

fn review_versions<'t>(object: &mut Object<'_, 't>, versions: &Field<'_, 't>) {
    let is_known = |version: Field<'_, 't>| {
        version.text().is_none_or(|text| matches!(&*text, "v1" | "v1beta1") || is_placeholder(&text))
    };
    let mut seen = Seen::new();
    for version in versions.items() {
        let Some(text) = version.plain_text() else { continue };
        let fault = if seen.before(text.clone(), version.value.span()).is_some() {
            format!("repeats `{text}`")
        } else if !(names::is_label(&text) && text.starts_with(|first: char| first.is_ascii_lowercase())) {
            format!("is `{text}`, which is no version of an API")
        } else {
            continue;
        };
        let finding = object.wrong(&INVALID_NAME, &version, &fault, "not a version").help("remove it");
        object.report(finding);
    }
    if !versions.items().any(is_known) {
        let fault = "has neither `v1` nor `v1beta1`, which are all that the server speaks";
        let finding = object.wrong(&UNSUPPORTED_VALUE, versions, fault, "none that the server speaks").help("add `v1`");
        object.report(finding);
    }
}

/// Where a webhook is: at a URL or in a Service.
pub(super) fn client<'t>(object: &mut Object<'_, 't>, config: &Field<'_, 't>) {
    if !config.value.is_mapping() {
        return;
    }
    let [url, service] = fields!(config, ["url", "service"]);
    match (url, service) {
        (None, None) => object.needed(config, "service", "to reach the webhook", "add `service` or `url`"),
        (Some(url), Some(service)) => {
            let finding = object
                .not_allowed(&service, "together with `url`")
                .cause(object.span(&url.path()), "the address is given here")
                .help("keep one of the two");
            object.report(finding);
        }
        (Some(url), None) => check_url(object, &url),
        (None, Some(service)) => {
            let [port, path] = fields!(service, ["port", "path"]);
            if let Some(port) = port.filter(|port| port.integer().is_some_and(|port| !(1..=65535).contains(&port))) {
                object.out_of_range(&port, "between 1 and 65535");
            }
            if let Some(path) = path
                && let Some(text) = path.plain_text()
            {
                let inner = text.strip_prefix('/').map(|rest| rest.strip_suffix('/').unwrap_or(rest));
                let fine = text == "/" || inner.is_some_and(|rest| rest.split('/').all(names::is_subdomain));
                if !fine {
                    let fault = "must be `/` and steps of small letters, digits, `-` and `.`";
                    let finding = object.wrong(&INVALID_TEXT, &path, fault, "not such a path");
                    object.report(finding);
                }
            }
        }
    }
}

/// `ValidateWebhookURL`
fn check_url<'t>(object: &mut Object<'_, 't>, url: &Field<'_, 't>) {
    object.is_empty(url, "a URL");
    let Some(text) = url.plain_text() else { return };
    let host = text.strip_prefix("https://");
    let fault = match host {
        None => "must begin with `https://`",
        Some(host) if host.is_empty() || host.starts_with('/') => "must name a host",
        Some(host) if host.split('/').next().is_some_and(|host| host.contains('@')) => "must not name a user",
        Some(host) if host.contains('#') => "must not have a fragment",
        Some(host) if host.contains('?') => "must not have a query",
        Some(_) => return,
    };
    let finding = object.wrong(&INVALID_TEXT, url, fault, fault);
    object.report(finding);
}

/// Reports a `*` that stands beside others. Whether there is one.
pub(super) fn star_alone<'t>(object: &mut Object<'_, 't>, list: &Field<'_, 't>) -> bool {
    let star = list.items().find(|item| item.text().as_deref() == Some("*")).map(|item| item.path());
    let Some(star) = star else { return false };
    if list.count() > 1 {
        let message = format!("`*` stands beside others, in {}", object.name(&list.path()));
        let finding =
            object.refuse(&CONFLICTING_FIELDS, star, message, "must be alone").help("keep `*` alone, or remove it");
        object.report(finding);
    }
    true
}

/// `validateMatchConditions`
pub(super) fn conditions<'t>(object: &mut Object<'_, 't>, conditions: &Field<'_, 't>) {
    let mut seen = Seen::new();
    for condition in conditions.items() {
        let Some(name) = condition.get("name") else { continue };
        names::qualified(object, &name);
        object.unique(&mut seen, &name, RENAME);
    }
}

/// `validateRuleWithOperations`: a `*` stands alone.
pub(super) fn check_rule<'t>(object: &mut Object<'_, 't>, rule: &Field<'_, 't>) {
    if !rule.value.is_mapping() {
        return;
    }
    let [groups, versions, resources, operations] =
        fields!(rule, ["apiGroups", "apiVersions", "resources", "operations"]);
    let lists =
        [(groups, "apiGroups"), (versions, "apiVersions"), (resources, "resources"), (operations, "operations")];
    for (list, name) in lists {
        match list.filter(|list| !list.value.is_sequence() || list.count() > 0) {
            None => object.needed(rule, name, "by every rule", format!("add `{name}`; `\"*\"` is all")),
            Some(list) if name != "resources" => drop(star_alone(object, &list)),
            Some(_) => {}
        }
    }
    for (list, what) in [(&versions, "version"), (&resources, "resource")] {
        for item in list.iter().flat_map(Field::items).filter(|item| item.text().is_some_and(|text| text.is_empty())) {
            let help = format!("name a {what}, or `*`");
            let finding = object.wrong(&REQUIRED_VALUE, &item, "is empty", "empty").help(help);
            object.report(finding);
        }
    }
}
