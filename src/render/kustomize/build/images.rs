//! `images` (kustomize, `api/filters/imagetag/`, `api/internal/image/image.go`).

use std::borrow::Cow;
use std::collections::HashMap;

use regex::Regex;

use crate::model::diagnostic::Diagnostic;
use crate::model::near;
use crate::model::node::{Kind, Style};
use crate::model::source::Span;
use crate::model::value::Value;

use super::accumulate::{Accumulated, Site, without_effect};
use super::draft::Node;
use super::fields::{Make, visit};
use super::read::{failure, items, text};
use super::resource::over;

/// An entry of `images`.
struct Image {
    pattern: Pattern,
    name: String,
    new_name: Option<(String, Span)>,
    new_tag: Option<(String, Span)>,
    digest: Option<(String, Span)>,
    tag_suffix: Option<(String, Span)>,
    span: Span,
    /// Some container has it.
    found: bool,
}

/// What an image has to be called; the tool puts the name into a regular expression as it is.
enum Pattern {
    /// Letters that stand for themselves, and dots for any.
    Plain,
    Expression(Option<Regex>),
}

pub(super) fn transform(site: &Site<'_, '_>, to: &mut Accumulated) {
    let read = |item: Value<'_>| {
        let (name, value) = text(item, "name")?;
        let own = |key: &str| text(item, key).map(|(text, value)| (text, value.span()));
        let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/:.@".contains(&byte));
        let pattern = if is_plain {
            Pattern::Plain
        } else {
            let text = format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$");
            Pattern::Expression(Regex::new(&text).ok())
        };
        Some(Image {
            pattern,
            name,
            new_name: own("newName"),
            new_tag: own("newTag"),
            digest: own("digest"),
            tag_suffix: own("tagSuffix"),
            span: value.span(),
            found: false,
        })
    };
    let items = items(site.root, "images").chain(items(site.root, "imageTags"));
    let mut images: Vec<Image> = items.filter_map(read).collect();
    if images.is_empty() {
        return;
    }
    for resource in &mut to.resources {
        let gvk = &resource.id.gvk;
        if gvk.kind == "CustomResourceDefinition" {
            continue;
        }
        let lone = LISTS
            .iter()
            .filter_map(|list| resource.node.at(list))
            .find(|node| node.kind() == Kind::Scalar && !node.is_null());
        if let Some(span) = lone.map(|node| node.trace().span).or_else(|| odd(&resource.node)) {
            let finding = failure(span, "`images` cannot go through this", "neither a container nor its image");
            to.log.fail(finding.help("a list of containers has maps with a text under `image`"));
            continue;
        }
        if holds(&resource.node, &images) {
            containers(&mut resource.node, &mut images);
        }
        // The real tool comes here twice, which shows where something is added to what is there.
        if images.iter().any(Image::is_suffix) {
            for list in LISTS {
                if !resource.node.at(list).is_some_and(|node| node.is_list()) {
                    continue;
                }
                let path: Vec<String> = list.iter().chain([&"image"]).map(|key| (*key).to_owned()).collect();
                let trace = resource.node.trace();
                visit(&mut resource.node, &path, Make::Nothing, &trace, &mut |node| {
                    for image in images.iter().filter(|image| image.is_suffix()) {
                        image.set(node);
                    }
                });
            }
        }
        for row in to.configuration.images.iter().filter(|row| row.selects(gvk)) {
            let trace = resource.node.trace();
            visit(&mut resource.node, &row.path, Make::Nothing, &trace, &mut |node| set(node, &mut images));
        }
    }
    images.iter().filter(|image| image.found).for_each(|image| to.log.fits(image.span));
    if to.log.is_whole() {
        let unused: Vec<&Image> = images.iter().filter(|image| !image.found).collect();
        let (first, others) = unused.split_at(unused.len().min(MANY));
        let objects = Objects::new(first, to.resources.iter().map(|resource| &resource.node));
        first.iter().for_each(|image| to.log.tell(objects.unused(image)));
        others.iter().for_each(|image| to.log.tell(image.unused()));
    }
}

/// Where the usual pods have their lists of containers (`api/internal/konfig/builtinpluginconsts/images.go`).
const LISTS: [&[&str]; 4] = [
    &["spec", "containers"],
    &["spec", "initContainers"],
    &["spec", "template", "spec", "containers"],
    &["spec", "template", "spec", "initContainers"],
];

/// What can be said of entries that no container uses. The objects are looked through once for all of them.
struct Objects<'i> {
    /// The names of their images, in order.
    names: Vec<String>,
    /// Where an entry fits a field that is none of a container in a list.
    elsewhere: HashMap<&'i str, Span>,
}

/// So many entries are compared with so many images; of more, it is only said that they change nothing.
const MANY: usize = 200;

