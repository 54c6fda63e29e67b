//! The cursor that walks a [`Tree`], reading it as Kubernetes does.
//!
//! Aliases are followed and merge keys are applied by the cursor, so that nobody above it needs to know of them. The
//! reading is the lenient one, in which the last of two equal keys wins; that they are equal is the loader's finding.

use std::borrow::Cow;
use std::collections::HashMap;
use std::num::NonZeroU32;

use super::node::{Kind, Node, Style, Tag, Tree};
use super::reference::Written;
use super::scalar::{self, Scalar};
use super::source::Span;

/// A place in a tree.
#[derive(Debug, Clone, Copy)]
pub struct Value<'t> {
    tree: &'t Tree,
    text: &'t str,
    at: u32,
}

/// A key and what it leads to.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'t> {
    /// The key.
    pub key: Value<'t>,
    /// The value.
    pub value: Value<'t>,
}

impl<'t> Entry<'t> {
    /// The key as Kubernetes reads it, as text.
    #[must_use]
    #[inline]
    pub fn name(&self) -> Cow<'t, str> {
        self.key.key_text()
    }

    /// The span of key and value together.
    #[must_use]
    pub fn span(&self) -> Span {
        let (key, value) = (self.key.span(), self.value.span());
        if value.start >= key.start { Span::new(key.file, key.start, value.end.max(key.end)) } else { key }
    }
}

impl<'t> Value<'t> {
    /// The node at index `at` of a tree over `text`.
    #[must_use]
    pub fn new(tree: &'t Tree, text: &'t str, at: u32) -> Self {
        Value { tree, text, at }
    }

