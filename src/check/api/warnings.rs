//! What the server accepts with a warning: `GetWarningsForPodSpec` and `GetWarningsForPodTemplate` in
//! `k8s.io/kubernetes/pkg/api/pod/warnings.go`; and in [`objects`] what is no pod.

mod addresses;
mod objects;
mod plugins;
mod ports;
mod volumes;

use std::borrow::Cow;

use super::object::{Field, Object, fields};
use super::quantity::Quantity;
use super::rules::{
    DEPRECATED_ANNOTATION, DEPRECATED_FIELD, DEPRECATED_NODE_LABEL, DUPLICATE_ENTRY, DUPLICATE_ENV, FRACTIONAL_BYTES,
    IGNORED_FIELD, NULL_SELECTOR, UNMATCHED_VALUE,
};
use super::seen::Seen;
use super::syntax::Syntax;
use crate::model::diagnostic::Diagnostic;
use crate::model::path::Path;
use crate::model::rule::Rule;
use crate::model::source::Span;
use crate::model::value::Value;

pub(super) use addresses::{address, masked, network};
pub(super) use objects::{check, storage};
pub(super) use ports::{Ports, Written};

const ACCEPTED: &str = "the API server accepts the object, with a warning";

/// Labels of nodes, and those that took their place.
const NODE_LABELS: [(&str, &str); 6] = [
    ("beta.kubernetes.io/arch", "kubernetes.io/arch"),
    ("beta.kubernetes.io/os", "kubernetes.io/os"),
    ("beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("node-role.kubernetes.io/master", "node-role.kubernetes.io/control-plane"),
];

/// Annotations of pods, and the fields that took their place.
const ANNOTATIONS: [(&str, &str); 6] = [
    ("scheduler.alpha.kubernetes.io/critical-pod", "priorityClassName"),
    ("security.alpha.kubernetes.io/sysctls", "securityContext.sysctls"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", "securityContext.sysctls"),
    ("seccomp.security.alpha.kubernetes.io/pod", "securityContext.seccompProfile"),
    ("container.seccomp.security.alpha.kubernetes.io/", "securityContext.seccompProfile"),
    ("container.apparmor.security.beta.kubernetes.io/", "securityContext.appArmorProfile"),
];

/// A warning at `span`, whose `path` it is about. To be completed with a help.
#[cold]
fn warn(object: &mut Object<'_, '_>, rule: &Rule, span: Span, path: Path, message: String, help: &str) {
    let finding = object.refuse_at(rule, span, path, message, "").effect(ACCEPTED).help(help);
    object.report(finding);
}

/// A warning about a field, at its key.
fn at_key<'t>(object: &mut Object<'_, 't>, rule: &Rule, field: &Field<'_, 't>, fault: &str, help: &str) {
    let finding = of_key(object, rule, field, fault, help);
    object.report(finding);
}

/// As [`at_key`], to be completed.
#[cold]
fn of_key<'t>(object: &mut Object<'_, 't>, rule: &Rule, field: &Field<'_, 't>, fault: &str, help: &str) -> Diagnostic {
    let path = field.path();
    let message = format!("{} {fault}", object.name(&path));
    let span = path.locate(object.resource.value).key_span();
    object.refuse_at(rule, span, path, message, "").effect(ACCEPTED).help(help)
}

/// Warnings about the spec of a pod.
pub(super) fn pod<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    spec.each(|key, _, field| match key {
        _ if field.value.is_null() => {}
        "volumes" => field.items().for_each(|item| {
            plugins::volume(object, &item);
            let template = item.get("ephemeral");
            let template = template.as_ref().and_then(|ephemeral| ephemeral.get("volumeClaimTemplate"));
            let spec = template.as_ref().and_then(|template| template.get("spec"));
            spec.iter().for_each(|spec| storage(object, spec));
            volumes::overlaps(object, &item);
        }),
        "imagePullSecrets" => pull_secrets(object, field),
        "hostAliases" => same_entries(object, field, "ip"),
        "overhead" => bytes(object, field),
        "serviceAccount" => account(object, spec, field),
        "nodeSelector" => node_selector(object, field),
        "affinity" => affinity(object, field),
        "topologySpreadConstraints" => field.items().for_each(|constraint| spread(object, &constraint)),
        "terminationGracePeriodSeconds" if field.integer().is_some_and(|seconds| seconds < 0) => {
            let help = "write 0 to end the pod at once, or the seconds it may take";
            at_key(object, &IGNORED_FIELD, field, "is negative, and is treated as 1", help);
        }
        _ => {}
    });
}

