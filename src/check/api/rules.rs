//! What `explain` and `rules` say about the rules of this room.
//!
//! A rule stands for one kind of mistake that a person makes, wherever it is made: the message says which field, and what
//! the server allows there.

use crate::model::rule::{Category, Rule, Severity};

const fn rule(id: &'static str, title: &'static str, why: &'static str, help: &'static str) -> Rule {
    Rule::new(id, Category::Api, Severity::Error, title, why, help)
}

/// The rules of this room.
pub static RULES: &[Rule] = &[
    REQUIRED_VALUE,
    UNSUPPORTED_VALUE,
    OUT_OF_RANGE,
    INVALID_NAME,
    INVALID_LABEL,
    INVALID_TEXT,
    INVALID_EXPRESSION,
    EXPENSIVE_EXPRESSION,
    FORBIDDEN_FIELD,
    CONFLICTING_FIELDS,
    NOT_FOUND,
    TOO_LARGE,
    NAMESPACE_IGNORED,
    IGNORED_FIELD,
    DUPLICATE_ENV,
    DUPLICATE_PORT,
    DUPLICATE_PORT_NAME,
    PORT_CLASH,
    DUPLICATE_ENTRY,
    OVERLAPPING_PATHS,
    UNMATCHED_VALUE,
    NON_STANDARD_ADDRESS,
    FRACTIONAL_BYTES,
    NULL_SELECTOR,
    DEPRECATED_ANNOTATION,
    DEPRECATED_FIELD,
    DEPRECATED_NODE_LABEL,
    DEPRECATED_VOLUME,
    REMOVED_VOLUME,
    CONFLICTING_BOUNDS,
    DUPLICATE_NAME,
    INVALID_CRON_SCHEDULE,
    INVALID_PORT_NAME,
    INVALID_RESTART_POLICY,
    MISMATCHING_SELECTOR,
    VOLUME_MOUNT_UNDEFINED,
];

/// A field that validation wants, although the schema does not.
pub const REQUIRED_VALUE: Rule = rule(
    "required-value",
    "a value that the API server requires is missing or empty",
    "the API server refuses the object: its validation asks for the field, which the published schemas do not say",
    "add the field, or give it a value",
);

/// A namespace where there can be none.
pub const NAMESPACE_IGNORED: Rule = Rule::new(
    "namespace-on-cluster-scoped",
    Category::Api,
    Severity::Warning,
    "a namespace on an object that lies in none",
    "the API server drops the namespace without a word; whoever reads the file believes that the object is confined to it",
    "remove `metadata.namespace`; under Kustomize, keep such objects out of what `namespace:` is set for",
);

/// A value outside of a closed set.
pub const UNSUPPORTED_VALUE: Rule = rule(
    "unsupported-value",
    "a value that is not one of those that the field allows",
    "the API server refuses the object: the field takes only certain words, and their case matters",
    "write one of the values that the message lists",
)
.fixable();

/// A number, duration or quantity outside of its bounds.
pub const OUT_OF_RANGE: Rule = rule(
    "out-of-range",
    "a number outside of what the field allows",
    "the API server refuses the object",
    "write a number within the bounds that the message names",
);

/// A name that breaks the syntax of names.
pub const INVALID_NAME: Rule = rule(
    "invalid-name",
    "a name that Kubernetes does not allow",
    "the API server refuses the object: names end up in DNS records, file names and URLs, so that each kind of name has \
     a syntax and a greatest length",
    "use lower case letters, digits and dashes, as the message says",
);

/// A label, annotation or selector that breaks the syntax.
pub const INVALID_LABEL: Rule = rule(
    "invalid-label-value",
    "a label, annotation or selector that breaks the syntax",
    "the API server refuses the object: values of labels have at most 63 characters, begin and end with a letter or \
     digit, and hold nothing but letters, digits, `-`, `_` and `.`; keys are such a name, with an optional domain and `/` \
     before it",
    "shorten the value, or replace the characters that are not allowed; free text belongs into an annotation",
);

/// A text in a wrong format.
pub const INVALID_TEXT: Rule = rule(
    "invalid-format",
    "a text that is not in the form that the field wants",
    "the API server refuses the object: addresses, networks, paths, patterns and the like are parsed",
    "write it in the form that the message names",
);

/// An expression that does not compile.
pub const INVALID_EXPRESSION: Rule = rule(
    "invalid-expression",
    "an expression in CEL that the API server does not compile",
    "the API server refuses the object: it compiles every expression before it keeps a definition or a policy, with the \
     types of all fields that the schema declares",
    "correct the name, or compare values of one type; what the schema leaves open has to be converted first",
);

