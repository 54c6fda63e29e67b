//! The hash by which GitHub code scanning recognises the line of an alert, `primaryLocationLineHash`.
//!
//! Source: github/codeql-action, `src/fingerprints.ts`. A hash with base 37 and 64 bits rolls over windows of 100 UTF-16
//! code units, blanks and tabs left out, line ends as LF, the end of the file as 65535 followed by zeros. The hash of a
//! line is that of the window that begins with it; `:N` counts equal ones in the file.

use std::collections::{BTreeSet, HashMap};

/// Code units of a window.
const WINDOW: usize = 100;
const BASE: u64 = 37;
const END_OF_FILE: u16 = 65_535;

/// The hashes of some lines of a text; lines count from 1.
pub(super) fn line_hashes(text: &[u8], lines: &BTreeSet<usize>) -> HashMap<usize, String> {
    let mut roller = Roller::new(lines);
    let text = String::from_utf8_lossy(text);
    let mut after_return = false;
    for unit in text.encode_utf16().chain([END_OF_FILE]) {
        let blank = unit == u16::from(b' ') || unit == u16::from(b'\t') || (after_return && unit == u16::from(b'\n'));
        after_return = unit == u16::from(b'\r');
        if !blank {
            roller.push(if after_return { u16::from(b'\n') } else { unit });
        }
        if roller.done() {
            return roller.found;
        }
    }
    roller.finish()
}

struct Roller<'l> {
    wanted: &'l BTreeSet<usize>,
    window: [u16; WINDOW],
    /// For each place of the window, the line that begins there.
    starts: [Option<usize>; WINDOW],
    at: usize,
    hash: u64,
    /// `BASE` to the power of `WINDOW`: the weight of what leaves the window.
    leaving: u64,
    line: usize,
    at_start: bool,
    counts: HashMap<u64, usize>,
    last: usize,
    found: HashMap<usize, String>,
}

impl<'l> Roller<'l> {
    fn new(wanted: &'l BTreeSet<usize>) -> Self {
        Roller {
            wanted,
            window: [0; WINDOW],
            starts: [None; WINDOW],
            at: 0,
            hash: 0,
            leaving: (0..WINDOW).fold(1, |power: u64, _| power.wrapping_mul(BASE)),
            line: 0,
            at_start: true,
            counts: HashMap::new(),
            last: 0,
            found: HashMap::new(),
        }
    }

    fn push(&mut self, unit: u16) {
        self.emit();
        if self.at_start {
            self.line += 1;
            self.starts[self.at] = Some(self.line);
        }
        self.at_start = unit == u16::from(b'\n');
        self.roll(unit);
    }

    /// The window has come round to the start of a line: its hash is complete.
    fn emit(&mut self) {
        let Some(line) = self.starts[self.at].take() else { return };
        let count = self.counts.entry(self.hash).or_default();
        *count += 1;
        self.last = line;
        if self.wanted.contains(&line) {
            self.found.insert(line, format!("{:x}:{count}", self.hash));
        }
    }

    fn roll(&mut self, unit: u16) {
        let gone = u64::from(std::mem::replace(&mut self.window[self.at], unit));
        self.hash =
            self.hash.wrapping_mul(BASE).wrapping_add(u64::from(unit)).wrapping_sub(self.leaving.wrapping_mul(gone));
        self.at = (self.at + 1) % WINDOW;
    }

    fn done(&self) -> bool {
        self.wanted.last().is_none_or(|wanted| self.last >= *wanted)
    }

    fn finish(mut self) -> HashMap<usize, String> {
        for _ in 0..WINDOW {
            self.emit();
            self.roll(0);
        }
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &str) -> Vec<String> {
        let lines = (1..=text.lines().count() + 2).collect();
        let mut found: Vec<_> = line_hashes(text.as_bytes(), &lines).into_iter().collect();
        found.sort();
        found.into_iter().map(|(_, hash)| hash).collect()
    }

    #[test]
    fn an_empty_file_and_short_lines() {
        assert_eq!(hashes(""), ["c129715d7a2bc9a3:1"]);
        let expected = ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"];
        assert_eq!(hashes(" a\nb\n  \t\tc\n d"), expected);
    }

    #[test]
    fn every_kind_of_line_end_counts_the_same() {
        assert_eq!(hashes("a\r\nb\rc\n"), hashes("a\nb\nc\n"));
    }

    #[test]
    fn equal_windows_are_counted() {
        let hashes = hashes(&"x\n".repeat(120));
        assert_eq!(hashes[0].split(':').next(), hashes[1].split(':').next());
        assert!(hashes[0].ends_with(":1") && hashes[1].ends_with(":2"), "{hashes:?}");
    }
}