/// Annotations of a pod or a template that became fields; one that says what the field says too is passed over.
pub(super) fn annotations<'t>(object: &mut Object<'_, 't>, annotations: &Field<'_, 't>, spec: &Field<'_, 't>) {
    annotations.each(|key, span, field| {
        if !key.contains("alpha.kubernetes.io/") && !key.starts_with("container.apparmor.") {
            return;
        }
        let known = ANNOTATIONS
            .iter()
            .find_map(|(known, instead)| Some((key.strip_prefix(known)?, known.ends_with('/'), *instead)))
            .filter(|(container, has_container, _)| *has_container || container.is_empty());
        let Some((container, has_container, instead)) = known else { return };
        let holder = if has_container { container_of(spec.value, container) } else { Some(spec.value) };
        if holder.is_none_or(|holder| holder.at(instead.split('.')).is_some_and(|value| !value.is_null())) {
            return;
        }
        let is_dead = !key.starts_with("container.apparmor.");
        let state = if is_dead { "has had no effect for many versions" } else { "is deprecated since Kubernetes 1.30" };
        let message = format!("the annotation `{key}` {state}");
        warn(object, &DEPRECATED_ANNOTATION, span, field.path(), message, &format!("set `{instead}` instead"));
    });
}

fn container_of<'t>(spec: Value<'t>, name: &str) -> Option<Value<'t>> {
    let lists = ["containers", "initContainers"].into_iter().filter_map(|list| spec.get(list));
    let has_name = |container: &Value<'t>| container.get("name").and_then(Value::as_str).is_some_and(|it| it == name);
    lists.flat_map(Value::items).find(has_name)
}

/// The alias of a field: `DeprecatedServiceAccount` in `k8s.io/api/core/v1/types.go`.
fn account<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>, field: &Field<'_, 't>) {
    let Some(name) = field.text().filter(|name| !name.is_empty()) else { return };
    let proper = spec.get("serviceAccountName").and_then(|proper| proper.text()).filter(|name| !name.is_empty());
    let Some(key) = field.path().locate(object.resource.value).key else { return };
    let fault = "is the deprecated name of `serviceAccountName`";
    let finding = match proper {
        None => of_key(object, &DEPRECATED_FIELD, field, fault, "write `serviceAccountName`")
            .effect("both mean the same today; other tools and policies look at `serviceAccountName` alone")
            .respell(true, key.span(), "serviceAccountName"),
        Some(proper) if proper == name => of_key(object, &DEPRECATED_FIELD, field, fault, "remove it")
            .effect("it says again what `serviceAccountName` says"),
        Some(proper) => of_key(object, &DEPRECATED_FIELD, field, fault, "remove it, or correct `serviceAccountName`")
            .effect(format!("it is ignored beside `serviceAccountName`: the pod runs as `{proper}`")),
    };
    object.report(finding);
}

fn bytes<'t>(object: &mut Object<'_, 't>, amounts: &Field<'_, 't>) {
    for amount in fields!(amounts, ["memory", "ephemeral-storage"]).into_iter().flatten() {
        fraction(object, &amount);
    }
}

fn pull_secrets<'t>(object: &mut Object<'_, 't>, secrets: &Field<'_, 't>) {
    same_entries(object, secrets, "name");
    for secret in secrets.items() {
        if !secret.value.is_mapping() || secret.text_of("name").is_some_and(|name| !name.is_empty()) {
            continue;
        }
        let path = secret.path();
        let message = format!("{} has no name, and is no Secret", object.place(&path));
        let finding = object
            .refuse(&IGNORED_FIELD, path, message, "without a name")
            .effect(ACCEPTED)
            .help("name the Secret, or remove the entry");
        object.report(finding);
    }
}