    /// The tree it is in.
    #[must_use]
    pub fn tree(self) -> &'t Tree {
        self.tree
    }

    /// The text that the tree was read from.
    #[must_use]
    pub fn source(self) -> &'t str {
        self.text
    }

    /// The node as it is written, an alias not followed.
    #[must_use]
    pub fn written(self) -> &'t Node {
        &self.tree.nodes[self.at as usize]
    }

    /// The index of the node that this value is read from, an alias followed.
    #[must_use]
    #[inline]
    pub fn index(self) -> u32 {
        let node = self.written();
        if node.kind == Kind::Alias { node.a } else { self.at }
    }

    /// The index of the node as it is written; `None` for the root, which is in no collection.
    #[must_use]
    #[inline]
    pub fn place(self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.at)
    }

    /// The node that this value is read from, an alias followed.
    #[must_use]
    #[inline]
    pub fn node(self) -> &'t Node {
        &self.tree.nodes[self.index() as usize]
    }

    /// The value behind an alias, or the value itself.
    #[must_use]
    pub fn target(self) -> Value<'t> {
        Value { at: self.index(), ..self }
    }

    /// What it is: never [`Kind::Alias`].
    #[must_use]
    pub fn kind(self) -> Kind {
        self.node().kind
    }

    /// Whether it has keys.
    #[must_use]
    pub fn is_mapping(self) -> bool {
        self.kind() == Kind::Mapping
    }

    /// Whether it has items.
    #[must_use]
    pub fn is_sequence(self) -> bool {
        self.kind() == Kind::Sequence
    }

    /// Whether it is text, a number, a boolean or null.
    #[must_use]
    pub fn is_scalar(self) -> bool {
        self.kind() == Kind::Scalar
    }

    /// Whether it is null, written or absent.
    #[must_use]
    #[inline]
    pub fn is_null(self) -> bool {
        let node = self.node();
        // Without a tag nothing else is null than `~`, `null` in its spellings, and nothing at all.
        node.kind == Kind::Scalar
            && !node.has(Node::TEXT)
            && (node.b <= 4 || node.tag != Tag::None)
            && self.reads_null()
    }

    fn reads_null(self) -> bool {
        let node = self.node();
        let first = self.text.as_bytes().get(node.a as usize);
        let may_be = node.tag != Tag::None || node.b == 0 || matches!(first, Some(b'~' | b'n' | b'N'));
        may_be && scalar::read(node, self.text) == Scalar::Null
    }

    /// Whether it is a string for which nothing has to be decoded or resolved. Not every such string is known as one.
    #[must_use]
    #[inline]
    pub fn is_plain_text(self) -> bool {
        self.node().has(Node::TEXT)
    }

    /// Whether Kubernetes reads it as a string; a long one is not decoded for that.
    #[must_use]
    pub fn is_string(self) -> bool {
        let node = self.node();
        node.kind == Kind::Scalar && scalar::is_string(node, self.text)
    }

    /// How it is written.
    #[must_use]
    pub fn style(self) -> Style {
        self.node().style
    }

    /// Where it stands: for an alias, the place of the alias.
    #[must_use]
    pub fn span(self) -> Span {
        let node = self.written();
        Span::new(self.tree.file, self.tree.base + node.start, self.tree.base + node.end)
    }

    /// A short span that stands for a collection that has no key of its own, such as a list item: the value of its
    /// `name`, else its first key, else its first byte. A scalar is its own title.
    #[must_use]
    pub fn title_span(self) -> Span {
        if self.is_scalar() || self.written().kind == Kind::Alias {
            return self.span();
        }
        if let Some(name) = self.get("name").filter(|name| name.is_scalar() && !name.is_null()) {
            return name.span();
        }
        let span = self.span();
        match self.entries().next() {
            Some(first) => first.key.span(),
            None => Span::new(span.file, span.start, span.end.min(span.start + 1)),
        }
    }

    /// The text as it is written, quotes included.
    #[must_use]
    pub fn raw(self) -> &'t str {
        let node = self.written();
        &self.text[node.start as usize..node.end as usize]
    }

    /// The scalar as Kubernetes reads it; `None` for a collection.
    #[must_use]
    pub fn scalar(self) -> Option<Scalar<'t>> {
        let node = self.node();
        (node.kind == Kind::Scalar).then(|| scalar::read(node, self.text))
    }

    /// The text of a scalar that Kubernetes reads as a string; `None` for numbers, booleans, null and collections.
    #[must_use]
    #[inline]
    pub fn as_str(self) -> Option<Cow<'t, str>> {
        let node = self.node();
        if node.has(Node::TEXT) {
            let (start, end) = (node.a as usize, (node.a + node.b) as usize);
            return Some(Cow::Borrowed(&self.text[start..end]));
        }
        self.read_str()
    }

    fn read_str(self) -> Option<Cow<'t, str>> {
        match self.scalar()? {
            Scalar::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The scalar as a boolean.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.scalar()? {
            Scalar::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The content of a scalar as text, whatever its type: for messages, and for keys of people's own formats.
    #[must_use]
    pub fn text(self) -> Option<Cow<'t, str>> {
        let node = self.node();
        (node.kind == Kind::Scalar).then(|| scalar::decode(node, self.text))
    }

    /// The text of a mapping key: numbers and booleans become text as `sigs.k8s.io/yaml` makes them.
    #[must_use]
    #[inline]
    pub fn key_text(self) -> Cow<'t, str> {
        let node = self.node();
        if node.has(Node::TEXT) {
            return Cow::Borrowed(&self.text[node.a as usize..(node.a + node.b) as usize]);
        }
        if node.kind == Kind::Scalar { scalar::key_text(node, self.text) } else { Cow::Borrowed("") }
    }

    /// The bytes of [`Value::key_text`], without a look at where characters end.
    #[must_use]
    #[inline]
    pub fn key_bytes(self) -> Cow<'t, [u8]> {
        let node = self.node();
        if node.has(Node::TEXT) {
            return Cow::Borrowed(&self.text.as_bytes()[node.a as usize..(node.a + node.b) as usize]);
        }
        match self.key_text() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }
    }

    /// Whether [`Value::key_text`] is `key`, found out without making text of an ordinary key.
    #[must_use]
    #[inline]
    pub fn is_key(self, key: &str) -> bool {
        let node = self.node();
        if node.has(Node::TEXT) {
            let (start, end) = (node.a as usize, (node.a + node.b) as usize);
            return node.b as usize == key.len() && self.text.as_bytes()[start..end] == *key.as_bytes();
        }
        self.key_text() == key
    }

    /// The keys and values of a mapping, in the order in which they are written, merge keys applied. Empty for
    /// anything else. A key that is written twice comes twice, the one that counts last.
    #[must_use]
    pub fn entries(self) -> Entries<'t> {
        let node = self.node();
        let at = self.index() + 1;
        match node.kind {
            Kind::Mapping if node.has(Node::MERGE) => Entries::Merged(self.merged().into_iter()),
            Kind::Mapping => Entries::Written { at: Value { at, ..self }, end: node.a },
            _ => Entries::Written { at: Value { at, ..self }, end: at },
        }
    }

    /// Calls `look` with the keys and values of [`Value::entries`]: what walks a whole tree is faster this way.
    #[inline]
    pub fn each_entry(self, mut look: impl FnMut(Entry<'t>)) {
        let node = self.node();
        match node.kind {
            Kind::Mapping if node.has(Node::MERGE) => self.merged().into_iter().for_each(look),
            Kind::Mapping => {
                let nodes = &self.tree.nodes[..];
                let mut at = self.index() + 1;
                while at < node.a {
                    let value = nodes[at as usize].next(at);
                    let next = nodes[value as usize].next(value);
                    look(Entry { key: Value { at, ..self }, value: Value { at: value, ..self } });
                    at = next;
                }
            }
            _ => {}
        }
    }

    /// The keys and values as they are written, merge keys among them.
    #[must_use]
    pub fn written_entries(self) -> Entries<'t> {
        let node = self.node();
        let at = self.index() + 1;
        Entries::Written { at: Value { at, ..self }, end: if node.kind == Kind::Mapping { node.a } else { at } }
    }

    /// The items of a sequence; empty for anything else.
    #[must_use]
    pub fn items(self) -> Items<'t> {
        let node = self.node();
        let at = self.index() + 1;
        Items { at: Value { at, ..self }, end: if node.kind == Kind::Sequence { node.a } else { at } }
    }

    /// How many items a sequence has, or entries a mapping as it is written.
    #[must_use]
    pub fn len(self) -> usize {
        let node = self.node();
        match node.kind {
            Kind::Mapping => node.b as usize / 2,
            Kind::Sequence => node.b as usize,
            _ => 0,
        }
    }

    /// Whether a collection has nothing in it; true for scalars.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The entry of that key, the last if it is written twice.
    #[must_use]
    pub fn entry(self, key: &str) -> Option<Entry<'t>> {
        let mut found = None;
        self.each_entry(|entry| {
            if entry.key.is_key(key) {
                found = Some(entry);
            }
        });
        found
    }

    /// The value of that key.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Value<'t>> {
        self.entry(key).map(|entry| entry.value)
    }

    /// The value at the end of a chain of keys.
    #[must_use]
    pub fn at<'k>(self, keys: impl IntoIterator<Item = &'k str>) -> Option<Value<'t>> {
        keys.into_iter().try_fold(self, |value, key| value.get(key))
    }

    /// The value one segment further.
    #[must_use]
    pub fn step(self, segment: &super::path::Segment) -> Option<Value<'t>> {
        match segment {
            super::path::Segment::Key(key) => self.get(key),
            super::path::Segment::Index(index) => self.items().nth(*index),
        }
    }

    /// The mapping with its merge keys applied at the place where they stand: a merge overwrites what is above it and
    /// is overwritten by what is below it; of several mappings in one merge the earlier wins (goyaml v2 `decode.go`).
    fn merged(self) -> Vec<Entry<'t>> {
        let mut merged: Vec<Entry<'t>> = Vec::new();
        let mut known: HashMap<Cow<'t, str>, usize> = HashMap::new();
        let mut open = vec![self.written_entries()];
        while let Some(entries) = open.last_mut() {
            let Some(entry) = entries.next() else {
                open.pop();
                continue;
            };
            if !scalar::is_merge(entry.key.written(), self.text) {
                let at = *known.entry(entry.name()).or_insert(merged.len());
                match merged.get_mut(at) {
                    Some(overridden) => *overridden = entry,
                    None => merged.push(entry),
                }
            } else if entry.value.is_sequence() {
                // The last source is put first, so that an earlier one overwrites it.
                open.extend(entry.value.items().map(Value::written_entries));
            } else {
                open.push(entry.value.written_entries());
            }
        }
        merged
    }
}

