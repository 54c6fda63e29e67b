//! `replacements` (kustomize, `api/filters/replacement/replacement.go`).

use regex::Regex;

use crate::model::node::Kind;
use crate::model::origin::Role;
use crate::model::source::Span;
use crate::model::value::Value;

use super::accumulate::{Accumulated, Site, without_effect};
use super::draft::{Node, Trace};
use super::fields::DEEPEST;
use super::read::{failure, field, flag, items, text, text_of};
use super::select::{Selector, selector_span};

pub(super) fn transform(site: &Site<'_, '_>, to: &mut Accumulated) {
    for item in items(site.root, "replacements") {
        match field(item, "path") {
            Some(path) => {
                let sources = site.file(path, &mut to.log);
                to.log.open |= sources.is_none();
                for source in sources.into_iter().flatten() {
                    for (_, root) in source.part.roots() {
                        if root.is_sequence() {
                            root.items().for_each(|one| replace(one, to));
                        } else {
                            replace(root, to);
                        }
                    }
                }
            }
            None => replace(item, to),
        }
    }
}

/// How to take and put a part of a text.
#[derive(Default)]
struct Options {
    delimiter: String,
    index: i64,
    create: bool,
}

impl Options {
    fn read(value: Value<'_>) -> Self {
        let Some(options) = field(value, "options") else { return Options::default() };
        let number = field(options, "index").map(text_of).and_then(|text| text.parse().ok());
        Options {
            delimiter: text(options, "delimiter").map(|(text, _)| text).unwrap_or_default(),
            index: number.unwrap_or(0),
            create: flag(options, "create"),
        }
    }
}

fn replace(item: Value<'_>, to: &mut Accumulated) {
    let source = field(item, "source");
    let span = source.unwrap_or(item).title_span();
    let value = match (source, text(item, "sourceValue")) {
        (Some(source), _) => match find_source(source, to) {
            Ok(Some(value)) => value.and(Role::SelectedBy, span),
            Ok(None) => {
                to.log.open = true;
                return;
            }
            Err((span, why)) => return to.log.fail(failure(span, why, "")),
        },
        (None, Some((text, value))) => Node::string(text, Trace::at(value.span())),
        (None, None) => return to.log.fail(failure(span, "a replacement has no `source`", "")),
    };
    if field(item, "targets").is_none() {
        return to.log.fail(failure(span, "a replacement has no `targets`", ""));
    }
    for target in items(item, "targets") {
        if let Err((span, why)) = put(target, &value, to) {
            to.log.fail(failure(span, why, ""));
        }
    }
}

type Refusal = (Span, String);

/// The value of the source, with its own options applied; nothing if it may come from what is not there.
fn find_source(source: Value<'_>, to: &Accumulated) -> Result<Option<Node>, Refusal> {
    let span = selector_span(source);
    let selector = Selector::read(source, span)?;
    let mut found = to.resources.iter().filter(|resource| selector.names(resource));
    let (Some(first), None) = (found.next(), found.next()) else {
        if to.log.is_partial() {
            return Ok(None);
        }
        let number = to.resources.iter().filter(|resource| selector.names(resource)).count();
        let why = if number == 0 { "no object" } else { "more than one object" };
        return Err((span, format!("the source of the replacement fits {why}")));
    };
    let (path, place) = text(source, "fieldPath")
        .map_or_else(|| ("metadata.name".to_owned(), span), |(path, value)| (path, value.span()));
    let node = segments(&path).iter().try_fold(first.node.clone(), |node, segment| child(&node, segment));
    let Some(node) = node else { return Err((place, format!("{} has no field `{path}`", first.id.title()))) };
    let options = Options::read(source);
    if options.delimiter.is_empty() {
        return Ok(Some(node));
    }
    let text = node.text().unwrap_or_default().into_owned();
    let part = usize::try_from(options.index).ok().and_then(|at| text.split(&*options.delimiter).nth(at));
    match part {
        Some(part) => Ok(Some(Node::string(part, node.trace()))),
        None => Err((place, format!("`{text}` has no part {} between `{}`", options.index, options.delimiter))),
    }
}

fn put(target: Value<'_>, value: &Node, to: &mut Accumulated) -> Result<(), Refusal> {
    let Some(select) = field(target, "select") else {
        return Err((target.title_span(), "a target has no `select`".to_owned()));
    };
    let span = selector_span(select);
    let selector = Selector::read(select, span)?;
    let rejected: Result<Vec<Selector>, Refusal> =
        items(target, "reject").map(|reject| Selector::read(reject, reject.title_span())).collect();
    let rejected = rejected?;
    let options = Options::read(target);
    let mut paths: Vec<(String, Span)> = items(target, "fieldPaths").map(|path| (text_of(path), path.span())).collect();
    if paths.is_empty() {
        paths.push(("metadata.name".to_owned(), span));
    }
    if to.resources.iter().any(|resource| selector.selects(resource)) {
        to.log.fits(span);
    } else if to.log.is_whole() {
        let message = "the target of this replacement fits none of the resources".to_owned();
        to.log.tell(without_effect(span, message));
    }
    for resource in &mut to.resources {
        if !selector.selects(resource) || rejected.iter().any(|one| one.selects(resource)) {
            continue;
        }
        let before = resource.id.clone();
        for (path, place) in &paths {
            let mut write = |node: &mut Node| set(node, value, &options, *place);
            let found = walk(&mut resource.node, &segments(path), options.create, *place, &mut write);
            if !found {
                return Err((*place, format!("{} has no field `{path}`", resource.id.title())));
            }
        }
        resource.refresh();
        if resource.id != before {
            resource.previous.push(before);
        }
    }
    Ok(())
}

