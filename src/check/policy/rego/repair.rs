//! Repairs of a text that regorus would not parse as OPA does, before it is parsed: the text is looked at as words and
//! brackets. Like every edit they stay on their line.

use super::rewrite::Edit;

/// A word, a bracket, a text or any other character.
#[derive(Debug, Clone, Copy)]
struct Token<'t> {
    text: &'t str,
    start: usize,
    /// Whether it is the first of its line.
    first: bool,
    /// How many brackets are open before it.
    depth: usize,
}

impl Token<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    fn is_word(&self) -> bool {
        self.text.starts_with(|first: char| first.is_alphanumeric() || first == '_')
    }
}

/// Words behind which a bracket begins an expression, on whatever line.
const KEYWORDS: &[&str] =
    &["as", "contains", "default", "else", "every", "if", "import", "in", "not", "package", "some", "with"];

/// All repairs of a text.
pub fn edits(text: &str) -> Vec<Edit> {
    let tokens = tokens(text);
    let mut edits = shadowed_imports(&tokens);
    edits.extend(chained_bodies(text, &tokens));
    edits.extend(new_lines(text, &tokens));
    edits.extend(negated_bodies(&tokens));
    edits
}

/// Whether `not` negates a body, `not { … }`, and does not need its operands (OPA 1.17, `v1/ast/parser.go`,
/// `futureKeywords`).
pub fn has_negated_bodies(text: &str) -> bool {
    imports_not(&tokens(text))
}

fn imports_not(tokens: &[Token<'_>]) -> bool {
    let import = ["import", "future", ".", "keywords"];
    let is = |at: usize| tokens[at..].iter().map(|token| token.text).take(import.len()).eq(import);
    let ends = |at: usize| match tokens.get(at).filter(|token| !token.first) {
        Some(dot) if dot.text == "." => tokens.get(at + 1).is_some_and(|token| token.text == "not"),
        // All of them.
        _ => true,
    };
    (0..tokens.len()).any(|at| tokens[at].first && tokens[at].depth == 0 && is(at) && ends(at + import.len()))
}

/// `not { … }`, a body where that was imported, is a set for regorus: the body becomes one of a comprehension.
fn negated_bodies(tokens: &[Token<'_>]) -> Vec<Edit> {
    let mut edits = Vec::new();
    if !imports_not(tokens) {
        return edits;
    }
    for (at, pair) in tokens.windows(2).enumerate() {
        let [not, open] = pair else { continue };
        let close = tokens[at + 2..].iter().find(|token| token.text == "}" && token.depth == open.depth);
        if let ("not", "{", Some(close)) = (not.text, open.text, close) {
            edits.push(Edit { start: not.start, end: not.end(), text: "count".to_owned() });
            edits.push(Edit { start: open.start, end: open.end(), text: "([1 | ".to_owned() });
            edits.push(Edit { start: close.start, end: close.end(), text: "]) == 0".to_owned() });
        }
    }
    edits
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let (mut at, mut first, mut depth) = (0, true, 0usize);
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'\n' => {
                first = true;
                at += 1;
                continue;
            }
            b'#' => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
                continue;
            }
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'`' => at += 1 + text[at + 1..].find('`').map_or(text.len() - at - 1, |end| end + 1),
            b'"' => {
                at += 1;
                while at < bytes.len() && !matches!(bytes[at], b'"' | b'\n') {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at = (at + 1).min(bytes.len());
                while !text.is_char_boundary(at) {
                    at += 1;
                }
            }
            _ => {
                let is_word = |char: char| char.is_alphanumeric() || char == '_';
                let rest = &text[at..];
                let word = rest.find(|char| !is_word(char)).unwrap_or(rest.len());
                at += if word > 0 { word } else { rest.chars().next().map_or(1, char::len_utf8) };
            }
        }
        let token = &text[start..at];
        if matches!(token, ")" | "]" | "}") {
            depth = depth.saturating_sub(1);
        }
        tokens.push(Token { text: token, start, first, depth });
        if matches!(token, "(" | "[" | "{") {
            depth += 1;
        }
        first = false;
    }
    tokens
}

