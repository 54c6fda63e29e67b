//! Functions of OPA whose result can be much larger than what they are given: a few rules that double a text would take
//! all memory. Beyond a bound they fail, however errors of functions are taken.

use std::net::IpAddr;

use regorus::Value;
use regorus::value::{Array, Set};

use super::extensions::failing;

/// The longest text that a function makes, in bytes.
pub const LONGEST_TEXT: usize = 16 << 20;

/// The longest list that a function makes.
const LONGEST_LIST: usize = 1_000_000;

type Answer = Result<Value, String>;

fn too_long(function: &str) -> Answer {
    Err(format!("`{function}` would make a text of more than {} MB", LONGEST_TEXT >> 20))
}

fn wrong(what: &str) -> Answer {
    failing(Err(format!("it takes {what}")))
}

/// `concat(delimiter, texts)`
pub fn concat(arguments: &[Value]) -> Answer {
    let texts: Vec<&Value> = match &arguments[1] {
        Value::Array(items) => items.iter().collect(),
        Value::Set(items) => items.iter().collect(),
        _ => return wrong("a text and a list or set of texts"),
    };
    let texts: Option<Vec<&str>> = texts.into_iter().map(|text| text.as_string().ok().map(|text| &**text)).collect();
    let (Ok(delimiter), Some(texts)) = (arguments[0].as_string(), texts) else {
        return wrong("a text and a list or set of texts");
    };
    let length = texts.iter().map(|text| text.len() + delimiter.len()).fold(0, usize::saturating_add);
    if length > LONGEST_TEXT { too_long("concat") } else { Ok(Value::from(texts.join(&**delimiter))) }
}

/// `replace(text, old, new)`
pub fn replace(arguments: &[Value]) -> Answer {
    let [Ok(text), Ok(old), Ok(new)] = [0, 1, 2].map(|at: usize| arguments[at].as_string()) else {
        return wrong("texts");
    };
    let grown = text.matches(&**old).count().saturating_mul(new.len()).saturating_add(text.len());
    if grown > LONGEST_TEXT { too_long("replace") } else { Ok(Value::from(text.replace(&**old, new))) }
}

/// `hex.encode(text)`
pub fn hex(arguments: &[Value]) -> Answer {
    let Ok(text) = arguments[0].as_string() else { return wrong("a text") };
    if text.len() > LONGEST_TEXT / 16 {
        return Err(format!("`hex.encode` takes at most {} MB", LONGEST_TEXT >> 24));
    }
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |number: u8| char::from(DIGITS[usize::from(number)]);
    Ok(Value::from(text.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect::<String>()))
}

/// `array.concat(list, list)`
pub fn lists(arguments: &[Value]) -> Answer {
    let (Ok(one), Ok(other)) = (arguments[0].as_array(), arguments[1].as_array()) else { return wrong("lists") };
    if one.len().saturating_add(other.len()) > LONGEST_LIST {
        return Err(format!("`array.concat` would make a list of more than {LONGEST_LIST} items"));
    }
    Ok(Value::from(one.iter().chain(other.iter()).cloned().collect::<Array>()))
}

/// `net.cidr_expand(block)`: every address in it.
pub fn expand(arguments: &[Value]) -> Answer {
    let Ok(written) = arguments[0].as_string() else { return wrong("a text") };
    let parts = written.split_once('/').and_then(|(address, length)| {
        Some((address.parse::<IpAddr>().ok()?, length.parse::<u32>().ok().filter(|_| !length.starts_with('+'))?))
    });
    let Some((address, length)) = parts.filter(|(address, length)| *length <= bits(*address)) else {
        return failing(Err(format!("`{written}` is no block of addresses")));
    };
    let host = bits(address) - length;
    if host > LONGEST_LIST.ilog2() {
        return Err(format!("`net.cidr_expand` would make a set of more than {LONGEST_LIST} addresses"));
    }
    let number = match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    let first = number >> host << host;
    let text = |number: u128| match address {
        IpAddr::V4(_) => IpAddr::V4(u32::try_from(number).unwrap_or_default().into()).to_string(),
        IpAddr::V6(_) => IpAddr::V6(number.into()).to_string(),
    };
    Ok(Value::from((0..1u128 << host).map(|at| Value::from(text(first + at))).collect::<Set>()))
}

