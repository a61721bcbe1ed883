use domain::{Memory, RelationshipType};
use ports::{Batch, Change, ErrorKind, Expect, GraphBackendExt, Receipt};

use crate::{
    Harness, LawResult,
    samples::{
        added, assert_fails, assert_names, at, batch, contents, first, full_memory, id, invalidate,
        link, memory, memory_names, open, put_memories, put_names, relationship_id, remove_memory,
        remove_relationship, titled, touch,
    },
};

/// A batch without changes succeeds and does nothing.
pub async fn an_empty_batch_does_nothing(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("a")).await?;
    let before = contents(&*store).await?;
    assert_eq!(store.apply(batch()).await?, Receipt::default());
    let expecting = batch().expect(Expect::Present(id("a")));
    assert_eq!(store.apply(expecting).await?, Receipt::default());
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}

/// A batch whose last change fails leaves no trace of the 99 before it.
pub async fn a_failed_batch_leaves_no_trace(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_memories([titled("old", "walrus"), memory("gone"), memory("touched")])
        .put_relationship(link("1", "old", RelationshipType::Solves, "gone"))
        .put_relationship(link("2", "old", RelationshipType::Causes, "touched"));
    store.apply(put).await?;
    let before = contents(&*store).await?;
    let found = |title: &'static str| {
        let store = &store;
        async move {
            let query = domain::SearchQuery {
                text: title.to_owned(),
                ..domain::SearchQuery::default()
            };
            let hits = store.search(&query, &first(10)).await?.items;
            Ok::<Vec<Memory>, ports::BackendError>(hits.into_iter().map(|hit| hit.memory).collect())
        }
    };
    let changes = put_memories((0..94).map(|n| titled(&format!("new {n}"), "narwhal")))
        .put_memory(titled("old", "narwhal"))
        .then(touch("touched", 5, at(50)))
        .then(remove_memory("gone"))
        .then(invalidate("2", at(9), None))
        .put_relationship(link("3", "touched", RelationshipType::Solves, "old"))
        .put_relationship(link("4", "old", RelationshipType::Solves, "gone"));
    assert_eq!(changes.changes.len(), 100);
    let error = assert_fails(store.apply(changes).await, ErrorKind::NotFound);
    assert_names(&error, &["gone"]);
    assert_eq!(contents(&*store).await?, before);
    assert_eq!(found("narwhal").await?, []);
    assert_eq!(memory_names(&found("walrus").await?), ["old"]);
    Ok(())
}

/// A batch with one invalid value changes nothing.
pub async fn an_invalid_value_spoils_the_batch(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let before = contents(&*store).await?;
    let invalid = Memory {
        title: String::new(),
        ..memory("b")
    };
    let put = put_memories([memory("a"), invalid, memory("c")]);
    let error = assert_fails(store.apply(put).await, ErrorKind::InvalidArgument);
    assert_names(&error, &["title", "1 to 200"]);
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}

/// A batch can relate the memories that it puts.
pub async fn a_batch_relates_the_memories_that_it_puts(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let one = link("1", "a", RelationshipType::Solves, "b");
    let receipt = store
        .apply(put_names(["a", "b"]).put_relationship(one.clone()))
        .await?;
    assert_eq!(receipt, added(2, 1));
    assert_eq!(contents(&*store).await?.relationships, [one]);
    Ok(())
}

/// Changes happen in order: what is related before it is put is not there.
pub async fn what_is_related_before_it_is_put_is_not_there(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let early = batch()
        .put_memory(memory("a"))
        .put_relationship(link("1", "a", RelationshipType::Solves, "later"))
        .put_memory(memory("later"));
    let error = assert_fails(store.apply(early).await, ErrorKind::NotFound);
    assert_names(&error, &["later"]);
    assert_eq!(contents(&*store).await?.memories, []);
    Ok(())
}

/// What is related after it was removed is not there.
pub async fn what_is_related_after_it_was_removed_is_not_there(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["a", "gone"])).await?;
    let late = batch().then(remove_memory("gone")).put_relationship(link(
        "1",
        "a",
        RelationshipType::Solves,
        "gone",
    ));
    let error = assert_fails(store.apply(late).await, ErrorKind::NotFound);
    assert_names(&error, &["gone"]);
    assert_eq!(contents(&*store).await?.memories, ["a", "gone"].map(memory));
    Ok(())
}

/// What a batch puts and then removes was never there.
pub async fn put_and_removed_was_never_there(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let before = contents(&*store).await?;
    let put = put_names(["a", "b"])
        .put_relationship(link("1", "a", RelationshipType::Solves, "b"))
        .then(remove_relationship("1"))
        .then(remove_memory("a"))
        .then(remove_memory("b"));
    assert_eq!(store.apply(put).await?, Receipt::default());
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}

/// What a batch removes and then puts again is new: its relationships are gone.
pub async fn removed_and_put_again_is_new(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b"]).put_relationship(link("1", "a", RelationshipType::Solves, "b"));
    store.apply(put).await?;
    let again = batch()
        .then(remove_memory("a"))
        .put_memory(full_memory("a"));
    let expected = Receipt {
        relationships_removed: 1,
        ..Receipt::default()
    };
    assert_eq!(store.apply(again).await?, expected);
    let left = contents(&*store).await?;
    assert_eq!(left.memories, [memory("b"), full_memory("a")]);
    assert_eq!(left.relationships, []);
    Ok(())
}

