//! Fields of the entries of a kustomization: kustomize decodes them strictly as well (kustomize, `api/types/`).

use crate::model::diagnostic::Diagnostic;
use crate::model::near;
use crate::model::value::Value;

use super::super::super::rules::INVALID_KUSTOMIZATION;

/// What may stand in an entry: the fields, and the entries below some of them.
struct Shape {
    name: &'static str,
    fields: &'static [&'static str],
    below: &'static [(&'static str, &'static Shape)],
}

const ID: [&str; 5] = ["group", "version", "kind", "name", "namespace"];

static SELECTOR: Shape = Shape {
    name: "a target",
    fields: &[ID[0], ID[1], ID[2], ID[3], ID[4], "labelSelector", "annotationSelector"],
    below: &[],
};

static PATCH: Shape =
    Shape { name: "a patch", fields: &["path", "patch", "target", "options"], below: &[("target", &SELECTOR)] };

static IMAGE: Shape =
    Shape { name: "an image", fields: &["name", "newName", "newTag", "digest", "tagSuffix"], below: &[] };

static REPLICA: Shape = Shape { name: "an entry of `replicas`", fields: &["name", "count"], below: &[] };

static LABEL: Shape = Shape {
    name: "an entry of `labels`",
    fields: &["pairs", "includeSelectors", "includeTemplates", "includeVolumeClaimTemplates", "fields"],
    below: &[],
};

static OPTIONS: Shape = Shape {
    name: "the options of a generator",
    fields: &["labels", "annotations", "disableNameSuffixHash", "immutable"],
    below: &[],
};

static CONFIG_MAP: Shape = Shape {
    name: "a generator",
    fields: &["name", "namespace", "behavior", "files", "literals", "envs", "env", "options"],
    below: &[("options", &OPTIONS)],
};

static SECRET: Shape = Shape {
    name: "a generator",
    fields: &["name", "namespace", "behavior", "files", "literals", "envs", "env", "options", "type"],
    below: &[("options", &OPTIONS)],
};

static SOURCE: Shape = Shape {
    name: "the source of a replacement",
    fields: &[ID[0], ID[1], ID[2], ID[3], ID[4], "fieldPath", "options"],
    below: &[],
};

static TARGET: Shape = Shape {
    name: "the target of a replacement",
    fields: &["select", "reject", "fieldPaths", "options"],
    below: &[("select", &SELECTOR), ("reject", &SELECTOR)],
};

static REPLACEMENT: Shape = Shape {
    name: "a replacement",
    fields: &["path", "source", "sourceValue", "targets"],
    below: &[("source", &SOURCE), ("targets", &TARGET)],
};

static ENTRIES: [(&str, &Shape); 10] = [
    ("patches", &PATCH),
    ("patchesJson6902", &PATCH),
    ("images", &IMAGE),
    ("imageTags", &IMAGE),
    ("replicas", &REPLICA),
    ("labels", &LABEL),
    ("configMapGenerator", &CONFIG_MAP),
    ("secretGenerator", &SECRET),
    ("generatorOptions", &OPTIONS),
    ("replacements", &REPLACEMENT),
];

/// The unknown fields of the entries below a field of a kustomization.
pub(super) fn check(field: &str, value: Value<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let Some((_, shape)) = ENTRIES.iter().find(|(name, _)| field.eq_ignore_ascii_case(name)) {
        look(value, shape, &mut found);
    }
    found
}

fn look(value: Value<'_>, shape: &Shape, found: &mut Vec<Diagnostic>) {
    for item in value.items().filter(|item| item.is_mapping()) {
        look(item, shape, found);
    }
    for entry in value.entries() {
        let name = entry.name();
        if let Some((_, below)) = shape.below.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)) {
            look(entry.value, below, found);
        }
        if shape.fields.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            continue;
        }
        let span = entry.key.span();
        let message = format!("unknown field `{name}` in {}", shape.name);
        let finding = Diagnostic::new(&INVALID_KUSTOMIZATION, span, message, "kustomize does not know this field")
            .effect("kustomize refuses the file, and nothing is built");
        found.push(match near::nearest(&name, shape.fields.iter().copied()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(true, span, near),
            None => finding.help("remove it, or correct its name"),
        });
    }
}
