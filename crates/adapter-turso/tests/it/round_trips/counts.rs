//! Requests, counted at the network.

use std::sync::Arc;

use domain::{Memory, MemoryId};
use ports::{Batch, Change, ErrorKind, Expect, GraphBackend, GraphBackendExt, SqlAccess};

use crate::{
    graph::{assert_fails, at, chain, found, id, memory, run},
    world::{World, opened},
};

/// How many callers write at the same time.
const CALLERS: usize = 64;

#[tokio::test]
async fn a_store_on_a_replica_costs_three_requests_whatever_its_size() {
    let world = World::new();
    let backend = opened(world.replica("replica.db")).await;
    for count in [1, 2, 10, 100, 1_000] {
        world.network.reset_requests();
        let name = format!("of-{count}");
        let receipt = backend.apply(chain(&name, count)).await.unwrap();
        let lines = world.network.request_lines();
        eprintln!("a store of {count}: {} requests", lines.len());
        assert!(lines.len() <= 3, "{count}: {lines:?}");
        assert_eq!(receipt.memories_added, count as u64);
        assert_eq!(receipt.relationships_added, count as u64 - 1);
    }
    assert_eq!(backend.statistics().await.unwrap().memories, 1_113);
    assert_eq!(
        world
            .at_primary("SELECT count(*) FROM relationships")
            .as_deref(),
        Some("1108")
    );
}

#[tokio::test]
async fn a_store_that_looks_before_it_writes_costs_three_requests_too() {
    let world = World::new();
    let backend = opened(world.replica("replica.db")).await;
    backend.apply(chain("c", 500)).await.unwrap();
    let changed = |number: usize| Memory {
        version: 2,
        updated_at: at(1),
        ..memory(&format!("c/{number}"))
    };
    let update = (0..500).fold(Batch::default(), |batch, number| {
        batch
            .expect(Expect::Version(id(&format!("c/{number}")), 1))
            .put_memory(changed(number))
            .then(Change::TouchMemory {
                id: id(&format!("c/{number}")),
                uses: 1,
                at: at(2),
            })
    });
    let removal = (0..500).fold(Batch::default(), |batch, number| {
        batch.then(Change::RemoveMemory(id(&format!("c/{number}"))))
    });
    for batch in [update, removal] {
        world.network.reset_requests();
        backend.apply(batch).await.unwrap();
        let lines = world.network.request_lines();
        assert!(lines.len() <= 3, "{lines:?}");
    }
    assert_eq!(backend.statistics().await.unwrap().memories, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_at_the_same_time_share_their_requests() {
    let world = World::new();
    let backend = Arc::new(opened(world.replica("replica.db")).await);
    world.network.reset_requests();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let backend = Arc::clone(&backend);
            tokio::spawn(async move { backend.put_memory(memory(&format!("m{caller}"))).await })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let requests = world.network.requests();
    eprintln!("{CALLERS} callers at the same time: {requests} requests");
    assert!(requests <= 3 * CALLERS / 4, "{requests}");
    assert_eq!(backend.statistics().await.unwrap().memories, CALLERS as u64);
}

/// One that fails does not fail those with which it travels.
#[tokio::test(flavor = "multi_thread")]
async fn callers_at_the_same_time_fail_each_for_itself() {
    let world = World::new();
    let backend = Arc::new(opened(world.replica("replica.db")).await);
    backend.put_memory(memory("there")).await.unwrap();
    world.network.reset_requests();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let backend = Arc::clone(&backend);
            let batch = Batch::default().put_memory(memory(&format!("m{caller}")));
            let batch = match caller % 2 {
                0 => batch,
                _ => batch.expect(Expect::Absent(id("there"))),
            };
            tokio::spawn(async move { backend.apply(batch).await })
        })
        .collect();
    for (caller, answer) in callers.into_iter().enumerate() {
        let answer = answer.await.unwrap();
        if caller % 2 == 0 {
            answer.unwrap();
        } else {
            assert_fails(answer, ErrorKind::Conflict, &["there"]);
        }
    }
    let requests = world.network.requests();
    eprintln!("{CALLERS} callers, half of which fail: {requests} requests");
    assert!(requests <= 3 * CALLERS, "{requests}");
    let memories = backend.statistics().await.unwrap().memories;
    assert_eq!(memories, 1 + CALLERS as u64 / 2);
}

