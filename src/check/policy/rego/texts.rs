//! Functions over texts that regorus has with another meaning than OPA.

use regorus::Value;

use super::bounded;
use super::extensions::failing;
use super::functions::text;

type Answer = Result<Value, String>;

/// `strings.count(text, part)`: how often, without overlaps; an empty part stands around every character.
pub fn count(arguments: &[Value]) -> Answer {
    let (whole, part) = (text(&arguments[0])?, text(&arguments[1])?);
    Ok(Value::from(whole.matches(part).count()))
}

/// `strings.replace_n({"old": "new"}, text)`: at each place the first of the old texts, in the order of their names; what
/// was put in is not looked at again (Go's `strings.NewReplacer`).
pub fn replace(arguments: &[Value]) -> Answer {
    let pairs = arguments[0].as_object().ok().and_then(|pairs| {
        let pair = |(old, new): (&Value, &Value)| Some((text(old).ok()?.to_owned(), text(new).ok()?.to_owned()));
        pairs.iter_sorted().map(pair).collect::<Option<Vec<_>>>()
    });
    let (Some(pairs), Ok(whole)) = (pairs, text(&arguments[1])) else {
        return failing(Err("it takes an object of texts, and a text".to_owned()));
    };
    let mut replaced = String::new();
    let (mut rest, mut was_empty) = (whole, false);
    loop {
        let fits = |(old, _): &&(String, String)| rest.starts_with(old.as_str()) && !(old.is_empty() && was_empty);
        let found = pairs.iter().find(fits);
        was_empty = found.is_some_and(|(old, _)| old.is_empty());
        if replaced.len() > bounded::LONGEST_TEXT {
            return bounded::text("strings.replace_n", replaced);
        }
        let next = match found {
            Some((old, new)) => {
                replaced.push_str(new);
                old.len()
            }
            None => {
                let Some(char) = rest.chars().next() else { break };
                replaced.push(char);
                char.len_utf8()
            }
        };
        rest = &rest[next..];
    }
    bounded::text("strings.replace_n", replaced)
}

/// `json.is_valid(text)`; anything else is not.
pub fn is_json(arguments: &[Value]) -> Answer {
    Ok(Value::from(text(&arguments[0]).is_ok_and(|text| Value::from_json_str(text).is_ok())))
}

/// `yaml.is_valid(text)`; anything else is not.
pub fn is_yaml(arguments: &[Value]) -> Answer {
    Ok(Value::from(text(&arguments[0]).is_ok_and(|text| Value::from_yaml_str(text).is_ok())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::value::values;
    use super::*;

    // The expected values are those of OPA 1.21.
    #[test]
    fn texts_are_replaced_in_one_pass() {
        let replaced = |arguments: &str| replace(&values(arguments)).unwrap();
        assert_eq!(replaced(r#"[{"a": "b", "b": "a"}, "abba"]"#), Value::from("baab"));
        assert_eq!(replaced(r#"[{"a": "1", "aa": "2"}, "aab"]"#), Value::from("11b"));
        assert_eq!(replaced(r#"[{"": "X"}, "ab"]"#), Value::from("XaXbX"));
        assert_eq!(replaced(r#"[{}, "é"]"#), Value::from("é"));
        assert!(replace(&values(r#"[{"a": 1}, "a"]"#)).is_err());
    }

    #[test]
    fn parts_are_counted_without_overlaps() {
        assert_eq!(count(&values(r#"["aaaa", "aa"]"#)).unwrap(), Value::from(2));
        assert_eq!(count(&values(r#"["abc", ""]"#)).unwrap(), Value::from(4));
        assert_eq!(is_json(&values("[1]")).unwrap(), Value::from(false));
        assert_eq!(is_yaml(&values(r#"["a: b"]"#)).unwrap(), Value::from(true));
    }
}
