//! Files as bytes: reading them within a budget, and making text of them.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::model::diagnostic::Diagnostic;
use crate::model::source::{FileId, Span};

use super::rules::UNREADABLE_FILE;

/// Where the bytes of a file come from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'s> {
    /// A file on disk.
    Path(&'s Path),
    /// Bytes in memory: standard input, or a blob of a git revision.
    Bytes(&'s [u8]),
}

/// A file whose bytes could not be had at all.
#[derive(Debug)]
pub struct ReadError(pub io::Error);

impl ReadError {
    /// The finding that says so, for a file that was met on the way; a path that was named is worth an exit code.
    #[must_use]
    pub fn diagnostic(&self, file: FileId) -> Diagnostic {
        Diagnostic::new(UNREADABLE_FILE, Span::top(file), format!("the file cannot be read: {}", self.0), "")
            .effect("nothing in it was checked")
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ReadError {}

/// What reading came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All bytes are in the buffer.
    Whole,
    /// The file holds more bytes than the budget allows; its size where it is known.
    TooLarge(Option<u64>),
}

/// The size up to which a file is read without asking for its size first.
pub const SMALL: usize = 64 * 1024;

/// Reads a source into `buffer`, which is cleared first, unless it is larger than `limit` bytes.
///
/// A small file costs one read into a buffer that is there already; the size is only asked for when that is full. Then
/// `larger` is called, which may exchange the buffer for a larger one that holds the same.
///
/// # Errors
///
/// What the operating system says.
pub fn read(
    source: Source<'_>,
    buffer: &mut Vec<u8>,
    limit: u64,
    larger: impl FnOnce(Vec<u8>) -> Vec<u8>,
) -> Result<Outcome, ReadError> {
    buffer.clear();
    match source {
        Source::Bytes(bytes) if bytes.len() as u64 > limit => Ok(Outcome::TooLarge(Some(bytes.len() as u64))),
        Source::Bytes(bytes) => {
            buffer.extend_from_slice(bytes);
            Ok(Outcome::Whole)
        }
        Source::Path(path) => {
            File::open(path).and_then(|file| read_file(file, buffer, limit, larger)).map_err(ReadError)
        }
    }
}

fn read_file(
    mut file: File,
    buffer: &mut Vec<u8>,
    limit: u64,
    larger: impl FnOnce(Vec<u8>) -> Vec<u8>,
) -> io::Result<Outcome> {
    buffer.reserve(SMALL);
    (&mut file).take(SMALL as u64).read_to_end(buffer)?;
    if buffer.len() == SMALL {
        let size = file.metadata()?.len();
        if size > limit {
            buffer.clear();
            return Ok(Outcome::TooLarge(Some(size)));
        }
        *buffer = larger(std::mem::take(buffer));
        buffer.reserve_exact((size as usize).saturating_sub(SMALL) + 1);
        (&mut file).take((limit + 1).saturating_sub(SMALL as u64)).read_to_end(buffer)?;
    }
    if buffer.len() as u64 > limit {
        buffer.clear();
        return Ok(Outcome::TooLarge(None));
    }
    Ok(Outcome::Whole)
}

/// An encoding that a file is in instead of UTF-8, where that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-16 or UTF-32, with or without a byte order mark.
    Utf16,
    /// No text at all, or text in an encoding that nearly every line shows.
    Unknown,
}

/// A byte that is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid {
    /// Its offset.
    pub at: usize,
    /// The byte.
    pub byte: u8,
}

/// Text, and what in it is not what the file holds.
#[derive(Debug)]
pub struct Decoded {
    /// The text: as many bytes as the file, with `?` for each byte that is not UTF-8, so that offsets stay valid.
    pub text: String,
    /// The first byte of each sequence that is not UTF-8, in order.
    pub invalid: Vec<Invalid>,
    /// Set if nothing in the file can be read.
    pub foreign: Option<Encoding>,
}

/// More invalid sequences than this, and the file as a whole is in another encoding or no text.
const MAX_INVALID: usize = 1000;

