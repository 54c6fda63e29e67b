//! Rules about the definitions themselves. What Fabrikate drops, ignores or overwrites without a word is said here.
//!
//! Each file holds the rules of one subject: [`component_file`] and [`config_file`] the fields, [`files`] the files
//! themselves, [`tree`] how components fit together, [`paths`] what they point at, [`source`] where they come from,
//! [`hooks`] the commands, [`layers`] what environments do to each other. [`rules`] is the table.

mod component_file;
mod config_file;
mod files;
mod hooks;
mod layers;
mod paths;
mod rules;
mod source;
mod tree;

use crate::model::definition::Plan;
use crate::model::diagnostic::Diagnostic;
use crate::model::listing::Listing;

pub use rules::RULES;

/// Applies every rule about definitions.
pub fn check(plan: &Plan, listing: &Listing, out: &mut Vec<Diagnostic>) {
    for file in &plan.components {
        component_file::check(file, out);
        source::check(file, out);
        hooks::check(file, out);
    }
    for file in &plan.configs {
        config_file::check(file, out);
    }
    config_file::check_names(plan, out);
    plan.access.iter().for_each(|file| source::check_access(file, out));
    layers::check(plan, out);
    files::check(plan, listing, out);
    tree::check(plan, out);
    paths::check(plan, listing, out);
}

/// Names in back quotes for a message, at most `limit`: `a`, `b` and 3 more.
fn list<'n>(names: impl IntoIterator<Item = &'n str>, limit: usize) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names.iter().take(limit).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(limit) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
