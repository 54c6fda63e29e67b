#![allow(clippy::unwrap_used)]

use super::{Problem, Problems, RULES, comments, parse};
use crate::model::node::{Kind, Node, Tree};
use crate::model::scalar::Scalar;
use crate::model::source::FileId;
use crate::model::value::Value;

/// Parses a text that is right, and hands its tree and findings to `check`.
fn read(text: &str, check: impl FnOnce(Value<'_>, &Problems)) {
    let (mut tree, mut problems) = (Tree::new(FileId(0)), Vec::new());
    let root = parse(text, 0..text.len(), &mut tree, &mut problems).unwrap();
    check(Value::new(&tree, text, root), &problems);
}

/// What a finding says, and the text it points at.
type Said<'t> = (&'t str, String, &'t str);

fn said<'t>(text: &'t str, problem: &Problem) -> Said<'t> {
    let rule = RULES.iter().find(|rule| rule.id == problem.rule.id).unwrap();
    (&rule.id, problem.message.clone(), &text[problem.start as usize..problem.end as usize])
}

/// The mistake in a text.
fn mistake(text: &str) -> (String, &str) {
    let mut tree = Tree::new(FileId(0));
    tree.nodes.push(super::parser::scalar(crate::model::node::Style::Plain));
    let problem = parse(text, 0..text.len(), &mut tree, &mut Vec::new()).unwrap_err();
    assert_eq!(tree.nodes.len(), 1, "the nodes of the broken document are gone");
    assert!(problem.lenient && problem.strict && !problem.message.is_empty());
    let (_, message, place) = said(text, &problem);
    (message, place)
}

/// What is said beside the tree of a text.
fn findings(text: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    read(text, |_, problems| {
        found = problems.iter().map(|problem| said(text, problem)).map(|(a, b, c)| (a.into(), b, c.into())).collect();
    });
    found
}

#[test]
fn every_node_knows_its_place() {
    let text = "a: &x\n  - 'b c'\n  - {d: \"e\\n\"}\nf: *x\ng: |\n  h\n  i\n\nj:\n";
    read(text, |root, _| {
        let raw = |key: &str| root.get(key).unwrap().raw();
        assert_eq!(raw("a"), "- 'b c'\n  - {d: \"e\\n\"}");
        assert_eq!(raw("f"), "*x");
        assert_eq!(raw("g"), "|\n  h\n  i");
        assert_eq!(raw("j"), "");
        assert_eq!(root.get("a").unwrap().items().next().unwrap().raw(), "'b c'");
        assert_eq!(root.get("f").unwrap().items().nth(1).unwrap().raw(), "{d: \"e\\n\"}");
        assert!(root.get("a").unwrap().node().has(Node::ANCHORED));
    });
}

#[test]
fn a_piece_is_read_from_the_middle_of_a_text() {
    let text = "x: [\n---\na: 1\n---\ny: ]\n";
    let (mut tree, mut problems) = (Tree::new(FileId(0)), Vec::new());
    let root = parse(text, 9..14, &mut tree, &mut problems).unwrap();
    assert_eq!(Value::new(&tree, text, root).get("a").unwrap().span().range(), 12..13);
}

#[test]
fn an_empty_piece_is_null() {
    for text in ["", "# c\n", "---\n", "--- # c\n\n", "\u{feff}"] {
        read(text, |root, problems| {
            assert!(root.is_null() && problems.is_empty(), "{text:?}");
            assert_eq!(root.written().b, 0);
        });
    }
}

#[test]
fn scalars_are_what_kubernetes_takes_them_for() {
    let text = "[yes, 0o14, 012, 08, 1_000, 1e3, .5, ~, '1', !!str 1, 18446744073709551615, 2024-01-01, 0x1p3]";
    let values = |root: Value<'_>| root.items().map(|item| format!("{:?}", item.scalar().unwrap())).collect::<Vec<_>>();
    read(text, |root, _| {
        let wanted = [
            "Bool(true)",
            "Int(12)",
            "Int(10)",
            "Float(8.0)",
            "Int(1000)",
            "Float(1000.0)",
            "Float(0.5)",
            "Null",
            "Str(\"1\")",
            "Str(\"1\")",
            "Uint(18446744073709551615)",
            "Str(\"2024-01-01\")",
            "Str(\"0x1p3\")",
        ];
        assert_eq!(values(root), wanted);
    });
}

