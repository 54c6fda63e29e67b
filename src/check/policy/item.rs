//! The item of a list that a message names, and the object with nothing in its lists but that item.

use regorus::Value as Rego;

use crate::model::path::Segment;

use super::position::{lookup, segments};

/// The way to the one item of a list, outside of other such items, that has a name which is in a message.
pub(super) fn item_named_in(message: &str, input: &Rego) -> Option<Vec<Segment>> {
    fn visit(message: &str, value: &Rego, way: &mut Vec<Segment>, found: &mut Vec<Vec<Segment>>) {
        for segment in segments(Some(value)) {
            let Some(inner) = lookup(value, std::slice::from_ref(&segment)) else { continue };
            let is_item = matches!(segment, Segment::Index(_));
            way.push(segment);
            let name = inner.as_object().ok().and_then(|_| inner["name"].as_string().ok());
            match is_item && name.is_some_and(|name| is_named_in(name, message)) {
                true => found.push(way.clone()),
                false => visit(message, inner, way, found),
            }
            way.pop();
        }
    }
    let mut found = Vec::new();
    visit(message, input, &mut Vec::new(), &mut found);
    let [item] = <[Vec<Segment>; 1]>::try_from(found).ok()?;
    Some(item)
}

/// Whether a name stands in a message for itself.
fn is_named_in(name: &str, message: &str) -> bool {
    let goes_on = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
    !name.is_empty()
        && message
            .match_indices(name)
            .any(|(at, _)| !message[..at].ends_with(goes_on) && !message[at + name.len()..].starts_with(goes_on))
}

/// An object in which there is nothing beside an item but what says which object it is, and the way to the item in it.
pub(super) fn with_item_alone(input: &Rego, item: &[Segment]) -> (Rego, Vec<Segment>) {
    let Some((first, rest)) = item.split_first() else { return (input.clone(), Vec::new()) };
    let inner = lookup(input, std::slice::from_ref(first)).cloned().unwrap_or(Rego::Undefined);
    let (inner, mut way) = with_item_alone(&inner, rest);
    let outer = match (input, first) {
        (Rego::Object(fields), Segment::Key(key)) => {
            let is_kept = |name: &str| matches!(name, "apiVersion" | "kind" | "metadata" | "name");
            let kept = fields.iter().filter(|(name, _)| name.as_string().is_ok_and(|name| is_kept(name)));
            let kept = kept.map(|(name, value)| (name.clone(), value.clone()));
            Rego::from(kept.chain([(Rego::from(&**key), inner)]).collect::<regorus::value::Object>())
        }
        _ => Rego::from(vec![inner]),
    };
    way.insert(0, if matches!(first, Segment::Index(_)) { Segment::Index(0) } else { first.clone() });
    (outer, way)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::path::Path;

    #[test]
    fn an_item_is_known_by_its_name() {
        let text = r#"{"kind": "Pod", "metadata": {"name": "web"}, "spec": {"hostNetwork": true, "containers": [
            {"name": "app", "image": "a"}, {"name": "app-2", "image": "b", "resources": {"limits": {"cpu": "8"}}}]}}"#;
        let pod = Rego::from_json_str(text).unwrap();
        let item = item_named_in("container <app-2> asks for 8", &pod).unwrap();
        assert_eq!(Path(item.clone()).to_string(), "spec.containers[1]");
        assert_eq!(item_named_in("container <app-3> asks for 8", &pod), None);
        assert_eq!(item_named_in("containers app and app-2 differ", &pod), None);
        let (alone, way) = with_item_alone(&pod, &item);
        let expected = r#"{"kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [
            {"name": "app-2", "image": "b", "resources": {"limits": {"cpu": "8"}}}]}}"#;
        assert_eq!(alone, Rego::from_json_str(expected).unwrap());
        assert_eq!(Path(way).to_string(), "spec.containers[0]");
    }
}
