//! Paths into objects, as kustomize's tables and `configurations` have them: `spec/template/metadata/labels`. A list on
//! the way is walked item by item (kustomize, `api/filters/fieldspec/fieldspec.go`).

use crate::model::node::Kind;
use crate::model::value::Value;

use super::draft::{Node, Trace, entry_of};
use super::resource::Gvk;

/// A path in the objects of some kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::render) struct FieldSpec {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub path: Vec<String>,
    /// What is missing on the way is made.
    pub create: bool,
}

impl FieldSpec {
    /// A row of a built-in table: `group/kind`, or `kind` alone for any group.
    pub fn built_in(kind: &str, path: &str, create: bool) -> Self {
        let (group, kind) = kind.split_once('/').unwrap_or(("", kind));
        FieldSpec { group: group.into(), version: String::new(), kind: kind.into(), path: split(path), create }
    }

    pub fn selects(&self, gvk: &Gvk) -> bool {
        gvk.is_selected(&self.group, &self.version, &self.kind)
    }
}

/// How many segments of a path are followed.
pub(in crate::render) const DEEPEST: usize = 200;

/// The segments of a path; `\/` is a slash in one.
pub(in crate::render) fn split(path: &str) -> Vec<String> {
    let marked = path.replace("\\/", "\0");
    let segments = marked.split('/').filter(|segment| !segment.is_empty()).take(DEEPEST);
    segments.map(|segment| segment.replace('\0', "/")).collect()
}

/// What is made at the end of a path that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Make {
    Nothing,
    Map,
    Scalar,
}

/// Shows `visit` every value at the path. `trace` is that of what is made. Returns whether there was any.
pub(in crate::render) fn visit(
    node: &mut Node,
    path: &[String],
    make: Make,
    trace: &Trace,
    visit_one: &mut dyn FnMut(&mut Node),
) -> bool {
    let Some((first, rest)) = path.split_first() else {
        visit_one(node);
        return true;
    };
    match node.kind() {
        Kind::Sequence => {
            // Frozen lists stay as they are if there is nothing in them to be seen.
            if make == Make::Nothing && !leads_on(node, path) {
                return false;
            }
            let Some(list) = node.list_mut() else { return false };
            let mut found = false;
            for item in &mut list.items {
                found |= visit(item, path, make, trace, visit_one);
            }
            found
        }
        Kind::Mapping => {
            let (name, is_list) = first.strip_suffix("[]").map_or((first.as_str(), false), |name| (name, true));
            let is_there = match &*node {
                Node::Frozen(frozen, _) => entry_of(frozen.value(), name).is_some_and(|value| !value.is_null()),
                Node::Map(map) => map.get(name).is_some_and(|value| !value.is_null()),
                _ => false,
            };
            let may_make = make != Make::Nothing && !is_list;
            if !is_there && !may_make {
                return false;
            }
            if is_there && make == Make::Nothing && !rest.is_empty() && !leads_on(node, path) {
                return false;
            }
            let Some(map) = node.map_mut() else { return false };
            if !is_there {
                let made = if rest.is_empty() && make == Make::Scalar {
                    Node::plain("", trace.clone())
                } else {
                    Node::map(trace.clone())
                };
                map.set(name, trace.clone(), made);
            }
            map.get_mut(name).is_some_and(|value| visit(value, rest, make, trace, visit_one))
        }
        _ => false,
    }
}

/// Whether some value is at the path.
pub(in crate::render) fn leads_on(node: &Node, path: &[String]) -> bool {
    any(node, path, &|_| true)
}

/// Whether some value at the path is such.
pub(in crate::render) fn any(node: &Node, path: &[String], is_such: &dyn Fn(&Node) -> bool) -> bool {
    let Some((first, rest)) = path.split_first() else { return is_such(node) };
    let name = first.strip_suffix("[]").unwrap_or(first);
    match node {
        Node::Frozen(frozen, chain) => {
            let is_one = |value: Value<'_>| is_such(&Node::Frozen(frozen.beside(value), chain.clone()));
            any_value(frozen.value(), path, &is_one)
        }
        Node::List(list) => list.items.iter().any(|item| any(item, path, is_such)),
        Node::Map(map) => map.get(name).is_some_and(|value| any(value, rest, is_such)),
        Node::Scalar { .. } => false,
    }
}

/// As [`any`], in a tree that nothing has changed.
fn any_value(value: Value<'_>, path: &[String], is_such: &dyn Fn(Value<'_>) -> bool) -> bool {
    let Some((first, rest)) = path.split_first() else { return is_such(value) };
    match value.kind() {
        Kind::Sequence => value.items().any(|item| any_value(item, path, is_such)),
        Kind::Mapping => {
            let name = first.strip_suffix("[]").unwrap_or(first);
            entry_of(value, name).is_some_and(|value| any_value(value, rest, is_such))
        }
        _ => false,
    }
}
