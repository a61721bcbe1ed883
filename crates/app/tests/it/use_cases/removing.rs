use std::sync::Arc;

use adapter_memory::MemoryBackend;
use memorygraph::domain::{Memory, MemoryId, RelationshipType};
use memorygraph::ports::{Batch, Change, ErrorKind, Quarantined, RecordKind};
use memorygraph::{MemoryGraph, Update};

use super::{draft, kind, link, page, with};
use crate::{
    watched::Watched,
    world::{id, over},
};

async fn states(graph: &MemoryGraph, memory: &MemoryId) -> Vec<Memory> {
    let states = graph.memory_history(memory, &page()).await.unwrap();
    assert_eq!(states.next, None);
    states.items
}

async fn rename(graph: &MemoryGraph, name: &str, title: &str) {
    let update = Update {
        title: Some(title.into()),
        ..Update::default()
    };
    graph.update(&id(name), &update).await.unwrap();
}

#[tokio::test]
async fn forgetting_returns_what_was_removed() {
    let graph = with(&["a", "b", "c"]).await;
    for to in ["b", "c"] {
        graph
            .relate(link("a", RelationshipType::Causes, to))
            .await
            .unwrap();
    }
    let forgotten = graph.forget(&id("a")).await.unwrap();
    assert_eq!((forgotten.memory.id, forgotten.relationships), (id("a"), 2));
    assert_eq!(graph.get(&id("a")).await.unwrap(), None);
    assert_eq!(graph.statistics().await.unwrap().relationships, 0);
    assert_eq!(kind(graph.forget(&id("a")).await), ErrorKind::NotFound);
}

#[tokio::test]
async fn after_closing_every_clone_is_closed() {
    let graph = over(Arc::new(MemoryBackend::new()));
    let clone = graph.clone();
    assert_eq!(graph.health().await.unwrap().memories, 0);
    graph.close().await.unwrap();
    graph.close().await.unwrap();
    assert_eq!(kind(clone.statistics().await), ErrorKind::Closed);
}

#[tokio::test]
async fn what_was_forgotten_still_has_its_history() {
    let graph = with(&["a", "b"]).await;
    rename(&graph, "a", "second").await;
    let related = graph
        .relate(link("a", RelationshipType::Causes, "b"))
        .await
        .unwrap();
    graph.forget(&id("a")).await.unwrap();
    let titles = states(&graph, &id("a")).await;
    let titles = titles.iter().map(|state| state.title.as_str());
    assert_eq!(titles.collect::<Vec<_>>(), ["second", "a"]);
    let relationship = related.relationship;
    let past = graph
        .relationship_history(&relationship.id, &page())
        .await
        .unwrap();
    assert_eq!(past.items, [relationship]);
    assert!(states(&graph, &id("nobody")).await.is_empty());
}

#[tokio::test]
async fn erasing_removes_every_trace_and_says_what_it_removed() {
    let graph = with(&["a", "b"]).await;
    rename(&graph, "a", "second").await;
    let related = graph
        .relate(link("a", RelationshipType::Causes, "b"))
        .await
        .unwrap();
    let record = Quarantined {
        id: "row 7".into(),
        kind: RecordKind::Relationship,
        memories: vec![id("a"), id("c")],
        reason: "no memory has the id \"c\"".into(),
        source: "a file".into(),
        document: "{}".into(),
        at: related.relationship.created_at,
    };
    let quarantine = Batch::default().then(Change::Quarantine(Box::new(record)));
    graph.backend().apply(quarantine).await.unwrap();
    assert_eq!(graph.quarantine(&page()).await.unwrap().items.len(), 1);

    let erased = graph.erase(&id("a")).await.unwrap();
    assert_eq!(erased.memory.map(|memory| memory.title).unwrap(), "second");
    assert_eq!(
        (erased.relationships, erased.states, erased.quarantined),
        (1, 1, 1)
    );
    assert!(states(&graph, &id("a")).await.is_empty());
    assert!(graph.quarantine(&page()).await.unwrap().items.is_empty());
    let past = graph
        .relationship_history(&related.relationship.id, &page())
        .await
        .unwrap();
    assert!(past.items.is_empty());
    assert_eq!(kind(graph.erase(&id("a")).await), ErrorKind::NotFound);
    assert_eq!(states(&graph, &id("b")).await.len(), 1);
}

#[tokio::test]
async fn what_was_forgotten_can_be_erased() {
    let graph = with(&["a"]).await;
    graph.forget(&id("a")).await.unwrap();
    let erased = graph.erase(&id("a")).await.unwrap();
    assert_eq!((erased.memory, erased.states), (None, 1));
    assert_eq!(kind(graph.erase(&id("a")).await), ErrorKind::NotFound);
}

#[tokio::test]
async fn what_is_erased_is_what_is_returned() {
    let backend = Arc::new(Watched::default());
    let graph = over(Arc::clone(&backend) as _);
    let seen = graph.remember(draft("a", "first")).await.unwrap();
    let theirs = Memory {
        title: "theirs".into(),
        version: 2,
        ..seen
    };
    backend.before_the_next_write(Batch::default().put_memory(theirs));
    let erased = graph.erase(&id("a")).await.unwrap();
    assert_eq!(erased.memory.unwrap().title, "theirs");
}

#[tokio::test]
async fn what_others_never_stop_changing_is_left_after_some_tries() {
    let backend = Arc::new(Watched::default());
    let graph = over(Arc::clone(&backend) as _);
    let seen = graph.remember(draft("a", "first")).await.unwrap();
    let changed = |version| {
        let memory = Memory {
            version,
            ..seen.clone()
        };
        Batch::default().put_memory(memory)
    };
    for version in 2..100 {
        backend.before_the_next_write(changed(version));
    }
    backend.written();
    assert_eq!(kind(graph.forget(&id("a")).await), ErrorKind::Conflict);
    let tries = backend.written().len();
    assert!((10..50).contains(&tries), "{tries}");
    assert_eq!(kind(graph.erase(&id("a")).await), ErrorKind::Conflict);
    assert_eq!(backend.written().len(), tries);
    let title = Update {
        title: Some("ours".into()),
        ..Update::default()
    };
    let updated = graph.update(&id("a"), &title).await;
    assert_eq!(kind(updated), ErrorKind::Conflict);
    let superseded = graph.supersede(&id("a"), draft("b", "b")).await;
    assert_eq!(kind(superseded), ErrorKind::Conflict);
    assert_eq!(graph.get(&id("a")).await.unwrap().unwrap().title, "first");
}
