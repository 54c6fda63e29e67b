//! The built-in pack: which rules there are. What a rule is called, why it matters, how bad it is and which kinds it
//! looks at stands in the `# METADATA` of its own file, `policies/<category>/<id>/rule.rego`, and nowhere else.

use std::borrow::Cow;
use std::sync::LazyLock;

use regorus::Value;

use crate::model::rule::{Category, Rule, Severity};

use super::kinds::Kinds;
use super::native::{self, Native};
use super::rego::metadata::Metadata;

/// A rule of the pack as it lies in `policies/`.
struct Entry {
    category: Category,
    id: &'static str,
    text: &'static str,
}

macro_rules! entry {
    ($variant:ident, $category:literal, $id:literal) => {
        Entry {
            category: Category::$variant,
            id: $id,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/", $category, "/", $id, "/rule.rego")),
        }
    };
}

macro_rules! security {
    ($id:literal) => {
        entry!(Security, "security", $id)
    };
}

macro_rules! reliability {
    ($id:literal) => {
        entry!(Reliability, "reliability", $id)
    };
}

macro_rules! hygiene {
    ($id:literal) => {
        entry!(Hygiene, "hygiene", $id)
    };
}

/// One line a rule.
const TABLE: &[Entry] = &[
    security!("anonymous-binding"),
    security!("apparmor-unconfined"),
    security!("cluster-admin-binding"),
    security!("container-runtime-socket"),
    security!("dangerous-capability"),
    security!("default-sa-binding"),
    security!("default-service-account"),
    security!("host-ipc"),
    security!("host-network"),
    security!("host-path-volume"),
    security!("host-pid"),
    security!("host-port"),
    security!("image-digest-missing"),
    security!("image-registry-allowlist"),
    security!("ingress-nginx-snippet"),
    security!("ingress-tls-missing"),
    security!("ingress-wildcard-host"),
    security!("leaked-credential"),
    security!("network-policy-allow-all"),
    security!("plaintext-secret-manifest"),
    security!("pod-security-restricted"),
    security!("privilege-escalation-allowed"),
    security!("privileged-container"),
    security!("probe-host-set"),
    security!("rbac-create-persistentvolumes"),
    security!("rbac-create-workloads"),
    security!("rbac-csr-approval"),
    security!("rbac-escalation-verbs"),
    security!("rbac-nodes-proxy"),
    security!("rbac-pod-exec"),
    security!("rbac-secrets-access"),
    security!("rbac-service-status"),
    security!("rbac-token-create"),
    security!("rbac-webhook-config"),
    security!("rbac-wildcard"),
    security!("read-only-root-filesystem"),
    security!("root-group"),
    security!("run-as-root"),
    security!("seccomp-unconfined"),
    security!("secret-from-env"),
    security!("secret-in-configmap"),
    security!("secret-in-env-literal"),
    security!("selinux-custom-options"),
    security!("sensitive-host-path"),
    security!("service-account-token-automount"),
    security!("service-external-ips"),
    security!("service-loadbalancer-open"),
    security!("service-nodeport"),
    security!("unmasked-proc-mount"),
    security!("unsafe-sysctl"),
    security!("windows-host-process"),
    security!("writable-host-path"),
    reliability!("container-resources"),
    reliability!("cpu-limit-missing"),
    reliability!("cronjob-concurrency-policy"),
    reliability!("cronjob-starting-deadline"),
    reliability!("hpa-min-replicas"),
    reliability!("job-ttl"),
    reliability!("job-ttl-gitops-hook"),
    reliability!("liveness-probe-missing"),
    reliability!("naked-pod"),
    reliability!("no-spread"),
    reliability!("pdb-blocks-eviction"),
    reliability!("probe-port-name-undefined"),
    reliability!("readiness-probe-missing"),
    hygiene!("deprecated-image-registry"),
    hygiene!("image-tag"),
    hygiene!("namespace-default"),
    hygiene!("namespace-missing"),
    hygiene!("recommended-labels"),
    hygiene!("required-labels"),
];

/// What the rules share, by the last part of its package.
pub(super) const LIBRARY: &[(&str, &str)] = &[
    ("host_path", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/lib/host_path.rego"))),
    ("rbac", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/lib/rbac.rego"))),
    ("resource", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/lib/resource.rego"))),
    ("workload", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/lib/workload.rego"))),
];

/// A rule of the pack with its metadata read.
#[derive(Debug)]
pub(super) struct PackRule {
    pub rule: Rule,
    pub kinds: Kinds,
    /// Keys and texts of which an object must have one, anywhere, for the rule to have anything to say. Empty: no such words.
    pub needs: Vec<String>,
    pub text: &'static str,
    /// The same in Rust.
    pub native: Option<Native>,
}

impl PackRule {
    /// The path of its result: `data.plimsoll.security["host-pid"].deny`.
    pub(super) fn query(&self) -> String {
        format!("data.plimsoll.{}[\"{}\"].deny", self.rule.category, self.rule.id)
    }
}

/// The metadata as the build script has read them, by `<category>/<id>`.
const METADATA: &str = include_str!(concat!(env!("OUT_DIR"), "/pack.json"));

/// Every rule of the pack.
pub(super) static PACK: LazyLock<Vec<PackRule>> = LazyLock::new(|| {
    let metadata = Value::from_json_str(METADATA).unwrap_or(Value::Undefined);
    TABLE.iter().map(|entry| read(entry, &metadata)).collect()
});

/// Every rule of the built-in pack, on by default or not.
#[must_use]
pub fn pack_rules() -> Vec<Rule> {
    PACK.iter().map(|rule| rule.rule.clone()).collect()
}

/// A block that lacks something leaves the default, and fails the test of the pack.
fn read(entry: &Entry, metadata: &Value) -> PackRule {
    let block = &metadata[format!("{}/{}", entry.category, entry.id).as_str()];
    let block = block.as_object().is_ok().then(|| Metadata::of(block.clone()));
    let text = |key| Cow::from(block.as_ref().and_then(|block| block.text(key)).unwrap_or_default());
    let rule = Rule {
        id: Cow::Borrowed(entry.id),
        severity: block.as_ref().and_then(severity).unwrap_or(Severity::Warning),
        default: block.as_ref().and_then(|block| block.switch("default")).unwrap_or(true),
        title: text("title"),
        why: text("description"),
        help: block.as_ref().and_then(|block| block.custom("help")).unwrap_or_default().into(),
        links: block.as_ref().map(Metadata::links).unwrap_or_default().into_iter().map(Cow::from).collect(),
        profiles: block
            .as_ref()
            .map(|block| block.list("profiles"))
            .unwrap_or_default()
            .into_iter()
            .map(Cow::from)
            .collect(),
        parameters: block.as_ref().map(Metadata::parameters).unwrap_or_default(),
        ..Rule::new("", entry.category, Severity::Warning, "", "", "")
    };
    let kinds = block.as_ref().map(|block| block.list("kinds")).unwrap_or_default();
    let needs = block.as_ref().map(|block| block.list("needs")).unwrap_or_default();
    let kinds = Kinds::read(kinds.iter().map(String::as_str));
    PackRule { rule, kinds, needs, text: entry.text, native: native::of(entry.id) }
}

/// The severity that a block names.
pub(super) fn severity(block: &Metadata) -> Option<Severity> {
    super::rego::result::severity(&block.custom("severity")?)
}
