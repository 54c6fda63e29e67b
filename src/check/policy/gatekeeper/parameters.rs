//! Whether the parameters of a constraint are what its template asks for: what the API server refuses by the definition
//! that Gatekeeper makes of the template.

use regorus::Value as Rego;

use crate::check::pattern;

/// What is wrong with a value, and where; `None` if nothing is.
pub fn fault(value: &Rego, schema: &Rego, place: &str) -> Option<String> {
    if *value == Rego::Null && schema["nullable"] == Rego::from(true) {
        return None;
    }
    let text = |key: &str| schema[key].as_string().ok().map(|text| text.to_string());
    let number = |key: &str| schema[key].as_f64().ok();
    if let Some(wanted) = text("type").filter(|wanted| !is_of(value, wanted)) {
        return (schema["x-kubernetes-int-or-string"] != Rego::from(true))
            .then(|| format!("`{place}` must be of type {wanted}"));
    }
    if let Ok(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        return Some(format!("`{place}` has a value that is not allowed"));
    }
    let outside = |size: f64, least: &str, most: &str| {
        number(least).is_some_and(|least| size < least) || number(most).is_some_and(|most| size > most)
    };
    match value {
        Rego::Object(fields) => {
            let required = schema["required"].as_array().map(|required| required.to_vec()).unwrap_or_default();
            if let Some(missing) = required.iter().find(|name| fields.get(name).is_none()) {
                return Some(format!("`{place}` lacks {missing}"));
            }
            fields.iter_sorted().find_map(|(key, value)| {
                let key = key.as_string().ok()?;
                let own = &schema["properties"][&**key];
                let own = if matches!(own, Rego::Undefined) { &schema["additionalProperties"] } else { own };
                fault(value, own, &format!("{place}.{key}"))
            })
        }
        Rego::Array(items) => {
            if outside(items.len() as f64, "minItems", "maxItems") {
                return Some(format!("`{place}` has {} items", items.len()));
            }
            let fault = |(at, item)| fault(item, &schema["items"], &format!("{place}[{at}]"));
            items.iter().enumerate().find_map(fault)
        }
        Rego::String(own) => {
            let fits = text("pattern").and_then(|wanted| pattern::compile(&wanted)).is_none_or(|is| is.is_match(own));
            let is_outside = outside(own.chars().count() as f64, "minLength", "maxLength");
            (is_outside || !fits).then(|| format!("`{place}` is a text that is not allowed"))
        }
        Rego::Number(_) => {
            let is_outside = value.as_f64().is_ok_and(|own| outside(own, "minimum", "maximum"));
            is_outside.then(|| format!("`{place}` is out of bounds"))
        }
        _ => None,
    }
}

fn is_of(value: &Rego, wanted: &str) -> bool {
    match wanted {
        "object" => value.as_object().is_ok(),
        "array" => value.as_array().is_ok(),
        "string" => value.as_string().is_ok(),
        "boolean" => value.as_bool().is_ok(),
        "integer" => value.as_i64().is_ok() || value.as_f64().is_ok_and(|number| number.fract() == 0.0),
        "number" => value.as_number().is_ok(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parameters_are_held_to_the_schema() {
        let schema = r#"{"type": "object", "required": ["repos"], "properties": {"repos": {"type": "array",
            "minItems": 1, "items": {"type": "string", "pattern": "^[a-z./]+$"}}, "mode": {"enum": ["a", "b"]},
            "most": {"type": "integer", "maximum": 5}}}"#;
        let schema = Rego::from_json_str(schema).unwrap();
        let fault = |json: &str| fault(&Rego::from_json_str(json).unwrap(), &schema, "parameters");
        assert_eq!(fault(r#"{"repos": ["a/b"], "mode": "a", "most": 5, "other": 1}"#), None);
        for (json, words) in [
            (r#"{"repos": "a"}"#, "`parameters.repos` must be of type array"),
            (r#"{"mode": "a"}"#, "`parameters` lacks \"repos\""),
            (r#"{"repos": []}"#, "`parameters.repos` has 0 items"),
            (r#"{"repos": ["A"]}"#, "`parameters.repos[0]` is a text that is not allowed"),
            (r#"{"repos": ["a"], "mode": "c"}"#, "`parameters.mode` has a value that is not allowed"),
            (r#"{"repos": ["a"], "most": 6}"#, "`parameters.most` is out of bounds"),
        ] {
            assert_eq!(fault(json).as_deref(), Some(words), "{json}");
        }
    }
}
