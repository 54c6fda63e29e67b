//! What `explain` and `rules` say about the rules of this room.

use crate::model::rule::{Category, Rule, Severity};

const fn rule(id: &'static str, title: &'static str, why: &'static str, help: &'static str) -> Rule {
    Rule::new(id, Category::Schema, Severity::Error, title, why, help)
}

/// A field that the type does not have.
pub const UNKNOWN_FIELD: Rule = rule(
    "unknown-field",
    "a field that the kind does not have",
    "kubectl and server-side apply refuse the object (field validation is strict since Kubernetes 1.25); other clients \
     drop the field without a word, and the setting is not there",
    "correct the spelling, or move the field to the object that it belongs to",
)
.fixable();

/// A required field that is absent or null.
pub const MISSING_FIELD: Rule =
    rule("missing-field", "a required field is missing", "the API server refuses the object", "add the field");

/// A value of another type.
pub const WRONG_TYPE: Rule = rule(
    "wrong-type",
    "a value of the wrong type",
    "the API server cannot decode the object and refuses it; the usual cause is a number or a boolean where a string is \
     wanted: labels, annotations, the data of a ConfigMap and environment variables hold strings",
    "quote the value, remove its quotes, or write it as the list or mapping that the field wants",
)
.fixable();

/// A quantity that does not parse.
pub const INVALID_QUANTITY: Rule = rule(
    "invalid-quantity",
    "a quantity that the API server cannot read",
    "the API server cannot decode the object and refuses it",
    "write a number and one of the suffixes n u m k M G T P E or Ki Mi Gi Ti Pi Ei",
)
.fixable();

/// A value of the right type that the field cannot hold.
pub const INVALID_VALUE: Rule = rule(
    "invalid-value",
    "a value that the field cannot hold",
    "the API server refuses the object: the number does not fit, the text is not in the form that the field wants, or \
     the custom resource breaks a rule of its definition",
    "write a value that the message allows",
);

/// A kind that is not served.
pub const UNKNOWN_KIND: Rule = rule(
    "unknown-kind",
    "a kind or API version that Kubernetes does not serve",
    "the API server refuses the object: there is no such kind under this API version, and kinds are case-sensitive",
    "correct `kind` or `apiVersion`",
)
.fixable();

/// An object without `kind`.
pub const MISSING_KIND: Rule = rule(
    "missing-kind",
    "an object without `kind`",
    "the API server cannot tell what it is and refuses it",
    "add `kind`",
);

/// An object without `apiVersion`.
pub const MISSING_API_VERSION: Rule = rule(
    "missing-api-version",
    "an object without `apiVersion`",
    "the API server cannot tell what it is and refuses it",
    "add `apiVersion`",
);

/// Something other than an object where manifests are.
pub const NOT_AN_OBJECT: Rule = rule(
    "not-an-object",
    "a document that is no Kubernetes object",
    "a client that applies the file fails at this document",
    "remove the document, or give it `apiVersion` and `kind`",
);

/// A version of a custom kind that its definition does not serve.
pub const VERSION_NOT_SERVED: Rule = rule(
    "version-not-served",
    "a version that the CustomResourceDefinition does not serve",
    "the API server refuses the object: its definition does not have the version, or has `served: false` for it",
    "write a version that is served",
);

/// A rule in CEL that a custom resource breaks.
pub const CEL_RULE: Rule = rule(
    "cel-rule",
    "a custom resource that breaks a rule of its definition",
    "the API server refuses the object: its CustomResourceDefinition has a rule (`x-kubernetes-validations`, in CEL) that \
     does not hold; defaults are filled in before; rules that compare with an earlier state (`oldSelf`) are evaluated \
     where `--since` knows it, and rules that need an object without other errors only for such objects; a rule that \
     cannot be evaluated here is listed as not checked",
    "change the values that the message names; the further label shows the rule where its definition is in the input",
);
