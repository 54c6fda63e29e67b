//! What the API server's own validation refuses: the rules that Kubernetes writes by hand in Go, and that no schema has.
//!
//! One file for each kind or concern. `object` is what rules are written with: [`object::Field`] is a value with the way
//! to it, [`object::Object`] takes findings. Rules see the object as it is written and must allow for what the server
//! fills in before it validates (defaults). A value of a wrong type is `check::schema`'s to report, and is silently
//! passed over here.
//!
//! Sources are named at each rule; without a version they are those of Kubernetes 1.34.

mod admission_policy;
mod api_service;
mod attachment;
mod autoscaler;
mod claim;
mod config;
mod custom_definition;
mod device_slice;
mod devices;
mod disruption_budget;
mod endpoint_slice;
mod endpoints;
mod fields;
mod flow;
mod ingress;
mod ingress_class;
mod lease;
mod metadata;
mod names;
mod network_policy;
mod nodes;
mod object;
mod pod;
mod priority_class;
mod quantity;
mod quota;
mod rbac;
mod rollout;
mod rules;
mod seen;
mod selector;
mod service;
mod service_range;
mod signing_request;
mod storage_class;
mod syntax;
pub mod update;
mod volume;
mod warnings;
mod webhook;
mod words;
mod workloads;

use crate::check::schema::Version;
use crate::model::diagnostic::Diagnostic;
use crate::model::resource::Resource;
use crate::model::rule::Severity;

pub use rules::{RULES, UNSUPPORTED_VALUE};

use object::Object;

/// Entries of a list with the same key are a warning to those who send the object whole, and an error to those who apply
/// it server-side, as Flux does: `duplicate entries for key` of `sigs.k8s.io/structured-merge-diff`.
pub fn apply_server_side(findings: &mut [Diagnostic]) {
    let is_about_keys = |finding: &&mut Diagnostic| rules::KEYED.iter().any(|rule| rule.id == finding.rule);
    for finding in findings.iter_mut().filter(is_about_keys) {
        finding.severity = Severity::Error;
        finding.effect = Some("Flux applies server-side, and the API server then refuses the object".into());
    }
}

/// Checks a whole object of a custom kind, as far as its controller has rules of the API server's own.
pub fn check_custom(resource: &Resource<'_>, version: Version, out: &mut Vec<Diagnostic>) {
    rollout::check(resource, version, out);
}

/// Checks a whole object of a built-in kind that the schemas of `version` have.
pub fn check(resource: &Resource<'_>, version: Version, out: &mut Vec<Diagnostic>) {
    let mut object = Object::new(resource, version, out);
    metadata::check(&mut object);
    match resource.group() {
        "" => {
            warnings::check(&mut object);
            workloads::check(&mut object);
            service::check(&mut object);
            config::check(&mut object);
            volume::check(&mut object);
            quota::check(&mut object);
            endpoints::check(&mut object);
            nodes::node(&mut object);
            metadata::namespaces(&mut object);
        }
        "apps" | "batch" => workloads::check(&mut object),
        "autoscaling" => autoscaler::check(&mut object),
        "policy" => disruption_budget::check(&mut object),
        "networking.k8s.io" => {
            ingress::check(&mut object);
            ingress_class::check(&mut object);
            network_policy::check(&mut object);
            service_range::check(&mut object);
            service_range::address(&mut object);
        }
        "rbac.authorization.k8s.io" => rbac::check(&mut object),
        "storage.k8s.io" => {
            storage_class::check(&mut object);
            words::storage_driver(&mut object);
            words::volume_attributes(&mut object);
            nodes::drivers(&mut object);
            attachment::volume(&mut object);
            attachment::capacity(&mut object);
        }
        "coordination.k8s.io" => lease::check(&mut object),
        "certificates.k8s.io" => signing_request::check(&mut object),
        "discovery.k8s.io" => endpoint_slice::check(&mut object),
        "flowcontrol.apiserver.k8s.io" => flow::check(&mut object),
        "apiregistration.k8s.io" => api_service::check(&mut object),
        "resource.k8s.io" => devices::check(&mut object),
        "scheduling.k8s.io" => priority_class::check(&mut object),
        "node.k8s.io" => words::runtime_class(&mut object),
        "apiextensions.k8s.io" => custom_definition::check(&mut object),
        "admissionregistration.k8s.io" => {
            webhook::check(&mut object);
            admission_policy::check(&mut object);
        }
        _ => {}
    }
}
