//! Shapes that have made parsers and linters quadratic. Each is written at 1 MB and at 4 MB; what counts is how much
//! longer the second takes.

use std::fmt::Write as _;

/// Name of the shape, and the text that repeats it up to about that many bytes.
pub type Shape = (&'static str, fn(usize) -> String);

pub const SHAPES: [Shape; 15] = [
    ("anchors, then aliases of the first", anchors_then_aliases),
    ("aliases under a kind with a schema", aliases_under_schema),
    ("one finding a line", findings),
    ("one long line", |size| format!("{CONFIG_MAP}  k: \"{}\"\n", "x".repeat(size))),
    ("comments", |size| format!("{CONFIG_MAP}{}", repeat("# a: comment\n", size))),
    ("blank lines", |size| format!("{CONFIG_MAP}{}", "\n".repeat(size))),
    ("wide sequence", |size| format!("a:\n{}", repeat("- x\n", size))),
    ("wide mapping", wide_mapping),
    ("single pairs in a flow sequence", |size| format!("a: [{}b: c]\n", repeat("b: c, ", size))),
    ("nesting in flow", |size| format!("a: {}\n", "[".repeat(size))),
    ("nesting in block", |size| format!("a:\n{}x\n", repeat("- ", size))),
    ("unclosed quote", |size| format!("a: \"{}", repeat("line\n", size))),
    ("colons", |size| format!("a: {}\n", ":".repeat(size))),
    ("empty documents", |size| repeat("---\n# nothing\n", size)),
    ("blank lines of a block scalar", |size| format!("a: |\n{}", repeat("  \n", size))),
];

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shape\ndata:\n";

fn repeat(unit: &str, size: usize) -> String {
    unit.repeat(size / unit.len())
}

fn anchors_then_aliases(size: usize) -> String {
    let count = size / 18;
    let mut text = String::from("a:\n");
    for index in 0..count {
        let _ = writeln!(text, "- &a{index} x");
    }
    text.push_str(&"- *a0\n".repeat(count));
    text
}

fn aliases_under_schema(size: usize) -> String {
    let mut text = format!("{CONFIG_MAP}  first: &first text\n");
    for index in 0..size / 16 {
        let _ = writeln!(text, "  k{index}: *first");
    }
    text
}

fn findings(size: usize) -> String {
    let mut text = String::from("apiVersion: v1\nkind: Service\nmetadata:\n  name: shape\nspec:\n");
    for index in 0..size / 14 {
        let _ = writeln!(text, "  wrong{index}: 1");
    }
    text
}

fn wide_mapping(size: usize) -> String {
    let mut text = String::from(CONFIG_MAP);
    for index in 0..size / 14 {
        let _ = writeln!(text, "  key{index}: x");
    }
    text
}