#[tokio::test]
async fn a_conflict_costs_a_bounded_number_of_requests() {
    let world = World::new();
    let one = opened(world.replica("one.db")).await;
    let other = opened(world.replica("other.db")).await;
    one.put_memory(memory("a")).await.unwrap();
    other.sync().await.unwrap();
    let second = Batch::default()
        .expect(Expect::Version(id("a"), 1))
        .put_memory(Memory {
            version: 2,
            ..memory("a")
        });
    one.apply(second.clone()).await.unwrap();
    // The replica does not know yet, and then it does.
    for most in [4, 4] {
        world.network.reset_requests();
        assert_fails(
            other.apply(second.clone()).await,
            ErrorKind::Conflict,
            &["version 2"],
        );
        let lines = world.network.request_lines();
        eprintln!("a conflict: {} requests", lines.len());
        assert!(lines.len() <= most, "{lines:?}");
    }
}

#[tokio::test]
async fn a_write_over_what_another_wrote_costs_a_bounded_number_of_requests() {
    let world = World::new();
    let one = opened(world.replica("one.db")).await;
    let other = opened(world.replica("other.db")).await;
    for round in 0..3 {
        let by = |name: &str| Memory {
            title: format!("{name} in round {round}"),
            ..memory("a")
        };
        one.put_memory(by("one")).await.unwrap();
        world.network.reset_requests();
        other.put_memory(by("other")).await.unwrap();
        let lines = world.network.request_lines();
        eprintln!("a write over another's: {} requests", lines.len());
        assert!(lines.len() <= 7, "{lines:?}");
        assert_eq!(other.memory(&id("a")).await.unwrap(), Some(by("other")));
    }
}

#[tokio::test]
async fn a_sync_costs_three_requests_with_and_without_a_change() {
    let world = World::new();
    let one = opened(world.replica("one.db")).await;
    let other = opened(world.replica("other.db")).await;
    for change in [0, 1, 1_000] {
        if change > 0 {
            one.apply(chain(&format!("c{change}"), change))
                .await
                .unwrap();
        }
        world.network.reset_requests();
        other.sync().await.unwrap();
        let lines = world.network.request_lines();
        eprintln!("a sync of {change} changes: {} requests", lines.len());
        // A long log comes in parts.
        let most = if change < 100 { 3 } else { 8 };
        assert!(lines.len() <= most, "{change}: {lines:?}");
    }
    assert_eq!(other.statistics().await.unwrap().memories, 1_001);
}

#[tokio::test]
async fn reading_a_replica_costs_no_request() {
    let world = World::new();
    let backend = opened(world.replica("replica.db")).await;
    backend.apply(chain("c", 10)).await.unwrap();
    world.network.reset_requests();
    found(&backend, "lorem").await;
    backend.memory(&id("c/1")).await.unwrap();
    backend.statistics().await.unwrap();
    backend.health().await.unwrap();
    backend
        .execute_query(
            "SELECT * FROM nodes",
            ports::SqlParameters::NONE,
            ports::Access::Read,
        )
        .await
        .unwrap();
    backend.initialize_schema().await.unwrap();
    assert_eq!(world.network.request_lines(), [""; 0]);
}

#[tokio::test]
async fn a_read_of_a_remote_graph_costs_one_request_for_one_statement() {
    let world = World::new();
    let backend = opened(world.remote()).await;
    backend.apply(chain("c", 300)).await.unwrap();
    let ids: Vec<MemoryId> = (0..300).map(|number| id(&format!("c/{number}"))).collect();
    world.network.reset_requests();
    assert_eq!(backend.memories(&ids).await.unwrap().len(), 300);
    assert_eq!(world.network.requests(), 1);
    for count in [1, 1_000] {
        world.network.reset_requests();
        backend
            .apply(chain(&format!("of-{count}"), count))
            .await
            .unwrap();
        let requests = world.network.requests();
        eprintln!("a remote store of {count}: {requests} requests");
        assert!(
            requests <= 5,
            "{count}: {:?}",
            world.network.request_lines()
        );
    }
}

#[tokio::test]
async fn a_statement_of_a_caller_costs_a_bounded_number_of_requests() {
    let world = World::new();
    let backend = opened(world.replica("replica.db")).await;
    backend.apply(chain("c", 300)).await.unwrap();
    world.network.reset_requests();
    run(&backend, "UPDATE nodes SET label = 'x'").await.unwrap();
    let requests = world.network.requests();
    eprintln!("a statement of a caller: {requests} requests");
    assert!(requests <= 12, "{:?}", world.network.request_lines());
}
