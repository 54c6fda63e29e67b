//! `configMapGenerator` and `secretGenerator` (kustomize, `api/internal/generators/`, `api/kv/kv.go`).

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::model::diagnostic::Diagnostic;
use crate::model::origin::Role;
use crate::model::source::Span;
use crate::model::value::Value;

use super::accumulate::{Accumulated, Site, append};
use super::draft::{Entry, Map, Node, Trace};
use super::log::Log;
use super::metadata::History;
use super::read::{entry, failure, field, flag, items, text, text_of};
use super::resource::Resource;
use std::sync::Arc;

pub(super) fn generate(site: &Site<'_, '_>, to: &mut Accumulated) {
    for (list, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
        for item in items(site.root, list) {
            let Some((name, value)) = text(item, "name") else {
                to.log.fail(failure(item.title_span(), "a generator has no `name`", ""));
                continue;
            };
            let generator = Generator { site, item, kind, name, span: value.span() };
            let Some(mut resource) = generator.resource(&mut to.log) else { continue };
            if let Some(file) = site.name().filter(|_| site.builder.keeps_history) {
                let kind = if kind == "Secret" { "SecretGenerator" } else { "ConfigMapGenerator" };
                resource.history = History::generated(&file, kind);
            }
            absorb(resource, &text(item, "behavior").map(|(word, _)| word).unwrap_or_default(), value.span(), to);
        }
    }
}

/// A mapping of these pairs.
fn mapping(pairs: Vec<(String, Trace, Node)>, trace: Trace) -> Node {
    let entries = pairs.into_iter().map(|(key, trace, value)| Entry { key: key.into(), trace, value });
    Node::Map(Arc::new(Map { entries: entries.collect(), trace }))
}

struct Generator<'g, 's, 'a> {
    site: &'g Site<'s, 'a>,
    item: Value<'s>,
    kind: &'static str,
    name: String,
    span: Span,
}

/// A key, where it is written, and its bytes.
struct Pair {
    key: String,
    span: Span,
    bytes: Vec<u8>,
}

impl<'s> Generator<'_, 's, '_> {
    fn resource(&self, log: &mut Log) -> Option<Resource> {
        let trace = Trace::at(self.span);
        let word = |text: &str| Node::string(text, trace.clone());
        let pair = |key: &str, value: Node| (key.to_owned(), trace.clone(), value);
        let mut metadata = vec![pair("name", word(&self.name))];
        if let Some((namespace, value)) = text(self.item, "namespace") {
            metadata.push(pair("namespace", Node::string(namespace, Trace::at(value.span()))));
        }
        for key in ["labels", "annotations"] {
            metadata.extend(self.pairs_of_options(key).map(|node| pair(key, node)));
        }
        let mut data = Vec::new();
        let mut binary = Vec::new();
        for one in self.pairs(log)? {
            let trace = Trace::at(one.span).and(Role::GeneratedBy, self.span);
            if self.kind == "Secret" {
                data.push((one.key, trace.clone(), Node::string(encoded(&one.bytes), trace)));
            } else {
                match String::from_utf8(one.bytes) {
                    Ok(text) => data.push((one.key, trace.clone(), Node::string(text, trace))),
                    Err(error) => {
                        let text = encoded(error.as_bytes());
                        binary.push((one.key, trace.clone(), Node::string(text, trace)));
                    }
                }
            }
        }
        let mut root = vec![
            pair("apiVersion", word("v1")),
            pair("kind", word(self.kind)),
            pair("metadata", mapping(metadata, trace.clone())),
        ];
        if self.kind == "Secret" {
            let typed = text(self.item, "type");
            root.push(pair(
                "type",
                match typed {
                    Some((text, value)) => Node::string(text, Trace::at(value.span())),
                    None => word("Opaque"),
                },
            ));
        }
        for (key, mut pairs) in [("data", data), ("binaryData", binary)] {
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            if !pairs.is_empty() || (self.kind == "Secret" && key == "data") {
                root.push(pair(key, mapping(pairs, trace.clone())));
            }
        }
        if self.options().any(|options| flag(options, "immutable")) {
            root.push(pair("immutable", Node::plain("true", trace.clone())));
        }
        let mut resource = Resource::new(mapping(root, trace.clone()));
        let plain = self.options().any(|options| flag(options, "disableNameSuffixHash"));
        resource.hashed = (!plain).then_some(self.span);
        let flags = self.options().filter(|options| flag(*options, "disableNameSuffixHash"));
        let key = flags.filter_map(|options| entry(options, "disableNameSuffixHash")).next();
        resource.unhashed = key.map(|key| (self.span, key.key.span()));
        resource.included.push(self.span);
        let behaviors = ["create", "replace", "merge"];
        let said = text(self.item, "behavior").map(|(word, _)| word).unwrap_or_default();
        let behavior = behaviors.into_iter().find(|word| *word == said).unwrap_or("unspecified");
        resource.notes.push(("generatorBehavior", behavior));
        Some(resource)
    }

