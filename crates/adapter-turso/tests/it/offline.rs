//! A replica without its primary.

use std::time::Duration;

use domain::Walk;
use memorygraph_adapter_turso::{TursoBackend, TursoOptions};
use ports::{ErrorKind, GraphBackend, GraphBackendExt, Replica, SyncState};

use crate::{
    graph::{assert_fails, at, chain, found, id, memory, run, value},
    world::{World, opened, status_when},
};

/// Makes a replica that has synced, and kills its primary.
async fn orphaned() -> World {
    let mut world = World::new();
    let backend = opened(world.replica("replica.db")).await;
    backend.apply(chain("c", 5)).await.unwrap();
    backend.sync().await.unwrap();
    backend.close().await.unwrap();
    world.primary.kill();
    world.network.cut();
    world
}

#[tokio::test]
async fn a_replica_that_has_synced_opens_reads_searches_and_walks_without_its_primary() {
    let world = orphaned().await;
    for options in [world.replica("replica.db"), world.restless("replica.db")] {
        let backend = opened(options).await;
        assert_eq!(backend.statistics().await.unwrap().memories, 5);
        assert_eq!(
            backend.memory(&id("c/3")).await.unwrap(),
            Some(memory("c/3"))
        );
        assert_eq!(found(&backend, "title").await.len(), 5);
        let walk = Walk {
            depth: 4,
            ..Walk::new(id("c/0"))
        };
        assert_eq!(backend.walk(&walk).await.unwrap().steps.len(), 4);
        let count = value(&backend, "SELECT count(*) FROM relationships").await;
        assert_eq!(count, ports::SqlValue::Integer(4));
        assert_eq!(backend.health().await.unwrap().memories, 5);
        backend.close().await.unwrap();
    }
}

#[tokio::test]
async fn it_tells_its_age_also_when_another_program_opens_it_later() {
    let world = orphaned().await;
    for seconds in [0, 90, 86_400] {
        world.clock.set(seconds);
        let backend = TursoBackend::create(world.replica("replica.db")).await;
        let backend = backend.unwrap();
        let status = backend.sync_status();
        assert_eq!(status.last_success, Some(at(0)));
        let age = Duration::from_secs(u64::try_from(seconds).unwrap());
        assert_eq!(status.age, Some(age));
        assert_eq!((status.successes, status.failures), (0, 0));
        assert_eq!(status.state, SyncState::Idle);
        backend.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_write_fails_and_changes_nothing() {
    let world = orphaned().await;
    let backend = opened(world.replica("replica.db")).await;
    let words = ["nothing was changed"];
    assert_fails(
        backend.put_memory(memory("b")).await,
        ErrorKind::Unreachable,
        &words,
    );
    assert_fails(
        run(&backend, "DELETE FROM nodes").await,
        ErrorKind::Unreachable,
        &words,
    );
    assert_eq!(backend.statistics().await.unwrap().memories, 5);
    assert_eq!(backend.memory(&id("b")).await.unwrap(), None);
}

#[tokio::test]
async fn opening_tells_what_is_wrong_with_the_primary_in_its_status() {
    let world = orphaned().await;
    world.clock.set(30);
    let backend = opened(world.restless("replica.db")).await;
    let status = status_when(&backend, "a failure", |status| status.failures > 0).await;
    assert_eq!(status.age, Some(Duration::from_secs(30)));
    let error = status.last_error.unwrap();
    assert_eq!((error.kind, error.at), (ErrorKind::Unreachable, at(30)));
    let health = backend.health().await.unwrap();
    assert!(
        health
            .warnings
            .iter()
            .any(|words| words.contains("the last sync failed")),
        "{health:?}"
    );
}

#[tokio::test]
async fn when_the_primary_is_back_the_replica_catches_up_by_itself() {
    let mut world = orphaned().await;
    let backend = opened(world.restless("replica.db")).await;
    status_when(&backend, "a failure", |status| status.failures > 0).await;
    world.primary.restart();
    world.network.mend();
    let writer = opened(world.replica("writer.db")).await;
    writer.put_memory(memory("news")).await.unwrap();
    let successes = backend.sync_status().successes;
    let status = status_when(&backend, "two syncs", |status| {
        status.successes >= successes + 2
    })
    .await;
    assert_eq!(status.last_error, None);
    assert!(backend.memory(&id("news")).await.unwrap().is_some());
    backend.put_memory(memory("own")).await.unwrap();
    assert_eq!(backend.statistics().await.unwrap().memories, 7);
}

#[tokio::test]
async fn without_auto_sync_nobody_is_asked_until_it_is_wanted() {
    let mut world = orphaned().await;
    world.primary.restart();
    world.network.mend();
    world.network.reset_requests();
    let backend = opened(world.replica("replica.db")).await;
    assert_eq!(found(&backend, "lorem").await.len(), 5);
    backend.health().await.unwrap();
    backend.close().await.unwrap();
    assert_eq!(world.network.request_lines(), [""; 0]);
}

#[tokio::test]
async fn a_remote_graph_does_not_open_without_its_primary() {
    let world = orphaned().await;
    assert_fails(
        TursoBackend::create(world.remote()).await.map(drop),
        ErrorKind::Unreachable,
        &["open the graph", &world.network.url(), "cannot be reached"],
    );
}

#[tokio::test]
async fn a_new_replica_does_not_open_without_its_primary() {
    let world = orphaned().await;
    let options = TursoOptions {
        auto_sync: true,
        ..world.replica("new.db")
    };
    let path = options.db_path.clone();
    assert_fails(
        TursoBackend::create(options).await.map(drop),
        ErrorKind::Unreachable,
        &["a new replica needs its primary once", "nothing was kept"],
    );
    for suffix in ["", "-wal", "-shm", "-client_wal_index", "-sync"] {
        let left = crate::folder::beside(&path, suffix);
        assert!(!left.exists(), "{}", left.display());
    }
}
