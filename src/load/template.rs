//! Templates of text generators (Helm, Go, Jinja): told from YAML that is merely broken.

use std::ops::Range;

/// The brackets of expressions and statements.
const BRACKETS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];

/// Words after `{{` that a Go template alone has: a line that begins so is a statement, not a value.
const STATEMENTS: [&str; 9] = ["if", "else", "end", "range", "with", "define", "block", "template", "include"];

/// The template expression that makes the text unreadable for YAML, if one does: it stands where a value or a key
/// begins, on the line of the fault at offset `at` or on the last line with content before it. `piece` is the document.
#[must_use]
pub fn expression_at_fault(text: &str, piece: &Range<usize>, at: usize) -> Option<Range<usize>> {
    let at = at.clamp(piece.start, piece.end);
    let line = line_around(text, piece, at);
    if let Some(expression) = expression(text, line.clone()) {
        return Some(expression);
    }
    let mut end = line.start;
    while end > piece.start {
        let line = line_around(text, piece, end - 1);
        let content = text[line.clone()].trim();
        if !content.is_empty() && !content.starts_with('#') {
            return expression(text, line).filter(|expression| !text[..expression.start].ends_with(['"', '\'']));
        }
        end = line.start;
    }
    None
}

/// Whether a text that YAML cannot read is a template as a whole: it has statements or lines that are nothing but an
/// expression, or it is named or placed like one.
#[must_use]
pub fn is_template(name: &str, text: &str) -> bool {
    named_like_template(name) || text.lines().any(is_statement)
}

/// What directives of ytt begin with (`carvel-dev/ytt`, `pkg/yamltemplate/metas.go`).
const DIRECTIVES: [&str; 11] =
    [" load(", " if ", " if/end ", " for ", " for/end ", " def ", "overlay/", "data/", "schema/", "library/", "yaml/"];

/// Whether a text is a template of ytt: it is YAML, and what is missing or empty in it is in its comments.
#[must_use]
pub fn is_ytt(text: &str) -> bool {
    let mut from = 0;
    for at in memchr::memmem::find_iter(text.as_bytes(), b"#@") {
        let rest = &text[at + 2..];
        // Behind another marker nothing is alone on its line: no line is looked at twice.
        let line_end = memchr::memrchr(b'\n', &text.as_bytes()[from..at]).map(|before| from + before + 1);
        let line = line_end.or((from == 0).then_some(0));
        let is_alone = line.is_some_and(|line| text[line..at].trim().is_empty());
        if (is_alone && DIRECTIVES.iter().any(|directive| rest.starts_with(directive)))
            || rest.starts_with(" data.values.")
        {
            return true;
        }
        from = at + 2;
    }
    false
}

fn named_like_template(name: &str) -> bool {
    let mut folders = name.rsplit('/');
    let file = folders.next().unwrap_or_default();
    let words = file.split(['-', '_', '.']);
    // Templates of Helm charts read what is in `files`, and may render it.
    folders.any(|folder| matches!(folder, "templates" | "template" | "files"))
        || words.into_iter().any(|word| matches!(word, "template" | "templates" | "tmpl" | "tpl" | "gotmpl" | "j2"))
}

fn is_statement(line: &str) -> bool {
    let line = line.trim();
    if line.starts_with("{%") {
        return true;
    }
    let Some(rest) = line.strip_prefix("{{") else { return false };
    let rest = rest.trim_start_matches('-').trim_start();
    let word = rest.split(|character: char| !character.is_alphanumeric()).next().unwrap_or_default();
    rest.starts_with("/*") || STATEMENTS.contains(&word) || line.ends_with("}}")
}

/// The first expression of a line that stands where a key, a value or an item begins. What stands in a comment is nothing
/// to YAML.
fn expression(text: &str, line: Range<usize>) -> Option<Range<usize>> {
    let line = line.start..line.start + comment(&text[line.clone()]).unwrap_or(line.len());
    BRACKETS
        .iter()
        .filter_map(|(open, close)| {
            text[line.clone()]
                .match_indices(open)
                .map(|(at, _)| line.start + at)
                .find(|&at| begins_something(&text[line.start..at]))
                .map(|start| start..closed(text, start, line.end, close))
        })
        .min_by_key(|expression| expression.start)
}

/// Where the comment of a line begins: at a `#` behind a space, outside of quotes and expressions.
fn comment(line: &str) -> Option<usize> {
    let (mut quote, mut expression) = (None, None);
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        let rest = &line[at..];
        match (quote, expression) {
            (_, Some(close)) if rest.starts_with(close) => expression = None,
            (Some(open), None) if character == open && before != '\\' => quote = None,
            (_, None) if BRACKETS.iter().any(|(open, _)| rest.starts_with(open)) => {
                expression = BRACKETS.iter().find(|(open, _)| rest.starts_with(open)).map(|(_, close)| *close);
            }
            (None, None) if matches!(character, '"' | '\'') && begins_something(&line[..at]) => quote = Some(character),
            (None, None) if character == '#' && before.is_whitespace() => return Some(at),
            _ => {}
        }
        before = character;
    }
    None
}

