//! A primary that nobody has made tables in.

use memorygraph_adapter_turso::TursoBackend;
use ports::{GraphBackend, Replica};

use super::direct;
use crate::{
    contents::{assert_equals_primary, whole_chains},
    graph::chain,
    world::World,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_devices_that_initialise_a_primary_at_once_make_one_graph() {
    for round in 0..5 {
        let world = World::new();
        let one = TursoBackend::create(direct(&world, "one.db"))
            .await
            .unwrap();
        let other = TursoBackend::create(direct(&world, "other.db"))
            .await
            .unwrap();
        let made = tokio::join!(one.initialize_schema(), other.initialize_schema());
        assert_eq!(made.0.unwrap(), made.1.unwrap(), "round {round}");
        let written = tokio::join!(one.apply(chain("one", 5)), other.apply(chain("other", 5)));
        written.0.unwrap();
        written.1.unwrap();
        for device in [&one, &other] {
            Replica::sync(device).await.unwrap();
            assert_eq!(whole_chains(device).await.len(), 2, "round {round}");
            assert_equals_primary(device, &world.primary).await;
        }
        assert!(Replica::sync_status(&one).notices.is_empty());
    }
}

#[tokio::test]
async fn a_graph_that_nobody_has_made_is_no_silence() {
    let world = World::new();
    let one = TursoBackend::create(direct(&world, "one.db"))
        .await
        .unwrap();
    let written = one.apply(chain("early", 5)).await;
    assert!(written.is_err(), "{written:?}");
    // Another device makes it, and this one learns of it.
    let other = TursoBackend::create(direct(&world, "other.db"))
        .await
        .unwrap();
    other.initialize_schema().await.unwrap();
    other.apply(chain("other", 5)).await.unwrap();
    one.apply(chain("one", 5)).await.unwrap();
    assert_eq!(whole_chains(&one).await.len(), 2);
    assert_equals_primary(&one, &world.primary).await;
}
