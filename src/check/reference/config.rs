//! ConfigMaps and Secrets that pods ask for by a name or a key that is nearly there.

use crate::model::diagnostic::Diagnostic;
use crate::model::near::nearest;
use crate::model::reference::{Facts, Use, Written};

use super::{Index, rules};
use crate::check::wording::is_placeholder;

pub(super) fn check(index: &Index<'_>, out: &mut Vec<Diagnostic>) {
    for one in index.all() {
        for wanted in &one.uses {
            out.extend(check_use(index, one, wanted));
        }
    }
}

fn check_use(index: &Index<'_>, one: &Facts, wanted: &Use) -> Option<Diagnostic> {
    let others = || index.beside(one).filter(|other| other.kind == wanted.kind);
    match others().find(|other| other.name.text == wanted.name.text) {
        Some(other) => {
            let key = wanted.key.as_ref().filter(|key| !other.keys.contains(&key.text))?;
            let near = nearest(&key.text, other.keys.iter().map(String::as_str))?;
            is_slip(&key.text, near).then(|| misspelt(one, wanted, key, near, other, "key"))
        }
        // Secrets are made by operators and by hand, with names of any kind.
        None if wanted.kind == "Secret" || is_placeholder(&wanted.name.text) => None,
        None => {
            let name = without_hash(&wanted.name.text);
            let near = others().find(|other| is_slip(name, without_hash(&other.name.text)))?;
            Some(misspelt(one, wanted, &wanted.name, without_hash(&near.name.text), near, "name"))
        }
    }
}

fn misspelt(one: &Facts, wanted: &Use, written: &Written, near: &str, other: &Facts, what: &str) -> Diagnostic {
    let kind = wanted.kind;
    let message = match what {
        "key" => format!("{kind} `{}` has no key `{}`, for {}", wanted.name.text, written.text, one.title()),
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
