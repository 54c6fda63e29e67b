//! The settled object against what its definition asks for beyond types and fields.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::check::wording::is_placeholder;
use crate::model::path::{Path, Segment};
use crate::model::source::Span;

use super::limits::Judgement;
use super::{Asks, Limit, List, embedded, lists};

/// Deeper than any manifest.
const DEPTH: usize = 200;

/// What is wrong, and where.
#[derive(Debug)]
pub(in super::super) struct Fault {
    pub(in super::super) path: Path,
    pub(in super::super) what: What,
    /// The server leaves out the rules in CEL because of it.
    pub(in super::super) blocks: bool,
    /// How much of the path leads to the node that asks for it; `None` if the server asks for it even where nothing has
    /// changed.
    pub(in super::super) node: Option<usize>,
}

/// What is wrong.
#[derive(Debug)]
pub(in super::super) enum What {
    /// Not one of these values.
    Enum(Vec<String>),
    /// The same as an earlier item of the list, in these keys; in all of it if there are none.
    Repeated { first: usize, keys: Vec<String> },
    /// A rule in CEL, its message, and where it stands; if it compares with what was, that, where it is one word.
    Rule { text: String, message: Option<String>, span: Option<Span>, was: Option<Option<String>> },
    /// Anything else, as a phrase that follows the name of the field: "must be at least 1".
    Phrase(String),
}

/// What came out.
#[derive(Debug, Default)]
pub(in super::super) struct Outcome {
    pub(in super::super) faults: Vec<Fault>,
    /// What could not be judged, and why.
    pub(in super::super) left_out: BTreeSet<String>,
}

/// Checks a settled object. `minor` is the version of Kubernetes.
pub(in super::super) fn conform(object: &Json, asks: &Asks, minor: u16, encrypted: bool) -> Outcome {
    let mut check = Check { minor, encrypted, trail: Vec::new(), outcome: Outcome::default() };
    check.value(object, asks);
    check.outcome
}

struct Check {
    minor: u16,
    /// Texts that begin with `ENC[` are of SOPS, and become something else.
    encrypted: bool,
    trail: Vec<Segment>,
    outcome: Outcome,
}

impl Check {
    fn value(&mut self, value: &Json, asks: &Asks) {
        if self.trail.len() > DEPTH || self.is_unfinished(value) {
            return;
        }
        for limit in &asks.limits {
            match limit.judge(value, self.minor) {
                Judgement::Kept => {}
                Judgement::Unknown(why) => drop(self.outcome.left_out.insert(why)),
                Judgement::Broken => {
                    let what = match limit {
                        Limit::Enum(options) => What::Enum(options.iter().map(plain).collect()),
                        limit => What::Phrase(limit.phrase()),
                    };
                    self.fault(&[], what, limit.blocks(), Some(self.trail.len()));
                }
            }
        }
        self.alternatives(value, asks);
        match value {
            Json::Object(members) => {
                if asks.embedded {
                    for (keys, phrase) in embedded::faults(members) {
                        self.fault(&keys, What::Phrase(phrase), false, None);
                    }
                }
                for (name, member) in members {
                    if let Some(below) = asks.property(name).or(asks.additional.as_deref()) {
                        self.trail.push(Segment::from(name.as_str()));
                        self.value(member, below);
                        self.trail.pop();
                    }
                }
            }
            Json::Array(items) => {
                for (at, first) in lists::repeated(&asks.list, items) {
                    if self.is_unfinished(&items[at]) {
                        continue;
                    }
                    let keys = if let List::Map(keys) = &asks.list { keys.clone() } else { Vec::new() };
                    self.trail.push(Segment::Index(at));
                    self.fault(&[], What::Repeated { first, keys }, false, None);
                    self.trail.pop();
                }
                for (at, item) in items.iter().enumerate() {
                    if let Some(below) = &asks.items {
                        self.trail.push(Segment::Index(at));
                        self.value(item, below);
                        self.trail.pop();
                    }
                }
            }
            _ => {}
        }
    }

    fn alternatives(&mut self, value: &Json, asks: &Asks) {
        let Some(alternatives) = &asks.alternatives else { return };
        match alternatives.faults(value) {
            None => {
                let place = Path(self.trail.clone());
                let why = format!("the alternatives (`oneOf` and the like) at `{place}` cannot be read");
                self.outcome.left_out.insert(why);
            }
            Some(faults) if !faults.is_empty() && !self.has_unfinished(value) => {
                for (pointer, phrase) in faults {
                    let depth = self.trail.len();
                    self.descend(&pointer, value);
                    self.fault(&[], What::Phrase(phrase), false, Some(depth));
                    self.trail.truncate(depth);
                }
            }
            Some(_) => {}
        }
    }

    /// Follows a JSON pointer below the present value.
    fn descend(&mut self, pointer: &str, value: &Json) {
        let mut at = Some(value);
        for part in pointer.split('/').skip(1) {
            let key = part.replace("~1", "/").replace("~0", "~");
            let segment = match (at, key.parse()) {
                (Some(Json::Array(_)), Ok(index)) => Segment::Index(index),
                _ => Segment::from(key.as_str()),
            };
            at = at.and_then(|value| match &segment {
                Segment::Index(index) => value.get(index),
                Segment::Key(key) => value.get(&**key),
            });
            self.trail.push(segment);
        }
    }

    fn fault(&mut self, below: &[&str], what: What, blocks: bool, node: Option<usize>) {
        let path = Path(self.trail.iter().cloned().chain(below.iter().map(|key| Segment::from(*key))).collect());
        self.outcome.faults.push(Fault { path, what, blocks, node });
    }

    fn is_unfinished(&self, value: &Json) -> bool {
        value.as_str().is_some_and(|text| is_placeholder(text) || (self.encrypted && text.starts_with("ENC[")))
    }

    fn has_unfinished(&self, value: &Json) -> bool {
        match value {
            Json::Array(items) => items.iter().any(|item| self.has_unfinished(item)),
            Json::Object(members) => members.values().any(|member| self.has_unfinished(member)),
            other => self.is_unfinished(other),
        }
    }
}

fn plain(option: &Json) -> String {
    option.as_str().map_or_else(|| option.to_string(), str::to_owned)
}
