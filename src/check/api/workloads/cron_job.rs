//! CronJobs: `ValidateCronJobCreate`.

use crate::check::api::object::{Field, Object, fields, is_placeholder};
use crate::check::api::rules::{INVALID_CRON_SCHEDULE, INVALID_NAME, INVALID_TEXT};

use super::{job, schedule, time_zone};

pub(super) fn check<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [when, zone, deadline, succeeded, failed, template] = fields!(
        spec,
        [
            "schedule",
            "timeZone",
            "startingDeadlineSeconds",
            "successfulJobsHistoryLimit",
            "failedJobsHistoryLimit",
            "jobTemplate",
        ]
    );
    if let Some(when) = &when {
        check_schedule(object, when);
    }
    for field in [&deadline, &succeeded, &failed] {
        object.not_negative(field.as_ref());
    }
    if let Some(zone) = &zone {
        check_zone(object, zone);
    }
    check_name(object);
    let Some(holder) = template.filter(|template| template.value.is_mapping()) else { return };
    let Some(template) = holder.get("spec") else {
        return object.needed(&holder, "spec", "to say what the Jobs do", "add `spec` with `template`");
    };
    let [selected, manual] = fields!(template, ["selector", "manualSelector"]);
    if let Some(selected) = selected {
        object.forbidden(&selected, "in a CronJob", "remove it: Kubernetes makes one for each Job");
    }
    if let Some(manual) = manual.filter(|manual| manual.value.as_bool() == Some(true)) {
        object.forbidden(&manual, "in a CronJob", "remove it: Kubernetes makes the selectors");
    }
    job::check_spec(object, &template, false);
}

/// Jobs get the name and a time stamp of 11 characters, and have 63 at most.
fn check_name(object: &mut Object<'_, '_>) {
    let Some(name) = object.resource.name().filter(|name| name.len() > 52 && !is_placeholder(name)) else { return };
    let root = object.root();
    let Some(metadata) = root.get("metadata") else { return };
    let Some(field) = metadata.get("name") else { return };
    let fault = format!("has {} characters, but names of CronJobs have at most 52", name.len());
    let finding = object
        .wrong(&INVALID_NAME, &field, &fault, &format!("{} characters", name.len()))
        .help("shorten it: Jobs are called by it, with a time stamp behind it");
    object.report(finding);
}

fn check_schedule<'t>(object: &mut Object<'_, 't>, when: &Field<'_, 't>) {
    let Some(text) = when.text().filter(|text| !text.is_empty()) else { return };
    let fault = match schedule::check(&text) {
        _ if is_placeholder(&text) => return,
        Ok(()) if text.contains("TZ") => schedule::Fault::zone(),
        Ok(()) => return,
        Err(fault) => fault,
    };
    let message = format!("is `{text}`: {}", fault.reason);
    let mut finding = object.wrong(&INVALID_CRON_SCHEDULE, when, &message, fault.label);
    finding.help = fault.help;
    object.report(finding);
}

fn check_zone<'t>(object: &mut Object<'_, 't>, zone: &Field<'_, 't>) {
    let Some(text) = zone.text().filter(|text| !is_placeholder(text)) else { return };
    if let Err(fault) = time_zone::check(&text) {
        let mut finding = object.wrong(&INVALID_TEXT, zone, &fault, "no time zone");
        finding.help = time_zone::suggest(&text)
            .or_else(|| Some("write a name of the IANA data base, such as `Europe/Berlin` or `Etc/UTC`".to_owned()));
        object.report(finding);
    }
}
