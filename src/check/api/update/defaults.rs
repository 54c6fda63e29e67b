//! What the server fills in before it compares: `SetDefaults_…` in `pkg/apis/core/v1/defaults.go`, the `+default` marks
//! in `k8s.io/api/core/v1/types.go`, and what a zero value means to Go.

use super::claim;
use super::plain::Plain;

/// Fields that are pointers in `k8s.io/api`, in templates of pods, volumes and claims: there `false`, 0 and `{}` are not
/// absence. A name that is a pointer in one type and none in another is not here.
const POINTERS: &[&str] = &[
    "activeDeadlineSeconds",
    "affinity",
    "allowPrivilegeEscalation",
    "apiGroup",
    "appArmorProfile",
    "automountServiceAccountToken",
    "backoffLimitPerIndex",
    "capabilities",
    "configMapRef",
    "defaultMode",
    "dnsConfig",
    "emptyDir",
    "enableServiceLinks",
    "expirationSeconds",
    "fsGroup",
    "hostProcess",
    "hostUsers",
    "labelSelector",
    "lifecycle",
    "livenessProbe",
    "maxExpirationSeconds",
    "maxFailedIndexes",
    "minDomains",
    "mode",
    "namespaceSelector",
    "nodeAffinity",
    "optional",
    "podAffinity",
    "podAntiAffinity",
    "priority",
    "privileged",
    "readOnlyRootFilesystem",
    "readinessProbe",
    "runAsGroup",
    "runAsNonRoot",
    "runAsUser",
    "seLinuxOptions",
    "securityContext",
    "selector",
    "setHostnameAsFQDN",
    "shareProcessNamespace",
    "startupProbe",
    "storageClassName",
    "succeededCount",
    "tcpSocket",
    "terminationGracePeriodSeconds",
    "tolerationSeconds",
    "valueFrom",
    "volumeAttributesClassName",
    "windowsOptions",
];

/// Mappings with keys of the author's own: every one counts, whatever its value.
const FREE: &[&str] = &[
    "annotations",
    "capacity",
    "labels",
    "limits",
    "matchLabels",
    "nodeSelector",
    "options",
    "overhead",
    "parameters",
    "requests",
    "volumeAttributes",
];

/// Removes what Go takes for absence.
pub(super) fn strip(plain: &mut Plain) {
    match plain {
        Plain::List(items) => items.iter_mut().for_each(strip),
        Plain::Map(map) => map.retain(|key, value| {
            if !(matches!(value, Plain::Map(_)) && FREE.contains(&&**key)) {
                strip(value);
            }
            POINTERS.contains(&&**key) || !value.is_zero()
        }),
        Plain::Word(_) => {}
    }
}

/// Reads the quantities of a list of resources; the server keeps thousandths (`SetDefaults_ResourceList`).
pub(super) fn amounts(resources: &mut Plain) {
    for key in ["limits", "requests"] {
        for (_, amount) in resources.get_mut(key).into_iter().flat_map(Plain::members_mut) {
            amount.read_amount();
        }
    }
}

/// A template of pods, or a pod.
pub(super) fn template(template: &mut Plain) {
    if let Some(spec) = template.get_mut("spec") {
        pod(spec);
    }
    strip(template);
}

/// `SetDefaults_PodSpec` and what it has in it. Zero values are still there afterwards.
pub(super) fn pod(spec: &mut Plain) {
    spec.default_zero("dnsPolicy", || Plain::text("ClusterFirst"));
    spec.default_zero("restartPolicy", || Plain::text("Always"));
    spec.default_zero("schedulerName", || Plain::text("default-scheduler"));
    spec.default("securityContext", Plain::empty);
    spec.default("terminationGracePeriodSeconds", || Plain::number(30));
    // `Convert_v1_PodSpec_To_core_PodSpec` in `pkg/apis/core/v1/conversion.go`: the old name of the field.
    if let Some(account) = spec.remove("serviceAccount") {
        spec.default_zero("serviceAccountName", || account);
    }
    for (_, amount) in spec.get_mut("overhead").into_iter().flat_map(Plain::members_mut) {
        amount.read_amount();
    }
    if let Some(resources) = spec.get_mut("resources") {
        amounts(resources);
    }
    for key in ["containers", "initContainers"] {
        spec.get_mut(key).into_iter().flat_map(Plain::items_mut).for_each(container);
    }
    spec.get_mut("volumes").into_iter().flat_map(Plain::items_mut).for_each(volume);
}

