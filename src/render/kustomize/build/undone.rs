//! What a patch sets and a later entry of the same kustomization sets again, so that the first reaches no object.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::diagnostic::Diagnostic;
use crate::model::origin::Role;
use crate::model::source::Span;

use super::super::super::rules::UNDONE_OVERRIDE;
use super::accumulate::Accumulated;
use super::draft::{Node, Trace};

/// What is overwritten, by what, and whether the two differ.
type Found = BTreeMap<Span, Span>;

/// The findings about all objects of a build that is whole.
pub(super) fn check(built: &Accumulated) -> Vec<Diagnostic> {
    if built.log.patches.is_empty() {
        return Vec::new();
    }
    let walk = Walk { patches: built.log.patches.iter().copied().collect() };
    let mut found = Found::new();
    built.resources.iter().for_each(|resource| walk.look(&resource.node, &mut found));
    if found.is_empty() {
        return Vec::new();
    }
    // One object that keeps it is enough.
    let mut kept = BTreeSet::new();
    built.resources.iter().for_each(|resource| spans(&resource.node, &mut kept));
    found.retain(|old, new| !kept.contains(old) && old != new);
    found.into_iter().map(|(old, new)| finding(old, new)).collect()
}

fn finding(old: Span, new: Span) -> Diagnostic {
    let message = "what this patch sets is set again by a later entry of the same kustomization";
    Diagnostic::new(&UNDONE_OVERRIDE, old, message, "reaches no object")
        .see(new, "this one wins")
        .effect("the earlier value has no effect")
        .help("keep one of the two")
}

struct Walk {
    /// Where the text of a patch stands, and its entry.
    patches: Vec<(Span, Span)>,
}

impl Walk {
    fn look(&self, node: &Node, found: &mut Found) {
        match node {
            // Images, labels and names take up what was there; a number of replicas does not.
            Node::Frozen(_, None) | Node::Scalar { string: true, .. } => {}
            Node::Frozen(..) | Node::Scalar { .. } => self.judge(&node.trace(), found),
            Node::Map(map) => {
                self.judge(&map.trace, found);
                map.entries.iter().for_each(|entry| self.look(&entry.value, found));
            }
            Node::List(list) => {
                self.judge(&list.trace, found);
                list.items.iter().for_each(|item| self.look(item, found));
            }
        }
    }

    /// Whether a value has taken the place of one that a patch of the same kustomization set.
    fn judge(&self, trace: &Trace, found: &mut Found) {
        let Some(first) = trace.links().next() else { return };
        let is_copied = trace.links().any(|link| link.role == Role::SelectedBy);
        if first.role != Role::Replaced || first.span == trace.span || is_copied {
            return;
        }
        let by = self.entries(trace.span);
        // An entry of `replicas` stands in the kustomization itself.
        let own = |(_, entry): &(Span, Span)| {
            by.iter().any(|later| later.file == entry.file && later != entry)
                || (by.is_empty() && trace.span.file == entry.file)
        };
        let earlier = self.patches.iter().filter(|(text, _)| holds(*text, first.span));
        if earlier.clone().any(own) && !earlier.clone().any(|(_, entry)| by.contains(entry)) {
            found.insert(first.span, trace.span);
        }
    }

    /// The entries of the patches that a place stands in.
    fn entries(&self, span: Span) -> Vec<Span> {
        self.patches.iter().filter(|(text, _)| holds(*text, span)).map(|(_, entry)| *entry).collect()
    }
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

/// Where everything in a node was written.
fn spans(node: &Node, kept: &mut BTreeSet<Span>) {
    kept.insert(node.trace().span);
    node.items().iter().for_each(|item| spans(item, kept));
    node.entries().iter().for_each(|entry| spans(&entry.value, kept));
}
