//! The rules about environments, and the layers of configuration that make them.

use super::rule;
use crate::model::rule::{Rule, Severity};

pub(in crate::check::definition) const JOINED_LISTS: Rule = rule(
    "joined-lists",
    Severity::Warning,
    "two layers of configuration have the same list",
    "Fabrikate joins the lists, the higher first: an environment cannot replace or shorten a list",
    "keep the list in one layer",
);

pub(in crate::check::definition) const IDLE_UNSET: Rule = rule(
    "idle-unset",
    Severity::Warning,
    "null, `[]` or `{}` over a value of a lower layer",
    "Fabrikate passes over them, and the lower value counts: nothing can be unset",
    "move the value to the environments that want it",
);

pub(in crate::check::definition) const SHADOWED_DISABLED: Rule = rule(
    "shadowed-disabled",
    Severity::Error,
    "`disabled: true` that a higher layer hides",
    "as soon as a higher layer mentions a subcomponent, its absent `disabled` counts as false: the subcomponent is generated",
    "write `disabled: true` in the higher layer too",
);

pub(in crate::check::definition) const IDLE_DISABLED: Rule = rule(
    "idle-disabled",
    Severity::Error,
    "`disabled: true` at the root of a config file",
    "Fabrikate looks at `disabled` below `subcomponents` alone: the component that the file belongs to is generated",
    "write it in a config file of the parent, below `subcomponents`",
);

pub(in crate::check::definition) const PARTED_NAMESPACE: Rule = rule(
    "parted-namespace",
    Severity::Warning,
    "`namespace` and `injectNamespace` in different layers",
    "the two travel together: of two layers only one counts, and the namespace is not injected",
    "write both in one layer",
);

pub(in crate::check::definition) const IDLE_INJECTION: Rule = rule(
    "idle-injection",
    Severity::Warning,
    "`injectNamespace` without a namespace",
    "nothing is injected",
    "add `namespace`",
);

pub(in crate::check::definition) const UNREAD_CONFIG: Rule = rule(
    "unread-config",
    Severity::Warning,
    "`config` of a component without a chart",
    "`config` is what a chart gets; components hand down their `subcomponents`, never their own `config`, and static manifests take no values",
    "move it to the chart that it is for",
);

pub(in crate::check::definition) const DISABLED_EVERYWHERE: Rule = rule(
    "disabled-everywhere",
    Severity::Warning,
    "a subcomponent that every environment disables",
    "nothing is ever generated from it",
    "remove it",
);

pub(in crate::check::definition) const MISSING_ENVIRONMENT: Rule = rule(
    "missing-environment",
    Severity::Error,
    "an environment that no component has a config file for",
    "Fabrikate does not mind, and generates with `common` alone",
    "correct the name",
);

pub(in crate::check::definition) const UNUSED_ENVIRONMENT: Rule = rule(
    "unused-environment-file",
    Severity::Warning,
    "a config file or a generated folder of an environment that no pipeline generates",
    "the files that run Fabrikate name the environments, and this one is not among them: a change here reaches no cluster",
    "add the environment to the pipeline, or remove what belongs to it",
);

pub(in crate::check::definition) const UNSUPPORTED_DISABLED: Rule = rule(
    "unsupported-disabled",
    Severity::Warning,
    "`disabled`, and a pipeline with a Fabrikate that does not know it",
    "versions before 1.0.0-alpha drop the field without a word: the subcomponent is generated and deployed",
    "use a version that knows it, or take the subcomponent out of the component file",
);

pub(in crate::check::definition) const INJECTED_CLUSTER_SCOPED: Rule = rule(
    "injected-cluster-scoped",
    Severity::Warning,
    "`injectNamespace` writes a namespace into objects that lie in none",
    "the injection knows no kinds; the API server drops the field; tools that compare or prune by namespace take the object \
     for another one",
    "let the chart set the namespace",
);

pub(in crate::check::definition) const UNKNOWN_CHART_VALUE: Rule = rule(
    "unknown-chart-value",
    Severity::Warning,
    "a value that the chart does not know",
    "no template reads it and `values.yaml` does not have it: Helm drops it without a word, and the chart's default stays",
    "correct the key, or remove it",
);

/// Environments differ for many reasons.
pub(in crate::check) const MISSING_ENVIRONMENT_KEY: Rule = rule(
    "missing-environment-key",
    Severity::Warning,
    "a chart value, or a key of a ConfigMap or Secret, that every environment but one has",
    "what reads it does without, or takes a default that nobody has chosen for this environment",
    "add the key, or move it to what all environments share",
)
.opt_in();
