//! Functions of OPA that regorus lacks: conversions, lists, texts, addresses and tokens. `Err` says why a call failed.

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use regorus::Value;
use regorus::value::{Array, Object, Set};

type Answer = Result<Value, String>;

pub(super) fn text(value: &Value) -> Result<&str, String> {
    value.as_string().map(|text| &**text).map_err(|_| "it takes a text".to_owned())
}

/// `cast_array` and `cast_set`: one from the other. The `cast_…` functions are deprecated, and found in older policies.
pub fn cast_array(arguments: &[Value]) -> Answer {
    match &arguments[0] {
        Value::Set(items) => Ok(Value::from(items.iter().cloned().collect::<Array>())),
        list @ Value::Array(_) => Ok(list.clone()),
        _ => Err("it takes a list or a set".to_owned()),
    }
}

/// `cast_set`
pub fn cast_set(arguments: &[Value]) -> Answer {
    match &arguments[0] {
        Value::Array(items) => Ok(Value::from(items.iter().cloned().collect::<Set>())),
        set @ Value::Set(_) => Ok(set.clone()),
        _ => Err("it takes a list or a set".to_owned()),
    }
}

/// `cast_string` and its like: the value itself, if it is of the type.
pub fn cast(arguments: &[Value], wanted: &str) -> Answer {
    let own = match &arguments[0] {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::String(_) => "string",
        Value::Object(_) => "object",
        _ => "",
    };
    if own == wanted { Ok(arguments[0].clone()) } else { Err(format!("the value is no {wanted}")) }
}

/// `array.flatten(list)`: one level of lists in the list.
pub fn flatten(arguments: &[Value]) -> Answer {
    let items = arguments[0].as_array().map_err(|_| "it takes a list".to_owned())?;
    let mut flat = Vec::new();
    for item in items.iter() {
        match item {
            Value::Array(inner) => flat.extend(inner.iter().cloned()),
            other => flat.push(other.clone()),
        }
    }
    Ok(Value::from(flat.into_iter().collect::<Array>()))
}

/// `strings.split_n(text, delimiter, n)`: the first parts, or with a negative number the last.
pub fn split_n(arguments: &[Value]) -> Answer {
    let (whole, delimiter) = (text(&arguments[0])?, text(&arguments[1])?);
    let number = arguments[2].as_i64().map_err(|_| "it takes a whole number".to_owned())?;
    // An empty delimiter parts the characters, without regard to the ends.
    let parts: Vec<&str> = match delimiter {
        "" => whole.split("").filter(|part| !part.is_empty()).collect(),
        _ => whole.split(delimiter).collect(),
    };
    let wanted = usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX).min(parts.len());
    let chosen = if number < 0 { &parts[parts.len() - wanted..] } else { &parts[..wanted] };
    Ok(Value::from(chosen.iter().map(|part| Value::from(*part)).collect::<Array>()))
}

/// `io.jwt.decode(token)`: header, payload and signature, none of them verified.
pub fn decode_token(arguments: &[Value]) -> Answer {
    let broken = || "it is no JSON Web Token".to_owned();
    let mut parts = text(&arguments[0])?.split('.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(broken());
    };
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).or_else(|_| URL_SAFE.decode(part)).map_err(|_| broken());
    let object = |part: &str| {
        let read = String::from_utf8(bytes(part)?).ok().and_then(|text| Value::from_json_str(&text).ok());
        read.filter(|value| value.as_object().is_ok()).ok_or_else(broken)
    };
    let signature: String = bytes(signature)?.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Value::from([object(header)?, object(payload)?, Value::from(signature)].into_iter().collect::<Array>()))
}

/// `uri.parse(text)`: what Go's `net/url` makes of it, without what is empty.
pub fn parse_uri(arguments: &[Value]) -> Answer {
    let written = text(&arguments[0])?;
    let uri = Uri::read(written).ok_or_else(|| format!("`{written}` is no URI"))?;
    let path = unescaped(&uri.path).unwrap_or_default();
    // As in Go: as it is written only where that is not the usual way to write it.
    let raw_path = if escaped(&path) == uri.path { path.clone() } else { uri.path };
    let parts = [
        ("scheme", uri.scheme),
        ("hostname", uri.hostname),
        ("port", uri.port),
        ("path", path),
        ("raw_path", raw_path),
        ("raw_query", uri.query),
        ("fragment", uri.fragment),
    ];
    let parts = parts.into_iter().filter(|(_, part)| !part.is_empty());
    Ok(Value::from(parts.map(|(name, part)| (Value::from(name), Value::from(part))).collect::<Object>()))
}

/// `uri.is_valid(text)`; an empty text and anything else are not.
pub fn is_uri(arguments: &[Value]) -> Answer {
    Ok(Value::from(text(&arguments[0]).is_ok_and(|text| !text.is_empty() && Uri::read(text).is_some())))
}