impl<'i> Objects<'i> {
    fn new<'n>(unused: &[&'i Image], objects: impl Iterator<Item = &'n Node>) -> Self {
        let mut found = Objects { names: Vec::new(), elsewhere: HashMap::new() };
        if unused.is_empty() {
            return found;
        }
        for node in objects {
            names(node, &mut found.names);
            elsewhere(node, unused, &mut found.elsewhere);
        }
        found.names.sort_unstable();
        found.names.dedup();
        found
    }

    /// The finding about an entry that no container uses.
    fn unused(&self, image: &Image) -> Diagnostic {
        let finding = image.unused();
        if let Some(place) = self.elsewhere.get(&*image.name) {
            return finding
                .see(*place, "here kustomize does not look for images")
                .help("name the path to this field under `images` of a file in `configurations`, or patch it");
        }
        let known = self.names.get(..MANY).unwrap_or(&self.names);
        // Without the registry, or without what other registries call a project: `nginx` for `docker.io/library/nginx`.
        let behind = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.ends_with('/'));
        let mut same = known.iter().filter(|name| behind(name, &image.name) || behind(&image.name, name));
        let near = match (same.next(), same.next()) {
            (Some(only), None) => Some(&**only),
            _ => near::nearest(&image.name, known.iter().map(String::as_str)),
        };
        match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding,
        }
    }
}

/// The first field of each image that holds it and is none of a container in a list: that of a custom resource.
fn elsewhere<'i>(node: &Node, images: &[&'i Image], found: &mut HashMap<&'i str, Span>) {
    for entry in node.entries() {
        if entry.key.ends_with("mage") && entry.value.kind() == Kind::Scalar {
            for image in images.iter().filter(|image| image.fits(&entry.value)) {
                found.entry(&image.name).or_insert_with(|| entry.value.trace().span);
            }
        }
        elsewhere(&entry.value, images, found);
    }
    node.items().iter().for_each(|item| elsewhere(item, images, found));
}

/// The names of all images in an object.
fn names(node: &Node, known: &mut Vec<String>) {
    for (key, value) in node.entries().iter().map(|entry| (&entry.key, &entry.value)) {
        if is_list(key) {
            let own = value.items().into_iter().chain([value.clone()]).filter_map(|one| one.text_at(&["image"]));
            known.extend(own.map(|text| split(&text).0));
        }
        names(value, known);
    }
    node.items().iter().for_each(|item| names(item, known));
}

/// The keys of lists of containers, wherever they stand.
const LISTED: [&str; 2] = ["containers", "initContainers"];

fn is_list(key: &str) -> bool {
    LISTED.contains(&key)
}

/// Whether some container anywhere in it has one of the images.
fn holds(node: &Node, images: &[Image]) -> bool {
    let fits = |node: &Node| node.get("image").is_some_and(|one| images.iter().any(|image| image.fits(&one)));
    match node {
        Node::Frozen(frozen, _) => {
            let value = frozen.value();
            may_hold(value) && holds_value(value, images)
        }
        Node::Map(map) => map.entries.iter().any(|entry| {
            let value = &entry.value;
            (is_list(&entry.key) && (fits(value) || value.items().iter().any(fits))) || holds(value, images)
        }),
        Node::List(list) => list.items.iter().any(|item| holds(item, images)),
        Node::Scalar { .. } => false,
    }
}

/// As [`holds`], in a tree that nothing has changed.
fn holds_value(value: Value<'_>, images: &[Image]) -> bool {
    let fits = |item: Value<'_>| {
        let text = item.get("image").and_then(Value::text);
        text.is_some_and(|text| images.iter().any(|image| image.is(&text)))
    };
    value.items().any(|item| holds_value(item, images))
        || value.entries().any(|entry| {
            let is_list = || LISTED.iter().any(|key| entry.key.is_key(key));
            !entry.value.is_scalar()
                && ((is_list() && (fits(entry.value) || entry.value.items().any(fits)))
                    || holds_value(entry.value, images))
        })
}

/// An element of a list of containers that is no map, or an image that is no text: the real tool fails at them, whatever
/// its images are called (`api/filters/imagetag/legacy.go`).
fn odd(node: &Node) -> Option<Span> {
    let is_odd = |container: &Node| match container.kind() {
        Kind::Mapping => container.get("image").filter(|image| image.is_map() || image.is_list()),
        _ => Some(container.clone()).filter(|node| !node.is_null()),
    };
    match node {
        Node::Frozen(frozen, _) => {
            let value = frozen.value();
            if !may_hold(value) {
                return None;
            }
            odd_value(value).map(|value| frozen.beside(value).span())
        }
        Node::Map(map) => map.entries.iter().find_map(|entry| {
            let items = if is_list(&entry.key) { entry.value.items() } else { Vec::new() };
            items.iter().find_map(is_odd).map(|node| node.trace().span).or_else(|| odd(&entry.value))
        }),
        Node::List(list) => list.items.iter().find_map(odd),
        Node::Scalar { .. } => None,
    }
}

