//! `images` (kustomize, `api/filters/imagetag/`, `api/internal/image/image.go`).

use regex::Regex;

use crate::model::source::Span;

use super::accumulate::{Accumulated, Site};
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
        for resource in &mut to.resources {
            let gvk = resource.id.gvk.clone();
            if gvk.kind != "CustomResourceDefinition" && has_images(&resource.node, &image) {
                containers(&mut resource.node, &image);
            }
            for row in to.configuration.images.iter().filter(|row| row.selects(&gvk)) {
                visit(&mut resource.node, &row.path, Make::Nothing, &Trace::at(image.span), &mut |node| {
                    image.set(node)
                });
            }
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
    memchr::memmem::find(text.as_bytes(), last.as_bytes()).is_some()
}

fn is_list_of(key: &str, value: &Node, image: &Image) -> bool {
    matches!(key, "containers" | "initContainers")
        && value.items().iter().any(|item| item.get("image").is_some_and(|one| image.fits(&one)))
}

/// Changes every image in lists below `containers` and `initContainers`.
fn containers(node: &mut Node, image: &Image) {
    if let Some(list) = node.list_mut() {
        list.items.iter_mut().filter(|item| has_images(item, image)).for_each(|item| containers(item, image));
        return;
    }
    let Some(map) = node.map_mut() else { return };
    for entry in &mut map.entries {
        if is_list_of(&entry.key, &entry.value, image)
            && let Some(list) = entry.value.list_mut()
        {
            for container in &mut list.items {
                if container.get("image").is_some_and(|one| image.fits(&one))
                    && let Some(one) = container.map_mut().and_then(|container| container.get_mut("image"))
                {
                    image.set(one);
                }
            }
        }
        if (entry.value.is_map() || entry.value.is_list()) && has_images(&entry.value, image) {
            containers(&mut entry.value, image);
        }
    }
}

impl Image {
    fn fits(&self, node: &Node) -> bool {
        let Some(text) = node.text() else { return false };
        self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(&text))
    }

    fn set(&self, node: &mut Node) {
        if !self.fits(node) {
            return;
        }
        let Some(old) = node.text() else { return };
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
