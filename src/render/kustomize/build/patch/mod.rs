//! `patches`, `patchesStrategicMerge` and `patchesJson6902` (kustomize, `api/internal/builtins/PatchTransformer.go`).

mod json;
mod keys;
mod list;
mod merge;
mod unmatched;

use std::sync::Arc;

use crate::model::diagnostic::Diagnostic;
use crate::model::node::{Kind, Style};
use crate::model::origin::Role;
use crate::model::source::Span;
use crate::model::value::Value;

use super::super::super::rules::PATCH_WITHOUT_KEY;
use super::accumulate::{Accumulated, Site};
use super::draft::{Chain, Link, Node};
use super::log::Log;
use super::read::{failure, field, flag, items, text_of};
use super::resource::{Id, Resource};
use super::select::{Selector, selector_span};
use super::source::{Frozen, Source};
use crate::model::origin::Origin;
use keys::Shape;
use merge::Outcome;
use unmatched::{note_unmatched, unmatched};

/// `patchesStrategicMerge`: files, or patches as text.
pub(super) fn strategic(site: &Site<'_, '_>, to: &mut Accumulated) {
    for item in items(site.root, "patchesStrategicMerge") {
        let text = text_of(item);
        let sources = if text.contains('\n') || text.starts_with('{') {
            let inline = site.builder.inline(item);
            inline_findings(&inline, &mut to.log);
            vec![inline]
        } else {
            let sources = site.file(item, &mut to.log);
            to.log.open |= sources.is_none();
            sources.map(<[_]>::to_vec).unwrap_or_default()
        };
        note(&sources, item, item.span(), &mut to.log);
        for patch in documents(&sources, item.span()) {
            merge_untargeted(&patch, item.span(), to, Changes::default());
        }
    }
}

/// `patches`: of either sort, with or without a target.
pub(super) fn patches(site: &Site<'_, '_>, to: &mut Accumulated) {
    for item in items(site.root, "patches") {
        let Some((sources, span)) = sources(site, item, &mut to.log) else { continue };
        let patches = documents(&sources, span);
        let Some(first) = patches.first() else {
            if sources.iter().all(|source| source.part.findings.is_empty() && !source.part.template) {
                to.log.fail(failure(span, "the patch is empty", "nothing to lay over"));
            } else {
                to.log.failed = true;
            }
            continue;
        };
        let changes = field(item, "options").map(Changes::read).unwrap_or_default();
        let target = match field(item, "target").map(|target| Selector::read(target, selector_span(target))) {
            Some(Err((span, why))) => {
                to.log.fail(failure(span, why, ""));
                continue;
            }
            Some(Ok(target)) => Some(target),
            None => None,
        };
        if let Some((span, why)) = unreadable(&sources, &patches, field(item, "patch").is_some()) {
            to.log.fail(failure(span, why, ""));
            continue;
        }
        match (first.kind(), target) {
            (Kind::Mapping, Some(_)) if patches.len() > 1 => {
                let finding = failure(span, "a patch of several objects has a `target`", "it may be for one alone");
                to.log.fail(finding.help("write one entry for each of them"));
            }
            (Kind::Sequence, Some(target)) => operations(site, first, &target, span, to, true),
            (Kind::Sequence, None) => {
                let finding = failure(span, "a patch of operations has no `target`", "which object is it for?");
                to.log.fail(finding.help("add a `target` with the kind and name of the object"));
            }
            (Kind::Mapping, Some(target)) => merge_targeted(site, first, &target, span, to, changes),
            (Kind::Mapping, None) => {
                patches.iter().for_each(|patch| merge_untargeted(patch, span, to, changes));
            }
            _ => to.log.fail(failure(span, "the patch is neither an object nor a list of operations", "")),
        }
    }
}