impl super::reference::Look for Value<'_> {
    fn get(&self, key: &str) -> Option<Self> {
        Value::get(*self, key)
    }

    fn items(&self) -> Vec<Self> {
        Value::items(*self).collect()
    }

    fn members(&self) -> Vec<(Written, Self)> {
        let member = |entry: Entry<'_>| Written { text: entry.name().into_owned(), span: entry.key.span() };
        self.entries().map(|entry| (member(entry), entry.value)).collect()
    }

    fn word(&self) -> Option<Written> {
        if self.is_null() {
            return None;
        }
        self.text().map(|text| Written { text: text.into_owned(), span: self.span() })
    }
}

/// See [`Value::entries`].
#[derive(Debug, Clone)]
pub enum Entries<'t> {
    /// Straight from the arena.
    Written {
        /// The next key.
        at: Value<'t>,
        /// The index behind the last value.
        end: u32,
    },
    /// After merge keys.
    Merged(std::vec::IntoIter<Entry<'t>>),
}

impl<'t> Iterator for Entries<'t> {
    type Item = Entry<'t>;

    fn next(&mut self) -> Option<Entry<'t>> {
        match self {
            Entries::Written { at, end } => {
                if at.at >= *end {
                    return None;
                }
                let key = *at;
                let value = Value { at: key.written().next(key.at), ..key };
                at.at = value.written().next(value.at);
                Some(Entry { key, value })
            }
            Entries::Merged(entries) => entries.next(),
        }
    }
}

/// See [`Value::items`].
#[derive(Debug, Clone)]
pub struct Items<'t> {
    at: Value<'t>,
    end: u32,
}

impl<'t> Iterator for Items<'t> {
    type Item = Value<'t>;

    fn next(&mut self) -> Option<Value<'t>> {
        if self.at.at >= self.end {
            return None;
        }
        let item = self.at;
        self.at.at = item.written().next(item.at);
        Some(item)
    }
}
