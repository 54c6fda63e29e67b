//! The shape of a kustomization: kustomize decodes it strictly, an unknown field or a value of another type is an error
//! (kustomize, `api/types/`; sigs.k8s.io/yaml, `UnmarshalStrict`). Fields of later releases are known as well.

use crate::model::diagnostic::Diagnostic;
use crate::model::near;
use crate::model::node::Style;
use crate::model::scalar::Scalar;
use crate::model::value::{Entry, Value};

use super::super::super::rules::INVALID_KUSTOMIZATION;
use Form::{Any, Flag, Many, Number, One, Pairs, Text, Texts};

/// What may stand in a field. Null may stand in all of them.
enum Form {
    Any,
    Text,
    Flag,
    Number,
    /// A list of texts.
    Texts,
    /// A map of texts.
    Pairs,
    One(&'static Shape),
    Many(&'static Shape),
}

/// A map with known fields.
struct Shape {
    name: &'static str,
    fields: &'static [(&'static str, Form)],
}

static ROOT: Shape = Shape {
    name: "a kustomization",
    fields: &[
        ("apiVersion", Text),
        ("kind", Text),
        ("metadata", One(&META)),
        ("openapi", Pairs),
        ("namePrefix", Text),
        ("nameSuffix", Text),
        ("namespace", Text),
        ("commonLabels", Pairs),
        ("labels", Many(&LABEL)),
        ("commonAnnotations", Pairs),
        ("patchesStrategicMerge", Texts),
        ("patchesJson6902", Many(&PATCH)),
        ("patches", Many(&PATCH)),
        ("images", Many(&IMAGE)),
        ("imageTags", Many(&IMAGE)),
        ("replacements", Many(&REPLACEMENT)),
        ("replicas", Many(&REPLICA)),
        ("vars", Many(&VAR)),
        ("sortOptions", One(&SORT)),
        ("resources", Texts),
        ("components", Texts),
        ("crds", Texts),
        ("bases", Texts),
        ("configMapGenerator", Many(&CONFIG_MAP)),
        ("secretGenerator", Many(&SECRET)),
        ("helmGlobals", One(&HELM_GLOBALS)),
        ("helmCharts", Many(&CHART)),
        ("helmChartInflationGenerator", Many(&OPAQUE)),
        ("generatorOptions", One(&OPTIONS)),
        ("configurations", Texts),
        ("generators", Texts),
        ("transformers", Texts),
        ("validators", Texts),
        ("buildMetadata", Texts),
    ],
};

/// Of which nothing is known.
static OPAQUE: Shape = Shape { name: "", fields: &[] };

static META: Shape = Shape {
    name: "the metadata of a kustomization",
    fields: &[("name", Text), ("namespace", Text), ("labels", Pairs), ("annotations", Pairs)],
};

static SELECTOR: Shape = Shape {
    name: "a target",
    fields: &[
        ("group", Text),
        ("version", Text),
        ("kind", Text),
        ("name", Text),
        ("namespace", Text),
        ("labelSelector", Text),
        ("annotationSelector", Text),
    ],
};

static PATCH: Shape = Shape {
    name: "a patch",
    fields: &[("path", Text), ("patch", Text), ("target", One(&SELECTOR)), ("options", One(&OPAQUE))],
};

static IMAGE: Shape = Shape {
    name: "an image",
    fields: &[("name", Text), ("newName", Text), ("newTag", Text), ("digest", Text), ("tagSuffix", Text)],
};

static REPLICA: Shape = Shape { name: "an entry of `replicas`", fields: &[("name", Text), ("count", Number)] };

static FIELD: Shape = Shape {
    name: "a row of fields",
    fields: &[("group", Text), ("version", Text), ("kind", Text), ("path", Text), ("create", Flag)],
};

static REFERENCE: Shape = Shape {
    name: "a row of `nameReference`",
    fields: &[("group", Text), ("version", Text), ("kind", Text), ("fieldSpecs", Many(&FIELD))],
};

