//! LimitRanges and ResourceQuotas: `ValidateLimitRange` and `ValidateResourceQuotaSpec` in
//! `pkg/apis/core/validation/validation.go`, with the sets of names in `pkg/apis/core/helper/helpers.go`.

use std::collections::BTreeSet;

use super::names;
use super::object::{Field, Object, did_you_mean, fields, is_placeholder, shown};
use super::pod;
use super::quantity::Quantity;
use super::rules::{CONFLICTING_BOUNDS, CONFLICTING_FIELDS, DUPLICATE_NAME, INVALID_NAME, UNSUPPORTED_VALUE};
use super::seen::Seen;
use crate::model::source::Span;

pub(super) fn check(object: &mut Object<'_, '_>) {
    let root = object.root();
    match (object.resource.group(), &*object.resource.kind) {
        ("", "LimitRange") => root.get("spec").iter().for_each(|spec| limit_range(object, spec)),
        ("", "ResourceQuota") => root.get("spec").iter().for_each(|spec| quota(object, spec)),
        _ => {}
    }
}

const TYPES: [&str; 3] = ["Pod", "Container", "PersistentVolumeClaim"];

fn limit_range<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let Some(limits) = spec.get("limits") else { return };
    let mut seen = Seen::new();
    for limit in limits.items() {
        let kind = limit.get("type");
        if let Some(kind) = &kind
            && let Some(text) = kind.plain_text()
        {
            limit_type(object, kind, &text);
            if let Some(first) = seen.before(text.clone(), kind.value.span()) {
                let finding = object
                    .wrong(&DUPLICATE_NAME, kind, &format!("repeats `{text}`"), "the second")
                    .cause(first, "the first")
                    .help("make it one item");
                object.report(finding);
            }
        }
        let kind = kind.and_then(|kind| kind.text()).unwrap_or_default();
        check_limit(object, &limit, &kind);
    }
}

fn limit_type<'t>(object: &mut Object<'_, 't>, kind: &Field<'_, 't>, text: &str) {
    if text.contains('/') {
        names::qualified(object, kind);
    } else if !TYPES.contains(&text) {
        let help = TYPES.iter().find(|known| known.eq_ignore_ascii_case(text)).map(|known| format!("write `{known}`"));
        let fault = format!("is `{text}`, but must be one of `Pod`, `Container`, `PersistentVolumeClaim`");
        let finding = object.wrong(&UNSUPPORTED_VALUE, kind, &fault, "no such type");
        let help = help.unwrap_or_else(|| "write one of them".to_owned());
        object.report(finding.help(help));
    }
}

const MORE: &str = "is more than";

/// The amounts of one resource.
struct Amounts<'p, 't> {
    name: &'static str,
    list: Option<Field<'p, 't>>,
}

impl<'t> Amounts<'_, 't> {
    fn of(&self, resource: &str) -> Option<Quantity> {
        Quantity::of(self.list.as_ref()?.value.get(resource)?)
    }
}

fn check_limit<'t>(object: &mut Object<'_, 't>, limit: &Field<'_, 't>, kind: &str) {
    let [min, request, default, max, ratio] =
        fields!(limit, ["min", "defaultRequest", "default", "max", "maxLimitRequestRatio"]);
    let mut resources = BTreeSet::new();
    for list in [&min, &max, &request, &default, &ratio].into_iter().flatten() {
        list.each(|name, _, amount| {
            if matches!(kind, "Pod" | "Container") {
                pod::resource_name(object, name, amount);
            } else if !(is_standard(name) || name == "storage" || name.contains('/') || is_placeholder(name)) {
                // `validateLimitRangeResourceName`
                let path = amount.path();
                let message = format!("{} is no resource that Kubernetes knows", object.name(&path));
                let span = object.key_span(&path);
                let finding = object.refuse_at(&INVALID_NAME, span, path, message, "no such resource").help(
                    did_you_mean(name, RESOURCES.into_iter().chain(["storage"])).unwrap_or_else(|| {
                        "limit `storage`, or a resource with a domain, such as `example.com/disks`".to_owned()
                    }),
                );
                object.report(finding);
            }
            resources.insert(name.to_owned());
        });
    }
    if kind == "Pod" {
        for list in [&default, &request].into_iter().flatten().filter(|list| !list.value.is_empty()) {
            object.forbidden(list, "with `type: Pod`: only containers have defaults", "move it to `type: Container`");
        }
    }
    let has_storage = |list: &Option<Field<'_, 't>>| {
        list.as_ref().is_some_and(|list| list.value.get("storage").is_some() || !list.value.is_mapping())
    };
    if kind == "PersistentVolumeClaim" && !has_storage(&min) && !has_storage(&max) {
        let because = "for claims: `min` or `max` says how much `storage` they may ask for";
        object.needed(limit, "max", because, "add `max: {storage: 10Gi}`, or `min`");
    }
    let lists: Vec<Amounts<'_, 't>> = ["min", "defaultRequest", "default", "max"]
        .into_iter()
        .zip([min, request, default, max])
        .map(|(name, list)| Amounts { name, list })
        .collect();
    for resource in &resources {
        in_order(object, &lists, resource, kind);
        if let Some(ratio) = &ratio {
            check_ratio(object, ratio, &lists, resource);
        }
    }
}

