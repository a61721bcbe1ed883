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
mod similarity;
mod stem;
mod stop_words;
mod words;

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::fmt;

use unicode_normalization::UnicodeNormalization;

pub use similarity::{Trigrams, similarity};

pub(crate) use self::stop_words::is_stop_word;

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
        word.parts.truncate(MAX_QUERY_TERMS - self.terms - 1);
        self.terms += 1 + word.parts.len();
        self.places
            .insert(word.whole.term.clone(), self.in_order.len());
        self.in_order.push(word);
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
mod tests {
    use proptest::prelude::*;

    use super::letters::{Seen, seen};
    use super::*;

    /// Text as people mix it: identifiers, scripts, emoji, accents in both forms, signs.
    fn mixed_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => "[a-zA-Z0-9_.'+# -]{0,12}",
            2 => "[a-z]{1,4}([A-Z][a-z]{0,3}){1,3}[0-9]{0,2}",
            2 => "\\PC{0,6}",
            1 => "[ぁ-んァ-ヶ一-鿿가-힣ก-๙]{1,6}",
            1 => "[\u{300}-\u{338}\u{64b}-\u{652}\u{200c}\u{200d}\u{fe0f}\u{3099}\u{309a}]{1,2}",
            1 => "[🚀🦀👩💻🇫🇷🇩🏽☀❤]{1,3}",
            1 => "[А-яёЁΑ-ωάέή\u{5d0}-\u{5ea}\u{621}-\u{64a}अ-ह\u{93e}-\u{94d}]{1,5}",
            1 => "[\u{ff01}-\u{ff9f}\u{fb00}-\u{fb06}]{1,4}",
            1 => any::<String>(),
        ];
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    fn written(text: &str) -> Vec<String> {
        terms(text).iter().map(Term::to_string).collect()
    }

    /// What a memory with this text is found by.
    fn index(text: &str) -> HashSet<Term> {
        let mut index: HashSet<_> = terms(text).into_iter().collect();
        index.extend(terms(&expansion(text)));
        index
    }

    fn finds(query: &str, text: &str) -> bool {
        let index = index(text);
        let question = question(query);
        !question.is_empty() && question.is_answered(|term| index.contains(term))
    }

    /// Each word as `whole`, or as `whole=part+part`.
    fn asked(query: &str) -> Vec<String> {
        let spell = |word: &Word| {
            let parts: Vec<_> = word.parts.iter().map(|part| part.word.as_str()).collect();
            match parts.len() {
                0 => word.whole.word.clone(),
                _ => format!("{}={}", word.whole.word, parts.join("+")),
            }
        };
        question(query).words.iter().map(spell).collect()
    }

    #[test]
    fn terms_are_those_of_the_engine() {
        // All of these are the answers of FTS5 itself.
        let answers: &[(&str, &[&str])] = &[
            ("", &[]),
            ("...", &[]),
            (
                "The quick-brown foxes aren't running: retries=3!",
                &[
                    "the", "quick", "brown", "fox", "aren", "t", "run", "retri", "3",
                ],
            ),
            (
                "getUserById in foo_bar/baz.rs",
                &["getuserbyid", "in", "foo", "bar", "baz", "rs"],
            ),
            ("Größe naïve ÄNDERN", &["groß", "naiv", "andern"]),
            ("МИР Ещё Й", &["мир", "ещё", "й"]),
            ("Cafe\u{301} café \u{301}x", &["cafe", "cafe", "x"]),
            ("re\u{301}sume\u{301}s", &["resum"]),
            ("Αθήνα ΣΊΣΥΦΟΣ", &["αθήνα", "σίσυφοσ"]),
            (
                "日本語 データベースdb接続",
                &["日本語", "データベースdb接続"],
            ),
            ("हिन्दी", &["ह", "न", "द"]),
            ("fix🚀now fix🦀now", &["fix", "now", "fix🦀now"]),
            ("Ａｂｃ １２", &["ａｂｃ", "１２"]),
            ("x²½ №5", &["x²½", "5"]),
            ("a\u{0}b", &["a", "b"]),
            ("\u{fb01}x", &["\u{fb01}x"]),
        ];
        for (text, expected) in answers {
            assert_eq!(written(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn a_token_ends_at_its_longest_length() {
        let text = "a".repeat(40_000);
        assert_eq!(terms(&text)[0].as_str().len(), LONGEST_TOKEN);
        let text = "語".repeat(20_000);
        assert_eq!(terms(&text)[0].as_str().len(), LONGEST_TOKEN / 3 * 3);
    }

    #[test]
    fn plain_text_needs_no_expansion() {
        for text in [
            "",
            " \n",
            "Größe und naïve Façade, don't_panic",
            "HTTP 502 in foo-bar.rs",
            "URLs",
        ] {
            assert_eq!(expansion(text), "", "{text:?}");
        }
    }

    #[test]
    fn expansion_writes_what_the_index_cannot_see() {
        let expansions = [
            ("getUserById", "get user by id"),
            (
                "parseHTTPServer2",
                "parsehttpserver parse http server2 server",
            ),
            ("s3Bucket OAuth2", "s3 bucket oauth o auth2 auth"),
            ("python3 utf8 3d x1", "python utf"),
            ("get getUser User", ""),
            ("C# and C++, issue#12, a+b", "csharp cplusplus"),
            ("日本語", "日 本 語 日本 本語"),
            (
                "データベースdb接続",
                "デー ータ タベ ベー ース db 接 続 接続",
            ),
            ("あ", ""),
            ("한국어", "한 국 어 한국 국어"),
            ("รักษา", "รก กษ ษา"),
            ("🚀 x🦀y", "u1f680 x u1f980 y"),
            (
                "👩\u{200d}💻 🇫🇷 ❤\u{fe0f} 👍🏽",
                "u1f469 u1f4bb u1f1ebu1f1f7 u2764 u1f44d",
            ),
            ("🇫🇷🇩🇪🇫", "u1f1ebu1f1f7 u1f1e9u1f1ea u1f1eb"),
            (
                "aGVsbG8gd29ybGQgYW5kIGhlbGxvIG1hcnMgYW5kIGhlbGxvIHZlbnVz",
                "",
            ),
            ("Αθήνα ещё мой", "αθηνα еще"),
            ("ＡＢＣ ｶﾞ ﬁx", "abc ガ fix"),
            ("हिन्दी", "हनद"),
        ];
        for (text, expected) in expansions {
            assert_eq!(expansion(text), expected, "{text:?}");
        }
    }

    #[test]
    fn every_emoji_has_a_term_of_its_own() {
        let emoji: Vec<char> = ('\u{0}'..=char::MAX)
            .filter(|&c| seen(c) == Seen::Emoji)
            .collect();
        assert!(emoji.len() > 1_300, "{}", emoji.len());
        let mut known = HashSet::new();
        for c in emoji {
            let named = index(&format!("a {c}"));
            let name = question(&c.to_string()).words.remove(0).whole.term;
            assert!(named.contains(&name), "{c}");
            assert!(known.insert(name), "{c}");
        }
    }

    #[test]
    fn a_question_asks_for_words_and_their_parts() {
        let questions: &[(&str, &[&str])] = &[
            ("", &[]),
            ("?!… \"*^", &[]),
            ("How does the auth work?", &["auth", "work"]),
            ("what is it", &["what", "is", "it"]),
            ("Timeout timeouts TIMEOUT", &["timeout"]),
            ("getUserById", &["getuserbyid=get+user+by+id"]),
            ("getuserbyid getUserById", &["getuserbyid=get+user+by+id"]),
            (
                "snake_case foo-bar.rs a/b",
                &["snake", "case", "foo", "bar", "rs", "b"],
            ),
            ("user's don't can’t we'll", &["user"]),
            ("C#", &["csharp=c"]),
            ("日本語", &["日本語=日本+本語"]),
            ("日本", &["日本"]),
            ("猫", &["猫"]),
            (
                "データベースdb接続",
                &["データベース=デー+ータ+タベ+ベー+ース", "db", "接続"],
            ),
            ("fix🚀🇫🇷", &["fix", "u1f680", "u1f1ebu1f1f7"]),
            ("Αθήνα", &["αθήνα=αθηνα"]),
            ("मित्र", &["मतर=म+त+र"]),
        ];
        for (query, expected) in questions {
            assert_eq!(asked(query), *expected, "{query:?}");
        }
    }

    #[test]
    fn a_word_is_found_in_its_other_spellings() {
        let found = [
            ("猫", "私の猫です"),
            ("user id", "fn getUserById()"),
            ("getUserById", "def get_user_by_id"),
            ("python", "needs python3"),
            ("МИР еще", "мир ещё"),
            ("ΑΘΗΝΑ", "Αθήνα"),
            ("caf\u{e9}", "Cafe\u{301}s"),
            ("ガイド", "カ\u{3099}イド"),
            ("한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}어"),
            ("محمد", "مُحَمَّد"),
            ("csharp", "written in C#."),
        ];
        for (query, text) in found {
            assert!(finds(query, text), "{query:?} in {text:?}");
        }
        assert!(!finds("absent", "a text"));
        assert!(!finds("getUserById", "get the user"));
        assert!(!finds("日本語", "日本 本"));
        assert!(!finds("C#", "D#"));
    }

    #[test]
    fn a_question_has_a_limit_and_keeps_its_beginning() {
        let many: Vec<_> = (0..1_000).map(|n| format!("word{n}")).collect();
        let many = many.join(" ");
        assert_eq!(question(&many).terms().count(), MAX_QUERY_TERMS);
        assert_eq!(question(&many).words[0].whole.word, "word0");
        assert_eq!(question(&"日本語".repeat(1_000)).words.len(), 1);
        let almost_full = many.split(' ').take(62).collect::<Vec<_>>().join(" ");
        let again = almost_full + " getuserbyid getUserById";
        assert_eq!(question(&again).terms().count(), MAX_QUERY_TERMS);
        let phrase: String = ('一'..).take(100).collect();
        assert_eq!(question(&phrase).terms().count(), MAX_QUERY_TERMS);
        assert_eq!(question(&"the of ".repeat(1_000)).words.len(), 2);
    }

    #[test]
    fn terms_of_a_question_are_distinct() {
        let question = question("getUser user");
        let words: Vec<_> = question.terms().map(|term| term.word.as_str()).collect();
        assert_eq!(words, ["getuser", "get", "user"]);
    }

    #[test]
    fn stems_can_be_asked_for() {
        for term in [
            "agre", "timeout", "databas", "possibl", "hopeless", "u1f680", "語", "пока",
        ] {
            let asked = QueryTerm::for_indexed(term).unwrap();
            assert_eq!(written(&asked.word), [term]);
        }
        assert_eq!(QueryTerm::for_indexed("two words"), None);
        assert_eq!(QueryTerm::for_indexed("Upper"), None);
    }

    #[test]
    fn fold_forgets_case_accents_and_width() {
        assert_eq!(fold("Ünïcode ÄNDERN, МИР Ещё!"), "unicode andern, мир еще!");
        assert_eq!(fold("ＡＢＣ ﬁ ガ"), "abc fi ガ");
        assert_eq!(fold("Plain-Text"), "plain-text");
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for piece in [
            "aB",
            "日",
            "a\u{301}",
            "🇫",
            "'",
            "a'",
            "\u{301}",
            "🚀\u{200d}",
            "ﷺ",
        ] {
            let text = piece.repeat(20_000);
            assert!(question(&text).terms().count() <= MAX_QUERY_TERMS);
            drop((expansion(&text), fold(&text)));
        }
    }

    proptest! {
        #[test]
        fn a_text_answers_its_own_question(text in mixed_text()) {
            let index = index(&text);
            prop_assert!(question(&text).is_answered(|term| index.contains(term)));
        }

        #[test]
        fn composed_and_decomposed_text_find_each_other(text in mixed_text()) {
            let composed: String = text.nfc().collect();
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(question(&composed), question(&decomposed));
            let index = index(&decomposed);
            prop_assert!(question(&composed).is_answered(|term| index.contains(term)));
        }

        #[test]
        fn expansion_has_only_terms_that_the_text_lacks(text in mixed_text()) {
            let known: HashSet<_> = terms(&text).into_iter().collect();
            let extra = terms(&expansion(&text));
            let distinct: HashSet<_> = extra.iter().collect();
            prop_assert_eq!(distinct.len(), extra.len());
            prop_assert!(extra.iter().all(|term| !known.contains(term)));
        }

        #[test]
        fn expansion_has_every_emoji_and_pair(text in mixed_text()) {
            let index = index(&text);
            let plain = normalised(&text);
            for word in words(&plain).filter(|word| word.kind != Kind::Letters) {
                word.each_form(|form| {
                    assert!(terms(form).iter().all(|term| index.contains(term)), "{form}");
                });
            }
        }

        #[test]
        fn the_word_of_a_query_term_is_its_one_folded_token(text in mixed_text()) {
            for asked in question(&text).terms() {
                prop_assert_eq!(terms(&asked.word), vec![asked.term.clone()]);
                let mut tokens = Vec::new();
                each_token(&asked.word, |token| tokens.push(token.clone()));
                prop_assert_eq!(tokens, vec![asked.word.clone()]);
                prop_assert!(!asked.word.contains(|c: char| c.is_ascii_uppercase()));
            }
        }

        #[test]
        fn only_a_text_without_words_asks_nothing(text in mixed_text()) {
            if !terms(&text).is_empty() && text.is_ascii() {
                prop_assert!(!question(&text).is_empty());
            }
            prop_assert!(question(&text).terms().count() <= MAX_QUERY_TERMS);
        }

        #[test]
        fn folding_twice_is_folding_once(text in mixed_text()) {
            let folded = fold(&text);
            prop_assert_eq!(fold(&folded), folded);
        }
    }
}
