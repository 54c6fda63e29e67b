//! Which parts of its input a program reads: two inputs that agree in these have the same answer.
//!
//! [`reader`] looks at the syntax trees that the engine has, and finds routes, through [`sets`] and [`functions`] too.
//! It leaves out what is not reached with what is [`settled`], and tells apart what is [`told`]; here all is put together.

mod functions;
mod reader;
mod sets;
mod settled;
mod told;

use std::collections::BTreeMap;

use regorus::Value as Rego;
use regorus::unstable::{Module, Ref};

use super::super::memo::Part;
use crate::model::path::Segment;

pub use reader::Settled;

/// A step of a route into an input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Into a field.
    Key(String),
    /// Into each field and each item.
    Each,
}

type Route = Vec<Step>;

/// What the modules of a program read; `None` if that cannot be told, or is everything.
pub fn reads(modules: &[Ref<Module>]) -> Option<Reads> {
    reader::reads(modules, None, None)
}

/// What the answers of a program depend on.
#[derive(Debug)]
pub struct Readings {
    /// Who asks. What is read by one that has something settled is not what is read by another.
    pub(super) asking: usize,
    /// What of an input an answer depends on.
    pub all: Reads,
    /// What it depends on whether a rule says anything, if that is less.
    pub silent: Option<Reads>,
}

impl Readings {
    /// `None` if that cannot be told, or is everything. With something settled, inputs must have it.
    pub fn of(modules: &[Ref<Module>], asking: usize, settled: Option<Settled<'_>>) -> Option<Readings> {
        let all = reader::reads(modules, settled, None)?;
        let silent = reader::reads(modules, settled, Some(&told::Told::of(modules)));
        let silent = silent.filter(|silent| *silent != all);
        Some(Readings { asking, all, silent })
    }
}

/// What is read of an input.
#[derive(Debug, PartialEq)]
pub struct Reads(Node);

/// What is read of a value: at least whether it is there, and of what kind it is.
#[derive(Debug, Clone, Default, PartialEq)]
struct Node {
    whole: bool,
    /// What is read of every field or item, which then count with their names.
    each: Option<Box<Node>>,
    /// What is read of the fields of these names: of them nothing else.
    keys: BTreeMap<String, Node>,
}

/// Most parts that are told apart.
const MOST: usize = 20_000;

impl Reads {
    /// `None` for everything, and for more than can be told apart.
    fn of(whole: &[Route], types: &[Route]) -> Option<Reads> {
        let mut root = Node::default();
        whole.iter().for_each(|route| root.at(route).whole = true);
        types.iter().for_each(|route| _ = root.at(route));
        let mut room = MOST;
        (!root.whole && root.settle(&mut room)).then_some(Reads(root))
    }

    /// What the program reads of an input, in an order that tells where it stands.
    pub fn parts(&self, input: &Rego) -> Vec<Part> {
        let mut parts = Vec::new();
        self.0.parts(input, &mut parts);
        parts
    }

    /// Whether it can make a difference to the program that what is at the end of a path is taken away. The path begins
    /// at the end of a `route` into the input.
    pub fn matters(&self, path: &[Segment], route: &[&str]) -> bool {
        let mut at = &self.0;
        let keys = route.iter().copied().map(Some);
        let segments = path.iter().map(|segment| match segment {
            Segment::Key(key) => Some(&**key),
            Segment::Index(_) => None,
        });
        for step in keys.chain(segments) {
            let inner = match step {
                Some(key) => at.key(key),
                None => at.each.as_deref(),
            };
            match inner {
                Some(inner) if !at.whole => at = inner,
                _ => return at.whole,
            }
        }
        true
    }

    /// Every route to the end, `*` for each; of what ends in `?` only whether it is there, and as what.
    #[cfg(test)]
    pub fn routes(&self) -> Vec<String> {
        let mut routes = Vec::new();
        self.0.routes("", &mut routes);
        routes
    }

    /// An input with nothing in it but what is read.
    #[cfg(test)]
    pub fn pruned(&self, input: &Rego) -> Rego {
        self.0.pruned(input)
    }
}

impl Node {
    /// The node at the end of a route.
    fn at(&mut self, route: &[Step]) -> &mut Node {
        route.iter().fold(self, |at, step| match step {
            Step::Key(key) => at.keys.entry(key.clone()).or_default(),
            Step::Each => at.each.get_or_insert_default(),
        })
    }

