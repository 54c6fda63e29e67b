//! VERB 4: resources and definitions x rules -> diagnostics.

pub mod aliases;
pub mod api;
pub mod definition;
pub mod deprecation;
mod exemption;
pub mod policy;
pub mod reference;
pub mod schema;
pub mod versions;

mod cel;
mod pattern;
mod wording;

pub use exemption::exempt;

use crate::model::rule::Rule;

/// What resources are checked against.
pub struct Rules {
    /// The Kubernetes versions; the first are those of every file that has none of its own.
    pub targets: Vec<versions::Targets>,
    /// Whether the API server's own validation is asked for.
    pub api: bool,
    /// Whether rules about definitions are asked for.
    pub definitions: bool,
    /// Which rules between resources are asked for.
    pub references: reference::Asked,
    /// The built-in pack and the user's policies, compiled.
    pub policies: policy::Policies,
}

/// The rules of this stage that are not written in Rego.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let own = [schema::RULES, api::RULES, deprecation::RULES, definition::RULES, policy::RULES];
    own.into_iter().flatten().chain(api::update::RULES).chain(reference::rules())
}
