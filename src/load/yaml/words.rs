//! Looking for bytes eight at a time.
//!
//! The high bit of a byte in a mask says that the byte of a word is of the kind; bits above the lowest one that is set may
//! be set in error, because subtractions borrow. So the lowest is where the search ends.

/// The same byte in all places of a word.
const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The bytes below `limit`, which is at most 128.
const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(all(limit)) & !word
}

/// The bytes that are `byte`.
const fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ all(byte), 1)
}

/// Where the first byte of the kind that `mask` marks stands, at or behind `at`. The last bytes, fewer than eight, are not
/// looked at: where they begin is the error.
#[inline]
fn find(bytes: &[u8], mut at: usize, mask: impl Fn(u64) -> u64) -> Result<usize, usize> {
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let found = mask(u64::from_le_bytes(*word)) & all(0x80);
        if found != 0 {
            return Ok(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    Err(at)
}

/// Steps over bytes that are not below `LIMIT`, which is at most 128, and no colons.
#[inline]
pub(super) fn behind_high<const LIMIT: u8>(bytes: &[u8], at: usize) -> usize {
    let is_stop = |byte: &u8| *byte < LIMIT || *byte == b':';
    find(bytes, at, |word| below(word, LIMIT) | equal(word, b':'))
        .unwrap_or_else(|rest| bytes.iter().skip(rest).position(is_stop).map_or(bytes.len(), |ahead| rest + ahead))
}

/// Steps over bytes with which no plain scalar of a block collection can end, as far as they fill whole words.
pub(super) fn behind_plain_words(bytes: &[u8], at: usize) -> usize {
    match find(bytes, at, |word| equal(word, b'\n') | equal(word, b'\r') | equal(word, b':') | equal(word, b'#')) {
        Ok(at) | Err(at) => at,
    }
}

/// Steps over spaces.
#[inline]
pub(super) fn behind_spaces(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let spaces = (u64::from_le_bytes(*word) ^ all(b' ')).trailing_zeros() as usize / 8;
        at += spaces;
        if spaces < 8 {
            return at;
        }
    }
    while bytes.get(at) == Some(&b' ') {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte before and behind every other, at every place of a word.
    #[test]
    fn the_first_byte_of_its_kind_is_found_wherever_it_stands() {
        let naive = |bytes: &[u8], stops: &dyn Fn(u8) -> bool| {
            bytes.iter().position(|&byte| stops(byte)).unwrap_or(bytes.len())
        };
        for length in 0..20 {
            for at in 0..length {
                for (one, other) in (0..=255).flat_map(|one| [(one, b'x'), (one, 0xFF), (one, one), (one, b'!')]) {
                    let mut text = vec![b'x'; length];
                    text[at] = one;
                    if let Some(next) = text.get_mut(at + 1) {
                        *next = other;
                    }
                    let high = naive(&text, &|byte| byte < b'-' || byte == b':');
                    assert_eq!(behind_high::<b'-'>(&text, 0), high, "{text:?}");
                    let plain = naive(&text, &|byte| matches!(byte, b'\n' | b'\r' | b':' | b'#'));
                    let found = behind_plain_words(&text, 0);
                    assert!(found == plain || (found < plain && length - found < 8), "{text:?}: {found} {plain}");
                }
                let mut spaces = vec![b' '; length];
                spaces[at] = b'x';
                assert_eq!(behind_spaces(&spaces, 0), at);
                assert_eq!(behind_spaces(&spaces[..at], 0), at);
            }
        }
    }
}
