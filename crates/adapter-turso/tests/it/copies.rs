//! Copies of which a part is gone.

use std::fs;

use ports::{GraphBackend, Replica};

use crate::{
    contents::assert_equals_primary,
    graph::{chain, found},
    world::{World, opened},
};

/// The files beside a copy tell of pages that are gone with it.
#[tokio::test]
async fn a_copy_whose_file_was_removed_begins_anew() {
    let world = World::new();
    let device = opened(world.replica("replica.db")).await;
    device.apply(chain("first", 5)).await.unwrap();
    device.close().await.unwrap();
    fs::remove_file(world.folder.path().join("replica.db")).unwrap();
    let device = opened(world.replica("replica.db")).await;
    assert!(!found(&device, "title").await.is_empty());
    device.apply(chain("second", 5)).await.unwrap();
    assert_equals_primary(&device, &world.primary).await;
    device.close().await.unwrap();
}

/// So does one that holds nothing, whatever the files beside it tell.
#[tokio::test]
async fn a_copy_that_was_emptied_begins_anew() {
    let world = World::new();
    let device = opened(world.replica("replica.db")).await;
    device.apply(chain("first", 5)).await.unwrap();
    device.close().await.unwrap();
    fs::write(world.folder.path().join("replica.db"), []).unwrap();
    let device = opened(world.replica("replica.db")).await;
    Replica::sync(&device).await.unwrap();
    assert!(!found(&device, "title").await.is_empty());
    assert_equals_primary(&device, &world.primary).await;
    device.close().await.unwrap();
}
