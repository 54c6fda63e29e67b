//! Jobs: `ValidateJob`, `validateJobSpec`.

use crate::check::api::names;
use crate::check::api::object::{Field, Object, fields, is_placeholder, shown};
use crate::check::api::pod::{self, Owner};
use crate::check::api::rules::{
    CONFLICTING_BOUNDS, FORBIDDEN_FIELD, INVALID_NAME, INVALID_RESTART_POLICY, INVALID_TEXT, REQUIRED_VALUE, TOO_LARGE,
    UNSUPPORTED_VALUE,
};
use crate::check::api::selector::{self, Labels};

use crate::model::value::Value;

use super::{failure_policy, success_policy};

/// Labels that Kubernetes gives the pods of a Job, with its name.
const NAME_LABELS: [&str; 2] = ["batch.kubernetes.io/job-name", "job-name"];

/// What the parts of a job must know of each other.
pub(super) struct Job {
    pub(super) is_indexed: bool,
    pub(super) completions: Option<i64>,
    /// `backoffLimitPerIndex` is set.
    pub(super) limits_each_index: bool,
}

pub(super) fn check<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let job = check_spec(object, spec, true);
    let [selected, manual, template] = fields!(spec, ["selector", "manualSelector", "template"]);
    let by_hand = manual.as_ref().and_then(|manual| manual.value.as_bool()) == Some(true);
    let metadata = template.as_ref().and_then(|template| template.get("metadata"));
    let labels = metadata.as_ref().and_then(|metadata| metadata.get("labels"));
    match (&selected, &template) {
        (Some(selected), Some(template)) if by_hand => {
            selector::check(object, selected);
            selector::matches(object, selected, template, &Labels { field: labels.as_ref() });
        }
        (None, _) if by_hand => {
            object.needed(
                spec,
                "selector",
                "with `manualSelector: true`",
                "add `selector`, or remove `manualSelector`",
            );
        }
        (Some(selected), _) if !is_generated(object, selected) => {
            let help = "remove it: Kubernetes makes one; or add `manualSelector: true`";
            object.forbidden(selected, "without `manualSelector: true`", help);
        }
        _ => {}
    }
    let name = object.resource.name().filter(|name| !name.is_empty() && !is_placeholder(name));
    if let Some(labels) = labels.filter(|_| !by_hand) {
        for key in NAME_LABELS {
            if let Some(label) = labels.get(key)
                && label
                    .text()
                    .is_some_and(|label| name.as_ref().is_some_and(|name| *name != label) && !is_placeholder(&label))
            {
                let fault = format!("is `{}`, but Kubernetes sets it to the name of the Job", shown(&label));
                let finding =
                    object.wrong(&FORBIDDEN_FIELD, &label, &fault, "not the name of the Job").help("remove it");
                object.report(finding);
            }
        }
    }
    // Pods of an indexed job are called by the name and the index.
    if let (true, Some(last @ 0..), Some(name)) = (job.is_indexed, job.completions.map(|count| count - 1), name)
        && !names::is_label(&format!("{name}-{last}"))
    {
        let root = object.root();
        let Some(metadata) = root.get("metadata") else { return };
        let Some(field) = metadata.get("name") else { return };
        let fault = format!("is `{name}`, so that pods would be called up to `{name}-{last}`, which is no DNS label");
        let finding = object
            .wrong(&INVALID_NAME, &field, &fault, "no name for an indexed job")
            .help("use at most 63 characters with the index, lower case letters, digits and dashes");
        object.report(finding);
    }
}

/// A selector that says no more than the one that Kubernetes makes.
fn is_generated<'t>(object: &Object<'_, 't>, selected: &Field<'_, 't>) -> bool {
    let [labels, expressions] = fields!(selected, ["matchLabels", "matchExpressions"]);
    let name = object.resource.name();
    expressions.is_none_or(|expressions| expressions.value.is_empty())
        && labels.is_none_or(|labels| {
            labels
                .value
                .entries()
                .all(|entry| NAME_LABELS.contains(&&*entry.name()) && name.is_some() && entry.value.as_str() == name)
        })
}

