use std::sync::Arc;

use adapter_memory::MemoryBackend;
use memorygraph::domain::{
    Direction, ListQuery, MemoryFilter, MemoryType, PageRequest, PathQuery, RelationshipType,
    Score, SearchMode, SearchQuery, Walk,
};
use memorygraph::ports::{Conflict, Cycles, ErrorKind};
use memorygraph::{Draft, Error, Link, MemoryGraph, Result, Update};

use crate::world::{graph, id, over};

fn draft(name: &str, title: &str) -> Draft {
    Draft {
        id: Some(id(name)),
        ..Draft::new(MemoryType::General, title, "Some content.")
    }
}

async fn with(names: &[&str]) -> MemoryGraph {
    let graph = graph();
    let drafts = names.iter().map(|name| draft(name, name)).collect();
    graph.remember_all(drafts).await.unwrap();
    graph
}

fn link(from: &str, kind: RelationshipType, to: &str) -> Link {
    Link::new(id(from), kind, id(to))
}

fn page() -> PageRequest {
    PageRequest::first(10).unwrap()
}

fn kind<T>(result: Result<T>) -> ErrorKind {
    result.map(drop).unwrap_err().kind()
}

#[tokio::test]
async fn what_is_remembered_is_normalised_and_can_be_got() {
    let graph = graph();
    let kept = graph
        .remember(Draft {
            tags: vec![" Redis ".into(), "redis".into(), String::new()],
            summary: Some("  ".into()),
            ..Draft::new(MemoryType::Fix, "  A title ", "Content.")
        })
        .await
        .unwrap();
    assert_eq!(kept.id, id("id-1"));
    assert_eq!(
        (kept.title.as_str(), kept.summary.as_ref()),
        ("A title", None)
    );
    assert_eq!(kept.tags, ["redis"]);
    assert_eq!((kept.version, kept.created_at), (1, kept.valid_from));
    assert_eq!(graph.get(&kept.id).await.unwrap(), Some(kept));
    assert_eq!(graph.get(&id("nobody")).await.unwrap(), None);
}

