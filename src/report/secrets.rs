//! Secrets that no parser has seen: a Secret that is broken is shown in a frame as well, and so is one whose `data` is
//! misspelt. What the loader marked is completed here from the text alone, for the files that a finding points into.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::model::diagnostic::Diagnostic;
use crate::model::source::{FileId, Sources};

/// Fields of a Secret that hold none of its values (core/v1 `Secret`).
const HARMLESS: [&[u8]; 5] = [b"apiVersion", b"kind", b"metadata", b"type", b"immutable"];

/// Rules whose findings point at a value that must not be printed. Their words hold names and never the value; that a
/// name is a password as well (`mysql`) is no reason to hide it.
pub(super) const AT_A_SECRET: [&str; 5] = [
    "credentials-in-source",
    "leaked-credential",
    "secret-in-configmap",
    "secret-in-env-literal",
    "token-in-access-file",
];

/// Completes the secrets of all files that `findings` point into, and leaves them sorted and apart from each other.
pub(super) fn complete(findings: &[Diagnostic], sources: &mut Sources) {
    let mut files: BTreeSet<FileId> = BTreeSet::new();
    for finding in findings {
        files.insert(finding.primary.span.file);
        files.extend(finding.labels.iter().map(|label| label.span.file));
        files.extend(finding.fix.iter().flat_map(|fix| fix.edits.iter().map(|edit| edit.span.file)));
    }
    let at_secrets = findings.iter().filter(|finding| AT_A_SECRET.contains(&&*finding.rule));
    let mut pointed_at: Vec<_> = at_secrets.map(|finding| finding.primary.span).collect();
    pointed_at.sort_unstable();
    pointed_at.dedup();
    for id in files {
        let file = sources.get(id);
        let Some(text) = file.text.clone() else { continue };
        let mut secrets = file.secrets.clone();
        let own = pointed_at.partition_point(|span| span.file < id)..pointed_at.partition_point(|span| span.file <= id);
        secrets.extend(pointed_at[own].iter().map(|span| span.start..span.end));
        secrets.extend(written_in(&text));
        sources.keep(id, text, apart(secrets));
    }
}

/// Sorts ranges and unites those that overlap.
fn apart(mut ranges: Vec<Range<u32>>) -> Vec<Range<u32>> {
    ranges.retain(|range| range.start < range.end);
    ranges.sort_by_key(|range| (range.start, range.end));
    ranges.dedup_by(|next, last| {
        let overlaps = next.start < last.end;
        if overlaps {
            last.end = last.end.max(next.end);
        }
        overlaps
    });
    ranges
}

/// How often the bytes of a text may be looked at. Objects that lie in each other are read again for each that says it is
/// a Secret.
const LOOKS: usize = 16;

/// What stands for a value in every object of the text that says `kind: Secret`. A text that would take too long is
/// hidden as a whole.
fn written_in(text: &[u8]) -> Vec<Range<u32>> {
    let mut found = Vec::new();
    let mut looks = text.len().saturating_mul(LOOKS);
    let mut done = 0;
    let mut last: Option<Line> = None;
    for at in memchr::memmem::find_iter(text, b"Secret") {
        if at < done {
            continue;
        }
        // A line may hold the word many times, and is looked at once.
        let is_new = last.as_ref().is_none_or(|line| line.end <= at);
        let line = match last.take() {
            Some(line) if !is_new => line,
            _ => Line::around(text, at),
        };
        if is_new && line.key(text) == Some(b"kind") && unquoted(&text[line.value..line.end]) == b"Secret" {
            let object = object(text, &line, &mut looks);
            values(text, &object, line.column(), &mut found, &mut looks);
            done = object.end;
        } else if unquoted_kind(&text[line.start..at]) {
            found.extend(behind_data(text, &line));
            done = line.end;
        }
        if looks == 0 {
            found.clear();
            found.push(0..text.len());
            break;
        }
        last = Some(line);
    }
    found.into_iter().map(|range| range.start as u32..range.end as u32).collect()
}

/// A line, as far as its outside tells what it is.
struct Line {
    /// Its first byte, the first one that is not blank, and the one behind its last, without the line end.
    start: usize,
    indent: usize,
    end: usize,
    /// Where the content begins behind the dashes of list items, and where the value begins behind a key.
    content: usize,
    value: usize,
}

