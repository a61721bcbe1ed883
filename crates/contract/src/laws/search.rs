use std::collections::BTreeSet;

use domain::{Field, Memory, MemoryContext, SearchMode, SearchQuery};
use ports::GraphBackendExt;

use crate::{
    Harness, LawResult,
    chance::Chance,
    corpus::Corpus,
    known_items::KnownItems,
    samples::{
        assert_finds, at, batch, contents, first, found_as, full_context, link, memory, open,
        put_memories, remove_memory, titled, touch, with_titles,
    },
};

/// Title, tags, summary and content are searched.
pub async fn every_text_is_searched(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let everywhere = Memory {
        content: "narwhal".to_owned(),
        summary: Some("dugong".to_owned()),
        tags: vec!["manatee".to_owned(), "sea lion".to_owned()],
        ..titled("m", "walrus")
    };
    store
        .apply(put_memories([everywhere, titled("other", "zzz")]))
        .await?;
    let cases = ["walrus", "narwhal", "dugong", "manatee", "lion"].map(|text| (text, &["m"][..]));
    assert_finds(&*store, &cases).await
}

/// Ids, types, authors and the context are not searched.
pub async fn only_texts_are_searched(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let hidden = Memory {
        updated_by: Some("author".to_owned()),
        context: Some(MemoryContext {
            project_path: Some("project".to_owned()),
            ..full_context()
        }),
        ..titled("identity", "walrus")
    };
    store.put_memory(hidden).await?;
    for text in [
        "identity", "author", "project", "tokio", "general", "main", "ada", "ticket",
    ] {
        assert_finds(&*store, &[(text, &[])]).await?;
    }
    assert_finds(&*store, &[("walrus", &["identity"])]).await
}

/// A strict search wants every word, wherever it stands in the memory.
pub async fn strict_wants_every_word(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let apart = Memory {
        content: "narwhal".to_owned(),
        tags: vec!["dugong".to_owned()],
        ..titled("apart", "walrus")
    };
    let put = put_memories([
        apart,
        titled("two", "narwhal walrus"),
        titled("one", "walrus"),
    ]);
    store.apply(put).await?;
    let cases: [(&str, &[&str]); 5] = [
        ("walrus", &["apart", "one", "two"]),
        ("walrus narwhal", &["apart", "two"]),
        ("narwhal, WALRUS!", &["apart", "two"]),
        ("dugong narwhal walrus", &["apart"]),
        ("walrus unicorn", &[]),
    ];
    for (text, expected) in cases {
        let expected = expected.iter().map(|&id| id.to_owned()).collect();
        let found = found_as(&*store, text, SearchMode::Strict).await?;
        assert_eq!(found, expected, "{text}");
    }
    Ok(())
}

/// A normal search wants any word.
pub async fn normal_wants_any_word(h: &dyn Harness) -> LawResult {
    let store = with_titles(h, &["walrus", "narwhal", "walrus narwhal", "dugong"]).await?;
    let cases: [(&str, &[&str]); 3] = [
        ("walrus narwhal", &["walrus", "narwhal", "walrus narwhal"]),
        ("dugong unicorn", &["dugong"]),
        ("unicorn", &[]),
    ];
    for (text, expected) in cases {
        let expected = expected.iter().map(|&id| id.to_owned()).collect();
        let found = found_as(&*store, text, SearchMode::Normal).await?;
        assert_eq!(found, expected, "{text}");
    }
    Ok(())
}

