//! CustomResourceDefinitions themselves: `ValidateCustomResourceDefinition` in
//! `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`.

mod costs;
mod expressions;
mod limits;
mod lists;
mod nested;
mod paths;
mod rules;
mod schema;
mod versions;

use super::names;
use super::object::{Field, Object, fields, is_placeholder};
use super::rules::{CONFLICTING_FIELDS, INVALID_NAME, INVALID_TEXT, REQUIRED_VALUE, UNSUPPORTED_VALUE};
use super::words;

pub(super) fn check(object: &mut Object<'_, '_>) {
    let kind = (object.resource.group(), object.resource.version(), &*object.resource.kind);
    if kind != ("apiextensions.k8s.io", "v1", "CustomResourceDefinition") {
        return;
    }
    let root = object.root();
    let [metadata, spec] = fields!(root, ["metadata", "spec"]);
    let Some(spec) = spec else { return };
    let [group, scope, names, versions, conversion, preserve] =
        fields!(spec, ["group", "scope", "names", "versions", "conversion", "preserveUnknownFields"]);
    if let Some(scope) = scope {
        words::one_of(object, &scope, &["Cluster", "Namespaced"]);
    }
    if let Some(names) = &names {
        check_names(object, names);
    }
    if let Some(group) = &group {
        check_group(object, group);
        if let (Some(metadata), Some(names)) = (&metadata, &names) {
            check_name(object, metadata, names, group);
        }
        check_approval(object, group, metadata.as_ref());
    }
    if let Some(versions) = versions {
        versions::check(object, &versions);
    }
    if let Some(preserve) = preserve.filter(|preserve| preserve.value.as_bool() == Some(true)) {
        let finding = object
            .wrong(&UNSUPPORTED_VALUE, &preserve, "cannot be true in v1", "cannot be true")
            .help("remove it, and set `x-kubernetes-preserve-unknown-fields` in the schemas");
        object.report(finding);
    }
    if let Some(conversion) = conversion {
        check_conversion(object, &conversion);
    }
}

/// `IsDNS1035Label`
fn is_label_1035(text: &str) -> bool {
    names::is_label(text) && text.starts_with(|first: char| first.is_ascii_lowercase())
}

fn label<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, any_case: bool) {
    let Some(text) = field.plain_text() else { return };
    let fine = if any_case { is_label_1035(&text.to_ascii_lowercase()) } else { is_label_1035(&text) };
    if !fine {
        let what = if any_case { "letters" } else { "small letters" };
        let fault = format!("is `{text}`, but must have {what}, digits and `-` only, beginning with a letter");
        let finding = object.wrong(&INVALID_NAME, field, &fault, "not a name of a kind");
        object.report(finding);
    }
}

fn check_names<'t>(object: &mut Object<'_, 't>, names: &Field<'_, 't>) {
    let [plural, singular, kind, list, short, categories] =
        fields!(names, ["plural", "singular", "kind", "listKind", "shortNames", "categories"]);
    for field in [&plural, &singular].into_iter().flatten() {
        label(object, field, false);
    }
    for field in [&kind, &list].into_iter().flatten() {
        label(object, field, true);
    }
    for field in [&short, &categories].into_iter().flatten() {
        for item in field.items() {
            object.is_empty(&item, "a name");
            label(object, &item, false);
        }
    }
    if let (Some(kind), Some(list)) = (kind, list)
        && let Some(text) = list.plain_text()
        && kind.text().as_ref() == Some(&text)
    {
        let finding = object
            .wrong(&CONFLICTING_FIELDS, &list, "is the same as `kind`", "the same")
            .cause(object.span(&kind.path()), "as this")
            .help(format!("write `{text}List`"));
        object.report(finding);
    }
}

fn check_group<'t>(object: &mut Object<'_, 't>, group: &Field<'_, 't>) {
    let Some(text) = group.plain_text() else { return };
    if !names::is_subdomain(&text) {
        names::subdomain(object, group);
    } else if !text.contains('.') {
        let fault = format!("is `{text}`, but must be a domain with at least one dot");
        let finding = object.wrong(&INVALID_NAME, group, &fault, "no dot").help(format!("write `{text}.example.org`"));
        object.report(finding);
    }
}