/// An expression that may take too long.
pub const EXPENSIVE_EXPRESSION: Rule = rule(
    "expensive-expression",
    "an expression in CEL that may take longer than the API server allows",
    "the API server refuses the object: before it keeps a definition it computes what each rule may cost, with lists, maps \
     and texts as big as the schema lets them be, and as big as a request where it has no limit (known here for \
     Kubernetes 1.33 and later)",
    "give what the rule looks at a limit (`maxItems`, `maxProperties`, `maxLength`), or make the rule simpler",
);

/// A field that must not be there.
pub const FORBIDDEN_FIELD: Rule = rule(
    "forbidden-field",
    "a field that must not be set here",
    "the API server refuses the object: the field exists, but not together with the rest of this object",
    "remove the field, or what rules it out",
);

/// Fields that contradict each other.
pub const CONFLICTING_FIELDS: Rule = rule(
    "conflicting-fields",
    "fields that contradict each other",
    "the API server refuses the object",
    "keep one of the fields, or make them agree",
);

/// A reference inside of the object that leads nowhere.
pub const NOT_FOUND: Rule = rule(
    "undefined-reference",
    "a name that refers to nothing in the same object",
    "the API server refuses the object",
    "correct the name, or define what it refers to",
);

/// Too much of something.
pub const TOO_LARGE: Rule = rule(
    "too-large",
    "more than the API server takes",
    "the API server refuses the object",
    "shorten it, or split the object",
);

/// A lower bound above its upper bound.
pub const CONFLICTING_BOUNDS: Rule = rule(
    "conflicting-bounds",
    "a lower bound above its upper bound, or two bounds where one is allowed",
    "the API server refuses the object",
    "make the two bounds agree",
);

/// A name that another part of the same list has.
pub const DUPLICATE_NAME: Rule = rule(
    "duplicate-name",
    "two parts of an object share what must be unique",
    "the API server refuses the object: containers, volumes, ports and mounts of a pod are told apart by their names and \
     paths",
    "rename one of the two, or remove it",
);

/// A schedule that does not parse.
pub const INVALID_CRON_SCHEDULE: Rule = rule(
    "invalid-cron-schedule",
    "a schedule that Kubernetes does not read",
    "the API server refuses the CronJob: the schedule must be five fields or a word such as `@hourly`",
    "write minute, hour, day of the month, month and day of the week (0 is Sunday)",
);

/// The name of a port that breaks the syntax.
pub const INVALID_PORT_NAME: Rule = rule(
    "invalid-port-name",
    "a port name that Kubernetes does not allow",
    "the API server refuses the object: names of ports follow IANA's rules for names of services",
    "use at most 15 lower case letters, digits and single dashes, with at least one letter",
);

/// A restart policy that the kind does not allow.
pub const INVALID_RESTART_POLICY: Rule = rule(
    "invalid-restart-policy",
    "a restart policy that this kind does not allow",
    "the API server refuses the object: pods of a Job end, so that they restart `OnFailure` or `Never`; those of the other \
     controllers restart `Always`",
    "write `restartPolicy: OnFailure` or `Never` in a Job, and leave it out elsewhere",
);

/// A selector that does not match the template beside it.
pub const MISMATCHING_SELECTOR: Rule = rule(
    "mismatching-selector",
    "selector does not match the pod template",
    "the API server refuses the object: it would make pods that it cannot find again",
    "give the selector and the labels of the template the same values",
);

/// A mount without a volume.
pub const VOLUME_MOUNT_UNDEFINED: Rule = rule(
    "volume-mount-undefined",
    "mount of a volume that does not exist",
    "the API server refuses the object: every mount names a volume of the same pod",
    "name a volume of `volumes`, or add it",
);

const fn warning(
    id: &'static str,
    category: Category,
    title: &'static str,
    why: &'static str,
    help: &'static str,
) -> Rule {
    Rule::new(id, category, Severity::Warning, title, why, help)
}

/// The rules about two entries of a list with the same key.
pub(super) const KEYED: [&Rule; 3] = [&DUPLICATE_ENV, &DUPLICATE_PORT, &DUPLICATE_ENTRY];

/// A field that says something and does nothing.
pub const IGNORED_FIELD: Rule = warning(
    "ignored-field",
    Category::Api,
    "a field that the API server ignores here",
    "the API server accepts the object with a warning; whoever reads the file believes that the field does something",
    "remove the field, or what makes it idle",
);

/// A variable that is set twice.
pub const DUPLICATE_ENV: Rule = warning(
    "duplicate-env-var",
    Category::Api,
    "an environment variable that is set twice",
    "the later one counts, and the API server warns; kubectl apply may drop either, and server-side apply, as Flux and \
     Argo CD can do it, refuses the object",
    "remove one of the two; a value may refer to the earlier one as `$(NAME)`",
);

