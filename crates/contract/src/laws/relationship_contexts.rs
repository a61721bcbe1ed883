use domain::{AsOf, Direction, Relationship, RelationshipQuery, RelationshipType};
use ports::{GraphBackend, GraphBackendExt};

use crate::{
    Harness, LawResult,
    samples::{
        after, at, batch, first, id, invalidate, link, open, put_names, relationship_id,
        relationship_names, relationships, remove_relationship,
    },
};

const SOLVES: RelationshipType = RelationshipType::Solves;

fn stating(name: &str, context: &str) -> Relationship {
    Relationship {
        context: Some(context.to_owned()),
        ..link(name, "hub", SOLVES, name)
    }
}

fn about(text: &str) -> RelationshipQuery {
    RelationshipQuery {
        context: Some(text.to_owned()),
        ..RelationshipQuery::default()
    }
}

/// A store with a relationship for each context, named "r0" and so on, and one without a context.
async fn with_contexts(
    h: &dyn Harness,
    contexts: &[&str],
) -> ports::Result<std::sync::Arc<dyn GraphBackend>> {
    let store = open(h).await?;
    let names: Vec<String> = (0..contexts.len()).map(|n| format!("r{n}")).collect();
    let put = put_names(names.iter().map(String::as_str).chain(["hub", "silent"]));
    let put = put.put_relationship(link("silent", "hub", SOLVES, "silent"));
    let put = names
        .iter()
        .zip(contexts)
        .fold(put, |put, (name, context)| {
            put.put_relationship(stating(name, context))
        });
    store.apply(put).await?;
    Ok(store)
}

async fn assert_finds(store: &dyn GraphBackend, cases: &[(&str, &[&str])]) -> LawResult {
    for (text, expected) in cases {
        let found = relationships(store, &about(text)).await?;
        assert_eq!(relationship_names(&found), *expected, "{text:?}");
    }
    Ok(())
}

/// A context answers when it has every word, in whatever order, form and punctuation.
pub async fn every_word_is_wanted(h: &dyn Harness) -> LawResult {
    let contexts = [
        "only in production, when the cache is warm",
        "only in staging",
        "Production: it retried (twice)",
    ];
    let store = with_contexts(h, &contexts).await?;
    assert_finds(
        &*store,
        &[
            ("production", &["r0", "r2"]),
            ("production cache", &["r0"]),
            ("cache production", &["r0"]),
            ("staging production", &[]),
            ("retries", &["r2"]),
            ("\"retry\" -twice", &["r2"]),
            ("prod", &[]),
            ("walrus", &[]),
        ],
    )
    .await
}

/// Case and accents make no difference, on either side.
pub async fn case_and_accents_make_no_difference(h: &dyn Harness) -> LawResult {
    let contexts = ["NUR IM Büro", "cafe\u{301} Ångström", "ПОИСК по памяти"];
    let store = with_contexts(h, &contexts).await?;
    assert_finds(
        &*store,
        &[
            ("buro", &["r0"]),
            ("BÜRO", &["r0"]),
            ("café", &["r1"]),
            ("ANGSTROM cafe", &["r1"]),
            ("поиск", &["r2"]),
            ("памяти ПОИСК", &["r2"]),
        ],
    )
    .await
}

/// Names are found whole and in parts, scripts without spaces in parts, and emoji as words.
pub async fn parts_of_names_and_scripts_are_found(h: &dyn Harness) -> LawResult {
    let contexts = [
        "since getUserById returns null",
        "数据库连接超时",
        "launch 🚀 today, in C++ and snake_case",
        "東京タワー only",
    ];
    let store = with_contexts(h, &contexts).await?;
    assert_finds(
        &*store,
        &[
            ("getUserById", &["r0"]),
            ("getuserbyid", &["r0"]),
            ("user", &["r0"]),
            ("userById null", &["r0"]),
            ("数据库", &["r1"]),
            ("超时", &["r1"]),
            ("数库", &[]),
            ("🚀", &["r2"]),
            ("C++", &["r2"]),
            ("snake", &["r2"]),
            ("タワー", &["r3"]),
        ],
    )
    .await
}

/// Stop words count only alone.
pub async fn stop_words_count_only_alone(h: &dyn Harness) -> LawResult {
    let store = with_contexts(h, &["the cache", "a cache", "the"]).await?;
    assert_finds(
        &*store,
        &[
            ("the cache", &["r0", "r1"]),
            ("the", &["r0", "r2"]),
            ("cache", &["r0", "r1"]),
        ],
    )
    .await
}

/// A text without a word asks for nothing in particular, so all are found, those without a context
/// too; a word is never found where there is no context, or an empty one.
pub async fn a_text_without_a_word_asks_for_nothing(h: &dyn Harness) -> LawResult {
    let store = with_contexts(h, &["cache", ""]).await?;
    let all: &[&str] = &["r0", "r1", "silent"];
    for text in ["", " ", "\n\t", "?!", "\"\"", "-", "*"] {
        assert_finds(&*store, &[(text, all)]).await?;
    }
    assert_finds(&*store, &[("silent", &[]), ("hub", &[]), ("r0", &[])]).await
}

/// No text makes the question fail, and none is taken for syntax.
pub async fn no_text_makes_the_question_fail(h: &dyn Harness) -> LawResult {
    let store = with_contexts(
        h,
        &["cache AND warm", "NOT null", "{\"text\": \"in json\"}"],
    )
    .await?;
    let long = "walrus ".repeat(2_000);
    let hostile = [
        "' OR 1=1 --",
        "walrus\" OR \"cache",
        "cache*",
        "NEAR(cache warm)",
        "{cache}",
        "$.context",
        "%",
        "\u{0}cache\u{0}",
        "\u{202e}cache",
        &long,
    ];
    for text in hostile {
        let found = relationships(&*store, &about(text)).await?;
        assert!(found.len() <= 4, "{text:?}");
    }
    assert_finds(
        &*store,
        &[
            ("' OR 1=1 --", &[]),
            ("cache AND NOT", &["r0"]),
            ("json", &["r2"]),
            (&long, &[]),
        ],
    )
    .await
}

