//! Syncing by hand, and health.

use memorygraph_adapter_turso::{TursoBackend, TursoOptions};
use ports::{ErrorKind, GraphBackend, GraphBackendExt};

use crate::{
    graph::{assert_fails, at, chain, id, memory, run},
    log::heard,
    world::{World, opened},
};

#[tokio::test]
async fn sync_by_hand_brings_what_others_wrote() {
    let world = World::new();
    let one = opened(world.replica("one.db")).await;
    let other = opened(world.replica("other.db")).await;
    one.put_memory(memory("a")).await.unwrap();
    assert_eq!(other.memory(&id("a")).await.unwrap(), None);
    world.clock.set(60);
    let synced = other.sync().await.unwrap().unwrap();
    assert!(synced.frames > 0, "{synced:?}");
    assert_eq!(other.memory(&id("a")).await.unwrap(), Some(memory("a")));
    let status = other.replica().unwrap().sync_status();
    assert_eq!(status.last_success, Some(at(60)));
}

#[tokio::test]
async fn sync_by_hand_is_a_warning_and_no_error_in_local_mode() {
    let world = World::new();
    let options = world.local("of-its-own.db");
    let path = options.db_path.to_str().unwrap().to_owned();
    let backend = opened(options).await;
    let log = heard();
    assert_eq!(backend.sync().await.unwrap(), None);
    let lines = log.lines_with(&path);
    assert!(
        lines
            .iter()
            .any(|line| line.contains("WARN") && line.contains("no replica to sync")),
        "{lines:?}"
    );
}

#[tokio::test]
async fn sync_by_hand_is_an_error_when_not_connected() {
    let world = World::new();
    for options in [world.local("a.db"), world.replica("b.db"), world.remote()] {
        let backend = TursoBackend::new(options);
        assert_fails(backend.sync().await, ErrorKind::Closed, &["not connected"]);
        backend.connect().await.unwrap();
        backend.sync().await.unwrap();
        backend.disconnect().await;
        assert_fails(backend.sync().await, ErrorKind::Closed, &["not connected"]);
    }
}

#[tokio::test]
async fn health_says_whether_the_backend_is_connected() {
    let world = World::new();
    for options in [world.local("a.db"), world.replica("b.db"), world.remote()] {
        let backend = TursoBackend::new(options);
        assert!(!backend.is_connected());
        assert_fails(
            backend.health().await,
            ErrorKind::Closed,
            &["not connected"],
        );
        backend.connect().await.unwrap();
        backend.initialize_schema().await.unwrap();
        assert!(backend.is_connected());
        let health = backend.health().await.unwrap();
        assert_eq!(health.warnings, [""; 0]);
    }
}

#[tokio::test]
async fn health_says_the_backend_type() {
    let world = World::new();
    for options in [world.local("a.db"), world.replica("b.db"), world.remote()] {
        let health = opened(options).await.health().await.unwrap();
        assert_eq!(health.backend, "turso");
        assert!(health.engine.starts_with("libSQL, SQLite 3."), "{health:?}");
    }
}

#[tokio::test]
async fn health_says_the_db_path() {
    let world = World::new();
    for options in [world.local("a.db"), world.replica("b.db")] {
        let path = options.db_path.to_str().unwrap().to_owned();
        let health = opened(options).await.health().await.unwrap();
        assert!(health.location.contains(&path), "{}", health.location);
    }
}

#[tokio::test]
async fn health_says_whether_it_is_in_replica_mode() {
    let world = World::new();
    let local = opened(world.local("a.db")).await.health().await.unwrap();
    assert_eq!(local.sync, None);
    assert!(!local.location.contains("replica"), "{}", local.location);
    let remote = opened(world.remote()).await.health().await.unwrap();
    assert_eq!(remote.sync, None);
    assert!(remote.location.contains("remote"), "{}", remote.location);
    let replica = opened(world.replica("b.db")).await.health().await.unwrap();
    assert!(replica.location.contains("replica"), "{}", replica.location);
    assert_eq!(replica.sync.unwrap().successes, 1);
}

#[tokio::test]
async fn health_says_the_sync_url() {
    let world = World::new();
    let url = world.network.url();
    for (options, says) in [
        (world.local("a.db"), false),
        (world.replica("b.db"), true),
        (world.remote(), true),
    ] {
        let health = opened(options).await.health().await.unwrap();
        assert_eq!(health.location.contains(&url), says, "{}", health.location);
    }
}

#[tokio::test]
async fn health_says_whether_auto_sync_is_on() {
    let world = World::new();
    let mut said = Vec::new();
    for (auto_sync, name) in [(true, "a.db"), (false, "b.db")] {
        let options = TursoOptions {
            auto_sync,
            ..world.replica(name)
        };
        let health = opened(options).await.health().await.unwrap();
        let json = serde_json::to_value(&health).unwrap();
        said.push(json["sync"]["interval_seconds"].clone());
    }
    assert_eq!(said, [serde_json::json!(300.0), serde_json::Value::Null]);
}

#[tokio::test]
async fn health_says_how_many_memories_there_are() {
    let world = World::new();
    for options in [world.local("a.db"), world.replica("b.db"), world.remote()] {
        let backend = opened(options).await;
        let before = backend.health().await.unwrap().memories;
        backend.apply(chain("c", 3)).await.unwrap();
        let health = backend.health().await.unwrap();
        assert_eq!(health.memories, before + 3);
        backend
            .apply((0..3).fold(ports::Batch::default(), |batch, number| {
                batch.then(ports::Change::RemoveMemory(id(&format!("c/{number}"))))
            }))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn health_says_the_size_of_the_database() {
    let world = World::new();
    for (name, options) in [
        ("one", world.local("a.db")),
        ("two", world.replica("b.db")),
        ("three", world.remote()),
    ] {
        let backend = opened(options).await;
        let size = backend.health().await.unwrap().size_bytes.unwrap();
        assert!(size > 4_096, "{size}");
        let large = domain::Memory {
            content: "x".repeat(50_000),
            ..memory(name)
        };
        backend.put_memory(large).await.unwrap();
        let larger = backend.health().await.unwrap().size_bytes.unwrap();
        assert!(larger > size + 40_000, "{size} {larger}");
    }
}

#[tokio::test]
async fn health_warns_instead_of_failing() {
    let mut world = World::new();
    let replica = opened(world.replica("b.db")).await;
    let remote = opened(world.remote()).await;
    world.primary.kill();

    let health = remote.health().await.unwrap();
    assert!(
        health
            .warnings
            .iter()
            .any(|words| words.contains("cannot be reached")),
        "{health:?}"
    );
    replica.sync().await.unwrap_err();
    let health = replica.health().await.unwrap();
    assert!(
        health
            .warnings
            .iter()
            .any(|words| words.contains("the last sync failed")),
        "{health:?}"
    );

    let local = opened(world.local("a.db")).await;
    run(&local, "DROP TABLE relationships").await.unwrap();
    let health = local.health().await.unwrap();
    assert!(
        health
            .warnings
            .iter()
            .any(|words| words.contains("no such table")),
        "{health:?}"
    );
}
