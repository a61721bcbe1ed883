//! What the whole graph is asked for.

use std::num::NonZeroU32;

use memorygraph::domain::{
    AsOf, Memory, MemoryContext, MemoryFilter, MemoryType, RelationshipType, Score,
};
use memorygraph::ports::ErrorKind;
use memorygraph::{BridgeQuery, ClusterQuery, Draft, Link, MemoryGraph, Scope};

use crate::world::{graph, id};

use RelationshipType::{Causes, RelatedTo, SimilarTo, Solves};

/// Memories of one letter each, every other of project p, joined as `joins` says.
async fn with(names: &str, joins: &[(&str, RelationshipType)]) -> MemoryGraph {
    let graph = graph();
    let drafts = names.chars().enumerate().map(|(place, name)| Draft {
        id: Some(id(&name.to_string())),
        context: (place % 2 == 0).then(|| MemoryContext {
            project_path: Some("p".into()),
            ..MemoryContext::default()
        }),
        ..Draft::new(MemoryType::General, name, format!("Content of {name}."))
    });
    graph.remember_all(drafts.collect()).await.unwrap();
    for (ends, kind) in joins {
        let (from, to) = ends.split_at(1);
        graph
            .relate(Link::new(id(from), *kind, id(to)))
            .await
            .unwrap();
    }
    graph
}

/// Two triangles and a relationship that joins them; y and z are alone.
async fn triangles() -> MemoryGraph {
    let joins = ["ab", "bc", "ca", "de", "ef", "fd", "cd"].map(|ends| (ends, SimilarTo));
    with("abcdefyz", &joins).await
}

fn names<'a>(memories: impl IntoIterator<Item = &'a Memory>) -> String {
    memories
        .into_iter()
        .map(|memory| memory.title.as_str())
        .collect()
}

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

#[tokio::test]
async fn what_belongs_together_is_a_cluster_with_its_center_first() {
    let graph = triangles().await;
    graph
        .relate(Link::new(id("a"), Solves, id("b")))
        .await
        .unwrap();
    let found = graph.clusters(&ClusterQuery::default()).await.unwrap();
    assert_eq!(
        (found.found, found.memories, found.relationships),
        (2, 6, 8)
    );
    assert!(found.modularity > 0.3, "{}", found.modularity);
    let [first, second] = &found.clusters[..] else {
        panic!("{found:?}")
    };
    assert_eq!(
        (names(&first.memories), names(&second.memories)),
        ("abc".into(), "def".into())
    );
    assert_eq!((first.size, first.relationships), (3, 4));
    assert!((first.density - 1.0).abs() < 1e-9);
    assert_eq!(first.types[&SimilarTo], 3);
    assert_eq!(first.types[&Solves], 1);
}

#[tokio::test]
async fn limits_leave_out_what_is_small_or_thin_or_too_much() {
    let joins = ["ab", "bc", "ca", "de", "ef", "gh"].map(|ends| (ends, RelatedTo));
    let graph = with("abcdefgh", &joins).await;
    let ask = async |query: ClusterQuery| {
        let found = graph.clusters(&query).await.unwrap();
        let named: Vec<_> = found
            .clusters
            .iter()
            .map(|it| names(&it.memories))
            .collect();
        (named.join(" "), found.found)
    };
    let all = ClusterQuery {
        min_size: number(2),
        ..ClusterQuery::default()
    };
    assert_eq!(ask(all.clone()).await, ("abc edf gh".into(), 3));
    assert_eq!(ask(ClusterQuery::default()).await, ("abc edf".into(), 2));
    let dense = ClusterQuery {
        min_density: Score::clamped(0.7),
        ..all.clone()
    };
    assert_eq!(ask(dense).await, ("abc gh".into(), 2));
    let few = ClusterQuery {
        limit: number(1),
        named: number(2),
        ..all
    };
    assert_eq!(ask(few).await, ("ab".into(), 3));
}