/// The spec of a Job, or of the template of a CronJob, where nothing is filled in (`pkg/apis/batch/v1/defaults.go`).
pub(super) fn check_spec<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>, has_defaults: bool) -> Job {
    let [
        parallelism,
        completions,
        deadline,
        backoff,
        ttl,
        per_index,
        failed,
        manager,
        mode,
        failure,
        success,
        replacement,
        template,
    ] = fields!(
        spec,
        [
            "parallelism",
            "completions",
            "activeDeadlineSeconds",
            "backoffLimit",
            "ttlSecondsAfterFinished",
            "backoffLimitPerIndex",
            "maxFailedIndexes",
            "managedBy",
            "completionMode",
            "podFailurePolicy",
            "successPolicy",
            "podReplacementPolicy",
            "template",
        ]
    );
    for field in [&deadline, &backoff, &ttl, &per_index] {
        object.not_negative(field.as_ref());
    }
    let pods = object.not_negative(parallelism.as_ref());
    let most_failed = object.not_negative(failed.as_ref());
    let mut count = object.not_negative(completions.as_ref());
    if has_defaults && completions.is_none() && parallelism.is_none() {
        count = Some(1);
    }
    if failed.is_some() && per_index.is_none() {
        let help = "add `backoffLimitPerIndex`, or remove `maxFailedIndexes`";
        object.needed(spec, "backoffLimitPerIndex", "with `maxFailedIndexes`", help);
    }
    for (word, what) in [(&mode, "a mode"), (&replacement, "a policy"), (&manager, "the name of a controller")] {
        if let Some(word) = word {
            object.is_empty(word, what);
        }
    }
    if let Some(manager) = &manager {
        manager_name(object, manager);
    }
    let word = mode.as_ref().and_then(Field::text);
    let is_indexed = word.as_deref() == Some("Indexed");
    if is_indexed {
        if count.is_none() && completions.is_none() {
            object.needed(
                spec,
                "completions",
                "with `completionMode: Indexed`",
                "add `completions`, the number of indexes",
            );
        }
        let many = count.is_some_and(|count| count > 100_000) && per_index.is_some();
        let limit = if many { 10_000 } else { 100_000 };
        for (number, field) in [(pods, &parallelism), (most_failed, &failed)] {
            if let (Some(number), Some(field)) = (number, field)
                && number > limit
            {
                object.out_of_range(field, &format!("at most {limit} with `completionMode: Indexed`"));
            }
        }
        if many && failed.is_none() {
            object.needed(spec, "maxFailedIndexes", "with more than 100000 completions", "add `maxFailedIndexes`");
        }
        if let (Some(most), Some(count), Some(failed)) = (most_failed, count, &failed)
            && most > count
        {
            let fault = format!("is {most}, but there are {count} completions");
            let finding = object.wrong(&CONFLICTING_BOUNDS, failed, &fault, "more than there are");
            object.report(finding);
        }
    } else if word.is_none() && mode.is_none() || word.as_deref() == Some("NonIndexed") {
        for field in [&per_index, &failed, &success].into_iter().flatten() {
            object.forbidden(field, "without `completionMode: Indexed`", "add `completionMode: Indexed`, or remove it");
        }
    }
    let job = Job { is_indexed, completions: count, limits_each_index: per_index.is_some() };
    if let (Some(success), true) = (&success, is_indexed) {
        success_policy::check(object, &job, success);
    }
    if let Some(template) = template.filter(|template| template.value.is_mapping()) {
        if let Some(failure) = &failure {
            failure_policy::check(object, &job, failure, &template);
        }
        pod::template(object, &template, Owner::Template, |_, _| {});
        restart_policy(object, &template, failure.as_ref());
    }
    if let (Some(_), Some(replacement)) = (&failure, &replacement)
        && replacement.text().as_deref() == Some("TerminatingOrFailed")
    {
        let fault = "is `TerminatingOrFailed`, but must be `Failed` with `podFailurePolicy`";
        let finding = object
            .wrong(&UNSUPPORTED_VALUE, replacement, fault, "must be `Failed`")
            .help("write `Failed`, or remove it");
        object.report(finding);
    }
    job
}