/// `patchesJson6902`
pub(super) fn json6902(site: &Site<'_, '_>, to: &mut Accumulated) {
    for item in items(site.root, "patchesJson6902") {
        let Some((sources, span)) = sources(site, item, &mut to.log) else { continue };
        let patches = documents(&sources, span);
        let (Some(first), Some(target)) = (patches.first(), field(item, "target")) else {
            to.log.fail(failure(span, "the patch has no operations, or no target", ""));
            continue;
        };
        let text = sources.first().map_or("", |source| &*source.part.text);
        if let Some((span, why)) = no_operations(first, text) {
            to.log.fail(failure(span, why, ""));
            continue;
        }
        if field(target, "name").is_none_or(|name| text_of(name).is_empty()) {
            let finding = failure(target.title_span(), "the target of a patch of operations has no `name`", "");
            to.log.fail(finding.help("add the name, or write the entry below `patches`, where none is needed"));
            continue;
        }
        match Selector::read(target, selector_span(target)) {
            Ok(target) => operations(site, first, &target, span, to, false),
            Err((span, why)) => to.log.fail(failure(span, why, "")),
        }
    }
}

/// What a patch may change beside the content.
#[derive(Debug, Clone, Copy, Default)]
struct Changes {
    name: bool,
    kind: bool,
}

impl Changes {
    fn read(options: Value<'_>) -> Self {
        Changes { name: flag(options, "allowNameChange"), kind: flag(options, "allowKindChange") }
    }

    /// What the real tool notes in a patch, and lays over the object with it.
    fn notes(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let notes = [(self.name, "allowNameChange"), (self.kind, "allowKindChange")];
        notes.into_iter().filter(|(is_allowed, _)| *is_allowed).map(|(_, key)| (key, "enabled"))
    }
}

/// The text of an entry: of its `path`, or its `patch`.
fn sources(site: &Site<'_, '_>, item: Value<'_>, log: &mut Log) -> Option<(Vec<Arc<Source>>, Span)> {
    let (path, patch) = (field(item, "path"), field(item, "patch"));
    match (path, patch) {
        (Some(path), None) => {
            let sources = site.file(path, log);
            log.open |= sources.is_none();
            let sources = sources?.to_vec();
            note(&sources, path, path.span(), log);
            Some((sources, path.span()))
        }
        (None, Some(patch)) => {
            let inline = site.builder.inline(patch);
            inline_findings(&inline, log);
            let key = item.entries().find(|entry| entry.name().eq_ignore_ascii_case("patch"));
            let span = key.map_or_else(|| patch.span(), |entry| entry.key.span());
            let sources = vec![inline];
            note(&sources, patch, span, log);
            Some((sources, span))
        }
        // That it is no map is told where the shape of the kustomization is checked.
        _ if !item.is_mapping() => {
            log.failed = true;
            None
        }
        _ => {
            let finding = failure(item.title_span(), "a patch needs either `path` or `patch`", "");
            log.fail(finding);
            None
        }
    }
}

/// Remembers where the text of a patch stands: in its own file, or in the scalar of the entry.
fn note(sources: &[Arc<Source>], item: Value<'_>, entry: Span, log: &mut Log) {
    for source in sources {
        let text = source.file_span().unwrap_or_else(|| item.span());
        log.patches.insert((text, entry));
    }
}

/// What is wrong with the text of a patch that stands in a kustomization: nobody else reads it.
fn inline_findings(source: &Source, log: &mut Log) {
    for finding in &source.part.findings {
        let mut finding = Diagnostic { fix: None, ..finding.clone() };
        finding.primary.span = source.moved(finding.primary.span);
        finding.labels.iter_mut().for_each(|label| label.span = source.moved(label.span));
        log.tell(finding);
    }
    log.failed |= !source.part.findings.is_empty() && source.part.documents.len() < source.part.count;
}

/// The documents of a patch, each knowing by which entry it is laid over.
fn documents(sources: &[Arc<Source>], entry: Span) -> Vec<Node> {
    let chain: Chain = Some(Arc::new(Link { origin: Origin { role: Role::PatchedBy, span: entry }, next: None }));
    let all = sources.iter().flat_map(|source| source.part.roots().map(move |(_, root)| Frozen::new(source, root)));
    all.map(|frozen| Node::Frozen(frozen, chain.clone())).collect()
}

