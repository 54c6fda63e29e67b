//! A look at a policy's text before regorus parses it: how deep its brackets go. regorus takes twice as long for every
//! level of a literal, and the timer of an evaluation does not cover parsing.

/// Deepest nesting that is parsed. A small literal of depth 16 takes a tenth of a second, a wide one of depth 20 half a
/// minute.
pub const DEEPEST: usize = 14;

/// The offset of the first bracket that is nested too deeply.
pub fn too_deep(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0usize);
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at = find(bytes, at, b'\n'),
            b'`' => at = find(bytes, at + 1, b'`'),
            b'"' => at = end_of_string(bytes, at + 1),
            b'(' | b'[' | b'{' => {
                depth += 1;
                if depth > DEEPEST {
                    return Some(at);
                }
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}

fn find(bytes: &[u8], from: usize, byte: u8) -> usize {
    bytes.get(from..).and_then(|rest| memchr::memchr(byte, rest)).map_or(bytes.len(), |at| from + at)
}

/// The closing quote, or the end of the line.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && !matches!(bytes[at], b'"' | b'\n') {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_count_outside_of_texts_and_comments() {
        assert_eq!(too_deep(&"[".repeat(DEEPEST)), None);
        assert_eq!(too_deep(&"[".repeat(DEEPEST + 1)), Some(DEEPEST));
        assert_eq!(too_deep(&format!("x := \"{0}\\\"{0}\" # {0}\ny := `{0}`", "[".repeat(DEEPEST + 1))), None);
        assert_eq!(too_deep(&"[]".repeat(100)), None);
        assert_eq!(too_deep("\"\\"), None);
    }
}