    /// What is read of a field.
    fn key(&self, key: &str) -> Option<&Node> {
        self.keys.get(key).or(self.each.as_deref())
    }

    /// Lets what is read of each field count for those that are named. `false` when there is no `room` left.
    fn settle(&mut self, room: &mut usize) -> bool {
        if *room == 0 {
            return false;
        }
        *room -= 1;
        if self.whole {
            (self.each, self.keys) = (None, BTreeMap::new());
        }
        if let Some(each) = &self.each
            && !self.keys.values_mut().all(|node| node.add(each, room))
        {
            return false;
        }
        self.each.as_mut().is_none_or(|each| each.settle(room)) && self.keys.values_mut().all(|node| node.settle(room))
    }

    /// Adds what is read by another account. `false` when there is no `room` left.
    fn add(&mut self, other: &Node, room: &mut usize) -> bool {
        if *room == 0 {
            return false;
        }
        *room -= 1;
        self.whole |= other.whole;
        let each = other.each.as_ref().is_none_or(|each| self.each.get_or_insert_default().add(each, room));
        each && other.keys.iter().all(|(key, node)| self.keys.entry(key.clone()).or_default().add(node, room))
    }

    fn parts(&self, value: &Rego, parts: &mut Vec<Part>) {
        match (value, &self.each) {
            (Rego::Object(fields), Some(each)) if !self.whole => {
                parts.push(Part::Fields(fields.len()));
                for (key, value) in fields.iter_sorted() {
                    parts.push(Part::Value(key.clone()));
                    let named = key.as_string().ok().and_then(|key| self.keys.get(&**key));
                    named.unwrap_or(each).parts(value, parts);
                }
            }
            (Rego::Object(_), None) if !self.whole => {
                parts.push(Part::Object);
                self.keys.iter().for_each(|(key, node)| node.parts(&value[key.as_str()], parts));
            }
            (Rego::Array(items), Some(each)) if !self.whole => {
                parts.push(Part::Items(items.len()));
                items.iter().for_each(|item| each.parts(item, parts));
            }
            (Rego::Array(_), None) if !self.whole => parts.push(Part::List),
            _ if self.whole => parts.push(Part::Value(value.clone())),
            _ => parts.push(Part::Value(kind(value))),
        }
    }

    #[cfg(test)]
    fn routes(&self, way: &str, routes: &mut Vec<String>) {
        let named = self.keys.iter().map(|(key, node)| (key.as_str(), node));
        for (name, node) in named.chain(self.each.iter().map(|each| ("*", &**each))) {
            let way = if way.is_empty() { name.to_owned() } else { format!("{way}.{name}") };
            match node {
                Node { whole: true, .. } => routes.push(way),
                Node { each: None, keys, .. } if keys.is_empty() => routes.push(way + "?"),
                node => node.routes(&way, routes),
            }
        }
    }

    #[cfg(test)]
    fn pruned(&self, value: &Rego) -> Rego {
        let inner = |key: &Rego| key.as_string().ok().and_then(|key| self.key(key));
        match value {
            Rego::Object(fields) if !self.whole => {
                let read = fields.iter().filter_map(|(key, value)| Some((key.clone(), inner(key)?.pruned(value))));
                Rego::from(read.collect::<regorus::value::Object>())
            }
            Rego::Array(items) if !self.whole => {
                let read = items.iter().filter_map(|item| Some(self.each.as_ref()?.pruned(item)));
                Rego::from(read.collect::<regorus::value::Array>())
            }
            value if self.whole => value.clone(),
            value => kind(value),
        }
    }
}

/// A scalar with nothing left of it but what there is to see without reading it. An empty message is none.
fn kind(value: &Rego) -> Rego {
    match value {
        Rego::String(text) if !text.trim().is_empty() => Rego::from("a"),
        Rego::String(_) => Rego::from(""),
        Rego::Number(_) => Rego::from(1_i64),
        value => value.clone(),
    }
}