/// Whether a node can begin behind this start of a line, perhaps in quotes.
fn begins_something(before: &str) -> bool {
    let before = before.trim_end_matches(['"', '\'']).trim_end();
    before.is_empty() || before.ends_with([':', '-', ',', '[', '{', '?'])
}

fn closed(text: &str, start: usize, line_end: usize, close: &str) -> usize {
    text[start..line_end]
        .find(close)
        .map_or(start + text[start..line_end].trim_end().len(), |at| start + at + close.len())
}

/// The line around an offset, without its LF.
fn line_around(text: &str, piece: &Range<usize>, at: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let start = memchr::memrchr(b'\n', &bytes[piece.start..at]).map_or(piece.start, |before| piece.start + before + 1);
    let end = memchr::memchr(b'\n', &bytes[at..piece.end]).map_or(piece.end, |length| at + length);
    start..end
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn found<'t>(text: &'t str, fault: &str) -> Option<&'t str> {
        expression_at_fault(text, &(0..text.len()), text.find(fault).unwrap()).map(|range| &text[range])
    }

    #[test]
    fn the_expression_at_a_fault_is_found() {
        assert_eq!(found("a: 1\nb: {{ .Values.x }}\n", ".Values"), Some("{{ .Values.x }}"));
        assert_eq!(found("a: {{ x }}-{{ y }}\n", "-{{ y"), Some("{{ x }}"));
        assert_eq!(found("- {{x}}: 1\n", ": 1"), Some("{{x}}"));
        assert_eq!(found("a: [b, {{ x }}]\n", "x }"), Some("{{ x }}"));
        assert_eq!(found("a: \"{{ x | default \"y\" }}\"\n", "y"), Some("{{ x | default \"y\" }}"));
        assert_eq!(found("{{- if .x }}\n\n# c\na: 1\n", "a: 1"), Some("{{- if .x }}"));
        assert_eq!(found("{% if x %}\na: 1\n", "{%"), Some("{% if x %}"));
        assert_eq!(found("a: {{ x\n", "x"), Some("{{ x"));
    }

    #[test]
    fn a_template_in_a_string_is_no_cause_of_a_fault_elsewhere() {
        assert_eq!(found("a: \"{{ $labels.pod }}\"\nb: c: d\n", ": d"), None);
        assert_eq!(found("a: text {{ x }}\n\tb: 1\n", "\tb"), None);
        assert_eq!(found("a: |\n  {{ x }}\nb: 1\nc: @\n", "@"), None);
        assert_eq!(found("a: {b: {c: d}\n", "{c"), None);
    }

    #[test]
    fn a_template_in_a_comment_is_no_cause_of_a_fault() {
        assert_eq!(found("a: b: c # was: {{ x }}\n", ": c"), None);
        assert_eq!(found("a: b # was: {{ x }}\n c: d\n", "c: d"), None);
        assert_eq!(found("a:\n\t# b: {{ x }}\n", "\t"), None);
        assert_eq!(found("a: \"b # c\": d # e: {{ x }}\n", ": d"), None);
        // Where no comment begins, all is as it was.
        assert_eq!(found("a: b#c\nd: [\"#\", {{ x }}]\n", "x }"), Some("{{ x }}"));
        assert_eq!(found("a: {{ b # c }}: d: {{ x }}\n", ": d"), Some("{{ b # c }}"));
    }

    #[test]
    fn templates_of_ytt_are_told_by_directives() {
        assert!(is_ytt("#@ load(\"@ytt:data\", \"data\")\na: b\n"));
        assert!(is_ytt("a: #@ data.values.namespace\n"));
        assert!(is_ytt("a:\n  #@overlay/match missing_ok=True\n  b: c\n"));
        assert!(!is_ytt("a: b #@ at home\nc: |\n  #@version 3\n"));
        assert!(!is_ytt("a: b\n"));
    }

    /// Hours, if every marker looked back to the start of its line.
    #[test]
    fn a_line_of_many_markers_is_read_once() {
        let start = std::time::Instant::now();
        assert!(!is_ytt(&format!("a: b # {}\n", "#@".repeat(1_000_000))));
        assert!(!is_ytt(&format!("{}{}\n", " ".repeat(1_000_000), "#@ x ".repeat(400_000))));
        assert!(!is_ytt(&"#@ x #@ if y\n".repeat(100_000)));
        assert!(is_ytt(&format!("{}\n #@ if x\n", "#@".repeat(1_000_000))));
        assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
    }

    #[test]
    fn templates_as_a_whole_are_told_by_statements_and_names() {
        assert!(is_template("a.yaml", "{{- if .x }}\na: 1\n{{- end }}\n"));
        assert!(is_template("a.yaml", "a:\n  {{ toYaml .Values.a | indent 2 }}\n"));
        assert!(is_template("a.yaml", "{%- for x in y %}\n"));
        assert!(is_template("chart/templates/a.yaml", "a: {{ x }}\n"));
        assert!(is_template("chart/files/patch.yaml", "a: {{ x }}\n"));
        assert!(is_template("newrelic-config-template.yaml", "a: {{ x }}\n"));
        assert!(!is_template("a.yaml", "a: {{ x }}\nb: \"{{ y }}\"\n"));
        assert!(!is_template("contemplate.yaml", "a: {{ x }}\n"));
    }
}
