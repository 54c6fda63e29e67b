//! Storage: `ValidatePersistentVolumeClaimUpdate` and `ValidatePersistentVolumeUpdate` in
//! `pkg/apis/core/validation/validation.go`.

use super::difference::between;
use super::plain::Plain;
use super::rules::STORAGE_REQUEST_REDUCED;
use super::{Update, Words, defaults};
use crate::check::schema::Version;
use crate::check::wording;
use crate::model::path::Path;

const CLAIM_REFUSED: &str = "the API server refuses the update, and Flux and Argo CD fail on the claim; to delete it, so that it \
                        can be created again, may delete its data";

const CLAIM_HELP: &str = "keep the old value, or make another claim and copy the data";

/// What a claim asks for cannot change, but for more storage and another `volumeAttributesClassName`.
pub(super) fn claim(update: &mut Update<'_, '_, '_>) {
    update.effect = CLAIM_REFUSED;
    let (Some(old), Some(new)) = (update.old.get("spec"), update.new.get("spec")) else { return };
    let (mut before, mut after) = (old.clone(), new.clone());
    if sources(new) == 0 && sources(old) == 1 {
        // The server keeps both forms, and puts the one that goes back from the one that it wrote itself
        // (`NormalizeDataSources`).
        for key in ["dataSource", "dataSourceRef"] {
            before.remove(key);
        }
    }
    for spec in [&mut before, &mut after] {
        spec.remove("volumeAttributesClassName");
        if let Some(requests) = spec.at_mut(&["resources", "requests"]) {
            requests.remove("storage");
        }
        fill_in(spec);
        defaults::strip(spec);
    }
    // The class of a claim without one, and its volume, are filled in later.
    for key in ["storageClassName", "volumeName"] {
        if before.get(key).is_none() {
            after.remove(key);
        }
    }
    let path = Path::of(["spec"]);
    update.fixed(&path, between(path.clone(), Some(&before), Some(&after)), CLAIM_HELP);
    let annotation = ["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"];
    if [update.old, update.new].iter().all(|one| one.at(&annotation).is_some()) {
        update.immutable(&annotation, CLAIM_HELP);
    }
    reduced(update);
}

fn sources(spec: &Plain) -> usize {
    ["dataSource", "dataSourceRef"].iter().filter(|key| spec.get(key).is_some()).count()
}

/// The size may grow only. From 1.32 on it may go back to what the volume really has, after a failed expansion
/// (`RecoverVolumeExpansionFailure`): what it has is not known here, and is what was asked for unless that failed.
fn reduced(update: &mut Update<'_, '_, '_>) {
    let field = ["spec", "resources", "requests", "storage"];
    let amount = |plain: &Plain| {
        let mut size = plain.at(&field)?.clone();
        size.read_amount();
        size.as_amount()
    };
    let (Some(old), Some(new)) = (amount(update.old), amount(update.new)) else { return };
    if new >= old {
        return;
    }
    let path = Path::of(field);
    let was = update.old.at(&field).map(Plain::quoted).unwrap_or_default();
    let now = update.new.at(&field).map(Plain::quoted).unwrap_or_default();
    let named = wording::field_and_place(&update.resource.kind, &path);
    let words = Words {
        span: path.span(update.resource.value),
        message: format!("{named} went from `{was}` down to `{now}`"),
        label: format!("was `{was}`"),
        path,
    };
    let help = format!("keep `{was}`, or make another claim of `{now}` and copy the data");
    let finding = update.finding(&STORAGE_REQUEST_REDUCED, words).help(help);
    update.out.push(finding);
}

/// What the server fills in in the `spec` of a claim.
pub(super) fn fill_in(spec: &mut Plain) {
    spec.default("volumeMode", || Plain::text("Filesystem"));
    if let Some(resources) = spec.get_mut("resources") {
        defaults::amounts(resources);
    }
    match (spec.get("dataSource").cloned(), spec.get("dataSourceRef").cloned()) {
        (Some(source), None) => spec.set("dataSourceRef", source),
        (None, Some(source)) if source.get("namespace").is_none_or(Plain::is_zero) => spec.set("dataSource", source),
        _ => {}
    }
}

/// Where the data of a volume lies cannot change.
pub(super) fn volume(update: &mut Update<'_, '_, '_>) {
    const HELP: &str = "keep the old value, or make another PersistentVolume";
    update.effect = CLAIM_REFUSED;
    let (Some(old), Some(new)) = (update.old.get("spec"), update.new.get("spec")) else { return };
    let names = crate::check::api::volume::SOURCES;
    let (mut before, mut after) = (Plain::empty(), Plain::empty());
    for (spec, kept) in [(old, &mut before), (new, &mut after)] {
        for name in names {
            if let Some(source) = spec.get(name) {
                let mut source = source.clone();
                defaults::source_of(name, &mut source);
                defaults::strip(&mut source);
                kept.set(name, source);
            }
        }
    }
    let secret = "controllerExpandSecretRef";
    if before.at(&["csi", secret]).is_none()
        && let Some(driver) = before.get("csi").and(after.get_mut("csi"))
    {
        driver.remove(secret);
    }
    let path = Path::of(["spec"]);
    update.fixed(&path, between(path.clone(), Some(&before), Some(&after)), HELP);
    update.immutable_or(&["spec", "volumeMode"], &Plain::text("Filesystem"), HELP);
    // Checked since `VolumeAttributesClass` is on.
    let attributes = "volumeAttributesClassName";
    if update.version >= Version::new(34) && old.get(attributes).is_some() && new.get(attributes).is_none() {
        update.immutable(&["spec", attributes], HELP);
    }
    if old.get("nodeAffinity").is_some() {
        update.immutable_with(&["spec", "nodeAffinity"], affinity, HELP);
    }
}

/// `getMaskNodeSelectorLabelChangeEqualities`: labels may go from their old names to the new ones.
fn affinity(plain: &mut Option<Plain>) {
    let Some(plain) = plain else { return };
    let terms = plain.at_mut(&["required", "nodeSelectorTerms"]);
    for term in terms.into_iter().flat_map(Plain::items_mut) {
        for expression in term.get_mut("matchExpressions").into_iter().flat_map(Plain::items_mut) {
            let new_name = match expression.get("key").and_then(Plain::as_text) {
                Some("failure-domain.beta.kubernetes.io/zone") => "topology.kubernetes.io/zone",
                Some("failure-domain.beta.kubernetes.io/region") => "topology.kubernetes.io/region",
                Some("beta.kubernetes.io/os") => "kubernetes.io/os",
                Some("beta.kubernetes.io/arch") => "kubernetes.io/arch",
                Some("beta.kubernetes.io/instance-type") => "node.kubernetes.io/instance-type",
                _ => continue,
            };
            expression.set("key", Plain::text(new_name));
        }
    }
    defaults::strip(plain);
}