fn check_name<'t>(object: &mut Object<'_, 't>, metadata: &Field<'_, 't>, names: &Field<'_, 't>, group: &Field<'_, 't>) {
    let (Some(name), Some(plural)) = (metadata.get("name"), names.get("plural")) else { return };
    let (Some(text), Some(first), Some(last)) = (name.plain_text(), plural.plain_text(), group.plain_text()) else {
        return;
    };
    let expected = format!("{first}.{last}");
    if text != expected {
        let fault = format!("is `{text}`, but must be `{expected}`: `names.plural`, a dot and `group`");
        let finding = object
            .wrong(&INVALID_NAME, &name, &fault, "another name")
            .cause(object.span(&plural.path()), "the plural")
            .cause(object.span(&group.path()), "the group")
            .help(format!("write `{expected}`, or correct the plural or the group"));
        object.report(finding);
    }
}

/// `validateAPIApproval`: names of the community are not for everybody.
fn check_approval<'t>(object: &mut Object<'_, 't>, group: &Field<'_, 't>, metadata: Option<&Field<'_, 't>>) {
    const APPROVED: &str = "api-approved.kubernetes.io";
    let Some(text) = group.plain_text() else { return };
    if !["k8s.io", "kubernetes.io"].iter().any(|owner| text.strip_suffix(owner).is_some_and(is_edge)) {
        return;
    }
    let annotations = metadata.and_then(|metadata| metadata.get("annotations"));
    let approval = annotations.as_ref().and_then(|annotations| annotations.get(APPROVED));
    let value = approval.and_then(|approval| approval.text()).unwrap_or_default();
    if value.is_empty() {
        let mut path = object.root().path_to("metadata");
        path.0.extend(["annotations", APPROVED].map(Into::into));
        let message =
            format!("the group `{text}` is of the Kubernetes community: it needs the annotation `{APPROVED}`");
        let finding = object
            .refuse(&REQUIRED_VALUE, path, message, "needs the annotation")
            .cause(object.span(&group.path()), "this group")
            .help("use a group of your own, or name the pull request that approved the API, or `unapproved`");
        return object.report(finding);
    }
    let is_address = value.split_once("://").is_some_and(|(scheme, host)| {
        !scheme.is_empty() && !host.is_empty() && !host.starts_with('/') && !value.contains(' ')
    });
    if !value.starts_with("unapproved")
        && !is_address
        && !is_placeholder(&value)
        && let Some(approval) = approval
    {
        let finding = object
            .wrong(&INVALID_TEXT, &approval, "must be an address or begin with `unapproved`", "not an address")
            .help("name the pull request that approved the API");
        object.report(finding);
    }
}

fn is_edge(rest: &str) -> bool {
    rest.is_empty() || rest.ends_with('.')
}

/// `validateCustomResourceConversion`
fn check_conversion<'t>(object: &mut Object<'_, 't>, conversion: &Field<'_, 't>) {
    let [strategy, webhook] = fields!(conversion, ["strategy", "webhook"]);
    let Some(strategy) = strategy else { return };
    words::one_of(object, &strategy, &["None", "Webhook"]);
    match strategy.text().as_deref() {
        Some("Webhook") => {
            let Some(webhook) = webhook else {
                let help = "add `webhook`, or write `strategy: None`";
                return object.needed(conversion, "webhook", "by the strategy `Webhook`", help);
            };
            let [client, versions] = fields!(webhook, ["clientConfig", "conversionReviewVersions"]);
            match client {
                None if webhook.value.is_mapping() => {
                    object.needed(&webhook, "clientConfig", "by the strategy `Webhook`", "add `clientConfig`");
                }
                Some(client) => super::webhook::client(object, &client),
                None => {}
            }
            if let Some(versions) = versions {
                let known = versions.items().any(|version| {
                    version.text().is_none_or(|text| matches!(&*text, "v1" | "v1beta1") || is_placeholder(&text))
                });
                if !known && versions.count() > 0 {
                    let fault = "has neither `v1` nor `v1beta1`, which are all that the server speaks";
                    let finding = object
                        .wrong(&UNSUPPORTED_VALUE, &versions, fault, "none that the server speaks")
                        .help("add `v1`");
                    object.report(finding);
                }
            }
        }
        Some("None") => {
            if let Some(webhook) = webhook.filter(|webhook| !webhook.value.is_empty()) {
                let finding = object
                    .not_allowed(&webhook, "with the strategy `None`")
                    .cause(object.span(&strategy.path()), "calls no webhook")
                    .help("remove it, or write `strategy: Webhook`");
                object.report(finding);
            }
        }
        _ => {}
    }
}
