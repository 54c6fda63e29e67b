//! The look over all bytes before the first is parsed (libyaml `reader.c`): what YAML does not allow, and what breaks a
//! line without looking like it.

use super::classes::{WIDE, is};
use super::parser::Parser;
use super::problem::Problem;
use crate::model::scalar::break_length;

impl Parser<'_> {
    /// Refuses control characters, and finds out whether there are unusual line breaks. Blocks without any byte of
    /// interest, nearly all, are passed with vector instructions.
    pub(super) fn check_characters(&mut self) -> Result<(), Problem> {
        // Neither printable ASCII nor one of the three control characters that are allowed.
        let suspicious =
            |byte: u8| (byte.wrapping_sub(0x20) > 0x5E) & (byte != b'\n') & (byte != b'\r') & (byte != b'\t');
        let start = self.pos;
        for (number, block) in self.bytes[start..].chunks(64).enumerate() {
            if block.iter().fold(false, |found, &byte| found | suspicious(byte)) {
                for at in (0..block.len()).filter(|&at| suspicious(block[at])) {
                    self.check_character(start + number * 64 + at)?;
                }
            }
        }
        Ok(())
    }

    fn check_character(&mut self, at: usize) -> Result<(), Problem> {
        let next = |ahead: usize| self.bytes.get(at + ahead).copied().unwrap_or(0);
        let (length, refused) = match self.bytes[at] {
            0xC2 => (2, next(1) < 0xA0 && next(1) != 0x85),
            0xEF => (3, next(1) == 0xBF && next(2) >= 0xBE),
            0xE2 => (3, false),
            0x80.. => (1, false),
            _ => (1, true),
        };
        if refused {
            let code = self.text[at..].chars().next().map_or(0, u32::from);
            return Err(Problem::fatal((at, at + length), format!("control character U+{code:04X} is not allowed"))
                .label("in the way of every YAML reader")
                .help("remove the character, or write it as an escape in a double-quoted string"));
        }
        self.wide |= is(self.bytes[at], WIDE) && break_length(self.bytes, at) != 0;
        Ok(())
    }
}