    /// The options of the generator, and those of all.
    fn options(&self) -> impl Iterator<Item = Value<'s>> + use<'s> {
        [field(self.item, "options"), field(self.site.root, "generatorOptions")].into_iter().flatten()
    }

    /// Labels or annotations: those of the generator win.
    fn pairs_of_options(&self, key: &str) -> Option<Node> {
        let mut pairs: Vec<(String, Trace, Node)> = Vec::new();
        for entry in self.options().filter_map(|options| field(options, key)).flat_map(Value::entries) {
            let name = entry.name().into_owned();
            if !pairs.iter().any(|(known, ..)| *known == name) {
                let value = Node::string(text_of(entry.value), Trace::at(entry.value.span()));
                pairs.push((name, Trace::at(entry.key.span()), value));
            }
        }
        (!pairs.is_empty()).then(|| mapping(pairs, Trace::at(self.span)))
    }

    /// The bytes of a file, unless they are more than a build may take in.
    fn bytes(&self, item: Value<'_>, path: &str, log: &mut Log) -> Option<Arc<[u8]>> {
        let (_, bytes) = self.site.bytes(item, path, log)?;
        if !log.may_take(bytes.len()) {
            log.hole(item.span(), format!("`{path}` and other files of generators are too large"));
            return None;
        }
        Some(bytes)
    }

    fn pairs(&self, log: &mut Log) -> Option<Vec<Pair>> {
        let mut pairs = Vec::new();
        let mut whole = true;
        let env = field(self.item, "env").into_iter();
        for item in env.chain(items(self.item, "envs")) {
            match self.bytes(item, &text_of(item), log) {
                Some(bytes) => variables(&bytes, item.span(), &mut pairs),
                None => whole = false,
            }
        }
        for item in items(self.item, "literals") {
            let text = text_of(item);
            match text.split_once('=').filter(|(key, _)| !key.is_empty()) {
                Some((key, value)) => {
                    let bytes = unquoted(value).as_bytes().to_vec();
                    pairs.push(Pair { key: key.to_owned(), span: item.span(), bytes });
                }
                None => {
                    log.fail(failure(item.span(), format!("the literal `{text}` is not of the form key=value"), ""))
                }
            }
        }
        for item in items(self.item, "files") {
            let text = text_of(item);
            let (key, path) = match text.split_once('=') {
                Some((key, path)) => (key, path),
                None => (text.rsplit('/').next().unwrap_or(&text), &*text),
            };
            if key.is_empty() {
                log.fail(failure(item.span(), format!("the file `{path}` is given no key"), ""));
            }
            match self.bytes(item, path, log) {
                Some(bytes) => pairs.push(Pair { key: key.to_owned(), span: item.span(), bytes: bytes.to_vec() }),
                None => whole = false,
            }
        }
        let mut known: HashMap<&str, &Pair> = HashMap::new();
        for pair in &pairs {
            if let Some(other) = known.insert(&pair.key, pair) {
                log.fail(repeated(pair, other));
            }
        }
        whole.then_some(pairs)
    }
}

fn repeated(pair: &Pair, other: &Pair) -> Diagnostic {
    let message = format!("the generator has two values for the key `{}`", pair.key);
    let finding = failure(pair.span, message, "the second one");
    if other.span == pair.span { finding } else { finding.see(other.span, "the first one") }
}

/// The lines `KEY=value` of an environment file.
fn variables(bytes: &[u8], span: Span, pairs: &mut Vec<Pair>) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    for line in text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        pairs.push(Pair { key: key.to_owned(), span, bytes: value.as_bytes().to_vec() });
    }
}

