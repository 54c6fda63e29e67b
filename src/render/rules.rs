//! The rules that this stage reports while it understands definitions.

use crate::model::rule::{Category, Rule, Severity};

/// A field of a definition holds a value of the wrong shape.
pub(super) const INVALID_VALUE: Rule = Rule::new(
    "invalid-definition-value",
    Category::Definition,
    Severity::Error,
    "a field of a definition holds a list or map where text belongs, or the other way round",
    "Fabrikate cannot decode the file: `fab generate` fails, and nothing is generated",
    "give the field a value of the shape that the message names",
);

/// The generated tree is not what the definition generates.
pub(super) const STALE: Rule = Rule::new(
    "stale-generated-file",
    Category::Definition,
    Severity::Warning,
    "a generated manifest is missing, belongs to no component, or differs from the file it is a copy of",
    "the cluster gets what lies under `generated`, not what the definition says; a change by hand is lost with the next \
     `fab generate`",
    "run `fab generate` for that environment and commit what it writes; make changes in the definition",
);

/// A change of what is generated that nothing in the definition explains.
pub(super) const HAND_EDITED: Rule = Rule::new(
    "hand-edited-generated-file",
    Category::Definition,
    Severity::Error,
    "a change edits a generated manifest, and not what it is generated from (with `--since`)",
    "the next `fab generate` throws the edit away without a word, and the cluster goes back to what the definition says; \
     where the generator cannot be run here, it is a warning",
    "make the change in the definition, run `fab generate`, and commit both",
);

/// A kustomization cannot be decoded.
pub(super) const INVALID_KUSTOMIZATION: Rule = Rule::new(
    "invalid-kustomization",
    Category::Definition,
    Severity::Error,
    "a kustomization has a field that Kustomize does not know, or a value of the wrong shape",
    "Kustomize decodes strictly: it refuses the file, and nothing of it or of what takes it in is built",
    "correct the field that the message names",
);

/// A kustomization names something that is not there.
pub(super) const MISSING_FILE: Rule = Rule::new(
    "missing-kustomize-file",
    Category::Definition,
    Severity::Error,
    "a kustomization names a file or folder that does not exist, or a folder without a kustomization",
    "`kustomize build` fails, for this kustomization and for all that take it in",
    "correct the path, or add what is missing",
);

/// The real tool fails.
pub(super) const FAILED_BUILD: Rule = Rule::new(
    "failed-kustomize-build",
    Category::Definition,
    Severity::Error,
    "a kustomization cannot be built",
    "`kustomize build` fails, for this kustomization and for all that take it in, so nothing of it reaches the cluster",
    "mend what the message names",
);

/// A targeted patch that changes nothing.
pub(super) const PATCH_WITHOUT_TARGET: Rule = Rule::new(
    "patch-without-target",
    Category::Definition,
    Severity::Warning,
    "the target of a patch fits none of the resources",
    "Kustomize says nothing, and the patch changes nothing: what it was meant to change is deployed unchanged",
    "correct the target, or remove the patch",
);

/// An entry that changes nothing.
pub(super) const OVERRIDE_WITHOUT_EFFECT: Rule = Rule::new(
    "override-without-effect",
    Category::Definition,
    Severity::Warning,
    "an entry of `images` or `replacements` fits none of the resources, or nothing uses a variable",
    "Kustomize says nothing, and the entry changes nothing: what it was meant to change is deployed unchanged",
    "correct the name, or remove the entry",
);

/// An element of a patch that names no element.
pub(super) const PATCH_WITHOUT_KEY: Rule = Rule::new(
    "patch-element-without-key",
    Category::Definition,
    Severity::Warning,
    "an element in a list of a patch lacks the field by which Kustomize finds the element to change",
    "Kustomize says nothing and drops elements of the list that the patch says nothing about: containers, ports or \
     variables are gone after the build",
    "name the element with the field that the message gives",
);

/// An earlier entry of a kustomization that a later one overwrites.
pub(super) const UNDONE_OVERRIDE: Rule = Rule::new(
    "undone-override",
    Category::Definition,
    Severity::Warning,
    "what a patch sets is set again by a later entry of the same kustomization, in every object",
    "the earlier value reaches no object: whoever changes it sees no effect, and whoever reads it is misled",
    "keep one of the two",
);

/// A generated ConfigMap or Secret whose name stays the same.
pub(super) const GENERATOR_WITHOUT_HASH: Rule = Rule::new(
    "generator-without-hash",
    Category::Definition,
    Severity::Note,
    "a generator gives its ConfigMap or Secret no hash, though pods here read it when they start",
    "when the content changes the pods go on with the old one until something else restarts them, and a rollback of the \
     workload does not bring the old content back",
    "remove `disableNameSuffixHash`: the references follow the name",
)
.opt_in();

/// Labels that become part of selectors.
pub(super) const LABELS_IN_SELECTORS: Rule = Rule::new(
    "labels-in-selectors",
    Category::Definition,
    Severity::Note,
    "a kustomization puts labels into the selectors of workloads, which cannot be changed later",
    "the selector of a deployed workload is immutable: a label that is added, changed or removed here makes the next apply \
     fail until the workload is deleted",
    "use `labels` without `includeSelectors`, and with `includeTemplates` if pods should have them",
)
.opt_in();

/// A field with a successor.
pub(super) const DEPRECATED_FIELD: Rule = Rule::new(
    "deprecated-kustomize-field",
    Category::Definition,
    Severity::Note,
    "a kustomization uses a field that Kustomize replaced by another one",
    "Kustomize prints a warning at every build, and a version to come will not read the field",
    "use the field that the message names; `kustomize edit fix` does most of it",
)
.fixable();

/// A remote resource that nobody pinned.
pub(super) const FLOATING_REMOTE: Rule = Rule::new(
    "floating-remote-resource",
    Category::Definition,
    Severity::Warning,
    "a kustomization takes in a remote resource that is not pinned",
    "what is deployed changes with a push to another repository: nobody reviews it here, and nothing here can be rolled \
     back to what it was",
    "pin it to a tag or, better, a commit",
);

/// What this stage can report.
pub static RULES: &[Rule] = &[
    INVALID_VALUE,
    STALE,
    HAND_EDITED,
    INVALID_KUSTOMIZATION,
    MISSING_FILE,
    FAILED_BUILD,
    PATCH_WITHOUT_TARGET,
    OVERRIDE_WITHOUT_EFFECT,
    PATCH_WITHOUT_KEY,
    UNDONE_OVERRIDE,
    GENERATOR_WITHOUT_HASH,
    LABELS_IN_SELECTORS,
    DEPRECATED_FIELD,
    FLOATING_REMOTE,
];