/// Each is at most those behind it; of what is wrong, the nearest pairs are told.
fn in_order<'t>(object: &mut Object<'_, 't>, lists: &[Amounts<'_, 't>], resource: &str, kind: &str) {
    let all: Vec<_> = lists.iter().filter_map(|list| Some((list, list.of(resource)?))).collect();
    // For pods there are no defaults, which is said already.
    let all: Vec<_> = all.into_iter().filter(|(list, _)| kind != "Pod" || !list.name.starts_with("default")).collect();
    for pair in all.windows(2) {
        let [(low, least), (high, most)] = pair else { continue };
        if least > most {
            disorder(object, low, high, resource, MORE);
        }
    }
    let may_differ =
        (!resource.contains('/') || resource.contains("kubernetes.io/")) && !resource.starts_with("hugepages-");
    if may_differ {
        return;
    }
    let [_, request, default, max] = lists else { return };
    // The greatest is the default of the default (`SetDefaults_LimitRangeItem`).
    let fallback = (kind == "Container").then_some(max);
    let limit = [Some(default), fallback].into_iter().flatten().find_map(|list| Some((list, list.of(resource)?)));
    if let (Some(least), Some((list, most))) = (request.of(resource), limit)
        && least < most
    {
        disorder(object, request, list, resource, "must be equal, as it cannot be overcommitted, to");
    }
}

#[cold]
fn disorder<'t>(
    object: &mut Object<'_, 't>,
    low: &Amounts<'_, 't>,
    high: &Amounts<'_, 't>,
    resource: &str,
    relation: &str,
) {
    let (Some(low_list), Some(high_list)) = (&low.list, &high.list) else { return };
    let (Some(one), Some(other)) = (low_list.get(resource), high_list.get(resource)) else { return };
    let (one_shown, other_shown) = (shown(&one), shown(&other));
    let path = one.path();
    let help = match relation {
        MORE => format!("lower `{}`, or raise `{}`", low.name, high.name),
        _ => "make them equal".to_owned(),
    };
    let message = format!(
        "`{}` of `{resource}`, {one_shown}, {relation} `{}`, {other_shown}, in {}",
        low.name,
        high.name,
        object.place(&low_list.path())
    );
    let finding = object
        .refuse(&CONFLICTING_BOUNDS, path, message, format!("`{}`", low.name))
        .cause(object.span(&other.path()), format!("`{}`", high.name))
        .help(help);
    object.report(finding);
}

fn check_ratio<'t>(object: &mut Object<'_, 't>, ratio: &Field<'_, 't>, lists: &[Amounts<'_, 't>], resource: &str) {
    let Some(field) = ratio.get(resource) else { return };
    let (Some(value), Some(one)) = (Quantity::of(field.value), Quantity::parse("1")) else { return };
    if value < one {
        return object.out_of_range(&field, "1 or more");
    }
    let [min, _, _, max] = lists else { return };
    if let (Some(least), Some(most)) = (min.of(resource), max.of(resource))
        && let Some(greatest) = most.ratio(least)
        && value.ratio(one).is_some_and(|value| value > greatest)
    {
        let fault = format!("is {}, but `max` is only {greatest:.2} times `min`", shown(&field));
        let finding = object
            .wrong(&CONFLICTING_BOUNDS, &field, &fault, "too much")
            .help("lower the ratio, or change `min` or `max`");
        object.report(finding);
    }
}

/// `standardQuotaResources`
const RESOURCES: [&str; 19] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
];

/// Those that are counted.
fn is_count(name: &str) -> bool {
    let is_extended = name.contains('/') && !name.contains("kubernetes.io/") && !name.starts_with("requests.");
    is_extended || RESOURCES[10..].contains(&name)
}

fn is_standard(name: &str) -> bool {
    RESOURCES.contains(&name) || name.starts_with("hugepages-") || name.starts_with("requests.hugepages-")
}

