//! The rules of the pack that most objects of a repository ask for, a second time: on our own tree, without the
//! conversion and the interpreter. `policies/<category>/<id>/rule.rego` remains the rule; what stands here has to find the
//! same in the examples of all rules, in each of them with a line less, and in the corpus, which a test compares.

mod images;
mod object;
mod pods;
mod resources;
mod roles;
mod secrets;

use crate::model::path::{Path, Segment};
use crate::model::value::Value;

use super::rego::result::{Violation, WrittenPath};

/// What a rule says about an object; `None` about a shape that only the rule itself knows how to take.
pub(super) type Native = fn(Value<'_>) -> Option<Vec<Violation>>;

/// The second form of a rule, if it has one. It knows nothing of parameters that are configured.
pub(super) fn of(id: &str) -> Option<Native> {
    Some(match id {
        "container-resources" => resources::check,
        "image-tag" => images::check,
        "naked-pod" => pods::naked,
        "plaintext-secret-manifest" => secrets::check,
        "rbac-wildcard" => roles::check,
        _ => return None,
    })
}

fn violation(message: String, path: Vec<Segment>) -> Violation {
    Violation { path: Some(WrittenPath::Segments(Path(path))), ..Violation::new(&message) }
}
