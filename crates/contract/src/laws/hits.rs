use domain::{
    AsOf, Field, Hit, Memory, MemoryContext, MemoryFilter, MemoryType, PageRequest, SearchMode,
    SearchQuery, ranking::SEARCH_DEPTH,
};
use ports::{GraphBackend, Result};

use crate::{
    Harness, LawResult,
    samples::{after, at, ever, first, full_memory, memory, open, put_memories, score, titled},
};

fn search(text: &str) -> SearchQuery {
    SearchQuery {
        text: text.to_owned(),
        ..SearchQuery::default()
    }
}

fn names(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.memory.id.as_str()).collect()
}

async fn hits(store: &dyn GraphBackend, query: &SearchQuery) -> Result<Vec<Hit>> {
    Ok(store.search(query, &first(100)).await?.items)
}

/// Checks the order in which a text finds memories.
async fn assert_order(store: &dyn GraphBackend, text: &str, expected: &[&str]) -> LawResult {
    let found = hits(store, &search(text)).await?;
    assert_eq!(names(&found), expected, "{text:?}");
    Ok(())
}

fn with_content(name: &str, content: &str) -> Memory {
    Memory {
        content: content.to_owned(),
        ..titled(name, "plain")
    }
}

/// A word in the title counts most, then in a tag, then in the summary, then in the content.
pub async fn a_title_outranks_a_content(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_memories([
        with_content("4 content", "walrus"),
        Memory {
            summary: Some("walrus".to_owned()),
            ..titled("3 summary", "plain")
        },
        Memory {
            tags: vec!["walrus".to_owned()],
            ..titled("2 tag", "plain")
        },
        titled("1 title", "walrus"),
    ]);
    store.apply(put).await?;
    let expected = ["1 title", "2 tag", "3 summary", "4 content"];
    assert_order(&*store, "walrus", &expected).await
}

/// A rare word counts more than a common one.
pub async fn a_rare_word_outranks_a_common_one(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let common = (0..8).map(|n| titled(&format!("b{n}"), "common word"));
    store
        .apply(put_memories(common).put_memory(titled("z", "rare word")))
        .await?;
    let found = hits(&*store, &search("rare common")).await?;
    assert_eq!((found.len(), names(&found)[0]), (9, "z"));
    Ok(())
}

/// More of the words count more than one of them.
pub async fn more_words_outrank_fewer(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_memories([
        titled("a", "walrus alone here"),
        titled("b", "narwhal alone here"),
        titled("c", "walrus with narwhal"),
        titled("d", "narwhal dugong walrus"),
    ]);
    store.apply(put).await?;
    let found = hits(&*store, &search("walrus narwhal dugong")).await?;
    assert_eq!(names(&found)[..2], ["d", "c"]);
    assert_eq!(found.len(), 4);
    Ok(())
}

/// A word that stands there more often counts more, and in a shorter text more than in a longer.
pub async fn often_and_short_outrank_once_and_long(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let filler = "lorem ipsum dolor sit amet ".repeat(12);
    let put = put_memories([
        with_content("a", &format!("walrus {filler}")),
        with_content("b", "walrus lorem ipsum dolor"),
        with_content("c", "walrus walrus walrus walrus"),
    ]);
    store.apply(put).await?;
    assert_order(&*store, "walrus", &["c", "b", "a"]).await
}

/// Equal hits come by ascending id.
pub async fn equal_hits_come_by_id(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let mut ids = ["b", "a", "é", "Z", "10", "9", "😀", "\u{ffff}"];
    store
        .apply(put_memories(ids.map(|id| titled(id, "walrus"))))
        .await?;
    ids.sort_unstable();
    assert_order(&*store, "walrus", &ids).await?;
    let found = hits(&*store, &search("walrus")).await?;
    let equal = |pair: &[Hit]| pair[0].score.total_cmp(&pair[1].score).is_eq();
    assert!(found.windows(2).all(equal), "{found:?}");
    Ok(())
}