fn quota<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [hard, scopes, selector] = fields!(spec, ["hard", "scopes", "scopeSelector"]);
    if let Some(hard) = &hard {
        hard.each(|name, key, amount| {
            let fine = if name.contains('/') { names::is_qualified_name(name) } else { is_standard(name) };
            if !fine && !is_placeholder(name) {
                return unknown(object, name, key, amount);
            }
            let Some(quantity) = Quantity::of(amount.value) else { return };
            if quantity.is_negative() {
                object.out_of_range(amount, "0 or more");
            } else if is_count(name) && !quantity.in_thousandths().is_whole() {
                object.out_of_range(amount, "a whole number");
            }
        });
    }
    let mut seen = Vec::new();
    for scope in scopes.iter().flat_map(Field::items) {
        check_scope(object, &scope, hard.as_ref(), &mut seen);
    }
    seen.clear();
    let expressions = selector.as_ref().and_then(|selector| selector.get("matchExpressions"));
    for expression in expressions.iter().flat_map(Field::items) {
        let [scope, operator, values] = fields!(expression, ["scopeName", "operator", "values"]);
        if let Some(scope) = &scope {
            check_scope(object, scope, hard.as_ref(), &mut seen);
        }
        if let (Some(scope), Some(operator)) = (scope, operator) {
            requirement(object, &expression, &scope, &operator, values.as_ref());
        }
    }
}

#[cold]
fn unknown<'t>(object: &mut Object<'_, 't>, name: &str, key: Span, amount: &Field<'_, 't>) {
    let path = amount.path();
    let message = format!("{} is no resource that a quota counts", object.name(&path));
    // Objects of any kind are counted under such a name (`pkg/quota/v1/evaluator/core`).
    let help = did_you_mean(name, RESOURCES.iter().copied()).unwrap_or_else(|| {
        "objects are counted as `count/deployments.apps`, devices as `requests.vendor.com/gpu`".into()
    });
    let finding = object.refuse_at(&INVALID_NAME, key, path, message, "no such resource").help(help);
    object.report(finding);
}

/// What scopes that are told apart by pods or claims can count (`IsResourceQuotaScopeValidForResource`).
fn suits(scope: &str, resource: &str) -> bool {
    let of_pods = ["cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
    match scope {
        "Terminating" | "NotTerminating" | "NotBestEffort" | "PriorityClass" | "CrossNamespacePodAffinity" => {
            resource == "pods" || of_pods.contains(&resource)
        }
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => matches!(resource, "persistentvolumeclaims" | "requests.storage"),
        _ => true,
    }
}

const OPPOSITES: [[&str; 2]; 2] = [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]];

fn check_scope<'t>(
    object: &mut Object<'_, 't>,
    scope: &Field<'_, 't>,
    hard: Option<&Field<'_, 't>>,
    seen: &mut Vec<(String, Span)>,
) {
    let Some(text) = scope.plain_text() else { return };
    let opposite = OPPOSITES.iter().find_map(|pair| {
        let at = pair.iter().position(|word| *word == text)?;
        seen.iter().find(|(word, _)| word == pair[1 - at])
    });
    if let Some((other, span)) = opposite {
        let fault = format!("is `{text}`, which leaves nothing beside `{other}`");
        let finding = object
            .wrong(&CONFLICTING_FIELDS, scope, &fault, "the opposite")
            .cause(*span, "of this")
            .help("keep one of the two");
        object.report(finding);
    }
    seen.push((text.clone().into_owned(), scope.value.span()));
    let Some(hard) = hard else { return };
    let counted = if text == "VolumeAttributesClass" { "claims" } else { "pods" };
    hard.each(|name, _, amount| {
        if is_standard(name) && !suits(&text, name) {
            let finding = object
                .not_allowed(amount, &format!("with the scope `{text}`"))
                .cause(scope.value.span(), format!("counts {counted} only"))
                .help("make it a quota of its own");
            object.report(finding);
        }
    });
}

/// `validateScopedResourceSelectorRequirement`
fn requirement<'t>(
    object: &mut Object<'_, 't>,
    expression: &Field<'_, 't>,
    scope: &Field<'_, 't>,
    operator: &Field<'_, 't>,
    values: Option<&Field<'_, 't>>,
) {
    let (Some(name), Some(word)) = (scope.plain_text(), operator.plain_text()) else { return };
    let only_exists = !matches!(&*name, "PriorityClass" | "VolumeAttributesClass");
    if only_exists && suits(&name, "pods") && !suits(&name, "secrets") && word != "Exists" {
        let fault = format!("is `{word}`, but the scope `{name}` allows only `Exists`");
        let finding = object
            .wrong(&UNSUPPORTED_VALUE, operator, &fault, "only `Exists`")
            .cause(scope.value.span(), "because of this scope")
            .help("write `operator: Exists` without values");
        return object.report(finding);
    }
    let count = values.map_or(0, Field::count);
    match &*word {
        "In" | "NotIn" if count == 0 => {
            object.needed(expression, "values", &format!("by the operator `{word}`"), "add at least one value");
        }
        "Exists" | "DoesNotExist" if count > 0 => {
            if let Some(values) = values {
                object.forbidden(values, &format!("with the operator `{word}`"), "remove it, or use `In` or `NotIn`");
            }
        }
        _ => {}
    }
}
