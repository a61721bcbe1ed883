use std::num::NonZeroU32;

use memorygraph::domain::{
    AsOf, Direction, Hit, ListQuery, MemoryFilter, MemoryType, PathQuery, RelationshipQuery,
    RelationshipType, Score, SearchMode, SearchQuery, Walk,
};
use memorygraph::ports::ErrorKind;
use memorygraph::{ContextualSearch, Draft, Ending, MemoryGraph, Result, Update};

use super::{draft, kind, link, page, with};
use crate::world::{graph, id};

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

/// `a`, with `b` and `c` after one another, and `far` apart; all but `a` and `c` speak of Redis.
async fn chain() -> MemoryGraph {
    let graph = graph();
    let titles = [
        ("a", "Checkout"),
        ("b", "Redis timeout"),
        ("c", "Larger pool"),
        ("far", "Redis timeout"),
    ];
    let drafts = titles.map(|(name, title)| draft(name, title));
    graph.remember_all(drafts.into()).await.unwrap();
    for (from, to) in [("a", "b"), ("b", "c")] {
        let linked = graph.relate(link(from, RelationshipType::Causes, to));
        linked.await.unwrap();
    }
    graph
}

async fn near(graph: &MemoryGraph, text: &str) -> Vec<String> {
    ids(graph
        .contextual_search(&ContextualSearch::new(id("a"), text))
        .await)
}

fn ids(hits: Result<Vec<Hit>>) -> Vec<String> {
    let hits = hits.unwrap().into_iter();
    hits.map(|hit| hit.memory.id.to_string()).collect()
}

#[tokio::test]
async fn a_contextual_search_finds_what_matches_among_what_is_related() {
    let graph = chain().await;
    assert_eq!(near(&graph, "redis").await, ["b"]);
    assert_eq!(near(&graph, "redis pools").await.len(), 2);
    // Nothing there has the word, so the nearest counts; `far` would have had a nearer one.
    assert_eq!(near(&graph, "reddis").await, ["b"]);
    assert!(near(&graph, "checkout").await.is_empty());
    let hits = graph
        .contextual_search(&ContextualSearch::new(id("a"), "timeouts"))
        .await
        .unwrap();
    assert!(hits[0].score > 0.0);
    assert_eq!(hits[0].words, ["timeouts"]);
}

#[tokio::test]
async fn a_blank_contextual_search_gives_the_most_important_of_what_is_related() {
    let graph = chain().await;
    let important = Update {
        importance: Some(Score::ONE),
        ..Update::default()
    };
    graph.update(&id("c"), &important).await.unwrap();
    assert_eq!(near(&graph, " ").await, ["c", "b"]);
    let one = ContextualSearch {
        limit: NonZeroU32::MIN,
        ..ContextualSearch::new(id("a"), " ")
    };
    assert_eq!(ids(graph.contextual_search(&one).await), ["c"]);
}

#[tokio::test]
async fn a_contextual_search_goes_as_far_as_it_is_told() {
    let graph = chain().await;
    let search = |depth| ContextualSearch {
        depth,
        ..ContextualSearch::new(id("a"), "pool")
    };
    assert!(ids(graph.contextual_search(&search(1)).await).is_empty());
    assert_eq!(ids(graph.contextual_search(&search(2)).await), ["c"]);
    for depth in [0, 11] {
        let error = kind(graph.contextual_search(&search(depth)).await);
        assert_eq!(error, ErrorKind::InvalidArgument);
    }
    let nobody = ContextualSearch::new(id("nobody"), "pool");
    assert_eq!(
        kind(graph.contextual_search(&nobody).await),
        ErrorKind::NotFound
    );
    let many = |limit| ContextualSearch {
        limit: NonZeroU32::new(limit).unwrap(),
        ..search(2)
    };
    let most = graph.contextual_search(&many(Walk::LARGEST)).await;
    assert_eq!(ids(most), ["c"]);
    assert_eq!(
        kind(graph.contextual_search(&many(Walk::LARGEST + 1)).await),
        ErrorKind::InvalidArgument
    );
    let long = ContextualSearch::new(id("a"), "x".repeat(SearchQuery::LONGEST_TEXT + 1));
    assert_eq!(
        kind(graph.contextual_search(&long).await),
        ErrorKind::InvalidArgument
    );
}

#[tokio::test]
async fn a_contextual_search_goes_through_what_no_longer_holds_and_does_not_find_it() {
    let graph = chain().await;
    let new = draft("new", "Redis timeout");
    graph.supersede(&id("b"), new).await.unwrap();
    assert_eq!(near(&graph, "redis").await, ["new"]);
    assert_eq!(near(&graph, "pool").await, ["c"]);
}

#[tokio::test]
async fn a_contextual_search_as_of_then_sees_the_relationships_and_memories_of_then() {
    let graph = chain().await;
    let listed = graph
        .relationships(&RelationshipQuery::default(), &page())
        .await;
    let [to_b, _] = listed.unwrap().items.try_into().unwrap();
    let then = to_b.valid_from;
    graph.invalidate(&to_b.id, Ending::default()).await.unwrap();
    let replaced = graph
        .supersede(&id("b"), draft("new", "Redis timeout"))
        .await;
    replaced.unwrap();
    let as_of = |as_of| ContextualSearch {
        as_of,
        ..ContextualSearch::new(id("a"), "redis")
    };
    let found = graph.contextual_search(&as_of(AsOf::Latest)).await;
    assert!(ids(found).is_empty());
    let found = graph.contextual_search(&as_of(AsOf::At(then))).await;
    assert_eq!(ids(found), ["b"]);
    let ever = ContextualSearch {
        depth: 3,
        ..as_of(AsOf::Ever)
    };
    let found = graph.contextual_search(&ever).await;
    assert_eq!(ids(found), ["b", "new"]);
}

#[tokio::test]
async fn a_relationship_type_is_suggested_by_what_the_memories_are() {
    let graph = graph();
    let of = |name: &str, memory_type| Draft {
        memory_type,
        ..draft(name, name)
    };
    let drafts = vec![of("fix", MemoryType::Fix), of("error", MemoryType::Error)];
    graph.remember_all(drafts).await.unwrap();
    let (fix, error) = (id("fix"), id("error"));
    let suggested = graph
        .suggest_relationship_types(&fix, &error)
        .await
        .unwrap();
    assert_eq!(suggested[0].relationship_type, RelationshipType::Solves);
    let back = graph
        .suggest_relationship_types(&error, &fix)
        .await
        .unwrap();
    assert_eq!(back[0].relationship_type, RelationshipType::RelatedTo);
    for (from, to) in [(&fix, &id("nobody")), (&id("nobody"), &fix)] {
        let nobody = graph.suggest_relationship_types(from, to).await;
        assert_eq!(kind(nobody), ErrorKind::NotFound);
    }
    let itself = graph.suggest_relationship_types(&fix, &fix).await;
    assert_eq!(kind(itself), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn changes_since_a_moment_are_told_in_their_order() {
    let graph = with(&["a", "b"]).await;
    let since = graph.get(&id("a")).await.unwrap().unwrap().updated_at;
    let linked = graph.relate(link("a", RelationshipType::Causes, "b")).await;
    let at = linked.unwrap().relationship.recorded_at;
    let changes = graph.changes_since(since, &page()).await.unwrap().items;
    assert_eq!(changes.len(), 3);
    assert_eq!(changes[2].at(), at);
    let changes = graph.changes_since(at, &page()).await.unwrap().items;
    assert_eq!(changes.len(), 1);
}
