//! Static components: the generated file is `---`, the first file, a line end, `---`, the second file, and so on, in
//! order of name (`generators/static.go`). So every byte of it has one source, as long as it is fresh.

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;

use crate::model::definition::fabrikate::{Copies, Copy};
use crate::model::source::{FileId, Span};

use super::super::Text;

const SEPARATOR: &[u8] = b"---\n";

/// Compares a generated file with the static files that it should be made of.
pub(super) fn compare(generated: &[u8], statics: &[(Arc<str>, FileId)], text: Text<'_>) -> Copies {
    let mut copies = Copies::default();
    let mut cursor = 0;
    for (name, file) in statics {
        let at = text(*file).and_then(|content| find(&generated[cursor..], &content));
        let at = at.map(|range| range.start + cursor..range.end + cursor);
        match at {
            Some(range) => {
                if range.start > cursor + SEPARATOR.len() + usize::from(cursor > 0) {
                    copies.rest.get_or_insert(cursor);
                }
                cursor = range.end;
                copies.found.push(Copy { range, file: *file });
            }
            None if copies.differs.is_none() => {
                copies.differs = Some((name.clone(), *file));
                copies.wanted = cursor;
            }
            None => {}
        }
    }
    if !generated[cursor..].trim_ascii().is_empty() {
        copies.rest.get_or_insert(cursor);
    }
    copies
}

/// The first value of the document at `from` that is not as in a static file, and what stands there in that.
pub(super) fn first_difference(generated: &[u8], from: usize, content: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let rest = &generated[from..];
    let start = from + rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r' | b'-')).count();
    let (mut one, mut other) = (start, content.iter().take_while(|byte| matches!(byte, b'\n' | b'\r' | b'-')).count());
    while one < generated.len() && other < content.len() {
        let (ours, theirs) = (line_around(generated, one), line_around(content, other));
        let (own, their) = (generated[ours.clone()].trim_ascii_end(), content[theirs.clone()].trim_ascii_end());
        if own != their {
            let same = own.iter().zip(their).take_while(|(one, other)| one == other).count();
            let place = |line: &[u8], start: usize| {
                let value = value_at(line, same.min(line.len()));
                start + value.start..start + value.end
            };
            // A separator is where the document ends.
            let has_value = !own.is_empty() && !own.starts_with(b"---");
            return has_value.then(|| (place(own, ours.start), place(their, theirs.start)));
        }
        (one, other) = (ours.end + 1, theirs.end + 1);
    }
    None
}

/// The value of a line that an offset lies in or behind, or all of the line if its key does.
fn value_at(line: &[u8], offset: usize) -> Range<usize> {
    let (before, behind) = line.split_at(offset);
    let after = |mark: &[u8]| memmem::rfind(before, mark).map(|at| at + mark.len());
    let indent = line.len() - line.trim_ascii_start().len();
    let start = after(b": ").max(after(b"- ")).unwrap_or(indent).max(indent);
    let in_flow = before.iter().any(|byte| matches!(byte, b'{' | b'['));
    let closed = behind.iter().position(|byte| in_flow && matches!(byte, b',' | b'}' | b']'));
    let end = closed.map_or(line.len(), |at| offset + at);
    if start < end { start..end } else { indent.min(line.len())..line.len() }
}

/// Where the content stands, behind a separator: at the start, which is where it is in a fresh file, or further on. At
/// the end of the file editors trim empty lines.
fn find(generated: &[u8], content: &[u8]) -> Option<Range<usize>> {
    let rest = generated.strip_prefix(b"\n").unwrap_or(generated);
    let skipped = generated.len() - rest.len();
    let ends_line = |end: usize| generated.get(end).is_none_or(|byte| *byte == b'\n');
    if rest.strip_prefix(SEPARATOR).is_some_and(|rest| rest.starts_with(content)) {
        let start = skipped + SEPARATOR.len();
        let end = start + content.len();
        if ends_line(end) {
            return Some(start..end);
        }
    }
    let mut needle = SEPARATOR.to_vec();
    needle.extend_from_slice(content);
    let begins_line = |at: &usize| *at == 0 || generated[at - 1] == b'\n';
    let is_whole = |at: &usize| begins_line(at) && ends_line(at + needle.len());
    if let Some(at) = memmem::find_iter(generated, &needle).find(is_whole) {
        return Some(at + SEPARATOR.len()..at + needle.len());
    }
    let (trimmed, needle) = (generated.trim_ascii_end(), needle.trim_ascii_end());
    let start = trimmed.strip_suffix(needle)?.len();
    (begins_line(&start) && needle.len() > SEPARATOR.len()).then_some(start + SEPARATOR.len()..trimmed.len())
}

/// In a stale file: the only line among the static files that has the text of the line at `offset`.
pub(super) fn same_line(generated: &[u8], span: Span, statics: &[(Arc<str>, FileId)], text: Text<'_>) -> Option<Span> {
    let line = line_around(generated, span.start as usize);
    let wanted = &generated[line.clone()];
    if wanted.trim_ascii().len() < 3 || span.end as usize > line.end {
        return None;
    }
    let mut found = None;
    for (_, file) in statics {
        let content = text(*file)?;
        for at in memmem::find_iter(&content, wanted) {
            if line_around(&content, at) != (at..at + wanted.len()) {
                continue;
            }
            if found.is_some() {
                return None;
            }
            let moved = |offset: u32| offset - line.start as u32 + at as u32;
            found = Some(Span::new(*file, moved(span.start), moved(span.end)));
        }
    }
    found
}

/// The line that an offset lies in, without its end.
fn line_around(text: &[u8], offset: usize) -> Range<usize> {
    let offset = offset.min(text.len());
    let start = memchr::memrchr(b'\n', &text[..offset]).map_or(0, |at| at + 1);
    let end = memchr::memchr(b'\n', &text[offset..]).map_or(text.len(), |at| offset + at);
    start..end
}
