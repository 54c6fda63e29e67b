//! What `explain` and `rules` say about the rules of this room.

use crate::model::rule::{Category, Rule, Severity};

/// The rules of this room. They need the version of the tree before, and find nothing without it.
pub static RULES: &[Rule] = &[IMMUTABLE_FIELD, STORAGE_REQUEST_REDUCED, STORED_VERSION_REMOVED, RENAMED_WITH_STORAGE];

/// A field that may not change.
pub const IMMUTABLE_FIELD: Rule = Rule::new(
    "immutable-field",
    Category::Api,
    Severity::Error,
    "a change of a field that cannot change while the object exists (with `--since`)",
    "the API server refuses the update; Flux and Argo CD fail on the object at every reconciliation, until somebody \
     deletes it",
    "keep the old value, or have the object deleted and created again",
);

/// A claim that shrinks.
pub const STORAGE_REQUEST_REDUCED: Rule = Rule::new(
    "storage-request-reduced",
    Category::Api,
    Severity::Error,
    "a claim that asks for less storage than before (with `--since`)",
    "volumes grow and never shrink: the API server refuses the update, and reconciliation fails",
    "keep the old size, or copy the data to a new claim",
);

/// A version that objects may be stored in.
pub const STORED_VERSION_REMOVED: Rule = Rule::new(
    "stored-version-removed",
    Category::Api,
    Severity::Error,
    "a version of a custom resource that goes while objects may be stored in it (with `--since`)",
    "the API server refuses the definition as long as `status.storedVersions` has the version",
    "keep the version with `served: false` and `storage: false`; migrate the objects, take it out of \
     `status.storedVersions`, and remove it then",
);

/// Another name is another object.
pub const RENAMED_WITH_STORAGE: Rule = Rule::new(
    "renamed-with-storage",
    Category::Api,
    Severity::Warning,
    "a claim, or a StatefulSet with claims, under a new name (with `--since`)",
    "a name cannot change: the object is deleted where pruning is on, and one of the new name starts with empty volumes; \
     the data stays behind, or is deleted with the old claim",
    "keep the name, or move the data first",
);
