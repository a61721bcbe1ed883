use domain::{
    AsOf, Cursor, Direction, ListQuery, Memory, MemoryFilter, MemoryType, PageRequest,
    RelationshipQuery, RelationshipType, SearchQuery, Sort,
};
use ports::{ErrorKind, GraphBackend, GraphBackendExt};

use crate::{
    Harness, LawResult,
    samples::{
        SORTS, after, assert_fails, assert_names, at, batch, first, id, link, memory, memory_names,
        open, put_memories, put_names, relationship_names, remove_memory, score,
    },
};

fn sorted_by(sort: Sort) -> ListQuery {
    ListQuery {
        filter: MemoryFilter::default(),
        sort,
    }
}

/// Memories of which many are equal in each sort.
fn many(count: u8) -> impl Iterator<Item = Memory> {
    (0..count).map(move |n| Memory {
        created_at: at((n % 3).into()),
        updated_at: at((n % 5).into()),
        importance: score([0.25, 0.5][usize::from(n % 2)]),
        ..memory(&format!("m{:02}", n * 7 % count))
    })
}

/// Reads page by page and says what each page held.
async fn page_by_page(
    store: &dyn GraphBackend,
    query: &ListQuery,
    limit: u32,
) -> ports::Result<Vec<Vec<Memory>>> {
    let mut pages = Vec::new();
    let mut page = first(limit);
    loop {
        let part = store.list(query, &page).await?;
        pages.push(part.items);
        let Some(next) = part.next else {
            return Ok(pages);
        };
        page = after(limit, &next);
    }
}

/// Page by page a list gives what it gives at once, in each order, whatever the size of a page.
pub async fn pages_together_are_the_list(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_memories(many(23))).await?;
    for sort in SORTS {
        let query = sorted_by(sort);
        let all = store.list(&query, &first(100)).await?;
        assert_eq!((all.items.len(), all.next), (23, None));
        for limit in [1, 2, 5, 22, 23, 24] {
            let pages = page_by_page(&*store, &query, limit).await?;
            let (last, full) = pages.split_last().expect("there is a page");
            assert!(full.iter().all(|page| page.len() == limit as usize));
            assert!(
                (1..=limit as usize).contains(&last.len()),
                "{sort:?} {limit}"
            );
            assert_eq!(pages.concat(), all.items, "{sort:?} {limit}");
        }
    }
    Ok(())
}

/// Page by page the relationships are those that come at once.
pub async fn pages_together_are_the_relationships(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let names: Vec<String> = (0..12).map(|n| format!("m{n}")).collect();
    let put = put_names(names.iter().map(String::as_str));
    let put = (1..12).fold(put, |put, n| {
        let kind = RelationshipType::Solves;
        put.put_relationship(link(
            &format!("r{}", n * 5 % 11),
            &names[0],
            kind,
            &names[n],
        ))
    });
    store.apply(put).await?;
    let query = RelationshipQuery {
        touching: vec![id("m0"), id("m1"), id("m2")],
        direction: Direction::Both,
        ..RelationshipQuery::default()
    };
    let all = store.relationships(&query, &first(100)).await?;
    let mut expected: Vec<String> = (0..11).map(|n| format!("r{n}")).collect();
    expected.sort();
    assert_eq!(relationship_names(&all.items), expected);
    for limit in [1, 4, 10, 11] {
        let mut found = Vec::new();
        let mut page = first(limit);
        loop {
            let part = store.relationships(&query, &page).await?;
            assert!(part.items.len() <= limit as usize);
            found.extend(part.items);
            let Some(next) = part.next else { break };
            page = after(limit, &next);
        }
        assert_eq!(found, all.items, "{limit}");
    }
    Ok(())
}

/// The last page names no next one, also where it is full.
pub async fn the_last_page_names_no_next(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let query = ListQuery::default();
    let page = store.list(&query, &first(3)).await?;
    assert_eq!((page.items, page.next), (vec![], None));
    store.apply(put_names(["a", "b", "c"])).await?;
    let page = store.list(&query, &first(3)).await?;
    assert_eq!((page.items.len(), page.next), (3, None));
    let page = store.list(&query, &first(2)).await?;
    assert_eq!(page.items.len(), 2);
    let page = store
        .list(&query, &after(1, &page.next.expect("a next page")))
        .await?;
    assert_eq!((memory_names(&page.items), page.next), (vec!["a"], None));
    Ok(())
}