#[tokio::test]
async fn only_what_the_scope_admits_is_looked_at() {
    let graph = triangles().await;
    graph
        .relate(Link::new(id("a"), Causes, id("e")))
        .await
        .unwrap();
    let seen = async |scope: Scope| {
        let query = ClusterQuery {
            scope,
            ..ClusterQuery::default()
        };
        let found = graph.clusters(&query).await.unwrap();
        (found.memories, found.relationships)
    };
    let types = Scope {
        types: vec![Causes],
        ..Scope::default()
    };
    assert_eq!(seen(types).await, (2, 1));
    // Of project p are a, c, e and y, and among them are ca and ae.
    let project = Scope {
        among: Some(MemoryFilter {
            project_path: Some("p".into()),
            ..MemoryFilter::default()
        }),
        ..Scope::default()
    };
    assert_eq!(seen(project).await, (4, 2));
    let before = Scope {
        as_of: AsOf::At("2020-01-01T00:00:00Z".parse().unwrap()),
        ..Scope::default()
    };
    assert_eq!(seen(before).await, (0, 0));
}

#[tokio::test]
async fn what_joins_parts_is_a_bridge_and_says_how_large_they_are() {
    let graph = triangles().await;
    let found = graph.bridges(&BridgeQuery::default()).await.unwrap();
    assert_eq!((found.memories_seen, found.relationships_seen), (6, 7));
    assert_eq!((found.memories_found, found.relationships_found), (2, 1));
    assert_eq!(names(found.memories.iter().map(|it| &it.memory)), "cd");
    let first = &found.memories[0];
    assert_eq!(
        (&first.parts[..], first.part_count, first.separates),
        (&[3, 2][..], 2, 6)
    );
    let bridge = &found.relationships[0];
    assert_eq!((bridge.from.id.as_str(), bridge.to.id.as_str()), ("c", "d"));
    assert_eq!((bridge.parts, bridge.separates), ([3, 3], 9));
    assert_eq!(bridge.relationship.relationship_type, SimilarTo);
}

#[tokio::test]
async fn a_bridge_is_told_as_its_relationship_is_written_down() {
    // Memories are numbered as relationships name them: c, x, a, d. That of a ends at the lesser.
    let graph = with("axcd", &[("cx", Causes), ("ax", Causes), ("xd", Causes)]).await;
    let found = graph.bridges(&BridgeQuery::default()).await.unwrap();
    assert_eq!((found.memories_found, found.relationships_found), (1, 3));
    let hub = &found.memories[0];
    assert_eq!(
        (hub.memory.id.as_str(), &hub.parts[..], hub.separates),
        ("x", &[1, 1, 1][..], 3)
    );
    let told = found.relationships.iter().map(|bridge| {
        let relationship = &bridge.relationship;
        let ends = (&relationship.from, &relationship.to);
        assert_eq!(ends, (&bridge.from.id, &bridge.to.id));
        (format!("{}{}", ends.0, ends.1), bridge.parts)
    });
    let told: Vec<_> = told.collect();
    let expected = [("cx", [1, 3]), ("ax", [1, 3]), ("xd", [3, 1])];
    assert_eq!(told, expected.map(|(ends, parts)| (ends.to_owned(), parts)));

    let one = BridgeQuery {
        limit: number(1),
        ..BridgeQuery::default()
    };
    let found = graph.bridges(&one).await.unwrap();
    assert_eq!(
        (found.relationships.len(), found.relationships_found),
        (1, 3)
    );
    let large = BridgeQuery {
        min_size: number(2),
        ..BridgeQuery::default()
    };
    let found = graph.bridges(&large).await.unwrap();
    assert_eq!((found.memories_found, found.relationships_found), (0, 0));
}

#[tokio::test]
async fn an_empty_graph_has_neither() {
    let graph = graph();
    let clusters = graph.clusters(&ClusterQuery::default()).await.unwrap();
    assert!(clusters.clusters.is_empty() && clusters.modularity.abs() < f64::EPSILON);
    let bridges = graph.bridges(&BridgeQuery::default()).await.unwrap();
    assert!(bridges.memories.is_empty() && bridges.relationships.is_empty());
}

#[tokio::test]
async fn naming_more_than_one_call_fetches_is_refused() {
    let query = ClusterQuery {
        limit: number(u32::MAX),
        ..ClusterQuery::default()
    };
    let error = graph().clusters(&query).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("lower the limit"), "{error}");
}
