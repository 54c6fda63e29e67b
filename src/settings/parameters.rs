//! `parameters` of rules in `plimsoll.yaml`, against what the rules know.

use std::collections::BTreeMap;

use super::config::RuleConfig;
use super::{RULES, Refusal};
use crate::check::aliases;
use crate::check::policy::{Parameters, fault, pack_rules};
use crate::load::yaml;
use crate::model::diagnostic::Diagnostic;
use crate::model::near::nearest;
use crate::model::node::Tree;
use crate::model::path::Path;
use crate::model::source::{FileId, Sources, Span};
use crate::model::value::Value;

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
                let span = file.map_or(Span::top(FileId(0)), |file| place(sources, file, &path, at_name));
                let diagnostic = Diagnostic::new(&RULES[0], span, message, "").help(help);
                return Err(Refusal { diagnostics: vec![diagnostic], sources: sources.clone() });
            }
        }
        parameters.entry(own.to_owned()).or_default().extend(rule.parameters.clone());
    }
    Ok(parameters)
}

/// The value at a path of the configuration, or its key.
fn place(sources: &Sources, file: FileId, path: &Path, key: bool) -> Span {
    let text = String::from_utf8_lossy(sources.text(file)).into_owned();
    let mut tree = Tree::new(file);
    let Ok(root) = yaml::parse(&text, 0..text.len(), &mut tree, &mut Default::default()) else {
        return Span::top(file);
    };
    let root = Value::new(&tree, &text, root);
    if key { path.locate(root).key_span() } else { path.span(root) }
}
