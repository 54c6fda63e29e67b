//! The hash at the end of a generated name (kustomize, `api/hasher/hasher.go`).

use crate::model::digest;

use super::draft::Node;

/// The ten characters behind the dash.
pub(super) fn suffix(node: &Node) -> String {
    let is_secret = node.text_at(&["kind"]).is_some_and(|kind| kind == "Secret");
    let mut text = String::from("{");
    if !is_secret && node.get("binaryData").is_some_and(|data| !data.is_null()) {
        text.push_str("\"binaryData\":");
        object(node.get("binaryData"), &mut text);
        text.push(',');
    }
    text.push_str("\"data\":");
    object(node.get("data"), &mut text);
    text.push_str(",\"kind\":");
    string(if is_secret { "Secret" } else { "ConfigMap" }, &mut text);
    // The real tool looks the name up where it never is.
    text.push_str(",\"name\":\"\"");
    if is_secret {
        if node.get("stringData").is_some_and(|data| !data.is_null()) {
            text.push_str(",\"stringData\":");
            object(node.get("stringData"), &mut text);
        }
        text.push_str(",\"type\":");
        string(&node.text_at(&["type"]).unwrap_or_default(), &mut text);
    }
    text.push('}');
    let hexadecimal = digest::sha256(text.as_bytes());
    let letter = |digit: char| match digit {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    };
    hexadecimal.chars().take(10).map(letter).collect()
}

/// A map of texts with sorted keys; the empty text if there is none.
fn object(node: Option<Node>, text: &mut String) {
    let Some(node) = node.filter(Node::is_map) else {
        text.push_str("\"\"");
        return;
    };
    let mut entries = node.entries();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    text.push('{');
    for (number, entry) in entries.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        string(&entry.key, text);
        text.push(':');
        let value = entry.value.text().unwrap_or_default();
        if entry.value.is_string() { string(&value, text) } else { text.push_str(&value) }
    }
    text.push('}');
}

/// A string as Go's encoder writes it.
fn string(value: &str, text: &mut String) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                text.push_str(&format!("\\u{:04x}", character as u32));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::{FileId, Span};

    use super::super::draft::{Entry, Map, Trace};

    fn map(pairs: Vec<(&str, Node)>) -> Node {
        let trace = Trace::at(Span::top(FileId(0)));
        let entries = pairs.into_iter().map(|(key, value)| Entry { key: key.into(), trace: trace.clone(), value });
        Node::Map(std::sync::Arc::new(Map { entries: entries.collect(), trace: trace.clone() }))
    }

    fn text(text: &str) -> Node {
        Node::string(text, Trace::at(Span::top(FileId(0))))
    }

    #[test]
    fn the_hashes_are_those_of_the_real_tool() {
        let config = |data: Vec<(&str, Node)>| {
            let mut pairs = vec![("kind", text("ConfigMap"))];
            pairs.extend(data);
            suffix(&map(pairs))
        };
        assert_eq!(config(vec![("data", map(vec![("A", text("1"))]))]), "89g4tffbfk");
        assert_eq!(config(vec![("data", map(vec![("A", text("<&>"))]))]), "6m27dc8tmg");
        assert_eq!(config(vec![]), "6ct58987ht");
        assert_eq!(config(vec![("binaryData", map(vec![("b.bin", text("//4A"))]))]), "9kh925g582");
        let data = map(vec![("A", text("MQ=="))]);
        let secret = map(vec![("kind", text("Secret")), ("type", text("Opaque")), ("data", data)]);
        assert_eq!(suffix(&secret), "526mcbf5c2");
    }
}
