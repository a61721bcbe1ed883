//! A primary that comes back with nothing in it, or with another graph.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use memorygraph_adapter_turso::TursoBackend;
use ports::{Batch, ErrorKind, Expect, GraphBackend, GraphBackendExt, Replica, Result, SyncState};
use tokio::task::JoinSet;

use super::{asides, assert_holds, assert_kept_aside, direct};
use crate::{
    contents::{Contents, assert_equals_primary, whole_chains},
    graph::{assert_fails, chain, found, id, memory, run},
    world::{World, opened},
};

/// A world whose primary has lost the graph that the replica has.
async fn emptied() -> (World, TursoBackend, Contents) {
    let mut world = World::new();
    let replica = opened(direct(&world, "replica.db")).await;
    for number in 0..6 {
        let batch = chain(&format!("old{number}"), 5);
        replica.apply(batch).await.unwrap();
    }
    let old = Contents::of(&replica).await;
    world.primary.restart_empty();
    (world, replica, old)
}

/// As [`emptied`], after which the primary got another graph.
async fn replaced() -> (World, TursoBackend, Contents) {
    let (world, replica, old) = emptied().await;
    let stranger = opened(direct(&world, "stranger.db")).await;
    for number in 0..3 {
        let batch = chain(&format!("new{number}"), 5);
        stranger.apply(batch).await.unwrap();
    }
    stranger.close().await.unwrap();
    (world, replica, old)
}

#[tokio::test]
async fn a_replica_keeps_what_it_has_when_its_primary_comes_back_empty() {
    let (world, replica, old) = emptied().await;
    let words = ["holds no graph any more", "keeps what it had", "replica.db"];
    for _ in 0..2 {
        assert_fails(Replica::sync(&replica).await, ErrorKind::Conflict, &words);
        assert_eq!(Contents::of(&replica).await, old);
    }
    let status = Replica::sync_status(&replica);
    assert_eq!(status.state, SyncState::Retrying);
    assert_eq!(status.last_error.unwrap().kind, ErrorKind::Conflict);

    // A write does not begin another graph in silence.
    let written = replica.apply(chain("new", 5)).await;
    assert_fails(written, ErrorKind::Conflict, &words);
    let written = run(&replica, "DELETE FROM nodes").await;
    assert!(written.is_err(), "{written:?}");
    assert_eq!(Contents::of(&replica).await, old);
    let tables = "SELECT count(*) FROM sqlite_schema";
    assert_eq!(world.at_primary(tables).as_deref(), Some("0"));

    // Neither does opening it again.
    replica.close().await.unwrap();
    let replica = opened(direct(&world, "replica.db")).await;
    assert_eq!(Contents::of(&replica).await, old);
    assert_eq!(world.at_primary(tables).as_deref(), Some("0"));
    assert_eq!(asides(&world).len(), 0);
}

#[tokio::test]
async fn a_sync_keeps_the_old_graph_aside_when_the_primary_has_another() {
    let (world, replica, old) = replaced().await;
    assert_fails_nothing(Replica::sync(&replica).await);
    assert_kept_aside(&world, &replica, &old).await;
    let names = whole_chains(&replica).await;
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["new0", "new1", "new2"]
    );

    // It goes on with the new one, and keeps nothing aside a second time.
    replica.apply(chain("more", 5)).await.unwrap();
    Replica::sync(&replica).await.unwrap();
    assert_kept_aside(&world, &replica, &old).await;
    replica.close().await.unwrap();
    let replica = opened(direct(&world, "replica.db")).await;
    assert_equals_primary(&replica, &world.primary).await;
    assert_eq!(asides(&world).len(), 1);
}

#[track_caller]
fn assert_fails_nothing<T>(result: Result<T>) {
    if let Err(err) = result {
        panic!("{err}");
    }
}

#[tokio::test]
async fn opening_keeps_the_old_graph_aside_when_the_primary_has_another() {
    let (world, replica, old) = replaced().await;
    replica.close().await.unwrap();
    let options = direct(&world, "replica.db");
    let replica = opened(memorygraph_adapter_turso::TursoOptions {
        auto_sync: true,
        ..options
    })
    .await;
    assert_kept_aside(&world, &replica, &old).await;
}

#[tokio::test]
async fn a_batch_that_finds_another_graph_keeps_the_old_one_aside() {
    let (world, replica, old) = replaced().await;
    // What it changes is not there any more.
    let expecting = Batch::default()
        .expect(Expect::Version(id("old0/0"), 1))
        .put_memory(memory("old0/0"));
    assert_fails(
        replica.apply(expecting).await,
        ErrorKind::Conflict,
        &["old0/0"],
    );
    assert_kept_aside(&world, &replica, &old).await;
    assert_eq!(replica.memory(&id("old0/0")).await.unwrap(), None);
}

