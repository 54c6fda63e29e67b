//! Digests as people write them, in hexadecimal.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The SHA-256 of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// The SHA-1, which vouches for nothing.
#[must_use]
pub fn sha1(bytes: &[u8]) -> String {
    hexadecimal(&Sha1::digest(bytes))
}

/// The MD5, which vouches for nothing.
#[must_use]
pub fn md5(bytes: &[u8]) -> String {
    hexadecimal(&Md5::digest(bytes))
}

fn code<M: Mac + KeyInit>(bytes: &[u8], key: &[u8]) -> String {
    // A key of any length is taken.
    let Ok(mut code) = <M as KeyInit>::new_from_slice(key) else { return String::new() };
    code.update(bytes);
    hexadecimal(&code.finalize().into_bytes())
}

/// The keyed digest (HMAC) with MD5.
#[must_use]
pub fn hmac_md5(bytes: &[u8], key: &[u8]) -> String {
    code::<Hmac<Md5>>(bytes, key)
}

/// The keyed digest (HMAC) with SHA-1.
#[must_use]
pub fn hmac_sha1(bytes: &[u8], key: &[u8]) -> String {
    code::<Hmac<Sha1>>(bytes, key)
}

/// The keyed digest (HMAC) with SHA-256.
#[must_use]
pub fn hmac_sha256(bytes: &[u8], key: &[u8]) -> String {
    code::<Hmac<Sha256>>(bytes, key)
}

/// The keyed digest (HMAC) with SHA-512.
#[must_use]
pub fn hmac_sha512(bytes: &[u8], key: &[u8]) -> String {
    code::<Hmac<Sha512>>(bytes, key)
}