/// A fuzzy search forgives a slip where nothing has the word, and only there.
pub async fn fuzzy_forgives_a_slip(h: &dyn Harness) -> LawResult {
    let store = with_titles(h, &["kubernetes", "postgres", "walrus", "walrust"]).await?;
    let cases: [(&str, &[&str]); 6] = [
        ("kuberntes", &["kubernetes"]), // spellchecker:disable-line
        ("kubernts", &["kubernetes"]),  // spellchecker:disable-line
        ("postgers", &["postgres"]),    // spellchecker:disable-line
        ("walrus", &["walrus"]),
        ("kuberntes postgres", &["kubernetes", "postgres"]), // spellchecker:disable-line
        ("xylophone", &[]),
    ];
    for (text, expected) in cases {
        let expected: BTreeSet<String> = expected.iter().map(|&id| id.to_owned()).collect();
        let found = found_as(&*store, text, SearchMode::Fuzzy).await?;
        assert_eq!(found, expected, "{text}");
    }
    let slips = ["kuberntes", "postgers"]; // spellchecker:disable-line
    for text in slips {
        let found = found_as(&*store, text, SearchMode::Normal).await?;
        assert_eq!(found, BTreeSet::new(), "{text}");
    }
    Ok(())
}

/// Stop words ask for nothing beside other words, and alone for themselves.
pub async fn stop_words_count_only_alone(h: &dyn Harness) -> LawResult {
    let store = with_titles(h, &["how to be", "the walrus", "walrus"]).await?;
    let cases: [(&str, &[&str]); 4] = [
        ("how is the walrus", &["the walrus", "walrus"]),
        ("walrus", &["the walrus", "walrus"]),
        ("how", &["how to be"]),
        ("the", &["the walrus"]),
    ];
    assert_finds(&*store, &cases).await
}

/// Order and repetition of the words make no difference.
pub async fn order_makes_no_difference(h: &dyn Harness) -> LawResult {
    let store = with_titles(h, &["walrus and narwhal", "narwhal", "walrus dugong"]).await?;
    let mut answers = Vec::new();
    for text in [
        "walrus narwhal",
        "narwhal walrus",
        "Walrus walrus narwhal walrus",
        " narwhal\n\twalrus ",
    ] {
        let query = SearchQuery {
            text: text.to_owned(),
            ..SearchQuery::default()
        };
        let hits = store.search(&query, &first(10)).await?.items;
        let ids = hits.iter().map(|hit| hit.memory.id.to_string());
        answers.push(ids.collect::<Vec<_>>());
    }
    assert_eq!(
        (answers[0].len(), answers[0][0].as_str()),
        (3, "walrus and narwhal")
    );
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    Ok(())
}

/// A text without a word finds nothing.
pub async fn a_text_without_a_word_finds_nothing(h: &dyn Harness) -> LawResult {
    let store = with_titles(h, &["walrus", "?!", "a-b"]).await?;
    for text in [
        "", " ", "\n\t", "?", "\"", "*", "()", "---", "\u{200b}", "\0", "'",
    ] {
        for mode in [SearchMode::Strict, SearchMode::Normal, SearchMode::Fuzzy] {
            let found = found_as(&*store, text, mode).await?;
            assert_eq!(found, BTreeSet::new(), "{text:?} {mode:?}");
        }
    }
    Ok(())
}

/// What looks like a query language is punctuation and words.
pub async fn there_is_no_syntax(h: &dyn Harness) -> LawResult {
    let store = with_titles(h, &["walrus", "narwhal"]).await?;
    let around = [
        "\"_",
        "_\"",
        "\"\"_\"\"",
        "'_'",
        "_*",
        "*_",
        "^_",
        "-_",
        "+_",
        "(_",
        "_)",
        "((_))",
        "{_}",
        "[_]",
        "title:_",
        "_:",
        ":_",
        "_;",
        "_ --",
        "/* _ */",
        "_\\",
        "%_%",
        "_\0",
        "\0_",
        "_\u{1}",
        "{title} : _",
        "_ ^ 2",
        "~_",
        "_~2",
        "_?",
        "<_>",
        "_!",
        "`_`",
        "$_",
        "@_",
        "#_",
        "_ = 1",
        "_, ",
        "«_»",
        "“_”",
        "_…",
        "_ AND",
        "NOT _",
        "NEAR(_",
        "NEAR(_, 2)",
    ];
    for text in around.map(|text| text.replace('_', "walrus")) {
        let found = found_as(&*store, &text, SearchMode::Normal).await?;
        assert_eq!(found, ["walrus".to_owned()].into(), "{text:?}");
    }
    let both = BTreeSet::from(["walrus", "narwhal"].map(str::to_owned));
    let between = [
        "AND", "OR", "NOT", "NEAR", "NEAR/3", "+", "-", "|", "&&", "||", "^", "\" \"", "\0",
    ];
    for operator in between {
        let text = format!("walrus {operator} narwhal");
        let found = found_as(&*store, &text, SearchMode::Normal).await?;
        assert_eq!(found, both, "{text:?}");
    }
    Ok(())
}

