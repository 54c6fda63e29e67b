//! Documents that policies see as `data`, merged as OPA's loader does it: the names of folders become keys, the names of
//! files do not (`open-policy-agent/opa/v1/loader/loader.go`, `loadKnownTypes` and `mergeDocument`).

use regorus::Value as Rego;
use regorus::value::Object;

use crate::model::diagnostic::Diagnostic;
use crate::model::value::Value;

use super::POLICY_ERROR;
use super::rego::value;

/// All documents as one.
///
/// # Errors
/// A document that is no mapping, or two that say different things of one key.
pub(super) fn merged(documents: &[(Vec<String>, Value<'_>)]) -> Result<Rego, Box<Diagnostic>> {
    let mut all = Rego::new_object();
    for (keys, document) in documents {
        let problem = |message: String| Box::new(Diagnostic::new(&POLICY_ERROR, document.title_span(), message, ""));
        if !document.is_mapping() {
            return Err(problem("a data document must be a mapping".to_owned()));
        }
        let nest =
            |inner: Rego, key: &String| Rego::from([(Rego::from(key.as_str()), inner)].into_iter().collect::<Object>());
        let nested = keys.iter().rev().fold(value::document(*document), nest);
        all = merge(all, &nested).map_err(|path| {
            let message = format!("`data.{}` is defined twice, with different values", path.join("."));
            problem(message)
        })?;
    }
    Ok(all)
}

/// Both, or the path to where they contradict each other.
fn merge(all: Rego, more: &Rego) -> Result<Rego, Vec<String>> {
    match (&all, more) {
        (Rego::Object(own), Rego::Object(more)) => {
            let mut fields: std::collections::BTreeMap<Rego, Rego> =
                own.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
            for (key, value) in more.iter() {
                let merged = match fields.remove(key) {
                    Some(own) => merge(own, value).map_err(|mut path| {
                        path.insert(0, key.as_string().map(|key| key.to_string()).unwrap_or_default());
                        path
                    })?,
                    None => value.clone(),
                };
                fields.insert(key.clone(), merged);
            }
            Ok(Rego::from(fields.into_iter().collect::<Object>()))
        }
        _ if all == *more => Ok(all),
        _ => Err(Vec::new()),
    }
}
