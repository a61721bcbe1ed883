//! The terms that the domain says a text has are those that FTS5 indexes.

use contract::corpus::Corpus;
use domain::text::{expansion, terms};
use proptest::{prelude::*, test_runner::Config};
use sqlite_engine::rusqlite::{Connection, types::ValueRef};

use crate::graph::Chance;

/// An index like that of the graph, in memory.
struct Index(Connection);

impl Index {
    fn new() -> Self {
        let connection = sqlite_engine::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE VIRTUAL TABLE said USING fts5
                   (text, tokenize = 'porter unicode61 remove_diacritics 2');
                 CREATE VIRTUAL TABLE words USING fts5vocab (said, instance)",
            )
            .unwrap();
        Self(connection)
    }

    /// The terms that the engine finds in a text, in order.
    fn terms(&self, text: &str) -> Vec<String> {
        let insert = "INSERT INTO said (rowid, text) VALUES (1, ?)";
        let insert = self.0.prepare_cached(insert).unwrap().execute([text]);
        insert.unwrap();
        let mut statement = self
            .0
            .prepare_cached("SELECT term FROM words ORDER BY offset")
            .unwrap();
        let terms = statement
            .query_map([], |row| match row.get_ref(0)? {
                ValueRef::Text(term) => Ok(String::from_utf8_lossy(term).into_owned()),
                other => panic!("a term is {other:?}"),
            })
            .unwrap()
            .map(Result::unwrap)
            .collect();
        self.0.execute("DELETE FROM said", []).unwrap();
        terms
    }

    #[track_caller]
    fn assert_agrees(&self, text: &str) {
        let ours: Vec<String> = terms(text).iter().map(ToString::to_string).collect();
        assert_eq!(ours, self.terms(text), "{text:?}");
    }
}

fn cases(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}

/// English words with every suffix that Porter's algorithm knows, on stems of every measure.
#[test]
fn english_suffixes_are_stripped_alike() {
    const STEMS: [&str; 24] = [
        "", "t", "tr", "a", "y", "by", "fly", "hop", "fail", "agre", "rel", "oper", "gener",
        "conform", "troubl", "siz", "hopp", "fall", "hiss", "fizz", "adjust", "bowdl", "controll",
        "electri",
    ];
    const SUFFIXES: [&str; 64] = [
        "", "s", "es", "ies", "sses", "ss", "eed", "ed", "ing", "ated", "bled", "ized", "y",
        "ational", "tional", "enci", "anci", "izer", "abli", "bli", "alli", "entli", "eli",
        "ousli", "ization", "ation", "ator", "alism", "iveness", "fulness", "ousness", "aliti",
        "iviti", "biliti", "logi", "icate", "ative", "alize", "iciti", "ical", "ful", "ness", "al",
        "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "sion",
        "tion", "ou", "ism", "ate", "iti", "ous", "ive", "ize", "e",
    ];
    let index = Index::new();
    for stem in STEMS {
        let text = SUFFIXES.map(|suffix| format!("{stem}{suffix}")).join(" ");
        index.assert_agrees(&text);
        let twice: Vec<_> = SUFFIXES
            .iter()
            .flat_map(|first| {
                ["s", "ed", "ing", "ly", "e"].map(|last| format!("{stem}{first}{last}"))
            })
            .collect();
        index.assert_agrees(&twice.join(" "));
    }
}

#[test]
fn made_up_words_are_stemmed_alike() {
    let index = Index::new();
    let mut chance = Chance(7);
    for _ in 0..200 {
        let word = |chance: &mut Chance| -> String {
            let length = 1 + chance.below(12);
            (0..length)
                .map(|_| {
                    *chance.pick(&[
                        'a', 'e', 'i', 'o', 'u', 'y', 's', 't', 'l', 'n', 'd', 'g', 'z',
                    ])
                })
                .collect()
        };
        let words: Vec<String> = (0..200).map(|_| word(&mut chance)).collect();
        index.assert_agrees(&words.join(" "));
    }
}

/// Each on its own between two letters: does it join them, vanish, or separate them?
#[test]
fn every_character_is_seen_alike() {
    let index = Index::new();
    let characters: Vec<char> = ('\u{1}'..=char::MAX).collect();
    for some in characters.chunks(4_096) {
        let text: String = some.iter().flat_map(|&c| ['x', c, 'y', ' ']).collect();
        if terms(&text)
            .iter()
            .map(ToString::to_string)
            .ne(index.terms(&text))
        {
            for c in some {
                index.assert_agrees(&format!("x{c}y "));
            }
        }
    }
}

#[test]
fn any_text_is_seen_alike() {
    let index = Index::new();
    proptest!(cases(2_000), |(text in any::<String>(), plain in "[a-zA-Z0-9_.' -]{0,60}", wide in "\\PC{0,40}")| {
        index.assert_agrees(&text);
        index.assert_agrees(&plain);
        index.assert_agrees(&wide);
        index.assert_agrees(&format!("{plain}{text} {wide}{plain}"));
    });
}

#[test]
fn believable_memories_are_seen_alike() {
    let index = Index::new();
    for memory in Corpus::new(7).memories(500) {
        let tags = memory.tags.join(" ");
        for text in [&memory.title, &memory.content, &tags] {
            index.assert_agrees(text);
            index.assert_agrees(&expansion(text));
        }
    }
}

#[test]
fn very_long_words_are_cut_alike() {
    let index = Index::new();
    for length in [63, 64, 65, 127, 128, 129, 32_767, 32_768, 32_769, 70_000] {
        let long = "ing".repeat(length / 3 + 1);
        index.assert_agrees(&format!("before {} after", &long[..length]));
    }
}
