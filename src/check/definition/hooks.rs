//! Hooks: events that do not exist, and commands that bring code of unknown origin.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::definition::fabrikate::{ComponentFile, Hook, Name};
use crate::model::diagnostic::Diagnostic;
use crate::model::near::nearest;
use crate::model::rule::Severity;

use super::{list, rules};

type Pattern = LazyLock<Option<Regex>>;

/// A download that a shell runs as it arrives.
static PIPED: Pattern = LazyLock::new(|| {
    Regex::new(r"\b(curl|wget)\b[^|;&]*\|\s*(sudo\s+)?(ba|z|da|k)?sh\b|\b(ba|z|da|k)?sh\s+(-c\s+)?[^;|&]*(<\(|\$\()\s*(curl|wget)\b").ok()
});
static DOWNLOAD: Pattern = LazyLock::new(|| Regex::new(r"\b(curl|wget)\b").ok());
/// What proves that a download is what it should be.
static PROOF: Pattern = LazyLock::new(|| {
    Regex::new(r"\b(sha(1|224|256|384|512)sum|shasum|md5sum|openssl dgst|gpg|cosign|minisign)\b").ok()
});
/// A redirection, a copy, a move or a download to a place above the component, or to one of the machine itself.
static OUTSIDE: Pattern = LazyLock::new(|| {
    const START: &str = r"(^|[;&|(]\s*|\b(sudo|then|do)\s+)";
    const PLACE: &str = r#"["']?(\.\./|~/|\$HOME\b|/(etc|usr|opt|var|home|root|bin|sbin|srv|lib)/)"#;
    let redirected = format!(r"(^|[^>])>{{1,2}}\s*{PLACE}");
    let last = format!(r"{START}(cp|mv|tee|install|rsync)\b[^;&|]*\s{PLACE}[^\s;&|]*\s*($|[;&|])");
    let any = format!(r"{START}(mkdir|rm|touch)\b([^;&|]*\s)?{PLACE}");
    let fetched =
        format!(r"{START}(curl|wget)\b[^;&|]*\s(-[oOP]|--output|--output-document|--directory-prefix)[ =]?{PLACE}");
    let unpacked = format!(r"{START}(tar\s+-{{0,2}}\w*x\w*\b[^;&|]*\s(-C|--directory)|unzip\b[^;&|]*\s-d)[ =]?{PLACE}");
    Regex::new(&[redirected, last, any, fetched, unpacked].join("|")).ok()
});

fn matches(pattern: &Pattern, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

pub(super) fn check(file: &ComponentFile, out: &mut Vec<Diagnostic>) {
    let mut open = vec![&*file.component];
    while let Some(component) = open.pop() {
        for hook in &component.hooks {
            if !Hook::EVENTS.contains(&hook.event.text.as_str()) {
                out.push(unknown(&hook.event));
            }
            let is_proven = component.hooks.iter().flat_map(|hook| &hook.commands).any(|it| matches(&PROOF, &it.text));
            hook.commands.iter().for_each(|command| out.extend(check_command(command, is_proven)));
        }
        open.extend(component.subcomponents.iter().rev().map(|child| &**child));
    }
}

fn unknown(event: &Name) -> Diagnostic {
    let message = format!("there is no hook `{}`", event.text);
    let help = nearest(&event.text, Hook::EVENTS)
        .map_or_else(|| format!("the hooks are {}", list(Hook::EVENTS, 4)), |near| format!("did you mean `{near}`?"));
    Diagnostic::new(&rules::UNKNOWN_HOOK, event.span, message, "").effect("its commands never run").help(help)
}

fn check_command(command: &Name, is_proven: bool) -> Option<Diagnostic> {
    if matches(&PIPED, &command.text) {
        let finding = Diagnostic::new(&rules::HOOK_DOWNLOAD, command.span, "a hook runs what it downloads", "")
            .effect("whoever controls the address runs code on every machine that generates manifests")
            .help("download a fixed version to a file, compare its checksum, and run the file");
        return Some(Diagnostic { severity: Severity::Error, ..finding });
    }
    if matches(&DOWNLOAD, &command.text) && !is_proven {
        return Some(
            Diagnostic::new(&rules::HOOK_DOWNLOAD, command.span, "a hook downloads without comparing a checksum", "")
                .effect("what is generated depends on what the address serves at that moment")
                .help("compare the checksum of what was downloaded, with `sha256sum --check`"),
        );
    }
    matches(&OUTSIDE, &command.text).then(|| {
        Diagnostic::new(&rules::HOOK_OUTSIDE, command.span, "a hook writes outside of its component", "")
            .effect(match command.text.contains("../") {
                true => "other components change with it, depending on the order in which they are looked at",
                false => "the machine of whoever generates changes with it, and what is generated there later",
            })
            .help("write below the folder of the component")
    })
}
