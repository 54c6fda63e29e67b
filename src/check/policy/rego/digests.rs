//! `crypto.…`: digests of texts, in hexadecimal. What policies do with them is to compare, so that a weak one is no harm.

use regorus::Value;

use super::functions::text;
use crate::model::digest;

type Answer = Result<Value, String>;

fn of_one(arguments: &[Value], digest: fn(&[u8]) -> String) -> Answer {
    Ok(Value::from(digest(text(&arguments[0])?.as_bytes())))
}

fn keyed(arguments: &[Value], digest: fn(&[u8], &[u8]) -> String) -> Answer {
    Ok(Value::from(digest(text(&arguments[0])?.as_bytes(), text(&arguments[1])?.as_bytes())))
}

/// `crypto.md5(text)`
pub fn md5(arguments: &[Value]) -> Answer {
    of_one(arguments, digest::md5)
}

/// `crypto.sha1(text)`
pub fn sha1(arguments: &[Value]) -> Answer {
    of_one(arguments, digest::sha1)
}

/// `crypto.sha256(text)`
pub fn sha256(arguments: &[Value]) -> Answer {
    of_one(arguments, digest::sha256)
}

/// `crypto.hmac.md5(text, key)`
pub fn hmac_md5(arguments: &[Value]) -> Answer {
    keyed(arguments, digest::hmac_md5)
}

/// `crypto.hmac.sha1(text, key)`
pub fn hmac_sha1(arguments: &[Value]) -> Answer {
    keyed(arguments, digest::hmac_sha1)
}

/// `crypto.hmac.sha256(text, key)`
pub fn hmac_sha256(arguments: &[Value]) -> Answer {
    keyed(arguments, digest::hmac_sha256)
}

/// `crypto.hmac.sha512(text, key)`
pub fn hmac_sha512(arguments: &[Value]) -> Answer {
    keyed(arguments, digest::hmac_sha512)
}

/// `crypto.hmac.equal(one, other)`
pub fn are_equal(arguments: &[Value]) -> Answer {
    Ok(Value::from(text(&arguments[0])? == text(&arguments[1])?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    // The expected values are those of coreutils and OpenSSL.
    #[test]
    fn digests_are_those_of_everybody() {
        let of = |texts: &[&str]| texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>();
        assert_eq!(md5(&of(&["a"])).unwrap(), Value::from("0cc175b9c0f1b6a831c399e269772661"));
        assert_eq!(sha1(&of(&["a"])).unwrap(), Value::from("86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"));
        let sha256 = sha256(&of(&["a"])).unwrap();
        assert_eq!(sha256, Value::from("ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"));
        assert_eq!(hmac_md5(&of(&["a", "k"])).unwrap(), Value::from("ddcf3d210049e7135f61affae73731cd"));
        assert_eq!(hmac_sha1(&of(&["a", "k"])).unwrap(), Value::from("40e7d441cadb17b07f050341aa23a6820ed81c8b"));
        assert_eq!(
            hmac_sha256(&of(&["a", "k"])).unwrap(),
            Value::from("78da91511e675587f5b9df78bedebaf5560da2abb88162ee875dcdf744951d9e")
        );
        assert_eq!(
            hmac_sha512(&of(&["a", "k"])).unwrap(),
            Value::from(
                "82e0c15e0d62ab17984bea225bf7d28ad54f343dd6520c283c3a2cd43852a2f79c349cc9b7583317399ee38d722489b45a942667e55bc38c42a5bb203c0900c7"
            )
        );
        assert_eq!(are_equal(&of(&["a", "k"])).unwrap(), Value::from(false));
        assert!(md5(&[Value::from(1)]).is_err());
    }
}
