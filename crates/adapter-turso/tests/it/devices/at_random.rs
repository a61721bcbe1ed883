//! Devices that change the same few memories at the same time.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use contract::chance::Chance;
use domain::{Memory, RelationshipId, RelationshipType};
use memorygraph_adapter_turso::TursoBackend;
use ports::{Batch, Change, ErrorKind, Expect, GraphBackend, GraphBackendExt, Replica, Result};
use tokio::task::JoinSet;

use crate::{
    contents::{Contents, assert_equals_primary},
    graph::{at, found, id, link, memory},
    world::{World, opened},
};

const SEED: u64 = 20_261_124;
const TASKS: u64 = 4;
const STEPS: usize = 40;

/// Few enough that the devices meet at them.
const NAMES: usize = 12;

/// What the devices were told of `counter` and `touched`, which are never removed.
#[derive(Debug, Default)]
struct Told {
    uses: AtomicU32,
    versions: AtomicU32,
    conflicts: AtomicU32,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_devices_that_change_much_at_random_end_alike() {
    let world = World::new();
    let one = Arc::new(opened(world.restless("one.db")).await);
    let other = Arc::new(opened(world.replica("other.db")).await);
    let kept = Batch::default()
        .put_memory(memory("counter"))
        .put_memory(memory("touched"));
    one.apply(kept).await.unwrap();
    Replica::sync(&*other).await.unwrap();

    let told = Arc::new(Told::default());
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let device = if task % 2 == 0 { &one } else { &other };
        tasks.spawn(change_at_random(
            Arc::clone(device),
            Chance::new(SEED + task),
            Arc::clone(&told),
        ));
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }

    for device in [&one, &other] {
        Replica::sync(&**device).await.unwrap();
        assert_equals_primary(device, &world.primary).await;
    }
    let contents = Contents::of(&*one).await;
    assert_eq!(contents, Contents::of(&*other).await, "seed {SEED}");
    let fresh = opened(world.replica("fresh.db")).await;
    assert_eq!(contents, Contents::of(&fresh).await, "seed {SEED}");

    // Nothing that a device was told of is lost, and nothing is there twice.
    let counter = one.memory(&id("counter")).await.unwrap().unwrap();
    let touched = one.memory(&id("touched")).await.unwrap().unwrap();
    let uses = told.uses.load(Ordering::Relaxed);
    let versions = told.versions.load(Ordering::Relaxed);
    assert_eq!(
        (touched.usage_count, counter.version),
        (uses, 1 + versions),
        "seed {SEED}"
    );
    assert!(
        uses > 0 && versions > 0 && told.conflicts.load(Ordering::Relaxed) > 0,
        "the devices never met: {told:?}, seed {SEED}"
    );
    assert!(contents.memories.len() > 1 && !contents.relationships.is_empty());
}

async fn change_at_random(device: Arc<TursoBackend>, mut chance: Chance, told: Arc<Told>) {
    for step in 0..STEPS {
        let changed = change(&device, &mut chance, step, &told).await;
        if let Err(err) = changed {
            assert!(
                matches!(err.kind(), ErrorKind::Conflict | ErrorKind::NotFound),
                "seed {SEED}: {err}"
            );
            told.conflicts.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Does one thing, and counts what it did to the counter.
async fn change(
    device: &TursoBackend,
    chance: &mut Chance,
    step: usize,
    told: &Told,
) -> Result<()> {
    let name = format!("m{}", chance.below(NAMES));
    let other = format!("m{}", chance.below(NAMES));
    let mark = chance.next_number();
    let batch = Batch::default();
    match chance.below(10) {
        0 | 1 => {
            let Some(counter) = device.memory(&id("counter")).await? else {
                panic!("nobody removes it");
            };
            let next = Memory {
                version: counter.version + 1,
                ..counter.clone()
            };
            let expected = Expect::Version(id("counter"), counter.version);
            device
                .apply(batch.expect(expected).put_memory(next))
                .await?;
            told.versions.fetch_add(1, Ordering::Relaxed);
        }
        2 => {
            let touched = Change::TouchMemory {
                id: id("touched"),
                uses: 1,
                at: at(i64::try_from(step).unwrap()),
            };
            let whole = batch.put_memory(memory(&format!("{mark}/0"))).then(touched);
            device.apply(whole).await?;
            told.uses.fetch_add(1, Ordering::Relaxed);
        }
        3 | 4 => {
            let content = format!("changed to {mark}");
            let put = Memory {
                content,
                tags: vec![format!("tag{}", mark % 3)],
                ..memory(&name)
            };
            device.apply(batch.put_memory(put)).await?;
        }
        5 => {
            let remove = batch.then(Change::RemoveMemory(id(&name)));
            device.apply(remove).await?;
        }
        6 => {
            let edge = link(&format!("edge{mark}"), &name, &other);
            let both = batch.put_memory(memory(&name)).put_memory(memory(&other));
            if name != other {
                device.apply(both.put_relationship(edge)).await?;
            }
        }
        7 => {
            // Of a type that has no circles: some are refused.
            let mut edge = link(&format!("needs{mark}"), &name, &other);
            edge.relationship_type = RelationshipType::DependsOn;
            device.apply(batch.put_relationship(edge)).await?;
        }
        8 => {
            let ended = Contents::of(device).await.relationships;
            let Some(ended) = ended.get(chance.below(ended.len().max(1))) else {
                return Ok(());
            };
            let end = Change::InvalidateRelationship {
                id: RelationshipId::new(ended.id.as_str()).unwrap(),
                until: at(10),
                by: None,
                recorded_at: at(11),
            };
            device.apply(batch.then(end)).await?;
        }
        _ => {
            Replica::sync(device).await?;
            found(device, "title").await;
        }
    }
    Ok(())
}
