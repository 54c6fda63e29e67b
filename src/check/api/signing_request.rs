//! Requests for certificates and bundles of trusted ones: `validateCertificateSigningRequest` and
//! `ValidateClusterTrustBundle` in `k8s.io/kubernetes/pkg/apis/certificates/validation/validation.go` (1.36). The status of a
//! request is dropped on creation. What is in certificates is not read.

use super::object::{Field, Object, fields, is_placeholder, shown};
use super::rules::{INVALID_NAME, INVALID_TEXT, UNSUPPORTED_VALUE};
use super::seen::Seen;
use super::{config, names, words};
use crate::model::path::Path;

/// What may be asked for (`allValidUsages`).
const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

/// What a request in PEM begins with (`ParseCSR` in `pkg/apis/certificates/helpers.go`).
const PEM: &[u8] = b"-----BEGIN CERTIFICATE REQUEST-----";
/// What each certificate of a bundle begins with (`validateTrustBundle`).
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

pub(super) fn check(object: &mut Object<'_, '_>) {
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|spec| spec.value.is_mapping()) else { return };
    match &*object.resource.kind {
        // The beta version took usages of any sort.
        "CertificateSigningRequest" if object.resource.version() == "v1" => signing_request(object, &spec),
        "ClusterTrustBundle" => trust_bundle(object, &spec),
        _ => {}
    }
}

fn signing_request<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [request, usages, signer, time] = fields!(spec, ["request", "usages", "signerName", "expirationSeconds"]);
    request.iter().for_each(|request| self::request(object, request));
    match usages.filter(|usages| !usages.value.is_sequence() || usages.count() > 0) {
        None => object.needed(spec, "usages", "by every request", "say what the certificate is for: `client auth`"),
        Some(usages) => {
            let mut seen = Seen::new();
            for usage in usages.items() {
                object.is_empty(&usage, "a usage");
                words::one_of(object, &usage, &USAGES);
                object.unique(&mut seen, &usage, "remove one of the two");
            }
        }
    }
    if let Some(signer) = signer
        && !object.is_empty(&signer, "the name of a signer")
    {
        self::signer(object, &signer);
    }
    if let Some(time) = time.filter(|time| time.integer().is_some_and(|time| time < 600)) {
        object.out_of_range(&time, "600 or more");
    }
}

fn trust_bundle<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [signer, bundle] = fields!(spec, ["signerName", "trustBundle"]);
    signer.iter().for_each(|signer| self::signer(object, signer));
    bundle_name(object, &signer.and_then(|signer| signer.text()).unwrap_or_default());
    let no_certificate = |bundle: &Field<'_, '_>| bundle.plain_text().is_some_and(|text| !text.contains(CERTIFICATE));
    if let Some(bundle) = bundle.filter(no_certificate) {
        let finding = object
            .wrong(&INVALID_TEXT, &bundle, "holds no certificate in PEM", "no certificate")
            .help(format!("write the certificates of the authorities, each beginning with `{CERTIFICATE}`"));
        object.report(finding);
    }
}

/// `ValidateClusterTrustBundleName` in `pkg/apis/core/validation/names.go`: the signer goes first.
fn bundle_name(object: &mut Object<'_, '_>, signer: &str) {
    let Some(name) = object.resource.name().filter(|name| !is_placeholder(name) && !is_placeholder(signer)) else {
        return;
    };
    let prefix = if signer.is_empty() { String::new() } else { format!("{}:", signer.replace('/', ":")) };
    if name.strip_prefix(&*prefix).is_some_and(names::is_subdomain) {
        return;
    }
    let (wanted, help) = match signer {
        "" => ("a DNS subdomain, as there is no signer".to_owned(), "remove `:`, or add `signerName`".to_owned()),
        _ => (format!("`{prefix}` and a DNS subdomain"), format!("write `{prefix}` before the name")),
    };
    let path = Path::of(["metadata", "name"]);
    let message = format!("{} is `{name}`, but must be {wanted}", object.name(&path));
    let finding = object.refuse(&INVALID_NAME, path, message, "another signer, or none").help(help);
    object.report(finding);
}

/// Whether it is a request at all.
fn request<'t>(object: &mut Object<'_, 't>, request: &Field<'_, 't>) {
    let Some(bytes) = request.plain_text().and_then(|text| config::decode(&text)) else { return };
    // Something may still be filled in.
    let is_open = std::str::from_utf8(&bytes).is_ok_and(is_placeholder);
    if is_open || bytes.windows(PEM.len()).any(|part| part == PEM) {
        return;
    }
    let fault = "is no request for a certificate, as decoded it has no block `BEGIN CERTIFICATE REQUEST`";
    let finding = object
        .wrong(&INVALID_TEXT, request, fault, "no request in PEM")
        .help("write the request in PEM, encoded once: `base64 -w0 < request.csr`");
    object.report(finding);
}

/// `ValidateSignerName` in `pkg/apis/core/validation/names.go`
fn signer<'t>(object: &mut Object<'_, 't>, signer: &Field<'_, 't>) {
    let Some(text) = signer.plain_text() else { return };
    if text == "kubernetes.io/legacy-unknown" && object.resource.kind == "CertificateSigningRequest" {
        let finding = object
            .wrong(&UNSUPPORTED_VALUE, signer, "is a signer of the beta version alone", "not in this version")
            .help("name the signer, such as `kubernetes.io/kube-apiserver-client`");
        return object.report(finding);
    }
    let is_domain =
        |domain: &str| domain.contains('.') && domain.len() <= 253 && domain.split('.').all(names::is_label);
    let is_path = |path: &str| text.len() <= 571 && path.split('.').all(names::is_subdomain);
    if !text.split_once('/').is_some_and(|(domain, path)| is_domain(domain) && is_path(path)) {
        let fault = format!("is `{}`, but must be a domain, `/`, and a name of the signer there", shown(signer));
        let finding = object
            .wrong(&INVALID_NAME, signer, &fault, "no name of a signer")
            .help("write it as the signer's documentation does: `example.com/signer`");
        object.report(finding);
    }
}
