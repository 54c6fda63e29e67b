//! ConfigMaps and Secrets that pods ask for by a name or a key that is nearly there.

use crate::model::diagnostic::Diagnostic;
use crate::model::near::nearest;
use crate::model::reference::{Facts, Need, Purpose, Written};

use super::{Findings, Index, rules};
use crate::check::wording::is_placeholder;

pub(super) fn check(index: &Index<'_>, out: &mut Findings) {
    for one in index.all() {
        for need in one.needs.iter().filter(|need| need.purpose == Purpose::Container) {
            if let Some(finding) = near(index, one, need) {
                out.tell(one, need.path.clone(), finding);
            }
        }
    }
}

/// Something that is nearly what is asked for.
pub(super) fn near(index: &Index<'_>, one: &Facts, need: &Need) -> Option<Diagnostic> {
    if !matches!(&*need.kind, "ConfigMap" | "Secret") {
        return None;
    }
    let others = || index.beside(one).filter(|other| other.kind() == need.kind);
    match others().find(|other| other.name.text == need.name.text) {
        Some(other) => {
            let key = need.key.as_ref().filter(|key| !other.keys.contains(&key.text))?;
            let near = nearest(&key.text, other.keys.iter().map(String::as_str))?;
            is_slip(&key.text, near).then(|| misspelt(one, need, key, near, other, "key"))
        }
        // Secrets are made by operators and by hand, with names of any kind.
        None if need.kind == "Secret" || is_placeholder(&need.name.text) => None,
        None if index.is_elsewhere(&need.kind, one.namespace(), &need.name.text) => None,
        None => {
            let name = without_hash(&need.name.text);
            let near = others().find(|other| is_slip(name, without_hash(&other.name.text)))?;
            Some(misspelt(one, need, &need.name, without_hash(&near.name.text), near, "name"))
        }
    }
}

fn misspelt(one: &Facts, need: &Need, written: &Written, near: &str, other: &Facts, what: &str) -> Diagnostic {
    let kind = &need.kind;
    let message = match what {
        "key" => format!("{kind} `{}` has no key `{}`, for {}", need.name.text, written.text, one.title()),
        _ => format!("there is no {kind} `{}`, for {}", written.text, one.title()),
    };
    Diagnostic::new(&rules::MISSPELT_REFERENCE, written.span, message, "")
        .see(other.name.span, format!("this {kind} is near"))
        .effect("the container does not start, until there is one")
        .help(format!("did you mean `{near}`?"))
        .fix(false, written.span, near)
}

/// A name without the hash that Kustomize puts behind those it generates (`api/hasher`): ten characters.
fn without_hash(name: &str) -> &str {
    let is_hash = |text: &str| text.len() == 10 && text.bytes().all(|byte| b"2456789bcdfghkmt".contains(&byte));
    name.rsplit_once('-').filter(|(_, hash)| is_hash(hash)).map_or(name, |(name, _)| name)
}

/// One letter off, in a word that is long enough to tell, and not a number.
fn is_slip(written: &str, meant: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
    let is_near = written.len().abs_diff(meant.len()) <= 1 && nearest(written, [meant]).is_some();
    let differs = written.chars().zip(meant.chars()).filter(|(a, b)| a != b).count();
    written != meant
        && meant.len() >= 5
        && is_near
        && letters(written) != letters(meant)
        && (written.len() != meant.len() || differs <= 2)
}
