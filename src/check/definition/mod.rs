//! Rules about the definitions themselves. What Fabrikate drops, ignores or overwrites without a word is said here.
//!
//! Each file holds the rules of one subject: [`component_file`] and [`config_file`] the fields, [`files`] the files
//! themselves, [`tree`] how components fit together, [`paths`] what they point at, [`source`] where they come from,
//! [`hooks`] the commands, [`layers`] what environments do to each other, [`matrix`] what one of them lacks, [`pipeline`]
//! what is generated at all, [`injection`] and [`chart`] what namespaces and values come to, [`unused`] manifests that kustomizations leave out. [`rules`] is the table.

mod chart;
mod component_file;
mod config_file;
mod files;
mod hooks;
mod injection;
mod layers;
mod matrix;
mod paths;
mod pipeline;
mod rules;
mod source;
mod tree;
mod unused;

use std::sync::Arc;

use crate::model::definition::Plan;
use crate::model::diagnostic::Diagnostic;
use crate::model::document::Part;
use crate::model::listing::Listing;
use crate::model::source::FileId;

pub(super) use rules::MISSING_ENVIRONMENT_KEY;
pub use rules::RULES;

/// What the rules look at.
pub struct Input<'a> {
    /// What the definitions say.
    pub plan: &'a Plan,
    /// Every file there is.
    pub listing: &'a Listing,
    /// The text of a file, if it can be read.
    pub text: &'a dyn Fn(FileId) -> Option<Arc<[u8]>>,
    /// Reads a text as YAML.
    pub parse: &'a dyn Fn(String) -> Part,
}

/// Applies every rule about definitions.
pub fn check(input: &Input<'_>, out: &mut Vec<Diagnostic>) {
    let (plan, listing) = (input.plan, input.listing);
    for file in &plan.components {
        component_file::check(file, out);
        source::check(file, out);
        hooks::check(file, out);
    }
    for file in &plan.configs {
        config_file::check(plan, file, out);
    }
    config_file::check_names(plan, out);
    plan.access.iter().for_each(|file| source::check_access(file, out));
    layers::check(plan, out);
    files::check(input, out);
    tree::check(plan, out);
    paths::check(plan, listing, out);
    pipeline::check(input, out);
    injection::check(input, out);
    chart::check(input, out);
    matrix::check(input, out);
    unused::check(input, out);
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
