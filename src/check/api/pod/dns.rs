//! Name resolution: `validatePodDNSConfig`.

use crate::check::api::names;
use crate::check::api::object::{Field, Object, fields};
use crate::check::api::rules::{INVALID_NAME, REQUIRED_VALUE, TOO_LARGE};

/// A pod that resolves nothing by itself must say who does.
pub(super) fn policy<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>, policy: &Field<'_, 't>) {
    if policy.text().as_deref() != Some("None") {
        return;
    }
    let config = spec.get("dnsConfig");
    let servers = config.as_ref().and_then(|config| config.get("nameservers"));
    if servers.is_none_or(|servers| servers.value.is_sequence() && servers.value.is_empty()) {
        let message = format!("{} is `None`, but no nameserver is given", object.name(&policy.path()));
        let finding = object
            .refuse(&REQUIRED_VALUE, policy.path(), message, "needs `dnsConfig.nameservers`")
            .help("add `dnsConfig` with `nameservers`, or choose another policy");
        object.report(finding);
    }
}

pub(super) fn config<'t>(object: &mut Object<'_, 't>, config: &Field<'_, 't>) {
    let [servers, searches, options] = fields!(config, ["nameservers", "searches", "options"]);
    if let Some(servers) = &servers {
        object.at_most(servers, 3);
        for server in servers.items() {
            object.is_empty(&server, "an IP address");
            names::address(object, &server);
        }
    }
    if let Some(searches) = &searches {
        object.at_most(searches, 32);
        let mut length = 0;
        for search in searches.items() {
            length += search.text().map_or(0, |text| text.len() + 1);
            object.is_empty(&search, "a domain name");
            search_domain(object, &search);
        }
        if length > 2049 {
            let message = "has more than 2048 characters together, with the spaces between";
            let finding = object.wrong(&TOO_LARGE, searches, message, "too long");
            object.report(finding);
        }
    }
    for option in options.iter().flat_map(Field::items) {
        let name = option.get("name");
        if option.value.is_mapping() && name.is_none_or(|name| name.text().is_some_and(|text| text.is_empty())) {
            object.required(&option, "name");
        }
    }
}

/// `_` and a lone dot are allowed from 1.33 (`RelaxedDNSSearchValidation`).
fn search_domain<'t>(object: &mut Object<'_, 't>, search: &Field<'_, 't>) {
    let Some(text) = search.plain_text() else { return };
    let is_relaxed = object.version.minor >= 33;
    let domain = text.strip_suffix('.').unwrap_or(&text);
    let fine = if is_relaxed {
        let is_edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let is_part = |part: &str| {
            let bytes = part.as_bytes();
            bytes.first().is_some_and(|first| is_edge(*first))
                && bytes.last().is_some_and(|last| is_edge(*last))
                && bytes.iter().all(|byte| is_edge(*byte) || *byte == b'-')
        };
        text == "." || (domain.len() <= 253 && domain.split('.').all(is_part))
    } else {
        names::is_subdomain(domain)
    };
    if !fine {
        let fault = format!("is `{text}`, which is no domain name");
        let finding = object.wrong(&INVALID_NAME, search, &fault, "no domain name");
        object.report(finding);
    }
}
