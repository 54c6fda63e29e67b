//! What a byte can be to the scanner, in one table.

/// Line feed or carriage return.
pub(super) const BREAK: u16 = 1;
/// Space or tab.
pub(super) const BLANK: u16 = 1 << 1;
/// May end a plain scalar in a block collection.
pub(super) const BLOCK_STOP: u16 = 1 << 2;
/// May end a plain scalar in a flow collection. goyaml v2 counts the question mark.
pub(super) const FLOW_STOP: u16 = 1 << 3;
/// First byte of U+0085, U+2028 or U+2029, which are line breaks, and of other characters.
pub(super) const WIDE: u16 = 1 << 4;
/// Cannot begin a plain scalar, or only in some places.
pub(super) const INDICATOR: u16 = 1 << 5;
/// Letter, digit, `_` or `-`: what anchor names and tag handles are made of.
pub(super) const WORD: u16 = 1 << 6;
/// May stand in a tag.
pub(super) const URI: u16 = 1 << 7;
/// May end a single-quoted scalar, or a line of it.
pub(super) const SINGLE_STOP: u16 = 1 << 8;
/// May end a double-quoted scalar, or a line of it, or begins an escape.
pub(super) const DOUBLE_STOP: u16 = 1 << 9;
/// Letter, digit, `_`, `-`, `.` or `/`: what most keys are made of.
pub(super) const NAME: u16 = 1 << 10;
/// The classes of each byte.
pub(super) static CLASS: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0u16; 256];
    let mut byte = 0usize;
    while byte < 256 {
        let b = byte as u8;
        let mut class = 0;
        if matches!(b, b'\n' | b'\r') {
            class |= BREAK | BLOCK_STOP | FLOW_STOP | SINGLE_STOP | DOUBLE_STOP;
        }
        if matches!(b, b' ' | b'\t') {
            class |= BLANK;
        }
        if matches!(b, b':' | b'#') {
            class |= BLOCK_STOP | FLOW_STOP;
        }
        if matches!(b, b',' | b'?' | b'[' | b']' | b'{' | b'}') {
            class |= FLOW_STOP;
        }
        if matches!(b, 0xC2 | 0xE2) {
            class |= WIDE;
        }
        if matches!(
            b,
            b'-' | b'?'
                | b':'
                | b','
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'#'
                | b'&'
                | b'*'
                | b'!'
                | b'|'
                | b'>'
                | b'\''
                | b'"'
                | b'%'
                | b'@'
                | b'`'
                | b' '
                | b'\t'
                | b'\n'
                | b'\r'
                | 0
        ) {
            class |= INDICATOR;
        }
        if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-') {
            class |= WORD | URI;
        }
        if matches!(
            b,
            b';' | b'/'
                | b'?'
                | b':'
                | b'@'
                | b'&'
                | b'='
                | b'+'
                | b'$'
                | b','
                | b'.'
                | b'!'
                | b'~'
                | b'*'
                | b'\''
                | b'('
                | b')'
                | b'['
                | b']'
                | b'%'
        ) {
            class |= URI;
        }
        if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/') {
            class |= NAME;
        }
        if b == b'\'' {
            class |= SINGLE_STOP;
        }
        if matches!(b, b'"' | b'\\') {
            class |= DOUBLE_STOP;
        }
        table[byte] = class;
        byte += 1;
    }
    table
}

/// Whether the byte is of one of the classes.
pub(super) fn is(byte: u8, classes: u16) -> bool {
    CLASS[byte as usize] & classes != 0
}
