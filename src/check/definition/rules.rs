//! The table of the rules about definitions.

use crate::model::rule::{Category, Rule, Severity};

const fn rule(
    id: &'static str,
    severity: Severity,
    title: &'static str,
    why: &'static str,
    help: &'static str,
) -> Rule {
    Rule::new(id, Category::Definition, severity, title, why, help)
}

pub(super) const UNKNOWN_COMPONENT_FIELD: Rule = rule(
    "unknown-component-field",
    Severity::Error,
    "a component file has a field that Fabrikate does not know",
    "Fabrikate drops unknown fields without a word: a misspelt `subcomponents` leaves a whole tree out of what is \
         generated.",
    "Use a field that Fabrikate knows: name, type, method, source, path, version, branch, hooks, subcomponents.",
)
.fixable();

pub(super) const UNKNOWN_CONFIG_FIELD: Rule = rule(
    "unknown-config-field",
    Severity::Error,
    "a config file has a field that Fabrikate does not know",
    "Fabrikate drops unknown fields without a word: chart values that do not stand below `config` reach no chart.",
    "Use a field that Fabrikate knows: config, namespace, injectNamespace, disabled, subcomponents.",
)
.fixable();

pub(super) const UNKNOWN_COMPONENT_TYPE: Rule = rule(
    "unknown-component-type",
    Severity::Error,
    "a component has a type that Fabrikate does not know",
    "Fabrikate has no generator for it, writes an empty file, and reports success.",
    "Use `component`, `helm` or `static`, in lower case.",
);

pub(super) const UNKNOWN_METHOD: Rule = rule(
    "unknown-method",
    Severity::Error,
    "a component has a method that Fabrikate does not know",
    "Fabrikate takes it for `local`: nothing is fetched, and `source` is read as a folder.",
    "Use `git`, `helm`, `http` or `local`, in lower case.",
);

pub(super) const DEPRECATED_GENERATOR: Rule = rule(
    "deprecated-generator",
    Severity::Warning,
    "a component uses `generator`, the deprecated spelling of `type`",
    "Where both are given, `generator` wins, so a change of `type` does nothing. It is an error where they differ.",
    "Write `type` instead.",
)
.fixable();

pub(super) const DEPRECATED_REPOSITORIES: Rule = rule(
    "deprecated-repositories",
    Severity::Warning,
    "a component uses `repositories`, a leftover of Helm 2",
    "Helm 3 and Fabrikate 1.0 take the chart repository from `source`.",
    "Remove it, and give each chart `method: helm` with its repository as `source`.",
);

pub(super) const MISSING_COMPONENT_NAME: Rule = rule(
    "missing-component-name",
    Severity::Error,
    "a component has no name",
    "The name is the generated file's name, the key of its configuration and the Helm release: without one the file is \
     called `.yaml`, and the next nameless component overwrites it.",
    "Give the component a `name` that is unique among its siblings.",
);

pub(super) const DUPLICATE_SUBCOMPONENT: Rule = rule(
    "duplicate-subcomponent",
    Severity::Error,
    "two subcomponents have one name",
    "They share their configuration, and each overwrites what the other one generated; which of them is left is not \
     determined.",
    "Rename one of them, and its configuration with it.",
);

pub(super) const OUTPUT_COLLISION: Rule = rule(
    "output-collision",
    Severity::Error,
    "two components write the same generated file",
    "One overwrites the other without a word, and as the tree is walked concurrently, which one is left is not \
     determined.",
    "Rename one of the components.",
);

pub(super) const UNKNOWN_SUBCOMPONENT_CONFIG: Rule = rule(
    "unknown-subcomponent-config",
    Severity::Error,
    "a config file configures a subcomponent that does not exist",
    "Fabrikate ignores it without a word: the values reach nothing.",
    "Correct the name, or remove the configuration together with the subcomponent that it was for.",
);

pub(super) const UNMERGEABLE_CONFIG: Rule = rule(
    "unmergeable-config",
    Severity::Error,
    "two layers of configuration give one key values that do not merge",
    "A map or list of a higher layer over a value of another shape below stops `fab generate` for that environment, with \
     `got non-map type` or `slices must have same type` and no file name.",
    "Give the key the same shape in every layer.",
);

pub(super) const MISSING_STATIC_PATH: Rule = rule(
    "missing-static-path",
    Severity::Error,
    "the folder of a static component does not exist",
    "`fab generate` fails, with a message that does not name the component.",
    "Correct `path`: it counts from the folder of the component file.",
);

pub(super) const STATIC_SUBDIRECTORY: Rule = rule(
    "static-subdirectory",
    Severity::Error,
    "the folder of a static component has a subfolder",
    "Fabrikate reads every entry of the folder as a file: `fab generate` fails on the subfolder.",
    "Move the manifests up, or make the subfolder a static component of its own.",
);

pub(super) const STATIC_NOT_A_MANIFEST: Rule = rule(
    "static-not-a-manifest",
    Severity::Error,
    "the folder of a static component has a file that is no YAML",
    "Fabrikate pastes every file of the folder into the generated manifest, whatever it is.",
    "Move the file out of the folder.",
);

pub(super) const STATIC_WITHOUT_PATH: Rule = rule(
    "static-without-path",
    Severity::Error,
    "a static component has no path",
    "Fabrikate takes the component's own folder for the manifests, and pastes `component.yaml` into what it generates.",
    "Move the manifests to a folder of their own and name it in `path`.",
);

pub(super) const MISSING_CHART: Rule = rule(
    "missing-chart",
    Severity::Error,
    "the folder of a local chart has no `Chart.yaml`",
    "Helm refuses the folder, and `fab generate` fails. It is a note where a hook may make the chart.",
    "Correct `path`: it counts from the folder of the component file. For a remote chart give `method` and `source`.",
);

/// Every rule about definitions.
pub static RULES: &[Rule] = &[
    UNKNOWN_COMPONENT_FIELD,
    UNKNOWN_CONFIG_FIELD,
    UNKNOWN_COMPONENT_TYPE,
    UNKNOWN_METHOD,
    DEPRECATED_GENERATOR,
    DEPRECATED_REPOSITORIES,
    MISSING_COMPONENT_NAME,
    DUPLICATE_SUBCOMPONENT,
    OUTPUT_COLLISION,
    UNKNOWN_SUBCOMPONENT_CONFIG,
    UNMERGEABLE_CONFIG,
    MISSING_STATIC_PATH,
    STATIC_SUBDIRECTORY,
    STATIC_NOT_A_MANIFEST,
    STATIC_WITHOUT_PATH,
    MISSING_CHART,
];
