//! Helm components: which line of the configuration is behind a value in the generated manifest. The chart is usually
//! not in the repository, so this is a search: the same key with the same value, best where the keys above agree too.

use crate::model::definition::fabrikate::{Config, Content, Setting};
use crate::model::path::{Path, Segment};
use crate::model::source::Span;

/// What the search came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The place in a config file.
    pub span: Span,
    /// Not a guess.
    pub certain: bool,
    /// The values of lower layers that it hides.
    pub lost: Vec<Span>,
}

/// Looks for the setting behind `path`, where the generated manifest reads `text`: a value, or the key itself.
pub(super) fn search(config: &Config, path: &Path, text: &str) -> Option<Found> {
    let keys = keys_of(path);
    if let (["metadata", "namespace"], Some(namespace)) = (keys.as_slice(), &config.namespace)
        && namespace.value == text
    {
        return Some(Found { span: namespace.span, certain: true, lost: Vec::new() });
    }
    let mut leaves = Vec::new();
    collect(config.config.as_ref()?, &mut Vec::new(), &mut leaves);
    let last = *keys.last()?;
    let by_value = best(&leaves, &keys, |leaf| leaf.name() == last && leaf.value() == Some(text));
    let found = by_value.map(|leaf| leaf.setting.span).or_else(|| by_image(&leaves, last, text));
    let of_key = || {
        let depth = keys.iter().rposition(|key| *key == text)?;
        by_key(&leaves, &keys[..=depth])
    };
    let span = found.or_else(of_key)?;
    let lost = leaves.iter().find(|leaf| leaf.setting.span == span).map(|leaf| leaf.setting.lost.clone());
    Some(Found { span, certain: false, lost: lost.unwrap_or_default() })
}

/// The keys of a path, without indexes.
fn keys_of(path: &Path) -> Vec<&str> {
    path.0.iter().filter_map(key_of).collect()
}

fn key_of(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Key(key) => Some(key),
        Segment::Index(_) => None,
    }
}

/// A setting and the keys that lead to it.
struct Leaf<'c> {
    keys: Vec<&'c str>,
    setting: &'c Setting,
}

impl<'c> Leaf<'c> {
    fn name(&self) -> &'c str {
        self.keys.last().copied().unwrap_or_default()
    }

    fn value(&self) -> Option<&'c str> {
        match &self.setting.content {
            Content::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// How many keys, from the last one upwards, agree with a path.
    fn agreement(&self, keys: &[&str]) -> usize {
        self.keys.iter().rev().zip(keys.iter().rev()).take_while(|(a, b)| a == b).count()
    }
}

fn collect<'c>(setting: &'c Setting, keys: &mut Vec<&'c str>, leaves: &mut Vec<Leaf<'c>>) {
    leaves.push(Leaf { keys: keys.clone(), setting });
    match &setting.content {
        Content::Map(entries) => {
            for (key, value) in entries {
                keys.push(key);
                collect(value, keys, leaves);
                keys.pop();
            }
        }
        Content::List(items) => items.iter().for_each(|item| collect(item, keys, leaves)),
        Content::Null | Content::Scalar(_) => {}
    }
}

/// The first of the leaves whose keys agree best.
fn best<'l, 'c>(leaves: &'l [Leaf<'c>], keys: &[&str], wanted: impl Fn(&Leaf<'c>) -> bool) -> Option<&'l Leaf<'c>> {
    leaves.iter().filter(|leaf| wanted(leaf)).rev().max_by_key(|leaf| leaf.agreement(keys))
}

/// A key that stands in the manifest as it stands in the configuration: unique, or with the same key above it.
fn by_key(leaves: &[Leaf<'_>], keys: &[&str]) -> Option<Span> {
    let name = *keys.last()?;
    let same = |leaf: &Leaf<'_>| leaf.name() == name && leaf.setting.key.is_some();
    let found = best(leaves, keys, same)?;
    let is_unique = leaves.iter().filter(|leaf| same(leaf)).count() == 1;
    (is_unique || found.agreement(keys) > 1).then_some(found.setting.key?)
}

/// Charts put image references together from `repository` and `tag`.
fn by_image(leaves: &[Leaf<'_>], last: &str, text: &str) -> Option<Span> {
    if last != "image" {
        return None;
    }
    let (name, tag) = match text.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (text, None),
    };
    let is_name = |leaf: &&Leaf<'_>| {
        matches!(leaf.name(), "repository" | "image" | "name")
            && leaf.value().is_some_and(|value| !value.is_empty() && (name == value || ends_with_part(name, value)))
    };
    let repository = leaves.iter().find(is_name);
    let is_tag = |leaf: &&Leaf<'_>| {
        let beside = repository.is_none_or(|other| parent(&leaf.keys) == parent(&other.keys));
        matches!(leaf.name(), "tag" | "imageTag") && leaf.value().is_some() && leaf.value() == tag && beside
    };
    leaves.iter().find(is_tag).or(repository).map(|leaf| leaf.setting.span)
}

fn parent<'k, 'c>(keys: &'k [&'c str]) -> &'k [&'c str] {
    keys.split_last().map_or(&[], |(_, above)| above)
}

fn ends_with_part(name: &str, part: &str) -> bool {
    name.strip_suffix(part).is_some_and(|before| before.ends_with('/'))
}
