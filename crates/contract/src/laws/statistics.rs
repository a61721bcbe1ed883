use std::collections::BTreeMap;

use domain::{Memory, MemoryType, Relationship, RelationshipType, SearchQuery};
use ports::{GraphBackendExt, Statistics};

use crate::{
    Harness, LawResult,
    samples::{
        at, batch, first, invalidate, link, memory, open, put_memories, put_names, remove_memory,
        remove_relationship, score, touch,
    },
};

fn assert_near(found: Option<f64>, expected: f64) {
    let found = found.expect("a mean");
    assert!(
        (found - expected).abs() < 1e-12,
        "{found} is not {expected}"
    );
}

/// An empty graph has nothing to count.
pub async fn an_empty_graph_has_nothing_to_count(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    assert_eq!(store.statistics().await?, Statistics::default());
    Ok(())
}

/// Memories are counted by type, with their means and their first and last.
pub async fn memories_are_counted(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let counted = |name, memory_type, importance, confidence, created| Memory {
        memory_type,
        importance: score(importance),
        confidence: score(confidence),
        created_at: at(created),
        updated_at: at(99),
        ..memory(name)
    };
    let ended = Memory {
        valid_until: Some(at(1)),
        ..counted("d", MemoryType::Task, 0.8, 1.0, 7)
    };
    let put = put_memories([
        counted("a", MemoryType::Fix, 0.1, 0.5, 5),
        counted("b", MemoryType::Task, 0.2, 0.25, -5),
        counted("c", MemoryType::Fix, 0.3, 0.125, 0),
        ended,
    ]);
    store.apply(put).await?;
    let found = store.statistics().await?;
    assert_near(found.mean_importance, 0.35);
    assert_near(found.mean_confidence, 0.468_75);
    let expected = Statistics {
        memories: 4,
        memories_by_type: BTreeMap::from([(MemoryType::Fix, 2), (MemoryType::Task, 2)]),
        oldest: Some(at(-5)),
        newest: Some(at(7)),
        mean_importance: found.mean_importance,
        mean_confidence: found.mean_confidence,
        ..Statistics::default()
    };
    assert_eq!(found, expected);
    Ok(())
}

/// Relationships are counted by type, and those that have ended apart.
pub async fn relationships_are_counted(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let ended = Relationship {
        valid_until: Some(at(3_200_000_000)),
        ..link("5", "a", RelationshipType::Blocks, "b")
    };
    let put = put_names(["a", "b", "c"])
        .put_relationship(link("1", "a", RelationshipType::Solves, "b"))
        .put_relationship(link("2", "b", RelationshipType::Solves, "c"))
        .put_relationship(link("3", "a", RelationshipType::SimilarTo, "b"))
        .put_relationship(link("4", "a", RelationshipType::Causes, "b"))
        .put_relationship(link("again", "b", RelationshipType::SimilarTo, "a"))
        .put_relationship(ended)
        .then(invalidate("4", at(1), None));
    store.apply(put).await?;
    let found = store.statistics().await?;
    assert_eq!((found.relationships, found.relationships_ended), (3, 2));
    let by_type = BTreeMap::from([
        (RelationshipType::Solves, 2),
        (RelationshipType::SimilarTo, 1),
    ]);
    assert_eq!(found.relationships_by_type, by_type);
    Ok(())
}

/// The count follows every change.
pub async fn the_count_follows_every_change(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b", "c"])
        .put_relationship(link("1", "a", RelationshipType::Solves, "b"))
        .put_relationship(link("2", "b", RelationshipType::Solves, "c"))
        .put_relationship(link("3", "c", RelationshipType::Solves, "a"));
    store.apply(put).await?;
    let retyped = Memory {
        memory_type: MemoryType::Error,
        importance: score(1.0),
        created_at: at(50),
        ..memory("c")
    };
    let changes = batch()
        .then(remove_memory("a"))
        .put_memory(retyped)
        .then(touch("b", 3, at(70)));
    store.apply(changes).await?;
    let found = store.statistics().await?;
    assert_near(found.mean_importance, 0.75);
    let by_type = BTreeMap::from([(MemoryType::Error, 1), (MemoryType::General, 1)]);
    assert_eq!((found.memories, found.memories_by_type), (2, by_type));
    assert_eq!((found.oldest, found.newest), (Some(at(0)), Some(at(50))));
    assert_eq!((found.relationships, found.relationships_ended), (1, 0));
    // c was retyped; a went with two relationships.
    assert_eq!((found.earlier_states, found.quarantined), (4, 0));
    store.apply(batch().then(remove_relationship("2"))).await?;
    let found = store.statistics().await?;
    assert_eq!(
        (found.relationships, found.relationships_by_type.len()),
        (0, 0)
    );
    store
        .apply(batch().then(remove_memory("b")).then(remove_memory("c")))
        .await?;
    // Of all that is gone.
    let empty = Statistics {
        earlier_states: 7,
        ..Statistics::default()
    };
    assert_eq!(store.statistics().await?, empty);
    Ok(())
}

/// Every type of memory and relationship is counted under its own name.
pub async fn every_type_is_counted(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let typed = MemoryType::ALL.map(|memory_type| Memory {
        memory_type,
        ..memory(memory_type.as_str())
    });
    let put = RelationshipType::ALL
        .into_iter()
        .fold(put_memories(typed), |put, kind| {
            put.put_relationship(link(kind.as_str(), "fix", kind, "error"))
        });
    store.apply(put).await?;
    let found = store.statistics().await?;
    let memories = MemoryType::ALL.map(|memory_type| (memory_type, 1));
    assert_eq!(found.memories_by_type, BTreeMap::from(memories));
    let relationships = RelationshipType::ALL.map(|kind| (kind, 1));
    assert_eq!(found.relationships_by_type, BTreeMap::from(relationships));
    Ok(())
}

/// Health says who answers, which schema there is, and how much is kept.
pub async fn health_says_how_much_is_kept(h: &dyn Harness) -> LawResult {
    let store = h.open().await;
    let schema = store.initialize_schema().await?;
    let put = put_names(["a", "b"])
        .put_relationship(link("1", "a", RelationshipType::Solves, "b"))
        .put_relationship(link("2", "b", RelationshipType::Solves, "a"))
        .then(invalidate("2", at(1), None));
    store.apply(put).await?;
    let health = store.health().await?;
    assert_eq!(
        (health.backend, health.schema_version),
        (store.name(), schema.version)
    );
    assert_eq!((health.memories, health.relationships), (2, 2));
    assert_eq!(health.warnings, [""; 0]);
    assert!(
        !health.location.is_empty() && !health.engine.is_empty(),
        "{health:?}"
    );
    assert_eq!(
        health.size_bytes.is_some_and(|size| size > 0),
        store.capabilities().durable
    );
    store.put_memory(memory("c")).await?;
    assert_eq!(store.health().await?.memories, 3);
    Ok(())
}

/// A sound store is healthy, also on a connection that has searched before another one wrote.
pub async fn health_finds_no_damage_where_there_is_none(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    for n in 0..30 {
        let name = format!("walrus{n}");
        store.put_memory(memory(&name)).await?;
        let query = SearchQuery {
            text: name,
            ..SearchQuery::default()
        };
        for _ in 0..4 {
            store.search(&query, &first(10)).await?;
        }
        store.put_memory(memory("other")).await?;
        assert_eq!(store.health().await?.warnings, [""; 0]);
    }
    Ok(())
}
