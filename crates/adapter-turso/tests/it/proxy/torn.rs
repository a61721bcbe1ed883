//! A network that is cut and mended.

use std::time::Duration;

use memorygraph_adapter_turso::{TursoBackend, TursoOptions};
use ports::{BackendError, ErrorKind, GraphBackend, GraphBackendExt, Replica, SyncState};

use crate::{
    graph::{assert_fails, chain, found, id, memory, run},
    world::{World, opened, status_when},
};

#[tokio::test]
async fn a_write_on_a_cut_network_changes_nothing_and_says_so() {
    for is_replica in [true, false] {
        let world = World::new();
        let options = if is_replica {
            world.replica("replica.db")
        } else {
            world.remote()
        };
        let backend = opened(options).await;
        backend.put_memory(memory("a")).await.unwrap();
        let groups = world.at_primary("SELECT max(number) FROM batches");
        world.network.cut();
        let insert = "INSERT INTO nodes (id, properties) VALUES ('b', '{}')";
        let url = world.network.url();
        let words = [&url, "cannot be reached", "nothing was changed"];
        // A connection of before may be found dead only by sending on it: of what was sent there,
        // nobody knows whether it arrived. That uses it up.
        let mut written = backend.put_memory(memory("b")).await;
        while written.as_ref().is_err_and(is_unknown) {
            written = backend.put_memory(memory("b")).await;
        }
        assert_fails(written, ErrorKind::Unreachable, &words);
        assert_fails(run(&backend, insert).await, ErrorKind::Unreachable, &words);
        world.network.mend();
        assert_eq!(world.at_primary("SELECT max(number) FROM batches"), groups);
        backend.put_memory(memory("b")).await.unwrap();
        run(&backend, "UPDATE nodes SET label = 'x' WHERE id = 'b'")
            .await
            .unwrap();
        assert_eq!(found(&backend, "lorem").await.len(), 2);
    }
}

#[tokio::test]
async fn reads_go_on_while_the_network_is_cut() {
    let world = World::new();
    let backend = opened(world.restless("replica.db")).await;
    backend.apply(chain("c", 5)).await.unwrap();
    world.network.cut();
    status_when(&backend, "a failure", |status| status.failures > 0).await;
    assert_eq!(found(&backend, "lorem").await.len(), 5);
    let walk = domain::Walk {
        depth: 4,
        ..domain::Walk::new(id("c/0"))
    };
    assert_eq!(backend.walk(&walk).await.unwrap().steps.len(), 4);
    let error = assert_fails(backend.sync().await, ErrorKind::Unreachable, &[]);
    let status = backend.sync_status();
    assert_eq!(status.state, SyncState::Retrying);
    let url = world.network.url();
    assert!(error.to_string().contains(&url), "{error}");
    assert!(status.last_error.unwrap().message.contains(&url));
}

/// Nobody opens anything again, and nobody asks.
#[tokio::test]
async fn a_mended_network_is_noticed_by_the_replica_itself() {
    let world = World::new();
    let writer = opened(world.replica("writer.db")).await;
    let reader = opened(world.restless("reader.db")).await;
    for round in 0..3 {
        world.network.cut();
        let failures = reader.sync_status().failures;
        status_when(&reader, "a failure", |status| status.failures > failures).await;
        world.network.mend();
        let name = format!("round/{round}");
        let frames = reader.sync_status().frames;
        writer.put_memory(memory(&name)).await.unwrap();
        status_when(&reader, "news", |status| status.frames > frames).await;
        assert!(reader.memory(&id(&name)).await.unwrap().is_some());
    }
    assert_eq!(reader.sync_status().last_error, None);
}

/// The connections that were open before are closed without a word.
#[tokio::test]
async fn after_a_short_cut_the_next_write_goes_through() {
    for is_replica in [true, false] {
        let world = World::new();
        let options = if is_replica {
            world.replica("replica.db")
        } else {
            world.remote()
        };
        let backend = opened(options).await;
        for round in 0..10 {
            let name = format!("round/{round}");
            let answer = backend.put_memory(memory(&name)).await;
            assert!(answer.is_ok(), "replica {is_replica}, {name}: {answer:?}");
            world.network.cut();
            world.network.mend();
        }
        assert_eq!(backend.statistics().await.unwrap().memories, 10);
    }
}

#[tokio::test]
async fn a_new_replica_on_a_cut_network_leaves_nothing_behind() {
    let world = World::new();
    world.network.cut();
    let options = TursoOptions {
        patience: Duration::from_secs(1),
        ..world.restless("new/replica.db")
    };
    assert_fails(
        TursoBackend::create(options).await,
        ErrorKind::Unreachable,
        &["a new replica needs its primary once", "nothing was kept"],
    );
    let left = std::fs::read_dir(world.folder.path()).unwrap().count();
    assert_eq!(left, 0, "files or folders are left");
}

fn is_unknown(err: &BackendError) -> bool {
    err.to_string().contains("is not known")
}
