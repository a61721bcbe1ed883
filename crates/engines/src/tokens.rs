//! Tokens as a primary takes them: a JWT, signed with Ed25519.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

/// A pair of keys: the public one for the server, and tokens that the secret one has signed.
#[derive(Debug)]
pub struct Tokens {
    keys: Ed25519KeyPair,
}

impl Tokens {
    /// Makes a pair that nobody else has.
    #[expect(
        clippy::new_without_default,
        reason = "no two pairs are equal, so none is the default"
    )]
    pub fn new() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .expect("the system has random bytes");
        let keys = Ed25519KeyPair::from_pkcs8(document.as_ref())
            .expect("a document of this library is read by it");
        Self { keys }
    }

    /// Returns what goes into the file that `--auth-jwt-key-file` names.
    pub fn key_file_content(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.keys.public_key())
    }

    /// Returns a token that may do everything for an hour.
    pub fn read_write(&self) -> String {
        self.sign(&json!({"a": "rw", "exp": in_seconds(3600)}))
    }

    /// Returns a token that may read for an hour.
    pub fn read_only(&self) -> String {
        self.sign(&json!({"a": "ro", "exp": in_seconds(3600)}))
    }

    /// Returns a token that could do everything until an hour ago.
    pub fn expired(&self) -> String {
        self.sign(&json!({"a": "rw", "exp": in_seconds(-3600)}))
    }

    /// Returns a token that may do everything elsewhere: another key has signed it.
    pub fn of_another_key(&self) -> String {
        Self::new().read_write()
    }

    /// Returns a token that may do everything for `seconds` from now; servers are lenient by some.
    pub fn read_write_for(&self, seconds: i64) -> String {
        self.sign(&json!({"a": "rw", "exp": in_seconds(seconds)}))
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "EdDSA", "typ": "JWT"});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.keys.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

/// A moment as tokens write it: seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the server compares with the time of the system, which it asks itself"
)]
fn in_seconds(seconds: i64) -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is later than 1970");
    i64::try_from(now.as_secs()).expect("seconds fit for a long time") + seconds
}
