use domain::{
    AsOf, Memory, MemoryFilter, Relationship, RelationshipQuery, RelationshipType, SearchQuery,
    Sort, Timestamp,
};
use ports::{GraphBackend, GraphBackendExt};

use crate::{
    Harness, LawResult,
    samples::{
        at, batch, first, id, invalidate, link, list_all, memory, memory_names, open, put_memories,
        put_names, relationship_names, relationships,
    },
};

const SOLVES: RelationshipType = RelationshipType::Solves;

/// Names of the memories that belong to the answer as of then, in a list and in a search alike.
async fn memories_as_of(store: &dyn GraphBackend, as_of: AsOf) -> ports::Result<Vec<String>> {
    let filter = MemoryFilter {
        as_of,
        ..MemoryFilter::default()
    };
    let listed = list_all(store, filter.clone(), Sort::Oldest).await?;
    let query = SearchQuery {
        text: "title".to_owned(),
        filter,
        ..SearchQuery::default()
    };
    let hits = store.search(&query, &first(100)).await?.items;
    let mut found: Vec<Memory> = hits.into_iter().map(|hit| hit.memory).collect();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(found, listed, "{as_of:?}");
    Ok(memory_names(&listed)
        .into_iter()
        .map(str::to_owned)
        .collect())
}

async fn relationships_as_of(store: &dyn GraphBackend, as_of: AsOf) -> ports::Result<Vec<String>> {
    let query = RelationshipQuery {
        as_of,
        ..RelationshipQuery::default()
    };
    let found = relationships(store, &query).await?;
    Ok(relationship_names(&found)
        .into_iter()
        .map(str::to_owned)
        .collect())
}

fn valid(name: &str, from: i64, until: Option<i64>) -> Memory {
    Memory {
        valid_from: at(from),
        valid_until: until.map(at),
        ..memory(name)
    }
}

fn held(relationship: Relationship, from: i64, until: Option<i64>) -> Relationship {
    Relationship {
        valid_from: at(from),
        valid_until: until.map(at),
        ..relationship
    }
}

/// A memory that ends belongs to the past from the first moment on, even when its end is yet to
/// come: the latest state needs no clock.
pub async fn the_latest_state_needs_no_clock(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let century = 3_200_000_000;
    let put = put_memories([
        valid("open", 0, None),
        valid("will begin", century, None),
        valid("will end", 0, Some(century)),
        valid("has ended", -9, Some(-8)),
    ]);
    store.apply(put).await?;
    let latest = memories_as_of(&*store, AsOf::Latest).await?;
    assert_eq!(latest, ["open", "will begin"]);
    let put = batch()
        .put_relationship(link("open", "open", SOLVES, "will end"))
        .put_relationship(held(
            link("will begin", "open", SOLVES, "has ended"),
            century,
            None,
        ))
        .put_relationship(held(
            link("will end", "will end", SOLVES, "open"),
            0,
            Some(century),
        ));
    store.apply(put).await?;
    let latest = relationships_as_of(&*store, AsOf::Latest).await?;
    assert_eq!(latest, ["open", "will begin"]);
    Ok(())
}

/// A memory holds from its first moment until just before its last.
pub async fn a_memory_holds_until_just_before_its_end(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store
        .apply(put_memories([
            valid("a", 10, Some(20)),
            valid("b", 15, None),
        ]))
        .await?;
    let cases: [(i64, &[&str]); 7] = [
        (9, &[]),
        (10, &["a"]),
        (15, &["a", "b"]),
        (19, &["a", "b"]),
        (20, &["b"]),
        (21, &["b"]),
        (3_200_000_000, &["b"]),
    ];
    for (moment, expected) in cases {
        let found = memories_as_of(&*store, AsOf::At(at(moment))).await?;
        assert_eq!(found, expected, "at {moment}");
    }
    Ok(())
}

/// A relationship holds from its first moment until just before its last.
pub async fn a_relationship_holds_until_just_before_its_end(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b"])
        .put_relationship(held(link("1", "a", SOLVES, "b"), 10, Some(20)))
        .put_relationship(held(link("2", "b", SOLVES, "a"), 15, None));
    store.apply(put).await?;
    let cases: [(i64, &[&str]); 5] = [
        (9, &[]),
        (10, &["1"]),
        (19, &["1", "2"]),
        (20, &["2"]),
        (3_200_000_000, &["2"]),
    ];
    for (moment, expected) in cases {
        let found = relationships_as_of(&*store, AsOf::At(at(moment))).await?;
        assert_eq!(found, expected, "at {moment}");
    }
    Ok(())
}

