//! `images` (kustomize, `api/filters/imagetag/`, `api/internal/image/image.go`).

use regex::Regex;

use crate::model::source::Span;
use crate::model::value::Value;

use super::accumulate::{Accumulated, Site, without_effect};
use super::draft::{Node, Trace};
use super::fields::{Make, visit};
use super::read::{items, text};
use super::resource::over;

/// An entry of `images`.
struct Image {
    pattern: Option<Regex>,
    name: String,
    new_name: Option<(String, Span)>,
    new_tag: Option<(String, Span)>,
    digest: Option<(String, Span)>,
    tag_suffix: Option<(String, Span)>,
    span: Span,
}

pub(super) fn transform(site: &Site<'_, '_>, to: &mut Accumulated) {
    for item in items(site.root, "images").chain(items(site.root, "imageTags")) {
        let Some((name, value)) = text(item, "name") else { continue };
        let own = |key: &str| text(item, key).map(|(text, value)| (text, value.span()));
        let image = Image {
            pattern: Regex::new(&format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$")).ok(),
            name,
            new_name: own("newName"),
            new_tag: own("newTag"),
            digest: own("digest"),
            tag_suffix: own("tagSuffix"),
            span: value.span(),
        };
        let mut found = false;
        for resource in &mut to.resources {
            let gvk = resource.id.gvk.clone();
            if gvk.kind != "CustomResourceDefinition" && has_images(&resource.node, &image) {
                found |= containers(&mut resource.node, &image);
            }
            for row in to.configuration.images.iter().filter(|row| row.selects(&gvk)) {
                visit(&mut resource.node, &row.path, Make::Nothing, &Trace::at(image.span), &mut |node| {
                    found |= image.set(node);
                });
            }
        }
        if !found && to.log.is_whole() {
            let message = format!("no container has the image `{}`", image.name);
            to.log.tell(without_effect(image.span, message));
        }
    }
}

/// Whether some container anywhere in it has the image.
fn has_images(node: &Node, image: &Image) -> bool {
    let Node::Frozen(frozen, _) = node else {
        return if node.is_map() {
            node.entries()
                .iter()
                .any(|entry| has_images(&entry.value, image) || is_list_of(&entry.key, &entry.value, image))
        } else {
            node.items().iter().any(|item| has_images(item, image))
        };
    };
    // A quick look over the text: the name of the image stands in it, unless it is written in an odd way.
    let value = frozen.value();
    let written = value.node();
    let text = &value.source()[written.start as usize..written.end as usize];
    let last = image.name.rsplit(|character: char| !character.is_ascii_alphanumeric()).next().unwrap_or_default();
    memchr::memmem::find(text.as_bytes(), last.as_bytes()).is_some() && holds(value, image)
}

/// As [`has_images`], in a tree that nothing has changed.
fn holds(value: Value<'_>, image: &Image) -> bool {
    let own = |item: Value<'_>| {
        let text = item.get("image").and_then(Value::text);
        text.is_some_and(|text| image.pattern.as_ref().is_some_and(|pattern| pattern.is_match(&text)))
    };
    value.items().any(|item| holds(item, image))
        || value.entries().any(|entry| {
            let is_list = matches!(&*entry.name(), "containers" | "initContainers");
            (is_list && entry.value.items().any(own)) || holds(entry.value, image)
        })
}

fn is_list_of(key: &str, value: &Node, image: &Image) -> bool {
    matches!(key, "containers" | "initContainers")
        && value.items().iter().any(|item| item.get("image").is_some_and(|one| image.fits(&one)))
}

/// Changes every image in lists below `containers` and `initContainers`. Returns whether there was any.
fn containers(node: &mut Node, image: &Image) -> bool {
    let mut found = false;
    if let Some(list) = node.list_mut() {
        list.items.iter_mut().filter(|item| has_images(item, image)).for_each(|item| found |= containers(item, image));
        return found;
    }
    let Some(map) = node.map_mut() else { return false };
    for entry in &mut map.entries {
        if is_list_of(&entry.key, &entry.value, image)
            && let Some(list) = entry.value.list_mut()
        {
            for container in &mut list.items {
                if container.get("image").is_some_and(|one| image.fits(&one))
                    && let Some(one) = container.map_mut().and_then(|container| container.get_mut("image"))
                {
                    found |= image.set(one);
                }
            }
        }
        if (entry.value.is_map() || entry.value.is_list()) && has_images(&entry.value, image) {
            found |= containers(&mut entry.value, image);
        }
    }
    found
}

impl Image {
    fn fits(&self, node: &Node) -> bool {
        let Some(text) = node.text() else { return false };
        self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(&text))
    }

    /// Changes an image, if it is this one. Returns whether it is.
    fn set(&self, node: &mut Node) -> bool {
        if !self.fits(node) {
            return false;
        }
        let Some(old) = node.text() else { return false };
        let (mut name, mut tag, mut digest) = split(&old);
        let mut span = self.span;
        if let Some((new, place)) = &self.new_name {
            (name, span) = (new.clone(), *place);
        }
        match (&self.new_tag, &self.digest, &self.tag_suffix) {
            (Some((new, place)), other, _) => {
                (tag, span) = (new.clone(), *place);
                digest = other.as_ref().map(|(digest, _)| digest.clone()).unwrap_or_default();
            }
            (None, Some((new, place)), _) => {
                (digest, span) = (new.clone(), *place);
                tag = String::new();
            }
            (None, None, Some((suffix, place))) => {
                tag.push_str(suffix);
                span = *place;
                digest = String::new();
            }
            (None, None, None) => {}
        }
        let mut text = name;
        if !tag.is_empty() {
            text = format!("{text}:{tag}");
        }
        if !digest.is_empty() {
            text = format!("{text}@{digest}");
        }
        *node = Node::string(text, over(Some(node), span));
        true
    }
}

/// Name, tag and digest.
fn split(image: &str) -> (String, String, String) {
    let slash = image.find('/').filter(|at| *at > 0).unwrap_or(0);
    let rest = &image[slash..];
    let at = rest.find('@').map(|at| slash + at);
    let colon = rest.find(':').map(|at| slash + at);
    let text = |range: &str| range.to_owned();
    match (colon, at) {
        (None, None) => (text(image), String::new(), String::new()),
        (Some(colon), Some(at)) if colon < at => {
            (text(&image[..colon]), text(&image[colon + 1..at]), text(&image[at + 1..]))
        }
        (_, Some(at)) => (text(&image[..at]), String::new(), text(&image[at + 1..])),
        (Some(colon), None) => (text(&image[..colon]), text(&image[colon + 1..]), String::new()),
    }
}
