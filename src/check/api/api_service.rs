//! APIServices: `k8s.io/kube-aggregator/pkg/apis/apiregistration/validation/validation.go` (1.36).

use super::names;
use super::object::{Field, Object, fields, is_placeholder};
use super::rules::{CONFLICTING_FIELDS, INVALID_NAME};
use super::syntax::Syntax;
use crate::model::path::Path;

pub(super) fn check(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|spec| spec.value.is_mapping()) else { return };
    if object.resource.kind != "APIService" {
        return;
    }
    let [group, version, least, order, service, insecure, bundle] = fields!(
        spec,
        ["group", "version", "groupPriorityMinimum", "versionPriority", "service", "insecureSkipTLSVerify", "caBundle"]
    );
    if let Some(group) = &group {
        names::subdomain(object, group);
    }
    match version.filter(|version| version.text().is_none_or(|text| !text.is_empty())) {
        Some(version) => names::name(object, &version, Syntax::OldLabel),
        None => object.needed(&spec, "version", "by every APIService", "add `version`"),
    }
    let has_group = group.as_ref().is_some_and(|group| group.text().is_none_or(|text| !text.is_empty()));
    match version.as_ref().and_then(Field::plain_text).filter(|version| !has_group && version != "v1") {
        Some(_) => {
            object.needed(&spec, "group", "with any version but `v1`: only the core API has none", "add `group`")
        }
        None => name(object, group.as_ref(), version.as_ref()),
    }
    for (number, most) in [(least, 20_000), (order, 1_000)] {
        if let Some(number) = number.filter(|field| field.integer().is_some_and(|is| !(1..=most).contains(&is))) {
            object.out_of_range(&number, &format!("between 1 and {most}"));
        }
    }
    let bundle = bundle.filter(|bundle| bundle.text().is_some_and(|text| !text.is_empty()));
    let insecure = insecure.filter(|insecure| insecure.value.as_bool() == Some(true));
    match service {
        None => {
            for field in [insecure, bundle].into_iter().flatten() {
                object.forbidden(&field, "without `service`: the server itself answers", "remove it, or add `service`");
            }
        }
        Some(service) => {
            for (key, what) in [("name", "the service"), ("namespace", "its namespace")] {
                if service.value.is_mapping()
                    && service.get(key).is_none_or(|field| field.text().as_deref() == Some(""))
                {
                    object.needed(&service, key, "to reach the service", format!("name {what}"));
                }
            }
            if let Some(port) = service.get("port")
                && port.integer().is_some_and(|port| !(1..=65535).contains(&port))
            {
                object.out_of_range(&port, "between 1 and 65535");
            }
            if let (Some(insecure), Some(bundle)) = (insecure, bundle) {
                let finding = object
                    .wrong(&CONFLICTING_FIELDS, &insecure, "is `true`, but there is a `caBundle`", "and this")
                    .cause(object.key_span(&bundle.path()), "this")
                    .help("remove `insecureSkipTLSVerify`");
                object.report(finding);
            }
        }
    }
}

/// The name is made of both.
fn name<'t>(object: &mut Object<'_, 't>, group: Option<&Field<'_, 't>>, version: Option<&Field<'_, 't>>) {
    let text = |field: Option<&Field<'_, 't>>| match field {
        Some(field) => field.text(),
        None => Some("".into()),
    };
    let (Some(group), Some(version)) = (text(group), text(version)) else { return };
    let Some(name) = object.resource.name() else { return };
    let wanted = format!("{version}.{group}");
    if name == wanted || version.is_empty() || [&name, &group, &version].into_iter().any(|text| is_placeholder(text)) {
        return;
    }
    let path = Path::of(["metadata", "name"]);
    let message = format!("{} is `{name}`, but must be `{wanted}`: the version and the group", object.name(&path));
    let finding = object.refuse(&INVALID_NAME, path, message, "another version or group");
    object.report(finding.help(format!("write `{wanted}`")));
}
