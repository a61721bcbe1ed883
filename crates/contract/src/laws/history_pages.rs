use domain::{AsOf, Cursor, Memory, Page, PageRequest, RelationshipQuery};
use ports::{ErrorKind, GraphBackendExt, Result};

use crate::{
    Harness, LawResult,
    laws::history::{SIMILAR_TO, put_states, strengths, tie, versions, with_tie},
    samples::{
        after, assert_fails, assert_names, batch, first, id, link, memory, memory_states, open,
        put_names, relationship_id, relationship_states, remove_memory,
    },
};

/// Page by page a history gives what it gives at once.
pub async fn pages_together_are_the_history(h: &dyn Harness) -> LawResult {
    let store = with_tie(h).await?;
    put_states(&*store, 1..=7).await?;
    for n in 3..=6 {
        store.put_relationship(tie(f64::from(n) / 8.0)).await?;
    }
    // Once with a present state, and once without.
    for round in 0..2 {
        let memories = memory_states(&*store, "m").await?;
        assert_eq!(versions(&memories), [7, 6, 5, 4, 3, 2, 1]);
        let relationships = relationship_states(&*store, "r").await?;
        let expected = [0.75, 0.625, 0.5, 0.375, 0.5, 0.25];
        assert_eq!(strengths(&relationships), expected);
        for limit in [1, 2, 3, 6, 7, 8] {
            let found = pages(limit, async |page| {
                store.memory_history(&id("m"), &page).await
            });
            assert_eq!(found.await?, memories, "{limit}, round {round}");
            let found = pages(limit, async |page| {
                store
                    .relationship_history(&relationship_id("r"), &page)
                    .await
            });
            assert_eq!(found.await?, relationships, "{limit}, round {round}");
        }
        let removal = batch().then(remove_memory("m")).then(remove_memory("a"));
        store.apply(removal).await?;
    }
    Ok(())
}

/// Reads page by page, of which each but the last is full, and the last is not empty.
async fn pages<T>(
    limit: u32,
    read: impl AsyncFn(PageRequest) -> Result<Page<T>>,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    let mut page = first(limit);
    loop {
        let Page { items, next } = read(page).await?;
        assert!((1..=limit as usize).contains(&items.len()));
        assert!(next.is_none() || items.len() == limit as usize);
        all.extend(items);
        let Some(next) = next else { return Ok(all) };
        page = after(limit, &next);
    }
}

/// A state that is added between two pages neither repeats nor hides an older one.
pub async fn a_change_between_pages_does_not_disturb(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    put_states(&*store, 1..=5).await?;
    let page = store.memory_history(&id("m"), &first(2)).await?;
    assert_eq!(versions(&page.items), [5, 4]);
    let next = page.next.expect("there are three more");
    put_states(&*store, [6]).await?;
    let page = store.memory_history(&id("m"), &after(2, &next)).await?;
    assert_eq!(versions(&page.items), [3, 2]);
    store.apply(batch().then(remove_memory("m"))).await?;
    let next = page.next.expect("there is one more");
    let page = store.memory_history(&id("m"), &after(2, &next)).await?;
    assert_eq!((versions(&page.items), page.next), (vec![1], None));
    Ok(())
}

/// A cursor of another history, or of no history, is refused, and so is a page that is too large.
pub async fn a_foreign_page_of_a_history_is_refused(h: &dyn Harness) -> LawResult {
    let store = with_tie(h).await?;
    put_states(&*store, 1..=3).await?;
    let put = put_names(["r"]).put_memory(Memory {
        version: 2,
        ..memory("a")
    });
    store.apply(put).await?;
    store
        .put_memory(Memory {
            version: 2,
            ..memory("r")
        })
        .await?;
    let everything = RelationshipQuery {
        as_of: AsOf::Ever,
        ..RelationshipQuery::default()
    };
    store
        .put_relationship(link("x", "b", SIMILAR_TO, "c"))
        .await?;
    let of_m = store.memory_history(&id("m"), &first(1)).await?.next;
    let of_a = store.memory_history(&id("a"), &first(1)).await?.next;
    let of_memory_r = store.memory_history(&id("r"), &first(1)).await?.next;
    let of_r = store
        .relationship_history(&relationship_id("r"), &first(1))
        .await?
        .next;
    let of_list = store.relationships(&everything, &first(1)).await?.next;
    let cursors = [of_m, of_a, of_memory_r, of_r, of_list];
    let [_, of_a, of_memory_r, of_r, of_list] =
        cursors.map(|cursor| after(1, &cursor.expect("there is another page")));
    let too_large = PageRequest {
        limit: (PageRequest::LARGEST + 1).try_into()?,
        after: None,
    };
    let made_up = after(1, &Cursor::from("'; DROP TABLE nodes; --".to_owned()));
    for page in [&of_a, &of_memory_r, &of_r, &of_list, &made_up, &too_large] {
        let refused = store.memory_history(&id("m"), page).await;
        assert_fails(refused, ErrorKind::InvalidArgument);
    }
    for page in [&of_a, &of_memory_r, &of_list, &made_up, &too_large] {
        let refused = store
            .relationship_history(&relationship_id("r"), page)
            .await;
        let refused = assert_fails(refused, ErrorKind::InvalidArgument);
        assert_names(&refused, &["history"]);
    }
    Ok(())
}
