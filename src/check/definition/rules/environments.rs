//! The rules about environments, and the layers of configuration that make them.

use super::rule;
use crate::model::rule::{Rule, Severity};

pub(in crate::check::definition) const JOINED_LISTS: Rule = rule(
    "joined-lists",
    Severity::Warning,
    "two layers of configuration have the same list",
    "Fabrikate joins the lists, the higher first: an environment cannot replace or shorten a list.",
    "Keep the list in one layer.",
);

pub(in crate::check::definition) const IDLE_UNSET: Rule = rule(
    "idle-unset",
    Severity::Warning,
    "null, `[]` or `{}` over a value of a lower layer",
    "Fabrikate passes over them, and the lower value counts: nothing can be unset.",
    "Move the value to the environments that want it.",
);

pub(in crate::check::definition) const SHADOWED_DISABLED: Rule = rule(
    "shadowed-disabled",
    Severity::Error,
    "`disabled: true` that a higher layer hides",
    "As soon as a higher layer mentions a subcomponent, its absent `disabled` counts as false: the subcomponent is generated.",
    "Write `disabled: true` in the higher layer too.",
);

pub(in crate::check::definition) const IDLE_DISABLED: Rule = rule(
    "idle-disabled",
    Severity::Error,
    "`disabled: true` at the root of a config file",
    "Fabrikate looks at `disabled` below `subcomponents` alone: the component that the file belongs to is generated.",
    "Write it in a config file of the parent, below `subcomponents`.",
);

pub(in crate::check::definition) const PARTED_NAMESPACE: Rule = rule(
    "parted-namespace",
    Severity::Warning,
    "`namespace` and `injectNamespace` in different layers",
    "The two travel together: of two layers only one counts, and the namespace is not injected.",
    "Write both in one layer.",
);

pub(in crate::check::definition) const IDLE_INJECTION: Rule = rule(
    "idle-injection",
    Severity::Warning,
    "`injectNamespace` without a namespace",
    "Nothing is injected.",
    "Add `namespace`.",
);

pub(in crate::check::definition) const UNREAD_CONFIG: Rule = rule(
    "unread-config",
    Severity::Warning,
    "`config` of a component without a chart",
    "`config` is what a chart gets. Components hand down their `subcomponents`, never their own `config`, and static manifests take no values.",
    "Move it to the chart that it is for.",
);

pub(in crate::check::definition) const DISABLED_EVERYWHERE: Rule = rule(
    "disabled-everywhere",
    Severity::Warning,
    "a subcomponent that every environment disables",
    "Nothing is ever generated from it.",
    "Remove it.",
);

pub(in crate::check::definition) const MISSING_ENVIRONMENT: Rule = rule(
    "missing-environment",
    Severity::Error,
    "an environment that no component has a config file for",
    "Fabrikate does not mind, and generates with `common` alone.",
    "Correct the name.",
);

pub(in crate::check::definition) const UNUSED_ENVIRONMENT: Rule = rule(
    "unused-environment-file",
    Severity::Warning,
    "a config file or a generated folder of an environment that no pipeline generates",
    "The files that run Fabrikate name the environments, and this one is not among them: a change here reaches no cluster.",
    "Add the environment to the pipeline, or remove what belongs to it.",
);

pub(in crate::check::definition) const UNSUPPORTED_DISABLED: Rule = rule(
    "unsupported-disabled",
    Severity::Warning,
    "`disabled`, and a pipeline with a Fabrikate that does not know it",
    "Versions before 1.0.0-alpha drop the field without a word: the subcomponent is generated and deployed.",
    "Use a version that knows it, or take the subcomponent out of the component file.",
);

pub(in crate::check::definition) const INJECTED_CLUSTER_SCOPED: Rule = rule(
    "injected-cluster-scoped",
    Severity::Warning,
    "`injectNamespace` writes a namespace into objects that lie in none",
    "The injection knows no kinds. The API server drops the field; tools that compare or prune by namespace take the object \
     for another one.",
    "Let the chart set the namespace.",
);

pub(in crate::check::definition) const UNKNOWN_CHART_VALUE: Rule = rule(
    "unknown-chart-value",
    Severity::Warning,
    "a value that the chart does not know",
    "No template reads it and `values.yaml` does not have it: Helm drops it without a word, and the chart's default stays.",
    "Correct the key, or remove it.",
);

/// Environments differ for many reasons.
pub(in crate::check) const MISSING_ENVIRONMENT_KEY: Rule = rule(
    "missing-environment-key",
    Severity::Warning,
    "a chart value, or a key of a ConfigMap or Secret, that every environment but one has",
    "What reads it does without, or takes a default that nobody has chosen for this environment.",
    "Add the key, or move it to what all environments share.",
)
.opt_in();