#[test]
fn merge_keys_and_aliases_are_followed() {
    let text = "a: &a {k: 1, j: 2}\nb: &b {k: 3, l: 4}\nc: {<<: [*a, *b], m: 5}\nd: {k: 6, <<: *a}\n";
    read(text, |root, problems| {
        let value = |path: [&str; 2]| root.at(path).and_then(Value::scalar);
        assert_eq!(value(["c", "k"]), Some(Scalar::Int(1)));
        assert_eq!(value(["c", "l"]), Some(Scalar::Int(4)));
        assert_eq!(value(["c", "m"]), Some(Scalar::Int(5)));
        assert_eq!(value(["d", "k"]), Some(Scalar::Int(1)), "a merge overwrites what is above it");
        assert_eq!(problems.len(), 2);
        assert!(problems.iter().all(|problem| problem.rule.id == "merge-override" && problem.strict));
    });
}

#[test]
fn mistakes_are_said_where_they_are() {
    let cases = [
        ("a:\n\tb: 1\n", "a tab is used for indentation", "\t"),
        ("a: 1\n\tb: 2\n", "a tab is used for indentation", "\t"),
        ("a:\n  b: 1\n c: 2\n", "wrong indentation", "c:"),
        ("a: 1\n  b: 2\n", "a key is read as part of the value above it", "b"),
        ("image: nginx: latest\n", "a second `: ` makes the value a mapping", ":"),
        ("b: 1\nfoo:bar\n", "a key without a `:`", "foo:bar"),
        ("a: 'it's'\n", "text behind a value", "s'"),
        ("x:\n  a: 'b\n 'c: d\n", "text behind a value", "c:"),
        ("x:\n  - 'b\n '- c\n", "text behind a value", "-"),
        ("x:\n  y:\n     a: {b: c\n  }d: e\n", "text behind a value", "d:"),
        ("a: \"x\nb: 1\n", "the \" that opens here is never closed", "\""),
        ("a: [1, 2\nb: 3\n", "the `[` that opens here is never closed", "["),
        ("a: {b: c\n", "the `{` that opens here is never closed", "{"),
        ("a: [b c: d e]: f\n", "a key is a list or a mapping", "[b"),
        ("a: *.txt\n", "not a name for an alias", "*.txt"),
        ("a: *b\n", "the anchor `b` is not defined", "*b"),
        ("a: &b [*b]\n", "the anchor `b` contains itself", "*b"),
        ("a: @b\n", "a value cannot begin with `@`", "@"),
        ("a: {{ .Values.x }}\n", "an unrendered template expression", "{{ .Values.x }}"),
        ("a: 1\n{{- if .x }}\nb: 2\n", "an unrendered template expression", "{{- if .x }}"),
        ("a: [${X}]\n", "a variable inside brackets", "${X}"),
        ("a: - b\n", "a list cannot begin on the line of its key", "-"),
        ("a: \"\\p\"\n", "unknown escape `\\p`", "\\p"),
        ("a: \"\\ud83d\"\n", "U+D83D is not a character", "\\ud83d"),
        ("a: | b\n", "text on the line of `|`", "b"),
        ("a:\n- b\nc\n", "a key without a `:`", "c"),
        ("a: 1\n- b\n", "a list item stands where a key is expected", "-"),
        ("a: |\n    b\n  c\n", "a line is indented less than its block", "c"),
        ("~: 1\n", "a key is null", "~"),
        ("9223372036854775808: 1\n", "the key 9223372036854775808 is too large", "9223372036854775808"),
        ("a: -.inf\n", "`-.inf` is not a value that JSON can hold", "-.inf"),
        ("a: !!int b\n", "a `!!int` value cannot be read as one", "b"),
        ("a: !!binary '@'\n", "a `!!binary` value is not base64", "'@'"),
        ("a: !e!b c\n", "the tag handle `!e!` is not declared", "!e!b"),
        ("a:\n  <<: 1\n", "a merge key needs a mapping", "1"),
        ("%YAML 1.2\n---\na: 1\n", "YAML version `1.2` is refused", "%YAML 1.2"),
        ("a: \u{7}\n", "control character U+0007 is not allowed", "\u{7}"),
        ("a: \u{9f}\n", "control character U+009F is not allowed", "\u{9f}"),
    ];
    for (text, message, place) in cases {
        assert_eq!(mistake(text), (message.to_owned(), place), "{text:?}");
    }
}

