//! The tree that a build works on: shared where nothing has changed it, and every key and scalar with its origin.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::model::node::Kind;
use crate::model::origin::{Origin, Role};
use crate::model::reference::{Look, Written};
use crate::model::scalar::{self, Scalar};
use crate::model::source::{FileId, Span};
use crate::model::value::Value;

use super::source::Frozen;

/// What led to a value, the nearest step first.
pub(in crate::render) type Chain = Option<Arc<Link>>;

/// A step of a [`Chain`].
#[derive(Debug, PartialEq, Eq, Hash)]
pub(in crate::render) struct Link {
    /// The step.
    pub origin: Origin,
    /// The steps before it.
    pub next: Chain,
}

/// Where a value was written, and what led to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::render) struct Trace {
    /// The text that a person would edit.
    pub span: Span,
    /// Selected by, overriding, renamed by.
    pub chain: Chain,
}

impl Trace {
    /// Written there, and nothing else.
    pub fn at(span: Span) -> Self {
        Trace { span, chain: None }
    }

    /// With one more step.
    pub fn and(self, role: Role, span: Span) -> Self {
        Trace { chain: Some(Arc::new(Link { origin: Origin { role, span }, next: self.chain })), ..self }
    }

    /// The steps, the nearest first.
    pub fn links(&self) -> impl Iterator<Item = Origin> + '_ {
        std::iter::successors(self.chain.as_deref(), |link| link.next.as_deref()).map(|link| link.origin)
    }
}

/// A value.
#[derive(Debug, Clone)]
pub(in crate::render) enum Node {
    /// As it stands in a source, with the steps that brought it here.
    Frozen(Frozen, Chain),
    /// Text, or a number, boolean or null if it is no `string`. What is `free` has the type that its text has by itself,
    /// also when another one is put in its place.
    Scalar { text: Arc<str>, string: bool, free: bool, trace: Trace },
    /// Keys and values.
    Map(Arc<Map>),
    /// Items.
    List(Arc<List>),
}

/// A mapping.
#[derive(Debug, Clone)]
pub(in crate::render) struct Map {
    pub entries: Vec<Entry>,
    pub trace: Trace,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(in crate::render) struct Entry {
    pub key: Arc<str>,
    pub trace: Trace,
    pub value: Node,
}

/// A sequence.
#[derive(Debug, Clone)]
pub(in crate::render) struct List {
    pub items: Vec<Node>,
    pub trace: Trace,
}

impl Node {
    /// A string.
    pub fn string(text: impl Into<Arc<str>>, trace: Trace) -> Node {
        Node::Scalar { text: text.into(), string: true, free: false, trace }
    }

    /// A number or boolean, as it is written.
    pub fn plain(text: impl Into<Arc<str>>, trace: Trace) -> Node {
        Node::Scalar { text: text.into(), string: false, free: false, trace }
    }

    /// What the text is if it is written without quotes.
    pub fn free(text: impl Into<Arc<str>>, trace: Trace) -> Node {
        let text = text.into();
        Node::Scalar { string: text.is_empty() || scalar::is_unquoted_string(&text), text, free: true, trace }
    }

    /// A mapping without entries.
    pub fn map(trace: Trace) -> Node {
        Node::Map(Arc::new(Map { entries: Vec::new(), trace }))
    }

    /// A sequence.
    pub fn list(items: Vec<Node>, trace: Trace) -> Node {
        Node::List(Arc::new(List { items, trace }))
    }

    /// Stands in the place of what was given up.
    pub fn nothing() -> Node {
        Node::list(Vec::new(), Trace::at(Span::top(FileId(0))))
    }

    /// What it is; never an alias.
    pub fn kind(&self) -> Kind {
        match self {
            Node::Frozen(frozen, _) => frozen.value().kind(),
            Node::Scalar { .. } => Kind::Scalar,
            Node::Map(_) => Kind::Mapping,
            Node::List(_) => Kind::Sequence,
        }
    }

    pub fn is_map(&self) -> bool {
        self.kind() == Kind::Mapping
    }

    pub fn is_list(&self) -> bool {
        self.kind() == Kind::Sequence
    }

    pub fn is_null(&self) -> bool {
        match self {
            Node::Frozen(frozen, _) => frozen.value().is_null(),
            Node::Scalar { text, string, .. } => !string && matches!(&**text, "" | "null" | "~"),
            _ => false,
        }
    }

    /// Whether it is a null that is not even written.
    pub fn is_absent(&self) -> bool {
        match self {
            Node::Frozen(frozen, _) => frozen.value().node().b == 0 && frozen.value().is_null(),
            Node::Scalar { text, string, .. } => !string && text.is_empty(),
            _ => false,
        }
    }

