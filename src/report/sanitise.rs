//! Text that somebody else wrote, made safe to print.
//!
//! A log is read by people, terminals and CI runners, and each of them can be fooled: by characters that are not seen,
//! that reorder a line or steer the terminal, and by lines that a runner takes for commands. Everything that comes from
//! a file, a path or a policy passes through one of the functions here before it reaches a human output.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character must not be printed as it is: controls, and everything that Unicode 16.0 lists as
/// `Default_Ignorable_Code_Point` or as a bidirectional control, the line and paragraph separators, and the
/// interlinear annotation marks.
#[must_use]
pub fn is_unsafe(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// A name or a message on one line: what must not be printed appears as an escape that says which code point it is,
/// `\n` or `\u{202e}`.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) || !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' => cleaned.push_str("\\n"),
            '\r' => cleaned.push_str("\\r"),
            '\t' => cleaned.push_str("\\t"),
            other if is_unsafe(other) => {
                // Writing to a String cannot fail.
                let _ = write!(cleaned, "\\u{{{:x}}}", u32::from(other));
            }
            other => cleaned.push(other),
        }
    }
    Cow::Owned(cleaned)
}

/// [`clean`], and at most `limit` characters, the last of them `…` if something was left out.
#[must_use]
pub fn clean_short(text: &str, limit: usize) -> Cow<'_, str> {
    let Some((cut, _)) = text.char_indices().nth(limit) else { return clean(text) };
    let keep = text[..cut].char_indices().next_back().map_or(0, |(at, _)| at);
    Cow::Owned(format!("{}…", clean(&text[..keep])))
}

/// A piece of a source line for a frame: exactly as many bytes as the original, so that every span stays right. Tabs
/// and line ends stay.
#[must_use]
pub fn same_length(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        let mut characters = chunk.valid().chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\t' | '\n' => text.push(character),
                '\r' if characters.peek() == Some(&'\n') => text.push(character),
                other if is_unsafe(other) => text.push_str(replacement(other.len_utf8())),
                other => text.push(other),
            }
        }
        text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    text
}

/// The stand-in for an unsafe character of that many bytes.
fn replacement(bytes: usize) -> &'static str {
    match bytes {
        1 => "?",
        2 => "\u{b7}",
        3 => "\u{fffd}",
        _ => "\u{fffd}?",
    }
}

/// Breaks what a CI runner would take for a command, in place and without changing a length: [`break_markers`], and `::`
/// at the start of a line, behind white space or not, loses a colon.
pub fn break_commands(text: &mut [u8]) {
    break_markers(text);
    let mut line = 0;
    while line < text.len() {
        let end = memchr::memchr(b'\n', &text[line..]).map_or(text.len(), |length| line + length);
        let blank = blank_start(&text[line..end]);
        if text[line + blank..end].starts_with(b"::") {
            text[line + blank] = b'.';
        }
        line = end + 1;
    }
}

/// `##[` of GitHub and Azure, `##vso[` of Azure and `##teamcity[`, all of them honoured anywhere in a line, lose a `#`.
pub fn break_markers(text: &mut [u8]) {
    let mut from = 0;
    while let Some(found) = memchr::memmem::find(&text[from..], b"##") {
        let at = from + found;
        let behind = &text[at + 2..];
        let starts = |word: &[u8]| behind.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        if starts(b"[") || starts(b"vso[") || starts(b"teamcity[") {
            text[at + 1] = b'.';
        }
        // In `###[` the second pair is the one.
        from = at + 1;
    }
}

/// How many bytes of white space a line starts with, in the sense of a runner that trims Unicode white space.
fn blank_start(line: &[u8]) -> usize {
    let text = line.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    text.len() - text.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_named() {
        assert_eq!(clean("plain"), "plain");
        assert_eq!(clean("größe 你好"), "größe 你好");
        assert_eq!(clean("a\nb\u{1b}[2J\u{202e}c"), "a\\nb\\u{1b}[2J\\u{202e}c");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(clean_short("äöü", 3), "äöü");
        assert_eq!(clean_short("äöüß", 3), "äö…");
    }

    #[test]
    fn frames_keep_every_length() {
        let source = "a\u{7}b\u{85}c\u{200b}d\u{e0041}e\tf".as_bytes();
        let shown = same_length(source);
        assert_eq!(shown, "a?b\u{b7}c\u{fffd}d\u{fffd}?e\tf");
        assert_eq!(shown.len(), source.len());
        assert_eq!(same_length(b"a\xff\xc3z"), "a??z");
        assert_eq!(same_length(b"a\r\nb\rc"), "a\r\nb?c");
    }

    #[test]
    fn commands_are_broken_wherever_they_stand() {
        let mut text = b"x ##[error]y\n ::error::z\n###[a]\n##VSO[b]\n##teamcity[c\n## fine\na::b\n".to_vec();
        break_commands(&mut text);
        let shown = String::from_utf8_lossy(&text);
        assert_eq!(shown, "x #.[error]y\n .:error::z\n##.[a]\n#.VSO[b]\n#.teamcity[c\n## fine\na::b\n");
    }
}
