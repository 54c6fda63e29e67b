//! What to say of a patch for what is not there.

use crate::model::diagnostic::Diagnostic;
use crate::model::near;
use crate::model::source::Span;

use super::super::accumulate::{Accumulated, Site, without_target};
use super::super::draft::Node;
use super::super::read::failure;
use super::super::resource::{Gvk, Id, Resource};
use super::super::select::Selector;

/// The finding about a patch for an object that is not there.
pub(super) fn unmatched(id: &Id, patch: &Node, span: Span, to: &Accumulated) -> Diagnostic {
    let place = patch.at(&["metadata", "name"]).map_or(span, |name| name.trace().span);
    let message = format!("the patch is for {}, which is not among the resources", id.title());
    let finding = failure(place, message, "no object fits").see(span, "laid over here");
    let same_name = to.resources.iter().find(|one| one.id.name == id.name && one.id.gvk.kind == id.gvk.kind);
    if let Some(other) = same_name {
        let (group, own) = (&other.id.gvk, &id.gvk);
        if (&group.group, &group.version) != (&own.group, &own.version) {
            let version = |gvk: &Gvk| {
                if gvk.group.is_empty() { gvk.version.clone() } else { format!("{}/{}", gvk.group, gvk.version) }
            };
            return finding.help(format!("the object is of `{}`, the patch of `{}`", version(group), version(own)));
        }
        let (theirs, ours) = (other.id.effective_namespace(), id.effective_namespace());
        return finding.help(format!("the object is in namespace `{theirs}`, the patch in `{ours}`"));
    }
    let names: Vec<&str> =
        to.resources.iter().filter(|one| one.id.gvk.kind == id.gvk.kind).map(|one| &*one.id.name).collect();
    match near::nearest(&id.name, names.iter().copied()) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help("correct the name, or remove the patch"),
    }
}

/// A target that nothing fits is no failure.
pub(super) fn note_unmatched(site: &Site<'_, '_>, target: &Selector, span: Span, to: &mut Accumulated) {
    if !to.log.is_whole() {
        return;
    }
    let [group, version, kind, name, namespace] = &target.literal;
    let what = if kind.is_empty() { "object" } else { kind };
    let alike: Vec<&Resource> = to.resources.iter().filter(|one| kind.is_empty() || one.id.gvk.kind == *kind).collect();
    let is_of_another = alike.iter().all(|one| !one.id.gvk.is_selected(group, version, ""));
    let of = if is_of_another { alike.first().map(|one| &one.id.gvk) } else { None };
    let mut message = format!("no {what}");
    if of.is_some() {
        let wanted: Vec<&str> =
            [group, version].into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        message.push_str(&format!(" of `{}`", wanted.join("/")));
    }
    for (word, value) in [("named", name), ("in namespace", namespace)] {
        if !value.is_empty() {
            message.push_str(&format!(" {word} `{value}`"));
        }
    }
    if target.asks_for_labels() {
        message.push_str(" with such labels");
    }
    message.push_str(" is among the resources that this patch is laid over");
    let mut finding = without_target(target.span.unwrap_or(span), message);
    if let Some(other) = alike.iter().find(|one| !name.is_empty() && one.ids().any(|id| target.name.fits(&id.name))) {
        let gvk = &other.id.gvk;
        let why = if !other.ids().any(|id| target.namespace.fits(id.effective_namespace())) {
            match &*other.id.namespace {
                "" => format!("{} has no namespace where patches are laid over it", other.id.title()),
                namespace => format!("{} {} lies in namespace `{namespace}`", gvk.kind, other.id.name),
            }
        } else if !gvk.is_selected(group, version, "") {
            let group = if gvk.group.is_empty() { "the core group" } else { &gvk.group };
            format!("{} is of version `{}` of {group}", other.id.title(), gvk.version)
        } else {
            "an object of that name does not have the labels or annotations".to_owned()
        };
        finding = finding.help(format!("{why}: correct the target"));
        if let Some(place) = other.node.at(&["metadata", "name"]) {
            finding = finding.see(place.trace().span, "this one?");
        }
    } else if let Some(bare) = without_affixes(site, name).filter(|bare| alike.iter().any(|one| one.id.name == *bare)) {
        finding = finding.help(format!("`namePrefix` and `nameSuffix` come after the patches: the target is `{bare}`"));
    } else if let Some(near) = near::nearest(name, alike.iter().map(|one| &*one.id.name)) {
        finding = finding.help(format!("did you mean `{near}`?"));
    } else if let (Some(gvk), false) = (of, kind.is_empty()) {
        let version = if gvk.group.is_empty() { gvk.version.clone() } else { format!("{}/{}", gvk.group, gvk.version) };
        finding = finding.help(format!("every {kind} here is of `{version}`: correct the target"));
    } else if let ([only], false) = (alike.as_slice(), kind.is_empty()) {
        finding = finding.help(format!("the only {kind} here is `{}`: correct the target", only.id.name));
    }
    to.log.tell(finding);
}

/// A name without what the kustomization puts before and behind it.
fn without_affixes(site: &Site<'_, '_>, name: &str) -> Option<String> {
    let affix = |key| site.text(key).map(|(text, _)| text).unwrap_or_default();
    let (prefix, suffix) = (affix("namePrefix"), affix("nameSuffix"));
    let bare = name.strip_prefix(&*prefix).unwrap_or(name);
    let bare = bare.strip_suffix(&*suffix).unwrap_or(bare);
    (bare != name).then(|| bare.to_owned())
}
