//! Kinds that the target version does not serve: why, and what was meant.

use std::sync::Arc;

use crate::check::deprecation;
use crate::model::diagnostic::Diagnostic;
use crate::model::near;
use crate::model::path::{Path, Segment};
use crate::model::resource::Resource;
use crate::model::source::Span;
use crate::model::value::Value;

use super::table::KindRow;
use super::{Schemas, UNKNOWN_KIND, Verdict};

/// Whether a group is one of Kubernetes itself.
fn is_built_in(schemas: &Schemas, resource: &Resource<'_>) -> bool {
    match resource.group() {
        "" => resource.api_version == "v1",
        "extensions" => true,
        // Custom resources are asked about most often: two conditions on the name spare them the search.
        group => {
            (!group.contains('.') || group.ends_with(".k8s.io"))
                && schemas.table.kinds().any(|row| group_of(row.api_version) == group)
        }
    }
}

/// Judges a resource whose kind is not in the tables of the target version.
#[cold]
pub(super) fn not_served(schemas: &Schemas, resource: &Resource<'_>, out: &mut Vec<Diagnostic>) -> Verdict {
    if deprecation::is_removed(resource, schemas.version) {
        return Verdict::Unknown;
    }
    if resource.kind == "List" && resource.api_version == "v1" {
        return Verdict::Checked;
    }
    let built_in = is_built_in(schemas, resource);
    // `oc process` reads templates of OpenShift under the version that they had before groups (`openshift/api`,
    // `template/v1/legacy.go`), and sends what is in them.
    if resource.kind == "Template" && resource.api_version == "v1" {
        return Verdict::Waits;
    }
    if !built_in && resource.group().contains('.') {
        return Verdict::Waits;
    }
    let (api_version, kind) = (&*resource.api_version, &*resource.kind);
    let elsewhen = schemas.table.kind(api_version, kind);
    let guess = if elsewhen.is_some() { None } else { guess(schemas, api_version, kind) };
    // A group without a dot cannot be one of custom resources (`ValidateCustomResourceDefinition` in
    // `k8s.io/apiextensions-apiserver`), but the files of other tools have such groups, and `v1`, as well: kubeconfig,
    // Skaffold, Kustomize's built-in transformers.
    let meant = if built_in {
        elsewhen.is_some() || resource.value.get("metadata").is_some_and(Value::is_mapping)
    } else {
        guess.is_some_and(|row| row.kind == kind)
    };
    if !meant {
        return Verdict::Foreign;
    }
    out.push(unknown(schemas, resource, elsewhen, guess));
    Verdict::Unknown
}

fn unknown(
    schemas: &Schemas,
    resource: &Resource<'_>,
    elsewhen: Option<KindRow<'_>>,
    guess: Option<KindRow<'_>>,
) -> Diagnostic {
    let (api_version, kind) = (&*resource.api_version, &*resource.kind);
    // The key that is wrong: the kind where the guess corrects the kind, else the API version.
    let key = if guess.is_some_and(|row| row.kind == kind) || elsewhen.is_some() { "apiVersion" } else { "kind" };
    let message = match elsewhen {
        Some(_) => format!("{kind} of {api_version} is not served by Kubernetes {}", schemas.version),
        None => format!("unknown kind `{kind}` in {api_version}"),
    };
    let mut finding = Diagnostic::new(&UNKNOWN_KIND, span(resource, key), message, "no such kind")
        .effect("the API server refuses the object")
        .note(format!("checked: the kinds of Kubernetes {}", schemas.version));
    if let Some(row) = elsewhen {
        finding.primary.message = "not served".to_owned();
        finding = finding.help(when(schemas, row));
    }
    if let Some(row) = guess {
        finding = match (row.api_version == api_version, row.kind == kind) {
            (true, _) => finding.help(format!("did you mean `{}`?", row.kind)),
            (_, true) => finding.help(format!("did you mean `apiVersion: {}`?", row.api_version)),
            _ => finding.help(format!("did you mean {} of {}?", row.kind, row.api_version)),
        };
        if row.api_version == api_version || row.kind == kind {
            let (text, safe) =
                if key == "kind" { (row.kind, row.kind.eq_ignore_ascii_case(kind)) } else { (row.api_version, false) };
            finding = finding.respell(safe, span(resource, key), text);
        }
    }
    let path = resource.prefix.0.iter().cloned().chain([Segment::from(key)]).collect();
    finding.about(Arc::new(resource.id()), Path(path))
}

fn span(resource: &Resource<'_>, key: &str) -> Span {
    Path::of([key]).span(resource.value)
}

/// In which versions a kind is served that the target does not serve.
fn when(schemas: &Schemas, row: KindRow<'_>) -> String {
    let served: Vec<_> =
        schemas.table.versions().enumerate().filter(|(at, _)| row.type_in(*at).is_some()).map(|(_, v)| v).collect();
    match (served.first(), served.last()) {
        (Some(first), _) if *first > schemas.version => format!("it is served from Kubernetes {first} on"),
        (_, Some(last)) => format!("it was last served by Kubernetes {last}"),
        _ => "remove it".to_owned(),
    }
}

/// The kind that was meant: the same one under another API version, another spelling of it, or a near name.
fn guess(schemas: &Schemas, api_version: &str, kind: &str) -> Option<KindRow<'static>> {
    let served =
        || schemas.table.kinds().filter(|row| row.type_in(schemas.column).is_some() && !row.kind.ends_with("List"));
    let group = group_of(api_version);
    // The same group first, then the most stable version, then the alphabet: always the same choice.
    let rank = |row: &KindRow<'static>| {
        let version = row.api_version.rsplit('/').next().unwrap_or_default();
        let unstable = version.contains("alpha") || version.contains("beta");
        (group_of(row.api_version) != group, unstable, std::cmp::Reverse(version), row.api_version)
    };
    let same = served().filter(|row| row.kind == kind).min_by_key(rank);
    let cased = || served().filter(|row| row.kind.eq_ignore_ascii_case(kind)).min_by_key(rank);
    let near = || {
        let near = near::nearest(kind, served().filter(|row| row.api_version == api_version).map(|row| row.kind));
        served().find(|row| row.api_version == api_version && Some(row.kind) == near)
    };
    let far = || {
        // Across all groups only a slip of the fingers is worth a guess.
        let alike = |known: &&str| known.get(..1) == kind.get(..1) && known.len().abs_diff(kind.len()) <= 2;
        let near = near::nearest(kind, served().map(|row| row.kind).filter(alike))?;
        served().filter(|row| row.kind == near).min_by_key(rank)
    };
    same.or_else(cased).or_else(near).or_else(far)
}

fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}