/// Pages may change their size on the way.
pub async fn pages_may_change_their_size(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_memories(many(20))).await?;
    let query = sorted_by(Sort::MostImportant);
    let all = store.list(&query, &first(100)).await?.items;
    let mut found = Vec::new();
    let mut page = first(1);
    for limit in 2.. {
        let part = store.list(&query, &page).await?;
        found.extend(part.items);
        let Some(next) = part.next else { break };
        page = after(limit, &next);
    }
    assert_eq!(found, all);
    Ok(())
}

/// A cursor is text that can be kept and sent back.
pub async fn a_cursor_is_text(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store
        .apply(put_names(["it's", "\"quoted\"", "ж😀", "a\nb", "\u{1}"]))
        .await?;
    for sort in SORTS {
        let query = sorted_by(sort);
        let all = store.list(&query, &first(100)).await?.items;
        let mut found = Vec::new();
        let mut page = first(1);
        while let part = store.list(&query, &page).await?
            && let Some(next) = &part.next
        {
            found.extend(part.items);
            page = after(1, &Cursor::from(next.to_string()));
        }
        found.extend(store.list(&query, &page).await?.items);
        assert_eq!(found, all, "{sort:?}");
    }
    Ok(())
}

/// A cursor is refused by another query and by another method.
pub async fn a_foreign_cursor_is_refused(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b", "c"])
        .put_relationship(link("1", "a", RelationshipType::Solves, "b"))
        .put_relationship(link("2", "b", RelationshipType::Solves, "c"));
    store.apply(put).await?;
    let relationships = RelationshipQuery::default();
    let search = SearchQuery {
        text: "title".to_owned(),
        ..SearchQuery::default()
    };
    let cursors = [
        store.list(&sorted_by(Sort::Newest), &first(1)).await?.next,
        store.relationships(&relationships, &first(1)).await?.next,
        store.search(&search, &first(1)).await?.next,
        store.changes_since(at(0), &first(1)).await?.next,
    ];
    let cursors = cursors.map(|cursor| cursor.expect("there are two pages of each"));
    let other_filter = ListQuery {
        filter: MemoryFilter {
            types: vec![MemoryType::General],
            ..MemoryFilter::default()
        },
        sort: Sort::Newest,
    };
    let other_search = SearchQuery {
        text: "titles".to_owned(),
        ..SearchQuery::default()
    };
    let ended_too = RelationshipQuery {
        as_of: AsOf::Ever,
        ..RelationshipQuery::default()
    };
    for cursor in &cursors {
        let page = after(5, cursor);
        let refused = [
            store.list(&sorted_by(Sort::Oldest), &page).await.map(drop),
            store.list(&other_filter, &page).await.map(drop),
            store.relationships(&ended_too, &page).await.map(drop),
            store.search(&other_search, &page).await.map(drop),
            store.changes_since(at(-1), &page).await.map(drop),
        ];
        for refused in refused {
            assert_names(
                &assert_fails(refused, ErrorKind::InvalidArgument),
                &["cursor"],
            );
        }
    }
    let [of_list, of_relationships, of_search, of_changes] =
        cursors.map(|cursor| after(5, &cursor));
    let lists = sorted_by(Sort::Newest);
    for page in [&of_relationships, &of_search, &of_changes] {
        assert_fails(store.list(&lists, page).await, ErrorKind::InvalidArgument);
    }
    for page in [&of_list, &of_search, &of_changes] {
        let refused = store.relationships(&relationships, page).await;
        assert_fails(refused, ErrorKind::InvalidArgument);
    }
    for page in [&of_list, &of_relationships, &of_changes] {
        assert_fails(
            store.search(&search, page).await,
            ErrorKind::InvalidArgument,
        );
    }
    for page in [&of_list, &of_relationships, &of_search] {
        let refused = store.changes_since(at(0), page).await;
        assert_fails(refused, ErrorKind::InvalidArgument);
    }
    Ok(())
}

