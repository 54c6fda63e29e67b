//! JSON patches: RFC 6902 as kustomize's library reads it (`gopkg.in/evanphx/json-patch.v4`).

use crate::model::node::Kind;
use crate::model::origin::Role;
use crate::model::scalar::{self, Scalar};
use crate::model::source::Span;
use crate::model::value::Value;

use super::super::draft::{Node, Trace, written_key};
use super::super::fields::DEEPEST;

/// One operation.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    op: String,
    path: String,
    from: String,
    value: Option<Node>,
    /// Where the operation says what it does.
    span: Span,
    path_span: Span,
}

/// Why an operation cannot be followed.
pub(super) type Refusal = (Span, String);

/// Reads the operations of a patch.
pub(super) fn read(node: &Node) -> Result<Vec<Operation>, Refusal> {
    node.items()
        .iter()
        .map(|item| {
            let text = |key: &str| item.text_at(&[key]).unwrap_or_default();
            let span = |key: &str| item.get(key).map_or_else(|| item.trace().span, |value| value.trace().span);
            let operation = Operation {
                op: text("op"),
                path: text("path"),
                from: text("from"),
                value: item.get("value").map(as_json),
                span: span("op"),
                path_span: span("path"),
            };
            let is_known = matches!(&*operation.op, "add" | "remove" | "replace" | "move" | "copy" | "test");
            if is_known {
                Ok(operation)
            } else {
                let said = if operation.op.is_empty() { "none" } else { &operation.op };
                Err((operation.span, format!("the operation is {said}, not add, remove, replace, move, copy or test")))
            }
        })
        .collect()
}

/// A value as the conversion to JSON makes it: YAML 1.1 has more booleans, and numbers are written in one way
/// (sigs.k8s.io/yaml, `YAMLToJSON`).
fn as_json(mut node: Node) -> Node {
    match node.kind() {
        Kind::Scalar => match converted(&node) {
            Some(text) => Node::plain(text, node.trace()),
            None => node,
        },
        _ if !is_converted(&node) => node,
        Kind::Sequence => {
            for item in node.list_mut().into_iter().flat_map(|list| &mut list.items) {
                *item = as_json(item.clone());
            }
            node
        }
        _ => {
            let keys = converted_keys(&node);
            for entry in node.map_mut().into_iter().flat_map(|map| &mut map.entries) {
                entry.value = as_json(entry.value.clone());
                if let Some((_, key)) = keys.iter().find(|(written, _)| **written == *entry.key) {
                    entry.key = key.as_str().into();
                }
            }
            node
        }
    }
}

/// The text of a number or boolean in JSON, if it is another one.
fn converted(node: &Node) -> Option<String> {
    let Node::Frozen(frozen, _) = node else { return None };
    let text = match frozen.value().scalar()? {
        Scalar::Bool(is) => is.to_string(),
        Scalar::Int(number) => number.to_string(),
        Scalar::Uint(number) => number.to_string(),
        Scalar::Float(number) => scalar::json_float(number),
        _ => return None,
    };
    (node.text()? != text).then_some(text)
}

/// The keys of a mapping that have another text in JSON: `n` is `false`.
fn converted_keys(node: &Node) -> Vec<(String, String)> {
    let Node::Frozen(frozen, _) = node else { return Vec::new() };
    let one = |key: Value<'_>| {
        let text = converted(&Node::Frozen(frozen.beside(key), None))?;
        Some((written_key(key).into_owned(), text))
    };
    frozen.value().entries().filter_map(|entry| one(entry.key)).collect()
}

/// Whether some key or scalar in it has another text in JSON.
fn is_converted(node: &Node) -> bool {
    match node.kind() {
        Kind::Sequence => node.items().iter().any(is_converted),
        Kind::Mapping => {
            !converted_keys(node).is_empty() || node.entries().iter().any(|entry| is_converted(&entry.value))
        }
        _ => converted(node).is_some(),
    }
}

/// What holds the notes that the real tool keeps in the annotations of an object.
const NOTED: [&str; 3] = ["/metadata/annotations", "/metadata", ""];

