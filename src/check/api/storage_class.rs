//! StorageClasses: `ValidateStorageClass` in `k8s.io/kubernetes/pkg/apis/storage/validation/validation.go`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::names;
use super::object::{Field, MANY, Object, fields, is_placeholder};
use super::rules::{DUPLICATE_NAME, INVALID_NAME, REQUIRED_VALUE, TOO_LARGE};
use super::seen::Seen;

/// `maxProvisionerParameterLen`
const PARAMETERS: usize = 512;
/// `maxProvisionerParameterSize`, in bytes.
const SIZE: usize = 256 * 1024;

pub(super) fn check(object: &mut Object<'_, '_>) {
    if (object.resource.group(), &*object.resource.kind) != ("storage.k8s.io", "StorageClass") {
        return;
    }
    let root = object.root();
    let [provisioner, settings, topologies] = fields!(root, ["provisioner", "parameters", "allowedTopologies"]);
    if let Some(provisioner) = provisioner
        && let Some(text) = provisioner.plain_text()
        && !names::is_driver(&text)
    {
        let fault = format!("is `{text}`, but must be a name such as `ebs.csi.aws.com` or `example.org/name`");
        let finding = object.wrong(&INVALID_NAME, &provisioner, &fault, "not a name of a provisioner");
        object.report(finding);
    }
    if let Some(settings) = settings {
        parameters(object, &settings);
    }
    topologies.iter().for_each(|topologies| different(object, topologies));
    for topology in topologies.iter().flat_map(Field::items) {
        let expressions = topology.get("matchLabelExpressions");
        let mut keys = Seen::new();
        for expression in expressions.iter().flat_map(Field::items) {
            let [key, values] = fields!(expression, ["key", "values"]);
            if let Some(key) = key {
                names::label_key(object, &key);
                unique(object, &mut keys, &key, "key");
            }
            let mut seen = Seen::new();
            for value in values.iter().flat_map(Field::items) {
                unique(object, &mut seen, &value, "value");
            }
        }
    }
}

/// No two terms ask for the same, and none asks for nothing: the server compares each with an empty one as well
/// (`validateAllowedTopologies`).
fn different<'t>(object: &mut Object<'_, 't>, topologies: &Field<'_, 't>) {
    let mut known: Vec<(Asked<'t>, Field<'_, 't>)> = Vec::new();
    for topology in topologies.items().take(MANY) {
        let expressions = topology.get("matchLabelExpressions");
        if expressions.is_some_and(|expressions| !expressions.value.is_sequence()) {
            continue;
        }
        let asked: Option<Asked<'t>> = expressions.iter().flat_map(Field::items).map(|one| asked(&one)).collect();
        let Some(asked) = asked else { continue };
        let first = known.iter().find(|(other, _)| *other == asked).map(|(_, first)| first.path());
        let path = topology.path();
        let finding = if asked.is_empty() {
            let message = format!("{} asks for nothing", object.place(&path));
            object.refuse(&REQUIRED_VALUE, path, message, "empty").help("remove it, or name a label and its values")
        } else if let Some(first) = first {
            let message = format!("{} asks for the same as one before", object.place(&path));
            let first = object.span(&first);
            object.refuse(&DUPLICATE_NAME, path, message, "the second").cause(first, "the first").help("remove one")
        } else {
            known.push((asked, topology));
            continue;
        };
        object.report(finding);
    }
}

/// The values of each label.
type Asked<'t> = BTreeMap<Cow<'t, str>, BTreeSet<Cow<'t, str>>>;

/// `None` where something is not of its type, such as what another tool fills in.
fn asked<'t>(expression: &Field<'_, 't>) -> Option<(Cow<'t, str>, BTreeSet<Cow<'t, str>>)> {
    let values = expression.get("values");
    let is_whole = expression.value.is_mapping() && values.is_none_or(|values| values.value.is_sequence());
    let values = values.iter().flat_map(Field::items).filter_map(|value| value.text()).collect();
    is_whole.then(|| (expression.text_of("key").unwrap_or_default(), values))
}

fn unique<'t>(
    object: &mut Object<'_, 't>,
    seen: &mut Seen<'t, crate::model::source::Span>,
    field: &Field<'_, 't>,
    what: &str,
) {
    let Some(text) = field.plain_text() else { return };
    if let Some(first) = seen.before(text.clone(), field.value.span()) {
        let fault = format!("repeats the {what} `{text}`");
        let finding =
            object.wrong(&DUPLICATE_NAME, field, &fault, "the second").cause(first, "the first").help("remove one");
        object.report(finding);
    }
}

/// `validateParameters`
pub(super) fn parameters<'t>(object: &mut Object<'_, 't>, settings: &Field<'_, 't>) {
    let mut size = 0;
    let mut count = 0;
    settings.each(|name, key, value| {
        count += 1;
        size += name.len() + value.text().map_or(0, |text| text.len());
        if name.is_empty() {
            let finding = object.refuse_at(
                &INVALID_NAME,
                key,
                value.path(),
                format!("a parameter of this {} has no name", object.resource.kind),
                "no name",
            );
            object.report(finding);
        } else if is_placeholder(name) {
            count -= 1;
        }
    });
    let fault = if count > PARAMETERS {
        format!("has {count} entries, but may have {PARAMETERS}")
    } else if size > SIZE {
        format!("holds {size} bytes, but may hold {SIZE}")
    } else {
        return;
    };
    let finding = object.wrong(&TOO_LARGE, settings, &fault, "too large").help("remove what the driver does not need");
    object.report(finding);
}
