//! Text as terms: what a memory says, and what a question asks for.
//!
//! The storage engines index text with FTS5 and the tokenizer
//! `porter unicode61 remove_diacritics 2`. [`terms`] gives exactly the terms that FTS5 finds in a
//! text. What FTS5 cannot see, [`expansion`] writes as extra words, to be indexed in a column of
//! their own: parts of camelCase identifiers, pairs of neighbours in scripts without spaces,
//! emoji, letters without accents. [`question`] asks for a word in both ways at once.
//!
//! **Invariant:** all functions here are total, take time linear in the text (times the logarithm
//! of its length at most), and depend on nothing but their arguments.

mod letters;
mod question;
mod similarity;
mod stem;
mod stop_words;
mod tally;
mod words;

use std::{
    borrow::{Borrow, Cow},
    collections::HashMap,
    fmt,
};

use unicode_normalization::UnicodeNormalization;

pub use question::{MAX_QUERY_TERMS, QueryTerm, Question, Word, question};
pub use similarity::{Trigrams, similarity};
pub use tally::Tally;

pub(crate) use self::stop_words::is_stop_word;

use self::letters::{Indexed, indexed, lower_case};
use self::words::{normalised, without_marks, words};

/// One word as the index knows it: case and accents folded, an English suffix stripped.
///
/// Never empty, and made of characters that FTS5 takes for letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(String);

impl Term {
    /// Returns the term as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Term {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Lets a map from terms be asked with a `&str`.
impl Borrow<str> for Term {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Term {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// FTS5 indexes the first 32,768 bytes of a token (`FTS5_MAX_TOKEN_SIZE`); a character that does
/// not fit whole is left out here, and split there.
const LONGEST_TOKEN: usize = 32_768;

/// Returns the terms of a text in order, with repeats: what FTS5 indexes for it.
pub fn terms(text: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    each_term(text, |term| terms.push(Term(term.to_owned())));
    terms
}

/// Calls `found` with each of the [`terms`] of a text, without keeping any.
pub fn each_term(text: &str, mut found: impl FnMut(&str)) {
    each_token(text, |token| {
        stem::stem(token);
        found(token);
    });
}

/// Calls `found` with each token of a text: a term before its suffix is stripped.
fn each_token(text: &str, mut found: impl FnMut(&mut String)) {
    let mut token = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        // Most of most texts are runs of ASCII letters and digits: these are taken at once.
        let run = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        if run > 0 {
            let room = LONGEST_TOKEN.saturating_sub(token.len());
            let start = token.len();
            token.push_str(&rest[..run.min(room)]);
            token[start..].make_ascii_lowercase();
            rest = &rest[run..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match indexed(c) {
            Indexed::As(folded) => {
                if token.len() + folded.len_utf8() <= LONGEST_TOKEN {
                    token.push(folded);
                }
            }
            Indexed::Accent => {}
            Indexed::Separator => {
                if !token.is_empty() {
                    found(&mut token);
                    token.clear();
                }
            }
        }
    }
    if !token.is_empty() {
        found(&mut token);
    }
}

/// Returns the words that make findable what FTS5 cannot see in a text, joined by spaces.
///
/// Their terms are distinct, in order of appearance, and none is among the terms of the text.
/// They are:
///
/// - the parts of camelCase words, and of `python3` the `python`
/// - of scripts without spaces and of Korean, all pairs of neighbours, Han characters and Hangul
///   syllables also alone; of a run of one character, that
/// - emoji, as `u1f680`, and flags, as `u1f1ebu1f1f7`
/// - C# as `csharp`, C++ as `cplusplus`
/// - words as they are without accents, half and full width, ligatures and joined forms, where
///   FTS5 keeps these or splits at them
///
/// # Examples
///
/// ```
/// use memorygraph_domain::text::expansion;
///
/// assert_eq!(expansion("getUserById failed 🚀"), "get user by id u1f680");
/// assert_eq!(expansion("plain English text"), "");
/// ```
pub fn expansion(text: &str) -> String {
    let mut written: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    each_form(text, |token| {
        let form = token.clone();
        stem::stem(token);
        if !places.contains_key(token) {
            places.insert(token.clone(), written.len());
            written.push(form);
        }
    });
    if written.is_empty() {
        return String::new();
    }
    // A stem begins as its word does, so most words of the text need none.
    let first = |term: &str| usize::from(term.as_bytes().first().copied().unwrap_or_default());
    let mut begins = [false; 256];
    for term in places.keys() {
        begins[first(term)] = true;
    }
    each_token(text, |token| {
        if begins[first(token)] {
            stem::stem(token);
            if let Some(&place) = places.get(token) {
                written[place].clear();
            }
        }
    });
    written.retain(|form| !form.is_empty());
    written.join(" ")
}

/// Calls `found` with each token that an [`expansion`] may need, in order, with repeats, and with
/// some that the text has itself.
fn each_form(text: &str, mut found: impl FnMut(&mut String)) {
    if text.is_ascii() {
        for word in words(text).filter(|word| !word.is_plain()) {
            word.each_form(|form| {
                // The index sees the same words as we do.
                if form.len() != word.raw.len() {
                    each_token(form, &mut found);
                }
            });
        }
        return;
    }
    let plain = normalised(text);
    let is_same = matches!(plain, Cow::Borrowed(_));
    for word in words(&plain).filter(|word| !(is_same && word.is_plain())) {
        word.each_form(|form| each_token(form, &mut found));
    }
}

/// Returns a text in lower case, without accents, and with presentation forms spelled plainly;
/// spaces and punctuation stay. Texts that fold alike are alike to a person who searches.
///
/// Folding what is folded changes nothing.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let bare = without_marks(&normalised(text));
    bare.chars()
        .map(|c| match indexed(c) {
            Indexed::As(folded) => folded,
            Indexed::Accent | Indexed::Separator => lower_case(c),
        })
        .nfc()
        .collect()
}
#[cfg(test)]
mod tests;
