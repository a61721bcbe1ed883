use memorygraph::domain::{AsOf, MemoryType, PageRequest, RelationshipQuery, RelationshipType};
use memorygraph::ports::ErrorKind;
use memorygraph::{Draft, Duplicates, Link, MemoryGraph};

use super::{draft, link, with};
use crate::world::{graph, id};

fn solves(from: &str, to: &str) -> Link {
    link(from, RelationshipType::Solves, to)
}

async fn counts(graph: &MemoryGraph) -> (u64, u64) {
    let counted = graph.statistics().await.unwrap();
    (counted.memories, counted.relationships)
}

#[tokio::test]
async fn memories_and_their_relationships_are_kept_together_or_not_at_all() {
    let graph = graph();
    let drafts = || vec![draft("a", "fix"), draft("b", "error")];
    let lost = vec![solves("a", "b"), solves("a", "nobody")];
    let error = graph.remember_related(drafts(), lost).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let looped = vec![solves("a", "b"), solves("b", "b")];
    let error = graph.remember_related(drafts(), looped).await.unwrap_err();
    assert!(error.to_string().contains("relationship 2 of 2"), "{error}");
    let circle = ["a", "b"].map(|from| {
        let to = if from == "a" { "b" } else { "a" };
        link(from, RelationshipType::DependsOn, to)
    });
    let circle = graph.remember_related(drafts(), circle.to_vec()).await;
    assert_eq!(circle.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(counts(&graph).await, (0, 0));

    let links = vec![solves("a", "b"), solves("a", "b")];
    let kept = graph.remember_related(drafts(), links).await.unwrap();
    assert_eq!(counts(&graph).await, (2, 1));
    assert!(kept.memories.iter().all(|kept| !kept.existed));
    let [first, second] = &kept.relationships[..] else {
        panic!("{kept:?}")
    };
    assert_eq!((first.reinforced, second.reinforced), (false, true));
    assert_eq!(first.relationship, second.relationship);
    assert_eq!(first.relationship.evidence_count, 2);
}

#[tokio::test]
async fn what_is_said_already_is_joined_in_its_place() {
    let graph = graph();
    let said = Draft::new(MemoryType::Error, "Timeout", "Reads take 2 s.");
    let there = graph.remember(said.clone()).await.unwrap().id;
    let again = |name: &str| Draft {
        id: Some(id(name)),
        ..said.clone()
    };
    let drafts = vec![draft("a", "fix"), again("b"), again("c")];
    let links = vec![solves("a", "b"), solves("a", "c")];
    let kept = graph.remember_related(drafts, links).await.unwrap();
    let existed: Vec<_> = kept.memories.iter().map(|kept| kept.existed).collect();
    assert_eq!(existed, [false, true, true]);
    assert_eq!(kept.memories[2].memory.id, there);
    assert_eq!(kept.relationships[0].relationship.to, there);
    assert_eq!(counts(&graph).await, (2, 1));

    let both = Draft {
        duplicates: Duplicates::Keep,
        ..again("d")
    };
    let kept = graph
        .remember_related(vec![both], Vec::new())
        .await
        .unwrap();
    assert!(!kept.memories[0].existed);
}

#[tokio::test]
async fn a_call_that_is_made_again_with_its_ids_changes_nothing() {
    let graph = graph();
    let drafts = || {
        let both = |draft| Draft {
            duplicates: Duplicates::Keep,
            ..draft
        };
        vec![both(draft("a", "fix")), both(draft("b", "error"))]
    };
    let named = Link {
        id: Some("r".parse().unwrap()),
        ..solves("a", "b")
    };
    let first = graph.remember_related(drafts(), vec![named.clone()]).await;
    let again = graph.remember_related(drafts(), vec![named.clone()]).await;
    let (first, again) = (first.unwrap(), again.unwrap());
    assert!(again.memories.iter().all(|kept| kept.existed));
    assert_eq!(first.relationships, again.relationships);

    let other = Draft::new(MemoryType::Fix, "a", "Something else.");
    let other = Draft {
        id: Some(id("a")),
        ..other
    };
    let error = graph.remember_related(vec![other], Vec::new()).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Conflict);
    let backwards = Link {
        id: named.id,
        ..solves("b", "a")
    };
    let error = graph.remember_related(Vec::new(), vec![backwards]).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Conflict);
    let all = RelationshipQuery {
        as_of: AsOf::Ever,
        ..RelationshipQuery::default()
    };
    let page = PageRequest::first(10).unwrap();
    let kept = graph.relationships(&all, &page).await.unwrap().items;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].evidence_count, 1);
}

#[tokio::test]
async fn what_contradicts_a_link_is_told() {
    let graph = with(&["a", "b"]).await;
    let ineffective = link("a", RelationshipType::IneffectiveFor, "b");
    let ineffective = graph.relate(ineffective).await.unwrap().relationship;
    let kept = graph.remember_related(Vec::new(), vec![solves("a", "b")]);
    let kept = kept.await.unwrap();
    assert_eq!(kept.relationships[0].contradictions, [ineffective]);
}
