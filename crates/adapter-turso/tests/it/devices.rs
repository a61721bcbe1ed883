//! Several devices with replicas of one primary.

mod at_random;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{Memory, MemoryType, Relationship};
use ports::{
    Batch, Change, Conflict, ErrorKind, Expect, GraphBackend, GraphBackendExt, Reinforced, Replica,
    SqlValue,
};

use crate::{
    contents::{Contents, assert_equals_primary, assert_sound, whole_chains},
    graph::{assert_fails, at, chain, found, id, link, memory, value},
    world::{World, opened},
};

#[tokio::test]
async fn what_one_device_writes_the_other_sees_after_a_sync() {
    let world = World::new();
    let one = opened(world.replica("one.db")).await;
    let other = opened(world.replica("other.db")).await;
    one.apply(chain("one", 5)).await.unwrap();
    assert_eq!(other.memories(&[id("one/0")]).await.unwrap(), []);
    Replica::sync(&other).await.unwrap();
    other.apply(chain("other", 5)).await.unwrap();
    Replica::sync(&one).await.unwrap();
    let contents = Contents::of(&one).await;
    assert_eq!(
        (contents.memories.len(), contents.relationships.len()),
        (10, 8)
    );
    assert_eq!(contents, Contents::of(&other).await);
    assert_equals_primary(&one, &world.primary).await;
    assert_equals_primary(&other, &world.primary).await;
}

/// The memory `m` as it is after `version - 1` changes, the last of which says `words`.
fn changed(version: u32, words: &str) -> Memory {
    Memory {
        version,
        content: format!("changed: {words}"),
        updated_at: at(i64::from(version)),
        ..memory("m")
    }
}

#[tokio::test]
async fn of_two_changes_to_one_version_the_second_is_a_conflict_that_shows_the_first() {
    let world = World::new();
    let one = opened(world.replica("one.db")).await;
    let other = opened(world.replica("other.db")).await;
    one.put_memory(memory("m")).await.unwrap();
    Replica::sync(&other).await.unwrap();
    let change = |from: u32, words: &str| {
        Batch::default()
            .expect(Expect::Version(id("m"), from))
            .put_memory(changed(from + 1, words))
    };
    one.apply(change(1, "one")).await.unwrap();
    // The other device still reads what both began with.
    assert_eq!(other.memory(&id("m")).await.unwrap(), Some(memory("m")));

    let with_more = change(1, "other").put_memory(memory("beside"));
    let refused = assert_fails(other.apply(with_more).await, ErrorKind::Conflict, &["m"]);
    let theirs = changed(2, "one");
    let conflict = Conflict::Memory {
        id: id("m"),
        found: Some(Box::new(theirs.clone())),
    };
    assert_eq!(refused.found(), Some(&conflict));
    // What was found is what the device reads now, and nothing else of the batch is anywhere.
    assert_eq!(other.memory(&id("m")).await.unwrap(), Some(theirs));
    assert_eq!(other.memory(&id("beside")).await.unwrap(), None);
    let beside = "SELECT count(*) FROM nodes WHERE id = 'beside'";
    assert_eq!(world.at_primary(beside).as_deref(), Some("0"));

    other.apply(change(2, "other")).await.unwrap();
    Replica::sync(&one).await.unwrap();
    let last = Some(changed(3, "other"));
    assert_eq!(one.memory(&id("m")).await.unwrap(), last);
    assert_eq!(other.memory(&id("m")).await.unwrap(), last);
}

#[tokio::test]
async fn two_devices_that_state_the_same_join_their_evidence() {
    let world = World::new();
    let one = opened(world.replica("one.db")).await;
    let other = opened(world.replica("other.db")).await;
    let ends = Batch::default()
        .put_memory(memory("a"))
        .put_memory(memory("b"));
    one.apply(ends).await.unwrap();
    Replica::sync(&other).await.unwrap();
    let stated = |name: &str, seconds: i64| Relationship {
        recorded_at: at(seconds),
        ..link(name, "a", "b")
    };
    let (first, second) = (stated("first", 1), stated("second", 2));
    let receipt = one.put_relationship(first.clone()).await.unwrap();
    assert_eq!(receipt.relationships_added, 1);
    let receipt = other.put_relationship(second.clone()).await.unwrap();
    let joined = Reinforced {
        given: second.id.clone(),
        kept: first.id.clone(),
    };
    assert_eq!(
        (receipt.relationships_added, receipt.reinforced),
        (0, vec![joined])
    );
    Replica::sync(&one).await.unwrap();
    let contents = Contents::of(&one).await;
    let [kept] = &contents.relationships[..] else {
        panic!("one is kept, not {:?}", contents.relationships);
    };
    assert_eq!(kept, &first.clone().joined_by(&second));
    assert_eq!(kept.evidence_count, first.evidence_count + 1);
    assert_eq!(contents, Contents::of(&other).await);
}