/// A word deep in the longest context is found.
pub async fn a_word_deep_in_a_context_is_found(h: &dyn Harness) -> LawResult {
    let filler = "lorem ipsum ".repeat(2_000);
    let mut deep: String = filler
        .chars()
        .take(Relationship::LONGEST_CONTEXT - 7)
        .collect();
    deep.push_str(" walrus");
    let store = with_contexts(h, &[&deep, "lorem"]).await?;
    assert_finds(
        &*store,
        &[
            ("walrus", &["r0"]),
            ("walrus ipsum", &["r0"]),
            ("lorem", &["r0", "r1"]),
        ],
    )
    .await
}

/// What has ended answers as of the time when it held.
pub async fn ended_ones_answer_as_of_their_time(h: &dyn Harness) -> LawResult {
    let store = with_contexts(h, &["warm cache", "cold cache"]).await?;
    store
        .apply(batch().then(invalidate("r0", at(5), None)))
        .await?;
    let cases: [(AsOf, &[&str]); 4] = [
        (AsOf::Latest, &["r1"]),
        (AsOf::Ever, &["r0", "r1"]),
        (AsOf::At(at(4)), &["r0", "r1"]),
        (AsOf::At(at(5)), &["r1"]),
    ];
    for (as_of, expected) in cases {
        let query = RelationshipQuery {
            as_of,
            ..about("cache")
        };
        let found = relationships(&*store, &query).await?;
        assert_eq!(relationship_names(&found), expected, "{as_of:?}");
    }
    Ok(())
}

/// A context goes with every other part of the question.
pub async fn contexts_go_with_other_questions(h: &dyn Harness) -> LawResult {
    let store = with_contexts(h, &["warm cache", "cold cache", "cold start"]).await?;
    let back = Relationship {
        context: Some("a cold cache again".to_owned()),
        ..link("s", "r0", RelationshipType::DependsOn, "hub")
    };
    store.put_relationship(back).await?;
    let cold = || about("cold");
    let cases: [(RelationshipQuery, &[&str]); 7] = [
        (cold(), &["r1", "r2", "s"]),
        (
            RelationshipQuery {
                types: vec![SOLVES],
                ..cold()
            },
            &["r1", "r2"],
        ),
        (
            RelationshipQuery {
                touching: vec![id("r0"), id("r1")],
                ..cold()
            },
            &["r1", "s"],
        ),
        (
            RelationshipQuery {
                touching: vec![id("hub")],
                direction: Direction::Incoming,
                ..cold()
            },
            &["s"],
        ),
        (
            RelationshipQuery {
                ids: ["r0", "r2", "s"].map(relationship_id).to_vec(),
                ..cold()
            },
            &["r2", "s"],
        ),
        (
            RelationshipQuery {
                ids: vec![relationship_id("r2")],
                touching: vec![id("hub")],
                types: vec![SOLVES],
                ..cold()
            },
            &["r2"],
        ),
        (
            RelationshipQuery {
                types: vec![RelationshipType::Blocks],
                ..cold()
            },
            &[],
        ),
    ];
    for (query, expected) in cases {
        let found = relationships(&*store, &query).await?;
        assert_eq!(relationship_names(&found), expected, "{query:?}");
    }
    Ok(())
}

/// Where most do not match, pages are full all the same, and together they are the answer.
pub async fn pages_are_full_where_most_do_not_match(h: &dyn Harness) -> LawResult {
    let contexts: Vec<String> = (0..60)
        .map(|n| if n % 13 == 5 { "rare word" } else { "word" }.to_owned())
        .collect();
    let contexts: Vec<&str> = contexts.iter().map(String::as_str).collect();
    let store = with_contexts(h, &contexts).await?;
    let all = store.relationships(&about("rare"), &first(100)).await?;
    let expected = ["r18", "r31", "r44", "r5", "r57"];
    assert_eq!(
        (relationship_names(&all.items), all.next),
        (expected.to_vec(), None)
    );
    for limit in [1, 2, 4, 5, 6] {
        let mut found = Vec::new();
        let mut page = first(limit);
        loop {
            let part = store.relationships(&about("rare"), &page).await?;
            assert!((1..=limit as usize).contains(&part.items.len()), "{limit}");
            assert!(part.next.is_none() || part.items.len() == limit as usize);
            found.extend(part.items);
            let Some(next) = part.next else { break };
            page = after(limit, &next);
        }
        assert_eq!(found, all.items, "{limit}");
    }
    let none = store.relationships(&about("walrus"), &first(1)).await?;
    assert_eq!((none.items, none.next), (vec![], None));
    Ok(())
}

/// A changed context is found by its new words at once, and a removed one no more.
pub async fn a_context_follows_every_change(h: &dyn Harness) -> LawResult {
    let store = with_contexts(h, &["cold cache"]).await?;
    store.put_relationship(stating("r0", "warm start")).await?;
    assert_finds(&*store, &[("cold", &[]), ("warm", &["r0"])]).await?;
    let silent = link("r0", "hub", SOLVES, "r0");
    store.put_relationship(silent).await?;
    assert_finds(&*store, &[("warm", &[])]).await?;
    store.put_relationship(stating("r0", "warm")).await?;
    store.apply(batch().then(remove_relationship("r0"))).await?;
    assert_finds(&*store, &[("warm", &[])]).await
}