/// Applies the operations in their order. `entry` is the place of the patch in the kustomization. What the real tool has
/// `noted` in the annotations is not kept there here: until something else is put in their place, no test of all
/// annotations holds, and who copies or moves them takes the notes along.
pub(super) fn apply(
    object: &mut Node,
    operations: &[Operation],
    entry: Span,
    noted: &[(String, String)],
) -> Result<(), Refusal> {
    let mut is_noted = !noted.is_empty();
    for one in operations {
        let taken = |node: Node| if is_noted { with_notes(node, noted, one, entry) } else { node };
        let refuse = |why: String| (one.path_span, why);
        let value = || {
            let null = Node::plain("null", Trace::at(one.span));
            one.value.clone().unwrap_or_else(|| null.and(Role::PatchedBy, entry))
        };
        match &*one.op {
            "add" => add(object, &one.path, value(), one, entry).map_err(refuse)?,
            "replace" => replace(object, &one.path, value(), one, entry).map_err(refuse)?,
            "remove" => drop(remove(object, &one.path).map_err(refuse)?),
            "copy" => {
                let node = match find(object, &one.from) {
                    Some(node) => node,
                    // What a map does not have is null; of a list it is an error.
                    None if is_in_map(object, &one.from) => Node::plain("null", Trace::at(one.span)),
                    None => return Err(refuse(format!("`{}` is not there", one.from))),
                };
                if node.weighs_more_than(COPIED) {
                    return Err(refuse(format!("`{}` is too large to be copied here", one.from)));
                }
                add(object, &one.path, taken(node), one, entry).map_err(refuse)?;
            }
            "move" => {
                let node = remove(object, &one.from).map_err(refuse)?;
                add(object, &one.path, taken(node), one, entry).map_err(refuse)?;
            }
            _ => {
                if is_noted && NOTED.contains(&&*one.path) {
                    return Err(refuse(format!(
                        "the test of `{}` fails, as kustomize keeps notes of its own there",
                        one.path
                    )));
                }
                let found = find(object, &one.path);
                let wanted = value();
                let is_equal = match &found {
                    Some(found) => equal(found, &wanted),
                    None => wanted.is_null(),
                };
                if !is_equal {
                    return Err(refuse(format!("the test of `{}` fails", one.path)));
                }
            }
        }
        let is_moved = one.op == "move" && NOTED.contains(&&*one.from);
        is_noted &= (one.op == "test" || !NOTED.contains(&&*one.path)) && !is_moved;
    }
    Ok(())
}

/// What an operation takes from `from`, with the notes that the real tool has there.
fn with_notes(mut node: Node, noted: &[(String, String)], one: &Operation, entry: Span) -> Node {
    let way: &[&str] = match &*one.from {
        "/metadata/annotations" => &[],
        "/metadata" => &["annotations"],
        "" => &["metadata", "annotations"],
        _ => return node,
    };
    let trace = || Trace::at(one.span).and(Role::PatchedBy, entry);
    let annotations = way.iter().try_fold(&mut node, |node, key| node.map_mut()?.get_mut(key));
    if let Some(map) = annotations.and_then(Node::map_mut) {
        noted.iter().for_each(|(key, value)| map.set(key, trace(), Node::string(&**value, trace())));
    }
    node
}

/// How many nodes an operation may copy: an honest patch copies a few, and a hostile one doubles an object with each.
const COPIED: usize = 1_000;

/// The segments of a pointer; what is behind the deepest place that an object may have is cut off.
fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).take(DEEPEST).map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect()
}

fn find(object: &Node, pointer: &str) -> Option<Node> {
    segments(pointer).iter().try_fold(object.clone(), |node, segment| match node.kind() {
        Kind::Mapping => node.get(segment),
        Kind::Sequence => {
            let items = node.items();
            items.get(index(segment, items.len())?).cloned()
        }
        _ => None,
    })
}

/// Whether the last segment of a pointer would be a key of a map that is there.
fn is_in_map(object: &Node, pointer: &str) -> bool {
    let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
    find(object, parent).is_some_and(|parent| parent.is_map())
}

/// An index; a negative one counts from the end.
fn index(segment: &str, length: usize) -> Option<usize> {
    let number: i64 = segment.parse().ok()?;
    let at = if number < 0 { number.checked_add(i64::try_from(length).ok()?)? } else { number };
    usize::try_from(at).ok()
}

