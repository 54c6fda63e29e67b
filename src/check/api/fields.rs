//! The fields of a mapping that a rule asks for, found in one pass over it.
//!
//! All rules share one small loop that compares numbers: comparing each name in place was as many instructions, but so
//! many different ones that they did not fit the processor's cache.

use std::num::NonZeroU32;

use crate::model::value::Value;

/// The fields of those names, in the order of the names, found in one pass; null is absence.
macro_rules! fields {
    ($parent:expr, [$($name:literal),+ $(,)?]) => {{
        const NAMES: &[$crate::check::api::fields::Name] = &[$($crate::check::api::fields::Name::of($name)),+];
        let parent = &$parent;
        let mut found = [None; NAMES.len()];
        $crate::check::api::fields::find(parent.value, NAMES, &mut found);
        let mut found = found.iter();
        [$(parent.at(found.next().copied().flatten(), $name)),+]
    }};
}
pub(super) use fields;

/// The name of a field.
pub(in crate::check::api) struct Name {
    mark: u64,
    text: &'static str,
}

impl Name {
    pub(in crate::check::api) const fn of(text: &'static str) -> Name {
        Name { mark: mark(text.as_bytes()), text }
    }
}

/// A number that few names share: made of the length, the first bytes and the last.
const fn mark(name: &[u8]) -> u64 {
    let bytes = match *name {
        [] => 0,
        [a] => u32::from_le_bytes([a, 0, 0, 0]) as u64,
        [a, b] => u32::from_le_bytes([a, b, 0, 0]) as u64,
        [a, b, c] => u32::from_le_bytes([a, b, c, 0]) as u64,
        [a, b, c, d, .., w, x, y, z] => u64::from_le_bytes([a, b, c, d, w, x, y, z]),
        [a, b, c, d, .., y, z] => u64::from_le_bytes([a, b, c, d, y, z, 0, 0]),
        [a, b, c, d, ..] => u64::from_le_bytes([a, b, c, d, name[name.len() - 1], 0, 0, 0]),
    };
    bytes ^ (name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Puts the place of the value of each name into `found`; that of the last, if a name is written twice.
pub(in crate::check::api) fn find(parent: Value<'_>, names: &[Name], found: &mut [Option<NonZeroU32>]) {
    parent.each_entry(|entry| {
        let key = entry.key.key_bytes();
        let mark = mark(&key);
        for (name, found) in names.iter().zip(&mut *found) {
            if name.mark == mark && name.text.as_bytes() == &*key {
                *found = if entry.value.is_null() { None } else { entry.value.place() };
                break;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::yaml;
    use crate::model::node::Tree;
    use crate::model::source::FileId;

    /// The values of names in a mapping.
    fn found(text: &str, names: &[&'static str], tree: &mut Tree) -> Vec<Option<String>> {
        let root = yaml::parse(text, 0..text.len(), tree, &mut Vec::new()).unwrap_or_default();
        let names: Vec<Name> = names.iter().map(|name| Name::of(name)).collect();
        let mut places = vec![None; names.len()];
        find(Value::new(tree, text, root), &names, &mut places);
        let at = |place: Option<NonZeroU32>| Value::new(tree, text, place?.get()).text().map(|text| text.into_owned());
        places.into_iter().map(at).collect()
    }

    #[test]
    fn names_with_the_same_mark_are_told_apart() {
        assert_eq!(mark(b"abcdefghi"), mark(b"abcdXfghi"), "the first and the last four letters are the same");
        let tree = &mut Tree::new(FileId(0));
        let found = found("abcdXfghi: 1\n", &["abcdefghi", "abcdXfghi"], tree);
        assert_eq!(found, [None, Some("1".to_owned())]);
    }

    #[test]
    fn names_of_every_length_are_found_and_the_last_one_counts() {
        let names = ["a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh", "abcdefghi"];
        for name in names {
            let text = format!("x{name}: 0\n{name}: 1\n{name}: ~\n{name}: 2\n");
            let others = names.iter().map(|other| (*other == name).then(|| "2".to_owned()));
            assert_eq!(found(&text, &names, &mut Tree::new(FileId(0))), others.collect::<Vec<_>>());
        }
        assert_eq!(found("a: ~\n", &["a"], &mut Tree::new(FileId(0))), [None]);
    }
}
