//! A look inside what has the looks of a secret.

use super::pattern::Candidate;

/// Passwords that stand for a password, without `-`, `_` and capitals.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "changeit",
    "dbpassword",
    "mypassword",
    "pass",
    "passwd",
    "password",
    "placeholder",
    "postgres",
    "pwd",
    "redacted",
    "root",
    "secret",
    "test",
    "token",
    "user",
    "yourpassword",
];

/// The password of a URL is not a placeholder, a variable, or the name of its user.
pub(super) fn is_real_password(url: &Candidate<'_>) -> bool {
    let password = url.secret;
    let plain = password.replace(['-', '_'], "").to_ascii_lowercase();
    let user = url.whole.split_once("://").map_or("", |(_, rest)| rest);
    let user = user.split(':').next().unwrap_or_default();
    let is_one_character_repeated = {
        let mut characters = password.chars();
        let first = characters.next();
        characters.all(|c| Some(c) == first)
    };
    !password.starts_with(['$', '<', '{', '%', '*', '[', '(', '…'])
        && !is_one_character_repeated
        && !PLACEHOLDERS.contains(&plain.as_str())
        && password != user
}

/// The name of the maker, in base64, is in the middle; only keys of projects go without it.
pub(super) fn is_openai(key: &Candidate<'_>) -> bool {
    key.secret.contains("T3BlbkFJ") || key.secret.len() >= 100
}

/// The first part of a JSON web token says how it is signed.
pub(super) fn has_json_header(token: &Candidate<'_>) -> bool {
    let header = token.secret.split('.').next().and_then(decoded);
    header.is_some_and(|header| header.windows(5).any(|name| name == b"\"alg\""))
}

/// The first part of a bot's token is its number.
pub(super) fn begins_with_number(token: &Candidate<'_>) -> bool {
    let number = token.secret.split('.').next().and_then(decoded);
    number.is_some_and(|number| number.iter().all(u8::is_ascii_digit))
}

/// The version of an Entra client secret stands at the same place in each.
pub(super) fn has_entra_version(secret: &Candidate<'_>) -> bool {
    let bytes = secret.secret.as_bytes();
    bytes[3].is_ascii_digit() && &bytes[4..6] == b"Q~"
}

/// The number of an integration is the first 11 digits.
pub(super) fn has_notion_number(token: &Candidate<'_>) -> bool {
    let mut number = token.secret.bytes().skip("ntn_".len()).take(11);
    number.all(|byte| byte.is_ascii_digit())
}

/// 32 bytes in base64 end with one sign of padding, in a URL often in its escaped form.
pub(super) fn is_padded(signature: &Candidate<'_>) -> bool {
    ["=", "%3D", "%3d"]
        .iter()
        .any(|padding| signature.secret.ends_with(padding))
}

/// A header such as `EC PRIVATE KEY` or `PGP PRIVATE KEY BLOCK`, and not that of a certificate.
pub(super) fn is_private(key: &Candidate<'_>) -> bool {
    let label = key.whole.split("-----").nth(1).unwrap_or_default();
    label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK")
}

/// The bytes of a base64 text in either alphabet, without padding; `None` when it is none.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    Some(bytes)
}