/// Segments of a path: `a.b`, `a.[name=x].b`, `a.[x.y/z]`, `a\.b`.
fn segments(path: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut depth = 0;
    let mut characters = path.chars().peekable();
    while let Some(character) = characters.next() {
        let Some(last) = segments.last_mut() else { break };
        match character {
            '\\' if characters.peek() == Some(&'.') => last.extend(characters.next()),
            '[' => {
                depth += 1;
                if depth == 1 && !last.is_empty() { segments.push("[".to_owned()) } else { last.push('[') }
            }
            ']' => {
                depth -= 1;
                last.push(']');
            }
            '.' if depth == 0 => segments.push(String::new()),
            other => last.push(other),
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments.truncate(DEEPEST);
    segments
}

/// What a segment in brackets means: a field of the items and its value, or a key.
fn brackets(segment: &str) -> Option<Result<(&str, &str), &str>> {
    let inner = segment.strip_prefix('[')?.strip_suffix(']')?;
    Some(inner.split_once('=').ok_or(inner))
}

fn fits(item: &Node, key: &str, wanted: &str) -> bool {
    let value = if key.is_empty() { Some(item.clone()) } else { item.get(key) };
    let Some(text) = value.as_ref().and_then(Node::text) else { return false };
    let is_plain = wanted.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b':'));
    *text == *wanted
        || !is_plain && Regex::new(&format!("^(?:{wanted})$")).is_ok_and(|expression| expression.is_match(&text))
}

fn child(node: &Node, segment: &str) -> Option<Node> {
    match brackets(segment) {
        Some(Ok((key, wanted))) => node.items().into_iter().find(|item| fits(item, key, wanted)),
        Some(Err(key)) => node.get(key),
        None if node.is_list() => node.items().get(segment.parse::<usize>().ok()?).cloned(),
        None => node.get(segment),
    }
}

/// Shows `write` the values at a path. Returns whether there was any.
fn walk(node: &mut Node, path: &[String], create: bool, span: Span, write: &mut dyn FnMut(&mut Node)) -> bool {
    let Some((first, rest)) = path.split_first() else {
        write(node);
        return true;
    };
    let trace = Trace::at(span);
    if first == "*" {
        let mut found = node.is_list() || node.is_map();
        if let Some(list) = node.list_mut() {
            list.items.iter_mut().for_each(|item| found &= walk(item, rest, create, span, write));
        } else if let Some(map) = node.map_mut() {
            map.entries.iter_mut().for_each(|entry| found &= walk(&mut entry.value, rest, create, span, write));
        }
        return found;
    }
    let (key, wanted) = match brackets(first) {
        Some(Ok((key, wanted))) => (key, Some(wanted)),
        Some(Err(key)) => (key, None),
        None => (first.as_str(), None),
    };
    if let Some(wanted) = wanted {
        let Some(list) = node.list_mut() else { return false };
        let mut found = false;
        for item in list.items.iter_mut().filter(|item| fits(item, key, wanted)) {
            found |= walk(item, rest, create, span, write);
        }
        if !found && create && !key.is_empty() {
            let mut item = Node::map(trace.clone());
            if let Some(map) = item.map_mut() {
                map.set(key, trace.clone(), Node::string(wanted, trace));
            }
            list.items.push(item);
            return list.items.last_mut().is_some_and(|item| walk(item, rest, create, span, write));
        }
        return found;
    }
    if let Some(list) = node.list_mut() {
        let at = key.parse::<usize>().ok();
        if let Some(item) = at.and_then(|at| list.items.get_mut(at)) {
            return walk(item, rest, create, span, write);
        }
        if create && (key == "-" || at == Some(list.items.len())) {
            list.items.push(made(rest, &trace));
            return list.items.last_mut().is_some_and(|item| walk(item, rest, create, span, write));
        }
        return false;
    }
    let Some(map) = node.map_mut() else { return false };
    if map.get(key).is_none_or(Node::is_null) {
        if !create {
            return false;
        }
        map.set(key, trace.clone(), made(rest, &trace));
    }
    map.get_mut(key).is_some_and(|value| walk(value, rest, create, span, write))
}

/// What is put where something is missing on the way.
fn made(rest: &[String], trace: &Trace) -> Node {
    match rest.first() {
        None => Node::plain("", trace.clone()),
        Some(next) if matches!(brackets(next), Some(Ok(_))) || next.parse::<usize>().is_ok() => {
            Node::list(Vec::new(), trace.clone())
        }
        Some(_) => Node::map(trace.clone()),
    }
}

fn set(node: &mut Node, value: &Node, options: &Options, span: Span) {
    let old = node.trace().span;
    // Over a scalar a map or list puts its text, which is none.
    if node.kind() != Kind::Scalar || (node.is_absent() && value.kind() != Kind::Scalar) {
        *node = value.clone().and(Role::SetBy, span);
        return;
    }
    let new = value.text().unwrap_or_default().into_owned();
    let text = if options.delimiter.is_empty() {
        new
    } else {
        let whole = node.text().unwrap_or_default().into_owned();
        let mut parts: Vec<String> = whole.split(&*options.delimiter).map(str::to_owned).collect();
        match usize::try_from(options.index) {
            Err(_) => parts.insert(0, new),
            Ok(at) if at < parts.len() => parts[at] = new,
            Ok(_) => parts.push(new),
        }
        parts.join(&options.delimiter)
    };
    // A scalar keeps its type where it had one.
    let string = if node.is_null() { value.is_string() } else { node.is_string() };
    let trace = value.trace().and(Role::SetBy, span);
    let trace = if old == span { trace } else { trace.and(Role::Replaced, old) };
    *node = match string {
        _ if node.is_free() => Node::free(text, trace),
        true => Node::string(text, trace),
        false => Node::plain(text, trace),
    };
}