/// The collection that the last segment is about, and that segment.
fn parent<'n>(object: &'n mut Node, pointer: &str) -> Result<(&'n mut Node, String), String> {
    let mut segments = segments(pointer);
    let Some(last) = segments.pop() else { return Err("the path is empty".to_owned()) };
    let mut node = object;
    for (depth, segment) in segments.iter().enumerate() {
        let missing = || format!("`/{}` is not there", segments[..=depth].join("/"));
        node = match node.kind() {
            Kind::Mapping => node.map_mut().and_then(|map| map.get_mut(segment)).ok_or_else(missing)?,
            Kind::Sequence => {
                let list = node.list_mut().ok_or_else(missing)?;
                let at = index(segment, list.items.len()).ok_or_else(missing)?;
                list.items.get_mut(at).ok_or_else(missing)?
            }
            _ => return Err(missing()),
        };
    }
    if node.is_map() || node.is_list() {
        Ok((node, last))
    } else {
        Err(format!("there is no map or list to put `{last}` into"))
    }
}

fn add(object: &mut Node, pointer: &str, value: Node, one: &Operation, entry: Span) -> Result<(), String> {
    let (parent, last) = parent(object, pointer)?;
    if let Some(list) = parent.list_mut() {
        // A negative index counts from behind the new element.
        let length = list.items.len();
        let at = if last == "-" { Some(length) } else { index(&last, length + usize::from(last.starts_with('-'))) };
        let at = at.filter(|at| *at <= list.items.len()).ok_or_else(|| format!("there is no item `{last}`"))?;
        list.items.insert(at, value);
        return Ok(());
    }
    put(parent, &last, value, one, entry);
    Ok(())
}

fn replace(object: &mut Node, pointer: &str, value: Node, one: &Operation, entry: Span) -> Result<(), String> {
    let (parent, last) = parent(object, pointer)?;
    if let Some(list) = parent.list_mut() {
        let at = index(&last, list.items.len()).filter(|at| *at < list.items.len());
        let at = at.ok_or_else(|| format!("there is no item `{last}`"))?;
        let span = list.items[at].trace().span;
        list.items[at] = value.and(Role::Replaced, span);
        return Ok(());
    }
    put(parent, &last, value, one, entry);
    Ok(())
}

fn put(parent: &mut Node, key: &str, value: Node, one: &Operation, entry: Span) {
    let Some(map) = parent.map_mut() else { return };
    let value = match map.get(key) {
        Some(old) => {
            let span = old.trace().span;
            value.and(Role::Replaced, span)
        }
        None => value,
    };
    map.set(key, Trace::at(one.path_span).and(Role::PatchedBy, entry), value);
}

fn remove(object: &mut Node, pointer: &str) -> Result<Node, String> {
    let (parent, last) = parent(object, pointer)?;
    if let Some(list) = parent.list_mut() {
        let at = index(&last, list.items.len()).filter(|at| *at < list.items.len());
        return at.map(|at| list.items.remove(at)).ok_or_else(|| format!("there is no item `{last}`"));
    }
    let removed = parent.map_mut().and_then(|map| map.remove(&last));
    removed.map(|entry| entry.value).ok_or_else(|| format!("`{pointer}` is not there"))
}

/// Whether two scalars of one type are equal: numbers by what they are.
fn is_same_text(one: &Node, two: &Node) -> bool {
    let number = |node: &Node| node.text().filter(|_| !node.is_string())?.parse::<f64>().ok();
    one.text() == two.text() || number(one).zip(number(two)).is_some_and(|(one, two)| one == two)
}

/// Whether two values are the same JSON.
fn equal(one: &Node, two: &Node) -> bool {
    match (one.kind(), two.kind()) {
        (Kind::Scalar, Kind::Scalar) => {
            one.is_null() == two.is_null()
                && (one.is_null() || (one.is_string() == two.is_string() && is_same_text(one, two)))
        }
        (Kind::Sequence, Kind::Sequence) => {
            let (one, two) = (one.items(), two.items());
            one.len() == two.len() && one.iter().zip(&two).all(|(one, two)| equal(one, two))
        }
        (Kind::Mapping, Kind::Mapping) => {
            let entries = one.entries();
            entries.len() == two.entries().len()
                && entries.iter().all(|entry| two.get(&entry.key).is_some_and(|other| equal(&entry.value, &other)))
        }
        _ => false,
    }
}
