//! The table of the rules about definitions.

mod environments;

use crate::model::rule::{Category, Rule, Severity};

pub(in crate::check) use environments::*;

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
         generated",
    "use a field that Fabrikate knows: name, type, method, source, path, version, branch, hooks, subcomponents",
)
.fixable();

pub(super) const UNKNOWN_CONFIG_FIELD: Rule = rule(
    "unknown-config-field",
    Severity::Error,
    "a config file has a field that Fabrikate does not know",
    "Fabrikate drops unknown fields without a word: chart values that do not stand below `config` reach no chart",
    "use a field that Fabrikate knows: config, namespace, injectNamespace, disabled, subcomponents",
)
.fixable();

pub(super) const UNKNOWN_COMPONENT_TYPE: Rule = rule(
    "unknown-component-type",
    Severity::Error,
    "a component has a type that Fabrikate does not know",
    "Fabrikate has no generator for it, writes an empty file, and reports success",
    "use `component`, `helm` or `static`, in lower case",
);

pub(super) const UNKNOWN_METHOD: Rule = rule(
    "unknown-method",
    Severity::Error,
    "a component has a method that Fabrikate does not know",
    "Fabrikate takes it for `local`: nothing is fetched, and `source` is read as a folder",
    "use `git`, `helm`, `http` or `local`, in lower case",
);

pub(super) const DEPRECATED_GENERATOR: Rule = rule(
    "deprecated-generator",
    Severity::Warning,
    "a component uses `generator`, the deprecated spelling of `type`",
    "where both are given, `generator` wins, so a change of `type` does nothing; it is an error where they differ",
    "write `type` instead",
)
.fixable();

pub(super) const DEPRECATED_REPOSITORIES: Rule = rule(
    "deprecated-repositories",
    Severity::Warning,
    "a component uses `repositories`, a leftover of Helm 2",
    "Helm 3 and Fabrikate 1.0 take the chart repository from `source`",
    "remove it, and give each chart `method: helm` with its repository as `source`",
);

pub(super) const MISSING_COMPONENT_NAME: Rule = rule(
    "missing-component-name",
    Severity::Error,
    "a component has no name",
    "the name is the generated file's name, the key of its configuration and the Helm release: without one the file is \
     called `.yaml`, and the next nameless component overwrites it",
    "give the component a `name` that is unique among its siblings",
);

pub(super) const DUPLICATE_SUBCOMPONENT: Rule = rule(
    "duplicate-subcomponent",
    Severity::Error,
    "two subcomponents have one name",
    "they share their configuration, and each overwrites what the other one generated; which of them is left is not \
     determined",
    "rename one of them, and its configuration with it",
);

pub(super) const OUTPUT_COLLISION: Rule = rule(
    "output-collision",
    Severity::Error,
    "two components write the same generated file",
    "one overwrites the other without a word, and as the tree is walked concurrently, which one is left is not \
     determined",
    "rename one of the components",
);

pub(super) const UNKNOWN_SUBCOMPONENT_CONFIG: Rule = rule(
    "unknown-subcomponent-config",
    Severity::Error,
    "a config file configures a subcomponent that does not exist",
    "Fabrikate ignores it without a word: the values reach nothing",
    "correct the name, or remove the configuration together with the subcomponent that it was for",
);

pub(super) const UNMERGEABLE_CONFIG: Rule = rule(
    "unmergeable-config",
    Severity::Error,
    "two layers of configuration give one key values that do not merge",
    "a map or list of a higher layer over a value of another shape below stops `fab generate` for that environment, with \
     `got non-map type` or `slices must have same type` and no file name",
    "give the key the same shape in every layer",
);

pub(super) const MISSING_STATIC_PATH: Rule = rule(
    "missing-static-path",
    Severity::Error,
    "the folder of a static component does not exist",
    "`fab generate` fails, with a message that does not name the component",
    "correct `path`: it counts from the folder of the component file",
);

pub(super) const STATIC_SUBDIRECTORY: Rule = rule(
    "static-subdirectory",
    Severity::Error,
    "the folder of a static component has a subfolder",
    "Fabrikate reads every entry of the folder as a file: `fab generate` fails on the subfolder",
    "move the manifests up, or make the subfolder a static component of its own",
);