/// Entries of a list whose key is that field.
fn same_entries<'t>(object: &mut Object<'_, 't>, list: &Field<'_, 't>, key: &str) {
    if list.count() < 2 {
        return;
    }
    let mut seen = Seen::new();
    for entry in list.items() {
        let Some(field) = entry.get(key) else { continue };
        let Some(text) = field.text().filter(|text| !text.is_empty()) else { continue };
        let Some(first) = seen.before(text.clone(), field.value.span()) else { continue };
        let message = format!("`{text}` is listed twice, in {}", object.place(&list.path()));
        let effect =
            "the API server accepts the object, with a warning; server-side apply, as Flux does it, refuses it";
        let finding = object
            .refuse(&DUPLICATE_ENTRY, field.path(), message, "the second")
            .see(first, "the first")
            .effect(effect)
            .help("make one entry of the two");
        object.report(finding);
    }
}

/// The variables of a container that were seen.
pub(super) struct Variables<'t> {
    seen: Seen<'t, Value<'t>>,
    again: Vec<(Cow<'t, str>, usize, Value<'t>)>,
}

impl<'t> Variables<'t> {
    pub(super) fn new() -> Self {
        Variables { seen: Seen::new(), again: Vec::new() }
    }

    /// Takes in the next. A later variable hides an earlier one of the same name, unless its value refers to it.
    pub(super) fn add(&mut self, at: usize, variable: Value<'t>, name: Cow<'t, str>, value: Option<&Field<'_, 't>>) {
        let Some(first) = self.seen.before(name.clone(), variable) else { return };
        if !value.and_then(Field::text).is_some_and(|value| value.contains(&format!("$({name})"))) {
            self.again.push((name, at, first));
        }
    }

    /// What was there twice, of this list.
    pub(super) fn check(self, object: &mut Object<'_, 't>, env: &Field<'_, 't>) {
        for (name, at, first) in self.again {
            let first = first.get("name").map_or_else(|| first.title_span(), Value::span);
            let message = format!("the variable `{name}` is set twice, in {}", object.place(&env.path()));
            let effect =
                "the later one counts; kubectl apply may drop either, and server-side apply refuses the object";
            let mut path = env.path();
            path.0.extend([at.into(), "name".into()]);
            let finding = object
                .refuse(&DUPLICATE_ENV, path, message, "the second")
                .see(first, "the first")
                .effect(effect)
                .help("remove one of the two");
            object.report(finding);
        }
    }
}

/// `500m` of memory is half a byte.
pub(super) fn fraction<'t>(object: &mut Object<'_, 't>, amount: &Field<'_, 't>) {
    // Without a point, an exponent or a suffix for less than one, nearly every amount is whole by its looks.
    let raw = amount.value.raw().trim_end_matches(['"', '\'']);
    if raw.ends_with(|last: char| last.is_ascii_digit() || last == 'i') && !raw.contains(['.', 'e', 'E', '*']) {
        return;
    }
    let Some(quantity) = Quantity::of(amount.value).filter(|quantity| !quantity.is_whole()) else { return };
    if quantity.is_negative() {
        return;
    }
    let path = amount.path();
    let written = amount.value.text().unwrap_or_default();
    let message = format!("{} is `{written}`, which is a fraction of a byte", object.name(&path));
    let help = match written.strip_suffix('m') {
        Some(number) => format!("write `{number}Mi` if mebibytes are meant"),
        None => "write whole bytes".to_owned(),
    };
    let finding = object
        .refuse(&FRACTIONAL_BYTES, path, message, "thousandths of a byte")
        .effect("the API server accepts it with a warning, and the kubelet rounds it up to a byte or so")
        .help(help);
    object.report(finding);
}

