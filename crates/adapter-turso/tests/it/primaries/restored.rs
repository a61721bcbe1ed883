//! A primary that comes back with an earlier state of its graph.

use engines::SavedData;
use memorygraph_adapter_turso::TursoBackend;
use ports::{GraphBackend, Replica};

use super::{assert_kept_aside, direct};
use crate::{
    contents::{Contents, assert_equals_primary, whole_chains},
    graph::chain,
    world::{World, opened},
};

/// A world whose primary had 3 batches when it was saved, and a replica that has 6.
async fn saved() -> (World, TursoBackend, SavedData) {
    let mut world = World::new();
    let replica = opened(direct(&world, "replica.db")).await;
    write(&replica, "early", 3).await;
    let data = world.primary.save_data();
    write(&replica, "late", 3).await;
    (world, replica, data)
}

async fn write(backend: &TursoBackend, name: &str, batches: usize) {
    for number in 0..batches {
        let batch = chain(&format!("{name}{number}"), 5);
        backend.apply(batch).await.unwrap();
    }
}

async fn names(replica: &TursoBackend) -> Vec<String> {
    whole_chains(replica).await.into_iter().collect()
}

#[tokio::test]
async fn a_replica_keeps_aside_what_a_restored_primary_lacks() {
    let (mut world, replica, data) = saved().await;
    let old = Contents::of(&replica).await;
    world.primary.restart_with(&data);
    Replica::sync(&replica).await.unwrap();
    assert_kept_aside(&world, &replica, &old).await;
    assert_eq!(names(&replica).await, ["early0", "early1", "early2"]);
    write(&replica, "later", 1).await;
    Replica::sync(&replica).await.unwrap();
    assert_kept_aside(&world, &replica, &old).await;
}

#[tokio::test]
async fn a_write_to_a_restored_primary_keeps_aside_what_that_lacks() {
    let (mut world, replica, data) = saved().await;
    let old = Contents::of(&replica).await;
    world.primary.restart_with(&data);
    write(&replica, "later", 1).await;
    assert_kept_aside(&world, &replica, &old).await;
    assert_eq!(
        names(&replica).await,
        ["early0", "early1", "early2", "later0"]
    );
}

#[tokio::test]
async fn a_restored_primary_that_has_moved_on_is_found_out() {
    // As many batches as the replica knows, fewer, and more.
    for batches in [3, 1, 20] {
        let (mut world, replica, data) = saved().await;
        let old = Contents::of(&replica).await;
        world.primary.restart_with(&data);
        let stranger = opened(direct(&world, "stranger.db")).await;
        write(&stranger, "other", batches).await;
        Replica::sync(&replica).await.unwrap();
        assert_kept_aside(&world, &replica, &old).await;
        assert_eq!(names(&replica).await.len(), 3 + batches);
        // Both go on together.
        write(&replica, "together", 1).await;
        Replica::sync(&stranger).await.unwrap();
        assert_equals_primary(&stranger, &world.primary).await;
        assert_equals_primary(&replica, &world.primary).await;
    }
}

#[tokio::test]
async fn a_primary_restored_to_what_the_replica_has_is_the_same() {
    let mut world = World::new();
    let replica = opened(direct(&world, "replica.db")).await;
    write(&replica, "early", 3).await;
    let data = world.primary.save_data();
    let other = opened(direct(&world, "other.db")).await;
    write(&other, "late", 3).await;
    other.close().await.unwrap();
    // The replica has seen nothing of what is gone.
    world.primary.restart_with(&data);
    write(&replica, "later", 3).await;
    Replica::sync(&replica).await.unwrap();
    assert_equals_primary(&replica, &world.primary).await;
    assert!(Replica::sync_status(&replica).notices.is_empty());
    assert_eq!(names(&replica).await.len(), 6);
}