fn container(container: &mut Plain) {
    let policy = if is_latest(container.get("image").and_then(Plain::as_text).unwrap_or_default()) {
        "Always"
    } else {
        "IfNotPresent"
    };
    container.default_zero("imagePullPolicy", || Plain::text(policy));
    container.default_zero("terminationMessagePath", || Plain::text("/dev/termination-log"));
    container.default_zero("terminationMessagePolicy", || Plain::text("File"));
    if let Some(resources) = container.get_mut("resources") {
        amounts(resources);
    }
    for port in container.get_mut("ports").into_iter().flat_map(Plain::items_mut) {
        port.default_zero("protocol", || Plain::text("TCP"));
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe) {
            for (key, number) in
                [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
            {
                probe.default_zero(key, || Plain::number(number));
            }
            handler(probe);
        }
    }
    if let Some(lifecycle) = container.get_mut("lifecycle") {
        // Dropped unless the feature `ContainerStopSignals` is on.
        lifecycle.remove("stopSignal");
    }
    for hook in ["postStart", "preStop"] {
        if let Some(hook) = container.at_mut(&["lifecycle", hook]) {
            handler(hook);
        }
    }
    for variable in container.get_mut("env").into_iter().flat_map(Plain::items_mut) {
        if let Some(source) = variable.get_mut("valueFrom") {
            downward(source);
        }
    }
}

fn handler(handler: &mut Plain) {
    if let Some(get) = handler.get_mut("httpGet") {
        get.default_zero("path", || Plain::text("/"));
        get.default_zero("scheme", || Plain::text("HTTP"));
    }
}

/// A reference to a field of the pod, or to its resources.
fn downward(source: &mut Plain) {
    if let Some(field) = source.get_mut("fieldRef") {
        field.default_zero("apiVersion", || Plain::text("v1"));
    }
    if let Some(resource) = source.get_mut("resourceFieldRef") {
        let divisor = resource.get_mut("divisor").and_then(|divisor| {
            divisor.read_amount();
            divisor.as_amount()
        });
        if divisor == Some(crate::check::api::quantity::Quantity::ZERO) {
            resource.remove("divisor");
        }
    }
}

/// Whether an image has the tag `latest`, written or not (`parsers.ParseImageName`).
fn is_latest(image: &str) -> bool {
    if image.contains('@') {
        return false;
    }
    let name = image.rsplit('/').next().unwrap_or_default();
    name.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

/// A volume of a pod.
fn volume(volume: &mut Plain) {
    let has_source = volume.members_mut().any(|(key, _)| key != "name");
    if !has_source {
        volume.set("emptyDir", Plain::empty());
    }
    for (key, source) in volume.members_mut() {
        source_of(key, source);
    }
}

/// What is filled in in a source of a volume, of a pod or a PersistentVolume.
pub(super) fn source_of(key: &str, source: &mut Plain) {
    let text = |source: &mut Plain, key: &str, text: &str| source.default_zero(key, || Plain::text(text));
    match key {
        "emptyDir" => {
            if let Some(limit) = source.get_mut("sizeLimit") {
                limit.read_amount();
            }
        }
        "secret" | "configMap" => source.default("defaultMode", || Plain::number(0o644)),
        "downwardAPI" => {
            source.default("defaultMode", || Plain::number(0o644));
            source.get_mut("items").into_iter().flat_map(Plain::items_mut).for_each(downward);
        }
        "projected" => {
            source.default("defaultMode", || Plain::number(0o644));
            for part in source.get_mut("sources").into_iter().flat_map(Plain::items_mut) {
                if let Some(token) = part.get_mut("serviceAccountToken") {
                    token.default("expirationSeconds", || Plain::number(3600));
                }
                let files = part.at_mut(&["downwardAPI", "items"]);
                files.into_iter().flat_map(Plain::items_mut).for_each(downward);
            }
        }
        "ephemeral" => {
            if let Some(spec) = source.at_mut(&["volumeClaimTemplate", "spec"]) {
                claim::fill_in(spec);
            }
        }
        "iscsi" => text(source, "iscsiInterface", "default"),
        "rbd" => {
            text(source, "pool", "rbd");
            text(source, "user", "admin");
            text(source, "keyring", "/etc/ceph/keyring");
        }
        "azureDisk" => {
            source.default("cachingMode", || Plain::text("ReadWrite"));
            source.default("fsType", || Plain::text("ext4"));
            source.default("kind", || Plain::text("Shared"));
        }
        "scaleIO" => {
            text(source, "storageMode", "ThinProvisioned");
            text(source, "fsType", "xfs");
        }
        _ => {}
    }
}