/// As [`odd`], in a tree that nothing has changed.
fn odd_value(value: Value<'_>) -> Option<Value<'_>> {
    fn is_odd(container: Value<'_>) -> Option<Value<'_>> {
        match container.kind() {
            Kind::Mapping => container.get("image").filter(|image| !image.is_scalar()),
            _ => Some(container).filter(|value| !value.is_null()),
        }
    }
    let in_entries = value.entries().find_map(|entry| {
        if entry.value.is_scalar() {
            return None;
        }
        let is_list = || LISTED.iter().any(|key| entry.key.is_key(key)) && entry.value.is_sequence();
        let own = if is_list() { entry.value.items().find_map(is_odd) } else { None };
        own.or_else(|| odd_value(entry.value))
    });
    in_entries.or_else(|| value.items().find_map(odd_value))
}

/// A quick look over the text.
fn may_hold(value: Value<'_>) -> bool {
    let written = value.node();
    let text = &value.source().as_bytes()[written.start as usize..written.end as usize];
    let has_aliases = value.tree().nodes.iter().any(|node| node.kind == Kind::Alias);
    has_aliases || memchr::memmem::find(text, b"ontainers").is_some()
}

/// Changes every image below `containers` and `initContainers`.
fn containers(node: &mut Node, images: &mut [Image]) {
    let image_of = |node: &mut Node, images: &mut [Image]| {
        if node.get("image").is_some_and(|one| images.iter().any(|image| image.fits(&one)))
            && let Some(one) = node.map_mut().and_then(|container| container.get_mut("image"))
        {
            set(one, images);
        }
    };
    if let Some(list) = node.list_mut() {
        for item in list.items.iter_mut().filter(|item| !matches!(item, Node::Scalar { .. })) {
            if holds(item, images) {
                containers(item, images);
            }
        }
        return;
    }
    for entry in node.map_mut().into_iter().flat_map(|map| &mut map.entries) {
        if is_list(&entry.key) && entry.value.is_map() {
            image_of(&mut entry.value, images);
        } else if is_list(&entry.key) {
            let is_one_of_them =
                |node: &Node| node.get("image").is_some_and(|one| images.iter().any(|image| image.fits(&one)));
            if entry.value.items().iter().any(is_one_of_them) {
                let items = entry.value.list_mut().into_iter().flat_map(|list| &mut list.items);
                items.for_each(|item| image_of(item, images));
            }
        }
        if (entry.value.is_map() || entry.value.is_list()) && holds(&entry.value, images) {
            containers(&mut entry.value, images);
        }
    }
}

/// Changes an image by all entries that are for it, in order.
fn set(node: &mut Node, images: &mut [Image]) {
    images.iter_mut().for_each(|image| image.found |= image.set(node));
}

impl Image {
    fn fits(&self, node: &Node) -> bool {
        node.text().is_some_and(|text| self.is(&text))
    }

    fn is(&self, text: &str) -> bool {
        match &self.pattern {
            Pattern::Plain => self.behind(text).is_some_and(is_tag_and_digest),
            Pattern::Expression(pattern) => pattern.as_ref().is_some_and(|pattern| pattern.is_match(text)),
        }
    }

    fn unused(&self) -> Diagnostic {
        without_effect(self.span, format!("no container has the image `{}`", self.name))
    }

    /// Whether it adds to the tag that is there.
    fn is_suffix(&self) -> bool {
        self.new_tag.is_none() && self.digest.is_none() && self.tag_suffix.is_some()
    }

    /// What follows the name in a text that begins with it.
    fn behind<'t>(&self, text: &'t str) -> Option<&'t str> {
        let mut rest = text.chars();
        let is_letter = |wanted: char| rest.next().is_some_and(|own| own == wanted || (wanted == '.' && own != '\n'));
        self.name.chars().all(is_letter).then_some(rest.as_str())
    }

    /// Changes an image, if it is this one. Returns whether it is.
    fn set(&self, node: &mut Node) -> bool {
        let Some(old) = node.text().filter(|text| self.is(text)).map(Cow::into_owned) else { return false };
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
        // The real tool puts a text without a type there, which keeps the quotes of the old one
        // (`api/filters/filtersutil/setters.go`, `SetScalar`).
        let is_unquoted = match &*node {
            Node::Frozen(frozen, _) => frozen.value().node().style == Style::Plain,
            node => node.is_free(),
        };
        let trace = over(Some(node), span);
        *node = if is_unquoted { Node::free(text, trace) } else { Node::string(text, trace) };
        true
    }
}

/// `:tag`, `@sha256:digest`, both in this order, or neither.
fn is_tag_and_digest(text: &str) -> bool {
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.{}-".contains(&byte));
    let (tag, digest) = text.split_once('@').map_or((text, None), |(tag, digest)| (tag, Some(digest)));
    let is_tag = tag.is_empty() || tag.strip_prefix(':').is_some_and(is_word);
    is_tag && digest.is_none_or(|digest| digest.strip_prefix("sha256:").is_some_and(is_word))
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
