use domain::{
    AsOf, ListQuery, Memory, MemoryContext, MemoryFilter, MemoryType, SearchMode, SearchQuery, Sort,
};
use ports::{Access, GraphBackend, GraphBackendExt, Result, SqlParameters};

use crate::{
    Harness, LawResult,
    samples::{
        SORTS, after, at, batch, first, list_all, memory, memory_names, open, put_memories,
        remove_memory, score,
    },
};

fn saying(name: &str, content: &str) -> Memory {
    Memory {
        content: content.to_owned(),
        ..memory(name)
    }
}

fn of(contents: &[&str]) -> MemoryFilter {
    MemoryFilter {
        contents: contents.iter().map(|&text| text.to_owned()).collect(),
        ..MemoryFilter::default()
    }
}

/// Checks which memories have any of the contents, by list and by search.
async fn assert_admits(
    store: &dyn GraphBackend,
    filter: MemoryFilter,
    expected: &[&str],
) -> LawResult {
    let shown = || format!("{:.200?}", filter.contents);
    let found = list_all(store, filter.clone(), Sort::Oldest).await?;
    assert_eq!(memory_names(&found), expected, "{}", shown());
    let search = SearchQuery {
        text: "title".to_owned(),
        mode: SearchMode::Strict,
        filter: filter.clone(),
    };
    let hits = store.search(&search, &first(100)).await?.items;
    let found: Vec<Memory> = hits.into_iter().map(|hit| hit.memory).collect();
    let mut found = memory_names(&found);
    found.sort_unstable();
    assert_eq!(found, expected, "searched: {}", shown());
    Ok(())
}

/// A content is found exactly, not its parts, and not those that it is a part of.
pub async fn a_content_is_found_exactly(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = [
        saying("a", "one two three"),
        saying("b", "one two"),
        saying("c", "one two three four"),
        saying("d", "one two three"),
    ];
    store.apply(put_memories(put)).await?;
    let cases: [(&str, &[&str]); 7] = [
        ("one two three", &["a", "d"]),
        ("one two", &["b"]),
        ("one", &[]),
        ("two three", &[]),
        ("%", &[]),
        ("one*", &[]),
        ("", &[]),
    ];
    for (content, expected) in cases {
        assert_admits(&*store, of(&[content]), expected).await?;
    }
    let all = ["a", "b", "c", "d"];
    assert_admits(&*store, of(&[]), &all).await
}

/// Contents are compared to the letter: case, accents, white space and composition count.
pub async fn contents_are_compared_to_the_letter(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let texts = [
        "café",
        "cafe",
        "Café",
        "cafe\u{301}",
        " cafe",
        "cafe ",
        "cafe\n",
        "cafe\r\n",
        "ca fe",
        "ca\u{a0}fe",
        "cafe\u{200b}",
        "caf\u{fffd}",
        "字",
        "字 ",
        "😀",
        "😀\u{fe0f}",
        "1",
        "1.0",
        "01",
        "null",
        "[]",
        "it's",
        "its",
        "\"it\"",
        "\\u0061",
        "a",
        "{\"a\":1}",
        "\u{1}",
    ];
    let named = |n: usize| format!("m{n:02}");
    let put = (0..texts.len()).map(|n| saying(&named(n), texts[n]));
    store.apply(put_memories(put)).await?;
    for (n, text) in texts.iter().enumerate() {
        assert_admits(&*store, of(&[text]), &[&named(n)]).await?;
    }
    Ok(())
}

/// Any of several contents will do, each memory comes once, and hundreds are one question.
pub async fn any_of_several_contents_is_found(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = ["x", "y", "z", "x"].into_iter().enumerate();
    let put = put.map(|(n, content)| saying(&format!("m{n}"), content));
    store.apply(put_memories(put)).await?;
    let cases: [(&[&str], &[&str]); 5] = [
        (&["x", "z"], &["m0", "m2", "m3"]),
        (&["z", "x"], &["m0", "m2", "m3"]),
        (&["x", "x"], &["m0", "m3"]),
        (&["none", "y"], &["m1"]),
        (&["none", "nothing"], &[]),
    ];
    for (contents, expected) in cases {
        assert_admits(&*store, of(contents), expected).await?;
    }
    let many: Vec<String> = (0..500).map(|n| format!("none {n}")).collect();
    let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
    many.push("y");
    assert_admits(&*store, of(&many), &["m1"]).await
}

/// Contents of the same length and the same ends are told apart.
pub async fn equal_lengths_and_ends_are_told_apart(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let end = "the same end of all of them";
    let texts: Vec<String> = (0..40).map(|n| format!("{n:02} {end}")).collect();
    let named = |n: usize| format!("m{n:02}");
    let put = texts.iter().enumerate();
    let put = put.map(|(n, text)| saying(&named(n), text));
    store.apply(put_memories(put)).await?;
    for n in [0, 7, 39] {
        assert_admits(&*store, of(&[&texts[n]]), &[&named(n)]).await?;
    }
    assert_admits(&*store, of(&[&format!("40 {end}")]), &[]).await?;
    let two = of(&[&texts[3], &texts[5], &format!("41 {end}")]);
    assert_admits(&*store, two, &["m03", "m05"]).await
}

