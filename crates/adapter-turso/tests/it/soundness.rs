//! What the health says of files that are sound.

use std::num::NonZeroUsize;

use memorygraph_adapter_turso::TursoOptions;
use ports::GraphBackend;

use crate::{
    graph::{chain, found},
    world::{World, opened},
};

#[tokio::test]
async fn health_of_a_local_file_tells_no_damage_that_is_not_there() {
    let world = World::new();
    looks_well(world.local("graph.db")).await;
}

#[tokio::test]
async fn health_of_a_replica_tells_no_damage_that_is_not_there() {
    let world = World::new();
    looks_well(world.replica("replica.db")).await;
}

/// A reader that has searched before others wrote knows an index that is no more.
async fn looks_well(options: TursoOptions) {
    let backend = opened(TursoOptions {
        readers: NonZeroUsize::MIN,
        ..options
    })
    .await;
    for round in 0..20 {
        for name in ["before", "after"] {
            let batch = chain(&format!("{name} {round}"), 5);
            backend.apply(batch).await.unwrap();
            if name == "before" {
                found(&backend, "title").await;
            }
        }
        let warnings = backend.health().await.unwrap().warnings;
        assert!(warnings.is_empty(), "round {round}: {warnings:?}");
    }
}