/// What people, programs and attackers type, in pieces.
#[rustfmt::skip]
const PIECES: [&str; 63] = [
    "walrus", "getUser", "数据库", "🚀", "the", "\"", "'", "*", "(", ")", "NEAR(", "AND", "OR", "NOT",
    "col:", "^", "-", "+", "{", "}", "[", "]", "\\", "/", "%", "_", "\0", "\u{1}", "\u{200d}",
    "\u{301}", "\u{feff}", "\u{202e}", "ß", "İ", "ﬀ", "Ⅷ", "½", "\n", " ", ",", ";", ":", "?", "!",
    "$1", "?1", ":p", "--", "/*", "*/", "x'00'", "🇩", "\u{10ffff}", "\u{fffe}", "e\u{301}", "한",
    "กรุงเทพ", "مرحبا", "1e400", "..", "a.b.c", "C++", "don't",
];

/// No text makes a search fail, in any mode.
pub async fn no_text_makes_a_search_fail(h: &dyn Harness) -> LawResult {
    let store = with_titles(h, &["walrus", "getUserById", "数据库连接", "launch 🚀"]).await?;
    let mut chance = Chance::new(11);
    for round in 0..240 {
        let mut text = String::new();
        for _ in 0..=chance.below(9) {
            text.push_str(chance.pick(&PIECES));
            if chance.one_in(3) {
                text.push(' ');
            }
        }
        let mode = [SearchMode::Strict, SearchMode::Normal, SearchMode::Fuzzy][round % 3];
        let found = found_as(&*store, &text, mode).await;
        let found = found.map_err(|error| format!("{text:?} {mode:?}: {error}"))?;
        assert!(!found.contains("other"), "{text:?} {mode:?}");
    }
    Ok(())
}

/// The longest text is a question like any other, of one word or of hundreds.
pub async fn the_longest_text_is_a_question(h: &dyn Harness) -> LawResult {
    let store = with_titles(h, &["walrus", "w1"]).await?;
    let words: Vec<String> = (0..200).map(|n| format!("w{n}")).collect();
    let hundreds = words.join(" ");
    assert!((700..=SearchQuery::LONGEST_TEXT).contains(&hundreds.len()));
    for mode in [SearchMode::Normal, SearchMode::Fuzzy] {
        let found = found_as(&*store, &hundreds, mode).await?;
        assert!(found.contains("w1"), "{mode:?}");
        let one = "w".repeat(SearchQuery::LONGEST_TEXT);
        assert_eq!(found_as(&*store, &one, mode).await?, BTreeSet::new());
    }
    let repeated = "walrus ".repeat(142);
    let found = found_as(&*store, &repeated, SearchMode::Strict).await?;
    assert_eq!(found, ["walrus".to_owned()].into());
    Ok(())
}

/// A changed memory is found by its new text, and no longer by its old one.
pub async fn a_changed_memory_is_found_by_its_new_text(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let old = Memory {
        content: "one dugong".to_owned(),
        summary: Some("gone".to_owned()),
        tags: vec!["oldest".to_owned()],
        ..titled("m", "walrus")
    };
    store.put_memory(old).await?;
    let new = Memory {
        content: "one manatee".to_owned(),
        tags: vec!["newest".to_owned()],
        ..titled("m", "narwhal")
    };
    store.put_memory(new).await?;
    for text in ["walrus", "dugong", "gone", "oldest"] {
        assert_finds(&*store, &[(text, &[])]).await?;
    }
    for text in ["narwhal", "manatee", "newest", "one"] {
        assert_finds(&*store, &[(text, &["m"])]).await?;
    }
    Ok(())
}