/// Scores are positive numbers that never rise on the way down.
pub async fn scores_descend(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let titles = [
        "walrus",
        "walrus narwhal",
        "narwhal",
        "a walrus at sea",
        "dugong walrus walrus",
    ];
    store
        .apply(put_memories(titles.map(|title| titled(title, title))))
        .await?;
    for mode in [SearchMode::Strict, SearchMode::Normal, SearchMode::Fuzzy] {
        let query = SearchQuery {
            mode,
            ..search("walrus narwhal")
        };
        let found = hits(&*store, &query).await?;
        assert_eq!(found.len(), if mode == SearchMode::Strict { 1 } else { 5 });
        let positive = |hit: &Hit| hit.score.is_finite() && hit.score > 0.0;
        assert!(found.iter().all(positive), "{found:?}");
        assert!(found.is_sorted_by(|a, b| a.score >= b.score), "{found:?}");
    }
    Ok(())
}

/// A hit says where it matches and by which words, and carries the whole memory.
pub async fn a_hit_says_where_and_by_which_words(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let everywhere = Memory {
        title: "Walrus at sea".to_owned(),
        tags: vec!["walrus".to_owned()],
        summary: Some("narwhals".to_owned()),
        content: "a narwhal and a walrus".to_owned(),
        valid_until: None,
        ..full_memory("everywhere")
    };
    let put = put_memories([everywhere.clone(), with_content("content", "Narwhal!")]);
    store.apply(put).await?;
    let found = hits(&*store, &search("NARWHAL the walrus unicorn")).await?;
    let told: Vec<_> = found
        .iter()
        .map(|hit| (hit.memory.id.as_str(), &hit.fields[..], hit.words.join(" ")))
        .collect();
    let fields = [Field::Title, Field::Tags, Field::Summary, Field::Content];
    let expected = [
        ("everywhere", &fields[..], "narwhal walrus".to_owned()),
        ("content", &fields[3..], "narwhal".to_owned()),
    ];
    assert_eq!(told, expected);
    assert_eq!(found[0].memory, everywhere);
    Ok(())
}

/// Filters apply inside a search: a page is full of what they admit.
pub async fn filters_apply_inside_a_search(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let plain = (0..40).map(|n| titled(&format!("a{n:02}"), "walrus"));
    let fixes = (0..4).map(|n| Memory {
        memory_type: MemoryType::Fix,
        ..with_content(&format!("fix {n}"), "far below, a walrus")
    });
    store.apply(put_memories(plain.chain(fixes))).await?;
    let query = SearchQuery {
        filter: MemoryFilter {
            types: vec![MemoryType::Fix],
            ..MemoryFilter::default()
        },
        ..search("walrus")
    };
    let page = store.search(&query, &first(3)).await?;
    assert_eq!(names(&page.items), ["fix 0", "fix 1", "fix 2"]);
    let next = page.next.expect("a next page");
    let page = store.search(&query, &after(3, &next)).await?;
    assert_eq!((names(&page.items), page.next), (vec!["fix 3"], None));
    Ok(())
}

/// Every filter of a list is a filter of a search.
pub async fn every_filter_applies(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let memories: Vec<Memory> = (0..32_u8)
        .map(|n| Memory {
            memory_type: [MemoryType::Fix, MemoryType::Task][usize::from(n % 2)],
            tags: if n % 3 == 0 {
                vec!["red".to_owned()]
            } else {
                vec![]
            },
            importance: score([0.25, 0.5, 0.75][usize::from(n % 3)]),
            confidence: score([0.0, 0.5, 1.0, 0.75][usize::from(n % 4)]),
            created_at: at(n.into()),
            updated_at: at(40 - i64::from(n)),
            valid_from: at((n % 5).into()),
            valid_until: (n % 7 == 0).then(|| at((n % 5 + 3).into())),
            context: (n % 5 == 0).then(|| MemoryContext {
                project_path: Some("/one".to_owned()),
                ..MemoryContext::default()
            }),
            ..titled(&format!("m{n:02}"), "walrus")
        })
        .collect();
    store.apply(put_memories(memories.clone())).await?;
    let mut filters = vec![ever(); 10];
    filters[1].types = vec![MemoryType::Task];
    filters[2].tags = vec!["RED".to_owned()];
    filters[3].project_path = Some("/one".to_owned());
    filters[4].min_importance = Some(score(0.5));
    filters[5].min_confidence = Some(score(0.75));
    filters[6].created_since = Some(at(9));
    filters[7].created_before = Some(at(9));
    filters[8].updated_since = Some(at(20));
    filters[9].as_of = AsOf::At(at(4));
    filters.push(MemoryFilter::default());
    for filter in filters {
        let admitted = memories.iter().filter(|memory| filter.admits(memory));
        let expected: Vec<&str> = admitted.map(|memory| memory.id.as_str()).collect();
        let query = SearchQuery {
            filter,
            ..search("walrus")
        };
        let mut found = hits(&*store, &query).await?;
        found.sort_by(|a, b| a.memory.id.cmp(&b.memory.id));
        assert_eq!(names(&found), expected, "{query:?}");
    }
    Ok(())
}