/// An engine with a policy in v0 and a library, as tests ask about.
#[cfg(test)]
fn loaded(policy: &str) -> regorus::Engine {
    let mut engine = super::engine::blank();
    super::engine::add(&mut engine, "p", &format!("package a\n\n{policy}\n"), true).expect("the policy of a test");
    let library = "package lib.l\n\nupdates(r) { r.operation == \"UPDATE\" }\n\nsame(x) = x\n\n\
                   all[x] { x := input.all[_] }\n\nother = 1\n";
    super::engine::add(&mut engine, "l", library, true).expect("the policy of a test");
    engine
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::path::Path;

    fn json(text: &str) -> Rego {
        Rego::from_json_str(text).unwrap()
    }

    /// `a.*.b` is a route.
    fn reads(whole: &[&str], types: &[&str]) -> Reads {
        let step = |step: &str| if step == "*" { Step::Each } else { Step::Key(step.to_owned()) };
        let routes =
            |all: &[&str]| all.iter().map(|route| route.split('.').map(step).collect()).collect::<Vec<Route>>();
        Reads::of(&routes(whole), &routes(types)).unwrap()
    }

    #[test]
    fn inputs_with_the_same_parts_are_read_alike() {
        let are_same = |one: &[Part], other: &[Part]| {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.is(other))
        };
        let reads = reads(&["a.*.b", "a.x.c", "d"], &["e"]);
        for (one, other, alike) in [
            (r#"{"a": {"y": {"b": 1, "c": 2}}}"#, r#"{"a": {"y": {"b": 1, "c": 3}}, "z": 1}"#, true),
            (r#"{"a": {"x": {"b": 1, "c": 2}}}"#, r#"{"a": {"x": {"b": 1, "c": 3}}}"#, false),
            (r#"{"a": {"y": {"b": 1}}}"#, r#"{"a": {"z": {"b": 1}}}"#, false),
            (r#"{"a": [{"b": 1, "c": 2}]}"#, r#"{"a": [{"b": 1}]}"#, true),
            (r#"{"a": [{"b": 1}, {}]}"#, r#"{"a": [{"b": 1}]}"#, false),
            (r#"{"a": [{"b": 1}, {}]}"#, r#"{"a": [{"b": [1, {}]}]}"#, false),
            (r#"{"a": [1]}"#, r#"{"a": [2]}"#, true),
            (r#"{"a": [1]}"#, r#"{"a": [{}]}"#, false),
            (r#"{"d": {"a": 1}}"#, r#"{"d": {"a": 2}}"#, false),
            (r#"{"e": {"a": 1}}"#, r#"{"e": {"b": 2}}"#, true),
            (r#"{"e": {}}"#, r#"{"e": []}"#, false),
            (r#"{"e": [1]}"#, r#"{"e": [2, 3]}"#, true),
            (r#"{"e": 1}"#, r#"{"e": 2}"#, true),
            (r#"{"e": "a"}"#, r#"{"e": "b"}"#, true),
            (r#"{"e": "a"}"#, r#"{"e": " "}"#, false),
            (r#"{"e": true}"#, r#"{"e": false}"#, false),
            (r#"{"e": 1}"#, r#"{"e": "1"}"#, false),
            (r#"{"e": null}"#, "{}", false),
        ] {
            assert_eq!(are_same(&reads.parts(&json(one)), &reads.parts(&json(other))), alike, "{one} {other}");
            if alike {
                assert_eq!(reads.pruned(&json(one)), reads.pruned(&json(other)), "{one} {other}");
            }
        }
    }

    #[test]
    fn what_is_not_read_does_not_matter() {
        let reads = reads(&["r.a.*.b", "r.a.x.c", "r.d"], &["e"]);
        let index = || Segment::Index(1);
        for (route, matters) in [
            (vec!["a".into(), index()], true),
            (vec!["a".into(), index(), "b".into()], true),
            (vec!["a".into(), index(), "b".into(), "z".into()], true),
            (vec!["a".into(), index(), "c".into()], false),
            (vec!["a".into(), "x".into(), "c".into()], true),
            (vec!["a".into(), "x".into(), "b".into()], true),
            (vec!["d".into(), index()], true),
            (vec!["z".into()], false),
            (Vec::new(), true),
        ] {
            assert_eq!(reads.matters(&route, &["r"]), matters, "{}", Path(route));
        }
        assert!(!reads.matters(&[], &["s"]));
        assert!(reads.matters(&[], &["e"]) && !reads.matters(&["z".into()], &["e"]));
    }
}
