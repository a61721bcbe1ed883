use std::sync::Arc;

use domain::{ListQuery, PageRequest};
use domain::{
    Memory, MemoryFilter, PathQuery, RelationshipQuery, RelationshipType, SearchQuery, Sort, Walk,
};
use ports::{Batch, ErrorKind, Expect, GraphBackendExt};

use crate::{
    Harness, LawResult,
    samples::{
        Contents, after, assert_fails, at, batch, contents, first, full_memory, full_relationship,
        id, invalidate, link, memory, memory_names, open, put_memories, put_names, relationship_id,
        remove_memory, titled, touch,
    },
};

const SOLVES: RelationshipType = RelationshipType::Solves;

/// Opens the store again and finds what was there, or nothing where the backend does not keep it.
async fn reopened(h: &dyn Harness, before: Contents) -> LawResult {
    let store = open(h).await?;
    let found = contents(&*store).await?;
    if store.capabilities().durable {
        assert_eq!(found, before);
    } else {
        assert_eq!(
            (found.memories, found.relationships, found.changes),
            (vec![], vec![], vec![])
        );
    }
    Ok(())
}

fn everything() -> Batch {
    let open = domain::Relationship {
        valid_until: None,
        ..full_relationship("2", "b", "full")
    };
    put_memories([full_memory("full"), memory("b"), memory("gone")])
        .put_relationship(full_relationship("1", "full", "b"))
        .put_relationship(open)
        .put_relationship(link("3", "b", RelationshipType::SimilarTo, "full"))
        .put_relationship(link("4", "full", RelationshipType::SimilarTo, "b"))
        .then(invalidate("3", at(9), Some("2")))
        .then(touch("b", 3, at(4)))
        .then(remove_memory("gone"))
}

/// What was acknowledged is there after closing and opening again, where the backend is durable;
/// else nothing is.
pub async fn what_was_acknowledged_is_there_after_reopening(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(everything()).await?;
    let before = contents(&*store).await?;
    store.close().await?;
    drop(store);
    reopened(h, before).await
}

/// The same holds when nobody closed the store.
pub async fn nobody_has_to_close(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(everything()).await?;
    let before = contents(&*store).await?;
    drop(store);
    reopened(h, before).await
}

/// What was opened and closed many times has all that was put in between.
pub async fn every_opening_adds_to_the_last(h: &dyn Harness) -> LawResult {
    let mut names = Vec::new();
    for n in 0..4 {
        let store = open(h).await?;
        let durable = store.capabilities().durable;
        let expected: &[String] = if durable { &names } else { &[] };
        assert_eq!(memory_names(&contents(&*store).await?.memories), expected);
        let name = format!("m{n}");
        let receipt = store.put_memory(memory(&name)).await?;
        assert_eq!(receipt.memories_added, 1);
        names.push(name);
        store.close().await?;
    }
    Ok(())
}

/// Searches find after reopening what was put before it, and not what was removed or changed.
pub async fn searches_find_after_reopening(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_memories([
        titled("a", "walrus"),
        titled("b", "walrus"),
        titled("c", "walrus"),
    ]);
    store.apply(put).await?;
    store
        .apply(
            batch()
                .then(remove_memory("b"))
                .put_memory(titled("c", "narwhal")),
        )
        .await?;
    store.close().await?;
    let store = open(h).await?;
    let query = SearchQuery {
        text: "walrus".to_owned(),
        ..SearchQuery::default()
    };
    let hits = store.search(&query, &first(10)).await?.items;
    let found: Vec<Memory> = hits.into_iter().map(|hit| hit.memory).collect();
    let durable = store.capabilities().durable;
    let expected: &[Memory] = if durable {
        &[titled("a", "walrus")]
    } else {
        &[]
    };
    assert_eq!(found, expected);
    Ok(())
}

/// Versions are checked after reopening as before.
pub async fn versions_are_checked_after_reopening(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(full_memory("a")).await?;
    store.close().await?;
    let store = open(h).await?;
    let put = |version| {
        let put = batch().expect(Expect::Version(id("a"), version));
        store.apply(put.put_memory(memory("a")))
    };
    assert_fails(put(3).await, ErrorKind::Conflict);
    if store.capabilities().durable {
        put(4).await?;
    } else {
        assert_fails(put(4).await, ErrorKind::Conflict);
    }
    Ok(())
}

