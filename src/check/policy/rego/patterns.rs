//! Regular expressions as Go reads them: regorus' own functions take `\d` and `\w` for more than ASCII, do not know
//! `\Q…\E`, and refuse patterns that OPA takes.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;
use regorus::Value;
use regorus::value::Array;

use crate::check::pattern;

/// Most patterns that a thread keeps.
const KEPT: usize = 1_000;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Option<Regex>>> = RefCell::default();
}

fn with<T>(pattern: &str, then: impl FnOnce(&Regex) -> T) -> Option<T> {
    COMPILED.with_borrow_mut(|known| {
        if !known.contains_key(pattern) {
            if known.len() >= KEPT {
                known.clear();
            }
            known.insert(pattern.to_owned(), pattern::compile(pattern));
        }
        known.get(pattern).and_then(Option::as_ref).map(then)
    })
}

fn texts<const N: usize>(arguments: &[Value]) -> Result<[&str; N], String> {
    let mut texts = [""; N];
    for (text, argument) in texts.iter_mut().zip(arguments) {
        *text = argument.as_string().map(|text| &**text).map_err(|_| "it takes texts".to_owned())?;
    }
    Ok(texts)
}

fn broken(pattern: &str) -> String {
    format!("`{pattern}` is no regular expression")
}

fn list<'t>(texts: impl Iterator<Item = &'t str>) -> Value {
    Value::from(texts.map(Value::from).collect::<Array>())
}

/// `regex.match(pattern, value)`
pub fn matches(arguments: &[Value]) -> Result<Value, String> {
    let [pattern, value] = texts(arguments)?;
    with(pattern, |regex| Value::from(regex.is_match(value))).ok_or_else(|| broken(pattern))
}

/// `regex.is_valid(pattern)`
pub fn is_valid(arguments: &[Value]) -> Result<Value, String> {
    let valid = texts::<1>(arguments).is_ok_and(|[pattern]| with(pattern, |_| ()).is_some());
    Ok(Value::from(valid))
}

/// `regex.split(pattern, value)`
pub fn split(arguments: &[Value]) -> Result<Value, String> {
    let [pattern, value] = texts(arguments)?;
    with(pattern, |regex| list(regex.split(value))).ok_or_else(|| broken(pattern))
}

/// `regex.find_n(pattern, value, number)`; a negative number is all.
pub fn find(arguments: &[Value]) -> Result<Value, String> {
    let [pattern, value] = texts(arguments)?;
    let number = arguments[2].as_i64().map_err(|_| "it takes a number".to_owned())?;
    let most = usize::try_from(number).unwrap_or(usize::MAX);
    let found = |regex: &Regex| list(regex.find_iter(value).take(most).map(|found| found.as_str()));
    with(pattern, found).ok_or_else(|| broken(pattern))
}

/// `regex.find_all_string_submatch_n(pattern, value, number)`: of each match its text and those of its groups.
pub fn groups(arguments: &[Value]) -> Result<Value, String> {
    let [pattern, value] = texts(arguments)?;
    let number = arguments[2].as_i64().map_err(|_| "it takes a number".to_owned())?;
    let most = usize::try_from(number).unwrap_or(usize::MAX);
    let groups = |regex: &Regex| {
        let found = regex.captures_iter(value).take(most);
        let found = found.map(|found| list(found.iter().map(|group| group.map_or("", |group| group.as_str()))));
        Value::from(found.collect::<Array>())
    };
    with(pattern, groups).ok_or_else(|| broken(pattern))
}

/// `regex.replace(value, pattern, with)`
pub fn replace(arguments: &[Value]) -> Result<Value, String> {
    let [value, pattern, instead] = texts(arguments)?;
    with(pattern, |regex| Value::from(&*regex.replace_all(value, instead))).ok_or_else(|| broken(pattern))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn patterns_are_those_of_go() {
        let values = |texts: &[&str]| texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>();
        let holds = |pattern, text| matches(&values(&[pattern, text])).unwrap() == Value::from(true);
        assert!(holds(r"^\d+$", "12") && !holds(r"^\d+$", "१२"));
        assert!(holds(r"^\Qa.b\E$", "a.b") && !holds(r"^\Qa.b\E$", "axb"));
        assert!(holds(&format!("^({}){{1,50}}$", "[a-z]{1,60}".repeat(3)), "abc"));
        assert!(matches(&values(&["(", "a"])).is_err());
        assert_eq!(is_valid(&values(&["("])).unwrap(), Value::from(false));
        assert_eq!(split(&values(&["/", "a/b"])).unwrap(), list(["a", "b"].into_iter()));
        assert_eq!(replace(&values(&["a-b", "(a)-(b)", "$2-$1"])).unwrap(), Value::from("b-a"));
        let two = [values(&["[a-z]", "abc"]), vec![Value::from(2)]].concat();
        assert_eq!(find(&two).unwrap(), list(["a", "b"].into_iter()));
        let all = [values(&["(a)(x)?", "ab a"]), vec![Value::from(-1)]].concat();
        let each = list(["a", "a", ""].into_iter());
        assert_eq!(groups(&all).unwrap(), Value::from([each.clone(), each].into_iter().collect::<Array>()));
    }
}
