//! Callers that go away, and backends that are closed, dropped, and opened again.

use std::{
    collections::BTreeSet,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use contract::chance::Chance;
use memorygraph_adapter_turso::{TursoBackend, TursoOptions};
use ports::{ErrorKind, GraphBackend, Replica, SyncState};
use tokio::runtime::Builder;

use crate::{
    contents::{assert_equals_primary, whole_chains, whole_chains_at},
    graph::{assert_fails, chain, found, run},
    world::{PATIENCE, World, elsewhere, opened, wait_until},
};

const SEED: u64 = 20_261_124;

/// How long closing may take, whatever the network does.
const LONGEST_CLOSE: Duration = Duration::from_secs(15);

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn a_batch_whose_caller_goes_away_on_its_way_arrives_whole() {
    let world = World::hasty();
    let device = Arc::new(opened(world.replica("replica.db")).await);
    world.network.hold();
    let writing = tokio::spawn({
        let device = Arc::clone(&device);
        async move { device.apply(chain("left", 5)).await }
    });
    tokio::task::yield_now().await;
    world.network.wait_until_held(PATIENCE);
    writing.abort();
    assert!(writing.await.unwrap_err().is_cancelled());
    world.network.release();
    // The next one stands behind it.
    device.apply(chain("next", 5)).await.unwrap();
    let both = names(&["left", "next"]);
    assert_eq!(whole_chains_at(&world.primary), both);
    assert_eq!(whole_chains(&device).await, both);
    assert_equals_primary(&device, &world.primary).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_go_away_at_random_leave_whole_batches_or_none() {
    let world = World::new();
    let device = opened(world.replica("replica.db")).await;
    let mut chance = Chance::new(SEED);
    let (mut told, mut left) = (BTreeSet::new(), 0);
    for number in 0..100 {
        let name = format!("batch{number}");
        let apply = device.apply(chain(&name, 5));
        let while_waiting = if chance.one_in(3) {
            PATIENCE
        } else {
            Duration::from_micros(chance.below(20_000) as u64)
        };
        match tokio::time::timeout(while_waiting, apply).await {
            Ok(receipt) => {
                receipt.unwrap();
                told.insert(name);
            }
            Err(_) => left += 1,
        }
    }
    device.apply(chain("last", 5)).await.unwrap();
    let there = whole_chains_at(&world.primary);
    assert!(told.is_subset(&there), "seed {SEED}");
    assert!(left > 0 && !told.is_empty(), "{left} left, seed {SEED}");
    assert_equals_primary(&device, &world.primary).await;
    assert_eq!(whole_chains(&device).await, there);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_does_not_wait_for_a_sync_that_is_held_up() {
    for auto_sync in [false, true] {
        let world = World::hasty();
        let options = TursoOptions {
            auto_sync,
            // The sync itself would wait for longer than the test.
            patience: 10 * PATIENCE,
            ..world.replica("replica.db")
        };
        let device = Arc::new(opened(options).await);
        device.apply(chain("before", 5)).await.unwrap();
        world.network.hold();
        let syncing = tokio::spawn({
            let device = Arc::clone(&device);
            async move { Replica::sync(&*device).await }
        });
        let held = || Replica::sync_status(&*device).state == SyncState::Syncing;
        wait_until("a sync that is under way", held).await;

        let since = Instant::now();
        device.close().await.unwrap();
        let took = since.elapsed();
        assert!(took < LONGEST_CLOSE, "{took:?}");
        assert_fails(syncing.await.unwrap(), ErrorKind::Closed, &[]);
        assert_eq!(Replica::sync_status(&*device).state, SyncState::Closed);

        // The file is free, and whole.
        world.network.release();
        let again = opened(world.replica("replica.db")).await;
        assert!(keeps_the_replica(&again));
        assert_equals_primary(&again, &world.primary).await;
    }
}

#[tokio::test]
async fn closing_does_not_wait_for_ever_for_a_write_that_is_held_up() {
    let world = World::hasty();
    let device = Arc::new(opened(world.replica("replica.db")).await);
    world.network.hold();
    let writing = tokio::spawn({
        let device = Arc::clone(&device);
        async move { device.apply(chain("held", 5)).await }
    });
    tokio::task::yield_now().await;
    world.network.wait_until_held(PATIENCE);
    let since = Instant::now();
    device.close().await.unwrap();
    let took = since.elapsed();
    // Three patiences for the write, and a little.
    assert!(took < LONGEST_CLOSE, "{took:?}");
    let failed = writing.await.unwrap().unwrap_err();
    assert!(failed.to_string().contains("is not known"), "{failed}");
}

#[tokio::test]
async fn closing_syncs_a_last_time_when_the_backend_syncs_by_itself() {
    for auto_sync in [true, false] {
        let world = World::new();
        let options = TursoOptions {
            auto_sync,
            ..world.replica("one.db")
        };
        let one = opened(options.clone()).await;
        let other = opened(world.replica("other.db")).await;
        other.apply(chain("other", 5)).await.unwrap();
        assert_eq!(whole_chains(&one).await, names(&[]));
        one.close().await.unwrap();
        // Closing again changes nothing.
        one.close().await.unwrap();
        let written = one.apply(chain("late", 5)).await;
        assert_fails(written, ErrorKind::Closed, &[]);

        world.network.cut();
        let offline = TursoBackend::create(options).await.unwrap();
        let expected: &[&str] = if auto_sync { &["other"] } else { &[] };
        assert_eq!(whole_chains(&offline).await, names(expected));
    }
}

#[tokio::test]
async fn a_backend_that_was_disconnected_connects_again() {
    let world = World::new();
    let device = TursoBackend::new(world.restless("replica.db"));
    assert!(!device.is_connected());
    for number in 0..5 {
        device.connect().await.unwrap();
        device.connect().await.unwrap();
        assert!(device.is_connected());
        assert!(keeps_the_replica(&device), "time {number}");
        device.initialize_schema().await.unwrap();
        let batch = chain(&format!("batch{number}"), 5);
        device.apply(batch).await.unwrap();
        assert_eq!(whole_chains(&device).await.len(), number + 1);
        assert_equals_primary(&device, &world.primary).await;
        device.disconnect().await;
        device.disconnect().await;
        assert!(!device.is_connected());
        assert_fails(run(&device, "SELECT 1").await, ErrorKind::Closed, &[]);
        assert_fails(device.sync().await, ErrorKind::Closed, &[]);
    }
}

/// Says that no other opening keeps the replica.
fn keeps_the_replica(device: &TursoBackend) -> bool {
    Replica::sync_status(device).notices.is_empty()
}

/// Opens the file until the opening has it for itself: what was dropped ends by itself.
async fn open_until_free(options: TursoOptions) -> TursoBackend {
    let until = Instant::now() + PATIENCE;
    loop {
        let device = opened(options.clone()).await;
        if keeps_the_replica(&device) {
            return device;
        }
        device.close().await.unwrap();
        assert!(Instant::now() < until, "the file stays taken");
    }
}

#[test]
fn a_backend_may_be_dropped_without_closing_it_anywhere() {
    let world = World::hasty();
    let options = world.restless("replica.db");
    let runtimes = [
        Builder::new_current_thread().enable_all().build().unwrap(),
        Builder::new_multi_thread().enable_all().build().unwrap(),
        Builder::new_current_thread().build().unwrap(),
    ];
    let mut written = BTreeSet::new();
    for (number, runtime) in runtimes.into_iter().enumerate() {
        for inside in [true, false] {
            for held in [false, true] {
                let name = format!("batch{number}-{inside}-{held}");
                let device = runtime.block_on(open_until_free(options.clone()));
                runtime.block_on(device.apply(chain(&name, 5))).unwrap();
                written.insert(name);
                if held {
                    // It syncs all the time, and now waits.
                    world.network.hold();
                    world.network.wait_until_held(PATIENCE);
                }
                if inside {
                    runtime.block_on(async { drop(device) });
                } else {
                    drop(device);
                }
                world.network.release();
            }
        }
        let ended = elsewhere(move || drop(runtime));
        ended.recv_timeout(PATIENCE).expect("the runtime ends");
    }
    let last = block_on(open_until_free(options));
    assert_eq!(block_on(whole_chains(&last)), written);
    block_on(assert_equals_primary(&last, &world.primary));
}

#[test]
fn a_backend_needs_neither_timers_nor_a_runtime() {
    let world = World::new();
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(use_it(&world, "in-runtime"));
    block_on(use_it(&world, "without-runtime"));
}

/// Does a bit of everything.
async fn use_it(world: &World, name: &str) {
    let device = opened(world.restless(&format!("{name}.db"))).await;
    device.apply(chain(name, 5)).await.unwrap();
    run(&device, "UPDATE nodes SET label = 'Memory'")
        .await
        .unwrap();
    Replica::sync(&device).await.unwrap();
    assert!(whole_chains(&device).await.contains(name));
    assert!(!found(&device, "title").await.is_empty());
    let health = device.health().await.unwrap();
    assert!(health.warnings.is_empty(), "{:?}", health.warnings);
    assert_equals_primary(&device, &world.primary).await;
    // A primary that gives no answer, and one that is gone.
    world.network.hold();
    assert_fails(Replica::sync(&device).await, ErrorKind::Unreachable, &[]);
    world.network.release();
    Replica::sync(&device).await.unwrap();
    world.network.cut();
    let written = device.apply(chain("gone", 5)).await;
    let error = written.expect_err("there is no way to the primary");
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    // Which of them depends on whether the connection was found dead before it was used.
    let said = ["nothing was changed", "is not known"];
    let words = error.to_string();
    assert!(said.iter().any(|said| words.contains(said)), "{words}");
    world.network.mend();
    device.close().await.unwrap();
}

/// Wakes a thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread, without any runtime.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => thread::park_timeout(PATIENCE),
        }
    }
}
