//! Equal work: which files each contestant calls invalid. A faster tool that finds less has measured nothing.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Files that are named when only one tool refuses them.
const SHOWN: usize = 20;

/// Runs both tools once and prints how far they agree, with the first files that only one of them refuses.
pub fn compare(plimsoll: &[String], kubeconform: &[String], root: &str) {
    let ours = refused(plimsoll, &["-o", "json"], "/diagnostics", |finding| {
        (finding["severity"] == "error").then(|| finding["location"]["file"].as_str())?
    });
    let theirs = refused(kubeconform, &["-output", "json"], "/resources", |resource| {
        is_verdict(resource).then(|| resource["filename"].as_str())?
    });
    let alone = [("plimsoll", &ours, &theirs), ("kubeconform", &theirs, &ours)];
    println!("\n{}: {} files invalid for both", root, ours.intersection(&theirs).count());
    for (tool, own, other) in alone {
        println!("{} files invalid for {tool} alone", own.difference(other).count());
        own.difference(other).take(SHOWN).for_each(|file| println!("  {file}"));
    }
}

/// Whether kubeconform judged a resource and refused it. That a values file or a component has no `kind` is no verdict.
fn is_verdict(resource: &Value) -> bool {
    let message = resource["msg"].as_str().unwrap_or_default();
    match resource["status"].as_str() {
        Some("statusInvalid") => true,
        Some("statusError") => !message.contains("missing 'kind' key") && !message.contains("missing 'apiVersion' key"),
        _ => false,
    }
}

/// The files of the entries below `list` that `file_of` picks.
fn refused(
    command: &[String],
    format: &[&str],
    list: &str,
    file_of: impl Fn(&Value) -> Option<&str>,
) -> BTreeSet<String> {
    let output = Command::new(&command[0]).arg(&command[1]).args(format).args(&command[2..]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{}: no report: {error}\n{}", command[0], String::from_utf8_lossy(&output.stderr))
    });
    let entries = report.pointer(list).and_then(Value::as_array).unwrap();
    entries.iter().filter_map(file_of).map(|name| name.trim_start_matches("./").to_owned()).collect()
}