/// What a tag stands for is asked of the first of a node alone; a second one is never read, or a mistake by itself.
#[test]
fn handles_of_second_tags_are_not_looked_up() {
    for text in ["!!a !u!b", "!!a !u!b x\n", "!!a &x !u!b c\n", "!!a !u!b: c\n"] {
        read(text, |root, problems| {
            assert!(root.is_scalar(), "{text:?}");
            assert_eq!(problems.len(), 1, "{text:?}: {problems:?}");
            assert_eq!(problems[0].message, "this is not read");
        });
    }
    assert_eq!(mistake("a: !!a !u!b c\n"), ("a node has two tags".to_owned(), "!u!b"));
    assert_eq!(mistake("- !!a !u!b\n"), ("a node has two tags".to_owned(), "!u!b"));
    assert_eq!(mistake("!u!b x\n"), ("the tag handle `!u!` is not declared".to_owned(), "!u!b"));
    // What is no tag at all is one nowhere.
    assert_eq!(mistake("!!a !u!b^c\n").0, "not a tag");
}

#[test]
fn a_key_may_have_1024_characters() {
    read(&format!("{}: 1\n", "é".repeat(1024)), |root, _| assert!(root.is_mapping()));
    let text = format!("a: 1\n{}: 1\n", "é".repeat(1025));
    assert_eq!(mistake(&text).0, "a key is longer than 1024 characters");
}

#[test]
fn duplicate_keys_are_compared_after_typing() {
    let of = |text: &str| findings(text).into_iter().map(|(rule, _, place)| (rule, place)).collect::<Vec<_>>();
    let duplicate = |place: &str| vec![("duplicate-key".to_owned(), place.to_owned())];
    assert_eq!(of("a: 1\n\"a\": 2\n"), duplicate("\"a\""));
    assert_eq!(of("1: a\n0x1: b\n"), duplicate("0x1"));
    assert_eq!(of("1: a\n\"1\": b\n"), duplicate("\"1\""));
    assert_eq!(of("a: 1\nA: 2\n"), []);
    assert_eq!(of("[a: 1, a: 2]\n"), []);
    let many: String = (0..40).map(|n| format!("key{n}: 1\n")).collect();
    assert_eq!(of(&many), []);
    assert_eq!(of(&format!("{many}key7: 2\n")), duplicate("key7"));
    // Equal at both ends and of the same length.
    let alike: String = (0..40).map(|n| format!("longprefix{n:04}longsuffix: 1\n")).collect();
    assert_eq!(of(&alike), []);
}

#[test]
fn words_that_become_booleans_as_keys_are_said() {
    let found = findings("y: 1\ntrue: 2\n\"n\": 3\n");
    assert_eq!(found[0], ("boolean-key".into(), "the key `y` becomes `true`".into(), "y".into()));
    assert_eq!(found[1].0, "duplicate-key", "{found:?}");
    assert_eq!(found.len(), 2);
}

#[test]
fn what_is_not_read_is_said() {
    let place = |text: &str| findings(text).into_iter().map(|(rule, _, place)| (rule, place)).next();
    let ignored = |text: &str| Some(("ignored-content".to_owned(), text.to_owned()));
    assert_eq!(place("a: 1\n...\n# c\nb: [\n"), ignored("b: ["));
    assert_eq!(place("  a: 1\nb: 2\n"), ignored("b: 2"));
    assert_eq!(place("{a: 1} b\n"), ignored("b"));
    assert_eq!(place("a: 1\n...\n# c\n"), None);
}

#[test]
fn comments_are_told_from_scalars() {
    let text = "# a\nb: c # d\ne: \"# f\"\ng: h#i\nj: | # k\n  # l\nm: # n\n  - [o, # p\n     q]\n# r\n";
    let found: Vec<&str> = comments(text, 0..text.len())
        .into_iter()
        .map(|range| &text[range.start as usize..range.end as usize])
        .collect();
    assert_eq!(found, ["# a", "# d", "# k", "# n", "# p", "# r"]);
}

#[test]
fn a_tree_tells_an_alias_from_its_target() {
    read("- &a 1\n- *a\n", |root, _| {
        let alias = root.items().nth(1).unwrap();
        assert_eq!((alias.written().kind, alias.kind()), (Kind::Alias, Kind::Scalar));
        assert_eq!(alias.index(), 1);
    });
}