impl Line {
    fn around(text: &[u8], at: usize) -> Line {
        let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length);
        let skip = |from: usize, byte: u8| from + text[from..end].iter().take_while(|found| **found == byte).count();
        let indent = skip(start, b' ');
        let mut content = indent;
        while text[content..end].starts_with(b"- ") {
            content = skip(content + 1, b' ');
        }
        let colon = memchr::memchr(b':', &text[content..end]).map(|length| content + length + 1);
        let colon = colon.filter(|&behind| behind == end || matches!(text[behind], b' ' | b'\t' | b'\r' | b'"' | b'{'));
        Line { start, indent, end, content, value: colon.map_or(content, |behind| skip(behind, b' ')) }
    }

    fn next(&self, text: &[u8]) -> Option<Line> {
        (self.end + 1 < text.len()).then(|| Line::around(text, self.end + 1))
    }

    fn previous(&self, text: &[u8]) -> Option<Line> {
        self.start.checked_sub(1).map(|end| Line::around(text, end))
    }

    fn column(&self) -> usize {
        self.content - self.start
    }

    fn key<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let key = text[self.content..self.value].trim_ascii_end().strip_suffix(b":")?;
        Some(unquoted(key))
    }

    fn is_empty(&self, text: &[u8]) -> bool {
        let content = text[self.indent..self.end].trim_ascii();
        content.is_empty() || content.starts_with(b"#")
    }

    /// Takes its bytes off from those that may still be looked at. Returns whether any are left.
    fn may_be_read(&self, looks: &mut usize) -> bool {
        *looks = looks.saturating_sub(self.end + 1 - self.start);
        *looks > 0
    }

    /// Whether the object whose keys stand in `column` has nothing to do with this line any more.
    fn is_outside(&self, text: &[u8], column: usize) -> bool {
        text[self.start..self.end].starts_with(b"---") || (!self.is_empty(text) && self.indent - self.start < column)
    }
}

/// The lines of the object that a `kind` line belongs to; fewer of them if `looks` are used up.
fn object(text: &[u8], kind: &Line, looks: &mut usize) -> Range<usize> {
    let column = kind.column();
    let mut start = kind.start;
    // In a list, the line with the dash is the first one.
    let mut before = if kind.indent - kind.start < column { None } else { kind.previous(text) };
    while let Some(line) = before.filter(|line| line.may_be_read(looks)) {
        let outside = line.is_outside(text, column);
        if !outside || (line.column() == column && line.content > line.indent) {
            start = line.start;
        }
        before = if outside { None } else { line.previous(text) };
    }
    let mut end = kind.end;
    let mut behind = kind.next(text);
    while let Some(line) = behind.filter(|line| line.may_be_read(looks) && !line.is_outside(text, column)) {
        end = line.end;
        behind = line.next(text);
    }
    start..end
}

/// Adds every value below the fields that may hold one.
fn values(text: &[u8], object: &Range<usize>, column: usize, found: &mut Vec<Range<usize>>, looks: &mut usize) {
    let mut harmless = true;
    let mut next = Some(Line::around(text, object.start));
    while let Some(line) = next.filter(|line| line.start < object.end && line.may_be_read(looks)) {
        if !line.is_empty(text) {
            if line.column() == column
                && let Some(key) = line.key(text)
            {
                harmless = HARMLESS.contains(&key);
            }
            if !harmless {
                found.push(line.value..value_end(text, &line));
            }
        }
        next = line.next(text);
    }
}

/// The end of a value: a comment behind it is none of it, unless a quote may hold its `#`.
fn value_end(text: &[u8], line: &Line) -> usize {
    let value = &text[line.value..line.end];
    let comment =
        if value.starts_with(b"\"") || value.starts_with(b"'") { None } else { memchr::memmem::find(value, b" #") };
    line.value + value[..comment.unwrap_or(value.len())].trim_ascii_end().len()
}

/// Whether JSON on one line is about to say that its kind is this.
fn unquoted_kind(before: &[u8]) -> bool {
    let before = before.strip_suffix(b"\"").unwrap_or(before).trim_ascii_end();
    before.strip_suffix(b":").is_some_and(|before| before.trim_ascii_end().ends_with(b"\"kind\""))
}

/// In JSON on one line, everything behind the first field that holds values.
fn behind_data(text: &[u8], line: &Line) -> Option<Range<usize>> {
    let content = &text[line.start..line.end];
    let keys: [&[u8]; 2] = [b"\"data\"", b"\"stringData\""];
    let first = keys.iter().filter_map(|key| Some(memchr::memmem::find(content, key)? + key.len())).min()?;
    Some(line.start + first..line.end)
}