pub(super) const STATIC_NOT_A_MANIFEST: Rule = rule(
    "static-not-a-manifest",
    Severity::Error,
    "the folder of a static component has a file that is no YAML",
    "Fabrikate pastes every file of the folder into the generated manifest, whatever it is",
    "move the file out of the folder",
);

pub(super) const STATIC_WITHOUT_PATH: Rule = rule(
    "static-without-path",
    Severity::Error,
    "a static component has no path",
    "Fabrikate takes the component's own folder for the manifests, and pastes `component.yaml` into what it generates",
    "move the manifests to a folder of their own and name it in `path`",
);

pub(super) const MISSING_CHART: Rule = rule(
    "missing-chart",
    Severity::Error,
    "the folder of a local chart has no `Chart.yaml`",
    "Helm refuses the folder, and `fab generate` fails; it is a note where a hook may make the chart",
    "correct `path`: it counts from the folder of the component file; for a remote chart give `method` and `source`",
);

pub(super) const MISSING_COMPONENT: Rule = rule(
    "missing-component",
    Severity::Error,
    "a component is not where its parent looks for it",
    "`fab generate` fails; it is a note where a hook may make the component",
    "correct `source` or `path`, which count from the folder of the component file",
);

pub(super) const COMPONENT_CYCLE: Rule = rule(
    "component-cycle",
    Severity::Error,
    "a component includes itself",
    "Fabrikate follows the circle until it runs out of memory; a child without `source` and `path` is looked for in its parent's own folder",
    "give the child a `source` or `path` that leads to its own folder",
);

pub(super) const TWO_COMPONENT_FILES: Rule = rule(
    "two-component-files",
    Severity::Warning,
    "a folder has two component files, or two config files for one environment",
    "Fabrikate reads the YAML file, and the JSON file only where there is none: changes of the other reach nothing",
    "remove one of them",
);

pub(super) const UNREAD_YML: Rule = rule(
    "unread-yml",
    Severity::Error,
    "a component or config file ends in `.yml`",
    "Fabrikate reads `.yaml` and `.json` alone, and says nothing of the others",
    "rename the file",
);

pub(super) const INVALID_RELEASE_NAME: Rule = rule(
    "invalid-release-name",
    Severity::Error,
    "the name of a chart's component is no name for a Helm release",
    "the component's name is the release's, and Helm refuses it: `fab generate` fails",
    "use up to 53 lower case letters, digits and `-`",
);

pub(super) const INCOMPLETE_CHART: Rule = rule(
    "incomplete-chart",
    Severity::Error,
    "a chart that Helm fetches has no source or no path",
    "`fab install` cannot fetch it",
    "name the chart repository in `source`, and the chart in `path`",
);

pub(super) const UNFETCHED_COMPONENT: Rule = rule(
    "unfetched-component",
    Severity::Error,
    "a component has a method that fetches no components",
    "components are fetched with git alone; this one is looked for on the disk",
    "use `method: git`",
);

pub(super) const UNFETCHED_STATIC: Rule = rule(
    "unfetched-static",
    Severity::Error,
    "a static component has `method: git`",
    "Fabrikate never clones for a static component: it reads `path` in this repository, and fails or takes something else",
    "use `method: http`, or check the manifests in",
);

pub(super) const URL_WITHOUT_GIT: Rule = rule(
    "url-without-git",
    Severity::Error,
    "a component has a URL for a source and no `method: git`",
    "without the method the URL is taken for the name of a folder, and `fab generate` fails",
    "add `method: git`",
);

pub(super) const CREDENTIALS_IN_SOURCE: Rule = rule(
    "credentials-in-source",
    Severity::Error,
    "a source has a password or token in its URL",
    "everybody who can read the repository, its history included, has the credentials",
    "revoke them, and name an environment variable for the repository in `access.yaml`",
);

pub(super) const TOKEN_IN_ACCESS_FILE: Rule = rule(
    "token-in-access-file",
    Severity::Error,
    "`access.yaml` holds a token",
    "it is for the names of environment variables; where there is no variable of that name, Fabrikate takes the text itself for the token",
    "revoke the token, and write the name of an environment variable",
);

