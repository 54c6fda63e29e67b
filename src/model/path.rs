//! Routes into a tree. Rules speak in paths; [`Path::locate`] turns one into a span, and a missing field into the span
//! of its nearest parent key. Nothing else does.

use std::fmt;

use super::source::Span;
use super::value::Value;

/// One step of a route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Into a mapping, by the key as Kubernetes reads it.
    Key(Box<str>),
    /// Into a sequence, from 0.
    Index(usize),
}

impl From<&str> for Segment {
    fn from(key: &str) -> Self {
        Segment::Key(key.into())
    }
}

impl From<usize> for Segment {
    fn from(index: usize) -> Self {
        Segment::Index(index)
    }
}

/// A route from the root of a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path(pub Vec<Segment>);

impl Path {
    /// The route that `keys` name, without indexes: `Path::of(["spec", "replicas"])`.
    pub fn of<'k>(keys: impl IntoIterator<Item = &'k str>) -> Self {
        Path(keys.into_iter().map(Segment::from).collect())
    }

    /// The JSON pointer (RFC 6901): `/spec/containers/0`.
    #[must_use]
    pub fn pointer(&self) -> String {
        let mut text = String::new();
        for segment in &self.0 {
            text.push('/');
            match segment {
                Segment::Key(key) => text.push_str(&key.replace('~', "~0").replace('/', "~1")),
                Segment::Index(index) => text.push_str(&index.to_string()),
            }
        }
        text
    }

    /// The route with the first item in place of every other: the same for all items of a list.
    #[must_use]
    pub fn without_positions(&self) -> Path {
        let fixed = self.0.iter().map(|segment| match segment {
            Segment::Index(_) => Segment::Index(0),
            key => key.clone(),
        });
        Path(fixed.collect())
    }

    /// The route of a JSON pointer. Segments that are numbers become indexes only where `root` has a sequence.
    #[must_use]
    pub fn from_pointer(pointer: &str, root: Value<'_>) -> Option<Path> {
        let mut segments = Vec::new();
        let mut at = Some(root);
        for part in pointer.strip_prefix('/').map(|rest| rest.split('/')).into_iter().flatten() {
            let key = part.replace("~1", "/").replace("~0", "~");
            let segment = match at.filter(|value| value.is_sequence()).and(key.parse().ok()) {
                Some(index) => Segment::Index(index),
                None => Segment::from(key.as_str()),
            };
            at = at.and_then(|value| value.step(&segment));
            segments.push(segment);
        }
        (pointer.is_empty() || pointer.starts_with('/')).then_some(Path(segments))
    }

    /// Where the route leads, or as far as it leads.
    #[must_use]
    pub fn locate<'t>(&self, root: Value<'t>) -> Place<'t> {
        let mut place = Place { value: root, key: None, depth: 0 };
        for segment in &self.0 {
            let (key, value) = match segment {
                Segment::Key(key) => match place.value.entry(key) {
                    Some(entry) => (Some(entry.key), entry.value),
                    None => break,
                },
                Segment::Index(index) => match place.value.items().nth(*index) {
                    Some(item) => (None, item),
                    None => break,
                },
            };
            place = Place { value, key, depth: place.depth + 1 };
        }
        place
    }

    /// The span a finding about this route points at. A present scalar is its value; a present mapping or sequence is
    /// its key; something missing is the key of the nearest ancestor that is there.
    #[must_use]
    pub fn span(&self, root: Value<'_>) -> Span {
        let place = self.locate(root);
        if place.depth == self.0.len() { place.span() } else { place.anchor(root) }
    }
}

/// How far a [`Path`] led.
#[derive(Debug, Clone, Copy)]
pub struct Place<'t> {
    /// The last value on the way.
    pub value: Value<'t>,
    /// Its key, where it is in a mapping.
    pub key: Option<Value<'t>>,
    /// How many segments were found.
    pub depth: usize,
}

impl<'t> Place<'t> {
    /// The shortest span a person would edit: a scalar itself, else the key that holds the collection, else the
    /// first key of it (a list item has no key of its own).
    #[must_use]
    pub fn span(&self) -> Span {
        if self.value.is_scalar() {
            let span = self.value.span();
            if span.start != span.end {
                return span;
            }
        }
        self.key_span()
    }

    /// The key that leads here; in a list item the key of its `name`, or its first key.
    #[must_use]
    pub fn key_span(&self) -> Span {
        match self.key {
            Some(key) => key.span(),
            None => self.value.title_span(),
        }
    }

    /// The span for something missing below this place.
    fn anchor(&self, root: Value<'t>) -> Span {
        if self.depth == 0 {
            return root.entry("kind").map_or_else(|| root.title_span(), |kind| kind.value.span());
        }
        self.key_span()
    }
}

impl fmt::Display for Path {
    /// The spelling of messages: `spec.containers[0].image`; keys that are no plain words are quoted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if is_word(key) => {
                    if at > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(key)?;
                }
                Segment::Key(key) => write!(f, "[\"{key}\"]")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

fn is_word(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$'))
}

/// A route that is being walked: a linked list on the stack, turned into a [`Path`] only when something is found.
#[derive(Debug, Clone, Copy)]
pub enum Trail<'p> {
    /// The root of the resource.
    Root,
    /// Below a mapping.
    Key(&'p Trail<'p>, &'p str),
    /// Below a mapping, by a key of it.
    Entry(&'p Trail<'p>, Value<'p>),
    /// Below a sequence.
    Index(&'p Trail<'p>, usize),
}

impl<'p> Trail<'p> {
    /// The route so far and the given key.
    #[must_use]
    pub fn key(&'p self, key: &'p str) -> Trail<'p> {
        Trail::Key(self, key)
    }

    /// The route so far and a key of the mapping there, whose text nobody may ask for.
    #[must_use]
    pub fn entry(&'p self, key: Value<'p>) -> Trail<'p> {
        Trail::Entry(self, key)
    }

    /// The route so far and the given index.
    #[must_use]
    pub fn index(&'p self, index: usize) -> Trail<'p> {
        Trail::Index(self, index)
    }

    /// The route as a value of its own.
    #[must_use]
    pub fn path(&self) -> Path {
        let mut segments = Vec::new();
        let mut at = self;
        loop {
            match at {
                Trail::Root => break,
                Trail::Key(parent, key) => {
                    segments.push(Segment::from(*key));
                    at = parent;
                }
                Trail::Entry(parent, key) => {
                    segments.push(Segment::from(&*key.key_text()));
                    at = parent;
                }
                Trail::Index(parent, index) => {
                    segments.push(Segment::Index(*index));
                    at = parent;
                }
            }
        }
        segments.reverse();
        Path(segments)
    }
}