/// A text that nobody gave out as a cursor is refused.
pub async fn a_made_up_cursor_is_refused(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["a", "b"])).await?;
    let query = ListQuery::default();
    let page = store.list(&query, &first(1)).await?;
    let real = page.next.expect("a next page").to_string();
    let long = "ab".repeat(10_000);
    let (start, _) = real.split_at(real.len() / 2);
    let cut = real.get(..16).unwrap_or_default();
    let with_more = format!("{real}00");
    let other_position = format!("{cut}{long}");
    let texts = [
        "",
        " ",
        "1",
        "null",
        "'; DROP TABLE nodes; --",
        "ж😀",
        "0000000000000000",
        &long,
        start,
        cut,
        &with_more,
        &other_position,
    ];
    for text in texts {
        let page = after(1, &Cursor::from(text.to_owned()));
        let refused = assert_fails(store.list(&query, &page).await, ErrorKind::InvalidArgument);
        assert_names(&refused, &["cursor"]);
        let refused = store
            .relationships(&RelationshipQuery::default(), &page)
            .await;
        assert_fails(refused, ErrorKind::InvalidArgument);
        let refused = store.search(&SearchQuery::default(), &page).await;
        assert_fails(refused, ErrorKind::InvalidArgument);
        let refused = store.changes_since(at(0), &page).await;
        assert_fails(refused, ErrorKind::InvalidArgument);
    }
    Ok(())
}

/// A page that is larger than allowed is refused, the largest is not.
pub async fn a_page_has_a_largest_size(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("a")).await?;
    let query = ListQuery::default();
    let largest = first(PageRequest::LARGEST);
    assert_eq!(store.list(&query, &largest).await?.items, [memory("a")]);
    for limit in [PageRequest::LARGEST + 1, u32::MAX] {
        let page = PageRequest {
            limit: limit.try_into()?,
            after: None,
        };
        let search = SearchQuery {
            text: "title".to_owned(),
            ..SearchQuery::default()
        };
        let relationships = RelationshipQuery::default();
        let refused = [
            store.list(&query, &page).await.map(drop),
            store.relationships(&relationships, &page).await.map(drop),
            store.search(&search, &page).await.map(drop),
            store.changes_since(at(0), &page).await.map(drop),
        ];
        for refused in refused {
            assert_names(
                &assert_fails(refused, ErrorKind::InvalidArgument),
                &["limit", "10000"],
            );
        }
    }
    Ok(())
}

/// What is put between two pages neither repeats nor hides what was there before.
pub async fn puts_between_pages_do_not_disturb(h: &dyn Harness) -> LawResult {
    for sort in SORTS {
        let store = open(h).await?;
        let old: Vec<Memory> = many(20).collect();
        store.apply(put_memories(old.iter().cloned())).await?;
        let query = sorted_by(sort);
        let expected = store.list(&query, &first(100)).await?.items;
        let mut found = Vec::new();
        let mut page = first(3);
        for n in 0_u8.. {
            let part = store.list(&query, &page).await?;
            found.extend(part.items);
            let Some(next) = part.next else { break };
            page = after(3, &next);
            let new = Memory {
                created_at: at((n % 4).into()),
                updated_at: at((n % 6).into()),
                importance: score([0.1, 0.25, 0.5, 0.9][usize::from(n % 4)]),
                ..memory(&format!("m{n:02} new"))
            };
            store.put_memory(new).await?;
            assert!(n < 40, "the list does not end");
        }
        found.retain(|memory| !memory.id.as_str().ends_with("new"));
        assert_eq!(found, expected, "{sort:?}");
        let removal = list_names(&*store)
            .await?
            .into_iter()
            .map(|name| remove_memory(&name));
        store
            .apply(removal.fold(batch(), ports::Batch::then))
            .await?;
    }
    Ok(())
}

async fn list_names(store: &dyn GraphBackend) -> ports::Result<Vec<String>> {
    let page = store.list(&ListQuery::default(), &first(1_000)).await?;
    Ok(page
        .items
        .iter()
        .map(|memory| memory.id.to_string())
        .collect())
}

/// A page goes on after its cursor when the memory where the cursor stood was removed.
pub async fn a_page_goes_on_after_what_was_removed(h: &dyn Harness) -> LawResult {
    for sort in SORTS {
        let store = open(h).await?;
        store.apply(put_memories(many(10))).await?;
        let query = sorted_by(sort);
        let all = store.list(&query, &first(100)).await?.items;
        let page = store.list(&query, &first(4)).await?;
        let removal = page
            .items
            .iter()
            .map(|memory| remove_memory(memory.id.as_str()));
        store
            .apply(removal.fold(batch(), ports::Batch::then))
            .await?;
        let rest = store
            .list(&query, &after(100, &page.next.expect("a next page")))
            .await?;
        assert_eq!(rest.items, all[4..], "{sort:?}");
    }
    Ok(())
}
