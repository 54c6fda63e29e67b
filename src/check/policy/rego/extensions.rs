//! Functions that regorus lacks or has with another meaning than OPA, supplied as extensions, and the functions that
//! are refused by name.
//!
//! An error of an extension ends the evaluation in any mode, so a wrong argument makes the call undefined instead, as
//! it does in OPA outside its strict mode.

use std::cell::Cell;

use regorus::value::{Array, Object};
use regorus::{Engine, Value};

use super::{addresses, bounded, clock, digests, files, functions, patterns, sprintf, texts};

/// A function by name, with its number of arguments.
struct Extension {
    name: &'static str,
    arity: u8,
    call: fn(&[Value]) -> Result<Value, String>,
}

const EXTENSIONS: &[Extension] = &[
    Extension { name: "sprintf", arity: 2, call: formatted },
    Extension { name: "concat", arity: 2, call: bounded::concat },
    Extension { name: "replace", arity: 3, call: bounded::replace },
    Extension { name: "hex.encode", arity: 1, call: bounded::hex },
    Extension { name: "array.concat", arity: 2, call: bounded::lists },
    Extension { name: "net.cidr_expand", arity: 1, call: bounded::expand },
    Extension { name: "plimsoll.walk", arity: 1, call: bounded::walk },
    Extension {
        name: "plimsoll.has",
        arity: 2,
        call: |args| Ok(Value::from(args[1].as_array().is_ok_and(|all| all.contains(&args[0])))),
    },
    Extension { name: "plimsoll.text", arity: 1, call: |args| bounded::writable(&args[0]) },
    Extension { name: "plimsoll.unit", arity: 1, call: bounded::unit },
    Extension { name: "plimsoll.factor", arity: 1, call: bounded::factor },
    Extension { name: "object.subset", arity: 2, call: |args| Ok(Value::from(subset(&args[0], &args[1]))) },
    Extension { name: "numbers.range", arity: 2, call: |args| range(&args[0], &args[1], None) },
    Extension { name: "numbers.range_step", arity: 3, call: |args| range(&args[0], &args[1], Some(&args[2])) },
    Extension { name: "re_match", arity: 2, call: |args| failing(patterns::matches(args)) },
    Extension { name: "regex.match", arity: 2, call: |args| failing(patterns::matches(args)) },
    Extension { name: "regex.is_valid", arity: 1, call: patterns::is_valid },
    Extension { name: "regex.split", arity: 2, call: |args| failing(patterns::split(args)) },
    Extension { name: "regex.find_n", arity: 3, call: |args| failing(patterns::find(args)) },
    Extension { name: "regex.replace", arity: 3, call: |args| failing(patterns::replace(args)) },
    Extension { name: "regex.find_all_string_submatch_n", arity: 3, call: |args| failing(patterns::groups(args)) },
    Extension { name: "cast_array", arity: 1, call: |args| failing(functions::cast_array(args)) },
    Extension { name: "cast_set", arity: 1, call: |args| failing(functions::cast_set(args)) },
    Extension { name: "cast_string", arity: 1, call: |args| failing(functions::cast(args, "string")) },
    Extension { name: "cast_boolean", arity: 1, call: |args| failing(functions::cast(args, "boolean")) },
    Extension { name: "cast_object", arity: 1, call: |args| failing(functions::cast(args, "object")) },
    Extension { name: "cast_null", arity: 1, call: |args| failing(functions::cast(args, "null")) },
    Extension { name: "array.flatten", arity: 1, call: |args| failing(functions::flatten(args)) },
    Extension { name: "strings.split_n", arity: 3, call: |args| failing(functions::split_n(args)) },
    Extension { name: "strings.count", arity: 2, call: |args| failing(texts::count(args)) },
    Extension { name: "strings.replace_n", arity: 2, call: texts::replace },
    Extension { name: "json.is_valid", arity: 1, call: texts::is_json },
    Extension { name: "yaml.is_valid", arity: 1, call: texts::is_yaml },
    Extension { name: "crypto.md5", arity: 1, call: |args| failing(digests::md5(args)) },
    Extension { name: "crypto.sha1", arity: 1, call: |args| failing(digests::sha1(args)) },
    Extension { name: "crypto.sha256", arity: 1, call: |args| failing(digests::sha256(args)) },
    Extension { name: "crypto.hmac.md5", arity: 2, call: |args| failing(digests::hmac_md5(args)) },
    Extension { name: "crypto.hmac.sha1", arity: 2, call: |args| failing(digests::hmac_sha1(args)) },
    Extension { name: "crypto.hmac.sha256", arity: 2, call: |args| failing(digests::hmac_sha256(args)) },
    Extension { name: "crypto.hmac.sha512", arity: 2, call: |args| failing(digests::hmac_sha512(args)) },
    Extension { name: "crypto.hmac.equal", arity: 2, call: |args| failing(digests::are_equal(args)) },
    Extension { name: "io.jwt.decode", arity: 1, call: |args| failing(functions::decode_token(args)) },
    Extension { name: "uri.parse", arity: 1, call: |args| failing(functions::parse_uri(args)) },
    Extension { name: "uri.is_valid", arity: 1, call: functions::is_uri },
    Extension { name: "net.cidr_overlap", arity: 2, call: |args| failing(addresses::overlap(args)) },
    Extension { name: "net.cidr_intersects", arity: 2, call: |args| failing(addresses::intersects(args)) },
    Extension { name: "net.cidr_contains_matches", arity: 2, call: |args| failing(addresses::matches(args)) },
    Extension { name: "net.cidr_merge", arity: 1, call: |args| failing(addresses::merge(args)) },
    // The rewrite calls them otherwise, and gives two the folder of the policy.
    Extension { name: files::TEXT_FUNCTION.0, arity: 2, call: |_| failing(Err("its folder is not known".to_owned())) },
    Extension { name: files::FUNCTIONS[0].0, arity: 1, call: |_| failing(Err("its folder is not known".to_owned())) },
    Extension { name: files::FUNCTIONS[1].0, arity: 1, call: |_| failing(Err("its folder is not known".to_owned())) },
    Extension { name: "any", arity: 1, call: |args| Ok(all_of(&args[0], any)) },
    Extension { name: "all", arity: 1, call: |args| Ok(all_of(&args[0], all)) },
    Extension { name: "set_diff", arity: 2, call: difference },
    // The careful reading of a policy puts these around what it iterates and calculates with.
    Extension { name: "plimsoll.items", arity: 1, call: |args| Ok(items(&args[0])) },
    Extension { name: "plimsoll.number", arity: 1, call: |args| failing(operand(&args[0], &[Kind::Number])) },
    Extension { name: "plimsoll.term", arity: 1, call: |args| failing(operand(&args[0], &[Kind::Number, Kind::Set])) },
    Extension { name: "plimsoll.set", arity: 1, call: |args| failing(operand(&args[0], &[Kind::Set])) },
    Extension { name: "time.now_ns", arity: 0, call: clock::now_ns },
    Extension { name: "opa.runtime", arity: 0, call: |_| Ok(Value::from(Object::new())) },
];

