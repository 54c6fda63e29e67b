//! Which objects a `target`, `select` or `reject` means (kustomize, `api/types/selector.go`,
//! `api/resmap/reswrangler.go`, `Select`).

use regex::Regex;

use crate::model::resource::ResourceId;
use crate::model::source::Span;
use crate::model::value::Value;

use super::draft::Node;
use super::read::{field, text_of};
use super::resource::Resource;

/// What to select by. Each part is a regular expression over the whole of its field; an absent one fits all.
#[derive(Debug, Default)]
pub(in crate::render) struct Selector {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    pub name: Pattern,
    pub namespace: Pattern,
    labels: Vec<Requirement>,
    annotations: Vec<Requirement>,
    /// Where it is written.
    pub span: Option<Span>,
    /// Group, version, kind, name and namespace as text, for selectors that are compared literally.
    pub literal: [String; 5],
}

/// A regular expression over a whole field.
#[derive(Debug, Default)]
pub(in crate::render) enum Pattern {
    #[default]
    Any,
    Exactly(String),
    /// Letters, and dots that stand for any letter: names of definitions are written so, and compiling them costs more
    /// than all else about a small patch.
    Dotted(String),
    Expression(Regex),
}

impl Pattern {
    fn of(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b':');
        match text {
            "" | ".*" => Some(Pattern::Any),
            text if text.bytes().all(is_plain) => Some(Pattern::Exactly(text.to_owned())),
            text if text.bytes().all(|byte| is_plain(byte) || byte == b'.') => Some(Pattern::Dotted(text.to_owned())),
            text => Regex::new(&format!("^(?:{text})$")).ok().map(Pattern::Expression),
        }
    }

    pub fn fits(&self, text: &str) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Exactly(wanted) => wanted == text,
            Pattern::Dotted(wanted) => {
                wanted.len() == text.chars().count()
                    && wanted
                        .chars()
                        .zip(text.chars())
                        .all(|(wanted, own)| wanted == own || (wanted == '.' && own != '\n'))
            }
            Pattern::Expression(expression) => expression.is_match(text),
        }
    }
}

/// One requirement of a label selector.
#[derive(Debug)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
    /// More, or less, than a number.
    Compared(String, std::cmp::Ordering, i64),
}

/// What stands for a selector: the name in it, or the kind.
pub(in crate::render) fn selector_span(value: Value<'_>) -> Span {
    let said = ["name", "kind"].iter().find_map(|key| field(value, key)).filter(|value| value.is_scalar());
    said.map_or_else(|| value.title_span(), Value::span)
}

impl Selector {
    /// Reads a selector; an error is the place and the reason.
    pub fn read(value: Value<'_>, span: Span) -> Result<Self, (Span, String)> {
        let mut selector = Selector { span: Some(span), ..Selector::default() };
        let parts: [(&str, &mut Pattern); 5] = [
            ("group", &mut selector.group),
            ("version", &mut selector.version),
            ("kind", &mut selector.kind),
            ("name", &mut selector.name),
            ("namespace", &mut selector.namespace),
        ];
        for (at, (key, pattern)) in parts.into_iter().enumerate() {
            let Some(field) = field(value, key) else { continue };
            let text = text_of(field);
            *pattern = Pattern::of(&text).ok_or_else(|| {
                (field.span(), format!("`{text}` is no regular expression that kustomize can compile"))
            })?;
            selector.literal[at] = text;
        }
        for (key, requirements) in
            [("labelSelector", &mut selector.labels), ("annotationSelector", &mut selector.annotations)]
        {
            let Some(field) = field(value, key) else { continue };
            let text = text_of(field);
            *requirements = parse(&text).ok_or_else(|| (field.span(), format!("`{text}` is no selector of labels")))?;
        }
        Ok(selector)
    }

    /// Whether it selects an object.
    pub fn selects(&self, resource: &Resource) -> bool {
        let gvk = &resource.id.gvk;
        self.group.fits(&gvk.group)
            && self.version.fits(&gvk.version)
            && self.kind.fits(&gvk.kind)
            && resource.ids().any(|id| self.namespace.fits(id.effective_namespace()))
            && resource.ids().any(|id| self.name.fits(&id.name))
            && fits(&self.labels, &resource.node, "labels")
            && fits(&self.annotations, &resource.node, "annotations")
    }

    /// Whether it selects by labels or annotations.
    pub fn asks_for_labels(&self) -> bool {
        !self.labels.is_empty() || !self.annotations.is_empty()
    }

