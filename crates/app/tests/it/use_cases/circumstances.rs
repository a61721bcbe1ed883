use memorygraph::domain::circumstances::Scope;
use memorygraph::domain::{AsOf, Cursor, PageRequest, RelationshipType};
use memorygraph::ports::ErrorKind;
use memorygraph::{CircumstancesQuery, Ending, Link, MemoryGraph};

use super::{draft, kind, link};
use crate::world::{graph, id};

/// A graph in which a hub is joined to one memory for each context, in this order.
async fn told(contexts: &[&str]) -> MemoryGraph {
    let graph = graph();
    let mut drafts = vec![draft("hub", "Hub")];
    for number in 0..contexts.len() {
        drafts.push(draft(&format!("m{number}"), "Memory"));
    }
    let links = contexts.iter().enumerate().map(|(number, context)| Link {
        id: Some(format!("r{number:05}").parse().unwrap()),
        context: Some((*context).to_owned()),
        ..link("hub", RelationshipType::AppliesTo, &format!("m{number}"))
    });
    let kept = graph.remember_related(drafts, links.collect()).await;
    assert_eq!(kept.unwrap().relationships.len(), contexts.len());
    graph
}

async fn found(graph: &MemoryGraph, query: &CircumstancesQuery) -> Vec<usize> {
    let page = PageRequest::first(100).unwrap();
    let found = graph.relationships_under(query, &page).await.unwrap();
    assert_eq!(found.next, None);
    let number = |id: &str| id[1..].parse().unwrap();
    let found = found.items.iter();
    found.map(|found| number(found.id.as_str())).collect()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test]
async fn relationships_are_found_by_what_their_contexts_tell() {
    let graph = told(&[
        "partially implements auth module, verified by integration tests",
        "only works in production environment",
        "conditional: when Redis enabled, except legacy clients",
        "fully solves the problem since v2.1.0",
        "observed in payment service after 2024-06-01, without retries",
        "",
    ])
    .await;
    let any = CircumstancesQuery::default;
    let cases = [
        (any(), vec![0, 1, 2, 3, 4]),
        (
            CircumstancesQuery {
                scope: Some(Scope::Conditional),
                ..any()
            },
            vec![1, 2],
        ),
        (
            CircumstancesQuery {
                conditions: texts(&["PRODUCTION", "rédis"]),
                ..any()
            },
            vec![1, 2],
        ),
        (
            CircumstancesQuery {
                has_evidence: Some(true),
                ..any()
            },
            vec![0, 4],
        ),
        (
            CircumstancesQuery {
                has_evidence: Some(false),
                scope: Some(Scope::Full),
                ..any()
            },
            vec![3],
        ),
        (
            CircumstancesQuery {
                evidence: texts(&["integration"]),
                ..any()
            },
            vec![0],
        ),
        (
            CircumstancesQuery {
                components: texts(&["redis", "nothing"]),
                ..any()
            },
            vec![2],
        ),
        (
            CircumstancesQuery {
                components: texts(&[" "]),
                temporal: Some("v2.1".to_owned()),
                ..any()
            },
            vec![3],
        ),
        (
            CircumstancesQuery {
                temporal: Some("since 2024".to_owned()),
                ..any()
            },
            vec![4],
        ),
    ];
    for (query, expected) in cases {
        assert_eq!(found(&graph, &query).await, expected, "{query:?}");
    }
}

#[tokio::test]
async fn what_ended_is_found_as_of_then() {
    let graph = told(&["when Redis enabled"]).await;
    graph
        .invalidate(&"r00000".parse().unwrap(), Ending::default())
        .await
        .unwrap();
    let query = |as_of| CircumstancesQuery {
        as_of,
        ..CircumstancesQuery::default()
    };
    assert!(found(&graph, &query(AsOf::Latest)).await.is_empty());
    assert_eq!(found(&graph, &query(AsOf::Ever)).await, [0]);
    let nobody = graph.get(&id("hub")).await.unwrap().unwrap().created_at;
    assert!(found(&graph, &query(AsOf::At(nobody))).await.is_empty());
}

#[tokio::test]
async fn pages_give_every_relationship_once_however_many_are_read_for_them() {
    // More than are read at once, and few that match.
    let contexts: Vec<_> = (0..2_100)
        .map(|number| {
            if number % 7 == 0 {
                "when up"
            } else {
                "since 1"
            }
        })
        .collect();
    let graph = told(&contexts).await;
    let query = CircumstancesQuery {
        conditions: texts(&["up"]),
        ..CircumstancesQuery::default()
    };
    let mut seen = Vec::new();
    let mut page = PageRequest::first(60).unwrap();
    while seen.len() <= 300 {
        let found = graph.relationships_under(&query, &page).await.unwrap();
        seen.extend(found.items.into_iter().map(|found| found.id));
        match found.next {
            Some(cursor) => page = page.after(cursor),
            None => break,
        }
    }
    assert_eq!(seen.len(), 300);
    assert!(seen.is_sorted_by(|a, b| a < b));
    let other = CircumstancesQuery::default();
    let foreign = kind(graph.relationships_under(&other, &page).await);
    assert_eq!(foreign, ErrorKind::InvalidArgument);
    let page = page.after(Cursor::from("garbage".to_owned()));
    let garbage = kind(graph.relationships_under(&query, &page).await);
    assert_eq!(garbage, ErrorKind::InvalidArgument);
}
