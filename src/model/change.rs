//! What a change did: the files as they were before it, and the lines that it wrote or took away.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::listing::Listing;
use super::source::{LineIndex, Sources};

/// The tree before a change. Its files have ids of their own; names are what both sides have in common.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'t> {
    /// Every file there was.
    pub listing: &'t Listing,
    /// Their texts: those that are not in memory are as they were.
    pub sources: &'t Sources,
}

/// The text that a file had, by its printed name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before<'t> {
    /// The one that it has now.
    Same,
    /// This one.
    Text(&'t [u8]),
    /// The file was not there.
    Nothing,
}

impl<'t> Earlier<'t> {
    /// What became of a file.
    #[must_use]
    pub fn before(&self, name: &str) -> Before<'t> {
        match self.listing.file(name).map(|file| self.sources.get(file)) {
            None => Before::Nothing,
            // It was read from the disk because git knows it to be unchanged.
            Some(file) if !file.path.as_os_str().is_empty() => Before::Same,
            Some(file) => Before::Text(file.text.as_deref().unwrap_or_default()),
        }
    }
}

/// Lines that took the place of others, both counted from 0. One of the two may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The lines that went.
    pub then: Range<usize>,
    /// The lines that came.
    pub now: Range<usize>,
}

/// Pairs of lines that are compared at most; beyond, all lines between the first and the last change count as written.
const PAIRS: usize = 1 << 26;

/// The lines without their ends: a checkout may have others than the repository.
#[must_use]
pub fn lines(text: &[u8]) -> Vec<&[u8]> {
    let index = LineIndex::new(text);
    (0..index.count()).map(|line| text[index.range_of(line, text)].trim_ascii_end()).collect()
}

/// What makes the lines of `now` of those of `then`.
#[must_use]
pub fn hunks(then: &[&[u8]], now: &[&[u8]]) -> Vec<Hunk> {
    let start = then.iter().zip(now).take_while(|(a, b)| a == b).count();
    let (then, now) = (&then[start..], &now[start..]);
    let end = then.iter().rev().zip(now.iter().rev()).take_while(|(a, b)| a == b).count();
    let (then, now) = (&then[..then.len() - end], &now[..now.len() - end]);
    let moved = |range: Range<usize>| range.start + start..range.end + start;
    if then.is_empty() && now.is_empty() {
        return Vec::new();
    }
    if then.len().saturating_mul(now.len()) > PAIRS {
        return vec![Hunk { then: moved(0..then.len()), now: moved(0..now.len()) }];
    }
    let hunk = |op: DiffOp| {
        let is_change = !matches!(op, DiffOp::Equal { .. });
        is_change.then(|| Hunk { then: moved(op.old_range()), now: moved(op.new_range()) })
    };
    let mut found: Vec<Hunk> = Vec::new();
    for hunk in capture_diff_slices(Algorithm::Myers, then, now).into_iter().filter_map(hunk) {
        match found.last_mut() {
            // A deletion and an insertion at one place are a replacement.
            Some(last) if last.then.end == hunk.then.start && last.now.end == hunk.now.start => {
                last.then.end = hunk.then.end;
                last.now.end = hunk.now.end;
            }
            _ => found.push(hunk),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(then: &str, now: &str) -> Vec<[Range<usize>; 2]> {
        hunks(&lines(then.as_bytes()), &lines(now.as_bytes())).into_iter().map(|hunk| [hunk.then, hunk.now]).collect()
    }

    #[test]
    fn what_is_inserted_replaced_or_removed_is_a_hunk() {
        assert_eq!(of("a\nb\nc\n", "a\nx\nc\nd\n"), [[1..2, 1..2], [3..3, 3..4]]);
        assert_eq!(of("a\nb\n", "x\na\nb\ny\n"), [[0..0, 0..1], [2..2, 3..4]]);
        assert_eq!(of("a\nb\nc\n", "a\nc\n"), [[1..2, 1..1]]);
    }

    #[test]
    fn line_ends_do_not_count() {
        assert!(of("a\nb\n", "a\r\nb\r\n").is_empty());
        assert!(of("a\nb \n", "a\nb\n").is_empty());
    }

    #[test]
    fn texts_that_have_nothing_in_common_are_compared_in_bounded_time() {
        let text = |seed: usize| (0..20_000).map(|line| format!("{}\n", line * seed)).collect::<String>();
        assert_eq!(of(&text(3), &text(7_919)).len(), 1);
    }
}