#[tokio::test]
async fn of_many_drafts_all_are_kept_or_none() {
    let graph = graph();
    let drafts = vec![draft("a", "good"), draft("b", "  "), draft("c", "good")];
    let error = graph.remember_all(drafts).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(
        error.to_string().contains("memory 2 of 3: title"),
        "{error}"
    );
    assert_eq!(graph.statistics().await.unwrap().memories, 0);
    assert!(graph.remember_all(Vec::new()).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_id_that_is_taken_is_a_conflict() {
    let graph = with(&["a"]).await;
    let error = graph.remember(draft("a", "another")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(graph.get(&id("a")).await.unwrap().unwrap().title, "a");
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_counts_a_version() {
    let graph = with(&["a"]).await;
    let before = graph.get(&id("a")).await.unwrap().unwrap();
    let update = Update {
        title: Some("new".into()),
        importance: Some(Score::ONE),
        author: Some("ada".into()),
        ..Update::default()
    };
    let after = graph.update(&id("a"), &update).await.unwrap();
    assert_eq!(
        (after.title.as_str(), after.importance),
        ("new", Score::ONE)
    );
    assert_eq!(after.content, before.content);
    assert_eq!(
        (after.version, after.updated_by.as_deref()),
        (2, Some("ada"))
    );
    assert!(after.updated_at > before.updated_at);
    assert_eq!(graph.get(&id("a")).await.unwrap().as_ref(), Some(&after));

    // The same once more says nothing new.
    assert_eq!(graph.update(&id("a"), &update).await.unwrap(), after);
}

#[tokio::test]
async fn an_update_of_a_version_that_has_passed_is_a_conflict_with_what_is_there() {
    let graph = with(&["a"]).await;
    let to = |title: &str, version| Update {
        title: Some(title.into()),
        expected_version: Some(version),
        ..Update::default()
    };
    graph.update(&id("a"), &to("second", 1)).await.unwrap();
    let error = graph.update(&id("a"), &to("third", 1)).await.unwrap_err();
    let Error::Backend(backend) = &error else {
        panic!("{error}")
    };
    let Some(Conflict::Memory { found, .. }) = backend.found() else {
        panic!("{error}")
    };
    assert_eq!(found.as_ref().unwrap().title, "second");
    let nobody = graph.update(&id("nobody"), &Update::default()).await;
    assert_eq!(kind(nobody), ErrorKind::NotFound);
    assert_eq!(
        kind(graph.update(&id("a"), &to(" ", 2)).await),
        ErrorKind::InvalidArgument
    );
}

#[tokio::test]
async fn updates_of_many_callers_at_once_all_arrive() {
    let graph = with(&["a"]).await;
    let updates: Vec<_> = (0..4)
        .map(|n| {
            let graph = graph.clone();
            tokio::spawn(async move {
                let update = Update {
                    title: Some(format!("title {n}")),
                    ..Update::default()
                };
                graph.update(&id("a"), &update).await
            })
        })
        .collect();
    for update in updates {
        update.await.unwrap().unwrap();
    }
    assert_eq!(graph.get(&id("a")).await.unwrap().unwrap().version, 5);
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
async fn a_link_takes_its_weights_from_its_type_unless_it_brings_its_own() {
    let graph = with(&["a", "b"]).await;
    let linked = graph
        .relate(link("a", RelationshipType::Solves, "b"))
        .await
        .unwrap();
    assert_eq!(
        linked.relationship.strength,
        RelationshipType::Solves.default_strength()
    );
    assert!(!linked.reinforced && linked.contradictions.is_empty());
    let own = Link {
        strength: Some(Score::clamped(0.3)),
        context: Some("  when it rains ".into()),
        ..link("b", RelationshipType::RelatedTo, "a")
    };
    let own = graph.relate(own).await.unwrap().relationship;
    assert_eq!(own.strength, Score::clamped(0.3));
    assert_eq!(own.context.as_deref(), Some("when it rains"));
}

#[tokio::test]
async fn stating_again_reinforces_what_is_kept() {
    let graph = with(&["a", "b"]).await;
    let first = graph
        .relate(link("a", RelationshipType::SimilarTo, "b"))
        .await
        .unwrap();
    let again = graph
        .relate(link("b", RelationshipType::SimilarTo, "a"))
        .await
        .unwrap();
    assert!(again.reinforced);
    assert_eq!(again.relationship.id, first.relationship.id);
    assert_eq!(again.relationship.evidence_count, 2);
    assert_eq!(graph.statistics().await.unwrap().relationships, 1);
}

#[tokio::test]
async fn a_contradiction_is_kept_and_told() {
    let graph = with(&["a", "b", "c"]).await;
    graph
        .relate(link("a", RelationshipType::Solves, "c"))
        .await
        .unwrap();
    graph
        .relate(link("b", RelationshipType::Solves, "a"))
        .await
        .unwrap();
    let solves = graph
        .relate(link("a", RelationshipType::Solves, "b"))
        .await
        .unwrap();
    let linked = graph
        .relate(link("a", RelationshipType::IneffectiveFor, "b"))
        .await
        .unwrap();
    assert_eq!(linked.contradictions, [solves.relationship]);

    // A symmetric type contradicts in both directions.
    let confirms = graph
        .relate(link("a", RelationshipType::Confirms, "c"))
        .await
        .unwrap();
    let linked = graph
        .relate(link("c", RelationshipType::Contradicts, "a"))
        .await
        .unwrap();
    assert_eq!(linked.contradictions, [confirms.relationship]);
}

#[tokio::test]
async fn a_link_that_cannot_be_is_refused() {
    let graph = with(&["a", "b"]).await;
    let none = graph
        .relate(link("a", RelationshipType::Solves, "nobody"))
        .await;
    assert_eq!(kind(none), ErrorKind::NotFound);
    let itself = graph.relate(link("a", RelationshipType::Solves, "a")).await;
    assert_eq!(kind(itself), ErrorKind::InvalidArgument);
    graph
        .relate(link("a", RelationshipType::DependsOn, "b"))
        .await
        .unwrap();
    let back = link("b", RelationshipType::DependsOn, "a");
    assert_eq!(kind(graph.relate(back.clone()).await), ErrorKind::Conflict);
    graph.with_cycles(Cycles::Allow).relate(back).await.unwrap();
}

#[tokio::test]
async fn the_graph_is_walked_and_the_shortest_way_found() {
    let graph = with(&["a", "b", "c", "alone"]).await;
    graph
        .relate(link("a", RelationshipType::Causes, "b"))
        .await
        .unwrap();
    graph
        .relate(link("b", RelationshipType::Causes, "c"))
        .await
        .unwrap();
    let walk = Walk {
        depth: 2,
        direction: Direction::Outgoing,
        ..Walk::new(id("a"))
    };
    let walked = graph.related(&walk).await.unwrap();
    let reached = walked
        .steps
        .iter()
        .map(|step| (step.memory.id.as_str(), step.depth));
    assert_eq!(reached.collect::<Vec<_>>(), [("b", 1), ("c", 2)]);
    let path = graph
        .path(&PathQuery::new(id("a"), id("c")))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((path.start.id, path.steps.len()), (id("a"), 2));
    let none = graph
        .path(&PathQuery::new(id("a"), id("alone")))
        .await
        .unwrap();
    assert_eq!(none, None);
    assert_eq!(
        kind(graph.related(&Walk::new(id("nobody"))).await),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn recall_forgives_and_search_does_as_it_is_told() {
    let graph = graph();
    let mut important = draft("a", "Redis timeout in checkout");
    important.importance = Score::ONE;
    graph
        .remember_all(vec![draft("b", "Postgres deadlock"), important])
        .await
        .unwrap();
    let recalled = |text| {
        let graph = &graph;
        async move {
            let found = graph
                .recall(text, MemoryFilter::default(), &page())
                .await
                .unwrap();
            let ids = found.items.iter().map(|hit| hit.memory.id.to_string());
            ids.collect::<Vec<_>>().join(" ")
        }
    };
    assert_eq!(recalled("checkout timeouts").await, "a");
    assert_eq!(recalled("postgers").await, "b");
    assert_eq!(recalled("  ").await, "a b");
    let query = SearchQuery {
        text: "redis deadlock".into(),
        mode: SearchMode::Strict,
        ..SearchQuery::default()
    };
    assert!(
        graph
            .search(&query, &page())
            .await
            .unwrap()
            .items
            .is_empty()
    );
    let listed = graph.list(&ListQuery::default(), &page()).await.unwrap();
    assert_eq!(listed.items.len(), 2);
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
