//! What a question asks for.

use std::collections::{HashMap, HashSet};

use super::{
    Term, each_token, is_stop_word, stem,
    words::{self, Kind, normalised, without_marks, words},
};

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
    /// Returns how to ask for a term that the index has, as a fuzzy search does with its nearest
    /// neighbours: FTS5 strips suffixes from all that a MATCH expression quotes, and of some stems
    /// it would strip more. `None` when no word was found that leads to the term.
    pub fn for_indexed(term: &str) -> Option<Self> {
        ["", "s", "e", "ing", "es", "ement", "y"]
            .iter()
            .filter_map(|suffix| Self::one(&format!("{term}{suffix}")))
            .find(|asked| asked.term.as_str() == term)
    }

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
        is_stop_word(&self.word)
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
    let chosen = if asked.in_order.is_empty() {
        stop_words
    } else {
        asked
    };
    Question {
        words: chosen.in_order,
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
                parts.extend(
                    word.pieces()
                        .iter()
                        .flat_map(|piece| QueryTerm::each(piece)),
                );
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
    in_order: Vec<Word>,
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
            let known = &mut self.in_order[place];
            if known.parts.is_empty() {
                word.parts.truncate(MAX_QUERY_TERMS - self.terms);
                self.terms += word.parts.len();
                known.parts = word.parts;
            }
            return;
        }
        let room = MAX_QUERY_TERMS - self.terms - 1;
        if room == 0 && !word.parts.is_empty() {
            // Without any part it would ask for the whole, which a text may not have.
            return;
        }
        word.parts.truncate(room);
        self.terms += 1 + word.parts.len();
        self.places
            .insert(word.whole.term.clone(), self.in_order.len());
        self.in_order.push(word);
    }
}