struct Uri {
    scheme: String,
    hostname: String,
    port: String,
    path: String,
    query: String,
    fragment: String,
}

impl Uri {
    fn read(written: &str) -> Option<Uri> {
        if written.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
            return None;
        }
        let (rest, fragment) = written.split_once('#').unwrap_or((written, ""));
        let (scheme, rest) = match rest.find(|char: char| !char.is_ascii_alphanumeric() && !"+-.".contains(char)) {
            Some(0) if rest.starts_with(':') => return None,
            Some(end) if rest[end..].starts_with(':') && rest.as_bytes()[0].is_ascii_alphabetic() => {
                (rest[..end].to_ascii_lowercase(), &rest[end + 1..])
            }
            _ => (String::new(), rest),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None if scheme.is_empty() && rest.split('/').next().is_some_and(|first| first.contains(':')) => {
                return None;
            }
            // What is behind a scheme and has no slash is opaque: it has no path.
            None if !scheme.is_empty() && !rest.starts_with('/') => ("", ""),
            None => ("", rest),
        };
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (hostname, port) = match host.strip_prefix('[') {
            Some(inner) => {
                let (hostname, behind) = inner.split_once(']')?;
                (hostname, if behind.is_empty() { "" } else { behind.strip_prefix(':')? })
            }
            None => host.rsplit_once(':').unwrap_or((host, "")),
        };
        let is_host = |char: char| char.is_alphanumeric() || "-._~%!$&'()*+,;=:<>\"[]".contains(char);
        let sound = hostname.chars().all(is_host) && port.bytes().all(|byte| byte.is_ascii_digit());
        unescaped(path).and(unescaped(fragment))?;
        sound.then(|| Uri {
            scheme,
            hostname: hostname.to_owned(),
            port: port.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            fragment: fragment.to_owned(),
        })
    }
}

/// The path as Go writes it (`net/url`, `escape`, mode `encodePath`).
fn escaped(path: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        byte if b"-_.~$&+,/:;=@".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    path.bytes().map(byte).collect()
}

/// The text with `%41` as the byte that it is.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &behind[2..];
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::value::values;
    use super::*;

    fn json(text: &str) -> Value {
        Value::from_json_str(text).unwrap()
    }

    // The expected values are those of OPA 1.21.
    #[test]
    fn texts_are_parted_from_either_end() {
        assert_eq!(split_n(&values(r#"["a.b.c", ".", 2]"#)).unwrap(), json(r#"["a", "b"]"#));
        assert_eq!(split_n(&values(r#"["a.b.c", ".", -2]"#)).unwrap(), json(r#"["b", "c"]"#));
        assert_eq!(split_n(&values(r#"["a.b.c", ".", 9]"#)).unwrap(), json(r#"["a", "b", "c"]"#));
        assert_eq!(split_n(&values(r#"["a.b.c", ".", 0]"#)).unwrap(), json("[]"));
        assert!(split_n(&values(r#"["a", ".", "x"]"#)).is_err());
    }

    #[test]
    fn lists_and_sets_become_each_other() {
        assert_eq!(flatten(&values("[[1, [2, [3]], 4]]")).unwrap(), json("[1, 2, [3], 4]"));
        let set = cast_set(&values("[[2, 1, 2]]")).unwrap();
        assert_eq!(cast_array(&[set]).unwrap(), json("[1, 2]"));
        assert!(cast_array(&values(r#"["a"]"#)).is_err());
    }

    #[test]
    fn tokens_and_uris_are_taken_apart() {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.AQI";
        assert_eq!(decode_token(&[Value::from(token)]).unwrap(), json(r#"[{"alg": "HS256"}, {"sub": "a"}, "0102"]"#));
        assert!(decode_token(&[Value::from("a.b")]).is_err());
        let parsed = |text| parse_uri(&[Value::from(text)]);
        assert_eq!(
            parsed("https://u@example.org:8443/a%20b%41?q=1#f").unwrap(),
            json(
                r#"{"scheme": "https", "hostname": "example.org", "port": "8443", "path": "/a bA", "raw_path": "/a%20b%41",
                    "raw_query": "q=1", "fragment": "f"}"#
            )
        );
        assert_eq!(parsed("a/b").unwrap(), json(r#"{"path": "a/b", "raw_path": "a/b"}"#));
        assert_eq!(parsed("/a%20b").unwrap(), json(r#"{"path": "/a b", "raw_path": "/a b"}"#));
        assert!(parsed("http://a b").is_err() && parsed(":x").is_err() && parsed("http://a/%zz").is_err());
        assert_eq!(is_uri(&[Value::from("")]).unwrap(), Value::from(false));
    }
}
