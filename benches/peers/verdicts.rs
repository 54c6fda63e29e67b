//! Equal work: which files each contestant calls invalid. A faster tool that finds less has measured nothing.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Runs both tools once and prints how far they agree, with the files that only one of them refuses.
pub fn compare(plimsoll: &[String], kubeconform: &[String], root: &str) {
    let ours = refused(plimsoll, &["-o", "json"], "/diagnostics", |finding| {
        (finding["severity"] == "error").then(|| finding["location"]["file"].as_str())?
    });
    let theirs = refused(kubeconform, &["-output", "json"], "/resources", |resource| {
        matches!(resource["status"].as_str(), Some("statusInvalid" | "statusError"))
            .then(|| resource["filename"].as_str())?
    });
    let both = ours.intersection(&theirs).count();
    println!(
        "{root}: {both} files invalid for both, {} for plimsoll alone, {} for kubeconform alone",
        ours.len() - both,
        theirs.len() - both
    );
    for file in ours.difference(&theirs) {
        println!("  plimsoll alone: {file}");
    }
    for file in theirs.difference(&ours) {
        println!("  kubeconform alone: {file}");
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