/// Of several memories with one id the last one stays, and the receipt counts one.
pub async fn the_last_of_one_id_stays(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_memories([titled("a", "first"), full_memory("a"), titled("a", "last")]);
    assert_eq!(store.apply(put).await?, added(1, 0));
    assert_eq!(contents(&*store).await?.memories, [titled("a", "last")]);
    let links = put_names(["b"])
        .put_relationship(link("1", "a", RelationshipType::Solves, "b"))
        .put_relationship(link("1", "b", RelationshipType::Causes, "a"));
    assert_eq!(store.apply(links).await?, added(1, 1));
    let left = contents(&*store).await?.relationships;
    assert_eq!(left, [link("1", "b", RelationshipType::Causes, "a")]);
    Ok(())
}

/// Changes of all kinds to one thing happen in their order.
pub async fn changes_happen_in_their_order(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let changes = batch()
        .then(touch("a", 9, at(9)))
        .put_memory(memory("a"))
        .then(touch("a", 1, at(1)))
        .put_memory(titled("a", "again"))
        .then(touch("a", 2, at(2)))
        .then(remove_memory("a"))
        .then(touch("a", 4, at(4)))
        .put_memory(titled("a", "at last"))
        .then(touch("a", 3, at(3)));
    assert_eq!(store.apply(changes).await?, added(1, 0));
    let expected = Memory {
        usage_count: 3,
        last_accessed: Some(at(3)),
        ..titled("a", "at last")
    };
    assert_eq!(contents(&*store).await?.memories, [expected]);
    Ok(())
}

/// Relationships change in order too: put, invalidated, put again, removed, put.
pub async fn relationships_change_in_order(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let one = link("1", "a", RelationshipType::Solves, "b");
    let changes = put_names(["a", "b"])
        .put_relationship(one.clone())
        .then(invalidate("1", at(5), None))
        .put_relationship(one.clone())
        .then(remove_relationship("1"))
        .put_relationship(one.clone())
        .then(invalidate("1", at(7), None))
        .then(invalidate("1", at(9), None));
    assert_eq!(store.apply(changes).await?, added(2, 1));
    let ended = one.ended(at(7), None, at(8))?;
    assert_eq!(contents(&*store).await?.relationships, [ended]);
    Ok(())
}

/// A receipt counts what is there after the batch and was not before, and the reverse.
pub async fn a_receipt_counts_the_difference(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b", "c"])
        .put_relationship(link("1", "a", RelationshipType::Solves, "b"))
        .put_relationship(link("2", "b", RelationshipType::Solves, "c"));
    store.apply(put).await?;
    let changes = batch()
        .put_memory(full_memory("a"))
        .put_memory(memory("d"))
        .put_memory(memory("e"))
        .then(remove_memory("c"))
        .then(remove_memory("e"))
        .then(remove_relationship("1"))
        .put_relationship(link("3", "a", RelationshipType::Causes, "d"))
        .put_relationship(link("1", "a", RelationshipType::Solves, "b"));
    let expected = Receipt {
        memories_added: 1,
        memories_removed: 1,
        relationships_added: 1,
        relationships_removed: 1,
        ..Receipt::default()
    };
    assert_eq!(store.apply(changes).await?, expected);
    Ok(())
}

/// A batch of thousands is one batch.
pub async fn a_batch_of_thousands_is_one(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let name = |n: usize| format!("m{n:04}");
    let put = put_memories((0..2_000).map(|n| memory(&name(n))));
    let put = (1..2_000).fold(put, |put, n| {
        let kind = RelationshipType::BuildsOn;
        put.put_relationship(link(&name(n), &name(n), kind, &name(n / 2)))
    });
    assert_eq!(store.apply(put.clone()).await?, added(2_000, 1_999));
    let all = contents(&*store).await?;
    let names: Vec<String> = (0..2_000).map(name).collect();
    assert_eq!(memory_names(&all.memories), names);
    assert_eq!(all.relationships.len(), 1_999);
    assert_eq!(store.apply(put).await?, Receipt::default());
    let removal = (0..2_000)
        .map(|n| remove_memory(&name(n)))
        .fold(batch(), Batch::then);
    let receipt = store.apply(removal).await?;
    assert_eq!(
        (receipt.memories_removed, receipt.relationships_removed),
        (2_000, 1_999)
    );
    assert_eq!(contents(&*store).await?.memories, []);
    Ok(())
}

/// A batch that is sent again finds what it put, and changes nothing more.
pub async fn a_batch_sent_again_changes_nothing_more(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_memories([full_memory("a"), memory("b")])
        .put_relationship(link("1", "a", RelationshipType::Solves, "b"))
        .then(Change::RemoveRelationship(relationship_id("2")));
    store.apply(put.clone()).await?;
    let before = contents(&*store).await?;
    assert_eq!(store.apply(put).await?, Receipt::default());
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}
