//! Priority and fairness: `k8s.io/kubernetes/pkg/apis/flowcontrol/validation/validation.go` (1.36).

use super::object::{Field, Object, fields, is_placeholder};
use super::rules::{CONFLICTING_FIELDS, INVALID_TEXT, OUT_OF_RANGE};
use super::{names, webhook, words};

/// `supportedVerbs`
const VERBS: [&str; 9] = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];
/// `FlowSchemaMaxMatchingPrecedence`
const LAST: i64 = 10_000;
/// `priorityLevelConfigurationQueuingMaxQueues`
const QUEUES: i64 = 10_000_000;
/// `MaxHashBits` of `k8s.io/apiserver/pkg/util/shufflesharding`
const HASH_BITS: f64 = 60.0;
/// The schema and the level of what is never queued.
const EXEMPT: &str = "exempt";

pub(super) fn check(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|spec| spec.value.is_mapping()) else { return };
    match &*object.resource.kind {
        "FlowSchema" => schema(object, &spec),
        "PriorityLevelConfiguration" => level(object, &spec),
        _ => {}
    }
}

fn schema<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [precedence, method, level, rules] =
        fields!(spec, ["matchingPrecedence", "distinguisherMethod", "priorityLevelConfiguration", "rules"]);
    // 0 becomes 1000.
    if let Some((field, number)) = precedence.and_then(|field| Some((field, field.integer()?))) {
        if !(0..=LAST).contains(&number) {
            object.out_of_range(&field, "between 1 and 10000");
        } else if number == 1 && object.resource.name().is_some_and(|name| name != EXEMPT && !is_placeholder(&name)) {
            let fault = "is 1, which only the schema named `exempt` may have";
            let finding = object.wrong(&OUT_OF_RANGE, &field, fault, "taken").help("write 2 or more");
            object.report(finding);
        }
    }
    if let Some(kind) = method.as_ref().and_then(|method| method.get("type")) {
        words::one_of(object, &kind, &["ByNamespace", "ByUser"]);
    }
    if let Some(level) = level {
        level.get("name").iter().for_each(|name| names::subdomain(object, name));
    }
    for rule in rules.iter().flat_map(Field::items).filter(|rule| rule.value.is_mapping()) {
        let [subjects, resources, others] = fields!(rule, ["subjects", "resourceRules", "nonResourceRules"]);
        if is_empty(resources.as_ref()) && is_empty(others.as_ref()) {
            let help = "add `resourceRules` or `nonResourceRules`";
            object.needed(&rule, "resourceRules", "where there are no `nonResourceRules`", help);
        }
        subjects.iter().flat_map(Field::items).for_each(|subject| whose(object, &subject));
        resources.iter().flat_map(Field::items).for_each(|rule| about_resources(object, &rule));
        others.iter().flat_map(Field::items).for_each(|rule| about_paths(object, &rule));
    }
}

fn is_empty(list: Option<&Field<'_, '_>>) -> bool {
    list.is_none_or(|list| list.value.is_sequence() && list.count() == 0)
}

/// `ValidateFlowSchemaSubject`
fn whose<'t>(object: &mut Object<'_, 't>, subject: &Field<'_, 't>) {
    if !subject.value.is_mapping() {
        return;
    }
    let [kind, user, group, account] = fields!(subject, ["kind", "user", "group", "serviceAccount"]);
    let Some((kind, word)) = kind.and_then(|kind| Some((kind, kind.plain_text()?))) else { return };
    words::one_of(object, &kind, &["Group", "ServiceAccount", "User"]);
    for (field, key, of) in
        [(user, "user", "User"), (group, "group", "Group"), (account, "serviceAccount", "ServiceAccount")]
    {
        match field {
            None if word == of => {
                object.needed(subject, key, &format!("with `kind: {of}`"), format!("add `{key}: {{name: …}}`"));
            }
            Some(field) if word != of && matches!(&*word, "User" | "Group" | "ServiceAccount") => {
                let finding = object
                    .not_allowed(&field, &format!("with `kind: {word}`"))
                    .cause(object.span(&kind.path()), "this kind")
                    .help(format!("remove it, or write `kind: {of}`"));
                object.report(finding);
            }
            _ => {}
        }
    }
    if let Some(account) = account.filter(|account| word == "ServiceAccount" && account.value.is_mapping()) {
        let [name, space] = fields!(account, ["name", "namespace"]);
        if let Some(name) = name.filter(|name| name.text().as_deref() != Some("*")) {
            names::subdomain(object, &name);
        }
        if let Some(space) = space {
            names::label(object, &space);
        }
    }
}

fn verbs<'t>(object: &mut Object<'_, 't>, verbs: Option<&Field<'_, 't>>) {
    let Some(verbs) = verbs else { return };
    if !webhook::star_alone(object, verbs) {
        verbs.items().for_each(|verb| words::one_of(object, &verb, &VERBS));
    }
}

/// `ValidateFlowSchemaResourcePolicyRule`
fn about_resources<'t>(object: &mut Object<'_, 't>, rule: &Field<'_, 't>) {
    if !rule.value.is_mapping() {
        return;
    }
    let [of_verbs, groups, resources, spaces, is_wide] =
        fields!(rule, ["verbs", "apiGroups", "resources", "namespaces", "clusterScope"]);
    verbs(object, of_verbs.as_ref());
    for list in [&groups, &resources].into_iter().flatten() {
        webhook::star_alone(object, list);
    }
    if is_empty(spaces.as_ref()) && is_wide.is_none_or(|field| field.value.as_bool() == Some(false)) {
        let help = "write `namespaces: [\"*\"]`, or `clusterScope: true`";
        return object.needed(rule, "namespaces", "without `clusterScope: true`", help);
    }
    let Some(spaces) = spaces else { return };
    if !webhook::star_alone(object, &spaces) {
        spaces.items().for_each(|space| names::label(object, &space));
    }
}

