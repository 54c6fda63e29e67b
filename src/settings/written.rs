//! Where something is written in `plimsoll.yaml`. Reading it with serde leaves no spans.

use crate::load::yaml;
use crate::model::node::Tree;
use crate::model::path::Path;
use crate::model::source::{FileId, Sources, Span};
use crate::model::value::Value;

/// The value at a path, or its key.
pub(super) fn place(sources: &Sources, file: FileId, path: &Path, key: bool) -> Span {
    let at = |root: Value<'_>| if key { path.locate(root).key_span() } else { path.span(root) };
    with_root(sources, file, at).unwrap_or(Span::top(file))
}

/// The first value or key below these keys of the file that is `word`, or the end of a path that is.
pub(super) fn find(sources: &Sources, file: FileId, word: &str, keys: &[&str]) -> Option<Span> {
    let is = |text: &str| {
        text == word || (!text.is_empty() && word.strip_suffix(text).is_some_and(|head| head.ends_with('/')))
    };
    with_root(sources, file, |root| {
        let mut open: Vec<Value<'_>> = keys.iter().rev().filter_map(|key| root.get(key)).collect();
        while let Some(value) = open.pop() {
            if value.as_str().is_some_and(|text| is(&text)) {
                return Some(value.span());
            }
            let mut below = Vec::new();
            for entry in value.entries() {
                if is(&entry.name()) {
                    return Some(entry.key.span());
                }
                below.push(entry.value);
            }
            below.extend(value.items());
            open.extend(below.into_iter().rev());
        }
        None
    })
    .flatten()
}

/// Reads the file once more. `None` if it is no YAML, which was said when it was read first.
fn with_root<T>(sources: &Sources, file: FileId, then: impl FnOnce(Value<'_>) -> T) -> Option<T> {
    let text = String::from_utf8_lossy(sources.text(file)).into_owned();
    let mut tree = Tree::new(file);
    let root = yaml::parse(&text, 0..text.len(), &mut tree, &mut Vec::new()).ok()?;
    Some(then(Value::new(&tree, &text, root)))
}
