//! VERB 3: definitions -> what they generate, and from what is generated back to the line that a person would edit.
//!
//! One folder a format, behind [`Format`]: a new one is its folder and a line in [`FORMATS`]. Nothing here reads a
//! file: what the definitions say is handed in, and so is the text of a generated manifest when a finding in it has to
//! be placed.

mod argo;
mod chainsaw;
mod deliveries;
mod fabrikate;
mod fleet;
mod flux;
mod helm;
pub mod kustomize;
mod laid_over;
mod objects;
mod policy_generator;
mod policy_tests;
mod rules;

use std::sync::Arc;

use crate::model::change::Earlier;
use crate::model::definition::Plan;
use crate::model::definition::fabrikate::Definition;
use crate::model::diagnostic::Diagnostic;
use crate::model::document::Part;
use crate::model::listing::Listing;
use crate::model::source::FileId;

pub use deliveries::Repository;
pub use kustomize::MISSING;
pub use objects::{Object, Objects};
pub use rules::RULES;

/// What the formats look at.
pub struct Input<'a> {
    /// The definition files that were loaded: those for which [`is_definition`] holds.
    pub parts: &'a [(FileId, Part)],
    /// Every file there is.
    pub listing: &'a Listing,
    /// The printed name of a file.
    pub names: &'a dyn Fn(FileId) -> &'a str,
    /// The Fabrikate environments to merge, in the order of `fab generate`; empty: every one that is found.
    pub environments: &'a [String],
    /// The folder of manifests that were generated elsewhere; by default `generated` beside the root component.
    pub generated: Option<&'a str>,
}

/// Gives the text of a file, if it can be read.
pub type Text<'a> = &'a dyn Fn(FileId) -> Option<Arc<[u8]>>;

/// The tree before a change.
#[derive(Debug, Clone, Copy)]
pub struct Then<'t> {
    /// Its files.
    pub files: Earlier<'t>,
    /// Its component trees.
    pub definitions: &'t [Definition],
}

/// What generated manifests are compared with.
pub struct Comparison<'a> {
    /// The texts of now.
    pub text: Text<'a>,
    /// Every file there is now.
    pub listing: &'a Listing,
    /// Reads a text as YAML.
    pub parse: &'a dyn Fn(String) -> Part,
    /// What was there before the change, if this run is about one.
    pub then: Option<Then<'a>>,
}

/// A way to define what is deployed.
trait Format: Sync {
    /// Whether a file of that name may be a definition of this format, so that its content is needed by
    /// [`Format::plan`].
    fn is_definition(&self, _name: &str) -> bool {
        false
    }

    /// Adds to the plan what the definitions of this format say.
    fn plan(&self, _input: &Input<'_>, _plan: &mut Plan) {}

    /// What a Kubernetes object of that group and kind is to this format.
    fn object(&self, _group: &str, _kind: &str) -> Option<Object> {
        None
    }

    /// Moves a finding from what this format generated to the definition behind it. Other findings stay as they are.
    fn place(&self, _plan: &Plan, finding: Diagnostic, _text: Text<'_>) -> Diagnostic {
        finding
    }
}

/// Every format. The first that gives a file a part keeps it.
static FORMATS: [&dyn Format; 9] = [
    &fabrikate::Fabrikate,
    &kustomize::Kustomize,
    &helm::Helm,
    &flux::Flux,
    &fleet::Fleet,
    &argo::Argo,
    &chainsaw::Chainsaw,
    &policy_tests::PolicyTests,
    &policy_generator::PolicyGenerator,
];

/// Whether a file of that printed name may be a definition, and has to be loaded before the others can be understood.
/// Its documents may turn out to be ordinary manifests: [`Plan::role`] tells.
#[must_use]
pub fn is_definition(name: &str) -> bool {
    FORMATS.iter().any(|format| format.is_definition(name))
}

/// What a Kubernetes object of that group and kind is to a definition format: not a kind to look for a schema of.
#[must_use]
pub fn object(group: &str, kind: &str) -> Option<Object> {
    FORMATS.iter().find_map(|format| format.object(group, kind))
}

/// Understands the definitions.
#[must_use]
pub fn plan(input: &Input<'_>) -> Plan {
    let mut plan = Plan::default();
    for format in FORMATS {
        format.plan(input, &mut plan);
    }
    plan
}

/// Takes back what is said of kustomizations that are built upon more than is here.
pub fn spare(plan: &mut Plan, findings: &mut Vec<Diagnostic>) {
    fleet::spare(plan, findings);
}

impl Plan {
    /// Whether a finding is about something missing that nobody asks for where it is missing, or about what is surely
    /// filled in.
    #[must_use]
    pub fn is_spared(&self, finding: &Diagnostic, text: Text<'_>) -> bool {
        policy_generator::is_spared(self, finding, text)
    }

    /// Moves a finding in a generated manifest to the definition: the primary label goes where a person would edit, the
    /// generated place stays as a further label, and `origin` and `affects` say how one led to the other. A finding
    /// elsewhere comes back as it is, except that one in a static manifest learns which components include it.
    #[must_use]
    pub fn place(&self, finding: Diagnostic, text: Text<'_>) -> Diagnostic {
        FORMATS.iter().fold(finding, |finding, format| format.place(self, finding, text))
    }

    /// Compares the generated manifests with what can be said of them without running a generator: missing and
    /// unexpected files, and copies that differ from what they were copied from. Of a change it tells what was written
    /// into them by hand.
    #[must_use]
    pub fn stale(&self, comparison: &Comparison<'_>) -> Vec<Diagnostic> {
        fabrikate::stale(self, comparison)
    }
}

/// The first part of every file, in order of name, so that whatever order they were loaded in, the plan is the same.
fn by_name<'a>(input: &Input<'a>, wanted: impl Fn(&str) -> bool) -> Vec<(&'a str, FileId, &'a Part)> {
    let mut parts: Vec<_> = input.parts.iter().map(|(file, part)| ((input.names)(*file), *file, part)).collect();
    parts.retain(|(name, ..)| wanted(name));
    parts.sort_unstable_by_key(|(name, _, part)| (*name, part.tree.base));
    parts.dedup_by_key(|(name, ..)| *name);
    parts
}

/// A count with its noun: `1 chart`, `2 charts`.
fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
