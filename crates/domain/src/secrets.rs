//! Secrets by their looks: keys, tokens and passwords that should not be remembered by accident.
//!
//! [`find`] knows the formats that their makers publish, or that are the same for years: a prefix,
//! an alphabet, a length. It does not guess: a `password = …` of no known format passes, because
//! notes about code are full of such lines, and who is refused too often learns to insist always.
//! Nor does it decode: a secret that is broken over two lines, or hidden in base64, passes as well.
//! What is plainly a placeholder is no secret: `xxxx…`, `…EXAMPLE`, `postgres:postgres@localhost`.
//!
//! The formats are those of the makers' documentation (GitHub, AWS, Slack, Stripe, Anthropic,
//! Microsoft, RFC 7468 for private keys, RFC 7519 for JSON web tokens), compared with the public
//! rules of gitleaks, `TruffleHog`, detect-secrets and GitHub's secret scanning.
//!
//! **Invariant:** finding is total and takes time linear in the text. A rule begins only where its
//! own characters do not come before, so no run of characters is read again from its middle.

mod pattern;
mod plausible;
mod rules;

use std::sync::LazyLock;

use self::pattern::{Candidate, Rule};
use self::rules::RULES;

/// Where in a text a secret is, and what it is. Never holds the secret itself, so it may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Found {
    /// What a person calls it, as "GitHub token".
    pub kind: &'static str,
    /// The byte of the text at which it begins.
    pub start: usize,
    /// The byte of the text after its end; always more than `start`.
    pub end: usize,
}

/// Returns the secrets in a text in order, one for each place: the longest where several begin.
///
/// Both ends of what is found are at the borders of characters, and no two overlap.
///
/// ```
/// use memorygraph_domain::secrets::find;
///
/// let text = "DATABASE_URL=postgres://app:s3cr3t-Pw9@db.internal/app";
/// let found = find(text);
/// assert_eq!(found[0].kind, "password in a URL");
/// assert_eq!(&text[found[0].start..found[0].end], "s3cr3t-Pw9");
/// assert!(find("postgres://app:${PASSWORD}@db.internal/app").is_empty());
/// ```
pub fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        let candidates = RULES_BY_FIRST_BYTE[usize::from(*byte)]
            .iter()
            .filter_map(|rule| rule.matched(text, at));
        let longest = candidates.max_by_key(Candidate::length);
        at = longest.as_ref().map_or(at + 1, Candidate::after);
        found.extend(longest.map(|candidate| candidate.found()));
    }
    found
}

/// The rules that can begin with a byte, so that most bytes of most texts are passed over at once.
static RULES_BY_FIRST_BYTE: LazyLock<Vec<Vec<&'static Rule>>> = LazyLock::new(|| {
    let beginning_with = |byte| RULES.iter().filter(move |rule| rule.can_begin_with(byte));
    (0..=u8::MAX)
        .map(|byte| beginning_with(byte).collect())
        .collect()
});

#[cfg(test)]
mod tests;
