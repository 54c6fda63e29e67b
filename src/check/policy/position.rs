//! Where a violation is, when the policy does not say so: by trial. One node of the object is taken away and the rule
//! is asked again; a node without which the violation is gone is responsible for it.

use std::time::{Duration, Instant};

use regorus::Value as Rego;

use crate::model::path::{Path, Segment};

/// Most evaluations that the search for one rule on one object may take.
const MOST_TRIALS: usize = 400;

/// Longest time that it may take, which only a policy that is slow by itself reaches.
const LONGEST: Duration = Duration::from_secs(2);

/// A node that a trial found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub path: Path,
    /// A leaf or a list item that takes the violation away, not only its text.
    pub sure: bool,
}

/// What is known of one node.
struct Responsible {
    path: Vec<Segment>,
    leaf: bool,
    /// The rule found less than before, rather than the same with another text.
    fewer: bool,
    /// The message says the value, so it may be missing only because the message cannot be made.
    quoted: bool,
}

/// The responsible node for each of `wanted`; `None` where none is, or only one that says which object it is. `before`
/// are all messages of the rule for the object, and `ask` gives those for another object.
pub(super) fn by_trial(
    input: &Rego,
    wanted: &[&str],
    before: &[String],
    ask: &mut dyn FnMut(Rego) -> Option<Vec<String>>,
) -> Vec<Option<Found>> {
    let mut found: Vec<Vec<Responsible>> = wanted.iter().map(|_| Vec::new()).collect();
    let mut open = vec![Vec::new()];
    let mut trials = 0;
    let start = Instant::now();
    while let Some(parent) = open.pop() {
        for segment in segments(lookup(input, &parent)) {
            let path = [parent.as_slice(), &[segment]].concat();
            let leaf = segments(lookup(input, &path)).is_empty();
            if leaf && is_identity(&path) {
                continue;
            }
            trials += 1;
            if trials > MOST_TRIALS || start.elapsed() > LONGEST {
                open.clear();
                break;
            }
            let Some(left) = ask(without(input, &path)) else { continue };
            let mut responsible = false;
            for (at, message) in wanted.iter().enumerate() {
                if is_gone(message, before, &left) {
                    responsible = true;
                    let quoted = leaf && is_quoted(lookup(input, &path), message);
                    found[at].push(Responsible { path: path.clone(), leaf, fewer: left.len() < before.len(), quoted });
                }
            }
            // What leaves every message alone has nothing responsible below it.
            if responsible && !leaf {
                open.push(path);
            }
        }
    }
    found.iter().map(|found| best(found)).collect()
}

/// Whether a message is missing, and has not merely another number in it: list items move when one of them goes.
fn is_gone(message: &str, before: &[String], left: &[String]) -> bool {
    let count = |messages: &[String]| messages.iter().filter(|other| masked(other) == masked(message)).count();
    left.iter().all(|other| other != message) && count(left) < count(before)
}

fn is_quoted(value: Option<&Rego>, message: &str) -> bool {
    match value {
        Some(Rego::String(text)) => !text.is_empty() && message.contains(&**text),
        Some(value @ Rego::Number(_)) => message.contains(&value.to_string()),
        _ => false,
    }
}

/// The deepest responsible leaf, else the deepest list item, else the deepest field; one that takes a violation away
/// before one that only changes its text, and of equal ones one that the message does not quote.
fn best(found: &[Responsible]) -> Option<Found> {
    let pick = |fits: &dyn Fn(&Responsible) -> bool, sure: bool| {
        let fitting = || found.iter().filter(|node| !is_identity(&node.path) && fits(node));
        let depth = fitting().map(|node| node.path.len()).max()?;
        let deepest = fitting().filter(|node| node.path.len() == depth).min_by_key(|node| node.quoted);
        deepest.map(|node| Found { path: Path(node.path.clone()), sure })
    };
    pick(&|node| node.fewer && node.leaf, true)
        .or_else(|| pick(&|node| node.fewer && matches!(node.path.last(), Some(Segment::Index(_))), true))
        .or_else(|| pick(&|node| node.leaf, false))
        .or_else(|| pick(&|node| node.fewer && node.path.len() > 1, false))
}

/// `kind`, `apiVersion`, `metadata` and what only says which object or part it is.
pub(super) fn is_identity(path: &[Segment]) -> bool {
    match path {
        [Segment::Key(key)] => matches!(&**key, "kind" | "apiVersion" | "metadata"),
        [Segment::Key(first), Segment::Key(second)] if &**first == "metadata" && &**second == "namespace" => true,
        [.., Segment::Key(last)] => &**last == "name",
        _ => false,
    }
}

/// Messages may count list items, which move when one goes.
fn masked(message: &str) -> String {
    message.chars().filter(|char| !char.is_ascii_digit()).collect()
}

fn segments(value: Option<&Rego>) -> Vec<Segment> {
    match value {
        Some(Rego::Object(fields)) => {
            fields.iter_sorted().filter_map(|(key, _)| key.as_string().ok().map(|key| Segment::from(&**key))).collect()
        }
        Some(Rego::Array(items)) => (0..items.len()).map(Segment::Index).collect(),
        _ => Vec::new(),
    }
}

/// The value at the end of a route.
pub(super) fn lookup<'v>(value: &'v Rego, path: &[Segment]) -> Option<&'v Rego> {
    let mut at = value;
    for segment in path {
        at = match (at, segment) {
            (Rego::Object(fields), Segment::Key(key)) => fields.get(&Rego::from(&**key))?,
            (Rego::Array(items), Segment::Index(index)) => items.get(*index)?,
            _ => return None,
        };
    }
    Some(at)
}

/// A copy without one node, sharing everything that is not on the way to it.
fn without(value: &Rego, path: &[Segment]) -> Rego {
    let Some((first, rest)) = path.split_first() else { return Rego::Undefined };
    match (value, first) {
        (Rego::Object(fields), Segment::Key(key)) => {
            let changed = fields.iter_sorted().filter_map(|(name, value)| {
                if name.as_string().is_ok_and(|name| **name == **key) {
                    (!rest.is_empty()).then(|| (name.clone(), without(value, rest)))
                } else {
                    Some((name.clone(), value.clone()))
                }
            });
            Rego::from(changed.collect::<regorus::value::Object>())
        }
        (Rego::Array(items), Segment::Index(index)) => {
            let changed = items.iter().enumerate().filter_map(|(at, value)| match at == *index {
                true => (!rest.is_empty()).then(|| without(value, rest)),
                false => Some(value.clone()),
            });
            Rego::from(changed.collect::<regorus::value::Array>())
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_node_is_taken_out_and_the_rest_stays() {
        let value = Rego::from_json_str(r#"{"a": [1, {"b": 2, "c": 3}], "d": 4}"#).unwrap();
        let path = [Segment::from("a"), Segment::Index(1), Segment::from("b")];
        assert_eq!(without(&value, &path), Rego::from_json_str(r#"{"a": [1, {"c": 3}], "d": 4}"#).unwrap());
        assert_eq!(without(&value, &path[..2]), Rego::from_json_str(r#"{"a": [1], "d": 4}"#).unwrap());
        assert_eq!(lookup(&value, &path), Some(&Rego::from(2)));
    }
}