/// The longest contents, in letters of several bytes, are told apart by any one letter.
pub async fn the_longest_contents_are_told_apart(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let long = |place: usize| -> String {
        (0..Memory::LONGEST_CONTENT)
            .map(|n| if n == place { 'ö' } else { 'ж' })
            .collect()
    };
    let places = [0, 25_000, 49_999];
    let named = |n: usize| format!("m{n}");
    let put = places.iter().enumerate();
    let put = put.map(|(n, place)| saying(&named(n), &long(*place)));
    store.apply(put_memories(put)).await?;
    for (n, place) in places.into_iter().enumerate() {
        assert_admits(&*store, of(&[&long(place)]), &[&named(n)]).await?;
    }
    assert_admits(&*store, of(&[&long(1)]), &[]).await?;
    assert_admits(&*store, of(&[&long(60_000)]), &[]).await?;
    let [one, two] = [long(0), long(49_999)];
    assert_admits(&*store, of(&[&one, &two]), &["m0", "m2"]).await
}

/// A content goes with every other filter.
pub async fn contents_go_with_other_filters(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let same = |name| saying(name, "same");
    let context = |project: &str| {
        Some(MemoryContext {
            project_path: Some(project.to_owned()),
            ..MemoryContext::default()
        })
    };
    let put = [
        Memory {
            memory_type: MemoryType::Fix,
            ..same("a")
        },
        Memory {
            tags: vec!["red".to_owned()],
            ..same("b")
        },
        Memory {
            context: context("/p"),
            ..same("c")
        },
        Memory {
            importance: score(0.875),
            ..same("d")
        },
        Memory {
            created_at: at(50),
            updated_at: at(50),
            valid_from: at(50),
            ..same("e")
        },
        Memory {
            valid_until: Some(at(10)),
            ..same("f")
        },
        Memory {
            context: context("/p"),
            ..saying("g", "other")
        },
    ];
    store.apply(put_memories(put)).await?;
    let same = || of(&["same", "nothing"]);
    let cases: [(MemoryFilter, &[&str]); 8] = [
        (same(), &["a", "b", "c", "d", "e"]),
        (
            MemoryFilter {
                types: vec![MemoryType::Fix],
                ..same()
            },
            &["a"],
        ),
        (
            MemoryFilter {
                tags: vec!["RED".to_owned()],
                ..same()
            },
            &["b"],
        ),
        (
            MemoryFilter {
                project_path: Some("/p".to_owned()),
                ..same()
            },
            &["c"],
        ),
        (
            MemoryFilter {
                min_importance: Some(score(0.75)),
                ..same()
            },
            &["d"],
        ),
        (
            MemoryFilter {
                created_since: Some(at(40)),
                ..same()
            },
            &["e"],
        ),
        (
            MemoryFilter {
                as_of: AsOf::At(at(5)),
                ..same()
            },
            &["a", "b", "c", "d", "f"],
        ),
        (
            MemoryFilter {
                types: vec![MemoryType::Task],
                ..same()
            },
            &[],
        ),
    ];
    for (filter, expected) in cases {
        assert_admits(&*store, filter, expected).await?;
    }
    Ok(())
}

/// Page by page, in each order, the memories of a content are those that come at once.
pub async fn memories_of_a_content_come_in_pages(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = (0..30_u8).map(|n| Memory {
        created_at: at((n % 5).into()),
        updated_at: at((n % 7).into()),
        importance: score([0.25, 0.5][usize::from(n % 2)]),
        ..saying(&format!("m{n:02}"), ["x", "y", "z"][usize::from(n % 3)])
    });
    store.apply(put_memories(put)).await?;
    for sort in SORTS {
        let query = ListQuery {
            filter: of(&["x", "z"]),
            sort,
        };
        let all = store.list(&query, &first(100)).await?.items;
        assert_eq!(all.len(), 20);
        assert!(all.iter().all(|memory| memory.content != "y"));
        for limit in [1, 3, 19, 20] {
            let mut found = Vec::new();
            let mut page = first(limit);
            loop {
                let part = store.list(&query, &page).await?;
                found.extend(part.items);
                let Some(next) = part.next else { break };
                page = after(limit, &next);
            }
            assert_eq!(found, all, "{sort:?} {limit}");
        }
    }
    Ok(())
}

/// What was changed or removed is found by its content no more, and by its new one at once.
pub async fn a_content_follows_every_change(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(saying("a", "old")).await?;
    store.put_memory(saying("a", "new")).await?;
    assert_admits(&*store, of(&["old"]), &[]).await?;
    assert_admits(&*store, of(&["new"]), &["a"]).await?;
    store.apply(batch().then(remove_memory("a"))).await?;
    assert_admits(&*store, of(&["old", "new"]), &[]).await
}

/// Memories that a program inserts or changes by SQL are found by their content.
pub async fn what_sql_says_is_found_by_its_content(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    if !store.capabilities().sql_access {
        return assert_admits(&*store, of(&["narwhal ж"]), &[]).await;
    }
    write(&*store, INSERT).await?;
    assert_admits(&*store, of(&["narwhal ж"]), &["a"]).await?;
    write(&*store, UPDATE).await?;
    assert_admits(&*store, of(&["narwhal ж"]), &[]).await?;
    assert_admits(&*store, of(&["it's a dugong"]), &["a"]).await
}

const INSERT: &str = r#"INSERT INTO nodes (id, label, properties)
    VALUES ('a', 'Memory', '{"title": "title", "content": "narwhal \u0436"}')"#;

const UPDATE: &str = "UPDATE nodes SET properties =
    json_set(properties, '$.content', 'it''s a dugong') WHERE id = 'a'";

async fn write(store: &dyn GraphBackend, statement: &str) -> Result<()> {
    let sql = store.sql_access()?;
    sql.execute_query(statement, SqlParameters::NONE, Access::Write)
        .await
        .map(drop)
}