/// `api/internal/plugins/builtinconfig/transformerconfig.go`
static CONFIGURATION: Shape = Shape {
    name: "a configuration of transformers",
    fields: &[
        ("namePrefix", Many(&FIELD)),
        ("nameSuffix", Many(&FIELD)),
        ("namespace", Many(&FIELD)),
        ("labels", Many(&FIELD)),
        ("templateLabels", Many(&FIELD)),
        ("volumeClaimTemplateLabels", Many(&FIELD)),
        ("commonLabels", Many(&FIELD)),
        ("commonAnnotations", Many(&FIELD)),
        ("nameReference", Many(&REFERENCE)),
        ("varReference", Many(&FIELD)),
        ("images", Many(&FIELD)),
        ("replicas", Many(&FIELD)),
    ],
};

static LABEL: Shape = Shape {
    name: "an entry of `labels`",
    fields: &[
        ("pairs", Pairs),
        ("includeSelectors", Flag),
        ("includeTemplates", Flag),
        ("includeVolumeClaimTemplates", Flag),
        ("fields", Many(&FIELD)),
    ],
};

static OPTIONS: Shape = Shape {
    name: "the options of a generator",
    fields: &[("labels", Pairs), ("annotations", Pairs), ("disableNameSuffixHash", Flag), ("immutable", Flag)],
};

static CONFIG_MAP: Shape = Shape {
    name: "a generator",
    fields: &[
        ("name", Text),
        ("namespace", Text),
        ("behavior", Text),
        ("files", Texts),
        ("literals", Texts),
        ("envs", Texts),
        ("env", Text),
        ("options", One(&OPTIONS)),
    ],
};

static SECRET: Shape = Shape {
    name: "a generator",
    fields: &[
        ("name", Text),
        ("namespace", Text),
        ("behavior", Text),
        ("files", Texts),
        ("literals", Texts),
        ("envs", Texts),
        ("env", Text),
        ("options", One(&OPTIONS)),
        ("type", Text),
    ],
};

static PART: Shape = Shape {
    name: "the options of a replacement",
    fields: &[("delimiter", Text), ("index", Number), ("encoding", Text), ("create", Flag)],
};

static SOURCE: Shape = Shape {
    name: "the source of a replacement",
    fields: &[
        ("group", Text),
        ("version", Text),
        ("kind", Text),
        ("name", Text),
        ("namespace", Text),
        ("fieldPath", Text),
        ("options", One(&PART)),
    ],
};

static TARGET: Shape = Shape {
    name: "the target of a replacement",
    fields: &[("select", One(&SELECTOR)), ("reject", Many(&SELECTOR)), ("fieldPaths", Texts), ("options", One(&PART))],
};

static REPLACEMENT: Shape = Shape {
    name: "a replacement",
    fields: &[("path", Text), ("source", One(&SOURCE)), ("sourceValue", Text), ("targets", Many(&TARGET))],
};

static OBJECT: Shape = Shape {
    name: "the object of a variable",
    fields: &[
        ("apiVersion", Text),
        ("group", Text),
        ("version", Text),
        ("kind", Text),
        ("name", Text),
        ("namespace", Text),
    ],
};

static VALUE: Shape = Shape { name: "the field of a variable", fields: &[("fieldPath", Text)] };

static VAR: Shape =
    Shape { name: "a variable", fields: &[("name", Text), ("objref", One(&OBJECT)), ("fieldref", One(&VALUE))] };

static LEGACY: Shape =
    Shape { name: "the options of the legacy order", fields: &[("orderFirst", Texts), ("orderLast", Texts)] };

static SORT: Shape = Shape { name: "`sortOptions`", fields: &[("order", Text), ("legacySortOptions", One(&LEGACY))] };

static HELM_GLOBALS: Shape = Shape { name: "`helmGlobals`", fields: &[("chartHome", Text), ("configHome", Text)] };

static CHART: Shape = Shape {
    name: "a chart",
    fields: &[
        ("name", Text),
        ("version", Text),
        ("repo", Text),
        ("releaseName", Text),
        ("namespace", Text),
        ("additionalValuesFiles", Texts),
        ("valuesFile", Text),
        ("valuesInline", Any),
        ("valuesMerge", Text),
        ("includeCRDs", Flag),
        ("skipHooks", Flag),
        ("apiVersions", Texts),
        ("kubeVersion", Text),
        ("nameTemplate", Text),
        ("skipTests", Flag),
        ("debug", Flag),
        ("devel", Flag),
        ("passCredentials", Flag),
    ],
};