/// Why kustomize can read a patch neither as objects nor as operations (`api/resource/factory.go`, `SliceFromBytes`;
/// `PatchTransformer.go`, `jsonPatchFromBytes`).
fn unreadable(sources: &[Arc<Source>], patches: &[Node], is_inline: bool) -> Option<(Span, String)> {
    let first = patches.first()?;
    if first.is_list() {
        let text = sources.first().map_or("", |source| &*source.part.text);
        return no_operations(first, if is_inline { text.trim() } else { text });
    }
    let lacks = |patch: &&Node| {
        if patch.text_at(&["kind"]).is_none_or(|kind| kind.is_empty()) {
            return Some("kind");
        }
        patch.text_at(&["metadata", "name"]).is_none_or(|name| name.is_empty()).then_some("metadata.name")
    };
    let (patch, field) = patches.iter().find_map(|patch| Some((patch, lacks(&patch)?)))?;
    let span = patch.at(&["metadata"]).or_else(|| patch.get("kind")).map_or_else(|| patch.trace(), |node| node.trace());
    Some((span.span, format!("the patch has no `{field}`, which every object that is laid over others needs")))
}

/// Why a patch is no list of operations for kustomize: what begins with `[` is not converted to JSON before it is read
/// as JSON (`PatchTransformer.go`, `jsonPatchFromBytes`; `PatchJson6902Transformer.go`, `Config`).
fn no_operations(first: &Node, text: &str) -> Option<(Span, String)> {
    let why = if !first.is_list() {
        "the patch is no list of operations"
    } else if first.is_empty() {
        "the patch has no operations"
    } else if text.starts_with('[') && !is_json(first) {
        "operations that begin with `[` have to be JSON: write them as a list with dashes"
    } else {
        return None;
    };
    Some((first.trace().span, why.to_owned()))
}

/// Whether a value is written as JSON, as far as its scalars tell.
fn is_json(node: &Node) -> bool {
    let is_quoted = |node: &Node| match node {
        Node::Frozen(frozen, _) => {
            let style = frozen.value().style();
            matches!(style, Style::DoubleQuoted | Style::Json) || (style == Style::Plain && !node.is_string())
        }
        _ => true,
    };
    match node.kind() {
        Kind::Sequence => node.items().iter().all(is_json),
        Kind::Mapping => match node {
            Node::Frozen(frozen, _) => {
                let keys = || frozen.value().entries().map(|entry| entry.key.style());
                keys().all(|style| matches!(style, Style::DoubleQuoted | Style::Json))
                    && node.entries().iter().all(|entry| is_json(&entry.value))
            }
            _ => true,
        },
        _ => is_quoted(node),
    }
}

/// Lays a patch over the one object that it names.
fn merge_untargeted(patch: &Node, span: Span, to: &mut Accumulated, changes: Changes) {
    let id = Id::of(patch);
    if id.gvk.kind.is_empty() && patch.get("kind").is_none() && patch.get("apiVersion").is_none() {
        to.log.fail(failure(span, "the patch names no object: it has no `kind`", ""));
        return;
    }
    let found: Vec<usize> =
        (0..to.resources.len()).filter(|at| to.resources[*at].ids().any(|own| own.is_same(&id))).collect();
    match found.as_slice() {
        [at] => merge_into(patch, &[*at], to, changes),
        [] if to.log.is_partial() => {}
        [] => {
            let finding = unmatched(&id, patch, span, to);
            to.log.fail(finding);
        }
        _ => {
            let message = format!("{} of the patch is more than one object", id.title());
            to.log.fail(failure(span, message, "which one is meant?"));
        }
    }
}

fn merge_targeted(
    site: &Site<'_, '_>,
    patch: &Node,
    target: &Selector,
    span: Span,
    to: &mut Accumulated,
    changes: Changes,
) {
    let found: Vec<usize> = (0..to.resources.len()).filter(|at| target.selects(&to.resources[*at])).collect();
    if found.is_empty() {
        note_unmatched(site, target, span, to);
    } else {
        to.log.fits(target.span.unwrap_or(span));
    }
    merge_into(patch, &found, to, changes);
}

