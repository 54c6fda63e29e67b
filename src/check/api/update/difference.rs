//! Where two values differ.

use super::plain::Plain;
use crate::model::path::{Path, Segment};

/// More differences of a field are not looked for: one is enough to be refused.
const MOST: usize = 50;

/// A difference. The route is one of the new value.
#[derive(Debug)]
pub(super) struct Difference<'o> {
    pub(super) path: Path,
    pub(super) what: What<'o>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What<'o> {
    /// It was this.
    Changed(&'o Plain),
    /// It was not there.
    Added,
    /// It was this, and is not there any more.
    Removed(&'o Plain),
    /// The same entries in another order.
    Moved,
}

/// Every difference below `path`, in the order of the new value.
pub(super) fn between<'o>(path: Path, old: Option<&'o Plain>, new: Option<&Plain>) -> Vec<Difference<'o>> {
    let mut found = Vec::new();
    match (old, new) {
        (Some(old), Some(new)) => both(&path, old, new, &mut found),
        (None, Some(_)) => found.push(Difference { path, what: What::Added }),
        (Some(old), None) => found.push(Difference { path, what: What::Removed(old) }),
        (None, None) => {}
    }
    found
}

fn both<'o>(path: &Path, old: &'o Plain, new: &Plain, found: &mut Vec<Difference<'o>>) {
    if old == new || found.len() >= MOST {
        return;
    }
    match (old, new) {
        (Plain::Map(before), Plain::Map(after)) => {
            for (key, new) in after {
                let path = below(path, Segment::from(key.as_str()));
                match before.get(key) {
                    Some(old) => both(&path, old, new, found),
                    None => found.push(Difference { path, what: What::Added }),
                }
            }
            let gone = before.iter().filter(|(key, _)| !after.contains_key(*key));
            found.extend(gone.map(|(key, old)| {
                let path = below(path, Segment::from(key.as_str()));
                Difference { path, what: What::Removed(old) }
            }));
        }
        (Plain::List(before), Plain::List(after)) => match (names(before), names(after)) {
            (Some(old_names), Some(new_names)) if !old_names.is_empty() && !new_names.is_empty() => {
                named(path, (&old_names, before), (&new_names, after), found);
            }
            _ => in_order(path, before, after, found),
        },
        _ => found.push(Difference { path: path.clone(), what: What::Changed(old) }),
    }
}

/// Items that have names are told apart by these, so that one that is inserted is one difference.
fn named<'o>(
    path: &Path,
    (old_names, before): (&[&str], &'o [Plain]),
    (new_names, after): (&[&str], &[Plain]),
    found: &mut Vec<Difference<'o>>,
) {
    let earlier = found.len();
    for (at, (name, new)) in new_names.iter().zip(after).enumerate() {
        let path = below(path, Segment::Index(at));
        match old_names.iter().position(|old| old == name) {
            Some(place) => both(&path, &before[place], new, found),
            None => found.push(Difference { path, what: What::Added }),
        }
    }
    for (name, old) in old_names.iter().zip(before) {
        if !new_names.contains(name) {
            found.push(Difference { path: path.clone(), what: What::Removed(old) });
        }
    }
    if found.len() == earlier {
        found.push(Difference { path: path.clone(), what: What::Moved });
    }
}

fn in_order<'o>(path: &Path, before: &'o [Plain], after: &[Plain], found: &mut Vec<Difference<'o>>) {
    for (at, new) in after.iter().enumerate() {
        let path = below(path, Segment::Index(at));
        match before.get(at) {
            Some(old) => both(&path, old, new, found),
            None => found.push(Difference { path, what: What::Added }),
        }
    }
    let gone = before.iter().skip(after.len());
    found.extend(gone.map(|old| Difference { path: path.clone(), what: What::Removed(old) }));
}

/// The names of the items of a list, if each has one and no two the same.
fn names(items: &[Plain]) -> Option<Vec<&str>> {
    const FEW: usize = 1000;
    let names: Option<Vec<&str>> = items.iter().map(name).collect();
    let names = names.filter(|names| names.len() <= FEW)?;
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1]).then_some(names)
}

/// That of an item, or of an object that is one.
fn name(item: &Plain) -> Option<&str> {
    item.get("name").or_else(|| item.at(&["metadata", "name"]))?.as_text()
}

fn below(path: &Path, segment: Segment) -> Path {
    Path(path.0.iter().cloned().chain([segment]).collect())
}
