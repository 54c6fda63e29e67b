//! The rule `container-resources`.

use crate::model::value::Value;

use super::super::rego::result::Violation;
use super::{object, pods, violation};

/// What is asked for, and the fields of `resources` that state it.
const WANTED: [(&str, &[[&str; 3]]); 3] = [
    ("CPU request", &[["resources", "requests", "cpu"], ["resources", "limits", "cpu"]]),
    ("memory limit", &[["resources", "limits", "memory"]]),
    ("memory request", &[["resources", "requests", "memory"], ["resources", "limits", "memory"]]),
];

pub(super) fn check(object: Value<'_>) -> Option<Vec<Violation>> {
    let Some(pod) = pods::pod(object).filter(|_| pods::is_complete(object)) else { return Some(Vec::new()) };
    let containers = pods::containers(pod);
    let found = containers.iter().filter(|container| !container.is_ephemeral()).filter_map(|container| {
        let is_missing = |places: &[[&str; 3]]| {
            let states =
                |holder: Value<'_>| places.iter().any(|place| holder.at(*place).is_some_and(|value| !value.is_null()));
            !states(container.spec) && !states(pod)
        };
        let missing: Vec<&str> =
            WANTED.iter().filter(|(_, places)| is_missing(places)).map(|(what, _)| *what).collect();
        let missing = match missing[..] {
            [] => return None,
            [one, two, three] => format!("{one}, no {two} and no {three}"),
            _ => missing.join(" and no "),
        };
        let message = format!("{} has no {missing}, in {}", container.title(), object::describe(object));
        Some(violation(message, container.path(object, None)))
    });
    Some(found.collect())
}
