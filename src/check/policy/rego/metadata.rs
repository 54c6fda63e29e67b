//! `# METADATA` comments (openpolicyagent.org, "Annotations"): a YAML block in front of a package or a rule. regorus
//! ignores comments, so we read them.

use regorus::Value;
use regorus::value::{Array, Object};

use super::comments;

/// Longest text of a policy that is shown.
const LONGEST: usize = 200;

/// One block, and the line of what it annotates.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// The first line behind the block that is not empty, from 1; 0 if that is not known.
    pub line: u32,
    value: Value,
}

impl Metadata {
    /// A text field of the block itself.
    pub fn text(&self, key: &str) -> Option<String> {
        text(&self.value[key])
    }

    /// The whole block as OPA gives it to policies (`ast/annotations.go`), with the scope that it has if it names none.
    pub fn annotations(&self, scope: &str) -> String {
        let mut value = self.value.clone();
        let of_texts = |list: &Value, read: fn(&str) -> Object| {
            let items = list.as_array().ok()?.iter();
            let item = |item: &Value| item.as_string().map_or_else(|_| item.clone(), |text| Value::from(read(text)));
            Some(Value::from(items.map(item).collect::<Array>()))
        };
        let authors = of_texts(&self.value["authors"], author);
        let resources = of_texts(&self.value["related_resources"], |link| object([("ref", Some(link))]));
        if let Ok(fields) = value.as_object_mut() {
            let lists = [("authors", authors), ("related_resources", resources)];
            for (key, list) in lists.into_iter().filter_map(|(key, list)| Some((key, list?))) {
                fields.insert(Value::from(key), list);
            }
            if self.text("scope").is_none() {
                fields.insert(Value::from("scope"), Value::from(scope));
            }
        }
        value.to_string()
    }

    /// A text field below `custom`.
    pub fn custom(&self, key: &str) -> Option<String> {
        text(&self.value["custom"][key])
    }

    /// A list of texts below `custom`.
    pub fn list(&self, key: &str) -> Vec<String> {
        texts(&self.value["custom"][key])
    }

    /// The addresses in `related_resources`, written as texts or as objects with a `ref`.
    pub fn links(&self) -> Vec<String> {
        let items = self.value["related_resources"].as_array().map(|items| items.to_vec()).unwrap_or_default();
        items.iter().filter_map(|item| text(item).or_else(|| text(&item["ref"]))).collect()
    }
}

/// `A Name <a@b.example>`
fn author(text: &str) -> Object {
    let parts = text.trim_end().strip_suffix('>').and_then(|text| text.rsplit_once('<'));
    let (name, email) = parts.map_or((text, None), |(name, email)| (name, Some(email)));
    object([("name", Some(name.trim()).filter(|name| !name.is_empty())), ("email", email)])
}

fn object<const N: usize>(fields: [(&str, Option<&str>); N]) -> Object {
    fields.into_iter().filter_map(|(key, value)| Some((Value::from(key), Value::from(value?)))).collect()
}

/// A text on one line, and not too long.
pub fn short(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_string().ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().map(|items| items.iter().filter_map(text).collect()).unwrap_or_default()
}

/// Every block of a policy, in order. A block that is no YAML mapping is left out; it annotates nothing in OPA either.
pub fn blocks(policy: &str) -> Vec<Metadata> {
    let read = |(line, yaml): (u32, String)| match Value::from_yaml_str(&yaml) {
        Ok(value @ Value::Object(_)) => Some(Metadata { line, value }),
        _ => None,
    };
    comments::blocks(policy).into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_with_the_line_they_annotate() {
        let text = "# METADATA\n# title: a b\n# related_resources:\n#   - https://a.example\n#   - ref: https://b.example\n\
                    # custom:\n#   kinds: [Pod]\npackage x\n\n# METADATA\n# title: second\n\ndeny := 1\n";
        let blocks = blocks(text);
        assert_eq!(blocks.len(), 2);
        assert_eq!((blocks[0].line, blocks[0].text("title").as_deref()), (8, Some("a b")));
        assert_eq!(blocks[0].links(), ["https://a.example", "https://b.example"]);
        assert_eq!(blocks[0].list("kinds"), ["Pod"]);
        assert_eq!(blocks[1].line, 13);
        assert_eq!(blocks[1].custom("kinds"), None);
    }
}
