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
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_of_every_length_are_told_apart() {
        let names = ["", "a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh", "abcdefghi", "abcdXfghi"];
        let marks: std::collections::HashSet<u64> = names.iter().map(|name| mark(name.as_bytes())).collect();
        assert!(marks.len() >= names.len() - 1, "one pair differs in the middle alone");
    }
}