fn node_selector<'t>(object: &mut Object<'_, 't>, selector: &Field<'_, 't>) {
    selector.each(|key, span, field| node_label(object, key, span, field.path()));
}

fn node_label(object: &mut Object<'_, '_>, key: &str, span: Span, path: Path) {
    let Some((_, instead)) = NODE_LABELS.iter().find(|(old, _)| *old == key) else { return };
    let message = format!("the node label `{key}` is deprecated");
    let finding = object
        .refuse_at(&DEPRECATED_NODE_LABEL, span, path, message, "")
        .effect("nodes of newer clusters may not have the label any more, and the pod stays pending")
        .help(format!("write `{instead}`"))
        .respell(!key.ends_with("/master"), span, *instead);
    object.report(finding);
}

fn key_of<'t>(object: &mut Object<'_, 't>, holder: &Field<'_, 't>, field: &str) {
    if let Some(field) = holder.get(field)
        && let Some(key) = field.text()
    {
        node_label(object, &key, field.value.span(), field.path());
    }
}

fn spread<'t>(object: &mut Object<'_, 't>, constraint: &Field<'_, 't>) {
    key_of(object, constraint, "topologyKey");
    selector(object, constraint, "the constraint counts no pod");
}

/// A selector that is absent selects nothing, one that is empty everything.
fn selector<'t>(object: &mut Object<'_, 't>, holder: &Field<'_, 't>, effect: &str) {
    if !holder.value.is_mapping() || holder.has("labelSelector") {
        return;
    }
    let path = holder.path_to("labelSelector");
    let message = format!("{} has no `labelSelector`, which matches no pod", object.place(&holder.path()));
    let finding = object
        .refuse(&NULL_SELECTOR, path, message, "without a selector")
        .effect(effect)
        .help("add `labelSelector` with the labels of the pods");
    object.report(finding);
}

fn affinity<'t>(object: &mut Object<'_, 't>, affinity: &Field<'_, 't>) {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
    let [node, pod, anti] = fields!(affinity, ["nodeAffinity", "podAffinity", "podAntiAffinity"]);
    if let Some(node) = node {
        let (required, preferred) = (node.get(REQUIRED), node.get(PREFERRED));
        if let Some(terms) = required.as_ref().and_then(|required| required.get("nodeSelectorTerms")) {
            terms.items().for_each(|term| expressions(object, &term));
        }
        for term in preferred.iter().flat_map(Field::items) {
            if let Some(preference) = term.get("preference") {
                expressions(object, &preference);
                values(object, &preference);
            }
        }
    }
    for kind in [pod, anti].into_iter().flatten() {
        let (required, preferred) = (kind.get(REQUIRED), kind.get(PREFERRED));
        for term in required.iter().flat_map(Field::items) {
            key_of(object, &term, "topologyKey");
            selector(object, &term, "the term has no effect");
        }
        for weighted in preferred.iter().flat_map(Field::items) {
            if let Some(term) = weighted.get("podAffinityTerm") {
                key_of(object, &term, "topologyKey");
                selector(object, &term, "the term has no effect");
            }
        }
    }
}

fn expressions<'t>(object: &mut Object<'_, 't>, term: &Field<'_, 't>) {
    for expression in term.get("matchExpressions").iter().flat_map(Field::items) {
        key_of(object, &expression, "key");
    }
}

/// Where a node is preferred, values that no label can have are accepted.
fn values<'t>(object: &mut Object<'_, 't>, preference: &Field<'_, 't>) {
    for expression in preference.get("matchExpressions").iter().flat_map(Field::items) {
        for value in expression.get("values").iter().flat_map(Field::items) {
            let Some(text) = value.plain_text().filter(|text| !Syntax::LabelValue.holds(text)) else { continue };
            let fault = format!("is `{text}`, which no label can have as its value");
            let finding = object
                .wrong(&UNMATCHED_VALUE, &value, &fault, "not a label value")
                .effect("the API server accepts the object, with a warning, and the preference matches no node")
                .help(format!("a label value is {}", Syntax::LabelValue.rule()));
            object.report(finding);
        }
    }
}