/// A cursor goes on after reopening where it stood before.
pub async fn a_cursor_goes_on_after_reopening(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["a", "b", "c", "d"])).await?;
    let query = ListQuery {
        filter: MemoryFilter::default(),
        sort: Sort::MostImportant,
    };
    let page = store.list(&query, &first(2)).await?;
    store.close().await?;
    let store = open(h).await?;
    let page = after(5, &page.next.expect("a next page"));
    let rest = store.list(&query, &page).await?.items;
    let durable = store.capabilities().durable;
    let expected: &[&str] = if durable { &["b", "a"] } else { &[] };
    assert_eq!(memory_names(&rest), expected);
    Ok(())
}

/// Preparing the schema again changes nothing and says the same version.
pub async fn preparing_the_schema_again_changes_nothing(h: &dyn Harness) -> LawResult {
    let store = h.open().await;
    let version = store.initialize_schema().await?;
    store.apply(everything()).await?;
    let before = contents(&*store).await?;
    assert_eq!(store.initialize_schema().await?, version);
    assert_eq!(contents(&*store).await?, before);
    let again = h.open().await;
    assert_eq!(again.initialize_schema().await?, version);
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}

/// Closing again changes nothing.
pub async fn closing_again_changes_nothing(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(everything()).await?;
    let before = contents(&*store).await?;
    for _ in 0..3 {
        store.close().await?;
    }
    reopened(h, before).await
}

/// After closing every call says so; only the name and the capabilities still answer.
pub async fn after_closing_every_call_says_so(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("a")).await?;
    let (name, capabilities) = (store.name(), store.capabilities());
    store.close().await?;
    let page = first(1);
    let to_itself = PathQuery::new(id("a"), id("a"));
    let refused = [
        store.initialize_schema().await.map(drop),
        store.health().await.map(drop),
        store.apply(batch()).await.map(drop),
        store.put_memory(memory("b")).await.map(drop),
        store.memories(&[id("a")]).await.map(drop),
        store.list(&ListQuery::default(), &page).await.map(drop),
        store
            .relationships(&RelationshipQuery::default(), &page)
            .await
            .map(drop),
        store.walk(&Walk::new(id("a"))).await.map(drop),
        store.shortest_path(&to_itself).await.map(drop),
        store.search(&SearchQuery::default(), &page).await.map(drop),
        store.statistics().await.map(drop),
        store.changes_since(at(0), &page).await.map(drop),
        store.memory_history(&id("a"), &page).await.map(drop),
        store
            .relationship_history(&relationship_id("a"), &page)
            .await
            .map(drop),
        store.quarantine(&page).await.map(drop),
        store.inspect().await.map(drop),
        store.repair().await.map(drop),
    ];
    for (n, refused) in refused.into_iter().enumerate() {
        let error = refused.expect_err("a closed store answers nothing");
        assert_eq!(error.kind(), ErrorKind::Closed, "call {n}: {error}");
    }
    assert_eq!((store.name(), store.capabilities()), (name, capabilities));
    Ok(())
}

/// Closing during work keeps what was acknowledged, whole batches only; the rest is told that the
/// store was closed.
pub async fn closing_during_work_keeps_whole_batches(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let mut tasks = Vec::new();
    for n in 0..24 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            let [a, b] = ["a", "b"].map(|half| format!("m{n:02} {half}"));
            let put =
                put_names([a.as_str(), b.as_str()]).put_relationship(link(&a, &a, SOLVES, &b));
            store.apply(put).await.map(|_| n)
        }));
    }
    tokio::task::yield_now().await;
    store.close().await?;
    let mut acknowledged = Vec::new();
    for task in tasks {
        match task.await? {
            Ok(n) => acknowledged.push(n),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Closed, "{error}"),
        }
    }
    let store = open(h).await?;
    let found = contents(&*store).await?;
    assert_eq!(found.memories.len(), 2 * found.relationships.len());
    if !store.capabilities().durable {
        acknowledged.clear();
    }
    for n in acknowledged {
        let half = id(&format!("m{n:02} b"));
        assert!(
            found.memories.iter().any(|memory| memory.id == half),
            "{n} is lost"
        );
    }
    Ok(())
}

/// A page as large as allowed is read after reopening too.
pub async fn thousands_are_there_after_reopening(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let names: Vec<String> = (0..2_000).map(|n| format!("m{n:04}")).collect();
    store
        .apply(put_names(names.iter().map(String::as_str)))
        .await?;
    store.close().await?;
    let store = open(h).await?;
    let query = ListQuery {
        filter: MemoryFilter::default(),
        sort: Sort::Oldest,
    };
    let found = store
        .list(&query, &first(PageRequest::LARGEST))
        .await?
        .items;
    let durable = store.capabilities().durable;
    let expected: &[String] = if durable { &names } else { &[] };
    assert_eq!(memory_names(&found), expected);
    Ok(())
}