/// `ValidateFlowSchemaNonResourcePolicyRule`
fn about_paths<'t>(object: &mut Object<'_, 't>, rule: &Field<'_, 't>) {
    let [of_verbs, urls] = fields!(rule, ["verbs", "nonResourceURLs"]);
    verbs(object, of_verbs.as_ref());
    let Some(urls) = urls else { return };
    if webhook::star_alone(object, &urls) {
        return;
    }
    for url in urls.items() {
        let Some(text) = url.text().filter(|text| !is_placeholder(text)) else { continue };
        let fault = if text.is_empty() {
            "is empty, and no path"
        } else if !text.starts_with('/') {
            "must begin with `/`"
        } else if text.contains(' ') || text.contains("//") {
            "must be a path without blanks and double slashes"
        } else if text.strip_suffix("/*").unwrap_or(&text).contains('*') {
            "may have a `*` only as its last step"
        } else {
            continue;
        };
        let finding = object.wrong(&INVALID_TEXT, &url, fault, "not such a path");
        object.report(finding);
    }
}

/// `ValidatePriorityLevelConfigurationSpec`
fn level<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [kind, limited, exempt] = fields!(spec, ["type", "limited", "exempt"]);
    let Some((kind, word)) = kind.and_then(|kind| Some((kind, kind.plain_text()?))) else { return };
    words::one_of(object, &kind, &["Exempt", "Limited"]);
    if let Some(name) = object.resource.name().filter(|name| !is_placeholder(name))
        && matches!(&*word, "Exempt" | "Limited")
        && (name == EXEMPT) != (word == "Exempt")
    {
        let fault = format!("is `{word}`, but `Exempt` is the type of the level named `exempt`, and of no other");
        let finding = object.wrong(&CONFLICTING_FIELDS, &kind, &fault, "not with this name");
        object.report(finding);
    }
    match (&*word, limited, exempt) {
        ("Limited", None, _) => object.needed(spec, "limited", "with `type: Limited`", "add `limited`"),
        ("Limited", _, Some(other)) => object.forbidden(&other, "with `type: Limited`", "remove it"),
        ("Exempt", Some(other), _) => object.forbidden(&other, "with `type: Exempt`", "remove it"),
        _ => {}
    }
    for part in [&limited, &exempt].into_iter().flatten() {
        let [shares, older, lent, borrowed, response] = fields!(
            part,
            [
                "nominalConcurrencyShares",
                "assuredConcurrencyShares",
                "lendablePercent",
                "borrowingLimitPercent",
                "limitResponse"
            ]
        );
        for number in [&shares, &older, &borrowed] {
            object.not_negative(number.as_ref());
        }
        if let Some(lent) = lent.filter(|lent| lent.integer().is_some_and(|lent| !(0..=100).contains(&lent))) {
            object.out_of_range(&lent, "between 0 and 100");
        }
        if let Some(response) = response {
            reaction(object, &response);
        }
    }
}

/// `ValidateLimitResponse`
fn reaction<'t>(object: &mut Object<'_, 't>, response: &Field<'_, 't>) {
    let [kind, queuing] = fields!(response, ["type", "queuing"]);
    let Some((kind, word)) = kind.and_then(|kind| Some((kind, kind.plain_text()?))) else { return };
    words::one_of(object, &kind, &["Queue", "Reject"]);
    let queuing = match (&*word, queuing) {
        ("Queue", None) => return object.needed(response, "queuing", "with `type: Queue`", "add `queuing: {}`"),
        ("Reject", Some(queuing)) => {
            return object.forbidden(&queuing, "with `type: Reject`", "remove it, or write `type: Queue`");
        }
        ("Queue", Some(queuing)) => queuing,
        _ => return,
    };
    // What is 0 takes its default.
    let [queues, hand, length] = fields!(queuing, ["queues", "handSize", "queueLengthLimit"]);
    let or = |field: &Option<Field<'_, 't>>, default: i64| {
        let number = field.as_ref().map_or(Some(0), Field::integer);
        number.map(|number| if number == 0 { default } else { number })
    };
    if let Some(length) = length.filter(|length| length.integer().is_some_and(|length| length < 0)) {
        object.out_of_range(&length, "1 or more");
    }
    let (Some(many), Some(size)) = (or(&queues, 64), or(&hand, 8)) else { return };
    if let Some(queues) = queues.filter(|_| !(1..=QUEUES).contains(&many)) {
        return object.out_of_range(&queues, "between 1 and 10000000");
    }
    let path = if hand.is_some() { queuing.path_to("handSize") } else { queuing.path_to("queues") };
    let fault = if size < 1 {
        "must be 1 or more".to_owned()
    } else if size > many {
        format!("is {size}, but there are only {many} queues")
    } else if ((many as f64).log2() * size as f64).ceil() > HASH_BITS {
        format!("is {size}, of {many} queues: the server has too few bits to choose so many")
    } else {
        return;
    };
    let message = match &hand {
        Some(_) => format!("{} {fault}", object.name(&path)),
        None => format!("`handSize`, by default, {fault}, in {}", object.place(&queuing.path())),
    };
    let finding = object.refuse(&OUT_OF_RANGE, path, message, format!("with {many} queues"));
    object.report(finding.help("write a smaller `handSize`"));
}
