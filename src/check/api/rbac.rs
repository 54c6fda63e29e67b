//! Roles and their bindings: `k8s.io/kubernetes/pkg/apis/rbac/validation/validation.go`.

use super::names;
use super::object::{Field, Object, did_you_mean, fields, is_placeholder, shown};
use super::rules::{CONFLICTING_FIELDS, INVALID_NAME, UNSUPPORTED_VALUE};
use super::selector;

const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) fn check(object: &mut Object<'_, '_>) {
    if object.resource.group() != GROUP {
        return;
    }
    match &*object.resource.kind {
        "Role" => role(object, true),
        "ClusterRole" => role(object, false),
        "RoleBinding" => binding(object, true),
        "ClusterRoleBinding" => binding(object, false),
        _ => {}
    }
}

fn role(object: &mut Object<'_, '_>, namespaced: bool) {
    let root = object.root();
    let [rules, aggregation] = fields!(root, ["rules", "aggregationRule"]);
    for rule in rules.iter().flat_map(Field::items) {
        policy_rule(object, &rule, namespaced);
    }
    if let Some(aggregation) = aggregation.filter(|aggregation| !namespaced && aggregation.value.is_mapping()) {
        let selectors = aggregation.get("clusterRoleSelectors");
        if selectors.is_none_or(|selectors| selectors.value.is_sequence() && selectors.count() == 0) {
            object.needed(
                &aggregation,
                "clusterRoleSelectors",
                "to say which roles are aggregated",
                "add a selector, or remove `aggregationRule`",
            );
        }
        for labels in selectors.iter().flat_map(Field::items) {
            selector::check(object, &labels);
        }
    }
}

/// `ValidatePolicyRule`
fn policy_rule<'t>(object: &mut Object<'_, 't>, rule: &Field<'_, 't>, namespaced: bool) {
    if !rule.value.is_mapping() {
        return;
    }
    // That there are verbs, the schema asks for.
    let [groups, resources, names, urls] =
        fields!(rule, ["apiGroups", "resources", "resourceNames", "nonResourceURLs"]);
    if let Some(urls) = urls.filter(|urls| urls.count() > 0) {
        if namespaced {
            let help = "move the rule to a ClusterRole";
            object.forbidden(&urls, "in a Role: only a ClusterRole speaks of URLs", help);
        }
        let other = [groups, resources, names].into_iter().flatten().find(|field| field.count() > 0);
        if let Some(other) = other {
            let path = other.path();
            let message = format!(
                "a rule is about resources or about URLs, but the one in {} is about both",
                object.place(&rule.path())
            );
            let span = path.locate(object.resource.value).key_span();
            let finding = object
                .refuse_at(&CONFLICTING_FIELDS, span, path, message, "about resources")
                .cause(object.span(&urls.path()), "and about URLs")
                .help("make it two rules");
            object.report(finding);
        }
        return;
    }
    // What is no list is reported elsewhere.
    if urls.is_some_and(|urls| !urls.value.is_sequence()) {
        return;
    }
    if groups.is_none_or(|groups| is_empty_list(&groups)) {
        object.needed(rule, "apiGroups", "by a rule about resources", "add `apiGroups`; the core group is `\"\"`");
    }
    if resources.is_none_or(|resources| is_empty_list(&resources)) {
        object.needed(rule, "resources", "by a rule about resources", "add `resources`, such as `[pods]`");
    }
}

fn is_empty_list(field: &Field<'_, '_>) -> bool {
    field.value.is_sequence() && field.count() == 0
}

fn binding(object: &mut Object<'_, '_>, namespaced: bool) {
    let root = object.root();
    let [reference, subjects] = fields!(root, ["roleRef", "subjects"]);
    if let Some(reference) = reference {
        role_reference(object, &reference, namespaced);
    }
    for subject in subjects.iter().flat_map(Field::items) {
        check_subject(object, &subject, namespaced);
    }
}

