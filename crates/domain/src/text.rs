//! Text as terms: what a memory says, and what a question asks for.
//!
//! The storage engines index text with SQLite's FTS5 and the tokenizer
//! `porter unicode61 remove_diacritics 2`. [`terms`] gives exactly the terms that FTS5 finds in a
//! text. What FTS5 cannot see, [`expansion`] writes as extra words, to be indexed in a column of
//! their own: parts of camelCase identifiers, pairs of neighbours in scripts without spaces,
//! emoji, letters without accents. [`question`] asks for a word in both ways at once.
//!
//! **Invariant:** all functions here are total, take time linear in the text (times the logarithm
//! of its length at most), and depend on nothing but their arguments.

mod letters;
mod similarity;
mod stem;
mod stop_words;
mod words;

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::fmt;

use unicode_normalization::UnicodeNormalization;

pub use similarity::{Trigrams, similarity};

use self::letters::{Indexed, indexed, lower_case};
use self::words::{Kind, normalised, without_marks, words};

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
    for c in text.chars() {
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
    let plain = normalised(text);
    let is_ascii = text.is_ascii();
    let mut known: Option<HashSet<Term>> = None;
    let mut expansion = String::new();
    for word in words(&plain) {
        word.each_form(|form| {
            // In ASCII, the index sees the same words as we do.
            if is_ascii && form.len() == word.raw.len() {
                return;
            }
            let known = known.get_or_insert_with(|| terms(text).into_iter().collect());
            each_token(form, |token| {
                let written = token.clone();
                stem::stem(token);
                if !known.contains(token.as_str()) {
                    known.insert(Term(token.clone()));
                    if !expansion.is_empty() {
                        expansion.push(' ');
                    }
                    expansion.push_str(&written);
                }
            });
        });
    }
    expansion
}

/// A question has at most this many terms; words that would exceed it are not asked for.
pub const MAX_QUERY_TERMS: usize = 64;

/// What a question asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The words that were typed, distinct, in order, without stop words unless there are only
    /// stop words.
    pub words: Vec<Word>,
}

/// A word that was typed. A memory has it when it has the whole, or all of the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word as one term.
    pub whole: QueryTerm,
    /// The terms that together stand for the word; empty when only the whole does.
    pub parts: Vec<QueryTerm>,
}

/// One term to look for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QueryTerm {
    /// The word to put between quotes in a MATCH expression: folded, and not yet stemmed, since
    /// FTS5 will do that. Needs no escaping: it is made of letters and digits.
    pub word: String,
    /// The one term that FTS5 makes of the word.
    pub term: Term,
}

impl Question {
    /// Whether nothing is asked for, as when the text was only punctuation.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Returns all terms of all words, wholes and parts, distinct, in order.
    pub fn terms(&self) -> impl Iterator<Item = &QueryTerm> {
        let mut seen = HashSet::new();
        self.words
            .iter()
            .flat_map(Word::terms)
            .filter(move |term| seen.insert(&term.term))
    }

    /// Whether each word is found, where `has` says whether a term is there.
    pub fn is_answered(&self, mut has: impl FnMut(&Term) -> bool) -> bool {
        self.words.iter().all(|word| word.is_in(&mut has))
    }
}

impl Word {
    /// Returns the whole, then the parts.
    pub fn terms(&self) -> impl Iterator<Item = &QueryTerm> {
        std::iter::once(&self.whole).chain(&self.parts)
    }

    /// Whether the word is found, where `has` says whether a term is there.
    pub fn is_in(&self, mut has: impl FnMut(&Term) -> bool) -> bool {
        has(&self.whole.term)
            || (!self.parts.is_empty() && self.parts.iter().all(|part| has(&part.term)))
    }
}

impl QueryTerm {
    /// The terms of a piece of a question, each with its word.
    fn each(text: &str) -> Vec<Self> {
        let mut terms = Vec::new();
        each_token(text, |token| {
            let word = token.clone();
            stem::stem(token);
            let term = Term(token.clone());
            terms.push(Self { word, term });
        });
        terms
    }

