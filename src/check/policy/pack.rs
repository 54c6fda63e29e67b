//! The built-in pack: which rules there are. What a rule is called, why it matters, how bad it is and which kinds it
//! looks at stands in the `# METADATA` of its own file, `policies/<category>/<id>/rule.rego`, and nowhere else.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::model::rule::{Category, Parameter, Rule, Severity};

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
    pub needs: &'static [&'static str],
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

/// What the metadata of a rule says. What is not said is empty.
struct Block {
    title: &'static str,
    description: &'static str,
    help: &'static str,
    severity: &'static str,
    /// On without being selected.
    default: bool,
    links: &'static [&'static str],
    profiles: &'static [&'static str],
    kinds: &'static [&'static str],
    needs: &'static [&'static str],
    /// Names, values without configuration as JSON, and what they do.
    parameters: &'static [(&'static str, &'static str, &'static str)],
}

/// The metadata as the build script has read them, by `<category>/<id>`, in order.
const METADATA: &[(&str, Block)] = include!(concat!(env!("OUT_DIR"), "/pack.rs"));

/// A block that lacks something fails the test of the pack.
const EMPTY: Block = Block {
    title: "",
    description: "",
    help: "",
    severity: "",
    default: true,
    links: &[],
    profiles: &[],
    kinds: &[],
    needs: &[],
    parameters: &[],
};

/// Every rule of the pack.
pub(super) static PACK: LazyLock<Vec<PackRule>> = LazyLock::new(|| TABLE.iter().map(read).collect());

/// Every rule of the built-in pack, on by default or not.
#[must_use]
pub fn pack_rules() -> Vec<Rule> {
    PACK.iter().map(|rule| rule.rule.clone()).collect()
}

fn read(entry: &Entry) -> PackRule {
    let name = |known: &&str| known.split_once('/').is_some_and(|own| own == (entry.category.as_str(), entry.id));
    let block = METADATA.iter().find(|(known, _)| name(known)).map_or(&EMPTY, |(_, block)| block);
    let parameter = |(name, default, help): &(&str, &str, &str)| Parameter {
        name: (*name).to_owned(),
        default: (*default).to_owned(),
        help: (*help).to_owned(),
    };
    let rule = Rule {
        id: Cow::Borrowed(entry.id),
        severity: super::rego::result::severity(block.severity).unwrap_or(Severity::Warning),
        default: block.default,
        title: block.title.into(),
        why: block.description.into(),
        help: block.help.into(),
        links: block.links.iter().copied().map(Cow::from).collect(),
        profiles: block.profiles.iter().copied().map(Cow::from).collect(),
        parameters: block.parameters.iter().map(parameter).collect(),
        ..Rule::new("", entry.category, Severity::Warning, "", "", "")
    };
    let kinds = Kinds::read(block.kinds.iter().copied());
    PackRule { rule, kinds, needs: block.needs, text: entry.text, native: native::of(entry.id) }
}

/// The severity that a block of a user's policy names.
pub(super) fn severity(block: &Metadata) -> Option<Severity> {
    super::rego::result::severity(&block.custom("severity")?)
}