fn unquoted(word: &[u8]) -> &[u8] {
    let word = word.trim_ascii();
    let word = word.strip_suffix(b",").unwrap_or(word);
    let inner = word.strip_prefix(b"\"").and_then(|word| word.strip_suffix(b"\""));
    inner.or_else(|| word.strip_prefix(b"'").and_then(|word| word.strip_suffix(b"'"))).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> Vec<&str> {
        apart(written_in(text.as_bytes()))
            .into_iter()
            .map(|range| &text[range.start as usize..range.end as usize])
            .collect()
    }

    #[test]
    fn values_of_a_broken_secret_are_found() {
        let text = "kind: Secret\nmetadata:\n  name: a\nstringData:\n  one: \"open\n  two: b c # why\n  # note\n  |\n    block\n";
        assert_eq!(hidden(text), ["\"open", "b c", "|", "block"]);
    }

    #[test]
    fn misspelt_fields_count_and_the_order_does_not() {
        assert_eq!(hidden("datta: {a: xyz}\nkind: 'Secret'\ntype: Opaque\n"), ["{a: xyz}"]);
        assert_eq!(hidden("dat:\r\n  a: xyz\r\nkind: Secret\r\n"), ["xyz"]);
    }

    #[test]
    fn neighbours_of_a_secret_stay_as_they_are() {
        let text =
            "kind: ConfigMap\ndata: {a: b}\n---\nkind: Secret\ndata: {c: d}\n---\nkind: ConfigMap\ndata: {e: f}\n";
        assert_eq!(hidden(text), ["{c: d}"]);
        let text =
            "kind: List\nitems:\n- kind: ConfigMap\n  data: {a: b}\n- data: {c: d}\n  kind: Secret\n- data: {e: f}\n";
        assert_eq!(hidden(text), ["{c: d}"]);
        assert_eq!(hidden("kind: SealedSecret\nspec: x\n---\nkind: SecretStore\nspec: y\n"), [] as [&str; 0]);
        assert_eq!(hidden("spec:\n  secretRef: {kind: Secret, name: x}\n  data: y\n"), [] as [&str; 0]);
    }

    #[test]
    fn json_is_covered_on_many_lines_and_on_one() {
        assert_eq!(
            hidden("{\n  \"kind\": \"Secret\",\n  \"data\": {\n    \"a\": \"b\"\n  }\n}\n"),
            ["{", "\"b\"", "}"]
        );
        assert_eq!(hidden("{\"kind\":\"Secret\",\"data\":{\"a\":\"b\"}}"), [":{\"a\":\"b\"}}"]);
        assert_eq!(
            hidden("{\"stringData\": {\"a\": \"b\"}, \"kind\": \"Secret\"}"),
            [": {\"a\": \"b\"}, \"kind\": \"Secret\"}"]
        );
    }

    /// Minutes, if every word looked for the ends of its line.
    #[test]
    fn a_line_of_many_words_is_read_once() {
        let start = std::time::Instant::now();
        let words: String = (0..60_000).map(|number| format!("\"key{number}\":\"Secret\",")).collect();
        assert_eq!(hidden(&format!("{{{words}\"a\":1}}")), [] as [&str; 0]);
        let items = "{\"kind\":\"SecretStore\",\"kind\" : \"Secrets\"},".repeat(20_000);
        assert_eq!(hidden(&format!("[{items}1]")), [] as [&str; 0]);
        assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
    }

    /// Hours, if every object read all that lies above it.
    #[test]
    fn objects_in_objects_are_hidden_as_a_whole_when_they_are_too_many() {
        let start = std::time::Instant::now();
        let lines = |depth: usize| -> String {
            (0..depth).map(|level| format!("{}kind: Secret\n", " ".repeat(depth - level))).collect()
        };
        assert!(hidden(&lines(5)).is_empty());
        let many = lines(1_000);
        let far = format!("{}kind: Secret\n{}{}", " ".repeat(701), "\n".repeat(400_000), lines(700));
        for text in [many, far] {
            assert!(hidden(&text) == [&*text], "{} bytes are not hidden", text.len());
        }
        assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
    }

    #[test]
    fn many_secrets_in_one_object_are_read_once() {
        let text = "kind: Secret\ndata: x\n".repeat(20_000);
        assert_eq!(hidden(&text).len(), 20_000);
    }
}