    /// The term of a piece of a question, when it is exactly one.
    fn one(text: &str) -> Option<Self> {
        let mut terms = Self::each(text);
        terms.pop().filter(|_| terms.is_empty())
    }

    fn is_stop_word(&self) -> bool {
        stop_words::is_stop_word(&self.word)
    }
}

/// Reads what a person or an agent typed.
///
/// Any text is a question; there is no syntax, and nothing in it can be wrong.
///
/// # Examples
///
/// ```
/// use memorygraph_domain::text::question;
///
/// let question = question("How does getUser retry?");
/// let words: Vec<_> = question.words.iter().map(|word| word.whole.word.as_str()).collect();
/// assert_eq!(words, ["getuser", "retry"]);
/// assert_eq!(question.words[0].parts.len(), 2);
/// ```
pub fn question(query: &str) -> Question {
    let plain = normalised(query);
    let mut asked = Words::default();
    let mut stop_words = Words::default();
    for word in words(&plain) {
        let Some(read) = Word::read(word) else {
            continue;
        };
        if word.is_contracted() || (read.parts.is_empty() && read.whole.is_stop_word()) {
            stop_words.add(read);
        } else {
            asked.add(read);
        }
        if asked.is_full() {
            break;
        }
    }
    let chosen = if asked.words.is_empty() {
        stop_words
    } else {
        asked
    };
    Question {
        words: chosen.words,
    }
}

impl Word {
    /// What to ask for to find a word.
    fn read(word: words::Word<'_>) -> Option<Self> {
        let mut parts: Vec<QueryTerm> = Vec::new();
        let whole = match (word.kind, word.name_with_sign()) {
            (Kind::Emoji, _) => QueryTerm::one(&word.emoji_name())?,
            (_, Some(name)) => {
                parts = QueryTerm::each(word.raw);
                QueryTerm::one(&name)?
            }
            _ => {
                let bare = without_marks(word.raw);
                parts.extend(word.pieces().iter().flat_map(|piece| QueryTerm::each(piece)));
                // The index may keep what the bare word lacks, or split the word at its marks.
                if let Some(whole) = QueryTerm::one(word.raw) {
                    if parts.is_empty() {
                        parts = QueryTerm::each(&bare);
                    }
                    whole
                } else {
                    if parts.is_empty() {
                        parts = QueryTerm::each(word.raw);
                    }
                    QueryTerm::one(&bare)?
                }
            }
        };
        if parts.iter().any(|part| !part.is_stop_word()) {
            parts.retain(|part| !part.is_stop_word());
        }
        let mut seen = HashSet::new();
        parts.retain(|part| seen.insert(part.term.clone()));
        if parts.iter().all(|part| part.term == whole.term) {
            parts.clear();
        }
        Some(Self { whole, parts })
    }
}

/// Distinct words, of at most [`MAX_QUERY_TERMS`] terms together.
#[derive(Default)]
struct Words {
    words: Vec<Word>,
    places: HashMap<Term, usize>,
    terms: usize,
}

impl Words {
    fn is_full(&self) -> bool {
        self.terms >= MAX_QUERY_TERMS
    }

    /// Adds a word, or the parts that another spelling of it did not have.
    fn add(&mut self, mut word: Word) {
        if self.is_full() {
            return;
        }
        if let Some(&place) = self.places.get(&word.whole.term) {
            let known = &mut self.words[place];
            if known.parts.is_empty() {
                word.parts.truncate(MAX_QUERY_TERMS - self.terms);
                self.terms += word.parts.len();
                known.parts = word.parts;
            }
            return;
        }
        word.parts.truncate(MAX_QUERY_TERMS - self.terms - 1);
        self.terms += 1 + word.parts.len();
        self.places.insert(word.whole.term.clone(), self.words.len());
        self.words.push(word);
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