pub(super) const DEAD_REPOSITORY: Rule = rule(
    "dead-repository",
    Severity::Error,
    "a source is a repository that is gone or archived",
    "the buckets of the old Helm charts are gone, and nobody has mended the charts in their archived repository since November 2020",
    "take the chart from its project's own repository",
);

pub(super) const INSECURE_SOURCE: Rule = rule(
    "insecure-source",
    Severity::Warning,
    "a source is fetched without encryption",
    "whoever is between can replace what is deployed",
    "use `https://`",
);

pub(super) const FLOATING_SOURCE: Rule = rule(
    "floating-source",
    Severity::Warning,
    "a component or chart has no version",
    "every installation takes what is there at that moment: what is deployed changes without a change here, and cannot be made again",
    "add `version`: a commit for git, the chart's version for Helm",
);

pub(super) const MOVABLE_VERSION: Rule = rule(
    "movable-version",
    Severity::Note,
    "a git source is pinned to a tag or branch",
    "tags and branches can be moved",
    "pin the commit",
);

pub(super) const VERSION_AND_BRANCH: Rule = rule(
    "version-and-branch",
    Severity::Warning,
    "a source has a version and a branch",
    "the version counts; it has to lie on the branch",
    "remove `branch`",
);

pub(super) const IDLE_VERSION: Rule = rule(
    "idle-version",
    Severity::Warning,
    "a version or branch where it does nothing",
    "Fabrikate looks at `version` for git and helm, and at `branch` for git alone",
    "remove the field, or add the method",
);

pub(super) const UNKNOWN_HOOK: Rule = rule(
    "unknown-hook",
    Severity::Error,
    "a hook that does not exist",
    "its commands never run, and nobody is told",
    "use before-install, after-install, before-generate or after-generate",
);

pub(super) const HOOK_DOWNLOAD: Rule = rule(
    "hook-download",
    Severity::Warning,
    "a hook downloads what nobody has checked",
    "what is generated, and what runs on the machines that generate, depends on what an address serves at that moment; it is an error where a shell runs the download",
    "download a fixed version and compare its checksum",
);

pub(super) const HOOK_OUTSIDE: Rule = rule(
    "hook-writes-outside",
    Severity::Warning,
    "a hook writes outside of its component",
    "components are looked at in no fixed order: others change with it",
    "write below the component's folder",
);

pub(super) const UNUSED_FILE: Rule = rule(
    "unused-kustomize-file",
    Severity::Note,
    "a manifest in the folder of a kustomization, which no kustomization takes in",
    "whoever applies the kustomization does not apply the file: a change in it is reviewed, merged, and without effect",
    "add it to `resources`, or remove it",
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
    MISSING_COMPONENT,
    COMPONENT_CYCLE,
    TWO_COMPONENT_FILES,
    UNREAD_YML,
    INVALID_RELEASE_NAME,
    INCOMPLETE_CHART,
    UNFETCHED_COMPONENT,
    UNFETCHED_STATIC,
    URL_WITHOUT_GIT,
    CREDENTIALS_IN_SOURCE,
    TOKEN_IN_ACCESS_FILE,
    DEAD_REPOSITORY,
    INSECURE_SOURCE,
    FLOATING_SOURCE,
    MOVABLE_VERSION,
    VERSION_AND_BRANCH,
    IDLE_VERSION,
    UNKNOWN_HOOK,
    HOOK_DOWNLOAD,
    HOOK_OUTSIDE,
    JOINED_LISTS,
    IDLE_UNSET,
    SHADOWED_DISABLED,
    IDLE_DISABLED,
    PARTED_NAMESPACE,
    IDLE_INJECTION,
    UNREAD_CONFIG,
    DISABLED_EVERYWHERE,
    MISSING_ENVIRONMENT,
    UNUSED_ENVIRONMENT,
    UNSUPPORTED_DISABLED,
    INJECTED_CLUSTER_SCOPED,
    UNKNOWN_CHART_VALUE,
    MISSING_ENVIRONMENT_KEY,
    UNUSED_FILE,
];
