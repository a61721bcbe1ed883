use memorygraph::domain::MemoryId;
use memorygraph::domain::Timestamp;
use memorygraph::{Draft, MemoryGraph, Update};

use super::draft;
use crate::world::{graph, id};

async fn title(graph: &MemoryGraph, id: &MemoryId, moment: Timestamp) -> Option<String> {
    let state = graph.memory_as_of(id, moment).await.unwrap();
    state.map(|state| state.title)
}

#[tokio::test]
async fn a_memory_is_as_it_was_at_a_moment() {
    let graph = graph();
    let since: Timestamp = "2025-01-01T00:00:00Z".parse().unwrap();
    let old = Draft {
        valid_from: Some(since),
        ..draft("a", "First")
    };
    let first = graph.remember(old).await.unwrap();
    let change = Update {
        title: Some("Second".to_owned()),
        ..Update::default()
    };
    let second = graph.update(&first.id, &change).await.unwrap().memory;
    let second = second.updated_at;
    let new = draft("b", "Another");
    let third = graph.supersede(&first.id, new).await.unwrap();
    let ended = third.old.valid_until.unwrap();

    let id = &first.id;
    let before = "2024-12-31T23:59:59Z".parse().unwrap();
    assert_eq!(title(&graph, id, before).await, None);
    assert_eq!(title(&graph, id, since).await.as_deref(), Some("First"));
    let kept = first.created_at;
    assert_eq!(title(&graph, id, kept).await.as_deref(), Some("First"));
    assert_eq!(title(&graph, id, second).await.as_deref(), Some("Second"));
    assert_eq!(title(&graph, id, ended).await, None);
}

#[tokio::test]
async fn a_forgotten_memory_is_as_it_was_and_one_that_never_was_is_not() {
    let graph = graph();
    let kept = graph.remember(draft("a", "First")).await.unwrap();
    graph.forget(&kept.id).await.unwrap();
    let then = kept.created_at;
    let state = title(&graph, &kept.id, then).await;
    assert_eq!(state.as_deref(), Some("First"));
    assert_eq!(title(&graph, &id("nobody"), then).await, None);
}