/// Makes text of bytes. Where they are UTF-8, nothing is copied.
#[must_use]
pub fn decode(bytes: Vec<u8>) -> Decoded {
    if looks_like_utf16(&bytes) {
        return Decoded { text: spaced(bytes), invalid: Vec::new(), foreign: Some(Encoding::Utf16) };
    }
    let mut bytes = match String::from_utf8(bytes) {
        Ok(text) => return Decoded { text, invalid: Vec::new(), foreign: None },
        Err(error) => error.into_bytes(),
    };
    let mut invalid = Vec::new();
    let mut at = 0;
    while let Err(error) = std::str::from_utf8(&bytes[at..]) {
        let start = at + error.valid_up_to();
        let end = error.error_len().map_or(bytes.len(), |length| start + length);
        invalid.push(Invalid { at: start, byte: bytes[start] });
        if invalid.len() > MAX_INVALID || bytes[..start.min(SMALL)].contains(&0) {
            return Decoded { text: blank(bytes), invalid, foreign: Some(Encoding::Unknown) };
        }
        bytes[start..end].fill(b'?');
        at = end;
    }
    Decoded { text: String::from_utf8(bytes).unwrap_or_default(), invalid, foreign: None }
}

/// The same number of bytes, all of them blank.
fn blank(mut bytes: Vec<u8>) -> String {
    bytes.fill(b' ');
    String::from_utf8(bytes).unwrap_or_default()
}

/// The same number of bytes, those blank that are not of ASCII: enough to see what a text in UTF-16 is about.
fn spaced(mut bytes: Vec<u8>) -> String {
    bytes.iter_mut().filter(|byte| !(b' '..0x7f).contains(*byte)).for_each(|byte| *byte = b' ');
    String::from_utf8(bytes).unwrap_or_default()
}

/// A byte order mark of UTF-16 or UTF-32, or ASCII text in two bytes a character.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 0, 0xfe, 0xff, ..])
        || matches!(bytes, [1..=0x7f, 0, 1..=0x7f, 0, ..] | [0, 1..=0x7f, 0, 1..=0x7f, ..])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write;

    fn same(buffer: Vec<u8>) -> Vec<u8> {
        buffer
    }

    #[test]
    fn files_of_every_size_are_read_whole() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut buffer = Vec::new();
        for size in [0, 1, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL] {
            let bytes: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            file.as_file_mut().set_len(0).unwrap();
            std::io::Seek::rewind(file.as_file_mut()).unwrap();
            file.write_all(&bytes).unwrap();
            assert_eq!(read(Source::Path(file.path()), &mut buffer, 1 << 20, same).unwrap(), Outcome::Whole);
            assert!(buffer == bytes, "{size}");
        }
    }

    #[test]
    fn a_file_over_the_budget_is_not_read() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&vec![b'a'; SMALL + 10]).unwrap();
        let mut buffer = Vec::new();
        let size = Some(SMALL as u64 + 10);
        assert_eq!(read(Source::Path(file.path()), &mut buffer, 100, same).unwrap(), Outcome::TooLarge(size));
        assert_eq!(read(Source::Path(file.path()), &mut buffer, SMALL as u64, same).unwrap(), Outcome::TooLarge(size));
        assert_eq!(read(Source::Bytes(b"abc"), &mut buffer, 2, same).unwrap(), Outcome::TooLarge(Some(3)));
        assert!(read(Source::Path(Path::new("/does/not/exist")), &mut buffer, 2, same).is_err());
    }

    #[test]
    fn offsets_stay_valid_where_bytes_are_not_utf8() {
        let decoded = decode(b"a: \xff\nb: caf\xe9\nc: \xe2\x82".to_vec());
        assert_eq!(decoded.text, "a: ?\nb: caf?\nc: ??");
        let invalid: Vec<_> = decoded.invalid.iter().map(|invalid| (invalid.at, invalid.byte)).collect();
        assert_eq!(invalid, [(3, 0xff), (11, 0xe9), (16, 0xe2)]);
        assert_eq!(decoded.foreign, None);
    }

    #[test]
    fn utf16_and_binary_files_are_told_from_text() {
        assert_eq!(decode(b"\xff\xfea\0:\0".to_vec()).foreign, Some(Encoding::Utf16));
        assert_eq!(decode(b"a\0:\0 \0".to_vec()).foreign, Some(Encoding::Utf16));
        assert_eq!(decode(b"\xff\xfek\0i\0n\0d\0".to_vec()).text, "  k i n d ");
        assert_eq!(decode(b"\x1f\x8b\x08\0\0\0\xff\xff".to_vec()).foreign, Some(Encoding::Unknown));
        assert_eq!(decode(vec![0xe9; 5000]).foreign, Some(Encoding::Unknown));
    }
}
