//! Where components come from: what cannot be fetched as it is written, and what may be another thing tomorrow.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::definition::fabrikate::{AccessFile, Component, ComponentFile, ComponentKind, Field, Method};
use crate::model::diagnostic::Diagnostic;
use crate::model::rule::Severity;
use crate::model::source::Span;

use super::rules;

/// The buckets of the old Helm charts, which are gone.
static GONE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^https?://kubernetes-charts[a-z-]*\.storage\.googleapis\.com(/|$)").ok());

/// The repository of the old Helm charts, which can still be cloned.
static ARCHIVED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(https?://|git@)github\.com[/:]helm/charts(\.git)?(/|$)").ok());

pub(super) fn check(file: &ComponentFile, out: &mut Vec<Diagnostic>) {
    let mut open = vec![(&*file.component, true)];
    while let Some((component, is_root)) = open.pop() {
        fetching(component, is_root, out);
        let source = component.source.as_ref().filter(|source| !source.value.is_empty());
        match source.and_then(address) {
            Some(finding) => out.push(finding),
            None => out.extend(floating(component)),
        }
        if !is_root {
            pinning(component, out);
        }
        open.extend(component.subcomponents.iter().rev().map(|child| (&**child, false)));
    }
}

/// What a source stands for where there is none.
fn place(component: &Component) -> Span {
    component.method.as_ref().map_or(component.title, |method| method.span)
}

fn is_empty(field: Option<&Field<String>>) -> bool {
    field.is_none_or(|field| field.value.is_empty())
}

/// Combinations of type, method and source that fetch nothing.
fn fetching(component: &Component, is_root: bool, out: &mut Vec<Diagnostic>) {
    let name = component.name();
    match (component.kind(), component.method()) {
        (ComponentKind::Helm, Method::Helm) => {
            for (field, key) in [(&component.source, "source"), (&component.path, "path")] {
                if is_empty(field.as_ref()) {
                    let message = format!("the chart of `{name}` has no `{key}`");
                    out.push(
                        Diagnostic::new(&rules::INCOMPLETE_CHART, place(component), message, format!("needs `{key}`"))
                            .effect("`fab install` cannot fetch the chart")
                            .help("`source` is the chart repository, and `path` the name of the chart in it"),
                    );
                }
            }
        }
        (ComponentKind::Component, method @ (Method::Helm | Method::Http)) => {
            let word = if method == Method::Helm { "helm" } else { "http" };
            let message = format!("component `{name}` cannot be fetched with `{word}`");
            out.push(
                Diagnostic::new(&rules::UNFETCHED_COMPONENT, place(component), message, "")
                    .effect("Fabrikate fetches components with git alone, and looks for this one on the disk")
                    .help("write `method: git`, or `type: helm` if it is a chart"),
            );
        }
        (ComponentKind::Static, Method::Git) => {
            let message = format!("static component `{name}` is never fetched");
            out.push(
                Diagnostic::new(&rules::UNFETCHED_STATIC, place(component), message, "")
                    .effect("Fabrikate clones nothing for a static component, and reads the folder `path` of this repository")
                    .help("fetch it with `method: http`, or check the manifests in"),
            );
        }
        (ComponentKind::Component, Method::Local) if !is_root => {
            if let Some(source) = component.source.as_ref().filter(|source| is_remote(&source.value)) {
                let message = format!("component `{name}` has a URL for a source, and no `method: git`");
                out.push(
                    Diagnostic::new(&rules::URL_WITHOUT_GIT, source.span, message, "taken for the name of a folder")
                        .effect("`fab generate` fails: it looks for a folder of that name")
                        .help("add `method: git`"),
                );
            }
        }
        _ => {}
    }
}

/// Whether a source is no folder.
pub(super) fn is_remote(source: &str) -> bool {
    source.contains("://") || source.starts_with("git@")
}

/// What the address alone says.
fn address(source: &Field<String>) -> Option<Diagnostic> {
    if has_credentials(&source.value) {
        return Some(
            Diagnostic::new(&rules::CREDENTIALS_IN_SOURCE, source.span, "a source holds credentials", "")
                .effect("everybody who can read the repository, now or later, has them")
                .help("revoke them, and name an environment variable for the repository in `access.yaml`"),
        );
    }
    let is = |pattern: &LazyLock<Option<Regex>>| pattern.as_ref().is_some_and(|it| it.is_match(&source.value));
    let dead = if is(&GONE) {
        Some((Severity::Error, "is gone", "`fab install` fails: nothing is served there since November 2020"))
    } else if is(&ARCHIVED) {
        Some((Severity::Warning, "is archived", "nobody has mended its charts since November 2020"))
    } else {
        None
    };
    if let Some((severity, what, effect)) = dead {
        let message = format!("the repository `{}` {what}", source.value);
        let mut finding = Diagnostic::new(&rules::DEAD_REPOSITORY, source.span, message, "")
            .effect(effect)
            .help("take the chart from its project's own repository: https://artifacthub.io finds it");
        finding.severity = severity;
        return Some(finding);
    }
    source.value.starts_with("http://").then(|| {
        let message = format!("`{}` is fetched without encryption", source.value);
        Diagnostic::new(&rules::INSECURE_SOURCE, source.span, message, "")
            .effect("whoever is between can replace what is deployed")
            .help("write `https://`")
    })
}

/// A password or a token before the host. A user alone, as in `https://git@host`, is none.
fn has_credentials(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else { return false };
    let is_variable = user.contains("${") || user.contains("{{");
    let is_token = |text: &str| text.len() >= 16 || text.starts_with("ghp_") || text.starts_with("glpat-");
    scheme != "ssh" && !is_variable && user.split_once(':').map_or(is_token(user), |(_, password)| !password.is_empty())
}

/// A source without a version.
fn floating(component: &Component) -> Option<Diagnostic> {
    let source = component.source.as_ref().filter(|source| !source.value.is_empty())?;
    if !is_empty(component.version.as_ref()) {
        return None;
    }
    let name = component.name();
    let (message, effect, help) = match (component.kind(), component.method()) {
        (ComponentKind::Component | ComponentKind::Helm, Method::Git) => {
            let branch = component.branch.as_ref().filter(|branch| !branch.value.is_empty());
            let what = branch.map_or_else(|| "the default branch".to_owned(), |it| format!("branch `{}`", it.value));
            let effect = "every `fab install` takes what is there at that moment: what is deployed changes without a \
                          change here";
            (format!("`{name}` follows {what} of its source"), effect, "add `version` with a commit")
        }
        (ComponentKind::Helm, Method::Helm) => {
            let effect = "every `fab install` takes the newest chart: what is deployed changes without a change here";
            (format!("the chart of `{name}` has no version"), effect, "add `version`")
        }
        _ => return None,
    };
    Some(Diagnostic::new(&rules::FLOATING_SOURCE, source.span, message, "without a version").effect(effect).help(help))
}

/// Versions that are idle, or may move.
fn pinning(component: &Component, out: &mut Vec<Diagnostic>) {
    let (name, method) = (component.name(), component.method());
    let [version, branch] =
        [&component.version, &component.branch].map(|field| field.as_ref().filter(|field| !field.value.is_empty()));
    let is_fetched = matches!(component.kind(), ComponentKind::Component | ComponentKind::Helm);
    match (method, version, branch) {
        (Method::Git, Some(version), Some(branch)) => out.push(
            Diagnostic::new(&rules::VERSION_AND_BRANCH, branch.key, format!("`{name}` has a version and a branch"), "")
                .see(version.key, "the version counts")
                .effect("Fabrikate clones the branch and then checks the version out, which fails if it is not on it")
                .help("remove `branch`"),
        ),
        (Method::Git, Some(version), None) if is_fetched && !is_commit(&version.value) => out.push(
            Diagnostic::new(
                &rules::MOVABLE_VERSION,
                version.span,
                format!("`{name}` is pinned to `{}`, which is no commit", version.value),
                "",
            )
            .effect("a tag or branch can be moved: what is deployed can change without a change here")
            .help("write the commit, 40 hexadecimal digits, and the tag behind it as a comment"),
        ),
        _ => {}
    }
    let idle =
        [(branch, method == Method::Git, "branch"), (version, matches!(method, Method::Git | Method::Helm), "version")];
    for (field, _, key) in idle.into_iter().filter(|(_, counts, _)| !counts) {
        let Some(field) = field else { continue };
        let message = format!("`{key}` of `{name}` does nothing");
        let finding = Diagnostic::new(&rules::IDLE_VERSION, field.key, message, "")
            .effect("nothing is fetched by it: Fabrikate does not look at the field")
            .help(format!("remove it, or add the `method` that fetches this {key}"));
        out.push(finding);
    }
}

fn is_commit(version: &str) -> bool {
    version.len() == 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Tokens that stand where the name of an environment variable is meant.
pub(super) fn check_access(file: &AccessFile, out: &mut Vec<Diagnostic>) {
    // Upper case is the custom; words in lower case are no token either.
    let is_variable = |text: &str| {
        let is_word = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
        let is_custom = text.bytes().all(is_word) && !text.starts_with(|first: char| first.is_ascii_digit());
        is_custom || (text.contains('_') && text.bytes().all(is_letter))
    };
    for (repository, token) in file.tokens.iter().filter(|(_, token)| !token.value.is_empty()) {
        if is_variable(&token.value) {
            continue;
        }
        let message = format!("the token for `{}` is not the name of an environment variable", repository.text);
        out.push(
            Diagnostic::new(&rules::TOKEN_IN_ACCESS_FILE, token.span, message, "")
                .effect("Fabrikate takes the text for the token: everybody who can read the repository has it")
                .help("revoke it, and write the name of an environment variable, such as `REPOSITORY_TOKEN`"),
        );
    }
}
