use std::collections::HashSet;

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::letters::{Seen, seen};
use super::words::Kind;
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
    let one_left = many.split(' ').take(63).collect::<Vec<_>>().join(" ");
    let split = one_left.clone() + " getUserById";
    assert_eq!(question(&split), question(&one_left), "no part has room");
    assert_eq!(
        question(&(split + " last")).terms().count(),
        MAX_QUERY_TERMS
    );
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