/// A value without one pair of quotes around it.
fn unquoted(text: &str) -> &str {
    let inner = |quote: char| (text.len() >= 2).then(|| text.strip_prefix(quote)?.strip_suffix(quote)).flatten();
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// Base64 in lines of 70 characters, as the generators write it.
fn encoded(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    if text.len() <= LINE {
        return text;
    }
    let mut lines = String::with_capacity(text.len() + text.len() / LINE + 1);
    for line in text.as_bytes().chunks(LINE) {
        lines.push_str(&String::from_utf8_lossy(line));
        lines.push('\n');
    }
    lines
}

const LINE: usize = 70;

/// Adds what was generated, or lays it over what there is.
fn absorb(mut new: Resource, behavior: &str, span: Span, to: &mut Accumulated) {
    let is_there = |old: &Resource| old.ids().any(|id| id.is_same(&new.id));
    let found = to.resources.iter().position(is_there);
    let another = found.and_then(|at| to.resources[at + 1..].iter().find(|old| is_there(old)));
    match (behavior, found) {
        (_, Some(at)) if another.is_some() => {
            let message = format!("there are two objects that can be {}", new.id.title());
            let finding = failure(span, message, "which of them is meant is not to be told");
            let both = [Some(&to.resources[at]), another].into_iter().flatten().filter_map(|old| old.included.last());
            let finding = both.fold(finding, |finding, included| finding.see(*included, "one of them"));
            to.log.fail(finding.help("give the generator a name of its own"));
        }
        ("merge" | "replace", None) => {
            if !to.log.is_partial() {
                let message = format!("there is no {} to {behavior}", new.id.title());
                to.log.fail(failure(span, message, "no base has it").help("correct the name, or remove `behavior`"));
            }
        }
        ("merge" | "replace", Some(at)) => {
            let old = &to.resources[at];
            for key in ["labels", "annotations"] {
                lay_under(&mut new.node, &old.node, &["metadata", key]);
            }
            if behavior == "merge" {
                lay_under(&mut new.node, &old.node, &["data"]);
                lay_under(&mut new.node, &old.node, &["binaryData"]);
            }
            let keep = old.id.clone();
            new.restore(&keep, true, false);
            new.refresh();
            new.previous.clone_from(&old.previous);
            new.prefixes.clone_from(&old.prefixes);
            new.suffixes.clone_from(&old.suffixes);
            new.notes.clone_from(&old.notes);
            new.renamed.clone_from(&old.renamed);
            new.included.clone_from(&old.included);
            new.history.follow(&old.history, behavior == "merge");
            // The name gets a hash if both ask for it.
            new.hashed = new.hashed.filter(|_| old.hashed.is_some());
            to.resources[at] = new;
        }
        // Under a former name too (`appendReplaceOrMerge` of `api/resmap/reswrangler.go`).
        (_, Some(at)) => {
            let message = format!("{} is there already", new.id.title());
            let finding = failure(span, message, "generated once more, without `behavior`");
            let included = to.resources[at].included.last().copied().filter(|included| *included != span);
            let finding = included.into_iter().fold(finding, |finding, included| finding.see(included, "from here"));
            to.log.fail(finding.help("write `behavior: merge` or `behavior: replace`, or choose another name"));
        }
        (_, None) => append(to, new, span),
    }
}

/// Adds the entries of a map of `old` that the map of `new` does not have.
fn lay_under(new: &mut Node, old: &Node, keys: &[&str]) {
    let Some(below) = old.at(keys).filter(Node::is_map) else { return };
    let trace = below.trace();
    let mut node = new;
    for key in keys {
        let Some(map) = node.map_mut() else { return };
        if map.get(key).is_none() {
            map.set(key, trace.clone(), Node::map(trace.clone()));
        }
        let Some(next) = map.get_mut(key) else { return };
        node = next;
    }
    let Some(map) = node.map_mut() else { return };
    for entry in below.entries() {
        match map.get_mut(&entry.key) {
            Some(value) => {
                let new = value.clone().and(Role::Replaced, entry.value.trace().span);
                *value = new;
            }
            None => map.entries.push(entry),
        }
    }
}
