//! `parameters` of rules in `plimsoll.yaml`, against what the rules know.

use std::collections::BTreeMap;

use super::config::RuleConfig;
use super::{RULES, Refusal, written};
use crate::check::aliases;
use crate::check::policy::{Parameters, fault, pack_rules};
use crate::model::diagnostic::Diagnostic;
use crate::model::near::nearest;
use crate::model::path::Path;
use crate::model::source::{FileId, Sources, Span};

/// The parameters of all rules, each of which the rule knows, and of its type.
///
/// # Errors
/// The first that is not.
pub(super) fn checked(
    rules: &BTreeMap<String, RuleConfig>,
    sources: &Sources,
    file: Option<FileId>,
) -> Result<Parameters, Refusal> {
    let mut parameters = Parameters::new();
    let configured: Vec<_> = rules.iter().filter(|(_, rule)| !rule.parameters.is_empty()).collect();
    let pack = if configured.is_empty() { Vec::new() } else { pack_rules() };
    for (id, rule) in configured {
        let own = aliases::resolve(id).first().copied().unwrap_or(id);
        let known = pack.iter().find(|known| known.id == *own);
        for (name, value) in &rule.parameters {
            let wrong = match known {
                Some(known) => fault(known, name, value),
                None => {
                    let near = nearest(id, pack.iter().map(|known| &*known.id));
                    let help = near.map(|near| format!("did you mean `{near}`?"));
                    let all = "`plimsoll explain RULE` names the parameters of a rule".to_owned();
                    Some((format!("`{id}` is no rule with parameters"), help.unwrap_or(all)))
                }
            };
            if let Some((message, help)) = wrong {
                let at_name = known.is_none_or(|known| known.parameters.iter().all(|own| own.name != *name));
                let path = match known {
                    Some(_) => Path::of(["rules", id, "parameters", name]),
                    None => Path::of(["rules", id]),
                };
                let span = file.map_or(Span::top(FileId(0)), |file| written::place(sources, file, &path, at_name));
                let diagnostic = Diagnostic::new(&RULES[0], span, message, "").help(help);
                return Err(Refusal::new(vec![diagnostic], sources));
            }
        }
        parameters.entry(own.to_owned()).or_default().extend(rule.parameters.clone());
    }
    Ok(parameters)
}