/// Moments are told apart to the microsecond, also before 1970.
pub async fn moments_are_told_apart_to_the_microsecond(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let moment = |microsecond| Timestamp::from_microsecond(microsecond);
    let short = Memory {
        valid_from: moment(-1)?,
        valid_until: Some(moment(1)?),
        ..memory("m")
    };
    let relationship = Relationship {
        valid_from: moment(-1)?,
        valid_until: Some(moment(1)?),
        ..link("r", "m", SOLVES, "n")
    };
    let far = valid("n", 0, None);
    store
        .apply(put_memories([short, far]).put_relationship(relationship))
        .await?;
    for (microsecond, holds) in [(-2, false), (-1, true), (0, true), (1, false)] {
        let then = AsOf::At(moment(microsecond)?);
        let expected = usize::from(holds);
        assert_eq!(
            memories_as_of(&*store, then).await?.len(),
            expected,
            "{microsecond}"
        );
        assert_eq!(
            relationships_as_of(&*store, then).await?.len(),
            expected,
            "{microsecond}"
        );
    }
    Ok(())
}

/// What ends when it begins never held, and yet is part of what was ever said.
pub async fn what_ends_when_it_begins_never_held(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_memories([valid("a", 5, Some(5)), valid("b", 5, None)]).put_relationship(held(
        link("1", "a", SOLVES, "b"),
        5,
        Some(5),
    ));
    store.apply(put).await?;
    for as_of in [AsOf::Latest, AsOf::At(at(5)), AsOf::At(at(4))] {
        let memories = memories_as_of(&*store, as_of).await?;
        assert!(!memories.contains(&"a".to_owned()), "{as_of:?}");
        assert_eq!(
            relationships_as_of(&*store, as_of).await?,
            [""; 0],
            "{as_of:?}"
        );
    }
    assert_eq!(memories_as_of(&*store, AsOf::Ever).await?, ["a", "b"]);
    assert_eq!(relationships_as_of(&*store, AsOf::Ever).await?, ["1"]);
    Ok(())
}

/// After an invalidation one still sees what held before it.
pub async fn an_invalidation_does_not_change_the_past(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b", "c"])
        .put_relationship(link("old", "a", SOLVES, "b"))
        .put_relationship(held(link("new", "c", SOLVES, "b"), 10, None))
        .then(invalidate("old", at(10), Some("new")));
    store.apply(put).await?;
    assert_eq!(relationships_as_of(&*store, AsOf::Latest).await?, ["new"]);
    assert_eq!(
        relationships_as_of(&*store, AsOf::At(at(9))).await?,
        ["old"]
    );
    assert_eq!(
        relationships_as_of(&*store, AsOf::At(at(10))).await?,
        ["new"]
    );
    assert_eq!(
        relationships_as_of(&*store, AsOf::Ever).await?,
        ["new", "old"]
    );
    Ok(())
}

/// When something held and when the graph learned it are two things.
pub async fn when_it_held_is_not_when_it_was_learned(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let late = Relationship {
        recorded_at: at(1_000),
        created_at: at(1_000),
        ..held(link("1", "a", SOLVES, "b"), 10, Some(20))
    };
    store
        .apply(put_names(["a", "b"]).put_relationship(late.clone()))
        .await?;
    assert_eq!(relationships_as_of(&*store, AsOf::At(at(15))).await?, ["1"]);
    assert_eq!(
        relationships_as_of(&*store, AsOf::At(at(1_000))).await?,
        [""; 0]
    );
    let learned = store.changes_since(at(999), &first(10)).await?.items;
    assert_eq!(learned, [ports::Changed::Relationship(Box::new(late))]);
    Ok(())
}

/// A memory is read by its id whether it still holds or not.
pub async fn an_id_finds_what_has_ended(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let ended = valid("ended", 0, Some(1));
    let to_begin = valid("to begin", 3_200_000_000, None);
    store
        .apply(put_memories([ended.clone(), to_begin.clone()]))
        .await?;
    let found = store.memories(&[id("ended"), id("to begin")]).await?;
    assert_eq!(found, [ended, to_begin]);
    Ok(())
}

/// The end of a memory can be taken back by putting it again.
pub async fn an_end_can_be_taken_back(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_memories([valid("a", 0, Some(1)), memory("b")]).put_relationship(held(
        link("1", "a", SOLVES, "b"),
        0,
        Some(1),
    ));
    store.apply(put).await?;
    assert_eq!(memories_as_of(&*store, AsOf::Latest).await?, ["b"]);
    store.put_memory(valid("a", 0, None)).await?;
    store.put_relationship(link("1", "a", SOLVES, "b")).await?;
    assert_eq!(memories_as_of(&*store, AsOf::Latest).await?, ["a", "b"]);
    assert_eq!(relationships_as_of(&*store, AsOf::Latest).await?, ["1"]);
    Ok(())
}
