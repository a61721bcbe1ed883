//! A slow network, and one on which nothing moves.

use std::time::{Duration, Instant};

use domain::Memory;
use memorygraph_adapter_turso::{TursoBackend, TursoOptions};
use ports::{Batch, ErrorKind, GraphBackend, GraphBackendExt, Replica, SyncState};

use crate::{
    graph::{chain, found, id, memory},
    world::{PATIENCE, World, opened, wait_until},
};

#[tokio::test]
async fn a_sync_of_one_change_takes_two_round_trips() {
    let world = World::new();
    let one = opened(world.replica("one.db")).await;
    let other = opened(world.replica("other.db")).await;
    one.put_memory(memory("a")).await.unwrap();
    other.sync().await.unwrap();
    one.put_memory(memory("b")).await.unwrap();

    world.network.reset_requests();
    world.network.set_latency(Duration::from_millis(40));
    let before = other.sync_status().latency.sum;
    other.sync().await.unwrap();
    let took = other.sync_status().latency.sum.saturating_sub(before);
    eprintln!("a sync of one change with 40 ms of latency: {took:?}");
    // The last two are under way at the same time.
    let mut lines = world.network.request_lines();
    lines.sort();
    assert_eq!(
        lines,
        [
            "POST /v3/pipeline HTTP/1.1",
            "POST /wal_log.ReplicationLog/BatchLogEntries HTTP/1.1",
            "POST /wal_log.ReplicationLog/Hello HTTP/1.1",
        ]
    );
    assert!(
        took >= Duration::from_millis(80),
        "{took:?}: one round trip"
    );
    assert_eq!(other.statistics().await.unwrap().memories, 2);
}

#[tokio::test]
async fn reads_do_not_feel_a_slow_network() {
    let world = World::new();
    let backend = opened(world.replica("replica.db")).await;
    backend.apply(chain("c", 10)).await.unwrap();
    world.network.reset_requests();
    world.network.set_latency(Duration::from_secs(20));
    for _ in 0..50 {
        assert_eq!(found(&backend, "lorem").await.len(), 10);
        assert_eq!(backend.health().await.unwrap().memories, 10);
    }
    assert_eq!(world.network.requests(), 0);
}

/// Nothing is closed, and nothing moves: the client has to give up by itself.
#[tokio::test]
async fn on_a_held_network_reads_go_on_and_writes_end_with_an_honest_answer() {
    let world = World::hasty();
    let mut options = world.replica("replica.db");
    options.patience = Duration::from_secs(1);
    let backend = opened(options).await;
    backend.put_memory(memory("before")).await.unwrap();
    world.network.hold();

    let since = Instant::now();
    let write = async {
        let answer = backend.put_memory(memory("held")).await;
        (answer, since.elapsed())
    };
    let reads = async {
        world.network.wait_until_held(Duration::from_secs(30));
        for _ in 0..50 {
            assert_eq!(found(&backend, "lorem").await, ["before"]);
        }
        since.elapsed()
    };
    let ((answer, took), read) = tokio::join!(write, reads);
    eprintln!("on a held network: a write ended after {took:?}, 50 searches after {read:?}");
    let error = answer.expect_err("nothing moves");
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    assert!(error.to_string().contains("is not known"), "{error}");
    assert!(took < Duration::from_secs(15), "{took:?}");

    let since = Instant::now();
    let error = backend.sync().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    assert!(since.elapsed() < Duration::from_secs(15), "{error}");

    world.network.release();
    backend.put_memory(memory("after")).await.unwrap();
    let status = backend.sync_status();
    assert_eq!(status.state, SyncState::Idle, "{status:?}");
    // Whether the held write arrived is up to the network; what the replica says is what is there.
    let held = "SELECT count(*) FROM nodes WHERE id = 'held'";
    let at_primary = world.at_primary(held).as_deref() == Some("1");
    let here = backend.memory(&id("held")).await.unwrap().is_some();
    assert_eq!(here, at_primary);
}

/// Opening waits for a primary that is silent no longer than it says.
#[tokio::test]
async fn on_a_held_network_a_replica_opens_and_reads() {
    let world = World::hasty();
    let first = opened(world.restless("replica.db")).await;
    first.put_memory(memory("a")).await.unwrap();
    first.close().await.unwrap();
    world.network.hold();
    let since = Instant::now();
    let backend = TursoBackend::create(world.restless("replica.db"));
    let backend = backend.await.unwrap();
    assert!(backend.memory(&id("a")).await.unwrap().is_some());
    let opened = since.elapsed();
    eprintln!("on a held network: a replica opened after {opened:?}");
    assert!(opened < Duration::from_secs(10), "{opened:?}");
    world.network.release();
    wait_until("a sync", || backend.sync_status().successes > 0).await;
}

/// One transaction can be large, and a network slow: what arrives is not given up again and again.
#[tokio::test]
async fn a_log_that_takes_longer_than_the_patience_arrives_all_the_same() {
    let world = World::new();
    let writer = TursoOptions {
        patience: PATIENCE,
        ..world.replica("writer.db")
    };
    let writer = opened(writer).await;
    let reader = TursoOptions {
        patience: Duration::from_millis(150),
        ..world.restless("reader.db")
    };
    let reader = opened(reader).await;
    let large = |number: usize| Memory {
        content: "lorem ipsum dolor ".repeat(2_700),
        ..memory(&format!("large/{number}"))
    };
    let batch = (0..100)
        .map(large)
        .fold(Batch::default(), Batch::put_memory);
    writer.apply(batch).await.unwrap();
    let since = Instant::now();
    wait_until("the log has arrived", || {
        reader.sync_status().frames > 1_000
    })
    .await;
    let status = reader.sync_status();
    eprintln!(
        "{} frames in one transaction arrived after {:?} and {} attempts that were given up",
        status.frames,
        since.elapsed(),
        status.failures
    );
    assert_eq!(reader.statistics().await.unwrap().memories, 100);
}
