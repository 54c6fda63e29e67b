//! API versions that are deprecated or gone, in Kubernetes and in projects whose kinds people write.

mod table;

use std::fmt;
use std::sync::Arc;

use crate::check::schema::Version;
use crate::model::diagnostic::Diagnostic;
use crate::model::path::{Path, Segment};
use crate::model::resource::Resource;
use crate::model::rule::{Category, Rule, Severity};

/// An API version that the target no longer serves.
pub const REMOVED_API_VERSION: Rule = Rule::new(
    "removed-api-version",
    Category::Deprecation,
    Severity::Error,
    "an API version that the target version of Kubernetes does not serve any more",
    "the API server refuses the object: there is no such kind under this API version; what is in the cluster already \
     lives on under the new version, so that not the upgrade fails but the next deployment",
    "write the replacement, and adapt the fields that changed",
)
.fixable();

/// An API version on its way out.
pub const DEPRECATED_API_VERSION: Rule = Rule::new(
    "deprecated-api-version",
    Category::Deprecation,
    Severity::Warning,
    "an API version that is on its way out",
    "it works now, and will be refused after an upgrade of the cluster or of the controller",
    "write the replacement before the upgrade",
)
.fixable();

/// The rules of this room.
pub static RULES: &[Rule] = &[REMOVED_API_VERSION, DEPRECATED_API_VERSION];

/// Whose versions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Component {
    Kubernetes,
    CertManager,
    ExternalSecrets,
    Flux,
    Snapshotter,
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Component::Kubernetes => "Kubernetes",
            Component::CertManager => "cert-manager",
            Component::ExternalSecrets => "External Secrets Operator",
            Component::Flux => "Flux",
            Component::Snapshotter => "external-snapshotter",
        })
    }
}

/// One kind under one API version. Empty texts: none, or not known.
#[derive(Debug, Clone, Copy)]
struct Row {
    api_version: &'static str,
    kind: &'static str,
    component: Component,
    deprecated_in: &'static str,
    removed_in: &'static str,
    /// An API version, with the kind behind it where that is another one.
    replacement: &'static str,
    replacement_since: &'static str,
}

impl Row {
    fn is_removed(&self, target: Version) -> bool {
        self.component == Component::Kubernetes
            && Version::parse(self.removed_in).is_some_and(|removed| removed <= target)
    }

    fn is_deprecated(&self, target: Version) -> bool {
        match self.component {
            Component::Kubernetes => Version::parse(self.deprecated_in).is_some_and(|since| since <= target),
            _ => true,
        }
    }
}

