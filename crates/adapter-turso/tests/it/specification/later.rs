//! What the specification leaves to later phases, and the questions that it leaves open.

use std::time::{Duration, Instant};

use domain::Memory;
use memorygraph_adapter_turso::TursoOptions;
use ports::{
    Batch, Conflict, ErrorKind, Expect, GraphBackend, GraphBackendExt, Latency, Replica, SyncState,
};

use crate::{
    graph::{assert_fails, at, found, id, memory},
    world::{World, opened, status_when, wait_until},
};

#[tokio::test]
async fn a_replica_syncs_in_the_background_at_its_interval() {
    let world = World::new();
    let one = opened(world.replica("one.db")).await;
    let other = opened(world.restless("other.db")).await;
    let before = other.sync_status();
    one.put_memory(memory("a")).await.unwrap();
    // Nobody asks for it.
    let status = status_when(&other, "two more syncs", |status| {
        status.successes >= before.successes + 2
    })
    .await;
    assert!(status.frames > before.frames, "{status:?}");
    assert_eq!(other.memory(&id("a")).await.unwrap(), Some(memory("a")));
}

#[tokio::test]
async fn conflicts_are_detected_by_version_and_reported_with_both_sides() {
    let world = World::new();
    let one = opened(world.replica("one.db")).await;
    let other = opened(world.replica("other.db")).await;
    one.put_memory(memory("a")).await.unwrap();
    other.sync().await.unwrap();
    let changed = |title: &str| Memory {
        title: title.to_owned(),
        version: 2,
        updated_at: at(1),
        ..memory("a")
    };
    let change = |title: &str| {
        Batch::default()
            .expect(Expect::Version(id("a"), 1))
            .put_memory(changed(title))
    };
    one.apply(change("by one")).await.unwrap();

    let mine = change("by other");
    let error = assert_fails(
        other.apply(mine.clone()).await,
        ErrorKind::Conflict,
        &["\"a\"", "version 2, not 1"],
    );
    let theirs = Conflict::Memory {
        id: id("a"),
        found: Some(Box::new(changed("by one"))),
    };
    assert_eq!(error.found(), Some(&theirs));
    // The caller still has the own side, and the primary has the other.
    assert_eq!(mine, change("by other"));
    for device in [&one, &other] {
        assert_eq!(
            device.memory(&id("a")).await.unwrap(),
            Some(changed("by one"))
        );
    }
}

#[tokio::test]
async fn a_sync_never_blocks_reads() {
    let world = World::hasty();
    let options = TursoOptions {
        patience: Duration::from_mins(1),
        ..world.replica("replica.db")
    };
    let backend = opened(options).await;
    backend.put_memory(memory("a")).await.unwrap();
    world.network.hold();
    let sync = async { backend.sync().await };
    let reads = async {
        wait_until("the sync is under way", || {
            backend.sync_status().state == SyncState::Syncing
        })
        .await;
        for _ in 0..100 {
            assert!(backend.memory(&id("a")).await.unwrap().is_some());
            assert_eq!(found(&backend, "lorem").await, ["a"]);
            assert_eq!(backend.health().await.unwrap().memories, 1);
        }
        assert_eq!(backend.sync_status().state, SyncState::Syncing);
        world.network.release();
    };
    let (synced, ()) = tokio::join!(sync, reads);
    synced.unwrap();
}

/// The primary has a write at once, whatever a sync is waiting for. That it shows here takes the
/// log of the primary, which the write then waits for.
#[tokio::test]
async fn a_sync_never_blocks_writes() {
    let world = World::hasty();
    let options = TursoOptions {
        patience: Duration::from_mins(1),
        ..world.replica("replica.db")
    };
    let backend = opened(options).await;
    world.network.hold_requests_to("/wal_log");
    let sync = async { backend.sync().await.map(drop) };
    let write = async {
        world.network.wait_until_held(Duration::from_secs(30));
        backend.put_memory(memory("a")).await.map(drop)
    };
    let look = async {
        wait_until("the primary has the write", || {
            world.at_primary("SELECT count(*) FROM nodes").as_deref() == Some("1")
        })
        .await;
        assert_eq!(backend.sync_status().state, SyncState::Syncing);
        world.network.release();
        Ok(())
    };
    let (synced, written, looked) = tokio::join!(sync, write, look);
    synced.and(written).and(looked).unwrap();
    assert!(backend.memory(&id("a")).await.unwrap().is_some());
}