#[test]
fn findings_beyond_a_hundred_are_counted() {
    let text = "y: 1\n".repeat(300);
    let found = findings(&text);
    assert_eq!(found.len(), 101);
    assert_eq!(found[100].1, "499 more findings of this kind in this document");
    read(&text, |_, problems| assert!(problems[100].strict, "duplicates are among those left out"));
}

/// The tree of a text, its findings and its fault, as far as they lie in its first `length` bytes.
fn outcome(text: &str, length: usize) -> String {
    let (mut tree, mut problems) = (Tree::new(FileId(0)), Vec::new());
    let fault = parse(text, 0..text.len(), &mut tree, &mut problems).err();
    let place = |problem: &Problem| (problem.message.clone(), problem.start, (problem.end as usize).min(length));
    let problems: Vec<_> = problems.iter().map(place).collect();
    format!("{:?}\n{problems:?}\n{:?}", tree.nodes, fault.as_ref().map(place))
}

/// A line break that is none to most programs keeps the parser from reading usual lines in one go.
#[test]
fn usual_lines_are_read_as_the_general_rules_read_them() {
    const SLOTS: [&[&str]; 5] = [
        &["", "", "", "  ", "  ", "    ", "- ", "  - ", "\t", " "],
        &["a", "b1", "c", "some-key", "x.y/z", "true", "null", "name", "y", "<<", "1", "", "-", "\"k\""],
        &[": ", ": ", ": ", ": ", ": ", ":", ":  ", " : ", ":\t", "", " "],
        &[
            "d",
            "e f",
            "a b c",
            "1",
            "-1",
            ".5",
            ".inf",
            "-.inf",
            "~",
            "true",
            "",
            "",
            "\"q\"",
            "\"q\\\"r\"",
            "'q'",
            "'q''r'",
            "\"q",
            "'q\"",
            "\"q\" r",
            "nginx:1.2",
            "a: b",
            "a:",
            "a#b",
            "a #b",
            "d ",
            "d\t",
            "{a: b}",
            "[a",
            "&x d",
            "*x",
            "|",
            "# c",
            "---",
            "%",
            "@",
        ],
        &["\n", "\n", "\n", "\n", "\n", "\n", "\n\n", "\r\n", "\n# c\n", "\n  # c\n", "\n   \n", ""],
    ];
    assert!(count_equal(&SLOTS) > 5_000);
}

/// The same in brackets.
#[test]
fn usual_words_in_brackets_are_read_as_the_general_rules_read_them() {
    const SLOTS: [&[&str]; 7] = [
        &["a: ", "- ", "a: ", "", "", "", "", "", ""],
        &["{", "{", "{ ", "[", "[", "[ ", "", "", ""],
        &["", "", "a", "b", "key", "name", "x.y/z", "true", "<<", "1", "\"k\"", "\"a\": ", "? ", "k:", "-"],
        &["", "", "", ": ", ": ", ": ", ":", ":  ", " : ", ":\n  ", ":\t"],
        &[
            "d",
            "word",
            "1",
            "-1",
            "-c",
            ".5",
            ".inf",
            "~",
            "true",
            "",
            "nginx:1.2",
            "a b",
            "a: b",
            "a?",
            "a#b",
            "a #b",
            "\"q\"",
            "'q'",
            "'q''r'",
            "\"q\\\"r\"",
            "\"q\"r",
            "\"q",
            "'a, b'",
            "/bin/sh",
            "&x d",
            "*x",
            "!!str 1",
            "{}",
        ],
        &["", "", ", ", ", ", ",", " ,", ",\n  ", ",,", "\n", "\n ", ", # c\n  "],
        &["", "", "", "]", "]", "}", "}", " ]", "]}", "\n]", "]\n", "}\n"],
    ];
    assert!(count_equal(&SLOTS) > 5_000);
}

/// Reads texts that are put together from the slots, taken in turn, with and without the general rules alone, and compares.
/// How many of them are documents.
fn count_equal(slots: &[&[&str]]) -> usize {
    let mut state = 7u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut read = 0;
    for _ in 0..60_000 {
        let taken = slots.iter().cycle().take(slots.len() * (1 + random(4)));
        let text: String = taken.map(|slot| slot[random(slot.len())]).collect();
        let plain = format!("{text}\n# end..\n# of it\n");
        let general = format!("{text}\n# end\u{2028}# of it\n");
        let (left, right) = (outcome(&plain, text.len()), outcome(&general, text.len()));
        assert_eq!(left, right, "{text:?}");
        read += usize::from(left.ends_with("None"));
    }
    read
}
