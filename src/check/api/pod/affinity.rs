//! Affinity: `validateAffinity` and what it calls.

use crate::check::api::object::{Field, Object, fields};
use crate::check::api::rules::{REQUIRED_VALUE, UNSUPPORTED_VALUE};
use crate::check::api::{names, selector};

use super::scheduling::{match_keys, weight};

const OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];

pub(super) fn check<'t>(object: &mut Object<'_, 't>, affinity: &Field<'_, 't>) {
    let [nodes, pods, other_pods] = fields!(affinity, ["nodeAffinity", "podAffinity", "podAntiAffinity"]);
    if let Some(nodes) = nodes {
        let [required, preferred] = fields!(
            nodes,
            ["requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"]
        );
        if let Some(required) = required {
            node_selector(object, &required);
        }
        for preference in preferred.iter().flat_map(Field::items) {
            weight(object, &preference);
            if let Some(term) = preference.get("preference") {
                // Values that no label can have are only warned of.
                node_term(object, &term, false);
            }
        }
    }
    for pods in [&pods, &other_pods].into_iter().flatten() {
        let [required, preferred] = fields!(
            pods,
            ["requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"]
        );
        for term in required.iter().flat_map(Field::items) {
            pod_term(object, &term);
        }
        for preference in preferred.iter().flat_map(Field::items) {
            weight(object, &preference);
            if let Some(term) = preference.get("podAffinityTerm") {
                pod_term(object, &term);
            }
        }
    }
}

/// `ValidateNodeSelector`; that there are terms is in the published schemas.
pub(in crate::check::api) fn node_selector<'t>(object: &mut Object<'_, 't>, selector: &Field<'_, 't>) {
    let terms = selector.get("nodeSelectorTerms");
    for term in terms.iter().flat_map(Field::items) {
        // Invalid values are refused from 1.33.
        node_term(object, &term, object.version.minor >= 33);
    }
}

fn node_term<'t>(object: &mut Object<'_, 't>, term: &Field<'_, 't>, check_values: bool) {
    let [expressions, fields] = fields!(term, ["matchExpressions", "matchFields"]);
    for expression in expressions.iter().flat_map(Field::items) {
        selector::requirement(object, &expression, OPERATORS, check_values);
    }
    for field in fields.iter().flat_map(Field::items) {
        node_field(object, &field);
    }
}

/// `ValidateNodeFieldSelectorRequirement`: only the name of one node can be asked for.
fn node_field<'t>(object: &mut Object<'_, 't>, requirement: &Field<'_, 't>) {
    let [key, operator, values] = fields!(requirement, ["key", "operator", "values"]);
    if let Some(operator) = &operator
        && let Some(word) = operator.plain_text()
    {
        if !matches!(&*word, "In" | "NotIn") {
            super::unsupported(object, operator, "`In` or `NotIn`", "for a field of a node");
        } else if values.as_ref().map_or(0, Field::count) != 1 {
            let path = requirement.path_to("values");
            let message = format!("{} needs exactly one value", object.name(&path));
            let finding = object.refuse(&REQUIRED_VALUE, path, message, "needs exactly one value");
            object.report(finding);
        }
    }
    if let Some(key) = &key
        && let Some(text) = key.plain_text().filter(|text| text != "metadata.name")
    {
        let fault = format!("is `{text}`, but `metadata.name` is the only field of a node that can be asked for");
        let finding = object
            .wrong(&UNSUPPORTED_VALUE, key, &fault, "no such field")
            .help("write `metadata.name`; labels are asked for in `matchExpressions`");
        object.report(finding);
    }
    for value in values.iter().flat_map(Field::items) {
        object.is_empty(&value, "the name of a node");
        names::subdomain(object, &value);
    }
}

/// `validatePodAffinityTerm`
fn pod_term<'t>(object: &mut Object<'_, 't>, term: &Field<'_, 't>) {
    let [selected, in_namespaces, namespaces, key, matching, mismatching] = fields!(
        term,
        ["labelSelector", "namespaceSelector", "namespaces", "topologyKey", "matchLabelKeys", "mismatchLabelKeys",]
    );
    for selector in [&selected, &in_namespaces].into_iter().flatten() {
        selector::check(object, selector);
    }
    for namespace in namespaces.iter().flat_map(Field::items) {
        object.is_empty(&namespace, "the name of a namespace");
        names::label(object, &namespace);
    }
    if let Some(key) = key {
        names::label_key(object, &key);
    }
    match_keys(object, matching.as_ref(), mismatching.as_ref(), selected.as_ref());
}
