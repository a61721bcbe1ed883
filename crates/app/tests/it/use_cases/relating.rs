use std::sync::Arc;

use adapter_memory::MemoryBackend;
use memorygraph::domain::{
    AsOf, PageRequest, Relationship, RelationshipId, RelationshipQuery, RelationshipType, Score,
    Timestamp, evidence::Outcome,
};
use memorygraph::ports::{Batch, Change, Clock, Conflict, Cycles, ErrorKind, GraphBackend};
use memorygraph::{Ending, Error, Link, MemoryGraph};

use super::{draft, kind, link, page, with};
use crate::{
    watched::Watched,
    world::{Counted, id, over},
};

fn relationship(text: &str) -> RelationshipId {
    RelationshipId::new(text).unwrap()
}

async fn solving(graph: &MemoryGraph) -> Relationship {
    let linked = graph.relate(link("a", RelationshipType::Solves, "b")).await;
    linked.unwrap().relationship
}

fn before(time: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(time.as_second() - seconds).unwrap()
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
async fn what_reinforces_brings_a_context_only_where_there_is_none() {
    let graph = with(&["a", "b"]).await;
    for (context, kept) in [
        (None, None),
        (Some("first"), Some("first")),
        (Some("second"), Some("first")),
    ] {
        let stated = Link {
            context: context.map(str::to_owned),
            ..link("a", RelationshipType::Solves, "b")
        };
        let linked = graph.relate(stated).await.unwrap();
        assert_eq!(linked.relationship.context.as_deref(), kept);
    }
}

#[tokio::test]
async fn what_a_link_reinforced_and_is_removed_at_once_is_stated_anew() {
    let backend = Arc::new(Watched::default());
    let graph = over(Arc::clone(&backend) as _);
    let drafts = vec![draft("a", "a"), draft("b", "b")];
    graph.remember_all(drafts).await.unwrap();
    let first = solving(&graph).await;
    let remove = Change::RemoveRelationship(first.id.clone());
    backend.after_the_next_write(Batch::default().then(remove));
    let linked = graph
        .relate(link("a", RelationshipType::Solves, "b"))
        .await
        .unwrap();
    assert!(!linked.reinforced && linked.relationship.id != first.id);
    let kept = graph.relationship(&linked.relationship.id).await.unwrap();
    assert_eq!(kept, Some(linked.relationship));

    // Where an end went with it, nothing can be stated.
    let remove = Change::RemoveMemory(id("b"));
    backend.after_the_next_write(Batch::default().then(remove));
    let linked = graph.relate(link("a", RelationshipType::Solves, "b")).await;
    assert_eq!(kind(linked), ErrorKind::NotFound);
}

#[tokio::test]
async fn what_a_link_reinforced_and_ended_at_once_is_returned_as_it_ended() {
    let backend = Arc::new(Watched::default());
    let graph = over(Arc::clone(&backend) as _);
    let drafts = vec![draft("a", "a"), draft("b", "b")];
    graph.remember_all(drafts).await.unwrap();
    let first = solving(&graph).await;
    let end = Change::InvalidateRelationship {
        id: first.id.clone(),
        until: first.valid_from,
        by: None,
        recorded_at: first.recorded_at,
    };
    backend.after_the_next_write(Batch::default().then(end));
    let linked = graph
        .relate(link("a", RelationshipType::Solves, "b"))
        .await
        .unwrap();
    assert!(linked.reinforced);
    assert_eq!(linked.relationship.id, first.id);
    assert_eq!(linked.relationship.valid_until, Some(first.valid_from));
}

#[tokio::test]
async fn a_contradiction_among_many_relationships_is_told() {
    let backend = Arc::new(MemoryBackend::new());
    let graph = over(Arc::clone(&backend) as _);
    // More than fit on a page, and the last of them is the one.
    let others = usize::try_from(PageRequest::LARGEST).unwrap() + 1;
    let names = (0..=others).map(|n| format!("m{n:05}"));
    let drafts: Vec<_> = names.map(|name| draft(&name, &name)).collect();
    let ids: Vec<_> = drafts
        .iter()
        .map(|draft| draft.id.clone().unwrap())
        .collect();
    let hub = graph.remember_all(drafts).await.unwrap().swap_remove(0);
    let batch = ids[1..].iter().fold(Batch::default(), |batch, to| {
        let solves = RelationshipType::Solves;
        let id = relationship(to.as_str());
        batch.put_relationship(Relationship::new(
            id,
            hub.id.clone(),
            solves,
            to.clone(),
            hub.created_at,
        ))
    });
    backend.apply(batch).await.unwrap();
    let last = ids.last().unwrap();
    let against = Link::new(hub.id, RelationshipType::IneffectiveFor, last.clone());
    let linked = graph.relate(against).await.unwrap();
    let [told] = linked.contradictions.try_into().unwrap();
    assert_eq!(told.id, relationship(last.as_str()));
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
async fn a_relationship_can_be_got_and_listed_by_its_context() {
    let graph = with(&["a", "b"]).await;
    let told = Link {
        context: Some("only under heavy load".into()),
        ..link("a", RelationshipType::Causes, "b")
    };
    let told = graph.relate(told).await.unwrap().relationship;
    solving(&graph).await;
    let query = RelationshipQuery {
        context: Some("LOAD".into()),
        ..RelationshipQuery::default()
    };
    let found = graph.relationships(&query, &page()).await.unwrap();
    assert_eq!(found.items, std::slice::from_ref(&told));
    assert_eq!(graph.relationship(&told.id).await.unwrap(), Some(told));
    let nobody = relationship("nobody");
    assert_eq!(graph.relationship(&nobody).await.unwrap(), None);
}

#[tokio::test]
async fn a_link_may_bring_an_id_that_nothing_has() {
    let graph = with(&["a", "b"]).await;
    let named = |kind| Link {
        id: Some(relationship("pool")),
        ..link("a", kind, "b")
    };
    let linked = graph.relate(named(RelationshipType::Solves)).await.unwrap();
    assert_eq!(linked.relationship.id, relationship("pool"));
    let taken = graph.relate(named(RelationshipType::Addresses)).await;
    assert_eq!(kind(taken), ErrorKind::Conflict);
    let kept = graph.relationship(&relationship("pool")).await.unwrap();
    assert_eq!(kept, Some(linked.relationship));
}

#[tokio::test]
async fn what_no_longer_holds_stays_and_is_found_as_of_then() {
    let graph = with(&["a", "b", "c"]).await;
    let first = solving(&graph).await;
    let better = graph
        .relate(link("c", RelationshipType::Solves, "b"))
        .await
        .unwrap()
        .relationship;
    let ending = Ending {
        until: None,
        by: Some(better.id.clone()),
    };
    let ended = graph.invalidate(&first.id, ending.clone()).await.unwrap();
    assert!(ended.valid_until.unwrap() > first.valid_from);
    assert_eq!(ended.invalidated_by, Some(better.id));
    assert!(ended.recorded_at > first.recorded_at);
    let kept = graph.relationship(&first.id).await.unwrap();
    assert_eq!(kept.as_ref(), Some(&ended));
    let valid = async |as_of| {
        let query = RelationshipQuery {
            ids: vec![first.id.clone()],
            as_of,
            ..RelationshipQuery::default()
        };
        let found = graph.relationships(&query, &page()).await.unwrap();
        found.items.len()
    };
    assert_eq!(valid(AsOf::Latest).await, 0);
    assert_eq!(valid(AsOf::At(first.valid_from)).await, 1);

    // Ending it again says nothing new.
    for again in [ending, Ending::default()] {
        assert_eq!(graph.invalidate(&first.id, again).await.unwrap(), ended);
    }
}

#[tokio::test]
async fn what_ended_does_not_end_at_another_moment() {
    let graph = with(&["a", "b"]).await;
    let first = solving(&graph).await;
    let at = |until| Ending {
        until: Some(until),
        by: None,
    };
    let early = graph.invalidate(&first.id, at(before(first.valid_from, 1)));
    assert_eq!(kind(early.await), ErrorKind::InvalidArgument);
    let by_nobody = Ending {
        by: Some(relationship("nobody")),
        ..Ending::default()
    };
    assert_eq!(
        kind(graph.invalidate(&first.id, by_nobody).await),
        ErrorKind::NotFound
    );
    let until = first.valid_from;
    let ended = graph.invalidate(&first.id, at(until)).await.unwrap();
    assert_eq!(ended.valid_until, Some(until));
    let later = Timestamp::from_second(until.as_second() + 60).unwrap();
    let error = graph.invalidate(&first.id, at(later)).await.unwrap_err();
    let Error::Backend(backend) = &error else {
        panic!("{error}")
    };
    let Some(Conflict::Relationship { found: Some(found) }) = backend.found() else {
        panic!("{error}")
    };
    assert_eq!(**found, ended);
    let tried = graph.reinforce(&first.id, Outcome::Success).await;
    assert_eq!(kind(tried), ErrorKind::Conflict);
}

#[tokio::test]
async fn trials_move_the_weights_of_a_relationship() {
    let graph = with(&["a", "b"]).await;
    let first = solving(&graph).await;
    let right = graph.reinforce(&first.id, Outcome::Success).await.unwrap();
    assert!(right.strength > first.strength && right.confidence > first.confidence);
    assert_eq!((right.evidence_count, right.validation_count), (2, 1));
    let wrong = graph.reinforce(&first.id, Outcome::Failure).await.unwrap();
    assert!(wrong.strength < right.strength);
    assert_eq!(wrong.success_rate, Some(Score::clamped(0.5)));
    let kept = graph.relationship(&first.id).await.unwrap();
    assert_eq!(kept, Some(wrong));
    let nobody = relationship("nobody");
    let nobody = graph.reinforce(&nobody, Outcome::Success).await;
    assert_eq!(kind(nobody), ErrorKind::NotFound);
    let past = graph
        .relationship_history(&first.id, &page())
        .await
        .unwrap();
    assert_eq!(past.items.len(), 3);
    assert_eq!(past.items[2], first);
}

#[tokio::test]
async fn a_relationship_of_a_cycle_can_be_reinforced() {
    let graph = with(&["a", "b"]).await.with_cycles(Cycles::Allow);
    let mut last = None;
    for (from, to) in [("a", "b"), ("b", "a")] {
        let linked = graph.relate(link(from, RelationshipType::DependsOn, to));
        last = Some(linked.await.unwrap().relationship.id);
    }
    let graph = graph.with_cycles(Cycles::Refuse);
    graph
        .reinforce(&last.unwrap(), Outcome::Success)
        .await
        .unwrap();
}

/// It is always the same moment.
#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

#[tokio::test]
async fn no_trial_is_lost_among_writers_of_one_moment() {
    let backend = Arc::new(Watched::default());
    let graph = MemoryGraph::over(
        Arc::clone(&backend) as _,
        Arc::new(Stopped),
        Arc::new(Counted::default()),
    );
    let drafts = vec![draft("a", "a"), draft("b", "b")];
    graph.remember_all(drafts).await.unwrap();
    let first = solving(&graph).await;
    let after_one = graph.reinforce(&first.id, Outcome::Success).await.unwrap();
    assert!(after_one.recorded_at > first.recorded_at);
    let theirs = after_one.clone().reinforced(Outcome::Success, {
        let microsecond = after_one.recorded_at.as_microsecond();
        Timestamp::from_microsecond(microsecond + 1).unwrap()
    });
    backend.before_the_next_write(Batch::default().put_relationship(theirs));
    let after_three = graph.reinforce(&first.id, Outcome::Failure).await.unwrap();
    assert_eq!(
        (
            after_three.validation_count,
            after_three.counter_evidence_count
        ),
        (2, 1)
    );
}

#[tokio::test]
async fn no_evidence_of_a_link_is_lost_to_a_trial_of_the_same_moment() {
    let backend = Arc::new(Watched::default());
    let graph = MemoryGraph::over(
        Arc::clone(&backend) as _,
        Arc::new(Stopped),
        Arc::new(Counted::default()),
    );
    let drafts = vec![draft("a", "a"), draft("b", "b")];
    graph.remember_all(drafts).await.unwrap();
    let first = solving(&graph).await;
    let theirs = Relationship {
        id: relationship("other"),
        context: Some("theirs".into()),
        ..first.clone()
    };
    backend.before_the_next_write(Batch::default().put_relationship(theirs));
    let after = graph.reinforce(&first.id, Outcome::Success).await.unwrap();
    assert_eq!(
        (after.evidence_count, after.context.as_deref()),
        (3, Some("theirs"))
    );
}

#[tokio::test]
async fn a_relationship_does_not_take_its_own_place() {
    let graph = with(&["a", "b"]).await;
    let first = solving(&graph).await;
    let itself = Ending {
        by: Some(first.id.clone()),
        ..Ending::default()
    };
    let ended = graph.invalidate(&first.id, itself).await;
    assert_eq!(kind(ended), ErrorKind::InvalidArgument);
    assert_eq!(graph.relationship(&first.id).await.unwrap(), Some(first));
}

#[tokio::test]
async fn a_relationship_that_is_removed_is_returned_and_keeps_its_history() {
    let graph = with(&["a", "b"]).await;
    let first = solving(&graph).await;
    let removed = graph.unrelate(&first.id).await.unwrap();
    assert_eq!(removed, first);
    assert_eq!(graph.relationship(&first.id).await.unwrap(), None);
    assert_eq!(kind(graph.unrelate(&first.id).await), ErrorKind::NotFound);
    let past = graph
        .relationship_history(&first.id, &page())
        .await
        .unwrap();
    assert_eq!(past.items, [first]);
}