/// What OPA answers is the whole of Go's `x509.Certificate`, for what Go's reader takes and nothing else.
const CERTIFICATES: &str = "certificates and keys are not read here: half an answer could pass for a whole one";

/// Functions that reach outside, or that only another program has.
const REFUSED: &[(&str, &str)] = &[
    ("http.send", "plimsoll opens no connections"),
    ("net.lookup_ip_addr", "plimsoll opens no connections"),
    ("providers.aws.sign_req", "plimsoll opens no connections"),
    ("crypto.x509.parse_certificates", CERTIFICATES),
    ("crypto.x509.parse_and_verify_certificates", CERTIFICATES),
    ("crypto.x509.parse_and_verify_certificates_with_options", CERTIFICATES),
    ("crypto.x509.parse_certificate_request", CERTIFICATES),
    ("crypto.x509.parse_keypair", CERTIFICATES),
    ("crypto.x509.parse_rsa_private_key", CERTIFICATES),
    ("crypto.parse_private_keys", CERTIFICATES),
    ("rand.intn", "the result would change from run to run"),
    ("uuid.rfc4122", "the result would change from run to run"),
    ("graph.reachable_paths", "the paths of a small graph can be more than fit into memory"),
    ("rego.parse_module", "not supported yet"),
    ("strings.render_template", "not supported yet"),
];