fn merge_into(patch: &Node, found: &[usize], to: &mut Accumulated, changes: Changes) {
    let mut gone = Vec::new();
    let openapi = to.openapi.clone();
    for &at in found {
        let resource: &mut Resource = &mut to.resources[at];
        let keep = resource.id.clone();
        if changes.name || changes.kind {
            resource.remember();
        }
        resource.notes.extend(changes.notes());
        let patch = without_identity(patch, changes);
        let shape = Shape::of(&keep.gvk, openapi.as_deref());
        if let Some((span, key)) = list::without_key(&patch, shape) {
            let message = format!("an element of this list is found by its `{key}`, and this one has none");
            let finding = Diagnostic::new(&PATCH_WITHOUT_KEY, span, message, "fits no element")
                .effect("kustomize says nothing, and drops other elements of the list")
                .help(format!("add the `{key}` of the element that is meant"));
            to.log.tell(finding);
        }
        match merge::merge(&mut resource.node, &patch, shape) {
            Ok(Outcome::Goes) => {
                gone.push(at);
                continue;
            }
            Ok(_) if resource.node.is_empty() => {
                gone.push(at);
                continue;
            }
            Ok(_) => {}
            Err((place, why)) => {
                let message = format!("the patch does not apply to {}: {why}", keep.title());
                to.log.fail(failure(place, message, ""));
                continue;
            }
        }
        resource.refresh();
        resource.restore(&keep, !changes.name, !changes.kind);
        resource.refresh();
    }
    for at in gone.into_iter().rev() {
        to.resources.remove(at);
    }
}

/// A patch without what only says which object it is for.
fn without_identity(patch: &Node, changes: Changes) -> Node {
    let mut patch = patch.clone();
    let Some(map) = patch.map_mut() else { return patch };
    map.remove("apiVersion");
    if !changes.kind {
        map.remove("kind");
    }
    if let Some(metadata) = map.get_mut("metadata").and_then(Node::map_mut) {
        metadata.remove("namespace");
        if !changes.name {
            metadata.remove("name");
        }
        if metadata.entries.is_empty() {
            map.remove("metadata");
        }
    }
    patch
}

/// Applies operations to all that a target selects. The real tool notes in the annotations of an object who it was: at the
/// latest before an entry of `patches` (`StorePreviousId` of `PatchTransformer.go`, which `PatchJson6902Transformer.go`
/// does not call), so that `/metadata/annotations` is there whatever the object says. What is left empty is gone in the
/// end.
fn operations(
    site: &Site<'_, '_>,
    patch: &Node,
    target: &Selector,
    span: Span,
    to: &mut Accumulated,
    is_remembered: bool,
) {
    let operations = match json::read(patch) {
        Ok(operations) => operations,
        Err((place, why)) => {
            to.log.fail(failure(place, why, "").see(span, "laid over here"));
            return;
        }
    };
    let found: Vec<usize> = (0..to.resources.len()).filter(|at| target.selects(&to.resources[*at])).collect();
    if found.is_empty() {
        note_unmatched(site, target, span, to);
    } else {
        to.log.fits(target.span.unwrap_or(span));
    }
    for at in found {
        let resource = &mut to.resources[at];
        if is_remembered {
            resource.remember();
        }
        let noted = resource.noted();
        if !noted.is_empty() {
            annotate(&mut resource.node);
        }
        let applied = json::apply(&mut resource.node, &operations, span, &noted);
        resource.refresh();
        if let Err((place, why)) = applied {
            let message = format!("the patch does not apply to {}: {why}", resource.id.title());
            let finding = failure(place, message, "this operation fails");
            let finding =
                resource.included.first().map(|base| finding.clone().see(*base, "the object comes from here"));
            to.log.fail(finding.unwrap_or_else(|| failure(place, "the patch does not apply", "")));
        }
    }
}

/// Makes sure that an object has annotations, be they empty.
fn annotate(node: &mut Node) {
    if node.at(&["metadata", "annotations"]).is_some_and(|annotations| !annotations.is_null()) {
        return;
    }
    let metadata = node.map_mut().and_then(|root| root.get_mut("metadata")).and_then(Node::map_mut);
    if let Some(metadata) = metadata {
        let trace = metadata.trace.clone();
        metadata.set("annotations", trace.clone(), Node::map(trace));
    }
}