#[tokio::test]
async fn a_link_to_what_another_device_has_removed_is_not_found() {
    let world = World::new();
    let one = opened(world.replica("one.db")).await;
    let other = opened(world.replica("other.db")).await;
    one.put_memory(memory("m")).await.unwrap();
    Replica::sync(&other).await.unwrap();
    let removed = one
        .apply(Batch::default().then(Change::RemoveMemory(id("m"))))
        .await
        .unwrap();
    assert_eq!(removed.memories_removed, 1);

    // The other device still has it.
    assert_eq!(other.memory(&id("m")).await.unwrap(), Some(memory("m")));
    let linked = Batch::default()
        .put_memory(memory("new"))
        .put_relationship(link("edge", "new", "m"));
    assert_fails(other.apply(linked).await, ErrorKind::NotFound, &["\"m\""]);
    Replica::sync(&one).await.unwrap();
    for device in [&one, &other] {
        let contents = Contents::of(device).await;
        assert_eq!(contents.ids().len(), 0, "{contents:?}");
        assert_eq!(contents.relationships, []);
        assert_equals_primary(device, &world.primary).await;
    }
}

#[tokio::test]
async fn removing_a_memory_takes_along_a_link_that_this_device_does_not_know() {
    let world = World::new();
    let one = opened(world.replica("one.db")).await;
    let other = opened(world.replica("other.db")).await;
    one.put_memory(memory("m")).await.unwrap();
    Replica::sync(&other).await.unwrap();
    let linked = Batch::default()
        .put_memory(memory("new"))
        .put_relationship(link("edge", "new", "m"));
    other.apply(linked).await.unwrap();
    let receipt = one
        .apply(Batch::default().then(Change::RemoveMemory(id("m"))))
        .await
        .unwrap();
    assert_eq!(
        (receipt.memories_removed, receipt.relationships_removed),
        (1, 1)
    );
    Replica::sync(&other).await.unwrap();
    for device in [&one, &other] {
        let contents = Contents::of(device).await;
        assert_eq!(contents.memories, [memory("new")]);
        assert_eq!(contents.relationships, []);
        assert_equals_primary(device, &world.primary).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_sees_whole_batches_while_its_device_syncs() {
    let world = World::new();
    let one = Arc::new(opened(world.replica("one.db")).await);
    let other = opened(world.restless("other.db")).await;
    let writing = tokio::spawn(async move {
        for number in 0..30 {
            let batch = chain(&format!("batch{number}"), 5);
            // What belongs to no chain makes a batch that fills many pages.
            let batch = (0..50).fold(batch, |batch, part| {
                batch.put_memory(memory(&format!("m{number}-{part}")))
            });
            one.apply(batch).await.unwrap();
        }
    });
    let (mut seen, mut different) = (0, 0);
    while !writing.is_finished() {
        let now = whole_chains(&other).await.len();
        assert!(now >= seen, "there were {seen}, and are {now}");
        different += usize::from(now > seen);
        seen = now;
    }
    writing.await.unwrap();
    assert!(different > 3, "only {different} states were seen");
    Replica::sync(&other).await.unwrap();
    assert_eq!(whole_chains(&other).await.len(), 30);
    assert_equals_primary(&other, &world.primary).await;
}

const MANY: usize = 20_000;
const TOGETHER: usize = 1_000;

/// A first sync of this many memories takes well under a second on a quiet machine.
const LONGEST_FIRST_SYNC: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_device_that_begins_with_20_000_memories_at_the_primary_gets_them_all() {
    let world = World::new();
    let one = opened(world.replica("one.db")).await;
    for first in (0..MANY).step_by(TOGETHER) {
        let batch = (first..first + TOGETHER).fold(Batch::default(), |batch, number| {
            batch.put_memory(Memory {
                memory_type: MemoryType::ALL[number % MemoryType::ALL.len()],
                tags: vec![format!("tag{}", number % 100)],
                content: format!("number{number} of many, in dozen{}", number / 12),
                ..memory(&format!("m{number}"))
            })
        });
        let receipt = one.apply(batch).await.unwrap();
        assert_eq!(receipt.memories_added, TOGETHER as u64);
    }

    let since = Instant::now();
    let third = opened(world.replica("third.db")).await;
    let synced = since.elapsed();
    assert!(synced < LONGEST_FIRST_SYNC, "it took {synced:?}");
    let count = "SELECT count(*) FROM nodes";
    assert_eq!(
        value(&third, count).await,
        SqlValue::Integer(i64::try_from(MANY).unwrap())
    );
    assert_sound(&third).await;
    for number in [0, 7, 999, 1_000, 12_345, MANY - 1] {
        let name = format!("m{number}");
        assert_eq!(found(&third, &format!("number{number}")).await, [&*name]);
        assert_eq!(
            third.memory(&id(&name)).await.unwrap(),
            one.memory(&id(&name)).await.unwrap()
        );
    }
    assert_eq!(found(&third, "dozen100").await.len(), 12);
    // It writes at once, too.
    third.put_memory(memory("last")).await.unwrap();
    Replica::sync(&one).await.unwrap();
    assert_eq!(one.memory(&id("last")).await.unwrap(), Some(memory("last")));
}
