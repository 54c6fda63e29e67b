//! Objects that ask for others by a name, a key or a kind that is nearly right.

use crate::model::diagnostic::Diagnostic;
use crate::model::near::nearest;
use crate::model::reference::{Facts, Need, Purpose, Written};

use super::slip::is_slip;
use super::{Findings, Index, rules};
use crate::check::wording::is_placeholder;

pub(super) fn check(index: &Index<'_>, out: &mut Findings) {
    for one in index.all() {
        for need in &one.needs {
            if let Some(finding) = near(index, one, need) {
                out.tell(one, need.path.clone(), finding);
            }
        }
    }
}

/// Something that is nearly what is asked for.
pub(super) fn near(index: &Index<'_>, one: &Facts, need: &Need) -> Option<Diagnostic> {
    let name = need.name.text.as_str();
    let namespace = need.namespace.as_deref().unwrap_or(one.namespace());
    let others = || index.of_kind(&need.kind, namespace);
    match others().find(|other| other.name.text == name) {
        Some(other) => {
            let key = need.key.as_ref().filter(|key| !other.keys.contains(&key.text))?;
            let near = nearest(&key.text, other.keys.iter().map(String::as_str))?;
            let message = format!("{} `{name}` has no key `{}`, for {}", need.kind, key.text, one.title());
            // The object is here and has no such key: what is merely near is meant.
            is_near(&key.text, near).then(|| misspelt(need, key, near, other, message))
        }
        // Secrets are made by operators and by hand, with names of any kind.
        None if need.kind == "Secret" || is_placeholder(name) => None,
        None if index.is_elsewhere(&need.kind, namespace, name) => None,
        None => {
            let message = format!("there is no {} `{name}`, for {}", need.kind, one.title());
            let written = without_hash(name);
            let is_meant = |other: &&Facts| is_slip(written, own_name(written, other, index.rendered));
            if let Some(near) = others().find(is_meant) {
                return Some(misspelt(need, &need.name, own_name(written, near, index.rendered), near, message));
            }
            let of_name = |other: &&Facts| other.name.text == name && is_other_kind(need, other);
            let other = index.within(namespace).find(of_name)?;
            Some(finding(need, &need.name, other, message).help(format!("did you mean `kind: {}`?", other.kind())))
        }
    }
}

/// Whether an object is of another kind that may be meant as well.
fn is_other_kind(need: &Need, other: &Facts) -> bool {
    need.purpose == Purpose::Scaling && matches!(&*need.kind, "Deployment" | "StatefulSet" | "ReplicaSet") && {
        matches!(other.kind(), "Deployment" | "StatefulSet" | "Rollout")
    }
}

fn finding(need: &Need, written: &Written, other: &Facts, message: String) -> Diagnostic {
    Diagnostic::new(&rules::MISSPELT_REFERENCE, written.span, message, "")
        .see(other.name.span, format!("this {} is near", other.kind()))
        .effect(rules::fragment(&rules::missing(need.purpose).why))
}

fn misspelt(need: &Need, written: &Written, near: &str, other: &Facts, message: String) -> Diagnostic {
    finding(need, written, other, message).help(format!("did you mean `{near}`?")).respell(false, written.span, near)
}

/// The name of an object as it was before Kustomize put a hash behind it, or a prefix before it: the prefix is left out
/// where the rest is as long as what is written.
fn own_name<'o>(written: &str, other: &'o Facts, rendered: bool) -> &'o str {
    let name = without_hash(&other.name.text);
    let tail = name.len().checked_sub(written.len()).filter(|start| rendered && *start > 1 && written.len() >= 8);
    let tail = tail.and_then(|start| name.get(start..).filter(|_| name[..start].ends_with('-')));
    tail.filter(|tail| is_slip(written, tail)).unwrap_or(name)
}

/// A name without the hash that Kustomize puts behind those it generates (`api/hasher`): ten characters.
pub(super) fn without_hash(name: &str) -> &str {
    let is_hash = |text: &str| text.len() == 10 && text.bytes().all(|byte| b"2456789bcdfghkmt".contains(&byte));
    name.rsplit_once('-').filter(|(_, hash)| is_hash(hash)).map_or(name, |(name, _)| name)
}

/// A letter or two off, in a word that is long enough to tell, and not a number.
fn is_near(written: &str, meant: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
    let differs = written.chars().zip(meant.chars()).filter(|(a, b)| a != b).count();
    meant.len() >= 5
        && written.len().abs_diff(meant.len()) <= 1
        && letters(written) != letters(meant)
        && (written.len() != meant.len() || differs <= 2)
}
