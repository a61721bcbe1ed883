use domain::{Memory, Relationship, RelationshipType, Timestamp};
use ports::{Changed, GraphBackend, GraphBackendExt};

use crate::{
    Harness, LawResult,
    samples::{
        after, at, batch, changes, first, full_memory, full_relationship, invalidate, link, memory,
        open, put_memories, put_names, remove_memory, remove_relationship, touch,
    },
};

fn updated(name: &str, second: i64) -> Memory {
    Memory {
        updated_at: at(second),
        ..memory(name)
    }
}

fn recorded(name: &str, from: &str, to: &str, second: i64) -> Relationship {
    Relationship {
        recorded_at: at(second),
        ..link(name, from, RelationshipType::Solves, to)
    }
}

/// Names of what changed, in order.
fn names(changes: &[Changed]) -> Vec<String> {
    let name = |change: &Changed| match change {
        Changed::Memory(memory) => format!("memory {}", memory.id),
        Changed::Relationship(relationship) => format!("relationship {}", relationship.id),
    };
    changes.iter().map(name).collect()
}

async fn names_since(store: &dyn GraphBackend, second: i64) -> ports::Result<Vec<String>> {
    Ok(names(&changes(store, at(second)).await?))
}

/// Changes come by moment, memories before relationships, then by id.
pub async fn changes_come_by_moment(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_memories([
        updated("b", 5),
        updated("a", 5),
        updated("z", 1),
        updated("é", 5),
    ])
    .put_relationship(recorded("2", "a", "b", 5))
    .put_relationship(recorded("1", "b", "a", 5))
    .put_relationship(recorded("3", "a", "z", 0))
    .put_relationship(recorded("0", "z", "a", 9));
    store.apply(put).await?;
    let expected = [
        "relationship 3",
        "memory z",
        "memory a",
        "memory b",
        "memory é",
        "relationship 1",
        "relationship 2",
        "relationship 0",
    ];
    assert_eq!(names_since(&*store, -100).await?, expected);
    Ok(())
}

/// A change carries the whole memory or relationship, ended ones too.
pub async fn a_change_carries_everything(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let relationship = full_relationship("1", "full", "b");
    let put = put_memories([full_memory("full"), updated("b", 20)])
        .put_relationship(relationship.clone());
    store.apply(put).await?;
    let expected = [
        Changed::Memory(Box::new(full_memory("full"))),
        Changed::Relationship(Box::new(relationship)),
        Changed::Memory(Box::new(updated("b", 20))),
    ];
    assert_eq!(changes(&*store, at(0)).await?, expected);
    Ok(())
}

/// What was learned at the moment itself belongs to the answer, to the microsecond.
pub async fn the_moment_itself_belongs_to_it(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_memories([updated("a", 5), updated("b", 6)])
        .put_relationship(recorded("1", "a", "b", 6));
    store.apply(put).await?;
    assert_eq!(names_since(&*store, 5).await?.len(), 3);
    assert_eq!(
        names_since(&*store, 6).await?,
        ["memory b", "relationship 1"]
    );
    let just_after = Timestamp::from_microsecond(at(5).as_microsecond() + 1)?;
    assert_eq!(changes(&*store, just_after).await?.len(), 2);
    let just_after = Timestamp::from_microsecond(at(6).as_microsecond() + 1)?;
    assert_eq!(changes(&*store, just_after).await?, []);
    Ok(())
}

/// What was removed leaves no trace.
pub async fn what_was_removed_leaves_no_trace(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b", "c"])
        .put_relationship(recorded("1", "a", "b", 1))
        .put_relationship(recorded("2", "b", "c", 1))
        .put_relationship(recorded("3", "b", "a", 1));
    store.apply(put).await?;
    let removal = batch()
        .then(remove_memory("c"))
        .then(remove_relationship("3"));
    store.apply(removal).await?;
    let left = ["memory a", "memory b", "relationship 1"];
    assert_eq!(names_since(&*store, -100).await?, left);
    Ok(())
}

/// A use is no change.
pub async fn a_use_is_no_change(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store
        .apply(put_memories([updated("a", 1), updated("b", 2)]))
        .await?;
    store.apply(batch().then(touch("a", 1, at(50)))).await?;
    assert_eq!(names_since(&*store, 2).await?, ["memory b"]);
    Ok(())
}

/// A change moves what changed to its new moment.
pub async fn a_change_moves_to_its_moment(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_memories([updated("a", 1), updated("b", 2)])
        .put_relationship(recorded("1", "a", "b", 3))
        .put_relationship(recorded("2", "b", "a", 4));
    store.apply(put).await?;
    let later = batch()
        .put_memory(updated("a", 10))
        .put_relationship(recorded("again", "a", "b", 12))
        .then(invalidate("2", at(10), None));
    store.apply(later).await?;
    let expected = ["memory a", "relationship 2", "relationship 1"];
    assert_eq!(names_since(&*store, 5).await?, expected);
    assert_eq!(names_since(&*store, 0).await?.len(), 4);
    Ok(())
}

/// Page by page the changes are those that come at once.
pub async fn pages_together_are_the_changes(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_memories((0..9).map(|n| updated(&format!("m{n}"), n / 3)));
    let put = (1..9).fold(put, |put, n| {
        put.put_relationship(recorded(&format!("r{n}"), "m0", &format!("m{n}"), n / 3))
    });
    store.apply(put).await?;
    let all = changes(&*store, at(1)).await?;
    assert_eq!(all.len(), 12);
    for limit in [1, 2, 5, 11, 12, 13] {
        let mut found = Vec::new();
        let mut page = first(limit);
        loop {
            let part = store.changes_since(at(1), &page).await?;
            assert!(part.items.len() <= limit as usize);
            found.extend(part.items);
            let Some(next) = part.next else { break };
            page = after(limit, &next);
        }
        assert_eq!(found, all, "{limit}");
    }
    Ok(())
}

/// Who asks on from the last moment seen misses nothing that was learned since.
pub async fn who_asks_on_misses_nothing(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let mut seen: Vec<String> = Vec::new();
    let mut moment = at(-1);
    for round in 0..6 {
        let put = put_memories([
            updated(&format!("m{round}"), round),
            updated("often", round),
        ]);
        let put = put.put_relationship(recorded("r", "often", &format!("m{round}"), round));
        store.apply(put).await?;
        let learned = changes(&*store, moment).await?;
        moment = learned.last().map_or(moment, Changed::at);
        seen.extend(names(&learned));
        for expected in [format!("memory m{round}"), "relationship r".to_owned()] {
            assert!(seen.contains(&expected), "round {round}: {seen:?}");
        }
    }
    store.put_memory(updated("last", 5)).await?;
    assert!(names(&changes(&*store, moment).await?).contains(&"memory last".to_owned()));
    Ok(())
}