#[tokio::test]
async fn a_batch_that_needs_nothing_of_the_old_graph_goes_to_the_other() {
    let (world, replica, old) = replaced().await;
    replica.apply(chain("mine", 5)).await.unwrap();
    assert_kept_aside(&world, &replica, &old).await;
    assert!(whole_chains(&replica).await.contains("mine"));
}

#[tokio::test]
async fn a_statement_that_finds_another_graph_loses_nothing() {
    let (world, replica, old) = replaced().await;
    let delete = "DELETE FROM nodes WHERE id LIKE 'new%' OR id LIKE 'old%'";
    let done = run(&replica, delete).await;
    // It was meant for the graph that was there before.
    assert_fails(done, ErrorKind::Conflict, &["another graph"]);
    let left = "SELECT count(*) FROM nodes";
    assert_eq!(world.at_primary(left).as_deref(), Some("15"));
    Replica::sync(&replica).await.unwrap();
    assert_kept_aside(&world, &replica, &old).await;
}

#[tokio::test]
async fn what_was_kept_aside_is_told_when_the_log_comes_only_later() {
    let mut world = World::hasty();
    let replica = opened(world.replica("replica.db")).await;
    replica.apply(chain("old", 5)).await.unwrap();
    let old = Contents::of(&replica).await;
    world.primary.restart_empty();
    let stranger = opened(direct(&world, "stranger.db")).await;
    stranger.apply(chain("new", 5)).await.unwrap();
    stranger.close().await.unwrap();

    world.network.hold_requests_to("/wal_log");
    assert_fails(Replica::sync(&replica).await, ErrorKind::Unreachable, &[]);
    // Until the new one is here, the old one is read.
    assert_eq!(Contents::of(&replica).await, old);
    world.network.release();
    Replica::sync(&replica).await.unwrap();
    assert_kept_aside(&world, &replica, &old).await;
}

#[tokio::test]
async fn a_second_replacement_is_kept_aside_as_well() {
    let (mut world, replica, old) = replaced().await;
    Replica::sync(&replica).await.unwrap();
    assert_kept_aside(&world, &replica, &old).await;
    let new = Contents::of(&replica).await;
    world.primary.restart_empty();
    let stranger = opened(direct(&world, "other-stranger.db")).await;
    stranger.apply(chain("newest", 5)).await.unwrap();
    // The clock has not moved on, and a name is taken.
    Replica::sync(&replica).await.unwrap();
    assert_equals_primary(&replica, &world.primary).await;
    let files = asides(&world);
    assert_eq!(files.len(), 2, "{files:?}");
    let notices = Replica::sync_status(&replica).notices;
    assert_eq!(notices.len(), 2, "{notices:?}");
    for (notice, contents) in notices.iter().zip([&old, &new]) {
        let is_told = |file: &&PathBuf| notice.contains(file.to_str().unwrap());
        let file = files.iter().find(is_told).unwrap();
        assert_holds(&world, file.clone(), contents).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_see_one_graph_or_the_other_while_the_copy_is_replaced() {
    let (world, replica, old) = replaced().await;
    let old_names = whole_chains(&replica).await;
    let replica = Arc::new(replica);
    let mut readers = JoinSet::new();
    let is_over = Arc::new(AtomicBool::new(false));
    for _ in 0..3 {
        let (replica, is_over) = (Arc::clone(&replica), Arc::clone(&is_over));
        let old_names = old_names.clone();
        readers.spawn(async move {
            let mut is_new = false;
            while !is_over.load(Ordering::Relaxed) {
                let names = whole_chains(&replica).await;
                let is_old = names == old_names;
                assert!(!(is_new && is_old), "the old graph came back");
                is_new = !is_old;
                // The other graph as it once was, with its first batches, or now.
                let is_whole = names.iter().zip(["new0", "new1", "new2"]);
                assert!(
                    is_old || is_whole.into_iter().all(|(is, was)| is == was),
                    "{names:?}"
                );
                found(&*replica, "title").await;
            }
        });
    }
    Replica::sync(&*replica).await.unwrap();
    is_over.store(true, Ordering::Relaxed);
    while let Some(reader) = readers.join_next().await {
        reader.unwrap();
    }
    assert_kept_aside(&world, &replica, &old).await;
}