/// A removed memory is not found; put again with another text, only by that.
pub async fn a_removed_memory_is_not_found(h: &dyn Harness) -> LawResult {
    let store = with_titles(h, &["walrus", "walrus too"]).await?;
    store.apply(batch().then(remove_memory("walrus"))).await?;
    assert_finds(&*store, &[("walrus", &["walrus too"])]).await?;
    store.put_memory(titled("walrus", "narwhal")).await?;
    let cases: [(&str, &[&str]); 2] = [("walrus", &["walrus too"]), ("narwhal", &["walrus"])];
    assert_finds(&*store, &cases).await?;
    assert_eq!(contents(&*store).await?.memories.len(), 3);
    Ok(())
}

/// Uses and relationships leave what is found alone.
pub async fn uses_and_relationships_leave_searches_alone(h: &dyn Harness) -> LawResult {
    let store = with_titles(h, &["walrus", "narwhal"]).await?;
    let kind = domain::RelationshipType::Solves;
    let changes = batch()
        .then(touch("walrus", 3, at(9)))
        .put_relationship(link("dugong", "walrus", kind, "narwhal"));
    store.apply(changes).await?;
    let cases: [(&str, &[&str]); 3] = [
        ("walrus", &["walrus"]),
        ("narwhal", &["narwhal"]),
        ("dugong", &[]),
    ];
    assert_finds(&*store, &cases).await
}

/// What one batch puts, changes and removes is found as the batch left it.
pub async fn a_batch_is_found_as_it_was_left(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_memories([
        titled("a", "walrus"),
        titled("b", "walrus"),
        titled("a", "narwhal"),
    ])
    .then(remove_memory("b"))
    .put_memory(titled("b", "dugong"))
    .put_memory(titled("c", "dugong"))
    .then(remove_memory("c"));
    store.apply(put).await?;
    let cases: [(&str, &[&str]); 3] = [("walrus", &[]), ("narwhal", &["a"]), ("dugong", &["b"])];
    assert_finds(&*store, &cases).await
}

/// A word deep in a long content is found.
pub async fn a_word_deep_in_a_long_content_is_found(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let long = Memory {
        content: format!("{}walrus", "word ".repeat(9_990)),
        ..memory("long")
    };
    store.apply(put_memories([long, memory("short")])).await?;
    assert_finds(&*store, &[("walrus", &["long"])]).await?;
    let query = SearchQuery {
        text: "walrus".to_owned(),
        ..SearchQuery::default()
    };
    let hits = store.search(&query, &first(10)).await?.items;
    assert_eq!(hits[0].fields, [Field::Content]);
    Ok(())
}

/// A memory is found again by one, two or three of its own words, chosen as a person would: among
/// 1,000 memories it stands in the first 20 hits of 99 % of 500 questions, and in the first 5 of
/// 95 %.
pub async fn known_items_are_found(h: &dyn Harness) -> LawResult {
    const QUESTIONS: usize = 500;
    let store = open(h).await?;
    let memories: Vec<Memory> = Corpus::new(2_026).memories(1_000).collect();
    store.apply(put_memories(memories.clone())).await?;
    let mut known_items = KnownItems::new(&memories, 17);
    let (mut in_20, mut in_5) = (0, 0);
    for n in 0..QUESTIONS {
        let (wanted, text) = known_items.question(1 + n % 3);
        let query = SearchQuery {
            text,
            ..SearchQuery::default()
        };
        let hits = store.search(&query, &first(20)).await?.items;
        let place = hits.iter().position(|hit| hit.memory.id == *wanted);
        in_20 += usize::from(place.is_some());
        in_5 += usize::from(place.is_some_and(|place| place < 5));
    }
    let found = format!("of {QUESTIONS}, {in_20} in the first 20 and {in_5} in the first 5");
    assert!(in_20 * 100 >= QUESTIONS * 99, "{found}");
    assert!(in_5 * 100 >= QUESTIONS * 95, "{found}");
    Ok(())
}