/// Page by page a search gives what it gives at once.
pub async fn pages_together_are_the_hits(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let titles = ["walrus", "walrus and narwhal", "one more walrus", "narwhal"];
    let put = (0..21).map(|n| titled(&format!("m{n:02}"), titles[n % 4]));
    store.apply(put_memories(put)).await?;
    let query = search("walrus narwhal");
    let all = hits(&*store, &query).await?;
    assert_eq!(all.len(), 21);
    for limit in [1, 4, 20, 21, 22] {
        let mut found = Vec::new();
        let mut page = first(limit);
        loop {
            let part = store.search(&query, &page).await?;
            assert!(part.items.len() <= limit as usize);
            found.extend(part.items);
            let Some(next) = part.next else { break };
            page = after(limit, &next);
        }
        assert_eq!(found, all, "{limit}");
    }
    Ok(())
}

/// A search ends after its depth, or after the first page where that is larger.
pub async fn a_search_ends_after_its_depth(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let depth = SEARCH_DEPTH as usize;
    let put = (0..depth + 60).map(|n| titled(&format!("m{n:03}"), "walrus"));
    store.apply(put_memories(put)).await?;
    let query = search("walrus");
    let mut found: Vec<Hit> = Vec::new();
    let mut page = first(100);
    loop {
        let part = store.search(&query, &page).await?;
        found.extend(part.items);
        let Some(next) = part.next else { break };
        page = after(100, &next);
    }
    let expected: Vec<String> = (0..depth).map(|n| format!("m{n:03}")).collect();
    assert_eq!(names(&found), expected);
    let page = store.search(&query, &first(SEARCH_DEPTH + 40)).await?;
    assert_eq!((page.items.len(), page.next), (depth + 40, None));
    let page = store.search(&query, &first(PageRequest::LARGEST)).await?;
    assert_eq!((page.items.len(), page.next), (depth + 60, None));
    Ok(())
}

/// A word that very many memories have finds them when nothing else is asked for, and moves only
/// scores beside a rarer word.
pub async fn a_common_word_opens_only_alone(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let common = (0..150).map(|n| titled(&format!("common {n:03}"), "error"));
    let put = put_memories(common)
        .put_memory(titled("both", "error of a walrus"))
        .put_memory(titled("rare", "the walrus and others"));
    store.apply(put).await?;
    let alone = store.search(&search("error"), &first(200)).await?.items;
    assert_eq!(alone.len(), 151);
    assert_order(&*store, "error walrus", &["both", "rare"]).await?;
    let strict = SearchQuery {
        mode: SearchMode::Strict,
        ..search("error walrus")
    };
    assert_eq!(names(&hits(&*store, &strict).await?), ["both"]);
    Ok(())
}

/// What has ended is not found, unless one asks for it.
pub async fn what_has_ended_is_not_found(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let ended = Memory {
        valid_until: Some(at(5)),
        ..titled("ended", "walrus")
    };
    let put = put_memories([ended, titled("open", "walrus"), memory("other")]);
    store.apply(put).await?;
    assert_order(&*store, "walrus", &["open"]).await?;
    let query = SearchQuery {
        filter: ever(),
        ..search("walrus")
    };
    assert_eq!(names(&hits(&*store, &query).await?), ["ended", "open"]);
    Ok(())
}