#[tokio::test]
async fn syncs_that_fail_are_tried_again_with_growing_pauses() {
    let world = World::new();
    let options = TursoOptions {
        auto_sync: true,
        ..world.replica("replica.db")
    };
    let backend = opened(options).await;
    world.network.cut();
    assert_fails(backend.sync().await.map(drop), ErrorKind::Unreachable, &[]);
    let mut failed = vec![Instant::now()];
    for failures in 2..=3 {
        status_when(&backend, "one more failure", |status| {
            status.failures >= failures && status.state == SyncState::Retrying
        })
        .await;
        failed.push(Instant::now());
    }
    let (first, second) = (failed[1] - failed[0], failed[2] - failed[1]);
    assert!(first >= Duration::from_millis(850), "{first:?}");
    assert!(second >= Duration::from_millis(1_700), "{second:?}");
    assert!(second < Duration::from_mins(1), "it is not the interval");
    world.network.mend();
    let status = status_when(&backend, "a sync", |status| status.state == SyncState::Idle).await;
    assert_eq!(status.last_error, None);
}

#[tokio::test]
async fn the_status_has_the_frequency_latency_and_failures_of_syncs() {
    let world = World::new();
    let backend = opened(world.replica("replica.db")).await;
    let other = opened(world.replica("other.db")).await;
    other.put_memory(memory("a")).await.unwrap();
    let before = backend.sync_status();
    world.clock.set(100);
    world.network.set_latency(Duration::from_millis(60));
    backend.sync().await.unwrap();
    world.network.set_latency(Duration::ZERO);
    let after = backend.sync_status();
    assert_eq!(after.successes, before.successes + 1);
    assert!(after.frames > before.frames);
    assert_eq!(after.latency.count(), before.latency.count() + 1);
    let took = after.latency.sum.saturating_sub(before.latency.sum);
    assert!(took >= Duration::from_millis(60), "{took:?}");
    assert_eq!(after.last_success, Some(at(100)));
    assert_eq!(after.age, Some(Duration::ZERO));

    world.network.cut();
    world.clock.set(130);
    backend.sync().await.unwrap_err();
    let failed = backend.sync_status();
    assert_eq!(failed.state, SyncState::Retrying);
    assert_eq!((failed.successes, failed.failures), (after.successes, 1));
    assert_eq!(failed.latency, after.latency);
    assert_eq!(failed.age, Some(Duration::from_secs(30)));
    let error = failed.last_error.unwrap();
    assert_eq!((error.kind, error.at), (ErrorKind::Unreachable, at(130)));
    assert!(error.message.contains(&world.network.url()), "{error:?}");
}

#[tokio::test]
async fn the_metrics_are_there_as_prometheus_text() {
    let world = World::new();
    let backend = opened(world.replica("replica.db")).await;
    backend.sync().await.unwrap();
    world.network.cut();
    backend.sync().await.unwrap_err();
    world.clock.set(7);
    let status = backend.sync_status();
    let text = status.to_prometheus();
    let has = |line: &str| assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    has(&format!(
        "memorygraph_sync_success_total {}",
        status.successes
    ));
    has("memorygraph_sync_failure_total 1");
    has(&format!("memorygraph_sync_frames_total {}", status.frames));
    has("memorygraph_sync_state{state=\"retrying\"} 1");
    has("memorygraph_sync_age_seconds 7");
    has(&format!(
        "memorygraph_sync_duration_seconds_count {}",
        status.successes
    ));
    let buckets = text.lines().filter(|line| line.contains("_bucket{le="));
    assert_eq!(buckets.count(), Latency::BOUNDS.len() + 1);
}
