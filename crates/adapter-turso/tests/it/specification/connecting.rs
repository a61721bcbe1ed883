//! Options, modes, connecting and disconnecting.

use std::time::Duration;

use memorygraph_adapter_turso::{Mode, Token, TursoBackend, TursoOptions};
use ports::{ErrorKind, GraphBackend, GraphBackendExt, SyncState};

use crate::{
    graph::{assert_fails, id, memory},
    log::heard,
    world::{Hands, World, opened},
};

#[test]
fn the_backend_has_db_path_sync_url_auth_token_auto_sync_and_sync_interval() {
    let options = TursoOptions {
        sync_url: Some("libsql://graph.example".to_owned()),
        auth_token: Some(Token::new("secret")),
        ..TursoOptions::new("memory.db", Hands::new())
    };
    assert_eq!(options.db_path.to_str(), Some("memory.db"));
    let shown = format!("{:?}", TursoBackend::new(options));
    for part in [
        "memory.db",
        "libsql://graph.example",
        "auto_sync: true",
        "sync_interval: 300s",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn auto_sync_is_on_and_the_interval_300_seconds_by_default() {
    let options = TursoOptions::new("memory.db", Hands::new());
    assert!(options.auto_sync);
    assert_eq!(options.sync_interval, Duration::from_mins(5));
    assert_eq!((options.sync_url, options.auth_token), (None, None));
}

#[test]
fn the_mode_follows_from_the_presence_of_a_url() {
    let local = TursoOptions::new("memory.db", Hands::new());
    let with_url = TursoOptions {
        sync_url: Some("libsql://graph.example".to_owned()),
        ..local.clone()
    };
    let remote = TursoOptions {
        mode: Some(Mode::Remote),
        ..with_url.clone()
    };
    let mode = |options| TursoBackend::new(options).mode().unwrap();
    assert_eq!(mode(local), Mode::Local);
    assert_eq!(mode(with_url), Mode::Replica);
    assert_eq!(mode(remote), Mode::Remote);
}

#[tokio::test]
async fn local_mode_needs_nothing_to_be_configured() {
    let world = World::new();
    let backend = opened(world.local("memory.db")).await;
    backend.put_memory(memory("a")).await.unwrap();
    assert_eq!(world.network.requests(), 0);
    assert!(world.folder.path().join("memory.db").is_file());
}

#[tokio::test]
async fn parent_folders_are_made() {
    let world = World::new();
    for options in [world.local("a/b/memory.db"), world.replica("c/d/memory.db")] {
        let path = options.db_path.clone();
        let backend = opened(options).await;
        assert!(path.is_file(), "{}", path.display());
        backend.close().await.unwrap();
    }
}

#[tokio::test]
async fn create_connects_and_returns_the_backend() {
    let world = World::new();
    for options in [
        world.local("memory.db"),
        world.replica("replica.db"),
        world.remote(),
    ] {
        let backend = TursoBackend::create(options).await.unwrap();
        assert!(backend.is_connected());
        backend.initialize_schema().await.unwrap();
    }
}

#[tokio::test]
async fn connecting_again_changes_nothing() {
    let world = World::new();
    let backend = TursoBackend::new(world.replica("replica.db"));
    assert!(!backend.is_connected());
    backend.connect().await.unwrap();
    let asked = world.network.requests();
    backend.connect().await.unwrap();
    assert!(backend.is_connected());
    assert_eq!(world.network.requests(), asked);
}

#[tokio::test]
async fn connect_syncs_initially_when_auto_sync_is_on() {
    let world = World::new();
    let one = opened(world.replica("one.db")).await;
    let other = TursoOptions {
        auto_sync: true,
        ..world.replica("other.db")
    };
    opened(other.clone()).await.close().await.unwrap();
    one.put_memory(memory("a")).await.unwrap();

    let other = TursoBackend::create(other).await.unwrap();
    assert!(other.memory(&id("a")).await.unwrap().is_some());
    assert_eq!(other.replica().unwrap().sync_status().successes, 1);
}

#[tokio::test]
async fn connect_asks_nobody_when_auto_sync_is_off_and_the_replica_has_synced() {
    let world = World::new();
    opened(world.replica("one.db")).await.close().await.unwrap();
    world.network.reset_requests();
    let backend = TursoBackend::create(world.replica("one.db")).await.unwrap();
    assert_eq!(backend.statistics().await.unwrap().memories, 0);
    assert_eq!(world.network.request_lines(), [""; 0]);
}

#[tokio::test]
async fn disconnect_syncs_a_last_time_when_auto_sync_is_on() {
    for auto_sync in [true, false] {
        let world = World::new();
        let writer = opened(world.replica("writer.db")).await;
        let reader = TursoOptions {
            auto_sync,
            ..world.replica("reader.db")
        };
        let backend = opened(reader).await;
        writer.put_memory(memory("late")).await.unwrap();
        backend.disconnect().await;

        let again = TursoBackend::create(world.replica("reader.db"));
        let there = again.await.unwrap().memory(&id("late")).await.unwrap();
        assert_eq!(there.is_some(), auto_sync);
    }
}

#[tokio::test]
async fn a_last_sync_that_fails_is_only_a_warning() {
    let world = World::new();
    let options = TursoOptions {
        auto_sync: true,
        ..world.replica("replica.db")
    };
    let backend = opened(options).await;
    let log = heard();
    world.network.cut();
    backend.disconnect().await;
    assert!(!backend.is_connected());
    let lines = log.lines_with(&world.network.url());
    assert!(
        lines
            .iter()
            .any(|line| line.contains("WARN") && line.contains("the last sync failed")),
        "{lines:?}"
    );
}

#[tokio::test]
async fn disconnecting_again_changes_nothing() {
    let world = World::new();
    let backend = opened(world.replica("replica.db")).await;
    backend.put_memory(memory("a")).await.unwrap();
    for _ in 0..3 {
        backend.disconnect().await;
        backend.close().await.unwrap();
        assert!(!backend.is_connected());
    }
    let status = backend.replica().unwrap().sync_status();
    assert_eq!(status.state, SyncState::Closed);
    assert_fails(
        backend.memory(&id("a")).await,
        ErrorKind::Closed,
        &["not connected"],
    );
    backend.connect().await.unwrap();
    assert!(backend.memory(&id("a")).await.unwrap().is_some());
}