/// The pairs of `walk(value)`: each value inside, with its path, outer ones first.
pub fn walk(arguments: &[Value]) -> Answer {
    let mut pairs = Vec::new();
    let mut open = vec![(Array::default(), arguments[0].clone())];
    while let Some((path, value)) = open.pop() {
        if pairs.len() + open.len() > LONGEST_LIST {
            return Err(format!("`walk` would go through more than {LONGEST_LIST} values"));
        }
        let first = open.len();
        let mut inside = |key: &Value, value: &Value| {
            let path = path.iter().cloned().chain([key.clone()]).collect::<Array>();
            open.push((path, value.clone()));
        };
        match &value {
            Value::Array(items) => items.iter().enumerate().for_each(|(at, item)| inside(&Value::from(at), item)),
            Value::Set(items) => items.iter().for_each(|item| inside(item, item)),
            Value::Object(fields) => fields.iter().for_each(|(key, value)| inside(key, value)),
            _ => {}
        }
        open[first..].reverse();
        pairs.push(Value::from([Value::from(path), value].into_iter().collect::<Array>()));
    }
    Ok(Value::from(pairs.into_iter().collect::<Array>()))
}

fn bits(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Whether a value is short enough to be written. One that holds another twice, and that one a third, is small in memory
/// and has no end as a text.
pub fn is_writable(value: &Value) -> bool {
    fn less(value: &Value, left: usize) -> Option<usize> {
        let left = left.checked_sub(8)?;
        match value {
            Value::String(text) => left.checked_sub(text.len()),
            Value::Array(items) => items.iter().try_fold(left, |left, item| less(item, left)),
            Value::Set(items) => items.iter().try_fold(left, |left, item| less(item, left)),
            Value::Object(fields) => fields.iter().try_fold(left, |left, (key, value)| less(value, less(key, left)?)),
            _ => Some(left),
        }
    }
    less(value, 4 * LONGEST_TEXT).is_some()
}

/// What is written as a text, if that has an end.
pub fn writable(value: &Value) -> Answer {
    if is_writable(value) { Ok(value.clone()) } else { Err("a value is too long to be written as a text".to_owned()) }
}

/// A text that another function has made, if it is not too long.
pub fn text(function: &str, text: String) -> Answer {
    if text.len() > LONGEST_TEXT { too_long(function) } else { Ok(Value::from(text)) }
}

/// What `units.parse` and `units.parse_bytes` are given, if it is no text with an exponent that would make a number of
/// millions of digits.
pub fn unit(arguments: &[Value]) -> Answer {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let is_huge = arguments[0].as_string().is_ok_and(|text| {
        text.len() > 1_000
            || text.split(['e', 'E']).skip(1).any(|power| digits(power.trim_start_matches(['+', '-'])) > 2)
    });
    if is_huge { failing(Err("the exponent is too large".to_owned())) } else { Ok(arguments[0].clone()) }
}

/// What is multiplied, if it is no number of thousands of digits: each product has as many as both factors together.
pub fn factor(arguments: &[Value]) -> Answer {
    let number = &arguments[0];
    // Most numbers are small; the text of any other is as long as its digits.
    let is_long = matches!(number, Value::Number(_)) && number.as_i64().is_err() && number.to_string().len() > 1_000;
    if is_long { Err("a number is too large to be multiplied".to_owned()) } else { Ok(number.clone()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::value::values;
    use super::*;

    #[test]
    fn small_results_are_those_of_opa() {
        assert_eq!(concat(&values(r#"["-", ["a", "b"]]"#)).unwrap(), Value::from("a-b"));
        assert_eq!(replace(&values(r#"["aba", "a", "cc"]"#)).unwrap(), Value::from("ccbcc"));
        assert_eq!(hex(&values(r#"["aé"]"#)).unwrap(), Value::from("61c3a9"));
        assert_eq!(lists(&values("[[1], [2, 3]]")).unwrap(), Value::from_json_str("[1, 2, 3]").unwrap());
        let addresses = expand(&values(r#"["10.0.0.5/31"]"#)).unwrap();
        assert_eq!(addresses, Value::from(values(r#"["10.0.0.4", "10.0.0.5"]"#).into_iter().collect::<Set>()));
        assert!(concat(&values(r#"["-", [1]]"#)).is_err() && expand(&values(r#"["x"]"#)).is_err());
    }

    #[test]
    fn large_results_are_refused() {
        let long = Value::from("x".repeat(LONGEST_TEXT / 2 + 1));
        let both = Value::from([long.clone(), long.clone()].into_iter().collect::<Array>());
        assert!(concat(&[Value::from(""), both]).is_err());
        assert!(replace(&[long.clone(), Value::from("x"), Value::from("xxx")]).is_err());
        assert!(hex(&[long]).is_err());
        assert!(expand(&values(r#"["10.0.0.0/4"]"#)).is_err());
    }
}