    /// Whether it is null or a collection with nothing in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Node::Frozen(frozen, _) => {
                let value = frozen.value();
                value.is_null() || (!value.is_scalar() && value.is_empty())
            }
            Node::Scalar { .. } => self.is_null(),
            Node::Map(map) => map.entries.is_empty(),
            Node::List(list) => list.items.is_empty(),
        }
    }

    /// The text of a scalar, whatever its type.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Node::Frozen(frozen, _) => frozen.text(),
            Node::Scalar { text, .. } => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }

    /// As [`Node::text`], for a node that does not last.
    pub fn text_owned(&self) -> Option<Cow<'static, str>> {
        self.text().map(|text| Cow::Owned(text.into_owned()))
    }

    /// Whether it is a scalar that kustomize reads as a string. YAML 1.1's further booleans are strings to it (goyaml
    /// v3, `resolve.go`).
    pub fn is_string(&self) -> bool {
        match self {
            Node::Frozen(frozen, _) => is_string(frozen.value()),
            Node::Scalar { string, .. } => *string,
            _ => false,
        }
    }

    /// See [`Node::free`].
    pub fn is_free(&self) -> bool {
        matches!(self, Node::Scalar { free: true, .. })
    }

    /// Where it was written, and what led to it.
    pub fn trace(&self) -> Trace {
        match self {
            Node::Frozen(frozen, chain) => Trace { span: frozen.span(), chain: chain.clone() },
            Node::Scalar { trace, .. } => trace.clone(),
            Node::Map(map) => map.trace.clone(),
            Node::List(list) => list.trace.clone(),
        }
    }

    /// The same with one more step.
    pub fn and(self, role: Role, span: Span) -> Node {
        let link = |chain: Chain| Some(Arc::new(Link { origin: Origin { role, span }, next: chain }));
        match self {
            Node::Frozen(frozen, chain) => Node::Frozen(frozen, link(chain)),
            Node::Scalar { text, string, free, trace } => {
                Node::Scalar { text, string, free, trace: trace.and(role, span) }
            }
            Node::Map(map) => {
                let map = Arc::unwrap_or_clone(map);
                let entries = map.entries.into_iter().map(|entry| Entry {
                    trace: entry.trace.and(role, span),
                    value: entry.value.and(role, span),
                    ..entry
                });
                Node::Map(Arc::new(Map { entries: entries.collect(), trace: map.trace.and(role, span) }))
            }
            Node::List(list) => {
                let list = Arc::unwrap_or_clone(list);
                let items = list.items.into_iter().map(|item| item.and(role, span)).collect();
                Node::List(Arc::new(List { items, trace: list.trace.and(role, span) }))
            }
        }
    }

    /// Whether there are more nodes in it than that.
    pub fn weighs_more_than(&self, limit: usize) -> bool {
        let (mut open, mut seen) = (vec![self.clone()], 0);
        while let Some(node) = open.pop() {
            seen += 1;
            if seen > limit {
                return true;
            }
            open.extend(node.items().into_iter().take(limit));
            open.extend(node.entries().into_iter().take(limit).map(|entry| entry.value));
        }
        false
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<Node> {
        match self {
            Node::Frozen(frozen, chain) => {
                Some(Node::Frozen(frozen.beside(entry_of(frozen.value(), key)?), chain.clone()))
            }
            Node::Map(map) => map.get(key).cloned(),
            _ => None,
        }
    }

    /// The value at the end of a chain of keys.
    pub fn at(&self, keys: &[&str]) -> Option<Node> {
        match self {
            Node::Frozen(frozen, chain) => {
                let value = keys.iter().try_fold(frozen.value(), |value, key| entry_of(value, key))?;
                Some(Node::Frozen(frozen.beside(value), chain.clone()))
            }
            Node::Map(map) => {
                let (first, rest) = keys.split_first()?;
                let value = map.get(first)?;
                if rest.is_empty() { Some(value.clone()) } else { value.at(rest) }
            }
            _ => None,
        }
    }

    /// The text at the end of a chain of keys.
    pub fn text_at(&self, keys: &[&str]) -> Option<String> {
        self.at(keys)?.text().map(Cow::into_owned)
    }

    /// The items of a sequence.
    pub fn items(&self) -> Vec<Node> {
        match self {
            Node::Frozen(frozen, chain) => {
                frozen.value().items().map(|item| Node::Frozen(frozen.beside(item), chain.clone())).collect()
            }
            Node::List(list) => list.items.clone(),
            _ => Vec::new(),
        }
    }

    /// The keys and values of a mapping.
    pub fn entries(&self) -> Vec<Entry> {
        match self {
            Node::Frozen(..) => {
                let mut own = self.clone();
                own.map_mut().map(|map| map.entries.clone()).unwrap_or_default()
            }
            Node::Map(map) => map.entries.clone(),
            _ => Vec::new(),
        }
    }

    /// The mapping, to be changed; `None` if it is none.
    pub fn map_mut(&mut self) -> Option<&mut Map> {
        if let Node::Frozen(frozen, chain) = self
            && frozen.value().is_mapping()
        {
            let entries = Vec::with_capacity(frozen.value().len());
            let mut map = Map { entries, trace: Trace { span: frozen.span(), chain: chain.clone() } };
            for entry in frozen.value().entries() {
                let span = frozen.source.span(entry.key.written());
                let key = written_key(entry.key);
                let value = Node::Frozen(frozen.beside(entry.value), chain.clone());
                let trace = Trace { span, chain: chain.clone() };
                // The last of two equal keys wins.
                if map.entries.iter().any(|known| *known.key == *key) {
                    map.entries.retain(|known| *known.key != *key);
                }
                map.entries.push(Entry { key: key.into(), trace, value });
            }
            *self = Node::Map(Arc::new(map));
        }
        match self {
            Node::Map(map) => Some(Arc::make_mut(map)),
            _ => None,
        }
    }

    /// The sequence, to be changed; `None` if it is none.
    pub fn list_mut(&mut self) -> Option<&mut List> {
        if let Node::Frozen(frozen, chain) = self
            && frozen.value().is_sequence()
        {
            let items = frozen.value().items().map(|item| Node::Frozen(frozen.beside(item), chain.clone())).collect();
            let trace = Trace { span: frozen.span(), chain: chain.clone() };
            *self = Node::List(Arc::new(List { items, trace }));
        }
        match self {
            Node::List(list) => Some(Arc::make_mut(list)),
            _ => None,
        }
    }
}