/// The names that OPA has functions under. What regorus and the extensions lack of them is no misspelling.
const NAMESPACES: &[&str] = &[
    "array.",
    "cast_",
    "crypto.",
    "graph.",
    "graphql.",
    "io.jwt.",
    "json.",
    "net.",
    "object.",
    "providers.",
    "regex.",
    "rego.",
    "strings.",
    "time.",
    "units.",
    "uri.",
    "uuid.",
];

/// Longest list that `numbers.range` makes.
const LONGEST_RANGE: i128 = 1_000_000;

/// Adds every extension.
pub fn add(engine: &mut Engine) {
    // The run begins before its first question.
    clock::now();
    for &Extension { name, arity, call } in EXTENSIONS {
        let function = move |arguments: Vec<Value>| Ok(call(&arguments).map_err(std::io::Error::other)?);
        // Fails only for a name that is taken, and these are distinct.
        let _ = engine.add_extension(name.to_owned(), arity, Box::new(function));
    }
}

/// The number of arguments of an extension.
pub fn arity(name: &str) -> Option<u8> {
    EXTENSIONS.iter().find(|extension| extension.name == name).map(|extension| extension.arity)
}

/// The names of all extensions.
pub fn names() -> impl Iterator<Item = &'static str> {
    EXTENSIONS.iter().map(|extension| extension.name)
}

/// Why a function is refused, if it is.
pub fn refused(name: &str) -> Option<&'static str> {
    if name == "time.now_ns" && clock::is_misspelt() {
        return Some("`SOURCE_DATE_EPOCH` is set, and is no number of seconds");
    }
    REFUSED.iter().find(|(refused, _)| *refused == name).map(|(_, reason)| *reason)
}

/// Whether a name that is not known may well be a function of OPA.
pub fn in_namespace(name: &str) -> bool {
    NAMESPACES.iter().any(|namespace| name.starts_with(namespace))
}

fn formatted(arguments: &[Value]) -> Result<Value, String> {
    bounded::writable(&arguments[1])?;
    Ok(match (arguments[0].as_string(), arguments[1].as_array()) {
        (Ok(format), Ok(arguments)) => bounded::text("sprintf", sprintf::sprintf(format, arguments.as_slice()))?,
        _ => Value::Undefined,
    })
}

/// Whether `sub` is part of `super`: keys with their values recursively, elements of a set, a stretch of an array.
/// regorus panics on an empty array.
fn subset(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|own| own == value || subset(own, value)))
        }
        (Value::Set(whole), Value::Set(part)) => part.is_subset(whole),
        (Value::Array(whole), Value::Set(part)) => part.iter().all(|item| whole.contains(item)),
        (Value::Array(whole), Value::Array(part)) => {
            part.is_empty() || whole.as_slice().windows(part.len()).any(|stretch| stretch == part.as_slice())
        }
        _ => false,
    }
}

