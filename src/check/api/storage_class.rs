//! StorageClasses: `ValidateStorageClass` in `k8s.io/kubernetes/pkg/apis/storage/validation/validation.go`.

use super::names;
use super::object::{Field, Object, fields, is_placeholder};
use super::rules::{DUPLICATE_NAME, INVALID_NAME, TOO_LARGE};
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
        && !names::is_qualified_name(&text.to_ascii_lowercase())
    {
        let fault = format!("is `{text}`, but must be a name such as `ebs.csi.aws.com` or `example.org/name`");
        let finding = object.wrong(&INVALID_NAME, &provisioner, &fault, "not a name of a provisioner");
        object.report(finding);
    }
    if let Some(settings) = settings {
        parameters(object, &settings);
    }
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

fn parameters<'t>(object: &mut Object<'_, 't>, settings: &Field<'_, 't>) {
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
                "a parameter of this StorageClass has no name".to_owned(),
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