/// A port that is declared twice.
pub const DUPLICATE_PORT: Rule = warning(
    "duplicate-port",
    Category::Api,
    "a container port that is declared twice",
    "the API server warns, and server-side apply refuses the object: the port and its protocol are the key of the list",
    "remove one of the two",
);

/// A name that two containers give to a port.
pub const DUPLICATE_PORT_NAME: Rule = warning(
    "duplicate-port-name",
    Category::Api,
    "a name of a port that two containers of a pod use",
    "the API server warns; a Service or a probe that names the port gets the one of the first container",
    "give each port of the pod a name of its own",
);

/// A port that two containers declare.
pub const PORT_CLASH: Rule = warning(
    "port-clash",
    Category::Api,
    "a port that is taken twice in a pod",
    "containers of a pod share its address, so that only one of them can listen on a port; the API server only warns",
    "let one of them listen on another port",
);

/// An entry of a list that is keyed by a field, and is there twice.
pub const DUPLICATE_ENTRY: Rule = warning(
    "duplicate-entry",
    Category::Api,
    "two entries of a list with the same key",
    "the API server warns, and server-side apply refuses the object: the key tells the entries apart",
    "make one entry of the two",
);

/// Files of a volume in each other's way.
pub const OVERLAPPING_PATHS: Rule = warning(
    "overlapping-volume-paths",
    Category::Api,
    "two files of a volume at the same path, or one below the other",
    "the API server warns; the kubelet cannot write both, and the pod does not start or lacks a file",
    "give each file a path of its own",
);

/// A value that no label can have.
pub const UNMATCHED_VALUE: Rule = warning(
    "unmatched-label-value",
    Category::Api,
    "a value in a node preference that no label can have",
    "the API server warns, and the preference matches no node",
    "write a value that labels of nodes have",
);

/// An address in an odd form.
pub const NON_STANDARD_ADDRESS: Rule = warning(
    "non-standard-address",
    Category::Api,
    "an IP address or network that is written in an unusual way",
    "programs read zeros before digits, mapped addresses and bits behind a prefix differently; the API server warns, and \
     refuses them from Kubernetes 1.36 on (KEP-4858)",
    "write the address in its canonical form",
);

/// Less than a byte.
pub const FRACTIONAL_BYTES: Rule = warning(
    "fractional-memory",
    Category::Api,
    "an amount of memory or storage that is no whole number of bytes",
    "`m` stands for thousandths: `512m` is about half a byte, where `512Mi` was meant; the limit is then next to nothing",
    "write `Mi` or `Gi`",
);

/// A selector that is absent.
pub const NULL_SELECTOR: Rule = warning(
    "null-label-selector",
    Category::Api,
    "a term or constraint without a label selector",
    "a selector that is absent matches no pod, so that the term does nothing; an empty one, `{}`, matches all",
    "add `labelSelector` with the labels of the pods",
);

/// An annotation that became a field.
pub const DEPRECATED_ANNOTATION: Rule = warning(
    "deprecated-annotation",
    Category::Deprecation,
    "an annotation that a field has taken the place of",
    "the API server warns; most of these annotations have no effect any more, so that the pod runs without the setting",
    "set the field instead",
);

/// A field on its way out.
pub const DEPRECATED_FIELD: Rule = warning(
    "deprecated-field",
    Category::Deprecation,
    "a field that is on its way out",
    "it works now, and may not after an upgrade of the cluster",
    "use what has taken its place",
)
.fixable();

/// A label of nodes on its way out.
pub const DEPRECATED_NODE_LABEL: Rule = warning(
    "deprecated-node-label",
    Category::Deprecation,
    "a label of nodes that is on its way out",
    "nodes of newer clusters may not carry the label any more; a pod that asks for it stays pending",
    "write the label that has taken its place",
)
.fixable();

/// A kind of volume on its way out.
pub const DEPRECATED_VOLUME: Rule = warning(
    "deprecated-volume-plugin",
    Category::Deprecation,
    "a kind of volume that is on its way out",
    "it works now, and may not after an upgrade of the cluster; then pods wait for their volume for ever",
    "use the CSI driver of the storage, through a PersistentVolumeClaim",
);

/// A kind of volume that is gone.
pub const REMOVED_VOLUME: Rule = Rule::new(
    "removed-volume-plugin",
    Category::Deprecation,
    Severity::Error,
    "a kind of volume that the target version of Kubernetes cannot mount any more",
    "the API server accepts the object with a warning, and pods wait for the volume for ever",
    "use the CSI driver of the storage, through a PersistentVolumeClaim",
);
