//! The rule `plaintext-secret-manifest`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;

use crate::model::path::Segment;
use crate::model::value::{Entry, Value};

use super::super::rego::result::Violation;
use super::{object, violation};

/// Keys of what a Secret holds beside its secrets.
const BESIDE: &str = r"(?i)(path|file|dir|url|uri|address|addr|host|hostname|port|endpoint|region|user|username|email|name|id|version|type|project|database|db|enabled|insecure|ssl|tls|mode|size|date|ca\.crt)$";

/// A switch, or an address of nothing but a host.
const OPEN: &str = r"(?i)^\s*(true|false|[a-z][a-z0-9+.-]*://[^/@?#\s]+/?)\s*$";

/// Keys of files of settings.
const SETTINGS: &str = r"\.(properties|ya?ml|json|conf|cfg|cnf|config|ini|toml|xml|txt|sh|env|sql)$";

/// A secret in a file of settings.
const CALLED: &str =
    r#"PRIVATE KEY|(?i)(password|passwd|secret|token|credential|api_?key|access_?key)["']?\s*[:=]\s*["']?[^\s"'{_$<]"#;

/// What a program compares passwords with.
const HASHED: &str = r"^\$(2[abxy]|5|6|y|apr1|argon2id?|pbkdf2[a-z0-9-]*)\$";

/// What somebody has to replace: `resource.made_up`.
const REPLACE: &str = r"(?i)^\s*(__.*__|\*+|x{3,}|((please[-_ ]?)?(replace|change|update|insert|enter|add|set|fill|put|your|my|some|todo|fixme|dummy|sample|placeholder|example|redacted)([-_ ].*|me.*|it|password|secret|token)?))\s*$";

/// The address of a secret elsewhere: `resource.made_up`.
const ADDRESS: &str = r"^(op|vault|bws|ssm|awssecret|gcpsecret|azkv)(://|:[a-zA-Z])";

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let [beside, open, settings, called, hashed, replace, address] =
        [BESIDE, OPEN, SETTINGS, CALLED, HASHED, REPLACE, ADDRESS].map(crate::check::pattern::compile);
    Some(Patterns {
        beside: beside?,
        open: open?,
        settings: settings?,
        called: called?,
        hashed: hashed?,
        made_up: [replace?, address?],
    })
});

pub(super) fn check(object: Value<'_>) -> Option<Vec<Violation>> {
    let patterns = PATTERNS.as_ref()?;
    if object::holds(object.get("sops")) || object::holds(object::annotation(object, "avp.kubernetes.io/path")) {
        return Some(Vec::new());
    }
    let plain = |field: &'static str| {
        let values = object.get(field).filter(|values| values.is_mapping())?;
        let is_plain = |entry: Entry<'_>| {
            let (key, value) = (entry.name(), entry.value.as_str());
            let is_plain = value.is_some_and(|value| patterns.is_literal(&key, &plain(field, value)));
            (key.into_owned(), is_plain)
        };
        // Of two equal keys the last one counts.
        let last: BTreeMap<String, bool> = values.entries().map(is_plain).collect();
        let keys: Vec<String> = last.into_iter().filter(|(_, is_plain)| *is_plain).map(|(key, _)| key).collect();
        let listed = match &keys[..] {
            [] => return None,
            [one] => format!("`{one}`"),
            [one, two] => format!("`{one}` and `{two}`"),
            [one, others @ ..] => format!("`{one}` and {} other values", others.len()),
        };
        let message = format!("{} holds {listed} in plain text", object::describe(object));
        Some(violation(message, vec![Segment::from(field), Segment::from(keys[0].as_str())]))
    };
    Some(["data", "stringData"].into_iter().filter_map(plain).collect())
}

/// What is written, without its base64.
fn plain<'t>(field: &str, value: Cow<'t, str>) -> Cow<'t, str> {
    match STANDARD.decode(value.as_bytes()) {
        Ok(bytes) if field == "data" => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        _ => value,
    }
}

struct Patterns {
    beside: Regex,
    open: Regex,
    settings: Regex,
    called: Regex,
    hashed: Regex,
    made_up: [Regex; 2],
}

impl Patterns {
    /// Neither empty, nor filled in later, nor encrypted, nor the address of the secret elsewhere; and not what a Secret
    /// holds beside its secrets.
    fn is_literal(&self, key: &str, value: &str) -> bool {
        let elsewhere = || {
            object::is_placeholder(value)
                || value.starts_with("ENC[")
                || value.starts_with("ref+")
                || self.beside.is_match(key)
                || self.open.is_match(value)
                || self.is_made_up(value)
                || self.hashed.is_match(value)
                || STANDARD.decode(value).is_ok_and(|bytes| self.is_made_up(&String::from_utf8_lossy(&bytes)))
                || value.to_uppercase().contains(&key.to_uppercase())
        };
        !value.trim().is_empty() && !elsewhere() && (!self.is_settings(key, value) || self.called.is_match(value))
    }

    fn is_made_up(&self, value: &str) -> bool {
        self.made_up.iter().any(|pattern| pattern.is_match(value))
    }

    /// One line is taken for a secret. A file of settings is one if something in it is called so.
    fn is_settings(&self, key: &str, value: &str) -> bool {
        value.trim().contains('\n') || self.settings.is_match(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_are_those_of_the_rule() {
        let rule =
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/security/plaintext-secret-manifest/rule.rego"));
        let shared = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/lib/resource.rego"));
        for pattern in [BESIDE, OPEN, SETTINGS, CALLED, HASHED] {
            assert!(rule.contains(&format!("`{pattern}`")), "{pattern}");
        }
        for pattern in [REPLACE, ADDRESS] {
            assert!(shared.contains(&format!("`{pattern}`")), "{pattern}");
        }
    }
}