    /// Whether it selects an object of which the identity alone is known; the namespace may be set on the way.
    pub fn may_select(&self, id: &ResourceId) -> bool {
        self.group.fits(&id.group)
            && self.version.fits(&id.version)
            && self.kind.fits(&id.kind)
            && self.name.fits(id.name.as_deref().unwrap_or_default())
    }

    /// Whether the literal parts are those of one of the object's ids.
    pub fn names(&self, resource: &Resource) -> bool {
        let [group, version, kind, name, namespace] = &self.literal;
        let fits = |wanted: &str, own: &str| wanted.is_empty() || wanted == own;
        resource.ids().any(|id| {
            id.gvk.is_selected(group, version, kind)
                && fits(name, &id.name)
                && (namespace.is_empty() || *namespace == *id.effective_namespace())
        })
    }
}

fn fits(requirements: &[Requirement], node: &Node, field: &str) -> bool {
    if requirements.is_empty() {
        return true;
    }
    let metadata = node.at(&["metadata", field]);
    let value = |key: &str| metadata.as_ref()?.get(key)?.text().map(|text| text.into_owned());
    requirements.iter().all(|requirement| match requirement {
        Requirement::In(key, values) => value(key).is_some_and(|own| values.contains(&own)),
        Requirement::NotIn(key, values) => value(key).is_none_or(|own| !values.contains(&own)),
        Requirement::Exists(key) => value(key).is_some(),
        Requirement::Absent(key) => value(key).is_none(),
        Requirement::Compared(key, order, number) => {
            value(key).and_then(|own| own.parse::<i64>().ok()).is_some_and(|own| own.cmp(number) == *order)
        }
    })
}

/// The selector syntax of Kubernetes (apimachinery, `pkg/labels/selector.go`).
fn parse(text: &str) -> Option<Vec<Requirement>> {
    let mut requirements = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let mut depth = 0;
        let end = rest.find(|character| {
            depth += i32::from(character == '(') - i32::from(character == ')');
            character == ',' && depth == 0
        });
        let (one, behind) = rest.split_at(end.unwrap_or(rest.len()));
        requirements.push(requirement(one.trim())?);
        rest = behind.strip_prefix(',').unwrap_or_default().trim();
    }
    Some(requirements)
}

fn requirement(text: &str) -> Option<Requirement> {
    let values = |list: &str| -> Option<Vec<String>> {
        let list = list.trim().strip_prefix('(')?.strip_suffix(')')?;
        Some(list.split(',').map(|value| value.trim().to_owned()).collect())
    };
    if let Some((key, list)) = text.split_once(" notin") {
        return Some(Requirement::NotIn(key.trim().into(), values(list)?));
    }
    if let Some((key, list)) = text.split_once(" in").filter(|(_, list)| list.trim_start().starts_with('(')) {
        return Some(Requirement::In(key.trim().into(), values(list)?));
    }
    if let Some((key, value)) = text.split_once("!=") {
        return Some(Requirement::NotIn(key.trim().into(), vec![value.trim().into()]));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Some(Requirement::In(key.trim().into(), vec![value.trim().into()]));
    }
    for (sign, order) in [('>', std::cmp::Ordering::Greater), ('<', std::cmp::Ordering::Less)] {
        if let Some((key, number)) = text.split_once(sign) {
            return Some(Requirement::Compared(key.trim().into(), order, number.trim().parse().ok()?));
        }
    }
    match text.strip_prefix('!') {
        Some(key) => Some(Requirement::Absent(key.trim().into())),
        None if !text.is_empty() && !text.contains(' ') => Some(Requirement::Exists(text.into())),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn a_dot_is_any_letter_and_the_whole_field_counts() {
        let fits = |pattern: &str, text: &str| Pattern::of(pattern).is_some_and(|pattern| pattern.fits(text));
        assert!(fits("widgets.example.com", "widgets.example.com"));
        assert!(fits("widgets.example.com", "widgets-example-com"));
        assert!(fits("w.b", "wéb") && !fits("w.b", "wb") && !fits("w.b", "webs") && !fits("w.b", "w\nb"));
        assert!(fits(".*", "anything") && fits("", "anything") && fits("web", "web") && !fits("web", "webs"));
        assert!(fits("web-.*", "web-1") && !fits("web-.*", "a-web-1") && Pattern::of("(").is_none());
    }
}