const EFFECT: &str = "kustomize cannot decode the file, and nothing is built";

/// What cannot be decoded in a kustomization.
pub(super) fn check(root: Value<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    look(root, &ROOT, &mut found);
    found
}

/// What cannot be decoded in a file of `configurations`.
pub(super) fn check_configuration(root: Value<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    look(root, &CONFIGURATION, &mut found);
    found
}

fn look(value: Value<'_>, shape: &Shape, found: &mut Vec<Diagnostic>) {
    if shape.fields.is_empty() {
        return;
    }
    for entry in value.entries() {
        let name = entry.name();
        match shape.fields.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)) {
            Some((_, form)) => fits(entry, form, found),
            None => found.push(unknown(entry, &name, shape)),
        }
    }
}

fn unknown(entry: Entry<'_>, name: &str, shape: &Shape) -> Diagnostic {
    let span = entry.key.span();
    let message = format!("unknown field `{name}` in {}", shape.name);
    let finding = Diagnostic::new(&INVALID_KUSTOMIZATION, span, message, "kustomize does not know this field")
        .effect("kustomize refuses the file, and nothing is built");
    match near::nearest(name, shape.fields.iter().map(|(known, _)| *known)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")).respell(true, span, near),
        None => finding.help("remove it, or correct its name"),
    }
}

fn fits(entry: Entry<'_>, form: &Form, found: &mut Vec<Diagnostic>) {
    let (name, value) = (entry.name(), entry.value);
    if value.is_null() {
        return;
    }
    let mut wrong =
        |value: Value<'_>, wanted: &str| found.push(mismatch(value, format!("`{name}` has to be {wanted}")));
    match form {
        Any => {}
        Text if !value.is_string() => wrong(value, "text"),
        Flag if !matches!(value.scalar(), Some(Scalar::Bool(_))) => wrong(value, "true or false"),
        Number if !matches!(value.scalar(), Some(Scalar::Int(_) | Scalar::Uint(_))) => wrong(value, "a whole number"),
        Text | Flag | Number => {}
        Texts | Many(_) if !value.is_sequence() => wrong(value, "a list"),
        Pairs | One(_) if !value.is_mapping() => wrong(value, "a map"),
        Texts => value.items().filter(|item| !is_text(*item)).for_each(|item| {
            found.push(mismatch(item, format!("an entry of `{name}` has to be text")));
        }),
        Pairs => value.entries().filter(|pair| !is_text(pair.value)).for_each(|pair| {
            found.push(mismatch(pair.value, format!("the value of `{}` in `{name}` has to be text", pair.name())));
        }),
        One(shape) => look(value, shape, found),
        Many(shape) => {
            for item in value.items().filter(|item| !item.is_null()) {
                if item.is_mapping() {
                    look(item, shape, found);
                } else {
                    found.push(mismatch(item, format!("an entry of `{name}` has to be a map")));
                }
            }
        }
    }
}

fn is_text(value: Value<'_>) -> bool {
    value.is_string() || value.is_null()
}

/// A value of another type than its field has.
fn mismatch(value: Value<'_>, message: String) -> Diagnostic {
    let is_text_wanted = message.ends_with("text");
    let span = if value.is_scalar() { value.span() } else { value.title_span() };
    let finding = Diagnostic::new(&INVALID_KUSTOMIZATION, span, message, "").effect(EFFECT);
    if value.is_scalar() && is_text_wanted && value.style() == Style::Plain {
        let raw = value.raw();
        return finding.help("put quotes around it if it is meant as text").fix(
            true,
            value.span(),
            format!("\"{raw}\""),
        );
    }
    let is_quoted = matches!(value.style(), Style::SingleQuoted | Style::DoubleQuoted);
    if value.is_scalar() && is_quoted && !is_text_wanted {
        return finding.help("remove the quotes");
    }
    finding
}