/// By what it is made of: two that are equal are written alike, with the same origins. Stretches of sources that nothing
/// has changed are told apart by their place in memory, so that the sources have to live as long as the hash is used.
impl Hash for Node {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Node::Frozen(frozen, chain) => (frozen.place(), chain).hash(state),
            Node::Scalar { text, string, free, trace } => (text, string, free, trace).hash(state),
            Node::Map(map) => {
                (map.entries.len(), &map.trace).hash(state);
                map.entries.iter().for_each(|entry| (&entry.key, &entry.trace, &entry.value).hash(state));
            }
            Node::List(list) => (&list.items, &list.trace).hash(state),
        }
    }
}

impl Look for Node {
    fn get(&self, key: &str) -> Option<Self> {
        Node::get(self, key)
    }

    fn items(&self) -> Vec<Self> {
        Node::items(self)
    }

    fn members(&self) -> Vec<(Written, Self)> {
        let member = |entry: Entry| (Written { text: entry.key.to_string(), span: entry.trace.span }, entry.value);
        self.entries().into_iter().map(member).collect()
    }

    fn word(&self) -> Option<Written> {
        let text = self.text().filter(|_| !self.is_null())?.into_owned();
        Some(Written { text, span: self.trace().span })
    }
}

impl Map {
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|entry| *entry.key == *key).map(|entry| &entry.value)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|entry| *entry.key == *key).map(|entry| &mut entry.value)
    }

    /// Sets a value; `trace` is that of the key if it is new.
    pub fn set(&mut self, key: &str, trace: Trace, value: Node) {
        match self.get_mut(key) {
            Some(old) => *old = value,
            None => self.entries.push(Entry { key: key.into(), trace, value }),
        }
    }

    pub fn remove(&mut self, key: &str) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| *entry.key == *key)?;
        Some(self.entries.remove(at))
    }
}

/// The value of a key, by its text as it is written.
pub(super) fn entry_of<'t>(value: Value<'t>, key: &str) -> Option<Value<'t>> {
    let mut found = None;
    value.each_entry(|entry| {
        if is_written_key(entry.key, key) {
            found = Some(entry.value);
        }
    });
    found
}

/// Whether [`written_key`] is that text.
fn is_written_key(key: Value<'_>, text: &str) -> bool {
    let node = key.node();
    if node.has(crate::model::node::Node::TEXT) { key.is_key(text) } else { written_key(key) == text }
}

/// See [`Node::is_string`].
pub(super) fn is_string(value: Value<'_>) -> bool {
    value.is_string()
        || (matches!(value.scalar(), Some(Scalar::Bool(_)))
            && value.text().is_some_and(|text| !is_true_or_false(&text)))
}

/// The text of a key as it is written: numbers and YAML 1.1's booleans keep their spelling.
pub(super) fn written_key(key: Value<'_>) -> Cow<'_, str> {
    let node = key.node();
    if scalar::is_text(node, key.source()) { key.key_text() } else { key.text().unwrap_or_default() }
}

/// The spellings of booleans that YAML 1.2 knows as well.
pub(super) fn is_true_or_false(text: &str) -> bool {
    matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
}