fn find(resource: &Resource<'_>) -> Option<&'static Row> {
    let wanted = (&*resource.api_version, &*resource.kind);
    let at = table::ROWS.binary_search_by(|row| (row.api_version, row.kind).cmp(&wanted)).ok()?;
    table::ROWS.get(at)
}

/// Whether the target version of Kubernetes served the kind once and does not any more.
#[must_use]
pub fn is_removed(resource: &Resource<'_>, target: Version) -> bool {
    find(resource).is_some_and(|row| row.is_removed(target))
}

/// Whether [`check`] finds something about a resource.
#[must_use]
pub fn is_deprecated(resource: &Resource<'_>, target: Version) -> bool {
    find(resource).is_some_and(|row| row.is_deprecated(target))
}

/// Finds API versions that are deprecated in, or removed from, the target version, and those of other projects that are
/// on their way out in any version. `changes` says what would be wrong with the resource if it were written by the API
/// version that it is given; `None` if the target does not serve that.
pub fn check(
    resource: &Resource<'_>,
    target: Version,
    changes: impl Fn(&str) -> Option<Vec<Diagnostic>>,
    out: &mut Vec<Diagnostic>,
) {
    let Some(row) = find(resource).filter(|row| row.is_deprecated(target)) else { return };
    out.push(if row.is_removed(target) {
        removed(row, resource, target, changes(row.replacement))
    } else {
        deprecated(row, resource, target, changes(row.replacement))
    });
}

#[cold]
fn removed(row: &Row, resource: &Resource<'_>, target: Version, changes: Option<Vec<Diagnostic>>) -> Diagnostic {
    let Row { api_version, kind, removed_in, .. } = row;
    let message = format!("{kind} of {api_version} is gone since Kubernetes {removed_in}, the target is {target}");
    let finding = finding(&REMOVED_API_VERSION, row, resource, message)
        .effect("the API server refuses the object")
        .note(format!("target: Kubernetes {target}"));
    with_replacement(finding, row, changes)
}

#[cold]
fn deprecated(row: &Row, resource: &Resource<'_>, target: Version, changes: Option<Vec<Diagnostic>>) -> Diagnostic {
    let Row { api_version, kind, component, deprecated_in, removed_in, .. } = row;
    let message = match (*component, *removed_in) {
        (Component::Kubernetes, _) => format!("{kind} of {api_version} is deprecated since Kubernetes {deprecated_in}"),
        (_, "") => format!("{kind} of {api_version} is deprecated since {component} {deprecated_in}"),
        _ => format!("{kind} of {api_version} is gone since {component} {removed_in}"),
    };
    let effect = match (*component, *removed_in) {
        (Component::Kubernetes, "") => "the API server accepts the object with a warning".to_owned(),
        (Component::Kubernetes, removed) => {
            format!("the API server accepts the object with a warning, up to the upgrade to Kubernetes {removed}")
        }
        (component, "") => format!("a later version of {component} refuses the object"),
        (component, removed) => format!("a cluster with {component} {removed} or later refuses the object"),
    };
    let mut finding = finding(&DEPRECATED_API_VERSION, row, resource, message).effect(effect);
    if *component == Component::Kubernetes {
        finding = finding.note(format!("target: Kubernetes {target}"));
        return with_replacement(finding, row, changes);
    }
    finding.help(format!("write `apiVersion: {}`", row.replacement))
}

fn finding(rule: &Rule, row: &Row, resource: &Resource<'_>, message: String) -> Diagnostic {
    let own = Path::of(["apiVersion"]);
    let label = match (row.replacement, row.replacement_since) {
        ("", _) => "no version of this kind is left".to_owned(),
        (replacement, "") => format!("`{replacement}` replaces it"),
        (replacement, since) => format!("`{replacement}` is served since {} {since}", row.component),
    };
    let path = resource.prefix.0.iter().cloned().chain([Segment::from("apiVersion")]).collect();
    Diagnostic::new(rule, own.span(resource.value), message, label).about(Arc::new(resource.id()), Path(path))
}

/// Says what to write instead, and marks the places that the new version reads otherwise.
fn with_replacement(finding: Diagnostic, row: &Row, changes: Option<Vec<Diagnostic>>) -> Diagnostic {
    if row.replacement.is_empty() {
        return finding.help("nothing replaces it; remove the object");
    }
    let Some(changes) = changes else {
        return match row.replacement.split_once(' ') {
            Some((api_version, kind)) => finding.help(format!("use {kind} of {api_version}")),
            None => finding.help(format!("move to `{}` with the upgrade", row.replacement)),
        };
    };
    if changes.is_empty() {
        let span = finding.primary.span;
        return finding.help(format!("write `apiVersion: {}`", row.replacement)).respell(false, span, row.replacement);
    }
    let version = row.replacement.rsplit('/').next().unwrap_or_default();
    let help =
        format!("write `apiVersion: {}`; its schema is another, and the marked places need an edit", row.replacement);
    let finding = finding.help(help);
    changes.into_iter().take(6).fold(finding, |finding, change| {
        let field = change.path.as_ref().and_then(|path| path.0.last());
        let words = match (change.rule.as_ref(), field, &change.help) {
            ("missing-field", Some(Segment::Key(name)), _) => format!("{version} wants `{name}` here"),
            ("unknown-field", _, Some(help)) => format!("{version} has no such field: {help}"),
            _ => format!("{version}: {}", change.message),
        };
        finding.see(change.primary.span, words)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_each_kind_is_there_once() {
        for pair in table::ROWS.windows(2) {
            assert!((pair[0].api_version, pair[0].kind) < (pair[1].api_version, pair[1].kind), "{:?}", pair[1]);
        }
    }

    #[test]
    fn versions_of_kubernetes_are_readable() {
        for row in table::ROWS.iter().filter(|row| row.component == Component::Kubernetes) {
            assert!(Version::parse(row.deprecated_in).is_some(), "{row:?}");
            assert!(row.removed_in.is_empty() || Version::parse(row.removed_in).is_some(), "{row:?}");
        }
    }
}
