//! Batches that wait are applied at once, and as if they had come one after the other.

use adapter_memory::MemoryBackend;
use domain::{Memory, Relationship, RelationshipId, RelationshipQuery, RelationshipType};
use ports::{Batch, Change, Cycles, Expect, GraphBackend, Quarantined, RecordKind};
use tempfile::TempDir;

use crate::graph::{Chance, all, at, ever, id, link, memory, opened, raw};

const MEMORIES: [&str; 4] = ["a", "b", "c", "d"];
const RELATIONSHIPS: [&str; 4] = ["1", "2", "3", "4"];

fn change(chance: &mut Chance, moment: i64) -> Change {
    let memory_id = id(chance.pick::<&str>(&MEMORIES));
    let name = *chance.pick(&RELATIONSHIPS);
    let relationship = {
        let ends = (*chance.pick(&MEMORIES), *chance.pick(&MEMORIES));
        let ends = if ends.0 == ends.1 { ("a", "b") } else { ends };
        Relationship {
            relationship_type: *chance.pick(&[
                RelationshipType::DependsOn,
                RelationshipType::DependsOn,
                RelationshipType::RelatedTo,
                RelationshipType::Solves,
            ]),
            recorded_at: at(moment),
            ..link(name, ends.0, ends.1)
        }
    };
    match chance.below(12) {
        10 => Change::EraseMemory(memory_id),
        11 => Change::Quarantine(Box::new(Quarantined {
            id: name.to_owned(),
            kind: RecordKind::Memory,
            memories: vec![memory_id],
            reason: "unreadable".to_owned(),
            source: "test".to_owned(),
            document: String::new(),
            at: at(moment),
        })),
        0 => Change::RemoveMemory(memory_id),
        1 | 2 => Change::RemoveRelationship(relationship.id),
        3 => Change::InvalidateRelationship {
            id: relationship.id,
            until: at(moment),
            by: None,
            recorded_at: at(moment),
        },
        4 => Change::TouchMemory {
            id: memory_id,
            uses: 1,
            at: at(moment),
        },
        5..=7 => Change::PutRelationship(Box::new(relationship)),
        _ => Change::PutMemory(Box::new(Memory {
            updated_at: at(moment),
            ..memory(memory_id.as_str())
        })),
    }
}

fn batch(chance: &mut Chance, moment: i64) -> Batch {
    let mut batch = Batch::default();
    if chance.below(4) == 0 {
        batch = batch.expect(Expect::Present(id(chance.pick::<&str>(&MEMORIES))));
    }
    if chance.below(3) == 0 {
        batch.cycles = Cycles::Allow;
    }
    for _ in 0..=chance.below(2) {
        batch = batch.then(change(chance, moment));
    }
    batch
}

/// Everything that was, and the quarantine.
async fn pasts(
    backend: &dyn GraphBackend,
) -> (Vec<Vec<Memory>>, Vec<Vec<Relationship>>, Vec<Quarantined>) {
    let mut memories = Vec::new();
    for name in MEMORIES {
        let history = backend.memory_history(&id(name), &all()).await;
        memories.push(history.unwrap().items);
    }
    let mut relationships = Vec::new();
    for name in RELATIONSHIPS {
        let name = RelationshipId::new(name).unwrap();
        let history = backend.relationship_history(&name, &all()).await;
        relationships.push(history.unwrap().items);
    }
    let quarantine = backend.quarantine(&all()).await.unwrap().items;
    (memories, relationships, quarantine)
}

async fn contents(backend: &dyn GraphBackend) -> (Vec<Memory>, Vec<Relationship>) {
    let memories = domain::ListQuery {
        filter: ever(),
        sort: domain::Sort::Oldest,
    };
    let relationships = RelationshipQuery {
        as_of: domain::AsOf::Ever,
        ..RelationshipQuery::default()
    };
    (
        backend.list(&memories, &all()).await.unwrap().items,
        backend
            .relationships(&relationships, &all())
            .await
            .unwrap()
            .items,
    )
}

/// The file is held while the batches come, so that they wait for each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_at_once_are_batches_one_after_the_other() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    let oracle = MemoryBackend::new();
    let holder = raw(&path);
    let mut chance = Chance(20_261_124);
    for round in 0..1_000 {
        let batches: Vec<Batch> = (0..6).map(|n| batch(&mut chance, round * 6 + n)).collect();
        let mut expected = Vec::new();
        for batch in &batches {
            expected.push(oracle.apply(batch.clone()).await.map_err(|err| err.kind()));
        }
        holder.execute_batch("BEGIN IMMEDIATE").unwrap();
        let release = async {
            tokio::task::yield_now().await;
            holder.execute_batch("ROLLBACK").unwrap();
        };
        let calls = batches.iter().cloned().map(|batch| backend.apply(batch));
        let mut calls: Vec<_> = calls.map(Box::pin).collect();
        // The first poll of each gives it its place in the queue.
        let mut answers: Vec<Option<_>> = (0..calls.len()).map(|_| None).collect();
        std::future::poll_fn(|context| {
            for (call, answer) in calls.iter_mut().zip(&mut answers) {
                if let std::task::Poll::Ready(early) = call.as_mut().poll(context) {
                    *answer = Some(early);
                }
            }
            std::task::Poll::Ready(())
        })
        .await;
        release.await;
        for (call, answer) in calls.into_iter().zip(&mut answers) {
            if answer.is_none() {
                *answer = Some(call.await);
            }
        }
        let answers: Vec<_> = answers
            .into_iter()
            .map(|answer| answer.unwrap().map_err(|err| err.kind()))
            .collect();
        assert_eq!(answers, expected, "round {round}: {batches:#?}");
        assert_eq!(
            contents(&backend).await,
            contents(&oracle).await,
            "round {round}: {batches:#?}"
        );
        if round % 10 == 9 {
            let (found, expected) = (pasts(&backend).await, pasts(&oracle).await);
            assert_eq!(found, expected, "round {round}: {batches:#?}");
        }
    }
}
