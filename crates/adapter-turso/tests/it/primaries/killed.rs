//! A primary that is killed, and starts again with what it had.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use contract::chance::Chance;
use memorygraph_adapter_turso::{TursoBackend, TursoOptions};
use ports::{Batch, Change, ErrorKind, GraphBackend, GraphBackendExt, Replica};
use tokio::task::JoinSet;

use super::{Claim, claim, direct};
use crate::{
    contents::{Contents, assert_equals_primary, whole_chains, whole_chains_at},
    graph::{assert_fails, at, chain, id, memory},
    world::{PATIENCE, World, opened, wait_until},
};

#[tokio::test]
async fn a_primary_that_was_killed_and_started_again_is_gone_on_with() {
    let mut world = World::new();
    let one = opened(direct(&world, "one.db")).await;
    let other = opened(direct(&world, "other.db")).await;
    one.apply(chain("before", 5)).await.unwrap();
    Replica::sync(&other).await.unwrap();
    let before = Contents::of(&one).await;

    world.primary.kill();
    for device in [&one, &other] {
        let failed = device.apply(chain("meanwhile", 5)).await.unwrap_err();
        assert_eq!(claim(&failed), Claim::NotWritten, "{failed}");
        assert!(failed.to_string().contains(&world.primary.url()));
        assert_fails(Replica::sync(device).await, ErrorKind::Unreachable, &[]);
        // Reading goes on.
        assert_eq!(Contents::of(device).await, before);
        let warnings = device.health().await.unwrap().warnings;
        assert!(
            warnings.len() == 1 && warnings[0].contains("the last sync failed"),
            "{warnings:?}"
        );
    }

    world.primary.restart();
    one.apply(chain("after-one", 5)).await.unwrap();
    other.apply(chain("after-other", 5)).await.unwrap();
    Replica::sync(&one).await.unwrap();
    let names = ["after-one", "after-other", "before"].map(str::to_owned);
    for device in [&one, &other] {
        assert_eq!(whole_chains(device).await, BTreeSet::from(names.clone()));
        assert_equals_primary(device, &world.primary).await;
        let health = device.health().await.unwrap();
        assert!(health.warnings.is_empty(), "{:?}", health.warnings);
    }
}

const SEED: u64 = 20_261_124;
const ROUNDS: usize = 12;
const TASKS: usize = 6;

/// What the callers heard.
#[derive(Debug, Default)]
struct Heard {
    written: BTreeSet<String>,
    not_written: BTreeSet<String>,
    unknown: BTreeSet<String>,
    /// What the last errors said.
    said: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_killed_while_batches_are_on_their_way_has_what_it_said() {
    let mut world = World::hasty();
    let devices = [
        Arc::new(opened(direct(&world, "one.db")).await),
        Arc::new(opened(direct(&world, "other.db")).await),
    ];
    let mut chance = Chance::new(SEED);
    let mut heard = Heard::default();
    for round in 0..ROUNDS {
        heard.said.clear();
        let done = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let device = Arc::clone(&devices[task % 2]);
            let name = format!("{round}-{task}");
            tasks.spawn(write_until_it_fails(device, name, Arc::clone(&done)));
        }
        // The others are on their way when these are back.
        let enough = 1 + chance.below(40);
        wait_until("some batches", || done.load(Ordering::Relaxed) >= enough).await;
        world.primary.kill();
        while let Some(task) = tasks.join_next().await {
            let task = task.unwrap();
            heard.written.extend(task.written);
            heard.not_written.extend(task.not_written);
            heard.unknown.extend(task.unknown);
            heard.said.extend(task.said);
        }
        world.primary.restart();
        check(&heard, &whole_chains_at(&world.primary), round);
    }
    assert!(
        heard.written.len() > ROUNDS && heard.not_written.len() + heard.unknown.len() > ROUNDS,
        "{heard:?}"
    );
    for device in &devices {
        Replica::sync(&**device).await.unwrap();
        check(&heard, &whole_chains(device).await, ROUNDS);
        assert_equals_primary(device, &world.primary).await;
    }
}

fn check(heard: &Heard, there: &BTreeSet<String>, round: usize) {
    let lost: Vec<_> = heard.written.difference(there).collect();
    assert!(lost.is_empty(), "round {round}, seed {SEED}: lost {lost:?}");
    let odd: Vec<_> = heard.not_written.intersection(there).collect();
    assert!(
        odd.is_empty(),
        "round {round}, seed {SEED}: there all the same: {odd:?}\n{:#?}",
        heard.said
    );
    let known = heard.written.union(&heard.unknown).cloned().collect();
    let odd: Vec<_> = there.difference(&known).collect();
    assert!(odd.is_empty(), "round {round}: nobody wrote {odd:?}");
}

async fn write_until_it_fails(
    device: Arc<TursoBackend>,
    name: String,
    done: Arc<AtomicUsize>,
) -> Heard {
    let mut heard = Heard::default();
    for number in 0_u32.. {
        let name = format!("{name}-{number}");
        match device.apply(chain(&name, 5)).await {
            Ok(_) => {
                heard.written.insert(name);
                done.fetch_add(1, Ordering::Relaxed);
            }
            Err(err) => {
                heard.said.push(format!("{name}: {err}"));
                match claim(&err) {
                    Claim::NotWritten => heard.not_written.insert(name),
                    Claim::Unknown => heard.unknown.insert(name),
                };
                break;
            }
        }
    }
    heard
}

const TOUCHES: u32 = 8;

#[tokio::test]
async fn a_group_of_an_unknown_fate_is_not_sent_again() {
    let world = World::hasty();
    let options = TursoOptions {
        patience: Duration::from_secs(1),
        ..world.replica("replica.db")
    };
    let device = Arc::new(opened(options).await);
    device.put_memory(memory("m")).await.unwrap();
    // While the first is held up on its way, the others gather behind it.
    world.network.hold();
    let mut tasks = JoinSet::new();
    for number in 0..=TOUCHES {
        let device = Arc::clone(&device);
        let touched = Change::TouchMemory {
            id: id("m"),
            uses: 1,
            at: at(i64::from(number)),
        };
        tasks.spawn(async move { device.apply(Batch::default().then(touched)).await });
        tokio::task::yield_now().await;
    }
    world.network.wait_until_held(PATIENCE);
    world.network.swallow_answers(true);
    world.network.release();
    while let Some(done) = tasks.join_next().await {
        let failed = done.unwrap().unwrap_err();
        assert_eq!(claim(&failed), Claim::Unknown, "{failed}");
    }
    world.network.swallow_answers(false);
    Replica::sync(&*device).await.unwrap();
    let found = device.memory(&id("m")).await.unwrap().unwrap();
    assert!(
        found.usage_count <= 1 + TOUCHES,
        "{} touches count as {}",
        1 + TOUCHES,
        found.usage_count
    );
}