fn range(from: &Value, to: &Value, step: Option<&Value>) -> Result<Value, String> {
    let whole = |value: &Value| value.as_i64().ok();
    let (Some(from), Some(to), Some(step)) = (whole(from), whole(to), step.map_or(Some(1), whole)) else {
        return failing(Err("it takes whole numbers of at most 64 bits".to_owned()));
    };
    if step <= 0 {
        return failing(Err("the step must be a positive number".to_owned()));
    }
    let distance = i128::from(to) - i128::from(from);
    let steps = distance.abs() / i128::from(step);
    if steps >= LONGEST_RANGE {
        return Err(format!("`numbers.range` would make a list of more than {LONGEST_RANGE} numbers"));
    }
    let step = if distance < 0 { -step } else { step };
    Ok(Value::from((0..=steps as i64).map(|at| Value::from(from + at * step)).collect::<Array>()))
}

thread_local! {
    static LENIENT: Cell<bool> = const { Cell::new(false) };
}

/// Whether a function that fails makes its call undefined, as in OPA, or the rule fail.
pub fn set_lenient(lenient: bool) {
    LENIENT.set(lenient);
}

/// What a failure of a function means at the moment.
pub fn failing(result: Result<Value, String>) -> Result<Value, String> {
    result.or_else(|why| if LENIENT.get() { Ok(Value::Undefined) } else { Err(why) })
}

/// What can be iterated; nothing of anything else.
fn items(value: &Value) -> Value {
    match value {
        Value::Array(_) | Value::Set(_) | Value::Object(_) => value.clone(),
        _ => Value::Undefined,
    }
}

/// What an operator takes.
#[derive(Clone, Copy)]
enum Kind {
    Number,
    Set,
}

/// An operand of an operator.
fn operand(value: &Value, kinds: &[Kind]) -> Result<Value, String> {
    let fits = kinds.iter().any(|kind| match kind {
        Kind::Number => matches!(value, Value::Number(_)),
        Kind::Set => matches!(value, Value::Set(_)),
    });
    if fits { Ok(value.clone()) } else { Err("an operator has an operand of the wrong type".to_owned()) }
}

fn any(items: &[Value]) -> bool {
    items.contains(&Value::from(true))
}

fn all(items: &[Value]) -> bool {
    items.iter().all(|item| *item == Value::from(true))
}

fn all_of(collection: &Value, test: fn(&[Value]) -> bool) -> Value {
    match collection {
        Value::Array(items) => Value::from(test(items.as_slice())),
        Value::Set(items) => Value::from(test(&items.iter().cloned().collect::<Vec<_>>())),
        _ => Value::Undefined,
    }
}

fn difference(arguments: &[Value]) -> Result<Value, String> {
    Ok(match (arguments[0].as_set(), arguments[1].as_set()) {
        (Ok(left), Ok(right)) => left.difference(right).into_value(),
        _ => Value::Undefined,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        Value::from_json_str(text).unwrap_or(Value::Undefined)
    }

    #[test]
    fn an_empty_array_is_part_of_every_array() {
        assert!(subset(&json("[1, 2]"), &json("[]")));
        assert!(subset(&json("[1, 2, 3]"), &json("[2, 3]")));
        assert!(!subset(&json("[1, 2, 3]"), &json("[1, 3]")));
        assert!(subset(&json(r#"{"a": {"b": 1, "c": 2}}"#), &json(r#"{"a": {"b": 1}}"#)));
        assert!(!subset(&json(r#"{"a": 1}"#), &json(r#"{"b": 1}"#)));
    }

    #[test]
    fn ranges_are_bounded() {
        assert_eq!(range(&json("1"), &json("3"), None), Ok(json("[1, 2, 3]")));
        assert_eq!(range(&json("3"), &json("1"), None), Ok(json("[3, 2, 1]")));
        assert_eq!(range(&json("0"), &json("10"), Some(&json("5"))), Ok(json("[0, 5, 10]")));
        assert!(range(&json("1"), &json("1000000000"), None).is_err());
    }

    #[test]
    fn any_and_all_as_opa_has_them() {
        assert_eq!(all_of(&json("[]"), any), Value::from(false));
        assert_eq!(all_of(&json("[]"), all), Value::from(true));
    }
}