/// The default, `Always`, is not for pods that end.
fn restart_policy<'t>(object: &mut Object<'_, 't>, template: &Field<'_, 't>, failure: Option<&Field<'_, 't>>) {
    let Some(spec) = template.get("spec").filter(|spec| spec.value.is_mapping()) else { return };
    let policy = spec.get("restartPolicy");
    let word = policy.as_ref().map_or(Some("".into()), Field::text);
    match (word.as_deref(), &policy, failure) {
        (Some(""), _, _) => no_policy(object, &spec),
        (Some("Always"), Some(policy), _) => {
            let fault = format!("is `Always`, but pods of a {} end", object.resource.kind);
            let finding = object
                .wrong(&INVALID_RESTART_POLICY, policy, &fault, "must be `OnFailure` or `Never`")
                .help("write `OnFailure` to try again in the same pod, or `Never` to try in a new one");
            object.report(finding);
        }
        (Some("OnFailure"), Some(policy), Some(failure)) => {
            let span = object.key_span(&failure.path());
            let fault = "is `OnFailure`, but must be `Never` with `podFailurePolicy`";
            let finding = object
                .wrong(&INVALID_RESTART_POLICY, policy, fault, "must be `Never`")
                .cause(span, "looks at pods that failed")
                .help("write `restartPolicy: Never`");
            object.report(finding);
        }
        _ => {}
    }
}

#[cold]
fn no_policy<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let containers = spec.value.get("containers");
    let mut containers = containers.into_iter().flat_map(Value::items);
    // A patch says no more than what it changes; that there is no image is said already.
    if containers.any(|container| container.get("image").is_none_or(Value::is_null)) {
        return;
    }
    let kind = object.resource.kind.clone();
    let path = spec.path_to("restartPolicy");
    let message = format!(
        "missing field `restartPolicy` in {}: the default, `Always`, is not for the pods of a {kind}",
        object.place(&spec.path())
    );
    let finding = object
        .refuse(&INVALID_RESTART_POLICY, path, message, "needs `restartPolicy`")
        .help("add `restartPolicy: OnFailure` to try again in the same pod, or `Never` to try in a new one");
    object.report(finding);
}

/// `IsDomainPrefixedPath`, and at most 63 characters.
fn manager_name<'t>(object: &mut Object<'_, 't>, manager: &Field<'_, 't>) {
    let Some(text) = manager.plain_text() else { return };
    let is_path_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"%/?:@!$&'()*+,;=-._~".contains(&byte);
    let fine = text.split_once('/').is_some_and(|(domain, path)| {
        names::is_subdomain(domain) && !path.is_empty() && path.bytes().all(is_path_byte)
    });
    if !fine {
        let fault = format!("is `{text}`, but must be a domain and a path, such as `example.com/controller`");
        let finding = object.wrong(&INVALID_TEXT, manager, &fault, "no domain and path");
        object.report(finding);
    } else if text.len() > 63 {
        let finding = object.wrong(&TOO_LARGE, manager, "has more than 63 characters", "too long");
        object.report(finding);
    }
}

/// A rule of a policy that says nothing.
#[cold]
pub(super) fn empty_rule<'t>(object: &mut Object<'_, 't>, rule: &Field<'_, 't>, choice: &str) {
    let path = rule.path();
    let message = format!("{} says nothing", object.name(&path));
    let finding = object.refuse(&REQUIRED_VALUE, path, message, "an empty rule").help(format!("add {choice}"));
    object.report(finding);
}