fn role_reference<'t>(object: &mut Object<'_, 't>, reference: &Field<'_, 't>, namespaced: bool) {
    let [group, kind, name] = fields!(reference, ["apiGroup", "kind", "name"]);
    if let Some(group) = group {
        api_group(object, &group, GROUP, "of a role");
    }
    if let Some(kind) = kind {
        match kind.text().as_deref() {
            None | Some("ClusterRole") => {}
            Some("Role") if namespaced => {}
            Some("Role") => {
                let finding = object
                    .wrong(
                        &UNSUPPORTED_VALUE,
                        &kind,
                        "is `Role`, but a ClusterRoleBinding binds a ClusterRole",
                        "only `ClusterRole`",
                    )
                    .help("make it a RoleBinding in the namespace of the role, or bind a ClusterRole");
                object.report(finding);
            }
            Some(_) if namespaced => unsupported(object, &kind, &["Role", "ClusterRole"]),
            Some(_) => unsupported(object, &kind, &["ClusterRole"]),
        }
    }
    let Some(name) = name else { return };
    match name.text() {
        Some(text) if (text == "." || text == ".." || text.contains(['/', '%'])) && !is_placeholder(&text) => {
            let finding = object.wrong(
                &INVALID_NAME,
                &name,
                &format!("is `{text}`, which no role is called: `/`, `%`, `.` and `..` are not allowed"),
                "not a name of a role",
            );
            object.report(finding);
        }
        _ => {}
    }
}

/// `ValidateRoleBindingSubject`
fn check_subject<'t>(object: &mut Object<'_, 't>, subject: &Field<'_, 't>, namespaced: bool) {
    let [kind, group, name, namespace] = fields!(subject, ["kind", "apiGroup", "name", "namespace"]);
    let Some(kind) = kind else { return };
    match kind.text().as_deref() {
        Some("ServiceAccount") => {
            if let Some(name) = name {
                names::subdomain(object, &name);
            }
            if let Some(group) = group {
                api_group(object, &group, "", "of a ServiceAccount");
            }
            let is_empty = |field: Field<'_, 't>| field.text().is_some_and(|text| text.is_empty());
            if !namespaced && namespace.is_none_or(is_empty) {
                let because = "to tell which ServiceAccount is meant";
                object.needed(subject, "namespace", because, "add the `namespace` of the account");
            }
        }
        Some(what @ ("User" | "Group")) => {
            if let Some(group) = group {
                api_group(object, &group, GROUP, &format!("of a {what}"));
            }
        }
        Some(_) => unsupported(object, &kind, &["ServiceAccount", "User", "Group"]),
        None => {}
    }
}

/// Where the group is empty, the server fills it in.
fn api_group<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, expected: &str, of: &str) {
    let Some(text) = field.text().filter(|text| !text.is_empty() && text != expected && !is_placeholder(text)) else {
        return;
    };
    let (fault, help) = match expected {
        "" => (format!("is `{text}`, but the group {of} is empty"), "remove it".to_owned()),
        _ => (format!("is `{text}`, but the group {of} is `{expected}`"), format!("write `{expected}`")),
    };
    let finding = object.wrong(&UNSUPPORTED_VALUE, field, &fault, "not this group").help(help);
    object.report(finding);
}

#[cold]
fn unsupported<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, known: &[&str]) {
    let written = shown(field);
    if is_placeholder(&written) {
        return;
    }
    let all = known.join("`, `");
    // The nearest in other case first: `serviceaccount`.
    let same = known.iter().find(|word| word.eq_ignore_ascii_case(&written));
    let guess = same.map(|word| format!("write `{word}`"));
    let help = guess.or_else(|| did_you_mean(&written, known.iter().copied()));
    let help = help
        .unwrap_or_else(|| if known.len() == 1 { format!("write `{all}`") } else { "write one of them".to_owned() });
    let fault = format!("is `{written}`, but must be {}`{all}`", if known.len() == 1 { "" } else { "one of " });
    let finding = object.wrong(&UNSUPPORTED_VALUE, field, &fault, "no such kind").help(help);
    object.report(finding);
}