/// `import future.keywords…` beside `import rego.v1`, which brings all of them: both do nothing in Rego v1, and regorus
/// refuses the second.
fn shadowed_imports(tokens: &[Token<'_>]) -> Vec<Edit> {
    let is = |at: usize, words: &[&str]| {
        words.iter().enumerate().all(|(offset, word)| tokens.get(at + offset).is_some_and(|token| token.text == *word))
    };
    let import = |at: usize, words: &[&str]| tokens[at].first && tokens[at].depth == 0 && is(at, words);
    if !(0..tokens.len()).any(|at| import(at, &["import", "rego", ".", "v1"])) {
        return Vec::new();
    }
    let future = (0..tokens.len()).filter(|at| import(*at, &["import", "future", ".", "keywords"]));
    let blank = |at: usize| {
        let next = tokens[at + 1..].iter().position(|token| token.first).map_or(tokens.len(), |next| at + 1 + next);
        let (start, end) = (tokens[at].start, tokens[next - 1].end());
        Edit { start, end, text: " ".repeat(end - start) }
    };
    future.map(blank).collect()
}

/// `violation[m] { … } { … }`: every body has the same head (OPA's older grammar), which is written out.
fn chained_bodies(text: &str, tokens: &[Token<'_>]) -> Vec<Edit> {
    let mut edits = Vec::new();
    // Where the rule at hand begins, and where its head ends.
    let (mut rule, mut head): (Option<usize>, Option<usize>) = (None, None);
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.depth == 0) {
        let before = at.checked_sub(1).map(|before| tokens[before]);
        if token.first && token.is_word() && token.text != "else" {
            (rule, head) = (Some(token.start), None);
            continue;
        }
        let (Some(start), "{", Some(before)) = (rule, token.text, before) else { continue };
        match head {
            // A value, not a body.
            None if matches!(before.text, "=" | ":" | "|" | "&" | "-") => {}
            // A body of Rego v1, which is never chained, or one that another rule shares.
            None if before.text == "if" => rule = None,
            None => head = Some(token.start),
            Some(end) if before.text == "}" => {
                let head = text[start..end].trim_end();
                // A comment would swallow the rest, and a raw text may mean its line feeds.
                if !head.contains('\n') || !head.contains(['#', '`']) {
                    let text = format!("{} ", head.replace('\n', " "));
                    edits.push(Edit { start: token.start, end: token.start, text });
                }
            }
            // A body behind `else`.
            Some(_) => rule = None,
        }
    }
    edits
}

/// A statement that begins with `(` on a new line: in Rego the bracket of a call follows its function at once.
fn new_lines(text: &str, tokens: &[Token<'_>]) -> Vec<Edit> {
    let mut open: Vec<&str> = Vec::new();
    let mut edits = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| tokens[before]);
        if let Some(before) = before.filter(|_| token.text == "(" && token.first) {
            let ends = (before.is_word() && !KEYWORDS.contains(&before.text))
                || before.text.starts_with(['"', '`'])
                || matches!(before.text, ")" | "]" | "}");
            if ends && open.last() == Some(&"{") {
                let end = before.end();
                edits.push(Edit { start: end, end, text: ";".to_owned() });
            }
        }
        match token.text {
            "(" | "[" | "{" => open.push(token.text),
            ")" | "]" | "}" => drop(open.pop()),
            _ => {}
        }
    }
    edits.retain(|edit| text.is_char_boundary(edit.start));
    edits
}

#[cfg(test)]
mod tests {
    use super::super::rewrite::Rewritten;
    use super::*;

    fn repaired(text: &str) -> String {
        Rewritten::new(text, edits(text)).text
    }

    #[test]
    fn chained_bodies_get_their_head() {
        for (text, expected) in [
            ("v[m] { a } { b }", "v[m] { a } v[m] { b }"),
            ("v[{\"m\": m}] {\n  a\n} {\n  b\n}", "v[{\"m\": m}] {\n  a\n} v[{\"m\": m}] {\n  b\n}"),
            ("f(x) = {1} { a } { b } { c }", "f(x) = {1} { a } f(x) = {1} { b } f(x) = {1} { c }"),
            ("f(x,\ny) = z { a } { b }", "f(x,\ny) = z { a } f(x, y) = z { b }"),
            ("x = {1}\ny { a }", "x = {1}\ny { a }"),
            ("p { a } else = 1 { b }", "p { a } else = 1 { b }"),
            ("p if { a }\n\nq := {b | b := {1}[_]}", "p if { a }\n\nq := {b | b := {1}[_]}"),
            ("v[m] { m := \"} {\" } # } {", "v[m] { m := \"} {\" } # } {"),
        ] {
            assert_eq!(repaired(text), expected);
        }
    }

    #[test]
    fn a_bracket_on_a_new_line_begins_a_statement() {
        for (text, expected) in [
            ("p {\n  input.x # why\n  (input.y + 1) > 2\n}", "p {\n  input.x; # why\n  (input.y + 1) > 2\n}"),
            ("p {\n  not\n  (a)\n}", "p {\n  not\n  (a)\n}"),
            ("p {\n  x := f(\n  (1 + 2))\n}", "p {\n  x := f(\n  (1 + 2))\n}"),
            ("p {\n  x == \"é\"\n  (a)\n}", "p {\n  x == \"é\";\n  (a)\n}"),
        ] {
            assert_eq!(repaired(text), expected);
        }
    }

    #[test]
    fn imports_that_do_nothing_are_left_out() {
        let text = "package a\n\nimport rego.v1\nimport future.keywords.if\nimport data.b\n";
        assert_eq!(repaired(text), "package a\n\nimport rego.v1\n                         \nimport data.b\n");
        let text = "package a\n\nimport future.keywords.if\n";
        assert_eq!(repaired(text), text);
    }
}
