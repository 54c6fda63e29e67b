//! Resources on other machines that change without a change here (kustomize, `api/internal/git/repospec.go`: without
//! `ref` or `version` the default branch is cloned).

use crate::model::diagnostic::Diagnostic;
use crate::model::value::Value;

use super::super::rules::FLOATING_REMOTE;
use super::build::accumulate::is_remote;
use super::build::read::items;

/// Branches that move for certain.
const BRANCHES: [&str; 5] = ["main", "master", "HEAD", "develop", "trunk"];

/// The remote entries of a kustomization that are not pinned.
pub(super) fn check(root: Value<'_>) -> Vec<Diagnostic> {
    let lists = ["resources", "bases", "components"].into_iter();
    let entries = lists.flat_map(|list| items(root, list)).filter_map(|item| Some((item, item.text()?)));
    let remote = entries.filter(|(_, text)| is_remote(text));
    remote.filter_map(|(item, text)| Some((item, floating(&text)?))).map(|(item, what)| finding(item, &what)).collect()
}

fn finding(item: Value<'_>, what: &str) -> Diagnostic {
    Diagnostic::new(&FLOATING_REMOTE, item.span(), format!("the remote resource is {what}"), "not pinned")
        .effect("what is deployed changes without a commit in this repository")
        .help("pin it to a tag or a commit")
}

/// What the entry follows, if it moves.
fn floating(text: &str) -> Option<String> {
    let branch = |name: &str| BRANCHES.contains(&name).then(|| format!("whatever the branch `{name}` holds"));
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    if path.contains("/releases/latest/") {
        return Some("whatever the latest release holds".to_owned());
    }
    let mut parts = path.split('/');
    if parts.by_ref().any(|part| part == "raw.githubusercontent.com") {
        let rest: Vec<&str> = parts.collect();
        return match rest.as_slice() {
            [_, _, "refs", "heads", name, ..] => Some(format!("whatever the branch `{name}` holds")),
            [_, _, name, ..] => branch(name),
            _ => None,
        };
    }
    let is_file = [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
    if is_file {
        let mut parts = path.split('/').skip_while(|part| !matches!(*part, "raw" | "blob"));
        return parts.nth(1).and_then(branch);
    }
    let is_git = ["github.com", "gitlab.com", "bitbucket.org"].iter().any(|host| path.contains(host))
        || path.starts_with("git")
        || path.contains(".git");
    let revision = query.split('&').find_map(|pair| pair.strip_prefix("ref=").or(pair.strip_prefix("version=")));
    match revision {
        None if is_git => Some("whatever the default branch holds".to_owned()),
        Some(name) => branch(name.strip_prefix("refs/heads/").unwrap_or(name)),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::floating;

    #[test]
    fn what_moves_is_told_from_what_is_pinned() {
        for moving in [
            "https://github.com/o/r//deploy",
            "github.com/o/r?ref=main",
            "git@github.com:o/r.git//a?timeout=9",
            "https://raw.githubusercontent.com/o/r/refs/heads/x/a.yaml",
            "https://raw.githubusercontent.com/o/r/master/a.yaml",
            "https://github.com/o/r/raw/main/a.yaml",
            "https://github.com/o/r/releases/latest/download/a.yaml",
        ] {
            assert!(floating(moving).is_some(), "{moving}");
        }
        for pinned in [
            "https://github.com/o/r//deploy?ref=v1.2",
            "github.com/o/r?version=3f2a9c0",
            "https://raw.githubusercontent.com/o/r/v1/a.yaml",
            "https://github.com/o/r/releases/download/v1/a.yaml",
            "https://example.com/a.yaml",
            "https://example.com/folder",
        ] {
            assert!(floating(pinned).is_none(), "{pinned}");
        }
    }
}
