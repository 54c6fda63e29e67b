//! What the configuration can change about a rule of the pack: its metadata names the parameters with their defaults, and
//! the rule reads them as `data.plimsoll.parameters["<rule-id>"].<name>`.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::model::near::nearest;
use crate::model::rule::{Parameter, Rule};

/// The configured parameters of rules, by rule and name.
pub type Parameters = BTreeMap<String, BTreeMap<String, Json>>;

/// The package with the parameters of a rule, configured or not; `None` if it has none.
pub(super) fn module(rule: &Rule, configured: &Parameters) -> Option<String> {
    if rule.parameters.is_empty() {
        return None;
    }
    let own = configured.get(&*rule.id);
    let mut text = format!("package plimsoll.parameters[\"{}\"]\n", rule.id);
    for Parameter { name, default, .. } in &rule.parameters {
        let value = own.and_then(|own| own.get(name)).map_or_else(|| default.clone(), Json::to_string);
        text.push_str(&format!("\n{name} := {value}\n"));
    }
    Some(text)
}

/// What is wrong with a parameter that is configured, and how to mend it.
#[must_use]
pub fn fault(rule: &Rule, name: &str, value: &Json) -> Option<(String, String)> {
    let Some(known) = rule.parameters.iter().find(|parameter| parameter.name == name) else {
        let names: Vec<String> = rule.parameters.iter().map(|parameter| format!("`{}`", parameter.name)).collect();
        let near = nearest(name, rule.parameters.iter().map(|parameter| &*parameter.name));
        let help = match (near, names.as_slice()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, []) => format!("`{}` has no parameters", rule.id),
            (None, names) => format!("`{}` has {}", rule.id, names.join(", ")),
        };
        return Some((format!("unknown parameter `{name}` of the rule `{}`", rule.id), help));
    };
    let default: Json = serde_json::from_str(&known.default).ok()?;
    let fits = match (&default, value) {
        // The numbers of the pack count something.
        (Json::Number(_), Json::Number(number)) => number.as_u64().is_some(),
        (Json::Array(_), Json::Array(items)) => items.iter().all(Json::is_string),
        (default, value) => word(default) == word(value),
    };
    let message = || format!("the parameter `{name}` of the rule `{}` is no {}", rule.id, word(&default));
    (!fits).then(|| (message(), format!("{}; without configuration it is `{}`", known.help, known.default)))
}

/// The type of a value, as messages call it.
fn word(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "switch",
        Json::Number(_) => "whole number",
        Json::String(_) => "text",
        Json::Array(_) => "list of texts",
        Json::Object(_) => "mapping",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rule::{Category, Severity};
    use serde_json::json;

    fn rule() -> Rule {
        let parameter = |name: &str, default: &str| Parameter {
            name: name.to_owned(),
            default: default.to_owned(),
            help: "what it does".to_owned(),
        };
        let parameters = vec![parameter("allowed", "[]"), parameter("least", "2")];
        Rule { parameters, ..Rule::new("image-tag", Category::Hygiene, Severity::Warning, "", "", "") }
    }

    #[test]
    fn defaults_stand_where_nothing_is_configured() {
        let configured = [("image-tag".to_owned(), [("least".to_owned(), json!(3))].into())].into();
        assert_eq!(
            module(&rule(), &configured).as_deref(),
            Some("package plimsoll.parameters[\"image-tag\"]\n\nallowed := []\n\nleast := 3\n")
        );
    }

    #[test]
    fn names_and_types_are_checked() {
        assert_eq!(fault(&rule(), "allowed", &json!(["dev-*"])), None);
        assert_eq!(fault(&rule(), "least", &json!(3)), None);
        let message = |name, value| fault(&rule(), name, &value).map(|(message, _)| message).unwrap_or_default();
        assert_eq!(message("allow", json!([])), "unknown parameter `allow` of the rule `image-tag`");
        assert_eq!(
            message("allowed", json!("dev-*")),
            "the parameter `allowed` of the rule `image-tag` is no list of texts"
        );
        assert_eq!(
            message("allowed", json!([1])),
            "the parameter `allowed` of the rule `image-tag` is no list of texts"
        );
        assert_eq!(message("least", json!(-1)), "the parameter `least` of the rule `image-tag` is no whole number");
    }
}
